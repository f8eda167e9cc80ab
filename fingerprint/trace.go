package fingerprint

import (
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
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

// Trace adds the traces of the person whom Count was just asked of, unless he is the one of the record before, and they are there.
func (m *Marker) Trace(id *record.Identity, to *estate.Traces) {
	if m.again && m.traced == to {
		return
	}
	m.traced = to
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
	if m.family != 0 && m.birth != 0 {
		m.trace(TraceNameBirth, m.family+uint64(m.initial), m.birth)
	}
	for i := range m.numbers[:min(len(m.numbers), maxNumbers)] {
		m.numberTraces(id.IDs[i].Kind, m.numbers[i])
	}
	if phone := tenDigits(m.buf[:0], id.Phone); len(phone) == 10 {
		n := m.part('1', phone)
		m.trace(TracePhone, n, 0)
		if m.family != 0 {
			m.trace(TracePhoneName, n, m.family)
		}
	}
	if len(id.Email) > 0 {
		m.trace(TraceEmail, m.part('2', lower(m.buf[:0], id.Email)), 0)
	}
	return m.traces
}

func (m *Marker) numberTraces(kind phi.Kind, n numbered) {
	strong := kind == phi.SSN && n.n >= weakNumber || n.n > weakNumber
	switch {
	case n.n < leastNumber:
		return
	case strong:
		m.trace(TraceNumber, n.hash, 0)
		return
	}
	if m.family != 0 {
		m.trace(TraceNumberName, n.hash, m.family)
	}
	if m.birth != 0 {
		m.trace(TraceNumberBirth, n.hash, m.birth)
	}
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

// trace makes a trace of one or two parts. They are secret and well mixed, so that a mixing without a key is enough to put them together.
func (m *Marker) trace(kind TraceKind, a, b uint64) {
	m.traces = append(m.traces, Traced{kind, max(mix(both(a, b)+uint64(kind+1)*0xd6e8feb86659fd93), 1)})
}
