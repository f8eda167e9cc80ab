package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/source"
	sourceall "github.com/chartroom/chartroom/source/all"
)

// work is a shard that is being worked at.
type work struct {
	*outbox
	job     *job
	claimed *fleet.Claimed
	spec    *fleet.Spec
	at      *opened
	src     source.Source
	finder  source.Finder
	options scan.Options
}

// do does a shard. Its error is errStopped, or says why it must be done again.
func (w *Worker) do(o *outbox, j *job, c *fleet.Claimed) error {
	k := &work{outbox: o, job: j, claimed: c, spec: &c.Spec}
	if k.spec.Kind == fleet.Open {
		return k.openTarget()
	}
	at, err := w.open(o, &k.spec.Target, c.Rate)
	if err != nil {
		return err
	}
	k.at = at
	defer w.shelf.giveBack(at)
	if k.src, k.finder, err = at.source(k.spec.Repository); err != nil {
		return err
	}
	k.options = j.options(w, &k.spec.Target)
	k.options.Progress = o.read
	if _, remote := k.src.(source.Remote); remote {
		k.options.Turns = w.remote
	}
	switch k.spec.Kind {
	case fleet.List:
		return k.list()
	case fleet.Read:
		return k.readItems()
	case fleet.Pieces:
		return k.pieces()
	case fleet.Grants:
		return k.grants()
	}
	return fmt.Errorf("%w: a shard of an unknown kind; is the hub newer than this worker?", fleet.ErrWords)
}

// openTarget opens a target, and tells its repositories. That it cannot be opened is an answer, too.
func (k *work) openTarget() error {
	at, err := k.w.open(k.outbox, &k.spec.Target, k.claimed.Rate)
	if k.ctx.Err() != nil {
		return context.Cause(k.ctx)
	}
	if err != nil {
		return k.finish(func(d *fleet.Delivery) {
			d.Failure = err.Error()
			var te *source.TargetError
			if errors.As(err, &te) && te.Repository.Name != "" {
				d.Closed = &te.Repository
			}
		})
	}
	defer k.w.shelf.giveBack(at)
	return k.finish(func(d *fleet.Delivery) {
		for _, src := range at.sources {
			d.Repositories = append(d.Repositories, src.Repository())
			d.Warnings = append(d.Warnings, sourceall.Warnings(src)...)
		}
	})
}

// list tells what the repository lists, in its order. The listing belongs to the target: what it holds on to lasts until that is closed.
func (k *work) list() error {
	fault := ""
	err := guarded(func() error {
		return k.src.Items(k.at.ctx, func(l source.Listed) error {
			out := fleet.Listed{Path: l.Item.Path, Version: l.Item.Version, Bytes: l.Item.Bytes, Modified: l.Item.Modified, Gap: l.Gap}
			return k.put(1+(len(out.Path)+len(out.Version))/unitBytes, func(d *fleet.Delivery) { d.Listed = append(d.Listed, out) })
		})
	})
	switch {
	case k.ctx.Err() != nil:
		return context.Cause(k.ctx)
	case err != nil:
		fault = strings.TrimPrefix(err.Error(), "list "+k.spec.Repository+": ")
	}
	return k.finish(func(d *fleet.Delivery) { d.Complete, d.Fault = err == nil, fault })
}

// grants tells who may do what with the repository.
func (k *work) grants() error {
	told, err := scan.Grants(k.ctx, k.src, granted{k})
	if err != nil {
		return err
	}
	return k.finish(func(d *fleet.Delivery) { d.Complete = told })
}

// granted is a ledger that takes grants to the hub.
type granted struct{ k *work }

// Append puts grants into a delivery. Their slice is the collector's own.
func (g granted) Append(_ context.Context, facts []estate.Fact) error {
	p := scan.Parcel{Part: estate.Part{Repository: g.k.spec.Repository}, Facts: append([]estate.Fact(nil), facts...), Last: true}
	return g.k.put(p.Weight(), func(d *fleet.Delivery) { d.Parcels = append(d.Parcels, p) })
}

// Unchanged knows nothing.
func (granted) Unchanged(context.Context, string, string, string, string) (r estate.Renewal, err error) {
	return r, nil
}

// Stage is not called: grants come whole.
func (granted) Stage(context.Context, estate.Part, []estate.Fact) error {
	return errors.ErrUnsupported
}

// readItems reads the items that are not done yet: one after the other, and of a source behind a network several at once.
func (k *work) readItems() error {
	todo := make(chan int)
	hands := 1
	if _, remote := k.src.(source.Remote); remote {
		hands = max(1, cap(k.w.remote)/k.w.Slots)
	}
	var reading sync.WaitGroup
	for range min(hands, len(k.spec.Items)) {
		reading.Go(func() {
			if err := guarded(func() error { return k.hand(todo) }); err != nil {
				k.cancel(err)
				for range todo { // let whoever hands out end
				}
			}
		})
	}
	for i := range k.spec.Items {
		if bit(k.claimed.Done, i) {
			continue
		}
		select {
		case todo <- i:
			continue
		case <-k.ctx.Done():
		}
		break
	}
	close(todo)
	reading.Wait()
	if k.ctx.Err() != nil {
		return context.Cause(k.ctx)
	}
	return k.finish(nil)
}

// hand reads items.
func (k *work) hand(todo <-chan int) error {
	item := 0
	h := scan.NewHand(k.src, k.options, func(p scan.Parcel) error { return k.parcel(p, item) })
	for item = range todo {
		if err := k.item(h, item); err != nil {
			return err
		}
	}
	return nil
}

// item reads one item, or says how it is to be cut.
func (k *work) item(h *scan.Hand, i int) error {
	l := k.spec.Items[i].Source()
	if l.Gap == nil {
		it, err := k.finder.Find(k.ctx, l.Item)
		var gap *source.GapError
		switch {
		case errors.As(err, &gap):
			l = source.Listed{Gap: &estate.Gap{Path: l.Item.Path, Reason: gap.Reason, Detail: gap.Err.Error(), Bytes: l.Item.Bytes}}
		case err != nil:
			k.w.shelf.drop(k.at) // what is lost is opened anew by whoever comes next
			return err
		default:
			l.Item = it
		}
	}
	if l.Gap == nil && !k.spec.Whole && k.job.LargeBytes > 0 && l.Item.Bytes >= k.job.LargeBytes {
		plan, n, err := h.Pieces(k.ctx, l.Item)
		if err != nil {
			return err
		}
		if n > 1 { // a delivery has room for one
			k.w.shelf.hold(k.at)
			return k.put(sendWeight, func(d *fleet.Delivery) { d.Cut = &fleet.Cut{Item: i, Plan: plan, N: n} })
		}
	}
	return h.Read(k.ctx, l)
}

// pieces reads pieces of an item.
func (k *work) pieces() error {
	if len(k.spec.Items) != 1 {
		return fmt.Errorf("%w: pieces of %d items", fleet.ErrWords, len(k.spec.Items))
	}
	was := k.spec.Items[0].Source().Item
	it, err := k.finder.Find(k.ctx, was)
	var gap *source.GapError
	switch {
	case errors.As(err, &gap):
		return k.finish(func(d *fleet.Delivery) { d.Fault = gap.Error() })
	case err != nil:
		k.w.shelf.drop(k.at)
		return err
	}
	h := scan.NewHand(k.src, k.options, func(scan.Parcel) error { return errors.ErrUnsupported })
	err = h.Piece(k.ctx, it, k.spec.Plan, k.spec.From, k.spec.To, func(i int, state []byte) error {
		return k.put(1+len(state)/unitBytes, func(d *fleet.Delivery) { d.Pieces = append(d.Pieces, fleet.PieceState{Number: i, State: state}) })
	})
	switch {
	case k.ctx.Err() != nil:
		return context.Cause(k.ctx)
	case errors.Is(err, scan.ErrPlan):
		return k.finish(func(d *fleet.Delivery) { d.Fault = err.Error() })
	case err != nil:
		return err
	}
	return k.finish(nil)
}

// bit tells whether a bit is set, lowest first.
func bit(set []byte, i int) bool { return i/8 < len(set) && set[i/8]&(1<<(i%8)) != 0 }
