package ledger

import (
	"fmt"
	"strings"
	"time"

	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// place is where a thing is: a repository and the path in it.
type place struct{ repository, path string }

// bundle is a top item with all that belongs to it. It is written wholly or not at all.
type bundle struct {
	rows   []*row // the top item first
	gaps   []*estate.Gap
	byPath map[string]*row
	gapped map[string]bool // paths with a gap, or with one within
	retry  bool            // a gap may be gone the next time
	// partGaps: there are gaps in parts, which are not among gaps.
	partGaps bool
}

// row is an item on its way into the catalog.
type row struct {
	item     *estate.Item
	findings []*estate.Finding
	kinds    phi.KindSet
	coverage estate.Coverage
	rank     int64
	tally    []byte
	sketch   []byte
	traces   []estate.Segment
}

// delivery is what one Append brings, sorted.
type delivery struct {
	bundles []*bundle
	under   []*estate.Gap
	grants  []*estate.Grant
	tops    map[place]*bundle
}

// gather sorts facts into bundles. Facts of one item may stand in any order; the item of each finding must be among them.
func gather(facts []estate.Fact) (*delivery, error) {
	d := &delivery{tops: make(map[place]*bundle)}
	var inner []*estate.Item
	for i := range facts {
		switch f := &facts[i]; {
		case f.Item != nil && f.Item.Outer == "":
			d.top(f.Item)
		case f.Item != nil:
			inner = append(inner, f.Item)
		case f.Gap != nil && (f.Gap.Under || f.Gap.Path == ""):
			d.under = append(d.under, f.Gap)
		case f.Grant != nil:
			d.grants = append(d.grants, f.Grant)
		}
	}
	for _, it := range inner {
		b := d.holder(it.Repository, it.Path)
		if b == nil {
			return nil, fmt.Errorf("item %s in %s came without the item that it stands in", it.Path, it.Repository)
		}
		b.add(it)
	}
	for i := range facts {
		if g := facts[i].Gap; g != nil && !g.Under && g.Path != "" {
			d.gap(g)
		}
	}
	for i := range facts {
		if f := facts[i].Finding; f != nil {
			if err := d.finding(f); err != nil {
				return nil, err
			}
		}
		if t := facts[i].Traces; t != nil {
			if err := d.traces(t); err != nil {
				return nil, err
			}
		}
	}
	return d, d.encode()
}

func (d *delivery) top(it *estate.Item) {
	key := place{it.Repository, it.Path}
	b := d.tops[key]
	if b == nil {
		b = &bundle{byPath: make(map[string]*row)}
		d.tops[key] = b
		d.bundles = append(d.bundles, b)
	}
	b.add(it)
}

// holder finds the bundle of a path: the item itself, or the outermost one that it stands in.
func (d *delivery) holder(repository, path string) *bundle {
	for at := 0; ; {
		i := strings.Index(path[at:], store.InnerMark)
		if i < 0 {
			return d.tops[place{repository, path}]
		}
		if b := d.tops[place{repository, path[:at+i]}]; b != nil {
			return b
		}
		at += i + len(store.InnerMark)
	}
}

func (d *delivery) gap(g *estate.Gap) {
	b := d.holder(g.Repository, g.Path)
	if b == nil {
		d.top(&estate.Item{Repository: g.Repository, Path: g.Path, Bytes: g.Bytes,
			Evidence: estate.Evidence{Coverage: estate.NotRead.String()}})
		b = d.tops[place{g.Repository, g.Path}]
	}
	b.gap(g)
}

// gap takes a gap of the item or of one within.
func (b *bundle) gap(g *estate.Gap) {
	b.gaps = append(b.gaps, g)
	switch g.Reason {
	case estate.GapUnreadable, estate.GapVanished, estate.GapChanging, estate.GapFault:
		b.retry = true
	}
	if b.gapped == nil {
		b.gapped = map[string]bool{}
	}
	for path := g.Path; ; {
		b.gapped[path] = true
		i := strings.LastIndex(path, store.InnerMark)
		if i < 0 {
			return
		}
		path = path[:i]
	}
}

func (d *delivery) finding(f *estate.Finding) error {
	b := d.holder(f.Repository, f.Path)
	if b == nil || b.byPath[f.Path] == nil {
		return fmt.Errorf("finding in field %s of %s in %s came without its item", f.Field, f.Path, f.Repository)
	}
	b.byPath[f.Path].finding(f)
	return nil
}

func (d *delivery) traces(t *estate.TraceSet) error {
	b := d.holder(t.Repository, t.Path)
	if b == nil || b.byPath[t.Path] == nil {
		return fmt.Errorf("traces of %s in %s came without their item", t.Path, t.Repository)
	}
	b.byPath[t.Path].traces = append(b.byPath[t.Path].traces, t.Set)
	return nil
}

func (r *row) finding(f *estate.Finding) {
	r.findings = append(r.findings, f)
	if f.Kind.Identifier() {
		r.kinds = r.kinds.With(f.Kind.Coarse())
	}
}

// add takes an item. Two of the same name (an archive may hold them) become one, so that nothing of either is lost.
func (b *bundle) add(it *estate.Item) {
	if r := b.byPath[it.Path]; r != nil {
		r.item = combine(r.item, it)
		return
	}
	r := &row{item: it}
	b.byPath[it.Path] = r
	b.rows = append(b.rows, r)
}

func combine(a, b *estate.Item) *estate.Item {
	c := *a
	c.Bytes, c.Records, c.Read = a.Bytes+b.Bytes, a.Records+b.Records, a.Read+b.Read
	c.Verdict = max(a.Verdict, b.Verdict)
	c.Classes, c.Suspected = a.Classes|b.Classes, a.Suspected|b.Suspected
	c.Part2, c.Minors = a.Part2 || b.Part2, a.Minors || b.Minors
	if a.Evidence.Coverage == estate.NotRead.String() {
		c.Evidence = b.Evidence
	}
	if !a.People.Empty() || !b.People.Empty() {
		c.People = estate.NewPeople(0)
		c.People.Merge(a.People)
		c.People.Merge(b.People)
	}
	return &c
}

// encode does the costly part, the counting of people, before anybody waits for the writer.
func (d *delivery) encode() error {
	for _, b := range d.bundles {
		if err := b.encode(); err != nil {
			return err
		}
	}
	return nil
}

func (b *bundle) encode() error {
	for _, r := range b.rows {
		if err := r.encode(); err != nil {
			return err
		}
	}
	return nil
}

func (r *row) encode() error {
	var err error
	if r.coverage, err = parseCoverage(r.item.Evidence.Coverage); err != nil {
		return fmt.Errorf("item %s in %s: %w", r.item.Path, r.item.Repository, err)
	}
	var people int64
	if !r.item.People.Empty() {
		t := r.item.People.Tally().Scaled(r.item.Unread())
		r.tally, people = store.PackTally(t), t.Total.Estimate
		if r.sketch, err = r.item.People.MarshalBinary(); err != nil {
			return fmt.Errorf("item %s in %s: %w", r.item.Path, r.item.Repository, err)
		}
	}
	r.rank = store.Rank(store.Confidentiality(r.item.Verdict, r.item.Classes), r.item.Verdict, people)
	return nil
}

// parseCoverage is the inverse of a coverage's String.
func parseCoverage(name string) (estate.Coverage, error) {
	for c := estate.NotRead; c <= estate.Declared; c++ {
		if c.String() == name {
			return c, nil
		}
	}
	return 0, fmt.Errorf("no coverage is called %q", name)
}

// flags of an item of the bundle. Whether another reading is worth while is noted at the top item, which decides for all.
func (b *bundle) flags(r *row) int64 {
	var f int64
	if r.item.Part2 {
		f |= store.Part2
	}
	if r.item.Minors {
		f |= store.Minors
	}
	if b.gapped[r.item.Path] || r == b.rows[0] && (len(b.gaps) > 0 || b.partGaps) {
		f |= store.HasGaps
	}
	if r == b.rows[0] && b.retry {
		f |= store.Retry
	}
	return f
}

// optional is a time as it is stored, NULL where there is none.
func optional(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return store.Millis(t)
}
