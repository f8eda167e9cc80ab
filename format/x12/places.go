package x12

import (
	"fmt"

	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// page holds the places of all positions, for one whom a loop may name.
type page struct {
	code    *meaning // of element 98; nil for the claim itself
	prefix  string   // of the names of places
	subject phi.Subject
	other   bool
	person  bool
	places  []uint32 // by outlet: a place's number plus one, 0 = not yet one of the item's
}

// own tells whether the page is that of the record's own person.
func (p *page) own() bool { return p.subject == phi.Patient && !p.other }

// The variants of whom an entity code stands for.
const (
	ownPerson = iota
	otherPerson
	noPerson
	numVariants
)

// pageOf gives the page of an entity, which is made when it is first met.
func (r *reading) pageOf(entity, variant int) *page {
	at := entity*numVariants + variant
	if r.pages[at] == nil {
		c := &r.table.entities.list[entity]
		p := &page{code: c, person: variant != noPerson}
		if c.id != "" {
			p.prefix = c.id + ">"
		}
		p.subject, p.other = c.who.subject(variant)
		r.pages[at] = p
	}
	return r.pages[at]
}

// subject says whom values of an entity are about, and whether that is another than the record's own person.
func (w who) subject(variant int) (phi.Subject, bool) {
	switch {
	case variant == noPerson:
		return phi.Organisation, false
	case w == patient || w == insured:
		return phi.Patient, variant == otherPerson
	case w == relative:
		return phi.Patient, true
	case w == provider || w == organisation:
		return phi.Provider, false // a person who speaks or acts for an organisation
	}
	return phi.Unknown, false
}

// place numbers the place of an outlet on a page; it becomes one of the item's with its first value. There are at most as many as a table
// of places may hold: beyond, pages of all entities share those of the unknown one.
func (r *reading) place(pg *page, f *position, outlet int) uint32 {
	if pg.places == nil {
		pg.places = make([]uint32, r.table.outlets)
	}
	at := &pg.places[int(f.first)+outlet]
	if *at != 0 {
		return *at - 1
	}
	if r.out.Places.Full() && pg.prefix != "" {
		return r.place(r.claimOther, f, outlet)
	}
	*at = r.out.Places.Add(r.describe(pg, f, outlet)) + 1
	return *at - 1
}

// describe makes the place of an outlet.
func (r *reading) describe(pg *page, f *position, outlet int) record.Place {
	p := record.Place{Kind: f.kind, Part: f.part, Subject: pg.subject, Other: pg.other, System: f.system}
	q, component := "", 0
	switch f.t {
	case text:
		p.Kind = phi.FreeText
	case nameOf:
		p.Kind = phi.Name
	case contact:
		p.Kind, p.Part, p.Other = phi.Name, phi.PartFull, pg.subject == phi.Patient
		if p.Subject == phi.Provider {
			p.Subject = phi.Organisation
		}
	case address:
		p.Kind = addressKind(f)
		if f.kind == phi.ZIP {
			p.Part = phi.PartZIP
		}
	case birth:
		p.Kind = phi.DateOfBirth
	case death:
		p.Kind, p.Part = phi.Date, phi.PartDeath
	case days:
		p.Kind = phi.Date
	case id:
	case pregnant:
		p.Classes = phi.Of(phi.PREGNANT)
	case date, party, reference, references, communication, errorContext:
		q, component = r.describeQualified(&p, f, outlet)
	default:
		q, component = r.describeCode(&p, f, outlet)
	}
	p.Field = fmt.Sprintf("%s%s%s-%02d", pg.prefix, f.id, q, f.n)
	if component > 0 {
		p.Field += fmt.Sprintf(".%d", component)
	}
	if p.Kind == phi.FreeText {
		p.Mode = record.Text
	}
	p.Rule = "ASC X12, HIPAA guides, " + p.Field + " " + f.meaning.name
	return p
}

// describeQualified describes the place of an element whose kind is by its qualifier, and gives qualifier and component.
func (r *reading) describeQualified(p *record.Place, f *position, outlet int) (q string, component int) {
	t := r.table
	switch f.t {
	case date:
		c := &t.dates.list[outlet]
		if q, p.Kind = starred(c.id), c.kind; p.Kind == phi.None {
			p.Kind = phi.Date
		}
	case party:
		c := &t.parties.list[outlet]
		if q, p.Kind = bracketed(c.id), c.kind; outlet == 0 {
			p.Kind = phi.OtherID
		}
	case reference, references:
		c := &t.references.list[outlet]
		if q, p.Kind, p.Part = starred(c.id), c.kind, c.part; outlet == 0 {
			p.Kind = phi.FreeText
		}
		if f.t == references {
			component = 2
		}
	case communication:
		c := &t.communications.list[outlet]
		q, p.Kind = bracketed(c.id), c.kind
	case errorContext:
		component, p.Kind = 2, phi.FreeText
		if outlet > 0 {
			p.Kind, p.Subject, p.Other = contexts[outlet-1].kind, phi.Patient, false
		}
	}
	return q, component
}

// describeCode describes the place of a coded element, and gives its qualifier and component.
func (r *reading) describeCode(p *record.Place, f *position, outlet int) (q string, component int) {
	t := r.table
	switch f.t {
	case product:
		q, p.System = bracketed(t.products.list[outlet].id), t.products.list[outlet].system
	case procedure:
		q, p.System, component = bracketed(t.products.list[outlet].id), t.products.list[outlet].system, 2
		if outlet == 0 {
			p.Kind, component = phi.FreeText, 7
		}
	case diagnosis, status:
		q, p.System = bracketed(t.diagnoses.list[outlet].id), t.diagnoses.list[outlet].system
		if f.t == status {
			component = 2
		}
	case health:
		c := &t.diagnoses.list[outlet/2]
		q, component = bracketed(c.id), 2
		if outlet%2 == 1 {
			p.Kind, component = phi.Date, 4
		} else {
			p.System = c.system
		}
	case facility:
		p.System, component = phi.POS, 1
	}
	if p.Kind == phi.None {
		p.Kind = p.System.Kind()
	}
	return q, component
}

func addressKind(f *position) phi.Kind {
	switch {
	case f.kind != phi.None:
		return f.kind
	case f.part == phi.PartState:
		return phi.None
	}
	return phi.Address
}

func starred(q string) string {
	if q == "" {
		return ""
	}
	return "*" + q
}

func bracketed(q string) string {
	if q == "" {
		return ""
	}
	return "[" + q + "]"
}
