package pdf

import (
	"bytes"
	"compress/zlib"
	"encoding/ascii85"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
)

// document writes a PDF of objects, the first of which is the catalog, with a table of them.
func document(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	var offsets []int
	for i, o := range objects {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, at)
	return b.Bytes()
}

func plainStream(dict, data string) string {
	return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dict, len(data), data)
}

func packed(dict, data string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write([]byte(data))
	_ = z.Close()
	return plainStream(dict+" /Filter /FlateDecode", b.String())
}

// onePage is a document with one page in Helvetica.
func onePage(content string, more ...string) []byte {
	objects := append([]string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>",
		packed("", content), "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
		"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /ToUnicode 7 0 R /DescendantFonts [<< /DW 500 >>] >>",
		plainStream("", "1 begincodespacerange <0000> <ffff> endcodespacerange 2 beginbfrange <0001> <001a> <0041> <0030> <0031> [<00e9> <D83DDE00>] endbfrange 1 beginbfchar <0020> <0020> endbfchar")}, more...)
	return document(objects...)
}

// rows writes a table, a cell at a time.
func rows(table [][]string) string {
	var b strings.Builder
	b.WriteString("BT /F1 10 Tf ")
	for i, r := range table {
		for j, c := range r {
			fmt.Fprintf(&b, "1 0 0 1 %d %d Tm (%s) Tj\n", 50+j*110, 750-i*14, c)
		}
	}
	return b.String() + "ET"
}

const letter = `BT /F1 12 Tf 72 720 Td (Patient: Ada) Tj 80 0 Td (Lovelace) Tj -80 -14 Td [(M) 10 (R) -20 (N:) -300 (100) 5 (201)] TJ
T* ET q 1 0 0 1 0 -40 cm BT /F2 12 Tf 72 720 Td <00010002000300200030> Tj ET Q
BT /F1 12 Tf 72 600 Td (Ren\351e \(born 1815\)) Tj 0 -14 Td (said "no") ' ET BT /F1 12 Tf 0 1 -1 0 500 100 Tm (Sideways) Tj ET`

func pageText(s *formattest.Summary) string { return strings.Join(s.Values("text"), "|") }

func TestContract(t *testing.T) {
	formattest.Run(t, Reader{},
		formattest.Sample{Name: "a.pdf", Data: onePage(letter), Claim: format.Certain},
		formattest.Sample{Name: "b", Data: onePage(rows([][]string{{"MRN", "Last name", "Born"}, {"100201", "Lovelace", "1815-12-10"}, {"100202", "Hopper", "1906-12-09"}})), Claim: format.Certain},
	)
}

func TestText(t *testing.T) {
	s := formattest.Collect(Reader{}, "a.pdf", onePage(letter))
	if s.Err != nil || len(s.Gaps) != 0 {
		t.Fatalf("%v %v", s.Err, s.Gaps)
	}
	want := "Patient: Ada Lovelace\nMRN: 100201\nABC é\nRenée (born 1815)\nsaid \"no\"\nSideways\n"
	if diff := cmp.Diff(want, pageText(s)); diff != "" {
		t.Error(diff)
	}
}

func TestTable(t *testing.T) {
	table := [][]string{{"MRN", "Last name", "Born"}}
	for i := range 20 {
		table = append(table, []string{fmt.Sprint(100201 + i), "Lovelace", fmt.Sprintf("1815-12-%02d", i+1)})
	}
	s := formattest.Collect(Reader{}, "a.pdf", onePage(rows(table)+" BT /F1 10 Tf 1 0 0 1 50 300 Tm (That is all.) Tj ET"))
	p := s.Parts["table 1"]
	if p == nil || len(p.Records) != 20 || len(s.Parts) != 1 {
		t.Fatalf("%d parts, %v", len(s.Parts), p)
	}
	if got := p.Values("MRN"); got[19] != "100220" || len(got) != 20 {
		t.Errorf("%v", got)
	}
	if got := pageText(s); got != "That is all.\n" {
		t.Errorf("the rest is %q", got)
	}
}

func TestObjectsInStreamsFormsAndAttachments(t *testing.T) {
	objects := "10 0 11 60 << /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources 11 0 R >>        << /Font << /F1 5 0 R >> >>"
	first := strings.Index(objects, "<<")
	objects = strings.Replace(objects, "11 60", fmt.Sprintf("11 %d", strings.LastIndex(objects, "<< /Font <<")-first), 1)
	data := document("<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] >> /Names << /EmbeddedFiles << /Names [(a.csv) 7 0 R] >> >> >>",
		"<< /Type /Pages /Kids [10 0 R] /Count 1 >>", packed(fmt.Sprintf("/Type /ObjStm /N 2 /First %d", first), objects), plainStream("", "BT /F1 9 Tf (Page of a stream) Tj ET"),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Differences [80 /P /eacute] >> >>",
		"<< /T (patient) /Kids [<< /T (last_name) /V <FEFF004C00F6> /FT /Tx >> << /T (ssn) /V (219-46-8317) >>] >>",
		"<< /Type /Filespec /F (a.csv) /EF << /F 8 0 R >> >>", packed("", "mrn,dob\n1,2000-01-01\n"))
	s := formattest.Collect(Reader{}, "a.pdf", data)
	if s.Err != nil || pageText(s) != "Page of a stream\n" {
		t.Errorf("%v %v: %q", s.Err, s.Gaps, pageText(s))
	}
	form := s.Parts["form"]
	if form == nil || !cmp.Equal(form.Values("last_name"), []string{"Lö"}) || !cmp.Equal(form.Values("ssn"), []string{"219-46-8317"}) {
		t.Errorf("form %v", form)
	}
	if len(s.Inner) != 1 || s.Inner[0].Name != "1 a.csv" || s.Inner[0].Body != "mrn,dob\n1,2000-01-01\n" {
		t.Errorf("attached %v", s.Inner)
	}
}

func TestGaps(t *testing.T) {
	for name, c := range map[string]struct {
		data   []byte
		reason estate.GapReason
	}{
		"picture":    {onePage("q 100 0 0 100 0 0 cm BI /W 1 /H 1 ID xEI Q EI Q"), estate.GapNoReader},
		"no cmap":    {bytes.Replace(onePage("BT /F2 9 Tf <0001> Tj ET"), []byte("/ToUnicode"), []byte("/ToNothing"), 1), estate.GapUnknown},
		"no page":    {document("<< /Type /Catalog >>"), estate.GapDamaged},
		"no objects": {[]byte("%PDF-1.4\n"), ""},
	} {
		s := formattest.Collect(Reader{}, "a.pdf", c.data)
		if c.reason == "" && s.Err == nil || c.reason != "" && (len(s.Gaps) != 1 || s.Gaps[0].Reason != c.reason) {
			t.Errorf("%s: %v %v", name, s.Err, s.Gaps)
		}
	}
}

// TestBombs: each must end soon and hold little.
func TestBombs(t *testing.T) {
	circle := document("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R 2 0 R 3 0 R] >>", "<< /Type /Pages /Kids [2 0 R 3 0 R] /Parent 3 0 R >>")
	self := onePage("/X Do /X Do", plainStream("/Subtype /Form /Resources << /XObject << /X 8 0 R >> >>", "/X Do /X Do /X Do"))
	self = bytes.Replace(self, []byte("/Resources << /Font"), []byte("/Resources << /XObject << /X 8 0 R >> /Font"), 1)
	for name, data := range map[string][]byte{
		"circle of pages": circle, "form of itself": self,
		"deep":       onePage(strings.Repeat("[", 1_000_000)),
		"saved":      onePage(strings.Repeat("q ", 1_000_000)),
		"operands":   onePage(strings.Repeat("1 ", 2_000_000)),
		"long text":  onePage("BT /F1 1 Tf " + strings.Repeat("("+strings.Repeat("x", 1000)+") Tj ", 20_000) + "ET"),
		"references": document("2 0 R", "1 0 R", "<< /Type /Page /Contents 1 0 R >>"),
	} {
		s := formattest.Collect(Reader{}, "a.pdf", data)
		told := s.Err != nil || len(s.Gaps) > 0
		if harmless := name == "saved" || name == "operands"; told == harmless { // what they hold is nothing
			t.Errorf("%s: %v, gaps %v", name, s.Err, s.Gaps)
		}
	}
}

func TestFilters(t *testing.T) {
	for filter, data := range map[string]string{
		"ASCIIHexDecode":  "42 54202f463120392054 6620284869 2920546a204554>",
		"ASCII85Decode":   "6W6-5/14IM3Aj4KAScpGH#:^H/e=PE5~>",
		"RunLengthDecode": "\x13BT /F1 9 Tf (Hi) Tj ET\x80",
	} {
		if filter == "ASCII85Decode" {
			data = a85("BT /F1 9 Tf (Hi) Tj ET")
		}
		if filter == "RunLengthDecode" {
			data = "\x15BT /F1 9 Tf (Hi) Tj ET\x80"
		}
		s := formattest.Collect(Reader{}, "a.pdf", document("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] >>",
			"<< /Type /Page /Contents 4 0 R /Resources << /Font << /F1 << /Subtype /Type1 >> >> >> >>", plainStream("/Filter [/"+filter+"]", data)))
		if got := pageText(s); got != "Hi\n" {
			t.Errorf("%s: %q %v", filter, got, s.Gaps)
		}
	}
}

func a85(s string) string {
	var b strings.Builder
	w := ascii85.NewEncoder(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String() + "~>"
}

func FuzzRead(f *testing.F) {
	f.Add(onePage(letter))
	f.Add(onePage(rows([][]string{{"MRN", "Last name", "Born"}, {"1", "a", "b"}, {"2", "c", "d"}})))
	f.Fuzz(func(t *testing.T, data []byte) { formattest.Collect(Reader{}, "a.pdf", data) })
}
