package lex

import (
	"bytes"
	"testing"

	"github.com/chartroom/chartroom/detect/words"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestForm(t *testing.T) {
	s := New(words.Load())
	form := func(line string) []byte { return bytes.Clone(s.Form([]byte(line))) }
	for _, same := range [][2]string{
		{"took 12 ms for 7 rows", "took 99 ms for 3 rows"},
		{"id=5e41ab08-7439-411e-86d6-fd953217ae03.", "id=00000000-aaaa-bbbb-cccc-dddddddddd1d."},
		{"sha=4d197e6f0a", "sha=4c1aaa6f77"},
		{"Müller 12", "Müller 34"},
		{"sha=ad12cd34ef567890", "sha=a4197e6f0a1b2c3d"},
		{"app[411] {7}", "app[999] {1}"},
	} {
		if a, b := form(same[0]), form(same[1]); !bytes.Equal(a, b) {
			t.Errorf("%q and %q have two forms: %q, %q", same[0], same[1], a, b)
		}
	}
	for _, differ := range [][2]string{
		{"took 12 ms", "took 123 ms"},
		{"took 12 ms", "took 12 MS"},
		{"brca1 gene", "brca3 gene"},
		{"sha=4d197e6f0a", "sha=ad197e6f0a"},
		{"sha=4d197e6f0a", "sha=4d197e6g0a"},
		{"0x123456", "1a123456"},
		{"AD12CD34EF567890", "A4197E6F0A1B2C3D"}, // the first may be an IBAN
	} {
		if a, b := form(differ[0]), form(differ[1]); bytes.Equal(a, b) {
			t.Errorf("%q and %q have one form", differ[0], differ[1])
		}
	}
	for _, none := range []string{"a\xfeb", string(make([]byte, MaxForm+1))} {
		if form(none) != nil {
			t.Errorf("a line of %d bytes has a form", len(none))
		}
	}
}

// Lines of one form are cut into the same tokens of the same roles, and the same lists of them.
func TestLinesOfOneForm(t *testing.T) {
	a, b := New(words.Load()), New(words.Load())
	hex := rapid.StringMatching(`[0-9a-f]{6,20}`)
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.StringMatching(`([A-Za-z]{1,9} |[0-9]{1,9}|[a-z]{1,3}[0-9]{1,8}|[0-9]{1,4}[a-z]{1,4}|[0-9a-f]{6,18}|[0-9a-zT]{12,14}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[].:=" /\n([{}|_'@-]|hba1c|brca1|b12|é| ){1,12}`).Draw(t, "line")
		other := []byte(line)
		for i, c := range other { // other digits, and other words of hexadecimal digits
			if ClassOf(c) == ClassDigit && rapid.Bool().Draw(t, "change") {
				other[i] = byte('0' + rapid.IntRange(0, 9).Draw(t, "digit"))
			}
		}
		if at := bytes.IndexByte(other, '='); at >= 0 {
			word := hex.Draw(t, "word")
			copy(other[at+1:], word)
		}
		if !bytes.Equal(bytes.Clone(a.Form([]byte(line))), b.Form(other)) {
			return
		}
		a.Noting, b.Noting = true, true
		a.Read([]byte(line), 0, len(line), Opening{})
		b.Read(other, 0, len(other), Opening{})
		for i := range a.Asked {
			if i < len(b.Asked) && a.Asked[i].Answer != b.Asked[i].Answer {
				return
			}
		}
		lists := func(s *Block) [][]int32 {
			return [][]int32{s.Numbers, s.Capitals, s.Lows, s.TermStarts, s.Healthy, s.Mixed, s.Colons}
		}
		if diff := cmp.Diff(a.Tokens, b.Tokens, cmpopts.IgnoreUnexported(Token{})) + cmp.Diff(lists(a), lists(b)) + cmp.Diff(a.lines, b.lines); diff != "" {
			t.Fatalf("%q and %q:\n%s", line, other, diff)
		}
	})
}
