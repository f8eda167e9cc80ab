// Package words holds the tables of names, words and places that detection looks things up in: how often a string is a given
// name or a surname, how much of an ordinary word it is, whether it is a disease's eponym or a drug, whether a town, a county
// or a country is called so, which State a ZIP code or an area code belongs to, and which words make a street.
//
// All strings share one hash table, so that one look-up tells everything about a word. Strings are folded before they are
// looked up: lower case, Latin letters without accents, no apostrophes and no full stops. Where the facts come from is in
// NOTICE; they are made by gen into data/words.bin.
package words

import (
	"encoding/binary"

	"github.com/chartroom/chartroom/phi"
)

// Entry is all that is known of one string, packed; 0 = it is in no table.
type Entry uint32

// The layout of an Entry, from the lowest bit.
const (
	givenShift   = 0  // 5 bits
	surnameShift = 5  // 5 bits
	wordShift    = 10 // 8 bits
	notShift     = 18 // 4 bits
	streetShift  = 22 // 6 bits
	cityBit      = 1 << 28
	countyBit    = 1 << 29
	countryBit   = 1 << 30
	stateBit     = 1 << 31
)

// Name is what is known of a string as a person's name.
type Name struct {
	Given   uint8   // log2 of how many were given the name (US births 1900 to 2024), 0 = not in the table
	Surname uint8   // log2 of how many bear it (US Census of 2000), 0 = not in the table
	Word    uint8   // share of its use as an ordinary English word, in 255ths; 0 = no word
	Not     NotName // what it is instead of a person
}

// NotName is a class of capitalised words that are no persons. It never forbids alone: many are names as well.
type NotName uint8

// The classes.
const (
	NoClass      NotName = iota
	Eponym               // a disease, sign, test or device called after its finder
	Drug                 // brand of a drug
	Device               // brand of a device
	HospitalWord         // a ward, a service: Radiology
	Holiday
	Month
	Weekday
	Organisation // a payer, manufacturer or institution of health care
	PlaceWord    // Plaza, Heights
	People       // a language or nation: Spanish
	RecordWord   // a word of record keeping: Encounter
	Section      // a heading of a clinical note
	Software
	Title // a title or role: Dr, Nurse

	numNotNames
)

var notNames = [numNotNames]string{"", "eponym", "drug", "device", "hospital", "holiday", "month", "weekday", "organisation",
	"place word", "language or people", "record word", "section", "software", "title"}

// String gives the class in words.
func (n NotName) String() string {
	if n < numNotNames {
		return notNames[n]
	}
	return ""
}

// StreetWord is a set of the roles that a word has in an address line (USPS Publication 28).
type StreetWord uint8

// The roles.
const (
	Suffix    StreetWord = 1 << iota // Street, Ave, Blvd
	Unit                             // Apt, Suite
	Direction                        // North, SW
	Line                             // PO Box, RR, PSC
	Foreign                          // Strasse, Rue, Via: a street word of another language, before or after the name
	Attached                         // with Foreign: the ending of a compound as well (Bahnhofstrasse, Dorpsplein)
)

// Given is Name.Given.
func (e Entry) Given() uint8 { return uint8(e>>givenShift) & 31 }

// Surname is Name.Surname.
func (e Entry) Surname() uint8 { return uint8(e>>surnameShift) & 31 }

// Word is Name.Word.
func (e Entry) Word() uint8 { return uint8(e >> wordShift) }

// Not is Name.Not.
func (e Entry) Not() NotName { return NotName(e>>notShift) & 15 }

// Street is the string's roles in an address line.
func (e Entry) Street() StreetWord { return StreetWord(e>>streetShift) & 63 }

// City tells whether a town of the United States is called so.
func (e Entry) City() bool { return e&cityBit != 0 }

// County tells whether a county is called so, with or without the word County.
func (e Entry) County() bool { return e&countyBit != 0 }

// Country tells whether a country is called so, in English.
func (e Entry) Country() bool { return e&countryBit != 0 }

// State tells whether a State of the United States or a province of Canada is called so; its code is no entry.
func (e Entry) State() bool { return e&stateBit != 0 }

// Tables are the tables. They do not change, and are safe for concurrent use.
type Tables struct {
	slots []byte // the hash table: in each slot four bytes of a tag, and four of an Entry, the lowest first
	zip   []byte // State by ZIP code; noZIP = not known
	zip3  []byte // State by the first three digits of one
	area  []byte // State by area code of the North American plan, plus 1; 0 = not assigned
}

// The hash table; about 290,000 strings fill half of it.
const (
	slots    = 1 << 19
	slotSize = 8
)

// tag is what tells a string from others of its slot: the upper half of its hash, and never 0, which is a free slot.
func tag(hash uint64) uint32 { return uint32(hash>>32) | 1 }

// numZIP is how many ZIP codes there could be, and noZIP marks one that nobody has; the zero State is an assigned one of no State.
const (
	numZIP = 100_000
	noZIP  = 255
)

// Look gives all that is known of a string of one or more words with single blanks between them. It allocates nothing.
func (t *Tables) Look(b []byte) Entry { return t.find(hash(b)) }

func (t *Tables) find(h uint64) Entry {
	want := tag(h)
	for i := h & (slots - 1); ; i = (i + 1) & (slots - 1) {
		s := binary.LittleEndian.Uint64(t.slots[i*slotSize:])
		if uint32(s) == want {
			return Entry(s >> 32)
		}
		if uint32(s) == 0 {
			return 0
		}
	}
}

// Name tells what is known of a string as a person's name.
func (t *Tables) Name(b []byte) Name {
	e := t.Look(b)
	return Name{Given: e.Given(), Surname: e.Surname(), Word: e.Word(), Not: e.Not()}
}

// City tells whether a town of the United States is called so.
func (t *Tables) City(b []byte) bool { return t.Look(b).City() }

// County tells whether a county is called so, with or without the word County.
func (t *Tables) County(b []byte) bool { return t.Look(b).County() }

// Country tells whether a country is called so, in English.
func (t *Tables) Country(b []byte) bool { return t.Look(b).Country() }

// Street gives the roles that a word has in an address line; 0 = none.
func (t *Tables) Street(b []byte) StreetWord { return t.Look(b).Street() }

// ZIP gives the State of a ZIP code of five digits. A code that is in no list, but whose first three digits are, is not
// known, and the State is the likely one.
func (t *Tables) ZIP(b []byte) (phi.State, bool) {
	n, ok := number(b, 5)
	if !ok {
		return 0, false
	}
	if s := t.zip[n]; s != noZIP {
		return phi.State(s), true
	}
	return phi.State(t.zip3[n/100]), false
}

// AreaCode gives the State of an area code of the North American plan, and whether it is assigned; toll-free codes and those
// of other countries are assigned and in no State. Numbers are ported: the State of a mobile number is a hint.
func (t *Tables) AreaCode(b []byte) (phi.State, bool) {
	n, ok := number(b, 3)
	if !ok {
		return 0, false
	}
	if t.area[n] == 0 {
		return 0, false
	}
	return phi.State(t.area[n] - 1), true
}

// number reads exactly n digits.
func number(b []byte, n int) (int, bool) {
	if len(b) != n {
		return 0, false
	}
	v := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + int(c-'0')
	}
	return v, true
}
