package pool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// listed gives strings one by one.
func listed(n int, text func(int) string) func([]byte) ([]byte, error) {
	i := -1
	return func(to []byte) ([]byte, error) {
		if i++; i >= n {
			return nil, io.EOF
		}
		return append(to, text(i)...), nil
	}
}

func TestTable(t *testing.T) {
	for name, c := range map[string]struct {
		n    int
		text func(int) string
	}{
		"none":    {0, nil},
		"a few":   {3, func(i int) string { return strings.Repeat("x", i) }},
		"blank":   {100, func(int) string { return "" }},
		"long":    {30, func(i int) string { return strings.Repeat(string(rune('a'+i%26)), 50_000) }},
		"spooled": {400_000, func(i int) string { return fmt.Sprintf("a string that is shared %d", i) }},
		"longest": {3, func(i int) string { return strings.Repeat("x", MaxString) }},
	} {
		t.Run(name, func(t *testing.T) {
			tab, err := New(t.Context(), listed(c.n, c.text))
			if err != nil {
				t.Fatal(err)
			}
			defer tab.Close()
			if tab.Len() != c.n || tab.Over() || (tab.Cut() > 0) != (name == "longest") {
				t.Errorf("%d strings, over %v, cut %d", tab.Len(), tab.Over(), tab.Cut())
			}
			for k := range c.n {
				i := (k * 7919) % c.n
				if got, err := tab.Get(i); err != nil || string(got) != c.text(i) {
					t.Fatalf("string %d: %v", i, err)
				}
			}
			for _, i := range []int{-1, c.n, 1 << 40} {
				if got, err := tab.Get(i); got != nil || err != nil {
					t.Errorf("string %d: %q, %v", i, got, err)
				}
			}
		})
	}
}

// TestBreak: what came before an error is there.
func TestBreak(t *testing.T) {
	broken := errors.New("broken")
	n := 0
	tab, err := New(t.Context(), func(to []byte) ([]byte, error) {
		if n++; n > 5 {
			return nil, broken
		}
		return append(to, 'x'), nil
	})
	if !errors.Is(err, broken) || tab == nil || tab.Len() != 5 {
		t.Fatalf("%v", err)
	}
	if got, err := tab.Get(4); err != nil || !bytes.Equal(got, []byte("x")) {
		t.Errorf("%q, %v", got, err)
	}
	tab.Close()
	var zero Table
	if got, err := zero.Get(0); got != nil || err != nil || zero.Len() != 0 {
		t.Error("the zero table is not empty")
	}
	zero.Close()
}

func TestHeading(t *testing.T) {
	for in, want := range map[string]string{"": "", "&CLakeside &amp": "Lakeside  mp", `&L&"Arial,Bold"&12Patient: Ada&RMRN 100200&P`: "Patient: Ada MRN 100200", "R&&D": "R&D", "a&": "a&", `&"open`: "open"} {
		if got := string(Heading([]byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzEscapes(f *testing.F) {
	f.Add("&L&\"Arial\"&12_x000D_")
	f.Fuzz(func(t *testing.T, in string) {
		if len(Unescape([]byte(in))) > len(in) || len(Heading([]byte(in))) > len(in) {
			t.Fatal("it grew")
		}
	})
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{"": "", "a_b": "a_b", "Byron_x000D_\nAda": "Byron \nAda", "_x005F_x0041_": "_x0041_", "_x41_": "_x41_", "_xzzzz_": "_xzzzz_", "_x0009_": "\t", "x_x00e9_": "xé", "_x000": "_x000", "_x00_x0041_": "_x00A"} {
		if got := string(Unescape([]byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
