// Package people joins the persons whom many resources show: whoever is linked by any record of any resource is one person everywhere. What
// it gives is lists of numbers, from which any union of resources can be counted.
package people

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/chartroom/chartroom/estate"
)

// Source hands over each resource that holds people with their sketch, each once. It is run twice and must tell the same each time; the
// sketch is not kept, so only one of them need be in memory.
type Source func(yield func(resource uint32, people *estate.People) error) error

// ErrChanged says that what the resources hold was not the same each time that it was gone through.
var ErrChanged = errors.New("what the repositories hold changed while access was worked out; ask again")

// Grouped is a source of groups of items, numbered from a node on, each with so many items. Each goes through the items, as often as it is
// asked; of each it tells the group and the people, nil = nobody. A group is handed on, and forgotten, as soon as its last item has come.
func Grouped(first uint32, items []int64, each func(yield func(group int, of *estate.People) error) error) Source {
	type gathered struct {
		people *estate.People
		items  int64
	}
	return func(yield func(uint32, *estate.People) error) error {
		open := map[int]*gathered{}
		err := each(func(n int, of *estate.People) error {
			switch {
			case n >= len(items):
				return ErrChanged
			case items[n] == 1 && of.Empty():
				return nil
			case items[n] == 1:
				return yield(first+uint32(n), of)
			}
			g := open[n]
			if g == nil {
				g = &gathered{people: estate.NewPeople(0)}
				open[n] = g
			}
			if g.items++; !of.Empty() {
				g.people.Merge(of)
			}
			if g.items < items[n] {
				return nil
			}
			if delete(open, n); g.people.Empty() {
				return nil
			}
			return yield(first+uint32(n), g.people)
		})
		if err == nil && len(open) > 0 {
			err = ErrChanged
		}
		return err
	}
}

// Budget bounds what Gather keeps.
type Budget struct {
	Base int // marks of the whole estate: below this all are kept, else the smallest ones
	List int // marks of one resource
	All  int // marks of all lists together
}

// Standard keeps everything of an estate of a million marks, and of a resource of 4,096; all together 16 million marks of lists.
func Standard() Budget { return Budget{Base: 1 << 20, List: 1 << 12, All: 1 << 24} }

// ErrSource says that a source told something else than it had told before, or the same twice.
var ErrSource = errors.New("people of resources were told otherwise than before")

// Gather joins the people of all resources.
func Gather(source Source, b Budget) (*Lists, error) {
	c := &chooser{Budget: b, theta: math.MaxUint64, known: map[uint32]int{}}
	if err := source(c.resource); err != nil {
		return nil, err
	}
	j := newJoiner(c)
	if err := source(j.resource); err != nil {
		return nil, err
	}
	if j.at != len(c.nodes) {
		return nil, fmt.Errorf("%w: %d resources at first and %d later", ErrSource, len(c.nodes), j.at)
	}
	return j.all(), nil
}

// chooser chooses the marks to keep: the smallest of the estate, a sample that is the same in every resource, and the smallest of each
// resource, so that a small one is told exactly.
type chooser struct {
	Budget
	theta uint64 // marks from here on are not in the base
	base  []estate.Mark
	known map[uint32]int // list by resource
	nodes []uint32
	lists [][]estate.Mark
	next  []uint64 // by list: marks from here on are not in it; 0 = all are
	held  []uint64 // by list: marks from here on are not in its sketch; 0 = all are
	total int
}

func (c *chooser) resource(node uint32, people *estate.People) error {
	if _, twice := c.known[node]; twice {
		return fmt.Errorf("%w: resource %d comes twice", ErrSource, node)
	}
	var list []estate.Mark
	held, all := people.Sightings()
	next, n := held, 0
	for see := range all {
		switch {
		case n < c.List:
			list = append(list, see.Mark)
		case n == c.List:
			next = uint64(see.Mark)
		}
		if n++; uint64(see.Mark) < c.theta {
			c.base = append(c.base, see.Mark)
		}
	}
	c.known[node] = len(c.nodes)
	c.nodes, c.lists = append(c.nodes, node), append(c.lists, slices.Clip(list))
	c.next, c.held = append(c.next, next), append(c.held, held)
	c.total += len(list)
	if len(c.base) > 2*c.Base {
		c.shrink()
	}
	for c.total > c.All && c.List > 1 {
		c.shorten()
	}
	return nil
}

// shrink cuts the base to its budget.
func (c *chooser) shrink() {
	slices.Sort(c.base)
	c.base = slices.Compact(c.base)
	if n := c.Base; len(c.base) > n {
		c.theta = uint64(c.base[n])
		c.base = c.base[:n]
	}
}

// keep gives the marks that are kept, ascending, and forgets the lists: all that are in the base, and beyond it those of the lists.
func (c *chooser) keep() []estate.Mark {
	c.shrink()
	beyond := func(l []estate.Mark) []estate.Mark {
		at, _ := slices.BinarySearch(l, estate.Mark(c.theta))
		return l[at:]
	}
	n := len(c.base)
	for _, l := range c.lists {
		n += len(beyond(l))
	}
	all := append(make([]estate.Mark, 0, n), c.base...)
	c.base = nil
	for i, l := range c.lists {
		all = append(all, beyond(l)...)
		c.lists[i] = nil
	}
	c.lists = nil
	slices.Sort(all)
	return slices.Clone(slices.Compact(all)) // most of them may come many times
}

// shorten halves the longest lists.
func (c *chooser) shorten() {
	c.List /= 2
	c.total = 0
	for i, l := range c.lists {
		if len(l) > c.List {
			c.next[i] = uint64(l[c.List])
			c.lists[i] = slices.Clone(l[:c.List])
		}
		c.total += len(c.lists[i])
	}
}

// limits gives by list the grade down to which the kept marks are all that the resource shows.
func (c *chooser) limits(l *ladder) []uint8 {
	out := make([]uint8, len(c.next))
	for i, limit := range c.next {
		switch {
		case c.theta == math.MaxUint64:
			limit = c.held[i]
		case limit != 0 && c.theta > limit: // the base reaches further than the list
			limit = c.theta
		}
		if held := c.held[i]; held != 0 {
			limit = min(limit, held)
		}
		out[i] = l.under(limit)
	}
	return out
}
