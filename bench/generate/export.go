package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/chartroom/chartroom/demo"
	"github.com/chartroom/chartroom/demo/export"
)

// exports gives the writer of a form that is no stream of records, nil when there is none. Its size is that of the plain text, which
// plain-KIND writes: what a tool reads that does not know the form.
func exports(kind string) func(w io.Writer, size int64) error {
	name, plain := strings.CutPrefix(kind, "plain-")
	f, ok := map[string]struct {
		one         func([]byte, *demo.Person) []byte // of the plain text
		form, plain func(io.Writer, export.People) error
	}{
		"x12":     {appendClaim, export.X12, nil},
		"parquet": {export.AppendRow, export.Parquet, export.CSV},
		"xlsx":    {export.AppendRow, export.XLSX, export.CSV},
		"pdf":     {export.AppendLetter, export.PDFLetters, export.Letters},
		"targz":   {appendMember, export.TarGz, export.Members},
		"zip":     {appendMember, export.Zip, export.Members},
	}[name]
	write := f.form
	if plain {
		write = f.plain
	}
	if !ok || write == nil {
		return nil
	}
	return func(w io.Writer, size int64) error { return write(w, enough(size, f.one)) }
}

// enough gives as many people as come to size bytes of plain text.
func enough(size int64, one func([]byte, *demo.Person) []byte) export.People {
	return func(yield func(*demo.Person) bool) {
		var b []byte
		for p := range demo.People(seed, math.MaxInt) {
			if size <= 0 || !yield(p) {
				return
			}
			b = one(b[:0], p)
			size -= int64(len(b))
		}
	}
}

// appendClaim writes what a person adds to claims.
func appendClaim(b []byte, p *demo.Person) []byte { return export.AppendClaim(b, p, 2) }

// appendMember writes what a person adds to the members of an archive.
func appendMember(b []byte, p *demo.Person) []byte {
	return demo.AppendFHIR(demo.AppendPatientRow(b, p), p)
}

// visits makes a clinical document as large as those of many years are.
const visits = 24

// documents writes clinical documents, a thousand a folder, until they come to size bytes.
func documents(dir string, size int64) error {
	var b []byte
	for p := range demo.People(seed, math.MaxInt) {
		if size <= 0 {
			return nil
		}
		folder := filepath.Join(dir, fmt.Sprintf("%03d", p.Index/1000))
		if p.Index%1000 == 0 {
			if err := os.MkdirAll(folder, 0o755); err != nil {
				return err
			}
		}
		b = export.AppendCCDA(b[:0], p, visits)
		size -= int64(len(b))
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("CCD_%06d.xml", p.Index)), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}
