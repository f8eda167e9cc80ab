package detect

import (
	"github.com/chartroom/chartroom/detect/text"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// verdict judges the item by its findings. A provider's or an organisation's data alone is no patient's.
func (it *Item) verdict(fs []finding) phi.Verdict {
	var who [8]identifiers
	for i := range fs {
		if f := &fs[i]; f.Kind.Identifier() && f.Likelihood >= reportable && !f.inText {
			who[f.Subject].add(f)
		}
	}
	columns := it.columnHealth()
	health := it.health.coded > 0 || it.health.position || columns
	patient, unknown := &who[phi.Patient], &who[phi.Unknown]
	switch {
	case patient.byPosition, health && patient.columns(), health && unknown.person(), it.health.patientText:
		return phi.VerdictPHI
	case unknown.person(), patient.person(), who[phi.Customer].placed&direct != 0, who[phi.Workforce].staff(), it.health.personText:
		return phi.VerdictPII
	case it.health.coded > 0, columns:
		return phi.VerdictHealth
	}
	return phi.VerdictNone
}

// columnHealth tells whether some column speaks of health, care or payment.
func (it *Item) columnHealth() bool {
	for i := 0; it.columns && i < it.places.Len(); i++ {
		if it.places.At(uint32(i)).Mode == record.Column && it.table.Decision(uint32(i)).Health {
			return true
		}
	}
	return false
}

const (
	// direct are identifiers that lead to a person by themselves or with a name.
	direct phi.KindSet = 1<<phi.Name | 1<<phi.Address | 1<<phi.Phone | 1<<phi.Fax | 1<<phi.Email | 1<<phi.SSN | 1<<phi.MRN |
		1<<phi.HealthPlanID | 1<<phi.Account | 1<<phi.License | 1<<phi.Vehicle | 1<<phi.Biometric | 1<<phi.Photo
	// beside are identifiers that make a name a person's.
	beside = direct&^(1<<phi.Name) | 1<<phi.Date
	// numbers are identifiers that only a person has.
	numbers phi.KindSet = 1<<phi.SSN | 1<<phi.MRN | 1<<phi.HealthPlanID
)

// manyMails is how many e-mail addresses make a list of persons, where nothing else says whose they are; manyNames is how many names
// of staff do, where nothing but names is known: each document has an author.
const (
	manyMails = 10
	manyNames = 10
)

// identifiers sums up the findings about one kind of subject, in places and columns.
type identifiers struct {
	placed     phi.KindSet
	mails      int64
	names      int64
	byPosition bool    // the format itself says that one stands there, or it is a number of care
	fields     int     // columns that hold one that leads to a person, or a date about him
	surest     float64 // the highest likelihood of them
}

func (w *identifiers) add(f *finding) {
	k := f.Kind.Coarse()
	if (direct | 1<<phi.Date).Has(k) {
		ofCare := (k == phi.MRN || k == phi.HealthPlanID) && f.Likelihood >= sureColumn // only care and its payment number people so
		w.byPosition = w.byPosition || f.position || ofCare
		w.fields++
		w.surest = max(w.surest, f.Likelihood)
	}
	if f.Kind == phi.DateOfBirth {
		w.placed = w.placed.With(phi.License) // as good as a number, beside a name
	}
	w.placed = w.placed.With(k)
	switch k {
	case phi.Email:
		w.mails += f.Values
	case phi.Name:
		w.names += f.Values
	}
}

// columns tells whether columns that are judged to be about patients are enough: two of them, or one that is sure. Numbers of orders,
// claims and encounters alone, dated or not, are nobody's yet.
func (w *identifiers) columns() bool {
	return (w.fields > 1 || w.surest >= sureColumn) && w.placed&direct&^(1<<phi.Account) != 0
}

// sureColumn is the likelihood from which one column alone makes a table one of patients.
const sureColumn = 0.75

// staff tells whether identifiers of the workforce make a list of persons: more than names, or many names.
func (w *identifiers) staff() bool {
	return w.placed&direct&^(1<<phi.Name) != 0 || w.names >= manyNames
}

// person tells whether identifiers that are not known to be anybody's are a person's: a number that only persons have, a
// name with something beside it, or many addresses of mail.
func (w *identifiers) person() bool {
	return w.placed&numbers != 0 || w.placed.Has(phi.Name) && w.placed&beside&^(1<<phi.Date) != 0 || w.mails >= manyMails
}

// What running text must show. Nothing stands in its place there, so one name that may be one is not enough, and what
// belongs together stands near together: it is judged in windows.
const (
	windowSize   = 8 << 10
	sureSpan     = 0.75 // a span from here on is good evidence
	healthWords  = 4    // words of care from which a window may speak of health
	healthBytes  = 200  // and there is at least one in so many bytes
	textMails    = 3    // so many e-mail addresses beside names are a list of people; one is a signature
	labelledCare = 2    // words of care that are enough beside a label such as "Patient:"
)

// window is what stands in a piece of running text.
type window struct {
	sure     phi.KindSet
	mails    int  // e-mail addresses
	patient  bool // a label said that it is a patient's
	labelled bool // a number of a patient stood behind its label
}

func (w *window) add(s *text.Span) {
	if s.Likelihood < sureSpan || s.Subject == phi.Provider || s.Subject == phi.Organisation {
		return
	}
	w.sure = w.sure.With(s.Kind.Coarse())
	if s.Kind == phi.DateOfBirth {
		w.sure = w.sure.With(phi.License)
	}
	if s.Kind == phi.Email {
		w.mails++
	}
	if s.Labelled {
		w.patient = w.patient || s.Subject == phi.Patient
		w.labelled = w.labelled || s.Kind == phi.SSN || s.Kind == phi.MRN || s.Kind == phi.HealthPlanID
	}
}

// judge gives what the window says: is somebody named in it, and as a patient?
func (w *window) judge(bytes, health int) (person, patient bool) {
	contact := w.sure & beside &^ (1<<phi.Date | 1<<phi.Email)
	person = w.labelled || w.sure.Has(phi.SSN) || w.sure.Has(phi.Name) && (contact != 0 || w.mails >= textMails)
	care := health >= healthWords && health*healthBytes >= bytes
	patient = care && (person || w.sure.Has(phi.Name) && (w.sure.Has(phi.Date) || w.mails > 0)) ||
		health >= labelledCare && (w.labelled || w.patient && person)
	return person || patient, patient
}
