// Package export writes the demo's invented people in every form in which a custodian hands such data on: tables of all kinds,
// letters, mail, claims, messages, clinical documents, images, and archives of them. Tests hold the readers of all formats against it,
// and measurements are made with it. The writers share nothing with the readers.
package export

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/chartroom/chartroom/demo"
)

// People are the persons to be written, in order. A pointer is good until the next step.
type People = iter.Seq[*demo.Person]

// Form is a way in which records of people stand in a file.
type Form struct {
	Name  string // of a file in this form: patients.xlsx
	Write func(w io.Writer, people People) error
}

// Forms are all forms.
func Forms() []Form {
	return []Form{
		{"patients.csv", CSV}, {"patients.html", HTML}, {"patients.yaml", YAML}, {"roster.xml", XML}, {"own.ndjson", NDJSON},
		{"mysql.sql", MySQL}, {"postgres.sql", Postgres}, {"patients.sqlite", SQLite}, {"patients.parquet", Parquet}, {"patients.avro", Avro},
		{"patients.xlsx", XLSX}, {"roster.docx", DOCX}, {"roster.pdf", PDFTable}, {"letters.pdf", PDFLetters}, {"export.eml", EML}, {"letters.mbox", Mbox},
		{"claims.837", X12}, {"feed.hl7", HL7v2}, {"bulk.ndjson", FHIR}, {"bundle.xml", FHIRXML}, {"documents.zip", CCDAs}, {"images.tar", Images},
		{"backup.tar.gz.zip", Backup},
	}
}

// columns are the titles of the tables, and row their values.
var columns = []string{"mrn", "last_name", "first_name", "date_of_birth", "sex", "address", "city", "state", "zip", "phone", "diagnosis_code"}

func row(p *demo.Person) []string {
	return []string{p.MRN, p.Family, p.Given, p.Birth.Format("2006-01-02"), string(p.Sex), p.Street, p.City, p.State.String(), p.ZIP, p.Phone, main(p).ICD10}
}

// main is the condition for which a person comes: the sensitive one, where there is one.
func main(p *demo.Person) *demo.Condition { return &p.Conditions[len(p.Conditions)-1] }

// undotted is a diagnosis as claims have it.
func undotted(c *demo.Condition) string { return strings.ReplaceAll(c.ICD10, ".", "") }

// records writes a beginning, something of each person, and an end.
func records(w io.Writer, begin, end string, people People, one func(b []byte, p *demo.Person) []byte) error {
	if _, err := io.WriteString(w, begin); err != nil {
		return err
	}
	var b []byte
	for p := range people {
		b = one(b[:0], p)
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, end)
	return err
}

// counted knows how much was written, and keeps the first error.
type counted struct {
	w   *bufio.Writer
	n   int64
	err error
}

func newCounted(w io.Writer) *counted { return &counted{w: bufio.NewWriterSize(w, 64<<10)} }

// Write counts.
func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	if c.err == nil {
		c.err = err
	}
	return n, err
}

func (c *counted) printf(format string, args ...any) { fmt.Fprintf(c, format, args...) }

func (c *counted) close() error {
	if c.err != nil {
		return c.err
	}
	return c.w.Flush()
}
