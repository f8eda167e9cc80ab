package avro

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	hot "github.com/chartroom/chartroom/record"
)

const schema = `{"type":"record","name":"P","fields":[{"name":"mrn","type":"long"},{"name":"name","type":{"type":"record","name":"N","fields":[
	{"name":"family","type":"string"},{"name":"given","type":{"type":"array","items":"string"}}]}},
	{"name":"dob","type":["null",{"type":"int","logicalType":"date"}]},{"name":"note","type":"string"},{"name":"photo","type":"bytes"}]}`

// person writes one object of the schema.
func person(mrn int64, family string, given []string, note string, photo []byte) []byte {
	b := append(long(mrn), str(family)...)
	if len(given) > 0 {
		b = append(b, long(int64(len(given)))...)
		for _, g := range given {
			b = append(b, str(g)...)
		}
	}
	b = append(b, 0)
	b = append(append(b, long(1)...), long(-56271)...)
	return append(append(b, str(note)...), str(string(photo))...)
}

func people() []byte {
	picture := append([]byte("\xff\xd8\xff\xe0"), make([]byte, 100)...)
	b := person(100201, "Byron", []string{"Ada", "A."}, strings.Repeat("Seen and well. ", 20), picture)
	return append(b, person(100202, "Hopper", nil, "", []byte{0, 1, 2, 3})...)
}

func TestContract(t *testing.T) {
	cell := func(f, v string) formattest.Cell { return formattest.Cell{Field: f, Value: v} }
	want := []formattest.Record{
		{cell("mrn", "100201"), cell("name.family", "Byron"), cell("name.given", "Ada"), cell("name.given", "A."), cell("dob", "1815-12-09"),
			{Field: "note", Value: strings.Repeat("Seen and well. ", 20), Mode: hot.Text}},
		{cell("mrn", "100202"), cell("name.family", "Hopper"), cell("dob", "1815-12-09")}}
	gaps := []formattest.Gap{{Reason: estate.GapUnknown, Detail: "field photo: binary values of no known format: 1"}}
	var samples []formattest.Sample
	for _, codec := range []string{"null", "deflate", "snappy", "zstandard", "xz"} {
		samples = append(samples, formattest.Sample{Name: codec + ".avro", Data: block(t, header(schema, codec), codec, 2, people()), Claim: format.Certain, Want: want, Gaps: gaps})
	}
	long := block(t, header(schema, "null"), "null", 1, person(1, "Byron", nil, strings.Repeat("a long note, ", 20_000), nil))
	long = block(t, long, "null", 2, people())
	samples = append(samples, formattest.Sample{Name: "long", Data: long, Claim: format.Certain, Gaps: gaps})
	formattest.Run(t, Reader{}, samples...)
	s := formattest.Collect(Reader{}, "long", long)
	if got := strings.Join(s.Values("note"), ""); got != strings.Repeat("a long note, ", 20_000)+strings.Repeat("Seen and well. ", 20) {
		t.Errorf("%d bytes of notes", len(got))
	}
	if len(s.Inner) != 1 || s.Inner[0].Name != "photo[1]" || len(s.Inner[0].Body) != 104 {
		t.Errorf("inner items %v", s.Inner)
	}
}

// TestBzip2 reads a block that bzip2 1.0.8 compressed: there is no writer at hand.
func TestBzip2(t *testing.T) {
	packed, err := hex.DecodeString(bzipped)
	if err != nil {
		t.Fatal(err)
	}
	file := append(append(header(`"string"`, "bzip2"), long(1)...), long(int64(len(packed)))...)
	s := formattest.Collect(Reader{}, "a.avro", append(append(file, packed...), marker...))
	if s.Err != nil || len(s.Gaps) > 0 || strings.Join(s.Values("$"), "|") != "Hopper" {
		t.Errorf("%v, gaps %v, %v", s.Err, s.Gaps, s.Records)
	}
}

// TestOtherWriter compares each value of what avsc wrote.
func TestOtherWriter(t *testing.T) {
	for _, codec := range []string{"null", "deflate"} {
		data, err := os.ReadFile(filepath.Join("testdata", "avsc_"+codec+".avro"))
		if err != nil {
			t.Fatal(err)
		}
		s := formattest.Collect(Reader{}, "a.avro", data)
		if s.Err != nil || len(s.Gaps) > 0 || len(s.Records) != 120 {
			t.Fatalf("%s: %v, gaps %v, %d records", codec, s.Err, s.Gaps, len(s.Records))
		}
		for i, r := range s.Records {
			n := strconv.Itoa(i)
			want := map[string][]string{"mrn": {strconv.Itoa(100000 + i)}, "name.family": {"Family" + n}, "sex": {[]string{"F", "M", "U"}[i%3]},
				"seen":   {time.Unix(1600000000+int64(i), 0).UTC().Format("2006-01-02 15:04:05")},
				"active": {strconv.FormatBool(i%2 == 0)}}
			want["uid"] = []string{strings.ReplaceAll("####-##-##-##-######", "#", fmt.Sprintf("%02x", i%256))}
			if i%3 > 0 {
				want["name.given"] = []string{"G" + n, "H" + n}
			}
			if i%4 > 0 {
				want["birth_date"] = []string{time.Unix(86400*int64(1000+i), 0).UTC().Format("2006-01-02")}
			}
			if i%5 == 0 {
				want["maiden.family"], want["maiden.given"] = []string{"Maiden" + n}, []string{"M" + n}
			}
			if i%2 > 0 {
				want["attrs.key"], want["attrs.value"] = []string{"k" + n, "z", "score"}, []string{"v" + n, n + ".5"}
			}
			if i%150 > 0 {
				want["note"] = []string{strings.Repeat("n", i%150)}
			}
			got := map[string][]string{}
			for _, c := range r {
				got[c.Field] = append(got[c.Field], c.Value)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s: row %d (-want +got)\n%s", codec, i, diff)
			}
		}
	}
}

// TestDamage checks that a damaged block costs itself and no other, and is told.
func TestDamage(t *testing.T) {
	file := header(schema, "snappy")
	var starts []int
	for i := range 5 {
		starts = append(starts, len(file))
		file = block(t, file, "snappy", 1, person(int64(1000+i), "Byron", nil, "", nil))
	}
	hurt := bytes.Clone(file)
	hurt[starts[2]+8]++
	short := bytes.Clone(file[:len(file)-20])
	for name, data := range map[string][]byte{"checksum": hurt, "cut off": short} {
		s := formattest.Collect(Reader{}, "a.avro", data)
		if s.Err != nil || len(s.Values("mrn")) != 4 || len(s.Gaps) != 1 || s.Gaps[0].Reason != estate.GapDamaged {
			t.Errorf("%s: %v, gaps %v, %v", name, s.Err, s.Gaps, s.Values("mrn"))
		}
	}
	for name, data := range map[string][]byte{"schema": header(`{"type":"other"}`, "null"), "no schema": header("", "null"), "cut off": file[:30],
		"deep": header(strings.Repeat("[", 5000)+strings.Repeat("]", 5000), "null"), "a loop of names": header(`{"type":"record","name":"A","fields":[{"name":"x","type":"B"}]}`, "null")} {
		if s := formattest.Collect(Reader{}, "a.avro", data); !errors.Is(s.Err, format.ErrDamaged) {
			t.Errorf("%s: %v", name, s.Err)
		}
	}
	s := formattest.Collect(Reader{}, "a.avro", block(t, header(schema, "lzo"), "lzo", 1, nil))
	if s.Err != nil || len(s.Gaps) != 1 || s.Gaps[0].Reason != estate.GapNoReader {
		t.Errorf("unknown codec: %v, gaps %v", s.Err, s.Gaps)
	}
}

// TestNamedTypes checks that a type which is used twice has two places, and one within itself has one.
func TestNamedTypes(t *testing.T) {
	const tree = `{"type":"record","name":"T","namespace":"a.b","fields":[{"name":"v","type":"string"},{"name":"next","type":["null","T"]},
		{"name":"home","type":{"type":"record","name":"Address","fields":[{"name":"city","type":"string"}]}},{"name":"work","type":"a.b.Address"}]}`
	leaf := append(append(append(str("inner"), 0), str("Ely")...), str("York")...)
	data := append(append(append(str("outer"), long(1)...), leaf...), append(str("London"), str("Leeds")...)...)
	s := formattest.Collect(Reader{}, "a.avro", block(t, header(tree, "null"), "null", 1, data))
	if s.Err != nil || len(s.Gaps) > 0 || strings.Join(s.Values("v"), "|") != "outer|inner" || strings.Join(s.Values("home.city"), "|") != "Ely|London" ||
		strings.Join(s.Values("work.city"), "|") != "York|Leeds" {
		t.Errorf("%v, gaps %v, %v", s.Err, s.Gaps, s.Records)
	}
}

// TestBombs checks that files which would become far more than they are end soon, and tell.
func TestBombs(t *testing.T) {
	const many = 1 << 60
	nulls := `{"type":"array","items":"null"}`
	names := `{"type":"record","name":"R0","fields":[]}`
	for i := 1; i < 40; i++ { // each type holds the one before twice
		names = fmt.Sprintf(`{"type":"record","name":"R%d","fields":[{"name":"a","type":%s},{"name":"b","type":"R%d"}]}`, i, names, i-1)
	}
	self := `{"type":"record","name":"S","fields":[{"name":"s","type":["null","S"]}]}`
	zeros := pack(t, "zstandard", make([]byte, 64<<20))
	bombs := map[string][]byte{
		"objects of nothing": append(append(append(header(`"null"`, "null"), long(many)...), 0), marker...),
		"array of nothing":   block(t, header(nulls, "null"), "null", 1, append(long(many), 0)),
		"types of types":     block(t, header(names, "null"), "null", 5, nil),
		"a value in itself":  block(t, header(self, "null"), "null", 1, bytes.Repeat([]byte{2}, 100_000)),
		"zeros":              append(append(append(append(header(`"string"`, "zstandard"), long(many)...), long(int64(len(zeros)))...), zeros...), marker...),
		"a long value":       block(t, header(`"bytes"`, "null"), "null", 1, long(many)),
		"a large block":      append(append(header(`"bytes"`, "null"), long(1)...), long(many)...),
		"a large snappy":     append(append(header(`"bytes"`, "snappy"), long(1)...), long(many)...),
		"a dictionary of xz": block(t, header(`"bytes"`, "xz"), "null", 1, []byte("\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x28\x00\x00\x00\x00\x00\x00\x00")),
		"negative size":      append(append(header(`"bytes"`, "null"), long(1)...), long(-5)...),
		"smallest count":     block(t, header(nulls, "null"), "null", 1, long(-1<<63)),
	}
	for name, data := range bombs {
		start := time.Now()
		gaps := 0
		err := Reader{}.Read(context.Background(), format.Input{Size: int64(len(data)), Body: bytes.NewReader(data)}, format.Output{
			Places: &hot.Places{}, Batch: func(*hot.Batch) error { return nil },
			Inner: func(_, _ string, body io.Reader) error { return nil }, Gap: func(estate.GapReason, string) { gaps++ }})
		t.Logf("%s: %v", name, time.Since(start))
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		if name != "types of types" && gaps == 0 && err == nil || err != nil && !errors.Is(err, format.ErrDamaged) {
			t.Errorf("%s: %v, %d gaps", name, err, gaps)
		}
	}
}

// TestBounded checks the memory over blocks and values of any size.
func TestBounded(t *testing.T) {
	first := header(`"string"`, "null")
	note := strings.Repeat("All is well, said the patient. ", 1<<16)
	one := block(t, nil, "null", 1, str(note))
	records, _, err := formattest.Bounded(t, Reader{}, "a.avro", &formattest.Repeat{First: first, Data: one, Size: int64(len(first) + 40*len(one))}, 8<<20)
	if err != nil || records < 40 {
		t.Errorf("%d records, %v", records, err)
	}
}

func FuzzReader(f *testing.F) {
	for _, codec := range []string{"null", "deflate", "snappy", "zstandard", "xz"} {
		f.Add(block(f, header(schema, codec), codec, 2, people()))
	}
	f.Add(block(f, header(`{"type":"map","values":{"type":"fixed","name":"f","size":2,"logicalType":"decimal","scale":1}}`, "null"), "null", 1, []byte("\x02\x02k\x01\x02\x00")))
	f.Fuzz(func(t *testing.T, data []byte) {
		err := read(context.Background(), format.Input{Size: int64(len(data)), Body: bytes.NewReader(data)}, format.Output{
			Places: &hot.Places{},
			Batch: func(b *hot.Batch) error {
				if b.Open() || b.Size() > formattest.MaxBatch {
					t.Errorf("a batch of %d bytes, open: %v", b.Size(), b.Open())
				}
				return nil
			},
			Inner: func(_, _ string, body io.Reader) error { _, err := io.Copy(io.Discard, body); return err },
			Gap:   func(estate.GapReason, string) {},
		}, 1<<20)
		if err != nil && !errors.Is(err, format.ErrDamaged) {
			t.Error(err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var data []byte
	const objects = 1000
	for i := range objects {
		data = append(data, person(int64(i), "Example"+strconv.Itoa(i), []string{"Ann", "B."}, "Seen for follow-up of the usual complaints.", nil)...)
	}
	for _, codec := range []string{"null", "deflate", "snappy", "zstandard"} {
		one := block(b, nil, codec, objects, data)
		file := header(schema, codec)
		for range 100 {
			file = append(file, one...)
		}
		b.Run(codec, func(b *testing.B) {
			b.SetBytes(int64(100 * len(data)))
			b.ReportAllocs()
			for b.Loop() {
				err := Reader{}.Read(context.Background(), format.Input{Size: -1, Body: bytes.NewReader(file)}, format.Output{
					Places: &hot.Places{}, Batch: func(*hot.Batch) error { return nil },
					Inner: func(string, string, io.Reader) error { return nil }, Gap: func(estate.GapReason, string) { b.Error("a gap") }})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(file))*float64(b.N)/1e6/b.Elapsed().Seconds(), "file-MB/s")
		})
	}
}
