package obligation

import (
	"maps"
	"slices"

	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/phi"
)

// counted tells whether as many people are concerned as the rule needs.
func counted(s *scale, r *Rule) ground {
	switch r.Population {
	case "":
		return holds
	case "residents":
		return s.enough(r, s.residents(r.Jurisdiction), "states."+r.Jurisdiction, "residents of "+r.Jurisdiction)
	case "residents_of_one":
		return s.anyState(r)
	case "individuals_if_residents":
		one := &Rule{Over: Threshold{At: 1}}
		if g := s.enough(one, s.residents(r.Jurisdiction), "states."+r.Jurisdiction, "residents of "+r.Jurisdiction); g.is != incident.Yes {
			return g
		}
	}
	return s.enough(r, s.total, "total", "people in all")
}

// enough holds a number of people against the thresholds of a rule.
func (s *scale) enough(r *Rule, n incident.Interval, fact, whom string) ground {
	many, need := n.AtLeast(r.Over.At), r.Over.words()
	if r.HIPAAOver.At > 0 && s.Entity != "phr_vendor" {
		byHIPAA := s.phi()
		many = many.Or(byHIPAA.And(n.AtLeast(r.HIPAAOver.At)))
		if byHIPAA == incident.Yes {
			need = "under HIPAA " + r.HIPAAOver.words()
		}
	}
	if r.Under.At > 0 {
		many = many.And(n.AtLeast(r.Under.At).Not())
		need = "fewer than " + number(r.Under.At) + ", and at least one, are meant"
	}
	if n.High == 0 {
		return fails("no " + whom + " are concerned")
	}
	if many == incident.Open && r.HIPAAOver.At > 0 && s.phi() == incident.Open && n.AtLeast(r.HIPAAOver.At) == incident.Yes && n.AtLeast(r.Over.At) == incident.No {
		fact = "kinds"
	}
	return ground{many, fact, n.String() + " " + whom + ", and " + need}
}

// noStates have postal codes and are neither States nor jurisdictions in the sense of 45 CFR 160.103.
var noStates = []string{"FM", "MH", "PW", "AE", "AA", "AP"}

// anyState tells whether one State has as many residents as the rule needs.
func (s *scale) anyState(r *Rule) ground {
	best := fails("no State has so many residents among the people concerned: " + r.Over.words())
	open := 0
	for _, st := range slices.Sorted(maps.Keys(s.States)) {
		if slices.Contains(noStates, st) {
			continue
		}
		n := s.residents(st)
		switch n.AtLeast(r.Over.At) {
		case incident.Yes:
			return ground{incident.Yes, "", n.String() + " residents of " + st + ", and " + r.Over.words() + " in one State"}
		case incident.Open:
			open++
			best = ground{incident.Open, "states." + st, n.String() + " residents of " + st + ", and " + r.Over.words() + " in one State"}
		}
	}
	elsewhere := s.residents(phi.State(0).String()) // any State that is not named
	if elsewhere.AtLeast(r.Over.At) == incident.Open {
		open += 2
	}
	if open > 1 {
		best = ground{incident.Open, "states", "how many residents of each State are concerned is not known, and " + r.Over.words() + " in one"}
	}
	return best
}
