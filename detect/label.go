package detect

import (
	"github.com/chartroom/chartroom/detect/column"
	"github.com/chartroom/chartroom/detect/ident"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// use is what the engine does with a value.
type use uint8

const (
	unused     use = iota
	noted          // an identifier that the column engine counts and that tells nothing of the record's person
	identifier     // count it; it may tell who the record's person is
	residence      // a State or ZIP: where the person lives
	code           // grade it
	running        // scan it
	fact           // sex, age: says something of the person, identifies nobody
)

// role is what a value is to the identity of the record's person.
type role uint8

const (
	silent role = iota
	number
	family
	given
	full
	birth
	birthPart // of a date of birth: tells the age alone
	email
	phone
)

// label is what a place means, whoever said so: its format, or the column engine.
type label struct {
	use        use
	role       role
	idle       bool // the values of the place need no look
	quiet      bool // they only tell who the record's person is, by their role
	kind       phi.Kind
	part       phi.Part
	subject    phi.Subject
	own        bool // it is about the record's own person
	system     phi.System
	systemFrom int32
	classes    phi.Classes
	varying    bool                     // each value may name its code system
	counted    bool                     // the column engine counts values and their syntax
	check      func([]byte) ident.Grade // nil = any value will do
	tally      *tally                   // of the kind, nil before its first value
}

// byPosition makes the label of a place whose format knows what stands there.
func byPosition(p *record.Place) label {
	l := label{kind: p.Kind, part: p.Part, subject: p.Subject, system: p.System, systemFrom: -1, classes: p.Classes, varying: true}
	l.own = p.Subject == phi.Patient && !p.Other
	if p.Mode == record.Text {
		l.use, l.kind = running, phi.FreeText
		return l
	}
	l.settle()
	return l
}

// byColumn makes the label of a column that was judged.
func byColumn(p *record.Place, d *column.Decision) label {
	l := label{kind: d.Kind, part: d.Part, subject: d.Subject, system: d.System, systemFrom: int32(d.SystemFrom), classes: p.Classes, counted: true}
	l.own = d.Subject == phi.Patient && !d.Other
	if d.FreeText || d.Kind == phi.FreeText {
		l.use, l.kind = running, phi.FreeText
		return l
	}
	if d.Likelihood < reportable && d.Kind != phi.None {
		l.kind = phi.None
	}
	l.settle()
	return l
}

// settle decides the use from what is known of the place.
func (l *label) settle() {
	switch {
	case l.part == phi.PartState || l.kind == phi.ZIP:
		l.use = residence
	case l.kind.Coded() || l.system != phi.NoSystem:
		l.use = code
	case l.kind == phi.None && (l.part == phi.PartAge || l.part == phi.PartSex):
		l.use = fact
	case l.kind != phi.None:
		l.use = identifier
	case l.classes != 0:
		l.use = fact
	case l.part == phi.PartNone && l.varying:
		l.use = code
	}
	l.check = checkOf(l.kind)
	if l.own && l.use == identifier {
		l.role = roleOf(l.kind, l.part)
	}
	if l.use == identifier && l.counted && l.role == silent {
		l.use = noted
	}
	l.idle = l.use == unused || l.use == fact && l.part != phi.PartAge && l.classes == 0
}

// roleOf gives the role of an identifier of the record's own person.
func roleOf(k phi.Kind, p phi.Part) role {
	whole := p == phi.PartNone || p == phi.PartFull
	switch {
	case k == phi.MRN || k == phi.HealthPlanID || k == phi.SSN || k == phi.Account:
		return number
	case k == phi.Name && p == phi.PartFamily:
		return family
	case k == phi.Name && p == phi.PartGiven:
		return given
	case k == phi.Name && whole:
		return full
	case k == phi.DateOfBirth && whole:
		return birth
	case k == phi.DateOfBirth:
		return birthPart
	case k == phi.Email:
		return email
	case k == phi.Phone:
		return phone
	}
	return silent
}

// checkOf gives the syntax check of a kind; kinds without a general form have none.
func checkOf(k phi.Kind) func([]byte) ident.Grade {
	switch k {
	case phi.SSN:
		return ident.SSN
	case phi.NPI:
		return ident.NPI
	case phi.Email:
		return ident.Email
	case phi.ICD10:
		return ident.ICD10
	case phi.LOINC:
		return ident.LOINC
	case phi.SNOMED:
		return ident.SNOMED
	case phi.NDC:
		return ident.NDC
	}
	return nil
}
