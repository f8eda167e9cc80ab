package lex

import (
	_ "embed" // the lists
	"encoding/binary"
	"fmt"
	"strings"
	"sync"

	"github.com/chartroom/chartroom/detect/words"
	"github.com/chartroom/chartroom/phi"
)

// Role is a set of the roles that a word may have for what stands beside it.
type Role uint64

// The roles, in the order of roleNames. data/cues.txt lists their words.
const (
	Common Role = 1 << iota
	Article
	VerbBe
	HumanVerb
	Participle
	HumanWord
	ShipWord
	Auxiliary
	Pronoun
	Possessive
	Object
	Named
	Greeting
	Speech
	ByWord
	Location
	AndWord
	NameLabel
	RoleWord
	WorkWord
	Title
	Suffix
	Particle
	OrgWord
	NounWord
	PhoneWord
	FaxWord
	SSNLabel
	socialWord
	securityWord
	MRNLabel
	PlanLabel
	AcctLabel
	IDLabel
	LicenseLabel
	VehicleLabel
	DeviceLabel
	AddressLabel
	DOBWord
	BirthWord
	DateWord
	ZipWord
	Month
	Weekday
	UnitLabel
	Military
	BoxWord
	POWord
	Negation
	Family
	ProviderWord
	PatientWord
	StreetWord
	NamePart
	InitialWord
	CityLabel
	Thoroughfare
	Credit

	healthWeak // these two stand side by side: see Weight
	HealthStrong
	termStart
	PlainWord // an English word that is no name
)

var roleNames = []string{"common", "article", "verbbe", "humanverb", "participle", "human", "ship", "aux", "pronoun", "possessive", "object", "named", "greeting", "speech",
	"byword", "location", "andword", "namelabel", "role", "work", "title", "suffix", "particle", "org", "noun", "phone",
	"fax", "ssnlabel", "socialword", "securityword", "mrnlabel", "planlabel", "acctlabel", "idlabel", "licenselabel", "vehiclelabel", "devicelabel",
	"addresslabel", "dobword", "birthword", "dateword", "zipword", "month", "weekday", "unitlabel", "military", "box",
	"poword", "negation", "family", "provider", "patient", "streetword", "namepart", "initialword", "citylabel", "thoroughfare", "credit"}

// Weight is how much a word says of health: 2 when it says it by itself, 1 when it is common elsewhere.
func (r Role) Weight() int { return min(int(r/healthWeak&3), 2) }

//go:embed data/cues.txt
var cuesText string

//go:embed data/health.txt
var healthText string

//go:embed data/plain.txt
var plainText string

//go:embed data/terms.txt
var termsText string

// lexicon is the table of the words that have a role. Each word stands in one of two places (cuckoo hashing), so that a look-up
// has nothing to branch on: it reads both.
type lexicon struct {
	slots  [2][1 << slotBits]lexSlot
	starts [1 << startBits]uint16 // of a word that begins a term: the index of the first such term plus 1; 0 = free
	terms  []Term
	mixed  [256]bool // the bytes that words begin with which have a role and mix letters with digits
}

// lexSlot is a place of the table; key 0 = free.
type lexSlot struct {
	key   uint64
	roles Role
}

const (
	slotBits  = 11
	startBits = 10
)

// Term is a term of a class of sensitivity: the keys of its words.
type Term struct {
	words  [6]uint64
	n      uint8
	Strong bool
	digits uint8 // which of the words have digits, by bits
	more   bool  // the next term begins with the same word
	Class  phi.Class
}

// ID tells terms apart.
func (t *Term) ID() uint64 { return t.words[0] ^ t.words[1]<<1 }

// places gives the two places of a key.
func places(key uint64) (a, b uint64) {
	return key * 0x9e3779b97f4a7c15 >> (64 - slotBits), key * 0xc2b2ae3d27d4eb4f >> (64 - slotBits)
}

// roles gives a word's roles, none when it has none.
func (l *lexicon) roles(key uint64) Role {
	a, b := places(key)
	p, q := &l.slots[0][a], &l.slots[1][b]
	r, u := p.roles, q.roles
	if p.key != key {
		r = 0
	}
	if q.key != key {
		u = 0
	}
	return r | u
}

// start gives where the first term that begins with the word is noted.
func (l *lexicon) start(key uint64) *uint16 {
	for i := key * 0x9e3779b97f4a7c15 >> (64 - startBits); ; i = (i + 1) & (1<<startBits - 1) {
		if s := &l.starts[i]; *s == 0 || l.terms[*s-1].words[0] == key {
			return s
		}
	}
}

// add gives a word a role.
func (l *lexicon) add(word string, r Role) {
	new := lexSlot{keyOf([]byte(word)), r}
	if strings.ContainsAny(word, "0123456789") {
		l.mixed[word[0]|0x20] = true
	}
	a, b := places(new.key)
	for side, i := range [2]uint64{a, b} {
		if s := &l.slots[side][i]; s.key == new.key {
			s.roles |= r
			return
		}
	}
	// A new word pushes the one at its place to that one's other place, and so on.
	for side, tries := 0, 0; new.key != 0; side, tries = 1-side, tries+1 {
		if tries > 500 {
			panic("lexicon: no place for " + word) // the words are part of the program
		}
		at := [2]uint64{}
		at[0], at[1] = places(new.key)
		l.slots[side][at[side]], new = new, l.slots[side][at[side]]
	}
}

// lowerBits turn ASCII letters to lower case; digits stay, and so no key is 0.
const lowerBits = 0x2020202020202020

// keyOf is the key of a word: its first sixteen bytes in lower case.
func keyOf(b []byte) uint64 {
	var buf [16]byte
	n := copy(buf[:], b)
	head, tail := binary.LittleEndian.Uint64(buf[:])|lowerBits, binary.LittleEndian.Uint64(buf[8:])|lowerBits
	return longKey(head&(1<<(8*min(n, 8))-1), tail&(1<<(8*max(n-8, 0))-1))
}

// longKey puts the two halves of a key together.
func longKey(head, tail uint64) uint64 { return head ^ tail*0xd6e8feb86659fd93 }

// loadLexicon builds the table from the lists, once.
var loadLexicon = sync.OnceValue(func() *lexicon {
	tables := words.Load()
	l := &lexicon{}
	for name, list := range lines(cuesText) {
		r := roleOf(name)
		for w := range strings.FieldsSeq(list) {
			l.add(w, r)
		}
	}
	for name, list := range lines(healthText) {
		r := HealthStrong
		if name == "weak" {
			r = healthWeak
		}
		for w := range strings.FieldsSeq(list) {
			l.add(w, r)
		}
	}
	for name, list := range lines(cuesText + healthText + plainText) {
		for w := range strings.FieldsSeq(list) {
			if e := tables.Look([]byte(w)); name != "plain" && e.Word() > 100 && e.Given() == 0 && e.Surname() == 0 || name == "plain" {
				l.add(w, PlainWord)
			}
		}
	}
	l.readTerms()
	return l
})

// lines walks the "name: rest" lines of a list.
func lines(text string) func(yield func(name, rest string) bool) {
	return func(yield func(name, rest string) bool) {
		for line := range strings.Lines(text) {
			name, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
			if !ok || strings.HasPrefix(line, "#") {
				continue
			}
			if !yield(name, rest) {
				return
			}
		}
	}
}

func roleOf(name string) Role {
	for i, n := range roleNames {
		if n == name {
			return 1 << i
		}
	}
	panic(fmt.Sprintf("cues.txt: no role is called %q", name)) // the file is part of the program
}

// readTerms reads the terms and links those that begin with the same word, the longest first.
func (l *lexicon) readTerms() {
	byFirst := map[uint64][]Term{}
	var order []string
	for name, list := range lines(termsText) {
		class, strength, _ := strings.Cut(name, " ")
		c, ok := phi.ParseClass(class)
		if !ok {
			panic(fmt.Sprintf("terms.txt: no class is called %q", class))
		}
		for text := range strings.SplitSeq(list, "|") {
			t := Term{Class: c, Strong: strength == "strong"}
			fields := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '-' || r == '/' })
			for _, w := range fields[:min(len(fields), len(t.words))] {
				t.words[t.n] = keyOf([]byte(w))
				t.digits |= Yes(strings.ContainsAny(w, "0123456789")) << t.n
				t.n++
			}
			if byFirst[t.words[0]] == nil {
				order = append(order, fields[0])
			}
			byFirst[t.words[0]] = append(byFirst[t.words[0]], t)
		}
	}
	for _, first := range order {
		list := byFirst[keyOf([]byte(first))]
		l.add(first, termStart)
		*l.start(list[0].words[0]) = uint16(len(l.terms)) + 1
		for n := uint8(len(Term{}.words)); n > 0; n-- {
			for _, t := range list {
				if t.n == n {
					t.more = true
					l.terms = append(l.terms, t)
				}
			}
		}
		l.terms[len(l.terms)-1].more = false
	}
}
