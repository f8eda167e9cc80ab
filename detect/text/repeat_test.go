package text

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/detect/words"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// told is all that a scan of windows says.
func told(s *Scanner, text []byte) (out []string) {
	s.ScanWindows(text, 0, len(text), Windows{Size: 700, Span: func(sp Span) { out = append(out, fmt.Sprint(sp)) },
		Closed: func(from, to int) { out = append(out, fmt.Sprint(from, to, s.Health(), s.Classes())) }})
	return out
}

// pieces are what lines are made of: all that a rule may look at over a line's end, and what stands in logs.
var pieces = strings.Fields(`John Maria Smith Paris Okafor Jones MD Jr and or, said Dr. Mr. Patient: patient physician Name: Dear is are was admitted has lives in at to of from
	March 3 12 31 2024 98208 WA NY Texas France 5104 Maple Street Ave Apt #4 Box P.O. phone fax 555-0187 (425) +44 123-45-6789 01/02/2024 2024-01-31T10:11:12Z 10.1.2.3 999.1.1.1
	MRN: account number 4111111111111111 ab12cd34 5e41ab08-7439-411e-86d6-fd953217ae03 80aec5607512fa54 trace=af12c5607512fa54 AD12C5607512FA541 app[411] 4]k {8} t7| GB29NWBK60161331926819 a@b.org http://x.org/a1 www.foo.com HIV positive denies
	© “ ” don't O'Brien John's Müller named called invite Dear hello by with May may 3rd of 5 WAVE SS ship Everett, Bad Straße Bahnhofstrasse rue 98208-1234 alcohol abuse mother schizophrenia hepatitis no . : , ; " ' ( ) [ ] { } = # & ? - * the of worker-12 ms rows completed request zorblat weg`)

// line makes a line; digits differ where lines are made again.
func anyLine(r *rand.Rand) string {
	var b strings.Builder
	for n := r.IntN(9); n >= 0; n-- {
		b.WriteString(pieces[r.IntN(len(pieces))])
		if r.IntN(8) > 0 {
			b.WriteByte(' ')
		}
	}
	switch r.IntN(4) {
	case 0:
		b.WriteString(" and so on, so that the line is long enough to be told by itself")
	case 1:
		return strings.ToLower(b.String())
	case 2:
		return "2024-01-31T10:11:12Z INFO [worker-12] " + b.String()
	}
	return b.String()
}

// hashes are words of hexadecimal digits, which a form leaves open.
var hashes = regexp.MustCompile(`\b[0-9a-f]{16}\b|\b[0-9A-F]{17}\b`)

// otherDigits puts other digits and hashes into a line, sometimes.
func otherDigits(r *rand.Rand, line string) string {
	if r.IntN(3) > 0 {
		return line
	}
	line = hashes.ReplaceAllStringFunc(line, func(hash string) string {
		other := fmt.Sprintf("%0*x", len(hash), r.Uint64())
		if strings.ToLower(hash) != hash {
			other = strings.ToUpper(other)
		}
		return other
	})
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return '0' + rune(r.IntN(10))
		}
		return c
	}, line)
}

// What is told from memory is what is told of text that is met for the first time.
func TestMemoryTellsTheSame(t *testing.T) {
	known, strange := New(words.Load()), New(words.Load())
	strange.memory.none = true
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		lines := make([]string, 40)
		for i := range lines {
			lines[i] = anyLine(r)
		}
		var b strings.Builder
		for range 400 {
			b.WriteString(otherDigits(r, lines[r.IntN(len(lines))]) + "\n")
			if r.IntN(9) == 0 {
				b.WriteString("\n")
			}
		}
		text := []byte(b.String())
		if diff := cmp.Diff(told(strange, text), told(known, text)); diff != "" {
			t.Fatal(diff)
		}
	})
	if len(known.memory.spans) == 0 {
		t.Error("nothing was learnt")
	}
}

// However lines follow each other, a text is cut into tokens few times.
func TestCostIsBounded(t *testing.T) {
	s := New(words.Load())
	r := rand.New(rand.NewPCG(5, 6))
	check := func(name, text string) {
		before := s.cost
		s.Scan([]byte(text), 0, len(text), func(Span) {})
		if cost := s.cost - before; cost > 2*len(text)+3*blockSize {
			t.Errorf("%s: %d bytes were read for %d", name, cost, len(text))
		}
	}
	for _, h := range hostile {
		check(h.name, strings.Repeat(h.piece, 1+500_000/len(h.piece)))
		check(h.name+" in lines", strings.Repeat(h.piece[:min(len(h.piece), 60)]+"\n", 10_000))
	}
	for range 20 {
		var b strings.Builder
		a, c := anyLine(r), hostile[r.IntN(len(hostile))].piece
		for range 5000 {
			fmt.Fprintf(&b, "%s and so on, so that the line is long enough to be known\n%s %s\n", a, anyLine(r), c[:min(len(c), 60)])
		}
		check(c[:min(len(c), 60)]+" between lines that are known", b.String())
	}
}

// A line of which only the digits differ is judged by them.
func TestMemoryAsksForDigits(t *testing.T) {
	s := New(words.Load())
	for _, tt := range []struct{ line, want string }{
		{"login of the user was refused from 81.2.69.142 at the second try\n", "ip 0.85"},
		{"login of the user was refused from 10.2.69.142 at the second try\n", "ip 0.55"},
		{"login of the user was refused from 81.2.69.142 at the second try\n", "ip 0.85"},
		{"login of the user was refused from 81.2.69.942 at the second try\n", ""},
		{"the table was taken to the other side of the room by 11/23/2024\n", "date 0.90"},
		{"the table was taken to the other side of the room by 11/43/2024\n", ""},
	} {
		for range 4 {
			got := ""
			s.Scan([]byte(tt.line), 0, len(tt.line), func(sp Span) { got += fmt.Sprintf("%v %.2f", sp.Kind, sp.Likelihood) })
			if got != tt.want {
				t.Errorf("%q: %q, want %q", tt.line, got, tt.want)
			}
		}
	}
}

func TestSeams(t *testing.T) {
	s := New(words.Load())
	for _, tt := range []struct {
		x, y string
		want bool
	}{
		{"GET / HTTP/1.1\" 200 5348", "10.7.221.32 - -", false},
		{"bytes, pool 12/32)", "2025-12-31T00:00:00.222Z INFO", false},
		{`"etag":"4d197e6f"}`, `{"ts":"2025"`, false},
		{"No acute distress.", "Lungs are clear.", false},
		{"Patient name:", "Maria Lopez", true},
		{"seen on 3", "March 2024", true},
		{"They invited Anna and", "Piotr", true},
		{"They invited Anna", "and Piotr", true},
		{"Dear John,", "thank you", true},
		{"the SSN is 123-", "45-6789", true},
		{"my phone", "555-0187", true},
		{"seen by the physician", "John Smith", true},
		{"She lives in Everett, WA", "98208", true},
	} {
		if got := s.looks([]byte(tt.x), []byte(tt.y)); got != tt.want {
			t.Errorf("%q and %q: %v", tt.x, tt.y, got)
		}
	}
}
