package threat

import (
	"fmt"
	"slices"
)

// View is which of the facts that are not known count.
type View uint8

// The views. What is lost in the first is lost for sure, what is lost in the second and not in the first is lost perhaps: whatever the
// truth of what is not known, it lies between.
const (
	Certain  View = iota // what is not known is better for the estate: what the crew needs is not there, what stops it is
	Possible             // and worse
)

// Truth of an atom, as bits, since of what is not known both or neither may count.
const (
	is    = 1 << iota // it holds
	isNot             // its absence holds
)

var truths = [2][3]uint8{{No: isNot, Perhaps: 0, Yes: is}, {No: isNot, Perhaps: is | isNot, Yes: is}}

// Ways in which an atom of the crew came about, other than a clause.
const (
	never   = -1
	granted = -2 // it stands at the start
)

// World is a program with what holds in one view. It changes only by Try, which takes back what it did; it is for one goroutine at a time.
type World struct {
	p       *Program
	view    View
	truth   []uint8
	open    []int16 // by clause: how many of its literals do not hold
	support []int32 // by atom: the clause that first gave it; each rests on atoms that came before
	alone   bool    // rows that need nothing of the crew do not count
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

// World runs the program in a view: all that follows from the facts, and from what the crew is told to have.
func (p *Program) World(v View) *World { return p.world(v, false) }

// Alone runs the program as World does, but for what the crew can do from outside: only what it is told to have, or what Try gives it to
// start with, leads anywhere.
func (p *Program) Alone(v View) *World { return p.world(v, true) }

func (p *Program) world(v View, alone bool) *World {
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
		if x := &p.atoms[a]; !x.of.attacker {
			t = truths[w.view][x.state]
		}
		w.truth, w.support = append(w.truth, t), append(w.support, never)
	}
	for c := uint32(len(w.open)); c < uint32(len(p.rule)); c++ {
		n := int16(0)
		if w.alone && p.rules[p.rule[c]].source {
			n++ // never
		}
		for _, l := range p.uses(c) {
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

// Holds tells whether the crew has something, or whether a fact holds.
func (w *World) Holds(f Fact) bool {
	r := w.p.relations[f.Predicate]
	if r == nil || r.arity != len(f.Args) {
		return false
	}
	i := r.find(f.Args)
	return i >= 0 && int(r.atom[i]) < len(w.truth) && w.truth[r.atom[i]]&is != 0
}

// Lost gives the stores at the ends of paths, ascending.
func (w *World) Lost() []uint32 {
	var out []uint32
	for _, a := range w.ends() {
		out = append(out, w.p.args(a)[0])
	}
	slices.Sort(out)
	return out
}

// ends gives the atoms at the ends of paths.
func (w *World) ends() []uint32 {
	r := w.p.relations[Lost]
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

// Change is what a fact is tried to be.
type Change struct {
	Fact
	Holds bool // of what the crew has: that it has it to start with
}

// Try makes changes, lets do see the world with them, and takes them back.
func (w *World) Try(changes []Change, do func()) error {
	flips := make([]flip, len(changes))
	for i, c := range changes {
		a, err := w.p.include(c.Fact)
		if err != nil {
			return fmt.Errorf("try %s: %w", w.p.facts.String(c.Predicate, c.Args), err)
		}
		t := uint8(isNot)
		if c.Holds {
			t = is
		}
		flips[i] = flip{a, t}
	}
	w.sync()
	w.propagate()
	w.try(flips, do)
	return nil
}

// flip is an atom and what shall be true of it.
type flip struct {
	atom  uint32
	truth uint8
}

func (w *World) try(flips []flip, do func()) {
	outer, mark := w.keep, len(w.trail)
	w.keep = true
	w.apply(flips)
	do()
	w.undo(mark)
	w.keep = outer
}

// apply changes facts, and all that follows.
func (w *World) apply(flips []flip) {
	w.dropped = w.dropped[:0]
	for _, f := range flips {
		if w.p.atoms[f.atom].of.attacker {
			if f.truth&is != 0 {
				w.grant(f.atom)
			} else if w.truth[f.atom]&is != 0 && w.support[f.atom] == granted {
				w.drop(f.atom)
			}
			continue
		}
		w.set(f.atom, f.truth)
	}
	for i := 0; i < len(w.dropped); i++ {
		w.set(w.dropped[i], isNot)
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

// grant gives the crew something to start with.
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
		for _, h := range w.p.gives(c) {
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
		for _, h := range w.p.gives(c) {
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
