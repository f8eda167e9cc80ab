package obligation

import (
	"slices"
	"strings"

	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/phi"
)

// scale holds the facts in the form in which rules are weighed.
type scale struct {
	*incident.Facts
	kinds   phi.KindSet
	known   bool // the kinds are: an empty list says that they are not
	total   incident.Interval
	low     int64 // residents of the States that are named, at least
	covered bool  // the States that are named can hold everybody
	delayed string
}

func newScale(f *incident.Facts) *scale {
	s := &scale{Facts: f, total: f.Total, known: len(f.Kinds) > 0, delayed: delayedUntil(f.Delay)}
	for _, k := range f.Kinds {
		kind, _ := phi.ParseKind(k)
		s.kinds = s.kinds.With(kind)
	}
	var high int64
	for _, n := range f.States {
		s.low += n.Low
		if n.High < 0 || high < 0 {
			high = -1
		} else {
			high += n.High
		}
	}
	s.total.Low = max(s.total.Low, s.low)
	s.covered = f.Total.High >= 0 && (high < 0 || high >= f.Total.High)
	return s
}

// residents bounds the people of one State. A State that is not named has none where those that are can hold everybody; otherwise
// everybody who is not surely elsewhere may live there.
func (s *scale) residents(state string) incident.Interval {
	n, named := s.States[state]
	if !named && s.covered {
		return incident.Exactly(0)
	}
	if !named {
		n = incident.Unbounded
	}
	if most := s.total.High - (s.low - n.Low); s.total.High >= 0 && (n.High < 0 || most < n.High) {
		n.High = most
	}
	return n
}

// phi tells whether the data is protected health information. Diagnosis and treatment is; an SSN without it is data of employees; any
// other identifier that such an entity holds is taken for a patient's.
func (s *scale) phi() incident.Known {
	switch {
	case s.Health:
		return incident.Yes
	case !s.known:
		return incident.Open
	case s.kinds.Has(phi.SSN):
		return incident.No
	}
	return incident.Yes
}

// healthOnly tells whether nothing was taken but health data and numbers of health insurance (9 V.S.A. 2435(e)).
func (s *scale) healthOnly() incident.Known {
	if !s.known {
		return incident.Open
	}
	for _, k := range []phi.Kind{phi.SSN, phi.License, phi.Account, phi.Biometric} {
		if s.kinds.Has(k) {
			return incident.No
		}
	}
	return incident.Yes
}

// ground is one thing that a rule hangs on: whether it is so; which fact would decide; and why in words, for the outcome at hand.
type ground struct {
	is   incident.Known
	fact string
	why  string
}

var holds = ground{is: incident.Yes}

func fails(why string) ground { return ground{is: incident.No, why: why} }

// grounds are weighed one after the other, and all must hold.
var grounds = [...]func(*scale, *Rule) ground{inForce, binds, also, counted, data, excused, gate, encryption}

func inForce(s *scale, r *Rule) ground {
	switch {
	case !r.Enabled:
		return fails("the rule is disabled: " + firstOf(r.Note, "enable it in a file of your own if it binds you"))
	case r.Unit == "voluntary":
		return fails("it is voluntary: " + firstOf(r.Note, "no law demands it"))
	case r.Unit == "no_statute_found":
		return fails(firstOf(r.Note, "no statute was found"))
	case !r.inForce(s.Discovered):
		return fails("it is in force from " + r.From + ", and discovery was on " + s.Discovered)
	}
	return holds
}

func firstOf(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return strings.TrimSuffix(text, ".")
}

var entityWords = map[string]string{"covered_entity": "a covered entity", "business_associate": "a business associate", "phr_vendor": "a vendor of personal health records"}

func binds(s *scale, r *Rule) ground {
	if slices.Contains(r.Binds, "nobody") {
		return fails("it does not bind " + entityWords[s.Entity] + ": " + firstOf(r.Note, r.Trigger))
	}
	if len(r.Binds) > 0 && !slices.Contains(r.Binds, s.Entity) {
		var whom []string
		for _, e := range r.Binds {
			whom = append(whom, entityWords[e])
		}
		return fails("it binds " + strings.Join(whom, " or ") + ", and this is " + entityWords[s.Entity])
	}
	written := s.Delay != nil && s.Delay.Written
	switch {
	case r.Needs == "part2" && !s.Part2:
		return fails("no records of a part 2 program are concerned")
	case r.Needs == "public_company" && !s.Public:
		return fails("it is no public company")
	case r.Needs == "licensed_facility" && !slices.Contains(s.Licensed, r.Jurisdiction):
		return fails("no facility licensed in " + r.Jurisdiction + " is concerned")
	case r.Needs == "written_statement" && !written, r.Needs == "oral_statement" && (s.Delay == nil || written):
		return fails("law enforcement made no such statement")
	}
	return ground{is: incident.Yes, why: needWords[r.Needs]}
}

// needWords say what was needed and is so.
var needWords = map[string]string{
	"part2":             "records of a part 2 program are concerned",
	"public_company":    "it is a public company",
	"licensed_facility": "a facility that is licensed in the State is concerned",
	"written_statement": "law enforcement said in writing that notice would be in the way",
	"oral_statement":    "law enforcement said orally that notice would be in the way",
}

// alsoWords say what is decided outside of the facts.
var alsoWords = map[string]string{
	"materiality":     "whether the incident is material to investors is for the company to decide, without unreasonable delay after discovery",
	"contact_details": "whether contact details of anybody are missing or out of date is not known",
	"ocabr_direction": "whether the Office of Consumer Affairs and Business Regulation names agencies to be told is not known",
}

func also(_ *scale, r *Rule) ground {
	if r.Also == "" {
		return holds
	}
	return ground{incident.Open, r.Also, firstOf(alsoWords[r.Also], "it hangs on "+strings.ReplaceAll(r.Also, "_", " "))}
}

// data tells whether what the rule protects is concerned.
func data(s *scale, r *Rule) ground {
	if r.Data[0] == "any" {
		return holds
	}
	if r.Data[0] == "phi" {
		switch s.phi() {
		case incident.No:
			return fails("a Social Security number without diagnosis or treatment data is data of employees, and no PHI")
		case incident.Open:
			return ground{incident.Open, "kinds", "which kinds of identifiers are concerned is not known, so it may be data of employees and not PHI"}
		}
		return holds
	}
	medicalOnly := len(r.Data) == 1 && r.Data[0] == "medical"
	for _, w := range r.Data {
		if w == "medical" && s.Health {
			return ground{is: incident.Yes, why: "diagnosis or treatment data counts"}
		}
		if k, ok := phi.ParseKind(w); ok && s.kinds.Has(k) {
			return ground{is: incident.Yes, why: elementWords(w) + " counts"}
		}
	}
	switch {
	case medicalOnly:
		return fails("no diagnosis or treatment data is concerned")
	case !s.known:
		return ground{incident.Open, "kinds", "which kinds of identifiers are concerned is not known"}
	}
	return fails("none of the data concerned is an element of this law: it names " + elements(r.Data))
}

func elements(names []string) string {
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = elementWords(n)
	}
	return strings.Join(words, ", ")
}

func elementWords(name string) string {
	switch name {
	case "ssn":
		return "a Social Security number"
	case "license":
		return "a driver's licence or identity card number"
	case "account":
		return "a financial account number"
	case "medical":
		return "diagnosis or treatment data"
	case "health_plan_id":
		return "a health-plan or Medicare number"
	case "mrn":
		return "a medical record number"
	}
	return strings.ReplaceAll(name, "_", " ")
}

// clauseWords say what a clause on HIPAA does.
var clauseWords = map[string]string{
	"exempt":             "those under HIPAA are outside of this law as to PHI",
	"deemed":             "notice under HIPAA is compliance with this law as to PHI",
	"deemed_health_only": "notice under HIPAA is compliance where nothing but health and health-insurance data was taken",
	"deemed+ag":          "notice under HIPAA is compliance with this duty as to PHI; the regulator is still told",
	"regulator":          "following the procedures of HIPAA, the primary regulator's, is compliance with this law as to PHI",
}

// clause tells whether the clause on HIPAA reaches this entity and this data.
func (s *scale) clause(r *Rule) incident.Known {
	if !slices.Contains(r.Excused, s.Entity) {
		return incident.No
	}
	reaches := s.phi()
	if r.Clause == "deemed_health_only" {
		reaches = reaches.And(s.healthOnly())
	}
	return reaches
}

func excused(s *scale, r *Rule) ground {
	switch s.clause(r) {
	case incident.Yes:
		return fails(clauseWords[r.Clause])
	case incident.Open:
		return ground{incident.Open, "kinds", "which kinds of identifiers are concerned is not known, and so whether the clause on HIPAA excuses it"}
	}
	switch {
	case len(r.Excused) > 0:
		return ground{is: incident.Yes, why: "the law's clause on HIPAA does not reach this entity with this data"}
	case r.Clause != "none" && s.Entity != "phr_vendor" && s.phi() == incident.Yes:
		return ground{is: incident.Yes, why: "the law's clause on HIPAA leaves this duty"}
	}
	return holds
}

func gate(s *scale, r *Rule) ground {
	switch {
	case r.Gate == "gate" && s.RiskOfHarm == "low":
		return fails("a documented finding says that the risk of harm is low")
	case r.Gate != "withheld", s.RiskOfHarm == "low":
		return holds
	case s.RiskOfHarm == "not_low":
		return fails("it is due only when notice is withheld for want of harm, and harm is not ruled out")
	}
	return ground{incident.Open, "risk_of_harm", "it is due only if notice is withheld on a documented finding of no harm, and there is none yet"}
}

func encryption(s *scale, r *Rule) ground {
	switch {
	case !r.SafeHarbour:
		return holds
	case s.Encrypted == "yes_key_safe":
		return fails("the data was encrypted and the key is safe")
	case s.Encrypted == "unknown":
		return ground{incident.Open, "encrypted", "whether the data was encrypted with a key that stayed out of reach is not known"}
	}
	return holds
}
