package scan

import (
	"github.com/chartroom/chartroom/estate"
)

// Weights of facts, for the memory that they take: a fact counts four, and each mark of a person in it one.
const (
	markBytes  = 256
	factWeight = 4
	partWeight = 16 << 10 // from here on a parcel is sent before its top item is done: some MiB
)

// parcel is the facts of one top item, or a part of them, on their way to the ledger.
type parcel struct {
	part   estate.Part
	facts  []estate.Fact
	weight int
	last   bool // it holds the top item itself, or a gap in its place
	send   func(parcel)
	open   bool // it holds findings whose item has yet to come
}

// begin begins anew with a top item. What was sent of the one before, and was not ended, never counts.
func (p *parcel) begin(repository, path string) {
	*p = parcel{part: estate.Part{Repository: repository, Path: path}, send: p.send}
}

func (p *parcel) add(f estate.Fact) {
	p.facts = append(p.facts, f)
	p.weight += factWeight
}

// gap adds a gap. The same one again, as a damaged input may give it a million times, is dropped.
func (p *parcel) gap(g *estate.Gap) {
	if n := len(p.facts); n > 0 && p.facts[n-1].Gap != nil && *p.facts[n-1].Gap == *g {
		return
	}
	p.add(estate.Fact{Gap: g})
	p.relieve()
}

func (p *parcel) finding(f *estate.Finding) {
	p.add(estate.Fact{Finding: f})
	p.open = true
}

// traces adds a part of the traces of an item, which may come before the item.
func (p *parcel) traces(t *estate.TraceSet) {
	p.add(estate.Fact{Traces: t})
	p.weight += len(t.Set) / markBytes
	p.relieve()
}

// inner adds an item within the top item; its findings are there.
func (p *parcel) inner(it *estate.Item) {
	p.item(it)
	p.relieve()
}

// item adds an item.
func (p *parcel) item(it *estate.Item) {
	if it.Outer == "" {
		it.Parts = p.part.Number
	}
	p.add(estate.Fact{Item: it})
	p.weight += it.People.Held()
	p.open = false
}

// relieve sends a part on its way when it is heavy.
func (p *parcel) relieve() {
	if p.weight < partWeight || p.open {
		return
	}
	p.send(*p)
	p.part.Number++
	p.facts, p.weight = nil, 0
}

// end sends what is left.
func (p *parcel) end() {
	p.last = true
	p.send(*p)
}
