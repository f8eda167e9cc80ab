package json

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/record"
)

func TestContract(t *testing.T) {
	cell := func(f, v string) formattest.Cell { return formattest.Cell{Field: f, Value: v} }
	utf16le := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(`{"näme":"Example"}`)) {
		utf16le = append(utf16le, byte(u), byte(u>>8))
	}
	formattest.Run(t, Reader{},
		formattest.Sample{Name: "a.json", Data: []byte(`{"patient":{"name":"Ann Example","ids":[1,22]},"ok":true,"none":null,"e":""}`), Claim: format.Likely,
			Want: []formattest.Record{{cell("patient.name", "Ann Example"), cell("patient.ids", "1"), cell("patient.ids", "22")}}},
		formattest.Sample{Name: "rows", Data: []byte(`[{"ssn":"900-00-0001","v":[{"c":"x"}]},{"ssn":"900-00-0002"}]`), Claim: format.Likely,
			Want: []formattest.Record{{cell("ssn", "900-00-0001"), cell("v.c", "x")}, {cell("ssn", "900-00-0002")}}},
		formattest.Sample{Name: "a.ndjson", Data: []byte("{\"a\":\"1x\",\"b\":[{\"c\":\"2x\"},{\"c\":\"3x\"}]}\n{\"a\":\"4x\"}\n"), Claim: format.Likely,
			Want: []formattest.Record{{cell("a", "1x"), cell("b.c", "2x"), cell("b.c", "3x")}, {cell("a", "4x")}}},
		formattest.Sample{Name: "wrapped.json", Data: []byte(`{"total":2,"data":{"rows":[{"n":"Ann"},{"n":"Bob"}]},"next":"none"}`), Claim: format.Likely,
			Want: []formattest.Record{{cell("total", "2")}, {cell("data.rows.n", "Ann")}, {cell("data.rows.n", "Bob")}, {cell("next", "none")}}},
		formattest.Sample{Name: "tuples.json", Data: []byte(`{"cols":["a","b"],"rows":[["Ann","900-00-0001"],["Bob","900-00-0002"]]}`), Claim: format.Likely,
			Want: []formattest.Record{{cell("cols", "a"), cell("cols", "b")}, {cell("rows[0]", "Ann"), cell("rows[1]", "900-00-0001")},
				{cell("rows[0]", "Bob"), cell("rows[1]", "900-00-0002")}}},
		formattest.Sample{Name: "rows.jsonl", Data: []byte("[\"Ann\",\"900-00-0001\"]\n[\"Bob\",\"900-00-0002\"]\n"), Claim: format.Likely,
			Want: []formattest.Record{{cell("$[0]", "Ann"), cell("$[1]", "900-00-0001")}, {cell("$[0]", "Bob"), cell("$[1]", "900-00-0002")}}},
		formattest.Sample{Name: "lots.jsonl", Data: []byte("[{\"a\":\"1\"},{\"a\":\"2\"}]\n[{\"a\":\"3\"}]\n"), Claim: format.Likely,
			Want: []formattest.Record{{cell("a", "1")}, {cell("a", "2")}, {cell("a", "3")}}},
		formattest.Sample{Name: "scalars.json", Data: []byte("[\"one\",\"two\"]\n3"), Claim: format.Likely,
			Want: []formattest.Record{{cell("$", "one")}, {cell("$", "two")}, {cell("$", "3")}}},
		formattest.Sample{Name: "text.json", Data: []byte(`{"note":"` + strings.Repeat("long ", 50) + `","other":"two\nlines","short":"x"}`), Claim: format.Likely,
			Want: []formattest.Record{{{Field: "note", Value: strings.Repeat("long ", 50), Mode: record.Text},
				{Field: "other", Value: "two\nlines", Mode: record.Text}, {Field: "short", Value: "x", Mode: record.Column}}}},
		formattest.Sample{Name: "wide.json", Data: utf16le, Claim: format.Likely, Want: []formattest.Record{{cell("näme", "Example")}}},
		formattest.Sample{Name: "bom.json", Data: []byte("\xef\xbb\xbf{\"a\":\"b\"}"), Claim: format.Likely, Want: []formattest.Record{{cell("a", "b")}}},
		formattest.Sample{Name: "keys.json", Data: []byte(`{"by_ssn":{"900-00-0001":{"n":"Ann"},"900-00-0002":{"n":"Bob"}}}`), Claim: format.Likely,
			Want: []formattest.Record{{cell("by_ssn.{key}", "900-00-0001"), cell("by_ssn.*.n", "Ann"), cell("by_ssn.{key}", "900-00-0002"), cell("by_ssn.*.n", "Bob")}}},
		formattest.Sample{Name: "broken.ndjson", Data: []byte("{\"a\":\"1\"}\n{\"a\":\"2\n{\"a\":\"3\"}\n{\"a\" 4}\n{\"a\":\"5\"}"), Claim: format.Likely,
			Want: []formattest.Record{{cell("a", "1")}, {cell("a", "3")}, {cell("a", "5")}}, Gaps: []formattest.Gap{{Reason: estate.GapDamaged}}},
		formattest.Sample{Name: "long.json", Data: []byte(`{"a":"x","t":"` + strings.Repeat("The quick brown fox. ", 30000) + `","b":"y"}`), Claim: format.Likely},
		formattest.Sample{Name: "chunks.ndjson", Data: []byte(strings.Repeat(`{"a":"`+strings.Repeat("word ", 1500)+`","b":["Ann","Bob"]}`+"\n", 40)), Claim: format.Likely},
	)
}

func TestClaims(t *testing.T) {
	for text, want := range map[string]format.Claim{
		`{"a":1}`: format.Likely, `[1,2,3]`: format.Likely, `[2024-01-01] log line`: format.No, `{not json}`: format.No, `hello`: format.No,
		`{}`: format.Likely, `"x"`: format.No, `{"a":1} trailing words`: format.No, `{ "a": // comment`: format.No, "": format.No,
		`{"a":"` + strings.Repeat("x", 2*peekSize): format.Likely, `[INFO] started`: format.No, `{"a":1`: format.Likely,
	} {
		if got := (Reader{}).Claims("thing", []byte(text)); got != want {
			t.Errorf("%.40q: %d, want %d", text, got, want)
		}
	}
	if got := (Reader{}).Claims("a.json", []byte(`"x"`)); got != format.Maybe {
		t.Errorf("a bare value in a file named .json: %d", got)
	}
}

func TestInner(t *testing.T) {
	zip := "PK\x03\x04" + strings.Repeat("zip ", 100)
	msg := "MSH|^~\\&|A|B|C|D|20200101||ADT^A01|1|P|2.5\rPID|1||900^^^X||Example^Ann\r" + strings.Repeat("NTE|1||x\r", 10)
	doc := fmt.Sprintf(`{"log":[{"m":%q,"z":%q,"j":"{\"a\":\"%s\"}"},{"n":"plain words that are long enough to be looked at, but are no document"}]}`,
		"MSG", base64.StdEncoding.EncodeToString([]byte(zip)), strings.Repeat("v", 80))
	doc = strings.Replace(doc, `"MSG"`, fmt.Sprintf("%q", msg), 1)
	got := formattest.Collect(Reader{}, "a.json", []byte(doc))
	want := []formattest.Inner{{Name: "log.m[1]", Body: msg}, {Name: "log.z[2]", Body: zip}, {Name: "log.j[3]", Body: `{"a":"` + strings.Repeat("v", 80) + `"}`}}
	if diff := cmp.Diff(want, got.Inner); diff != "" || got.Err != nil {
		t.Errorf("inner items, error %v (-want +got):\n%s", got.Err, diff)
	}
}

// endless is a long text of a beginning, a middle that repeats, and an end.
func endless(head, middle, tail string, n int) io.Reader {
	return io.MultiReader(strings.NewReader(head), io.LimitReader(&formattest.Repeat{Data: []byte(middle), Size: int64(n)}, int64(n)), strings.NewReader(tail))
}

// TestHuge reads a base64 string and a text of 24 MiB each, and drops what nobody reads.
func TestHuge(t *testing.T) {
	const n = 24 << 20
	var inner, text int64
	out := format.Output{
		Places: &record.Places{},
		Batch: func(b *record.Batch) error {
			if b.Size() > 4*format.ChunkSize {
				t.Errorf("a batch of %d bytes", b.Size())
			}
			if b.To > 0 {
				text += int64(b.To - b.From)
			}
			return nil
		},
		Inner: func(_, _ string, r io.Reader) error {
			k, err := io.Copy(io.Discard, r)
			inner += k
			return err
		},
		Gap: func(estate.GapReason, string) {},
	}
	for _, r := range []io.Reader{
		endless(`{"a":"`, "UEsDBAAA", `","b":1}`, n), endless(`{"a":"`, "words of a text\\n", `","b":1}`, n),
	} {
		if err := (Reader{}).Read(context.Background(), format.Input{Name: "x.json", Size: -1, Body: r}, out); err != nil {
			t.Fatal(err)
		}
	}
	if inner != n/4*3 || text != n/17*16+n%17 {
		t.Errorf("inner %d, text %d", inner, text)
	}
}

// TestManyKeys shows that a document that invents a key for each value cannot fill the memory.
func TestManyKeys(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("{")
	for i := range 50000 {
		fmt.Fprintf(&b, `"k%c%c%c%c":{"n%d":"x"},`, 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26, 'a'+i/17576, i%7)
	}
	b.WriteString(`"last":"x"}`)
	out, cells := discard()
	if err := (Reader{}).Read(context.Background(), format.Input{Size: int64(b.Len()), Head: b.Bytes()[:100], Body: &b}, out); err != nil {
		t.Fatal(err)
	}
	if n := out.Places.Len(); n > 2*MaxChildren || *cells < 99000 {
		t.Errorf("%d places, %d cells", n, *cells)
	}
}

func TestDamageAfterRecords(t *testing.T) {
	got := formattest.Collect(Reader{}, "a.json", []byte(`[{"a":"1"},{"a":"2"},{"a" "3"}]`))
	if !errors.Is(got.Err, format.ErrDamaged) || len(got.Records) != 2 {
		t.Errorf("%d records, error %v", len(got.Records), got.Err)
	}
}

func FuzzReader(f *testing.F) {
	for _, seed := range []string{`{"a":[{"b":"c"},["d"]],"e":1}`, "{\"a\":\"1\"}\n{\"a\":\"2\n{\"a\":3}\n", `["` + strings.Repeat("UEsDBAAA", 10) + `"]`, `{"123456":{"x":"y"}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		(Reader{}).Claims("", data)
		got := formattest.Collect(Reader{}, "a.json", data)
		if got.Err != nil && !errors.Is(got.Err, format.ErrDamaged) {
			t.Errorf("error %v", got.Err)
		}
	})
}
