package threat_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/threat"
)

// persons count whom stores hold: ranges of persons by store.
type persons struct {
	facts  *threat.Facts
	ranges map[string][][2]int
	counts int
}

// Count counts each person once.
func (p *persons) Count(stores []uint32) threat.Loss {
	p.counts++
	var all [][2]int
	for _, s := range stores {
		all = append(all, p.ranges[p.facts.Names()[s]]...)
	}
	slices.SortFunc(all, func(a, b [2]int) int { return a[0] - b[0] })
	n, end := 0, 0
	for _, r := range all {
		if from := max(r[0], end); r[1] > from {
			n, end = n+r[1]-from, r[1]
		}
	}
	return threat.Loss{People: estate.Count{Estimate: int64(n), Low: int64(n), High: int64(n)}, Stores: len(stores)}
}

// parse reads facts as rows write them, with a ? behind those of which nobody knows.
func parse(t testing.TB, text string) []told {
	t.Helper()
	var out []told
	for line := range strings.FieldsFuncSeq(text, func(c rune) bool { return c == ';' || c == '\n' }) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		k := told{state: threat.Yes}
		if s, open := strings.CutSuffix(line, "?"); open {
			line, k.state = s, threat.Perhaps
		}
		name, args, ok := strings.Cut(strings.TrimSuffix(line, ")"), "(")
		if !ok {
			t.Fatalf("%q is no fact", line)
		}
		k.predicate = name
		for a := range strings.SplitSeq(args, ",") {
			k.args[k.n] = strings.TrimSpace(a)
			k.n++
		}
		out = append(out, k)
	}
	return out
}

// acquirer is an estate of 520,000 people behind ways in that four identity controls close together, and a leaked password and a key
// in tickets that open two of its stores without any of them.
const acquirer = `
	user(nora); employee_listed(nora); phone_reachable(nora); assigned(nora, sso); store_in(ehr, sso); can_read(nora, ehr); phi(ehr)
	helpdesk_resets(desk, nora); helpdesk_verifies(desk, knowledge)
	may_consent(nora, crm); store_in(ehr, crm); crm(ehr)
	vendor(gong); vendor_repo_weak(gong); client_of(app, gong); grant(g1, app, crm); can_read(app, ehr)
	user(ivy); infostealer_hit(ivy); local_login(ivy, lake); mfa(ivy, none); can_read(ivy, lab); can_read(ivy, copy); plain(lab); plain(copy); phi(lab); phi(copy)
	can_assume(root, part)
	tickets(desk_mail); holds(desk_mail, k1); opens(k1, svc); can_read(svc, lab); can_read(svc, copy)
	user(tom); infostealer_hit(tom); local_login(tom, desk_tool); mfa(tom, none); can_read(tom, desk_mail)
`

func TestFourControlsSaveTogether(t *testing.T) {
	_ = acquirer
	book := shipped(t)
	f := tell(parse(t, acquirer))
	p := &persons{facts: f, ranges: map[string][][2]int{"ehr": {{0, 380_000}}, "lab": {{380_000, 520_000}}, "copy": {{250_000, 380_000}}}}
	a, err := threat.Walk(threat.Input{Facts: f, Book: book, Counter: p, Cuts: 5})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(a.Certain, a.Possible, len(a.Paths), a.Doubts)
	for _, x := range a.Paths {
		t.Log(x.ID, x.Title, x.Certain, x.Loss.People.Estimate, x.Stores, x.Out, x.Alike)
		for i, s := range x.Steps {
			t.Log("   ", i, s.Row, s.From, s.Gives, s.Breaks, s.LogKept)
			for _, u := range s.Uses {
				t.Log("         ", u.Fact, u.Words, u.How)
			}
		}
		for _, s := range x.Then {
			t.Log("    then", s.Row, s.From, s.Gives)
		}
		for _, c := range x.Cuts {
			t.Log("    cut", c.Words, c.Effort, c.Breaks)
		}
	}
	for _, s := range a.Controls {
		var w []string
		for _, c := range s.Controls {
			w = append(w, c.Words)
		}
		t.Log(s.Before.People.Estimate, s.After.People.Estimate, s.Exact, s.Floor, strings.Join(w, " + "))
	}
}
