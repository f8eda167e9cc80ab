package incident

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// learn takes a fact. Knowledge narrows: what several say of a number is put together, and a number that lies outside of what somebody
// said before, or another word where one stood, is taken only where it says that it takes the place of that. The day of discovery can only
// move back.
func (c *Case) learn(e *Entry) error {
	var f FactBody
	if err := strict(e.Body, &f); err != nil {
		return err
	}
	if err := need("a fact", "name", f.Name, "source", f.Source); err != nil {
		return err
	}
	if f.Name == Footholds {
		return c.lead(&f, e)
	}
	if !slices.Contains(FactNames(), f.Name) {
		return fmt.Errorf("there is no fact %q; they are %s, %s", f.Name, strings.Join(FactNames(), ", "), Footholds)
	}
	next := c.Facts
	next.States = maps.Clone(c.Facts.States)
	if f.Name == "states" {
		next.States = map[string]Interval{}
	}
	if err := next.set(f.Name, f.Value); err != nil {
		return fmt.Errorf("fact %s: %w", f.Name, err)
	}
	heard, err := c.narrow(&f, &next, e.Number)
	if err != nil {
		return err
	}
	known, err := c.follows(&f, &next)
	if err != nil {
		return err
	}
	if err := next.Check(); err != nil {
		return err
	}
	c.Facts, c.heard, c.KnownAt = next, heard, known
	c.Said[f.Name] = Said{e.Number, e.At, e.Author, f.Source}
	return nil
}

// Footholds is the fact of where they came in: a list of principals, as the access answers name them. No rule of law hangs on it, so it is none
// of Facts; what a foothold could read, and through which encryption, does.
const Footholds = "footholds"

// lead takes the footholds: those before stay, unless it says that it takes their place.
func (c *Case) lead(f *FactBody, e *Entry) error {
	var names []string
	if err := json.Unmarshal(f.Value, &names); err != nil || len(names) == 0 || slices.Contains(names, "") {
		return fmt.Errorf(`fact %s: a list of principals is written as ["alice", "svc-backup"]`, f.Name)
	}
	if !f.Corrects {
		names = append(slices.Clone(c.Footholds), names...)
	}
	slices.Sort(names)
	c.Footholds = slices.Compact(names)
	c.Said[f.Name] = Said{e.Number, e.At, e.Author, f.Source}
	return nil
}

// statement is what one source says of a number of people: in all, or in a State.
type statement struct {
	of     string // total, or a State
	source string
	line   int
	is     Interval
}

const inAll = "total"

// inventory begins the source of what the inventory says.
const inventory = "inventory as of "

// FromInventory is the source of what the inventory said at a time.
func FromInventory(at time.Time) string { return inventory + at.Format(time.RFC3339) }

// OfTheInventory tells whether a source is the inventory, at whatever time.
func OfTheInventory(source string) bool { return strings.HasPrefix(source, inventory) }

// narrow puts what is said of numbers to what was said of them before, in next, and gives what is said now. Intervals of which each two
// have a number in common all have one (Helly 1923), so that it is enough to hold each against each.
func (c *Case) narrow(f *FactBody, next *Facts, line int) ([]statement, error) {
	said := map[string]Interval{}
	switch f.Name {
	case inAll:
		said[inAll] = next.Total
	case "states":
		said = next.States
	default:
		return c.heard, nil
	}
	var heard []statement
	for _, s := range c.heard {
		if about := (s.of == inAll) == (f.Name == inAll); about && (f.Corrects || f.Renews && OfTheInventory(f.Source) && OfTheInventory(s.source)) {
			continue
		}
		if is, again := said[s.of]; again && apart(s.is, is) {
			return nil, fmt.Errorf("%s is %s by %s, and was %s by %s (line %d): %w", s.of, is, f.Source, s.is, s.source, s.line, ErrContradicted)
		}
		heard = append(heard, s)
	}
	for _, of := range slices.Sorted(maps.Keys(said)) {
		heard = append(heard, statement{of, f.Source, line, said[of]})
	}
	next.Total, next.States = Unbounded, map[string]Interval{}
	for _, s := range heard {
		if s.of == inAll {
			next.Total = both(next.Total, s.is)
		} else if was, is := next.States[s.of]; is {
			next.States[s.of] = both(was, s.is)
		} else {
			next.States[s.of] = s.is
		}
	}
	return heard, nil
}

// apart tells whether two intervals have nothing in common.
func apart(a, b Interval) bool { return b.High >= 0 && b.High < a.Low || a.High >= 0 && b.Low > a.High }

// both is what two intervals have in common.
func both(a, b Interval) Interval {
	out := Interval{max(a.Low, b.Low), a.High}
	if a.High < 0 || b.High >= 0 && b.High < a.High {
		out.High = b.High
	}
	return out
}

// FactNames are the facts that can be learned: the keys of Facts, but for determined, which a decision starts.
func FactNames() []string {
	return []string{"entity", "part2", "discovered", "states", "total", "kinds", "health", "encrypted", "public_company", "licensed_facility_states", "risk_of_harm", "law_enforcement_delay"}
}

// follows tells whether a fact may follow what was said before, and since when the claim is known with it.
func (c *Case) follows(f *FactBody, next *Facts) (known time.Time, err error) {
	known = c.KnownAt
	switch f.Name {
	case "discovered":
		day, err := time.Parse(time.DateOnly, next.Discovered)
		if err != nil {
			return known, fmt.Errorf("fact discovered: a day is written as 2026-03-01")
		}
		if next.Discovered > c.Facts.Discovered {
			return known, fmt.Errorf("the day of discovery is %s and moves back only: what was known then stays known", c.Facts.Discovered)
		}
		zone, err := time.LoadLocation(c.Claim.Zone)
		if err != nil {
			return known, err
		}
		if next.Discovered < c.Facts.Discovered {
			known = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone)
		}
	case "encrypted":
		err = c.swapped(f, c.Facts.Encrypted, next.Encrypted, "unknown")
	case "risk_of_harm":
		err = c.swapped(f, c.Facts.RiskOfHarm, next.RiskOfHarm, "unknown")
	case "entity":
		err = c.swapped(f, c.Facts.Entity, next.Entity, "")
	}
	return known, err
}

// swapped tells whether a word takes the place of another one than "not known".
func (c *Case) swapped(f *FactBody, was, is, unknown string) error {
	if said := c.Said[f.Name]; was != unknown && was != is && !f.Corrects {
		return fmt.Errorf("%s is %s by %s, and was %s by %s (line %d): %w", f.Name, clip(is), f.Source, was, said.Source, said.Line, ErrContradicted)
	}
	return nil
}
