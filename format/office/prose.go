package office

import (
	"github.com/chartroom/chartroom/format/office/grid"
	"github.com/chartroom/chartroom/format/office/markup"
	"github.com/chartroom/chartroom/format/office/pool"
)

const (
	maxParagraph = 256 << 10 // bytes of a paragraph that are held; a longer one comes in pieces
	maxNested    = 16        // paragraphs within paragraphs that are told apart
)

// prose turns paragraphs and the tables among them into texts and records. Paragraphs may stand within others (text boxes,
// notes), and tables within tables: then the outer ones are layout.
type prose struct {
	*document
	s     *markup.Scanner
	into  *flow
	aside *flow // what paragraphs go to instead, in a comment or note

	open   []paragraph // the stack of paragraphs, with their memory
	depth  int         // of them that are open
	layers []layer     // the stack of tables
	row    grid.Row
	loose  bool // tables stand in a text

	inserted, deleted int // open marks of tracked changes
}

// paragraph is the text of an open paragraph as it is, and as it was before changes that are tracked.
type paragraph struct {
	now, was []byte
	changed  bool
}

// layer is an open table.
type layer struct {
	layout bool // other tables stand in it: what else does is text
	cell   []byte
	inCell bool
	col    int
	span   int
	more   int  // rows for which the open cell goes on
	goesOn bool // the open cell is a part of the one above
	rows   int
	marked bool // the open row is a header
}

func newProse(d *document, s *markup.Scanner, field string) *prose {
	return &prose{document: d, s: s, into: d.text(field), loose: true}
}

// begin opens a paragraph within those that are open.
func (p *prose) begin() {
	if p.depth++; p.depth > maxNested {
		return // its text becomes the outer one's
	}
	if len(p.open) < p.depth {
		p.open = append(p.open, paragraph{})
	}
	top := &p.open[p.depth-1]
	top.now, top.was, top.changed = top.now[:0], top.was[:0], false
}

// add appends text to the open paragraph, and opens one where there is none.
func (p *prose) add(text []byte) error {
	if p.depth == 0 {
		p.begin()
	}
	top := &p.open[min(p.depth, maxNested)-1]
	if p.deleted == 0 {
		top.now = append(top.now, text...)
	} else {
		top.changed = true
	}
	if p.inserted == 0 || p.deleted > 0 { // what was inserted and then deleted would else be nowhere
		top.was = append(top.was, text...)
	} else {
		top.changed = true
	}
	if len(top.now) > maxParagraph || len(top.was) > maxParagraph {
		return p.spill(top)
	}
	return nil
}

// spill hands out what there is of a paragraph.
func (p *prose) spill(top *paragraph) error {
	if top.changed {
		if err := p.text("tracked changes").line(top.was); err != nil {
			return err
		}
	}
	err := p.hand(top.now)
	top.now, top.was, top.changed = top.now[:0], top.was[:0], false
	return err
}

// end closes the open paragraph, if there is one.
func (p *prose) end() error {
	if p.depth == 0 {
		return nil
	}
	if p.depth--; p.depth >= maxNested {
		return nil
	}
	return p.spill(&p.open[p.depth])
}

// hand gives a paragraph to the cell that it stands in, or to its text.
func (p *prose) hand(text []byte) error {
	if p.aside != nil {
		return p.aside.line(text)
	}
	top := p.top()
	if top == nil || top.layout || !top.inCell {
		return p.into.line(text)
	}
	if len(top.cell)+len(text) > pool.MaxString {
		if err := p.into.line(top.cell); err != nil {
			return err
		}
		top.cell = top.cell[:0]
	}
	if len(top.cell) > 0 && len(text) > 0 {
		top.cell = append(top.cell, '\n')
	}
	top.cell = append(top.cell, text...)
	return nil
}

// top gives the innermost table, nil when there is none.
func (p *prose) top() *layer {
	if len(p.layers) == 0 {
		return nil
	}
	return &p.layers[len(p.layers)-1]
}

// beginTable opens a table. One around it is layout.
func (p *prose) beginTable(name string) error {
	if top := p.top(); top != nil && !top.layout {
		if err := p.dissolve(top); err != nil {
			return err
		}
	}
	if len(p.layers) > 64*maxNested {
		p.layers = append(p.layers[:0:0], p.layers[len(p.layers)/2:]...) // nobody nests so: what is dropped was layout
	}
	p.layers = append(p.layers, layer{})
	p.row.Forget()
	p.grid.Line = p.into.line
	p.grid.Begin(name, p.loose)
	return nil
}

// dissolve ends a table in whose open row another one begins: the rest of it is layout, and so is what the row has.
func (p *prose) dissolve(top *layer) error {
	top.layout = true
	if err := p.grid.End(); err != nil {
		return err
	}
	if err := p.row.Dissolve(p.into.line); err != nil {
		return err
	}
	err := p.into.line(top.cell)
	top.cell = top.cell[:0]
	return err
}

// beginCell opens a cell that goes on for so many rows more, or is a part of the one above.
func (p *prose) beginCell(more int, goesOn bool) {
	if top := p.top(); top != nil {
		top.inCell, top.span, top.cell = true, 1, top.cell[:0]
		top.more, top.goesOn = more, goesOn
	}
}

// endCell closes the cell. v is its value where the document tells it apart from its text; times is how often it stands there.
func (p *prose) endCell(v []byte, kind grid.Kind, times int) {
	top := p.top()
	if top == nil || !top.inCell {
		return
	}
	if len(v) == 0 {
		v = top.cell
	}
	col := top.col
	top.inCell = false
	top.col += top.span * min(max(times, 1), 1<<20)
	if top.layout {
		return
	}
	if len(v) == 0 {
		if top.goesOn {
			p.row.GoOn(col, top.col)
		}
		return
	}
	p.row.Add(v, kind, grid.Extent{Col: col, Width: top.span, Times: times, More: top.more})
}

// endRow closes the row, which stands there so many times.
func (p *prose) endRow(times int) error {
	top := p.top()
	if top == nil {
		return nil
	}
	marked := top.marked
	top.col, top.marked, top.inCell = 0, false, false
	if top.layout {
		return nil
	}
	if p.row.Empty() {
		p.row.Forget()
		if top.rows > 0 {
			return p.grid.Blank()
		}
		return nil
	}
	top.rows++
	if err := p.row.Put(p.grid, times); err != nil {
		return err
	}
	if marked {
		p.grid.Mark()
	}
	return nil
}

// endTable closes the table.
func (p *prose) endTable() error {
	top := p.top()
	if top == nil {
		return nil
	}
	layout := top.layout
	p.layers = p.layers[:len(p.layers)-1]
	if layout {
		return nil
	}
	if err := p.row.Put(p.grid, 1); err != nil {
		return err
	}
	return p.grid.End()
}

// finish closes what is open when a part ends, or breaks off.
func (p *prose) finish(err error) error {
	if p.stop != nil {
		return p.stop
	}
	for p.depth > 0 {
		if e := p.end(); e != nil {
			return e
		}
	}
	for len(p.layers) > 0 {
		p.endCell(nil, grid.Plain, 1)
		if e := p.endTable(); e != nil {
			return e
		}
	}
	return err
}
