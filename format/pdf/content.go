package pdf

import (
	"context"
	"io"
	"math"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/pdffile"
)

// Limits on one page.
const (
	maxForms    = 12      // forms within forms
	maxRuns     = 1 << 17 // of text
	maxPageText = 8 << 20
	maxStates   = 256
	maxOperands = 4096
)

// matrix is a transformation (section 8.3.3): x' = ax + cy + e, y' = bx + dy + f.
type matrix [6]float64

var identity = matrix{1, 0, 0, 1, 0, 0}

// times applies m first and n then.
func (m matrix) times(n matrix) matrix {
	return matrix{m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3], m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5]}
}

// run is a piece of text and where it stands, in the direction in which it is read: x along it, y across, in units of the page.
type run struct {
	x, y, end float64
	size      float64
	from, to  int // in the page's text
	angle     int // quarters of a turn
}

// state is what a q saves.
type state struct {
	ctm                                              matrix
	font                                             *font
	size, charSpace, wordSpace, scale, leading, rise float64
}

// page is a page at work.
type page struct {
	f     *file
	ctx   context.Context
	fonts map[pdffile.Ref]*font

	text   []byte
	runs   []run
	images int
	opaque int // strings that nothing says the characters of
	cut    bool

	st     state
	saved  []state
	tm, lm matrix
	depth  int
}

func (f *file) newPage(ctx context.Context, fonts map[pdffile.Ref]*font) *page {
	return &page{f: f, ctx: ctx, fonts: fonts, st: state{ctm: identity, scale: 1}, tm: identity, lm: identity}
}

// contents interprets a content stream (section 7.8.2).
func (p *page) contents(src io.Reader, resources pdffile.Dict) error {
	l := pdffile.NewLexer(src, 16<<10)
	var operands []any
	for n := 0; !p.cut; n++ {
		v, err := l.Object(false)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		op, ok := v.(pdffile.Operator)
		if !ok {
			if len(operands) < maxOperands {
				operands = append(operands, v)
			}
			continue
		}
		if op == "ID" {
			p.images++
			skipImage(l)
		} else if err := p.operate(op, operands, resources); err != nil {
			return err
		}
		operands = operands[:0]
		if n&0xfff == 0 && p.ctx.Err() != nil {
			return p.ctx.Err()
		}
	}
	return nil
}

// skipImage goes to behind an inline picture: EI between white space (section 8.9.7).
func skipImage(l *pdffile.Lexer) {
	var last [4]byte
	for {
		c, ok := l.Next()
		if !ok {
			return
		}
		last = [4]byte{last[1], last[2], last[3], c}
		if pdffile.White(last[0]) && last[1] == 'E' && last[2] == 'I' && pdffile.White(c) {
			return
		}
	}
}

// nums gives the operands as numbers.
func nums(operands []any, n int) (v [6]float64, ok bool) {
	if len(operands) < n {
		return v, false
	}
	for i, o := range operands[len(operands)-n:] {
		switch o := o.(type) {
		case int64:
			v[i] = float64(o)
		case float64:
			v[i] = o
		}
	}
	return v, true
}

// operate carries out one operator (annex A).
func (p *page) operate(op pdffile.Operator, args []any, resources pdffile.Dict) error {
	switch op {
	case "q":
		if len(p.saved) < maxStates {
			p.saved = append(p.saved, p.st)
		}
	case "Q":
		if n := len(p.saved); n > 0 {
			p.st, p.saved = p.saved[n-1], p.saved[:n-1]
		}
	case "cm":
		if v, ok := nums(args, 6); ok {
			p.st.ctm = matrix(v).times(p.st.ctm)
		}
	case "Do":
		return p.do(args, resources)
	case "BT":
		p.tm, p.lm = identity, identity
	case "Tf":
		p.setFont(args, resources)
	case "Tj", "'", "\"":
		p.shown(op, args)
	case "TJ":
		if len(args) > 0 {
			p.spaced(args[len(args)-1])
		}
	default:
		p.textState(op, args)
	}
	return nil
}

// textState carries out the operators that move and shape text (sections 9.3 and 9.4.2).
func (p *page) textState(op pdffile.Operator, args []any) {
	one, ok1 := nums(args, 1)
	two, ok2 := nums(args, 2)
	switch {
	case op == "Tc" && ok1:
		p.st.charSpace = one[0]
	case op == "Tw" && ok1:
		p.st.wordSpace = one[0]
	case op == "Tz" && ok1:
		p.st.scale = one[0] / 100
	case op == "TL" && ok1:
		p.st.leading = one[0]
	case op == "Ts" && ok1:
		p.st.rise = one[0]
	case op == "Td" && ok2:
		p.move(two[0], two[1])
	case op == "TD" && ok2:
		p.st.leading = -two[1]
		p.move(two[0], two[1])
	case op == "T*":
		p.move(0, -p.st.leading)
	case op == "Tm":
		if v, ok := nums(args, 6); ok {
			p.tm, p.lm = matrix(v), matrix(v)
		}
	}
}

func (p *page) move(x, y float64) {
	p.lm = matrix{1, 0, 0, 1, x, y}.times(p.lm)
	p.tm = p.lm
}

// setFont takes a font from the resources.
func (p *page) setFont(args []any, resources pdffile.Dict) {
	if len(args) < 2 {
		return
	}
	v, _ := nums(args, 1)
	p.st.size = v[0]
	key, _ := args[len(args)-2].(pdffile.Name)
	def := p.f.Dict(resources["Font"])[key]
	r, isRef := def.(pdffile.Ref)
	if known := p.fonts[r]; isRef && known != nil {
		p.st.font = known
		return
	}
	p.st.font = p.f.newFont(def)
	if isRef && len(p.fonts) < 2000 {
		p.fonts[r] = p.st.font
	}
}

// do draws a form, which holds content of its own, or counts a picture.
func (p *page) do(args []any, resources pdffile.Dict) error {
	if len(args) == 0 {
		return nil
	}
	key, _ := args[len(args)-1].(pdffile.Name)
	s, _ := p.f.Resolve(p.f.Dict(resources["XObject"])[key]).(*pdffile.Stream)
	switch {
	case s == nil:
		return nil
	case s.Dict["Subtype"] == pdffile.Name("Image"):
		p.images++
		return nil
	case s.Dict["Subtype"] != pdffile.Name("Form"):
		return nil
	case p.depth == maxForms:
		return format.Damaged("forms that stand over %d deep in each other", maxForms)
	}
	before, saved, tm, lm := p.st, p.saved, p.tm, p.lm
	p.saved = nil
	if m := p.f.Array(s.Dict["Matrix"]); len(m) == 6 {
		if v, ok := nums(m, 6); ok {
			p.st.ctm = matrix(v).times(p.st.ctm)
		}
	}
	own := p.f.Dict(s.Dict["Resources"])
	if own == nil {
		own = resources
	}
	p.depth++
	err := p.contents(p.f.Data(s), own)
	p.depth--
	p.st, p.saved, p.tm, p.lm = before, saved, tm, lm
	return err
}

// shown carries out the operators that show one string (section 9.4.3).
func (p *page) shown(op pdffile.Operator, args []any) {
	if len(args) == 0 {
		return
	}
	if op == "\"" {
		if v, ok := nums(args, 3); ok {
			p.st.wordSpace, p.st.charSpace = v[0], v[1]
		}
	}
	if op != "Tj" {
		p.move(0, -p.st.leading)
	}
	if s, ok := args[len(args)-1].(pdffile.Text); ok {
		p.show(s)
	}
}

// spaced shows strings with moves between them, in thousandths of the font's size.
func (p *page) spaced(v any) {
	list, _ := v.(pdffile.Array)
	for _, e := range list {
		if s, ok := e.(pdffile.Text); ok {
			p.show(s)
			continue
		}
		if by, ok := nums([]any{e}, 1); ok {
			p.tm = matrix{1, 0, 0, 1, -by[0] / 1000 * p.st.size * p.st.scale, 0}.times(p.tm)
		}
	}
}

// show takes a string as a run, and moves behind it.
func (p *page) show(s pdffile.Text) {
	st := &p.st
	if st.font == nil || len(s) == 0 {
		return
	}
	if st.font.opaque {
		p.opaque++
	}
	if len(p.runs) >= maxRuns || len(p.text) >= maxPageText {
		p.cut = true
		return
	}
	from := len(p.text)
	var width float64
	var count, spaces int
	p.text, width, count, spaces = st.font.decode(s, p.text)
	at := matrix{st.size * st.scale, 0, 0, st.size, 0, st.rise}.times(p.tm).times(st.ctm)
	along := (width/1000*st.size + float64(count)*st.charSpace + float64(spaces)*st.wordSpace) * st.scale
	p.tm = matrix{1, 0, 0, 1, along, 0}.times(p.tm)
	end := matrix{1, 0, 0, 1, 0, st.rise}.times(p.tm).times(st.ctm)
	if len(p.text) == from {
		return
	}
	r := run{x: at[4], y: at[5], end: end[4], size: math.Hypot(at[2], at[3]), from: from, to: len(p.text)}
	r.turn(at, end)
	if math.IsNaN(r.x+r.y+r.end+r.size) || math.IsInf(r.x+r.y+r.end+r.size, 0) {
		r = run{from: from, to: len(p.text), size: 1}
	}
	p.runs = append(p.runs, r)
}

// turn makes the coordinates of a text that is not written from left to right those of its own direction.
func (r *run) turn(at, end matrix) {
	dx, dy := at[0], at[1]
	switch {
	case math.Abs(dx) >= math.Abs(dy) && dx >= 0:
	case math.Abs(dx) >= math.Abs(dy):
		r.angle, r.x, r.y, r.end = 2, -at[4], -at[5], -end[4]
	case dy > 0:
		r.angle, r.x, r.y, r.end = 1, at[5], -at[4], end[5]
	default:
		r.angle, r.x, r.y, r.end = 3, -at[5], at[4], -end[5]
	}
}
