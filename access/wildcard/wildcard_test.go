package wildcard

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// naive matches by trying everything, as the definition says.
func naive(p, s string) bool {
	if p == "" {
		return s == ""
	}
	_, n := utf8.DecodeRuneInString(s)
	switch p[0] {
	case '*':
		return naive(p[1:], s) || s != "" && naive(p, s[n:])
	case '?':
		return s != "" && naive(p[1:], s[n:])
	}
	pr, m := utf8.DecodeRuneInString(p)
	sr, _ := utf8.DecodeRuneInString(s)
	return s != "" && pr == sr && naive(p[m:], s[n:])
}

func TestGlobIsTheNaiveOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.StringOfN(rapid.RuneFrom([]rune("ab*?é/")), 0, 8, -1).Draw(t, "pattern")
		s := rapid.StringOfN(rapid.RuneFrom([]rune("abé/")), 0, 8, -1).Draw(t, "text")
		g := Compile(Tokens(p))
		if got, want := g.Match(s), naive(p, s); got != want {
			t.Fatalf("%q against %q: %t, want %t", p, s, got, want)
		}
		if got, want := Match(g.Tokens, s), naive(p, s); got != want {
			t.Fatalf("%q against %q by Tokens: %t, want %t", p, s, got, want)
		}
	})
}

// texts of a and b up to a length: enough to tell short patterns apart.
func short(n int) []string {
	out := []string{""}
	for from := 0; n > 0; n-- {
		end := len(out)
		for _, s := range out[from:end] {
			out = append(out, s+"a", s+"b")
		}
		from = end
	}
	return out
}

func TestPatternsOfPatterns(t *testing.T) {
	all := short(6)
	covered, met := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		gen := rapid.StringOfN(rapid.RuneFrom([]rune("ab*?")), 0, 3, -1)
		p, q := Tokens(gen.Draw(t, "p")), Tokens(gen.Draw(t, "q"))
		everything, something := true, false
		for _, s := range all {
			if Match(q, s) {
				if Match(p, s) {
					something = true
				} else {
					everything = false
				}
			}
		}
		if Covers(p, q) {
			covered++
			if !everything {
				t.Fatal("covers is wrong")
			}
		}
		if Meet(p, q) != something {
			t.Fatalf("meet is %t", !something)
		}
		if something {
			met++
		}
	})
	if covered == 0 || met == 0 {
		t.Error("nothing was tried")
	}
}

func TestCoversIsNotTooShy(t *testing.T) {
	for _, c := range []struct {
		p, q string
		want bool
	}{
		{"*", "arn:aws:s3:::b/*", true}, {"arn:aws:s3:::b/*", "arn:aws:s3:::b/x/*", true}, {"arn:aws:s3:::b/*", "arn:aws:s3:::b/*", true},
		{"arn:aws:s3:::*", "arn:aws:s3:::b/*", true}, {"arn:aws:s3:::b/x*", "arn:aws:s3:::b/*", false}, {"*?", "?*", true}, {"b/*.pdf", "b/*", false},
		{"b*", "b/*", true}, {"*/*", "b/*", true}, {"b/?*", "b/*", false},
	} {
		if got := Covers(Tokens(c.p), Tokens(c.q)); got != c.want {
			t.Errorf("%s covers %s: %t", c.p, c.q, got)
		}
	}
}

// TestGlobStaysCheap: the pattern that costs a backtracking matcher years.
func TestGlobStaysCheap(t *testing.T) {
	text := strings.Repeat("a", 4096)
	for _, p := range []string{strings.Repeat("a*", 4096/2) + "b", strings.Repeat("?*a", 4096/3) + "b"} {
		g := Compile(Tokens(p))
		if g.Match(text) {
			t.Error("matches")
		}
	}
}
