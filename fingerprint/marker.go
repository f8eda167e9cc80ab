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
)

// Marker makes the marks of the persons of one item. It is for one goroutine, and it remembers marks of numbers (never the
// numbers), because records of one person follow each other.
type Marker struct {
	keys       [numTags][2]uint64 // a key of its own for each kind of identifier, made from the secret
	repository string
	buf        []byte
	marks      []estate.Mark
	seed       maphash.Seed
	seen       [1 << 12]seenMark
}

type seenMark struct {
	hash uint64
	mark estate.Mark
}

// Marker makes a marker for the items of a repository.
func (k Key) Marker(repository string) *Marker {
	m := &Marker{repository: repository, seed: maphash.MakeSeed()}
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

// numTags bounds the tags of marks, which are ASCII letters.
const numTags = 128

// Person makes the marks of the person of one record. ok is false where nothing in the record tells him from others.
// The marks are good until the next call.
func (m *Marker) Person(id *record.Identity) (p estate.Person, ok bool) {
	m.marks = m.marks[:0]
	birth, born := day(id.Birth)
	if born {
		p.Birth = uint32(m.remembered('b', birth, 0)>>32) | 1
	}
	for i := range id.IDs {
		m.number(&id.IDs[i])
	}
	if name := m.name(id); len(name) > 0 {
		m.named(id, name, birth)
	}
	if len(m.marks) == 0 && len(id.Email) > 0 {
		m.add(m.mark('e', lower(m.buf[:0], id.Email), 0))
	}
	p.Marks, p.States, p.Classes, p.Minor, p.Part2 = m.marks, id.States, id.Classes, id.Minor, id.Part2
	return p, len(p.Marks) > 0
}

// named marks a name with what stands beside it: a date of birth, else a telephone number; a name alone is a weak mark.
func (m *Marker) named(id *record.Identity, name, birth []byte) {
	n := len(name)
	switch {
	case len(birth) > 0:
		m.add(m.mark('n', append(append(name, '|'), birth...), 0))
	case len(m.marks) > 0:
	case len(id.Phone) > 0:
		m.add(m.mark('p', digits(append(name[:n], '|'), id.Phone), 0))
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

// number marks a number of a person by its kind and by how much the number itself can tell persons apart.
func (m *Marker) number(id *record.ID) {
	if id.Kind == phi.SSN {
		if ssn := digits(m.buf[:0], id.Value); len(ssn) == 9 {
			m.add(m.remembered('s', ssn, 0))
		}
		return
	}
	n := compact(m.buf[:0], id.Value)
	if len(n) == 0 {
		return
	}
	bits := estate.Mark(0)
	if id.Kind == phi.MRN {
		bits = estate.NumberMark
	}
	switch {
	case id.Local || len(n) < shortNumber:
		m.add(m.remembered(kindTag(id.Kind), append(append(n, '|'), m.repository...), bits|estate.WeakMark))
	case id.Kind == phi.HealthPlanID:
		m.add(m.remembered(kindTag(id.Kind), n, estate.WeakMark)) // a subscriber's number is his family's too
	case len(n) >= strongNumber || mixed(n) && len(n) > 8:
		m.add(m.remembered('i', n, bits))
	default:
		m.add(m.remembered(kindTag(id.Kind), n, bits|estate.WeakMark))
	}
}

// kindTag keeps apart numbers of different kinds that may by chance be equal.
func kindTag(k phi.Kind) byte { return 'A' + byte(k) }

// remembered is mark with a look first at the numbers that came before.
func (m *Marker) remembered(tag byte, v []byte, bits estate.Mark) estate.Mark {
	h := maphash.Bytes(m.seed, v) ^ uint64(tag)<<56 | 1
	slot := &m.seen[h>>8&(1<<12-1)]
	if slot.hash != h {
		*slot = seenMark{h, m.mark(tag, v, bits)}
	}
	return slot.mark
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
