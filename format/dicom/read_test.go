package dicom

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/phi"
	"github.com/google/go-cmp/cmp"
)

// studies are the same data set in every way of writing it.
func studies() map[string][]byte {
	out := map[string][]byte{}
	for _, delimited := range []bool{false, true} {
		how := map[bool]string{false: "lengths", true: "delimiters"}[delimited]
		explicit, implicit, big := study(&writer{}, delimited), study(&writer{implicit: true}, delimited), study(&writer{big: true}, delimited)
		out["explicit, "+how] = file(explicitUID, explicit)
		out["implicit, "+how] = file(implicitUID, implicit)
		out["big endian, "+how] = file(bigUID, big)
		out["deflated, "+how] = file(deflatedUID, deflate(explicit))
		out["bare explicit, "+how] = []byte(explicit)
		out["bare implicit, "+how] = []byte(implicit)
		out["bare big endian, "+how] = []byte(big)
		acr := (&writer{implicit: true}).long(0x00080000, 4).String()
		out["bare with group lengths, "+how] = []byte(acr + implicit)
		out["said otherwise, "+how] = file(explicitUID, implicit)
		out["said implicit, "+how] = file(implicitUID, explicit)
		out["said little endian, "+how] = file(explicitUID, big)
	}
	return out
}

// wanted are the cells of study, as described says.
var wanted = []string{
	"SOPInstanceUID other_id - patient: 1.2.3.4.5.6",
	"StudyDate date - patient: 20240501",
	"AccessionNumber other_id - patient: A77001",
	"InstitutionAddress address - organisation: 1 Main St, Springfield, IL 62701",
	"InstitutionAddress zip zip organisation: 62701",
	"InstitutionAddress none state organisation: IL",
	"ReferringPhysicianName name full provider: Wilson^James^^Dr",
	"StudyDescription free_text - patient: CT head, call 217-555-0142",
	"CodeValue none - patient: F11.20",
	"PatientName name family patient: Doe",
	"PatientName name given patient: Zoë",
	"PatientName name middle patient: Q",
	"PatientID mrn - patient: M1000234",
	"PatientBirthDate date_of_birth - patient: 19340229",
	"PatientSex none sex patient: F",
	"PatientID mrn - patient: X-55",
	"PatientID mrn - patient: Y-66",
	"PatientAge date age patient: 91",
	"PatientAddress address - patient: 12 Elm St, Springfield, IL 62701",
	"PatientAddress zip zip patient: 62701",
	"PatientAddress none state patient: IL",
	"PatientTelephoneNumbers phone - patient: (217)555-0142",
	"PatientTelephoneNumbers email - patient: zoe@mail.example",
	"DeviceSerialNumber device - organisation: SN-1234",
	"StudyID other_id - patient: 1",
	"(0029,xx10) free_text - patient: seen by Dr. Wilson",
	"(0029,xx11) free_text - patient: reviewed with Ann",
}

// described writes a cell as "field kind part subject: value".
func described(c formattest.Cell) string {
	part := map[phi.Part]string{phi.PartFull: "full", phi.PartFamily: "family", phi.PartGiven: "given", phi.PartMiddle: "middle",
		phi.PartMaiden: "maiden", phi.PartPrefix: "prefix", phi.PartSuffix: "suffix", phi.PartState: "state", phi.PartZIP: "zip",
		phi.PartAge: "age", phi.PartSex: "sex"}[c.Part]
	if part == "" {
		part = "-"
	}
	return fmt.Sprintf("%s %s %s %s: %s", c.Field, c.Kind, part, c.Subject, c.Value)
}

func cells(s *formattest.Summary) (out []string) {
	for _, r := range s.Records {
		for _, c := range r {
			out = append(out, described(c))
		}
	}
	return out
}

func TestEverySyntaxSaysTheSame(t *testing.T) {
	for name, data := range studies() {
		if c := (Reader{}).Claims("x", data); c != format.Certain {
			t.Errorf("%s: claim %d", name, c)
		}
		s := formattest.Collect(Reader{}, "x", data)
		if s.Err != nil || len(s.Records) != 1 || len(s.Gaps) > 0 {
			t.Errorf("%s: %d records, gaps %v, %v", name, len(s.Records), s.Gaps, s.Err)
		}
		got := slices.DeleteFunc(cells(s), func(c string) bool { return strings.HasPrefix(c, "MediaStorage") })
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for _, c := range s.Records[0] {
			if c.Field == "CodeValue" && c.System != phi.ICD10CM {
				t.Errorf("%s: code of system %v", name, c.System)
			}
		}
	}
}

func TestContract(t *testing.T) {
	image := &writer{}
	study(image, true)
	image.str(tagBurnedIn, "CS", "YES").head(tagPixel, "OB", -1)
	image.head(tagItem, "", 0).head(tagItem, "", 8).WriteString("\xff\xd8JPEG\xff\xd9")
	image.head(tagSequenceEnd, "", 0).str(0xFFFCFFFC, "OB", "\x00\x00\x00\x00")
	plain := &writer{}
	study(plain, false)
	plain.str(0x60003000, "OW", "overlay bits").str(tagPixel, "OW", strings.Repeat("pixels\x00\x01", 3000))
	samples := []formattest.Sample{
		{Name: "a.dcm", Data: file(jpegUID, image.String()), Claim: format.Certain, Gaps: []formattest.Gap{{Reason: estate.GapNoReader}}},
		{Name: "b", Data: file(explicitUID, plain.String()), Claim: format.Certain, Gaps: []formattest.Gap{{Reason: estate.GapNoReader}, {Reason: estate.GapNoReader}}},
		{Name: "DICOMDIR", Data: media([]string{"PATIENT", "STUDY", "PATIENT", "STUDY"}, nil), Claim: format.Certain, Gaps: []formattest.Gap{}},
		{Name: "report.dcm", Data: file(explicitUID, report()), Claim: format.Certain, Gaps: []formattest.Gap{}},
		{Name: "pdf.dcm", Data: document("1.2.840.10008.5.1.4.1.1.104.1", "%PDF-1.7 pages"), Claim: format.Certain, Gaps: []formattest.Gap{}},
	}
	for name, data := range studies() {
		if strings.HasSuffix(name, "lengths") {
			samples = append(samples, formattest.Sample{Name: name, Data: data, Claim: format.Certain})
		}
	}
	formattest.Run(t, Reader{}, samples...)
}

func TestClaims(t *testing.T) {
	for _, c := range []struct {
		name, head string
		want       format.Claim
	}{
		{"a.dcm", "\x01\x02\x00\x03 anything at all", format.No},
		{"a.dcm", "\xff\xd8\xff\xe0\x00\x10JFIF", format.No},
		{"a.dcm", "\x10\x00\x20\x00\x04\x00\x00\x00M123", format.Maybe}, // implicit, from group 0010 on
		{"a.dcm", "\x10\x00\x20\x00LO\x04\x00M123", format.Maybe},
		{"a", "\x10\x00\x20\x00LO\x04\x00M123", format.No},
		{"a.dcm", "a text of that name", format.No},
		{"x/DICOMDIR", "\x04\x00\x30\x11CS\x02\x00X ", format.Maybe},
		{"x/DICOMDIR", "\x00\x00\x00\x00\x00\x00\x00\x00", format.No},
		{"a", "\x08\x00\x05\x00\x0a\x00\x00\x00ISO_IR 100", format.No}, // one element is not sure
		{"a", "\x08\x00\x08\x00\x08\x00\x08\x00\x08\x00\x08\x00\x08\x00\x08\x00", format.No},
		{"a", strings.Repeat("\x08\x00\x05\x00\x00\x00\x00\x00", 20), format.No}, // not in order
		{"a", strings.Repeat("\x00", 200), format.No},
		{"a.csv", "id,name\n1,DICM\n", format.No},
	} {
		if got := (Reader{}).Claims(c.name, []byte(c.head)); got != c.want {
			t.Errorf("%q %q: claim %d, want %d", c.name, c.head, got, c.want)
		}
	}
}

// one reads a data set of one element and gives its cells.
func one(t *testing.T, t1 tag, v, value string) []string {
	t.Helper()
	w := &writer{}
	w.str(tagCharset, "CS", "ISO_IR 192").str(t1, v, value)
	s := formattest.Collect(Reader{}, "x", file(explicitUID, w.String()))
	if s.Err != nil {
		t.Fatal(s.Err)
	}
	return cells(s)[1:]
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		tag       tag
		vr, value string
		want      string
	}{
		{0x00100010, "PN", "Doe^Jane^Q^Ms^PhD", "PatientName name family patient: Doe|PatientName name given patient: Jane|PatientName name middle patient: Q|PatientName name prefix patient: Ms|PatientName name suffix patient: PhD"},
		{0x00100010, "PN", "=山田^太郎=やまだ^たろう", "PatientName name family patient: 山田|PatientName name given patient: 太郎|PatientName name family patient: やまだ|PatientName name given patient: たろう"},
		{0x00100010, "PN", "Jane Doe", "PatientName name full patient: Jane Doe"},
		{0x00100010, "PN", " ^ ^^", ""},
		{0x00101001, "PN", "Roe^Jane\\Moe^J", "OtherPatientNames name family patient: Roe|OtherPatientNames name given patient: Jane|OtherPatientNames name family patient: Moe|OtherPatientNames name given patient: J"},
		{0x00101060, "PN", "Roe^Ann", "PatientMotherBirthName name maiden patient: Roe^Ann"},
		{0x00081070, "PN", "A^B\\C^D", "OperatorsName name full provider: A^B|OperatorsName name full provider: C^D"},
		{0x00101010, "AS", "017Y", "PatientAge none age patient: 17"},
		{0x00101010, "AS", "018M", "PatientAge none age patient: 1"},
		{0x00101010, "AS", "089Y", "PatientAge none age patient: 89"},
		{0x00101010, "AS", "090Y", "PatientAge date age patient: 90"},
		{0x00101010, "AS", "nonsense", ""},
		{0x00101010, "AS", "000Y", ""}, // not known
		{0x00101010, "AS", "003D", "PatientAge none age patient: 0"},
		{0x00101040, "LO", "PO Box 9, 62701-1234", "PatientAddress address - patient: PO Box 9, 62701-1234|PatientAddress zip zip patient: 62701-1234"},
		{0x00101040, "LO", "Gate 12345X", "PatientAddress address - patient: Gate 12345X"},
		{0x00102297, "PN", "Roe^Ann", "ResponsiblePerson name full patient: Roe^Ann"},
		{0x001021C0, "US", "\x03\x00", "PregnancyStatus none - patient: 3"},
		{0x001021C0, "US", "\x01\x00", ""},
		{0x00181200, "DA", "20200101", ""}, // a calibration
		{0x00080080, "LO", "General Hospital", ""},
		{0x00380010, "LO", "V555", "AdmissionID other_id - patient: V555"},
		{0x00400244, "DA", "20240501", "PerformedProcedureStepStartDate date - patient: 20240501"},
		{0x00081190, "UR", "https://pacs.example/studies/1", "RetrieveURL url - organisation: https://pacs.example/studies/1"},
		{0x60024000, "LT", "a note", "OverlayComments free_text - patient: a note"},
		{0x00090010, "LO", "SOMEBODY", ""}, // who created the private block
		{0x00091001, "PN", "Doe^Jane", "(0009,xx01) name full unknown: Doe^Jane"},
		{0x00091001, "DA", "20240501", "(0009,xx01) date - unknown: 20240501"},
		{0x00091001, "UN", "\x01\x02\x03\x04", ""},
		{0x00091001, "UN", "1.2.840.113619.2.1", ""},
		{0x00091001, "UN", "219-09-9999", "(0009,xx01) free_text - patient: 219-09-9999"},
		{0x00091001, "CS", "SOME WORDS", ""},
		{0x00080016, "UI", "1.2.3", ""},
		{0x0008FFFF, "LO", "an element of the future", "(0008,FFFF) free_text - patient: an element of the future"},
	} {
		got := strings.Join(one(t, c.tag, c.vr, c.value), "|")
		if got != c.want {
			t.Errorf("%v %s %q\n got %s\nwant %s", c.tag, c.vr, c.value, got, c.want)
		}
	}
}

// TestCharacterSets reads the examples of PS3.5, annexes H, I, J and K, and one of each single-byte set.
func TestCharacterSets(t *testing.T) {
	for _, c := range []struct{ set, value, want string }{
		{"", "Doe^Jane", "Doe^Jane"},
		{"\\ISO 2022 IR 87", "Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B", "Yamada^Tarou=山田^太郎=やまだ^たろう"},
		{"ISO 2022 IR 13\\ISO 2022 IR 87", "\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎"},
		{"\\ISO 2022 IR 149", "Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf", "Hong^Gildong=洪^吉洞=홍^길동"},
		{"ISO_IR 192", "Wang^XiaoDong=王^小東", "Wang^XiaoDong=王^小東"},
		{"GB18030", "Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab", "Wang^XiaoDong=王^小东"},
		{"GBK", "Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab", "Wang^XiaoDong=王^小东"},
		{"\\ISO 2022 IR 58", "Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab", "Zhang^XiaoDong=张^小东"},
		{"\\ISO 2022 IR 159", "A=\x1b$(D\x30\x21\x1b(B^B", "A=丂^B"},
		{"ISO_IR 100", "Buc^J\xe9r\xf4me", "Buc^Jérôme"},
		{"ISO_IR 101", "W\xb3a\xb6", "Właś"},
		{"ISO_IR 109", "\xa1", "Ħ"},
		{"ISO_IR 110", "\xb3", "ŗ"},
		{"ISO_IR 144", "\xbb\xee\xda", "Люк"},
		{"ISO_IR 127", "\xe2\xc8\xc7\xe6\xea", "قباني"},
		{"ISO_IR 126", "\xc4\xe9\xef", "Διο"},
		{"ISO_IR 138", "\xf9\xf8\xe5\xef", "שרון"},
		{"ISO_IR 148", "\xfd\xfe", "ış"},
		{"ISO_IR 166", "\xca\xc1", "สม"},
		{"ISO_IR 203", "\xa4", "€"},
		{"ISO 2022 IR 100\\ISO 2022 IR 144", "Buc^J\xe9r\xf4me=\x1b-L\xbb\xee\xda^\xe9", "Buc^Jérôme=Люк^é"},
		{"", "J\xe9r\xf4me", "Jérôme"},       // against the standard, and common
		{"", "Jérôme", "Jérôme"},             // the same in UTF-8
		{"ISO_IR 192", "J\xe9r", "Jér"},      // said to be UTF-8
		{"NO SUCH SET", "J\xe9r", "Jér"},     // said to be nothing
		{"ISO-IR 100", "J\xe9r", "Jér"},      // written in other ways
		{"\\ISO 2022 IR 87", "\x1b$B;", ""},  // cut off
		{"\\ISO 2022 IR 87", "A\x1b", "A"},   // cut off
		{"GB18030", "\x81", "\ufffd"},        // cut off
		{"ISO 2022 IR 13", "a\\b~", "a\\b~"}, // the yen sign separates values
	} {
		var d decoder
		for range 2 { // memory is reused
			if got := string(d.decode([]byte(c.value), charsetOf([]byte(c.set)))); got != c.want {
				t.Errorf("%s %q: got %q, want %q", c.set, c.value, got, c.want)
			}
		}
	}
}

// TestItemsHaveTheirOwnCharacterSet: an item without one has that of the data set around it, and it ends with the item.
func TestItemsHaveTheirOwnCharacterSet(t *testing.T) {
	w := &writer{}
	russian := w.item(func(w *writer) { w.str(tagCharset, "CS", "ISO_IR 144").str(0x00081070, "PN", "\xbb\xee\xda") })
	plain := w.item(func(w *writer) { w.str(0x00081070, "PN", "J\xe9r") })
	w.str(tagCharset, "CS", "ISO_IR 100").seq(0x00081111, true, russian, plain).str(0x00100010, "PN", "Zo\xeb")
	s := formattest.Collect(Reader{}, "x", file(explicitUID, w.String()))
	if diff := cmp.Diff([]string{"Люк", "Jér"}, s.Values("OperatorsName")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Zoë"}, s.Values("PatientName")); diff != "" {
		t.Error(diff)
	}
}

// document is a file that encapsulates one.
func document(class, content string) []byte {
	w := &writer{}
	w.str(tagClass, "UI", class).str(0x00100020, "LO", "M1").str(tagDocument, "OB", content).str(0x00420012, "LO", "application/x")
	return file(explicitUID, w.String())
}

func TestEncapsulatedDocuments(t *testing.T) {
	for _, c := range []struct {
		class, content string
		want           formattest.Inner
	}{
		{"1.2.840.10008.5.1.4.1.1.104.1", "%PDF-1.7 odd length", formattest.Inner{Name: "EncapsulatedDocument.pdf", Hint: "application/pdf", Body: "%PDF-1.7 odd length"}},
		{"1.2.840.10008.5.1.4.1.1.104.2", "<ClinicalDocument/>", formattest.Inner{Name: "EncapsulatedDocument.xml", Hint: "text/xml", Body: "<ClinicalDocument/>"}},
		{"1.2.840.10008.5.1.4.1.1.104.3", "solid x", formattest.Inner{Name: "EncapsulatedDocument.stl", Hint: "model/stl", Body: "solid x"}},
		{"1.2.3", "even", formattest.Inner{Name: "EncapsulatedDocument", Body: "even"}},
	} {
		s := formattest.Collect(Reader{}, "x.dcm", document(c.class, c.content))
		if diff := cmp.Diff([]formattest.Inner{c.want}, s.Inner); diff != "" || s.Err != nil {
			t.Error(diff, s.Err)
		}
	}
	w := &writer{}
	w.str(0x00091001, "OB", "<?xml version='1.0'?><a/>").str(0x00091002, "UN", "%PDF-1.4 private")
	s := formattest.Collect(Reader{}, "x.dcm", file(explicitUID, w.String()))
	if len(s.Inner) != 2 || s.Inner[0].Name != "Private" || s.Inner[1].Name != "2/Private" {
		t.Errorf("private documents: %v", s.Inner)
	}
}

// report is a structured report whose context says who is who.
func report() string {
	w := &writer{}
	content := func(code, scheme string, value func(*writer)) string {
		return w.item(func(w *writer) {
			w.str(0x0040A010, "CS", "HAS OBS CONTEXT")
			w.seq(tagConcept, false, w.item(func(w *writer) { w.str(tagCode, "SH", code).str(tagDesignator, "SH", scheme) }))
			value(w)
		})
	}
	w.str(tagClass, "UI", "1.2.840.10008.5.1.4.1.1.88.11").str(0x00100020, "LO", "M1")
	w.seq(0x0040A730, true,
		content("121008", "DCM", func(w *writer) { w.str(tagContentName, "PN", "House^Gregory") }),
		content("121029", "DCM", func(w *writer) { w.str(tagContentName, "PN", "Doe^Jane") }),
		content("121030", "DCM", func(w *writer) { w.str(tagContentText, "UT", "M-77") }),
		content("121031", "DCM", func(w *writer) { w.str(tagContentDate, "DA", "19640229") }),
		content("121036", "DCM", func(w *writer) { w.str(tagContentName, "PN", "Doe^Ann") }),
		content("121016", "DCM", func(w *writer) { w.str(tagContentText, "UT", "SN9") }),
		content("121106", "DCM", func(w *writer) { w.str(tagContentText, "UT", "she says it hurts") }),
		w.item(func(w *writer) {
			w.seq(tagConcept, false, w.item(func(w *writer) { w.str(tagCode, "SH", "121029").str(tagDesignator, "SH", "DCM") }))
			w.str(tagContentName, "PN", "Doe^Janet")
			w.seq(tagContent, false, w.item(func(w *writer) { w.str(tagContentName, "PN", "Foreman^Eric") }))
		}),
		content("11502-2", "LN", func(w *writer) { w.str(tagContentName, "PN", "Wilson^James") }),
		content("121029", "99X", func(w *writer) { w.str(tagContentName, "PN", "Cuddy^Lisa") }),
	)
	return w.String()
}

func TestStructuredReport(t *testing.T) {
	s := formattest.Collect(Reader{}, "sr.dcm", file(explicitUID, report()))
	want := []string{
		"MediaStorageSOPInstanceUID other_id - patient: 1.2.3.4.5.6", "PatientID mrn - patient: M1",
		"PersonName name full provider: House^Gregory",
		"PersonName name family patient: Doe", "PersonName name given patient: Jane",
		"TextValue mrn - patient: M-77", "Date date_of_birth - patient: 19640229",
		"PersonName name full patient: Doe^Ann", "TextValue device - organisation: SN9",
		"TextValue free_text - patient: she says it hurts",
		"PersonName name family patient: Doe", "PersonName name given patient: Janet",
		"PersonName name full provider: Foreman^Eric",
		"CodeValue none - patient: 11502-2", "PersonName name full provider: Wilson^James",
		"PersonName name full provider: Cuddy^Lisa",
	}
	if diff := cmp.Diff(want, cells(s)); diff != "" || s.Err != nil {
		t.Error(diff, s.Err)
	}
}

func TestPixelsAreAGap(t *testing.T) {
	for says, detail := range map[string]string{
		"": "pixels are not read: burned-in text is possible", "YES": "the file says that there is some", "NO": "which nobody checked",
	} {
		w := &writer{}
		w.str(tagBurnedIn, "CS", says).str(tagRecognisable, "CS", "YES").str(tagPixel, "OW", "\x00\x01\x02\x03")
		s := formattest.Collect(Reader{}, "x", file(explicitUID, w.String()))
		if len(s.Gaps) != 1 || s.Gaps[0].Reason != estate.GapNoReader || !strings.Contains(s.Gaps[0].Detail, detail) ||
			!strings.Contains(s.Gaps[0].Detail, "face") {
			t.Errorf("burned in %q: %v", says, s.Gaps)
		}
	}
	w := &writer{}
	w.str(tagClass, "UI", classVoice).str(tagWaveform, "OW", "sound!").str(tagEncrypted, "OB", "sealed").str(0x00091001, "OB", strings.Repeat("\x00\xff", 50))
	s := formattest.Collect(Reader{}, "x", file(explicitUID, w.String()))
	want := []formattest.Gap{{Reason: estate.GapNoReader, Detail: "1 sound recordings are not read: spoken names are possible"},
		{Reason: estate.GapEncrypted, Detail: "1 sets of encrypted attributes"}, {Reason: estate.GapUnknown, Detail: "1 private binary values"}}
	if diff := cmp.Diff(want, s.Gaps); diff != "" {
		t.Error(diff)
	}
}

func TestPreamble(t *testing.T) {
	data := file(explicitUID, study(&writer{}, false))
	copy(data, "exported for Jane Doe")
	if got := formattest.Collect(Reader{}, "x", data).Values("preamble"); !slices.Equal(got, []string{"exported for Jane Doe"}) {
		t.Errorf("got %q", got)
	}
	copy(data, bytes.Repeat([]byte("II*\x00"), 20))
	if got := formattest.Collect(Reader{}, "x", data).Values("preamble"); len(got) > 0 {
		t.Errorf("got %q", got)
	}
}

func TestDictionary(t *testing.T) {
	d := attributes()
	for _, c := range []struct {
		tag     tag
		keyword string
		vr      vr
	}{
		{0x00100010, "PatientName", vrPN}, {0x60023000, "OverlayData", vrOW}, {0x00203110, "SourceImageIDs", vrCS}, {0x7FE00010, "PixelData", vrOW},
		{0x7F040010, "VariablePixelData", vrOW}, {0x501E2500, "CurveLabel", vrLO},
	} {
		if a := d.find(c.tag); a == nil || a.keyword != c.keyword || a.vr != c.vr {
			t.Errorf("%v is %v, want %s %v", c.tag, a, c.keyword, c.vr)
		}
	}
	if d.find(0x60013000) != nil || d.find(0x00090010) != nil {
		t.Error("a private element is in the dictionary")
	}
	for _, bad := range [][2]string{{"0010001 PN x", ""}, {"00100010 PN PatientName", "name patient\n  NoSuchKeyword\n"}, {"", "nonsense patient\n"}, {"", "name nobody\n"}} {
		if _, err := readDictionary(bad[0], bad[1]); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
