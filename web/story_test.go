package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/incident/desk"
	"github.com/chartroom/chartroom/web/page"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestEveryPageShows what it is about, to who may see it.
func TestEveryPageShows(t *testing.T) {
	h := newHouse(t)
	v := h.as(audit.Admin)
	var rows []catalog.Row
	v.answer("/api/v1/where", &rows)
	name := url.QueryEscape(rows[0].Repository)
	for address, want := range map[string]string{
		"/": "Most sensitive", "/?custodian=Meridian": "archive", "/?q=ARCHIVE": "archive", "/?class=SUD": "matches what you asked for", "/?age=fresh": "archive", "/?state=unknown": "", "/?age=stale": "matches what you asked for", "/?kind=s3": "matches what you asked for",
		"/repository?name=" + name: "people.csv", "/who?of=archive": "", "/who": "", "/reach": "", "/footholds": "", "/cut": "", "/findings": "", "/gaps": "", "/changes?since=1d": "archive", "/scans": "archive",
		"/threats": "", "/compare": "", "/cases": "No case is open", "/settings": "admin", "/audit": "read map", "/login": "", "/setup": "",
	} {
		r := v.get(address)
		ok := r.StatusCode == http.StatusOK || address == "/login" && r.StatusCode == http.StatusSeeOther
		if !ok || !strings.Contains(r.body, want) {
			t.Errorf("%s: %d, and %q is on the page: %v", address, r.StatusCode, want, strings.Contains(r.body, want))
		}
	}
	for address, want := range map[string]int{"/repository?name=file:///nowhere": 404, "/repository": 404, "/who?of=nowhere": 404, "/reach?as=nobody": 404, "/compare?a=Nobody&before=1d": 404, "/compare?a=Meridian&before=9h": 409, "/case?name=none": 404, "/nowhere": 404, "/cut?repository=nowhere": 404} {
		if r := v.get(address); r.StatusCode != want || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %s", address, r.StatusCode, r.Header.Get("Content-Type"))
		}
	}
	viewer := h.as(audit.Viewer)
	if r := viewer.get("/repository?name=" + name); r.StatusCode != http.StatusOK || strings.Contains(r.body, "patient_name") {
		t.Errorf("a viewer sees sums, and no fields: %d", r.StatusCode)
	}
}

// TestTheAnswersAreAsTheDescriptionSays: each answer of the API is one that its own OpenAPI description allows.
func TestTheAnswersAreAsTheDescriptionSays(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Fleet = &hubOfTwo{} })
	v := h.as(audit.Admin)
	openCaseOf(v)
	var doc any
	v.answer("/api/v1/openapi.json", &doc)
	c := jsonschema.NewCompiler()
	if err := c.AddResource("openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	paths := doc.(map[string]any)["paths"].(map[string]any)
	questions := map[string]string{"/api/v1/who": "?repository=archive", "/api/v1/diff": "?since=1d", "/api/v1/reach": "", "/api/v1/review": "", "/api/v1/compare": ""}
	for path := range paths {
		get, is := paths[path].(map[string]any)["get"].(map[string]any)
		if !is {
			continue
		}
		query, asked := questions[path]
		if asked && query == "" {
			continue // nobody can be asked for here
		}
		s, err := c.Compile("openapi.json#/paths/" + strings.ReplaceAll(path, "/", "~1") + "/get/responses/200/content/application~1json/schema")
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		var answer any
		v.answer(path+query, &answer)
		if err := s.Validate(answer); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if get["summary"] == "" || get["operationId"] == "" {
			t.Errorf("%s is not described", path)
		}
	}
	if len(paths) < 20 {
		t.Errorf("%d paths are described", len(paths))
	}
}

// TestPagesOfAListMeetInNothing: page by page, every row comes once.
func TestPagesOfAListMeetInNothing(t *testing.T) {
	h := newHouse(t)
	v := h.as(audit.Admin)
	for _, address := range []string{"/api/v1/where", "/api/v1/fields", "/api/v1/gaps", "/api/v1/audit"} {
		seen, next := map[string]bool{}, address+"?limit=1"
		for n := 0; next != "" && n < 60; n++ {
			var rows []json.RawMessage
			r := v.answer(next, &rows)
			for _, row := range rows {
				if seen[string(row)] && address != "/api/v1/audit" {
					t.Errorf("%s: a row comes twice: %.200s", address, row)
				}
				seen[string(row)] = true
			}
			next = ""
			if to, _, found := strings.Cut(strings.TrimPrefix(r.Header.Get("Link"), "<"), ">"); found {
				next = to
			}
		}
		var all []json.RawMessage
		if v.answer(address, &all); address != "/api/v1/audit" && len(all) != len(seen) {
			t.Errorf("%s: %d rows, and %d page by page", address, len(all), len(seen))
		}
	}
}

// openCaseOf opens a case by the form, and gives its name.
func openCaseOf(v *visitor) string {
	v.Helper()
	r := v.post("/cases/open", url.Values{"title": {"Archive"}, "custodian": {"Meridian"}, "claim": {"We have 8.8 TB of your records."}, "bytes": {"8.8TB"}, "deadline": {"2099-01-01 12:00"}, "public": {"1"}})
	if r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(r.Header.Get("Location"), "/case?name=") {
		v.Fatalf("the case is not open: %d %s", r.StatusCode, r.body)
	}
	return strings.TrimPrefix(r.Header.Get("Location"), "/case?name=")
}

// TestACaseIsLedInTheRoom from the claim to the pack, which holds offline.
func TestACaseIsLedInTheRoom(t *testing.T) {
	h := newHouse(t)
	v := h.as(audit.PrivacyOfficer)
	name := openCaseOf(v)
	for act, form := range map[string]url.Values{
		"fact":   {"fact": {"encrypted"}, "value": {"no"}, "source": {"operations"}},
		"level":  {"level": {"C1"}, "why": {"the archive can be reached from outside"}},
		"note":   {"note": {"The vendor was called."}},
		"decide": {"question": {"Is it a breach?"}, "decision": {"Yes"}, "reason": {"acquisition cannot be excluded"}, "breach": {"1"}},
	} {
		form.Set("name", name)
		if r := v.post("/case/"+act, form); r.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: %d %.400s", act, r.StatusCode, r.body)
		}
	}
	if r := v.get("/case?name=" + name); !strings.Contains(r.body, "The vendor was called.") || !strings.Contains(r.body, "Level C1") || !strings.Contains(r.body, "since the decision") {
		t.Errorf("the case's page: %d", r.StatusCode)
	}
	if r := v.post("/case/note", url.Values{"name": {name}, "note": {"Patient Ada Example, born 1980-02-03, called."}}); r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a patient is named, and it is written down: %d", r.StatusCode)
	}
	if r := v.post("/case/approve", url.Values{"name": {name}, "text": {"H1"}, "hash": {"0000"}}); r.StatusCode == http.StatusSeeOther {
		t.Error("a text is approved that nobody read")
	}
	if r := v.post("/case/verify", url.Values{"name": {name}}); r.StatusCode != http.StatusSeeOther {
		t.Errorf("verify: %d", r.StatusCode)
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if r := v.post("/case/pack", url.Values{"name": {name}, "to": {"nobody"}}); r.StatusCode != http.StatusBadRequest {
		t.Errorf("a pack for nobody: %d", r.StatusCode)
	}
	r := v.post("/case/pack", url.Values{"name": {name}, "to": {key.Recipient().String()}})
	if r.StatusCode != http.StatusOK || !strings.Contains(r.Header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("pack: %d", r.StatusCode)
	}
	if _, opened, err := desk.Verify(strings.NewReader(r.body), key); err != nil || opened == nil {
		t.Errorf("the pack does not hold: %v", err)
	}
	analyst := h.as(audit.Analyst)
	if r := analyst.post("/case/note", url.Values{"name": {name}, "note": {"x"}}); r.StatusCode != http.StatusForbidden {
		t.Errorf("an analyst writes into the log: %d", r.StatusCode)
	}
}

// TestASurveyIsStartedFollowedAndEnds, and what it found is on the map.
func TestASurveyIsStartedFollowedAndEnds(t *testing.T) {
	h := newHouse(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.room.cfg.Surveys.Run(ctx)
	}()
	v := h.as(audit.Admin)
	if r := v.post("/scans/start", url.Values{"target": {"nowhere"}}); r.StatusCode != http.StatusNotFound {
		t.Errorf("a target that is not there: %d", r.StatusCode)
	}
	if r := v.post("/scans/cancel", url.Values{"id": {"7"}}); r.StatusCode != http.StatusConflict {
		t.Errorf("a survey that is not there: %d", r.StatusCode)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.server.URL+"/scans/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := v.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatal(res.Header)
	}
	before, err := h.cat.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r := v.post("/scans/start", url.Values{"target": {"archive"}}); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("start: %d %s", r.StatusCode, r.body)
	}
	events := bufio.NewScanner(res.Body)
	seen := false
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline) && events.Scan(); {
		data, is := strings.CutPrefix(events.Text(), "data: ")
		var list []page.Progress
		if !is || json.Unmarshal([]byte(data), &list) != nil {
			continue
		}
		seen = seen || len(list) == 1 && list[0].Target == "archive"
		if seen && len(list) == 0 {
			break
		}
	}
	if !seen {
		t.Error("nobody was told of the survey")
	}
	after, err := h.cat.State(t.Context())
	if err != nil || after.Finished <= before.Finished {
		t.Errorf("the survey is not in the catalog: %+v, %v", after, err)
	}
	var runs []catalog.RunInfo
	v.answer("/api/v1/runs", &runs)
	if runs[0].Caller != "admin" || runs[0].Outcome != "finished" {
		t.Errorf("%+v", runs[0])
	}
	stop()
	<-done
}

// TestASampleIsTestedAndNotKept: it goes to the test as it came, and only who may see the result.
func TestASampleIsTestedAndNotKept(t *testing.T) {
	var got string
	h := newHouse(t, func(c *Config) {
		c.Sample = func(_ context.Context, who audit.Caller, name string, sample io.Reader) (any, error) {
			b, err := io.ReadAll(sample)
			got = name + " of " + who.Name + ": " + string(b)
			return map[string]string{"verdict": "ours"}, err
		}
	})
	officer := h.as(audit.PrivacyOfficer)
	if r := officer.do(http.MethodPost, "/api/v1/claims?name=../../x.csv", strings.NewReader("mrn\n1\n"), ""); r.StatusCode != http.StatusOK || got != "sample.csv of privacy-officer: mrn\n1\n" {
		t.Errorf("%d, and it got %q", r.StatusCode, got)
	}
	big := strings.NewReader(strings.Repeat("x", 65<<20))
	if r := officer.do(http.MethodPost, "/api/v1/claims", big, ""); r.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a sample of 65 MiB: %d", r.StatusCode)
	}
	lines := h.trail()
	if last := lines[len(lines)-1]; last.Action != audit.TestClaim {
		t.Errorf("%+v", last)
	}
}

// TestWhatAnswersSayIsWhatTheCommandsSay: one struct serves both.
func TestWhatAnswersSayIsWhatTheCommandsSay(t *testing.T) {
	h := newHouse(t)
	v := h.as(audit.Analyst)
	var rows []catalog.Row
	v.answer("/api/v1/where", &rows)
	want, err := h.cat.Where(t.Context(), audit.Local(), catalog.Filter{})
	if err != nil || len(rows) != len(want) {
		t.Fatal(len(rows), len(want), err)
	}
	for i := range want {
		if fmt.Sprint(rows[i].Repository, rows[i].People, rows[i].Sensitivity, rows[i].States) != fmt.Sprint(want[i].Repository, want[i].People, want[i].Sensitivity, want[i].States) {
			t.Errorf("row %d: %+v, want %+v", i, rows[i], want[i])
		}
	}
	var who access.WhoAnswer
	if v.answer("/api/v1/who?repository=archive", &who); who.Repository != want[0].Repository && who.Repository != want[1].Repository {
		t.Errorf("%+v", who)
	}
}
