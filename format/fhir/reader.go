package fhir

import (
	"bytes"
	"context"
	"fmt"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
	"github.com/chartroom/chartroom/format/json"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// Reader reads FHIR in JSON and in XML.
type Reader struct{}

// Name is the format and the version of the rules.
func (Reader) Name() string { return "fhir/2" }

const typeKey = `"resourceType"`

// Claims looks for a member resourceType, or for an element, with a type of FHIR's.
func (Reader) Claims(_ string, head []byte) format.Claim {
	text := bytes.TrimLeft(charset.Head(head), " \t\r\n")
	if len(text) > 0 && text[0] == '<' {
		return claimsXML(text)
	}
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return format.No
	}
	for {
		i := bytes.Index(text, []byte(typeKey))
		if i < 0 {
			return format.No
		}
		before := bytes.TrimRight(text[:i], " \t\r\n")
		text = text[i+len(typeKey):]
		name := typeName(text)
		if known(name) && (!common[string(name)] || bytes.HasSuffix(before, []byte("{"))) {
			return format.Certain
		}
	}
}

func known(name []byte) bool {
	_, ok := types[string(name)]
	return ok
}

// typeName reads what follows the key resourceType: a colon and a short plain string. It gives nil when that is not
// what follows.
func typeName(b []byte) []byte {
	i := blanks(b, 0)
	if i == len(b) || b[i] != ':' {
		return nil
	}
	if i = blanks(b, i+1); i == len(b) || b[i] != '"' {
		return nil
	}
	i++
	end := bytes.IndexByte(b[i:min(len(b), i+48)], '"')
	if end < 3 {
		return nil
	}
	return b[i : i+end]
}

func blanks(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// reading is one input being read.
type reading struct {
	s   *json.Scanner
	w   *json.Writer
	out format.Output

	tree  *json.Tree
	nodes []node

	known    map[uint64]target // what the references of the item point at, by a hash of their ids
	fullNode int32
	fullURL  []byte // of the entry that is being read
	epoch    int32  // how often the open record was cut: cells before are gone
	dropped  int    // cells of the open record that turned out to be nothing
	inners   int
	decoded  []byte
	links    int64  // attachments that stand elsewhere
	media    []byte // content type of the attachment that is being read
	systems  map[string]systemEntry
	free     []*resourceFrame
	top      frame
	frames   []*frame // of the open objects, reused
	depth    int
	local    []localID   // what the open resource contains
	later    []laterCell // references into it that were met before
	clear    int64       // up to this offset, no type of a resource stands in the text
}

// frame is an open object.
type frame struct {
	up    *frame
	node  int32
	prev  int32
	shape shape

	system phi.System // of a Coding
	coded  bool       // a system was named
	code   pending    // a Coding's code, an Identifier's or ContactPoint's value
	show   pending    // a Reference's display
	target target     // a Reference's
	id     idRule     // what an Identifier's system or type says
	way    phi.Kind   // what a ContactPoint's system says
	ahead  int        // objects around that were looked through for their type
	ext    meaning    // what an Extension's url says

	res *resourceFrame
}

// resourceFrame is an open resource.
type resourceFrame struct {
	start   int // first cell
	epoch   int32
	negated bool // entered in error, refuted or not done: its codes grade nothing
	named   bool // has its Patient.id
}

// pending is a cell whose place is decided when its object closes.
type pending struct{ cell, epoch, node int32 }

// Read reads the resources.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	body, _ := charset.Reader(in.Head, in.Body)
	if isXML(charset.Head(in.Head)) {
		x := newTranslation(ctx, body, in.Size)
		defer x.s.Gaps(out)
		body, in.Size = x, -1
	}
	r := &reading{
		s: json.NewScanner(ctx, body, in.Size), w: json.NewWriter(out), out: out,
		tree: json.NewTree(), nodes: append(make([]node, 0, 96), node{class: outside, shape: foreign}), known: make(map[uint64]target),
		systems: make(map[string]systemEntry),
	}
	if json.LineDocuments(in.Name, charset.Head(in.Head)) {
		r.s.Lines()
	}
	err := json.Drive(r.s, r.w, out, r.document)
	if r.links > 0 {
		out.Gap(estate.GapNotFollowed, fmt.Sprintf("%d attachments by their address", r.links))
	}
	return err
}

// document reads one document.
func (r *reading) document(token json.Token) error {
	r.depth = 0
	res := r.begin()
	r.top = frame{node: json.Root, prev: json.Root, shape: foreign, res: res}
	err := r.value(json.Root, token, &r.top)
	if err != nil {
		r.settle()
		r.local, r.fullURL = r.local[:0], r.fullURL[:0]
		return err
	}
	r.free = append(r.free, res)
	return r.endRecord(res)
}

// begin opens a resource.
func (r *reading) begin() *resourceFrame {
	var res *resourceFrame
	if n := len(r.free); n > 0 {
		res, r.free = r.free[n-1], r.free[:n-1]
	} else {
		res = new(resourceFrame)
	}
	*res = resourceFrame{start: len(r.w.Batch.Cells), epoch: r.epoch}
	return res
}

// value reads a value whose first token was read.
func (r *reading) value(i int32, token json.Token, up *frame) error {
	switch token {
	case json.BeginObject:
		return r.object(i, up)
	case json.BeginArray:
		for n := 1; ; n++ {
			t, err := r.s.Next()
			if err != nil || t == json.EndArray {
				return err
			}
			if err := r.value(i, t, up); err != nil {
				return err
			}
			if n%cutEvery == 0 {
				if err := r.cut(); err != nil {
					return err
				}
			}
		}
	case json.String:
		return r.string(i, up)
	case json.Number:
		return r.number(i, up)
	}
	if r.nodes[i].leaf == statusLeaf && string(r.s.Value()) == "true" {
		up.res.negated = true // doNotPerform
	}
	return nil
}

// object reads an object whose bracket was read.
func (r *reading) object(n int32, up *frame) error {
	if r.depth == len(r.frames) {
		r.frames = append(r.frames, new(frame))
	}
	f := r.frames[r.depth]
	*f = frame{up: up, node: n, prev: n, shape: r.nodes[n].shape, res: up.res}
	r.depth++
	if err := r.body(f); err != nil {
		return err // the open objects are settled by whoever hands out what was read
	}
	r.depth--
	return nil
}

// body reads what stands in an object.
func (r *reading) body(f *frame) error {
	switch f.shape {
	case resource, foreign:
		f.ahead = f.up.ahead
		if name := r.typeAhead(f); name != nil {
			return r.resource(name, f)
		}
	case extension:
		if f.up.shape == extension {
			f.ext = f.up.ext
		}
	case attachment:
		r.media = r.media[:0]
	}
	if err := r.members(f); err != nil {
		return err
	}
	return r.close(f)
}

// members reads the members of an object to its end.
func (r *reading) members(f *frame) error {
	for k := 1; ; k++ {
		more, err := r.s.Member()
		if err != nil || !more {
			return err
		}
		i := r.child(f, r.s.Value())
		n := &r.nodes[i]
		if n.class == outside && r.tree.Folded(i) {
			r.put(n, n.column(), r.s.Value()) // the key is data itself
		}
		if n.flags&ignored != 0 {
			if err := r.s.Skip(); err != nil {
				return err
			}
			continue
		}
		if n.leaf == skipLeaf {
			if passed, err := r.s.PassString(); err != nil {
				return err
			} else if passed {
				continue
			}
		}
		if n.seen.plain && r.sameSystem(n, f) {
			continue
		}
		t, err := r.s.Next()
		if err != nil {
			return err
		}
		if err := r.value(i, t, f); err != nil {
			return err
		}
		if k%cutEvery == 0 {
			if err := r.cut(); err != nil {
				return err
			}
		}
	}
}

// resource reads a resource. What is contained in another is part of its record.
func (r *reading) resource(name []byte, f *frame) error {
	in := f.up.res != nil && r.nodes[f.node].key == "contained" && r.nodes[f.node].class != outside
	if !in {
		if err := r.endRecord(f.res); err != nil {
			return err
		}
	}
	f.node = r.root(name, in)
	f.prev = f.node
	f.shape = r.nodes[f.node].shape
	outer := f.res
	f.res = r.begin()
	if err := r.members(f); err != nil {
		return err
	}
	r.free = append(r.free, f.res)
	if in {
		r.negate(f.res)
		return nil
	}
	r.learn(f)
	err := r.endRecord(f.res)
	outer.start, outer.epoch = r.w.Start, r.epoch
	return err
}

// negate marks the codes of a resource that does not hold.
func (r *reading) negate(res *resourceFrame) {
	if !res.negated || res.epoch != r.epoch {
		return
	}
	cells := r.w.Batch.Cells[res.start:]
	for i := range cells {
		if cells[i].System != phi.NoSystem {
			cells[i].Flags |= record.Negated
		}
	}
}

// endRecord closes the open record.
func (r *reading) endRecord(res *resourceFrame) error {
	r.negate(res)
	r.resolve()
	r.settle()
	return r.w.End()
}

// settle makes the open record fit to be handed out: what is still put off becomes a column, and what turned out to be
// nothing is taken out.
func (r *reading) settle() {
	for _, f := range r.frames[:r.depth] {
		for _, p := range [...]pending{f.code, f.show} {
			if c := r.pended(p); c != nil && c.Place == nothing {
				n := &r.nodes[p.node]
				c.Place = r.place(n, n.column())
			}
		}
	}
	for _, l := range r.later {
		if l.epoch == r.epoch {
			r.dropped++
		}
	}
	r.later = r.later[:0]
	r.compact()
	r.epoch++
}

// cutEvery is after how many members or elements a record's size is looked at.
const cutEvery = 32

// cut closes the open record if it has grown too long, to continue it in another.
func (r *reading) cut() error {
	if !r.w.Long() {
		return nil
	}
	r.settle()
	return r.w.End()
}

// nothing is the place of cells that are not decided, or that turned out to be nothing.
const nothing = ^uint32(0)

// compact takes out the cells that turned out to be nothing.
func (r *reading) compact() {
	if r.dropped == 0 {
		return
	}
	r.dropped = 0
	cells := r.w.Batch.Cells
	to := r.w.Start
	for _, c := range cells[to:] {
		if c.Place != nothing {
			cells[to] = c
			to++
		}
	}
	r.w.Batch.Cells = cells[:to]
}

// lookahead is how far an object is looked through for its type; maxAhead is how many, one within another, are.
const (
	lookahead = 64 << 10
	maxAhead  = 8
)

// typeAhead gives the type of the resource whose bracket was read, nil when the object is none. The type is nearly
// always the first member; where it is not, the members are looked through for it.
func (r *reading) typeAhead(f *frame) []byte {
	b := r.s.Ahead(128)
	i := blanks(b, 0)
	if bytes.HasPrefix(b[i:], []byte(typeKey)) {
		if name := typeName(b[i+len(typeKey):]); name != nil && (f.shape == resource || known(name)) {
			return name
		}
		return nil
	}
	if r.s.Offset() < r.clear || f.ahead >= maxAhead {
		return nil
	}
	f.ahead++
	b = r.s.Ahead(lookahead)
	if !bytes.Contains(b, []byte(typeKey)) {
		r.clear = r.s.Offset() + int64(len(b)-len(typeKey))
		return nil
	}
	return memberType(b, f.shape)
}

// memberType looks for the member resourceType of the object whose text begins after its bracket.
func memberType(b []byte, f shape) []byte {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return nil
			}
		case '"':
			if depth == 0 && bytes.HasPrefix(b[i:], []byte(typeKey)) {
				if name := typeName(b[i+len(typeKey):]); known(name) && (f == resource || !common[string(name)]) {
					return name
				}
			}
			for i++; i < len(b) && b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		}
	}
	return nil
}
