package scan

import (
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// Weights of facts, for the memory that they take: a fact counts four, and each mark of a person in it one.
const (
	markBytes  = 256
	factWeight = 4
	partWeight = 16 << 10 // from here on a parcel is sent before its top item is done: some MiB
)

// Parcel is the facts of one top item on their way to a ledger, or a part of them.
type Parcel struct {
	Part  estate.Part
	Facts []estate.Fact
	Last  bool // it holds the top item itself, or a gap in its place: it is for Ledger.Append, all others are for Ledger.Stage
}

// Weight is about how much memory the facts take, in units of some hundred bytes.
func (p *Parcel) Weight() int {
	weight := 0
	for i := range p.Facts {
		weight += weightOf(&p.Facts[i])
	}
	return weight
}

func weightOf(f *estate.Fact) int {
	switch {
	case f.Traces != nil:
		return factWeight + len(f.Traces.Set)/markBytes
	case f.Item != nil:
		return factWeight + min(f.Item.People.Held(), estate.DefaultCapacity) // to which a sketch is cut when it is sent
	}
	return factWeight
}

// Check tells whether all facts are of the part's top item or of what stands in it, and make sense: for whoever takes parcels from
// somebody whom he does not trust with more.
func (p *Parcel) Check() error {
	for i := range p.Facts {
		if !p.sound(&p.Facts[i]) {
			return fmt.Errorf("fact %d of %s in %s makes no sense", i, p.Part.Path, p.Part.Repository)
		}
	}
	return nil
}

// sound tells whether exactly one thing is said, and of what stands in the part's top item.
func (p *Parcel) sound(f *estate.Fact) bool {
	here := func(repository, path string) bool {
		return repository == p.Part.Repository && (path == p.Part.Path || strings.HasPrefix(path, p.Part.Path+"!/"))
	}
	n, ok := 0, true
	if f.Item != nil {
		it := f.Item
		inner := it.Path != p.Part.Path
		n++
		ok = here(it.Repository, it.Path) && inner == (it.Outer != "") && (!inner || here(it.Repository, it.Outer)) && it.Verdict <= phi.VerdictPHI &&
			it.Classes|it.Suspected < 1<<phi.NumClasses && it.Records >= 0 && it.Read >= 0 && it.Parts >= 0
	}
	if f.Finding != nil {
		n++
		ok = ok && here(f.Finding.Repository, f.Finding.Path) && soundFinding(f.Finding)
	}
	if f.Gap != nil {
		n++
		ok = ok && (here(f.Gap.Repository, f.Gap.Path) || p.Part.Path == "" && f.Gap.Repository == p.Part.Repository) // of what was listed as a gap
	}
	if f.Traces != nil {
		n++
		ok = ok && here(f.Traces.Repository, f.Traces.Path) && f.Traces.Set.Check() == nil
	}
	return ok && n == 1 && f.Grant == nil
}

// soundFinding tells whether a finding is of a kind that there is, and counts nothing less than nothing.
func soundFinding(f *estate.Finding) bool {
	return f.Kind > phi.None && int(f.Kind) <= len(phi.Kinds()) && f.Subject <= phi.Workforce && f.Values >= 0 && f.WellFormed >= 0 && f.People >= 0 &&
		f.Likelihood >= 0 && f.Likelihood <= 1 && f.Classes < 1<<phi.NumClasses
}

// parcels packs facts into parcels.
type parcels struct {
	Parcel
	weight int
	send   func(Parcel)
	open   bool // there are findings whose item has yet to come
}

// begin begins anew with a top item. What was sent of the one before, and was not ended, never counts.
func (p *parcels) begin(repository, path string) {
	*p = parcels{Parcel: Parcel{Part: estate.Part{Repository: repository, Path: path}}, send: p.send}
}

func (p *parcels) add(f estate.Fact) {
	p.Facts = append(p.Facts, f)
	p.weight += weightOf(&f)
}

// gap adds a gap. The same one again, as a damaged input may give it a million times, is dropped.
func (p *parcels) gap(g *estate.Gap) {
	if n := len(p.Facts); n > 0 && p.Facts[n-1].Gap != nil && *p.Facts[n-1].Gap == *g {
		return
	}
	p.add(estate.Fact{Gap: g})
	p.relieve()
}

func (p *parcels) finding(f *estate.Finding) {
	p.add(estate.Fact{Finding: f})
	p.open = true
}

// traces adds a part of the traces of an item, which may come before the item.
func (p *parcels) traces(t *estate.TraceSet) {
	p.add(estate.Fact{Traces: t})
	p.relieve()
}

// inner adds an item within the top item; its findings are there.
func (p *parcels) inner(it *estate.Item) {
	p.item(it)
	p.relieve()
}

// item adds an item.
func (p *parcels) item(it *estate.Item) {
	if it.Outer == "" {
		it.Parts = p.Part.Number
	}
	p.add(estate.Fact{Item: it})
	p.open = false
}

// relieve sends a part on its way when it is heavy.
func (p *parcels) relieve() {
	if p.weight < partWeight || p.open {
		return
	}
	p.send(p.Parcel)
	p.Part.Number++
	p.Facts, p.weight = nil, 0
}

// end sends what is left.
func (p *parcels) end() {
	p.Last = true
	p.send(p.Parcel)
}
