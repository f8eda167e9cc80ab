// Package horn walks Horn clauses over facts of which some are not known. Rows are grounded once, and worlds propagate over them: all that
// follows for sure, and all that follows perhaps. It knows names by their numbers and nothing of what they stand for.
package horn

// State is how surely something holds.
type State uint8

// The states. What is not told does not hold.
const (
	No State = iota
	Perhaps
	Yes
)

// Surer tells whether one word on a fact outweighs another: yes before no, and no before perhaps.
func Surer(a, b State) bool { return a == Yes && b != Yes || a == No && b == Perhaps }

// Table holds the facts of one predicate.
type Table struct {
	Arity  int
	Args   []uint32 // Arity of them for each fact
	States []State
	Origin []uint32 // whatever whoever tells them keeps
}

// Fact is one fact, of whose state nothing is said.
type Fact struct {
	Predicate string
	Args      []uint32
}

// Row is a clause over variables: what it asks for, and what it gives. What any row gives may be asked for by no row by its absence.
type Row struct {
	Name      string
	If, Gives []Literal
}

// Literal is a predicate over variables and constants, or its absence.
type Literal struct {
	Predicate string
	Terms     []Term
	Not       bool
}

// Term is a variable or a constant.
type Term struct {
	Name     string
	Variable bool
}

// MaxTerms is how many names a fact may have.
const MaxTerms = 4

// Clauses tells how many clauses there are, numbered from 0: ways in which a row could be walked.
func (p *Program) Clauses() int { return len(p.rule) }

// Atoms tells how many atoms there are, numbered from 0.
func (p *Program) Atoms() int { return len(p.atoms) }

// Row gives the number of the row that a clause is of, and whether it is only a part of it, which gives what its own row asks for.
func (p *Program) Row(c uint32) (row int, part bool) {
	r := p.rules[p.rule[c]]
	return r.row, r.part
}

// Predicate names what an atom says.
func (p *Program) Predicate(a uint32) string { return p.atoms[a].of.name }

// Derived tells whether rows give an atom's predicate; else it is only told.
func (p *Program) Derived(a uint32) bool { return p.atoms[a].of.derived }

// Told gives the state of an atom and the origin of the word on it; -1 = nobody told it.
func (p *Program) Told(a uint32) (State, int32) { return p.atoms[a].state, p.atoms[a].origin }

// Given gives the atoms of predicates that rows give and that the facts tell. It must not be changed.
func (p *Program) Given() []uint32 { return p.given }

// Sure tells whether a literal holds whatever the truth of what is not known.
func (p *Program) Sure(l uint32) bool { return truths[Certain][p.atoms[l>>1].state]>>(l&1)&1 != 0 }

// Find gives the atom of a fact.
func (p *Program) Find(predicate string, args []uint32) (uint32, bool) {
	r := p.relations[predicate]
	if r == nil || r.arity != len(args) {
		return 0, false
	}
	i := r.find(args)
	if i < 0 {
		return 0, false
	}
	return r.atom[i], true
}

// Alike gives the atoms of a predicate that have the names of one in some places, a bit each. Grounded are those that rows were grounded
// with; of the others only the absence is asked for.
func (p *Program) Alike(a uint32, places uint32, do func(a uint32, grounded bool)) {
	x := p.atoms[a]
	x.of.each(x.of.row(x.row), places, func(row uint32) { do(x.of.atom[row], x.of.joined[row]) })
}

// Users goes through the clauses that use an atom, each * 2, + 1 where they ask for its absence, until told to stop.
func (p *Program) Users(a uint32, do func(use uint32) bool) { p.used.each(a, do) }

// Givers goes through the clauses that give an atom, until told to stop.
func (p *Program) Givers(a uint32, do func(clause uint32) bool) { p.by.each(a, do) }
