package oscal

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/review"
)

// schemas gives those that a document is held against: the reduced one, and the official one where it is at hand.
func schemas(t testing.TB, reduced, official string) (out []*jsonschema.Schema) {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	one, err := c.Compile("testdata/oscal-1.1.json#/definitions/" + reduced)
	if err != nil {
		t.Fatal(err)
	}
	out = append(out, one)
	shared := os.Getenv("CHARTROOM_SHARED")
	if shared == "" {
		shared = "../../../shared"
	}
	if path := filepath.Join(shared, "frameworks", official); exists(path) {
		whole, err := c.Compile(path)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, whole)
	}
	return out
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// valid holds a document against schemas.
func valid(t interface{ Fatalf(string, ...any) }, all []*jsonschema.Schema, text []byte) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, s := range all {
		if err := s.Validate(doc); err != nil {
			t.Fatalf("%v\n%.2000s", err, text)
		}
	}
}

var at = time.Date(2026, 3, 1, 10, 0, 0, 123, time.FixedZone("EST", -5*3600))

// odd are words as hostile estates have them.
var odd = rapid.SampledFrom([]string{"", "a", "45 CFR 164.312(a)(1)", "PR.AA-05", " blank ", "two\nlines", "ü/☃ x", "1st", "file:///srv/x y.csv", strings.Repeat("long ", 50), "\x00", "https://[", "%zz"})

func someEvidence(t *rapid.T) []review.Evidence {
	out := make([]review.Evidence, rapid.IntRange(0, 3).Draw(t, "evidence"))
	for i := range out {
		seen := at.Add(-time.Duration(rapid.IntRange(0, 1000).Draw(t, "hours")) * time.Hour)
		out[i] = review.Evidence{ID: "item:" + odd.Draw(t, "id"), Says: odd.Draw(t, "says"), By: odd.Draw(t, "by"), Basis: rapid.SampledFrom([]review.Basis{review.Measured, review.Exported, review.Declared}).Draw(t, "basis")}
		if rapid.Bool().Draw(t, "seen") {
			out[i].Seen = &seen
		}
	}
	return out
}

// TestAnyAnswerIsValid: whatever an answer holds, its document is valid OSCAL, and the same each time.
func TestAnyAnswerIsValid(t *testing.T) {
	results, poam := schemas(t, "document-ar", "oscal_assessment-results_schema.json"), schemas(t, "document-poam", "oscal_poam_schema.json")
	rapid.Check(t, func(t *rapid.T) {
		a := &review.ControlsAnswer{AsOf: at, Framework: odd.Draw(t, "framework"), Title: odd.Draw(t, "title"), Href: "https://doi.org/10.6028/NIST.CSWP.29", Counts: map[review.Status]int{}}
		for range rapid.IntRange(0, 4).Draw(t, "rows") {
			row := review.ControlRow{Control: review.Control{ID: odd.Draw(t, "id"), Title: odd.Draw(t, "name")}, Says: odd.Draw(t, "says"),
				Status:  rapid.SampledFrom([]review.Status{review.Evidenced, review.Attested, review.Missing}).Draw(t, "status"),
				Outcome: rapid.SampledFrom([]review.Outcome{review.Satisfied, review.Partly, review.NotSatisfied, review.Undecided}).Draw(t, "outcome")}
			row.Results = append(row.Results, review.Result{Check: odd.Draw(t, "check"), Outcome: row.Outcome, Says: odd.Draw(t, "shows"), Evidence: someEvidence(t)})
			if rapid.Bool().Draw(t, "attested") {
				row.Attested = append(row.Attested, review.Attestation{Says: odd.Draw(t, "statement"), By: odd.Draw(t, "by"), Until: rapid.SampledFrom([]string{"", "2027-01-01", "soon"}).Draw(t, "until")})
			}
			a.Rows = append(a.Rows, row)
		}
		l := &review.LedgerAnswer{AsOf: at, Acquirers: []string{odd.Draw(t, "acquirer")}, Custodians: []string{odd.Draw(t, "custodian")}}
		for range rapid.IntRange(0, 3).Draw(t, "gaps") {
			l.Gaps = append(l.Gaps, review.Gap{ID: "G-" + odd.Draw(t, "id"), Kind: review.GapAccount, State: review.No, Subject: odd.Draw(t, "subject"), Says: odd.Draw(t, "says"), Owner: odd.Draw(t, "owner"),
				Fix: odd.Draw(t, "fix"), People: estate.Count{Estimate: 5, Low: 4, High: 6}, Evidence: someEvidence(t)})
		}
		var first, second bytes.Buffer
		for _, w := range []*bytes.Buffer{&first, &second} {
			if err := Results(w, a); err != nil {
				t.Fatal(err)
			}
		}
		if first.String() != second.String() {
			t.Fatal("the same answer gave two documents")
		}
		valid(t, results, first.Bytes())
		first.Reset()
		if err := POAM(&first, l); err != nil {
			t.Fatal(err)
		}
		valid(t, poam, first.Bytes())
	})
}

// TestStates: evidenced is a finding; attested and missing are observations only, as silence is no failure.
func TestStates(t *testing.T) {
	seen := at.Add(-time.Hour)
	measured := []review.Result{{Check: "readers", Outcome: review.Partly, Says: "some", Evidence: []review.Evidence{{ID: "fact:1", Basis: review.Measured, Seen: &seen}}}}
	a := &review.ControlsAnswer{AsOf: at, Framework: "hipaa", Title: "HIPAA", Rows: []review.ControlRow{
		{Control: review.Control{ID: "45 CFR 164.312(a)(1)"}, Status: review.Evidenced, Outcome: review.Partly, Results: measured, Age: &seen},
		{Control: review.Control{ID: "45 CFR 164.312(a)-1"}, Status: review.Attested, Attested: []review.Attestation{{Says: "a certificate", By: "an assessor", Until: "2027-01-01"}}},
		{Control: review.Control{ID: "45 CFR 164.312(b)"}, Status: review.Missing},
	}}
	var b bytes.Buffer
	if err := Results(&b, a); err != nil {
		t.Fatal(err)
	}
	var d assessment
	if err := json.Unmarshal(b.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	r := d.Results.Results[0]
	if len(r.Findings) != 1 || r.Findings[0].Target.Status.State != "not-satisfied" || r.Findings[0].Target.Status.Reason != "other" || len(r.Observations) != 3 {
		t.Errorf("%+v", r)
	}
	if ids := r.Reviewed.Selections[0].Include; ids[0].ID != "c-164.312-a-1" || ids[1].ID == ids[0].ID {
		t.Errorf("two rows have one id: %v", ids)
	}
	if o := r.Observations; o[0].Methods[0] != "TEST" || o[1].Methods[0] != "INTERVIEW" || o[1].Expires != "2027-01-01T00:00:00Z" || o[2].Methods[0] != "UNKNOWN" {
		t.Errorf("%+v", o)
	}
	if r.Start != "2026-03-01T14:00:00Z" || r.End != "2026-03-01T15:00:00Z" {
		t.Error(r.Start, r.End)
	}
}

// TestSchemaRefuses shows that validation can fail.
func TestSchemaRefuses(t *testing.T) {
	s := schemas(t, "document-poam", "oscal_poam_schema.json")
	var b bytes.Buffer
	if err := POAM(&b, &review.LedgerAnswer{AsOf: at}); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{{`"poam-items"`, `"items"`}, {`"title": "No gap is open"`, `"titel": "x"`}, {`"last-modified": "2026-`, `"last-modified": "26-`}} {
		text := strings.Replace(b.String(), c[0], c[1], 1)
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if s[0].Validate(doc) == nil {
			t.Errorf("%s is valid", c[1])
		}
	}
}
