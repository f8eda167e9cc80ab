package threat_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/chartroom/chartroom/threat"
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
func walk(book *threat.Book, facts []told, view threat.View, alone bool, start ...told) *naive {
	o := &naive{truth: map[told]bool{}, by: map[string][]told{}}
	states := map[told]threat.State{}
	for _, f := range facts {
		k := f
		k.state = threat.No
		states[k] = f.state
		if f.state == threat.Yes || f.state == threat.Perhaps && view == threat.Possible {
			o.add(k)
		}
	}
	for _, f := range start {
		o.add(f)
	}
	o.not = func(k told) bool {
		s := states[k]
		return s == threat.No || s == threat.Perhaps && view == threat.Possible
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
			k.predicate = []string{"can_read", "phi", "store_in", "user", "assigned", "local_login", "grant", "knows_of"}[rng.IntN(7)]
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
	for n := range 10_000 {
		facts := p.draw(rng, 20+rng.IntN(60), rng.IntN(12))
		f := tell(facts)
		program, err := threat.Ground(f, book.Rows)
		if err != nil {
			t.Fatal(err)
		}
		check := func(what string, w *threat.World, o *naive) {
			t.Helper()
			got, want := names(f, w.Lost()), o.of(threat.Lost)
			if len(want) > 0 {
				some++
			}
			if !slices.Equal(got, want) {
				t.Fatalf("estate %d, %s: lost %v, the naive walk loses %v\n%v", n, what, got, want, facts)
			}
		}
		for _, view := range []threat.View{threat.Certain, threat.Possible} {
			outside, alone := program.World(view), program.Alone(view)
			check("from outside", outside, walk(book, facts, view, false))
			u := p.names['U'][rng.IntN(3)]
			foot := threat.Fact{Predicate: []string{"acts_as", "cred", "session"}[rng.IntN(3)], Args: []uint32{f.Name(u)}}
			start := key(foot.Predicate, u)
			try(t, alone, []threat.Change{{Fact: foot, Holds: true}}, func() {
				check("one foothold", alone, walk(book, facts, view, true, start))
			})
			changed, changes := p.alter(rng, f, facts)
			try(t, outside, changes, func() { check("what if", outside, walk(book, changed, view, false)) })
			check("taken back", outside, walk(book, facts, view, false))
		}
	}
	if some < 20_000 {
		t.Errorf("of %d walks only %d lost anything", 80_000, some)
	}
}

func try(t *testing.T, w *threat.World, changes []threat.Change, do func()) {
	t.Helper()
	if err := w.Try(changes, do); err != nil {
		t.Fatal(err)
	}
}

// alter takes some facts away and makes others.
func (p *pools) alter(rng *rand.Rand, f *threat.Facts, facts []told) ([]told, []threat.Change) {
	changed := slices.Clone(facts)
	var changes []threat.Change
	for range 1 + rng.IntN(4) {
		if rng.IntN(2) == 0 && len(changed) > 0 {
			i := rng.IntN(len(changed))
			changes = append(changes, threat.Change{Fact: threat.Fact{Predicate: changed[i].predicate, Args: numbers(f, changed[i])}})
			changed = slices.Delete(changed, i, i+1)
			continue
		}
		for _, k := range p.draw(rng, 2, 0) {
			changes = append(changes, threat.Change{Fact: threat.Fact{Predicate: k.predicate, Args: numbers(f, k)}, Holds: true})
			changed = slices.DeleteFunc(changed, func(o told) bool { o.state = k.state; return o == k })
			changed = append(changed, k)
		}
	}
	return changed, changes
}
