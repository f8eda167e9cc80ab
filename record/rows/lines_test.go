package rows

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// escape writes a value as COPY does.
var escape = strings.NewReplacer(`\`, `\\`, "\b", `\b`, "\f", `\f`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\v", `\v`)

// drawn is a table of text whose rows come one by one or as lines.
func drawn(t *rapid.T) (stream []byte, columns int, want []string) {
	columns = rapid.IntRange(1, 4).Draw(t, "columns")
	stream = Header(nil, make([]Column, columns))
	for range rapid.IntRange(0, 6).Draw(t, "parts") {
		lines := rapid.Bool().Draw(t, "lines")
		from := len(stream)
		if lines {
			stream = BeginLines(stream)
			from = len(stream)
		}
		for range rapid.IntRange(0, 4).Draw(t, "rows") {
			var row []string
			for range columns {
				v := rapid.StringMatching(`[a-c\\N\t\n\r\v\x00-\x10é]{0,20}`).Draw(t, "value")
				if null := rapid.IntRange(0, 4).Draw(t, "null") == 0; null {
					row, want = append(row, `\N`), append(want, "NULL")
				} else {
					row, want = append(row, escape.Replace(v)), append(want, v)
				}
			}
			if lines {
				stream = append(stream, strings.Join(row, "\t")+"\n"...)
				continue
			}
			stream = BeginRow(stream)
			for _, v := range want[len(want)-columns:] {
				if v == "NULL" {
					stream = append(stream, 0)
				} else {
					stream = append(append(stream, byte(len(v)+1)), v...)
				}
			}
		}
		if lines {
			stream = EndLines(stream, from)
		}
	}
	return append(stream, 0), columns, want
}

// TestLines: rows that come as lines are rows like any others.
func TestLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stream, columns, want := drawn(t)
		in, err := NewReader(bytes.NewReader(stream))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for more := true; ; {
			if more, err = in.Row(); err != nil || !more {
				break
			}
			read := rapid.IntRange(1, columns).Draw(t, "read of the row")
			for range read {
				n, null, err := in.Next()
				whole := in.Whole
				if rapid.Bool().Draw(t, "as a stream") {
					whole = func() ([]byte, error) { return io.ReadAll(iotest.HalfReader(in)) }
				}
				v, err2 := whole()
				if err := errors.Join(err, err2); err != nil || uint64(len(v)) != n {
					t.Fatalf("%d bytes of %d, %v", len(v), n, err)
				}
				if null {
					v = []byte("NULL")
				}
				got = append(got, string(v))
			}
			rest := want[min(len(got), len(want)):]
			got = append(got, rest[:min(columns-read, len(rest))]...) // passed over
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Fatal(diff, err)
		}
	})
}

// TestLinesAreTaken all at once.
func TestLinesAreTaken(t *testing.T) {
	stream := BeginLines(Header(nil, make([]Column, 2)))
	from := len(stream)
	stream = append(EndLines(append(stream, "a\tb\nc\t\\N\n"...), from), 0)
	in, err := NewReader(bytes.NewReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	if more, err := in.Row(); !more || err != nil || in.Lines() != 9 {
		t.Fatal(more, err, in.Lines())
	}
	all := make([]byte, in.Lines())
	if err := in.Take(all); err != nil || string(all) != "a\tb\nc\t\\N\n" {
		t.Error(string(all), err)
	}
	if more, err := in.Row(); more || err != nil || in.Lines() != 0 {
		t.Error(more, err)
	}
}

// TestWrongLines: what are no lines of the table is an error, wherever it ends.
func TestWrongLines(t *testing.T) {
	head := Header(nil, make([]Column, 2))
	for lines, want := range map[string]error{
		"\x02\x00\x00\x00\x00": ErrFormat, "\x02\xff\xff\xff\xffa\tb\n": ErrFormat, "\x02\x03\x00\x00\x00a\tb": ErrFormat, "\x02\x02\x00\x00\x00a\n": ErrFormat,
		"\x02\x06\x00\x00\x00a\tb\tc\n": ErrFormat, "\x02\x09\x00\x00\x00a\tb\n": io.ErrUnexpectedEOF, "\x02\x09": io.ErrUnexpectedEOF, "\x02": io.ErrUnexpectedEOF,
	} {
		in, err := NewReader(bytes.NewReader(append(head[:len(head):len(head)], lines...)))
		for more := true; err == nil && more; {
			more, err = in.Row()
			for i := 0; i < 2 && more && err == nil; i++ {
				_, _, err = in.Next()
			}
		}
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", lines, err, want)
		}
	}
}
