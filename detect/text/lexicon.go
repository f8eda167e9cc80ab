package text

import (
	_ "embed" // the lists
	"encoding/binary"
	"fmt"
	"math/bits"
	"strings"
	"sync"

	"github.com/chartroom/chartroom/phi"
)

// role is a set of the roles that a word may have for what stands beside it.
type role uint64

// The roles, in the order of roleNames. data/cues.txt lists their words.
const (
	common role = 1 << iota
	article
	verbBe
	humanVerb
	participle
	humanWord
	shipWord
	auxiliary
	pronoun
	possessive
	object
	named
	greeting
	speech
	byWord
	location
	toWord
	forWord
	andWord
	nameLabel
	roleWord
	workWord
	title
	suffix
	particle
	orgWord
	nounWord
	phoneWord
	faxWord
	ssnLabel
	socialWord
	securityWord
	mrnLabel
	planLabel
	acctLabel
	idLabel
	licenseLabel
	vehicleLabel
	deviceLabel
	addressLabel
	dobWord
	birthWord
	dateWord
	zipWord
	agoWord
	ageWord
	month
	weekday
	unitLabel
	military
	boxWord
	poWord
	negation
	family
	providerWord
	patientWord
	streetWord
	namePart
	initialWord
	cityLabel
	thoroughfare
	credit

	healthStrong
	healthWeak
	termStart
)

var roleNames = []string{"common", "article", "verbbe", "humanverb", "participle", "human", "ship", "aux", "pronoun", "possessive", "object", "named", "greeting", "speech",
	"byword", "location", "toword", "forword", "andword", "namelabel", "role", "work", "title", "suffix", "particle", "org", "noun", "phone",
	"fax", "ssnlabel", "socialword", "securityword", "mrnlabel", "planlabel", "acctlabel", "idlabel", "licenselabel", "vehiclelabel", "devicelabel",
	"addresslabel", "dobword", "birthword", "dateword", "zipword", "agoword", "ageword", "month", "weekday", "unitlabel", "military", "box",
	"poword", "negation", "family", "provider", "patient", "streetword", "namepart", "initialword", "citylabel", "thoroughfare", "credit"}

//go:embed data/cues.txt
var cuesText string

//go:embed data/health.txt
var healthText string

//go:embed data/terms.txt
var termsText string

// lexicon is the table of the words that have a role. Few words of a text have none of the few thousand entries' first
// letters, so a bit filter that fits the nearest cache stands before the table.
type lexicon struct {
	filter [1 << (filterBits - 6)]uint64
	slots  [1 << slotBits]lexSlot
	terms  []term
}

// lexSlot is a place of the table; key 0 = free.
type lexSlot struct {
	key   uint64
	roles role
	terms uint32 // index of the first term that begins with the word, for termStart
}

const (
	filterBits = 16
	slotBits   = 13
)

// term is a term of a class of sensitivity: the keys of its words.
type term struct {
	words  [6]uint64
	n      uint8
	strong bool
	more   bool // the next term begins with the same word
	class  phi.Class
}

// mix spreads a key's bits; the upper ones are the good ones.
func mix(key uint64) uint64 { return key * 0x9e3779b97f4a7c15 }

// maybe tells whether the word with the hash may have a role.
func (l *lexicon) maybe(h uint64) bool {
	f := h >> (64 - filterBits)
	return l.filter[f>>6]&(1<<(f&63)) != 0
}

// slot gives a word's slot, nil when it has no role.
func (l *lexicon) slot(h, key uint64) *lexSlot {
	for i := h >> (64 - slotBits); ; i = (i + 1) & (1<<slotBits - 1) {
		s := &l.slots[i]
		if s.key == key {
			return s
		}
		if s.key == 0 {
			return nil
		}
	}
}

// at gives the slot of a word for writing.
func (l *lexicon) at(word string) *lexSlot {
	key := keyOf([]byte(word))
	h := mix(key)
	f := h >> (64 - filterBits)
	l.filter[f>>6] |= 1 << (f & 63)
	i := h >> (64 - slotBits)
	for l.slots[i].key != 0 && l.slots[i].key != key {
		i = (i + 1) & (1<<slotBits - 1)
	}
	l.slots[i].key = key
	return &l.slots[i]
}

// lowerBits turn ASCII letters to lower case; digits stay, and so no key is 0.
const lowerBits = 0x2020202020202020

// keyOf is the key of a word: its first eight bytes in lower case, and for longer words the last eight and the length mixed in.
func keyOf(b []byte) uint64 {
	if len(b) >= 8 {
		head := binary.LittleEndian.Uint64(b) | lowerBits
		if len(b) == 8 {
			return head
		}
		return longKey(head, binary.LittleEndian.Uint64(b[len(b)-8:])|lowerBits, len(b))
	}
	var buf [8]byte
	copy(buf[:], b)
	return (binary.LittleEndian.Uint64(buf[:]) | lowerBits) & (1<<(8*len(b)) - 1)
}

func longKey(head, tail uint64, n int) uint64 {
	return bits.RotateLeft64(head, 29)*0xd6e8feb86659fd93 ^ tail + uint64(n)
}

// loadLexicon builds the table from the lists, once.
var loadLexicon = sync.OnceValue(func() *lexicon {
	l := &lexicon{}
	for name, list := range lines(cuesText) {
		r := roleOf(name)
		for w := range strings.FieldsSeq(list) {
			l.at(w).roles |= r
		}
	}
	for name, list := range lines(healthText) {
		r := healthStrong
		if name == "weak" {
			r = healthWeak
		}
		for w := range strings.FieldsSeq(list) {
			l.at(w).roles |= r
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

func roleOf(name string) role {
	for i, n := range roleNames {
		if n == name {
			return 1 << i
		}
	}
	panic(fmt.Sprintf("cues.txt: no role is called %q", name)) // the file is part of the program
}

// readTerms reads the terms and links those that begin with the same word, the longest first.
func (l *lexicon) readTerms() {
	byFirst := map[uint64][]term{}
	var order []string
	for name, list := range lines(termsText) {
		class, strength, _ := strings.Cut(name, " ")
		c, ok := phi.ParseClass(class)
		if !ok {
			panic(fmt.Sprintf("terms.txt: no class is called %q", class))
		}
		for text := range strings.SplitSeq(list, "|") {
			t := term{class: c, strong: strength == "strong"}
			fields := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '-' || r == '/' })
			for _, w := range fields[:min(len(fields), len(t.words))] {
				t.words[t.n] = keyOf([]byte(w))
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
		s := l.at(first)
		s.roles |= termStart
		s.terms = uint32(len(l.terms))
		for n := uint8(len(term{}.words)); n > 0; n-- {
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
