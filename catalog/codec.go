package catalog

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// errStored says that stored bytes do not follow their form.
var errStored = errors.New("a stored count or explanation is damaged")

// The forms of a stored tally: of exact counts a number each, of estimates the bounds, too.
const (
	tallyExact  = 1
	tallyBounds = 2
)

// packTally writes a tally; nil where nobody is counted.
func packTally(t estate.Tally) []byte {
	if t.Total == (estate.Count{}) {
		return nil
	}
	p := &packer{bounds: !t.Total.Exact()}
	form := byte(tallyExact)
	if p.bounds {
		form = tallyBounds
	}
	p.b = append(p.b, form)
	p.count(t.Total)
	p.count(t.Minors)
	p.count(t.Part2)
	p.number(uint64(len(t.States)))
	for _, s := range slices.Sorted(maps.Keys(t.States)) {
		p.number(uint64(s))
		p.count(t.States[s])
	}
	p.number(uint64(len(t.Classes)))
	for _, c := range slices.Sorted(maps.Keys(t.Classes)) {
		p.number(uint64(c))
		p.count(t.Classes[c])
	}
	return p.b
}

// unpackTally is the inverse of packTally.
func unpackTally(b []byte) (estate.Tally, error) {
	t := estate.Tally{States: map[phi.State]estate.Count{}, Classes: map[phi.Class]estate.Count{}}
	if len(b) == 0 {
		return t, nil
	}
	if b[0] != tallyExact && b[0] != tallyBounds {
		return t, errStored
	}
	u := &unpacker{b: b[1:], bounds: b[0] == tallyBounds}
	t.Total, t.Minors, t.Part2 = u.count(), u.count(), u.count()
	for range u.number() {
		if u.bad {
			break
		}
		s := phi.State(u.number())
		t.States[s] = u.count()
	}
	for range u.number() {
		if u.bad {
			break
		}
		c := phi.Class(u.number())
		t.Classes[c] = u.count()
	}
	if u.bad {
		return t, errStored
	}
	return t, nil
}

// packer appends numbers.
type packer struct {
	b      []byte
	bounds bool
}

func (p *packer) number(n uint64) { p.b = binary.AppendUvarint(p.b, n) }

func (p *packer) count(c estate.Count) {
	p.number(uint64(c.Estimate))
	if p.bounds {
		p.number(uint64(max(0, c.Estimate-c.Low)))
		p.number(uint64(max(0, c.High-c.Estimate)))
	}
}

// unpacker reads numbers and remembers that there were too few bytes.
type unpacker struct {
	b      []byte
	bounds bool
	bad    bool
}

func (u *unpacker) number() uint64 {
	v, n := binary.Uvarint(u.b)
	if n <= 0 {
		u.bad, u.b = true, nil
		return 0
	}
	u.b = u.b[n:]
	return v
}

func (u *unpacker) count() estate.Count {
	n := int64(u.number())
	c := estate.Count{Estimate: n, Low: n, High: n}
	if u.bounds {
		c.Low -= int64(u.number())
		c.High += int64(u.number())
	}
	return c
}

// because is a step of an explanation as it is stored: the word that holds its text, and how many values it rests on.
type because struct {
	word  int64
	count int64
}

func packWhy(steps []because) []byte {
	var b []byte
	for _, s := range steps {
		b = binary.AppendUvarint(b, uint64(s.word))
		b = binary.AppendUvarint(b, uint64(max(0, s.count)))
	}
	return b
}

func unpackWhy(b []byte) ([]because, error) {
	var out []because
	u := &unpacker{b: b}
	for len(u.b) > 0 {
		out = append(out, because{int64(u.number()), int64(u.number())})
	}
	if u.bad {
		return nil, errStored
	}
	return out, nil
}
