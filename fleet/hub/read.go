package hub

import (
	"context"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/catalog/ledger"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/scan"
)

// wasRead takes the facts of items. Nothing is taken of what was not asked for, and no item is done of which nothing is told.
func (r *running) wasRead(ctx context.Context, e *entry, d *fleet.Delivery) error {
	if d.Cut != nil {
		return r.cutUp(ctx, e, d)
	}
	news, err := e.sort(d)
	if err != nil {
		return err
	}
	for _, p := range news.parts {
		e.target.Progress.Wrote(p.Facts)
		if err := r.run.StageFor(ctx, e.number, p.Part, p.Facts); err != nil {
			return err
		}
	}
	e.target.Progress.Wrote(news.facts)
	m := r.mark(e, state(d.Last))
	m.Done = news.done
	if err := r.run.Enter(ctx, news.facts, m, nil); err != nil {
		return err
	}
	e.done = news.done
	if d.Last {
		r.end(e, false)
	}
	return nil
}

// news is what a delivery says of items that are not done yet.
type news struct {
	parts []*scan.Parcel // that come before their items
	facts []estate.Fact
	done  []byte
}

// sort checks a delivery and sorts it.
func (e *entry) sort(d *fleet.Delivery) (*news, error) {
	n := &news{done: slices.Clone(e.done)}
	finished := map[string]bool{} // paths of items that are done, now or before
	for i := range e.spec.Items {
		if has(e.done, i) {
			finished[e.spec.Items[i].Path] = true
		}
	}
	known := len(finished)
	told := map[string]bool{} // paths of which something is told
	for i := range d.Parcels {
		p := &d.Parcels[i]
		if known > 0 && finished[p.Part.Path] {
			continue // it came before
		}
		itself, err := e.check(p)
		switch {
		case err != nil:
			return nil, err
		case !p.Last:
			n.parts = append(n.parts, p)
		case !itself:
			return nil, refused("of the item %s nothing is told", p.Part.Path)
		default:
			told[p.Part.Path] = true
			n.facts = append(n.facts, p.Facts...)
		}
	}
	for _, i := range d.Items {
		if i < 0 || i >= len(e.spec.Items) {
			return nil, refused("there is no item %d", i)
		}
		path := e.spec.Items[i].Path
		if !told[path] && !finished[path] {
			return nil, refused("of the item %s nothing is told, and it is said to be done", path)
		}
		n.done[i/8] |= 1 << (i % 8)
		finished[path] = true
	}
	for path := range told {
		if !finished[path] {
			return nil, refused("the item %s is told, and not said to be done", path)
		}
	}
	for i := range e.spec.Items {
		if d.Last && !has(n.done, i) {
			return nil, refused("it is said to be the last, and the item %s is not done", e.spec.Items[i].Path)
		}
	}
	return n, nil
}

// check checks that a parcel holds nothing but facts of one item of the shard, read by the rules, and tells whether one is of the item itself.
func (e *entry) check(p *scan.Parcel) (itself bool, err error) {
	top := p.Part.Path
	if p.Part.Repository != e.repository || !e.paths[top] || p.Part.Number < 0 {
		return false, refused("%s in %s was not asked for", top, p.Part.Repository)
	}
	for i := range p.Facts {
		f := &p.Facts[i]
		of, n := facet{}, 0
		if it := f.Item; it != nil {
			of, n = facet{it.Repository, it.Path, it.Path == top}, n+1
			if rules := it.Evidence.Rules; rules != "" && !strings.HasPrefix(rules, detect.RulesVersion+"-") {
				return false, refused("%s was read by other rules", it.Path) // converters are each worker's own, and may differ
			}
			if (it.Outer == "") != (it.Path == top) {
				return false, refused("%s does not stand in %s", it.Path, top)
			}
		}
		if g := f.Gap; g != nil {
			of, n = facet{g.Repository, g.Path, g.Path == top}, n+1
			if g.Under {
				return false, refused("it names what could not be listed, and was asked to read")
			}
		}
		if f.Finding != nil {
			of, n = facet{f.Finding.Repository, f.Finding.Path, false}, n+1
		}
		if f.Traces != nil {
			of, n = facet{f.Traces.Repository, f.Traces.Path, false}, n+1
		}
		if n != 1 || of.repository != e.repository || of.path != top && !strings.HasPrefix(of.path, top+store.InnerMark) {
			return false, refused("a fact is none of %s", top)
		}
		itself = itself || of.itself
	}
	return itself, nil
}

// facet is what a fact is of.
type facet struct {
	repository, path string
	itself           bool // it says of the item that it was read, or not
}

// giveUpItems ends a shard of items that failed too often: many are tried one by one, and one is a gap.
func (r *running) giveUpItems(ctx context.Context, e *entry, why string) error {
	packed, done, err := r.run.ShardSpec(ctx, e.number)
	if err != nil {
		return err
	}
	spec, err := r.unpack(packed)
	if err != nil {
		return err
	}
	done = grown(done, len(spec.Items))
	if len(spec.Items) == 1 {
		l := &spec.Items[0]
		facts := []estate.Fact{{Gap: &estate.Gap{Repository: e.repository, Path: l.Path, Reason: estate.GapFault, Detail: why, Bytes: l.Bytes}}}
		e.target.Progress.Wrote(facts)
		if err := r.run.Enter(ctx, facts, r.mark(e, ledger.ShardDead), nil); err != nil {
			return err
		}
		r.end(e, true)
		return nil
	}
	var shards []ledger.Shard
	for i := range spec.Items {
		if has(done, i) {
			continue
		}
		s, err := r.items(e.target, e.repository, &stored{Items: spec.Items[i : i+1], Whole: spec.Whole})
		if err != nil {
			return err
		}
		shards = append(shards, s)
	}
	return r.replace(ctx, e, shards)
}

// replace ends a shard whose work goes on in others.
func (r *running) replace(ctx context.Context, e *entry, by []ledger.Shard) error {
	if err := r.run.Enter(ctx, nil, r.mark(e, ledger.ShardDone), by); err != nil {
		return err
	}
	r.added(by)
	r.end(e, false)
	return nil
}
