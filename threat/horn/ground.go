package horn

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Program is rows grounded over facts: clauses over atoms, as arrays. Worlds run over it. It grows when facts are made that
// no clause was grounded with; whoever does that does it alone.
type Program struct {
	rows      []Row
	number    func(name string) uint32
	relations map[string]*relation
	rules     []*rule
	atoms     []atom
	given     []uint32 // atoms that rows could give, and that the facts tell

	// Of clause c: body[bodyOff[c]:bodyOff[c+1]] are its literals, each an atom * 2, + 1 where its absence is asked for; heads alike are
	// atoms.
	rule    []int32
	bodyOff []uint32
	body    []uint32
	headOff []uint32
	heads   []uint32

	used, by links // clauses by what they use (clause * 2 + 1 where absent), and by what they give
	looks    int
	err      error
}

// atom is a predicate over names.
type atom struct {
	of     *relation
	row    uint32
	state  State
	origin int32 // -1 = nobody told it
}

// links lead from atoms to clauses: those of the first grounding packed, later ones chained.
type links struct {
	off  []uint32
	to   []uint32
	head []int32 // by atom: of the later ones, -1 = none
	next []int32
	late []uint32
}

// Limits of grounding: clauses of a program, and atoms that are looked at to make them.
const (
	MostClauses = 12_000_000
	mostLooks   = 2_000_000_000
)

// ErrTooLarge is told of rows that make too many clauses.
var ErrTooLarge = errors.New("the rows can be walked in too many ways over these facts")

// Ground puts rows to the facts: each way in which a row could ever be walked becomes a clause. What other rows must give for it is asked for
// when worlds run; so one program serves all that they begin with. Number gives constants their numbers.
func Ground(facts map[string]*Table, number func(name string) uint32, rows []Row) (*Program, error) {
	p := &Program{rows: rows, number: number, relations: map[string]*relation{}, bodyOff: []uint32{0}, headOff: []uint32{0}}
	for _, r := range rows {
		for _, l := range r.Gives {
			p.relation(l.Predicate, len(l.Terms)).derived = true
		}
	}
	for i := range rows {
		rules, err := p.compile(i, &rows[i])
		if err != nil {
			return nil, err
		}
		for _, r := range rules {
			r.number = int32(len(p.rules))
			p.rules = append(p.rules, r)
		}
	}
	if err := p.load(facts); err != nil {
		return nil, err
	}
	for _, r := range p.rules {
		if !r.open() {
			p.join(r, -1, nil)
		}
	}
	p.settle()
	if p.err != nil {
		return nil, p.err
	}
	p.used.pack(len(p.atoms), p.eachUse)
	p.by.pack(len(p.atoms), p.eachHead)
	return p, nil
}

func (p *Program) relation(name string, arity int) *relation {
	r := p.relations[name]
	if r == nil {
		r = newRelation(name, arity, false)
		p.relations[name] = r
	}
	return r
}

// load takes the facts that any row asks for.
func (p *Program) load(facts map[string]*Table) error {
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		t, r := facts[name], p.relations[name]
		if t.Arity > MaxTerms {
			return fmt.Errorf("facts of %s have %d names; at most %d are read", name, t.Arity, MaxTerms)
		}
		if r == nil {
			continue
		}
		if r.arity != t.Arity {
			return fmt.Errorf("%s has %d names in facts and %d in rows", name, t.Arity, r.arity)
		}
		for i, s := range t.States {
			a := p.atom(r, t.Args[i*t.Arity:(i+1)*t.Arity])
			x := &p.atoms[a]
			if told := x.origin >= 0; !told || Surer(s, x.state) {
				x.state, x.origin = s, int32(t.Origin[i])
			}
		}
		for i, a := range r.atom {
			s := p.atoms[a].state
			r.joined[i] = s != No && !r.derived
			if r.derived && s != No {
				p.given = append(p.given, a)
			}
		}
		if r.derived { // it holds only in worlds, and rows are grounded with it as with what rows give
			for i := range r.joined {
				r.joined[i] = true
			}
		}
	}
	return nil
}

// atom gives the number of an atom, a new one if need be.
func (p *Program) atom(r *relation, args []uint32) uint32 {
	if i := r.find(args); i >= 0 {
		return r.atom[i]
	}
	n := uint32(len(p.atoms))
	p.atoms = append(p.atoms, atom{of: r, row: uint32(r.len()), origin: -1})
	r.args = append(r.args, args...)
	r.atom = append(r.atom, n)
	r.joined = append(r.joined, r.derived)
	return n
}

// Args gives the names of an atom.
func (p *Program) Args(a uint32) []uint32 { x := &p.atoms[a]; return x.of.row(x.row) }

// settle grounds the rules that hang on what others give, until nothing is new.
func (p *Program) settle() {
	for more := true; more && p.err == nil; {
		more = false
		for _, r := range p.rules {
			for i, l := range r.drive {
				for l.of.derived && r.done[i] < l.of.len() && p.err == nil {
					row := uint32(r.done[i])
					r.done[i]++
					more = true
					p.join(r, i, l.of.row(row))
				}
			}
		}
	}
}

// joining is one rule being grounded.
type joining struct {
	p     *Program
	r     *rule
	order []int // of drive
	env   []int64
	with  [16]uint32 // by drive: the atom at hand
	buf   [MaxTerms]uint32
}

// join makes the clauses of a rule: all of them, or, with first >= 0, those in which that literal is a certain atom.
func (p *Program) join(r *rule, first int, args []uint32) {
	if len(r.drive) > 16 {
		p.err = fmt.Errorf("row %s asks for more than 16 things at once", p.rows[r.row].Name)
		return
	}
	j := &joining{p: p, r: r, env: make([]int64, r.vars)}
	for i := range j.env {
		j.env[i] = -1
	}
	bound := make([]bool, r.vars)
	if first >= 0 {
		l := r.drive[first]
		at := l.of.find(args)
		if at < 0 || !j.bind(l, args) {
			return
		}
		j.with[first] = l.of.atom[at]
		for _, v := range l.terms {
			if v >= 0 {
				bound[v] = true
			}
		}
	}
	j.plan(first, bound)
	j.next(0)
}

// plan orders what is bound: always what leaves the fewest ways.
func (j *joining) plan(first int, bound []bool) {
	left := make([]bool, len(j.r.drive))
	for i := range left {
		left[i] = i != first
	}
	for {
		best, ways := -1, 0.0
		for i, l := range j.r.drive {
			if !left[i] {
				continue
			}
			places := uint32(0)
			for k, v := range l.terms {
				if v < 0 || bound[v] {
					places |= 1 << k
				}
			}
			if n := l.of.fanout(places); best < 0 || n < ways {
				best, ways = i, n
			}
		}
		if best < 0 {
			return
		}
		left[best] = false
		j.order = append(j.order, best)
		for _, v := range j.r.drive[best].terms {
			if v >= 0 {
				bound[v] = true
			}
		}
	}
}

// bind takes the names of an atom for the variables of a literal; false where they contradict.
func (j *joining) bind(l literal, args []uint32) bool {
	for i, v := range l.terms {
		switch {
		case v < 0:
			if args[i] != uint32(^v) {
				return false
			}
		case j.env[v] < 0:
			j.env[v] = int64(args[i])
		case j.env[v] != int64(args[i]):
			return false
		}
	}
	return true
}

// known gives the places of a literal whose names are known, and puts these into args.
func (j *joining) known(l literal, args []uint32) (places uint32) {
	for i, v := range l.terms {
		if v < 0 {
			args[i], places = uint32(^v), places|1<<i
		} else if j.env[v] >= 0 {
			args[i], places = uint32(j.env[v]), places|1<<i
		}
	}
	return places
}

// next binds what comes at a depth in every way.
func (j *joining) next(depth int) {
	if p := j.p; len(p.rule) >= MostClauses || p.looks >= mostLooks {
		p.err = fmt.Errorf("%w: %d, and row %s is not done yet; leave that row out, or tell fewer users and stores", ErrTooLarge, len(p.rule), p.rows[j.r.row].Name)
		return
	}
	if depth == len(j.order) {
		j.emit()
		return
	}
	at := j.order[depth]
	l := j.r.drive[at]
	var args [MaxTerms]uint32
	places := j.known(l, args[:])
	try := func(row uint32) {
		if j.p.looks++; !l.of.joined[row] || j.p.err != nil {
			return
		}
		j.with[at] = l.of.atom[row]
		names := l.of.row(row)
		for i, v := range l.terms {
			if v >= 0 && places&(1<<i) == 0 {
				j.env[v] = -1
			}
		}
		if j.bind(l, names) {
			j.next(depth + 1)
		}
	}
	l.of.each(args[:], places, try)
	for i, v := range l.terms {
		if v >= 0 && places&(1<<i) == 0 {
			j.env[v] = -1
		}
	}
}

// emit makes a clause of what is bound.
func (j *joining) emit() {
	p := j.p
	for i := range j.r.drive {
		p.body = append(p.body, j.with[i]<<1)
	}
	for _, l := range j.r.needs {
		p.body = append(p.body, j.atom(l)<<1)
	}
	for _, l := range j.r.nots {
		p.body = append(p.body, j.atom(l)<<1|1)
	}
	for _, l := range j.r.gives {
		p.heads = append(p.heads, j.atom(l))
	}
	p.rule = append(p.rule, j.r.number)
	p.bodyOff = append(p.bodyOff, uint32(len(p.body)))
	p.headOff = append(p.headOff, uint32(len(p.heads)))
}

func (j *joining) atom(l literal) uint32 {
	j.known(l, j.buf[:])
	return j.p.atom(l.of, j.buf[:l.of.arity])
}

// Uses gives the literals of a clause.
func (p *Program) Uses(c uint32) []uint32 { return p.body[p.bodyOff[c]:p.bodyOff[c+1]] }

// Gives gives the atoms that a clause gives.
func (p *Program) Gives(c uint32) []uint32 { return p.heads[p.headOff[c]:p.headOff[c+1]] }

func (p *Program) eachUse(from uint32, do func(atom, clause uint32)) {
	for c := from; c < uint32(len(p.rule)); c++ {
		for _, l := range p.Uses(c) {
			do(l>>1, c<<1|l&1)
		}
	}
}

func (p *Program) eachHead(from uint32, do func(atom, clause uint32)) {
	for c := from; c < uint32(len(p.rule)); c++ {
		for _, a := range p.Gives(c) {
			do(a, c)
		}
	}
}

// pack makes links of all that each gives.
func (x *links) pack(atoms int, each func(from uint32, do func(atom, clause uint32))) {
	x.off = make([]uint32, atoms+1)
	each(0, func(a, _ uint32) { x.off[a+1]++ })
	for i := range atoms {
		x.off[i+1] += x.off[i]
	}
	x.to = make([]uint32, x.off[atoms])
	at := slices.Clone(x.off)
	each(0, func(a, c uint32) { x.to[at[a]] = c; at[a]++ })
	x.head = make([]int32, atoms)
	for i := range x.head {
		x.head[i] = -1
	}
}

// add chains one more.
func (x *links) add(a, c uint32) {
	x.late = append(x.late, c)
	x.next = append(x.next, x.head[a])
	x.head[a] = int32(len(x.late) - 1)
}

// packed gives what the first grounding knew of an atom.
func (x *links) packed(a uint32) []uint32 {
	if int(a)+1 >= len(x.off) {
		return nil
	}
	return x.to[x.off[a]:x.off[a+1]]
}

// each goes through all clauses of an atom until told to stop.
func (x *links) each(a uint32, do func(c uint32) bool) {
	for _, c := range x.packed(a) {
		if !do(c) {
			return
		}
	}
	for i := x.head[a]; i >= 0; i = x.next[i] {
		if !do(x.late[i]) {
			return
		}
	}
}

// include grounds with a fact that no clause was grounded with, and gives its atom. It holds in no world yet.
func (p *Program) include(f Fact) (uint32, error) {
	r := p.relations[f.Predicate]
	if r == nil {
		return 0, fmt.Errorf("no row asks for %s", f.Predicate)
	}
	if r.arity != len(f.Args) {
		return 0, fmt.Errorf("%s has %d names, not %d", f.Predicate, r.arity, len(f.Args))
	}
	clauses := uint32(len(p.rule))
	a := p.atom(r, f.Args)
	row := p.atoms[a].row
	if !r.joined[row] {
		r.joined[row] = true
		for _, u := range p.rules {
			for i, l := range u.drive {
				if l.of == r {
					p.join(u, i, f.Args)
				}
			}
		}
	}
	p.settle()
	for len(p.used.head) < len(p.atoms) {
		p.used.head, p.by.head = append(p.used.head, -1), append(p.by.head, -1)
	}
	p.eachUse(clauses, p.used.add)
	p.eachHead(clauses, p.by.add)
	return a, p.err
}
