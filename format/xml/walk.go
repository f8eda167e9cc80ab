package xml

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/json"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

const (
	// maxColumn is the longest value that is judged as a column's; a longer one is running text.
	maxColumn = 200
	// maxPath is how long a field's name may be; of a longer path the end is told.
	maxPath = 140
	// mark is what the key of an attribute begins with in the tree, where an @ would say that the key is data.
	mark = '='
	// noPlace stands where a node has no place yet.
	noPlace = ^uint32(0)
)

// walker reads a document of no known schema.
type walker struct {
	s   *Scanner
	wr  *json.Writer
	out format.Output

	tree   *json.Tree
	nodes  []node // by the tree's nodes
	stack  [MaxDepth + 1]frame
	frames int
	record int    // depth of the open record's element; 0 = none
	beyond int64  // where the survey ended
	key    []byte // of an attribute or of a named field
	inners int

	notes, instructions uint32 // places

	space   Space // of the last element, and whether it is one of programs
	program bool
}

// node is a path.
type node struct {
	column, text, key uint32 // places of its values
	repeats           bool   // its elements are records
	mixed             bool   // its text stands between elements
}

// frame is an open element.
type frame struct {
	node, prev int32
	last       int32 // the child that was closed last, where it had children or several attributes; 0 = none
	complex    bool  // has children, or several attributes
	kids, text bool
	program    bool // of a drawing, a program or a definition
}

// programs are the namespaces of drawings, programs and definitions: their attributes hold instructions, not data of anybody, so
// what stands there is looked at as running text and not as columns.
var programs = map[string]bool{
	"http://www.w3.org/2000/svg": true, "http://www.w3.org/1999/XSL/Transform": true, "http://www.w3.org/1999/XSL/Format": true,
	"http://www.w3.org/2001/XMLSchema": true, "http://www.w3.org/1998/Math/MathML": true, "http://purl.oclc.org/dsdl/schematron": true,
	"http://www.ascc.net/xml/schematron": true, "http://relaxng.org/ns/structure/1.0": true, "http://schemas.xmlsoap.org/wsdl/": true,
	"http://schemas.microsoft.com/winfx/2006/xaml/presentation": true, "http://schemas.microsoft.com/developer/msbuild/2003": true,
	"http://maven.apache.org/POM/4.0.0": true, "http://www.springframework.org/schema/beans": true, "http://www.omg.org/spec/BPMN/20100524/MODEL": true,
}

func newWalker(s *Scanner, out format.Output) *walker {
	return &walker{s: s, wr: json.NewWriter(out), out: out, tree: json.NewTree(), nodes: []node{{noPlace, noPlace, noPlace, false, false}},
		notes: noPlace, instructions: noPlace}
}

// child gives the node of a name beneath the innermost element.
func (w *walker) child(f *frame, key []byte) int32 {
	n := w.tree.Child(f.node, f.prev, key)
	for len(w.nodes) < w.tree.Len() {
		w.nodes = append(w.nodes, node{noPlace, noPlace, noPlace, false, false})
	}
	f.prev = n
	return n
}

// survey looks through the beginning for elements that repeat. The outermost of them are records, if most of what the
// document holds stands in them: a person with three telephone numbers is one record, and a list of persons is not.
func (w *walker) survey(head []byte) {
	s := NewScanner(context.Background(), bytes.NewReader(head), int64(len(head)))
	w.beyond = int64(len(head))
	var values []int // by node
	for {
		t, err := s.Next()
		if err != nil || t == EOF {
			break
		}
		depth := s.Depth()
		count := 0
		switch t {
		case Start:
			up := &w.stack[depth-1]
			up.complex = true
			n := w.child(up, w.named(s))
			w.stack[depth] = frame{node: n, prev: n, complex: len(s.Attrs()) > 1}
			if up.last == n && depth > 1 {
				w.nodes[n].repeats = true
			}
			count = len(s.Attrs())
		case End:
			w.stack[depth].closes(&w.stack[depth+1])
		case Text:
			count = 1
		}
		values = append(values, make([]int, len(w.nodes)-len(values))...)
		values[w.stack[depth].node] += count
	}
	w.settle(values)
	w.stack[0] = frame{}
}

// settle decides whether the elements that repeat are records, by how many values stand at each node.
func (w *walker) settle(values []int) {
	all, inside := 0, 0
	repeating := make([]bool, len(values)) // the node, or one around it
	for i, v := range values {
		if i > 0 {
			repeating[i] = w.nodes[i].repeats || repeating[w.tree.Parent(int32(i))]
		}
		if all += v; repeating[i] {
			inside += v
		}
	}
	for i := range w.nodes {
		w.nodes[i].repeats = w.nodes[i].repeats && 2*inside >= all
	}
}

// closes notes a child that was closed, where it had children or several attributes.
func (f *frame) closes(child *frame) {
	f.last = 0
	if child.complex {
		f.last = child.node
	}
}

// document reads the document.
func (w *walker) document() error {
	for {
		t, err := w.s.Next()
		if err != nil {
			return err
		}
		switch t {
		case EOF:
			return nil
		case Start:
			err = w.open()
		case End:
			err = w.close()
		case Text:
			err = w.content()
		case Long:
			w.key = append(append(w.key[:0], mark), w.s.Key()...)
			err = w.value(w.child(&w.stack[w.frames], w.key), w.s.Value(), false)
		case Comment:
			err = w.remark(&w.notes, "comment()")
		case Instruction:
			if v := w.s.Value(); bytes.HasPrefix(v, []byte("xml")) { // the declaration, a style sheet
				continue
			}
			err = w.remark(&w.instructions, "processing-instruction()")
		}
		if err != nil {
			return err
		}
	}
}

// named gives the name of the element that was opened. A field whose name stands in an attribute is named by it.
func (w *walker) named(s *Scanner) []byte {
	attrs := s.Attrs()
	if len(attrs) == 0 || len(attrs) > 4 || !naming(s.Name()) {
		return s.Name()
	}
	switch string(attrs[0].Name) {
	case "name", "key", "column", "field":
	default:
		return s.Name()
	}
	v := attrs[0].Value
	if len(v) == 0 || len(v) > 64 {
		return s.Name()
	}
	for _, c := range v {
		if classes[c]&nameStart == 0 && (c < '0' || c > '9') && c != '.' && c != '-' || c >= 0x80 {
			return s.Name()
		}
	}
	w.key = append(append(append(append(w.key[:0], s.Name()...), '['), v...), ']')
	return w.key
}

// naming tells whether elements of this name say by an attribute which field they are.
func naming(name []byte) bool {
	switch string(name) {
	case "field", "column", "col", "property", "prop", "param", "parameter", "attribute", "attr", "variable", "add", "str", "int",
		"date", "setting", "option":
		return true
	}
	return false
}

// open begins an element.
func (w *walker) open() error {
	up := &w.stack[w.frames]
	up.kids = true
	if up.text {
		w.nodes[up.node].mixed = true
	}
	name := w.named(w.s)
	n := w.child(up, name)
	attrs := w.s.Attrs()
	if len(name) > len(w.s.Name()) {
		attrs = attrs[1:] // it is in the path
	}
	up.complex = true
	again := up.last == n && n != 0 && w.frames > 0
	w.frames++
	f := &w.stack[w.frames]
	*f = frame{node: n, prev: n, complex: len(attrs) > 1, program: up.program || string(w.s.Name()) == "svg"}
	if w.s.Space() != w.space {
		w.space = w.s.Space()
		w.program = programs[w.s.URI(w.space)]
	}
	f.program = f.program || w.program
	if w.record == 0 {
		if again && w.s.Offset() > w.beyond {
			w.nodes[n].repeats = true
		}
		if w.nodes[n].repeats {
			w.record = w.frames
			if err := w.wr.End(); err != nil {
				return err
			}
		}
	}
	if w.tree.Folded(n) && len(w.s.Name()) > 0 { // the name is data itself
		w.put(w.fold(n), w.s.Name())
	}
	for i := range attrs {
		w.key = append(append(w.key[:0], mark), attrs[i].Name...)
		if err := w.value(w.child(f, w.key), attrs[i].Value, f.program); err != nil {
			return err
		}
	}
	return nil
}

// fold gives the place of names that are data.
func (w *walker) fold(n int32) uint32 {
	p := &w.nodes[n]
	if p.key == noPlace {
		p.key = w.add(record.Place{Field: w.path(w.tree.Parent(n)) + "/{name}", Name: w.name(w.tree.Parent(n)), Mode: record.Column})
	}
	return p.key
}

// close ends an element.
func (w *walker) close() error {
	f := &w.stack[w.frames]
	w.frames--
	w.stack[w.frames].closes(f)
	if w.record > w.frames {
		w.record = 0
		return w.wr.End()
	}
	if w.wr.Long() {
		return w.wr.End()
	}
	return nil
}

// content takes character data.
func (w *walker) content() error {
	f := &w.stack[w.frames]
	f.text = true
	n := &w.nodes[f.node]
	if f.kids {
		n.mixed = true
	}
	running := f.program || n.mixed || w.frames > 0 && w.nodes[w.stack[w.frames-1].node].mixed
	return w.value(f.node, w.s.Value(), running)
}

// remark takes a comment or an instruction, which is running text. All of a document's share a place.
func (w *walker) remark(place *uint32, field string) error {
	if *place == noPlace {
		*place = w.add(record.Place{Field: field, Mode: record.Text, Kind: phi.FreeText})
	}
	if w.s.More() {
		return LongText(w.wr, w.s, *place)
	}
	if v := bytes.TrimSpace(w.s.Value()); len(v) > 0 {
		w.put(*place, v)
	}
	return nil
}

// value takes a value of a node.
func (w *walker) value(n int32, v []byte, running bool) error {
	switch {
	case format.EmbeddingOf(v) != format.NotEmbedded:
		return w.inner(n, v, format.EmbeddingOf(v))
	case w.s.More():
		return LongText(w.wr, w.s, w.place(n, true))
	case len(v) == 0:
		return nil
	}
	w.put(w.place(n, running || len(v) > maxColumn || bytes.IndexByte(v, '\n') >= 0), v)
	if w.wr.Long() {
		return w.wr.End()
	}
	return nil
}

// inner hands a value that is a document to whoever reads it.
func (w *walker) inner(n int32, v []byte, how format.Embedding) error {
	w.inners++
	name := w.path(n) + "[" + strconv.Itoa(w.inners) + "]"
	var body io.Reader = bytes.NewReader(v)
	if w.s.More() {
		body = ValueReader(w.s)
	}
	if err := w.out.Inner(name, "", how.Open(body)); err != nil {
		return err
	}
	return w.s.Drop()
}

func (w *walker) put(place uint32, v []byte) { w.wr.Batch.Put(place, v) }

// place gives the place of a node's values, and makes it when it is new.
func (w *walker) place(n int32, text bool) uint32 {
	p := &w.nodes[n].column
	if text {
		p = &w.nodes[n].text
	}
	if *p == noPlace {
		place := record.Place{Field: w.path(n), Name: w.name(n), Mode: record.Column}
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

// path is a node as answers print it: its elements and attribute, divided by slashes.
func (w *walker) path(n int32) string {
	var keys []string
	size := 0
	for ; n != json.Root && size < maxPath; n = w.tree.Parent(n) {
		keys = append(keys, w.tree.Key(n))
		size += len(w.tree.Key(n)) + 1
	}
	path := ""
	if n != json.Root {
		path = "..."
	}
	for _, key := range slices.Backward(keys) {
		if path != "" {
			path += "/"
		}
		if key != "" && key[0] == mark {
			path += "@"
			key = key[1:]
		}
		path += key
	}
	if path == "" {
		path = "text()"
	}
	return path
}

// name is the name by which a node's column is judged: that of the attribute or element, or where it says only that a value
// stands there, the one around it.
func (w *walker) name(n int32) string {
	for ; n != json.Root; n = w.tree.Parent(n) {
		k := w.tree.Key(n)
		if i := strings.IndexByte(k, '['); i > 0 && k[len(k)-1] == ']' && i+2 < len(k) {
			return k[i+1 : len(k)-1]
		}
		if k != "" && k[0] == mark {
			k = k[1:]
		}
		switch k {
		case json.Fold, "", "value", "Value", "val", "V", "v", "text", "Date", "DateTime":
			continue
		}
		return k
	}
	return ""
}
