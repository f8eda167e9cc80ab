package scan

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/packed"
	"github.com/chartroom/chartroom/source"
)

// stateFormat is the version of plans and states. Those of another version are not read.
const stateFormat = 1

// Errors of what goes from one hand to another.
var (
	// ErrPlan says that a plan is none for the item, or was made by another version of the program or its rules.
	ErrPlan = errors.New("the plan of pieces does not fit the item, or is of another version of the program or its rules")
	// ErrState says that the state of a piece is damaged, of another item, or was made by another version of the program or its rules.
	ErrState = errors.New("the state of a piece is damaged, of another item, or of another version of the program or its rules")
)

// Bounds of what a plan or state may say.
const (
	mostPieces = 1 << 24
	mostText   = 1 << 16 // bytes of a path, a version mark, a name
	mostBytes  = 1 << 60
)

// about is what a plan or a state is of: an item as it was when it was cut, rules, and how many pieces there are.
type about struct {
	item  source.Item
	rules string // Options.Rules
	n     int    // 0 = not known yet, nor more of the item than its path
}

func (a *about) append(b []byte) []byte {
	b = append(b, stateFormat)
	for _, text := range []string{detect.RulesVersion, a.rules, a.item.Path, a.item.Version} {
		b = packed.AppendBytes(b, text)
	}
	b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(a.item.Bytes+1)), uint64(a.n))
	if a.item.Modified.IsZero() {
		return packed.AppendBools(b, false)
	}
	return binary.AppendVarint(packed.AppendBools(b, true), a.item.Modified.UnixNano())
}

// read reads what append wrote, and fails where it was of anything else.
func (a *about) read(r *packed.Reader) {
	same := r.Byte(math.MaxUint8) == stateFormat
	for _, text := range []string{detect.RulesVersion, a.rules, a.item.Path} {
		same = same && r.Text(mostText) == text
	}
	was := a.item
	was.Version = r.Text(mostText)
	was.Bytes = r.Int64(mostBytes) - 1
	n := int(r.Uint(mostPieces))
	timed := false
	if r.Bools(&timed); timed {
		was.Modified = time.Unix(0, r.Signed())
	}
	if a.n == 0 {
		a.item, a.n = was, n
	}
	if !same || n == 0 || n != a.n || was.Version != a.item.Version || was.Bytes != a.item.Bytes || !was.Modified.Equal(a.item.Modified) {
		r.Fail()
	}
}

// plan says how an item is cut.
type plan struct {
	about
	size   int64  // of a piece
	reader string // of the content
	source []byte // the source's own plan; none where the content itself tells where it can be cut
}

func (p *plan) append(b []byte) []byte {
	b = binary.AppendUvarint(p.about.append(b), uint64(p.size))
	return packed.AppendBytes(packed.AppendBytes(b, p.reader), p.source)
}

// readPlan reads the plan of an item, as it was then.
func readPlan(b []byte, item source.Item, rules string) (*plan, error) {
	p, r := &plan{about: about{item: source.Item{Path: item.Path, Ref: item.Ref}, rules: rules}}, packed.NewReader(b)
	p.about.read(r)
	p.size = r.Int64(mostBytes)
	p.reader, p.source = r.Text(mostText), r.Bytes(mostText)
	if !r.Done() {
		return nil, ErrPlan
	}
	return p, nil
}

// state is a piece on its way to where it is put to the others.
type state struct {
	piece
	number int
	opened bool   // else facts say why not, and there is nothing else
	reader string // of the content
	seen   time.Time
	end    ending
	spent  *budget
}

// ending is what was found when a content was closed.
type ending struct {
	changed bool
	fault   string // of closing it
}

func endingOf(err error) ending {
	switch {
	case err == nil:
		return ending{}
	case errors.Is(err, source.ErrChanged):
		return ending{changed: true}
	}
	return ending{fault: err.Error()}
}

// err gives what closing told.
func (e ending) err() error {
	switch {
	case e.changed:
		return source.ErrChanged
	case e.fault != "":
		return errors.New(e.fault)
	}
	return nil
}

func (s *state) append(b []byte, seed *detect.Seed) ([]byte, error) {
	b = packed.AppendBools(binary.AppendUvarint(b, uint64(s.number)), s.opened, s.end.changed, s.it.Evidence.Coverage == estate.All.String())
	b = packed.AppendBytes(packed.AppendBytes(b, s.end.fault), s.reader)
	b = binary.AppendUvarint(b, uint64(s.seen.UnixNano()))
	if s.opened {
		b = binary.AppendUvarint(s.spent.append(b), uint64(s.it.Read))
	}
	b, err := appendFacts(b, s.it.Path, s.facts)
	if err != nil || !s.opened {
		return b, err
	}
	people, err := s.people.MarshalBinary()
	if err != nil {
		return nil, err
	}
	return s.item.AppendState(s.traces.AppendState(packed.AppendBytes(b, people)), seed), nil
}

// readState reads the state of the piece of a number. Of its persons only those are taken that others have not made needless.
func (w *worker) readState(b []byte, of *about, number int, others *estate.People) (*state, error) {
	s, r := &state{number: number}, packed.NewReader(b)
	of.read(r)
	whole := false
	if r.Uint(mostPieces) != uint64(number) {
		r.Fail()
	}
	r.Bools(&s.opened, &s.end.changed, &whole)
	s.end.fault, s.reader = r.Text(mostText), r.Text(mostText)
	s.seen = time.Unix(0, r.Int64(math.MaxInt64))
	if s.opened {
		s.spent = readSpent(r)
		s.it.Read = r.Int64(mostBytes)
	}
	s.it.Evidence.Coverage = estate.Partial.String()
	if whole {
		s.it.Evidence.Coverage = estate.All.String()
	}
	var err error
	if s.facts, err = readFacts(r, estate.Part{Repository: w.repository, Path: of.item.Path}); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	if s.opened {
		s.found = &found{people: estate.NewPeople(0), traces: &estate.Traces{}}
		s.people.Bound(others)
		if err := s.people.MergeBinary(r.Bytes(math.MaxInt32)); err != nil {
			r.Fail()
		}
		s.traces.MergeState(r)
		s.item = w.o.Engine.Restore(of.item.Path, r)
	}
	if !r.Done() {
		return nil, ErrState
	}
	return s, nil
}

// What facts are written as.
const (
	noFact     byte = iota // there are no more
	ownSegment             // a segment of traces of the top item
	otherFacts             // a run of others
)

// appendFacts writes the facts that a piece brought.
func appendFacts(b []byte, path string, facts []estate.Fact) ([]byte, error) {
	own := func(f *estate.Fact) bool { return f.Traces != nil && f.Traces.Path == path }
	for len(facts) > 0 {
		if own(&facts[0]) {
			b = packed.AppendBytes(append(b, ownSegment), facts[0].Traces.Set)
			facts = facts[1:]
			continue
		}
		n := 1
		for n < len(facts) && !own(&facts[n]) {
			n++
		}
		var run bytes.Buffer
		if err := gob.NewEncoder(&run).Encode(facts[:n]); err != nil {
			return nil, err
		}
		b = packed.AppendBytes(append(b, otherFacts), run.Bytes())
		facts = facts[n:]
	}
	return append(b, noFact), nil
}

func readFacts(r *packed.Reader, of estate.Part) (facts []estate.Fact, err error) {
	for {
		switch r.Byte(otherFacts) {
		case noFact:
			return facts, nil
		case ownSegment:
			facts = append(facts, estate.Fact{Traces: &estate.TraceSet{Repository: of.Repository, Path: of.Path, Set: estate.ReadSegment(r)}})
		case otherFacts:
			var run []estate.Fact
			if err := gob.NewDecoder(bytes.NewReader(r.Bytes(math.MaxInt32))).Decode(&run); err != nil {
				return nil, err
			}
			p := Parcel{Part: of, Facts: run}
			if err := p.Check(); err != nil {
				return nil, err
			}
			facts = append(facts, run...)
		}
	}
}

// append writes what was spent.
func (b *budget) append(to []byte) []byte {
	to = binary.AppendUvarint(binary.AppendUvarint(to, uint64(b.read)), uint64(b.things))
	to = binary.AppendUvarint(to, uint64(len(b.levels)))
	for _, n := range b.levels {
		to = binary.AppendUvarint(to, uint64(n))
	}
	return to
}

// mostLevels is how deep things may stand in things in a state.
const mostLevels = 1 << 10

func readSpent(r *packed.Reader) *budget {
	b := &budget{read: r.Int64(mostBytes), things: r.Int64(mostBytes)}
	for range r.Count(mostLevels, 1) {
		b.levels = append(b.levels, r.Int64(mostBytes))
	}
	return b
}
