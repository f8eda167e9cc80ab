package fingerprint

import (
	"math/bits"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
	"github.com/dchest/siphash"
)

// TraceKind is a way in which a record can name its person. A sample of somebody's rarely has all columns, so one record leaves a
// trace for each way that it could be met again.
type TraceKind uint8

// The kinds. Pairs tell people apart where one of them alone does not: many hospitals have a patient 100231, and a John Smith.
const (
	TraceNumber      TraceKind = iota // a number of the person alone, if it is so long that strangers do not share it
	TracePhone                        // a telephone number alone
	TraceEmail                        // an e-mail address
	TraceNameBirth                    // family name, first letter of the given name, date of birth
	TraceNumberName                   // number and family name
	TraceNumberBirth                  // number and date of birth
	TracePhoneName                    // telephone number and family name
	NumTraceKinds
)

// String gives the kind in words.
func (k TraceKind) String() string {
	return [...]string{"number", "phone", "e-mail", "name and birth", "number and name", "number and birth", "phone and name"}[k]
}

// Traced is a trace and what it is of.
type Traced struct {
	Kind  TraceKind
	Trace estate.Trace
}

// Numbers of fewer characters than this leave no trace at all; up to weakNumber strangers share them, and they leave one with a name or a
// date of birth only.
const (
	leastNumber = 4
	weakNumber  = 8
	maxNumbers  = 8 // of one record that leave traces
)

// Trace adds the traces of the person whom Count was just asked of, unless he is the one of the record before.
func (m *Marker) Trace(id *record.Identity, to *estate.Traces) {
	if m.again {
		return
	}
	for _, t := range m.made(id) {
		to.Add(t.Trace)
	}
}

// Traces gives the traces of a record's person. They are the same whatever the repository, and good until the next call.
func (m *Marker) Traces(id *record.Identity) []Traced {
	if !m.repeats(id) {
		m.make(id)
	}
	return m.made(id)
}

// made makes the traces of the identity whose marks were made last.
func (m *Marker) made(id *record.Identity) []Traced {
	m.traces = m.traces[:0]
	family, initial := m.familyName(id)
	birth := uint64(0)
	if len(m.day) > 0 {
		birth = m.part('0', m.day)
	}
	if family != 0 && birth != 0 {
		m.trace(TraceNameBirth, family+uint64(initial), birth)
	}
	for i := range id.IDs[:min(len(id.IDs), maxNumbers)] {
		m.numberTraces(id.IDs[i].Kind, m.plain(i), family, birth)
	}
	if phone := tenDigits(m.buf[:0], id.Phone); len(phone) == 10 {
		n := m.part('1', phone)
		m.trace(TracePhone, n, 0)
		if family != 0 {
			m.trace(TracePhoneName, n, family)
		}
	}
	if len(id.Email) > 0 {
		m.trace(TraceEmail, m.part('2', lower(m.buf[:0], id.Email)), 0)
	}
	return m.traces
}

func (m *Marker) numberTraces(kind phi.Kind, n []byte, family, birth uint64) {
	if len(n) < leastNumber {
		return
	}
	strong := kind == phi.SSN && len(n) >= weakNumber || len(n) > weakNumber
	number := m.part('3', n)
	if strong {
		m.trace(TraceNumber, number, 0)
		return
	}
	if family != 0 {
		m.trace(TraceNumberName, number, family)
	}
	if birth != 0 {
		m.trace(TraceNumberBirth, number, birth)
	}
}

// familyName gives the hash of the family name, 0 where there is none, and the first letter of the given name.
func (m *Marker) familyName(id *record.Identity) (family uint64, initial byte) {
	f, g := id.Family, id.Given
	if len(f) == 0 && len(id.Full) > 0 {
		f, g = split(id.Full)
	}
	name := letters(m.buf[:0], cut(f))
	if len(name) > 0 {
		family = m.part('4', name)
	}
	if given := letters(name[:0], g[:min(len(g), 2)]); len(given) > 0 {
		initial = given[0]
	}
	return family, initial
}

// tenDigits gives the digits of a telephone number without the country's 1; nothing for one of those that are kept for fiction
// (555-0100 to 555-0199), as everybody who invents people shares them.
func tenDigits(dst, phone []byte) []byte {
	d := digits(dst, phone[:min(len(phone), 32)])
	if len(d) == 11 && d[0] == '1' {
		d = d[1:]
	}
	if len(d) == 10 && string(d[3:8]) == "55501" {
		return d[:0]
	}
	return d
}

// part makes the keyed hash of one thing that a record says, never 0.
func (m *Marker) part(tag byte, v []byte) uint64 {
	key := &m.keys[tag]
	return siphash.Hash(key[0], key[1], v) | 1
}

// trace makes a trace of one or two parts. Parts are secret and well mixed, so that a mixing without a key (Stafford 2011, variant 13) is
// enough to put them together.
func (m *Marker) trace(kind TraceKind, a, b uint64) {
	x := a ^ bits.RotateLeft64(b, 29)*0x9e3779b97f4a7c15 + uint64(kind+1)*0xd6e8feb86659fd93
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	x ^= x >> 31
	m.traces = append(m.traces, Traced{kind, max(x, 1)})
}
