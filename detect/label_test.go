package detect

import (
	"testing"

	"github.com/chartroom/chartroom/detect/column"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

func TestRoles(t *testing.T) {
	for _, c := range []struct {
		place record.Place
		use   use
		role  role
	}{
		{record.Place{Kind: phi.MRN, Subject: phi.Patient}, identifier, number},
		{record.Place{Kind: phi.MRN, Subject: phi.Patient, Other: true}, identifier, silent},
		{record.Place{Kind: phi.SSN, Subject: phi.Provider}, identifier, silent},
		{record.Place{Kind: phi.Name, Part: phi.PartFamily, Subject: phi.Patient}, identifier, family},
		{record.Place{Kind: phi.Name, Part: phi.PartGiven, Subject: phi.Patient}, identifier, given},
		{record.Place{Kind: phi.Name, Subject: phi.Patient}, identifier, full},
		{record.Place{Kind: phi.Name, Part: phi.PartMiddle, Subject: phi.Patient}, identifier, silent},
		{record.Place{Kind: phi.DateOfBirth, Subject: phi.Patient}, identifier, birth},
		{record.Place{Kind: phi.DateOfBirth, Part: phi.PartYear, Subject: phi.Patient}, identifier, birthPart},
		{record.Place{Kind: phi.Email, Subject: phi.Patient}, identifier, email},
		{record.Place{Kind: phi.Phone, Subject: phi.Patient}, identifier, phone},
		{record.Place{Kind: phi.ZIP, Subject: phi.Patient}, residence, silent},
		{record.Place{Part: phi.PartState, Subject: phi.Patient}, residence, silent},
		{record.Place{Kind: phi.ICD10, Subject: phi.Patient}, code, silent},
		{record.Place{Part: phi.PartAge, Subject: phi.Patient}, fact, silent},
	} {
		if l := byPosition(&c.place); l.use != c.use || l.role != c.role {
			t.Errorf("%v %v of %v: use %d and role %d, want %d and %d", c.place.Kind, c.place.Part, c.place.Subject, l.use, l.role, c.use, c.role)
		}
	}
}

// TestColumnsThatTellNothingOfThePerson are only noted: the column engine counts their values.
func TestColumnsThatTellNothingOfThePerson(t *testing.T) {
	place := record.Place{Field: "city", Mode: record.Column}
	l := byColumn(&place, &column.Decision{Kind: phi.Address, Part: phi.PartCity, Subject: phi.Patient, Likelihood: 0.9, SystemFrom: -1})
	if l.use != noted {
		t.Errorf("a city is used as %d", l.use)
	}
	if l = byColumn(&place, &column.Decision{Kind: phi.MRN, Subject: phi.Patient, Likelihood: 0.9, SystemFrom: -1}); l.use != identifier || l.role != number {
		t.Errorf("a record number is used as %d, role %d", l.use, l.role)
	}
}
