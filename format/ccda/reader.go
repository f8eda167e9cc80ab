package ccda

import (
	"bytes"
	"context"
	"fmt"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
	"github.com/chartroom/chartroom/format/json"
	"github.com/chartroom/chartroom/format/xml"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// Reader reads clinical documents and other XML of HL7 version 3.
type Reader struct{}

// Name is the format and the version of the rules.
func (Reader) Name() string { return "ccda/1" }

// reading is one input being read.
type reading struct {
	s   *xml.Scanner
	w   *json.Writer
	out format.Output

	tree    *json.Tree
	nodes   []node
	stack   [xml.MaxDepth + 1]frame
	depth   int
	epoch   int32 // how often the open record was cut: cells before are gone
	key     []byte
	text    []byte // narrative that is being gathered
	decoded []byte
	systems map[string]phi.System
	inners  int
	notes   uint32 // place of comments, one more than its number; 0 = none yet
	links   int64  // documents that stand elsewhere
	closed  int64  // contents that are compressed in a way that is not read

	who   []carried // what tells who the record's patient is
	known []byte    // their values
}

// carried is a value that goes on with each piece of a record.
type carried struct {
	place uint32
	end   int // in known
}

// What of a patient goes on with each piece of a record.
const (
	maxCarried = 32
	maxKnown   = 4 << 10
)

// flag is what an element passes on to those beneath it.
type flag uint8

const (
	negated  flag = 1 << iota // what stands here does not hold, or is only a criterion
	ofOther                   // codes are about a relative
	anAge                     // the value is an age
	aDevice                   // the value is a number of a device
	ofDates                   // an interval of dates
	inBase64                  // text is base64
	squeezed                  // and compressed

	inherited = negated | ofOther | anAge | aDevice
)

// frame is an open element.
type frame struct {
	node, prev int32
	means      meaning
	role       role
	part       participation
	flags      flag
	start      int32 // first cell
	epoch      int32
}

// Read reads the document.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	body, _ := charset.Reader(in.Head, in.Body)
	r := &reading{
		s: xml.NewScanner(ctx, body, in.Size), w: json.NewWriter(out), out: out, tree: json.NewTree(), nodes: make([]node, 1, 128),
		systems: make(map[string]phi.System),
	}
	r.stack[0].means = pass
	err := r.document()
	if e := r.w.Flush(); err == nil {
		err = e
	}
	r.s.Gaps(out)
	if r.links > 0 {
		out.Gap(estate.GapNotFollowed, fmt.Sprintf("%d documents by their address", r.links))
	}
	if r.closed > 0 {
		out.Gap(estate.GapNoReader, fmt.Sprintf("%d contents compressed within their element", r.closed))
	}
	return err
}

// document reads to the end of the input.
func (r *reading) document() error {
	for {
		t, err := r.s.Next()
		if err != nil {
			return err
		}
		switch t {
		case xml.EOF:
			return nil
		case xml.Start:
			err = r.open()
		case xml.End:
			err = r.close()
		case xml.Text:
			err = r.content()
		case xml.Long:
			err = r.running(r.attribute(r.s.Key()))
		case xml.Comment:
			err = r.comment()
		case xml.Instruction: // style sheets
			err = r.s.Drop()
		}
		if err != nil {
			return err
		}
	}
}

// open begins an element.
func (r *reading) open() error {
	up := &r.stack[r.depth]
	n := r.child(up, r.s.Name())
	rule := &r.nodes[n].rule
	if rule.begins && (rule.role == care || len(r.who) > 0) { // a document, or another patient
		r.who, r.known = r.who[:0], r.known[:0]
		if err := r.end(); err != nil {
			return err
		}
	}
	r.depth++
	f := &r.stack[r.depth]
	*f = frame{node: n, prev: n, means: rule.means, role: up.role, part: up.part, flags: up.flags & inherited,
		start: int32(len(r.w.Batch.Cells)), epoch: r.epoch}
	switch f.means {
	case pass:
		r.qualify(f)
	case roled:
		r.enter(f, up, rule.role)
	case partied:
		f.role = party(r.s.Attr("classCode"), up)
	case identity:
		r.id(f, up)
	case telecom:
		r.telecom(f)
	case birth, death, dated, bound:
		r.date(f, up)
	case coded:
		r.code(f, up)
	case valued:
		return r.value(f, up)
	case texted:
		return r.gather(f)
	case template:
		r.template(up)
	case status:
		r.status(up)
	case unknown:
		r.foreign(f)
	}
	return nil
}

// close ends an element.
func (r *reading) close() error {
	f := &r.stack[r.depth]
	r.depth--
	if r.nodes[f.node].rule.begins && f.role == care {
		r.who, r.known = r.who[:0], r.known[:0]
		return r.end()
	}
	if r.w.Long() {
		return r.cut()
	}
	return nil
}

// end closes the record.
func (r *reading) end() error {
	r.epoch++
	return r.w.End()
}

// cut closes a record that has grown too long, and continues it in another.
func (r *reading) cut() error {
	if err := r.end(); err != nil {
		return err
	}
	r.carry()
	return nil
}

// carry tells the record that continues another one who its patient is.
func (r *reading) carry() {
	from := 0
	for _, c := range r.who {
		r.w.Batch.Put(c.place, r.known[from:c.end])
		from = c.end
	}
}

// keep notes the value that was put last, if it tells who the record's patient is.
func (r *reading) keep(w what, place uint32, v []byte) {
	if w.subject != phi.Patient || w.other || w.attr == codeAttr || len(r.who) >= maxCarried || len(r.known)+len(v) > maxKnown {
		return
	}
	switch w.kind {
	case phi.MRN, phi.SSN, phi.HealthPlanID, phi.Account, phi.Name, phi.DateOfBirth, phi.Email, phi.Phone, phi.ZIP:
	case phi.None:
		if w.part != phi.PartState {
			return
		}
	default:
		return
	}
	r.known = append(r.known, v...)
	r.who = append(r.who, carried{place, len(r.known)})
}

// content takes character data. That of texts is gathered elsewhere.
func (r *reading) content() error {
	f := &r.stack[r.depth]
	if r.s.More() {
		return r.running(f.node)
	}
	v, n := r.s.Value(), &r.nodes[f.node]
	switch f.means {
	case nothing:
	case piece:
		r.piece(f, v)
	case named:
		if f.role != organisation && f.role != thing {
			r.put(n, f.what(phi.Name, phi.PartFull), v)
		}
	case addressed:
		if f.role != thing {
			r.put(n, f.what(phi.Address, phi.PartNone), v)
		}
	case birth, death, dated, bound, telecom:
		r.put(n, what{mode: record.Column}, v)
	case unknown:
		r.column(n, v)
	default:
		return r.running(f.node)
	}
	return nil
}

// comment takes a comment, which may be about anybody.
func (r *reading) comment() error {
	if r.notes == 0 {
		r.notes = 1 + r.out.Places.Add(record.Place{Field: "comment()", Mode: record.Text, Kind: phi.FreeText})
	}
	return r.runningAt(r.notes - 1)
}

// running takes the value at which the scanner stands as running text of a node.
func (r *reading) running(i int32) error {
	n := &r.nodes[i]
	return r.runningAt(r.place(n, n.text()))
}

func (r *reading) runningAt(place uint32) error {
	if r.s.More() {
		r.epoch++
		if err := xml.LongText(r.w, r.s, place); err != nil {
			return err
		}
		r.carry()
		return nil
	}
	if v := bytes.TrimSpace(r.s.Value()); len(v) > 0 {
		r.w.Batch.Put(place, v)
	}
	return nil
}
