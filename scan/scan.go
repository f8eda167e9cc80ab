// Package scan surveys repositories: it lists their items, reads what changed since the last time, and writes what it found
// to a ledger. It is one of the two bridges from values to facts: values come in from the readers, and only facts go out.
package scan

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/converter"
	"github.com/chartroom/chartroom/source"
)

// Ledger takes the facts of a scan. The catalog is one.
type Ledger interface {
	// Unchanged renews the evidence of an item, and of all that stands in it, if the ledger has it with the same version
	// mark and rules; otherwise the item must be read.
	Unchanged(ctx context.Context, repository, path, version, rules string) (estate.Renewal, error)
	// Append takes facts. All facts of one item come in one call, but for those that were staged, and are kept wholly or not at
	// all.
	Append(ctx context.Context, facts []estate.Fact) error
	// Stage takes a part of what stands within a top item: facts of inner items, and gaps. They count once Append brings the top
	// item itself, whose Parts says how many parts there are.
	Stage(ctx context.Context, part estate.Part, facts []estate.Fact) error
}

// Options say how to scan.
type Options struct {
	Engine  *detect.Engine
	Rules   string // names all that decides what is found; what was read under other rules is read again
	Key     fingerprint.Key
	Ledger  Ledger
	Sample  source.Draw // of what a random sample is read, where it can be drawn; a Seed of 0 is drawn anew
	Workers int         // how many items are read at once; 0 = one a core, and of a source.Remote source.RemoteWorkers
	Turns   Turns       // shared by scans that run at once, so that all of them together stay within it; nil = its own, of Workers
	Limits  Limits
	// Converters make text of what no reader understands. There are none unless the user names some.
	Converters []converter.Converter
	Progress   *Progress // may be nil
	// taste is where records go instead of being judged: of a sample nothing is kept.
	taste tasting
	// pieceSize is how much of a large item is read by itself, in bytes; 0 = format.PieceSize. It is another in tests.
	pieceSize int64
	Now       func() time.Time
}

// piece is how much of a large item is read by itself, in bytes.
func (o *Options) piece() int64 { return cmp.Or(o.pieceSize, format.PieceSize) }

// SampleRules names all that decides what is found in an item of which a sample was read: another share finds other things.
func (o *Options) SampleRules() string {
	return fmt.Sprintf("%s, a sample of %g", o.Rules, o.Sample.Share)
}

// Turns are how many may work at once: one stands in it for each that works at present.
type Turns chan struct{}

// NewTurns makes n turns.
func NewTurns(n int) Turns { return make(Turns, max(1, n)) }

// ListError says that a repository could not be listed. What was listed before was read.
type ListError struct{ Err error }

// Error tells what happened.
func (e *ListError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *ListError) Unwrap() error { return e.Err }

// Batches of facts: the ledger is written when so many are there (a parcel's weight), or so much time has gone.
const (
	flushWeight = 16 << 10
	flushTime   = time.Second
)

// Source surveys one repository, and tells how many things were listed: items, and things that are gaps from the start. It returns
// an error only if the listing (a ListError) or the ledger failed, or the context ended; what happened to single items is in the
// ledger as gaps.
func Source(ctx context.Context, src source.Source, o Options) (listed int64, err error) {
	if _, remote := src.(source.Remote); remote && o.Workers <= 0 {
		o.Workers = source.RemoteWorkers()
	}
	o.defaults()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs, parcels := make(chan source.Listed, 4*o.Workers), make(chan Parcel, 4*o.Workers)
	var listing, reading, writing sync.WaitGroup
	listing.Go(func() {
		defer close(jobs)
		var broke *ListError
		if listed, err = list(ctx, src, o, jobs); err != nil && !errors.As(err, &broke) {
			cancel(err)
		}
	})
	for range o.Workers {
		reading.Go(func() {
			w := newWorker(src, o, func(p Parcel) {
				select {
				case parcels <- p:
				case <-ctx.Done():
				}
			})
			for l := range jobs {
				o.Turns <- struct{}{}
				w.listed(ctx, l)
				<-o.Turns
			}
		})
	}
	writing.Go(func() {
		if err := write(ctx, o, parcels); err != nil {
			cancel(err)
			for range parcels { // let the readers end
			}
		}
	})
	listing.Wait()
	reading.Wait()
	close(parcels)
	writing.Wait()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if err != nil {
		return listed, fmt.Errorf("scan %s: %w", src.Repository().Name, err)
	}
	return listed, nil
}

func (o *Options) defaults() {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	o.Limits.defaults()
	if o.Turns == nil {
		o.Turns = NewTurns(o.Workers)
	}
	if o.Progress == nil {
		o.Progress = &Progress{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sample.Wanted() && o.Sample.Seed == 0 {
		var seed [8]byte
		rand.Read(seed[:]) // never fails
		o.Sample.Seed = binary.LittleEndian.Uint64(seed[:])
	}
}

// Unchanged renews what the ledger has of an item, where it need not be read.
func (o *Options) Unchanged(ctx context.Context, repository string, it source.Item) (estate.Renewal, error) {
	same, err := o.Ledger.Unchanged(ctx, repository, it.Path, it.Version, o.Rules)
	if err == nil && !same.Renewed && o.Sample.Wanted() { // a full reading is as good, a sample no better than itself
		same, err = o.Ledger.Unchanged(ctx, repository, it.Path, it.Version, o.SampleRules())
	}
	return same, err
}

// list hands out what must be read. What is unchanged is renewed here, by one goroutine, in the order of the listing.
func list(ctx context.Context, src source.Source, o Options, jobs chan<- source.Listed) (n int64, err error) {
	name := src.Repository().Name
	fault := error(nil) // of the ledger
	err = src.Items(ctx, func(l source.Listed) error {
		if l.Gap == nil || !l.Gap.Under {
			n++
		}
		if l.Gap == nil {
			o.Progress.listed(l.Item.Bytes)
			same, err := o.Unchanged(ctx, name, l.Item)
			if err != nil {
				fault = err
				return err
			}
			if same.Renewed {
				o.Progress.unchanged(l.Item.Bytes, 1+int(same.Inner))
				return nil
			}
		}
		select {
		case jobs <- l:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	if err != nil && fault == nil && ctx.Err() == nil {
		err = &ListError{err}
	}
	return n, err
}

// write brings the facts to the ledger in batches. What was found before the context ended is still written.
func write(ctx context.Context, o Options, parcels <-chan Parcel) error {
	ctx = context.WithoutCancel(ctx)
	tick := time.NewTicker(flushTime)
	defer tick.Stop()
	var batch []estate.Fact
	weight := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := o.Ledger.Append(ctx, batch)
		clear(batch)
		batch, weight = batch[:0], 0
		return err
	}
	for {
		select {
		case p, ok := <-parcels:
			if !ok {
				return flush()
			}
			o.Progress.Wrote(p.Facts)
			if !p.Last {
				if err := o.Ledger.Stage(ctx, p.Part, p.Facts); err != nil {
					return err
				}
				continue
			}
			batch = append(batch, p.Facts...)
			if weight += p.Weight(); weight >= flushWeight {
				if err := flush(); err != nil {
					return err
				}
			}
		case <-tick.C:
			if err := flush(); err != nil {
				return err
			}
		}
	}
}
