package threat

import (
	"container/heap"
	"slices"

	"github.com/chartroom/chartroom/threat/horn"
)

// proof is one minimal set of literals of the estate that gives an atom, and how.
type proof struct {
	atom   uint32
	clause uint32
	from   []*proof // of the crew's atoms that the clause uses, in its order
	facts  []uint32 // literals: atom * 2, + 1 where its absence counts; ascending
}

// Limits of the search for minimal sets. An atom's share of them falls with the number of atoms.
const (
	mostProofs    = 24 // of one atom on the way; who can be had in more ways than that is had
	leastProofs   = 3
	mostEnds      = 256 // of one end
	leastEnds     = 12
	allProofs     = 200_000
	allEnds       = 20_000
	mostProposals = 1_500_000 // sets looked at
)

// prover finds the minimal sets of facts behind atoms, smallest first.
//
// A set that a clause makes is never smaller than the sets that it is made of. So when sets are settled in the order of their size, as
// Dijkstra settles nodes, whatever is within a set was settled before it, and a set that holds no settled one of its atom is minimal.
// Rows that lead in circles only make larger sets, which are dropped.
type prover struct {
	p       *horn.Program
	w       *horn.World
	wanted  []bool // by atom: an end hangs on it
	settled map[uint32][]*proof
	queue   proposals
	each    int // sets of an atom on the way
	ofEnd   int
	left    int
	short   bool // there were more than were looked at
}

// prove finds the sets behind the ends of paths of a world.
func prove(p *horn.Program, w *horn.World) *prover {
	v := &prover{w: w, p: p, wanted: make([]bool, p.Atoms()), settled: map[uint32][]*proof{}, left: mostProposals}
	v.want()
	for c := range uint32(p.Clauses()) {
		if w.Fires(c) && v.gives(c) && !slices.ContainsFunc(p.Uses(c), v.ofCrew) {
			v.propose(c, nil)
		}
	}
	for _, a := range p.Given() {
		if w.Granted(a) && v.wanted[a] {
			v.push(&proof{atom: a, clause: noClause, facts: []uint32{a << 1}})
		}
	}
	for len(v.queue) > 0 {
		v.settle(heap.Pop(&v.queue).(*proof))
	}
	return v
}

// noClause stands for what the crew has to start with.
const noClause = ^uint32(0)

// want marks the atoms that an end hangs on, and that hold.
func (v *prover) want() {
	queue := v.w.All(Lost)
	for _, a := range queue {
		v.wanted[a] = true
	}
	v.ofEnd = min(mostEnds, max(leastEnds, allEnds/max(1, len(queue))))
	for i := 0; i < len(queue); i++ {
		v.p.Givers(queue[i], func(c uint32) bool {
			if v.w.Fires(c) {
				for _, l := range v.p.Uses(c) {
					if v.ofCrew(l) && !v.wanted[l>>1] {
						v.wanted[l>>1] = true
						queue = append(queue, l>>1)
					}
				}
			}
			return true
		})
	}
	v.each = min(mostProofs, max(leastProofs, allProofs/max(1, len(queue))))
}

func (v *prover) ofCrew(l uint32) bool { return v.p.Derived(l >> 1) }

func (v *prover) gives(c uint32) bool {
	return slices.ContainsFunc(v.p.Gives(c), func(a uint32) bool { return v.wanted[a] })
}

// settle keeps a set if it is minimal, and makes what follows from it.
func (v *prover) settle(x *proof) {
	have := v.settled[x.atom]
	if v.full(x.atom) || slices.ContainsFunc(have, func(y *proof) bool { return subset(y.facts, x.facts) }) {
		return
	}
	v.settled[x.atom] = append(have, x)
	v.p.Users(x.atom, func(u uint32) bool {
		if c := u >> 1; v.w.Fires(c) && v.gives(c) {
			v.combine(c, x)
		}
		return v.left > 0
	})
}

// full tells whether no more sets of an atom are wanted.
func (v *prover) full(a uint32) bool {
	most := v.each
	if n := v.p.Predicate(a); n == Lost || n == "reads" {
		most = v.ofEnd
	}
	if len(v.settled[a]) >= most {
		v.short = true
		return true
	}
	return false
}

// combine proposes what a clause makes of a set with each of those that its other atoms have.
func (v *prover) combine(c uint32, x *proof) {
	var need []uint32
	for _, l := range v.p.Uses(c) {
		if v.ofCrew(l) {
			need = append(need, l>>1)
		}
	}
	from := make([]*proof, len(need))
	var fill func(i int)
	fill = func(i int) {
		if i == len(need) {
			v.propose(c, slices.Clone(from))
			return
		}
		if need[i] == x.atom {
			from[i] = x
			fill(i + 1)
			return
		}
		for _, y := range v.settled[need[i]] {
			if from[i] = y; v.left > 0 {
				fill(i + 1)
			}
		}
	}
	fill(0)
}

// propose puts the sets that a clause makes on the queue.
func (v *prover) propose(c uint32, from []*proof) {
	if v.left--; v.left < 0 {
		v.short = true
		return
	}
	var facts []uint32
	for _, l := range v.p.Uses(c) {
		if !v.ofCrew(l) {
			facts = append(facts, l)
		}
	}
	for _, x := range from {
		facts = append(facts, x.facts...)
	}
	slices.Sort(facts)
	facts = slices.Clip(slices.Compact(facts))
	for _, h := range v.p.Gives(c) {
		if v.wanted[h] && !v.full(h) && !slices.ContainsFunc(v.settled[h], func(y *proof) bool { return subset(y.facts, facts) }) {
			v.push(&proof{h, c, from, facts})
		}
	}
}

func (v *prover) push(x *proof) { heap.Push(&v.queue, x) }

// subset tells whether all of a is in b; both ascend.
func subset(a, b []uint32) bool {
	if len(a) > len(b) {
		return false
	}
	i := 0
	for _, x := range a {
		for i < len(b) && b[i] < x {
			i++
		}
		if i == len(b) || b[i] != x {
			return false
		}
		i++
	}
	return true
}

// proposals are a heap, smallest set first; of the same size the one that needs the fewest clauses in a row, and then always the same.
type proposals []*proof

func (q proposals) Len() int { return len(q) }

func (q proposals) Less(i, j int) bool {
	a, b := q[i], q[j]
	if len(a.facts) != len(b.facts) {
		return len(a.facts) < len(b.facts)
	}
	if c := slices.Compare(a.facts, b.facts); c != 0 {
		return c < 0
	}
	return a.clause < b.clause
}

func (q proposals) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push adds a proof, as container/heap asks.
func (q *proposals) Push(x any) { *q = append(*q, x.(*proof)) }

// Pop takes the last, as container/heap asks.
func (q *proposals) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}
