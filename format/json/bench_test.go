package json

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/record"
)

// people is synthetic NDJSON of about n bytes.
func people(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, `{"id":%d,"name":{"first":"Ann%d","last":"Example"},"ssn":"900-%02d-%04d","active":true,`+
			`"visits":[{"date":"2020-01-%02d","code":"F11.20","note":"Seen for follow-up of the usual complaints."}],`+
			`"address":{"street":"%d Sample Street","city":"Springfield","zip":"%05d"},"score":%d.25}`+"\n",
			i, i, i%100, i%10000, i%28+1, i, i%100000, i)
	}
	return b.Bytes()
}

// discard is an output that counts.
func discard() (format.Output, *int) {
	cells := new(int)
	return format.Output{
		Places: &record.Places{},
		Batch:  func(b *record.Batch) error { *cells += len(b.Cells); return nil },
		Inner:  func(_, _ string, r io.Reader) error { _, err := io.Copy(io.Discard, r); return err },
		Gap:    func(estate.GapReason, string) {},
	}, cells
}

func BenchmarkScanner(b *testing.B) {
	data := people(8 << 20)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		s := NewScanner(context.Background(), bytes.NewReader(data), int64(len(data)))
		for {
			t, err := s.Next()
			if err != nil {
				b.Fatal(err)
			}
			if t == EOF {
				break
			}
		}
	}
}

func BenchmarkSkip(b *testing.B) {
	data := people(8 << 20)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		s := NewScanner(context.Background(), bytes.NewReader(data), int64(len(data)))
		for {
			t, err := s.Next()
			if err != nil {
				b.Fatal(err)
			}
			if t == EOF {
				break
			}
			if err := s.SkipRest(); err != nil {
				b.Fatal(err)
			}
			s.Next()
		}
	}
}

func BenchmarkReader(b *testing.B) {
	data := people(8 << 20)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		out, _ := discard()
		in := format.Input{Name: "a.ndjson", Size: int64(len(data)), Head: data[:format.HeadSize], Body: bytes.NewReader(data)}
		if err := (Reader{}).Read(context.Background(), in, out); err != nil {
			b.Fatal(err)
		}
	}
}
