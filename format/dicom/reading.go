package dicom

import (
	"bytes"
	"fmt"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

const (
	maxBatch = 1 << 20  // bytes of values in a batch, beyond which the record is divided
	maxCells = 64 << 10 // and cells
	maxWho   = 4 << 10  // bytes of what tells who the patient is, which a divided record repeats
)

// scope is a sequence or a data set that is being read.
type scope struct {
	sequence tag // that it is, or is an item of
	charset  charset
	concept  uint32 // DCM code of the concept that names the content item; 0 = none of interest
	code     []byte // a code whose system is still to come
	system   phi.System
	kind     kind
}

// held is a cell that a divided record repeats.
type held struct {
	place uint32
	value []byte
}

// reading is one reading of one input. It is the visitor of its parser.
type reading struct {
	parser parser
	in     format.Input
	out    format.Output
	dict   *dictionary
	batch  *record.Batch
	decode decoder
	places map[uint64]uint32
	names  map[string]phi.System // of code systems
	scopes []scope
	who    []held
	held   int // bytes of who
	dir    *directory
	number int64 // of inner items

	syntax  string // transfer syntax
	class   string // SOP class
	burned  byte   // first letter of Burned In Annotation, and of Recognizable Visual Features
	faces   byte
	missing missing
}

func newReading(in format.Input, out format.Output) *reading {
	r := &reading{in: in, out: out, dict: attributes(), batch: record.NewBatch(out.Places)}
	r.places = map[uint64]uint32{}
	r.scopes = append(r.scopes, scope{charset: charset{basic}, kind: elements})
	return r
}

// scope is the data set that is being read.
func (r *reading) scope() *scope { return &r.scopes[len(r.scopes)-1] }

// enter implements visitor.
func (r *reading) enter(e *element) error {
	up := r.scope()
	s := scope{sequence: e.tag, charset: up.charset, concept: up.concept, kind: items}
	switch {
	case e.tag == tagItem:
		s.sequence, s.kind = up.sequence, elements
		if s.sequence == tagContent { // a content item has a name of its own
			s.concept = 0
		}
	case r.parser.top() == fragments:
		s.kind = fragments
		r.missing.note(r, e)
	}
	if n := len(r.scopes); n < cap(r.scopes) { // the memory of a scope that was left
		s.code = r.scopes[:n+1][n].code[:0]
	}
	r.scopes = append(r.scopes, s)
	if len(r.scopes) == 2 && e.tag == tagRecords && r.dir == nil {
		r.batch.EndRecord()
		r.dir = &directory{from: len(r.batch.Cells)}
	}
	if r.entry() && e.tag == tagItem {
		r.dir.begin(e.at, len(r.batch.Cells))
	}
	return nil
}

// entry tells whether a record of a directory is being read, and nothing within it.
func (r *reading) entry() bool {
	return r.dir != nil && len(r.scopes) == 3 && r.scope().sequence == tagRecords
}

// leave implements visitor.
func (r *reading) leave() error {
	if r.entry() {
		r.dir.end(len(r.batch.Cells))
	}
	r.scopes = r.scopes[:len(r.scopes)-1]
	if r.dir != nil && len(r.scopes) == 1 && r.scopes[0].kind == elements && !r.dir.spilled {
		r.dir.spill(r.batch)
	}
	return r.divide()
}

// value implements visitor.
func (r *reading) value(e *element) error {
	if r.scope().kind == fragments || e.length == 0 {
		return nil
	}
	a := r.dict.find(e.tag)
	if a == nil {
		return r.unknown(e)
	}
	if a.form == nothing || a.form == codes || a.form == pregnant {
		return r.special(e)
	}
	return r.known(e, &a.meaning)
}

// special reads what says how other elements are read, and what is not read.
func (r *reading) special(e *element) error {
	switch base := e.tag.base(); base {
	case tagPixel, tagFloatPixel, tagDoublePixel, tagVariable, tagOverlay, tagAudio, tagWaveform, tagEncrypted:
		r.missing.note(r, e)
	case tagDocument:
		return r.document(e)
	case tagSyntax, tagClass, tagCharset, tagBurnedIn, tagRecognisable, tagDesignator, tagCode, tagLongCode, tagURNCode:
		v, err := r.take(e, 256)
		if err != nil {
			return err
		}
		r.context(base, v)
	case tagPregnancy:
		v, err := r.take(e, 2)
		if err == nil && len(v) == 2 && r.parser.enc.order.Uint16(v) == definitelyPregnant {
			r.put(e, &meaning{form: pregnant, subject: phi.Patient}, asIs, []byte{'0' + definitelyPregnant})
		}
		return err
	case tagNextRecord, tagLowerRecord, tagRecordType:
		if !r.entry() {
			return nil
		}
		v, err := r.take(e, 32)
		if err != nil {
			return err
		}
		r.directoryValue(e.tag, v)
	}
	return nil
}

// take gives the beginning of a value, without its padding. It is good until the next.
func (r *reading) take(e *element, n int) ([]byte, error) {
	return r.parser.src.peek(int(min(e.length, int64(n))))
}

// context notes what a value says about others.
func (r *reading) context(t tag, v []byte) {
	s := r.scope()
	v = trim(v)
	switch {
	case t == tagSyntax:
		r.syntax = string(v)
	case t == tagClass && len(r.scopes) == 1:
		r.class = string(v)
	case t == tagCharset:
		s.charset = charsetOf(v)
	case t == tagBurnedIn && len(v) > 0:
		r.burned = v[0]
	case t == tagRecognisable && len(v) > 0:
		r.faces = v[0]
	case t == tagCode:
		s.code = append(s.code[:0], v...)
	case t == tagDesignator:
		r.designated(s, v)
	case t == tagLongCode || t == tagURNCode:
		s.code = append(s.code[:0], v...)
		r.code(t, s)
	}
}

// known hands out the value of an attribute with a meaning.
func (r *reading) known(e *element, m *meaning) error {
	now := *m
	if s := r.scope(); s.concept != 0 {
		now = conceptual(s.concept, e.tag, now)
	}
	return r.pieces(e, &now)
}

// unknown hands out a private value, or one that the standard got later, by its representation or its content.
func (r *reading) unknown(e *element) error {
	if e.tag.creator() || e.tag.number() == 0 {
		return nil
	}
	m := meaning{form: private, kind: phi.FreeText, subject: phi.Patient}
	switch e.vr {
	case vrPN:
		m = meaning{form: list, kind: phi.Name, part: phi.PartFull}
	case vrDA, vrDT:
		m = meaning{form: list, kind: phi.Date}
	case vrUR:
		m = meaning{form: whole, kind: phi.URL}
	case vrLO, vrSH, vrST, vrLT, vrUT, vrUC:
	case vrUN, vrOB:
		b, err := r.take(e, readSize)
		if err != nil {
			return err
		}
		if startsDocument(b) {
			return r.inner(e, "Private", "")
		}
		if !readable(b) {
			if e.length > smallBinary {
				r.missing.binaries++
			}
			return nil
		}
	default:
		return nil
	}
	return r.pieces(e, &m)
}

// smallBinary is the length up to which a private binary value is not worth a word.
const smallBinary = 64

// pieces hands out a value, a long one in pieces that end between words or values.
func (r *reading) pieces(e *element, m *meaning) error {
	src := r.parser.src
	c := charset{basic}
	if e.vr.encoded() {
		c = r.scope().charset
	}
	for left := e.length; left > 0; {
		b, err := src.peek(int(min(left, maxValue)))
		if err != nil {
			return err
		}
		if len(b) == 0 {
			return nil // the parser says what is missing
		}
		n := len(b)
		if left > maxValue {
			if at := bytes.LastIndexAny(b, " \r\n\\"); at > 0 {
				n = at + 1
			}
		}
		r.hand(e, m, r.decode.decode(b[:n], c))
		if _, err := src.skip(int64(n)); err != nil {
			return err
		}
		left -= int64(n)
		if err := r.divide(); err != nil {
			return err
		}
	}
	return nil
}

// variant is what of a value a cell holds, where that is not all.
type variant uint8

const (
	asIs variant = iota
	asText
	asFull
	asFamily
	asGiven
	asMiddle
	asPrefix
	asSuffix
	asGreatAge
	asZIP
	asState
	asEmail
)

// put adds a cell.
func (r *reading) put(e *element, m *meaning, as variant, v []byte) {
	if len(v) == 0 {
		return
	}
	place := r.place(e, m, as)
	r.batch.Put(place, v)
	p := r.out.Places.At(place)
	telling := p.Subject == phi.Patient && !p.Other && (p.Kind == phi.Name || p.Kind == phi.MRN || p.Kind == phi.DateOfBirth)
	if telling && (len(r.scopes) == 1 || r.entry()) && r.held+len(v) <= maxWho {
		r.held += len(v)
		r.who = append(r.who, held{place, bytes.Clone(v)})
	}
}

// place gives the number of the place of a value.
func (r *reading) place(e *element, m *meaning, as variant) uint32 {
	key := uint64(e.tag.base())<<32 | uint64(m.kind)<<24 | uint64(m.subject)<<16 | uint64(m.form)<<8 | uint64(as)
	if e.tag.private() {
		key &^= 0xFF00 << 32 // whatever block its creator has
	}
	if at, ok := r.places[key]; ok {
		return at
	}
	a := r.dict.find(e.tag)
	p := record.Place{Kind: m.kind, Part: m.part, Subject: m.subject, Other: m.other}
	switch {
	case a != nil:
		p.Field = a.keyword
		p.Rule = fmt.Sprintf("DICOM PS3.6, %s %s", e.tag, a.keyword)
	case r.out.Places.Full() || len(r.places) > record.MaxPlaces/2:
		e = &element{tag: 0x00090000}
		key = uint64(m.kind)<<24 | uint64(m.subject)<<16 | uint64(as)
		if at, ok := r.places[key]; ok {
			return at
		}
		p.Field = "(private)"
	default:
		p.Field = e.tag.String()
	}
	as.shape(&p, m)
	at := r.out.Places.Add(p)
	r.places[key] = at
	return at
}

// shape makes a place one of what the variant says.
func (as variant) shape(p *record.Place, m *meaning) {
	switch as {
	case asText:
		p.Mode, p.Kind = record.Text, phi.FreeText
	case asFull:
		p.Part = phi.PartFull
	case asFamily:
		p.Part = phi.PartFamily
	case asGiven:
		p.Part = phi.PartGiven
	case asMiddle:
		p.Part = phi.PartMiddle
	case asPrefix:
		p.Part = phi.PartPrefix
	case asSuffix:
		p.Part = phi.PartSuffix
	case asGreatAge:
		p.Kind = phi.Date
	case asZIP:
		p.Kind, p.Part = phi.ZIP, phi.PartZIP
	case asState:
		p.Kind, p.Part = phi.None, phi.PartState
	case asEmail:
		p.Kind = phi.Email
	}
	if m.form == pregnant {
		p.Classes = phi.Of(phi.PREGNANT)
	}
}

// divide hands out the open record when it has become too long, and begins another about the same patient.
func (r *reading) divide() error {
	limit := maxBatch
	if r.dir != nil && !r.dir.spilled {
		limit = maxDirectory
	}
	full := r.dir != nil && len(r.dir.entries) >= maxEntries
	if !full && r.batch.Size() < limit && len(r.batch.Cells) < maxCells*(limit/maxBatch) {
		return nil
	}
	if r.dir != nil {
		r.dir.spill(r.batch)
	}
	if err := r.flush(); err != nil {
		return err
	}
	for _, h := range r.who {
		r.batch.Put(h.place, h.value)
	}
	return nil
}

// flush closes the open record and hands out what there is.
func (r *reading) flush() error {
	r.batch.EndRecord()
	var err error
	if r.batch.Len() > 0 {
		err = r.out.Batch(r.batch)
	}
	r.batch.Reset()
	return err
}

// finish hands out the rest, and tells what was not read.
func (r *reading) finish() error {
	if r.dir != nil {
		r.dir.spill(r.batch)
	}
	if err := r.flush(); err != nil {
		return err
	}
	r.missing.report(r)
	if r.dir != nil && r.dir.again > 0 {
		r.out.Gap(estate.GapDamaged, fmt.Sprintf("offsets lead %d times to a record of the directory that was met before, as in a circle; each record was read once", r.dir.again))
	}
	if p := &r.parser; p.broken > 0 {
		r.out.Gap(estate.GapDamaged, fmt.Sprintf("%d places do not follow the standard, the first at byte %d", p.broken, p.where))
	}
	return nil
}
