package ccda

import (
	"bytes"
	"strings"

	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// node is a path, and what the standard says of it. It is worked out once, when the path is first met.
type node struct {
	rule   rule
	path   string
	name   string
	places []placed

	uri    string // of the code system that stood here last
	system phi.System
}

// placed is a place of a node, for a kind of value.
type placed struct {
	what  what
	place uint32
}

// attr is where in an element a value stands.
type attr uint8

const (
	ownText attr = iota
	valueAttr
	extensionAttr
	rootAttr
	codeAttr
)

var attrNames = [...]string{"", "/@value", "/@extension", "/@root", "/@code"}

// what tells a node's places apart.
type what struct {
	attr    attr
	kind    phi.Kind
	part    phi.Part
	mode    record.Mode
	subject phi.Subject
	other   bool
	classes phi.Classes
}

// mark is what the key of an attribute begins with in the tree, where an @ would say that the key is data.
const mark = '='

// maxPath is how long a field's name may be; of a longer path the end is told.
const maxPath = 150

// child gives the node of a name beneath an open element.
func (r *reading) child(f *frame, key []byte) int32 {
	n := r.tree.Child(f.node, f.prev, key)
	f.prev = n
	for len(r.nodes) < r.tree.Len() {
		i := int32(len(r.nodes))
		name, up := r.tree.Key(i), &r.nodes[r.tree.Parent(i)]
		r.nodes = append(r.nodes, node{rule: ruleOf(up.name, name), name: name, path: path(up.path, name)})
	}
	return n
}

// attribute gives the node of an attribute of the innermost element.
func (r *reading) attribute(name []byte) int32 {
	r.key = append(append(r.key[:0], mark), name...)
	return r.child(&r.stack[r.depth], r.key)
}

// path is a node beneath another as answers print it.
func path(up, key string) string {
	if key != "" && key[0] == mark {
		key = "@" + key[1:]
	}
	switch {
	case up == "":
		return key
	case len(up)+len(key) > maxPath:
		up = up[len(up)-min(len(up), maxPath/2):]
		up = "..." + up[strings.IndexByte(up, '/')+1:]
	}
	return up + "/" + key
}

// what is a value of the frame's subject.
func (f *frame) what(k phi.Kind, p phi.Part) what {
	s, other := f.role.subject()
	return what{kind: k, part: p, subject: s, other: other}
}

// at says in which attribute a value stands.
func (w what) at(a attr) what {
	w.attr = a
	return w
}

func (n *node) text() what {
	return what{kind: phi.FreeText, mode: record.Text, subject: phi.Patient}
}

// place gives the place of a kind of value at a node, and makes it when it is new.
func (r *reading) place(n *node, w what) uint32 {
	for i := range n.places {
		if n.places[i].what == w {
			return n.places[i].place
		}
	}
	p := record.Place{Field: n.path + attrNames[w.attr], Mode: w.mode, Kind: w.kind, Part: w.part, Subject: w.subject, Other: w.other, Classes: w.classes}
	if p.Field == "" {
		p.Field = "text()"
	}
	switch w.mode {
	case record.Column:
		if p.Name = n.name; p.Name != "" && p.Name[0] == mark {
			p.Name = p.Name[1:]
		}
	case record.Labelled:
		p.Rule = "HL7 CDA R2, " + p.Field
	}
	place := uint32(max(0, r.out.Places.Len()-1))
	if !r.out.Places.Full() {
		place = r.out.Places.Add(p)
	}
	n.places = append(n.places, placed{w, place})
	return place
}

// put adds a cell.
func (r *reading) put(n *node, w what, v []byte) {
	if len(v) == 0 {
		return
	}
	place := r.place(n, w)
	r.w.Batch.Put(place, v)
	if w.mode == record.Labelled {
		r.keep(w, place, v)
	}
}

// maxColumn is the longest value that is judged as a column's; a longer one is running text.
const maxColumn = 200

// column takes a value that the standard does not know.
func (r *reading) column(n *node, v []byte) {
	if len(v) > maxColumn || bytes.IndexByte(v, '\n') >= 0 {
		r.put(n, n.text(), v)
		return
	}
	r.put(n, what{mode: record.Column}, v)
}
