package lex

import (
	"strings"
	"testing"

	"github.com/chartroom/chartroom/detect/words"
)

// seen gives the tokens that At gives.
func seen(b *Block) string {
	var out []string
	for k := -1; k <= len(b.Tokens); k++ {
		if t := b.At(k); t != &NoToken {
			out = append(out, string(b.Bytes(k)))
		}
	}
	return strings.Join(out, " ")
}

func TestWalls(t *testing.T) {
	b := New(words.Load())
	text := []byte("one two\nthree and\nfour\n\n  five six\n")
	b.Read(text, 0, len(text), Opening{})
	if got := seen(b); got != "one two three and four five six" {
		t.Errorf("without walls: %q", got)
	}
	b.Divide(func(line, next []byte) bool {
		if line[0] == ' ' || next[0] <= ' ' {
			t.Errorf("asked of %q and %q", line, next)
		}
		return strings.HasSuffix(strings.TrimSpace(string(line)), "and")
	})
	for i, want := range []string{"one two", "one two", "three and four", "three and four", "three and four", "five six", "five six"} {
		for _, from := range []int{0, 6, 3} {
			b.Enter(from)
			b.Enter(i)
			if got := seen(b); got != want {
				t.Errorf("token %d: %q, want %q", i, got, want)
			}
		}
	}
	b.Enter(1)
	if !b.Reach(2) || seen(b) != "one two three and four" || b.Reach(4) || !b.Reach(5) || b.Leaned {
		t.Errorf("reached %q", seen(b))
	}
	if b.Reach(7) || !b.Leaned {
		t.Error("the end of the text was not noted")
	}
	if b.Return(1); seen(b) != "one two" {
		t.Errorf("returned to %q", seen(b))
	}
	b.Read(nil, 0, 0, Opening{})
	b.Divide(nil)
	b.Enter(0)
	if b.At(0) != &NoToken {
		t.Error("a token in nothing")
	}
}

func TestTerms(t *testing.T) {
	b := New(words.Load())
	for text, want := range map[string]string{
		"HIV":                        "HIV",
		"alcohol abuse was denied":   "alcohol abuse",
		"alcohol-\nabuse was denied": "alcohol-\nabuse",
		"alcohol\n\nabuse":           "",
		"alcohol was served":         "",
	} {
		b.Read([]byte(text), 0, len(text), Opening{})
		got := ""
		if len(b.TermStarts) > 0 {
			if term, last := b.TermAt(int(b.TermStarts[0])); term != nil {
				got = string(b.Between(int(b.TermStarts[0]), last))
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	b.Read([]byte("alcohol"), 0, 7, Opening{})
	if b.TermAt(0); !b.Leaned {
		t.Error("what goes on behind the end was not asked for")
	}
}
