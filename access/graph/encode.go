package graph

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/chartroom/chartroom/access/people"
	"github.com/chartroom/chartroom/phi"
)

// The stored form is a magic word with its version, then each array: its length, its elements little-endian; behind the last one the
// CRC-32C of all before it. Only what cannot be counted anew is stored.
const magic = "crgraph1"

// ErrDamaged says that stored bytes are no graph, or a damaged one.
var ErrDamaged = errors.New("graph: not a stored graph, or a damaged one")

func damaged(what string) error { return fmt.Errorf("%w: %s", ErrDamaged, what) }

// element is what the arrays are of.
type element interface{ uint8 | uint32 | uint64 }

// arrays gives all that is stored, in its order.
func (g *Graph) arrays(u8 func(*[]uint8) error, u32 func(*[]uint32) error, u64 func(*[]uint64) error) error {
	p := g.people
	for _, a := range []*[]uint32{&g.resources, &g.fwd.off, &g.fwd.node, &g.fwd.word, &g.grants, &g.proofOff, &g.proofs,
		&p.Nodes, &p.Off, &p.Who, &p.What, &p.GradOff} {
		if err := u32(a); err != nil {
			return err
		}
	}
	for _, a := range []*[]uint64{&p.Shows, &p.States} {
		if err := u64(a); err != nil {
			return err
		}
	}
	for _, a := range []*[]uint8{&p.Limit, &p.Grad} {
		if err := u8(a); err != nil {
			return err
		}
	}
	return nil
}

// Encode writes the graph and its people.
func (g *Graph) Encode(w io.Writer) error {
	out := *g
	if out.people == nil {
		out.people = &People{Lists: people.Lists{Off: []uint32{0}, GradOff: []uint32{0}}}
	}
	e := &encoder{w: w, buf: make([]byte, 0, chunk)}
	if err := e.write([]byte(magic)); err != nil {
		return err
	}
	err := out.arrays(func(a *[]uint8) error { return encode(e, *a) }, func(a *[]uint32) error { return encode(e, *a) },
		func(a *[]uint64) error { return encode(e, *a) })
	if err != nil {
		return err
	}
	return e.write(binary.LittleEndian.AppendUint32(nil, e.sum))
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const chunk = 1 << 16

type encoder struct {
	w   io.Writer
	sum uint32
	buf []byte
}

func (e *encoder) write(b []byte) error {
	e.sum = crc32.Update(e.sum, castagnoli, b)
	if _, err := e.w.Write(b); err != nil {
		return fmt.Errorf("graph: write: %w", err)
	}
	return nil
}

// size gives how many bytes an element takes.
func size[T element]() int { return binary.Size(T(0)) }

func encode[T element](e *encoder, a []T) error {
	if err := e.write(binary.LittleEndian.AppendUint64(nil, uint64(len(a)))); err != nil {
		return err
	}
	for each := chunk / size[T](); len(a) > 0; {
		n := min(each, len(a))
		b, err := binary.Append(e.buf[:0], binary.LittleEndian, a[:n])
		if err != nil {
			return fmt.Errorf("graph: write: %w", err)
		}
		if err := e.write(b); err != nil {
			return err
		}
		a = a[n:]
	}
	return nil
}

// Decode reads what Encode wrote, of which the reader holds so many bytes. It never takes more memory than a small multiple of them,
// whatever they say, and checks all that a question relies on.
func Decode(r io.Reader, length int64) (*Graph, error) {
	d := &decoder{r: r, left: length, buf: make([]byte, chunk)}
	head, err := d.read(len(magic))
	if err != nil {
		return nil, err
	}
	if string(head) != magic {
		return nil, damaged("another form or version")
	}
	g := &Graph{people: &People{}}
	err = g.arrays(func(a *[]uint8) error { return decode(d, a) }, func(a *[]uint32) error { return decode(d, a) },
		func(a *[]uint64) error { return decode(d, a) })
	if err != nil {
		return nil, err
	}
	sum := d.sum
	tail, err := d.read(4)
	if err != nil {
		return nil, err
	}
	if binary.LittleEndian.Uint32(tail) != sum {
		return nil, damaged("its checksum does not fit")
	}
	if d.left != 0 {
		return nil, damaged("more bytes than were written")
	}
	if err := g.check(); err != nil {
		return nil, err
	}
	g.people.finish()
	nodes := len(g.fwd.off) - 1
	g.place = make([]uint32, nodes)
	for _, n := range g.resources {
		g.place[n] = 1
	}
	g.resources = nil
	if err := g.finish(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return g, nil
}

type decoder struct {
	r    io.Reader
	left int64
	sum  uint32
	buf  []byte
}

func (d *decoder) read(n int) ([]byte, error) {
	if int64(n) > d.left {
		return nil, damaged("it ends early")
	}
	d.left -= int64(n)
	b := d.buf[:n]
	if _, err := io.ReadFull(d.r, b); err != nil {
		return nil, fmt.Errorf("%w: %w", damaged("it ends early"), err)
	}
	d.sum = crc32.Update(d.sum, castagnoli, b)
	return b, nil
}

func decode[T element](d *decoder, a *[]T) error {
	head, err := d.read(8)
	if err != nil {
		return err
	}
	n, width := binary.LittleEndian.Uint64(head), size[T]()
	if n > uint64(d.left)/uint64(width) || n > 1<<32-1 {
		return damaged("an array is longer than all of it")
	}
	out := make([]T, n)
	for at, each := 0, chunk/width; at < len(out); at += each {
		part := out[at:min(at+each, len(out))]
		b, err := d.read(len(part) * width)
		if err != nil {
			return err
		}
		if _, err := binary.Decode(b, binary.LittleEndian, part); err != nil {
			return damaged(err.Error())
		}
	}
	*a = out
	return nil
}

// check tells whether every index is within its array and every order holds.
func (g *Graph) check() error {
	p := g.people
	nodes := uint32(len(g.fwd.off) - 1)
	switch {
	case !spans(g.fwd.off, len(g.fwd.node)) || len(g.fwd.word) != len(g.fwd.node) || len(g.fwd.off) > maxNodes || len(g.fwd.node) > maxEdges:
		return damaged("its edges")
	case !ascend(g.resources) || !within(g.resources, nodes) || !within(g.fwd.node, nodes):
		return damaged("its nodes")
	case !ascend(g.grants) || !spans(g.proofOff, len(g.proofs)) || !within(g.proofs, uint32(len(g.grants))) || len(g.grants) > maxEdges/2:
		return damaged("its proofs")
	case !ascend(p.Nodes) || len(p.Limit) != len(p.Nodes) || len(p.Off) != len(p.Nodes)+1 || !spans(p.Off, len(p.Who)):
		return damaged("its lists of people")
	case len(p.What) != len(p.Who) || !within(p.Who, uint32(len(p.States))) || !within(p.What, uint32(len(p.Shows))):
		return damaged("its people")
	case len(p.GradOff) != len(p.States)+1 || !spans(p.GradOff, len(p.Grad)):
		return damaged("its persons")
	}
	for _, r := range g.resources {
		if g.fwd.off[r] != g.fwd.off[r+1] {
			return damaged("an edge leads out of a resource")
		}
	}
	if err := g.checkProofs(); err != nil {
		return err
	}
	return p.check()
}

func (g *Graph) checkProofs() error {
	proofs, rests := len(g.grants)+len(g.proofOff)-1, 0
	for _, w := range g.fwd.word {
		p := int(w >> 2)
		if p >= proofs {
			return damaged("an edge without its proof")
		}
		if p -= len(g.grants); p >= 0 {
			rests += int(g.proofOff[p+1] - g.proofOff[p])
		}
	}
	if rests > sharedProof*len(g.fwd.word)+len(g.proofs) {
		return damaged("its proofs are longer than the edges that share them allow")
	}
	return nil
}

// check tells whether persons and what is shown of them hold together.
func (p *People) check() error {
	last := uint8(255)
	for i := range p.States {
		g := p.Grad[p.GradOff[i]:p.GradOff[i+1]]
		if len(g) == 0 || len(g) > people.ShownMarks || g[0] > last {
			return damaged("the marks of a person")
		}
		last = g[0]
		for k := 1; k < len(g); k++ {
			if g[k] > g[k-1] {
				return damaged("the marks of a person")
			}
		}
	}
	for i := range p.Nodes {
		if !ascend(p.Who[p.Off[i]:p.Off[i+1]]) {
			return damaged("the persons of a resource")
		}
	}
	for _, s := range p.Shows {
		if s>>32 == 0 || uint32(s)&^(1<<people.Part2Bit)>>phi.NumClasses != 0 {
			return damaged("what is shown of a person")
		}
	}
	return nil
}

func ascend(a []uint32) bool {
	for i := 1; i < len(a); i++ {
		if a[i-1] >= a[i] {
			return false
		}
	}
	return true
}

func within(a []uint32, n uint32) bool {
	for _, x := range a {
		if x >= n {
			return false
		}
	}
	return true
}

// spans tells whether offsets begin at 0, never fall, and end at n.
func spans(off []uint32, n int) bool {
	for i := 1; i < len(off); i++ {
		if off[i-1] > off[i] {
			return false
		}
	}
	return len(off) > 0 && off[0] == 0 && int(off[len(off)-1]) == n
}
