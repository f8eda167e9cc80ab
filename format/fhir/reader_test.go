package fhir

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// cell is a short form of a cell for comparison.
type cell struct {
	Field, Value string
	Kind         phi.Kind
	Part         phi.Part
	Subject      phi.Subject
	Other        bool
}

// read gives the records of a document in short form.
func read(t *testing.T, doc string) [][]cell {
	t.Helper()
	got := formattest.Collect(Reader{}, "a.json", []byte(doc))
	if got.Err != nil {
		t.Fatal(got.Err)
	}
	var all [][]cell
	for _, r := range got.Records {
		var cells []cell
		for _, c := range r {
			cells = append(cells, cell{c.Field, c.Value, c.Kind, c.Part, c.Subject, c.Other})
		}
		all = append(all, cells)
	}
	return all
}

func compare(t *testing.T, doc string, want ...[]cell) {
	t.Helper()
	if diff := cmp.Diff(want, read(t, doc)); diff != "" {
		t.Errorf("%.60s (-want +got):\n%s", doc, diff)
	}
}

func TestPatient(t *testing.T) {
	p := phi.Patient
	compare(t, `{"resourceType":"Patient","id":"p1","meta":{"lastUpdated":"2020-01-01T00:00:00Z","profile":["http://x/y"]},"active":true,
		"identifier":[{"use":"usual","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]},"system":"http://h.example","value":"M1"},
			{"value":"900-00-0001","system":"http://hl7.org/fhir/sid/us-ssn"},{"system":"urn:oid:2.16.840.1.113883.4.3.25","value":"S99"},
			{"type":{"coding":[{"code":"MB"}]},"value":"W7"},{"system":"http://other.example","value":"O1","period":{"start":"2001-05-06"}}],
		"name":[{"use":"official","family":"Example","given":["Ann","B."],"prefix":["Ms."]}],
		"telecom":[{"value":"555-0100","system":"phone"},{"system":"email","value":"ann@example.org"},{"system":"fax","value":"555-0101"},{"value":"ann2@example.org"}],
		"gender":"female","birthDate":"1970-02-03","_birthDate":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthTime","valueDateTime":"1970-02-03T04:05:06Z"}]},
		"deceasedDateTime":"2019-01-02","address":[{"line":["1 Sample St"],"city":"Springfield","district":"Hampden","state":"MA","postalCode":"01101","country":"US",
			"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/geolocation","extension":[{"url":"latitude","valueDecimal":42.1}]}]}],
		"extension":[{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race","extension":[{"url":"text","valueString":"White"}]},
			{"url":"http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName","valueString":"Sample"},
			{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace","valueAddress":{"city":"Boston","state":"NY"}},
			{"url":"http://x.example/unknown","valueString":"thing"}],
		"contact":[{"name":{"family":"Sibling"},"telecom":[{"system":"phone","value":"555-0102"}],"address":{"city":"Chicago","state":"IL"}}],
		"photo":[{"contentType":"image/png","data":"iVBORw0KGgo="}],"generalPractitioner":[{"reference":"Practitioner/d1","display":"Dr. Doe"}],
		"managingOrganization":{"reference":"Organization/1","display":"Clinic"}}`,
		[]cell{
			{"Patient.id", "p1", phi.MRN, 0, p, false}, {"Patient.identifier.value", "M1", phi.MRN, 0, p, false},
			{"Patient.identifier.value", "900-00-0001", phi.SSN, 0, p, false}, {"Patient.identifier.value", "S99", phi.License, 0, p, false},
			{"Patient.identifier.value", "W7", phi.HealthPlanID, 0, p, false}, {"Patient.identifier.value", "O1", phi.MRN, 0, p, false},
			{"Patient.identifier.period.start", "2001-05-06", phi.Date, 0, p, false},
			{"Patient.name.family", "Example", phi.Name, phi.PartFamily, p, false}, {"Patient.name.given", "Ann", phi.Name, phi.PartGiven, p, false},
			{"Patient.name.given", "B.", phi.Name, phi.PartGiven, p, false}, {"Patient.telecom.value", "555-0100", phi.Phone, 0, p, false},
			{"Patient.telecom.value", "ann@example.org", phi.Email, 0, p, false}, {"Patient.telecom.value", "555-0101", phi.Fax, 0, p, false},
			{"Patient.telecom.value", "ann2@example.org", phi.Email, 0, p, false}, {"Patient.gender", "female", 0, phi.PartSex, p, false},
			{"Patient.birthDate", "1970-02-03", phi.DateOfBirth, 0, p, false},
			{"Patient._birthDate.extension.valueDateTime", "1970-02-03T04:05:06Z", phi.Date, 0, p, false},
			{"Patient.deceasedDateTime", "2019-01-02", phi.Date, phi.PartDeath, p, false},
			{"Patient.address.line", "1 Sample St", phi.Address, phi.PartStreet, p, false}, {"Patient.address.city", "Springfield", phi.Address, phi.PartCity, p, false},
			{"Patient.address.district", "Hampden", phi.Address, phi.PartCounty, p, false}, {"Patient.address.state", "MA", 0, phi.PartState, p, false},
			{"Patient.address.postalCode", "01101", phi.ZIP, phi.PartZIP, p, false}, {"Patient.address.extension.extension.valueDecimal", "42.1", phi.Address, 0, p, false},
			{"Patient.extension.valueString", "Sample", phi.Name, phi.PartMaiden, p, false}, {"Patient.extension.valueAddress.city", "Boston", phi.Address, phi.PartCity, p, false},
			{"Patient.extension.valueString", "thing", 0, 0, p, false},
			{"Patient.contact.name.family", "Sibling", phi.Name, phi.PartFamily, p, true}, {"Patient.contact.telecom.value", "555-0102", phi.Phone, 0, p, true},
			{"Patient.contact.address.city", "Chicago", phi.Address, phi.PartCity, p, true}, {"Patient.photo.data", "iVBORw0KGgo=", phi.Photo, 0, p, false},
			{"Patient.generalPractitioner.display", "Dr. Doe", phi.Name, phi.PartFull, phi.Provider, true},
		})
}

func TestReferences(t *testing.T) {
	p := phi.Patient
	mrn := func(f, v string, other bool) cell { return cell{f, v, phi.MRN, 0, p, other} }
	for ref, want := range map[string]string{
		"Patient/1": "1", "https://x.example/fhir/Patient/1/_history/3": "1", "urn:uuid:0a-1": "0a-1", "Patient/2/_history/1": "2",
		"Group/1": "", "Location/1": "", "Device/9": "", "https://x.example/fhir/Group/4": "",
	} {
		doc := `{"resourceType":"Observation","subject":{"reference":"` + ref + `"}}`
		if want == "" {
			compare(t, doc)
		} else {
			compare(t, doc, []cell{mrn("Observation.subject.reference", want, false)})
		}
	}
	// Whom a display names follows from the reference, whichever comes first, or from the element.
	compare(t, `{"resourceType":"Encounter","subject":{"display":"Ann Example","reference":"Patient/1"},
		"participant":[{"individual":{"display":"Dr. Doe"}},{"individual":{"reference":"RelatedPerson/r","display":"Bob Example"}}],
		"serviceProvider":{"display":"Clinic"},"partOf":{"reference":"Encounter/7","display":"Stay"}}`,
		[]cell{{"Encounter.subject.display", "Ann Example", phi.Name, phi.PartFull, p, false}, mrn("Encounter.subject.reference", "1", false),
			{"Encounter.participant.individual.display", "Dr. Doe", phi.Name, phi.PartFull, phi.Provider, true},
			{"Encounter.participant.individual.display", "Bob Example", phi.Name, phi.PartFull, p, true}})
	// A logical reference elsewhere is resolved within the Bundle, and a contained one within the resource.
	compare(t, `{"resourceType":"Bundle","entry":[{"fullUrl":"urn:uuid:aa-1","resource":{"resourceType":"Patient","name":[{"family":"Example"}]}},
		{"resource":{"resourceType":"Provenance","target":[{"reference":"urn:uuid:aa-1"},{"reference":"urn:uuid:bb-2"}]}},
		{"resource":{"resourceType":"Coverage","contained":[{"resourceType":"Patient","id":"pp","name":[{"family":"Second"}]}],
			"beneficiary":{"reference":"#pp"},"payor":[{"reference":"#org"}],"subscriber":{"reference":"#pp"}}}]}`,
		[]cell{{"Patient.name.family", "Example", phi.Name, phi.PartFamily, p, false}, mrn("Bundle.entry.fullUrl", "aa-1", false)},
		[]cell{mrn("Provenance.target.reference", "aa-1", true)},
		[]cell{mrn("Patient.id", "pp", true), {"Patient.name.family", "Second", phi.Name, phi.PartFamily, p, false},
			mrn("Coverage.beneficiary.reference", "pp", true), mrn("Coverage.subscriber.reference", "pp", true)})
	compare(t, `{"resourceType":"Group","member":[{"entity":{"reference":"Patient/1"}},{"entity":{"reference":"Patient/2"}}]}`,
		[]cell{mrn("Group.member.entity.reference", "1", false)}, []cell{mrn("Group.member.entity.reference", "2", false)})
}

func TestIdentifiers(t *testing.T) {
	id := func(f, v string, k phi.Kind, s phi.Subject) []cell { return []cell{{f, v, k, 0, s, false}} }
	compare(t, `[{"resourceType":"Practitioner","identifier":[{"value":"1234567893","system":"http://hl7.org/fhir/sid/us-npi"},{"system":"http://x","value":"7"}]},
		{"resourceType":"Encounter","identifier":[{"value":"V1"}]},{"resourceType":"Account","identifier":[{"value":"A1"}]},
		{"resourceType":"Coverage","identifier":[{"type":{"coding":[{"code":"PLAC"}]},"value":"C1"}],"subscriberId":"S1"},
		{"resourceType":"Organization","identifier":[{"value":"ORG1"}]},{"resourceType":"Device","identifier":[{"value":"D1"}],"serialNumber":"SN1","udiCarrier":[{"carrierHRF":"(01)0"}]},
		{"resourceType":"Observation","subject":{"identifier":{"value":"M9"}},"performer":[{"identifier":{"value":"77"}}]}]`,
		id("Practitioner.identifier.value", "1234567893", phi.NPI, phi.Provider), id("Encounter.identifier.value", "V1", phi.OtherID, phi.Patient),
		id("Account.identifier.value", "A1", phi.Account, phi.Patient),
		[]cell{{"Coverage.identifier.value", "C1", phi.HealthPlanID, 0, phi.Patient, false}, {"Coverage.subscriberId", "S1", phi.HealthPlanID, 0, phi.Patient, true}},
		[]cell{{"Device.identifier.value", "D1", phi.Device, 0, phi.Patient, false}, {"Device.serialNumber", "SN1", phi.Device, 0, phi.Patient, false},
			{"Device.udiCarrier.carrierHRF", "(01)0", phi.Device, 0, phi.Patient, false}},
		id("Observation.subject.identifier.value", "M9", phi.MRN, phi.Patient))
}

// codes gives the coded cells of a document as "value system flags".
func codes(t *testing.T, doc string) []string {
	t.Helper()
	var out []string
	for _, r := range formattest.Collect(Reader{}, "a.json", []byte(doc)).Records {
		for _, c := range r {
			if c.System == phi.NoSystem {
				continue
			}
			s := c.Value + " " + c.System.String()
			if c.Flags&record.Negated != 0 {
				s += " negated"
			}
			if c.Flags&record.OfOther != 0 {
				s += " other"
			}
			out = append(out, s)
		}
	}
	return out
}

func TestCodes(t *testing.T) {
	const sud = `"code":{"coding":[{"code":"F11.20","display":"x","system":"http://hl7.org/fhir/sid/icd-10-cm"},{"system":"http://snomed.info/sct","code":"75544000"},{"code":"x"}]}`
	for doc, want := range map[string][]string{
		`{"resourceType":"Condition",` + sud + `}`:                                                                                {"75544000 SNOMEDCT", "F11.20 ICD10CM"},
		`{"resourceType":"Condition",` + sud + `,"verificationStatus":{"coding":[{"code":"refuted"}]}}`:                           {"75544000 SNOMEDCT negated", "F11.20 ICD10CM negated"},
		`{"resourceType":"Procedure","status":"not-done","code":{"coding":[{"system":"http://loinc.org","code":"8302-2"}]}}`:      {"8302-2 LOINC negated"},
		`{"resourceType":"FamilyMemberHistory","condition":[{` + sud + `}]}`:                                                      {"75544000 SNOMEDCT other", "F11.20 ICD10CM other"},
		`{"resourceType":"ServiceRequest","code":{"coding":[{"system":"http://loinc.org","code":"8302-2"}]},"doNotPerform":true}`: {"8302-2 LOINC negated"},
		`{"resourceType":"ValueSet","compose":{"include":[{"system":"http://loinc.org","concept":[{"code":"8302-2"}]}]}}`:         nil,
		`{"resourceType":"Questionnaire","item":[{"code":[{"system":"http://loinc.org","code":"8302-2"}]}]}`:                      nil,
		`{"resourceType":"Observation","valueQuantity":{"system":"http://unitsofmeasure.org","code":"cm","value":1}}`:             nil,
		`{"resourceType":"Encounter","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"}}`:         nil,
	} {
		got := codes(t, doc)
		if len(got) == 2 && got[0] > got[1] {
			got[0], got[1] = got[1], got[0]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", doc, diff)
		}
	}
	got := formattest.Collect(Reader{}, "", []byte(`{"resourceType":"Condition","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"ETH"},
		{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]}}`))
	if len(got.Records) != 1 || len(got.Records[0]) != 1 || got.Records[0][0].Classes != phi.Of(phi.SUD) {
		t.Errorf("a label of sensitivity: %+v", got.Records)
	}
}

func TestAttachments(t *testing.T) {
	b64 := base64.StdEncoding.EncodeToString
	pdf := "%PDF-1.4 " + strings.Repeat("x", 100)
	got := formattest.Collect(Reader{}, "", []byte(`{"resourceType":"DocumentReference","content":[{"attachment":{"contentType":"text/plain","data":"`+b64([]byte("Seen Ann Example."))+`"}},
		{"attachment":{"data":"`+b64([]byte(pdf))+`","contentType":"application/pdf"}},{"attachment":{"contentType":"text/xml","data":"`+b64([]byte("<?xml?><a/>"))+`"}},
		{"attachment":{"url":"https://x.example/doc"}}]}`))
	const field = "DocumentReference.content.attachment.data"
	if diff := cmp.Diff([]formattest.Inner{{Name: field + "[1]", Body: pdf}, {Name: field + "[2]", Hint: "text/xml", Body: "<?xml?><a/>"}}, got.Inner); diff != "" {
		t.Errorf("inner (-want +got):\n%s", diff)
	}
	if v := got.Values(field); len(v) != 3 || v[0] != "Seen Ann Example." || len(got.Gaps) != 1 {
		t.Errorf("values %q, gaps %v", v, got.Gaps)
	}
}

// TestOrder reads members in an order in which nobody writes them: the type last.
func TestOrder(t *testing.T) {
	name := cell{"Patient.name.family", "Example", phi.Name, phi.PartFamily, phi.Patient, false}
	compare(t, `{"name":[{"family":"Example"}],"resourceType":"Patient"}`, []cell{name})
	compare(t, `{"items":[{"n":1,"resource":{"name":[{"family":"Example"}],"resourceType":"Patient"}}],"about":"me"}`,
		[]cell{{"items.n", "1", 0, 0, 0, false}}, []cell{name}, []cell{{"about", "me", 0, 0, 0, false}})
	compare(t, `{"a":{"resourceType":"AWS::S3::Bucket","b":"c"},"d":{"resourceType":"Patient","name":[{"family":"Example"}]}}`,
		[]cell{{"a.resourceType", "AWS::S3::Bucket", 0, 0, 0, false}, {"a.b", "c", 0, 0, 0, false}}, []cell{name})
}

// TestElements goes through elements of all releases that are read by a rule of their own.
func TestElements(t *testing.T) {
	for _, c := range []struct {
		doc  string
		want string // field, value and kind, "" for nothing
	}{
		{`{"resourceType":"Coverage","subscriberId":[{"value":"S1"}]}`, "Coverage.subscriberId.value S1 health_plan_id"},                                // R5
		{`{"resourceType":"Patient","name":[{"family":["Example"]}]}`, "Patient.name.family Example name"},                                              // R2
		{`{"resourceType":"Claim","related":[{"reference":{"value":"C7"}}]}`, "Claim.related.reference.value C7 other_id"},                              // R4
		{`{"resourceType":"Claim","preAuthRef":["A1"]}`, "Claim.preAuthRef A1 other_id"},                                                                // R3
		{`{"resourceType":"CareTeam","name":"Team of Ann"}`, "CareTeam.name Team of Ann free_text"},                                                     // R4
		{`{"resourceType":"Organization","name":"Clinic"}`, ""},                                                                                         // R4
		{`{"resourceType":"MedicationRequest","dosageInstruction":[{"text":"as told"}]}`, "MedicationRequest.dosageInstruction.text as told free_text"}, // R4
		{`{"resourceType":"Condition","code":{"text":"Sinusitis"}}`, ""},
		{`{"resourceType":"Condition","recorder":{"type":"Practitioner","display":"Dr. Doe"}}`, "Condition.recorder.display Dr. Doe name"},
		{`{"resourceType":"Observation","valueString":"as Ann said"}`, "Observation.valueString as Ann said free_text"},
		{`{"resourceType":"Observation","effectiveInstant":"2020-01-02T03:04:05Z"}`, "Observation.effectiveInstant 2020-01-02T03:04:05Z date"},
		{`{"resourceType":"Medication","batch":{"expirationDate":"2020-01-02"}}`, ""},
		{`{"resourceType":"Organization","meta":{"lastUpdated":"2020-01-02T03:04:05Z"}}`, ""},
		{`{"resourceType":"Bundle","timestamp":"2020-01-02T03:04:05Z","identifier":{"value":"B1"}}`, ""},
		{`{"resourceType":"Location","position":{"latitude":42.25}}`, "Location.position.latitude 42.25 address"},
		{`{"resourceType":"AuditEvent","agent":[{"name":"Ann"}]}`, "AuditEvent.agent.name Ann name"},
		{`{"resourceType":"Claim","accident":{"locationAddress":{"city":"Springfield"}}}`, "Claim.accident.locationAddress.city Springfield address"},
		{`{"resourceType":"QuestionnaireResponse","item":[{"text":"When?","answer":[{"valueDate":"2020-01-02"}]}]}`, "QuestionnaireResponse.item.answer.valueDate 2020-01-02 date"},
		{`{"resourceType":"Immunization","lotNumber":"L1","expirationDate":"2020-01-02"}`, ""},
		{`{"resourceType":"Patient","_birthDate":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}}`, ""},
		{`{"resourceType":"Patient","unheardOf":"12345678"}`, "Patient.unheardOf 12345678 none"},
		{`{"resourceType":"CodeSystem","publisher":"X","contact":[{"name":"Ann","telecom":[{"system":"url","value":"http://x"}]}],"concept":[{"code":"1"}]}`, "CodeSystem.contact.telecom.value http://x url"},
	} {
		got := ""
		for _, r := range read(t, c.doc) {
			for _, x := range r {
				got = strings.TrimSpace(got + " " + x.Field + " " + x.Value + " " + x.Kind.String())
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.doc, got, c.want)
		}
	}
}

func TestOldAge(t *testing.T) {
	compare(t, `{"resourceType":"Condition","onsetAge":{"value":91,"unit":"a"}}`, []cell{{"Condition.onsetAge.value", "91", phi.Date, 0, phi.Patient, false}})
	compare(t, `{"resourceType":"Condition","onsetAge":{"value":52,"unit":"a"}}`)
	compare(t, `{"resourceType":"Patient","birthDate":"1970"}`, []cell{{"Patient.birthDate", "1970", 0, phi.PartYear, phi.Patient, false}})
	compare(t, `{"resourceType":"Condition","recordedDate":"1970"}`)
}

func TestClaims(t *testing.T) {
	for text, want := range map[string]format.Claim{
		`{"resourceType":"Patient"}`: format.Certain, ` [{"a":1,"resourceType" : "Observation"}]`: format.Certain, `{"resourceType":"AWS::S3"}`: format.No, `{"id":"1","resourceType":"Device"}`: format.No, `{"id":"1","resourceType":"Patient"}`: format.Certain,
		`{"a":"\"resourceType\":\"Patient\""}`: format.No, `{"x":1}`: format.No, `text "resourceType":"Patient"`: format.No, ``: format.No, `{"resourceType":"Pat`: format.No,
	} {
		if got := (Reader{}).Claims("", []byte(text)); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

func TestContract(t *testing.T) {
	long := `{"resourceType":"Observation","status":"final","note":[{"text":"` + strings.Repeat("The quick brown fox. ", 30000) + `"}],"subject":{"reference":"Patient/abcd"}}`
	formattest.Run(t, Reader{},
		formattest.Sample{Name: "bulk.ndjson", Data: bulk(3000), Claim: format.Certain},
		formattest.Sample{Name: "long.json", Data: []byte(long), Claim: format.Certain},
		formattest.Sample{Name: "bundle.json", Data: []byte(`{"resourceType":"Bundle","entry":[` + strings.TrimSuffix(strings.ReplaceAll(string(bulk(900)), "\n", ","), ",") + `]}`), Claim: format.Certain},
		formattest.Sample{Name: "pdf.json", Data: []byte(`{"resourceType":"Binary","contentType":"application/pdf","data":"JVBERi0xLjQKJeLjz9MKMyAwIG9iago8PC9UeXBlL1BhZ2U+PgplbmRvYmoK"}`), Claim: format.Certain},
	)
}

func FuzzReader(f *testing.F) {
	for _, seed := range []string{`{"resourceType":"Patient","id":"1","identifier":[{"value":"1","type":{"coding":[{"code":"SS"}]}}],"contained":[{"resourceType":"Patient","id":"x"}]}`,
		`{"resourceType":"Bundle","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient"}},{"resource":{"resourceType":"Task","for":{"reference":"#1","display":"x"}}}]}`,
		`{"a":[{"id":1,"resourceType":"Binary","data":"JVBERi0="}]}`, string(bulk(800))} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		(Reader{}).Claims("", data)
		got := formattest.Collect(Reader{}, "a.json", data)
		if got.Err != nil && !errors.Is(got.Err, format.ErrDamaged) {
			t.Errorf("error %v", got.Err)
		}
		for _, r := range got.Records {
			for _, c := range r {
				if c.Field == "" {
					t.Error("a place without a name")
				}
			}
		}
	})
}

// TestAKeyTwiceIsNoFault: a damaged or hostile object may say its code and display again and again.
func TestAKeyTwiceIsNoFault(t *testing.T) {
	for _, doc := range []string{
		`{"resourceType":"Patient","id":"1","identifier":[{"type":{"coding":[{"code":"A1","code":"B20","code":"MR"}]},"value":"100201"}]}`,
		`{"resourceType":"Condition","code":{"coding":[{"code":"B20","code":"I10","system":"http://hl7.org/fhir/sid/icd-10-cm"}]}}`,
		`{"resourceType":"Observation","subject":{"display":"Ada Byron","display":"Ben Hopper","reference":"Patient/1"}}`,
	} {
		got := formattest.Collect(Reader{}, "a.json", []byte(doc))
		if got.Err != nil || len(got.Records) == 0 {
			t.Errorf("%s: %d records, %v", doc, len(got.Records), got.Err)
		}
	}
}
