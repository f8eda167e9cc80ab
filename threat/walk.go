package threat

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/threat/horn"
)

// Counter tells what stores hold together, each person once. More stores never hold less.
type Counter interface {
	Count(stores []uint32) Loss // by the numbers of their names, ascending
}

// Input is an estate, a playbook, and what is asked of them.
type Input struct {
	Facts         *Facts
	Book          *Book
	Counter       Counter
	Start         []Fact   // what the crew has to start with: acts_as(P), cred(P); none = what an outsider has
	Alone         bool     // and nothing but what follows from it: the crew does nothing else from outside
	Without, With []Fact   // what if: facts that are taken away, and that are made
	Try           []string // what if: controls of the answer to the same input without Try, by id or words
	Paths         int      // that are told; 0 = 100
	Cuts          int      // controls in a set; 0 = 4
	// Fixed tells facts that no control may take away, or make: somebody's daily work; nil = none.
	Fixed func(predicate string, args []uint32) bool
	AsOf  string // the day of the answer
}

// walker answers one question.
type walker struct {
	q                 Input
	twins             *twins
	p                 *horn.Program
	certain, possible *horn.World
	controls          *controls
	custodians        map[uint32]uint32
	counted           map[signature]Loss
}

// Walk answers. It adds the names of constants to the facts, and takes them for its own until it is done.
func Walk(q Input) (*Answer, error) {
	k, err := newWalker(q)
	if err != nil {
		return nil, err
	}
	return k.answer(), nil
}

func newWalker(q Input) (*walker, error) {
	q.Paths, q.Cuts = cmp.Or(q.Paths, 100), cmp.Or(q.Cuts, 4)
	keep := map[uint32]bool{}
	for _, r := range q.Book.Rows {
		for _, l := range slices.Concat(r.If, r.Gives, r.Breaks) {
			for _, t := range l.Terms {
				if !t.Variable {
					keep[q.Facts.Name(t.Name)] = true
				}
			}
		}
	}
	keep[q.Facts.Name(Organisation)] = true
	f, err := q.Facts.changed(q)
	if err != nil {
		return nil, err
	}
	q.Facts = f
	for _, s := range slices.Concat(q.Start, q.With, q.Without) {
		for _, a := range s.Args {
			keep[a] = true
		}
	}
	k := &walker{q: q, twins: pair(f, keep), counted: map[signature]Loss{}}
	if k.p, err = Ground(k.twins.facts, q.Book.Rows); err != nil {
		return nil, fmt.Errorf("walk the playbook: %w", err)
	}
	k.certain, k.possible = k.p.World(horn.Certain, q.Alone), k.p.World(horn.Possible, q.Alone)
	k.controls = newControls(k)
	k.custodians = k.custody()
	return k, k.try()
}

// try makes the controls that the question names.
func (k *walker) try() error {
	if len(k.q.Try) == 0 {
		return nil
	}
	k.controls.everything()
	for _, name := range k.q.Try {
		n := slices.IndexFunc(k.controls.list, func(c Control) bool { return c.ID == name || c.Words == name })
		if n < 0 {
			return fmt.Errorf("try %q: there is no such control here; take its id from the answer without it", name)
		}
		for _, w := range []*horn.World{k.certain, k.possible} {
			w.Apply(k.controls.flips[n])
		}
	}
	k.controls = newControls(k) // those that are left
	return nil
}

// changed gives the facts as the question would have them.
func (f *Facts) changed(q Input) (*Facts, error) {
	if len(q.Start)+len(q.With)+len(q.Without) == 0 {
		return f, nil
	}
	out := &Facts{names: f.names, numbers: f.numbers, origins: slices.Clone(f.origins), tables: map[string]*Table{}}
	gone := map[string]bool{}
	for _, x := range q.Without {
		gone[f.String(x.Predicate, x.Args)] = true
	}
	touched := map[string]bool{}
	for _, x := range q.Without {
		touched[x.Predicate] = true
	}
	for name, t := range f.tables {
		if !touched[name] {
			out.tables[name] = &Table{Arity: t.Arity, Args: slices.Clip(t.Args), States: slices.Clip(t.States), Origin: slices.Clip(t.Origin)}
			continue
		}
		for i, s := range t.States {
			if args := t.Args[i*t.Arity : (i+1)*t.Arity]; !gone[f.String(name, args)] {
				out.Tell(name, s, t.Origin[i], args...)
			}
		}
	}
	tried := out.From(Origin{How: "tried"})
	for _, x := range slices.Concat(q.Start, q.With) {
		if p := q.Book.Predicates[x.Predicate]; p == nil || p.Arity != len(x.Args) {
			return nil, fmt.Errorf("try %s: it is no fact that rows know", f.String(x.Predicate, x.Args))
		}
		out.Tell(x.Predicate, Yes, tried, x.Args...)
	}
	return out, nil
}

// count asks for what stores hold, once.
func (k *walker) count(stores []uint32) Loss {
	key := signature{uint64(len(stores)), 1}
	for _, s := range stores {
		key = signature{mix(key[0] ^ uint64(s)), mix(key[1] + uint64(s))}
	}
	l, known := k.counted[key]
	if !known {
		if len(stores) > 0 {
			l = k.q.Counter.Count(stores)
		}
		if l.Classes == nil {
			l.Classes = map[string]estate.Count{}
		}
		if l.Sensitivity == nil {
			l.Sensitivity = []string{}
		}
		k.counted[key] = l
	}
	return l
}

func (k *walker) lost(w *horn.World) Loss { return k.count(k.twins.all(w.Firsts(Lost))) }

func (k *walker) names(of []uint32) []string {
	out := make([]string, len(of))
	for i, n := range of {
		out[i] = k.q.Facts.names[n]
	}
	return out
}

// answer puts the answer together.
func (k *walker) answer() *Answer {
	out := &Answer{AsOf: k.q.AsOf, Pinned: k.q.Book.Version, Certain: k.lost(k.certain), Possible: k.lost(k.possible),
		Paths: []Path{}, Controls: []ControlSet{}, Questions: []Question{}, Doubts: []string{}}
	v := prove(k.p, k.possible)
	ways, detours := k.ways(v)
	shown := ways[:min(k.q.Paths, len(ways))]
	for _, y := range shown {
		out.Paths = append(out.Paths, k.path(y))
	}
	out.Omitted = len(ways) - len(shown) + detours
	if v.short {
		out.Doubts = append(out.Doubts, "there are more ways than were looked at: some stores, or accounts on the way, can be had in more ways than are listed; the people lost and the controls are counted over all of them")
	}
	out.Controls = k.cuts(v)
	out.Delta = k.delta(out.Paths)
	out.Questions = k.questions(ways)
	return out
}

// mostQuestions is how many questions are put.
const mostQuestions = 50

// questions tells what would settle the paths that hang on what is not known, those first with the most people at stake.
func (k *walker) questions(ways []*way) []Question {
	type open struct {
		Question
		stores map[uint32]bool
	}
	by := map[string]*open{}
	for _, y := range ways {
		if y.certain {
			continue
		}
		for _, l := range y.proofs[0].facts {
			if k.p.Sure(l) {
				continue
			}
			u := k.use(l)
			words := cmp.Or(u.Question, "Is it so that "+u.Words+"?")
			q := by[words]
			if q == nil {
				q = &open{Question{Words: words, Fact: k.fact(l &^ 1)}, map[uint32]bool{}}
				by[words] = q
			}
			q.Paths++
			for _, s := range y.stores {
				q.stores[s] = true
			}
		}
	}
	out := []Question{}
	for _, words := range slices.Sorted(maps.Keys(by)) {
		q := by[words]
		q.People = k.count(slices.Sorted(maps.Keys(q.stores))).People
		out = append(out, q.Question)
	}
	slices.SortStableFunc(out, func(a, b Question) int {
		return cmp.Or(cmp.Compare(b.People.Estimate, a.People.Estimate), cmp.Compare(b.Paths, a.Paths))
	})
	return out[:min(mostQuestions, len(out))]
}
