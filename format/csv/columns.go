package csv

import (
	"fmt"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// columns finds the place of a column. Beyond what a table of places may hold, all columns share one place of text.
type columns struct {
	names  []string
	places []uint32 // by column; the last one stands for all behind it when folded
	twins  []uint32 // by column, one more than the place for its long cells; 0 = none yet
	folded bool
}

// extend adds places up to the column, and gives the new list. While the header is read, a column's place is its number.
func (p *parser) extend(col int) []uint32 {
	for len(p.places) <= col && !p.folded {
		switch {
		case p.naming:
			p.places = append(p.places, uint32(len(p.places)))
		case p.out.Places.Full():
			p.places = append(p.places, p.out.Places.Add(record.Place{Field: "further columns", Mode: record.Text, Kind: phi.FreeText}))
			p.folded = true
		default:
			field, name := p.called(len(p.places))
			p.places = append(p.places, p.out.Places.Add(record.Place{Field: field, Name: name, Mode: record.Column}))
		}
	}
	return p.places
}

// twin gives the place for the column's cells that are running text.
func (p *parser) twin(col int) uint32 {
	places := p.extend(col)
	at := min(col, len(places)-1)
	if p.naming || p.folded && at == len(places)-1 {
		return places[at]
	}
	for len(p.twins) <= at {
		p.twins = append(p.twins, 0)
	}
	if p.twins[at] == 0 {
		if p.out.Places.Full() {
			places = p.extend(record.MaxPlaces)
			return places[len(places)-1]
		}
		field, name := p.called(at)
		p.twins[at] = 1 + p.out.Places.Add(record.Place{Field: field, Name: name, Mode: record.Text, Kind: phi.FreeText})
	}
	return p.twins[at] - 1
}

// called gives a column's field and name.
func (p *parser) called(col int) (field, name string) {
	if col < len(p.names) && p.names[col] != "" {
		return p.names[col], p.names[col]
	}
	return fmt.Sprintf("column %d", col+1), ""
}

// nameColumns takes the names from the header, whose cells stand in the batch, and keeps its bytes to know it again.
func (p *parser) nameColumns(line []byte) {
	p.naming, p.named, p.places = false, true, nil
	p.header = append([]byte(nil), line...)
	for _, c := range p.batch.Cells[p.rowCells:] {
		if c.Place >= record.MaxPlaces {
			break
		}
		for len(p.names) < int(c.Place) {
			p.names = append(p.names, "")
		}
		p.names = append(p.names, format.Shown(string(p.buf[c.Off:c.Off+c.Len])))
	}
	if len(p.names) > 0 {
		p.extend(len(p.names) - 1)
	}
}
