package scan

import (
	"context"
	"sync"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/all"
	"github.com/chartroom/chartroom/source"
)

// portion is what is read as a piece.
type portion struct {
	format.Input
	open source.Part // makes the body; nil where there is one, or Begin makes it
}

// divide makes portions of a top item that is best read in pieces; nil where it is read whole.
func (w *worker) divide(c *chosen) []portion {
	if c.Depth > 0 || w.o.taste != nil {
		return nil
	}
	var out []portion
	if len(w.parts) > 0 {
		out = append(out, portion{Input: c.Input})
		for _, p := range w.parts {
			out = append(out, portion{format.Input{Name: c.Name, Size: -1}, p})
		}
		return out
	}
	if b := all.Borders(c.reader, c.Input); b != nil {
		for _, piece := range format.Divide(c.Input, b, w.o.piece()) {
			out = append(out, portion{Input: piece})
		}
	}
	return out
}

// pieces reads a large item in pieces, at once as far as workers are idle. Whatever the order in which they are done, they are put
// together in their own: the same item gives the same facts on one core and on many, and when others read its pieces (Hand).
func (w *worker) pieces(ctx context.Context, it *estate.Item, r format.Reader, inputs []portion) {
	it.Read = 0
	d := &division{whole: whole{worker: w, item: it}, begun: *it, reader: r, inputs: inputs, done: make(map[int]*piece)}
	d.merged.L = &d.mu
	var helpers sync.WaitGroup
	for more := true; more; more = d.turn(ctx) {
		select {
		case w.o.Turns <- struct{}{}: // somebody is idle
			helpers.Go(func() { d.help(ctx) })
		default:
		}
	}
	helpers.Wait()
	d.close()
}

// division is an item on its way through many hands.
type division struct {
	whole
	begun  estate.Item // the item before any piece was read
	reader format.Reader
	inputs []portion

	mu     sync.Mutex
	merged sync.Cond      // a piece was put to those before it
	next   int            // the next piece to be read
	done   map[int]*piece // those that wait for one before them
	count  int            // how many were put together
}

// piece is what was found in one piece.
type piece struct {
	*found
	facts []estate.Fact
	it    estate.Item // how it was read: coverage, bytes
}

// turn reads the next piece, and tells whether there was one. Nobody runs far ahead of a slow piece, since what waits costs memory.
func (d *division) turn(ctx context.Context) bool {
	d.mu.Lock()
	for d.next-d.count > 2*d.worker.o.Workers {
		d.merged.Wait()
	}
	i := d.next
	d.next++
	d.mu.Unlock()
	if i >= len(d.inputs) {
		return false
	}
	p := d.worker.piece(ctx, d.begun, d.reader, d.inputs[i], d.bound)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done[i] = p
	for next := d.done[d.count]; next != nil; next = d.done[d.count] {
		delete(d.done, d.count)
		d.count++
		d.put(next)
	}
	d.merged.Broadcast()
	return true
}

// bound spares a piece the marks that would be dropped when it is put to those before it.
func (d *division) bound(p *estate.People) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.first != nil {
		p.Bound(d.first.people)
	}
}

// help reads pieces as long as nobody else wants the turn.
func (d *division) help(ctx context.Context) {
	for more := true; more; {
		more = d.turn(ctx)
		<-d.worker.o.Turns
		select {
		case d.worker.o.Turns <- struct{}{}:
		default:
			return
		}
	}
	<-d.worker.o.Turns
}

// piece reads one piece of an item, by a worker of its own. bound may spare its sketch marks.
func (w *worker) piece(ctx context.Context, item estate.Item, r format.Reader, in portion, bound func(*estate.People)) *piece {
	p := &piece{it: item}
	one := newWorker(w.src, w.o, func(k Parcel) { p.facts = append(p.facts, k.Facts...) })
	one.budget = w.budget
	one.facts.begin(one.repository, item.Path)
	p.found = one.output(ctx, &p.it, in.Name, in.Depth)
	bound(p.people)
	err := one.content(ctx, &p.it, r, in, p.out)
	if err != nil {
		p.it.Evidence.Coverage = estate.Partial.String()
		one.failed(&p.it, err)
	}
	p.found.item.End() // while its marks can still be made
	one.facts.end()
	return p
}

// content opens and reads what stands in a piece.
func (w *worker) content(ctx context.Context, it *estate.Item, r format.Reader, in portion, out format.Output) error {
	if in.open != nil {
		body, err := in.open(ctx)
		if err != nil {
			return err
		}
		defer body.Close() // nothing in it can have changed that the item's own Close does not tell
		in.Body = &counted{body, w.o.Progress, w.budget}
	}
	if err := in.Begin(); err != nil || len(in.Head) == 0 {
		return err
	}
	read := &tailCount{r: in.Body}
	in.Body = read
	err := run(ctx, r, in.Input, out)
	it.Read = read.n
	return err
}

// whole is an item that is put together of its pieces, in their order.
type whole struct {
	worker *worker
	item   *estate.Item
	first  *piece // to which all are put
}

// put puts a piece to those before it.
func (h *whole) put(p *piece) {
	if where := guarded(func() { h.merge(p) }); where != "" {
		h.worker.gap(h.item, estate.GapFault, "a fault at "+where+"; please report it")
		h.item.Evidence.Coverage = estate.Partial.String()
	}
}

func (h *whole) merge(p *piece) {
	if p.it.Evidence.Coverage != estate.All.String() {
		h.item.Evidence.Coverage = p.it.Evidence.Coverage
	}
	h.item.Read += p.it.Read
	h.facts(p.facts)
	p.facts = nil
	if h.first == nil {
		h.first = p
		return
	}
	h.first.item.Merge(p.item)
	h.first.people.Merge(p.people)
	h.first.traces.Merge(p.traces)
	h.worker.traces(h.item, h.first.traces.Sealed())
}

// facts takes over what a piece brought.
func (h *whole) facts(facts []estate.Fact) {
	for _, f := range facts {
		switch {
		case f.Gap != nil:
			h.worker.facts.gap(f.Gap)
		case f.Item != nil:
			h.worker.facts.inner(f.Item)
		case f.Finding != nil:
			h.worker.facts.finding(f.Finding)
		case f.Traces != nil:
			h.worker.facts.traces(f.Traces)
		}
	}
}

// close tells what all pieces together are.
func (h *whole) close() {
	if h.first != nil {
		h.worker.close(h.item, h.first.found)
	}
}
