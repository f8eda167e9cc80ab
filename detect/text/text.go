package text

import (
	"math"

	"github.com/chartroom/chartroom/detect/address"
	"github.com/chartroom/chartroom/detect/lex"
	"github.com/chartroom/chartroom/detect/number"
	"github.com/chartroom/chartroom/detect/words"
	"github.com/chartroom/chartroom/phi"
)

const maxRuns = 8 // recognisers, and the lexer

// Span is a piece of a text and what it is. It holds offsets in bytes and never the bytes.
type Span = lex.Span

// Rule is the rule that found a span.
type Rule = lex.Rule

// Scanner finds identifiers in running text. It reuses its memory; each goroutine needs its own.
type Scanner struct {
	on     finder
	runs   []int // where each recogniser's spans begin
	memory memory

	said    []saidTerm // in the block
	cost    int        // bytes that were cut into tokens since New, those that were read again among them
	term    int        // how far the block was counted: terms,
	healthy int        // and words of health

	health   int
	classes  phi.Classes
	hinted   phi.Classes // classes that one weak term was met of
	hintedAt [phi.NumClasses]uint64
}

// finder looks for one thing after the other in a block of text.
type finder struct {
	*lex.Block
	weights *[1 << weighedBits]weighed
}

// New makes a scanner.
func New(w *words.Tables) *Scanner {
	return &Scanner{on: finder{lex.New(w), new([1 << weighedBits]weighed)}}
}

// Reset forgets the health words and sensitive terms met so far.
func (s *Scanner) Reset() {
	s.health, s.classes, s.hinted = 0, 0, 0
	s.hintedAt = [phi.NumClasses]uint64{}
}

// Health is how many words of health, care or payment were met since Reset. A word that says it by itself counts two, one
// that is common elsewhere counts one.
func (s *Scanner) Health() int { return s.health }

// Classes are the classes of sensitivity that terms of the text suggest since Reset. Terms that are negated ("denies
// alcohol abuse") or about a relative ("mother had schizophrenia") are left out.
func (s *Scanner) Classes() phi.Classes { return s.classes }

// Scan finds what starts in text[from:to], in rising order and without overlaps; the text outside is context. It allocates
// nothing once the scanner has grown to its size.
func (s *Scanner) Scan(text []byte, from, to int, emit func(Span)) {
	s.scan(text, from, to, Windows{Size: math.MaxInt, Span: emit})
}

// Windows are the parts into which a text falls, and what to do with them.
type Windows struct {
	Size   int                  // of a window in bytes, more than 0; the last may be smaller
	Span   func(Span)           // takes each span of a window, in rising order
	Class  func(phi.Class, int) // takes each class that a term says, and where, in the order in which they stand among the spans; may be nil
	Closed func(from, to int)   // ends a window, also one without spans; Health and Classes are those of the window
}

// ScanWindows does for each window of text[from:to] what Reset and Scan do, but reads what stands about the edges once.
func (s *Scanner) ScanWindows(text []byte, from, to int, w Windows) {
	if from, to = max(from, 0), min(to, len(text)); from >= to {
		return
	}
	s.Reset()
	edge := s.scan(text, from, to, w)
	w.Closed(edge, to)
	s.Reset()
}

// scan goes through text[from:to], and gives where the last window begins.
func (s *Scanner) scan(text []byte, from, to int, w Windows) int {
	from, to = max(from, 0), min(to, len(text))
	size := max(w.Size, 1)
	k := walk{Scanner: s, text: text, to: to, w: w, begin: from, size: size, edge: from + min(size, math.MaxInt-from)}
	if from < to {
		k.lines(from)
	}
	return k.begin
}

// block finds the spans of text[start:end].
func (s *Scanner) block(text []byte, start, end int, opens lex.Opening) {
	s.runs, s.term, s.healthy = s.runs[:0], 0, 0
	s.on.Read(text, start, end, opens)
	s.on.Divide(s.looks)
	for _, find := range [...]func(*lex.Block){number.Find, number.FindLabelled, fields, address.Find, address.FindBare} {
		s.runs = append(s.runs, len(s.on.Spans))
		find(s.on.Block)
	}
	s.runs = append(s.runs, len(s.on.Spans))
	s.on.names()
	s.terms()
}

// merge calls f for the spans in rising order. Each recogniser left a run that rises.
func (s *Scanner) merge(f func(Span)) {
	var at, end [maxRuns]int
	n := 0
	for k, from := range append(s.runs, len(s.on.Spans)) {
		end[n] = from
		if k > 0 {
			at[n] = s.runs[k-1]
		}
		if at[n] < end[n] {
			n++
		}
	}
	for n > 0 {
		next := 0
		for k := 1; k < n; k++ {
			if s.on.Spans[at[k]].Start < s.on.Spans[at[next]].Start {
				next = k
			}
		}
		f(s.on.Spans[at[next]])
		if at[next]++; at[next] == end[next] {
			n--
			at[next], end[next] = at[n], end[n]
		}
	}
}
