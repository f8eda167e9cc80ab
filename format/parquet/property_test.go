package parquet

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	pq "github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/format/typed"
)

// shape is a field of a random table: its Go type with parquet-go's tag, how to draw a value, and how the value is shown.
type shape struct {
	typ  reflect.Type
	tag  string
	draw func(*rapid.T) reflect.Value
	// walk tells each value that is shown, by its path.
	walk func(v reflect.Value, path string, put func(path, text string))
}

var compressors = []string{"", ",snappy", ",gzip", ",zstd", ",brotli", ",lz4", ",uncompressed"}

// leafShape is a field of one value.
func leafShape(t *rapid.T) shape {
	s := map[string]func(*rapid.T) shape{
		"string": func(t *rapid.T) shape {
			return valued(t, rapid.StringMatching(`[A-Za-z]{0,12}`), []string{"", ",dict", ",delta", ",plain", ",enum"}, func(v string) string { return v })
		},
		"int32": func(t *rapid.T) shape {
			return valued(t, rapid.Int32(), []string{"", ",dict", ",delta", ",split"}, func(v int32) string { return strconv.Itoa(int(v)) })
		},
		"int64": func(t *rapid.T) shape {
			return valued(t, rapid.Int64(), []string{"", ",dict", ",delta", ",split"}, func(v int64) string { return strconv.FormatInt(v, 10) })
		},
		"uint64": func(t *rapid.T) shape {
			return valued(t, rapid.Uint64(), []string{"", ",dict", ",delta"}, func(v uint64) string { return strconv.FormatUint(v, 10) })
		},
		"small": func(t *rapid.T) shape {
			return valued(t, rapid.Int64Range(-3, 3), []string{"", ",dict", ",delta", ",split"}, func(v int64) string { return strconv.FormatInt(v, 10) })
		},
		"double": func(t *rapid.T) shape {
			return valued(t, rapid.Float64(), []string{"", ",dict", ",split"}, func(v float64) string { return string(typed.AppendFloat(nil, v, 64)) })
		},
		"float": func(t *rapid.T) shape {
			return valued(t, rapid.Float32(), []string{"", ",split"}, func(v float32) string { return string(typed.AppendFloat(nil, float64(v), 32)) })
		},
		"bool": func(t *rapid.T) shape {
			return valued(t, rapid.Bool(), []string{""}, strconv.FormatBool)
		},
		"date": func(t *rapid.T) shape {
			return valued(t, rapid.Int32Range(-30000, 30000), []string{",date", ",date,delta"}, func(v int32) string { return string(typed.AppendDate(nil, int64(v))) })
		},
		"stamp": func(t *rapid.T) shape {
			return valued(t, rapid.Int64Range(-1<<41, 1<<41), []string{",timestamp(millisecond)"}, func(v int64) string { return string(typed.AppendTimestamp(nil, v, typed.Millis)) })
		},
		"decimal": func(t *rapid.T) shape {
			return valued(t, rapid.Int64Range(-1<<30, 1<<30), []string{",decimal(3:18)"}, func(v int64) string { return string(typed.AppendDecimal(nil, v, 3)) })
		},
		"uuid": func(t *rapid.T) shape {
			id := rapid.Custom(func(t *rapid.T) (id [16]byte) {
				copy(id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
				return id
			})
			return valued(t, id, []string{",uuid", ",uuid,delta", ",uuid,dict"}, func(v [16]byte) string { return string(typed.AppendUUID(nil, v)) })
		},
	}
	kinds := []string{"string", "int32", "int64", "uint64", "small", "double", "float", "bool", "date", "stamp", "decimal", "uuid", "string"}
	return s[rapid.SampledFrom(kinds).Draw(t, "kind")](t)
}

// valued makes a field of a generator of its values.
func valued[T any](t *rapid.T, g *rapid.Generator[T], tags []string, show func(T) string) shape {
	return shape{
		typ: reflect.TypeFor[T](), tag: rapid.SampledFrom(tags).Draw(t, "tag") + rapid.SampledFrom(compressors).Draw(t, "codec"),
		draw: func(t *rapid.T) reflect.Value { return reflect.ValueOf(g.Draw(t, "value")) },
		walk: func(v reflect.Value, path string, put func(path, text string)) {
			if text := show(v.Interface().(T)); text != "" {
				put(path, text)
			}
		},
	}
}

// anyShape is a field of any form.
func anyShape(t *rapid.T, depth int) shape {
	form := rapid.IntRange(0, 5).Draw(t, "form")
	if depth > 2 && form > 1 {
		form = 0
	}
	switch form {
	case 1: // a value that may be missing: the library takes the zero value for none
		s := leafShape(t)
		s.tag += ",optional"
		draw, walk, typ := s.draw, s.walk, s.typ
		s.draw = func(t *rapid.T) reflect.Value {
			if rapid.Bool().Draw(t, "null") {
				return reflect.Zero(typ)
			}
			return draw(t)
		}
		s.walk = func(v reflect.Value, path string, put func(path, text string)) {
			if !v.IsZero() {
				walk(v, path, put)
			}
		}
		return s
	case 2: // repeated, or a list
		s := anyShape(t, depth+1)
		if s.typ.Kind() == reflect.Slice || s.tag != "" { // what the library's tags cannot say
			return s
		}
		suffix := ""
		if rapid.Bool().Draw(t, "list") {
			s.tag, suffix = ",list", ".element"
		}
		draw, walk, typ := s.draw, s.walk, reflect.SliceOf(s.typ)
		s.typ = typ
		s.draw = func(t *rapid.T) reflect.Value {
			v := reflect.MakeSlice(typ, 0, 3)
			for range rapid.IntRange(0, 3).Draw(t, "length") {
				v = reflect.Append(v, draw(t))
			}
			return v
		}
		s.walk = func(v reflect.Value, path string, put func(path, text string)) {
			for i := range v.Len() {
				walk(v.Index(i), path+suffix, put)
			}
		}
		return s
	case 3:
		return structShape(t, depth+1)
	}
	return leafShape(t)
}

// structShape is a group of fields.
func structShape(t *rapid.T, depth int) shape {
	var fields []reflect.StructField
	var shapes []shape
	for i := range rapid.IntRange(1, 4).Draw(t, "fields") {
		s := anyShape(t, depth)
		shapes = append(shapes, s)
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: s.typ, Tag: reflect.StructTag(fmt.Sprintf(`parquet:"f%d%s"`, i, s.tag))})
	}
	typ := reflect.StructOf(fields)
	return shape{
		typ: typ,
		draw: func(t *rapid.T) reflect.Value {
			v := reflect.New(typ).Elem()
			for i, s := range shapes {
				v.Field(i).Set(s.draw(t))
			}
			return v
		},
		walk: func(v reflect.Value, path string, put func(path, text string)) {
			for i, s := range shapes {
				s.walk(v.Field(i), strings.TrimPrefix(fmt.Sprintf("%s.f%d", path, i), "."), put)
			}
		},
	}
}

// TestWrittenByLibrary writes random rows of random tables with parquet-go, and reads each value back at its place.
func TestWrittenByLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := structShape(t, 0)
		n := rapid.IntRange(0, 40).Draw(t, "rows")
		var buf bytes.Buffer
		w := pq.NewWriter(&buf, pq.SchemaOf(reflect.New(table.typ).Interface()), pq.DataPageVersion(rapid.IntRange(1, 2).Draw(t, "version")),
			pq.PageBufferSize(rapid.SampledFrom([]int{16, 100, 1 << 16}).Draw(t, "page")), pq.MaxRowsPerRowGroup(rapid.SampledFrom([]int64{3, 17, 1000}).Draw(t, "group")))
		var want []map[string][]string
		for range n {
			row := table.draw(t)
			if err := w.Write(row.Interface()); err != nil {
				t.Fatal(err)
			}
			m := map[string][]string{}
			table.walk(row, "", func(path, text string) { m[path] = append(m[path], text) })
			if len(m) > 0 {
				want = append(want, m)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		s := formattest.Collect(Reader{}, "a.parquet", buf.Bytes())
		if s.Err != nil || len(s.Gaps) > 0 {
			t.Fatalf("%v, gaps %v, table %s", s.Err, s.Gaps, table.typ)
		}
		var got []map[string][]string
		for _, r := range s.Records {
			got = append(got, byField(r))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s\n(-want +got)\n%s", table.typ, diff)
		}
	})
}
