package demo

import (
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/phi"
)

// archive is the folder of the unmigrated archive.
const archive = Harbor + "/archive-2019"

// therapyEvery is every how many-th patient of mental health has psychotherapy notes in the archive.
const therapyEvery = 3

// writeHarbor writes the archive that nobody migrated: programme registers, notes of every kind, exports in old
// character sets, files without header or with the wrong name.
func writeHarbor(w *writer, c *cast) {
	w.written = archived
	writeMaster(w, c)
	writeProgramme(w, c)
	writeRegistry(w, c)
	writePrenatal(w, c)
	writeInfections(w, c)
	writeArchiveNotes(w, c)
	writeMisnamed(w, c)
	writeLog(w, archive+"/server/iis/u_ex190930.log", 1<<22, 1500)
	writeCodeList(w, archive+"/reference/dx_codes.txt")
	writeDecoys(w, archive+"/misc")
}

func has(class phi.Class) func(*Person) bool { return func(p *Person) bool { return p.Has(class) } }

// condition is the person's condition of a class.
func condition(p *Person, class phi.Class) *Condition {
	for i := range p.Conditions {
		if p.Conditions[i].Classes.Has(class) {
			return &p.Conditions[i]
		}
	}
	return &p.Conditions[0]
}

// writeMaster writes the index of all patients, as UTF-16 with a byte order mark, tabs and CRLF.
func writeMaster(w *writer, c *cast) {
	f := w.create(archive+"/PM_Export/PATIENT_MASTER.txt", Records)
	f.encode = func(b []byte) []byte { return utf16le(crlf(b)) }
	f.b = append(f.b, "\ufeffChartNumber\tLastName\tFirstName\tMI\tBirthDate\tSex\tSocSecNo\tAddress1\tCity\tState\tZip\tHomePhone\n"...)
	c.each(c.harbor, nil, func(p *Person) {
		f.b = row(f.b, '\t', p.Chart, p.Family, p.Given, p.Middle, p.Birth.Format(usDate), string(p.Sex), p.SSN,
			p.Street, p.City, p.State.String(), p.ZIP, p.Phone)
		f.shows(p, sight{home: true})
		f.end()
	})
	f.close()
}

// writeProgramme writes the opioid treatment programme: enrolment, and the daily doses, which know the chart number alone.
func writeProgramme(w *writer, c *cast) {
	f := w.create(archive+"/OTP/enrollment.csv", Records)
	f.b = append(f.b, "chart_no,last_name,first_name,dob,ssn,state,admit_date,dx_code,dx_desc,hcpcs,pos,counselor\n"...)
	c.each(c.harbor, inProgramme, func(p *Person) {
		d := condition(p, phi.SUD)
		f.b = row(f.b, ',', p.Chart, p.Family, p.Given, p.Birth.Format(isoDate), p.SSN, p.State.String(),
			visit(p, 5, archived).Format(isoDate), d.ICD10, d.Display, d.Service, d.Place, families[(p.Index*3)%40])
		f.shows(p, sight{home: true, coded: d.Classes, part2: true})
		f.end()
	})
	f.close()
	f = w.create(archive+"/OTP/dosing/2019-09.csv", Records)
	f.b = append(f.b, "chart_no,dose_date,medication,dose_mg,take_home,hcpcs,nurse_initials\n"...)
	c.each(c.harbor, has(phi.OPIOIDUD), func(p *Person) {
		for day := range 30 {
			f.b = row(f.b, ',', p.Chart, archived.AddDate(0, 0, day-30).Format(isoDate), "methadone", fmt.Sprint(40+p.Index%9*10),
				"N", "H0020", string('A'+rune(p.Index%20))+"M")
		}
		f.shows(p, sight{coded: phi.Of(phi.OPIOIDUD), part2: true})
		f.end()
	})
	f.close()
}

// writeRegistry writes an HIV registry without a header line, separated by pipes.
func writeRegistry(w *writer, c *cast) {
	f := w.create(archive+"/registry/hars_2018.dat", Records)
	c.each(c.harbor, has(phi.HIV), func(p *Person) {
		for k := range 4 {
			day := visit(p, 10+k, archived)
			f.b = row(f.b, '|', p.Chart, strings.ToUpper(p.Family), strings.ToUpper(p.Given), p.Birth.Format(compact), p.SSN, p.State.String(),
				p.ZIP, "B20", "20447-9", fmt.Sprint(20+(p.Index*13+k*7919)%48_000), "copies/mL", day.Format(compact))
		}
		f.shows(p, sight{home: true, coded: phi.Of(phi.HIV)})
		f.end()
	})
	f.close()
}

func writePrenatal(w *writer, c *cast) {
	f := w.create(archive+"/womens/prenatal_flow.csv", Records)
	f.b = append(f.b, "Chart,Patient,DOB,LMP,EDD,Gravida,Para,Dx,Zip,Comment\n"...)
	c.each(c.harbor, has(phi.PREGNANT), func(p *Person) {
		lmp := visit(p, 2, archived)
		f.b = row(f.b, ',', p.Chart, `"`+p.Family+", "+p.Given+`"`, p.Birth.Format(usDate), lmp.Format(usDate),
			lmp.AddDate(0, 0, 280).Format(usDate), "2", "1", condition(p, phi.PREGNANT).ICD10, p.ZIP, `"routine visit, FHR 144"`)
		f.shows(p, sight{home: true, coded: phi.Of(phi.PREGNANT)})
		f.end()
	})
	f.close()
}

// writeInfections writes a sexually transmitted disease clinic's export in Latin-1 with semicolons.
func writeInfections(w *writer, c *cast) {
	f := w.create(archive+"/std/Clinic Export 2018.csv", Records)
	f.encode = func(b []byte) []byte { return latin1(crlf(b)) }
	f.b = append(f.b, "Chart;Name;Date of Birth;Street;City;State;ZIP;Diagnosis;Result;Partner notified\n"...)
	c.each(c.harbor, has(phi.STD), func(p *Person) {
		d := condition(p, phi.STD)
		f.b = row(f.b, ';', p.Chart, p.Given+" "+p.Family, p.Birth.Format(usDate), p.Street, p.City, p.State.String(), p.ZIP, d.ICD10, "positive", "yes")
		f.shows(p, sight{home: true, coded: phi.Of(phi.STD)})
		f.end()
	})
	f.close()
}

// writeArchiveNotes writes one text file a note, in the folders of the departments.
func writeArchiveNotes(w *writer, c *cast) {
	note := func(p *Person, folder string, s sight, text []byte) {
		f := w.create(fmt.Sprintf("%s/%s/%s/%s.txt", archive, folder, p.Family[:1], p.Chart), Records)
		f.encode = crlf
		f.b = text
		s.home = true
		f.shows(p, s)
		f.close()
	}
	c.each(c.harbor, nil, func(p *Person) {
		all := p.Classes()
		if all.Has(phi.PSY) {
			note(p, "behavioral_health/notes", sight{noted: phi.Of(phi.PSY)}, behaviouralNote(nil, p, condition(p, phi.PSY)))
		}
		if all.Has(phi.PSY) && p.Index%therapyEvery == 0 {
			note(p, "behavioral_health/Psychotherapy Notes", sight{noted: phi.Of(phi.PSYTHPN)}, psychotherapyNote(nil, p))
		}
		if all.Has(phi.OPIOIDUD) {
			note(p, "OTP/counseling", sight{noted: phi.Of(phi.OPIOIDUD), part2: true}, counsellingNote(nil, p, condition(p, phi.OPIOIDUD)))
		}
		if all.Has(phi.SDV) {
			note(p, "social_work/DV", sight{noted: phi.Of(phi.SDV)}, abuseNote(nil, p, condition(p, phi.SDV)))
		}
	})
}

// writeMisnamed writes files whose name says nothing, or something wrong, and an archive within the archive.
func writeMisnamed(w *writer, c *cast) {
	for i, name := range []string{"export", "IMG_2041.jpg", "New folder/New folder (2)/data.bak"} {
		f := w.create(archive+"/old/"+name, Records)
		c.each(c.harbor, every(7, i), func(p *Person) {
			f.b = appendChartRow(f.b, p)
			f.shows(p, sight{home: true})
			f.end()
		})
		f.close()
	}
	writeFeed(w.create(archive+"/old/backup.dat", Records), c, feed{lakesideClinic, c.harbor, every(8, 3)})
	f := w.create(archive+"/old/charts_A-F.zip", Records)
	f.encode = zipped(w, "charts.csv")
	c.each(c.harbor, every(7, 5), func(p *Person) {
		f.b = appendChartRow(f.b, p)
		f.shows(p, sight{home: true})
	})
	f.close()
}

// every takes one of n persons.
func every(n, rest int) func(*Person) bool {
	return func(p *Person) bool { return p.Index%n == rest }
}

// appendChartRow writes a row of a file without a header.
func appendChartRow(b []byte, p *Person) []byte {
	return row(b, ',', p.Chart, p.Family, p.Given, p.Birth.Format(isoDate), p.SSN, p.State.String(), p.ZIP, p.Phone)
}
