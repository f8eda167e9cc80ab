package access

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/chartroom/chartroom/access/graph"
	"github.com/chartroom/chartroom/access/pack"
	"github.com/chartroom/chartroom/phi"
)

// ErrDamaged says that stored bytes are no compiled access of this version, or damaged. It can be worked out anew from the grants.
var ErrDamaged = errors.New("not a compiled access of this version, or a damaged one")

// Decode reads what Encode wrote. It takes no more memory than a small multiple of the bytes, whatever they say, and checks all that a
// question relies on.
func Decode(data []byte) (*Estate, error) {
	r, rest, ok := pack.Open(data, magic)
	if !ok {
		return nil, ErrDamaged
	}
	d := decoder{r}
	e := d.estate()
	if !d.Done() {
		return nil, ErrDamaged
	}
	var err error
	if e.graph, err = graph.Decode(bytes.NewReader(rest), int64(len(rest))); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if e.graph.Nodes() != int(e.first)+len(e.parts) || e.graph.Edges() != len(e.labels) || len(e.graph.Resources()) != len(e.parts) ||
		len(e.parts) > 0 && e.graph.Resources()[0] != e.first {
		return nil, ErrDamaged
	}
	e.index()
	return e, e.ready()
}

// decoder unpacks the parts of an estate.
type decoder struct{ *pack.Reader }

func (d decoder) estate() *Estate {
	e := &Estate{}
	e.words = d.Words()[:d.Below(len(d.Words())+1)]
	e.day, e.by, e.turns = d.Text(), d.Text(), d.Texts()
	d.principals(e)
	for range d.Count() {
		p := Part{Place: Place{d.Word(), d.Text()}, Custodian: d.Word()}
		p.Verdict = phi.Verdict(d.Below(int(phi.VerdictPHI) + 1))
		p.Classes = phi.Classes(d.Below(1 << phi.NumClasses))
		p.Bytes, p.Items = int64(d.Below(math.MaxInt64)), int64(d.Below(math.MaxInt64))
		p.Known = d.Below(2) == 1
		if e.parts = append(e.parts, p); d.Bad {
			return e
		}
	}
	for range d.Count() {
		e.kinds = append(e.kinds, d.label(len(e.words)))
	}
	e.labels = make([]uint32, d.Count())
	for i := range e.labels {
		e.labels[i] = uint32(d.Below(len(e.kinds)))
	}
	d.rights(e)
	d.Bad = d.Bad || !slices.IsSortedFunc(e.rights, func(a, b held) int { return cmp.Compare(a.part, b.part) }) ||
		!slices.IsSortedFunc(e.parts, func(a, b Part) int {
			return cmp.Or(cmp.Compare(a.Place.Repository, b.Place.Repository), cmp.Compare(a.Place.Path, b.Place.Path))
		})
	return e
}

// leastNode is how many bytes a principal takes at least, nearly always; room is made for no more of them at once.
const leastNode = 24

func (d decoder) principals(e *Estate) {
	sets := d.Sets()
	e.first = uint32(min(d.Count(), math.MaxInt32))
	e.nodes = make([]Node, 0, min(int(e.first)+int(e.first)/8, d.Left()/leastNode))
	for range e.first {
		n := Node{ID: d.Text(), Name: d.Text(), Kind: Kind(d.Below(int(Anyone) + 1)), System: d.Word(), Custodian: d.Word()}
		set := d.Below(len(sets))
		if d.Bad = d.Bad || n.Kind == Resource; d.Bad {
			return
		}
		n.Traits = sets[set]
		e.nodes = append(e.nodes, n)
	}
}

func (d decoder) rights(e *Estate) {
	for range d.Count() {
		h := held{from: uint32(d.Below(int(e.first))), part: uint32(d.Below(len(e.parts))), right: Right(d.Below(int(Key) + 1)), layer: Layer(d.Below(int(Escalation) + 1)),
			label: d.label(len(e.words)), proof: d.Numbers()}
		if d.Bad {
			return
		}
		e.rights = append(e.rights, h)
	}
	for range d.Count() {
		e.doubts = append(e.doubts, Doubt{Place: Place{d.Word(), d.Text()}, Scope: d.Word(), Detail: d.Text()})
	}
	e.fixed = d.Numbers()
	d.Bad = d.Bad || !slices.IsSorted(e.fixed)
}

func (d decoder) label(words int) label {
	return label{int32(d.Below(words)), int32(d.Below(words))}
}
