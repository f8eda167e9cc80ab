package scan_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"testing"

	"github.com/chartroom/chartroom/demo"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/all"
	"github.com/chartroom/chartroom/record"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var (
	mergeEngine = detect.New(nil)
	mergeKey    = fingerprint.NewKey()
)

// piece reads a part of a file as if it were one.
func piece(t *rapid.T, name string, data []byte) (*detect.Item, *estate.People) {
	people, marker, places := estate.NewPeople(0), mergeKey.Marker("file:///a"), &record.Places{}
	it := mergeEngine.Item(name, places, func(id *record.Identity) uint64 {
		return marker.Count(id, people)
	})
	out := format.Output{
		Places: places,
		Batch:  func(b *record.Batch) error { it.Batch(b); return nil },
		Inner:  func(string, string, io.Reader) error { return nil },
		Gap:    func(reason estate.GapReason, detail string) { t.Errorf("%v: %s", reason, detail) },
	}
	in := format.Input{Name: name, Size: int64(len(data)), Head: data[:min(len(data), format.HeadSize)], Body: bytes.NewReader(data)}
	if err := all.Choose(name, in.Head).Read(context.Background(), in, out); err != nil {
		t.Fatal(err)
	}
	return it, people
}

// tables are the kinds of files that are cut, a line or more a person; where there is a header, each piece has it.
var tables = []struct {
	name, header string
	append       func([]byte, *demo.Person) []byte
}{
	{"patients.csv", demo.PatientHeader, demo.AppendPatientRow},
	{"patients.ndjson", "", demo.AppendFHIR},
	{"members.ndjson", "", func(b []byte, p *demo.Person) []byte {
		note := ""
		if p.Index%7 == 0 {
			note = fmt.Sprintf(`,"note":"call %s, mail %d@planted-mail.org"`, p.Given, p.Index)
		}
		return fmt.Appendf(b, `{"member":{"ssn":%q,"name":"%s %s","born":%q,"zip":%q},"visit":{"n":%d,"code":"F3%d.%d"}%s}`+"\n",
			p.SSN, p.Given, p.Family, p.Birth.Format("2006-01-02"), p.ZIP, p.Index%90, p.Index%4, p.Index%10, note)
	}},
}

// TestPiecesMakeTheWhole cuts files, reads their pieces apart, and puts together what was found.
func TestPiecesMakeTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := tables[rapid.IntRange(0, len(tables)-1).Draw(t, "kind")]
		sizes := rapid.SliceOfN(rapid.IntRange(100, 260), 2, 4).Draw(t, "people in each piece")
		rows := 0
		for _, n := range sizes {
			rows += n
		}
		var lines [][]byte
		for p := range demo.People(rapid.Uint64().Draw(t, "seed"), rows) {
			lines = append(lines, kind.append(nil, p))
		}
		whole, people := piece(t, kind.name, slices.Concat([]byte(kind.header), slices.Concat(lines...)))
		var parts *detect.Item
		folk := estate.NewPeople(0)
		for _, n := range sizes {
			it, some := piece(t, kind.name, slices.Concat([]byte(kind.header), slices.Concat(lines[:n]...)))
			lines = lines[n:]
			folk.Merge(some)
			if parts == nil {
				parts = it
			} else {
				parts.Merge(it)
			}
		}
		compare(t, whole.Result(), parts.Result())
		if a, b := people.Tally(), folk.Tally(); !cmp.Equal(a, b) {
			t.Errorf("the people differ: %v, in pieces %v", a.Total, b.Total)
		}
	})
}

func compare(t *rapid.T, whole, parts detect.Result) {
	if whole.Verdict != parts.Verdict || whole.Classes != parts.Classes || whole.Suspected != parts.Suspected || whole.Minors != parts.Minors ||
		whole.Part2 != parts.Part2 || whole.Records != parts.Records {
		t.Errorf("the whole is %v %v of %d records, in pieces %v %v of %d", whole.Verdict, whole.Classes, whole.Records, parts.Verdict, parts.Classes, parts.Records)
	}
	type key struct{ field, kind, subject string }
	found := map[key]estate.Finding{}
	for _, f := range parts.Findings {
		found[key{f.Field, f.Kind.String(), f.Subject.String()}] = f
	}
	for _, f := range whole.Findings {
		k := key{f.Field, f.Kind.String(), f.Subject.String()}
		g, ok := found[k]
		delete(found, k)
		if !ok {
			t.Errorf("in pieces there is no %v", k)
			continue
		}
		if f.Values != g.Values || f.People != g.People || f.Classes != g.Classes {
			t.Errorf("%v: %d values of %d people %v, in pieces %d of %d %v", k, f.Values, f.People, f.Classes, g.Values, g.People, g.Classes)
		}
		if math.Abs(f.Likelihood-g.Likelihood) > 0.02 {
			t.Errorf("%v: likelihood %.2f, in pieces %.2f", k, f.Likelihood, g.Likelihood)
		}
		if d := f.WellFormed - g.WellFormed; d*d > 1+f.Values*f.Values/2500 {
			t.Errorf("%v: %d well-formed of %d, in pieces %d", k, f.WellFormed, f.Values, g.WellFormed)
		}
	}
	for k := range found {
		t.Errorf("only in pieces: %v", k)
	}
}
