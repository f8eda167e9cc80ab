package office

import (
	"bytes"
	"fmt"

	"github.com/chartroom/chartroom/format/office/grid"
	"github.com/chartroom/chartroom/format/office/markup"
	"github.com/chartroom/chartroom/format/office/pool"
)

// maxNumber bounds the bytes of a number, a formula or a reference that are held.
const maxNumber = 64 << 10

// letters names a column as sheets do: A, B, ..., Z, AA.
func letters(col int) string {
	var b [8]byte
	i := len(b)
	for col++; col > 0 && i > 0; col /= 26 {
		col--
		i--
		b[i] = byte('A' + col%26)
	}
	return "column " + string(b[i:])
}

// columnOf reads the column of a reference such as BC12, from 0; -1 when there is none.
func columnOf(ref []byte) int {
	col := 0
	for _, c := range ref {
		if c |= 0x20; c < 'a' || c > 'z' || col > 1<<20 {
			break
		}
		col = col*26 + int(c-'a') + 1
	}
	return col - 1
}

// nameless makes a reader of parts with cells whose name no workbook tells.
func nameless(what string) func(*document, *markup.Scanner) error {
	return func(d *document, s *markup.Scanner) error { return d.sheet(s, d.count(what)) }
}

// count numbers the tables of a kind.
func (d *document) count(what string) string {
	d.counts[what]++
	return fmt.Sprintf("%s %d", what, d.counts[what])
}

// sheet is a reading of one part with cells (ISO/IEC 29500-1, 18.3.1.99).
type sheet struct {
	*document
	s      *markup.Scanner
	name   string
	row    int // number of the last row
	col    int // column of the last cell
	value  []byte
	shown  []byte
	broken int // cells that name no shared string
}

// sheet reads the cells of a part and what stands beside them. The scanner stands in its root element.
func (d *document) sheet(s *markup.Scanner, name string) error {
	x := &sheet{document: d, s: s, name: name, col: -1}
	d.grid.Line = func(p []byte) error { return d.text(name).line(p) }
	d.grid.Begin(name, false)
	err := x.read()
	if d.stop != nil {
		return d.stop
	}
	if e := d.grid.End(); e != nil {
		return e
	}
	if err == nil && x.broken > 0 {
		return fmt.Errorf("cells without their text")
	}
	return err
}

func (x *sheet) read() error {
	for {
		token, err := x.s.Next()
		if err != nil || token == markup.EOF {
			return err
		}
		if token == markup.Text {
			continue
		}
		name := x.s.Name()
		switch {
		case token == markup.End:
			if string(name) == "row" {
				x.col = -1
				err = x.grid.EndRow()
			}
		case string(name) == "c" || string(name) == "cell":
			err = x.cell()
		case string(name) == "row":
			err = x.begin()
		default:
			err = x.beside(string(name))
		}
		if err != nil {
			return err
		}
	}
}

// begin begins a row. Rows that are left out are empty.
func (x *sheet) begin() error {
	n := x.row + 1
	if r := whole(x.s.Attr("r")); r >= 0 {
		n = r
	}
	blank := n > x.row+1
	x.row, x.col = n, -1
	if blank {
		return x.grid.Blank()
	}
	return nil
}

// cell reads one cell (18.3.1.4).
func (x *sheet) cell() error {
	s := x.s
	style, kind := -1, byte('n')
	col := x.col + 1
	for s.NextAttr() {
		switch string(s.Key()) {
		case "r":
			if c := columnOf(s.Value()); c >= 0 {
				col = c
			}
		case "s":
			style = whole(s.Value())
		case "t":
			kind = kindOf(s.Value())
		}
	}
	x.col = col
	if v, ok := s.Only("v"); ok {
		return x.put(v, col, style, kind)
	}
	x.value = x.value[:0]
	for at := s.Depth(); s.Depth() >= at; {
		token, err := s.Next()
		if err != nil || token == markup.EOF {
			return err
		}
		if token != markup.Start {
			continue
		}
		switch string(s.Name()) {
		case "v":
			x.value, err = s.Gather(x.value, pool.MaxString)
		case "is":
			x.value, err = x.richText(s, x.value)
		case "f":
			err = x.formula()
		}
		if err != nil {
			return err
		}
	}
	return x.put(x.value, col, style, kind)
}

// kindOf gives a letter for a cell's type (18.18.11).
func kindOf(t []byte) byte {
	switch string(t) {
	case "s":
		return 's'
	case "b":
		return 'b'
	case "e":
		return 'e'
	case "d":
		return 'd'
	case "str", "inlineStr":
		return 't'
	}
	return 'n'
}

// put hands a cell's value on as its type and style show it.
func (x *sheet) put(v []byte, col, style int, kind byte) error {
	if len(v) == 0 {
		return nil
	}
	switch kind {
	case 's':
		i := whole(v)
		if x.shared == nil || i < 0 || i >= x.shared.Len() {
			x.broken++
			return nil
		}
		v, err := x.shared.Get(i)
		if err != nil {
			return x.ended(err)
		}
		return x.grid.Cell(col, v, grid.Plain)
	case 'b':
		if v[0] == '1' {
			return x.grid.Cell(col, []byte("TRUE"), grid.Figure)
		}
		return x.grid.Cell(col, []byte("FALSE"), grid.Figure)
	case 't':
		return x.grid.Cell(col, pool.Unescape(v), grid.Plain)
	case 'n':
		x.shown = x.appendNumber(x.shown[:0], v, style)
		return x.grid.Cell(col, x.shown, grid.Figure)
	}
	return x.grid.Cell(col, v, grid.Figure)
}

// formula reads a formula (18.3.1.40): its value stands beside it, but it may hold texts of its own.
func (x *sheet) formula() error {
	v, err := x.s.Gather(nil, maxNumber)
	if err != nil || bytes.IndexByte(v, '"') < 0 {
		return err
	}
	return x.text("formulas").line(v)
}

// beside reads what else stands in the part: headers and footers, hints, links.
func (x *sheet) beside(name string) error {
	switch name {
	case "oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter":
		v, err := x.s.Gather(nil, maxValue)
		if err != nil {
			return err
		}
		return x.text("header").line(pool.Heading(v))
	case "formula", "formula1", "formula2", "f", "sqref":
		return x.formula()
	case "dataValidation", "hyperlink", "sheetName", "scenario", "inputCells", "externalBook", "ddeLink", "definedName":
		for x.s.NextAttr() {
			switch string(x.s.Key()) {
			case "error", "errorTitle", "prompt", "promptTitle", "tooltip", "display", "location", "val", "comment", "user", "name":
				if err := x.text("hints").line(x.s.Value()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
