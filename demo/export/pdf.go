package export

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"strings"

	"github.com/chartroom/chartroom/demo"
)

// pdfWriter writes a document of pages in Helvetica (ISO 32000-1, 7.5), page after page.
type pdfWriter struct {
	*counted
	offsets []int64 // of objects, the first being object 1
	pages   []int
}

// The objects whose numbers are known before: what stands in them is written last, or first.
const (
	catalogObject = 1
	pagesObject   = 2
	fontObject    = 3
)

func newPDF(w io.Writer) *pdfWriter {
	d := &pdfWriter{counted: newCounted(w), offsets: make([]int64, 3)}
	d.printf("%%PDF-1.7\n%%\xe2\xe3\xcf\xd3\n")
	d.object(fontObject, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
	return d
}

// object writes an object; number 0 is the next.
func (d *pdfWriter) object(number int, body string) int {
	if number == 0 {
		d.offsets = append(d.offsets, 0)
		number = len(d.offsets)
	}
	d.offsets[number-1] = d.n
	d.printf("%d 0 obj\n%s\nendobj\n", number, body)
	return number
}

// page writes a page of compressed content.
func (d *pdfWriter) page(content []byte) {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write(content) // to memory
	_ = z.Close()
	stream := d.object(0, fmt.Sprintf("<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream", b.Len(), b.Bytes()))
	d.pages = append(d.pages, d.object(0, fmt.Sprintf("<< /Type /Page /Parent %d 0 R /MediaBox [0 0 792 612] /Contents %d 0 R /Resources << /Font << /F1 %d 0 R >> >> >>",
		pagesObject, stream, fontObject)))
}

// end writes the tree of pages, the table of objects, and the trailer.
func (d *pdfWriter) end() error {
	var kids strings.Builder
	for _, n := range d.pages {
		fmt.Fprintf(&kids, "%d 0 R ", n)
	}
	d.object(pagesObject, fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", len(d.pages), kids.String()))
	d.object(catalogObject, fmt.Sprintf("<< /Type /Catalog /Pages %d 0 R >>", pagesObject))
	at := d.n
	d.printf("xref\n0 %d\n0000000000 65535 f \n", len(d.offsets)+1)
	for _, o := range d.offsets {
		d.printf("%010d 00000 n \n", o)
	}
	d.printf("trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(d.offsets)+1, catalogObject, at)
	return d.close()
}

// show writes a string at a place of the page, in WinAnsi, which has the accented letters of the names where Latin-1 has them.
func show(b []byte, x, y int, s string) []byte {
	b = fmt.Appendf(b, "1 0 0 1 %d %d Tm (", x, y)
	for _, r := range s {
		if r == '(' || r == ')' || r == '\\' {
			b = append(b, '\\')
		}
		b = append(b, byte(r))
	}
	return append(b, ") Tj\n"...)
}

// PDFTable writes one table over many pages, with its titles at the top of each.
func PDFTable(w io.Writer, people People) error {
	const perPage = 36
	widths := []int{56, 66, 72, 62, 24, 112, 80, 30, 40, 84, 60}
	line := func(b []byte, n int, values []string) []byte {
		x := 30
		for i, v := range values {
			b = show(b, x, 570-n*14, v)
			x += widths[i]
		}
		return b
	}
	d := newPDF(w)
	var b []byte
	n := 0
	for p := range people {
		if n == 0 {
			b = line(append(b[:0], "BT /F1 7 Tf\n"...), 0, columns)
		}
		n++
		if b = line(b, n, row(p)); n == perPage {
			d.page(append(b, "ET"...))
			n = 0
		}
	}
	if n > 0 {
		d.page(append(b, "ET"...))
	}
	return d.end()
}

// PDFLetters writes a letter a page.
func PDFLetters(w io.Writer, people People) error {
	d := newPDF(w)
	var b []byte
	for p := range people {
		b = append(b[:0], "BT /F1 11 Tf\n"...)
		for i, l := range strings.Split(strings.TrimSuffix(string(AppendLetter(nil, p)), "\n"), "\n") {
			if l != "" {
				b = show(b, 72, 540-i*15, l)
			}
		}
		d.page(append(b, "ET"...))
	}
	return d.end()
}

// Letters writes the letters as plain text: what is to be read in PDFLetters.
func Letters(w io.Writer, people People) error { return records(w, "", "", people, AppendLetter) }

// AppendLetter writes a letter with labelled lines about a person, and to him.
func AppendLetter(b []byte, p *demo.Person) []byte {
	c := main(p)
	b = fmt.Appendf(b, "Meridian Health\nSummary of your visit\n\nPatient: %s %s\nMRN: %s\nDate of birth: %s\nAddress: %s, %s, %s %s\nPhone: %s\n\n",
		p.Given, p.Family, p.MRN, p.Birth.Format("01/02/2006"), p.Street, p.City, p.State, p.ZIP, p.Phone)
	return fmt.Appendf(b, "Dear %s %s,\n\nThank you for coming in. Below is what was found.\nDiagnosis: %s (ICD-10: %s)\n"+
		"Please call the clinic if anything changes before your next visit.\n\n", p.Given, p.Family, c.Display, c.ICD10)
}
