package obligation

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/incident"
)

// TestEveryRuleSaysWhereItComesFrom: a rule without citation, basis or date is no rule.
func TestEveryRuleSaysWhereItComesFrom(t *testing.T) {
	b := shipped(t)
	for _, versions := range b.rules {
		for _, r := range versions {
			if r.Citation == "" || r.AsOf == "" || r.Basis == "" || r.Recipient == "" {
				t.Errorf("%s: %+v", r.ID, r)
			}
			if strings.ToLower(r.ID) == r.ID || strings.ContainsAny(r.ID, " ,()") {
				t.Errorf("%s is no readable id", r.ID)
			}
		}
	}
	for _, col := range []string{"citation", "as_of", "basis"} {
		_, err := Read(strings.NewReader(without(col)), "own.csv")
		var m *Mistakes
		if !errors.As(err, &m) || len(m.All) != 1 || m.All[0].Line != 2 || !strings.Contains(m.All[0].Message, col) {
			t.Errorf("without %s: %v", col, err)
		}
	}
}

// own is a rule that an organisation adds: two days to tell a payer.
var own = map[string]string{"id": "US/contract/payer", "jurisdiction": "US", "regime": "Contract", "trigger": "security incident", "recipient": "Payer, privacy office",
	"data": "phi", "clause": "none", "harm_gate": "none", "safe_harbour": "yes", "population": "individuals", "over": ">=1", "deadline": "48", "unit": "hours", "starts": "discovery",
	"delayed": "no", "enabled": "yes", "citation": "Agreement of 2024-05-01, 7.2", "confidence": "high", "as_of": "2026-01", "basis": "the agreement"}

// file writes a rule as a file, with changes.
func file(changes ...string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	row := make([]string, len(columns))
	for i, c := range columns {
		row[i] = own[c.name]
		for j := 0; j < len(changes); j += 2 {
			if changes[j] == c.name {
				row[i] = changes[j+1]
			}
		}
	}
	_ = w.WriteAll([][]string{Columns(), row})
	return b.String()
}

func without(col string) string { return file(col, "") }

func TestOwnRulesAreAddedAndTakeThePlaceOfShippedOnes(t *testing.T) {
	b := shipped(t)
	n := len(b.rules)
	if err := b.Add(strings.NewReader(file()), "own.csv"); err != nil {
		t.Fatal(err)
	}
	if err := b.Add(strings.NewReader(file("id", "NY/23-nycrr-500/ny-dfs", "recipient", "NY DFS", "deadline", "72")), "own.csv"); err != nil {
		t.Fatal(err)
	}
	f := facts(t, `{"states":{"NY":[5,5]},"total":[5,5]}`)
	duties := b.Duties(&f)
	if len(b.rules) != n+1 {
		t.Fatalf("%d rules, and there were %d", len(b.rules), n)
	}
	for _, d := range duties {
		switch d.Rule {
		case "US/contract/payer":
			if d.Status != Due || d.Conservative != "2026-03-04" {
				t.Errorf("%+v", d)
			}
		case "NY/23-nycrr-500/ny-dfs":
			if d.Status != Due || d.Conservative != "2026-03-05" {
				t.Errorf("%+v", d)
			}
		}
	}
}

func TestMistakesInRulesSayWhere(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "own.csv:1:1: the file is empty"},
		{"id,id\n", "the column id is there twice"},
		{"id,what\n", `there is no column "what"`},
		{file("unit", "moons"), `unit: there is no unit "moons"`},
		{file("over", "many"), "over: \"many\" is no threshold"},
		{file("over", ">99999999999999999999"), "is no threshold"},
		{file("enabled", "perhaps"), "neither yes nor no"},
		{file("deadline", "-3"), "deadline: "},
		{file("deadline", ""), "do not go together"},
		{file("population", "residents"), "it is no State"},
		{file("population", ""), "a threshold needs a population"},
		{file("as_of", "January"), "not written as YYYY-MM"},
		{file("effective_from", "2026-01-01", "effective_to", "2025-01-01"), "before it begins"},
		{file("data", "phi ssn"), "no kind of data"},
		{file("binds", "everybody"), "none of"},
		{file("starts", "rumour"), "starts no clock"},
		{file("excused", "covered_entity"), "excuses nobody"},
		{file() + strings.SplitAfter(file(), "\n")[1], "two versions of US/contract/payer for one day"},
		{file() + "a,b\n", "own.csv:3:"},
		{file("note", "\xff"), "not UTF-8"},
	} {
		_, err := Read(strings.NewReader(c.text), "own.csv")
		var m *Mistakes
		if !errors.As(err, &m) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60q: %v, want %s", c.text, err, c.want)
		}
	}
	if _, err := Read(strings.NewReader(strings.Repeat("x", maxBytes+1)), "own.csv"); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Error(err)
	}
}

// TestEveryRowOfTheTableIsHere compares with the table of facts that the shipped rules were made from, where that is at hand.
func TestEveryRowOfTheTableIsHere(t *testing.T) {
	shared := os.Getenv("CHARTROOM_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	in, err := os.Open(filepath.Join(shared, "law", "notification_rules.csv"))
	if err != nil {
		t.Skip("the table is not at hand")
	}
	defer in.Close()
	table, err := csv.NewReader(in).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	ours := map[string]int{}
	for _, versions := range shipped(t).rules {
		r := version(versions, "2026-11-22")
		if r == nil {
			continue
		}
		days := ""
		if r.Deadline > 0 {
			days = number(int64(r.Deadline))
		}
		ours[strings.Join([]string{r.Jurisdiction, r.Regime, r.Recipient, r.Citation, days, r.Unit, r.Confidence, r.AsOf, r.Basis, r.Trigger}, "|")]++
	}
	for _, row := range table[1:] {
		key := strings.Join([]string{row[0], row[1], row[3], row[8], row[5], row[6], row[10], row[11], row[12], row[2]}, "|")
		if ours[key]--; ours[key] < 0 {
			t.Errorf("not here: %s", key)
		}
	}
	for key, n := range ours {
		if n > 0 {
			t.Errorf("not in the table: %s", key)
		}
	}
}

func TestBusinessDaysEndWhereTheCalendarDoes(t *testing.T) {
	f := facts(t, `{"states":{"CA":[5,5]},"total":[5,5],"licensed_facility_states":["CA"],"discovered":"2035-12-20"}`)
	for _, d := range shipped(t).Duties(&f) {
		if d.Rule == "CA/h-s-1280-15/patient-or-representative" && (d.Status != Due || d.Conservative != "" || !strings.Contains(d.Because, "holidays of that year are not known")) {
			t.Errorf("%+v", d)
		}
	}
	c, err := newCalendar()
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 7, 2, 0, 0, 0, 0, time.UTC) // Independence Day is a Saturday, observed on Friday the 3rd
	if got, ok := c.after(day, 1); !ok || got.Format(time.DateOnly) != "2026-07-06" {
		t.Error(got, ok)
	}
}

// FuzzRules: no file of rules makes the reader or the engine fail, and what is read can be weighed.
func FuzzRules(f *testing.F) {
	f.Add(file())
	f.Add(file("population", "residents_of_one", "unit", "business_days", "under", "<500"))
	f.Add(strings.Join(strings.SplitAfter(rulesFile, "\n")[:8], ""))
	f.Add("id,\"what\n")
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := Read(strings.NewReader(text), "own.csv")
		if err != nil {
			return
		}
		days, err := newCalendar()
		if err != nil {
			t.Fatal(err)
		}
		b := &Book{days: days}
		for _, r := range rules {
			b.rules = append(b.rules, []Rule{r})
		}
		fs := incident.Facts{Entity: "covered_entity", Discovered: "2026-03-02", Total: incident.Unbounded, Encrypted: "unknown", RiskOfHarm: "unknown"}
		for _, d := range b.Duties(&fs) {
			if d.Status == "" || d.Because == "" {
				t.Errorf("%+v", d)
			}
		}
	})
}
