// Package claim holds what an attacker shows as proof against the traces that the inventory kept: whose records are they, out of which
// repository, and from when. It is pure, sees no value, and never says more than the traces bear out: that nothing was met is no proof
// that nothing was taken.
package claim

import (
	"cmp"
	"errors"
	"slices"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fingerprint"
)

// Bounds of a sample: what is beyond them is not looked at, which the answer says.
const (
	MaxRecords = 100_000
	maxTraces  = 8_000_000
)

// ErrFull says that the sample holds as many records as are looked at.
var ErrFull = errors.New("the sample is larger than what is looked at")

// Sample is what somebody shows, record by record. The zero Sample is empty.
type Sample struct {
	records int
	doubles int // records that said what another had said
	names   map[uint64]bool
	asked   []asked
}

// asked is one trace of one record.
type asked struct {
	trace  estate.Trace
	record int32
	way    way
}

// way is a set of kinds of traces.
type way uint16

// pairs are the ways that tell one person from all others.
const pairs = way(1<<fingerprint.TraceEmail | 1<<fingerprint.TraceNameBirth | 1<<fingerprint.TraceNumberName | 1<<fingerprint.TraceNumberBirth | 1<<fingerprint.TracePhoneName)

func wayOf(t fingerprint.Traced) way { return 1 << t.Kind }

// Add adds a record. name is the same for two records that say the same, which count once. It returns ErrFull where the sample holds
// enough.
func (s *Sample) Add(name uint64, traces []fingerprint.Traced) error {
	if s.records >= MaxRecords || len(s.asked)+len(traces) > maxTraces {
		return ErrFull
	}
	if s.names == nil {
		s.names = map[uint64]bool{}
	}
	if s.names[name] {
		s.doubles++
		return nil
	}
	s.names[name] = true
	for _, t := range traces {
		s.asked = append(s.asked, asked{t.Trace, int32(s.records), wayOf(t)})
	}
	s.records++
	return nil
}

// Records is how many records say something of a person, and different things.
func (s *Sample) Records() int { return s.records }

// sorted gives the traces in order, each once, and behind each index who asks for it.
func (s *Sample) sorted() (traces []estate.Trace, by [][]asked) {
	slices.SortFunc(s.asked, func(a, b asked) int { return cmp.Or(cmp.Compare(a.trace, b.trace), cmp.Compare(a.record, b.record)) })
	for from := 0; from < len(s.asked); {
		to := from + 1
		for to < len(s.asked) && s.asked[to].trace == s.asked[from].trace {
			to++
		}
		traces, by = append(traces, s.asked[from].trace), append(by, s.asked[from:to])
		from = to
	}
	return traces, by
}
