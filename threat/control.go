package threat

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// controls are what can be done about the facts that clauses rest on, made as they are asked for. Two that read alike are one: rotating
// a key takes away all that it opens.
type controls struct {
	k       *walker
	breaks  map[breakable][]Term // what rows name as breaking them: what to put in place, nil = nothing
	also    map[string][]string  // predicates by those that a control of them takes away, too
	list    []Control
	flips   [][]flip
	byWords map[string]int
	known   map[uint32][]int // by literal
	mixed   bool             // one of them makes something that a row asks for, so that more controls may break less
}

// breakable is a predicate that rows ask for, or for whose absence.
type breakable struct {
	predicate string
	not       bool
}

func newControls(k *walker) *controls {
	o := &controls{k: k, breaks: map[breakable][]Term{}, also: map[string][]string{}, byWords: map[string]int{}, known: map[uint32][]int{}}
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
	if _, known := o.breaks[at]; !known {
		o.breaks[at] = nil
	}
	if !l.Not && slices.ContainsFunc(b.Terms, func(t Term) bool { return !t.Variable }) {
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
	x := &p.atoms[l>>1]
	if n := o.make(l); n >= 0 {
		out = append(out, n)
	}
	for _, name := range o.also[x.of.name] {
		r := p.relations[name]
		if l&1 != 0 || r == nil || r.arity != x.of.arity {
			continue
		}
		if i := r.find(p.args(l >> 1)); i >= 0 && o.k.possible.truth[r.atom[i]]&is != 0 {
			if n := o.make(r.atom[i] << 1); n >= 0 {
				out = append(out, n)
			}
		}
	}
	o.known[l] = out
	return out
}

// make gives the number of the control for a literal; -1 = there is none.
func (o *controls) make(l uint32) int {
	p := o.k.p
	x, args := &p.atoms[l>>1], p.args(l>>1)
	not := l&1 != 0
	put, breaks := o.breaks[breakable{x.of.name, not}]
	about := o.k.q.Book.Predicates[x.of.name]
	if !breaks || about == nil || about.Control == "" || o.k.q.Fixed != nil && !not && o.k.q.Fixed(x.of.name, args) {
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
	if n, known := o.byWords[words]; known {
		return n
	}
	n := len(o.list)
	o.byWords[words] = n
	o.list = append(o.list, Control{ID: fmt.Sprintf("C%d", n+1), Words: words, Effort: about.Effort, Breaks: []string{}, Facts: []string{}})
	o.flips = append(o.flips, nil)
	x.of.each(args, places, func(row uint32) {
		if not || x.of.joined[row] {
			o.add(n, x.of.atom[row]<<1|l&1, put)
		}
	})
	for _, name := range about.Also {
		if r := p.relations[name]; r != nil && r.arity == len(args) {
			if i := r.find(args); i >= 0 {
				o.flips[n] = append(o.flips[n], flip{r.atom[i], isNot})
			}
		}
	}
	return n
}

// add has a control see to one more literal.
func (o *controls) add(n int, l uint32, put []Term) {
	p := o.k.p
	x, args := &p.atoms[l>>1], p.args(l>>1)
	f := flip{l >> 1, isNot}
	if l&1 != 0 {
		f.truth = is
	}
	if put != nil {
		other := slices.Clone(args)
		for i, t := range put {
			if !t.Variable {
				other[i] = o.k.q.Facts.numbers[t.Name]
			}
		}
		at := x.of.find(other)
		if at >= 0 {
			o.flips[n] = append(o.flips[n], flip{x.of.atom[at], is})
		}
		if at >= 0 && x.of.atom[at] == l>>1 {
			return
		}
	}
	o.flips[n] = append(o.flips[n], f)
	c := &o.list[n]
	if len(c.Facts) < mostNamed {
		c.Facts = append(c.Facts, o.k.fact(l))
	}
	p.used.each(l>>1, func(u uint32) bool {
		if id := o.k.row(u >> 1).ID; u&1 == l&1 && len(c.Breaks) < mostNamed && !slices.Contains(c.Breaks, id) {
			c.Breaks = append(c.Breaks, id)
		}
		o.mixed = o.mixed || u&1 != l&1
		return true
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

// cutsOf gives the controls each of which breaks a proof alone, least effort first.
func (k *walker) cutsOf(x *proof) []Control {
	out := []Control{}
	for _, n := range k.controls.onProof(x.facts) {
		out = append(out, k.controls.list[n])
	}
	slices.SortStableFunc(out, func(a, b Control) int { return cmp.Compare(a.Effort, b.Effort) })
	return out
}
