package graph

import (
	"math"
	"slices"

	"github.com/chartroom/chartroom/estate"
)

// Source hands over each resource that holds people with their sketch, each once. It is run twice and must tell the same each time; the
// sketch is not kept, so only one of them need be in memory.
type Source func(yield func(resource uint32, people *estate.People) error) error

// budget bounds what Gather keeps.
type budget struct {
	base int // marks of the whole estate: below this all are kept, else the smallest ones
	list int // marks of one resource
	all  int // marks of all lists together
}

// standard keeps everything of an estate of a million marks, and of a resource of 4,096; all together 16 million marks of lists.
var standard = budget{base: 1 << 20, list: 1 << 12, all: 1 << 24}

// Gather joins the people of all resources: whoever is linked by any record of any resource is one person everywhere.
func Gather(source Source) (*People, error) { return gather(source, standard) }

func gather(source Source, b budget) (*People, error) {
	c := &chooser{budget: b, theta: math.MaxUint64, known: map[uint32]int{}}
	if err := source(c.resource); err != nil {
		return nil, err
	}
	j := newJoiner(c)
	if err := source(j.resource); err != nil {
		return nil, err
	}
	if j.at != len(c.nodes) {
		return nil, bad("people of %d resources at first and of %d later", len(c.nodes), j.at)
	}
	return j.people(), nil
}

// chooser chooses the marks to keep: the smallest of the estate, a sample that is the same in every resource, and the smallest of each
// resource, so that a small one is told exactly.
type chooser struct {
	budget
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
		return bad("people of resource %d come twice", node)
	}
	var list []estate.Mark
	held, all := people.Sightings()
	next, n := held, 0
	for see := range all {
		switch {
		case n < c.list:
			list = append(list, see.Mark)
		case n == c.list:
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
	if len(c.base) > 4*c.budget.base {
		c.shrink()
	}
	for c.total > c.all && c.list > 1 {
		c.shorten()
	}
	return nil
}

// shrink cuts the base to its budget.
func (c *chooser) shrink() {
	slices.Sort(c.base)
	c.base = slices.Compact(c.base)
	if n := c.budget.base; len(c.base) > n {
		c.theta = uint64(c.base[n])
		c.base = c.base[:n]
	}
}

// shorten halves the longest lists.
func (c *chooser) shorten() {
	c.list /= 2
	c.total = 0
	for i, l := range c.lists {
		if len(l) > c.list {
			c.next[i] = uint64(l[c.list])
			c.lists[i] = slices.Clone(l[:c.list])
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
