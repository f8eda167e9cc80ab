package fhir

import (
	"bytes"
	"strings"

	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

const (
	// maxColumn is the longest string that is judged as a column's value; a longer one is running text.
	maxColumn = 200
	// oldAge is the age from which an age is an identifier: 45 CFR 164.514(b)(2)(i)(C), "all ages over 89".
	oldAge = "90"
)

// string takes a string.
func (r *reading) string(i int32, f *frame) error {
	n := &r.nodes[i]
	v := r.s.Value()
	if r.s.More() && n.leaf != dataLeaf {
		return r.long(n)
	}
	switch n.leaf {
	case skipLeaf:
	case fixedLeaf:
		r.put(n, n.labelled(n.kind, n.part), v)
	case idLeaf:
		// The id of a contained Patient counts only within the resource around it.
		w := n.labelled(n.kind, n.part)
		w.other = w.other || n.flags&contained != 0
		if n.kind != phi.None {
			r.put(n, w, v)
		}
		if n.flags&contained != 0 {
			r.contains(n, v)
		}
		if n.kind != phi.None && n.flags&contained == 0 {
			f.res.named = true
		}
	case textLeaf:
		r.put(n, n.text(), v)
	case systemLeaf:
		f.system, f.coded = r.system(n, v).system, true
	case codeLeaf:
		r.code(i, f, v)
	case typeLeaf, referenceLeaf, displayLeaf:
		r.reference(i, f, v)
	case dataLeaf:
		return r.data(n)
	default:
		r.odd(i, f, v)
	}
	return nil
}

// odd takes the strings of the rarer kinds.
func (r *reading) odd(i int32, f *frame, v []byte) {
	n := &r.nodes[i]
	switch n.leaf {
	case dateLeaf, unknownLeaf:
		r.unknown(n, v)
	case birthLeaf:
		w := n.labelled(n.kind, n.part)
		if len(v) <= len("2006") { // the year alone is no identifier
			w.kind, w.part = phi.None, phi.PartYear
		}
		r.put(n, w, v)
	case idSystemLeaf:
		f.id = max(f.id, r.system(n, v).rule)
	case wayLeaf:
		f.way = way(string(v))
	case valueLeaf:
		r.pend(i, &f.code, v)
	case urlLeaf:
		if m := meaningOf(v); m != unsaid {
			f.ext = m
		}
	case columnLeaf:
		r.extensionValue(n, f, v)
	case addressCodeLeaf:
		r.partOf(n, f, v)
	case mediaLeaf:
		r.media = append(r.media[:0], v[:min(len(v), 64)]...)
	case linkLeaf:
		if len(v) > 0 && v[0] != '#' {
			r.links++
		}
	case statusLeaf:
		switch string(v) {
		case "entered-in-error", "not-done", "not-taken", "refuted", "true":
			f.res.negated = true
		}
	case ageLeaf: // XML has no numbers
		r.age(n, v)
	case fullURLLeaf:
		r.fullNode, r.fullURL = i, append(r.fullURL[:0], v[:min(len(v), 256)]...)
	}
}

// number takes a number.
func (r *reading) number(i int32, f *frame) error {
	n := &r.nodes[i]
	v := r.s.Value()
	switch n.leaf {
	case fixedLeaf:
		r.put(n, n.labelled(n.kind, n.part), v)
	case addressCodeLeaf:
		r.partOf(n, f, v)
	case unknownLeaf:
		if n.class == outside {
			r.put(n, n.column(), v)
		}
	case ageLeaf:
		r.age(n, v)
	}
	return nil
}

// age takes an age over 89.
func (r *reading) age(n *node, v []byte) {
	if len(v) == len(oldAge) && string(v) >= oldAge || len(v) > 2 && v[2] != '.' && v[0] != '-' {
		r.put(n, n.labelled(phi.Date, phi.PartNone), v)
	}
}

// put adds a cell.
func (r *reading) put(n *node, w what, v []byte) {
	if len(v) > 0 {
		r.w.Batch.Put(r.place(n, w), v)
	}
}

// unknown takes a value that only its looks tell: a date, or a column.
func (r *reading) unknown(n *node, v []byte) {
	switch dated := isDate(v); {
	case dated && n.dated() && len(v) > len("2006"):
		r.put(n, n.labelled(phi.Date, n.part), v)
	case dated || n.leaf == dateLeaf || len(v) == 0:
	case len(v) > maxColumn || bytes.IndexByte(v, '\n') >= 0:
		r.put(n, n.text(), v)
	default:
		r.put(n, n.column(), v)
	}
}

// isDate tells whether a value is a FHIR date, dateTime or instant: YYYY, YYYY-MM, YYYY-MM-DD, with or without a time.
func isDate(v []byte) bool {
	if len(v) < 4 || len(v) > 40 || !digits(v[:4]) {
		return false
	}
	switch {
	case len(v) == 4:
		return v[0] == '1' || v[0] == '2'
	case v[4] != '-' || len(v) < 7 || !digits(v[5:7]):
		return false
	case len(v) == 7:
		return true
	}
	return len(v) >= 10 && v[7] == '-' && digits(v[8:10]) && (len(v) == 10 || v[10] == 'T' || v[10] == ' ')
}

func digits(v []byte) bool {
	for _, c := range v {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// long takes a string that is longer than a chunk: text, whatever stands there.
func (r *reading) long(n *node) error {
	if n.leaf == skipLeaf {
		return r.s.Drop()
	}
	r.settle()
	return r.w.Text(r.s, r.place(n, n.text()))
}

// maxSystems bounds how many code systems and namespaces an item's reading remembers.
const maxSystems = 1024

// systemEntry is a code system or a namespace of identifiers.
type systemEntry struct {
	uri    string
	system phi.System
	rule   idRule
	plain  bool // nothing in it needs an escape
}

// needsEscape tells whether JSON writes the character otherwise than as it is.
func needsEscape(c rune) bool { return c < ' ' || c == '"' || c == '\\' }

// system resolves a code system or a namespace. The same one stands at the same place nearly always.
func (r *reading) system(n *node, uri []byte) *systemEntry {
	if n.seen.uri == string(uri) {
		return &n.seen
	}
	if len(uri) > maxColumn {
		return &systemEntry{system: phi.OtherSystem}
	}
	e, ok := r.systems[string(uri)]
	if !ok {
		s := string(uri)
		e = systemEntry{s, phi.SystemOf(s), systemRule(s), !strings.ContainsFunc(s, needsEscape)}
		if len(r.systems) < maxSystems {
			r.systems[s] = e
		}
	}
	n.seen = e
	return &n.seen
}

// sameSystem takes the code system or the namespace that comes next if it is the one that stood here last.
func (r *reading) sameSystem(n *node, f *frame) bool {
	if !r.s.PassKnown(n.seen.uri) {
		return false
	}
	if n.leaf == systemLeaf {
		f.system, f.coded = n.seen.system, true
	} else {
		f.id = max(f.id, n.seen.rule)
	}
	return true
}

// code takes a Coding's code. A system that was named before it decides; else the closing object does.
func (r *reading) code(i int32, f *frame, v []byte) {
	n := &r.nodes[i]
	switch {
	case n.flags&idType != 0:
		r.idCode(f, v)
	case n.flags&verification != 0:
		if s := string(v); s == "refuted" || s == "entered-in-error" {
			f.res.negated = true
		}
	case n.flags&security != 0:
		if c, ok := phi.ParseClass(string(v)); ok {
			w := n.labelled(phi.None, phi.PartNone)
			w.class = phi.Of(c)
			r.put(n, w, v)
		}
	case f.coded:
		r.coded(n, f.system, v)
	case n.class != conformance:
		r.pend(i, &f.code, v)
	}
}

// idCode takes Identifier.type: the code stands in a Coding in a CodeableConcept in the Identifier.
func (r *reading) idCode(f *frame, v []byte) {
	for up := f.up; up != nil && up.shape != resource; up = up.up {
		if up.shape == identifier {
			up.id = max(up.id, typeRules[string(v)])
			return
		}
	}
}

// coded adds a code of a known system.
func (r *reading) coded(n *node, s phi.System, v []byte) {
	if k := s.Kind(); k != phi.None && n.class != conformance && len(v) > 0 {
		r.put(n, n.labelled(k, phi.PartNone), v)
		n.mark(r.w.Batch.Last(), s)
	}
}

// mark says of a code's cell what system it is of, and whether it is about a relative.
func (n *node) mark(c *record.Cell, s phi.System) {
	c.System = s
	if n.flags&ofOther != 0 {
		c.Flags |= record.OfOther
	}
}

// pend adds a cell whose place is decided when its object closes.
func (r *reading) pend(i int32, p *pending, v []byte) {
	if len(v) == 0 {
		return
	}
	if c := r.pended(*p); c != nil && c.Place == nothing { // the object has the key twice
		n := &r.nodes[p.node]
		c.Place = r.place(n, n.column())
	}
	r.w.Batch.Put(nothing, v)
	*p = pending{int32(len(r.w.Batch.Cells)), r.epoch, i}
}

// pended gives the cell that was put off, nil when there is none or it is gone.
func (r *reading) pended(p pending) *record.Cell {
	if p.cell == 0 || p.epoch != r.epoch || int(p.cell) > len(r.w.Batch.Cells) {
		return nil
	}
	return &r.w.Batch.Cells[p.cell-1]
}

// drop takes a cell back.
func (r *reading) drop(c *record.Cell) {
	if c == r.w.Batch.Last() {
		r.w.Batch.Cells = r.w.Batch.Cells[:len(r.w.Batch.Cells)-1]
		return
	}
	c.Place = nothing
	r.dropped++
}

// close ends an object: what was put off is decided.
func (r *reading) close(f *frame) error {
	switch f.shape {
	case identifier:
		r.closeIdentifier(f)
	case contact:
		r.closeContact(f)
	default:
		if c := r.pended(f.code); c != nil {
			r.closeCoding(f, c)
		}
	}
	if f.show.cell != 0 {
		r.closeReference(f)
	}
	if r.nodes[f.node].flags&split != 0 {
		return r.endRecord(f.res)
	}
	return nil
}

// closeCoding decides what a code is whose system was named behind it. A code without a system says nothing.
func (r *reading) closeCoding(f *frame, c *record.Cell) {
	k := f.system.Kind()
	if k == phi.None {
		r.drop(c)
		return
	}
	n := &r.nodes[f.code.node]
	c.Place = r.place(n, n.labelled(k, phi.PartNone))
	n.mark(c, f.system)
}

// Extensions

// meaning is what an extension's value is.
type meaning uint8

const (
	unsaid   meaning = iota // unknown: the values decide
	harmless                // nothing that identifies
	aName                   // a name
	aPlace                  // a place
)

// meaningOf reads an extension's url. hl7.org/fhir/R4/extensibility-registry.html, US Core 6.1.
func meaningOf(url []byte) meaning {
	s := string(url[bytes.LastIndexByte(url, '/')+1:])
	switch {
	case strings.HasSuffix(s, "MaidenName"), strings.HasPrefix(s, "humanname-") && strings.HasSuffix(s, "-name"),
		s == "own-name", s == "partner-name", s == "patient-preferredName":
		return aName
	case strings.HasPrefix(s, "us-core-"), s == "patient-religion", s == "patient-nationality", s == "patient-citizenship",
		s == "data-absent-reason", s == "humanname-own-prefix", s == "patient-genderIdentity":
		return harmless
	case s == "geolocation", s == "patient-birthPlace", s == "birthPlace", strings.HasPrefix(s, "iso21090-ADXP-"):
		return aPlace
	}
	return unsaid
}

// extensionValue takes a string of an extension.
func (r *reading) extensionValue(n *node, f *frame, v []byte) {
	switch f.ext {
	case harmless:
	case aName:
		r.put(n, n.labelled(phi.Name, phi.PartMaiden), v)
	case aPlace:
		r.put(n, n.labelled(phi.Address, phi.PartNone), v)
	default:
		r.unknown(n, v)
	}
}

// partOf takes a value of an extension of a HumanName or an Address: a piece of it.
func (r *reading) partOf(n *node, f *frame, v []byte) {
	switch {
	case f.ext == harmless:
	case n.flags&inAddress != 0:
		r.put(n, n.labelled(phi.Address, phi.PartNone), v)
	case f.ext == aName:
		r.put(n, n.labelled(phi.Name, phi.PartMaiden), v)
	}
}
