package json

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func plural(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return itoa(n) + " " + what
}

// maxColumn is the longest string that is judged as a column's value; a longer one is running text.
const maxColumn = 200

// maxTuple is how many positions of an array within an array are places of their own.
const maxTuple = 200

// noPlace stands where a node has no place yet.
const noPlace = ^uint32(0)

// walker reads documents of no known schema.
type walker struct {
	s   *Scanner
	wr  *Writer
	out format.Output

	tree   *Tree
	places []leaf // by node
	stack  [MaxDepth + 1]frame
	frames int
	inners int

	sequence bool // a record is a document; else a lone object's arrays hold the records
	records  int  // depth whose closing containers are records; 0 = the document
}

// leaf is the places of a node's values.
type leaf struct{ column, text, key uint32 }

// frame is an open container.
type frame struct {
	node, prev int32
	index      int32 // of an array's next element
	array      bool
	tuple      bool // array within an array
}

func newWalker(s *Scanner, out format.Output) *walker {
	return &walker{s: s, wr: NewWriter(out), out: out, tree: NewTree(), places: []leaf{{noPlace, noPlace, noPlace}}}
}

// document reads one document, whose first token was read.
func (w *walker) document(token Token) error {
	w.frames, w.records = 0, 0
	node := Root
	for {
		if err := w.token(token, node); err != nil {
			return err
		}
		if w.frames == 0 {
			w.sequence = true // whatever follows, follows a document
			return w.wr.End()
		}
		f := &w.stack[w.frames]
		node = f.node
		if f.array {
			f.index++
			if err := w.element(token); err != nil {
				return err
			}
		} else {
			more, err := w.s.Member()
			if err != nil {
				return err
			}
			if !more {
				token = EndObject
				continue
			}
			if node, err = w.key(f); err != nil {
				return err
			}
		}
		var err error
		if token, err = w.s.Next(); err != nil {
			return err
		}
	}
}

// token takes one token of a node.
func (w *walker) token(token Token, node int32) error {
	switch token {
	case String:
		return w.text(w.leafNode(node))
	case Number:
		return w.put(w.leafNode(node), false)
	case BeginObject, BeginArray:
		return w.open(node, token == BeginArray)
	case EndObject, EndArray:
		return w.close()
	}
	return nil
}

// open begins a container of a node.
func (w *walker) open(node int32, array bool) error {
	up := &w.stack[w.frames]
	if w.frames > 0 && up.array && w.records == 0 && (!w.sequence || w.frames == 1) {
		// The first container in an array of a lone object, or of a line: what stood before is a record, and so is each element.
		w.records = w.frames
		if err := w.wr.End(); err != nil {
			return err
		}
	}
	tuple := array && w.frames > 0 && up.array
	w.frames++
	if array && w.frames == 1 {
		if tuple = w.s.lines; !tuple { // a line that is an array is a row
			w.records = 1
		}
	}
	w.stack[w.frames] = frame{node: node, prev: node, array: array, tuple: tuple}
	return nil
}

func (w *walker) close() error {
	w.frames--
	if w.records > w.frames {
		w.records = 0
	}
	if w.wr.Long() {
		return w.wr.End()
	}
	return nil
}

// element ends an element of an array.
func (w *walker) element(token Token) error {
	switch {
	case token == BeginObject || token == BeginArray:
		w.stack[w.frames].index = 0
		return nil
	case w.records == w.frames, w.wr.Long():
		return w.wr.End()
	}
	return nil
}

// key finds the node of the key that was read. Keys that are data are values themselves.
func (w *walker) key(f *frame) (int32, error) {
	n := w.tree.Child(f.node, f.prev, w.s.Value())
	w.grow()
	f.prev = n
	if w.tree.Folded(n) && len(w.s.Value()) > 0 {
		p := &w.places[n]
		if p.key == noPlace {
			p.key = w.add(record.Place{Field: join(w.path(f.node), "{key}"), Name: w.tree.Key(f.node), Mode: record.Column})
		}
		w.wr.Batch.Put(p.key, w.s.Value())
		if w.wr.Long() {
			return n, w.wr.End()
		}
	}
	return n, nil
}

func (w *walker) grow() {
	for len(w.places) < w.tree.Len() {
		w.places = append(w.places, leaf{noPlace, noPlace, noPlace})
	}
}

// leafNode is the node of a value: in an array within an array, each position is a column.
func (w *walker) leafNode(node int32) int32 {
	if w.frames == 0 {
		return node
	}
	f := &w.stack[w.frames]
	if !f.tuple || f.index >= maxTuple {
		return node
	}
	var b [8]byte
	key := append(strconv.AppendInt(append(b[:0], '['), int64(f.index), 10), ']')
	n := w.tree.Child(f.node, f.prev, key)
	w.grow()
	f.prev = n
	return n
}

// text takes a string.
func (w *walker) text(node int32) error {
	v := w.s.Value()
	if how := format.EmbeddingOf(v); how != format.NotEmbedded {
		return w.inner(how, node)
	}
	switch {
	case w.s.More():
		return w.wr.Text(w.s, w.place(node, true))
	case len(v) == 0:
		return nil
	}
	return w.put(node, len(v) > maxColumn || bytes.IndexByte(v, '\n') >= 0)
}

// put makes the scanner's value a cell.
func (w *walker) put(node int32, text bool) error {
	p := w.places[node].column
	if text {
		p = w.places[node].text
	}
	if p == noPlace {
		p = w.place(node, text)
	}
	w.wr.Batch.Put(p, w.s.Value())
	if w.wr.Long() {
		return w.wr.End()
	}
	return nil
}

// place gives the place of a node's values, and makes it when it is new.
func (w *walker) place(node int32, text bool) uint32 {
	l := &w.places[node]
	p := &l.column
	if text {
		p = &l.text
	}
	if *p == noPlace {
		place := record.Place{Field: w.field(node), Name: w.name(node), Mode: record.Column}
		if text {
			place.Mode, place.Kind = record.Text, phi.FreeText
		}
		*p = w.add(place)
	}
	return *p
}

// add makes a place while there is room; beyond, all share the last.
func (w *walker) add(p record.Place) uint32 {
	if w.out.Places.Full() {
		return uint32(w.out.Places.Len() - 1)
	}
	return w.out.Places.Add(p)
}

// field is a node's path as answers print it.
func (w *walker) field(n int32) string {
	if p := w.path(n); p != "" && p[0] != '[' {
		return p
	}
	return "$" + w.path(n)
}

// maxPath is how long a path may be; of a longer one the end is told.
const maxPath = 400

func (w *walker) path(n int32) string {
	var keys []string
	size := 0
	for ; n != Root && size < maxPath; n = w.tree.Parent(n) {
		keys = append(keys, w.tree.Key(n))
		size += len(w.tree.Key(n)) + 1
	}
	path := ""
	if n != Root {
		path = "..."
	}
	for _, key := range slices.Backward(keys) {
		path = join(path, key)
	}
	return path
}

func join(path, key string) string {
	if path == "" || key != "" && key[0] == '[' {
		return path + key
	}
	return path + "." + key
}

// name is the key by which a node's column is judged.
func (w *walker) name(n int32) string {
	for ; n != Root; n = w.tree.Parent(n) {
		if k := w.tree.Key(n); k != Fold && k != "" && k[0] != '[' {
			return k
		}
	}
	return ""
}
