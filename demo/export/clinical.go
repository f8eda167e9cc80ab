package export

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/chartroom/chartroom/demo"
)

// HL7v2 writes two messages a person: an admission and a result.
func HL7v2(w io.Writer, people People) error { return records(w, "", "", people, demo.AppendHL7v2) }

// FHIR writes the resources of each person as NDJSON.
func FHIR(w io.Writer, people People) error { return records(w, "", "", people, demo.AppendFHIR) }

// FHIRXML writes a Bundle in XML, with the patient and his conditions.
func FHIRXML(w io.Writer, people People) error {
	return records(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Bundle xmlns=\"http://hl7.org/fhir\"><type value=\"collection\"/>\n", "</Bundle>\n", people,
		func(b []byte, p *demo.Person) []byte {
			v := escaped([]string{p.Family, p.Given, p.Street, p.City})
			b = fmt.Appendf(b, `<entry><resource><Patient><id value="%s"/><identifier><type><coding><system value="http://terminology.hl7.org/CodeSystem/v2-0203"/><code value="MR"/></coding></type>`+
				`<system value="https://ids.meridian.example.org/mrn"/><value value="%s"/></identifier><name><family value="%s"/><given value="%s"/></name>`,
				p.ID, p.MRN, v[0], v[1])
			b = fmt.Appendf(b, `<birthDate value="%s"/><address><line value="%s"/><city value="%s"/><state value="%s"/><postalCode value="%s"/></address></Patient></resource></entry>`+"\n",
				p.Birth.Format("2006-01-02"), v[2], v[3], p.State, p.ZIP)
			for k := range p.Conditions {
				c := &p.Conditions[k]
				b = fmt.Appendf(b, `<entry><resource><Condition><id value="%s-c%d"/><code><coding><system value="http://hl7.org/fhir/sid/icd-10-cm"/><code value="%s"/><display value="%s"/></coding></code>`+
					`<subject><reference value="Patient/%s"/></subject></Condition></resource></entry>`+"\n", p.ID[:23], k, c.ICD10, c.Display, p.ID)
			}
			return b
		})
}

// x12PerSet is how many claims stand in a transaction: the guide recommends no more than 5,000.
const x12PerSet = 500

// X12 writes claims (ASC X12N 837P, 005010X222A1): an interchange whose transactions hold a claim a person.
func X12(w io.Writer, people People) error {
	out := newCounted(w)
	out.printf("ISA*00*          *00*          *ZZ*%-15s*ZZ*%-15s*251230*0800*^*00501*000000001*0*P*:~\nGS*HC*MERIDIAN*CASCADIA*20251230*0800*1*X*005010X222A1~\n", "MERIDIAN", "CASCADIA")
	sets, claims, segments := 0, 0, 0
	put := func(b []byte) {
		segments += bytes.Count(b, []byte("~"))
		_, _ = out.Write(b) // counted keeps the error
	}
	end := func() {
		if claims > 0 {
			out.printf("SE*%d*%04d~\n", segments+1, sets)
		}
	}
	var b []byte
	for p := range people {
		if claims == x12PerSet {
			end()
			claims = 0
		}
		if claims == 0 {
			sets, segments = sets+1, 0
			put(fmt.Appendf(b[:0], "ST*837*%04d*005010X222A1~\nBHT*0019*00*%d*20251230*0800*CH~\nNM1*41*2*MERIDIAN HEALTH*****46*TGJ23~\nPER*IC*BILLING*TE*5035550100~\n"+
				"NM1*40*2*CASCADIA MUTUAL*****46*66783~\nHL*1**20*1~\nNM1*85*2*MERIDIAN HEALTH*****XX*1234567893~\nN3*1 HOSPITAL WAY~\nN4*PORTLAND*OR*97201~\nREF*EI*123456789~\n", sets, sets))
		}
		claims++
		b = AppendClaim(b[:0], p, claims+1)
		put(b)
	}
	end()
	out.printf("GE*%d*1~\nIEA*1*000000001~\n", sets)
	return out.close()
}

// AppendClaim writes the loops of a subscriber who is the patient, at a number of the hierarchy, and of one claim.
func AppendClaim(b []byte, p *demo.Person, level int) []byte {
	b = fmt.Appendf(b, "HL*%d*1*22*0~\nSBR*P*18*******CI~\nNM1*IL*1*%s*%s*%s***MI*%s~\nN3*%s~\nN4*%s*%s*%s~\nDMG*D8*%s*%c~\nNM1*PR*2*CASCADIA MUTUAL*****PI*66783~\n",
		level, strings.ToUpper(p.Family), strings.ToUpper(p.Given), p.Middle, p.Member, p.Street, p.City, p.State, p.ZIP, p.Birth.Format("20060102"), p.Sex)
	b = fmt.Appendf(b, "CLM*C%08d*150***%s:B:1*Y*A*Y*Y~\nREF*EA*%s~\n", p.Index, main(p).Place, p.MRN)
	for k := range p.Conditions {
		if k == 0 {
			b = append(b, "HI*ABK:"...)
		} else {
			b = append(b, "*ABF:"...)
		}
		b = append(b, undotted(&p.Conditions[k])...)
	}
	return fmt.Appendf(b, "~\nNM1*82*1*HOUSE*GREGORY****XX*1234567893~\nLX*1~\nSV1*HC:%s*150*UN*1***1~\nDTP*472*D8*20251201~\n", main(p).Service)
}

// AppendCCDA writes a clinical document (HL7 CDA R2, C-CDA 2.1 CCD) about a person with so many visits: his problems with codes and
// in words, and the vital signs of each visit.
func AppendCCDA(b []byte, p *demo.Person, visits int) []byte {
	v := escaped([]string{p.Family, p.Given, p.Street, p.City})
	b = fmt.Appendf(b, `<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<realmCode code="US"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/><templateId root="2.16.840.1.113883.10.20.22.1.2" extension="2015-08-01"/>
<id root="2.16.840.1.113883.19.5.99999" extension="DOC-%d"/><code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/><title>Summary of care</title><effectiveTime value="20251230083000-0800"/>
<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="en-US"/>
<recordTarget><patientRole><id root="2.16.840.1.113883.19.5" extension="%s"/>
<addr use="HP"><streetAddressLine>%s</streetAddressLine><city>%s</city><state>%s</state><postalCode>%s</postalCode><country>US</country></addr><telecom use="HP" value="tel:%s"/>
`, p.Index, p.MRN, v[2], v[3], p.State, p.ZIP, strings.ReplaceAll(p.Phone, " ", ""))
	b = fmt.Appendf(b, `<patient><name use="L"><given>%s</given><family>%s</family></name><administrativeGenderCode code="%c" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="%s"/></patient></patientRole></recordTarget>
<author><time value="20251230"/><assignedAuthor><id root="2.16.840.1.113883.4.6" extension="1234567893"/><assignedPerson><name><given>Gregory</given><family>House</family></name></assignedPerson></assignedAuthor></author>
<custodian><assignedCustodian><representedCustodianOrganization><id root="2.16.840.1.113883.19.5"/><name>Meridian Health</name></representedCustodianOrganization></assignedCustodian></custodian>
<component><structuredBody>
`, v[1], v[0], p.Sex, p.Birth.Format("20060102"))
	b = problems(b, p)
	b = append(b, `<component><section><templateId root="2.16.840.1.113883.10.20.22.2.4.1"/><code code="8716-3" codeSystem="2.16.840.1.113883.6.1"/><title>Vital signs</title>
<text><table><thead><tr><th>Date</th><th>Measure</th><th>Value</th></tr></thead><tbody>`...)
	vital := func(n int) (string, string, int) {
		k := n % len(vitals)
		return fmt.Sprintf("20%02d%02d%02d", 15+n/48%10, 1+n/4%12, 1+n%28), vitals[k], 60 + (p.Index*13+n*7)%80
	}
	for n := range visits * len(vitals) {
		date, _, value := vital(n)
		b = fmt.Appendf(b, "<tr><td>%s</td><td>%s</td><td>%d</td></tr>\n", date, vitalNames[n%len(vitals)], value)
	}
	b = append(b, "</tbody></table></text>\n"...)
	for n := range visits * len(vitals) {
		date, code, value := vital(n)
		b = fmt.Appendf(b, `<entry typeCode="DRIV"><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.27"/><id root="2.16.840.1.113883.19.5.7" extension="%d-%d"/>`+
			`<code code="%s" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="completed"/><effectiveTime value="%s"/><value xsi:type="PQ" value="%d" unit="1"/></observation></entry>`+"\n", p.Index, n, code, date, value)
	}
	return append(b, "</section></component></structuredBody></component></ClinicalDocument>\n"...)
}

// vitals are LOINC codes, and vitalNames what they mean.
var (
	vitals     = []string{"8480-6", "8462-4", "8867-4", "29463-7"}
	vitalNames = []string{"Systolic blood pressure", "Diastolic blood pressure", "Heart rate", "Body weight"}
)

// problems writes the section of problems.
func problems(b []byte, p *demo.Person) []byte {
	b = append(b, `<component><section><templateId root="2.16.840.1.113883.10.20.22.2.5.1"/><code code="11450-4" codeSystem="2.16.840.1.113883.6.1"/><title>Problems</title><text><list>`...)
	for k := range p.Conditions {
		b = fmt.Appendf(b, "<item>%s</item>", p.Conditions[k].Display)
	}
	b = append(b, "</list></text>\n"...)
	for k := range p.Conditions {
		c := &p.Conditions[k]
		b = fmt.Appendf(b, `<entry><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.3"/><statusCode code="active"/><entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">`+
			`<templateId root="2.16.840.1.113883.10.20.22.4.4"/><statusCode code="completed"/><value xsi:type="CD" code="%s" codeSystem="2.16.840.1.113883.6.96" displayName="%s">`+
			`<translation code="%s" codeSystem="2.16.840.1.113883.6.90"/></value></observation></entryRelationship></act></entry>`+"\n", c.SNOMED, c.Display, c.ICD10)
	}
	return append(b, "</section></component>\n"...)
}
