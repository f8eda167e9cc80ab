package csv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

const (
	longest  = 256     // bytes that a cell may have and still be judged as a column's value
	maxCells = 1 << 18 // in one batch
	maxRow   = 4 << 20 // bytes of a row that are held; a longer one becomes several records
	maxCell  = 1 << 20 // bytes of a cell that are held; a longer one is handed out in pieces
	maxGaps  = 5       // faults that are told one by one
)

// parser reads one input.
type parser struct {
	out   format.Output
	body  io.Reader
	batch *record.Batch
	dia   dialect

	buf []byte // pad bytes longer than what is ever filled
	end int    // how many bytes are filled
	eof bool   // there is no more

	start    int   // where the next cell begins
	rowStart int   // where its row begins
	col      int   // its column
	rowCells int   // cells of the batch that belong to closed rows
	row      int64 // rows closed since the beginning
	starved  bool  // the next cell's end is not in the buffer
	open     bool  // and it is quoted
	stray    int   // the mark there has no partner: the cell that begins there is not quoted; -1 = none
	unclosed int   // no mark before this closes a cell: where a search for one goes on
	faults   int64

	naming bool // the row is the header
	named  bool // it just was
	header []byte

	columns
}

// fill reads until the buffer is full, or has a chunk more than it had.
func (p *parser) fill(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	limit := min(len(p.buf)-pad, p.end+format.ChunkSize)
	for idle := 0; p.end < limit && !p.eof; {
		n, err := p.body.Read(p.buf[p.end:limit])
		p.end += n
		if idle++; n > 0 {
			idle = 0
		}
		switch {
		case errors.Is(err, io.EOF):
			p.eof = true
		case err != nil:
			return fmt.Errorf("read behind row %d: %w", p.row, err)
		case idle > 100:
			return fmt.Errorf("read behind row %d: %w", p.row, io.ErrNoProgress)
		}
	}
	return nil
}

// finish closes the last row of the input, so that no cell ends without a delimiter. The pad has room for it.
func (p *parser) finish() {
	if p.eof && p.end > 0 && p.buf[p.end-1] != p.dia.eol {
		p.buf[p.end] = p.dia.eol
		p.end++
	}
}

// next makes room and reads on. It tells whether there is more to parse.
func (p *parser) next(ctx context.Context) (bool, error) {
	if p.named {
		p.named = false
		return true, nil
	}
	if p.open && (p.eof || p.end-p.start >= maxCell && p.strays()) {
		p.fault()
		p.stray, p.unclosed = p.start, p.end
		return true, nil
	}
	more := p.start < p.end || !p.eof
	if p.starved && !p.eof && p.end-p.start >= maxCell {
		if err := p.long(ctx); err != nil {
			return false, err
		}
		return true, nil
	}
	if p.starved && p.rowStart == 0 && p.end >= maxRow || len(p.batch.Cells) >= maxCells {
		p.cut()
	}
	if err := p.flush(); err != nil {
		return false, err
	}
	if !more {
		p.lastFault()
		return false, nil
	}
	if p.end+format.ChunkSize > len(p.buf)-pad && len(p.buf)-pad < maxRow {
		p.grow()
	}
	err := p.fill(ctx)
	p.finish()
	return true, err
}

// grow makes the buffer twice as large, for a row that does not fit, or for an input that is longer than was said.
func (p *parser) grow() {
	if p.eof || p.end < (len(p.buf)-pad)/2 && len(p.buf)-pad >= format.ChunkSize {
		return
	}
	bigger := make([]byte, 2*(len(p.buf)-pad)+pad)
	copy(bigger, p.buf[:p.end])
	p.buf = bigger
}

// room gives the batch more space for cells, if it has not as many as it may have.
func (p *parser) room() bool {
	have := len(p.batch.Cells)
	if have >= maxCells {
		return false
	}
	bigger := make([]record.Cell, have, min(max(2*have, 512), maxCells))
	copy(bigger, p.batch.Cells)
	p.batch.Cells = bigger
	return true
}

// endRow closes a row whose cells are in the batch, and gives the number of cells that count.
func (p *parser) endRow() int {
	p.row++
	line := p.buf[p.rowStart:p.start]
	if p.naming {
		p.nameColumns(line)
		p.batch.Cells = p.batch.Cells[:p.rowCells]
	} else if len(line) == len(p.header) && bytes.Equal(line, p.header) {
		p.batch.Cells = p.batch.Cells[:p.rowCells] // files put together: the header comes again
	} else {
		p.batch.EndRecord()
	}
	p.rowStart, p.rowCells = p.start, len(p.batch.Cells)
	return p.rowCells
}

// cut closes the record within its row, for a row that is too long.
func (p *parser) cut() {
	if p.naming {
		p.nameColumns(nil)
		p.named = false
		p.batch.Cells = p.batch.Cells[:p.rowCells]
	}
	p.batch.EndRecord()
	p.rowStart, p.rowCells = p.start, len(p.batch.Cells)
}

// flush hands out the closed rows and moves the rest of the buffer, with the cells of the row in it, to the front.
func (p *parser) flush() error {
	all := p.batch.Cells
	p.batch.Cells = all[:p.rowCells]
	if p.batch.Len() > 0 {
		p.batch.Use(p.buf[:p.rowStart:p.rowStart])
		if err := p.out.Batch(p.batch); err != nil {
			return err
		}
	}
	p.batch.Reset()
	p.batch.Cells = append(all[:0], all[p.rowCells:]...)
	for i := range p.batch.Cells {
		p.batch.Cells[i].Off -= uint32(p.rowStart)
	}
	p.shift(p.rowStart)
	return nil
}

// shift drops n bytes from the front of the buffer.
func (p *parser) shift(n int) {
	p.end = copy(p.buf, p.buf[n:p.end])
	p.start -= n
	p.stray, p.unclosed = max(p.stray-n, -1), max(p.unclosed-n, 0)
	p.rowStart, p.rowCells = 0, 0
}

// preamble hands out the lines before the first row as text: titles and comments tell of their table.
func (p *parser) preamble() {
	p.stray = -1
	if p.dia.start == 0 {
		return
	}
	place := p.out.Places.Add(record.Place{Field: "preamble", Mode: record.Text, Kind: phi.FreeText})
	for from := 0; from < p.dia.start; {
		to := from + bytes.IndexByte(p.buf[from:p.dia.start], p.dia.eol)
		p.row++
		if size := len(bytes.TrimRight(p.buf[from:to], "\r ")); size > 0 {
			p.batch.Point(place, from, size)
			p.batch.EndRecord()
		}
		from = to + 1
	}
	p.start, p.rowStart, p.rowCells = p.dia.start, p.dia.start, len(p.batch.Cells)
}

// fault reports a quotation mark without its partner, the first few with their rows.
func (p *parser) fault() {
	if p.faults++; p.faults <= maxGaps {
		p.out.Gap(estate.GapDamaged, fmt.Sprintf("row %d: a quotation mark has no partner; its cell was read as if it had none", p.row+1))
	}
}

// lastFault reports how many more there were.
func (p *parser) lastFault() {
	if p.faults > maxGaps {
		p.out.Gap(estate.GapDamaged, fmt.Sprintf("%d more quotation marks without a partner", p.faults-maxGaps))
	}
}
