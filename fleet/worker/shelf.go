package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/source"
	sourceall "github.com/chartroom/chartroom/source/all"
)

// Bounds of the shelf.
const (
	shelfSize = 64
	shelfTime = 5 * time.Minute // that something is kept which nobody uses
	heldTime  = time.Hour       // the same, of a target of which others read pieces at a moment that this worker holds
)

// shelf keeps targets that were opened for as long as their run may need them.
type shelf struct {
	mu   sync.Mutex
	kept map[place]*opened
}

// place is what a target is kept by.
type place struct {
	run                int64
	address, custodian string
}

// opened is a target that was opened. Its sources may be used by several at once, as package source has it.
type opened struct {
	at     place
	label  string
	ctx    context.Context // of its sources: their connections end with it
	cancel context.CancelFunc
	ready  chan struct{} // closed when the rest is known

	sources []source.Source
	finders map[string]source.Finder
	own     map[*source.Rate]int64 // bounds that the address itself sets
	err     error

	users int // guarded by the shelf, as is what follows
	used  time.Time
	held  bool
}

// open gives the sources of a target, which is opened where it is not. It must be given back.
func (s *shelf) open(ctx context.Context, run int64, t *fleet.Target) (*opened, error) {
	at := place{run, t.Address, t.Custodian}
	s.mu.Lock()
	o := s.kept[at]
	if o == nil {
		if s.kept == nil {
			s.kept = map[place]*opened{}
		}
		s.makeRoom()
		o = &opened{at: at, label: t.Label, ready: make(chan struct{})}
		o.ctx, o.cancel = context.WithCancel(context.WithoutCancel(ctx))
		s.kept[at] = o
		go o.open()
	}
	o.users++
	s.mu.Unlock()
	select {
	case <-o.ready:
	case <-ctx.Done():
		s.giveBack(o)
		return nil, context.Cause(ctx)
	}
	if o.err != nil {
		s.drop(o) // whoever comes next tries again
		s.giveBack(o)
		return nil, o.err
	}
	return o, nil
}

// open opens it.
func (o *opened) open() {
	defer close(o.ready)
	o.finders, o.own = map[string]source.Finder{}, map[*source.Rate]int64{}
	o.err = guarded(func() (err error) {
		o.sources, err = sourceall.Open(o.ctx, o.at.address, o.at.custodian)
		return err
	})
	for _, src := range o.sources {
		o.finders[src.Repository().Name] = source.NewFinder(o.ctx, src)
		if r, ok := src.(source.Rated); ok {
			o.own[r.Rate()] = r.Rate().PerSecond()
		}
	}
}

// source gives one of its repositories.
func (o *opened) source(repository string) (source.Source, source.Finder, error) {
	for _, src := range o.sources {
		if src.Repository().Name == repository {
			return src, o.finders[repository], nil
		}
	}
	return nil, nil, errors.New("the target has no such repository here; does this worker see another place than the one that opened it?")
}

// bound sets how fast it may be read: the lower of what its address says and what the hub does.
func (o *opened) bound(told int64) {
	for r, own := range o.own {
		if own > 0 && told > 0 {
			r.Set(min(own, told))
		} else {
			r.Set(cmp.Or(own, told))
		}
	}
}

// hold keeps it until the run is over: somebody else reads at the moment that it shows.
func (s *shelf) hold(o *opened) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o.held = true
}

func (s *shelf) giveBack(o *opened) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o.users--
	o.used = time.Now()
	if s.kept[o.at] != o && o.users == 0 {
		o.cancel()
	}
}

// drop takes it from the shelf, so that the next who comes opens it anew.
func (s *shelf) drop(o *opened) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropLocked(o)
}

func (s *shelf) dropLocked(o *opened) {
	if s.kept[o.at] == o {
		delete(s.kept, o.at)
	}
	if o.users == 0 {
		o.cancel()
	}
}

// makeRoom closes what was not used for longest, where there is too much.
func (s *shelf) makeRoom() {
	for len(s.kept) >= shelfSize {
		var oldest *opened
		for _, o := range s.kept {
			if o.users == 0 && !o.held && (oldest == nil || o.used.Before(oldest.used)) {
				oldest = o
			}
		}
		if oldest == nil {
			return // all are at work: there are no more than slots, and those that are held
		}
		s.dropLocked(oldest)
	}
}

// sweep closes what nobody has used for long.
func (s *shelf) sweep(now time.Time) {
	s.closeThose(func(o *opened) bool {
		return now.Sub(o.used) > shelfTime && !o.held || now.Sub(o.used) > heldTime
	})
}

// end closes what was opened for a run.
func (s *shelf) end(run int64) { s.closeThose(func(o *opened) bool { return o.at.run == run }) }

// close closes all.
func (s *shelf) close() { s.closeThose(func(*opened) bool { return true }) }

// closeThose closes what is meant and not in use.
func (s *shelf) closeThose(meant func(*opened) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.kept {
		if o.users == 0 && meant(o) {
			s.dropLocked(o)
		}
	}
}

// bounds sets how fast the targets may be read, by label.
func (s *shelf) bounds(rates map[string]int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.kept {
		select {
		case <-o.ready:
			o.bound(rates[o.label])
		default: // whoever opens it sets the bound
		}
	}
}

// open opens the target of a shard, where this worker may.
func (w *Worker) open(o *outbox, t *fleet.Target, rate int64) (*opened, error) {
	if !allowed(w.Allow, t.Address) {
		return nil, fmt.Errorf("%w: %s", errNotAllowed, t.Label)
	}
	at, err := w.shelf.open(o.ctx, o.ticket.Run, t)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	told, known := w.rates[t.Label]
	w.mu.Unlock()
	if !known {
		told = rate
	}
	at.bound(told)
	return at, nil
}

// errNotAllowed says that the worker's own file keeps it from a place.
var errNotAllowed = errors.New("the file of this worker does not let it open that target (allow)")
