package ccda

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// document is a synthetic CCD of one patient, with everybody who may stand in one.
const document = `<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet type="text/xsl" href="CDA.xsl"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<templateId root="2.16.840.1.113883.10.20.22.1.2" extension="2015-08-01"/>
<id root="2.16.840.1.113883.19.5" extension="DOC-77"/>
<code code="34133-9" codeSystem="2.16.840.1.113883.6.1" displayName="Summarization of Episode Note"/>
<title>Summary of care</title>
<effectiveTime value="20240501083000-0500"/>
<recordTarget><patientRole>
 <id root="2.16.840.1.113883.19.5.1" extension="MRN-100201"/><id root="2.16.840.1.113883.4.1" extension="219-46-8317"/>
 <addr use="HP"><streetAddressLine>17 Quarry Rd</streetAddressLine><city>Beaverton</city><state>OR</state><postalCode>97005</postalCode><country>US</country></addr>
 <telecom use="HP" value="tel:+1(503)555-0100"/><telecom value="mailto:ada@planted-mail.org"/><telecom nullFlavor="UNK"/>
 <patient>
  <name use="L"><prefix>Ms.</prefix><given>Ada</given><given>Mary</given><family>Plantagenet</family></name>
  <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="19701210"/><sdtc:deceasedTime value="20240430"/>
  <guardian><telecom value="tel:503-555-0101"/><guardianPerson><name><given>Ralph</given><family>Quillfeather</family></name></guardianPerson></guardian>
  <birthplace><place><addr><city>Portland</city><state>WA</state></addr></place></birthplace>
 </patient>
 <providerOrganization><id root="2.16.840.1.113883.4.6" extension="1234567893"/><name>Lakeside Clinics</name><telecom value="tel:503-555-0102"/></providerOrganization>
</patientRole></recordTarget>
<author><time value="20240501"/><assignedAuthor><id root="2.16.840.1.113883.4.6" extension="1234567893"/><id root="1.2.3" extension="staff-9"/>
 <assignedPerson><name>Henry Seven, MD</name></assignedPerson></assignedAuthor></author>
<participant typeCode="IND"><associatedEntity classCode="NOK"><associatedPerson><name><given>Boris</given><family>Betterhalf</family></name></associatedPerson></associatedEntity></participant>
<component><structuredBody><component><section>
 <templateId root="2.16.840.1.113883.10.20.22.2.5.1"/><code code="11450-4" codeSystem="2.16.840.1.113883.6.1"/><title>Problems</title>
 <text>See below.<table><thead><tr><th>Problem</th><th>Since</th></tr></thead><tbody><tr><td>HIV infection</td><td>May 4, 2012</td></tr></tbody></table>
  <paragraph>Seen by <content styleCode="Bold">Dr. Quill</content>.</paragraph></text>
 <entry><act classCode="ACT" moodCode="EVN"><id root="1.2.3.4" extension="act-1"/><statusCode code="active"/>
  <effectiveTime><low value="20120504"/><high nullFlavor="UNK"/></effectiveTime>
  <entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">
   <value xsi:type="CD" code="86406008" codeSystem="2.16.840.1.113883.6.96"><translation code="B20" codeSystem="2.16.840.1.113883.6.90"/></value>
  </observation></entryRelationship>
  <entryRelationship typeCode="REFR"><observation classCode="OBS" moodCode="EVN" negationInd="true">
   <value xsi:type="CD" code="73211009" codeSystem="2.16.840.1.113883.6.96"/></observation></entryRelationship>
  <entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN"><code code="8302-2" codeSystem="2.16.840.1.113883.6.1"/>
   <value xsi:type="IVL_PQ"><low value="20120101" unit="cm"/></value></observation></entryRelationship>
 </act></entry>
 <entry><organizer classCode="CLUSTER" moodCode="EVN"><subject><relatedSubject classCode="PRS"><code code="FTH" codeSystem="2.16.840.1.113883.5.111"/>
  <subject><birthTime value="19100101"/></subject></relatedSubject></subject>
  <component><observation classCode="OBS" moodCode="EVN"><value xsi:type="CD" code="22298006" codeSystem="2.16.840.1.113883.6.96"/></observation></component></organizer></entry>
 <entry><substanceAdministration classCode="SBADM" moodCode="EVN"><effectiveTime xsi:type="PIVL_TS"><period value="6" unit="h"/></effectiveTime>
  <consumable><manufacturedProduct><manufacturedMaterial><code code="197591" codeSystem="2.16.840.1.113883.6.88"/><name>Diazepam</name></manufacturedMaterial>
   <manufacturerOrganization><name>Ada Plantagenet Pharma</name></manufacturerOrganization></manufacturedProduct></consumable></substanceAdministration></entry>
</section></component></structuredBody></component>
</ClinicalDocument>`

const (
	own  = "patient"
	kin  = "kin"
	them = "provider"
	org  = "organisation"
)

// told is what a reading said, in short: field, value, kind and whose.
func told(s *formattest.Summary) (out []string) {
	for _, r := range s.Records {
		for _, c := range r {
			who := ""
			switch {
			case c.Mode == record.Text:
				who = "text"
			case c.Mode == record.Column:
				who = "column"
			case c.Subject == phi.Patient && c.Other:
				who = kin
			default:
				who = c.Subject.String()
			}
			field := c.Field[strings.LastIndexByte(strings.TrimSuffix(c.Field, "/@value"), '/')+1:]
			line := fmt.Sprintf("%s %s %s %s", field, c.Value, c.Kind, who)
			if c.Flags&record.Negated != 0 {
				line += " negated"
			}
			if c.Flags&record.OfOther != 0 {
				line += " of other"
			}
			out = append(out, line)
		}
	}
	return out
}

func TestDocument(t *testing.T) {
	got := formattest.Collect(Reader{}, "ccd.xml", []byte(document))
	if got.Err != nil || len(got.Records) != 1 || len(got.Gaps) != 0 {
		t.Fatalf("%v, %d records, gaps %v", got.Err, len(got.Records), got.Gaps)
	}
	want := []string{
		"@extension DOC-77 other_id kin", "@code 34133-9 loinc patient", "title Summary of care free_text text", "effectiveTime/@value 20240501083000-0500 date patient",
		"@extension MRN-100201 mrn patient", "@extension 219-46-8317 ssn patient", "streetAddressLine 17 Quarry Rd address patient", "city Beaverton address patient",
		"state OR none patient", "postalCode 97005 zip patient", "telecom/@value +1(503)555-0100 phone patient", "telecom/@value ada@planted-mail.org email patient",
		"given Ada name patient", "given Mary name patient", "family Plantagenet name patient", "birthTime/@value 19701210 date_of_birth patient", "deceasedTime/@value 20240430 date patient",
		"telecom/@value 503-555-0101 phone kin", "given Ralph name kin", "family Quillfeather name kin", "city Portland address kin",
		"@extension 1234567893 npi organisation", "telecom/@value 503-555-0102 phone organisation",
		"time/@value 20240501 date patient", "@extension 1234567893 npi provider", "name Henry Seven, MD name provider", "given Boris name kin", "family Betterhalf name kin",
		"@code 11450-4 loinc patient", "title Problems free_text text", "text See below. free_text text", "table Problem: Since\nHIV infection | May 4, 2012 free_text text",
		"paragraph Seen by Dr. Quill . free_text text", "@extension act-1 other_id kin", "low/@value 20120504 date patient",
		"@code 86406008 snomed patient", "@code B20 icd10 patient", "@code 73211009 snomed patient negated", "@code 8302-2 loinc patient",
		"birthTime/@value 19100101 date_of_birth kin", "@code 22298006 snomed patient of other", "@code 197591 rxnorm patient",
	}
	if diff := cmp.Diff(want, told(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	const mrn = "ClinicalDocument/recordTarget/patientRole/id/@extension"
	if v := got.Values(mrn); len(v) != 2 {
		t.Errorf("%s: %q", mrn, v)
	}
}

// TestFragments reads what stands alone in guides and messages, with or without a namespace.
func TestFragments(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"address", `<addr use="HP"><streetAddressLine>22 Sample Street</streetAddressLine><city>Beaverton</city><state>OR</state></addr>`,
			[]string{"streetAddressLine 22 Sample Street address kin", "city Beaverton address kin"}},
		{"policy", `<act classCode="ACT" moodCode="EVN"><participant typeCode="COV"><participantRole classCode="PAT"><id root="1.2" extension="1EG4-TE5-MK73"/>
			<playingEntity><name><given>Ada</given></name><sdtc:birthTime value="19701210"/></playingEntity></participantRole></participant>
			<participant typeCode="HLD"><participantRole><id root="1.2" extension="H1"/></participantRole></participant>
			<performer typeCode="PRF"><assignedEntity><code code="PAYOR" codeSystem="2.16.840.1.113883.5.110"/><telecom value="tel:1"/></assignedEntity></performer>
			<performer typeCode="PRF"><assignedEntity><code code="GUAR" codeSystem="2.16.840.1.113883.5.110"/><assignedPerson><name><family>Byron</family></name></assignedPerson></assignedEntity></performer></act>`,
			[]string{"@extension 1EG4-TE5-MK73 health_plan_id patient", "given Ada name patient", "birthTime/@value 19701210 date_of_birth patient",
				"@extension H1 health_plan_id kin", "telecom/@value 1 phone organisation", "family Byron name kin"}},
		{"device", `<procedure classCode="PROC" moodCode="EVN"><participant typeCode="DEV"><participantRole classCode="MANU">
			<id root="2.16.840.1.113883.3.3719" extension="(01)51022222233336(21)1234"/><playingDevice><code code="90412006" codeSystem="2.16.840.1.113883.6.96"/></playingDevice>
			<scopingEntity><id root="1.2.3" extension="fda"/></scopingEntity></participantRole></participant></procedure>`,
			[]string{"@extension (01)51022222233336(21)1234 device kin", "@code 90412006 snomed patient"}},
		{"own author", `<author><time value="20200301"/><assignedAuthor><code code="ONESELF" codeSystem="2.16.840.1.113883.5.111"/><telecom value="tel:5"/></assignedAuthor></author>`,
			[]string{"time/@value 20200301 date patient", "telecom/@value 5 phone patient"}},
		{"age", `<observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.31"/><value xsi:type="PQ" value="92" unit="a"/></observation>`,
			[]string{"value/@value 92 date patient"}},
		{"values", `<observation classCode="OBS" moodCode="EVN"><value xsi:type="TS" value="20120504"/><value xsi:type="ST">yellow</value><value xsi:type="PQ" value="20120504"/>
			<value xsi:type="IVL_TS"><low value="201205"/></value><value xsi:type="AD"><city>Salem</city></value><value xsi:type="CE" code="HIV" codeSystem="2.16.840.1.113883.5.4"/></observation>`,
			[]string{"value/@value 20120504 date patient", "value yellow free_text text", "low/@value 201205 date patient", "city Salem address kin", "@code HIV none patient"}},
		{"informed", `<act classCode="ACT" moodCode="EVN"><subject><relatedSubject><code code="116154003" codeSystem="2.16.840.1.113883.6.96"/></relatedSubject></subject>
			<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN"><value xsi:type="CD" code="22298006" codeSystem="2.16.840.1.113883.6.96"/></observation></entryRelationship></act>`,
			[]string{"@code 116154003 snomed patient of other", "@code 22298006 snomed patient"}},
		{"nullified", `<observation classCode="OBS" moodCode="EVN"><code code="8302-2" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="nullified"/></observation>`,
			[]string{"@code 8302-2 loinc patient negated"}},
		{"foreign", `<act classCode="ACT" moodCode="EVN" xmlns:v="urn:vendor"><templateId root="2.16.840.1.113883.1"/><v:chart number="A-17"><v:note>seen</v:note></v:chart></act>`,
			[]string{"@number A-17 none column", "note seen none column"}},
		{"message", `<PRPA_IN201306UV02 xmlns="urn:hl7-org:v3"><creationTime value="20240101"/><controlActProcess><subject><registrationEvent><subject1><patient><id root="1.2" extension="77"/>
			<patientPerson><name><given>Ada</given></name><asOtherIDs><id root="2.16.840.1.113883.4.1" extension="219-46-8317"/></asOtherIDs></patientPerson></patient></subject1></registrationEvent></subject>
			<subject><registrationEvent><subject1><patient><id root="1.2" extension="78"/></patient></subject1></registrationEvent></subject></controlActProcess></PRPA_IN201306UV02>`,
			[]string{"@extension 77 mrn patient", "given Ada name patient", "@extension 219-46-8317 ssn patient", "@extension 78 mrn patient"}},
	} {
		got := formattest.Collect(Reader{}, "a.xml", []byte(c.text))
		if got.Err != nil {
			t.Errorf("%s: %v", c.name, got.Err)
		}
		if diff := cmp.Diff(c.want, told(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if claim := (Reader{}).Claims("a.xml", []byte(c.text)); claim < format.Likely {
			t.Errorf("%s: claim %d", c.name, claim)
		}
		if c.name == "message" && len(got.Records) != 2 {
			t.Errorf("%d registrations", len(got.Records))
		}
	}
}

// body writes a document around what stands in its body.
func body(text string) []byte {
	head, _, _ := strings.Cut(document, "<component>")
	return []byte(head + text + "</ClinicalDocument>")
}

func TestContract(t *testing.T) {
	note := base64.StdEncoding.EncodeToString([]byte("Ada Plantagenet was seen on May 4, 2012, and again in June."))
	pdf := base64.StdEncoding.EncodeToString(append([]byte("%PDF-1.4\n"), bytes.Repeat([]byte("x"), 80)...))
	formattest.Run(t, Reader{},
		formattest.Sample{Name: "ccd.xml", Data: []byte(document), Claim: format.Certain, Gaps: []formattest.Gap{}},
		formattest.Sample{Name: "note.xml", Data: body(`<component><nonXMLBody><text mediaType="text/plain" representation="B64">` + note + `</text></nonXMLBody></component>`), Claim: format.Certain},
		formattest.Sample{Name: "pdf.xml", Data: body(`<component><nonXMLBody><text mediaType="application/pdf" representation="B64">` + pdf + `</text></nonXMLBody></component>`), Claim: format.Certain},
		formattest.Sample{Name: "away.xml", Data: body(`<component><nonXMLBody><text mediaType="application/pdf"><reference value="a.pdf"/></text></nonXMLBody></component>`),
			Gaps: []formattest.Gap{{Reason: estate.GapNotFollowed}}},
		formattest.Sample{Name: "fragment.xml", Data: []byte(`<observation classCode="OBS" moodCode="EVN"><!-- for Ada --><effectiveTime value="20120504"/>
			<value xsi:type="ED" mediaType="text/rtf" representation="B64" compression="DF">dhUhkasd437hbjfQS7</value></observation>`),
			Gaps: []formattest.Gap{{Reason: estate.GapNoReader}}},
	)
}

func TestDocumentsWithinAreHandedOut(t *testing.T) {
	text := "Ada Plantagenet was seen on May 4, 2012."
	got := formattest.Collect(Reader{}, "a.xml", body(`<component><nonXMLBody><text mediaType="text/plain" representation="B64">`+
		base64.StdEncoding.EncodeToString([]byte(text))+`</text></nonXMLBody></component>`))
	if v := got.Values("ClinicalDocument/component/nonXMLBody/text"); len(v) != 1 || v[0] != text {
		t.Errorf("text %q", v)
	}
	got = formattest.Collect(Reader{}, "a.xml", body(`<component><nonXMLBody><text mediaType="text/rtf" representation="B64">
		`+base64.StdEncoding.EncodeToString([]byte(text))+`</text></nonXMLBody></component>`))
	want := []formattest.Inner{{Name: "ClinicalDocument/component/nonXMLBody/text[1]", Hint: "text/rtf", Body: text}}
	if diff := cmp.Diff(want, got.Inner); diff != "" {
		t.Error(diff)
	}
}

// TestALongRecordIsCutAndStaysOnePatients reads a document that is longer than any record.
func TestALongRecordIsCutAndStaysOnePatients(t *testing.T) {
	entry := `<component><section><text><paragraph>` + strings.Repeat("seen and well ", 100) + `</paragraph></text><entry><observation classCode="OBS" moodCode="EVN"><id root="1.2" extension="e"/></observation></entry></section></component>`
	got := formattest.Collect(Reader{}, "a.xml", body(strings.Repeat(entry, 3000)))
	if len(got.Records) < 3 {
		t.Fatalf("%d records", len(got.Records))
	}
	for i, r := range got.Records {
		found := map[string]bool{}
		for _, c := range r {
			found[c.Value] = true
		}
		if !found["MRN-100201"] || !found["219-46-8317"] || !found["Plantagenet"] || !found["19701210"] {
			t.Errorf("record %d does not say whose it is", i)
		}
	}
	// one text that is longer than a chunk
	got = formattest.Collect(Reader{}, "a.xml", body(`<component><section><text>`+strings.Repeat("seen and well ", 50_000)+`</text><entry><observation classCode="OBS" moodCode="EVN"><id root="1.2" extension="e"/></observation></entry></section></component>`))
	last := got.Records[len(got.Records)-1]
	if last[0].Value != "MRN-100201" || last[len(last)-1].Value != "e" {
		t.Errorf("the last record begins with field %s", last[0].Field)
	}
}

// TestTwoDocumentsAreTwoRecords does not mix patients.
func TestTwoDocumentsAreTwoRecords(t *testing.T) {
	_, doc, _ := strings.Cut(document, "CDA.xsl\"?>")
	got := formattest.Collect(Reader{}, "a.xml", []byte("<batch>"+doc+strings.ReplaceAll(doc, "MRN-100201", "MRN-100202")+"</batch>"))
	if len(got.Records) != 2 || got.Err != nil {
		t.Errorf("%d records, %v", len(got.Records), got.Err)
	}
	twins := strings.Replace(doc, "<author>", `<recordTarget><patientRole><id root="1.2" extension="MRN-100203"/></patientRole></recordTarget><author>`, 1)
	if got = formattest.Collect(Reader{}, "a.xml", []byte(twins)); len(got.Records) != 2 {
		t.Errorf("twins: %d records", len(got.Records))
	}
}

func TestClaimsNothingElse(t *testing.T) {
	for name, text := range map[string]string{
		"style sheet": `<?xml version="1.0"?><xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:n1="urn:hl7-org:v3"><xsl:template match="n1:ClinicalDocument"/></xsl:stylesheet>`,
		"schema":      `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:hl7-org:v3"><xs:element name="ClinicalDocument"/></xs:schema>`,
		"FHIR":        `<Patient xmlns="http://hl7.org/fhir"><id value="1"/><name><given value="Ada"/></name></Patient>`,
		"svg":         `<svg xmlns="http://www.w3.org/2000/svg"><title>a</title><text x="1">b</text></svg>`,
		"pom":         `<project><name>a</name><component><id>1</id></component></project>`,
		"text":        `a ClinicalDocument of urn:hl7-org:v3`,
		"config":      `<component name="Project" use="true"><option name="a" value="b"/></component>`,
	} {
		if got := (Reader{}).Claims("a.xml", []byte(text)); got != format.No {
			t.Errorf("%s: claim %d", name, got)
		}
	}
}

func TestTablesAreSound(t *testing.T) {
	if len(elements) < 200 || len(templates) < 10 || len(idRoots) < 5 {
		t.Errorf("%d elements, %d templates, %d roots", len(elements), len(templates), len(idRoots))
	}
	for name := range telling {
		if _, ok := elements[name]; !ok && !strings.HasSuffix(name, "Code") {
			t.Errorf("%s tells, and has no rule", name)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(document))
	f.Add([]byte(`<observation><value xsi:type="ED" representation="B64">QQ</value><text><list><item>a</item></list></text></observation>`))
	f.Add([]byte(`<a:recordTarget xmlns:a="urn:hl7-org:v3"><a:patientRole><a:id root="1" extension="2"/></a:patientRole></a:recordTarget><recordTarget>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		formattest.Collect(Reader{}, "a.xml", data)
		Reader{}.Claims("a.xml", data)
	})
}

// export is a document of about n bytes.
func export(n int) []byte {
	_, entry, _ := strings.Cut(document, "<structuredBody>")
	entry, _, _ = strings.Cut(entry, "</structuredBody>")
	return body("<component><structuredBody>" + strings.Repeat(entry, n/len(entry)) + "</structuredBody></component>")
}

func BenchmarkReader(b *testing.B) { benchmark(b, export(8<<20)) }

// BenchmarkCorpus reads a document as systems write them, with indented lines.
func BenchmarkCorpus(b *testing.B) {
	doc, err := os.ReadFile(filepath.Join(formattest.Corpus(b), "ccda-bluebutton", "CCD_medication_performer_phones.xml"))
	if err != nil {
		b.Skip(err)
	}
	benchmark(b, bytes.Repeat(doc, 50))
}

func benchmark(b *testing.B, data []byte) {
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		in := format.Input{Name: "a.xml", Size: int64(len(data)), Head: data[:format.HeadSize], Body: bytes.NewReader(data)}
		out := format.Output{Places: &record.Places{}, Batch: func(*record.Batch) error { return nil }, Gap: func(estate.GapReason, string) {}}
		if err := (Reader{}).Read(context.Background(), in, out); err != nil {
			b.Fatal(err)
		}
	}
}
