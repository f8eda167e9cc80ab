package protocol

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/phi"
)

// Condition is what must hold: a fact that is one of some words, or a number that is large enough; or all, or any, of several conditions.
type Condition struct {
	Fact    string      `yaml:"fact" json:"fact,omitempty"`
	Is      []string    `yaml:"is" json:"is,omitempty"`
	AtLeast int64       `yaml:"at_least" json:"at_least,omitempty"`
	All     []Condition `yaml:"all" json:"all,omitempty"`
	Any     []Condition `yaml:"any" json:"any,omitempty"`
}

// Situation is what conditions ask. What is not known is open, never a no.
type Situation struct {
	Level             incident.Level
	Public            incident.Known
	Press             incident.Known
	PatientsContacted incident.Known
	PaymentConsidered incident.Known
	Decided           incident.Known    // whether a decision on breach was recorded
	Minors            incident.Known    // of the people whom the inventory has of what is claimed
	Claimed           incident.Interval // people, as the actor says
	People            incident.Interval // as the inventory says
	Gone              incident.Interval // per cent of the shortest limit
	Sensitivity       []string          // HL7 codes, of what the inventory has
	Unread            bool              // more may be where nothing was read
	Known             time.Time         // when the claim was known
}

// fact is one that a condition can ask: of words, or of a number.
type fact struct {
	words  []string // that it can be; nil = a number
	word   func(*Situation, string) incident.Known
	number func(*Situation) incident.Interval
}

// facts are all that there are.
func facts() map[string]fact {
	truth := func(of func(*Situation) incident.Known) fact {
		return fact{words: []string{"yes", "no"}, word: func(s *Situation, w string) incident.Known {
			k := of(s)
			if k == incident.Open {
				return k
			}
			return known(k.String() == w)
		}}
	}
	var classes []string
	for c := range phi.NumClasses {
		classes = append(classes, c.String())
	}
	return map[string]fact{
		"level":              {words: []string{"C0", "C1", "C2", "C3", "C4", "D1", "D2"}, word: func(s *Situation, w string) incident.Known { return known(string(s.Level) == w) }},
		"public":             truth(func(s *Situation) incident.Known { return s.Public }),
		"press":              truth(func(s *Situation) incident.Known { return s.Press }),
		"patients_contacted": truth(func(s *Situation) incident.Known { return s.PatientsContacted }),
		"payment_considered": truth(func(s *Situation) incident.Known { return s.PaymentConsidered }),
		"decided":            truth(func(s *Situation) incident.Known { return s.Decided }),
		"minors":             truth(func(s *Situation) incident.Known { return s.Minors }),
		"sensitivity": {words: classes, word: func(s *Situation, w string) incident.Known {
			if !slices.Contains(s.Sensitivity, w) && s.Unread {
				return incident.Open
			}
			return known(slices.Contains(s.Sensitivity, w))
		}},
		"claimed_people": {number: func(s *Situation) incident.Interval { return s.Claimed }},
		"people":         {number: func(s *Situation) incident.Interval { return s.People }},
		"clock_gone":     {number: func(s *Situation) incident.Interval { return s.Gone }},
	}
}

func known(is bool) incident.Known {
	if is {
		return incident.Yes
	}
	return incident.No
}

// deepest bounds conditions within conditions.
const deepest = 8

// check finds what a condition cannot mean.
func (c *Condition) check(path string, depth int, wrong func(path, format string, args ...any)) {
	parts := 0
	for _, is := range []bool{c.Fact != "", len(c.All) > 0, len(c.Any) > 0} {
		if is {
			parts++
		}
	}
	if parts != 1 || depth > deepest {
		wrong(path, "a condition is one fact, or all of several, or any of several, at most %d deep", deepest)
		return
	}
	for i := range c.All {
		c.All[i].check(fmt.Sprintf("%s.all[%d]", path, i), depth+1, wrong)
	}
	for i := range c.Any {
		c.Any[i].check(fmt.Sprintf("%s.any[%d]", path, i), depth+1, wrong)
	}
	if c.Fact == "" {
		return
	}
	f, ok := facts()[c.Fact]
	switch {
	case !ok:
		wrong(path+".fact", "there is no fact %q; they are %s", c.Fact, strings.Join(slices.Sorted(maps.Keys(facts())), ", "))
	case f.words == nil && (c.AtLeast <= 0 || len(c.Is) > 0):
		wrong(path, "%s is a number; write at_least: 500", c.Fact)
	case f.words != nil && (c.AtLeast != 0 || len(c.Is) == 0):
		wrong(path, "%s is a word; write is: [%s]", c.Fact, f.words[0])
	default:
		for _, w := range c.Is {
			if !slices.Contains(f.words, w) {
				wrong(path+".is", "%s is one of %s, not %q", c.Fact, strings.Join(f.words, ", "), w)
			}
		}
	}
}

// Holds tells whether a condition holds. Where a fact is open that would decide, it is open.
func (c *Condition) Holds(s *Situation) incident.Known {
	switch {
	case len(c.All) > 0:
		return fold(c.All, s, incident.Yes, incident.No)
	case len(c.Any) > 0:
		return fold(c.Any, s, incident.No, incident.Yes)
	}
	f, ok := facts()[c.Fact]
	switch {
	case !ok:
		return incident.Open
	case f.number != nil:
		return f.number(s).AtLeast(c.AtLeast)
	}
	out := incident.No
	for _, w := range c.Is {
		switch f.word(s, w) {
		case incident.Yes:
			return incident.Yes
		case incident.Open:
			out = incident.Open
		}
	}
	return out
}

// fold is Kleene's and, or or: one condition may settle it, and otherwise one that is open leaves it open.
func fold(of []Condition, s *Situation, start, settles incident.Known) incident.Known {
	out := start
	for i := range of {
		switch of[i].Holds(s) {
		case settles:
			return settles
		case incident.Open:
			out = incident.Open
		}
	}
	return out
}
