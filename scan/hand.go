package scan

import (
	"context"
	"errors"
	"fmt"

	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/source"
)

// Hand reads what somebody else listed: a worker's part of a scan. It is for one goroutine; several may share Options.Turns, so that
// whoever is idle helps with a large item.
type Hand struct {
	src  source.Source
	o    Options
	send func(Parcel) error
}

// NewHand makes a hand that reads from src and sends what Read finds. Of the options the Ledger is not needed.
func NewHand(src source.Source, o Options, send func(Parcel) error) *Hand {
	o.defaults()
	return &Hand{src, o, send}
}

// Read reads one listed thing wholly, and sends the same parcels as Source would bring to the ledger: all but the one with Last are for
// Stage, that one is for Append. It returns an error only if send did, or the context ended: then the item must be read again.
func (h *Hand) Read(ctx context.Context, l source.Listed) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := h.turn(ctx); err != nil {
		return err
	}
	defer h.done()
	newWorker(h.src, h.o, func(p Parcel) {
		if ctx.Err() == nil {
			h.o.Progress.Wrote(p.Facts)
			if err := h.send(p); err != nil {
				cancel(err)
			}
		}
	}).listed(ctx, l)
	return context.Cause(ctx)
}

// turn waits until it is the hand's.
func (h *Hand) turn(ctx context.Context) error {
	select {
	case h.o.Turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (h *Hand) done() { <-h.o.Turns }

// Pieces tells into how many pieces an item is best cut for several hands; 0 where one should Read it whole, which tells what is wrong
// with it, too. The plan is opaque and holds no value. It goes to whoever reads a piece, of the same version of the program. Of a
// database's table it names the moment at which all pieces are read, which lasts as long as the source of whoever made the plan is open.
// The only errors are those of the context.
func (h *Hand) Pieces(ctx context.Context, item source.Item) (of []byte, n int, err error) {
	if h.o.Sample.Wanted() || item.Bytes >= 0 && item.Bytes < 2*format.PieceSize {
		return nil, 0, ctx.Err()
	}
	p := &plan{about: about{item: item, rules: h.o.Rules}}
	guarded(func() {
		w := h.worker()
		body, err := h.src.Open(ctx, item)
		if err != nil {
			return
		}
		defer body.Close() // whoever reads tells what it says
		c := w.choose(w.begin(item), w.inputOf(body))
		if c.reader != nil {
			p.n, p.reader = len(w.divide(c)), c.reader.Name()
		}
	})
	if p.n == 0 || ctx.Err() != nil {
		return nil, 0, ctx.Err()
	}
	return p.append(nil), p.n, nil
}

// worker makes one that sends nothing.
func (h *Hand) worker() *worker { return newWorker(h.src, h.o, func(Parcel) {}) }

// Piece reads the pieces from..to-1 of a plan, and gives the state of each, in order, for Join. A state holds no value. What cannot be
// read stands in the states as a gap; an error is that of the context, of give, or ErrPlan.
func (h *Hand) Piece(ctx context.Context, item source.Item, plan []byte, from, to int, give func(i int, state []byte) error) error {
	p, err := readPlan(plan, item, h.o.Rules)
	if err != nil || from < 0 || from >= to || to > p.n {
		return ErrPlan
	}
	if err := h.turn(ctx); err != nil {
		return err
	}
	defer h.done()
	r := &pieceReader{hand: h, ctx: ctx, plan: p, give: give, people: estate.NewPeople(0)}
	r.seed = h.o.Key.Derive(h.src.Repository().Name + "\x00" + item.Path)
	limited, cancel := context.WithTimeout(ctx, h.o.Limits.ItemTime)
	defer cancel()
	err = r.read(limited, from, to)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// pieceReader reads pieces of an item, and gives their states.
type pieceReader struct {
	hand   *Hand
	ctx    context.Context
	plan   *plan
	give   func(i int, state []byte) error
	seed   detect.Seed
	people *estate.People // of the pieces so far, which spare the later ones marks
	last   *state         // of the piece that was read last
}

// read reads pieces. The last state waits until the item was closed, which tells whether it changed.
func (r *pieceReader) read(ctx context.Context, from, to int) error {
	item := r.plan.item
	w := r.hand.worker()
	it := w.begin(item)
	body, err := r.hand.src.Open(ctx, item)
	if err != nil {
		return r.unopened(w, it, from, to, err)
	}
	closed := false
	defer func() {
		if !closed {
			body.Close()
		}
	}()
	var before []estate.Fact
	w.facts.send = func(p Parcel) { before = append(before, p.Facts...) }
	w.facts.begin(w.repository, item.Path)
	var c *chosen
	var inputs []portion
	fault := guarded(func() {
		c = w.choose(it, w.inputOf(body))
		if c.reader != nil {
			inputs = w.divide(c)
		}
	})
	w.facts.end()
	if fault != "" || len(inputs) != r.plan.n || c.reader.Name() != r.plan.reader {
		closed = true
		if err := body.Close(); fault == "" && !errors.Is(err, source.ErrChanged) {
			return ErrPlan
		}
		return r.unopened(w, it, from, to, &source.GapError{Reason: estate.GapChanging, Err: source.ErrChanged})
	}
	it.Read = 0
	for i := from; i < to; i++ {
		s := &state{number: i, opened: true, reader: r.plan.reader, seen: it.Evidence.Seen}
		w.budget = &budget{limits: w.o.Limits, size: item.Bytes}
		if fault := guarded(func() {
			s.piece = *w.piece(ctx, *it, c.reader, inputs[i], func(p *estate.People) { p.Bound(r.people) })
		}); fault != "" {
			return fmt.Errorf("piece %d of %s: a fault at %s; please report it", i, item.Path, fault)
		}
		s.spent.read, s.spent.things, s.spent.levels = w.budget.read, w.budget.things, w.budget.levels
		if i == 0 {
			s.facts = append(before, s.facts...)
		}
		r.people.Merge(s.people)
		if err := r.next(s); err != nil {
			return err
		}
	}
	closed = true
	r.last.end = endingOf(body.Close())
	return r.next(nil)
}

// next gives the state before, and keeps s.
func (r *pieceReader) next(s *state) error {
	last := r.last
	r.last = s
	if r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	if last == nil {
		return nil
	}
	b, err := last.append(r.plan.about.append(nil), &r.seed)
	if err != nil {
		return fmt.Errorf("piece %d of %s: %w", last.number, r.plan.item.Path, err)
	}
	return r.give(last.number, b)
}

// unopened gives the states of pieces that could not be opened.
func (r *pieceReader) unopened(w *worker, it *estate.Item, from, to int, cause error) error {
	for i := from; i < to; i++ {
		s := &state{number: i, seen: w.o.Now()}
		s.it = *it
		w.facts.send = func(p Parcel) { s.facts = append(s.facts, p.Facts...) }
		w.facts.begin(w.repository, it.Path)
		w.unread(it, cause)
		w.facts.end()
		if err := r.next(s); err != nil {
			return err
		}
	}
	return r.next(nil)
}
