package avro

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	library "github.com/hamba/avro/v2"
	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/format/typed"
)

// shape is a random type: its schema, how a value for the library is drawn, and where each value is shown.
type shape struct {
	schema any
	name   string // by which a union calls it
	draw   func(*rapid.T) any
	walk   func(v any, path string, put func(path, text string))
}

// simple makes a shape of one value.
func simple[T any](schema any, name string, g *rapid.Generator[T], show func(T) string) shape {
	return shape{schema, name, func(t *rapid.T) any { return g.Draw(t, "value") }, func(v any, path string, put func(path, text string)) {
		if text := show(v.(T)); text != "" {
			put(path, text)
		}
	}}
}

func logical(typ, name string) any { return map[string]any{"type": typ, "logicalType": name} }

var names int

func leafShape(t *rapid.T) shape {
	names++
	own := fmt.Sprintf("T%d", names)
	words := rapid.StringMatching(`[A-Za-z ]{0,20}`)
	day := rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(-3e9, 3e9).Draw(t, "seconds"), 0).UTC()
	})
	whole := rapid.Custom(func(t *rapid.T) time.Time { // the library rounds part of a day towards 1970
		return time.Unix(86400*rapid.Int64Range(-30000, 30000).Draw(t, "days"), 0).UTC()
	})
	shapes := []func() shape{
		func() shape { return simple("string", "string", words, func(v string) string { return v }) },
		func() shape {
			return simple("int", "int", rapid.Custom(func(t *rapid.T) int { return int(rapid.Int32().Draw(t, "int")) }), strconv.Itoa)
		},
		func() shape {
			return simple("long", "long", rapid.Int64(), func(v int64) string { return strconv.FormatInt(v, 10) })
		},
		func() shape {
			return simple("float", "float", rapid.Float32(), func(v float32) string { return string(typed.AppendFloat(nil, float64(v), 32)) })
		},
		func() shape {
			return simple("double", "double", rapid.Float64(), func(v float64) string { return string(typed.AppendFloat(nil, v, 64)) })
		},
		func() shape { return simple("boolean", "boolean", rapid.Bool(), strconv.FormatBool) },
		func() shape {
			return simple("bytes", "bytes", rapid.Custom(func(t *rapid.T) []byte { return []byte(words.Draw(t, "bytes")) }), func(v []byte) string { return string(v) })
		},
		func() shape {
			return simple(map[string]any{"type": "enum", "name": own, "symbols": []string{"A", "B", "CC"}}, own, rapid.SampledFrom([]string{"A", "B", "CC"}), func(v string) string { return v })
		},
		func() shape {
			return simple(logical("int", "date"), "int.date", whole, func(v time.Time) string { return v.Format("2006-01-02") })
		},
		func() shape {
			return simple(logical("long", "timestamp-millis"), "long.timestamp-millis", day, func(v time.Time) string { return v.Format("2006-01-02 15:04:05") })
		},
		func() shape {
			s := map[string]any{"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 3}
			g := rapid.Custom(func(t *rapid.T) *big.Rat { return big.NewRat(rapid.Int64Range(-1e15, 1e15).Draw(t, "unscaled"), 1000) })
			return simple(s, "bytes.decimal", g, func(v *big.Rat) string { return v.FloatString(3) })
		},
	}
	return shapes[rapid.IntRange(0, len(shapes)-1).Draw(t, "kind")]()
}

func anyShape(t *rapid.T, depth int) shape {
	form := rapid.IntRange(0, 6).Draw(t, "form")
	if depth > 3 {
		form = 0
	}
	switch form {
	case 1:
		s := anyShape(t, depth+1)
		return shape{map[string]any{"type": "array", "items": s.schema}, "array", func(t *rapid.T) any {
			list := []any{}
			for range rapid.IntRange(0, 3).Draw(t, "length") {
				list = append(list, s.draw(t))
			}
			return list
		}, func(v any, path string, put func(path, text string)) {
			for _, e := range v.([]any) {
				s.walk(e, path, put)
			}
		}}
	case 2:
		s := anyShape(t, depth+1)
		return shape{map[string]any{"type": "map", "values": s.schema}, "map", func(t *rapid.T) any {
			m := map[string]any{} // of one key at most: the order of more is the library's
			if rapid.Bool().Draw(t, "filled") {
				m[rapid.StringMatching(`[a-z]{1,5}`).Draw(t, "key")] = s.draw(t)
			}
			return m
		}, func(v any, path string, put func(path, text string)) {
			for k, e := range v.(map[string]any) {
				put(path+".key", k)
				s.walk(e, path+".value", put)
			}
		}}
	case 3:
		s := leafShape(t)
		return shape{[]any{"null", s.schema}, "", func(t *rapid.T) any {
			if rapid.Bool().Draw(t, "null") {
				return nil
			}
			return map[string]any{s.name: s.draw(t)}
		}, func(v any, path string, put func(path, text string)) {
			if v != nil {
				s.walk(v.(map[string]any)[s.name], path, put)
			}
		}}
	case 4:
		return recordShape(t, depth+1)
	}
	return leafShape(t)
}

func recordShape(t *rapid.T, depth int) shape {
	names++
	own := fmt.Sprintf("R%d", names)
	var fields []any
	var shapes []shape
	for i := range rapid.IntRange(1, 4).Draw(t, "fields") {
		s := anyShape(t, depth)
		shapes = append(shapes, s)
		fields = append(fields, map[string]any{"name": fmt.Sprintf("f%d", i), "type": s.schema})
	}
	return shape{map[string]any{"type": "record", "name": own, "fields": fields}, own, func(t *rapid.T) any {
		m := map[string]any{}
		for i, s := range shapes {
			m[fmt.Sprintf("f%d", i)] = s.draw(t)
		}
		return m
	}, func(v any, path string, put func(path, text string)) {
		for i, s := range shapes {
			name := fmt.Sprintf("f%d", i)
			at := name
			if path != "" {
				at = path + "." + name
			}
			s.walk(v.(map[string]any)[name], at, put)
		}
	}}
}

// TestWrittenByLibrary lets hamba/avro write random values of random types, and reads each back at its place.
func TestWrittenByLibrary(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		table := recordShape(rt, 0)
		text, err := json.Marshal(table.schema)
		if err != nil {
			rt.Fatal(err)
		}
		schema, err := library.ParseWithCache(string(text), "", &library.SchemaCache{})
		if err != nil {
			rt.Fatalf("%s: %v", text, err)
		}
		codec := rapid.SampledFrom([]string{"null", "deflate", "snappy", "zstandard"}).Draw(rt, "codec")
		file := header(string(text), codec)
		var want []map[string][]string
		for range rapid.IntRange(1, 5).Draw(rt, "blocks") {
			var data []byte
			n := rapid.IntRange(1, 5).Draw(rt, "objects")
			for range n {
				v := table.draw(rt)
				b, err := library.Marshal(schema, v)
				if err != nil {
					rt.Fatalf("%s: %v", text, err)
				}
				data = append(data, b...)
				m := map[string][]string{}
				table.walk(v, "", func(path, text string) { m[path] = append(m[path], text) })
				if len(m) > 0 {
					want = append(want, m)
				}
			}
			file = block(t, file, codec, n, data)
		}
		s := formattest.Collect(Reader{}, "a.avro", file)
		if s.Err != nil || len(s.Gaps) > 0 {
			rt.Fatalf("%v, gaps %v, schema %s", s.Err, s.Gaps, text)
		}
		var got []map[string][]string
		for _, r := range s.Records {
			m := map[string][]string{}
			for _, c := range r {
				m[c.Field] = append(m[c.Field], c.Value)
			}
			got = append(got, m)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("%s\n(-want +got)\n%s", text, diff)
		}
	})
}
