package hl7v2

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// story is what a reading handed out. The people in these tests are invented.
type story struct {
	records [][]string // "PID-5.1=DOE" of each record
	inner   []string   // "name hint: content", long content cut
	gaps    []string
	places  record.Places
	err     error
}

func tell(data []byte, body io.Reader) *story {
	s := &story{}
	out := format.Output{
		Places: &s.places,
		Batch: func(b *record.Batch) error {
			for i := range b.Len() {
				var cells []string
				for _, c := range b.Record(i) {
					p := s.places.At(c.Place)
					cell := fmt.Sprintf("%s=%s", p.Field, b.Bytes(c))
					if c.System != phi.NoSystem {
						cell += " (" + c.System.String() + ")"
					}
					if c.Flags&record.Negated != 0 {
						cell += " negated"
					}
					cells = append(cells, cell)
				}
				s.records = append(s.records, cells)
			}
			return nil
		},
		Inner: func(name, hint string, body io.Reader) error {
			content, err := io.ReadAll(body)
			if len(content) > 100 {
				content = append(content[:20:20], fmt.Sprintf("... %d bytes", len(content))...)
			}
			s.inner = append(s.inner, fmt.Sprintf("%s %s: %s", name, hint, content))
			return err
		},
		Gap: func(reason estate.GapReason, detail string) { s.gaps = append(s.gaps, string(reason)+": "+detail) },
	}
	in := format.Input{Name: "a.hl7", Size: int64(len(data)), Head: data[:min(len(data), format.HeadSize)], Body: body}
	s.err = Reader{}.Read(context.Background(), in, out)
	return s
}

func tellString(text string) *story { return tell([]byte(text), strings.NewReader(text)) }

const mshLine = "MSH|^~\\&|LAB|LAKESIDE|EHR|MERIDIAN|20240501120000||ORU^R01|17|P|2.5.1\r"

func TestValues(t *testing.T) {
	for name, c := range map[string]struct {
		segment string
		want    []string
	}{
		"name with subcomponents": {"PID|||||van der Berg&van der&Berg^Anna^B^Jr^Mrs", []string{"PID-5.1=van der Berg", "PID-5.1=Berg", "PID-5.2=Anna", "PID-5.3=B"}},
		"repetitions":             {"PID|||A1^^^X^MR~123-45-6789^^^USSSA^SS", []string{"PID-3.1=A1", "PID-3.1=123-45-6789"}},
		"null and blank":          {"PID||\"\"|A1^^^X^\"\"| |\"\"^\"\"", []string{"PID-3.1=A1"}},
		"address": {"PID|||||||||||12 Elm&Elm&12^Apt 3^Springfield^IL^62701^USA^H^^Sangamon",
			[]string{"PID-11.1=12 Elm", "PID-11.1=Elm", "PID-11.2=Apt 3", "PID-11.3=Springfield", "PID-11.4=IL", "PID-11.5=62701", "PID-11.9=Sangamon"}},
		"telecommunication": {"PID|||||||||||||(217)555-0142^PRN^PH~555-0143^WPN^FX~^NET^Internet^a@b.example~^PRN^PH^^1^217^5550144~^PRN^PH^^^^^^^^^2175550145~https://x.example^^Internet",
			[]string{"PID-13.1=(217)555-0142", "PID-13.1=555-0143", "PID-13.4=a@b.example", "PID-13.7=2175550144", "PID-13.12=2175550145", "PID-13.1=https://x.example"}},
		"a year is no date":         {"PID|||||||1960", nil},
		"provider":                  {"PV1|||||||1234567893^House^Greg^^^^^^NPI&2.16.840.1.113883.4.6&ISO^^^^NPI|99^Foreman^Eric|Dr Wilson", []string{"PV1-7.1=1234567893", "PV1-7.2=House", "PV1-7.3=Greg", "PV1-8.2=Foreman", "PV1-8.3=Eric", "PV1-9.1=Dr Wilson"}},
		"codes":                     {"DG1|1||E11.9^Diabetes^I10^250.00^DM^I9", []string{"DG1-3.1=E11.9 (ICD10CM)", "DG1-3.4=250.00 (ICD9CM)"}},
		"code by its method":        {"DG1|1|I9|250.00^DM", []string{"DG1-3.1=250.00 (ICD9CM)"}},
		"code by its shape":         {"DG1|1||F11.20", []string{"DG1-3.1=F11.20 (ICD10CM)"}},
		"local code":                {"DG1|1||XYZ^^L", nil},
		"result":                    {"OBX|1|NM|4548-4^HbA1c^LN||7.1|%|||||F|||20240501", []string{"OBX-3.1=4548-4 (LOINC)", "OBX-14=20240501"}},
		"withdrawn result":          {"OBX|1|NM|4548-4^HbA1c^LN||7.1||||||W", []string{"OBX-3.1=4548-4 (LOINC) negated"}},
		"coded answer":              {"OBX|1|CWE|1^x^L||260373001^Detected^SCT", []string{"OBX-5.1=260373001 (SNOMEDCT)"}},
		"date answer":               {"OBX|1|DT|||20231224", []string{"OBX-5=20231224"}},
		"name answer":               {"OBX|1|PN|||Doe^Jane", []string{"OBX-5.1=Doe", "OBX-5.2=Jane"}},
		"no type":                   {"OBX|1|TX|||a\rOBX|2||||POS", []string{"OBX-5=a"}},
		"short string":              {"OBX|1|ST|||POS", nil},
		"string with words":         {"OBX|1|ST|||seen by Dr. House", []string{"OBX-5=seen by Dr. House"}},
		"text keeps separators":     {"OBX|1|TX|||BP 120^80 & pulse~70 \\T\\ more\\.br\\end", []string{"OBX-5=BP 120^80 & pulse~70 & more\nend"}},
		"note":                      {"NTE|1|L|call \\Zunknown\\ C:\\temp\\x", []string{"NTE-3=call \\Zunknown\\ C:\\temp\\x"}},
		"refused vaccine":           {"RXA|0|1|20240501||08^HepB^CVX|||||||||||||||RE", []string{"RXA-3=20240501", "RXA-5.1=08 (CVX) negated"}},
		"own segment":               {"ZPI|1|Jane Roe|x", []string{"ZPI-2=Jane Roe"}},
		"field beyond the standard": {"TQ2||||||||||||extra value", []string{"TQ2-12=extra value"}},
		"names by subject":          {"NK1|1|Doe^John|SPO", []string{"NK1-2.1=Doe", "NK1-2.2=John"}},
		"interpreter":               {"OBR|1" + strings.Repeat("|", 31) + "77&House&Greg", []string{"OBR-32.1=House", "OBR-32.1=Greg"}},
		"timing":                    {"SCH|||||||||||1^^2^202405011200^202405011230", []string{"SCH-11.4=202405011200", "SCH-11.5=202405011230"}},
		"hex escape":                {"NTE|1||M\\XC3BC\\ller", []string{"NTE-3=Müller"}},
		"query by example":          {"QPD|Q22^Find Candidates|1|@PID.5.1^DOE~@PID.7^19620103~@PID.8^F~@PID.3.1^A1~@ZZZ.1^x", []string{"QPD-3=DOE", "QPD-3=19620103", "QPD-3=F", "QPD-3=A1"}},
		"query by number":           {"QPD|Q23^Get Corresponding IDs|1|A1^^^LAKESIDE", []string{"QPD-3.1=A1"}},
		"immunisation query":        {"QPD|Z34^Request|1|A1^^^X^MR|Doe^Jane||20150102|F|1 Elm^^Town", []string{"QPD-3.1=A1", "QPD-4.1=Doe", "QPD-4.2=Jane", "QPD-6=20150102", "QPD-7=F", "QPD-8.1=1 Elm", "QPD-8.3=Town"}},
		"line that is no segment":   {"continued by hand", []string{"text=continued by hand"}},
	} {
		s := tellString(mshLine + c.segment + "\r")
		var got []string
		for _, r := range s.records {
			got = append(got, r...)
		}
		if d := cmp.Diff(c.want, got); d != "" || s.err != nil {
			t.Errorf("%s: %v %s", name, s.err, d)
		}
	}
}

func TestKindsAndSubjects(t *testing.T) {
	s := tellString(mshLine + "PID|1||A1^^^X^MR~123-45-6789^^^^SS~D99^^^^DL||Doe^Jane|Roe^Ann|19600102|F|||1 Elm^^Town^IL^62701||555-0101^^FX\r" +
		"GT1|1||Doe^John\rIN1|1||||Box 1^^Town\rPV1|||||||1^House^Greg\r")
	type fact struct {
		kind    phi.Kind
		part    phi.Part
		subject phi.Subject
		other   bool
	}
	got := map[string]fact{}
	for i := range uint32(s.places.Len()) {
		p := s.places.At(i)
		got[p.Field+" "+p.Kind.String()] = fact{p.Kind, p.Part, p.Subject, p.Other}
	}
	for at, want := range map[string]fact{
		"PID-3.1 mrn":         {phi.MRN, phi.PartNone, phi.Patient, false},
		"PID-3.1 ssn":         {phi.SSN, phi.PartNone, phi.Patient, false},
		"PID-3.1 license":     {phi.License, phi.PartNone, phi.Patient, false},
		"PID-5.1 name":        {phi.Name, phi.PartFamily, phi.Patient, false},
		"PID-6.1 name":        {phi.Name, phi.PartMaiden, phi.Patient, true},
		"PID-7 date_of_birth": {phi.DateOfBirth, phi.PartNone, phi.Patient, false},
		"PID-8 none":          {phi.None, phi.PartSex, phi.Patient, false},
		"PID-11.4 none":       {phi.None, phi.PartState, phi.Patient, false},
		"PID-11.5 zip":        {phi.ZIP, phi.PartZIP, phi.Patient, false},
		"PID-13.1 fax":        {phi.Fax, phi.PartNone, phi.Patient, false},
		"GT1-3.1 name":        {phi.Name, phi.PartFamily, phi.Patient, true},
		"IN1-5.1 address":     {phi.Address, phi.PartStreet, phi.Organisation, false},
		"PV1-7.2 name":        {phi.Name, phi.PartFamily, phi.Provider, false},
	} {
		if fact, ok := got[at]; !ok || fact != want {
			t.Errorf("%s: %+v, want %+v", at, fact, want)
		}
	}
}

func TestRecords(t *testing.T) {
	message := func(eol, id string) string {
		return strings.ReplaceAll(mshLine+"EVN|A01|20240501\rPID|||"+id+"\rPV1||I\r", "\r", eol)
	}
	one := func(id string) []string { return []string{"EVN-2=20240501", "PID-3.1=" + id} }
	two := [][]string{one("A1"), one("B2")}
	for name, c := range map[string]struct {
		text string
		want [][]string
	}{
		"CR":                         {message("\r", "A1") + message("\r", "B2"), two},
		"LF":                         {message("\n", "A1") + message("\n", "B2"), two},
		"CRLF, then CR":              {message("\r\n", "A1") + message("\r", "B2"), two},
		"no last line end":           {strings.TrimSuffix(message("\r", "A1")+message("\r", "B2"), "\r"), two},
		"blank lines":                {"\r\n" + message("\r", "A1") + "\r\n\r\n" + message("\r", "B2"), two},
		"MLLP":                       {"\x0b" + message("\r", "A1") + "\x1c\r\x0b" + message("\r", "B2") + "\x1c\r", two},
		"MLLP without CR":            {"\x0b" + message("\r", "A1") + "\x1c\x0b" + message("\r", "B2") + "\x1c", two},
		"batch":                      {"FHS|^~\\&|X\rBHS|^~\\&|X\r" + message("\r", "A1") + message("\r", "B2") + "BTS|2\rFTS|1\r", two},
		"byte order mark":            {"\ufeff" + message("\r", "A1") + message("\r", "B2"), two},
		"marks of joined files":      {"\ufeff" + message("\r", "A1") + "\ufeff" + message("\r", "B2"), two},
		"two patients in a message":  {mshLine + "EVN|A17|20240501\rPID|||A1\rPV1||I\rPID|||B2\rPV1||I\r", [][]string{one("A1"), {"PID-3.1=B2"}}},
		"separators of each message": {message("\r", "A1") + "MSH$%~\\&$LAB\rEVN$A01$20240501\rPID$$$B2%3%M11%%\r", two},
		"no separators for parts":    {"MSH|^~\rPID|||A1|| \r", [][]string{{"PID-3.1=A1"}}},
	} {
		s := tellString(c.text)
		if d := cmp.Diff(c.want, s.records); d != "" || s.err != nil || len(s.gaps) > 0 {
			t.Errorf("%s: %v %v %s", name, s.err, s.gaps, d)
		}
	}
}

func TestCharsets(t *testing.T) {
	for name, text := range map[string]string{
		"UTF-8":   mshLine + "PID|||||Müller^Zoë\r",
		"Latin-1": mshLine + "PID|||||M\xfcller^Zo\xeb\r",
	} {
		if d := cmp.Diff([][]string{{"PID-5.1=Müller", "PID-5.2=Zoë"}}, tellString(text).records); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestDocuments(t *testing.T) {
	b64 := base64.StdEncoding.EncodeToString
	long := strings.Repeat("The patient was seen. ", 20)
	for name, c := range map[string]struct {
		segment string
		cells   []string
		inner   []string
	}{
		"PDF":                 {"OBX|1|ED|||LAB^application^pdf^Base64^" + b64([]byte("%PDF-1.4 x")), []string{"OBX-5=LAB^application^pdf^Base64"}, []string{"1/OBX-5/1.pdf application/pdf: %PDF-1.4 x"}},
		"old type":            {"OBX|1|ED|||^IM^JPEG^Base64^" + b64([]byte("\xff\xd8\xff")), []string{"OBX-5=^IM^JPEG^Base64"}, []string{"1/OBX-5/1.jpeg image/jpeg: \xff\xd8\xff"}},
		"two repetitions":     {"OBX|1|ED|||^TEXT^plain^Base64^" + b64([]byte("one")) + "~^TEXT^plain^Hex^74776F", []string{"OBX-5=^TEXT^plain^Base64", "OBX-5=^TEXT^plain^Hex"}, []string{"1/OBX-5/1.txt text/plain: one", "1/OBX-5/2.txt text/plain: two"}},
		"no coding":           {"OBX|1|ED|||^TEXT^^A^smoker \\T\\ drinker", []string{"OBX-5=^TEXT^^A"}, []string{"1/OBX-5/1.txt text/plain: smoker & drinker"}},
		"wrapped":             {"OBX|1|ED|||^TEXT^plain^Base64^b25l\\.br\\IHR3\\X0D0A\\bw==", []string{"OBX-5=^TEXT^plain^Base64"}, []string{"1/OBX-5/1.txt text/plain: one two"}},
		"header only":         {"OBX|1|ED|||^application^pdf^Base64^", []string{"OBX-5=^application^pdf^Base64"}, nil},
		"components left out": {"OBX|1|ED|||PDF^Base64^" + b64([]byte("%PDF-1.4 x")), []string{"OBX-5=PDF^Base64"}, []string{"1/OBX-5/1 : %PDF-1.4 x"}},
		"XML in text":         {"OBX|1|TX|||<?xml version=\"1.0\"?><a/>", nil, []string{"1/OBX-5/1 : <?xml version=\"1.0\"?><a/>"}},
		"RTF in text":         {"OBX|1|FT|||{\\E\\rtf1 hello}", nil, []string{"1/OBX-5/1 : {\\rtf1 hello}"}},
		"base64 in text":      {"NTE|1||" + b64([]byte("%PDF-1.7 "+long)), nil, []string{fmt.Sprintf("1/NTE-3/1 : %%PDF-1.7 The patient... %d bytes", 9+len(long))}},
	} {
		s := tellString(mshLine + c.segment + "\r")
		var cells []string
		for _, r := range s.records {
			cells = append(cells, r...)
		}
		if d := cmp.Diff(c.cells, cells) + cmp.Diff(c.inner, s.inner); d != "" || s.err != nil || len(s.gaps) > 0 {
			t.Errorf("%s: %v %v %s", name, s.err, s.gaps, d)
		}
	}
}

func TestGaps(t *testing.T) {
	s := tellString(mshLine + "OBX|1|RP|||ab^pacs^IM\rOBX|2|RP|||cd^pacs^IM\rOBX|3|ED|||^TEXT^plain^Base64^b25$l\r")
	want := []string{"not followed: OBX-5 points to data elsewhere, 2 times", "damaged: encapsulated data does not decode, 1 times"}
	if d := cmp.Diff(want, s.gaps); d != "" {
		t.Error(d)
	}
}

// TestLongFields: a document of many megabytes in the middle of a message is streamed, and what stands around it is read.
func TestLongFields(t *testing.T) {
	const size = 5 << 20
	encoded := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("x"), size))
	note := strings.Repeat("seen and sent home. ", 10<<10)
	text := mshLine + "PID|||A1\rOBX|1|ED|11502-2^Report^LN||LAB^application^pdf^Base64^" + encoded + "||||||F|||20240501\r" +
		"OBX|2|TX|||" + note + "||||||F|||20240502\rZZZ|" + note + "\r" + mshLine + "PID|||B2\r"
	want := &story{
		records: [][]string{
			{"PID-3.1=A1", "OBX-3.1=11502-2 (LOINC)", "OBX-5=LAB^application^pdf^Base64", "OBX-14=20240501", "OBX-14=20240502"},
			{"PID-3.1=B2"}},
		inner: []string{fmt.Sprintf("1/OBX-5/1.pdf application/pdf: xxxxxxxxxxxxxxxxxxxx... %d bytes", size),
			fmt.Sprintf("1/OBX-5/2 : seen and sent home. ... %d bytes", len(note)), fmt.Sprintf("1/ZZZ-1/3 : seen and sent home. ... %d bytes", len(note))},
	}
	for how, body := range map[string]io.Reader{"whole": strings.NewReader(text), "halves": iotest.HalfReader(strings.NewReader(text))} {
		s := tell([]byte(text), body)
		if d := cmp.Diff(want.records, s.records) + cmp.Diff(want.inner, s.inner); d != "" || s.err != nil {
			t.Errorf("%s: %v %s", how, s.err, d)
		}
	}
}

// TestLongRecord: a message of more than is held is divided, and each part is about the same person.
func TestLongRecord(t *testing.T) {
	note := "NTE|1||" + strings.Repeat("seen and sent home. ", 50) + "\r"
	text := mshLine + "PID|||A1\r" + strings.Repeat(note, 2*maxRecord/len(note)) + mshLine + "PID|||B2\r"
	s := tellString(text)
	notes := 0
	for i, r := range s.records {
		want := "PID-3.1=A1"
		if i == len(s.records)-1 {
			want = "PID-3.1=B2"
		}
		if r[0] != want {
			t.Errorf("record %d begins with %.40s", i, r[0])
		}
		notes += len(r) - 1
	}
	if s.err != nil || len(s.records) != 4 || notes != 2*maxRecord/len(note) {
		t.Errorf("%v, %d records, %d notes", s.err, len(s.records), notes)
	}
}

// TestLongNonsense: what follows no rule is read to its end all the same.
func TestLongNonsense(t *testing.T) {
	for name, text := range map[string]string{
		"many fields":   mshLine + "PID|||A1\rOBX" + strings.Repeat("|ab", 4<<20),
		"no line":       mshLine + strings.Repeat("x", 9<<20),
		"empty lines":   mshLine + strings.Repeat("\r\n", 1<<20),
		"many segments": mshLine + strings.Repeat("AAA|\r", 3<<20),
		"a long PID":    mshLine + "PID|||" + strings.Repeat("A1~", 4<<20) + "\r",
		"unclosed":      mshLine + "NTE|1||" + strings.Repeat("\\X", 1<<15),
	} {
		if s := tellString(text); s.err != nil {
			t.Errorf("%s: %v", name, s.err)
		}
	}
}

func TestClaims(t *testing.T) {
	for name, c := range map[string]struct {
		file, head string
		want       format.Claim
	}{
		"message":       {"x", mshLine, format.Certain},
		"batch":         {"x", "FHS|^~\\&|A|B", format.Certain},
		"MLLP":          {"x", "\x0b" + mshLine, format.Certain},
		"UTF-16":        {"x", "\xff\xfeM\x00S\x00H\x00|\x00^\x00~\x00\\\x00&\x00|\x00", format.Certain},
		"log":           {"x", "12:00 received\n" + mshLine, format.Likely},
		"fragment":      {"x.hl7", "PID|1||A1\r", format.Maybe},
		"other text":    {"x", "MSH is a segment of HL7", format.No},
		"prose of .hl7": {"x.hl7", "This folder holds messages.", format.No},
		"empty":         {"x.hl7", "", format.No},
		"brackets":      {"x", "MSH() { return 1 }", format.No},
	} {
		if got := (Reader{}).Claims(c.file, []byte(c.head)); got != c.want {
			t.Errorf("%s: claim %d, want %d", name, got, c.want)
		}
	}
}

func TestErrors(t *testing.T) {
	broken := errors.New("disk")
	text := mshLine + "PID|||A1\r"
	if s := tell([]byte(text), io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))); !errors.Is(s.err, broken) {
		t.Errorf("a read error became %v", s.err)
	}
	if s := tell(nil, strings.NewReader("")); s.err != nil || len(s.records) > 0 {
		t.Errorf("an empty input gave %v", s.err)
	}
	full := errors.New("full")
	out := format.Output{Places: &record.Places{}, Batch: func(*record.Batch) error { return full }}
	if err := (Reader{}).Read(context.Background(), format.Input{Size: -1, Body: strings.NewReader(text)}, out); !errors.Is(err, full) {
		t.Errorf("an error of the output became %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := (Reader{}).Read(ctx, format.Input{Size: -1, Body: strings.NewReader(text)}, out); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled reading gave %v", err)
	}
}
