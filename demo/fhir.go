package demo

import (
	"encoding/base64"
	"fmt"
	"time"
)

// The code systems and profiles of FHIR R4 and US Core that the resources name.
const (
	sysICD10   = "http://hl7.org/fhir/sid/icd-10-cm"
	sysSNOMED  = "http://snomed.info/sct"
	sysLOINC   = "http://loinc.org"
	sysUnits   = "http://unitsofmeasure.org"
	sysIDType  = "http://terminology.hl7.org/CodeSystem/v2-0203"
	sysSSN     = "http://hl7.org/fhir/sid/us-ssn"
	sysMBI     = "http://hl7.org/fhir/sid/us-mbi"
	sysMRN     = "https://ids.meridian.example.org/mrn"
	sysPlan    = "https://ids.meridian.example.org/member"
	sysPurpose = "http://terminology.hl7.org/CodeSystem/"
)

// AppendPatient writes a person as a FHIR R4 Patient on one line.
func AppendPatient(b []byte, p *Person) []byte {
	plan := sysPlan
	if p.Member[0] != 'W' {
		plan = sysMBI
	}
	gender := "male"
	if p.Sex == 'F' {
		gender = "female"
	}
	b = fmt.Appendf(b, `{"resourceType":"Patient","id":"%s","meta":{"versionId":"1","lastUpdated":"%s"},"identifier":[`,
		p.ID, visit(p, 9, asOf).Format(instant))
	b = fmt.Appendf(b, `{"use":"usual","type":{"coding":[{"system":"%s","code":"MR","display":"Medical record number"}]},"system":"%s","value":"%s"},`,
		sysIDType, sysMRN, p.MRN)
	b = fmt.Appendf(b, `{"type":{"coding":[{"system":"%s","code":"SS","display":"Social Security number"}]},"system":"%s","value":"%s"},`,
		sysIDType, sysSSN, p.SSN)
	b = fmt.Appendf(b, `{"type":{"coding":[{"system":"%s","code":"MB","display":"Member Number"}]},"system":"%s","value":"%s"}],"active":true,`,
		sysIDType, plan, p.Member)
	b = fmt.Appendf(b, `"name":[{"use":"official","family":"%s","given":["%s","%s"]}],`, p.Family, p.Given, p.Middle)
	b = fmt.Appendf(b, `"telecom":[{"system":"phone","value":"%s","use":"home"},{"system":"email","value":"%s"}],`, p.Phone, p.Email)
	return fmt.Appendf(b, `"gender":"%s","birthDate":"%s","address":[{"use":"home","line":["%s"],"city":"%s","state":"%s","postalCode":"%s","country":"US"}],`+
		`"communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"en-US"}]},"preferred":true}]}`+"\n",
		gender, p.Birth.Format(isoDate), p.Street, p.City, p.State, p.ZIP)
}

// AppendCondition writes a person's k-th condition as a FHIR R4 Condition.
func AppendCondition(b []byte, p *Person, k int) []byte {
	c := &p.Conditions[k]
	b = fmt.Appendf(b, `{"resourceType":"Condition","id":"%s-c%d","clinicalStatus":{"coding":[{"system":"%scondition-clinical","code":"active"}]},`+
		`"verificationStatus":{"coding":[{"system":"%scondition-ver-status","code":"confirmed"}]},`, p.ID[:23], k, sysPurpose, sysPurpose)
	b = fmt.Appendf(b, `"category":[{"coding":[{"system":"%scondition-category","code":"encounter-diagnosis","display":"Encounter Diagnosis"}]}],`, sysPurpose)
	return fmt.Appendf(b, `"code":{"coding":[{"system":"%s","code":"%s","display":"%s"},{"system":"%s","code":"%s","display":"%s"}],"text":"%s"},`+
		`"subject":{"reference":"Patient/%s"},"encounter":{"reference":"Encounter/%s-e%d"},"recordedDate":"%s"}`+"\n",
		sysICD10, c.ICD10, c.Display, sysSNOMED, c.SNOMED, c.Display, c.Display, p.ID, p.ID[:23], k, visit(p, k, asOf).Format(isoDate))
}

// AppendEncounter writes a person's k-th visit as a FHIR R4 Encounter.
func AppendEncounter(b []byte, p *Person, k int) []byte {
	from := visit(p, k, asOf)
	return fmt.Appendf(b, `{"resourceType":"Encounter","id":"%s-e%d","status":"finished","class":{"system":"%sv3-ActCode","code":"AMB","display":"ambulatory"},`+
		`"type":[{"coding":[{"system":"%s","code":"185349003","display":"Encounter for check up"}]}],"subject":{"reference":"Patient/%s"},`+
		`"period":{"start":"%s","end":"%s"},"serviceProvider":{"display":"Meridian Health, %s"}}`+"\n",
		p.ID[:23], k, sysPurpose, sysSNOMED, p.ID, from.Format(instant), from.Add(35*time.Minute).Format(instant),
		departments[(p.Index+k)%len(departments)])
}

// measure is a vital sign or laboratory value.
type measure struct {
	category, loinc, display, unit string
	base, spread                   int
}

var measures = []measure{
	{"vital-signs", "8480-6", "Systolic blood pressure", "mm[Hg]", 104, 52},
	{"vital-signs", "8462-4", "Diastolic blood pressure", "mm[Hg]", 62, 33},
	{"vital-signs", "8867-4", "Heart rate", "/min", 55, 45},
	{"vital-signs", "29463-7", "Body weight", "kg", 48, 70},
	{"laboratory", "2339-0", "Glucose [Mass/volume] in Blood", "mg/dL", 72, 110},
	{"laboratory", "20447-9", "HIV 1 RNA [#/volume] (viral load) in Serum or Plasma by NAA with probe detection", "{copies}/mL", 20, 48_000},
}

// AppendObservation writes a person's k-th measure as a FHIR R4 Observation. The last measure is the viral load.
func AppendObservation(b []byte, p *Person, k int) []byte {
	m := &measures[k%len(measures)]
	value := m.base + (p.Index*13+k*7)%m.spread
	return fmt.Appendf(b, `{"resourceType":"Observation","id":"%s-o%d","status":"final","category":[{"coding":[{"system":"%sobservation-category","code":"%s"}]}],`+
		`"code":{"coding":[{"system":"%s","code":"%s","display":"%s"}]},"subject":{"reference":"Patient/%s"},"effectiveDateTime":"%s",`+
		`"valueQuantity":{"value":%d,"unit":"%s","system":"%s","code":"%s"}}`+"\n",
		p.ID[:23], k, sysPurpose, m.category, sysLOINC, m.loinc, m.display, p.ID, visit(p, k, asOf).Format(instant), value, m.unit, sysUnits, m.unit)
}

// AppendDocument writes a visit's note as a FHIR R4 DocumentReference with the text in it, in base64.
func AppendDocument(b []byte, p *Person, k int) []byte {
	note := AppendNote(nil, p, k)
	b = fmt.Appendf(b, `{"resourceType":"DocumentReference","id":"%s-d%d","status":"current","type":{"coding":[{"system":"%s","code":"11506-3","display":"Progress note"}]},`+
		`"subject":{"reference":"Patient/%s"},"date":"%s","content":[{"attachment":{"contentType":"text/plain; charset=utf-8","data":"`,
		p.ID[:23], k, sysLOINC, p.ID, visit(p, k, asOf).Format(instant))
	b = base64.StdEncoding.AppendEncode(b, note)
	return append(b, `","title":"Progress note"}}]}`+"\n"...)
}

// lastMeasure is how many measures a person has: the viral load only with HIV.
func lastMeasure(p *Person) int {
	for i := range p.Conditions {
		if p.Conditions[i].ICD10 == "B20" {
			return len(measures)
		}
	}
	return len(measures) - 1
}

// AppendFHIR writes all that FHIR has of a person as lines of NDJSON: Patient, then Conditions, Encounters,
// Observations and a DocumentReference.
func AppendFHIR(b []byte, p *Person) []byte {
	b = AppendPatient(b, p)
	for k := range p.Conditions {
		b = AppendCondition(b, p, k)
		b = AppendEncounter(b, p, k)
	}
	for k := range lastMeasure(p) {
		b = AppendObservation(b, p, k)
	}
	return AppendDocument(b, p, 0)
}

// writeBulk writes a bulk export: one file a type of resource.
func writeBulk(w *writer, c *cast, folder string, runs []span) {
	kinds := []struct {
		name  string
		count func(*Person) int
		write func([]byte, *Person, int) []byte
	}{
		{"Patient", func(*Person) int { return 1 }, func(b []byte, p *Person, _ int) []byte { return AppendPatient(b, p) }},
		{"Condition", func(p *Person) int { return len(p.Conditions) }, AppendCondition},
		{"Encounter", func(p *Person) int { return len(p.Conditions) }, AppendEncounter},
		{"Observation", lastMeasure, AppendObservation},
		{"DocumentReference", func(*Person) int { return 1 }, AppendDocument},
	}
	for _, kind := range kinds {
		f := w.create(folder+"/"+kind.name+".ndjson", Records)
		c.each(runs, inBulk, func(p *Person) {
			for k := range kind.count(p) {
				f.b = kind.write(f.b, p, k)
				f.end()
			}
			s := sight{home: kind.name == "Patient"}
			if kind.name == "Condition" {
				s.coded = p.Classes()
			}
			f.shows(p, s)
		})
		f.close()
	}
}

// inBulk takes the quarter of the patients who are in the bulk export.
func inBulk(p *Person) bool { return p.Index%4 == 0 }
