package scan

import (
	"bytes"
	"context"
	"testing"

	"github.com/chartroom/chartroom/demo"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/source/files"
)

// benchSize is how much of each kind of data a benchmark reads.
const benchSize = 64 << 20

// generated makes data of a kind, of invented people.
func generated(append func(b []byte, p *demo.Person) []byte) []byte {
	b := make([]byte, 0, benchSize+1<<16)
	for p := range demo.People(1, 1<<30) {
		if b = append(b, p); len(b) >= benchSize {
			break
		}
	}
	return b
}

// BenchmarkRead measures the whole way from bytes to findings, marks and people, on one core and without the catalog.
func BenchmarkRead(b *testing.B) {
	n := 0
	kinds := []struct {
		name string
		data func() []byte
	}{
		{"a.csv", func() []byte {
			return append([]byte(demo.PatientHeader), generated(demo.AppendPatientRow)...)
		}},
		{"a.ndjson", func() []byte { return generated(demo.AppendFHIR) }},
		{"a.hl7", func() []byte { return generated(demo.AppendHL7v2) }},
		{"a.txt", func() []byte {
			return generated(func(b []byte, p *demo.Person) []byte { return demo.AppendNote(b, p, 0) })
		}},
		{"a.log", func() []byte {
			return generated(func(b []byte, _ *demo.Person) []byte { n++; return demo.AppendLogLine(b, n) })
		}},
	}
	src, err := files.Open(b.TempDir(), "")
	if err != nil {
		b.Fatal(err)
	}
	o := Options{Engine: detect.New(nil), Key: fingerprint.NewKey()}
	o.defaults()
	for _, k := range kinds {
		b.Run(k.name, func(b *testing.B) {
			data := k.data()
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				w := newWorker(src, o, func(Parcel) {})
				it := &estate.Item{Path: k.name, Bytes: int64(len(data))}
				w.budget = &budget{limits: o.Limits, size: it.Bytes}
				w.read(context.Background(), it, input{body: bytes.NewReader(data), at: bytes.NewReader(data)})
				if it.Format == "" {
					b.Fatal("nobody read it")
				}
			}
		})
	}
}
