package fleet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/packed"
	"github.com/chartroom/chartroom/scan"
)

// Parcels are most of what travels, so they have a form of their own: it takes half the time of gob or less, copies no traces where it is read, and
// holds each text once.
// The version stands before all else. A field that is added to a fact needs a new version and a new Protocol; TestParcelsLoseNothing minds.
const parcelsForm = 1

// errFact says that a fact is none that a worker finds.
var errFact = errors.New("a fact says nothing")

// packing writes parcels, or reads them: what they are of is told once, for both.
type packing struct {
	from  *packed.Reader // nil = it writes
	texts []string       // that were read

	to    []byte
	index map[string]uint64 // of the texts that were written, from 1
	err   error
}

// appendParcels writes parcels behind b.
func appendParcels(b []byte, parcels []scan.Parcel) ([]byte, error) {
	p := &packing{to: append(b, parcelsForm), index: map[string]uint64{"": 1}}
	p.parcels(&parcels)
	return p.to, p.err
}

// readParcels reads what appendParcels wrote, and nothing else. Traces and sketches are not copied: b must stay as it is.
func readParcels(b []byte) (parcels []scan.Parcel, err error) {
	p := &packing{from: packed.NewReader(b), texts: []string{""}}
	if form := p.from.Byte(math.MaxUint8); form != parcelsForm {
		return nil, fmt.Errorf("%w: parcels of version %d", ErrWords, form)
	}
	if p.parcels(&parcels); !p.from.Done() {
		return nil, fmt.Errorf("%w: parcels", ErrWords)
	}
	return parcels, nil
}

func (p *packing) parcels(all *[]scan.Parcel) { each(p, all, p.parcel) }

func (p *packing) parcel(c *scan.Parcel) {
	p.text(&c.Part.Repository)
	p.text(&c.Part.Path)
	number(p, &c.Part.Number)
	p.bools(&c.Last)
	each(p, &c.Facts, p.fact)
}

// The kinds of facts.
const (
	anItem = iota + 1
	aFinding
	aGap
	aGrant
	traces
)

func (p *packing) fact(f *estate.Fact) {
	kind := byte(0)
	switch {
	case f.Item != nil:
		kind = anItem
	case f.Finding != nil:
		kind = aFinding
	case f.Gap != nil:
		kind = aGap
	case f.Grant != nil:
		kind = aGrant
	case f.Traces != nil:
		kind = traces
	}
	switch p.byte(&kind); kind {
	case anItem:
		p.item(made(&f.Item))
	case aFinding:
		p.finding(made(&f.Finding))
	case aGap:
		p.gap(made(&f.Gap))
	case aGrant:
		p.grant(made(&f.Grant))
	case traces:
		p.traces(made(&f.Traces))
	default:
		p.fail(errFact)
	}
}

// made gives what there is, or makes it.
func made[T any](v **T) *T {
	if *v == nil {
		*v = new(T)
	}
	return *v
}

func (p *packing) item(it *estate.Item) {
	p.all(&it.Repository, &it.Path, &it.Outer, &it.Version, &it.Format)
	number(p, &it.Bytes)
	p.time(&it.Modified)
	number(p, &it.Verdict)
	number(p, &it.Classes)
	number(p, &it.Suspected)
	p.bools(&it.Part2, &it.Minors)
	number(p, &it.Records)
	number(p, &it.Read)
	number(p, &it.Parts)
	p.people(&it.People)
	p.evidence(&it.Evidence)
}

func (p *packing) evidence(e *estate.Evidence) {
	p.all(&e.Reader, &e.Coverage, &e.Unit, &e.Rules)
	number(p, &e.Sample)
	number(p, &e.Of)
	p.time(&e.Seen)
	p.time(&e.Read)
}

func (p *packing) finding(f *estate.Finding) {
	p.all(&f.Repository, &f.Path, &f.Field)
	number(p, &f.Kind)
	number(p, &f.Subject)
	number(p, &f.Values)
	number(p, &f.WellFormed)
	number(p, &f.People)
	p.float(&f.Likelihood)
	number(p, &f.Classes)
	each(p, &f.Why, p.reason)
}

func (p *packing) reason(r *estate.Reason) {
	p.all(&r.Rule, &r.Detail, &r.Source)
	number(p, &r.Count)
}

func (p *packing) gap(g *estate.Gap) {
	p.all(&g.Repository, &g.Path, (*string)(&g.Reason), &g.Detail)
	p.bools(&g.Under)
	number(p, &g.Bytes)
}

func (p *packing) grant(g *estate.Grant) {
	p.all(&g.Repository, &g.System, &g.Scope, &g.Kind, &g.Principal, &g.Action, &g.Target, &g.Detail, &g.Why, &g.From)
}

func (p *packing) traces(t *estate.TraceSet) {
	p.all(&t.Repository, &t.Path)
	p.bytes((*[]byte)(&t.Set))
}

func (p *packing) people(v **estate.People) {
	some := *v != nil
	if p.bools(&some); !some {
		return
	}
	var b []byte
	var err error
	if p.from == nil {
		b, err = (*v).MarshalBinary()
	}
	if p.bytes(&b); p.from != nil {
		*v, err = estate.ReadPeople(b)
	}
	if err != nil {
		p.fail(err)
	}
}

func (p *packing) fail(err error) {
	if p.err = errors.Join(p.err, err); p.from != nil {
		p.from.Fail()
	}
}

// each writes or reads a list.
func each[T any](p *packing, list *[]T, one func(*T)) {
	n := len(*list)
	if p.from == nil {
		p.to = binary.AppendUvarint(p.to, uint64(n))
	} else if n = p.from.Count(math.MaxInt, 1); n > 0 {
		*list = make([]T, 0, min(n, mostAtOnce)) // bytes that promise many may not have them
	}
	for i := 0; i < n && (p.from == nil || p.from.OK()); i++ {
		if p.from != nil {
			*list = append(*list, *new(T))
		}
		one(&(*list)[i])
	}
}

// mostAtOnce is for how many things room is made before they were read.
const mostAtOnce = 256

// number writes or reads one of any kind; what does not fit is refused.
func number[T ~int | ~int64 | ~uint8 | ~uint16 | ~uint32](p *packing, v *T) {
	if p.from == nil {
		p.to = binary.AppendVarint(p.to, int64(*v))
		return
	}
	n := p.from.Signed()
	if *v = T(n); int64(*v) != n {
		p.from.Fail()
	}
}

func (p *packing) byte(v *byte) {
	if p.from == nil {
		p.to = append(p.to, *v)
		return
	}
	*v = p.from.Byte(math.MaxUint8)
}

func (p *packing) bools(flags ...*bool) {
	if p.from != nil {
		p.from.Bools(flags...)
		return
	}
	set := make([]bool, len(flags))
	for i, f := range flags {
		set[i] = *f
	}
	p.to = packed.AppendBools(p.to, set...)
}

func (p *packing) float(v *float64) {
	if p.from == nil {
		p.to = binary.LittleEndian.AppendUint64(p.to, math.Float64bits(*v))
		return
	}
	*v = math.Float64frombits(p.from.Uint64())
}

func (p *packing) bytes(v *[]byte) {
	if p.from == nil {
		p.to = packed.AppendBytes(p.to, *v)
		return
	}
	*v = p.from.Bytes(math.MaxInt)
}

// time writes or reads one, to the nanosecond; that it is none is kept, its zone is not.
func (p *packing) time(v *time.Time) {
	some := !v.IsZero()
	if p.bools(&some); !some {
		return
	}
	second, nano := v.Unix(), v.Nanosecond()
	number(p, &second)
	if number(p, &nano); p.from != nil {
		*v = time.Unix(second, int64(nano)).UTC()
	}
}

func (p *packing) all(texts ...*string) {
	for _, t := range texts {
		p.text(t)
	}
}

// text writes or reads one: itself the first time, and from then on its number.
func (p *packing) text(v *string) {
	if p.from == nil {
		n := p.index[*v]
		if p.to = binary.AppendUvarint(p.to, n); n == 0 {
			p.index[*v] = uint64(len(p.index) + 1)
			p.to = packed.AppendBytes(p.to, *v)
		}
		return
	}
	if n := p.from.Uint(uint64(len(p.texts))); n > 0 {
		*v = p.texts[n-1]
		return
	}
	*v = p.from.Text(math.MaxInt)
	p.texts = append(p.texts, *v)
}
