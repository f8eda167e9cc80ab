package parquet

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	pq "github.com/parquet-go/parquet-go"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/record"
)

type phone struct {
	System string `parquet:"system"`
	Value  string `parquet:"value,optional"`
}

type patient struct {
	MRN    int64    `parquet:"mrn"`
	Family string   `parquet:"family,snappy"`
	Birth  int32    `parquet:"birth_date,date"`
	Note   string   `parquet:"note,optional,zstd"`
	Phones []phone  `parquet:"phones,list"`
	Tags   []string `parquet:"tags"`
	Photo  []byte   `parquet:"photo,optional"`
}

// written gives rows as a file.
func written[T any](t testing.TB, rows []T, options ...pq.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pq.NewGenericWriter[T](&b, options...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var patients = []patient{
	{MRN: 100201, Family: "Byron", Birth: -56271, Note: strings.Repeat("Seen and well. ", 20), Phones: []phone{{"home", "555-0101"}, {"work", ""}}, Tags: []string{"a1", "b2"}},
	{MRN: 100202, Family: "Hopper", Birth: -23034, Photo: append([]byte("\xff\xd8\xff\xe0"), make([]byte, 80)...)},
	{MRN: 100203, Family: "", Birth: 0, Photo: []byte{0, 1, 2, 3}, Note: "{\"resourceType\":\"Patient\",\"id\":\"100203\",\"name\":[{\"family\":\"Curie\"}]}"},
}

func TestContract(t *testing.T) {
	cell := func(f, v string) formattest.Cell { return formattest.Cell{Field: f, Value: v} }
	data := written(t, patients, pq.DataPageVersion(1))
	formattest.Run(t, Reader{},
		formattest.Sample{Name: "patients.parquet", Data: data, Claim: format.Certain,
			Want: []formattest.Record{
				{cell("mrn", "100201"), cell("family", "Byron"), cell("birth_date", "1815-12-09"), {Field: "note", Value: strings.Repeat("Seen and well. ", 20), Mode: record.Text},
					cell("phones.element.system", "home"), cell("phones.element.system", "work"), cell("phones.element.value", "555-0101"), cell("tags", "a1"), cell("tags", "b2")},
				{cell("mrn", "100202"), cell("family", "Hopper"), cell("birth_date", "1906-12-09")},
				{cell("mrn", "100203"), cell("birth_date", "1970-01-01")}},
			Gaps: []formattest.Gap{{Reason: estate.GapUnknown, Detail: "column photo: a binary value of no known format in row group 0"}}},
		formattest.Sample{Name: "v2", Data: written(t, patients[:2], pq.DataPageVersion(2), pq.PageBufferSize(16), pq.MaxRowsPerRowGroup(1)), Claim: format.Certain, Gaps: []formattest.Gap{}},
	)
	s := formattest.Collect(Reader{}, "patients.parquet", data)
	if len(s.Inner) != 2 || s.Inner[0].Name != "photo[1]" || s.Inner[1].Name != "note[1]" {
		t.Errorf("inner items %v", s.Inner)
	}
}

// TestNames checks by what a column is judged.
func TestNames(t *testing.T) {
	places := &record.Places{}
	data := written(t, patients)
	err := Reader{}.Read(context.Background(), format.Input{Size: int64(len(data)), Body: bytes.NewReader(data)}, format.Output{
		Places: places, Batch: func(*record.Batch) error { return nil },
		Inner: func(string, string, io.Reader) error { return nil }, Gap: func(estate.GapReason, string) {}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range places.Len() {
		got = append(got, places.At(uint32(i)).Field+"="+places.At(uint32(i)).Name)
	}
	want := []string{"mrn=mrn", "family=family", "birth_date=birth_date", "note=note", "phones.element.system=system", "phones.element.value=value", "tags=tags"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, file := range []string{"duckdb_v1_snappy.parquet"} {
		s := collectFile(t, filepath.Join("testdata", file))
		for field, n := range map[string]int{"attrs.key": 60, "nested.element.element": 180, "name.given.element": 120} {
			if got := len(s.Values(field)); got != n {
				t.Errorf("%s: %d values", field, got)
			}
		}
	}
}

func TestClaims(t *testing.T) {
	for head, want := range map[string]format.Claim{"PAR1\x15\x04": format.Certain, "PARE\x1c\x1c": format.Certain, "PAR1 of the report": format.No, "PAR": format.No, "": format.No} {
		if got := (Reader{}).Claims("a", []byte(head)); got != want {
			t.Errorf("%q: claim %d, want %d", head, got, want)
		}
	}
}

// TestDamage checks that damage costs a column, or is told.
func TestDamage(t *testing.T) {
	plain := written(t, patients, pq.Compression(&pq.Uncompressed))
	sealed := bytes.Clone(plain)
	copy(sealed[len(sealed)-4:], "PARE")
	long := bytes.Clone(plain)
	binary.LittleEndian.PutUint32(long[len(long)-8:], 1<<31)
	for _, c := range []struct {
		name string
		data []byte
		err  error
	}{
		{"encrypted", sealed, format.ErrEncrypted}, {"long footer", long, format.ErrDamaged}, {"cut off", plain[:len(plain)-1], format.ErrDamaged},
		{"a signature", []byte("PAR1"), format.ErrDamaged}, {"nothing between", []byte("PAR1\x00\x00\x00\x00PAR1"), format.ErrDamaged},
	} {
		if s := formattest.Collect(Reader{}, "a.parquet", c.data); !errors.Is(s.Err, c.err) {
			t.Errorf("%s: %v", c.name, s.Err)
		}
	}
	at := bytes.Index(plain, []byte("Byron"))
	hurt := bytes.Clone(plain)
	hurt[at]++
	s := formattest.Collect(Reader{}, "a.parquet", hurt)
	if s.Err != nil || len(s.Values("family")) != 0 || len(s.Values("mrn")) != 3 || len(s.Gaps) < 1 || s.Gaps[0].Reason != estate.GapDamaged ||
		!strings.HasPrefix(s.Gaps[0].Detail, "column family: ") {
		t.Errorf("a wrong checksum: %v, gaps %v", s.Err, s.Gaps)
	}
}

// TestMalformed reads the library's malformed files: they end, and tell.
func TestMalformed(t *testing.T) {
	dir := libraryDir(t)
	files, _ := filepath.Glob(filepath.Join(dir, "testdata", "malformed", "*.parquet"))
	for _, file := range files {
		s := collectFile(t, file)
		if s.Err == nil && len(s.Gaps) == 0 && len(s.Records) > 0 {
			t.Logf("%s: %d records and no gap", filepath.Base(file), len(s.Records))
		}
		if s.Err != nil && !errors.Is(s.Err, format.ErrDamaged) {
			t.Errorf("%s: %v", filepath.Base(file), s.Err)
		}
	}
}

// TestMany checks values of many row groups, pages and rows against what was written, and that the memory stays bounded.
func TestMany(t *testing.T) {
	type row struct {
		ID   int64  `parquet:"id,delta"`
		Name string `parquet:"name,dict"`
		Note string `parquet:"note,optional,snappy"`
	}
	rows := make([]row, 100_000)
	for i := range rows {
		rows[i] = row{int64(i), fmt.Sprintf("name %d", i%7), strings.Repeat("n", i%90)}
	}
	s := formattest.Collect(Reader{}, "a.parquet", written(t, rows, pq.MaxRowsPerRowGroup(30_000)))
	if s.Err != nil || len(s.Gaps) > 0 || len(s.Records) != len(rows) {
		t.Fatalf("%v, gaps %v, %d records", s.Err, s.Gaps, len(s.Records))
	}
	for i, r := range s.Records {
		got := byField(r)
		want := map[string][]string{"id": {fmt.Sprint(i)}, "name": {rows[i].Name}}
		if rows[i].Note != "" {
			want["note"] = []string{rows[i].Note}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("row %d: %s", i, diff)
		}
	}
}

// TestLargePages reads pages that are too large to be held, by each codec and in each encoding of texts.
func TestLargePages(t *testing.T) {
	type row struct {
		ID     int64  `parquet:"id"`
		Plain  string `parquet:"plain,plain"`
		Long   string `parquet:"long"`
		Prefix string `parquet:"prefix,delta"`
		Maybe  string `parquet:"maybe,plain,optional"`
	}
	rows := make([]row, 24_000)
	for i := range rows {
		text := fmt.Sprintf("note %d of the day: %s", i, strings.Repeat("all is well; ", i%13))
		rows[i] = row{int64(i), text, text + " (2)", text + " (3)", ""}
		if i%3 > 0 {
			rows[i].Maybe = text + " (4)"
		}
	}
	for name, codec := range map[string]pq.WriterOption{"none": pq.Compression(&pq.Uncompressed), "snappy": pq.Compression(&pq.Snappy), "gzip": pq.Compression(&pq.Gzip),
		"zstd": pq.Compression(&pq.Zstd), "brotli": pq.Compression(&pq.Brotli), "lz4": pq.Compression(&pq.Lz4Raw)} {
		for version := 1; version <= 2; version++ {
			data := written(t, rows, codec, pq.PageBufferSize(32<<20), pq.DataPageVersion(version))
			i, bad := 0, 0
			s := format.Output{Places: &record.Places{}, Inner: func(string, string, io.Reader) error { return nil },
				Gap: func(r estate.GapReason, detail string) { t.Errorf("%s: %s %s", name, r, detail) }}
			s.Batch = func(b *record.Batch) error {
				for k := range b.Len() {
					want := []string{fmt.Sprint(i), rows[i].Plain, rows[i].Long, rows[i].Prefix, rows[i].Maybe}
					for c, cell := range b.Record(k) {
						if string(b.Bytes(cell)) != want[c] {
							bad++
						}
					}
					i++
				}
				return nil
			}
			err := Reader{}.Read(context.Background(), format.Input{Size: int64(len(data)), At: bytes.NewReader(data)}, s)
			if err != nil || i != len(rows) || bad > 0 {
				t.Errorf("%s, version %d: %v, %d records, %d values differ", name, version, err, i, bad)
			}
		}
	}
}

// TestCorpus reads the labelled corpus, and compares the number of values of each column with the label's.
func TestCorpus(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(formattest.Corpus(t), "omop-parquet", "*.parquet"))
	for _, file := range files {
		if s := collectFile(t, file); s.Err != nil || len(s.Gaps) > 0 {
			t.Errorf("%s: %v, gaps %v", filepath.Base(file), s.Err, s.Gaps)
		}
	}
	s := collectFile(t, filepath.Join(formattest.Corpus(t), "omop-parquet", "measurement.parquet"))
	for field, n := range map[string]int{"person_id": 10040, "value_as_number": 9107, "unit_source_value": 9139, "range_low": 0} {
		if got := len(s.Values(field)); got != n {
			t.Errorf("%s: %d values, want %d", field, got, n)
		}
	}
}

func FuzzReader(f *testing.F) {
	type small struct { // small seeds: a fuzzer spends its time on shrinking large ones
		ID   int64    `parquet:"id,delta"`
		Name string   `parquet:"name,dict,optional"`
		Tags []string `parquet:"tags,list"`
	}
	for version := 1; version <= 2; version++ {
		f.Add(written(f, []small{{1, "Ada", []string{"a", "b"}}, {2, "", nil}}, pq.DataPageVersion(version), pq.Compression(&pq.Snappy)))
	}
	for _, e := range []encoding{plainValues, deltaLength, deltaBytes, byteStreamSplit} {
		page := lyingPage(dataPage, 12, []byte("\x02\x00\x00\x00ab\x02\x00\x00\x00cd"), 2, e)
		f.Add(lie{columns: 2, groups: 1, rows: 2, values: 2, physical: byteArray, pages: page}.file())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		places := &record.Places{}
		err := read(context.Background(), format.Input{Size: int64(len(data)), Body: bytes.NewReader(data)}, format.Output{
			Places: places,
			Batch: func(b *record.Batch) error {
				for _, c := range b.Cells {
					if c.Place >= uint32(places.Len()) || len(b.Bytes(c)) == 0 {
						t.Error("a cell of nothing")
					}
				}
				if b.Open() || b.Size() > formattest.MaxBatch {
					t.Errorf("a batch of %d bytes, open: %v", b.Size(), b.Open())
				}
				return nil
			},
			Inner: func(_, _ string, body io.Reader) error { return nil },
			Gap:   func(estate.GapReason, string) {},
		}, 1<<20)
		if err != nil && !errors.Is(err, format.ErrDamaged) && !errors.Is(err, format.ErrLimit) && !errors.Is(err, format.ErrEncrypted) {
			t.Error(err)
		}
	})
}
