package demo

// writeMeridian writes the acquirer's own estate: exports of the record system, claims, a bulk export, a message feed,
// logs and directories.
func writeMeridian(w *writer, c *cast) {
	f := w.create(Meridian+"/ehr/patients.csv", Records)
	f.b = append(f.b, PatientHeader...)
	c.each(c.meridian, nil, func(p *Person) {
		f.b = AppendPatientRow(f.b, p)
		f.shows(p, sight{home: true, coded: p.Conditions[len(p.Conditions)-1].Classes})
		f.end()
	})
	f.close()
	writeEncounters(w.create(Meridian+"/ehr/encounters.csv", Records), c)
	writeClaims(w.create(Meridian+"/claims/2025/professional_lines.txt", Records), c, c.meridian)
	writeBulk(w, c, Meridian+"/fhir-bulk/2025-12-31", c.meridian)
	writeFeed(w.create(Meridian+"/interfaces/adt_oru_batch.hl7", Records), c, feed{meridianHospital, c.meridian, inFeed})
	writeLog(w, Meridian+"/logs/web-access.log", 0, 3000)
	writeLog(w, Meridian+"/logs/app/service.log", 1<<20, 2000)
	writeStaff(w, Meridian+"/directory/staff.csv", 220)
	writeProviders(w, Meridian+"/directory/providers.csv", 180)
	writeCodeList(w, Meridian+"/reference/icd10cm_order_2025.txt")
	writeDecoys(w, Meridian+"/shared")
}

func writeEncounters(f *file, c *cast) {
	f.b = append(f.b, encounterHeader...)
	c.each(c.meridian, nil, func(p *Person) {
		for k := range p.Conditions {
			f.b = appendEncounter(f.b, p, k)
			f.end()
		}
		f.shows(p, sight{coded: p.Classes()})
	})
	f.close()
}
