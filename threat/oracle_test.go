package threat_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/threat"
	"github.com/chartroom/chartroom/threat/horn"
	"github.com/chartroom/chartroom/threat/playbook"
)

func shipped(t testing.TB) *threat.Book {
	t.Helper()
	b, err := playbook.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// told is a fact by names, with its state.
type told struct {
	predicate string
	args      [3]string
	n         int
	state     threat.State
}

// naive is a playbook walked as it reads: every row against every fact, until nothing is new.
type naive struct {
	rows  []threat.Row
	truth map[told]bool // n and state as they are in the key: state No; what holds, estate and crew alike
	by    map[string][]told
	not   func(told) bool // whether the absence of a fact counts
}

func key(predicate string, args ...string) told {
	k := told{predicate: predicate, n: len(args)}
	copy(k.args[:], args)
	return k
}

// walk gives all that holds of facts in a view; alone leaves out the rows that ask nothing of the crew.
func walk(book *threat.Book, facts []told, view horn.View, alone bool, start ...told) *naive {
	o := &naive{truth: map[told]bool{}, by: map[string][]told{}}
	states := map[told]threat.State{}
	for _, f := range facts {
		k := f
		k.state = threat.No
		states[k] = f.state
		if f.state == threat.Yes || f.state == threat.Perhaps && view == horn.Possible {
			o.add(k)
		}
	}
	for _, f := range start {
		o.add(f)
	}
	o.not = func(k told) bool {
		s := states[k]
		return s == threat.No || s == threat.Perhaps && view == horn.Possible
	}
	for _, r := range book.Rows {
		if alone && !slices.ContainsFunc(r.If, func(l threat.Literal) bool { return book.Predicates[l.Predicate].Attacker }) {
			continue
		}
		slices.SortStableFunc(r.If, func(a, b threat.Literal) int { // what must hold first
			if a.Not == b.Not {
				return 0
			}
			if b.Not {
				return -1
			}
			return 1
		})
		o.rows = append(o.rows, r)
	}
	for more := true; more; {
		more = false
		for _, r := range o.rows {
			o.match(r.If, map[string]string{"O": threat.Organisation}, func(env map[string]string) {
				for _, g := range r.Gives {
					more = o.add(ground(g, env)) || more
				}
			})
		}
	}
	return o
}

func (o *naive) add(k told) bool {
	if o.truth[k] {
		return false
	}
	o.truth[k] = true
	o.by[k.predicate] = append(o.by[k.predicate], k)
	return true
}

func ground(l threat.Literal, env map[string]string) told {
	k := told{predicate: l.Predicate, n: len(l.Terms)}
	for i, t := range l.Terms {
		if k.args[i] = t.Name; t.Variable {
			k.args[i] = env[t.Name]
		}
	}
	return k
}

func (o *naive) match(left []threat.Literal, env map[string]string, do func(map[string]string)) {
	if len(left) == 0 {
		do(env)
		return
	}
	l := left[0]
	if l.Not {
		if o.not(ground(l, env)) {
			o.match(left[1:], env, do)
		}
		return
	}
	for _, f := range o.by[l.Predicate] {
		var bound [3]string
		n, fits := 0, true
		for i, t := range l.Terms {
			want := t.Name
			if t.Variable {
				if v, known := env[t.Name]; known {
					want = v
				} else {
					env[t.Name] = f.args[i]
					bound[n] = t.Name
					n++
					continue
				}
			}
			fits = fits && want == f.args[i]
		}
		if fits {
			o.match(left[1:], env, do)
		}
		for _, v := range bound[:n] {
			delete(env, v)
		}
	}
}

// of gives the names of which a predicate holds, ascending.
func (o *naive) of(predicate string) []string {
	var out []string
	for _, f := range o.by[predicate] {
		out = append(out, f.args[0])
	}
	slices.Sort(out)
	return out
}

// pools are the names that stand in each place of each predicate, by the letters that rows use there.
type pools struct {
	book   *threat.Book
	places map[string][3]byte
	words  map[string][3][]string // constants of rows
	names  map[byte][]string
	estate []string // predicates
}

func newPools(book *threat.Book) *pools {
	p := &pools{book: book, places: map[string][3]byte{}, words: map[string][3][]string{}, names: map[byte][]string{
		'U': {"u1", "u2", "u3"}, 'S': {"s1", "s2", "s3"}, 'T': {"t1", "t2"}, 'V': {"v1"}, 'G': {"g1", "g2"}, 'K': {"k1", "k2"}, 'H': {"h1", "h2"}, 'W': {"w1"}, 'A': {"a1"}, 'O': {threat.Organisation}}}
	same := map[byte]byte{'C': 'U', 'P': 'U', 'Q': 'U'}
	for _, r := range book.Rows {
		for _, l := range slices.Concat(r.If, r.Breaks) {
			if book.Predicates[l.Predicate].Attacker {
				continue
			}
			if _, seen := p.places[l.Predicate]; !seen {
				p.estate = append(p.estate, l.Predicate)
			}
			at, words := p.places[l.Predicate], p.words[l.Predicate]
			for i, t := range l.Terms {
				if !t.Variable {
					words[i] = append(words[i], t.Name)
					continue
				}
				at[i] = t.Name[0]
				if s := same[at[i]]; s != 0 {
					at[i] = s
				}
			}
			p.places[l.Predicate], p.words[l.Predicate] = at, words
		}
	}
	slices.Sort(p.estate)
	return p
}

// draw makes an estate of some facts; of n of them the state is not known.
func (p *pools) draw(rng *rand.Rand, facts, open int) []told {
	seen := map[told]bool{}
	var out []told
	for range facts {
		k := told{predicate: p.estate[rng.IntN(len(p.estate))]}
		if rng.IntN(3) == 0 { // what everything hangs on more often
			k.predicate = []string{"can_read", "phi", "store_in", "user", "assigned", "local_login", "grant"}[rng.IntN(7)]
		}
		at, words := p.places[k.predicate], p.words[k.predicate]
		k.n = p.book.Predicates[k.predicate].Arity
		for i := range k.n {
			if names := p.names[at[i]]; len(words[i]) == 0 || len(names) > 0 && rng.IntN(4) == 0 {
				k.args[i] = names[rng.IntN(len(names))]
			} else {
				k.args[i] = words[i][rng.IntN(len(words[i]))]
			}
		}
		if !seen[k] {
			seen[k] = true
			k.state = threat.Yes
			if open > 0 && rng.IntN(3) == 0 {
				k.state = threat.Perhaps
				open--
			}
			out = append(out, k)
		}
	}
	return out
}

func tell(facts []told) *threat.Facts {
	f := threat.NewFacts()
	o := f.From(threat.Origin{How: "declared"})
	for _, k := range facts {
		f.Tell(k.predicate, k.state, o, numbers(f, k)...)
	}
	return f
}

func numbers(f *threat.Facts, k told) []uint32 {
	args := make([]uint32, k.n)
	for i := range args {
		args[i] = f.Name(k.args[i])
	}
	return args
}

func names(f *threat.Facts, of []uint32) []string {
	var out []string
	for _, n := range of {
		out = append(out, f.Names()[n])
	}
	slices.Sort(out)
	return out
}

// TestWorldsHoldWhatTheNaiveWalkHolds: what is lost in both views, from outside, from each foothold, and after changes that are taken back.
func TestWorldsHoldWhatTheNaiveWalkHolds(t *testing.T) {
	book := shipped(t)
	p := newPools(book)
	rng := rand.New(rand.NewPCG(71, 72))
	some := 0
	for n := range 2_000 {
		facts := p.draw(rng, 20+rng.IntN(60), rng.IntN(12))
		f := tell(facts)
		program, err := threat.Ground(f, book.Rows)
		if err != nil {
			t.Fatal(err)
		}
		check := func(what string, w *horn.World, o *naive) {
			t.Helper()
			got, want := names(f, w.Firsts(threat.Lost)), o.of(threat.Lost)
			if len(want) > 0 {
				some++
			}
			if !slices.Equal(got, want) {
				t.Fatalf("estate %d, %s: lost %v, the naive walk loses %v\n%v", n, what, got, want, facts)
			}
		}
		for _, view := range []horn.View{horn.Certain, horn.Possible} {
			outside, alone := program.World(view, false), program.World(view, true)
			check("from outside", outside, walk(book, facts, view, false))
			u := p.names['U'][rng.IntN(3)]
			foot := threat.Fact{Predicate: []string{"acts_as", "cred", "session"}[rng.IntN(3)], Args: []uint32{f.Name(u)}}
			start := key(foot.Predicate, u)
			try(t, alone, []horn.Change{{Fact: foot, Holds: true}}, func() {
				check("one foothold", alone, walk(book, facts, view, true, start))
			})
			changed, changes := p.alter(rng, f, facts)
			try(t, outside, changes, func() { check("what if", outside, walk(book, changed, view, false)) })
			check("taken back", outside, walk(book, facts, view, false))
		}
	}
	if some < 4_000 {
		t.Errorf("of 16,000 walks only %d lost anything", some)
	}
}

func try(t *testing.T, w *horn.World, changes []horn.Change, do func()) {
	t.Helper()
	if err := w.Try(changes, do); err != nil {
		t.Fatal(err)
	}
}

// alter takes some facts away and makes others.
func (p *pools) alter(rng *rand.Rand, f *threat.Facts, facts []told) ([]told, []horn.Change) {
	changed := slices.Clone(facts)
	var changes []horn.Change
	for range 1 + rng.IntN(4) {
		if rng.IntN(2) == 0 && len(changed) > 0 {
			i := rng.IntN(len(changed))
			changes = append(changes, horn.Change{Fact: threat.Fact{Predicate: changed[i].predicate, Args: numbers(f, changed[i])}})
			changed = slices.Delete(changed, i, i+1)
			continue
		}
		for _, k := range p.draw(rng, 2, 0) {
			changes = append(changes, horn.Change{Fact: threat.Fact{Predicate: k.predicate, Args: numbers(f, k)}, Holds: true})
			changed = slices.DeleteFunc(changed, func(o told) bool { o.state = k.state; return o == k })
			changed = append(changed, k)
		}
	}
	return changed, changes
}

// TestPeopleOfAFootholdAreThoseOfTheNaiveWalk: ten thousand estates, each from one foothold, alone and beside what the crew does from outside,
// counted in people, each once.
func TestPeopleOfAFootholdAreThoseOfTheNaiveWalk(t *testing.T) {
	book := shipped(t)
	p := newPools(book)
	rng := rand.New(rand.NewPCG(73, 74))
	somebody := 0
	for n := range 10_000 {
		facts := p.draw(rng, 20+rng.IntN(60), rng.IntN(12))
		f := tell(facts)
		count := &persons{facts: f, ranges: map[string][][2]int{}}
		for _, s := range append(p.names['S'], p.names['W']...) {
			from := rng.IntN(1000)
			count.ranges[s] = [][2]int{{from, from + rng.IntN(500)}, {0, rng.IntN(100)}}
		}
		of := func(stores []string) int64 {
			in := map[int]bool{}
			for _, s := range stores {
				for _, r := range count.ranges[s] {
					for i := r[0]; i < r[1]; i++ {
						in[i] = true
					}
				}
			}
			return int64(len(in))
		}
		u, alone := p.names['U'][rng.IntN(3)], rng.IntN(2) == 0
		what := []string{"acts_as", "cred", "session"}[rng.IntN(3)]
		certain, possible, err := threat.Losses(threat.Input{Facts: f, Book: book, Counter: count, Alone: alone, Start: []threat.Fact{{Predicate: what, Args: []uint32{f.Name(u)}}}})
		if err != nil {
			t.Fatal(err)
		}
		for view, got := range []int64{certain.People.Estimate, possible.People.Estimate} {
			want := of(walk(book, facts, horn.View(view), alone, key(what, u)).of(threat.Lost))
			if want > 0 {
				somebody++
			}
			if got != want {
				t.Fatalf("estate %d, %s(%s), alone %v, view %d: %d people, the naive walk finds %d\n%v", n, what, u, alone, view, got, want, facts)
			}
		}
	}
	if somebody < 5_000 {
		t.Errorf("of 20,000 walks only %d lost anybody", somebody)
	}
}

// TestTruthLiesBetweenTheViews: whatever is true of what is not known, what is lost for sure is lost, and what is lost is lost perhaps.
func TestTruthLiesBetweenTheViews(t *testing.T) {
	book := shipped(t)
	p := newPools(book)
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		facts := p.draw(rng, rapid.IntRange(10, 80).Draw(t, "facts"), rapid.IntRange(1, 20).Draw(t, "open"))
		f := tell(facts)
		program, err := threat.Ground(f, book.Rows)
		if err != nil {
			t.Fatal(err)
		}
		certain, possible := names(f, program.World(horn.Certain, false).Firsts(threat.Lost)), names(f, program.World(horn.Possible, false).Firsts(threat.Lost))
		for range 4 {
			truth := slices.Clone(facts)
			for i := range truth {
				if truth[i].state == threat.Perhaps {
					truth[i].state = []threat.State{threat.No, threat.Yes}[rng.IntN(2)]
				}
			}
			lost := walk(book, truth, horn.Certain, false).of(threat.Lost)
			for _, s := range certain {
				if !slices.Contains(lost, s) {
					t.Fatalf("%s is lost for sure, and not with %v", s, truth)
				}
			}
			for _, s := range lost {
				if !slices.Contains(possible, s) {
					t.Fatalf("%s is not lost perhaps, and is with %v", s, truth)
				}
			}
		}
	})
}

// TestProvedSetsAreAllAndMinimal: of any choice of the facts a store is lost when they hold one of its sets, and only then; and without
// any one of its own a set loses nothing.
func TestProvedSetsAreAllAndMinimal(t *testing.T) {
	book := shipped(t)
	p := newPools(book)
	rng := rand.New(rand.NewPCG(75, 76))
	sets, lost := 0, 0
	for n := range 400 {
		facts := p.draw(rng, 40+rng.IntN(60), 0)
		f := tell(facts)
		proved, short, err := threat.Proved(threat.Input{Facts: f, Book: book, Counter: &persons{facts: f}})
		if err != nil {
			t.Fatal(err)
		}
		if short {
			t.Fatalf("estate %d: more sets than are looked at", n)
		}
		line := map[string]told{}
		for _, k := range facts {
			line[f.String(k.predicate, numbers(f, k))] = k
		}
		positive := map[string][][]string{}
		for store, all := range proved {
			for _, set := range all {
				sets++
				var own []told
				var absent []string
				for _, s := range set {
					if a, not := strings.CutPrefix(s, "not "); not {
						absent = append(absent, a)
					} else {
						own = append(own, line[s])
					}
				}
				loses := func(own []told) bool { // among all that could stop anything, but for what the set asks to be absent
					with := slices.DeleteFunc(p.stops(), func(k told) bool { return slices.Contains(absent, f.String(k.predicate, numbers(f, k))) })
					return slices.Contains(walk(book, append(with, own...), horn.Certain, false).of(threat.Lost), store)
				}
				if !loses(own) {
					t.Fatalf("estate %d: %v does not lose %s", n, set, store)
				}
				for i := range own {
					if loses(slices.Delete(slices.Clone(own), i, i+1)) {
						t.Fatalf("estate %d: %v loses %s without %v", n, set, store, own[i])
					}
				}
				for _, a := range absent {
					if loses(append(slices.Clone(own), parse(t, a)...)) {
						t.Fatalf("estate %d: %v loses %s with %v", n, set, store, a)
					}
				}
				var names []string
				for _, k := range own {
					names = append(names, f.String(k.predicate, numbers(f, k)))
				}
				positive[store] = append(positive[store], names)
			}
		}
		for range 10 { // what does not hold is not told of here, and counts as it is in the whole
			choice := slices.DeleteFunc(slices.Clone(facts), func(k told) bool { return rng.IntN(4) == 0 && !negated[k.predicate] })
			held := map[string]bool{}
			for _, k := range choice {
				held[f.String(k.predicate, numbers(f, k))] = true
			}
			got := walk(book, choice, horn.Certain, false).of(threat.Lost)
			for _, store := range append(p.names['S'], p.names['W']...) {
				want := slices.ContainsFunc(positive[store], func(set []string) bool {
					return !slices.ContainsFunc(set, func(s string) bool { return !held[s] })
				})
				if want {
					lost++
				}
				if want != slices.Contains(got, store) {
					t.Fatalf("estate %d: %s by its sets %v, by the naive walk %v, with %v", n, store, want, !want, choice)
				}
			}
		}
	}
	if sets < 500 || lost < 500 {
		t.Errorf("only %d sets, %d lost", sets, lost)
	}
}

// stops gives every fact whose absence a row could ask for.
func (p *pools) stops() []told {
	var out []told
	for name := range negated {
		for _, n := range p.names[p.places[name][0]] {
			k := told{predicate: name, n: 1, state: threat.Yes, args: [3]string{n}}
			if name == "mfa" {
				k.n, k.args[1] = 2, "fido2"
			}
			out = append(out, k)
		}
	}
	return out
}

// negated are the predicates whose absence rows ask for; a choice of facts keeps them, as sets tell what they were found with.
var negated = map[string]bool{"rotated_after_hit": true, "fido2_only": true, "number_matching": true, "net_policy": true, "app_allowlist": true, "token_ip_bound": true,
	"mfa": true, "key_source_bound": true, "export_blocked": true, "egress_capped": true, "org_boundary": true}

// TestEveryShippedRow fires on the least estate that its own words make, and not without any one thing that it asks for, nor with any
// that it asks to be absent.
func TestEveryShippedRow(t *testing.T) {
	book := shipped(t)
	tried := 0
	for _, r := range book.Rows {
		var facts, absent []told
		env := map[string]string{"O": threat.Organisation}
		for _, l := range r.If {
			for _, x := range l.Terms {
				if _, known := env[x.Name]; x.Variable && !known {
					env[x.Name] = strings.ToLower(x.Name) + "1"
				}
			}
			k := ground(l, env)
			if k.state = threat.Yes; l.Not {
				absent = append(absent, k)
			} else {
				facts = append(facts, k)
			}
		}
		fires := func(rows []threat.Row, facts []told) bool {
			f := tell(facts)
			program, err := threat.Ground(f, rows)
			if err != nil {
				t.Fatalf("%s: %v", r.ID, err)
			}
			w := program.World(horn.Certain, false)
			return !slices.ContainsFunc(r.Gives, func(l threat.Literal) bool {
				k := ground(l, env)
				return !w.Holds(threat.Fact{Predicate: k.predicate, Args: numbers(f, k)})
			})
		}
		alone := []threat.Row{r}
		if !fires(alone, facts) || !fires(book.Rows, facts) {
			t.Errorf("%s does not fire on %v", r.ID, facts)
		}
		for i := range facts {
			tried++
			if fires(alone, slices.Delete(slices.Clone(facts), i, i+1)) {
				t.Errorf("%s fires without %v", r.ID, facts[i])
			}
		}
		for _, k := range absent {
			tried++
			if fires(alone, append(slices.Clone(facts), k)) {
				t.Errorf("%s fires with %v", r.ID, k)
			}
		}
		for _, b := range r.Breaks {
			if p := book.Predicates[b.Predicate]; p.Effort < 0 || p.Effort > 3 || p.Control != "" && p.Effort == 0 {
				t.Errorf("%s is broken by %s, of effort %d", r.ID, b.Predicate, p.Effort)
			}
		}
	}
	if tried < 165 {
		t.Errorf("only %d preconditions", tried)
	}
}
