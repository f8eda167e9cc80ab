package fingerprint

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math/bits"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
	"github.com/dchest/siphash"
	"github.com/zeebo/blake3"
)

// Numbers shorter than this many characters mean something only in their own repository; longer ones of digits alone link
// records of the whole estate, but weakly; letters and digits mixed, or more than this many, link by themselves.
const (
	shortNumber  = 6
	strongNumber = 12
	maxNumber    = 200 // what is longer is cut
)

// Marker makes the marks of the persons of one repository, and the traces that they leave. It is for one goroutine. Each thing that a
// record says of its person is normalised and hashed once; marks and traces are put together of these hashes. Records of one person often
// follow each other, so it remembers its last answer, and by hashes with a seed of its own to what.
type Marker struct {
	keys  [numTags][2]uint64 // a key of its own for each kind of identifier, made from the secret
	place uint64             // hash of the repository
	buf   []byte
	marks []estate.Mark

	// What the last identity said, as hashes; 0 = nothing.
	numbers []numbered
	birth   uint64
	family  uint64
	initial byte // first letter of the given name

	seed      maphash.Seed
	lastFirst uint64 // of the first number of the last identity
	lastSum   uint64 // of all of it, 0 = was not needed yet

	again  bool           // the last person counted was the one before
	traced *estate.Traces // where the traces of the one before went
	traces []Traced
}

// numbered is a number of a person.
type numbered struct {
	hash uint64
	n    int  // characters that count
	both bool // letters and digits are among so many that they tell, and are not many enough to tell by themselves
}

// Marker makes a marker for the items of a repository.
func (k Key) Marker(repository string) *Marker {
	m := &Marker{buf: make([]byte, 0, 256), seed: maphash.MakeSeed()}
	h, _ := blake3.NewKeyed(k.secret[:]) // cannot fail: 32 bytes
	var out [32]byte
	for tag := range m.keys {
		h.Reset()
		h.WriteString("chartroom mark ")
		h.Write([]byte{byte(tag)})
		b := h.Sum(out[:0])
		m.keys[tag] = [2]uint64{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}
	}
	m.place = m.part('r', []byte(repository))
	return m
}

// numTags bounds the tags: of marks ASCII letters, of traces digits.
const numTags = 128

// Person makes the marks of the person of one record. ok is false where nothing in the record tells him from others.
// The marks are good until the next call.
func (m *Marker) Person(id *record.Identity) (p estate.Person, ok bool) {
	if !m.repeats(id) {
		m.make(id)
	}
	return m.person(id), len(m.marks) > 0
}

// person puts the marks together with what the record says besides.
func (m *Marker) person(id *record.Identity) estate.Person {
	birth := uint32(0)
	if m.birth != 0 {
		birth = uint32(m.mark('b', m.birth, 0)>>32) | 1
	}
	return estate.Person{Marks: m.marks, Birth: birth, States: id.States, Classes: id.Classes, Minor: id.Minor, Part2: id.Part2}
}

// Count counts the person of one record in a sketch, and gives a number that stands for him, 0 where nothing tells him from
// others. It does less than Person and People.Add: of most persons in a large table the sketch holds nothing.
func (m *Marker) Count(id *record.Identity, in *estate.People) uint64 {
	m.again = m.repeats(id)
	if !m.again {
		m.make(id)
	}
	if len(m.marks) == 0 {
		return 0
	}
	if in.Wants(m.marks) {
		in.Add(m.person(id))
	}
	return uint64(m.marks[0])
}

// repeats tells whether the identity is the same as the last one. Most persons differ in their first number already, so the
// rest is only hashed where that one stays the same.
func (m *Marker) repeats(id *record.Identity) bool {
	if len(id.IDs) > 0 {
		first := maphash.Bytes(m.seed, id.IDs[0].Value)
		if first != m.lastFirst {
			m.lastFirst, m.lastSum = first, 0
			return false
		}
	}
	sum := m.sum(id)
	same := sum == m.lastSum
	m.lastSum = sum
	return same
}

// sum hashes all of an identity that marks are made of.
func (m *Marker) sum(id *record.Identity) uint64 {
	sum := uint64(len(id.IDs))
	for i := range id.IDs {
		sum = m.step(sum+uint64(id.IDs[i].Kind), id.IDs[i].Value)
	}
	for _, v := range [...][]byte{id.Family, id.Given, id.Full, id.Birth, id.Email, id.Phone} {
		sum = m.step(sum, v)
	}
	return sum | 1
}

// step adds the hash of a value to a sum that knows their order.
func (m *Marker) step(sum uint64, v []byte) uint64 {
	const odd = 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio
	if len(v) != 0 {
		sum ^= maphash.Bytes(m.seed, v)
	}
	return sum * odd
}

// make makes the marks of an identity.
func (m *Marker) make(id *record.Identity) {
	m.marks, m.numbers, m.birth = m.marks[:0], m.numbers[:0], 0
	if d := day(m.buf[:0], id.Birth); len(d) > 0 {
		m.birth = m.part('0', d)
	}
	m.number(id.IDs)
	m.name(id)
	if len(m.marks) == 0 && len(id.Email) > 0 {
		m.add(m.mark('e', m.part('2', lower(m.buf[:0], id.Email)), 0))
	}
}

// name marks a name with what stands beside it: a date of birth, else a telephone number; a name alone is a weak mark.
func (m *Marker) name(id *record.Identity) {
	name := m.names(id)
	switch {
	case name == 0:
	case m.birth != 0:
		m.add(m.mark('n', both(name, m.birth), 0))
	case len(m.marks) > 0:
	case len(id.Phone) > 0:
		m.add(m.mark('p', both(name, m.part('1', digits(m.buf[:0], id.Phone))), 0))
	default:
		m.add(m.mark('f', name, estate.WeakMark))
	}
}

func (m *Marker) add(mark estate.Mark) {
	for _, have := range m.marks {
		if have == mark {
			return
		}
	}
	m.marks = append(m.marks, mark)
}

// number marks the numbers of a person. Accounts count only where there is no record number: a patient has one for each claim or visit.
func (m *Marker) number(ids []record.ID) {
	recorded := false
	for i := range ids {
		recorded = recorded || ids[i].Kind == phi.MRN
	}
	for i := range ids {
		v := compact(m.buf[:0], cut(ids[i].Value, maxNumber))
		n := numbered{n: len(v), both: len(v) > weakNumber && len(v) < strongNumber && mixed(v)}
		if n.n > 0 {
			n.hash = m.part('3', v)
		}
		m.numbers = append(m.numbers, n)
		if !recorded || ids[i].Kind != phi.Account {
			m.markNumber(&ids[i], n)
		}
	}
}

// markNumber marks a number of a person by its kind and by how much the number itself can tell persons apart.
func (m *Marker) markNumber(id *record.ID, n numbered) {
	bits := estate.Mark(0)
	if id.Kind == phi.MRN || id.Kind == phi.Account {
		bits = estate.NumberMark
	}
	switch {
	case id.Kind == phi.SSN:
		m.markSSN(id.Value, n)
	case n.n == 0:
	case id.Kind == phi.Account && n.n < shortNumber: // the number of an order or a visit
	case id.Local || n.n < shortNumber:
		m.add(m.mark(kindTag(id.Kind), both(n.hash, m.place), bits|estate.WeakMark))
	case id.Kind == phi.HealthPlanID:
		m.add(m.mark(kindTag(id.Kind), n.hash, estate.WeakMark)) // a subscriber's number is his family's too
	case n.n >= strongNumber || n.both:
		m.add(m.mark('i', n.hash, bits))
	default:
		m.add(m.mark(kindTag(id.Kind), n.hash, bits|estate.WeakMark))
	}
}

// markSSN marks a social security number, whatever stands between or beside its nine digits.
func (m *Marker) markSSN(v []byte, n numbered) {
	ssn := digits(m.buf[:0], cut(v, maxNumber))
	if len(ssn) != 9 {
		return
	}
	if plain := bytes.TrimLeft(ssn, "0"); len(plain) != n.n { // there are letters, too
		n.hash = m.part('3', plain)
	}
	m.add(m.mark('s', n.hash, 0))
}

// kindTag keeps apart numbers of different kinds that may by chance be equal. A patient's account number is often his record
// number under another name.
func kindTag(k phi.Kind) byte {
	if k == phi.Account {
		k = phi.MRN
	}
	return 'A' + byte(k)
}

// part makes the keyed hash of one thing that a record says, never 0.
func (m *Marker) part(tag byte, v []byte) uint64 {
	key := &m.keys[tag]
	return siphash.Hash(key[0], key[1], v) | 1
}

// mark makes a mark of the hash of what it is of. That is a secret; the mark is not, so that a public mixing stands between two parts of
// the key (Even and Mansour 1991): without them nobody finds out what else the hash was used for.
func (m *Marker) mark(tag byte, hash uint64, bits estate.Mark) estate.Mark {
	key := &m.keys[tag]
	return estate.Mark(mix(hash^key[0])^key[1])&^(estate.WeakMark|estate.NumberMark) | bits
}

// both puts two hashes together.
func both(a, b uint64) uint64 { return a ^ bits.RotateLeft64(b, 29)*0x9e3779b97f4a7c15 }

// mix is a mixing without a key (Stafford 2011, variant 13).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func mixed(b []byte) bool {
	var letter, digit bool
	for _, c := range b {
		if c >= '0' && c <= '9' {
			digit = true
		} else {
			letter = true
		}
	}
	return letter && digit
}
