package fingerprint

import (
	"bytes"
	"math/bits"
	"slices"

	"github.com/chartroom/chartroom/phi"
	"github.com/dchest/siphash"
)

// Guess makes traces of a record that nobody explained: of a stranger's sample, whose columns may be misnamed, missing, in any order and
// any form. It takes each value for all that it could be, and makes the traces of all pairs: what is wrong meets nothing. It is for one
// goroutine, and holds hashes, never a value.
type Guess struct {
	m        *Marker
	families []uint64
	initials uint32 // set of letters
	births   []uint64
	numbers  []number
	phones   []uint64
	emails   []uint64
	words    [][]byte
	swapped  []byte
}

// number is the hash of a number, and whether it is so long that strangers do not share it.
type number struct {
	hash   uint64
	strong bool
}

// Bounds of one record: an attacker may make it as wide as he likes.
const (
	maxFamilies = 32
	maxBirths   = 6
	maxGuessed  = 32 // numbers
	maxPhones   = 6
	maxGuess    = 200 // bytes of one value that are looked at
)

// Guess makes a guesser.
func (m *Marker) Guess() *Guess { return &Guess{m: m} }

// Begin begins a record.
func (g *Guess) Begin() {
	g.families, g.births, g.numbers, g.phones, g.emails = g.families[:0], g.births[:0], g.numbers[:0], g.phones[:0], g.emails[:0]
	g.initials = 0
}

// Add takes a value of the record.
func (g *Guess) Add(v []byte) {
	v = bytes.TrimSpace(v)
	if len(v) < 2 || len(v) > maxGuess {
		return
	}
	digit, letter := 0, 0
	for _, c := range v {
		switch {
		case c >= '0' && c <= '9':
			digit++
		case c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80:
			letter++
		}
	}
	switch {
	case bytes.IndexByte(v, '@') > 0:
		g.emails = put(g.emails, g.m.part('2', lower(g.m.buf[:0], v)), maxPhones)
	case digit == 0:
		g.name(v)
	default:
		if d, ok := phi.ParseDay(v); ok && d.Precise() {
			g.birth(v, d)
		}
		if letter == 0 {
			if phone := tenDigits(g.m.buf[:0], v); len(phone) == 10 {
				g.phones = put(g.phones, g.m.part('1', phone), maxPhones)
			}
		}
		g.number(v, letter > 0)
	}
}

// put adds what is new, up to a bound.
func put(to []uint64, hash uint64, most int) []uint64 {
	if len(to) >= most || slices.Contains(to, hash) {
		return to
	}
	return append(to, hash)
}

// birth takes a date, and what it is when day and month are swapped.
func (g *Guess) birth(v []byte, d phi.Day) {
	b := day(g.m.buf[:0], v)
	if len(b) == 0 {
		return
	}
	g.births = put(g.births, g.m.part('0', b), maxBirths)
	if d.Day <= 12 && d.Day != d.Month {
		g.swapped = append(append(append(g.swapped[:0], b[:4]...), b[6:]...), b[4:6]...)
		g.births = put(g.births, g.m.part('0', g.swapped), maxBirths)
	}
}

// number takes a number, and the digits behind its letters: "MRN 104231".
func (g *Guess) number(v []byte, letters bool) {
	g.addNumber(v)
	if !letters {
		return
	}
	last := bytes.LastIndexFunc(v, func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= 0x80 })
	g.addNumber(v[last+1:])
}

func (g *Guess) addNumber(v []byte) {
	n := compact(g.m.buf[:0], v)
	if len(n) < leastNumber || len(n) > 64 || len(g.numbers) >= maxGuessed {
		return
	}
	hash := g.m.part('3', n)
	if !slices.ContainsFunc(g.numbers, func(o number) bool { return o.hash == hash }) {
		g.numbers = append(g.numbers, number{hash, len(n) > weakNumber})
	}
}

// name takes letters: a family name, a given one, or both in any order.
func (g *Guess) name(v []byte) {
	g.words = g.words[:0]
	for w := range bytes.FieldsFuncSeq(v, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' || r == ';' }) {
		if len(g.words) == 5 {
			return // a sentence
		}
		g.words = append(g.words, w)
	}
	for i, w := range g.words {
		if first := latinLetter(w); first != 0 {
			g.initials |= 1 << (first - 'a')
		}
		for j := i + 1; j <= min(i+3, len(g.words)); j++ { // "De La Cruz" is one name
			name := g.m.buf[:0]
			for _, part := range g.words[i:j] {
				name = letters(name, cut(part, maxName))
			}
			if len(name) > 1 {
				g.families = put(g.families, g.m.part('4', name), maxFamilies)
			}
		}
	}
}

// latinLetter is the first letter of a word, from a to z; 0 where it has none.
func latinLetter(w []byte) byte {
	var buf [8]byte
	if l := letters(buf[:0], w[:min(len(w), 2)]); len(l) > 0 && l[0] >= 'a' && l[0] <= 'z' {
		return l[0]
	}
	return 0
}

// Line takes a line of running text apart and adds what could be values.
func (g *Guess) Line(line []byte) {
	for part := range bytes.FieldsFuncSeq(line, func(r rune) bool { return r == '\t' || r == '|' || r == ';' || r == ',' || r == ':' }) {
		g.Add(part)
	}
	g.words = g.words[:0]
	var from [3]int // where the last words begin
	for at, n := 0, 0; at < len(line); n++ {
		for at < len(line) && line[at] <= ' ' {
			at++
		}
		from[0], from[1], from[2] = from[1], from[2], at
		for at < len(line) && line[at] > ' ' {
			at++
		}
		for i := max(0, 2-n); i < 3; i++ { // one word, two, and three: January 31, 1970
			g.Add(bytes.Trim(line[from[i]:at], ".,:;()[]\"'"))
		}
	}
}

// Traces gives the traces of the record; they are good until the next call.
func (g *Guess) Traces() []Traced {
	m := g.m
	m.traces = m.traces[:0]
	for _, family := range g.families {
		for set := g.initials; set != 0; set &= set - 1 {
			initial := uint64('a' + bits.TrailingZeros32(set))
			for _, birth := range g.births {
				m.trace(TraceNameBirth, family+initial, birth)
			}
		}
	}
	for _, n := range g.numbers {
		if n.strong {
			m.trace(TraceNumber, n.hash, 0)
		}
		for _, family := range g.families {
			m.trace(TraceNumberName, n.hash, family)
		}
		for _, birth := range g.births {
			m.trace(TraceNumberBirth, n.hash, birth)
		}
	}
	for _, phone := range g.phones {
		m.trace(TracePhone, phone, 0)
		for _, family := range g.families {
			m.trace(TracePhoneName, phone, family)
		}
	}
	for _, email := range g.emails {
		m.trace(TraceEmail, email, 0)
	}
	return m.traces
}

// Name is a number that stands for what the record says, whatever the order of its values: two records with the same one say the same.
func (g *Guess) Name() uint64 {
	key := &g.m.keys['9']
	var sum uint64
	for _, set := range [][]uint64{g.families, g.births, g.phones, g.emails} {
		for _, h := range set {
			sum += h * 0x9e3779b97f4a7c15
		}
	}
	for _, n := range g.numbers {
		sum += n.hash
	}
	return siphash.Hash(key[0], key[1]^sum, nil)
}
