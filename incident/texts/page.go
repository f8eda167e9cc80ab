package texts

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/chartroom/chartroom/incident"
)

// Input is what texts are filled from.
type Input struct {
	Case     *incident.Case
	Holdings *incident.Holdings // nil = the inventory was not asked
	Given    map[string]string  // what no inventory knows: phone, web, letter_date, ... (Asked names them)
	Clocks   []string           // each a sentence
	Asked    []string           // decisions that are asked for now
	Since    []string           // what is new since the last notice to the board
	AsOf     time.Time          // when the log last said something
	Zone     *time.Location
}

// page is what a template sees: only what is here, and each fact that is missing is noted.
type page struct {
	*Input
	missing []string
}

// asked are the words for what no inventory knows.
func asked() map[string]string {
	return map[string]string{
		"phone": "the toll-free number", "email": "the e-mail address", "web": "the web page", "address": "the postal address", "press": "where the press asks",
		"speaker": "who speaks", "letter_date": "the day of the letters", "what_happened": "what happened, in plain words", "breach_date": "the day of the breach",
		"breach_end": "the last day of the breach", "what_we_do": "what is being done, in plain words", "monitoring": "how people sign up for credit monitoring",
		"parent": "the parent company", "entity_type": "health plan, clearinghouse or provider", "contact_name": "the point of contact",
		"business_associate": "whether a business associate was involved, and which", "location": "where the data was: server, e-mail, laptop, ...",
		"safeguards": "the safeguards in place before", "substitute": "whether substitute notice is needed, and for how many", "attested": "who attests, and when",
		"impact": "the material impact", "operations": "the operations that are affected", "judged_by": "who judged the four factors", "why_no_harm": "why there is no risk of harm",
		"policy": "the policy's number", "held_for_customer": "what is held for this customer", "individuals_list": "where the list of individuals is",
		"since": "from which day on evidence is needed", "agency": "the agency and its agent", "badge": "who said so: name, badge and hour",
	}
}

// Names lists what can be Given.
func Names() []string { return slices.Sorted(maps.Keys(asked())) }

// Ask gives what was given, or notes that it is missing.
func (p *page) Ask(name string) string {
	if v := strings.TrimSpace(p.Input.Given[name]); v != "" {
		return plain(v)
	}
	what := asked()[name]
	if what == "" {
		what = name
	}
	return p.lacks(what)
}

// Given tells whether something was given.
func (p *page) Given(name string) bool { return strings.TrimSpace(p.Input.Given[name]) != "" }

// lacks notes what is missing, and marks its place.
func (p *page) lacks(what string) string {
	if !slices.Contains(p.missing, what) {
		p.missing = append(p.missing, what)
	}
	return "[" + what + "]"
}

// plain keeps what somebody else wrote from being more than words on one line.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r): // also what turns the direction of writing
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

func (p *page) day(t time.Time) string  { return t.In(p.zone()).Format("2 January 2006") }
func (p *page) time(t time.Time) string { return t.In(p.zone()).Format("2 January 2006 15:04 MST") }

func (p *page) zone() *time.Location {
	if p.Zone == nil {
		return time.UTC
	}
	return p.Zone
}

// Custodian names whose data it is.
func (p *page) Custodian() string {
	if c := plain(p.Case.Claim.Custodian); c != "" {
		return c
	}
	return p.lacks("the name of the organisation")
}

// Scope names what is claimed.
func (p *page) Scope() string {
	switch c := &p.Case.Claim; {
	case len(c.Scope) > 0:
		return plain(strings.Join(c.Scope, ", "))
	case c.Custodian != "":
		return plain(c.Custodian)
	}
	return "the whole estate"
}

// Actor names who claims it.
func (p *page) Actor() string {
	if a := plain(p.Case.Claim.Actor); a != "" {
		return a
	}
	return "An actor who did not say who they are"
}

// Bytes gives the claimed size.
func (p *page) Bytes() string {
	if n := p.Case.Claim.Bytes; n > 0 {
		return size(n)
	}
	return "an amount that was not said"
}

// HasPeople tells whether a number of people was claimed.
func (p *page) HasPeople() bool { return p.Case.Claim.People > 0 }

// ClaimedPeople gives it.
func (p *page) ClaimedPeople() string {
	if n := p.Case.Claim.People; n > 0 {
		return thousands(n)
	}
	return "a number that was not said of"
}

// Public tells whether anybody can read the claim.
func (p *page) Public() bool { return p.Case.Claim.Public }

// Demand gives what is demanded.
func (p *page) Demand() string { return strings.TrimSuffix(plain(p.Case.Claim.Demand), ".") }

// Deadline gives the actor's deadline.
func (p *page) Deadline() string {
	if t := p.Case.Claim.Deadline; t != nil {
		return p.time(*t)
	}
	return ""
}

// Discovered is the first day on which it was known (45 CFR 164.404(a)(2)).
func (p *page) Discovered() string {
	if t, err := time.Parse(time.DateOnly, p.Case.Facts.Discovered); err == nil {
		return t.Format("2 January 2006")
	}
	return p.lacks("the day of discovery")
}

// KnownAt is the moment at which the conservative clock began.
func (p *page) KnownAt() string { return p.time(p.Case.KnownAt) }

// Determined is the day of the decision that it is a breach.
func (p *page) Determined() string {
	if t := p.Case.Determined; t != nil {
		return p.day(*t)
	}
	return "not yet"
}

// Health tells whether data on health is concerned.
func (p *page) Health() bool { return p.Case.Facts.Health }

// SSN tells whether Social Security numbers are concerned.
func (p *page) SSN() bool { return slices.Contains(p.Case.Facts.Kinds, "ssn") }

// Matched tells whether a sample was matched, or more is known.
func (p *page) Matched() bool {
	return slices.Contains([]incident.Level{incident.C2, incident.C3, incident.C4}, p.Case.Level)
}

// Settled tells whether it is known whose data it is.
func (p *page) Settled() bool { return p.Case.Level == incident.C4 }

// Delayed tells whether law enforcement asked for delay.
func (p *page) Delayed() bool { return p.Case.Facts.Delay != nil }

// Delay says what law enforcement asked for.
func (p *page) Delay() string {
	switch d := p.Case.Facts.Delay; {
	case d == nil:
		return "none"
	case d.Written:
		return "a written statement of " + plain(d.Stated) + ", until " + plain(d.Until)
	default:
		return "an oral statement of " + plain(d.Stated) + ", for 30 days"
	}
}

// Kinds names the kinds of data in plain words.
func (p *page) Kinds() string {
	words := map[string]string{"name": "name", "address": "address", "date": "dates", "date_of_birth": "date of birth", "phone": "phone number", "fax": "fax number",
		"email": "e-mail", "ssn": "Social Security number", "mrn": "chart number", "health_plan_id": "health plan number", "account": "account number",
		"license": "license number", "vehicle": "car plate", "device": "device number", "url": "web links", "ip": "net address", "biometric": "body scan data",
		"photo": "photo", "other_id": "other numbers", "zip": "zip code"}
	var out []string
	for _, k := range p.Case.Facts.Kinds {
		if w := words[k]; w != "" {
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		return p.lacks("the kinds of data")
	}
	return strings.Join(out, ", ")
}

// Total is how many people are concerned.
func (p *page) Total() string { return p.number(p.Case.Facts.Total, "how many people are concerned") }

// number writes an interval; one without bounds is missing.
func (p *page) number(i incident.Interval, what string) string {
	switch {
	case i.High < 0 && i.Low == 0:
		return p.lacks(what)
	case i.High < 0:
		return thousands(i.Low) + " or more"
	case i.Low == i.High:
		return thousands(i.Low)
	}
	return thousands(i.Low) + " to " + thousands(i.High)
}

// States lists the residents by State.
func (p *page) States() string {
	if len(p.Case.Facts.States) == 0 {
		return p.lacks("which States they live in")
	}
	var out []string
	for _, s := range slices.Sorted(maps.Keys(p.Case.Facts.States)) {
		out = append(out, s+" "+p.number(p.Case.Facts.States[s], "how many live in each State"))
	}
	return strings.Join(out, ", ")
}

// In is how many live in a State.
func (p *page) In(state string) string {
	i, ok := p.Case.Facts.States[state]
	if !ok {
		i = p.Case.Facts.Total
		i.Low = 0
	}
	return p.number(i, "how many live in "+state)
}

// MediaStates are the States of which more than 500 residents are concerned (45 CFR 164.406(a)).
func (p *page) MediaStates() string {
	var sure []string
	for _, s := range slices.Sorted(maps.Keys(p.Case.Facts.States)) {
		switch p.Case.Facts.States[s].AtLeast(501) {
		case incident.Yes:
			sure = append(sure, s)
		case incident.Open:
			p.lacks("in which States more than 500 live")
		}
	}
	if len(sure) == 0 {
		return "none is known"
	}
	return strings.Join(sure, ", ")
}

// HHSSize is the portal's size class: 500 or more in all (45 CFR 164.408(b)).
func (p *page) HHSSize() string {
	switch p.Case.Facts.Total.AtLeast(500) {
	case incident.Yes:
		return "500 or more"
	case incident.No:
		return "fewer than 500"
	}
	return p.lacks("whether 500 or more people are concerned")
}

// HHSKinds are the portal's types of PHI.
func (p *page) HHSKinds() string {
	var out []string
	if p.Case.Facts.Health {
		out = append(out, "Clinical")
	}
	if slices.ContainsFunc(p.Case.Facts.Kinds, func(k string) bool { return k == "name" || k == "address" || k == "date" || k == "ssn" || k == "phone" }) {
		out = append(out, "Demographic")
	}
	if slices.Contains(p.Case.Facts.Kinds, "account") {
		out = append(out, "Financial")
	}
	if len(out) == 0 {
		return p.lacks("the kinds of data")
	}
	return strings.Join(out, ", ")
}

// Filer is what the organisation is.
func (p *page) Filer() string {
	return map[string]string{"covered_entity": "covered entity for itself", "business_associate": "business associate for a covered entity",
		"phr_vendor": "vendor of personal health records"}[p.Case.Facts.Entity]
}

// Part2 says whether Part 2 records are concerned.
func (p *page) Part2() string {
	if p.Case.Facts.Part2 {
		return "yes"
	}
	return "none is known"
}

// Part2Total is how many people of Part 2 records are concerned.
func (p *page) Part2Total() string {
	if p.Holdings == nil {
		return p.lacks("how many people Part 2 records are of")
	}
	return "up to " + thousands(p.Holdings.Part2.High)
}

// PublicCompany says whether shares are traded.
func (p *page) PublicCompany() string {
	if p.Case.Facts.Public {
		return "yes"
	}
	return "not on record"
}

// Encrypted says whether the data was encrypted, and whether the key was in reach.
func (p *page) Encrypted() string {
	if w := map[string]string{"no": "no", "yes_key_safe": "yes, and the key was out of reach", "yes_key_reached": "yes, but the key was in reach"}[p.Case.Facts.Encrypted]; w != "" {
		return w
	}
	return p.lacks("whether the data was encrypted, and the key safe")
}

// Risk is what was found of the risk of harm.
func (p *page) Risk() string {
	if w := map[string]string{"low": "a low probability, as documented", "not_low": "not low"}[p.Case.Facts.RiskOfHarm]; w != "" {
		return w
	}
	return p.lacks("a documented finding on the risk of harm; until then a breach is presumed (45 CFR 164.402(2))")
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size writes bytes in decimal units, as claims are made.
func size(n int64) string {
	v, unit := float64(n), "bytes"
	for _, u := range []string{"kB", "MB", "GB", "TB", "PB"} {
		if v < 1000 {
			break
		}
		v, unit = v/1000, u
	}
	return fmt.Sprintf("%s %s", strconv.FormatFloat(v, 'g', 4, 64), unit)
}
