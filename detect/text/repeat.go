package text

import (
	"hash/maphash"
	"math"
	"math/bits"

	"github.com/chartroom/chartroom/detect/lex"
	"github.com/chartroom/chartroom/phi"
)

// memory knows what was found in lines, by their form: logs are written by few statements, and notes from templates. It holds hashes of forms, offsets
// and kinds, and never a byte of a line. A line is learnt when its form is met again, or at once where
// others of its length were known, so that text that does not repeat costs little.
type memory struct {
	seed  maphash.Seed
	met   []uint32 // tags of forms that were met, formWays of them to a hash
	tags  []uint32 // of forms that were learnt, likewise, so small that they stay near; 0 = none
	forms []form   // that were learnt
	turn  uint8    // which way the next one takes where all are taken
	none  bool     // nothing is remembered, for a test to compare with

	worth [32]int8 // whether lines are worth a look, by the bits of their length: up with each that was known, down with each that was not
	tries uint8

	spans []learnt
	asked []answer
	terms []*lex.Term
}

const (
	metBits   = 17
	formBits  = 16
	formWays  = 4
	maxSpans  = 24 // of a line
	maxAsked  = 48
	maxTerms  = 8
	spanRoom  = 80 << 10
	askedRoom = 128 << 10
	termRoom  = 2 << 10
	mostWorth = 100
)

// form is what is known of the lines of one form.
type form struct {
	hash                         uint64
	spans, asked, terms          uint32 // where they begin
	health                       uint16
	numSpans, numAsked, numTerms uint8
	particular                   bool // lines of this form are read as if they were met for the first time
	opens                        bool // of a line without capitals: names in lower case were looked for
	ending                       lex.Ending
}

// learnt is a span of a line, whose offsets count from its beginning.
type learnt struct {
	start, end uint16
	likelihood float32
	kind       phi.Kind
	part       phi.Part
	subject    phi.Subject
	rule       Rule
	wellFormed bool
	labelled   bool
}

// answer is the answer to a question that was asked of bytes From to To of a line.
type answer struct {
	question lex.Question
	from, to uint16
	answer   uint8
}

// init makes the tables, which a scanner of nothing needs not.
func (m *memory) init() {
	m.seed = maphash.MakeSeed()
	m.met, m.tags, m.forms = make([]uint32, 1<<metBits), make([]uint32, 1<<formBits), make([]form, 1<<formBits)
	m.spans, m.asked, m.terms = make([]learnt, 0, spanRoom), make([]answer, 0, askedRoom), make([]*lex.Term, 0, termRoom)
	for i := range m.worth {
		m.worth[i] = mostWorth
	}
}

// hash gives a form's hash, which is not 0.
func (m *memory) hash(b []byte) uint64 { return maphash.Bytes(m.seed, b) | 1 }

// find gives what was learnt of a form, nil when it was not.
func (m *memory) find(h uint64) *form {
	at := h >> (64 - formBits) &^ (formWays - 1)
	for i, tag := range m.tags[at : at+formWays] {
		if f := &m.forms[at+uint64(i)]; tag == uint32(h) && f.hash == h {
			return f
		}
	}
	return nil
}

// add makes room for a form.
func (m *memory) add(h uint64) *form {
	at := h >> (64 - formBits) &^ (formWays - 1)
	m.turn++
	to := at + uint64(m.turn%formWays)
	for i, tag := range m.tags[at : at+formWays] {
		if tag == 0 {
			to = at + uint64(i)
		}
	}
	m.tags[to], m.forms[to] = uint32(h), form{hash: h}
	return &m.forms[to]
}

// meet tells whether a form was met before, and notes it.
func (m *memory) meet(h uint64) bool {
	at, tag := h>>(64-metBits)&^(formWays-1), uint32(h)
	set := m.met[at : at+formWays]
	for i := range set {
		if set[i] == tag {
			set[i] = 0
			return true
		}
	}
	m.turn++
	slot := &set[m.turn%formWays]
	for i := range set {
		if set[i] == 0 {
			slot = &set[i]
		}
	}
	*slot = tag
	return false
}

// hopes tells whether a line of n bytes is likely enough to be known, or is to be tried to learn whether such lines are.
func (m *memory) hopes(n int) bool {
	if m.forms == nil {
		m.init()
	}
	if m.worth[bits.Len(uint(n))] > 0 {
		return true
	}
	m.tries++
	return m.tries&3 == 0
}

// proved notes whether a line of n bytes was known, and tells whether those before it were: then a new form is learnt at once, for it is likely to come again.
func (m *memory) proved(n int, known bool) (usual bool) {
	w := &m.worth[bits.Len(uint(n))]
	usual = *w == mostWorth
	if known {
		*w = min(*w+2, mostWorth)
	} else {
		*w = max(*w-1, 0)
	}
	return usual
}

// room makes room for what is found in a line: where there is none, all is forgotten.
func (m *memory) room() {
	if len(m.spans)+maxSpans > spanRoom || len(m.asked)+maxAsked > askedRoom || len(m.terms)+maxTerms > termRoom {
		m.spans, m.asked, m.terms = m.spans[:0], m.asked[:0], m.terms[:0]
		clear(m.tags)
	}
}

// told tells what is in a line from memory, and learns it where its form was met before. It is false where the line is to be read with others.
func (k *walk) told(l *line) bool {
	n := l.stop - l.from
	if k.memory.none || k.behind && k.open == l.from || k.open < l.from && n < minAlone || n > lex.MaxForm || !k.thrifty(l.from) ||
		!k.memory.hopes(n) || k.tied(&k.prev) || k.tied(l) {
		return false
	}
	text := k.text[l.from:l.stop]
	b := k.on.Form(text)
	if b == nil {
		return false
	}
	m := &k.memory
	h := m.hash(b)
	f := m.find(h)
	usual := m.proved(n, f != nil)
	if f == nil {
		if !usual && !m.meet(h) || !k.within(l) {
			return false
		}
		if k.read(l.from, false); k.behind {
			return false
		}
		m.room()
		k.learn(l, m.add(h))
		return true
	}
	if f.particular || (f.health > 0 || f.numTerms > 0) && !k.within(l) || !k.answered(text, f) {
		return false
	}
	if k.read(l.from, false); k.behind || f.ending.Bare && f.opens != k.opening() {
		return false
	}
	k.recall(l, f)
	return true
}

// minAlone is the length of a line, in bytes, that is worth to be told by itself where others before it were not told yet.
const minAlone = 48

// within tells whether the line lies in one window.
func (k *walk) within(l *line) bool {
	edge := k.edge
	if edge <= l.from {
		edge += ((l.from-edge)/k.size + 1) * k.size
	}
	return edge >= l.end
}

// answered tells whether the questions that were asked when the form was learnt have the same answers for a line.
func (k *walk) answered(text []byte, f *form) bool {
	asked := k.memory.asked[f.asked : f.asked+uint32(f.numAsked)]
	for i := range asked {
		if a := &asked[i]; a.question(k.on.Tables, text[a.from:a.to]) != a.answer {
			return false
		}
	}
	return true
}

// recall tells what is in a line of a learnt form.
func (k *walk) recall(l *line, f *form) {
	k.close(l.from, l.from)
	k.health += int(f.health)
	for _, t := range k.memory.terms[f.terms : f.terms+uint32(f.numTerms)] {
		k.meet(t, l.from)
	}
	spans := k.memory.spans[f.spans : f.spans+uint32(f.numSpans)]
	for i := range spans {
		s := &spans[i]
		if at := l.from + int(s.start); at >= k.last {
			k.close(at, l.from)
			k.last = l.from + int(s.end)
			k.w.Span(Span{Start: at, End: k.last, Kind: s.kind, Part: s.part, Subject: s.subject, Likelihood: s.likelihood, WellFormed: s.wellFormed, Rule: s.rule, Labelled: s.labelled})
		}
	}
	k.close(l.end-1, l.from)
	k.before, k.known = f.ending, true
	k.after(l)
}

// after goes on behind a line that was told.
func (k *walk) after(l *line) {
	k.open, k.behind, k.apart = l.end, k.last > l.end, l.end > l.stop
}

// learn reads a line by itself, tells what is in it, and keeps that in mind.
func (k *walk) learn(l *line, f *form) {
	opens := k.opening()
	k.on.Noting = true
	k.lex(l.from, l.stop, false, false)
	k.on.Noting = false
	m := &k.memory
	f.opens = opens
	f.spans, f.asked, f.terms = uint32(len(m.spans)), uint32(len(m.asked)), uint32(len(m.terms))
	switch {
	case k.on.Leaned:
		f.particular = true
		k.block(l.from, l.end, true, true)
		k.after(l)
		return
	case k.on.Narrow || len(k.on.Spans) > maxSpans || len(k.on.Asked) > maxAsked || len(k.said) > maxTerms:
		f.particular = true
	}
	k.close(l.from, l.from)
	health := k.health
	k.learning, k.learntAt = f, l.from
	k.tell(l.from, l.end)
	k.learning = nil
	f.health, f.ending = uint16(min(k.health-health, math.MaxUint16)), k.before
	if !f.particular {
		for _, a := range k.on.Asked {
			m.asked = append(m.asked, answer{a.Question, uint16(int(a.From) - l.from), uint16(int(a.To) - l.from), a.Answer})
		}
		for _, t := range k.said {
			m.terms = append(m.terms, t.term)
		}
		f.numAsked, f.numTerms = uint8(len(k.on.Asked)), uint8(len(k.said))
	}
	k.after(l)
}
