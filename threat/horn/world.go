package horn

import (
	"fmt"
	"slices"
)

// View is which of the facts that are not known count.
type View uint8

// The views. What holds in the first holds for sure, what holds in the second and not in the first holds perhaps: whatever the truth of
// what is not known, what follows lies between.
const (
	Certain  View = iota // what is not known stops rows: what they ask for is not there, what they ask to be absent is
	Possible             // and lets them
)

// Truth of an atom, as bits, since of what is not known both or neither may count.
const (
	is    = 1 << iota // it holds
	isNot             // its absence holds
)

var truths = [2][3]uint8{{No: isNot, Perhaps: 0, Yes: is}, {No: isNot, Perhaps: is | isNot, Yes: is}}

// Ways in which an atom that rows give came about, other than by a clause.
const (
	never   = -1
	granted = -2 // it stands at the start
)

// World is a program with what holds in one view. It is for one goroutine at a time, and so are all worlds of a program once Try makes facts that
// the program does not know. Try is not called within Try.
type World struct {
	p       *Program
	view    View
	truth   []uint8
	open    []int16 // by clause: how many of its literals do not hold
	support []int32 // by atom: the clause that first gave it; each rests on atoms that came before
	alone   bool    // rows that ask for nothing that rows give do not count
	queue   []uint32
	dropped []uint32
	trail   []undo
	keep    bool // what is done is put on the trail
}

// undo is what was before a step.
type undo struct {
	what uint8
	at   uint32
	old  int32
}

const (
	oldTruth = iota
	oldOpen
	oldSupport
)

// World runs the program in a view: all that follows from the facts. Alone leaves out the rows that ask for nothing that rows give: only
// what the facts tell of these, or what Try starts with, leads anywhere.
func (p *Program) World(v View, alone bool) *World {
	w := &World{p: p, view: v, alone: alone}
	w.sync()
	for _, a := range p.given {
		if p.atoms[a].state == Yes || v == Possible {
			w.grant(a)
		}
	}
	w.propagate()
	return w
}

// sync takes in what the program has more by now.
func (w *World) sync() {
	p := w.p
	for a := uint32(len(w.truth)); a < uint32(len(p.atoms)); a++ {
		t := uint8(isNot)
		if x := &p.atoms[a]; !x.of.derived {
			t = truths[w.view][x.state]
		}
		w.truth, w.support = append(w.truth, t), append(w.support, never)
	}
	for c := uint32(len(w.open)); c < uint32(len(p.rule)); c++ {
		n := int16(0)
		if w.alone && p.rules[p.rule[c]].source {
			n++ // never
		}
		for _, l := range p.Uses(c) {
			if w.truth[l>>1]>>(l&1)&1 == 0 {
				n++
			}
		}
		w.open = append(w.open, n)
		if n == 0 {
			w.queue = append(w.queue, c)
		}
	}
}

// Holds tells whether a fact holds.
func (w *World) Holds(f Fact) bool {
	r := w.p.relations[f.Predicate]
	if r == nil || r.arity != len(f.Args) {
		return false
	}
	i := r.find(f.Args)
	return i >= 0 && int(r.atom[i]) < len(w.truth) && w.truth[r.atom[i]]&is != 0
}

// All gives the atoms of a predicate that hold.
func (w *World) All(predicate string) []uint32 {
	r := w.p.relations[predicate]
	if r == nil {
		return nil
	}
	var out []uint32
	for _, a := range r.atom {
		if int(a) < len(w.truth) && w.truth[a]&is != 0 {
			out = append(out, a)
		}
	}
	return out
}

// Firsts gives the first names of the facts of a predicate that hold, ascending.
func (w *World) Firsts(predicate string) []uint32 {
	var out []uint32
	for _, a := range w.All(predicate) {
		out = append(out, w.p.Args(a)[0])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Met tells whether a literal (an atom * 2, + 1 for its absence) holds.
func (w *World) Met(l uint32) bool { return w.truth[l>>1]>>(l&1)&1 != 0 }

// Fires tells whether all that a clause uses holds.
func (w *World) Fires(c uint32) bool { return w.open[c] == 0 }

// Granted tells whether an atom stands at the start, and rests on no clause.
func (w *World) Granted(a uint32) bool { return w.support[a] == granted }

// Why gives literals that were told, and that an atom which holds rests on: those of one way, a short one.
func (w *World) Why(a uint32) []uint32 {
	var out []uint32
	seen := map[uint32]bool{a: true}
	queue := []uint32{a}
	for i := 0; i < len(queue); i++ {
		if w.support[queue[i]] < 0 {
			out = append(out, queue[i]<<1)
			continue
		}
		for _, l := range w.p.Uses(uint32(w.support[queue[i]])) {
			switch {
			case !w.p.Derived(l >> 1):
				out = append(out, l)
			case !seen[l>>1]:
				seen[l>>1] = true
				queue = append(queue, l>>1)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Change is what a fact is tried to be.
type Change struct {
	Fact
	Holds bool // of what rows give: that it stands at the start
}

// Try makes changes, lets do see the world with them, and takes them back.
func (w *World) Try(changes []Change, do func()) error {
	flips := make([]Flip, len(changes))
	for i, c := range changes {
		a, err := w.p.include(c.Fact)
		if err != nil {
			return fmt.Errorf("try: %w", err)
		}
		flips[i] = Flip{a, c.Holds}
	}
	w.sync()
	w.propagate()
	w.With(flips, do)
	return nil
}

// Flip is an atom, and whether it shall hold.
type Flip struct {
	Atom  uint32
	Holds bool
}

// With makes changes to atoms that the program knows, lets do see the world with them, and takes them back.
func (w *World) With(flips []Flip, do func()) {
	outer, mark := w.keep, len(w.trail)
	w.keep = true
	w.Apply(flips)
	do()
	w.undo(mark)
	w.keep = outer
}

// Apply makes changes for good, and all that follows.
func (w *World) Apply(flips []Flip) {
	w.dropped = w.dropped[:0]
	for _, f := range flips {
		switch derived := w.p.Derived(f.Atom); {
		case derived && f.Holds: // below
		case derived:
			if w.truth[f.Atom]&is != 0 && w.support[f.Atom] == granted {
				w.drop(f.Atom)
			}
		case f.Holds:
			w.set(f.Atom, is)
		default:
			w.set(f.Atom, isNot)
		}
	}
	for i := 0; i < len(w.dropped); i++ {
		w.set(w.dropped[i], isNot)
	}
	for _, f := range flips {
		if f.Holds && w.p.Derived(f.Atom) {
			w.grant(f.Atom)
		}
	}
	for _, a := range w.dropped { // there may be another way
		w.p.by.each(a, func(c uint32) bool {
			if w.open[c] == 0 {
				w.queue = append(w.queue, c)
				return false
			}
			return true
		})
	}
	w.propagate()
}

// grant has an atom stand at the start.
func (w *World) grant(a uint32) {
	w.rest(a, granted)
	w.set(a, is)
}

// drop takes an atom for lost whose support fell. What rests on it follows; what can be had otherwise comes back.
func (w *World) drop(a uint32) {
	w.rest(a, never)
	w.dropped = append(w.dropped, a)
}

func (w *World) rest(a uint32, on int32) {
	if w.keep {
		w.trail = append(w.trail, undo{oldSupport, a, w.support[a]})
	}
	w.support[a] = on
}

// set changes the truth of an atom, and counts anew in the clauses that use it.
func (w *World) set(a uint32, truth uint8) {
	old := w.truth[a]
	if old == truth {
		return
	}
	if w.keep {
		w.trail = append(w.trail, undo{oldTruth, a, int32(old)})
	}
	w.truth[a] = truth
	p := w.p
	for _, u := range p.used.packed(a) {
		w.count(u, old, truth)
	}
	for i := p.used.head[a]; i >= 0; i = p.used.next[i] {
		w.count(p.used.late[i], old, truth)
	}
}

// count adjusts a clause to what was true and what is.
func (w *World) count(use uint32, old, truth uint8) {
	c, side := use>>1, use&1
	was, now := int16(old>>side&1), int16(truth>>side&1)
	if was == now {
		return
	}
	if w.keep {
		w.trail = append(w.trail, undo{oldOpen, c, int32(w.open[c])})
	}
	w.open[c] += was - now
	switch {
	case w.open[c] == 0:
		w.queue = append(w.queue, c)
	case w.open[c] == 1 && was == 1: // it held until now
		for _, h := range w.p.Gives(c) {
			if w.support[h] == int32(c) {
				w.drop(h)
			}
		}
	}
}

// propagate takes all that follows, breadth first, so that supports are short.
func (w *World) propagate() {
	for i := 0; i < len(w.queue); i++ {
		c := w.queue[i]
		if w.open[c] != 0 {
			continue
		}
		for _, h := range w.p.Gives(c) {
			if w.truth[h]&is == 0 {
				w.rest(h, int32(c))
				w.set(h, is)
			}
		}
	}
	w.queue = w.queue[:0]
}

func (w *World) undo(mark int) {
	for i := len(w.trail) - 1; i >= mark; i-- {
		switch u := w.trail[i]; u.what {
		case oldTruth:
			w.truth[u.at] = uint8(u.old)
		case oldOpen:
			w.open[u.at] = int16(u.old)
		case oldSupport:
			w.support[u.at] = u.old
		}
	}
	w.trail = w.trail[:mark]
}
