package fingerprint

import (
	"encoding/binary"
	"hash/maphash"

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

// Marker makes the marks of the persons of one repository. It is for one goroutine. Records of one person often follow each other,
// so it remembers its last answer, and by hashes with a seed of its own to what.
type Marker struct {
	keys       [numTags][2]uint64 // a key of its own for each kind of identifier, made from the secret
	repository string
	buf        []byte
	marks      []estate.Mark
	day        []byte // of birth, normalised; empty = not known
	birth      uint32 // its fingerprint, 0 = not made yet
	flat       []byte // the numbers of the last identity as compact makes them, one behind the other
	ends       []int  // where each ends in it
	seed       maphash.Seed
	lastFirst  uint64 // of the first number of the last identity
	lastSum    uint64 // of all of it, 0 = was not needed yet

	again  bool // the last person counted was the one before
	traces []Traced
}

// Marker makes a marker for the items of a repository.
func (k Key) Marker(repository string) *Marker {
	m := &Marker{repository: repository, buf: make([]byte, 0, 256+len(repository)), seed: maphash.MakeSeed()}
	h, _ := blake3.NewKeyed(k.secret[:]) // cannot fail: 32 bytes
	var out [32]byte
	for tag := range m.keys {
		h.Reset()
		h.WriteString("chartroom mark ")
		h.Write([]byte{byte(tag)})
		b := h.Sum(out[:0])
		m.keys[tag] = [2]uint64{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}
	}
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
	if m.birth == 0 && len(m.day) > 0 {
		m.birth = uint32(m.mark('b', m.day, 0)>>32) | 1
	}
	return estate.Person{Marks: m.marks, Birth: m.birth, States: id.States, Classes: id.Classes, Minor: id.Minor, Part2: id.Part2}
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
		sum = m.mix(sum+uint64(id.IDs[i].Kind), id.IDs[i].Value)
	}
	for _, v := range [...][]byte{id.Family, id.Given, id.Full, id.Birth, id.Email, id.Phone} {
		sum = m.mix(sum, v)
	}
	return sum | 1
}

// mix adds the hash of a value to a sum that knows their order.
func (m *Marker) mix(sum uint64, v []byte) uint64 {
	const odd = 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio
	if len(v) != 0 {
		sum ^= maphash.Bytes(m.seed, v)
	}
	return sum * odd
}

// make makes the marks of an identity.
func (m *Marker) make(id *record.Identity) {
	m.marks, m.birth = m.marks[:0], 0
	m.day = day(m.day[:0], id.Birth)
	m.flat, m.ends = m.flat[:0], m.ends[:0]
	for i := range id.IDs {
		m.flat = compact(m.flat, id.IDs[i].Value[:min(len(id.IDs[i].Value), maxNumber)])
		m.ends = append(m.ends, len(m.flat))
	}
	m.numbers(id.IDs)
	if name := m.name(id); len(name) > 0 {
		m.named(id, name, m.day)
	}
	if len(m.marks) == 0 && len(id.Email) > 0 {
		m.add(m.mark('e', lower(m.buf[:0], id.Email), 0))
	}
}

// named marks a name with what stands beside it: a date of birth, else a telephone number; a name alone is a weak mark.
func (m *Marker) named(id *record.Identity, name, birth []byte) {
	switch {
	case len(birth) > 0:
		m.add(m.mark('n', append(append(name, '|'), birth...), 0))
	case len(m.marks) > 0:
	case len(id.Phone) > 0:
		m.add(m.mark('p', digits(append(name, '|'), id.Phone), 0))
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

// numbers marks the numbers of a person. Accounts count only where there is no record number: a patient has one for each claim or visit.
func (m *Marker) numbers(ids []record.ID) {
	recorded := false
	for i := range ids {
		recorded = recorded || ids[i].Kind == phi.MRN
	}
	for i := range ids {
		if !recorded || ids[i].Kind != phi.Account {
			m.number(&ids[i], m.plain(i))
		}
	}
}

// plain gives a number of the last identity as compact makes it.
func (m *Marker) plain(i int) []byte {
	if i == 0 {
		return m.flat[:m.ends[0]]
	}
	return m.flat[m.ends[i-1]:m.ends[i]]
}

// number marks a number of a person, n when compacted, by its kind and by how much the number itself can tell persons apart.
func (m *Marker) number(id *record.ID, n []byte) {
	if id.Kind == phi.SSN {
		if ssn := digits(m.buf[:0], id.Value[:min(len(id.Value), maxNumber)]); len(ssn) == 9 {
			m.add(m.mark('s', ssn, 0))
		}
		return
	}
	if len(n) == 0 {
		return
	}
	bits := estate.Mark(0)
	if id.Kind == phi.MRN || id.Kind == phi.Account {
		bits = estate.NumberMark
	}
	switch {
	case id.Kind == phi.Account && len(n) < shortNumber: // the number of an order or a visit
	case id.Local || len(n) < shortNumber:
		m.add(m.mark(kindTag(id.Kind), append(append(append(m.buf[:0], n...), '|'), m.repository...), bits|estate.WeakMark))
	case id.Kind == phi.HealthPlanID:
		m.add(m.mark(kindTag(id.Kind), n, estate.WeakMark)) // a subscriber's number is his family's too
	case len(n) >= strongNumber || len(n) > 8 && mixed(n):
		m.add(m.mark('i', n, bits))
	default:
		m.add(m.mark(kindTag(id.Kind), n, bits|estate.WeakMark))
	}
}

// kindTag keeps apart numbers of different kinds that may by chance be equal. A patient's account number is often his record
// number under another name.
func kindTag(k phi.Kind) byte {
	if k == phi.Account {
		k = phi.MRN
	}
	return 'A' + byte(k)
}

// mark puts a normalised identifier through the keyed function.
func (m *Marker) mark(tag byte, v []byte, bits estate.Mark) estate.Mark {
	key := &m.keys[tag]
	return estate.Mark(siphash.Hash(key[0], key[1], v))&^(estate.WeakMark|estate.NumberMark) | bits
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
