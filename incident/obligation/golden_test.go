package obligation

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/incident"
)

// base are the facts of a case but for what it says itself.
const base = `{"entity":"covered_entity","part2":false,"discovered":"2026-03-02","determined":null,"states":{},"total":[0,0],
"kinds":["name","mrn"],"health":true,"encrypted":"no","public_company":false,"licensed_facility_states":[],"risk_of_harm":"unknown","law_enforcement_delay":null}`

// facts puts what a case says over the base.
func facts(t testing.TB, over string) incident.Facts {
	t.Helper()
	all := map[string]json.RawMessage{}
	for _, text := range []string{base, over} {
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	f, err := incident.ReadFacts(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func shipped(t testing.TB) *Book {
	t.Helper()
	b, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestGolden: each case says what a reader of the law would say, and cites it; the days were counted by another program, or by hand.
func TestGolden(t *testing.T) {
	file, err := os.Open("testdata/golden.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) < 201 {
		t.Errorf("there are %d cases, and 200 were promised", len(rows)-1)
	}
	b, met := shipped(t), map[string]bool{}
	for i, row := range rows[1:] {
		f := facts(t, row[6])
		found := false
		for _, d := range b.Duties(&f) {
			if d.Rule != row[0] {
				continue
			}
			found, met[d.Rule] = true, true
			got := []string{d.Rule, string(d.Status), string(d.Conservative), string(d.Determined), string(d.Deciding)}
			if strings.Join(got, " ") != strings.Join(row[:5], " ") {
				t.Errorf("line %d, %s\n%s\ngot  %q\nwant %q\n%s", i+2, row[5], row[6], got, row[:5], d.Because)
			}
			if row[5] == "" || d.Citation == "" || len(d.Because) < 20 {
				t.Errorf("line %d: nothing is cited, or no reason given: %q", i+2, d.Because)
			}
		}
		if !found {
			t.Errorf("line %d: there is no rule %s", i+2, row[0])
		}
	}
	for _, versions := range b.rules {
		if !met[versions[0].ID] {
			t.Errorf("no case tries %s", versions[0].ID)
		}
	}
}
