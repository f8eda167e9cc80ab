package horn

import (
	"fmt"
	"slices"
)

// literal is a Literal whose names have numbers.
type literal struct {
	of    *relation
	terms []int32 // a variable by its number, or ^ a constant's
}

// rule is a row, or a part of one, as it is grounded.
//
// What a row needs may fall into parts that share no variable ("somebody signs in without a second factor; there is a remote portal").
// A part of which nothing is needed in what the row gives is a rule of its own, that gives an atom without names: else every pair would be a clause.
type rule struct {
	number int32 // its own
	row    int
	part   bool // it gives what only its own row asks for
	source bool // its row asks for nothing that rows give
	vars   int
	// drive are bound one after the other: all that is told, and what rows give where what is told binds not all of its variables.
	drive []literal
	needs []literal // what rows give, all variables bound by then
	nots  []literal
	gives []literal
	done  []int // by drive: the rows of an derived's relation that were seen
}

// open tells whether the rule must be grounded with what others give.
func (r *rule) open() bool {
	return slices.ContainsFunc(r.drive, func(l literal) bool { return l.of.derived })
}

// compiler turns rows into rules.
type compiler struct {
	p    *Program
	row  int
	vars map[string]int32
}

// compile gives the rules of a row.
func (p *Program) compile(number int, row *Row) ([]*rule, error) {
	c := &compiler{p: p, row: number, vars: map[string]int32{}}
	var positive, nots []literal
	for _, l := range row.If {
		x, err := c.literal(l)
		if err != nil {
			return nil, fmt.Errorf("row %s: %w", row.Name, err)
		}
		if l.Not {
			nots = append(nots, x)
		} else {
			positive = append(positive, x)
		}
	}
	bound := map[int32]bool{}
	for _, l := range positive {
		for _, v := range l.terms {
			bound[v] = true
		}
	}
	var gives []literal
	for _, l := range row.Gives {
		x, err := c.literal(l)
		if err != nil {
			return nil, fmt.Errorf("row %s: %w", row.Name, err)
		}
		gives = append(gives, x)
	}
	for _, l := range slices.Concat(gives, nots) {
		for _, v := range l.terms {
			if v >= 0 && !bound[v] {
				return nil, fmt.Errorf("row %s: a variable of %s is bound by nothing that the row asks for", row.Name, l.of.name)
			}
		}
	}
	source := !slices.ContainsFunc(positive, func(l literal) bool { return l.of.derived })
	return c.divide(&rule{row: number, source: source, vars: len(c.vars), gives: gives}, positive, nots), nil
}

func (c *compiler) literal(l Literal) (literal, error) {
	if len(l.Terms) > MaxTerms {
		return literal{}, fmt.Errorf("%s has %d terms; at most %d are read", l.Predicate, len(l.Terms), MaxTerms)
	}
	r := c.p.relations[l.Predicate]
	if r == nil {
		r = c.p.relation(l.Predicate, len(l.Terms))
	}
	if r.arity != len(l.Terms) {
		return literal{}, fmt.Errorf("%s has %d terms here and %d elsewhere", l.Predicate, len(l.Terms), r.arity)
	}
	if l.Not && r.derived {
		return literal{}, fmt.Errorf("%s is what rows give, and only what is told may be asked for by its absence", l.Predicate)
	}
	x := literal{r, make([]int32, len(l.Terms))}
	for i, t := range l.Terms {
		switch {
		case t.Variable:
			n, known := c.vars[t.Name]
			if !known {
				n = int32(len(c.vars))
				c.vars[t.Name] = n
			}
			x.terms[i] = n
		default:
			x.terms[i] = ^int32(c.p.number(t.Name))
		}
	}
	return x, nil
}

// divide makes rules of the parts of a row that share no variable with what it gives, and one of the rest.
func (c *compiler) divide(main *rule, positive, nots []literal) []*rule {
	part := parts(main.vars, slices.Concat(positive, nots))
	of := func(l literal) int {
		for _, v := range l.terms {
			if v >= 0 {
				return part[v]
			}
		}
		return -1
	}
	inMain := map[int]bool{-1: true}
	for _, l := range main.gives {
		for _, v := range l.terms {
			if v >= 0 {
				inMain[part[v]] = true
			}
		}
	}
	rules := map[int]*rule{}
	out := []*rule{main}
	place := func(l literal) *rule {
		n := of(l)
		if inMain[n] {
			return main
		}
		if rules[n] == nil {
			r := c.p.relation(fmt.Sprintf("%d/%d", c.row, len(out)), 0)
			r.derived = true
			rules[n] = &rule{row: c.row, part: true, source: main.source, vars: main.vars, gives: []literal{{of: r}}}
			main.needs = append(main.needs, literal{of: r})
			out = append(out, rules[n])
		}
		return rules[n]
	}
	for _, l := range positive {
		r := place(l)
		r.drive = append(r.drive, l)
	}
	for _, l := range nots {
		r := place(l)
		r.nots = append(r.nots, l)
	}
	for _, r := range out {
		r.settle()
	}
	return out
}

// parts numbers variables so that those that literals join have the same number.
func parts(vars int, literals []literal) []int {
	part := make([]int, vars)
	for v := range part {
		part[v] = v
	}
	for _, l := range literals {
		first := int32(-1)
		for _, v := range l.terms {
			switch {
			case v < 0:
			case first < 0:
				first = v
			default:
				from, to := part[v], part[first]
				for i := range part {
					if part[i] == from {
						part[i] = to
					}
				}
			}
		}
	}
	return part
}

// settle leaves to ask for, once all is bound, what rows give and what is told binds.
func (r *rule) settle() {
	bound := map[int32]bool{}
	for _, l := range r.drive {
		if !l.of.derived {
			for _, v := range l.terms {
				bound[v] = true
			}
		}
	}
	drive := r.drive
	r.drive = nil
	for _, l := range drive {
		if l.of.derived && !slices.ContainsFunc(l.terms, func(v int32) bool { return v >= 0 && !bound[v] }) {
			r.needs = append(r.needs, l)
		} else {
			r.drive = append(r.drive, l)
		}
	}
	r.done = make([]int, len(r.drive))
}
