package demo

import "time"

// The forms in which dates are written.
const (
	isoDate  = "2006-01-02"
	usDate   = "01/02/2006"
	compact  = "20060102"
	stamp    = "20060102150405"
	instant  = "2006-01-02T15:04:05-07:00"
	longDate = "January 2, 2006"
)

// PatientHeader is the header line of AppendPatientRow.
const PatientHeader = "patient_id,mrn,ssn,last_name,first_name,middle_initial,date_of_birth,sex,address_1,city,state,zip,phone,email,primary_dx\n"

// AppendPatientRow writes a person as a row of CSV.
func AppendPatientRow(b []byte, p *Person) []byte {
	b = append(append(b, p.ID...), ',')
	b = append(append(b, p.MRN...), ',')
	b = append(append(b, p.SSN...), ',')
	b = append(append(b, p.Family...), ',')
	b = append(append(b, p.Given...), ',')
	b = append(append(b, p.Middle...), ',')
	b = append(p.Birth.AppendFormat(b, isoDate), ',', p.Sex, ',')
	b = append(append(b, p.Street...), ',')
	b = append(append(b, p.City...), ',')
	b = append(append(b, p.State.String()...), ',')
	b = append(append(b, p.ZIP...), ',')
	b = append(append(b, p.Phone...), ',')
	b = append(append(b, p.Email...), ',')
	return append(append(b, p.Conditions[len(p.Conditions)-1].ICD10...), '\n')
}

// visit is the day of a person's k-th visit, at a time of day, within the two years before until.
func visit(p *Person, k int, until time.Time) time.Time {
	n := p.Index*7919 + k*104_729 + 13
	day := until.AddDate(0, 0, -(n % 730))
	return day.Add(time.Duration(8*60+n%540) * time.Minute)
}

// row writes fields with a separator between them and a line feed at the end.
func row(b []byte, sep byte, fields ...string) []byte {
	for i, f := range fields {
		if i > 0 {
			b = append(b, sep)
		}
		b = append(b, f...)
	}
	return append(b, '\n')
}
