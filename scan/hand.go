package scan

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// Hand reads what somebody else listed: a worker's part of a scan. It is for one goroutine; several may share Options.Turns, so that
// whoever is idle helps with a large item.
type Hand struct {
	src  source.Source
	o    Options
	send func(Parcel) error
	take func(Parcel) // what the reading of an item brings
	all  *worker      // reads one item after the other
}

// NewHand makes a hand that reads from src and sends what Read finds. Of the options the Ledger is not needed; of Progress bytes alone are
// counted, and who takes the parcels counts the rest.
func NewHand(src source.Source, o Options, send func(Parcel) error) *Hand {
	o.defaults()
	h := &Hand{src: src, o: o, send: send}
	h.all = newWorker(src, o, func(p Parcel) { h.take(p) })
	return h
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
	h.take = func(p Parcel) {
		if ctx.Err() == nil {
			if err := h.send(p); err != nil {
				cancel(err)
			}
		}
	}
	h.all.listed(ctx, l)
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
	p := &plan{about: about{item: item, rules: h.o.Rules}, size: h.o.piece()}
	if !h.o.Sample.Wanted() {
		guarded(func() { h.plan(ctx, p) })
	}
	if p.n < 2 || ctx.Err() != nil {
		return nil, 0, ctx.Err()
	}
	return p.append(nil), p.n, nil
}

// plan finds how an item is cut.
func (h *Hand) plan(ctx context.Context, p *plan) {
	var err error
	if s, ok := h.src.(source.Sharer); ok {
		if p.source, p.n, err = s.Share(ctx, p.item); err != nil || p.n > 0 {
			return
		}
	}
	if p.item.Bytes >= 0 && p.item.Bytes < 2*h.o.piece() {
		return
	}
	w := h.worker()
	body, err := h.src.Open(ctx, p.item)
	if err != nil {
		return
	}
	defer body.Close() // whoever reads tells what it says
	c := w.choose(w.begin(p.item), w.inputOf(body))
	if c.reader != nil {
		p.n, p.reader = len(w.divide(c)), c.reader.Name()
	}
}

// worker makes one that sends nothing.
func (h *Hand) worker() *worker { return newWorker(h.src, h.o, func(Parcel) {}) }

// Piece reads the pieces from..to-1 of a plan, and gives the state of each, in order, for Join. The item is as it is now: where that is not what
// was planned, or it changes, the states say so. A state holds no value. What cannot be read stands in the states as a gap; an error is
// that of the context, of give, or ErrPlan.
func (h *Hand) Piece(ctx context.Context, item source.Item, plan []byte, from, to int, give func(i int, state []byte) error) error {
	p, err := readPlan(plan, item, h.o.Rules)
	if err != nil || p.size != h.o.piece() || from < 0 || from >= to || to > p.n {
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
	switch {
	case len(p.source) > 0:
	case item.Version != p.item.Version || item.Bytes != p.item.Bytes:
		err = r.unopened(h.worker(), from, to, errChanged)
	default:
		err = r.cut(limited, from, to)
	}
	for i := from; i < to && err == nil && len(p.source) > 0; i++ {
		err = r.shared(limited, i)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// errChanged says that an item is not what was planned any more.
var errChanged = &source.GapError{Reason: estate.GapChanging, Err: source.ErrChanged}

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

// opened is a content that pieces are read from.
type opened struct {
	worker *worker
	item   *estate.Item // before any piece was read
	body   io.ReadCloser
	chosen *chosen
	before []estate.Fact // that choosing a reader brought
}

// open opens a content, and chooses its reader. There is a fault where that is ours, or none fits.
func (r *pieceReader) open(ctx context.Context, w *worker, open source.Part) (*opened, error) {
	body, err := open(ctx)
	if err != nil {
		return nil, err
	}
	o := &opened{worker: w, item: w.begin(r.plan.item), body: body}
	w.facts.send = func(p Parcel) { o.before = append(o.before, p.Facts...) }
	w.facts.begin(w.repository, r.plan.item.Path)
	if fault := guarded(func() { o.chosen = w.choose(o.item, w.inputOf(body)) }); fault != "" {
		body.Close()
		return nil, &source.GapError{Reason: estate.GapFault, Err: errors.New("a fault at " + fault + "; please report it")}
	}
	w.facts.end()
	o.item.Read = 0
	return o, nil
}

// shared reads a piece that its source hands on by itself.
func (r *pieceReader) shared(ctx context.Context, i int) error {
	s, ok := r.hand.src.(source.Sharer)
	if !ok {
		return ErrPlan
	}
	w := r.hand.worker()
	o, err := r.open(ctx, w, func(ctx context.Context) (io.ReadCloser, error) {
		return s.OpenShared(ctx, r.plan.item, r.plan.source, i)
	})
	if err == nil && o.chosen.reader == nil {
		err = &source.GapError{Reason: estate.GapFault, Err: errors.New("no reader takes what the source hands on")}
		o.body.Close()
	}
	if err != nil {
		return r.unopened(w, i, i+1, err)
	}
	if err := r.piece(ctx, o, i, portion{Input: o.chosen.Input}); err != nil {
		o.body.Close()
		return err
	}
	return r.close(o.body)
}

// cut reads pieces of a content that tells itself where it can be cut. Where it is not what it was, the item has changed.
func (r *pieceReader) cut(ctx context.Context, from, to int) error {
	w := r.hand.worker()
	o, err := r.open(ctx, w, func(ctx context.Context) (io.ReadCloser, error) { return r.hand.src.Open(ctx, r.plan.item) })
	if err != nil {
		return r.unopened(w, from, to, err)
	}
	var inputs []portion
	if c := o.chosen; c.reader != nil && c.reader.Name() == r.plan.reader {
		inputs = w.divide(c)
	}
	if len(inputs) != r.plan.n {
		if err := o.body.Close(); !errors.Is(err, source.ErrChanged) {
			return ErrPlan
		}
		return r.unopened(w, from, to, errChanged)
	}
	for i := from; i < to; i++ {
		w.begin(r.plan.item) // what a piece spends is told by itself
		if err := r.piece(ctx, o, i, inputs[i]); err != nil {
			o.body.Close()
			return err
		}
	}
	return r.close(o.body)
}

// piece reads one piece.
func (r *pieceReader) piece(ctx context.Context, o *opened, i int, in portion) error {
	w := o.worker
	s := &state{number: i, opened: true, reader: o.chosen.reader.Name(), seen: o.item.Evidence.Seen}
	fault := guarded(func() {
		s.piece = *w.piece(ctx, *o.item, o.chosen.reader, in, func(p *estate.People) { p.Bound(r.people) })
	})
	if fault != "" {
		return fmt.Errorf("piece %d of %s: a fault at %s; please report it", i, r.plan.item.Path, fault)
	}
	s.spent = w.budget
	if i == 0 {
		s.facts = append(o.before, s.facts...)
	}
	r.people.Merge(s.people)
	return r.next(s)
}

// close closes what pieces were read from, and gives the last state with what that tells.
func (r *pieceReader) close(body io.Closer) error {
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
func (r *pieceReader) unopened(w *worker, from, to int, cause error) error {
	it := w.begin(r.plan.item)
	var known *source.GapError
	changed := errors.As(cause, &known) && known.Reason == estate.GapChanging
	for i := from; i < to; i++ {
		s := &state{number: i, seen: w.o.Now(), end: ending{changed: changed}}
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
