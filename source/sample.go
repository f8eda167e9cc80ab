package source

import (
	"context"
	"io"
	"math/rand/v2"
)

// SampleRecords is how many records a sample has at least: what none of 1,000 shows stands in at most 0.3 % of all, by the rule of
// three. What has no more than twice as many is read whole.
const SampleRecords = 1000

// Draw is how a sample is drawn. The zero Draw draws none: all is read.
type Draw struct {
	Share float64 // of the records, above 0 and below 1
	Seed  uint64  // the same seed draws the same records of the same content
}

// Wanted tells whether a sample is to be drawn at all.
func (d Draw) Wanted() bool { return d.Share > 0 && d.Share < 1 }

// Of gives the share of so many records that a sample takes, 1 where reading all is as good.
func (d Draw) Of(records int64) float64 {
	if records <= 2*SampleRecords || d.Share >= 0.5 {
		return 1
	}
	return max(d.Share, SampleRecords/float64(records))
}

// Random makes a generator for an item, of which each draws other numbers.
func (d Draw) Random(item string) *rand.Rand {
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(item) {
		h = (h ^ uint64(item[i])) * 1099511628211
	}
	return rand.New(rand.NewPCG(d.Seed, h))
}

// Sampler is a source that can draw records itself: a server of databases.
type Sampler interface {
	// OpenSample opens an item as Open does, and reads only the records that the draw takes, each with the same chance wherever it stands.
	// What it opens is a Sampled, unless it is small or cannot be sampled, and is read whole.
	OpenSample(ctx context.Context, item Item, d Draw) (io.ReadCloser, error)
}

// Sampled is a content of which only a random sample of records is read.
type Sampled interface {
	// Share is the chance of each record.
	Share() float64
	// Drawn tells how many records were read, of how many. It is known when all was read.
	Drawn() (n, of int64)
}

// Scattered is an opened item that can read small parts at many places for what they cost, and keeps none of them.
type Scattered interface {
	Scattered() io.ReaderAt
}
