package office

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/office/markup"
	"github.com/chartroom/chartroom/record"
)

// bigSheet writes a sheet of persons as Excel does, with its shared strings.
func bigSheet(n int) (sheet, shared string) {
	var b, s strings.Builder
	b.WriteString(`<row r="1" spans="1:8"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" t="s"><v>3</v></c><c r="E1" t="s"><v>4</v></c><c r="F1" t="s"><v>5</v></c></row>`)
	s.WriteString(`<si><t>MRN</t></si><si><t>Last Name</t></si><si><t>First Name</t></si><si><t>DOB</t></si><si><t>SSN</t></si><si><t>Diagnosis</t></si>`)
	for i := range n {
		k := 6 + 3*i
		fmt.Fprintf(&s, `<si><t>Lovelace%d</t></si><si><t>Ada%d</t></si><si><t>F11.%d</t></si>`, i, i%999, i%99)
		r := i + 2
		fmt.Fprintf(&b, `<row r="%d" spans="1:8"><c r="A%d"><v>%d</v></c><c r="B%d" t="s"><v>%d</v></c><c r="C%d" t="s"><v>%d</v></c><c r="D%d" s="1"><v>%d</v></c><c r="E%d" s="2"><v>%d</v></c><c r="F%d" t="s"><v>%d</v></c></row>`,
			r, r, 100000+i, r, k, r, k+1, r, 20000+i%20000, r, 123450000+i, r, k+2)
	}
	return b.String(), s.String()
}

// readAll reads a document and drops what it gives.
func readAll(t testing.TB, name string, data []byte) error {
	return Reader{}.Read(context.Background(), format.Input{Name: name, Size: int64(len(data)), Head: data[:min(len(data), format.HeadSize)],
		Body: bytes.NewReader(data), At: bytes.NewReader(data)}, format.Output{
		Places: &record.Places{},
		Batch:  func(*record.Batch) error { return nil },
		Inner:  func(string, string, io.Reader) error { return nil },
		Gap:    func(estate.GapReason, string) {},
	})
}

// BenchmarkSheet reads a workbook of 100,000 rows; the bytes are those of its XML.
func BenchmarkSheet(b *testing.B) {
	sheet, shared := bigSheet(100_000)
	data := workbook(b, shared, []string{"People", sheet})
	b.SetBytes(int64(len(sheet) + len(shared)))
	b.ReportMetric(float64(len(data)), "packed-bytes")
	b.ReportAllocs()
	for b.Loop() {
		if err := readAll(b, "people.xlsx", data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkText reads a text of 200,000 paragraphs.
func BenchmarkText(b *testing.B) {
	body := `<w:document><w:body>` + strings.Repeat(`<w:p><w:pPr><w:pStyle w:val="Normal"/></w:pPr><w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">The patient was seen by the team in the ward </w:t></w:r><w:r><w:t>and discharged on the next day.</w:t></w:r></w:p>`, 100_000) + `</w:body></w:document>`
	data := pack(b, entry{"[Content_Types].xml", types}, entry{"word/document.xml", body + "<!--" + noise(1<<20) + "-->"})
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if err := readAll(b, "a.docx", data); err != nil {
			b.Fatal(err)
		}
	}
}

// noise is text that does not compress well, so that a test's document is no bomb.
func noise(n int) string {
	b := make([]byte, 0, n+16)
	for x := uint64(1); len(b) < n; {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b = strconv.AppendUint(b, x, 16)
	}
	return string(b)
}

// BenchmarkScanner reads XML, token by token.
func BenchmarkScanner(b *testing.B) {
	sheet, _ := bigSheet(20_000)
	sheet = "<sheetData>" + sheet + "</sheetData>"
	b.SetBytes(int64(len(sheet)))
	for b.Loop() {
		s := markup.New(strings.NewReader(sheet))
		for {
			token, err := s.Next()
			if err != nil {
				b.Fatal(err)
			}
			if token == markup.EOF {
				break
			}
			for token == markup.Start && s.NextAttr() {
			}
		}
	}
}
