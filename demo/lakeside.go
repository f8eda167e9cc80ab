package demo

import (
	"fmt"
	"strings"
)

// writeLakeside writes the share of the acquired clinics, which are still at work: appointments, notes and billing.
func writeLakeside(w *writer, c *cast) {
	f := w.create(Lakeside+"/scheduling/appointments.csv", Records)
	f.b = append(f.b, "Appt ID,Chart No,Patient Name,DOB,Phone,Appt Date,Appt Time,Clinic,Visit Type,Comments\n"...)
	c.each(c.lakeside, nil, func(p *Person) {
		f.b = appendAppointment(f.b, p)
		f.shows(p, sight{})
		f.end()
	})
	f.close()
	writeLedger(w.create(Lakeside+"/billing/ledger.tsv", Records), c)
	c.each(c.lakeside, func(p *Person) bool { return p.Index%9 == 0 }, func(p *Person) {
		last := len(p.Conditions) - 1
		f := w.create(fmt.Sprintf("%s/notes/%s/%s_%s.txt", Lakeside, pick(clinics, p.Index), p.Chart, visit(p, last, asOf).Format(compact)), Records)
		f.b = progressNote(f.b, p, last, p.Chart)
		f.shows(p, sight{home: true, noted: p.Conditions[last].Classes})
		f.close()
	})
	writeStatements(w, c)
	writeLog(w, Lakeside+"/logs/scheduler.log", 1<<21, 1500)
	writeStaff(w, Lakeside+"/office/phone list.csv", 60)
	writeDecoys(w, Lakeside+"/public")
}

func appendAppointment(b []byte, p *Person) []byte {
	at := visit(p, 0, asOf)
	return row(b, ',', fmt.Sprintf("%d", 880_000+p.Index), p.Chart, `"`+p.Family+", "+p.Given+" "+p.Middle+`"`, p.Birth.Format(usDate),
		p.Phone, at.Format(usDate), at.Format("3:04 PM"), pick(clinics, p.Index), pick(visitTypes, p.Index), `"`+pick(comments, p.Index)+`"`)
}

var (
	clinics    = split(`Salem|Eugene|Boise|Spokane|Bend`)
	visitTypes = split(`New patient|Follow-up|Annual physical|Telehealth|Procedure|Lab only`)
	comments   = split(`|bring insurance card|needs interpreter|prefers morning|running late last time, call ahead|fasting labs`)
)

// writeLedger writes charges separated by tabs, with the diagnosis.
func writeLedger(f *file, c *cast) {
	f.b = append(f.b, "Acct No\tPatient\tSSN\tStreet\tCity\tST\tZip\tDOS\tCPT\tDx\tCharge\tInsurance ID\n"...)
	c.each(c.lakeside, nil, func(p *Person) {
		for k := range p.Conditions {
			d := &p.Conditions[k]
			f.b = row(f.b, '\t', p.Chart, p.Given+" "+p.Family, p.SSN, p.Street, p.City, p.State.String(), p.ZIP,
				visit(p, k, asOf).Format(usDate), d.Service, d.ICD10, money(8000+p.Index%9000), p.Member)
		}
		f.shows(p, sight{home: true, coded: p.Classes(), part2: inProgramme(p)})
		f.end()
	})
	f.close()
}

// writeStatements writes letters about unpaid bills, one after another in one text file, with a form feed between them.
func writeStatements(w *writer, c *cast) {
	f := w.create(Lakeside+"/billing/statements_december.txt", Records)
	c.each(c.lakeside, func(p *Person) bool { return p.Index%11 == 2 }, func(p *Person) {
		f.b = fmt.Appendf(f.b, "LAKESIDE CLINICS - STATEMENT OF ACCOUNT\n\n%s %s %s\n%s\n%s, %s %s\n\nAccount number: %s\nDate of birth: %s\nStatement date: %s\nAmount due: $%s\n\n"+
			"Questions? Call (503) 555-0199 or write to billing@lakeside.example.org.\n\f",
			strings.ToUpper(p.Given), p.Middle, strings.ToUpper(p.Family), p.Street, p.City, p.State, p.ZIP, p.Chart,
			p.Birth.Format(usDate), asOf.Format(usDate), money(2500+p.Index%30_000))
		f.shows(p, sight{home: true})
		f.end()
	})
	f.close()
}
