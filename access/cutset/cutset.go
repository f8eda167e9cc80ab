// Package cutset finds the few changes that keep the most people from being reached. It knows no graph of an estate, only what is left of
// one when all is put together that no change can alter: small problems of nodes, arcs that changes take out, and people at targets.
package cutset

// Question asks for the best set of candidates. It is trusted: indices are within their lists.
type Question struct {
	Problems   []*Problem
	Labels     [][]int // by label: the candidates each of which takes out its arcs, ascending; label 0 is of none
	Candidates int     // how many there are
	Most       int     // how many may be chosen
	Largest    bool    // what counts is the largest problem, else the sum over all of them
	Base       float64 // people of whom no candidate changes anything: their sum, or the most
	Work       int64   // arcs that may be looked at
	// Spare is the most that any candidate beyond these, which are not to be chosen, could save in a set with others; 0 = there are none.
	Spare float64
}

// Problem is what the candidates can change about one foothold, or about several that are alike. Node 0 stands for the foothold and all
// that it reaches whatever is done.
type Problem struct {
	Weight float64  // of its people
	Total  float64  // people reached before any change
	Off    []uint32 // arcs by node, one more than nodes
	Arcs   []Arc
	Units  []Unit
}

// Arc leads to a node, and is gone when any candidate of its label is chosen.
type Arc struct{ To, Label uint32 }

// Unit are people who are saved when none of the targets is reached any more.
type Unit struct {
	Value   float64
	Targets []uint32
}

// Result is the set that was found.
type Result struct {
	Chosen     []int   // ascending
	Irrelevant []int   // candidates on no arc
	Floor      float64 // no set of Most candidates leaves fewer people, those included that are not to be chosen
	Exact      bool    // and this one leaves no more
}

const (
	exactCandidates = 200
	exactMost       = 4
)

// Solve searches: exactly up to 200 relevant candidates and 4 changes, unless the work runs out; beyond, greedily over single candidates
// and over sets that save only together, with exchanges.
func Solve(q *Question) Result {
	v := newSolver(q)
	var r Result
	r.Chosen, r.Floor, r.Exact = v.solve()
	for c, in := range v.in {
		if len(in) == 0 {
			r.Irrelevant = append(r.Irrelevant, c)
		}
	}
	return r
}
