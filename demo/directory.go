package demo

import (
	"fmt"
	"strconv"
)

// writeStaff writes a directory of the workforce: people, and no patients.
func writeStaff(w *writer, name string, n int) {
	f := w.create(name, Decoy)
	f.b = append(f.b, "employee_no,display_name,title,department,work_email,extension,badge,hire_date,manager_no\n"...)
	for p := range People(w.seed+0x57aff, n) {
		f.b = row(f.b, ',', "E"+strconv.Itoa(20_000+p.Index), `"`+p.Family+", "+p.Given+`"`, pick(titles, p.Index),
			pick(departments, p.Index), p.Email, "x"+strconv.Itoa(4000+p.Index),
			"B"+p.MRN[:6], visit(p, 3, asOf).Format(isoDate), "E"+strconv.Itoa(20_000+p.Index/9))
		f.end()
	}
	f.close()
}

var titles = split(`Registered Nurse|Medical Assistant|Billing Specialist|Scheduler|Physician|Systems Administrator|
	Social Worker|Pharmacist|Help Desk Analyst`)

// writeProviders writes a public directory of providers, with their NPI and DEA numbers and practice addresses.
func writeProviders(w *writer, name string, n int) {
	f := w.create(name, Decoy)
	f.b = append(f.b, "npi,provider_last_name,provider_first_name,credential,taxonomy_code,dea,practice_address,practice_city,practice_state,practice_zip,practice_phone\n"...)
	for p := range People(w.seed+0xd0c, n) {
		f.b = row(f.b, ',', string(appendNPI(nil, uint64(p.Index))), p.Family, p.Given, "MD", pick(taxonomies, p.Index),
			string(appendDEA(nil, uint64(p.Index), string(appendUpper(nil, p.Family)))), p.Street, p.City, p.State.String(), p.ZIP, p.Phone)
		f.end()
	}
	f.close()
}

// appendUpper writes a name in plain capitals.
func appendUpper(b []byte, name string) []byte {
	b = appendFolded(b, name)
	for i, c := range b {
		b[i] = c &^ 0x20
	}
	return b
}

var taxonomies = split(`207Q00000X|207R00000X|208000000X|363LF0000X|1041C0700X|2084P0800X`)

// writeCodeList writes a list of diagnosis codes in the manner of the order file of CMS: the codes of every sensitive
// class, and nobody who has them.
func writeCodeList(w *writer, name string) {
	f := w.create(name, Decoy)
	n := 0
	add := func(c *Condition) {
		for i := range 10 {
			n++
			f.b = fmt.Appendf(f.b, "%05d %-7s 1 %-60s %s, variant %d\n", n, plain(c.ICD10), c.Display, c.Display, i)
		}
	}
	for i := range everyday {
		add(&everyday[i])
	}
	for i := range sensitive {
		add(&sensitive[i].Condition)
	}
	f.close()
}

// plain drops the dot of a diagnosis code.
func plain(code string) string {
	b := make([]byte, 0, len(code))
	for i := range len(code) {
		if code[i] != '.' {
			b = append(b, code[i])
		}
	}
	return string(b)
}
