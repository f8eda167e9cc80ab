package obligation

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
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

// table reads a table of facts that the shipped rules were made from, where it is at hand: rows by column.
func table(t *testing.T, name string) []map[string]string {
	t.Helper()
	shared := os.Getenv("CHARTROOM_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	in, err := os.Open(filepath.Join(shared, "law", name))
	if err != nil {
		t.Skip("the table is not at hand")
	}
	defer in.Close()
	rows, err := csv.NewReader(in).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, v := range row {
			m[rows[0][i]] = v
		}
		out = append(out, m)
	}
	return out
}

// today are the versions that are in force when this was written.
func today(t *testing.T) []*Rule {
	var out []*Rule
	for _, versions := range shipped(t).rules {
		if r := version(versions, "2026-11-22"); r != nil {
			out = append(out, r)
		}
	}
	return out
}

func TestEveryRowOfTheTableIsHere(t *testing.T) {
	rows := table(t, "notification_rules.csv")
	ours := map[string]int{}
	for _, r := range today(t) {
		days, people := "", r.Over.Text
		if r.Deadline > 0 {
			days = strconv.Itoa(r.Deadline)
		}
		if r.Under.At > 0 {
			people = r.Under.Text
		}
		if r.Over.At <= 1 && r.Under.At == 0 {
			people = "" // any
		}
		ours[strings.Join([]string{r.Jurisdiction, r.Regime, r.Recipient, r.Citation, people, days, r.Unit, r.Confidence, r.AsOf, r.Basis, r.Trigger}, "|")]++
	}
	number := regexp.MustCompile(`[<>]=?\d+`)
	for _, m := range rows {
		key := strings.Join([]string{m["jurisdiction"], m["regime"], m["recipient"], m["citation"], number.FindString(m["threshold"]), m["deadline_value"], m["deadline_unit"],
			m["confidence"], m["as_of"], m["basis"], m["trigger"]}, "|")
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

// TestEveryStateCoversWhatTheTableSays compares kinds of data, clauses on HIPAA and gates of harm.
func TestEveryStateCoversWhatTheTableSays(t *testing.T) {
	scope := map[string]map[string]string{}
	for _, m := range table(t, "state_breach_scope.csv") {
		scope[m["jurisdiction"]] = m
	}
	government := []string{"IA", "NH", "NM", "OK", "SC"} // a Medicare number is likely a government's number
	for _, r := range today(t) {
		m := scope[r.Jurisdiction]
		if m == nil || r.Regime != "state breach law" || r.Data[0] == "phi" {
			continue
		}
		for kind, want := range map[string]bool{"ssn": true, "medical": m["covers_medical"] == "Y", "biometric": m["covers_biometric"] == "Y",
			"health_plan_id": m["covers_health_insurance"] == "Y" || r.Jurisdiction == "TX" || slices.Contains(government, r.Jurisdiction)} {
			if slices.Contains(r.Data, kind) != want {
				t.Errorf("%s: %s %v", r.ID, kind, !want)
			}
		}
		if r.Clause != m["hipaa_clause"] || (r.Gate == "none") != (m["risk_of_harm_gate"] == "none") {
			t.Errorf("%s: clause %s, gate %s; the table has %s, %s", r.ID, r.Clause, r.Gate, m["hipaa_clause"], m["risk_of_harm_gate"])
		}
		if whole := []string{"exempt", "deemed", "deemed_health_only", "regulator"}; slices.Contains(whole, r.Clause) && len(r.Excused) == 0 && len(r.Binds) == 0 {
			t.Errorf("%s: the clause %s excuses nobody", r.ID, r.Clause)
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
