package dicom

import (
	"fmt"

	"github.com/chartroom/chartroom/format"
)

// maxFrames is how deep sequences and items may stand in each other: a sequence and its item count as two.
const maxFrames = 128

// undefined is the length of what a delimiter ends.
const undefined = -1

// element is the head of an element, or of an item.
type element struct {
	tag    tag
	vr     vr    // as written, else as the dictionary says, else UN
	length int64 // of its value in bytes, or undefined
	at     int64 // where it begins in the input
}

// visitor is told what the parser meets. What it leaves of a value the parser skips.
type visitor interface {
	// value is called where the value of an element begins, and of a fragment of encapsulated pixels, whose tag is tagItem.
	value(e *element) error
	// enter is called where the items of a sequence, the elements of an item, or the fragments of a value begin.
	enter(e *element) error
	// leave is called where the last that was entered ends.
	leave() error
}

// kind is what a frame holds.
type kind uint8

const (
	items kind = iota
	elements
	fragments
)

// frame is a sequence, an item, or a value in fragments that is being read.
type frame struct {
	kind  kind
	end   int64  // undefined where a delimiter ends it
	limit int64  // the nearest known end of what it stands in, itself included; undefined where there is none
	enc   syntax // of what follows it
}

// parser reads the structure of a data set (PS3.5 section 7). It holds one buffer and its frames.
type parser struct {
	src    *source
	enc    syntax
	dict   *dictionary
	visit  visitor
	frames []frame
	now    element // what is being read, which the visitor sees
	broken int64   // places that do not follow the standard, behind which the reading went on
	where  int64   // the first of them
}

// run reads elements to the input's end, or to the first of the data set itself that is not wanted.
func (p *parser) run(wanted func(tag) bool) error {
	for {
		if err := p.closeEnded(); err != nil {
			return err
		}
		b, err := p.src.peek(8)
		if err != nil {
			return err
		}
		if len(b) < 8 {
			return p.finish(b)
		}
		t := p.enc.tag(b)
		switch limit := p.limit(); {
		case len(p.frames) == 0 && !wanted(t):
			return nil
		case limit != undefined && limit-p.src.at < 8: // too little is left of what this stands in
			p.damage()
			err = p.cutOff(limit)
		case t.structure():
			err = p.delimiter(t, int64(p.enc.order.Uint32(b[4:])))
		case p.top() != elements:
			err = p.lost()
		default:
			err = p.element(t, b)
		}
		if err != nil {
			return err
		}
	}
}

// cutOff goes to the end of what stands around, and leaves all in it that should have ended before.
func (p *parser) cutOff(limit int64) error {
	if p.src.at < limit {
		if err := p.skipTo(limit); err != nil {
			return err
		}
	}
	for n := len(p.frames); n > 0 && p.frames[n-1].end == undefined; n = len(p.frames) {
		if err := p.pop(); err != nil {
			return err
		}
	}
	return nil
}

// top is what is being read.
func (p *parser) top() kind {
	if len(p.frames) == 0 {
		return elements
	}
	return p.frames[len(p.frames)-1].kind
}

// limit is the nearest known end of what is being read.
func (p *parser) limit() int64 {
	if len(p.frames) == 0 {
		return undefined
	}
	return p.frames[len(p.frames)-1].limit
}

// finish judges the input's end: nothing may be open, and what is left may only be padding.
func (p *parser) finish(rest []byte) error {
	at := p.src.at
	for _, c := range rest {
		if c != 0 {
			return format.Damaged("byte %d: the input ends within an element's head", at)
		}
	}
	if len(p.frames) > 0 {
		return format.Damaged("byte %d: the input ends within a sequence", at)
	}
	_, err := p.src.skip(int64(len(rest)))
	return err
}

// damage notes a fault that the reading survives.
func (p *parser) damage() {
	if p.broken == 0 {
		p.where = p.src.at
	}
	p.broken++
}

// closeEnded leaves whatever ends where the parser stands.
func (p *parser) closeEnded() error {
	for n := len(p.frames); n > 0; n = len(p.frames) {
		if f := &p.frames[n-1]; f.end == undefined || p.src.at < f.end {
			return nil
		}
		if err := p.pop(); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) pop() error {
	p.enc = p.frames[len(p.frames)-1].enc
	p.frames = p.frames[:len(p.frames)-1]
	return p.visit.leave()
}

// push enters what begins where the parser stands.
func (p *parser) push(k kind, e *element, inner syntax) error {
	if len(p.frames) == maxFrames {
		return fmt.Errorf("byte %d: over %d sequences and items in each other: %w", e.at, maxFrames, format.ErrLimit)
	}
	f := frame{kind: k, end: undefined, limit: p.limit(), enc: p.enc}
	if e.length != undefined {
		f.end = p.src.at + e.length
		if f.limit != undefined && f.end > f.limit {
			p.damage()
			f.end = f.limit
		}
		f.limit = f.end
	}
	p.frames = append(p.frames, f)
	p.enc = inner
	return p.visit.enter(e)
}

// delimiter reads the head of an item or the end of an item or a sequence.
func (p *parser) delimiter(t tag, length int64) error {
	e := &p.now
	*e = element{tag: t, vr: vrUN, length: length, at: p.src.at}
	if length == 0xFFFFFFFF {
		e.length = undefined
	}
	top := p.top()
	if _, err := p.src.skip(8); err != nil {
		return err
	}
	switch {
	case t == tagItem && top == items:
		return p.push(elements, e, p.enc)
	case t == tagItem && top == fragments && e.length != undefined:
		return p.value(e)
	case t == tagItemEnd && top == elements && p.open():
		return p.pop()
	case t == tagSequenceEnd && top != elements && p.open():
		return p.pop()
	case t == tagSequenceEnd && top == elements && p.open() && p.frames[len(p.frames)-2].end == undefined:
		p.damage() // the item's own end is missing
		if err := p.pop(); err != nil {
			return err
		}
		return p.pop()
	}
	p.damage()
	return nil
}

// open tells whether a delimiter ends what is being read.
func (p *parser) open() bool {
	return len(p.frames) > 0 && p.frames[len(p.frames)-1].end == undefined
}

// lost finds its way where an item should begin and none does.
func (p *parser) lost() error {
	p.damage()
	f := p.frames[len(p.frames)-1]
	switch {
	case f.end != undefined:
		return p.skipTo(f.end)
	case f.kind == fragments:
		return format.Damaged("byte %d: no fragment begins where one should", p.src.at)
	}
	return p.pop() // its end is missing
}

// element reads an element's head, and its value or what it holds.
func (p *parser) element(t tag, b []byte) error {
	e := &p.now
	*e = element{tag: t, at: p.src.at}
	head := 8
	length := p.enc.order.Uint32(b[4:])
	e.vr = vr(b[4])<<8 | vr(b[5])
	switch {
	case p.enc.implicit || !e.vr.lettered():
		e.vr = vrUN
		if a := p.dict.find(t); a != nil {
			e.vr = a.vr
		} else if t.creator() {
			e.vr = vrLO
		} else if t.number() == 0 {
			e.vr = vrUL
		}
	case e.vr.short():
		length = uint32(p.enc.order.Uint16(b[6:]))
	default:
		long, err := p.src.peek(12)
		if err != nil {
			return err
		}
		if len(long) < 12 {
			return format.Damaged("byte %d: the input ends within an element's head", e.at)
		}
		length, head = p.enc.order.Uint32(long[8:]), 12
	}
	e.length = int64(length)
	if length == 0xFFFFFFFF {
		e.length = undefined
	}
	if _, err := p.src.skip(int64(head)); err != nil {
		return err
	}
	return p.content(e)
}

// content reads what an element holds.
func (p *parser) content(e *element) error {
	switch {
	case e.length == undefined && (e.vr == vrOB || e.vr == vrOW || pixels(e.tag)):
		return p.push(fragments, e, p.enc)
	case e.vr == vrSQ && !p.enc.implicit:
		return p.push(items, e, p.enc)
	case e.length == undefined || e.vr == vrSQ:
		inner, _, err := p.inner(e)
		if err != nil {
			return err
		}
		return p.push(items, e, inner)
	case e.vr == vrUN && e.length >= 8:
		inner, ok, err := p.inner(e)
		if err != nil {
			return err
		}
		if ok {
			return p.push(items, e, inner)
		}
	}
	return p.value(e)
}

// inner tells whether a value of unknown representation is a sequence, and how its items are written: without
// representations (PS3.5 section 6.2.2), unless they show some.
func (p *parser) inner(e *element) (syntax, bool, error) {
	b, err := p.src.peek(14)
	if err != nil || len(b) < 8 || e.length != undefined && e.length < 8 {
		return implicitLittle(), false, err
	}
	enc := implicitLittle()
	if enc.tag(b) != tagItem {
		return p.enc, false, nil
	}
	n := enc.order.Uint32(b[4:])
	if e.length != undefined && n != 0xFFFFFFFF && int64(n) > e.length-8 {
		return enc, false, nil
	}
	if len(b) == 14 && (vr(b[12])<<8 | vr(b[13])).known() {
		enc = explicitLittle()
	}
	return enc, true, nil
}

// value lets the visitor see a value, and skips what it leaves of it.
func (p *parser) value(e *element) error {
	end := p.src.at + e.length
	if limit := p.limit(); limit != undefined && end > limit {
		p.damage()
		return p.skipTo(limit)
	}
	if err := p.visit.value(e); err != nil {
		return err
	}
	return p.skipTo(end)
}

func (p *parser) skipTo(end int64) error {
	n := end - p.src.at
	got, err := p.src.skip(n)
	if err == nil && got < n {
		err = format.Damaged("byte %d: the input ends within an element", p.src.at)
	}
	return err
}

// pixels tells whether the attribute holds pixels.
func pixels(t tag) bool {
	switch t.base() {
	case tagPixel, tagFloatPixel, tagDoublePixel, tagVariable:
		return true
	}
	return false
}
