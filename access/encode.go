package access

import (
	"fmt"
	"io"

	"github.com/chartroom/chartroom/access/pack"
)

// magic is the word that the stored form begins with, and its version. Behind what is packed stands the graph.
const magic = "crestat2"

// Encode writes the estate, so that Decode need not work it out anew.
func (e *Estate) Encode(w io.Writer) error {
	enc := encoder{pack.NewWriter(e.words)}
	enc.estate(e)
	if _, err := w.Write(enc.Seal(magic)); err != nil {
		return fmt.Errorf("write the compiled access: %w", err)
	}
	return e.graph.Encode(w)
}

// encoder packs the parts of an estate.
type encoder struct{ *pack.Writer }

func (enc encoder) estate(e *Estate) {
	enc.Number(uint64(len(e.words)))
	enc.Text(e.day)
	enc.Text(e.by)
	enc.Texts(e.turns)
	enc.principals(e)
	enc.Number(uint64(len(e.parts)))
	for i := range e.parts {
		p := &e.parts[i]
		enc.Word(p.Place.Repository)
		enc.Text(p.Place.Path)
		enc.Word(p.Custodian)
		known := uint64(0)
		if p.Known {
			known = 1
		}
		for _, n := range []uint64{uint64(p.Verdict), uint64(p.Classes), uint64(p.Bytes), uint64(p.Items), known} {
			enc.Number(n)
		}
	}
	enc.Number(uint64(len(e.kinds)))
	for _, l := range e.kinds {
		enc.label(l)
	}
	enc.Number(uint64(len(e.labels)))
	for _, l := range e.labels {
		enc.Number(uint64(l))
	}
	enc.rights(e)
}

// principals puts the nodes that are somebody, and before them the sets of traits that they have.
func (enc encoder) principals(e *Estate) {
	of := enc.Sets(int(e.first), func(n int) map[string]string { return e.nodes[n].Traits })
	enc.Number(uint64(e.first))
	for i := range e.first {
		n := &e.nodes[i]
		enc.Text(n.ID)
		enc.Text(n.Name)
		enc.Number(uint64(n.Kind))
		enc.Word(n.System)
		enc.Word(n.Custodian)
		enc.Number(of[i])
	}
}

func (enc encoder) rights(e *Estate) {
	enc.Number(uint64(len(e.rights)))
	for i := range e.rights {
		h := &e.rights[i]
		enc.Number(uint64(h.from))
		enc.Number(uint64(h.part))
		enc.Number(uint64(h.right))
		enc.Number(uint64(h.layer))
		enc.label(h.label)
		enc.Numbers(h.proof)
	}
	enc.Number(uint64(len(e.doubts)))
	for _, d := range e.doubts {
		enc.Word(d.Place.Repository)
		enc.Text(d.Place.Path)
		enc.Word(d.Scope)
		enc.Text(d.Detail)
	}
	enc.Numbers(e.fixed)
}

func (enc encoder) label(l label) {
	enc.Number(uint64(l.verb))
	enc.Number(uint64(l.condition))
}
