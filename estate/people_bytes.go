package estate

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/chartroom/chartroom/phi"
)

// peopleFormat is the version of the stored form.
const peopleFormat = 1

// errPeople says that stored bytes are no sketch.
var errPeople = errors.New("not a people sketch, or a damaged one")

// MarshalBinary writes the sketch: version, capacity, limit, then the marks ascending as differences.
func (p *People) MarshalBinary() ([]byte, error) {
	if len(p.held) > p.capacity {
		p.shrink()
	}
	marks := p.marks()
	b := make([]byte, 0, 16+24*len(marks))
	b = append(b, peopleFormat)
	b = binary.AppendUvarint(b, uint64(p.capacity))
	b = binary.AppendUvarint(b, p.limit)
	b = binary.AppendUvarint(b, uint64(len(marks)))
	var last Mark
	for _, m := range marks {
		s := p.held[m]
		b = binary.AppendUvarint(b, uint64(m-last))
		last = m
		flags := s.n
		if s.minor {
			flags |= 0x40
		}
		if s.part2 {
			flags |= 0x80
		}
		b = append(b, flags)
		for _, l := range s.links[:s.n] {
			b = binary.LittleEndian.AppendUint64(b, uint64(l))
		}
		b = binary.AppendUvarint(b, uint64(s.births[0]))
		b = binary.AppendUvarint(b, uint64(s.births[1]))
		b = binary.AppendUvarint(b, s.states)
		b = binary.AppendUvarint(b, uint64(s.classes))
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary wrote, and refuses anything else.
func (p *People) UnmarshalBinary(b []byte) error {
	r := &byteReader{b: b}
	if v := r.byte(); r.bad || v != peopleFormat {
		return fmt.Errorf("%w: version %d", errPeople, v)
	}
	q := NewPeople(int(r.uvarint() & 0xffffff))
	q.limit = r.uvarint()
	n := r.uvarint()
	if n > uint64(len(b)) {
		return errPeople
	}
	var last Mark
	for range n {
		last += Mark(r.uvarint())
		s := &sighting{}
		flags := r.byte()
		s.minor, s.part2, s.n = flags&0x40 != 0, flags&0x80 != 0, flags&0x3f
		if s.n > maxLinks {
			return errPeople
		}
		for i := range s.n {
			s.links[i] = Mark(r.uint64())
		}
		s.births = births{uint32(r.uvarint()), uint32(r.uvarint())}
		s.states, s.classes = r.uvarint(), phi.Classes(r.uvarint())
		if r.bad {
			return errPeople
		}
		q.held[last] = s
	}
	*p = *q
	return nil
}

// byteReader reads numbers and remembers that there were too few bytes.
type byteReader struct {
	b   []byte
	bad bool
}

func (r *byteReader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *byteReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *byteReader) uint64() uint64 {
	if len(r.b) < 8 {
		r.bad = true
		return 0
	}
	v := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return v
}
