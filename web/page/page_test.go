package page

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/obligation"
	"github.com/chartroom/chartroom/incident/texts"
	"github.com/chartroom/chartroom/threat"
)

// nasty is a name as somebody could give a repository, or a login, who wants to run script in the room.
const nasty = `x"><script>alert(1)</script><svg onload=alert(2)>'` + "`{{.User}}"

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func everything() *User {
	u := &User{Name: nasty, Role: "admin", Can: map[string]bool{"keep accounts": true}}
	for _, a := range audit.Actions() {
		u.Can[string(a)] = true
	}
	return u
}

// samples are all pages with something in each of their places.
func samples() map[string]any {
	n := estate.Count{Estimate: 1234567, Low: 1230000, High: 1240000}
	readers := int64(41)
	row := catalog.Row{Repository: "s3://" + nasty, Custodian: nasty, Verdict: "phi", Sensitivity: []string{"SUD"}, Confidentiality: "V", People: n, States: map[string]int64{"CA": 5, nasty: 1},
		Classes: map[string]int64{"SUD": 3}, Bytes: 8_800_000_000_000, Items: 10, Gaps: 2, ReadersCount: &readers, Outside: 3, ObservedAt: &now, Stale: true, Owner: nasty, Traits: []catalog.Trait{{Name: nasty, Value: nasty, Known: true}, {Name: "encryption"}}}
	path := []access.Step{{From: "okta#" + nasty, Verb: nasty, To: "group", Layer: "entitled", Grants: []int{1, 2}}, {From: "group", Verb: "may read", To: row.Repository, Layer: "entitled", Condition: nasty}}
	who := access.Principal{ID: "okta#" + nasty, Name: nasty, Kind: "user", Outside: true, Traits: map[string]string{"mfa": "none", "shared": "yes"}}
	reader := access.Reader{Principal: who, Layer: "entitled", Certain: true, People: n, Path: path}
	answer := &access.WhoAnswer{Repository: row.Repository, Known: true, People: n, Readers: []access.Reader{reader}, Readership: access.Readership{Certain: 41, Outside: 3}, Doubts: []string{nasty}}
	cut := &access.CutAnswer{Changes: []access.Change{{Words: nasty, Grants: []int{7, 8}, Edges: 4}}, Footholds: 17, Before: 100, After: 40, Exact: true, Worst: []access.FootholdCut{{Principal: who, Before: n, After: n}}}
	loss := threat.Loss{People: n, Sensitivity: []string{"SUD"}}
	steps := []threat.Step{{Row: "SH-CRD-6", Technique: "T1078", Words: nasty, Uses: []threat.Use{{Origin: threat.Origin{Words: nasty}}}, LogKept: "no"}, {Words: "reads it", From: []int{0}}}
	tables := Tables{First: nasty, Tables: []Table{{Title: nasty, Columns: []string{nasty, "n"}, Numbers: []bool{false, true}, Rows: [][]Cell{{{Text: nasty, Mood: "bad", Link: "/who?of=" + nasty}, {Text: "3"}}}}}, Burn: []Burn{{At: now, Left: 3, Done: 1}}}
	text := texts.Text{Template: texts.Template{ID: "H1", Title: nasty, For: "public"}, Body: nasty, Hash: "00ff"}
	return map[string]any{
		NameMap:        Map{Query: Query{Search: nasty}, Choices: Choices{Custodians: []string{nasty}}, Tiles: []catalog.Row{row, {Repository: "b", Verdict: "unknown", Gaps: 1}}, Rows: []catalog.Row{row}, Total: catalog.Total{Repositories: 2, People: n, Gaps: 2}, Next: "/?after=" + nasty},
		NameRepository: Repository{Row: row, Items: []catalog.Row{row}, Fields: []catalog.Field{{Item: nasty, Field: nasty, Kind: "ssn", Why: []estate.Reason{{Rule: "header", Detail: nasty}}}}, Gaps: []catalog.Gap{{Item: nasty, Detail: nasty}}, Who: answer, History: []Moment{{At: now, Words: nasty}}},
		NameWho:        Who{Asked: nasty, Candidates: []string{nasty}, Answer: answer},
		NameReach:      Reach{Asked: nasty, Candidates: []access.Principal{who}, Answer: &access.ReachAnswer{Principals: []access.Principal{who}, Now: access.Sum{People: n, Classes: map[string]estate.Count{"SUD": n}}, Repositories: []access.ReachedRepository{{Repository: row.Repository, Proof: path}}, Identities: []access.Principal{who}}},
		NameFootholds:  Footholds{List: []access.Foothold{{Principal: who, People: n, Most: n}}, Search: nasty},
		NameCut:        Cut{Most: 3, Repository: nasty, Answer: cut, Try: []int{7}},
		NameFindings:   Findings{Answer: &access.FindingsAnswer{Findings: []access.Finding{{Kind: "dormant", Principal: who, People: n, Detail: nasty, Do: nasty, Proof: path}}, Unknown: []string{nasty}}},
		NameGaps:       Gaps{Query: Query{Search: nasty}, Rows: []catalog.Gap{{Repository: nasty, Item: nasty, Detail: nasty, Bytes: -1}}},
		NameChanges:    Changes{Since: "7d", Changes: catalog.Changes{Repositories: []catalog.RepositoryChange{{Repository: nasty, Gained: []string{"HIV"}}}}, Readers: []access.RepositoryReaders{{Repository: nasty, Readers: []access.ReaderChange{{Principal: who, After: "now"}}}}},
		NameWorkers:    fleet.Status{Run: 1, Done: 3, Open: 2, Workers: []fleet.Worker{{Name: nasty, Enclave: nasty, Host: nasty, Version: nasty, Refused: nasty}}},
		NameScans:      Scans{Targets: []Target{{Name: nasty, Address: nasty}}, Running: []Progress{{ID: "1", Target: nasty, Listed: 10, Items: 3}}, Runs: []catalog.RunInfo{{ID: 1, Caller: nasty}}},
		NameThreats:    Threats{Answer: &threat.Answer{Certain: loss, Possible: loss, Paths: []threat.Path{{ID: "p", Title: nasty, Stores: []string{nasty}, Loss: loss, Steps: steps}}, Controls: []threat.ControlSet{{Controls: []threat.Control{{Words: nasty}}, Before: loss}}, Delta: &threat.Delta{}, Questions: []threat.Question{{Words: nasty}}}},
		NameReview:     Review{Custodian: nasty, Custodians: []string{nasty}, Tables: tables},
		NameCompare:    Compare{A: nasty, B: "b", Custodians: []string{nasty}, Tables: tables},
		NameCases:      Cases{Names: []catalog.CaseName{{Name: nasty, Opened: now}}},
		NameCase: Case{Name: nasty, Case: &incident.Case{Claim: incident.Claim{Title: nasty, Text: nasty, Custodian: nasty}, LevelWhy: nasty, OpenedAt: now}, Clocks: []Clock{{Name: nasty, Since: now, Until: now.Add(time.Hour), Words: nasty}},
			Duties: []obligation.Duty{{Because: nasty, Status: "DUE", Deciding: obligation.Maybe(nasty)}}, Texts: []TextState{{Template: text.Template, Missing: []string{nasty}}}, Log: []Line{{Number: 1, Author: nasty, Words: nasty, Hash: "00"}}, Levels: []string{"C0"}, FactNames: []string{nasty}},
		NameText:     Text{Case: nasty, Text: &text},
		NameSettings: Settings{Accounts: []Account{{Name: nasty, Role: "viewer", Disabled: true}}, Tokens: []Token{{ID: "1", Name: nasty}}, Passkeys: []Passkey{{ID: "1", Name: nasty}}, NewToken: nasty, Invite: nasty, Roles: []string{"viewer"}},
		NameAudit:    Audit{Search: nasty, Records: []audit.Record{{Caller: nasty, Target: nasty, Outcome: audit.Denied}}},
		NameLogin:    Login{Next: nasty, Name: nasty, OIDC: nasty, Waiting: time.Minute},
		NameSetup:    Setup{},
		NameError:    Error{Code: 404, Message: nasty, Hint: nasty},
	}
}

// What names say never becomes markup, on no page: there is the page's own script and no other, and no attribute that runs or styles.
func TestNoNameBecomesMarkup(t *testing.T) {
	pages, err := New()
	if err != nil {
		t.Fatal(err)
	}
	values, inline := regexp.MustCompile(`"[^"]*"`), regexp.MustCompile(`(?i)<[^>]*\s(on[a-z]+|style)\s*=`)
	for name, data := range samples() {
		var b bytes.Buffer
		if err := pages.Render(&b, name, View{Title: nasty, Path: "/", User: everything(), Flash: nasty, Wrong: nasty, Now: now, Data: data}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		out := b.String()
		if n := strings.Count(out, "<script"); n != 1 {
			t.Errorf("%s has %d scripts", name, n)
		}
		if strings.Contains(out, "<svg onload") || strings.Contains(out, "alert(1)</script>") {
			t.Errorf("%s: a name became markup", name)
		}
		if m := inline.FindString(values.ReplaceAllString(out, `""`)); m != "" {
			t.Errorf("%s: an attribute that a strict policy forbids: %.80s", name, m)
		}
	}
}

// Each page can be shown to somebody who may do nothing, and with nothing in it.
func TestEmptyPages(t *testing.T) {
	pages, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]any{NameMap: Map{}, NameRepository: Repository{}, NameWho: Who{}, NameReach: Reach{}, NameFootholds: Footholds{}, NameCut: Cut{}, NameFindings: Findings{}, NameGaps: Gaps{}, NameChanges: Changes{},
		NameScans: Scans{}, NameWorkers: fleet.Status{}, NameThreats: Threats{}, NameReview: Review{}, NameCompare: Compare{}, NameCases: Cases{}, NameCase: Case{Case: &incident.Case{}}, NameText: Text{Text: &texts.Text{}}, NameSettings: Settings{}, NameAudit: Audit{}, NameLogin: Login{}, NameSetup: Setup{}, NameError: Error{}} {
		if err := pages.Render(io.Discard, name, View{User: &User{}, Data: data}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(pages.each) != len(samples()) {
		t.Errorf("%d pages, %d of them tried", len(pages.each), len(samples()))
	}
}

// Pictures are well-formed.
func TestPicturesAreXML(t *testing.T) {
	s := samples()
	for _, svg := range []string{string(treemap(s[NameMap].(Map))), string(paths("ways", s[NameWho].(Who).Answer.Readers, 5)), string(attack(s[NameThreats].(Threats).Answer.Paths[0])), string(bar("x", nasty, 1, 3)), string(burn(nasty, []Burn{{Left: 1}}))} {
		d := xml.NewDecoder(strings.NewReader(svg))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%v in %.300s", err, svg)
			}
		}
	}
}

func TestStatic(t *testing.T) {
	w := httptest.NewRecorder()
	Static().ServeHTTP(w, httptest.NewRequest("GET", staticName("style.css"), nil))
	if w.Code != 200 || !strings.Contains(w.Header().Get("Content-Type"), "text/css") || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	for _, bad := range []string{"/static/style.css", "/static/../page.go", "/static/"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path = bad
		Static().ServeHTTP(w, r)
		if w.Code != 404 {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{size(999), "999 B"}, {size(8_800_000_000_000), "8.8 TB"}, {size(-1), "not known"}, {number(1234567), "1,234,567"}, {number(-1000), "-1,000"}, {count(estate.Count{Estimate: 1000, Low: 980, High: 1020}), "1,000 ± 2 %"},
		{ago(now.Add(-90*time.Minute), now), "1 h ago"}, {ago(now.Add(3*time.Hour), now), "in 3 h"}, {ago((*time.Time)(nil), now), "never"}, {less(100, 25), "-75 %"}, {last("file:///srv/harbor/"), "harbor"}, {link("/who", "of", "a b&c", "all", ""), "/who?of=a+b%26c"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
