package threat

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/threat/horn"
)

// controls are what can be done about the facts that clauses rest on, made as they are asked for. Two that read alike are one: rotating
// a key takes away all that it opens.
type controls struct {
	k       *walker
	breaks  map[breakable][]Term // what rows name as breaking them; its constants are what is made, or put in place
	also    map[string][]string  // predicates by those that a control of them takes away, too
	list    []Control
	flips   [][]horn.Flip
	byWords map[string]int
	seen    map[string]bool  // words with what they were put to
	known   map[uint32][]int // by literal
	mixed   bool             // one of them makes something that a row asks for, so that more controls may break less
}

// breakable is a predicate that rows ask for, or for whose absence.
type breakable struct {
	predicate string
	not       bool
}

func newControls(k *walker) *controls {
	o := &controls{k: k, breaks: map[breakable][]Term{}, also: map[string][]string{}, byWords: map[string]int{}, seen: map[string]bool{}, known: map[uint32][]int{}}
	for _, r := range k.q.Book.Rows {
		for _, b := range r.Breaks {
			for _, l := range r.If {
				if Breaks(b, l) {
					o.note(b, l)
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(k.q.Book.Predicates)) {
		for _, other := range k.q.Book.Predicates[name].Also {
			o.also[other] = append(o.also[other], name)
		}
	}
	return o
}

func (o *controls) note(b, l Literal) {
	at := breakable{l.Predicate, l.Not}
	if _, known := o.breaks[at]; !known || slices.ContainsFunc(b.Terms, func(t Term) bool { return !t.Variable }) {
		o.breaks[at] = b.Terms
	}
}

// of gives the numbers of the controls that make a literal fail.
func (o *controls) of(l uint32) []int {
	out, known := o.known[l]
	if known {
		return out
	}
	p := o.k.p
	if n := o.make(l); n >= 0 {
		out = append(out, n)
	}
	for _, name := range o.also[p.Predicate(l>>1)] {
		if a, is := p.Find(name, p.Args(l>>1)); is && l&1 == 0 && o.k.possible.Met(a<<1) {
			if n := o.make(a << 1); n >= 0 {
				out = append(out, n)
			}
		}
	}
	o.known[l] = out
	return out
}

// everything makes the controls for all that holds.
func (o *controls) everything() {
	for l := range 2 * uint32(o.k.p.Atoms()) {
		if !o.k.p.Derived(l>>1) && o.k.possible.Met(l) {
			o.of(l)
		}
	}
}

// make gives the number of the control for a literal; -1 = there is none.
func (o *controls) make(l uint32) int {
	predicate, args, not := o.k.p.Predicate(l>>1), o.k.p.Args(l>>1), l&1 != 0
	put, breaks := o.breaks[breakable{predicate, not}]
	about := o.k.q.Book.Predicates[predicate]
	if !breaks || about == nil || about.Control == "" || o.k.q.Fixed != nil && o.k.q.Fixed(predicate, args) {
		return -1
	}
	words, alike, places := fill(about.Control, o.k.q.Facts, args), 1, uint32(0)
	for i, a := range args {
		if strings.Contains(about.Control, "{"+strconv.Itoa(i+1)+"}") {
			alike, places = alike*o.k.twins.size(a), places|1<<i
		}
	}
	if alike > 1 {
		words += fmt.Sprintf(", and %d alike", alike-1)
	}
	n, known := o.byWords[words]
	if !known {
		n = len(o.list)
		o.byWords[words] = n
		o.list = append(o.list, Control{ID: "C-" + digest(words)[:8], Words: words, Effort: about.Effort, Breaks: []string{}, Facts: []string{}})
		o.flips = append(o.flips, nil)
	}
	if at := fmt.Sprint(words, not, predicate); !o.seen[at] {
		o.seen[at] = true
		o.see(n, l, places, put)
	}
	return n
}

// see has a control see to all literals that differ from one only in places that its words do not name.
func (o *controls) see(n int, l uint32, places uint32, put []Term) {
	p := o.k.p
	predicate, args := p.Predicate(l>>1), p.Args(l>>1)
	made, constant := slices.Clone(args), false // the fact that the control makes, or leaves alone
	for i, t := range put {
		if !t.Variable {
			made[i], constant = o.k.q.Facts.numbers[t.Name], true
		}
	}
	p.Alike(l>>1, places, func(a uint32, grounded bool) {
		is := constant && slices.Equal(p.Args(a), made)
		if l&1 != 0 && (is || !constant) || l&1 == 0 && grounded && !is {
			o.add(n, a<<1|l&1)
		}
	})
	if a, is := p.Find(predicate, made); is && constant && l&1 == 0 {
		o.flip(n, a<<1|1)
	}
	for _, name := range o.k.q.Book.Predicates[predicate].Also {
		if a, is := p.Find(name, args); is && l&1 == 0 {
			o.flip(n, a<<1)
		}
	}
}

// flip has a control make a literal fail.
func (o *controls) flip(n int, l uint32) {
	o.flips[n] = append(o.flips[n], horn.Flip{Atom: l >> 1, Holds: l&1 != 0})
	o.k.p.Users(l>>1, func(u uint32) bool {
		o.mixed = o.mixed || u&1 != l&1
		return !o.mixed
	})
}

// add has a control make a literal fail, and tells what that breaks.
func (o *controls) add(n int, l uint32) {
	o.flip(n, l)
	c := &o.list[n]
	if len(c.Facts) < mostNamed {
		c.Facts = append(c.Facts, o.k.fact(l))
	}
	o.k.p.Users(l>>1, func(u uint32) bool {
		if id := o.k.row(u >> 1).ID; u&1 == l&1 && !slices.Contains(c.Breaks, id) {
			c.Breaks = append(c.Breaks, id)
		}
		return len(c.Breaks) < mostNamed
	})
}

// mostNamed is how many rows and facts are named that a control sees to.
const mostNamed = 12

// onProof gives the controls each of which breaks a set of literals, ascending.
func (o *controls) onProof(facts []uint32) []int {
	var out []int
	for _, l := range facts {
		out = append(out, o.of(l)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// cutsOf gives the controls each of which breaks a way to all of its stores alone, least effort first.
func (k *walker) cutsOf(y *way) []Control {
	on := k.controls.onProof(y.proofs[0].facts)
	for _, x := range y.proofs[1:] {
		also := k.controls.onProof(x.facts)
		on = slices.DeleteFunc(on, func(n int) bool { return !slices.Contains(also, n) })
	}
	out := []Control{}
	for _, n := range on {
		out = append(out, k.controls.list[n])
	}
	slices.SortStableFunc(out, func(a, b Control) int { return cmp.Compare(a.Effort, b.Effort) })
	return out
}
