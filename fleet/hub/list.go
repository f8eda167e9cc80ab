package hub

import (
	"cmp"
	"context"
	"github.com/chartroom/chartroom/catalog/ledger"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fleet"
)

// A shard of items is so large at most, whichever comes first.
const (
	shardItems = 300
	shardBytes = 64 << 20
)

// listed takes a part of a listing. What is unchanged is renewed; the rest becomes shards, in the order of the listing.
func (r *running) listed(ctx context.Context, e *entry, d *fleet.Delivery) error {
	p := r.place(e.repository)
	var facts []estate.Fact
	var shards []ledger.Shard
	for i := range d.Listed {
		l := &d.Listed[i]
		path := l.Path
		if l.Gap != nil {
			path = l.Gap.Path
			g := *l.Gap
			g.Repository = e.repository
			facts = append(facts, estate.Fact{Gap: &g})
		}
		if path == "" && (l.Gap == nil || !l.Gap.Under) {
			return refused("an item has no name")
		}
		if l.Gap != nil && l.Gap.Under {
			continue
		}
		p.items++
		if p.anew {
			met, err := r.run.Met(ctx, e.repository, path)
			if err != nil {
				return err
			}
			if met {
				p.again++
			}
		}
		if l.Gap != nil {
			continue
		}
		if err := r.item(ctx, e, p, l, &shards); err != nil {
			return err
		}
	}
	if d.Last {
		if err := r.rest(e.target, p, &shards); err != nil {
			return err
		}
		if p.complete = d.Complete; !d.Complete {
			facts = append(facts, estate.Fact{Gap: &estate.Gap{Repository: e.repository, Under: true, Reason: estate.GapUnreadable, Detail: d.Fault, Bytes: -1}})
		}
	}
	e.target.Progress.Wrote(facts)
	if err := r.run.Enter(ctx, facts, r.mark(e, state(d.Last)), shards); err != nil {
		return err
	}
	r.added(shards)
	if d.Last {
		r.end(e, false)
	}
	return nil
}

// item takes an item of a listing: nothing is to be done where it is unchanged, and else it is put to others, or stands alone.
func (r *running) item(ctx context.Context, e *entry, p *place, l *fleet.Listed, shards *[]ledger.Shard) error {
	t := e.target
	t.Progress.Listed.Add(1)
	t.Progress.ListedBytes.Add(max(0, l.Bytes))
	same, err := t.options.Unchanged(ctx, e.repository, l.Source().Item)
	if err != nil {
		return err
	}
	if same.Renewed {
		t.Progress.Done.Add(1 + same.Inner)
		t.Progress.DoneBytes.Add(max(0, l.Bytes))
		return nil
	}
	if l.Bytes >= r.words.LargeBytes {
		s, err := r.items(t, p.name, &stored{Items: []fleet.Listed{*l}})
		*shards = append(*shards, s)
		return err
	}
	p.pending = append(p.pending, *l)
	if p.bytes += max(0, l.Bytes); len(p.pending) >= cmp.Or(r.hub.items, shardItems) || p.bytes >= shardBytes {
		return r.rest(t, p, shards)
	}
	return nil
}

// rest makes a shard of the items that wait for others.
func (r *running) rest(t *target, p *place, shards *[]ledger.Shard) error {
	if len(p.pending) == 0 {
		return nil
	}
	s, err := r.items(t, p.name, &stored{Items: p.pending})
	*shards = append(*shards, s)
	p.pending, p.bytes = p.pending[:0], 0
	return err
}

// items makes a shard in which items are read.
func (r *running) items(t *target, repository string, what *stored) (ledger.Shard, error) {
	s := t.shard(fleet.Read, repository)
	for i := range what.Items {
		s.Bytes += max(0, what.Items[i].Bytes)
	}
	var err error
	s.Spec, err = r.hub.words.Encode(what)
	return s, err
}

// flush makes a shard of what was listed before the listing was given up.
func (r *running) flush(ctx context.Context, e *entry, p *place) error {
	var shards []ledger.Shard
	if err := r.rest(e.target, p, &shards); err != nil || len(shards) == 0 {
		return err
	}
	if err := r.run.AddShards(ctx, shards); err != nil {
		return err
	}
	r.added(shards)
	return nil
}

// listAnew forgets what came of a listing that was begun before: its shards are dropped, and what was read need not be read again. The
// items that are accounted for and not listed any more still count as listed, so that the books balance.
func (r *running) listAnew(ctx context.Context, e *entry) error {
	p := r.place(e.repository)
	r.hub.mu.Lock()
	first := e.attempt == 0
	r.hub.mu.Unlock()
	if first {
		return nil
	}
	before, dropped, bytes, err := r.run.DropShards(ctx, e.repository, int(fleet.Read), int(fleet.Pieces))
	if err != nil {
		return err
	}
	p.before, p.again, p.items, p.anew, p.pending, p.bytes = before, 0, 0, true, p.pending[:0], 0
	r.forget(e.target, func(o *entry) bool {
		return o.repository == e.repository && (o.kind == fleet.Read || o.kind == fleet.Pieces)
	}, dropped, bytes)
	return nil
}
