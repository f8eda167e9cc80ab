package csv

import (
	"bytes"
	"context"

	"github.com/chartroom/chartroom/estate"
)

// context is how many bytes before and behind a piece of a long cell are handed out with it.
const contextSize = 512

// long hands out a cell that is longer than what is held, piece by piece as running text. Its escapes stay as they are
// written. The row's cells before it and behind it become records of their own.
func (p *parser) long(ctx context.Context) error {
	p.cut()
	if err := p.flush(); err != nil {
		return err
	}
	place, quoted, from := p.twin(p.col), p.open, 0
	if quoted {
		from = bytes.IndexByte(p.buf, p.dia.quote) + 1
	}
	for seek := from; ; {
		to, next := p.cellEnd(from, seek, quoted)
		if to < 0 && p.eof {
			p.out.Gap(estate.GapDamaged, "a quoted cell has no end")
			to, next = p.end-1, p.end-1
		}
		if to >= 0 {
			if err := p.piece(place, from, to, to); err != nil {
				return err
			}
			p.after(next)
			return nil
		}
		upto := p.end - contextSize
		if upto > from {
			if err := p.piece(place, from, upto, p.end); err != nil {
				return err
			}
			keep := max(upto-contextSize, 0)
			next -= keep
			p.shift(keep)
			from = upto - keep
		}
		seek = next
		p.start = 0
		if err := p.fill(ctx); err != nil {
			return err
		}
		p.finish()
	}
}

// after steps over the delimiter behind a long cell.
func (p *parser) after(delim int) {
	p.col++
	if p.buf[delim] != p.dia.delim {
		p.col = 0
		p.row++
	}
	p.shift(delim + 1)
	p.start = 0
}

// cellEnd looks for the end of the cell's value and for the delimiter behind it; a negative end says that they are not
// in the buffer, and then next is where to look on.
func (p *parser) cellEnd(from, seek int, quoted bool) (to, next int) {
	if quoted {
		c := p.close(from, seek)
		if c.stray { // what was handed out cannot be taken back: go on to the line's end
			return p.cellEnd(from, seek, false)
		}
		return c.mark, c.next
	}
	rest := p.buf[seek:p.end]
	end := bytes.IndexByte(rest, p.dia.eol)
	if end >= 0 {
		rest = rest[:end]
	}
	if k := bytes.IndexByte(rest, p.dia.delim); k >= 0 {
		end = k
	}
	if end < 0 {
		return -1, p.end
	}
	return seek + end, seek + end
}

// piece hands out the buffer up to last as one text of which from to upto counts.
func (p *parser) piece(place uint32, from, upto, last int) error {
	if upto <= from {
		return nil
	}
	p.batch.Use(p.buf[:last:last])
	p.batch.Point(place, 0, last)
	p.batch.From, p.batch.To = uint32(from), uint32(upto)
	p.batch.EndRecord()
	err := p.out.Batch(p.batch)
	p.batch.Reset()
	return err
}
