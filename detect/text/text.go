package text

import (
	"github.com/chartroom/chartroom/detect/words"
	"github.com/chartroom/chartroom/phi"
)

// Span is a piece of a text and what it is. It holds offsets in bytes and never the bytes.
type Span struct {
	Start, End int
	Kind       phi.Kind
	Part       phi.Part
	Subject    phi.Subject
	Likelihood float32
	WellFormed bool // passes the kind's syntax and check digit
	Rule       Rule
	Labelled   bool // a label stood before it: "MRN:", "Patient:"
}

// Rule is the rule that found a span.
type Rule uint8

// The rules.
const (
	NoRule      Rule = iota
	ByShape          // the form alone
	ByChecksum       // form and check digit
	ByLabel          // a label before it
	ByContext        // words around it
	ByNames          // given names and surnames
	ByStreet         // a street word
	ByPlace          // State, country, ZIP code
	ByTimestamp      // the time of a log line
)

var ruleTexts = [...]string{"", "form", "form and check digit", "a label before it", "words around it", "given names and surnames",
	"a street word", "State, country or ZIP code", "time of a log line"}

// String tells the rule in words.
func (r Rule) String() string {
	if int(r) < len(ruleTexts) {
		return ruleTexts[r]
	}
	return ""
}

const (
	maxRuns   = 8        // recognisers, and the lexer
	blockSize = 32 << 10 // how much of a text is lexed at a time
	context   = 400      // how much before and behind a block is lexed with it, so that a span may lie across its edge
)

// Scanner finds identifiers in running text. It reuses its memory; each goroutine needs its own.
type Scanner struct {
	tables  *words.Tables
	lexicon *lexicon

	text   []byte
	toks   []token
	nums   []int32 // indices of the numbers
	caps   []int32 // indices of the words with capitals
	lows   []int32 // indices of the words of lines without capitals that may be names
	starts []int32 // indices of the words that begin a term of sensitivity
	odd    []int32 // indices of the words that mix letters and digits, as long as a record number may be
	colons []int32 // indices of the colons behind the labels of forms
	lines  []line
	spans  []Span
	runs   []int // where each recogniser's spans begin
	from   int   // the part of the text of which the words of health are counted
	to     int

	lineAt   int  // the line that was asked for last
	lineCaps int  // caps before the current line
	lineOdd  int  // how much the current line looks like program text
	wasLow   bool // the line before had no capitals

	health   int
	classes  phi.Classes
	hinted   phi.Classes // classes that one weak term was met of
	hintedAt [phi.NumClasses]uint64
}

// New makes a scanner.
func New(w *words.Tables) *Scanner {
	return &Scanner{tables: w, lexicon: loadLexicon()}
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
	from, to = max(from, 0), min(to, len(text))
	last := 0
	for from < to {
		end := cut(text, from, to)
		start := max(0, from-context)
		for start > 0 && start < from && classes[text[start-1]] != classLine && classes[text[start-1]] != classBlank {
			start++
		}
		s.block(text, start, min(len(text), end+context), from, end)
		s.merge(func(sp Span) {
			if sp.Start >= from && sp.Start < end && sp.Start >= last {
				last = sp.End
				emit(sp)
			}
		})
		from = end
	}
}

// cut gives the end of the block that begins at from: a line's end where there is one.
func cut(text []byte, from, to int) int {
	end := from + blockSize
	if end >= to {
		return to
	}
	for _, want := range [...]class{classLine, classBlank} {
		for i := end; i > end-blockSize/4; i-- {
			if classes[text[i-1]] == want {
				return i
			}
		}
	}
	return end
}

// block finds the spans of text[start:end]; the words of health of text[from:to] are counted.
func (s *Scanner) block(text []byte, start, end, from, to int) {
	s.spans, s.runs, s.from, s.to = s.spans[:0], s.runs[:0], from, to
	s.lex(text, start, end)
	for _, recognise := range [...]func(*Scanner){(*Scanner).terms, (*Scanner).numbers, (*Scanner).labelledWords, (*Scanner).fields,
		(*Scanner).addresses, (*Scanner).bareStreets, (*Scanner).names} {
		s.runs = append(s.runs, len(s.spans))
		recognise(s)
	}
}

// add reports the tokens i to j, both included, and claims them.
func (s *Scanner) add(i, j int, sp Span) {
	sp.Start, sp.End = int(s.toks[i].start), int(s.toks[j].end)
	s.spans = append(s.spans, sp)
	for ; i <= j; i++ {
		s.toks[i].flags |= claimed
	}
}

// merge calls f for the spans in rising order. Each recogniser left a run that rises.
func (s *Scanner) merge(f func(Span)) {
	var at, end [maxRuns]int
	n := 0
	for k, from := range append(s.runs, len(s.spans)) {
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
			if s.spans[at[k]].Start < s.spans[at[next]].Start {
				next = k
			}
		}
		f(s.spans[at[next]])
		if at[next]++; at[next] == end[next] {
			n--
			at[next], end[next] = at[n], end[n]
		}
	}
}

// bytes gives a token's text.
func (s *Scanner) bytes(i int) []byte { return s.text[s.toks[i].start:s.toks[i].end] }

// between gives the text from token i to token j, both included.
func (s *Scanner) between(i, j int) []byte { return s.text[s.toks[i].start:s.toks[j].end] }

// look gives what the tables know of a word.
func (s *Scanner) look(i int) words.Entry {
	t := &s.toks[i]
	if t.flags&looked == 0 {
		t.flags |= looked
		t.entry = s.tables.Look(s.text[t.start:t.end])
	}
	return t.entry
}

// at gives token i, an empty sign where there is none.
func (s *Scanner) at(i int) *token {
	if i < 0 || i >= len(s.toks) {
		return &noToken
	}
	return &s.toks[i]
}

// noToken stands for what is before the first and behind the last token. Nobody writes to it.
var noToken = token{kind: sign, gap: emptyLine, flags: claimed}
