package scan

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/source"
)

// portion is what is read as a piece.
type portion struct {
	format.Input
	open source.Part // makes the body; nil where there is one, or Begin makes it
}

// portions makes portions of the pieces of an input.
func portions(inputs []format.Input) []portion {
	out := make([]portion, len(inputs))
	for i := range inputs {
		out[i].Input = inputs[i]
	}
	return out
}

// parted makes portions of an item that its source hands on in parts, the first of which is open.
func (w *worker) parted(in format.Input) []portion {
	out := []portion{{Input: in}}
	for _, p := range w.parts {
		out = append(out, portion{format.Input{Name: in.Name, Size: -1}, p})
	}
	return out
}

// pieces reads a large item in pieces, at once as far as workers are idle. Whatever the order in which they are done, they are put
// together in their own: the same item gives the same facts on one core and on many.
func (w *worker) pieces(ctx context.Context, it *estate.Item, r format.Reader, inputs []portion) {
	d := &division{worker: w, item: it, reader: r, inputs: inputs, done: make(map[int]*piece)}
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
	it.Read += d.more.Load()
	if d.first != nil {
		w.close(it, d.first.found)
	}
}

// division is an item on its way through many hands.
type division struct {
	worker *worker
	item   *estate.Item
	reader format.Reader
	inputs []portion
	more   atomic.Int64 // bytes of portions that were opened

	mu     sync.Mutex
	merged sync.Cond      // a piece was put to those before it
	next   int            // the next piece to be read
	done   map[int]*piece // those that wait for one before them
	count  int            // how many were put together
	first  *piece         // to which all are put
}

// piece is what was found in one piece.
type piece struct {
	*found
	facts []estate.Fact
	it    estate.Item
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
	p := d.read(ctx, d.inputs[i])
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done[i] = p
	for next := d.done[d.count]; next != nil; next = d.done[d.count] {
		delete(d.done, d.count)
		d.count++
		if where := guarded(func() { d.put(next) }); where != "" {
			d.worker.gap(d.item, estate.GapFault, "a fault at "+where+"; please report it")
			d.item.Evidence.Coverage = estate.Partial.String()
		}
	}
	d.merged.Broadcast()
	return true
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

// read reads one piece, as a worker of its own.
func (d *division) read(ctx context.Context, in portion) *piece {
	p := &piece{it: *d.item}
	w := newWorker(d.worker.src, d.worker.o, func(k parcel) { p.facts = append(p.facts, k.facts...) })
	w.budget = d.worker.budget
	w.facts.begin(w.repository, d.item.Path)
	p.found = w.output(ctx, &p.it, in.Name, in.Depth)
	d.bound(p)
	err := d.content(ctx, w, in, p.out)
	if err != nil {
		p.it.Evidence.Coverage = estate.Partial.String()
		w.failed(&p.it, err)
	}
	w.facts.end()
	return p
}

// content opens and reads what stands in a piece.
func (d *division) content(ctx context.Context, w *worker, in portion, out format.Output) error {
	if in.open != nil {
		body, err := in.open(ctx)
		if err != nil {
			return err
		}
		defer body.Close() // nothing in it can have changed that the item's own Close does not tell
		in.Body = &tallied{&counted{body, w.o.Progress, w.budget}, func(n int) { d.more.Add(int64(n)) }}
	}
	if err := in.Begin(); err != nil || len(in.Head) == 0 {
		return err
	}
	return run(ctx, d.reader, in.Input, out)
}

// bound spares a piece the marks that would be dropped when it is put to those before it.
func (d *division) bound(p *piece) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.first != nil {
		p.people.Bound(d.first.people)
	}
}

// put puts a piece to those before it.
func (d *division) put(p *piece) {
	if p.it.Evidence.Coverage != estate.All.String() {
		d.item.Evidence.Coverage = p.it.Evidence.Coverage
	}
	for _, f := range p.facts {
		switch {
		case f.Gap != nil:
			d.worker.facts.gap(f.Gap)
		case f.Item != nil:
			d.worker.facts.inner(f.Item)
		case f.Finding != nil:
			d.worker.facts.finding(f.Finding)
		case f.Traces != nil:
			d.worker.facts.traces(f.Traces)
		}
	}
	if d.first == nil {
		d.first = p
		return
	}
	d.first.item.Merge(p.item)
	d.first.people.Merge(p.people)
	d.first.traces.Merge(p.traces)
}
