package incident

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// learn takes a fact. Knowledge narrows: a number that lies outside of what was said before, or another word where one stood, is taken
// only as a correction that says so. The day of discovery can only move back.
func (c *Case) learn(e *Entry) error {
	var f FactBody
	if err := strict(e.Body, &f); err != nil {
		return err
	}
	if err := need("a fact", "name", f.Name, "source", f.Source); err != nil {
		return err
	}
	if !slices.Contains(FactNames(), f.Name) {
		return fmt.Errorf("there is no fact %q; they are %s", f.Name, strings.Join(FactNames(), ", "))
	}
	next := c.Facts
	next.States = maps.Clone(c.Facts.States)
	if f.Name == "states" {
		next.States = map[string]Interval{}
	}
	if err := next.set(f.Name, f.Value); err != nil {
		return fmt.Errorf("fact %s: %w", f.Name, err)
	}
	if err := c.follows(&f, &next); err != nil {
		return err
	}
	if err := next.Check(); err != nil {
		return err
	}
	c.Facts = next
	c.Said[f.Name] = Said{e.Number, e.At, e.Author, f.Source}
	return nil
}

// FactNames are the facts that can be learned: the keys of Facts, but for determined, which a decision starts.
func FactNames() []string {
	return []string{"entity", "part2", "discovered", "states", "total", "kinds", "health", "encrypted", "public_company", "licensed_facility_states", "risk_of_harm", "law_enforcement_delay"}
}

// follows tells whether a fact may follow what was said before.
func (c *Case) follows(f *FactBody, next *Facts) error {
	switch f.Name {
	case "discovered":
		day, err := time.Parse(time.DateOnly, next.Discovered)
		if err != nil {
			return fmt.Errorf("fact discovered: a day is written as 2026-03-01")
		}
		if next.Discovered > c.Facts.Discovered {
			return fmt.Errorf("the day of discovery is %s and moves back only: what was known then stays known", c.Facts.Discovered)
		}
		zone, err := time.LoadLocation(c.Claim.Zone)
		if err != nil {
			return err
		}
		c.KnownAt = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone)
	case "total":
		return contradicts(f, "total", c.Facts.Total, next.Total)
	case "states":
		for s, is := range next.States {
			if was, said := c.Facts.States[s]; said {
				if err := contradicts(f, s, was, is); err != nil {
					return err
				}
			}
		}
	case "encrypted":
		return swapped(f, c.Facts.Encrypted, next.Encrypted, "unknown", "no", "yes_key_safe", "yes_key_reached")
	case "risk_of_harm":
		return swapped(f, c.Facts.RiskOfHarm, next.RiskOfHarm, "unknown", "low", "not_low")
	case "entity":
		return swapped(f, c.Facts.Entity, next.Entity, "", "covered_entity", "business_associate", "phr_vendor")
	}
	return nil
}

// contradicts tells whether two intervals have nothing in common.
func contradicts(f *FactBody, what string, was, is Interval) error {
	apart := is.High >= 0 && is.High < was.Low || was.High >= 0 && is.Low > was.High
	if apart && !f.Corrects {
		return fmt.Errorf("%s: %w; if it is right, say that it corrects it", what, ErrContradicted)
	}
	return nil
}

// swapped tells whether a word takes the place of another one than "not known".
func swapped(f *FactBody, was, is, unknown string, words ...string) error {
	if is != unknown && !slices.Contains(words, is) {
		return fmt.Errorf("fact %s is one of %s", f.Name, strings.Trim(unknown+", "+strings.Join(words, ", "), ", "))
	}
	if was != unknown && was != is && !f.Corrects {
		return fmt.Errorf("%s was %s: %w; if it is right, say that it corrects it", f.Name, was, ErrContradicted)
	}
	return nil
}
