package alert

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/desk"
	"github.com/chartroom/chartroom/phi"
)

var officer = audit.Caller{Name: "Ada", Role: audit.Admin}

// story is an estate that is surveyed again and again.
type story struct {
	*testing.T
	cat   *catalog.Catalog
	watch *Watch
	clock time.Time
	sent  []Alert
	fails bool // the channel does not take anything
}

func newStory(t *testing.T) *story {
	t.Helper()
	path := filepath.Join(t.TempDir(), "catalog.db")
	c, err := catalog.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	s := &story{T: t, cat: c, clock: time.Now()}
	s.watch = &Watch{Catalog: c, Key: path + ".key", Version: "test", Now: func() time.Time { return s.clock }}
	return s
}

// channel keeps what it is sent.
func (s *story) channel() []Channel {
	return []Channel{{Name: "test", Send: func(_ context.Context, a *Alert) error {
		if s.fails {
			return errors.New("nobody is there")
		}
		s.sent = append(s.sent, *a)
		return nil
	}}}
}

// survey surveys repositories, each with so many people, and keeps how many can read each.
func (s *story) survey(repositories map[string]int, readers int64) {
	s.Helper()
	run, err := s.cat.Begin(s.Context(), officer, catalog.RunSpec{Targets: []string{"all"}, Rules: "1", Version: "test"})
	if err != nil {
		s.Fatal(err)
	}
	var listings []catalog.Listing
	var all []catalog.Readers
	for name, n := range repositories {
		if err := run.Repository(s.Context(), estate.Repository{Name: name, Kind: "files", Custodian: "Meridian"}); err != nil {
			s.Fatal(err)
		}
		people := estate.NewPeople(0)
		for p := range n {
			people.Add(estate.Person{Marks: []estate.Mark{estate.Mark(p+1) * 0x9E3779B97F4A7C14}, Birth: 1, States: 1 << 5, Classes: phi.Of(phi.SUD)})
		}
		item := &estate.Item{Repository: name, Path: "a.csv", Version: fmt.Sprint(n), Bytes: 10, Format: "csv", Verdict: phi.VerdictNone, Evidence: estate.Evidence{Reader: "csv/1", Coverage: "all", Rules: "1"}}
		if n > 0 {
			item.Verdict, item.Classes, item.People = phi.VerdictPHI, phi.Of(phi.SUD), people
		}
		if err := run.Append(s.Context(), []estate.Fact{{Item: item}}); err != nil {
			s.Fatal(err)
		}
		listings = append(listings, catalog.Listing{Repository: name, Complete: true, Items: 1})
		all = append(all, catalog.Readers{Repository: name, Certain: readers})
	}
	if _, err := run.Finish(s.Context(), listings); err != nil {
		s.Fatal(err)
	}
	if err := s.cat.SaveGraph(s.Context(), officer, time.Now(), nil, all); err != nil {
		s.Fatal(err)
	}
	time.Sleep(5 * time.Millisecond) // the next survey is in another millisecond
}

// look looks for what is to be told, and sends it.
func (s *story) look() {
	s.Helper()
	if err := s.watch.Post(s.Context(), s.channel()); err != nil {
		s.Fatal(err)
	}
	if err := s.watch.Deliver(s.Context(), s.channel()); err != nil {
		s.Fatal(err)
	}
}

// kinds are those of what was sent since the last time.
func (s *story) kinds() (out []string) {
	for _, a := range s.sent {
		out = append(out, a.Kind+" "+a.Repository)
	}
	slices.Sort(out)
	s.sent = nil
	return out
}

func TestWhatChangedIsToldOnce(t *testing.T) {
	s := newStory(t)
	s.look() // nothing was surveyed yet
	s.survey(map[string]int{"file:///a": 10, "file:///b": 0}, 3)
	s.look()
	if got := s.kinds(); len(got) > 0 {
		t.Errorf("of the first survey is told %v", got)
	}
	s.survey(map[string]int{"file:///a": 12, "file:///b": 5, "file:///c": 1}, 3)
	s.look()
	s.look()
	if got, want := s.kinds(), []string{NewPHI + " file:///b", NewPHI + " file:///c"}; !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
	s.survey(map[string]int{"file:///a": 12, "file:///b": 5}, 9)
	s.look()
	if got, want := s.kinds(), []string{Widened + " file:///a", Widened + " file:///b"}; !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
}

func TestStaleEvidenceIsToldOnceForEachTimeItGoesStale(t *testing.T) {
	s := newStory(t)
	s.watch.StaleAfter = time.Nanosecond
	s.survey(map[string]int{"file:///a": 10, "file:///none": 0}, 3)
	s.look()
	s.look()
	if got, want := s.kinds(), []string{Stale + " file:///a"}; !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
	s.survey(map[string]int{"file:///a": 11}, 3)
	s.look()
	if got, want := s.kinds(), []string{Stale + " file:///a"}; !slices.Equal(got, want) {
		t.Errorf("after another survey: told %v, want %v", got, want)
	}
}

func TestManyOfAKindAreOne(t *testing.T) {
	s := newStory(t)
	s.survey(map[string]int{"file:///a": 10}, 3)
	s.look()
	many := map[string]int{}
	for i := range 3 * mostOfKind {
		many[fmt.Sprintf("file:///%03d", i)] = 1
	}
	s.survey(many, 3)
	s.look()
	if len(s.sent) != 1 || !strings.Contains(s.sent[0].Title, fmt.Sprint(3*mostOfKind)) {
		t.Errorf("%d alerts: %+v", len(s.sent), s.sent)
	}
}

// TestAnAlertIsSentUntilItWentOut also over the end of the program: it waits in the catalog.
func TestAnAlertIsSentUntilItWentOut(t *testing.T) {
	s := newStory(t)
	s.survey(map[string]int{"file:///a": 10}, 3)
	s.look()
	s.survey(map[string]int{"file:///b": 5}, 3)
	s.fails = true
	s.look()
	waiting := func(want int) {
		t.Helper()
		if got, err := s.cat.Waiting(t.Context(), 100); err != nil || len(got) != want {
			t.Fatalf("%d wait, %v", len(got), err)
		}
	}
	waiting(0) // not before its time
	path := s.cat.Path()
	if err := s.cat.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	s.cat, s.watch.Catalog, s.fails = c, c, false
	s.look()
	if got := s.kinds(); len(got) > 0 {
		t.Errorf("sent before its time: %v", got)
	}
	for _, m := range s.all() { // its time comes
		if err := c.Tried(t.Context(), m, "again", time.Now().Add(-time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	s.look()
	if got, want := s.kinds(), []string{NewPHI + " file:///b"}; !slices.Equal(got, want) {
		t.Errorf("sent %v, want %v", got, want)
	}
	waiting(0)
}

// all are the numbers of messages that there can be.
func (s *story) all() []int64 { return []int64{1} }

func TestACaseTellsOfThresholdsAndHalfTime(t *testing.T) {
	s := newStory(t)
	s.survey(map[string]int{"file:///a": 900}, 3)
	s.clock = time.Now()
	s.look()
	d := &desk.Desk{Catalog: s.cat, Who: officer, Key: s.watch.Key, Now: s.watch.Now, Version: "test"}
	k, _, err := d.Open(t.Context(), "", incident.Claim{Title: "Archive", Custodian: "Meridian", Text: "We have it all.", Entity: "covered_entity", Zone: "UTC"}, desk.How{})
	if err != nil {
		t.Fatal(err)
	}
	clocks, err := k.Clocks()
	if err != nil || clocks.First == nil {
		t.Skip("no clock runs in this case: ", err)
	}
	s.look()
	before := s.kinds()
	if slices.ContainsFunc(before, func(k string) bool { return strings.HasPrefix(k, HalfTime) }) {
		t.Errorf("at once: %v", before)
	}
	s.clock = clocks.First.Half.Add(time.Minute)
	s.look()
	s.look()
	if got := s.kinds(); !slices.ContainsFunc(got, func(k string) bool { return strings.HasPrefix(k, HalfTime) }) {
		t.Errorf("at half time: %v", got)
	}
}

func TestTheWebhookIsSignedAndNotRedirected(t *testing.T) {
	const secret = "a secret of some length"
	now := time.Unix(1_800_000_000, 0)
	var got []byte
	var header http.Header
	code := http.StatusNoContent
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.ReadAll(r.Body)
		header = r.Header
		if code == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(code)
	}))
	defer server.Close()
	c, err := Webhook(server.URL, secret, "test", func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	a := &Alert{Mark: "m", Kind: NewPHI, Title: "Patient data in x", Text: "x holds it", Severity: Critical, Repository: "x", At: now}
	if err := c.Send(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if header.Get("Chartroom-Signature") != Sign(secret, now, got) || header.Get("Chartroom-Delivery") != a.ID() {
		t.Errorf("%v", header)
	}
	var event struct {
		Class    int   `json:"class_uid"`
		Type     int   `json:"type_uid"`
		Severity int   `json:"severity_id"`
		Time     int64 `json:"time"`
		Metadata struct {
			Version string `json:"version"`
			UID     string `json:"uid"`
		} `json:"metadata"`
		Finding struct {
			Title string `json:"title"`
			UID   string `json:"uid"`
		} `json:"finding_info"`
	}
	if err := json.Unmarshal(got, &event); err != nil || event.Class != 2004 || event.Type != 200401 || event.Severity != 5 || event.Time != now.UnixMilli() || event.Finding.UID != a.ID() || event.Metadata.Version == "" {
		t.Errorf("%s: %v", got, err)
	}
	for _, code = range []int{http.StatusFound, http.StatusInternalServerError, http.StatusBadRequest} {
		if err := c.Send(t.Context(), a); err == nil {
			t.Errorf("%d is taken for well", code)
		}
	}
	for _, to := range []string{"http://hooks.example", "ftp://x", "", "https://"} {
		if _, err := Webhook(to, secret, "", time.Now); err == nil {
			t.Errorf("%q is taken", to)
		}
	}
	if _, err := Webhook("https://hooks.example", "short", "", time.Now); err == nil {
		t.Error("a short secret is taken")
	}
}

// mailServer takes one mail and gives it back.
func mailServer(t *testing.T) (address string, got <-chan string) {
	t.Helper()
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { on.Close() })
	out := make(chan string, 1)
	go func() {
		conn, err := on.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		r := bufio.NewReader(conn)
		fmt.Fprint(conn, "220 here\r\n")
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			switch {
			case strings.HasPrefix(line, "DATA"):
				fmt.Fprint(conn, "354 go on\r\n")
				var b strings.Builder
				for {
					l, err := r.ReadString('\n')
					if err != nil || l == ".\r\n" {
						break
					}
					b.WriteString(l)
				}
				out <- b.String()
				fmt.Fprint(conn, "250 taken\r\n")
			case strings.HasPrefix(line, "QUIT"):
				fmt.Fprint(conn, "221 bye\r\n")
				return
			default:
				fmt.Fprint(conn, "250 ok\r\n")
			}
		}
	}()
	return on.Addr().String(), out
}

func TestAMailHasNoLinesThatANameBrings(t *testing.T) {
	address, got := mailServer(t)
	c, err := (Mail{Server: address, From: "room@meridian.example", To: []string{"privacy@meridian.example"}}).Channel()
	if err != nil {
		t.Fatal(err)
	}
	hostile := "file:///x\r\nBcc: thief@example.org\r\n\r\n.\r\nEvil Ärchive " + strings.Repeat("long ", 300)
	if err := c.Send(t.Context(), &Alert{Mark: "m", Kind: Stale, Title: hostile, Text: hostile, Severity: Medium, At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(strings.NewReader(<-got))
	if err != nil {
		t.Fatal(err)
	}
	if m.Header.Get("Bcc") != "" || m.Header.Get("To") != "privacy@meridian.example" {
		t.Errorf("headers %v", m.Header)
	}
	subject, err := (&mime.WordDecoder{}).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || !strings.Contains(subject, "Evil Ärchive") || strings.ContainsAny(subject, "\r\n") {
		t.Errorf("subject %q, %v", subject, err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil || !strings.Contains(string(body), "Evil Ärchive") {
		t.Errorf("body %q, %v", body, err)
	}
	for _, bad := range []Mail{{}, {Server: "x:25", From: "a", To: []string{"b@c"}}, {Server: "x:25", From: "a@b\r\nBcc: c@d", To: []string{"b@c"}}, {Server: "x", From: "a@b", To: []string{"b@c"}}} {
		if _, err := bad.Channel(); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}
