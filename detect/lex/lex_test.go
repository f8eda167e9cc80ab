package lex

import (
	"testing"

	"github.com/chartroom/chartroom/detect/words"
	"pgregory.net/rapid"
)

func TestRulesHaveTexts(t *testing.T) {
	for r := ByShape; r <= ByTimestamp; r++ {
		if r.String() == "" {
			t.Errorf("rule %d has no text", r)
		}
	}
	if Rule(200).String() != "" {
		t.Error("a rule that is none has a text")
	}
}

// The word classes of the lexer agree with a plain reading of the letters.
func TestLetters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "bytes")
		s := Block{Text: b}
		want := 0
		for want < 8 && (b[want] >= 'a' && b[want] <= 'z' || b[want] >= 'A' && b[want] <= 'Z') {
			want++
		}
		if got := letters(s.load(0)); got != want {
			t.Fatalf("%q begins with %d letters, not %d", b, want, got)
		}
	})
}

// A word has the same case and the same key however it is read: in the middle of a text, or at its very end.
func TestWordsAtTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[A-Za-z]{1,20}`).Draw(t, "word")
		s := New(words.Load())
		read := func(text string) Token {
			s.Read([]byte(text), 0, len(text), Opening{Low: true})
			tok := s.Tokens[0]
			tok.Gap = 0
			return tok
		}
		long, short := read(word+" and then some more words follow"), read(word)
		if long != short {
			t.Fatalf("%q: %+v, at the end %+v", word, long, short)
		}
		if k := caseOf([]byte(word)); k != long.Kind {
			t.Fatalf("%q: case %d, lexed as %d", word, k, long.Kind)
		}
	})
}

// The lists point at tokens that there are, also where an address or a URL took the place of tokens that were in them.
func TestListsPointAtTokens(t *testing.T) {
	b := New(words.Load())
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(rapid.StringMatching(`([A-Za-z]{1,9}|[0-9]{1,9}|[a-z]+[0-9]{5,8}|[.:@ /\n-]|@example\.org|https?://|[Nn]ame:|alcohol abuse)*`).Draw(t, "text"))
		b.Read(text, 0, len(text), Opening{Low: true})
		for name, list := range map[string][]int32{"numbers": b.Numbers, "capitals": b.Capitals, "lows": b.Lows, "terms": b.TermStarts, "mixed": b.Mixed, "colons": b.Colons} {
			for _, i := range list {
				if int(i) >= len(b.Tokens) {
					t.Fatalf("%q: of the %s, token %d of %d", text, name, i, len(b.Tokens))
				}
			}
		}
		last := uint32(0)
		for _, tok := range b.Tokens {
			if tok.Start < last || tok.End <= tok.Start && tok.Kind != Junk {
				t.Fatalf("%q: token %+v behind %d", text, tok, last)
			}
			last = tok.End
		}
	})
}

// An address of which the local part has numbers in it takes their place, and nothing points at them any more.
func TestLinksTakeTheirPlace(t *testing.T) {
	b := New(words.Load())
	for _, tt := range []struct {
		text   string
		tokens int
	}{{"to janet.phillips0@example.org", 2}, {"see https://clinic.example.com/a1234567?x=Jo", 2}, {"from 10.0.0.1", 8}} {
		b.Read([]byte(tt.text), 0, len(tt.text), Opening{Low: true})
		if len(b.Tokens) != tt.tokens || len(b.Mixed) > 0 || len(b.Capitals) > 0 {
			t.Errorf("%q: %d tokens, %d mixed, %d capitals", tt.text, len(b.Tokens), len(b.Mixed), len(b.Capitals))
		}
	}
}
