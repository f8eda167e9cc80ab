package rows

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestEveryRowArrives writes tables and reads them back, whole values or parts of them.
func TestEveryRowArrives(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var columns []Column
		for range rapid.IntRange(1, 5).Draw(r, "columns") {
			columns = append(columns, Column{rapid.StringMatching(`[a-zé ]{0,9}`).Draw(r, "name"), Kind(rapid.IntRange(0, 1).Draw(r, "kind"))})
		}
		var b bytes.Buffer
		w, err := NewWriter(&b, columns)
		if err != nil {
			r.Fatal(err)
		}
		var want []string
		for range rapid.IntRange(0, 20).Draw(r, "rows") {
			for i := range columns {
				v := rapid.OneOf(rapid.Just([]byte(nil)), rapid.SliceOfN(rapid.Byte(), 0, 300)).Draw(r, "value")
				if i == 0 && v != nil {
					err = w.Stream(bytes.NewReader(v), int64(len(v)))
				} else {
					err = w.Value(v)
				}
				if err != nil {
					r.Fatal(err)
				}
				want = append(want, fmt.Sprintf("%v %x", v == nil, v))
			}
		}
		if err := w.Close(); err != nil {
			r.Fatal(err)
		}
		in, err := NewReader(&b)
		if err != nil || fmt.Sprint(in.Columns) != fmt.Sprint(columns) {
			r.Fatal(err, in)
		}
		n := 0
		for {
			more, err := in.Row()
			if err != nil {
				r.Fatal(err)
			}
			if !more {
				break
			}
			for range columns {
				_, null, err := in.Next()
				if err != nil {
					r.Fatal(err)
				}
				if rapid.Bool().Draw(r, "skip") {
					n++
					continue
				}
				read := func() ([]byte, error) { return io.ReadAll(in) }
				if rapid.Bool().Draw(r, "whole") {
					read = in.Whole
				}
				v, err := read()
				if got := fmt.Sprintf("%v %x", null, v); err != nil || got != want[n] {
					r.Errorf("value %d: %s, want %s, %v", n, got, want[n], err)
				}
				n++
			}
		}
		if n != len(want) {
			r.Errorf("%d values of %d", n, len(want))
		}
	})
}

func TestACutStreamIsNoWholeOne(t *testing.T) {
	var b bytes.Buffer
	w, _ := NewWriter(&b, []Column{{"a", Text}})
	_ = w.Value([]byte("some value"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	for n := range whole {
		in, err := NewReader(bytes.NewReader(whole[:n]))
		for more := true; err == nil && more; {
			more, err = in.Row()
			if more {
				_, _, err = in.Next()
			}
		}
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
	if _, err := NewReader(strings.NewReader("\x89rows\x01\r\n\xff\xff\xff\xff\xff\x01")); !errors.Is(err, ErrFormat) {
		t.Error(err)
	}
	w, _ = NewWriter(io.Discard, []Column{{"a", Text}, {"b", Text}})
	_ = w.Value(nil)
	if w.Close() == nil {
		t.Error("half a row was closed")
	}
}
