package office

import (
	"github.com/chartroom/chartroom/format/office/grid"
	"github.com/chartroom/chartroom/format/office/markup"
)

// prosaic makes a reader of parts with paragraphs: texts (ISO/IEC 29500-1, 17), and drawings (21) with the tables and text
// bodies in them. Both call a paragraph p, a run's text t, and a table tbl, so that one reader serves both.
func prosaic(field string) func(*document, *markup.Scanner) error {
	return func(d *document, s *markup.Scanner) error {
		p := newProse(d, s, field)
		return p.finish(p.words(field == "charts"))
	}
}

// words reads a part. Of a chart the values count that it keeps.
func (p *prose) words(chart bool) error {
	for {
		token, err := p.s.Next()
		if err != nil || token == markup.EOF {
			return err
		}
		switch token {
		case markup.Start:
			switch name := p.s.Name(); {
			case string(name) == "t":
				err = p.run()
			case chart && (string(name) == "pt" || string(name) == "v"):
				err = p.block()
			default:
				err = p.wordStart(string(name))
			}
		case markup.End:
			err = p.wordEnd(string(p.s.Name()))
		}
		if err != nil {
			return err
		}
	}
}

// run reads the text of the element whose Start was told last.
func (p *prose) run() error {
	for at := p.s.Depth(); p.s.Depth() >= at; {
		token, err := p.s.Next()
		if err != nil || token == markup.EOF {
			return err
		}
		if token == markup.Text {
			if err := p.add(p.s.Text()); err != nil {
				return err
			}
		}
	}
	return nil
}

// wordStart reads the start of an element.
func (p *prose) wordStart(name string) error {
	switch name {
	case "p":
		p.begin()
	case "delText": // 17.4.20
		p.deleted++
		err := p.run()
		p.deleted--
		return err
	case "del", "moveFrom":
		p.deleted++
		return p.tellAuthor("changes.author", p.s.Attr("author"))
	case "ins", "moveTo":
		p.inserted++
		return p.tellAuthor("changes.author", p.s.Attr("author"))
	case "tab", "ptab":
		return p.add([]byte{'\t'})
	case "br", "cr":
		return p.add([]byte{'\n'})
	case "noBreakHyphen":
		return p.add([]byte{'-'})
	case "text", "div": // a comment's in a sheet or on a slide, a legacy drawing's
		return p.block()
	case "tbl":
		return p.beginTable(p.count("table"))
	case "tc":
		p.wordCell()
	case "vMerge": // 17.4.84
		if top := p.top(); top != nil && top.inCell {
			top.more, top.goesOn = 1<<20, string(p.s.Attr("val")) != "restart" // it does not say for how many rows
		}
	case "gridBefore": // 17.4.14
		if top := p.top(); top != nil {
			top.col += min(max(whole(p.s.Attr("val")), 0), 1<<10)
		}
	case "gridSpan":
		if top := p.top(); top != nil && top.inCell {
			top.span = min(max(whole(p.s.Attr("val")), 1), 1<<10)
		}
	case "tblHeader":
		if top := p.top(); top != nil {
			top.marked = true
		}
	case "pPr", "rPr", "sectPr", "tblPr", "tblGrid", "tcPrChange", "trPrChange", "ClientData", "Fallback":
		return p.s.Skip() // properties, and what only repeats another element (ISO/IEC 29500-3, 10.2)
	default:
		return p.wordBeside(name)
	}
	return nil
}

// wordCell begins a cell. One of a drawing says here what one of a text says in its properties (21.1.3.16).
func (p *prose) wordCell() {
	more, goesOn := 0, false
	for p.s.NextAttr() {
		switch string(p.s.Key()) {
		case "rowSpan":
			more = whole(p.s.Value()) - 1
		case "vMerge":
			goesOn = string(p.s.Value()) == "1" || string(p.s.Value()) == "true"
		}
	}
	p.beginCell(more, goesOn)
}

// block reads the text of an element that is a paragraph, unless it stands in one.
func (p *prose) block() error {
	within := p.depth > 0
	if err := p.run(); err != nil || within {
		return err
	}
	return p.end()
}

// wordBeside reads what stands beside a part's own text.
func (p *prose) wordBeside(name string) error {
	switch name {
	case "instrText", "delInstrText": // 17.16.5
		return p.gatherLine("field codes", p.s)
	case "fldSimple":
		return p.text("field codes").line(p.s.Attr("instr"))
	case "comment", "threadedComment":
		return p.tellAuthor("comments.author", p.s.Attr("author"))
	case "author":
		v, err := p.s.Gather(nil, maxValue)
		if err != nil {
			return err
		}
		return p.tellAuthor("comments.author", v)
	case "docPr", "cNvPr": // 20.1.2.2.8: what a reader says for a picture
		for p.s.NextAttr() {
			if k := string(p.s.Key()); k == "descr" || k == "title" {
				if err := p.text("descriptions").line(p.s.Value()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// wordEnd reads the end of an element.
func (p *prose) wordEnd(name string) error {
	switch name {
	case "p", "comment", "cm", "threadedComment":
		return p.end()
	case "del", "moveFrom":
		p.deleted = max(0, p.deleted-1)
	case "ins", "moveTo":
		p.inserted = max(0, p.inserted-1)
	case "tc":
		p.endCell(nil, grid.Plain, 1)
	case "tr":
		return p.endRow(1)
	case "tbl":
		return p.endTable()
	}
	return nil
}
