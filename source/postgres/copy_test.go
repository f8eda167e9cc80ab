package postgres

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/record/rows"
)

// end is what follows the last row.
var end = append(message('C', "COPY 1\x00"), message('Z', "T")...)

var (
	two   = []column{{Column: rows.Column{Name: "a"}}, {Column: rows.Column{Name: "b", Kind: rows.Binary}}}
	texts = []column{{Column: rows.Column{Name: "a"}}, {Column: rows.Column{Name: "b"}}}
)

// message frames a body.
func message(kind byte, body string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(4+len(body))), body...)
}

// stream turns messages to a stream of rows.
func stream(messages []byte, cols []column, st step) ([]byte, error) {
	c := copyingFrom(&pgconn.HijackedConn{}, bufio.NewReaderSize(bytes.NewReader(messages), 64), cols)
	c.busy, c.step = true, st
	out := header(cols)
	var err error
	for c.busy && err == nil {
		before := len(out)
		part, e := c.fill(nil)
		if out, err = append(out, part...), e; err == nil && c.busy && len(out) == before {
			return out, errors.New("no progress")
		}
	}
	return append(out, 0), err
}

// values reads a stream of rows.
func values(b []byte) (out []string, err error) {
	r, err := rows.NewReader(bytes.NewReader(b))
	for err == nil {
		var more bool
		if more, err = r.Row(); err != nil || !more {
			break
		}
		for range r.Columns {
			_, null, e := r.Next()
			v, e2 := io.ReadAll(r)
			if err = errors.Join(e, e2); null {
				v = []byte("NULL")
			}
			out = append(out, string(v))
		}
	}
	return out, err
}

// TestTextFormat writes rows as the server does, cut into messages at any place, and reads them.
func TestTextFormat(t *testing.T) {
	escape := strings.NewReplacer(`\`, `\\`, "\b", `\b`, "\f", `\f`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\v", `\v`)
	rapid.Check(t, func(r *rapid.T) {
		var text strings.Builder
		var want []string
		cols := rapid.SampledFrom([][]column{two, texts}).Draw(r, "columns")
		for range rapid.IntRange(0, 9).Draw(r, "rows") {
			length := rapid.SampledFrom([]int{0, 1, 9, 200, longLine, 2 * longLine}).Draw(r, "length")
			a := strings.Repeat(rapid.StringMatching(`[a-c\\N\t\n\r\v\x00-\x10é]{1,20}`).Draw(r, "a"), length)[:length]
			b := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(r, "b")
			if rapid.IntRange(0, 4).Draw(r, "null") == 0 {
				want = append(want, "NULL")
				text.WriteString(`\N`)
			} else {
				want = append(want, a)
				text.WriteString(escape.Replace(a))
			}
			want = append(want, string(b))
			if text.WriteByte('\t'); cols[1].Kind == rows.Binary {
				fmt.Fprintf(&text, `\\x%x`, b)
			} else {
				text.WriteString(escape.Replace(string(b)))
			}
			text.WriteByte('\n')
		}
		var wire []byte
		for rest := text.String(); rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(r, "cut")
			wire = append(wire, message('d', rest[:n])...)
			rest = rest[n:]
		}
		wire = append(append(append(message('H', "\x00\x00\x00"), wire...), message('c', "")...), end...)
		b, err := stream(wire, cols, step{column: -1})
		if err != nil {
			r.Fatal(err)
		}
		got, err := values(b)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			r.Fatal(diff, err)
		}
	})
}

// TestShortValues: each value keeps its own backslashes.
func TestShortValues(t *testing.T) {
	cols := make([]column, 9)
	for line, want := range map[string]string{
		"a\t\\N\tbc\t\t\\\\\td\\t\t\\N\t\t":      "\x01\x02a\x00\x03bc\x01\x02\\\x03d\t\x00\x01\x01",
		"\t\t\t\t\t\t\t\t":                       "\x01" + strings.Repeat("\x01", 9),
		"\t\t\t\t\t\t\t12345678\t" + `\N`:        "\x01" + strings.Repeat("\x01", 7) + "\x0912345678\x00",
		"1234567\t1234567\t\t\t\t\t\t\t" + `\\.`: "\x01\x081234567\x081234567" + strings.Repeat("\x01", 6) + "\x03\\.",
	} {
		if got, ok := textRow(nil, []byte(line), cols); !ok || string(got) != want {
			t.Errorf("%q: %q", line, got)
		}
		for _, wrong := range []string{line + "\t", line[strings.IndexByte(line, '\t')+1:]} {
			if _, ok := textRow(nil, []byte(wrong), cols); ok {
				t.Errorf("%q: not as many values as there are columns", wrong)
			}
		}
	}
}

func TestBinaryFormat(t *testing.T) {
	head := "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	long := strings.Repeat("0123456789", 40_000)
	row := func(v string) string {
		return "\x00\x01" + string(binary.BigEndian.AppendUint32(nil, uint32(len(v)))) + v
	}
	wire := append(append(append(message('d', head+row("one")), message('d', row(long))...), message('d', "\xff\xff")...), end...)
	b, err := stream(wire, two, step{column: 1})
	if err != nil {
		t.Fatal(err)
	}
	got, err := values(b)
	if diff := cmp.Diff([]string{"NULL", "one", "NULL", long}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestOddAnswersAreErrors(t *testing.T) {
	for name, wire := range map[string][]byte{
		"cut": message('d', "a\tb")[:7], "nothing": nil, "too few values": message('d', "a\n"), "too many": message('d', "a\tb\tc\n"), "huge": {'d', 0xff, 0xff, 0xff, 0xff},
		"refused": message('E', "SERROR\x00C42501\x00Mthe value 219-46-8317 is secret\x00\x00"), "a line without its end": append(message('d', "a\tb"), end...),
	} {
		for _, cols := range [][]column{two, texts} {
			b, err := stream(wire, cols, step{column: -1})
			if err == nil {
				_, err = values(b)
			}
			if err == nil || strings.Contains(err.Error(), "219") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func FuzzCopy(f *testing.F) {
	f.Add(append(message('d', "a\tb\n"), end...), 0)
	f.Add(append(message('d', "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01x"), end...), 2)
	f.Fuzz(func(t *testing.T, wire []byte, which int) {
		for _, cols := range [][]column{two, texts} {
			b, err := stream(wire, cols, step{column: min(max(which, 0), len(two)) - 1})
			if err != nil {
				continue
			}
			if _, err := values(b); err != nil && !errors.Is(err, rows.ErrFormat) { // of lines the values are counted when they are read
				t.Errorf("the stream is %v", err)
			}
		}
	})
}
