package json

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/format"
)

// tokens reads all tokens, each as a letter and its value; the pieces of a string are put together.
func tokens(r io.Reader, size int64) ([]string, error) {
	s := NewScanner(context.Background(), r, size)
	var all []string
	for {
		t, err := s.Next()
		if err != nil || t == EOF {
			return all, err
		}
		switch t {
		case Key, String, Number, Literal:
			v := string(s.Value())
			for s.More() {
				if _, err := s.Next(); err != nil {
					return all, err
				}
				v += string(s.Value())
			}
			all = append(all, string(" {}[]ksnl"[t])+v)
		default:
			all = append(all, string(" {}[]"[t]))
		}
	}
}

func TestScanner(t *testing.T) {
	for text, want := range map[string]string{
		``:                                     ``,
		` {} `:                                 `{ }`,
		`[]`:                                   `[ ]`,
		`{"a":1,"b":[true,null,-2e5]}`:         `{ ka n1 kb [ ltrue lnull n-2e5 ] }`,
		"{\n  \"a\" : \"x\" }\n{\"a\":2} 7":    `{ ka sx } { ka n2 } n7`,
		`"\u00e9\ud83d\ude00\n\/\""`:           "s\u00e9\U0001F600\n/\"",
		`"\ud83d x"`:                           "s\uFFFD x",
		`"a\qb"`:                               `sa\qb`,
		"\x00\n[1\t,\r\n               2]\x00": `[ n1 n2 ]`,
		`[NaN,-Infinity]`:                      `[ lNaN l-Infinity ]`,
		`[[[1]],{"":{}}]`:                      `[ [ [ n1 ] ] { k { } } ]`,
	} {
		got, err := tokens(strings.NewReader(text), -1)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestScannerDamage(t *testing.T) {
	for _, text := range []string{`{`, `[1,]`, `{"a":1,}`, `{"a" 1}`, `{a:1}`, `[1 2]`, `]`, `[}`, `{"a":}`, `"abc`, `tru`, `[1`, `{"a"`,
		`// x`, `[-]`, "\x7f", `"\`, `{"a":"b`, `'a'`} {
		_, err := tokens(strings.NewReader(text), -1)
		if !errors.Is(err, format.ErrDamaged) || !strings.Contains(err.Error(), "offset") {
			t.Errorf("%s: error %v", text, err)
		}
	}
}

// TestScannerPieces reads strings that are longer than the buffer, with escapes and characters on every border.
func TestScannerPieces(t *testing.T) {
	for shift := range 14 {
		var text bytes.Buffer
		text.WriteString(strings.Repeat("x", shift))
		for text.Len() < format.ChunkSize*5/4 {
			text.WriteString("ab\u20ac\n\"\\\U0001F600" + string(rune('a'+text.Len()%26)))
		}
		for _, ascii := range []bool{false, true} {
			enc, err := stdjson.Marshal(text.String())
			if err != nil {
				t.Fatal(err)
			}
			if ascii {
				enc = escapeAll(text.String())
			}
			doc := fmt.Sprintf(`{"k":%s,"n":[1]}`, enc)
			got, err := tokens(iotest.HalfReader(strings.NewReader(doc)), -1)
			want := []string{"{", "kk", "s" + text.String(), "kn", "[", "n1", "]", "}"}
			if err != nil || !cmp.Equal(got, want) {
				t.Fatalf("shift %d, ascii %t: %v", shift, ascii, err)
			}
			s := NewScanner(context.Background(), strings.NewReader(doc+" 5"), -1)
			s.Next()
			s.Next()
			if err := s.Skip(); err != nil {
				t.Fatal(err)
			}
			if tok, err := s.Next(); tok != Key || string(s.Value()) != "n" || err != nil {
				t.Fatalf("after skipping: %d %q %v", tok, s.Value(), err)
			}
		}
	}
}

// escapeAll writes a string in ASCII alone.
func escapeAll(s string) []byte {
	b := []byte{'"'}
	for _, r := range s {
		if r > 0xFFFF {
			r -= 0x10000
			b = fmt.Appendf(b, `\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
		} else if r < ' ' || r > '~' || r == '"' || r == '\\' {
			b = fmt.Appendf(b, `\u%04x`, r)
		} else {
			b = append(b, byte(r))
		}
	}
	return append(b, '"')
}

// TestScannerDeep passes over what is too deep, in bounded memory, and reads on.
func TestScannerDeep(t *testing.T) {
	const n = 1 << 18
	doc := `[` + strings.Repeat(`[{"a":`, n) + `1` + strings.Repeat(`}]`, n) + `,"after"]`
	s := NewScanner(context.Background(), strings.NewReader(doc), -1)
	var last string
	for {
		tok, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		if tok == EOF {
			break
		}
		if tok == String {
			last = string(s.Value())
		}
	}
	if s.TooDeep() != 1 || last != "after" {
		t.Errorf("%d containers passed over, last string %q", s.TooDeep(), last)
	}
	if _, err := tokens(strings.NewReader(strings.Repeat("[", n)), -1); !errors.Is(err, format.ErrDamaged) {
		t.Errorf("open brackets: %v", err)
	}
}

func TestScannerLongKey(t *testing.T) {
	for _, n := range []int{MaxKey, MaxKey + 1, 3 * format.ChunkSize} {
		key := strings.Repeat("k", n)
		got, err := tokens(strings.NewReader(`{"`+key+`" : 1,"b":2}`), -1)
		want := []string{"{", "k" + key[:min(n, MaxKey)], "n1", "kb", "n2", "}"}
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("a key of %d bytes: %d tokens, %v", n, len(got), err)
		}
	}
}

func TestResync(t *testing.T) {
	s := NewScanner(context.Background(), strings.NewReader("{\"a\":\"cut off\n{\"a\":1}\n"), -1)
	s.Lines()
	s.Next()
	s.Next()
	if _, err := s.Next(); !errors.Is(err, format.ErrDamaged) {
		t.Fatalf("a string over the line's end: %v", err)
	}
	if !s.Resync() {
		t.Fatal("no further line")
	}
	if tok, err := s.Next(); tok != BeginObject || err != nil {
		t.Errorf("after the damage: %d, %v", tok, err)
	}
}

// FuzzScanner compares the scanner with encoding/json: what that accepts, this must read alike.
func FuzzScanner(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"b\u00e9\\",null],"c":{}}`, `[[["x"]]] {"a":1}`, "\"\\ud83d\\ude00\"", `{"a":"b`, "1 2\n3"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := tokens(bytes.NewReader(data), int64(len(data)))
		if err != nil && !errors.Is(err, format.ErrDamaged) {
			t.Fatalf("error %v", err)
		}
		again, err2 := tokens(iotest.OneByteReader(bytes.NewReader(data)), -1)
		if !cmp.Equal(got, again) || (err == nil) != (err2 == nil) {
			t.Fatalf("bytes one by one read otherwise: %q, %q", got, again)
		}
		if !stdjson.Valid(data) || bytes.Contains(data, []byte("\xEF\xBF\xBD")) || !bytes.Equal(bytes.ToValidUTF8(data, nil), data) {
			return
		}
		if err != nil {
			t.Fatalf("valid JSON is damaged: %v", err)
		}
		dec := stdjson.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		for i := 0; ; i++ {
			tok, err := dec.Token()
			if err == io.EOF {
				if i != len(got) {
					t.Fatalf("%d tokens, want %d", len(got), i)
				}
				return
			}
			want := fmt.Sprint(tok)
			if tok == nil {
				want = "null"
			}
			if i >= len(got) || strings.TrimLeft(got[i][:1], "ksnl")+got[i][1:] != want {
				t.Fatalf("token %d of %q, want %q", i, got, want)
			}
		}
	})
}
