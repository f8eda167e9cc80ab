// Package demo makes synthetic people, and the files of a small synthetic estate in which they are patients: a
// hospital group (Meridian), a clinic chain that it bought (Lakeside Clinics), and a vendor that still holds the
// clinics' unmigrated archive (Harbor Archive). Everybody and everything in it is invented.
//
// The same seed gives the same bytes on every machine (but for one zip file, which is compressed by the Go release at
// hand). Write returns the truth beside the files, so that a test can
// hold an inventory against it; the Append functions give the same kinds of records one at a time, for benchmarks.
package demo

import (
	"fmt"
	"time"
)

// Options says what to make. The zero value is the estate of `chartroom demo`.
type Options struct {
	Seed   uint64 // 0 is a seed as good as any other
	People int    // how many different persons the whole estate knows; 0 = DefaultPeople
}

// DefaultPeople gives an estate of a few megabytes.
const DefaultPeople = 1500

// The custodians, which are the top folders of the estate.
const (
	Meridian = "meridian" // the acquirer
	Lakeside = "lakeside" // the acquired clinic chain
	Harbor   = "harbor"   // the vendor that holds the archive
)

// asOf is the day on which the estate stands still. It is fixed, so that the same seed gives the same bytes.
var asOf = time.Date(2025, time.December, 31, 0, 0, 0, 0, time.UTC)

// archived is the day on which the archive was made.
var archived = time.Date(2019, time.September, 30, 0, 0, 0, 0, time.UTC)

// Write makes the estate in the folder, which it creates, and returns what is true of it. It overwrites files of the
// same names and removes nothing.
func Write(dir string, o Options) (Estate, error) {
	if o.People <= 0 {
		o.People = DefaultPeople
	}
	w := newWriter(dir, o)
	for _, part := range []func(*writer, *cast){writeMeridian, writeLakeside, writeHarbor} {
		part(w, newCast(o))
	}
	if w.err == nil {
		w.err = writeAccess(dir, o.Seed)
	}
	if w.err != nil {
		return Estate{}, fmt.Errorf("write the demo estate in %s: %w", dir, w.err)
	}
	return w.estate(), nil
}

// cast tells who is a patient of whom. The custodians share patients, as they do after a merger: some of Lakeside's
// were Meridian's before, and the archive holds a few who still come to both.
type cast struct {
	seed                       uint64
	meridian, lakeside, harbor []span
}

// span is a run of the population, from its first person to before its last.
type span struct{ from, to int }

func newCast(o Options) *cast {
	at := func(percent int) int { return o.People * percent / 100 }
	return &cast{
		seed:     o.Seed,
		meridian: []span{{0, at(60)}},
		lakeside: []span{{at(45), at(80)}},
		harbor:   []span{{at(50), at(55)}, {at(70), o.People}},
	}
}

// each calls fn with every person of the runs whom want takes; a nil want takes all.
func (c *cast) each(runs []span, want func(*Person) bool, fn func(*Person)) {
	m := newMaker(c.seed)
	for _, r := range runs {
		for i := r.from; i < r.to; i++ {
			if p := m.person(i); want == nil || want(p) {
				fn(p)
			}
		}
	}
}
