// Package wildcard matches texts against patterns with * and ?, and patterns against patterns.
package wildcard

import (
	"strings"
	"unicode/utf8"
)

// The wildcards of a pattern, apart from every character that can stand in a text.
const (
	Star rune = -1 // any characters, or none
	One  rune = -2 // any one character
)

// Tokens reads a pattern: * and ? are wildcards, all else is itself.
func Tokens(s string) []rune {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		switch r {
		case '*':
			r = Star
		case '?':
			r = One
		}
		out = append(out, r)
	}
	return Normal(out)
}

// Normal puts each run of wildcards into one order: the single characters, then one star. Patterns of the same texts then look the same
// more often, and matching never retries within a run.
func Normal(p []rune) []rune {
	out := p[:0]
	for i := 0; i < len(p); {
		if p[i] >= 0 {
			out = append(out, p[i])
			i++
			continue
		}
		stars := false
		for ; i < len(p) && p[i] < 0; i++ {
			if p[i] == Star {
				stars = true
			} else {
				out = append(out, One)
			}
		}
		if stars {
			out = append(out, Star)
		}
	}
	return out
}

// Glob is a compiled pattern. A pattern without ? is a list of pieces between stars, each found with a search of its own from the left: the
// first place is always the best, so no text is read twice.
type Glob struct {
	shape  shape
	head   string   // of an exact pattern all of it, of others what stands before the first star
	Tokens []rune   // as it was compiled
	pieces []string // nil when there is a ?
}

// shape tells the patterns that are met most apart, which need no search.
type shape uint8

const (
	general shape = iota
	anything
	exact
	prefix // and then one star
)

// Compile prepares a pattern, as Tokens reads it, for many texts.
func Compile(p []rune) Glob {
	g := Glob{Tokens: p, pieces: []string{}}
	var b strings.Builder
	for _, r := range p {
		switch r {
		case One:
			g.pieces = nil
			return g
		case Star:
			g.pieces = append(g.pieces, b.String())
			b.Reset()
		default:
			b.WriteRune(r)
		}
	}
	g.pieces = append(g.pieces, b.String())
	g.head = g.pieces[0]
	switch n := len(g.pieces); {
	case n == 1:
		g.shape = exact
	case n == 2 && g.pieces[1] == "" && g.head == "":
		g.shape = anything
	case n == 2 && g.pieces[1] == "":
		g.shape = prefix
	}
	return g
}

// Match tells whether a text is one of the pattern.
func (g *Glob) Match(s string) bool {
	switch g.shape {
	case anything:
		return true
	case exact:
		return s == g.head
	case prefix:
		return len(s) >= len(g.head) && s[:len(g.head)] == g.head
	}
	return g.search(s)
}

// Literal gives the text of a pattern without wildcards.
func (g *Glob) Literal() string { return g.head }

func (g *Glob) search(s string) bool {
	if g.pieces == nil {
		return Match(g.Tokens, s)
	}
	last := len(g.pieces) - 1
	first, end := g.pieces[0], g.pieces[last]
	if len(s) < len(first)+len(end) || s[:len(first)] != first || s[len(s)-len(end):] != end {
		return false
	}
	s = s[len(first) : len(s)-len(end)]
	for _, p := range g.pieces[1:last] {
		i := strings.Index(s, p)
		if i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return true
}

// Match matches with one memory: the last star. Going back further cannot help, since what follows a later star can only begin later.
// The cost is at most the product of the lengths.
func Match(p []rune, s string) bool {
	i, j := 0, 0
	back, from := -1, 0
	for j < len(s) {
		r, n := utf8.DecodeRuneInString(s[j:])
		switch {
		case i < len(p) && p[i] == Star:
			back, from = i, j
			i++
		case i < len(p) && (p[i] == One || p[i] == r):
			i++
			j += n
		case back >= 0:
			_, n := utf8.DecodeRuneInString(s[from:])
			from += n
			i, j = back+1, from
		default:
			return false
		}
	}
	for i < len(p) && p[i] == Star {
		i++
	}
	return i == len(p)
}

// Covers tells whether p surely matches every text that q does: a wildcard of q is matched only by a wildcard of p that is at least as wide.
// A false may be wrong for odd patterns, a true never is.
func Covers(p, q []rune) bool {
	i, j := 0, 0
	back, from := -1, 0
	for j < len(q) {
		switch {
		case i < len(p) && p[i] == Star:
			back, from = i, j
			i++
		case i < len(p) && (p[i] == q[j] || p[i] == One && q[j] != Star):
			i++
			j++
		case back >= 0:
			from++
			i, j = back+1, from
		default:
			return false
		}
	}
	for i < len(p) && p[i] == Star {
		i++
	}
	return i == len(p)
}

// Meet tells whether a text exists that both patterns match. Its cost is the product of the lengths behind the literal heads.
func Meet(p, q []rune) bool {
	for len(p) > 0 && len(q) > 0 && p[0] != Star && q[0] != Star {
		if p[0] != q[0] && p[0] != One && q[0] != One {
			return false
		}
		p, q = p[1:], q[1:]
	}
	row := make([]bool, len(q)+1) // row[j]: what is left of p meets what is left of q from j
	row[len(q)] = true
	for j := len(q) - 1; j >= 0 && q[j] == Star; j-- {
		row[j] = true
	}
	for i := len(p) - 1; i >= 0; i-- {
		diagonal := row[len(q)]
		row[len(q)] = row[len(q)] && p[i] == Star
		for j := len(q) - 1; j >= 0; j-- {
			below := row[j]
			if p[i] == Star || q[j] == Star {
				row[j] = below || row[j+1]
			} else {
				row[j] = diagonal && (p[i] == q[j] || p[i] == One || q[j] == One)
			}
			diagonal = below
		}
	}
	return row[0]
}
