package horn_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/threat/horn"
)

// predicates by their number of names: e and n are told, d are given by rows.
var predicates = map[string]int{"e1": 1, "e2": 2, "n1": 1, "n2": 2, "d0": 0, "d1": 1, "d2": 2, "d3": 2}

// estate is facts as text, with their states, and names by number.
type estate struct {
	states map[string]horn.State
	names  []string
}

func (e *estate) number(name string) uint32 {
	if i := slices.Index(e.names, name); i >= 0 {
		return uint32(i)
	}
	e.names = append(e.names, name)
	return uint32(len(e.names) - 1)
}

func (e *estate) fact(text string) horn.Fact {
	name, args, _ := strings.Cut(strings.TrimSuffix(text, ")"), "(")
	f := horn.Fact{Predicate: name}
	for a := range strings.SplitSeq(args, ",") {
		if a != "" {
			f.Args = append(f.Args, e.number(a))
		}
	}
	return f
}

func (e *estate) tables() map[string]*horn.Table {
	out := map[string]*horn.Table{}
	for _, text := range slices.Sorted(maps.Keys(e.states)) {
		f := e.fact(text)
		t := out[f.Predicate]
		if t == nil {
			t = &horn.Table{Arity: len(f.Args)}
			out[f.Predicate] = t
		}
		t.Args, t.States, t.Origin = append(t.Args, f.Args...), append(t.States, e.states[text]), append(t.Origin, 0)
	}
	return out
}

// row reads a(X),!b(X,c) => d(X).
func row(text string) horn.Row {
	r := horn.Row{Name: text}
	asked, given, _ := strings.Cut(text, " => ")
	for i, side := range []string{asked, given} {
		for part := range strings.SplitSeq(side, "; ") {
			l := horn.Literal{}
			part, l.Not = strings.CutPrefix(part, "!")
			name, args, _ := strings.Cut(strings.TrimSuffix(part, ")"), "(")
			l.Predicate = name
			for a := range strings.SplitSeq(args, ",") {
				if a != "" {
					l.Terms = append(l.Terms, horn.Term{Name: a, Variable: a[0] >= 'A' && a[0] <= 'Z'})
				}
			}
			if i == 0 {
				r.If = append(r.If, l)
			} else {
				r.Gives = append(r.Gives, l)
			}
		}
	}
	return r
}

// follow gives all that holds, by trying every name for every variable until nothing is new.
func follow(rows []horn.Row, states map[string]horn.State, view horn.View, alone bool) map[string]bool {
	domain := []string{"a", "b", "c"}
	holds := map[string]bool{}
	for f, s := range states {
		holds[f] = s == horn.Yes || s == horn.Perhaps && view == horn.Possible
	}
	not := func(f string) bool { s := states[f]; return s == horn.No || s == horn.Perhaps && view == horn.Possible }
	for more := true; more; {
		more = false
		for _, r := range rows {
			if alone && !slices.ContainsFunc(r.If, func(l horn.Literal) bool { return l.Predicate[0] == 'd' }) {
				continue
			}
			for n := range 27 {
				env := map[string]string{"X": domain[n%3], "Y": domain[n/3%3], "Z": domain[n/9]}
				if slices.ContainsFunc(r.If, func(l horn.Literal) bool {
					f := text(l, env)
					return l.Not && !not(f) || !l.Not && !holds[f]
				}) {
					continue
				}
				for _, l := range r.Gives {
					if f := text(l, env); !holds[f] {
						holds[f], more = true, true
					}
				}
			}
		}
	}
	return holds
}

func text(l horn.Literal, env map[string]string) string {
	var args []string
	for _, t := range l.Terms {
		if t.Variable {
			args = append(args, env[t.Name])
		} else {
			args = append(args, t.Name)
		}
	}
	return l.Predicate + "(" + strings.Join(args, ",") + ")"
}

// drawRow draws a row whose variables are bound.
func drawRow(t *rapid.T) horn.Row {
	terms := func(predicate string, from []string) string {
		var out []string
		for range predicates[predicate] {
			out = append(out, rapid.SampledFrom(from).Draw(t, "term"))
		}
		return predicate + "(" + strings.Join(out, ",") + ")"
	}
	var asked, given []string
	bound := []string{"a"}
	for range rapid.IntRange(1, 3).Draw(t, "asked") {
		l := terms(rapid.SampledFrom([]string{"e1", "e2", "e2", "d0", "d1", "d1", "d2", "d3"}).Draw(t, "of"), []string{"X", "X", "Y", "Y", "Z", "b"})
		asked = append(asked, l)
		for _, v := range []string{"X", "Y", "Z"} {
			if strings.Contains(l, v) {
				bound = append(bound, v)
			}
		}
	}
	for range rapid.IntRange(0, 1).Draw(t, "absent") {
		asked = append(asked, "!"+terms(rapid.SampledFrom([]string{"n1", "n2"}).Draw(t, "of"), bound))
	}
	for range rapid.IntRange(1, 2).Draw(t, "given") {
		given = append(given, terms(rapid.SampledFrom([]string{"d0", "d1", "d1", "d2", "d3"}).Draw(t, "of"), bound))
	}
	return row(strings.Join(asked, "; ") + " => " + strings.Join(given, "; "))
}

// drawFact draws a fact, now and then of what rows give.
func drawFact(t *rapid.T) string {
	p := rapid.SampledFrom([]string{"e1", "e1", "e2", "e2", "e2", "e2", "n1", "n2", "d1", "d2"}).Draw(t, "predicate")
	var args []string
	for range predicates[p] {
		args = append(args, rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name"))
	}
	return p + "(" + strings.Join(args, ",") + ")"
}

// TestWorldsHoldWhatFollows: of rows of any shape, in both views, with all rows and alone, after changes, and after these are taken back.
func TestWorldsHoldWhatFollows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := []horn.Row{row("e1(X); e2(X,Y); !n1(X); !n2(Y,X) => d0(); d1(X); d2(X,Y); d3(X,X)")} // every predicate is asked for, or given
		for range rapid.IntRange(1, 6).Draw(t, "rows") {
			rows = append(rows, drawRow(t))
		}
		e := &estate{states: map[string]horn.State{}}
		for range rapid.IntRange(0, 14).Draw(t, "facts") {
			e.states[drawFact(t)] = rapid.SampledFrom([]horn.State{horn.Yes, horn.Yes, horn.Perhaps, horn.No}).Draw(t, "state")
		}
		p, err := horn.Ground(e.tables(), e.number, rows)
		if err != nil {
			t.Fatal(err)
		}
		check := func(what string, w *horn.World, states map[string]horn.State, view horn.View, alone bool) {
			want := []string{}
			for f, holds := range follow(rows, states, view, alone) {
				if holds && f[0] == 'd' {
					want = append(want, f)
				}
			}
			slices.Sort(want)
			got := []string{}
			for _, d := range []string{"d0", "d1", "d2", "d3"} {
				for _, a := range w.All(d) {
					var args []string
					for _, n := range p.Args(a) {
						args = append(args, e.names[n])
					}
					got = append(got, d+"("+strings.Join(args, ",")+")")
				}
			}
			slices.Sort(got)
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("%s, view %d, alone %v: -want +got:\n%s", what, view, alone, d)
			}
		}
		for _, view := range []horn.View{horn.Certain, horn.Possible} {
			for _, alone := range []bool{false, true} {
				w := p.World(view, alone)
				check("as told", w, e.states, view, alone)
				states, changes := maps.Clone(e.states), []horn.Change{}
				for range rapid.IntRange(1, 4).Draw(t, "changes") {
					f, holds := drawFact(t), rapid.Bool().Draw(t, "holds")
					if slices.ContainsFunc(changes, func(c horn.Change) bool { return fmt.Sprint(c.Fact) == fmt.Sprint(e.fact(f)) }) {
						continue
					}
					changes = append(changes, horn.Change{Fact: e.fact(f), Holds: holds})
					if states[f] = horn.No; holds {
						states[f] = horn.Yes
					}
				}
				if err := w.Try(changes, func() { check("what if", w, states, view, alone) }); err != nil {
					t.Fatal(err)
				}
				check("taken back", w, e.states, view, alone)
			}
		}
	})
}

func TestWhyIsOneWay(t *testing.T) {
	e := &estate{states: map[string]horn.State{"e2(a,b)": horn.Yes, "e2(b,c)": horn.Yes, "e1(a)": horn.Yes, "e1(c)": horn.Yes}}
	p, err := horn.Ground(e.tables(), e.number, []horn.Row{row("e1(X); !n1(X) => d1(X)"), row("d1(X); e2(X,Y) => d1(Y)"), row("d1(X); d1(Y); e2(X,Y) => d2(X,Y)")})
	if err != nil {
		t.Fatal(err)
	}
	w := p.World(horn.Certain, false)
	a, there := p.Find("d2", e.fact("d2(a,b)").Args)
	if !there || !w.Met(a<<1) {
		t.Fatal("d2(a,b) does not hold")
	}
	var got []string
	for _, l := range w.Why(a) {
		got = append(got, fmt.Sprint(p.Predicate(l>>1), p.Args(l>>1), l&1 != 0))
	}
	slices.Sort(got)
	x, y := e.number("a"), e.number("b")
	want := []string{fmt.Sprint("e1", []uint32{x}, false), fmt.Sprint("e2", []uint32{x, y}, false), fmt.Sprint("n1", []uint32{x}, true)}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// TestPairsAreNotMade: what shares no variable is not multiplied.
func TestPairsAreNotMade(t *testing.T) {
	e := &estate{states: map[string]horn.State{}}
	for i := range 300 {
		e.states[fmt.Sprintf("e1(x%d)", i)], e.states[fmt.Sprintf("e2(y%d,z)", i)] = horn.Yes, horn.Yes
	}
	p, err := horn.Ground(e.tables(), e.number, []horn.Row{row("e1(X); e2(Y,z); !n1(Y) => d1(X)")})
	if err != nil {
		t.Fatal(err)
	}
	if p.Clauses() != 600 {
		t.Errorf("%d clauses", p.Clauses())
	}
}

func TestTooMuchIsRefused(t *testing.T) {
	e := &estate{states: map[string]horn.State{}}
	for i := range 300 {
		e.states[fmt.Sprintf("e1(x%d)", i)] = horn.Yes
	}
	_, err := horn.Ground(e.tables(), e.number, []horn.Row{row("e1(X); e1(Y); e1(Z) => d2(X,Y); d1(Z)")})
	if !errors.Is(err, horn.ErrTooLarge) || !strings.Contains(err.Error(), "e1(X)") {
		t.Errorf("27 million clauses: %v", err)
	}
	if _, err := horn.Ground(nil, e.number, []horn.Row{row("e1(X); e2(X,V) => d1(X)"), row("e1(X) => d1(Y)")}); err == nil {
		t.Error("a variable that nothing binds was grounded")
	}
	if _, err := horn.Ground(nil, e.number, []horn.Row{row("e1(X); !d1(X) => d1(X)")}); err == nil {
		t.Error("the absence of what rows give was asked for")
	}
	if _, err := horn.Ground(nil, e.number, []horn.Row{row("e1(A,B,C,D,E) => d1(A)")}); err == nil {
		t.Error("a fact of five names was grounded")
	}
}
