package office

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

const (
	wordOpen = declaration + `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`
	wordEnd  = `</w:body></w:document>`
	openHead = declaration + `<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"><office:body>`
	openEnd  = `</office:body></office:document-content>`
)

// word writes a text document with a body and more parts.
func word(t testing.TB, body string, more ...entry) []byte {
	return pack(t, append([]entry{{"[Content_Types].xml", types}, {"word/document.xml", wordOpen + body + wordEnd}}, more...)...)
}

// para writes a paragraph.
func para(text string) string { return `<w:p><w:r><w:t>` + text + `</w:t></w:r></w:p>` }

// tableOf writes a table of a text.
func tableOf(cells ...[]string) string {
	var b strings.Builder
	b.WriteString(`<w:tbl><w:tblPr/>`)
	for _, row := range cells {
		b.WriteString(`<w:tr>`)
		for _, v := range row {
			b.WriteString(`<w:tc>` + para(v) + `</w:tc>`)
		}
		b.WriteString(`</w:tr>`)
	}
	return b.String() + `</w:tbl>`
}

// mergedRow writes a row of a table: of each cell its text, and how it is merged with others above.
func mergedRow(cells ...string) string {
	var b strings.Builder
	for i := 0; i < len(cells); i += 2 {
		b.WriteString(`<w:tc><w:tcPr>`)
		switch cells[i+1] {
		case "restart":
			b.WriteString(`<w:vMerge w:val="restart"/>`)
		case "continue":
			b.WriteString(`<w:vMerge/>`)
		}
		b.WriteString(`</w:tcPr>` + para(cells[i]) + `</w:tc>`)
	}
	return `<w:tr>` + b.String() + `</w:tr>`
}

// open writes an OpenDocument.
func open(t testing.TB, media, content string, more ...entry) []byte {
	return pack(t, append([]entry{{"mimetype", openDoc + "." + media}, {"content.xml", openHead + content + openEnd}}, more...)...)
}

func read(t testing.TB, name string, data []byte) *formattest.Summary {
	t.Helper()
	got := formattest.Collect(Reader{}, name, data)
	if got.Err != nil {
		t.Fatalf("%s: %v", name, got.Err)
	}
	return got
}

func TestContract(t *testing.T) {
	people := [][]string{{"mrn", "last_name", "dob"}, {"A1002", "Byron", "1955-12-10"}, {"A1003", "Hopper", "1946-12-09"}}
	sheet := workbook(t, `<si><t>mrn</t></si><si><t>last_name</t></si><si><r><t>By</t></r><r><t>ron</t></r></si><si><t>dob</t></si>`, []string{"Patients",
		`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>3</v></c></row>` +
			`<row r="2"><c r="A2"><v>100200</v></c><c r="B2" t="s"><v>2</v></c><c r="C2" s="1"><v>20433</v></c></row>` +
			`<row r="3"><c r="A3"><v>100201</v></c><c r="B3" t="inlineStr"><is><t>O&apos;Hara &amp; Co</t></is></c><c r="C3" s="1"><v>17145</v></c></row>`},
		entry{"xl/embeddings/note.txt", "Patient: Ada Byron"}, entry{"xl/media/image1.png", "\x89PNG"})
	formattest.Run(t, Reader{},
		formattest.Sample{Name: "a.xlsx", Data: sheet, Claim: format.Certain,
			Want: []formattest.Record{
				{{Field: "Patients.mrn", Value: "100200", Mode: record.Column}, {Field: "Patients.last_name", Value: "Byron"}, {Field: "Patients.dob", Value: "1955-12-10"}},
				{{Field: "Patients.mrn", Value: "100201"}, {Field: "Patients.last_name", Value: "O'Hara & Co"}, {Field: "Patients.dob", Value: "1946-12-09"}},
				{{Field: "sheet names", Value: "Patients\n", Mode: record.Text}}},
			Gaps: []formattest.Gap{{Reason: estate.GapNoReader, Detail: "1 picture not read"}}},
		formattest.Sample{Name: "a.docx", Data: word(t, para("Patient: Ada Byron")+tableOf(people...)), Claim: format.Certain,
			Want: []formattest.Record{
				{{Field: "table 1.mrn", Value: "A1002", Mode: record.Column}, {Field: "table 1.last_name", Value: "Byron"}, {Field: "table 1.dob", Value: "1955-12-10"}},
				{{Field: "table 1.mrn", Value: "A1003"}, {Field: "table 1.last_name", Value: "Hopper"}, {Field: "table 1.dob", Value: "1946-12-09"}},
				{{Field: "text", Value: "Patient: Ada Byron\nmrn\tlast_name\tdob\n", Mode: record.Text}}}},
		formattest.Sample{Name: "a.pptx", Claim: format.Certain, Data: pack(t, entry{"[Content_Types].xml", types}, entry{"ppt/slides/slide1.xml",
			`<p:sld show="0"><p:sp><a:p><a:r><a:t>Case: Ada</a:t></a:r></a:p></p:sp></p:sld>`}, entry{"docProps/core.xml", `<cp:coreProperties><dc:creator>Percy Clerk</dc:creator></cp:coreProperties>`}),
			Want: []formattest.Record{{{Field: "slides", Value: "Case: Ada\n", Mode: record.Text}},
				{{Field: "properties.creator", Value: "Percy Clerk", Kind: phi.Name, Part: phi.PartFull, Subject: phi.Workforce}}}},
		formattest.Sample{Name: "a.odt", Claim: format.Certain, Data: open(t, "text", `<office:text><text:p>Patient:<text:s text:c="2"/>Ada<text:tab/>Byron</text:p></office:text>`),
			Want: []formattest.Record{{{Field: "text", Value: "Patient:  Ada\tByron\n"}}}},
		formattest.Sample{Name: "a.fods", Claim: format.Certain, Data: []byte(declaration + `<office:document office:mimetype="x"><office:meta><dc:title>Ada's list</dc:title></office:meta><office:body><office:spreadsheet><table:table table:name="T">` +
			`<table:table-row><table:table-cell><text:p>mrn</text:p></table:table-cell><table:table-cell><text:p>zip_code</text:p></table:table-cell></table:table-row>` +
			`<table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="float" office:value="7"><text:p>007</text:p></table:table-cell><table:table-cell><text:p>02138</text:p></table:table-cell></table:table-row>` +
			`</table:table></office:spreadsheet></office:body></office:document>`),
			Want: []formattest.Record{{{Field: "T.mrn", Value: "007"}, {Field: "T.zip_code", Value: "02138"}}, {{Field: "T.mrn", Value: "007"}, {Field: "T.zip_code", Value: "02138"}}, {{Field: "properties", Value: "Ada's list\n"}}}},
	)
}

func TestClaims(t *testing.T) {
	plain := pack(t, entry{"a.txt", "x"})
	within := pack(t, entry{"report/a.docx", string(word(t, ""))})
	other := pack(t, entry{"[Content_Types].xml", types}, entry{"_rels/.rels", "<x/>"}, entry{"lib/a.dll", "x"})
	for _, c := range []struct {
		name string
		data []byte
		want format.Claim
	}{
		{"noname", word(t, ""), format.Certain}, {"a.zip", word(t, ""), format.Certain}, {"a.zip", plain, format.No}, {"a.docx", plain, format.Likely},
		{"a.zip", within, format.No}, {"a.nupkg", other, format.No}, {"a.xlsx", other, format.Certain}, {"x", open(t, "text", ""), format.Certain},
		{"x.epub", pack(t, entry{"mimetype", "application/epub+zip"}), format.No}, {"a.docx", []byte("hello"), format.No},
		{"a.xml", []byte(`<?xml version="1.0"?><office:document-styles/>`), format.No}, {"a.xml", []byte(`<?xml version="1.0"?><office:document x="y">`), format.Certain},
	} {
		if got := (Reader{}).Claims(c.name, c.data); got != c.want {
			t.Errorf("%s, %.20q: claim %d, want %d", c.name, c.data, got, c.want)
		}
	}
}

// TestOpenpyxl compares a workbook with what openpyxl read of it.
func TestOpenpyxl(t *testing.T) {
	got := read(t, "openpyxl.xlsx", fixture(t, "openpyxl.xlsx"))
	values := map[string][]string{}
	for _, r := range got.Records {
		for _, c := range r {
			sheet, _, _ := strings.Cut(c.Field, ".")
			values[sheet] = append(values[sheet], strings.TrimSpace(c.Value))
		}
	}
	fields := strings.Join(fieldsOf(got), "\n")
	n := 0
	for line := range strings.Lines(string(fixture(t, "openpyxl.txt"))) {
		cell := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 4)
		want := strings.ReplaceAll(cell[3], `\n`, "\n")
		if !slices.Contains(values[cell[0]], want) && !strings.Contains(fields, cell[0]+"."+want) {
			t.Errorf("%s, row %s, column %s was not read", cell[0], cell[1], cell[2])
		}
		n++
	}
	if n < 50 {
		t.Errorf("%d cells", n)
	}
	for field, want := range map[string]string{"comments": "Call the daughter, Anne Byron, at 617-555-0142", "comments.author": "Nurse Joy", "properties.creator": "Percy Clerk",
		"header": "Lakeside Clinics", "defined names": "Dr. Percy Shelley", "formulas": "Transferred from Harbor", "links": "ada.byron@example.org", "Old list.Phone": "617-555-0101"} {
		if !strings.Contains(strings.Join(got.Values(field), "\n"), want) {
			t.Errorf("%s: %q", field, got.Values(field))
		}
	}
}

// TestXlsxWriter reads dates of the other system, times, masks with a condition, a text box and what a chart keeps.
func TestXlsxWriter(t *testing.T) {
	got := read(t, "xlsxwriter.xlsx", fixture(t, "xlsxwriter.xlsx"))
	for field, want := range map[string]string{"Visits.Visit Date": "2024-02-01", "Visits.Time": "08:30:00", "Visits.Phone": "(617) 555-0100",
		"drawings": "Dr. Frankenstein called about Mary Godwin\n", "charts": "P1000\nP1001\nP1002\n2\n2\n2\n"} {
		if v := got.Values(field); len(v) == 0 || v[0] != want {
			t.Errorf("%s: %q", field, v)
		}
	}
	if n := len(got.Values("Visits.Patient ID")); n != 30 {
		t.Errorf("%d patients", n)
	}
}

// TestPythonDocx compares a text with what python-docx read of it; its tables are records.
func TestPythonDocx(t *testing.T) {
	got := read(t, "python-docx.docx", fixture(t, "python-docx.docx"))
	text := strings.Join(got.Values("text"), "")
	for line := range strings.Lines(string(fixture(t, "python-docx.txt"))) {
		if !strings.Contains(text, line) {
			t.Errorf("%q was not read", line)
		}
	}
	for field, want := range map[string][]string{"table 1.MRN": {"100200", "100201", "100202", "100203"}, "table 4.Code": {"E11.9"},
		"header": {"Lakeside Clinics\n"}, "footer": {"Page of Ada Byron\n"}} {
		if diff := cmp.Diff(want, got.Values(field)); diff != "" {
			t.Errorf("%s: %s", field, diff)
		}
	}
	for _, want := range []string{"Name: Mary Shelley\n", "DOB: 08/30/1957\n", "around\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the text", want)
		}
	}
}

// TestOdfpy reads OpenDocuments that another library wrote.
func TestOdfpy(t *testing.T) {
	got := read(t, "odfpy.ods", fixture(t, "odfpy.ods"))
	for field, want := range map[string][]string{"Patients.DOB": {"1955-12-10", "1946-12-09", "1982-03-23", "1960-02-29"}, "Patients.Diagnosis": {"F11.20", "B20", "E11.9", "I10"},
		"comments": {"Call the daughter\n"}, "comments.author": {"Nurse Joy"}} {
		if diff := cmp.Diff(want, got.Values(field)); diff != "" {
			t.Errorf("%s: %s", field, diff)
		}
	}
	got = read(t, "odfpy.odt", fixture(t, "odfpy.odt"))
	for field, want := range map[string][]string{"text": {"Discharge summary\nPatient: Ada Byron,  MRN 100200\tseen today.\nTest\tResult\tDate\n"}, "footnotes": {"after a fall\n"}, "Labs.Test": {"Sodium", "Potassium"}} {
		if diff := cmp.Diff(want, got.Values(field)); diff != "" {
			t.Errorf("%s: %s", field, diff)
		}
	}
}

// TestLibreOffice reads the OpenDocuments that LibreOffice made of the other fixtures: what it shows of a number is read.
func TestLibreOffice(t *testing.T) {
	for name, want := range map[string]map[string][]string{
		"libreoffice.ods": {"Patients.SSN": {"012-34-5678", "219-09-9999", "457-55-5462", "078-05-1120"}, "Patients.ZIP": {"02138", "00501", "60601", "94105"},
			"Old list.Admitted": {"2023-05-06T07:08:09", "2023-05-07"}, "header": {"Lakeside Clinics, confidential\n"}, "comments": {"Call the daughter, Anne Byron, at 617-555-0142\n"}, "text": {"Discharges of the quarter\n"}},
		"libreoffice.odt": {"header": {"Lakeside Clinics\n"}, "footer": {"Page of Ada Byron\n"}, "Table1.Code": {"E11.9"}, "properties.initial-creator": {"Percy Clerk"}},
		"libreoffice.odp": {"table 1.DOB": {"1955-12-10", "1946-12-09"}, "local-table.Visits": {"3", "5"}},
	} {
		got := read(t, name, fixture(t, name))
		for field, values := range want {
			if diff := cmp.Diff(values, got.Values(field)); diff != "" {
				t.Errorf("%s, %s: %s", name, field, diff)
			}
		}
		if len(got.Inner) > 0 {
			t.Errorf("%s: inner %s", name, got.Inner[0].Name)
		}
	}
}

// TestPptxgenjs reads a presentation: hidden slides, notes, tables, charts and the workbook behind a chart.
func TestPptxgenjs(t *testing.T) {
	got := read(t, "pptxgenjs.pptx", fixture(t, "pptxgenjs.pptx"))
	for field, want := range map[string][]string{"slides": {"Case: Ada Byron, MRN 100200\nMRN\tPatient Name\tDOB\n", "Hidden words about Grace Hopper\n"}, "notes": {"Call Mary Shelley at 617-555-0101\n1\n", "2\n"},
		"table 1.Patient Name": {"Byron, Ada", "Hopper, Grace"}, "charts": {"Visits\nAda\nGrace\n3\n5\n"}} {
		if diff := cmp.Diff(want, got.Values(field)); diff != "" {
			t.Errorf("%s: %s", field, diff)
		}
	}
	if len(got.Inner) != 1 || (Reader{}).Claims(got.Inner[0].Name, []byte(got.Inner[0].Body)) != format.Certain {
		t.Errorf("%d inner items", len(got.Inner))
	}
}

func fixture(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func fieldsOf(s *formattest.Summary) (fields []string) {
	for _, r := range s.Records {
		for _, c := range r {
			if !slices.Contains(fields, c.Field) {
				fields = append(fields, c.Field)
			}
		}
	}
	return fields
}

// TestAThousandPersons: the same persons as a sheet, as a table of a text and as an OpenDocument are a thousand records each.
func TestAThousandPersons(t *testing.T) {
	table := [][]string{{"MRN", "Last Name", "First Name", "DOB", "Diagnosis"}}
	for i := range 1000 {
		table = append(table, []string{fmt.Sprintf("MR%d", 100000+i), "Byron", fmt.Sprintf("Ada%d", i), fmt.Sprintf("1955-%02d-%02d", i%12+1, i%28+1), "F11.20"})
	}
	var ods strings.Builder
	for _, row := range table {
		ods.WriteString("<table:table-row>")
		for _, v := range row {
			ods.WriteString("<table:table-cell><text:p>" + v + "</text:p></table:table-cell>")
		}
		ods.WriteString("</table:table-row>")
	}
	for name, data := range map[string][]byte{"a.xlsx": workbook(t, "", []string{"P", rows(table...)}), "a.docx": word(t, tableOf(table...)),
		"a.ods": open(t, "spreadsheet", `<office:spreadsheet><table:table table:name="P">`+ods.String()+`</table:table></office:spreadsheet>`)} {
		got := read(t, name, data)
		n := 0
		for i, r := range got.Records {
			if len(r) == 5 {
				n++
				if want := fmt.Sprintf("MR%d", 99999+n); r[0].Value != want || !strings.HasSuffix(r[0].Field, ".MRN") {
					t.Fatalf("%s: record %d is of %s in %s", name, i, r[0].Value, r[0].Field)
				}
			}
		}
		if n != 1000 {
			t.Errorf("%s: %d records", name, n)
		}
	}
}

func TestWord(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want map[string][]string
	}{
		"runs, tabs and breaks": {`<w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr><w:r><w:t>By</w:t></w:r><w:r><w:t xml:space="preserve">ron </w:t><w:tab/><w:t>A</w:t><w:br/><w:t>B</w:t></w:r></w:p>`,
			map[string][]string{"text": {"Byron \tA\nB\n"}}},
		"tracked changes": {`<w:p><w:r><w:t xml:space="preserve">Mr </w:t></w:r><w:del w:author="Nurse Joy"><w:r><w:delText>Byron</w:delText></w:r></w:del><w:ins w:author="Nurse Joy"><w:r><w:t>X</w:t></w:r></w:ins></w:p>`,
			map[string][]string{"text": {"Mr X\n"}, "tracked changes": {"Mr Byron\n"}, "changes.author": {"Nurse Joy"}}},
		"inserted, then deleted": {`<w:p><w:del><w:ins><w:r><w:t>Ada</w:t></w:r></w:ins></w:del></w:p>`, map[string][]string{"text": nil, "tracked changes": {"Ada\n"}}},
		"moved text":             {`<w:p><w:moveFrom><w:r><w:t>Ada</w:t></w:r></w:moveFrom></w:p><w:p><w:moveTo><w:r><w:t>Ada</w:t></w:r></w:moveTo></w:p>`, map[string][]string{"text": {"Ada\n"}, "tracked changes": {"Ada\n"}}},
		"content control":        {`<w:sdt><w:sdtPr><w:text/></w:sdtPr><w:sdtContent>` + para("Ada") + `</w:sdtContent></w:sdt>`, map[string][]string{"text": {"Ada\n"}}},
		"text box once": {`<w:p><w:r><w:t>Patient: </w:t><mc:AlternateContent><mc:Choice><w:txbxContent>` + para("in the box") + `</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>` + para("in the box") + `</w:txbxContent></mc:Fallback></mc:AlternateContent><w:t>Ada</w:t></w:r></w:p>`,
			map[string][]string{"text": {"in the box\nPatient: Ada\n"}}},
		"a table, and one in its last row": {`<w:tbl><w:tr><w:tc>` + para("mrn") + `</w:tc><w:tc>` + para("dob") + `</w:tc></w:tr><w:tr><w:tc>` + para("A1") + `</w:tc><w:tc>` + para("1955-12-10") + `</w:tc></w:tr><w:tr><w:tc>` + para("left") + `</w:tc><w:tc>` + tableOf([]string{"zip_code", "city"}, []string{"02138", "Boston"}) + `</w:tc></w:tr></w:tbl>`,
			map[string][]string{"table 1.mrn": {"A1"}, "table 2.zip_code": {"02138"}, "text": {"mrn\tdob\nleft\nzip_code\tcity\n"}}},
		"field codes": {`<w:p><w:fldSimple w:instr=" MERGEFIELD Name "><w:r><w:t>Ada</w:t></w:r></w:fldSimple><w:r><w:instrText> HYPERLINK "mailto:a@b.org"</w:instrText></w:r></w:p>`,
			map[string][]string{"text": {"Ada\n"}, "field codes": {" MERGEFIELD Name \n HYPERLINK \"mailto:a@b.org\"\n"}}},
		"a form":                  {tableOf([]string{"Patient Name:", "Ada Byron"}, []string{"DOB", "12/10/1955"}, []string{"MRN", "A100"}), map[string][]string{"text": {"Patient Name: Ada Byron\nDOB: 12/10/1955\nMRN: A100\n"}}},
		"a layout":                {tableOf([]string{"left words", "right words"}), map[string][]string{"text": {"left words\tright words\n"}}},
		"merged cells":            {`<w:tbl><w:tr><w:tc>` + para("MRN") + `</w:tc><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>` + para("Patient Name") + `</w:tc><w:tc>` + para("DOB") + `</w:tc></w:tr><w:tr><w:tc>` + para("77") + `</w:tc><w:tc>` + para("Byron") + `</w:tc><w:tc>` + para("Ada") + `</w:tc><w:tc>` + para("1955-12-10") + `</w:tc></w:tr></w:tbl>`, map[string][]string{"table 1.DOB": {"1955-12-10"}, "table 1.Patient Name": {"Byron"}, "table 1.column C": {"Ada"}}},
		"a header that is marked": {`<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr><w:tc>` + para("Alpha") + `</w:tc><w:tc>` + para("Beta") + `</w:tc></w:tr><w:tr><w:tc>` + para("one") + `</w:tc><w:tc>` + para("two") + `</w:tc></w:tr></w:tbl>`, map[string][]string{"table 1.Alpha": {"one"}, "table 1.Beta": {"two"}}},
		"cells over rows": {`<w:tbl>` + mergedRow("mrn", "", "last_name", "", "code", "") + mergedRow("A1", "restart", "Byron", "restart", "F11.20", "") +
			mergedRow("", "continue", "", "continue", "B20", "") + mergedRow("A2", "restart", "", "", "I10", "") + mergedRow("", "continue", "", "continue", "E11.9", "") + `</w:tbl>`,
			map[string][]string{"table 1.mrn": {"A1", "A1", "A2", "A2"}, "table 1.last_name": {"Byron", "Byron"}, "table 1.code": {"F11.20", "B20", "I10", "E11.9"}}},
		"an empty cell over rows": {`<w:tbl>` + mergedRow("mrn", "", "dob", "") + mergedRow("A1", "restart", "1955-12-10", "") + mergedRow("", "restart", "", "") +
			mergedRow("", "continue", "1946-12-09", "") + `</w:tbl>`, map[string][]string{"table 1.mrn": {"A1"}, "table 1.dob": {"1955-12-10", "1946-12-09"}}},
		"a row that begins further on": {`<w:tbl>` + mergedRow("mrn", "", "dob", "") + `<w:tr><w:trPr><w:gridBefore w:val="1"/></w:trPr><w:tc>` + para("1955-12-10") + `</w:tc></w:tr></w:tbl>`,
			map[string][]string{"table 1.dob": {"1955-12-10"}, "table 1.mrn": nil}},
		"nothing is left open": {`<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Ada`, map[string][]string{"text": {"Ada\n"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := formattest.Collect(Reader{}, "a.docx", word(t, c.body))
			for field, want := range c.want {
				if diff := cmp.Diff(want, got.Values(field)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", field, diff)
				}
			}
		})
	}
}

// TestTextsWait holds the order in which a document is handed out: the rows of tables are there when their columns are judged, by the
// first batch.
func TestTextsWait(t *testing.T) {
	people := [][]string{{"mrn", "last_name", "code"}, {"A1002", "Byron", "F11.20"}, {"A1003", "Hopper", "B20"}}
	author := entry{"docProps/core.xml", `<cp:coreProperties><dc:creator>Percy Clerk</dc:creator></cp:coreProperties>`}
	for name, c := range map[string]struct {
		file string
		data []byte
		rows int
	}{
		"a letter with a table": {"a.docx", word(t, para("Dear Ada")+tableOf(people...)+para("Yours")+`<w:p><w:ins w:author="Nurse Joy"/></w:p>`, author), 2},
		"two parts with tables": {"a.docx", word(t, para("Dear Ada")+tableOf(people...), entry{"word/header1.xml", `<w:hdr>` + tableOf(people...) + para("Ward 7") + `</w:hdr>`}, author), 4},
		"a sheet with a title": {"a.xlsx", workbook(t, "", []string{"May", `<row r="1"><c r="A1" t="str"><v>List of May</v></c></row><row r="2"><c r="A2" t="str"><v>mrn</v></c><c r="B2" t="str"><v>code</v></c><c r="C2" t="str"><v>dob</v></c></row>` +
			`<row r="3"><c r="A3" t="str"><v>A1002</v></c><c r="B3" t="str"><v>F11.20</v></c><c r="C3" t="str"><v>1955-12-10</v></c></row>`}, author), 1},
		"a text longer than a piece": {"a.docx", word(t, tableOf(people...)+strings.Repeat(para(strings.Repeat("word ", 200)), 200)), 2},
		"an OpenDocument": {"a.odt", open(t, "text", `<office:text><text:p>Dear Ada</text:p><table:table table:name="T"><table:table-row><table:table-cell><text:p>mrn</text:p></table:table-cell><table:table-cell><text:p>code</text:p></table:table-cell></table:table-row>`+
			`<table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>A1</text:p></table:table-cell><table:table-cell><text:p>F11.20</text:p></table:table-cell></table:table-row>`+
			`<table:table-row><table:covered-table-cell/><table:table-cell><text:p>B20</text:p></table:table-cell></table:table-row>`+
			`<table:table-row><table:covered-table-cell/><table:table-cell><text:p>I10</text:p></table:table-cell></table:table-row></table:table></office:text>`), 3},
	} {
		t.Run(name, func(t *testing.T) {
			got := read(t, c.file, c.data)
			for i, r := range got.Records {
				if column := r[0].Mode == record.Column; column != (i < c.rows) {
					t.Errorf("record %d of %d is %+v", i, len(got.Records), r)
				}
			}
			if name == "an OpenDocument" {
				if diff := cmp.Diff([]string{"A1", "A1"}, got.Values("T.mrn")); diff != "" {
					t.Errorf("a cell over two rows (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// TestParts reads parts that no other names, by their root element, and hands on what is not known.
func TestParts(t *testing.T) {
	got := read(t, "a.docx", word(t, para("x"),
		entry{"word/odd name.xml", `<w:hdr><w:p><w:r><w:t>Ward 7</w:t></w:r></w:p></w:hdr>`},
		entry{"word/footnotes.xml", `<w:footnotes><w:footnote>` + para("a footnote") + `</w:footnote></w:footnotes>`},
		entry{"word/comments.xml", `<w:comments><w:comment w:author="Nurse Joy">` + para("ask the son") + `</w:comment></w:comments>`},
		entry{"word/settings.xml", `<w:settings><w:docVars><w:docVar w:name="ssn" w:val="219-09-9999"/></w:docVars></w:settings>`},
		entry{"word/utf16.xml", "\xff\xfe" + wide(`<?xml version="1.0"?><w:ftr><w:p><w:r><w:t>Zoë</w:t></w:r></w:p></w:ftr>`)},
		entry{"docProps/custom.xml", `<Properties><property name="PatientName"><vt:lpwstr>Ada Byron</vt:lpwstr></property></Properties>`},
		entry{"docProps/app.xml", `<Properties><Manager>Dr. Hook</Manager><Company>Lakeside</Company></Properties>`},
		entry{"word/_rels/document.xml.rels", relationshipsOf("hyperlink", "styles.xml")},
		entry{"word/afchunk.htm", `<html><body>an old note</body></html>`},
		entry{"customXml/item1.xml", `<patient><name>Ada</name></patient>`},
		entry{"word/embeddings/../../../etc/passwd", `root:x`},
		entry{"word/vbaProject.bin", "\xd0\xcf"},
		entry{"word/media/image1.jpeg", "\xff\xd8"}, entry{"word/media/image2.emf", "x"}, entry{"word/fonts/font1.odttf", "x"},
		entry{"word/theme/theme1.xml", `<a:theme/>`}))
	for field, want := range map[string][]string{"header": {"Ward 7\n"}, "footer": {"Zoë\n"}, "footnotes": {"a footnote\n"}, "comments": {"ask the son\n"}, "comments.author": {"Nurse Joy"},
		"variables": {"ssn\n219-09-9999\n"}, "properties.PatientName": {"Ada Byron"}, "properties.Manager": {"Dr. Hook"}, "properties": {"Lakeside\n"}} {
		if diff := cmp.Diff(want, got.Values(field)); diff != "" {
			t.Errorf("%s: %s", field, diff)
		}
	}
	var inner []string
	for _, in := range got.Inner {
		inner = append(inner, in.Name)
	}
	if diff := cmp.Diff([]string{"word/afchunk.htm", "customXml/item1.xml", "etc/passwd"}, inner); diff != "" {
		t.Errorf("inner items: %s", diff)
	}
	if diff := cmp.Diff([]formattest.Gap{{Reason: estate.GapNoReader, Detail: "2 pictures not read"}, {Reason: estate.GapNoReader, Detail: "macros not read"}}, got.Gaps); diff != "" {
		t.Errorf("gaps: %s", diff)
	}
}

// wide writes text as UTF-16.
func wide(s string) string {
	var b bytes.Buffer
	for _, r := range s {
		b.WriteByte(byte(r))
		b.WriteByte(byte(r >> 8))
	}
	return b.String()
}

func TestSheets(t *testing.T) {
	date := `<row r="1"><c r="A1" t="inlineStr"><is><t>visit_date</t></is></c><c r="B1" t="inlineStr"><is><t>ssn</t></is></c></row>`
	for name, c := range map[string]struct {
		sheet string
		want  map[string][]string
	}{
		"styles":        {date + `<row r="2"><c r="A2" s="1"><v>1</v></c><c r="B2" s="2"><v>78051120</v></c></row>`, map[string][]string{"S.visit_date": {"1900-01-01"}, "S.ssn": {"078-05-1120"}}},
		"types":         {date + `<row r="2"><c r="A2" t="d"><v>2024-01-02</v></c><c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c><c t="str"><f>"a"&amp;"b"</f><v>ab</v></c></row>`, map[string][]string{"S.visit_date": {"2024-01-02"}, "S.ssn": {"TRUE"}, "S.column C": {"#N/A"}, "S.column D": {"ab"}, "formulas": {`"a"&"b"` + "\n"}}},
		"no references": {`<row><c t="inlineStr"><is><t>mrn</t></is></c><c t="inlineStr"><is><t>dob</t></is></c></row><row><c><v>7</v></c><c><v>8</v></c></row>`, map[string][]string{"S.mrn": {"7"}, "S.dob": {"8"}}},
		"the last cell": {`<row r="1048576"><c r="XFD1048576"><v>100200</v></c></row>`, map[string][]string{"S.column XFD": {"100200"}}},
		"beyond it":     {`<row r="1"><c r="ZZZZZZZZZZ1"><v>100200</v></c></row>`, map[string][]string{"S.column XFE": nil}},
		"a title":       {rows([]string{"List of the day"}, nil, []string{"mrn", "last_name", "dob"}, []string{"1", "Byron", "1955"}, []string{"2", "Hopper", "1946"}), map[string][]string{"S": {"List of the day\n"}, "S.mrn": {"1", "2"}}},
		"no header":     {rows([]string{"100200", "Byron", "1955-12-10"}, []string{"100201", "Hopper", "1946-12-09"}), map[string][]string{"S.column A": {"100200", "100201"}}},
		"a form":        {rows([]string{"Patient Name", "Ada Byron"}, []string{"DOB", "12/10/1955"}), map[string][]string{"S": {"Patient Name: Ada Byron\nDOB: 12/10/1955\n"}}},
		"two tables":    {rows([]string{"mrn", "dob"}, []string{"1", "1955"}, []string{"2", "1946"}) + `<row r="9"><c t="inlineStr"><is><t>claim_id</t></is></c><c t="inlineStr"><is><t>amount</t></is></c></row><row r="10"><c><v>77</v></c><c><v>12.50</v></c></row>`, map[string][]string{"S.mrn": {"1", "2"}, "S.claim_id": {"77"}, "S.amount": {"12.50"}}},
		"header again":  {rows([]string{"mrn", "dob"}, []string{"1", "1955"}) + strings.Repeat(`<row><c><v>5</v></c><c><v>6</v></c></row>`, 30) + `<row><c t="inlineStr"><is><t>mrn</t></is></c><c t="inlineStr"><is><t>dob</t></is></c></row><row><c t="inlineStr"><is><t>mrn</t></is></c><c><v>9</v></c></row>`, map[string][]string{"S.dob": append(append([]string{"1955"}, slices.Repeat([]string{"6"}, 30)...), "9")}},
		"escapes":       {`<row><c t="inlineStr"><is><t>By_x000D_ron</t></is></c><c t="str"><v>a_x0009_b</v></c></row>`, map[string][]string{"S.column A": {"By ron"}, "S.column B": {"a\tb"}}},
		"entities":      {rows([]string{"&#65;da &lt;3 &nope; &amp;amp;"}), map[string][]string{"S.column A": {"Ada <3 &nope; &amp;"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := read(t, "a.xlsx", workbook(t, "", []string{"S", c.sheet}))
			for field, want := range c.want {
				if diff := cmp.Diff(want, got.Values(field)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", field, diff)
				}
			}
		})
	}
}

// TestPivotCache: a pivot table keeps the rows of a sheet that was deleted.
func TestPivotCache(t *testing.T) {
	definition := `<pivotCacheDefinition><cacheFields><cacheField name="MRN"><sharedItems/></cacheField><cacheField name="Name"><sharedItems><s v="Byron"/><m/><s v="Hopper &amp; Co"/></sharedItems></cacheField>` +
		`<cacheField name="DOB"><sharedItems><d v="1955-12-10T00:00:00"/></sharedItems></cacheField></cacheFields></pivotCacheDefinition>`
	records := `<pivotCacheRecords><r><n v="100200"/><x v="0"/><x v="0"/></r><r><n v="100201"/><x v="2"/><x v="9"/></r></pivotCacheRecords>`
	book := []entry{{"[Content_Types].xml", types}, {"xl/workbook.xml", "<workbook/>"}, {"xl/_rels/workbook.xml.rels", relationshipsOf("pivotCacheDefinition", "pivotCache/d.xml")}, {"xl/pivotCache/d.xml", definition}}
	got := read(t, "a.xlsx", pack(t, append(book, entry{"xl/pivotCache/_rels/d.xml.rels", relationshipsOf("pivotCacheRecords", "r.xml")}, entry{"xl/pivotCache/r.xml", records})...))
	want := map[string][]string{"pivot cache 1.MRN": {"100200", "100201"}, "pivot cache 1.Name": {"Byron", "Hopper & Co"}, "pivot cache 1.DOB": {"1955-12-10T00:00:00"}}
	for field, w := range want {
		if diff := cmp.Diff(w, got.Values(field)); diff != "" {
			t.Errorf("%s: %s", field, diff)
		}
	}
	got = read(t, "a.xlsx", pack(t, book...))
	if diff := cmp.Diff([]string{"Byron", "Hopper & Co"}, got.Values("pivot cache 1.Name")); diff != "" {
		t.Errorf("without records: %s", diff)
	}
	got = read(t, "a.xlsx", pack(t, entry{"[Content_Types].xml", types}, entry{"xl/r.xml", records}))
	if diff := cmp.Diff([]string{"100200", "100201"}, got.Values("pivot cache 1.column A")); diff != "" {
		t.Errorf("without fields: %s", diff)
	}
}

// TestOutside: what a workbook keeps of another one is read, and that the other was not is told.
func TestOutside(t *testing.T) {
	got := read(t, "a.xlsx", workbook(t, "", []string{"S", ""},
		entry{"xl/externalLinks/externalLink1.xml", `<externalLink><externalBook><sheetNames><sheetName val="Patients of ward 7"/></sheetNames><sheetDataSet><sheetData><row r="1"><cell r="A1" t="str"><v>Byron</v></cell></row></sheetData></sheetDataSet></externalBook></externalLink>`},
		entry{"xl/externalLinks/_rels/externalLink1.xml.rels", strings.Replace(relationshipsOf("externalLinkPath", "file:///H:/ward7.xlsx"), `.xlsx"`, `.xlsx" TargetMode="External"`, 1)},
		entry{"xl/connections.xml", `<connections><connection name="ehr"><dbPr connection="Server=ehr01" command="select * from patients"/></connection></connections>`}))
	for field, want := range map[string][]string{"external workbook 1.column A": {"Byron"}, "hints": {"Patients of ward 7\n"}, "links": {"file:///H:/ward7.xlsx\n"}, "connections": {"ehr\nServer=ehr01\nselect * from patients\n"}} {
		if diff := cmp.Diff(want, got.Values(field)); diff != "" {
			t.Errorf("%s: %s", field, diff)
		}
	}
	if diff := cmp.Diff([]formattest.Gap{{Reason: estate.GapNotFollowed, Detail: "2 links to data outside of the document"}}, got.Gaps); diff != "" {
		t.Error(diff)
	}
}

func TestEncrypted(t *testing.T) {
	data := open(t, "text", "", entry{"META-INF/manifest.xml", `<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>`})
	if got := formattest.Collect(Reader{}, "a.odt", data); !errors.Is(got.Err, format.ErrEncrypted) {
		t.Errorf("%v", got.Err)
	}
	data = word(t, para("secret"))
	at := bytes.LastIndex(data, []byte("PK\x01\x02")) // the directory's entry of the text
	data[at+8] |= 1
	got := read(t, "a.docx", data)
	if len(got.Gaps) != 1 || got.Gaps[0].Reason != estate.GapEncrypted {
		t.Errorf("gaps %v", got.Gaps)
	}
}

// TestBinaryWorkbook: what is not XML is named.
func TestBinaryWorkbook(t *testing.T) {
	got := read(t, "a.xlsb", pack(t, entry{"[Content_Types].xml", types}, entry{"xl/workbook.bin", "\x83\x01"}, entry{"xl/worksheets/sheet1.bin", "\x81\x01"}))
	if diff := cmp.Diff([]formattest.Gap{{Reason: estate.GapNoReader, Detail: "a workbook in the binary form (XLSB)"}}, got.Gaps); diff != "" || len(got.Inner) > 0 {
		t.Error(diff, got.Inner)
	}
}

// TestOneDamagedPart: the others are read all the same.
func TestOneDamagedPart(t *testing.T) {
	got := read(t, "a.xlsx", workbook(t, "", []string{"A", rows([]string{"mrn", "dob"}, []string{"1", "2"}) + "</nonsense></x></y></z>", "B", rows([]string{"mrn", "dob"}, []string{"3", "4"})}))
	if diff := cmp.Diff([]formattest.Gap{{Reason: estate.GapDamaged, Detail: "sheet 1"}}, got.Gaps); diff != "" {
		t.Error(diff)
	}
	if a, b := got.Values("A.mrn"), got.Values("B.mrn"); len(a) != 1 || len(b) != 1 {
		t.Errorf("%q, %q", a, b)
	}
	got = read(t, "a.xlsx", workbook(t, `<si><t>mrn</t></si>`, []string{"A", `<row><c t="s"><v>7</v></c></row>`}))
	if len(got.Gaps) != 1 || got.Gaps[0].Detail != "sheet 1" {
		t.Errorf("gaps %v", got.Gaps)
	}
}
