package demo

import (
	"iter"
	"math/bits"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/chartroom/chartroom/phi"
)

// Person is one invented person. His numbers are well formed, and no two persons of one seed share one.
type Person struct {
	Index  int    // place in the population, from 0
	ID     string // a UUID, the logical id of his FHIR resources
	MRN    string // medical record number at Meridian: 8 digits
	Chart  string // chart number at Lakeside and in the archive: LC-, 6 or more digits
	SSN    string // area, group and serial with hyphens
	Member string // plan number: a Medicare Beneficiary Identifier from 65 on, else W and 9 digits
	Given  string
	Middle string // an initial
	Family string
	Birth  time.Time
	Sex    byte // 'F' or 'M'
	Street string
	City   string
	State  phi.State
	ZIP    string
	Phone  string // (503) 555-0142: the exchange and the numbers that are kept for fiction
	Email  string

	Conditions []Condition // what he is treated for, never empty
}

// People gives the first n persons of a seed. Person i is the same however many are asked for. The pointer is good
// until the next step: copy what is to be kept.
func People(seed uint64, n int) iter.Seq[*Person] {
	return func(yield func(*Person) bool) {
		m := newMaker(seed)
		for i := range n {
			if !yield(m.person(i)) {
				return
			}
		}
	}
}

// Minor tells whether the person is under 18. Nobody is born in the years in which that would depend on the day of the question.
func (p *Person) Minor() bool { return p.Birth.Year() >= firstMinorYear }

// Classes are the classes of sensitivity that the person's conditions define.
func (p *Person) Classes() phi.Classes {
	var all phi.Classes
	for i := range p.Conditions {
		all |= p.Conditions[i].Classes
	}
	return all
}

// Has tells whether one of his conditions falls into the class.
func (p *Person) Has(c phi.Class) bool { return p.Classes().Has(c) }

const (
	firstBirthYear = 1931
	lastAdultYear  = 2003
	firstMinorYear = 2013
	lastBirthYear  = 2016 // before the archive was made
	medicareYear   = 1960 // born up to then: 65 years or more
)

// maker builds persons, one at a time, in the same memory.
type maker struct {
	seed   uint64
	source *rand.PCG
	rand   *rand.Rand
	who    Person
	conds  [4]Condition
	buf    []byte
}

func newMaker(seed uint64) *maker {
	s := rand.NewPCG(seed, 0)
	return &maker{seed: seed, source: s, rand: rand.New(s)}
}

// person makes person i. It is overwritten by the next call.
func (m *maker) person(i int) *Person {
	m.source.Seed(m.seed, uint64(i)*0x9e3779b97f4a7c15+1)
	p := &m.who
	*p = Person{Index: i}
	m.bio(p)
	m.address(p)
	m.numbers(p)
	m.health(p)
	return p
}

// bio gives sex, name and birth.
func (m *maker) bio(p *Person) {
	r := m.rand
	given := givenMale
	p.Sex = 'M'
	if r.IntN(100) < 52 {
		given, p.Sex = givenFemale, 'F'
	}
	p.Given, p.Family = given[r.IntN(len(given))], families[r.IntN(len(families))]
	p.Middle = string(rune('A' + r.IntN(23)))
	year := firstBirthYear + r.IntN(lastAdultYear-firstBirthYear+1)
	if r.IntN(100) < 12 {
		year = firstMinorYear + r.IntN(lastBirthYear-firstMinorYear+1)
	}
	p.Birth = time.Date(year, time.January, 1+r.IntN(365), 0, 0, 0, 0, time.UTC)
}

// address gives home, telephone and e-mail. ZIP, town, State and area code agree.
func (m *maker) address(p *Person) {
	r := m.rand
	t := &towns[r.IntN(len(towns))]
	p.City, p.State, p.ZIP = t.city, t.state, t.zip
	b := strconv.AppendInt(m.buf[:0], int64(100+r.IntN(9800)), 10)
	b = append(append(b, ' '), streets[r.IntN(len(streets))]...)
	b = append(append(b, ' '), suffixes[r.IntN(len(suffixes))]...)
	if r.IntN(5) == 0 {
		b = strconv.AppendInt(append(b, " Apt "...), int64(1+r.IntN(40)), 10)
	}
	p.Street = string(b)
	b = append(append(append(b[:0], '('), t.area...), ") 555-01"...)
	p.Phone = string(appendPadded(b, uint64(r.IntN(100)), 2))
	b = appendFolded(b[:0], p.Given)
	b = appendFolded(append(b, '.'), p.Family)
	b = strconv.AppendInt(b, int64(p.Index), 10)
	p.Email = string(append(append(b, '@'), mailHosts[r.IntN(len(mailHosts))]...))
	m.buf = b
}

// numbers gives the identifiers. Each is the person's index, carried over the whole space of such numbers by a step
// that shares no factor with it, so that no two persons meet.
func (m *maker) numbers(p *Person) {
	const (
		mrns = 89_999_999
		ssns = 771 * 99 * 9999 // areas 001 to 772 without 666, which is what was given out before 2011
		mbis = 9 * 20 * 30 * 10 * 20 * 30 * 10 * 20 * 20 * 100
	)
	i := uint64(p.Index)
	b := appendPadded(m.buf[:0], 10_000_000+m.spread(i, 37_354_739, mrns), 8)
	p.MRN = string(b)
	p.Chart = string(appendPadded(append(b[:0], "LC-"...), 104_211+i*7, 6))
	p.SSN = string(appendSSN(b[:0], m.spread(i, 472_117_031, ssns)))
	if p.Birth.Year() <= medicareYear {
		p.Member = string(appendMBI(b[:0], m.spread(i, 7_236_120_439_189, mbis)))
	} else {
		p.Member = string(appendPadded(append(b[:0], 'W'), m.spread(i, 618_033_989, 999_999_937), 9))
	}
	p.ID = string(appendUUID(b[:0], m.rand.Uint64(), m.rand.Uint64()))
	m.buf = b
}

// spread carries i over a space, from a start of the seed's own.
func (m *maker) spread(i, step, space uint64) uint64 {
	hi, lo := bits.Mul64(i+m.seed%1_000_003+7_654_321, step)
	_, rest := bits.Div64(hi%space, lo, space)
	return rest
}

// health gives what the person is treated for: one to three everyday conditions, and for about one in three a
// sensitive one.
func (m *maker) health(p *Person) {
	r := m.rand
	p.Conditions = m.conds[:0]
	first := r.IntN(len(everyday))
	for k := range 1 + r.IntN(3) {
		p.Conditions = append(p.Conditions, everyday[(first+k*5)%len(everyday)])
	}
	adult, roll := !p.Minor(), r.IntN(100)
	for i := range sensitive {
		c := &sensitive[i]
		if roll -= c.percent; roll >= 0 {
			continue
		}
		if adult && (!c.women || p.Sex == 'F' && p.Birth.Year() >= 1981) {
			p.Conditions = append(p.Conditions, c.Condition)
		}
		return
	}
}
