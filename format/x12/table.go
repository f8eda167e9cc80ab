package x12

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/chartroom/chartroom/phi"
)

// tables are the segments, and the qualifiers by their data elements, as they are written.
//
//go:embed data/*.txt
var tables embed.FS

// who says what the one whom a code or segment is about is to the record.
type who uint8

const (
	nobody       who = iota
	patient          // the record's own person
	insured          // that one, unless the record has another patient
	relative         // a relative, guarantor, employer or contact
	provider         //
	organisation     //
	person           // whomever the loop names
	subscriber       // whomever the loop names, unless the member is a dependent of the subscriber
	claim            // the record's own person, wherever it stands
	loop             // whomever the loop names, of segments
	other            // somebody beside the record's own person
)

var whoNames = []string{"", "patient", "insured", "relative", "provider", "organisation", "person", "subscriber", "claim", "loop", "other"}

// role says what a segment does to the loops.
type role uint8

const (
	plain     role = iota
	name           // names whom the following segments are about
	entity         // begins an individual or organisation of a premium payment
	level          // HL
	line           // ends what a provider's or payer's loop says
	reset          // the same
	benefit        // the same; a record with one is of a patient
	service        // a service line of a payment
	summary        // ends the claims of a payment
	subscribe      // SBR
	member         // INS
	otherPlan      // COB
	claims         // CLM
	payment        // CLP
)

var roleNames = []string{"", "name", "entity", "level", "line", "reset", "benefit", "service", "summary", "subscriber", "member", "other", "claim", "payment"}

// elementType is how an element is read.
type elementType uint8

const (
	text          elementType = iota // running text
	id                               // a number of the kind given
	nameOf                           // a part of a name
	contact                          // a name of somebody to speak to
	address                          // a part of an address
	birth                            // date of birth
	death                            // date of death
	days                             // a date or period
	date                             // the same, by its qualifier
	party                            // a number by element 66
	reference                        // a number by element 128
	references                       // C040: up to three qualifiers and numbers
	communication                    // by element 365
	code                             // of the system given
	shaped                           // a diagnosis, ICD-9 or ICD-10 by its shape
	product                          // by element 235
	procedure                        // C003: by element 235, with a description
	diagnosis                        // by element 1270
	health                           // C022: by element 1270, with a date
	status                           // C043: with a LOINC code where element 1270 says so
	facility                         // C023: a place of service
	errorContext                     // C998: the name and value of what an error is about
	pregnant                         // Y: the patient is
	numTypes
)

var typeNames = [numTypes]string{"TEXT", "ID", "NAME", "CONTACT", "ADDRESS", "BIRTH", "DEATH", "DAYS", "DATE", "PARTY", "REFERENCE", "REFERENCES",
	"COMMUNICATION", "CODE", "SHAPED", "PRODUCT", "PROCEDURE", "DIAGNOSIS", "HEALTH", "STATUS", "FACILITY", "CONTEXT", "PREGNANT"}

var partNames = map[string]phi.Part{"family": phi.PartFamily, "given": phi.PartGiven, "middle": phi.PartMiddle, "prefix": phi.PartPrefix, "suffix": phi.PartSuffix,
	"full": phi.PartFull, "street": phi.PartStreet, "city": phi.PartCity, "state": phi.PartState, "county": phi.PartCounty}

// meaning is what a line of a table says: of an element, or of a code.
type meaning struct {
	id     string
	name   string
	kind   phi.Kind
	part   phi.Part
	system phi.System
	who    who
	none   bool // a code that stands for nothing of a person
}

// position is an element that holds something of interest.
type position struct {
	n, q  int32 // its number, and that of the element that qualifies it
	first int32 // number of its first outlet among all
	t     elementType
	plan  *plan
	meaning
}

// plan is a segment of the standard.
type plan struct {
	id   string
	who  who
	role role
	at   []position // ascending
}

// codes are the codes of one data element. The first in the list stands for those that are not known.
type codes struct {
	index [slots]uint8
	list  []meaning
}

// find gives the number of a code, 0 when it is not known.
func (c *codes) find(v []byte) int { return int(c.index[slot(v)]) }

// slots is the number of possible codes of up to three letters and digits. Slot 0 is none.
const slots = 37 * 37 * 37

// base37 is a letter's or digit's number, from 1.
var base37 = func() (t [256]uint8) {
	for i, c := range []byte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		t[c] = uint8(i + 1)
	}
	return t
}()

// slot numbers a code; 0 for what cannot be one.
func slot[T string | []byte](v T) int {
	var a, b, c int // the digits are 0 before the first character
	switch len(v) {
	case 3:
		a, b, c = int(base37[v[0]]), int(base37[v[1]]), int(base37[v[2]])
		if a == 0 || b == 0 {
			return 0
		}
	case 2:
		b, c = int(base37[v[0]]), int(base37[v[1]])
		if b == 0 {
			return 0
		}
	case 1:
		c = int(base37[v[0]])
	}
	if c == 0 {
		return 0
	}
	return (a*37+b)*37 + c
}

// table is all tables in the form that is quick to use.
type table struct {
	plans    []*plan      // the first is nil
	segments [slots]uint8 // of a segment's plan, by its slot
	outlets  int          // number of outlets of all positions

	entities, parties, references, communications, diagnoses, products, dates codes
}

// positions gives the tables, which are read at the first call.
var positions = sync.OnceValue(func() *table {
	t, err := readTables(tables)
	if err != nil { // the files are part of the program: a fault of the build
		panic("x12: " + err.Error())
	}
	return t
})

// readTables reads all tables. An error names file and line.
func readTables(files fs.FS) (*table, error) {
	t := &table{plans: []*plan{nil}}
	for name, into := range map[string]*codes{"entities": &t.entities, "parties": &t.parties, "references": &t.references,
		"communications": &t.communications, "diagnoses": &t.diagnoses, "products": &t.products, "dates": &t.dates} {
		into.list = []meaning{{}}
		if err := eachLine(files, "data/"+name+".txt", into.add); err != nil {
			return nil, err
		}
	}
	if err := eachLine(files, "data/segments.txt", t.add); err != nil {
		return nil, err
	}
	for _, p := range t.plans[1:] {
		for i := range p.at {
			p.at[i].first, p.at[i].plan = int32(t.outlets), p
			t.outlets += t.outletsOf(p.at[i].t)
		}
	}
	return t, nil
}

// eachLine gives the lines of a file that say something.
func eachLine(files fs.FS, file string, take func(line string) error) error {
	all, err := fs.ReadFile(files, file)
	if err != nil {
		return err
	}
	for i, line := range strings.Split(string(all), "\n") {
		if bare := strings.TrimSpace(line); bare == "" || bare[0] == '#' {
			continue
		}
		if err := take(line); err != nil {
			return fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
	}
	return nil
}

// add takes in a code: its value, what it says, and after a colon its name.
func (c *codes) add(line string) error {
	head, name, ok := strings.Cut(line, ":")
	w := strings.Fields(head)
	if !ok || len(w) == 0 || slot(w[0]) == 0 {
		return errors.New("a code is its value, its meaning, and after a colon its name")
	}
	if c.index[slot(w[0])] != 0 || len(c.list) > 255 {
		return fmt.Errorf("%s stands twice, or is one too many", w[0])
	}
	m := meaning{id: w[0], name: strings.TrimSpace(name)}
	for _, word := range w[1:] {
		if err := m.say(word); err != nil {
			return err
		}
	}
	c.index[slot(w[0])] = uint8(len(c.list))
	c.list = append(c.list, m)
	return nil
}

// say takes in a word of a line.
func (m *meaning) say(word string) error {
	kind, isKind := phi.ParseKind(word)
	part, isPart := partNames[word]
	w := slices.Index(whoNames, word)
	system := phi.ParseSystem(word)
	switch {
	case word == "none" && !m.none:
		m.none = true
	case isKind && kind != phi.None && m.kind == phi.None:
		m.kind = kind
	case isPart && m.part == phi.PartNone:
		m.part = part
	case w > 0 && m.who == nobody:
		m.who = who(w)
	case system != phi.NoSystem && m.system == phi.NoSystem:
		m.system = system
	default:
		return fmt.Errorf("no meaning %q, or two of a sort", word)
	}
	return nil
}

// add takes in a segment or, indented, an element of the last one.
func (t *table) add(line string) error {
	if line[0] == ' ' {
		if len(t.plans) < 2 {
			return errors.New("an element without a segment")
		}
		return t.plans[len(t.plans)-1].add(line)
	}
	w := strings.Fields(line)
	p := &plan{}
	if len(w) < 2 || len(w) > 3 {
		return errors.New("a segment is its name, whom it is about, and what it does")
	}
	p.id, p.who = w[0], who(max(0, slices.Index(whoNames, w[1])))
	if len(w) == 3 {
		p.role = role(max(0, slices.Index(roleNames, w[2])))
	}
	if slot(p.id) == 0 || len(p.id) < 2 || p.who == nobody || len(w) == 3 && p.role == plain {
		return errors.New("no such segment, person or role")
	}
	if t.segments[slot(p.id)] != 0 || len(t.plans) > 255 {
		return fmt.Errorf("%s stands twice, or is one too many", p.id)
	}
	t.segments[slot(p.id)] = uint8(len(t.plans))
	t.plans = append(t.plans, p)
	return nil
}

// add takes in an element: its number, type, the number of the element that qualifies it, what else it says, and its name.
func (p *plan) add(line string) error {
	head, name, ok := strings.Cut(line, ": ")
	w := strings.Fields(head)
	if !ok || len(w) < 2 {
		return errors.New("an element is its number, type, and after a colon its name")
	}
	n, err := strconv.Atoi(w[0])
	if err != nil || n < 1 || n >= maxElements || len(p.at) > 0 && int(p.at[len(p.at)-1].n) >= n {
		return fmt.Errorf("%q is no number of an element, or out of order", w[0])
	}
	at := slices.Index(typeNames[:], w[1])
	if at < 0 {
		return fmt.Errorf("no type %q", w[1])
	}
	f := position{meaning: meaning{id: p.id, name: name}, n: int32(n), t: elementType(at)}
	for _, word := range w[2:] {
		if q, err := strconv.Atoi(word); err == nil && f.q == 0 && q > 0 && q < n {
			f.q = int32(q)
		} else if err := f.say(word); err != nil {
			return err
		}
	}
	switch f.t {
	case date, party, reference, communication, product, diagnosis:
		if f.q == 0 {
			return errors.New("this type needs an element that qualifies it")
		}
	}
	p.at = append(p.at, f)
	return nil
}

// outletsOf is how many places an element of a type may have for one person.
func (t *table) outletsOf(e elementType) int {
	switch e {
	case party:
		return len(t.parties.list)
	case reference, references:
		return len(t.references.list)
	case communication:
		return len(t.communications.list)
	case date:
		return len(t.dates.list)
	case diagnosis, status:
		return len(t.diagnoses.list)
	case health:
		return 2 * len(t.diagnoses.list)
	case product:
		return len(t.products.list)
	case procedure:
		return len(t.products.list) // the first is the description
	case errorContext:
		return len(contexts) + 1
	}
	return 1
}

// contexts are the names of elements that CTX-01 gives with a value, by their beginnings (TR3 005010X231, loop 2100), and what the value is.
var contexts = []struct {
	begins string
	kind   phi.Kind
}{
	{"CLM01", phi.Account}, {"CLP01", phi.Account}, {"PATIENT ACCOUNT", phi.Account}, {"TRN02", phi.OtherID}, {"ENT01", phi.OtherID}, {"REF02", phi.OtherID},
	{"NM109", phi.HealthPlanID}, {"SUBSCRIBER NUMBER", phi.HealthPlanID}, {"PATIENT NAME NM109", phi.HealthPlanID},
}
