package main

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"github.com/chartroom/chartroom/demo"
)

// seed makes the people of the benchmarks others than those of the demo.
const seed = 20250101

// streams gives the writer of a kind, nil when there is none. Each writes at least size bytes and ends with a whole record.
func streams(kind string) func(w io.Writer, size int64) error {
	records := func(header string, write func([]byte, *demo.Person) []byte) func(io.Writer, int64) error {
		return func(w io.Writer, size int64) error { return people(w, header, size, write) }
	}
	switch kind {
	case "csv":
		return records(demo.PatientHeader, demo.AppendPatientRow)
	case "csvwide":
		return func(w io.Writer, size int64) error {
			return wideTable(w, int(size/wideRow(200))+1, 200)
		}
	case "fhir":
		return records("", demo.AppendFHIR)
	case "hl7v2":
		return records("", appendLines)
	case "notes":
		return records("", func(b []byte, p *demo.Person) []byte {
			for k := range p.Conditions {
				b = demo.AppendNote(b, p, k)
			}
			return b
		})
	case "logs":
		return records("", func(b []byte, p *demo.Person) []byte {
			for k := range 8 {
				b = demo.AppendLogLine(b, p.Index*8+k)
			}
			return b
		})
	case "onelinejson":
		return bundle
	}
	return exports(kind)
}

// people writes records of one person after another until there are size bytes.
func people(w io.Writer, header string, size int64, write func([]byte, *demo.Person) []byte) error {
	written, err := io.WriteString(w, header)
	left := size - int64(written)
	var b []byte
	for p := range demo.People(seed, math.MaxInt) {
		if left <= 0 || err != nil {
			return err
		}
		b = write(b[:0], p)
		left -= int64(len(b))
		_, err = w.Write(b)
	}
	return err
}

// appendLines writes messages with a line feed after each carriage return, as many stores keep them: a tool that reads
// by line would else see one line, and stop at its first hit.
func appendLines(b []byte, p *demo.Person) []byte {
	return append(b, bytes.ReplaceAll(demo.AppendHL7v2(nil, p), []byte("\r"), []byte("\r\n"))...)
}

// bundle writes a FHIR Bundle without a line feed in it.
func bundle(w io.Writer, size int64) error {
	const open, end = `{"resourceType":"Bundle","type":"collection","entry":[`, `]}`
	between := ""
	err := people(w, open, size-int64(len(end)), func(b []byte, p *demo.Person) []byte {
		start := len(b)
		b = demo.AppendFHIR(b, p)
		lines := bytes.Split(bytes.TrimSuffix(bytes.Clone(b[start:]), []byte("\n")), []byte("\n"))
		b = b[:start]
		for _, line := range lines {
			b = fmt.Appendf(b, `%s{"resource":%s}`, between, line)
			between = ","
		}
		return b
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, end)
	return err
}

// wideRow is about how many bytes a row of a wide table has.
func wideRow(columns int) int64 { return int64(columns*7 + 60) }

// wideTable writes a table of measured values in which five columns are about a person; they stand apart from each
// other, the first at the beginning and the last at the end.
func wideTable(w io.Writer, rows, columns int) error {
	var b []byte
	names := []string{"mrn", "last_name", "first_name", "birth_date", "zip"}
	about := make([]int, columns) // 1 + which of the five stands there, 0 = a value
	for i := range names {
		about[i*(columns-1)/(len(names)-1)] = i + 1
	}
	row := func(person, value func(i int)) error {
		for c, i := range about {
			if c > 0 {
				b = append(b, ',')
			}
			if i > 0 {
				person(i - 1)
			} else {
				value(c)
			}
		}
		_, err := w.Write(append(b, '\n'))
		b = b[:0]
		return err
	}
	err := row(func(i int) { b = append(b, names[i]...) },
		func(c int) { b = strconv.AppendInt(append(b, "measure_"...), int64(c), 10) })
	for p := range demo.People(seed, rows) {
		if err != nil {
			return err
		}
		x := uint64(p.Index)*0x9e3779b97f4a7c15 + seed
		err = row(func(i int) { b = appendField(b, p, i) }, func(int) {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
			b = strconv.AppendUint(b, x%9000+100, 10)
			b = strconv.AppendUint(append(b, '.'), x>>40%10, 10)
		})
	}
	return err
}

// appendField writes one of the five fields of a person.
func appendField(b []byte, p *demo.Person, i int) []byte {
	switch i {
	case 0:
		return append(b, p.MRN...)
	case 1:
		return append(b, p.Family...)
	case 2:
		return append(b, p.Given...)
	case 3:
		return p.Birth.AppendFormat(b, "2006-01-02")
	}
	return append(b, p.ZIP...)
}

// manyFiles writes n small files of four kinds, a thousand a folder and a thousand folders a folder.
func manyFiles(dir string, n int) error {
	var b []byte
	for p := range demo.People(seed, n) {
		i := p.Index
		folder := filepath.Join(dir, fmt.Sprintf("%03d", i/1_000_000), fmt.Sprintf("%03d", i/1000%1000))
		if i%1000 == 0 {
			if err := os.MkdirAll(folder, 0o755); err != nil {
				return err
			}
		}
		name := ""
		switch b = b[:0]; i % 4 {
		case 0:
			name, b = "note.txt", demo.AppendNote(b, p, 0)
		case 1:
			name, b = "patient.csv", demo.AppendPatientRow(append(b, demo.PatientHeader...), p)
		case 2:
			name, b = "patient.json", demo.AppendPatient(b, p)
		default:
			name = "job.log"
			for k := range 4 {
				b = demo.AppendLogLine(b, i*4+k)
			}
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%07d-%s", i, name)), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}
