package estate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/chartroom/chartroom/estate/packed"
	"github.com/chartroom/chartroom/phi"
)

// peopleFormat is the version of the stored form.
const peopleFormat = 1

// errPeople says that stored bytes are no sketch.
var errPeople = errors.New("not a people sketch, or a damaged one")

// MarshalBinary writes the sketch: version, capacity, limit, then the marks ascending as differences. Nobody may change what it gives.
func (p *People) MarshalBinary() ([]byte, error) {
	if p.shrink(); p.written != nil {
		return p.written, nil
	}
	return p.write(), nil
}

func (p *People) write() []byte {
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
	return b
}

// UnmarshalBinary reads what MarshalBinary wrote, and refuses anything else.
func (p *People) UnmarshalBinary(b []byte) error {
	q, err := ReadPeople(b)
	if err != nil {
		return err
	}
	q.written = nil // b is the caller's
	*p = *q
	return nil
}

// ReadPeople reads what MarshalBinary wrote, for who will store it again as it is: that need not be written anew. b must stay as it is.
func ReadPeople(b []byte) (*People, error) {
	r := packed.NewReader(b)
	capacity, limit, err := peopleHeader(r)
	if err != nil {
		return nil, err
	}
	p := NewPeople(capacity)
	n := r.Count(len(b), leastSighting)
	p.limit, p.held = limit, make(map[Mark]*sighting, min(n, DefaultCapacity))
	var seen []sighting
	var last Mark
	for i := 0; i < n && r.OK(); i++ {
		if len(seen) == 0 {
			seen = make([]sighting, min(n-i, mostAtOnce))
		}
		last += Mark(r.Uint(math.MaxUint64))
		seen[0].read(r)
		p.held[last], seen = &seen[0], seen[1:]
	}
	if !r.OK() {
		return nil, errPeople
	}
	if len(p.held) == n && n <= p.capacity && r.Done() {
		p.written = b
	}
	return p, nil
}

// MergeBinary merges a sketch as MarshalBinary wrote it, without making one of it. The marks come in their order, and those that p would
// not hold are not looked at. After an error the sketch is good for nothing.
func (p *People) MergeBinary(b []byte) error {
	r := packed.NewReader(b)
	_, limit, err := peopleHeader(r)
	if err != nil {
		return err
	}
	p.Cut(limit)
	var last Mark
	for range r.Count(len(b), leastSighting) {
		last += Mark(r.Uint(math.MaxUint64))
		if p.limit != 0 && uint64(last) >= p.limit && r.OK() {
			break // the others are larger
		}
		var s sighting
		s.read(r)
		if !r.OK() {
			return errPeople
		}
		p.add(last, &s)
	}
	if !r.OK() {
		return errPeople
	}
	if len(p.held) > 2*p.capacity {
		p.shrink()
	}
	return nil
}

// peopleHeader reads what stands before the marks.
func peopleHeader(r *packed.Reader) (capacity int, limit uint64, err error) {
	if v := r.Byte(math.MaxUint8); v != peopleFormat {
		return 0, 0, fmt.Errorf("%w: version %d", errPeople, v)
	}
	capacity, limit = int(r.Uint(math.MaxUint64)&0xffffff), r.Uint(math.MaxUint64)
	if !r.OK() {
		return 0, 0, errPeople
	}
	return capacity, limit, nil
}

const (
	// leastSighting is how many bytes a mark takes at least, with what was seen beside it.
	leastSighting = 6
	// mostAtOnce is for how many sightings room is made at once: bytes that promise many may not have them.
	mostAtOnce = 1 << 10
)

// read reads what was seen beside a mark.
func (s *sighting) read(r *packed.Reader) {
	flags := r.Byte(math.MaxUint8)
	s.minor, s.part2, s.n = flags&0x40 != 0, flags&0x80 != 0, flags&0x3f
	if s.n > maxLinks {
		r.Fail()
		return
	}
	for i := range s.n {
		s.links[i] = Mark(r.Uint64())
	}
	s.births = births{uint32(r.Uint(math.MaxUint32)), uint32(r.Uint(math.MaxUint32))}
	s.states, s.classes = r.Uint(math.MaxUint64), phi.Classes(r.Uint(math.MaxUint32))
}
