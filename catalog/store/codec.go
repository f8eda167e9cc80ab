package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// ErrDamaged says that the file contradicts itself.
var ErrDamaged = errors.New("the catalog is damaged")

// The forms of a stored tally: of exact counts a number each, of estimates the bounds, too.
const (
	tallyExact  = 1
	tallyBounds = 2
)

// PackTally writes a tally: nil where nobody is counted.
func PackTally(t estate.Tally) []byte {
	if t.Total == (estate.Count{}) {
		return nil
	}
	p := &packer{b: []byte{tallyExact}}
	if !t.Total.Exact() {
		p.b[0], p.bounds = tallyBounds, true
	}
	p.count(t.Total)
	p.count(t.Minors)
	p.count(t.Part2)
	packCounts(p, t.States)
	packCounts(p, t.Classes)
	return p.b
}

// UnpackTally reads a stored tally; of nothing it is empty. Bytes that are none give an error that wraps ErrDamaged.
func UnpackTally(b []byte) (estate.Tally, error) {
	t := estate.Tally{States: map[phi.State]estate.Count{}, Classes: map[phi.Class]estate.Count{}}
	if len(b) == 0 {
		return t, nil
	}
	u := &unpacker{b: b[1:], bounds: b[0] == tallyBounds, bad: b[0] != tallyExact && b[0] != tallyBounds}
	t.Total, t.Minors, t.Part2 = u.count(), u.count(), u.count()
	unpackCounts(u, t.States)
	unpackCounts(u, t.Classes)
	return t, u.err("tally")
}

func packCounts[K phi.State | phi.Class](p *packer, counts map[K]estate.Count) {
	p.number(int64(len(counts)))
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		p.number(int64(k))
		p.count(counts[k])
	}
}

func unpackCounts[K phi.State | phi.Class](u *unpacker, into map[K]estate.Count) {
	for n := u.number(); n > 0 && !u.bad; n-- {
		k := K(u.number())
		into[k] = u.count()
	}
}

// Finding is a finding as it is stored.
type Finding struct {
	Field      int64 // number of the word
	Kind       phi.Kind
	Subject    phi.Subject
	Classes    phi.Classes
	Values     int64
	WellFormed int64
	People     int64
	Likelihood int64 // in LikelihoodUnit
	Why        []Because
}

// Because is a step of an explanation as it is stored.
type Because struct {
	Word  int64 // number of the word that holds the estate.Reason without its count, as JSON
	Count int64
}

// LikelihoodUnit is what a stored likelihood counts in: a ten thousandth.
const LikelihoodUnit = 10000

// PackFinding appends a finding.
func PackFinding(b []byte, f *Finding) []byte {
	p := &packer{b: b}
	for _, n := range []int64{f.Field, int64(f.Kind), int64(f.Subject), int64(f.Classes), f.Values, f.WellFormed, f.People, f.Likelihood,
		int64(len(f.Why))} {
		p.number(n)
	}
	for _, s := range f.Why {
		p.number(s.Word)
		p.number(s.Count)
	}
	return p.b
}

// UnpackFindings reads the findings of an item. Bytes that are none give an error that wraps ErrDamaged.
func UnpackFindings(b []byte) ([]Finding, error) {
	var out []Finding
	for u := (&unpacker{b: b}); len(u.b) > 0; {
		f := Finding{Field: u.number(), Kind: phi.Kind(u.number()), Subject: phi.Subject(u.number()), Classes: phi.Classes(u.number()),
			Values: u.number(), WellFormed: u.number(), People: u.number(), Likelihood: u.number()}
		n := u.number()
		if n < 0 || n > int64(len(u.b)) {
			u.bad = true
		}
		for ; n > 0 && !u.bad; n-- {
			f.Why = append(f.Why, Because{u.number(), u.number()})
		}
		if u.bad {
			return nil, u.err("finding")
		}
		out = append(out, f)
	}
	return out, nil
}

// packer appends numbers; none is below 0.
type packer struct {
	b      []byte
	bounds bool
}

func (p *packer) number(n int64) { p.b = binary.AppendUvarint(p.b, uint64(max(0, n))) }

func (p *packer) count(c estate.Count) {
	p.number(c.Estimate)
	if p.bounds {
		p.number(c.Estimate - c.Low)
		p.number(c.High - c.Estimate)
	}
}

// unpacker reads numbers and remembers that there were too few bytes.
type unpacker struct {
	b      []byte
	bounds bool
	bad    bool
}

func (u *unpacker) number() int64 {
	v, n := binary.Uvarint(u.b)
	if n <= 0 {
		u.bad, u.b = true, nil
		return 0
	}
	u.b = u.b[n:]
	return int64(v)
}

func (u *unpacker) count() estate.Count {
	n := u.number()
	c := estate.Count{Estimate: n, Low: n, High: n}
	if u.bounds {
		c.Low -= u.number()
		c.High += u.number()
	}
	return c
}

func (u *unpacker) err(what string) error {
	if u.bad {
		return fmt.Errorf("%w: a stored %s does not follow its form", ErrDamaged, what)
	}
	return nil
}
