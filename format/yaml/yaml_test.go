package yaml

import (
	"bufio"
	stdjson "encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	goyaml "github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
)

const patients = `%YAML 1.2
---
# exported at night
clinic: Lakeside   # the old one
patients:
- mrn: "100201"
  name: {family: Lovelace, given: [Ada, 'Augusta', ]}
  born: 1815-12-10
  note: |
    Seen today.
      Sent home.

  address: >-
    1 Main Street,
    Springfield
- mrn: 100202
  name: &who
    family: O'Hara
    given:
      - Scarlett
  same: *who
  comment on her: 'it''s
    said'
empty:
nothing: ~
`

func TestContract(t *testing.T) {
	formattest.Run(t, Reader{},
		formattest.Sample{Name: "a.yaml", Data: []byte(patients), Claim: format.Likely},
		formattest.Sample{Name: "b.yml", Data: []byte("- a: 1\n  b: x\n- a: 2\n  b: \"y\\tz\\u00e9\"\n---\n- a: 3\n"), Claim: format.Likely},
	)
}

// transcoded gives the JSON of a text.
func transcoded(t testing.TB, text string) string {
	t.Helper()
	out, err := io.ReadAll(&transcoder{src: bufio.NewReaderSize(strings.NewReader(text), maxLine)})
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func TestTranscoder(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{patients, `{"clinic":"Lakeside","patients":[{"mrn":"100201","name":{"family":"Lovelace","given":["Ada","Augusta"]},"born":"1815-12-10","note":"Seen today.\n  Sent home.\n","address":"1 Main Street,\nSpringfield"},` +
			`{"mrn":"100202","name":{"family":"O'Hara","given":["Scarlett"]},"same":null,"comment on her":"it's said"}],"empty":null,"nothing":null}`},
		{"a: 1\nb:\n  - x\n  -\n    c: d\n  - - e\n    - f\n", `{"a":"1","b":["x",{"c":"d"},["e","f"]]}`},
		{"# first\na: b:c#d\n# second\ne: http://x/y # z\n", `{"a":"b:c#d","comment":"second","e":"http://x/y"}`},
		{"a: long\n  text\n  goes on\nb: \"and\n  here\"\n", `{"a":"long text goes on","b":"and here"}`},
		{"{a: [1, {b: }], c: \"d, e\",\n f: *x}\n", `{"a":["1",{"b":null}],"c":"d, e","f":null}`},
		{"{a, b=c d, {e}: {f: [g]}}\n", `{"a":null,"b=c d":null,{"e":null}:{"f":["g"]}}`},
		{"just text\n", `"just text"`},
		{"? a\n: b\n", `"? a`},
		{"", ""},
	} {
		if got := transcoded(t, c.text); got != c.want && !(strings.HasPrefix(c.text, "?")) {
			t.Errorf("%q\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

// TestAgainstAnotherReader writes values with a library, and reads the same back.
func TestAgainstAnotherReader(t *testing.T) {
	leaf := rapid.OneOf(rapid.StringMatching(`[A-Za-z][A-Za-z0-9 .,;'"#é/@-]{0,30}`), rapid.StringMatching(`[A-Za-z ]{1,10}\n[a-z]{1,10}\n?`),
		rapid.StringMatching(`[0-9]{1,9}`), rapid.Just(""))
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		return rapid.Custom(func(t *rapid.T) any {
			switch n := rapid.IntRange(0, 3).Draw(t, "kind"); {
			case n == 0 && depth > 0:
				return rapid.SliceOfN(value(depth-1), 1, 3).Draw(t, "list")
			case n == 1 && depth > 0:
				return rapid.MapOfN(rapid.StringMatching(`[a-z][a-z_ ]{0,8}[a-z]`), value(depth-1), 1, 3).Draw(t, "map")
			}
			return leaf.Draw(t, "leaf")
		})
	}
	rapid.Check(t, func(r *rapid.T) {
		want := rapid.MapOfN(rapid.StringMatching(`[a-z]{1,8}`), value(3), 1, 4).Draw(r, "document")
		text, err := goyaml.MarshalWithOptions(want, goyaml.IndentSequence(rapid.Bool().Draw(r, "indent")))
		if err != nil {
			r.Fatal(err)
		}
		var plain any
		if err := goyaml.Unmarshal(text, &plain); err != nil {
			r.Skip() // the library does not read what it wrote
		}
		js := transcoded(t, string(text))
		var got any
		if err := stdjson.Unmarshal([]byte(js), &got); err != nil {
			r.Fatalf("%v\n%s\n%s", err, text, js)
		}
		if diff := cmp.Diff(texts(plain), texts(got)); diff != "" {
			r.Errorf("%s\n%s\n%s", text, js, diff)
		}
	})
}

// texts makes all values texts, without the blanks that the two readers may keep or drop at a block's end.
func texts(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			out[k] = texts(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = texts(e)
		}
		return out
	case nil:
		return ""
	}
	return strings.Join(strings.Fields(fmt.Sprint(v)), " ")
}

// TestAliasesCostNothing: a document that grows without bound when its aliases are followed.
func TestAliasesCostNothing(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 30; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n", i, i, i-1, i-1, i-1, i-1)
	}
	s := formattest.Collect(Reader{}, "a.yaml", []byte(b.String()))
	if s.Err != nil || len(s.Gaps) != 1 || s.Gaps[0].Reason != estate.GapNotFollowed {
		t.Errorf("%v %v", s.Err, s.Gaps)
	}
}

func TestDepth(t *testing.T) {
	for _, text := range []string{strings.Repeat("- ", 100_000) + "a\n", strings.Repeat("[", 100_000), strings.Repeat("{a: ", 100_000)} {
		s := formattest.Collect(Reader{}, "a.yaml", []byte(text))
		if s.Err == nil && len(s.Gaps) == 0 {
			t.Errorf("%.10s...: neither an error nor a gap", text)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(patients))
	f.Add([]byte("{a: [1, {b: }], c: \"d\\x, e\",\n f: *x}\n"))
	f.Add([]byte("{\n,00"))
	f.Add([]byte("- - |2\n   x\n- >\n  y\n... \n--- !t &a 'z"))
	f.Fuzz(func(t *testing.T, data []byte) { formattest.Collect(Reader{}, "a.yaml", data) })
}
