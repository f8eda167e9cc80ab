package csv

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// pad is how many bytes behind the filled part of the buffer may be loaded: one block.
const pad = 64

const (
	ones  = 0x0101010101010101
	low7  = 0x7f7f7f7f7f7f7f7f
	tops  = 0x8080808080808080
	gathr = 0x0102040810204080 // brings the top bits of eight bytes, moved to their lowest, into the top byte
)

// block gives for 64 bytes from data[at] a bit each: set where the byte is one of the two, each spread over a word.
// Eight bytes are compared at a time: a byte of x^spread is zero where it matches, and adding 0x7f to the low seven
// bits of a byte carries into its top bit unless they are zero.
func block(data []byte, at int, one, two uint64) uint64 {
	b := data[at : at+64 : at+64]
	var m uint64
	for k := 0; k < 64; k += 8 {
		x := binary.LittleEndian.Uint64(b[k : k+8])
		p, q := x^one, x^two
		z := ^(((p & low7) + low7 | p) & ((q & low7) + low7 | q)) & tops
		m |= (z >> 7) * gathr >> 56 << k
	}
	return m
}

// parse cuts the filled part of the buffer into cells and closes rows, up to the last cell that is whole. It stops
// earlier when the batch is full of cells, or behind the header. This is the hottest loop of the product: most of what
// a hospital has is exported as delimited text, so it works on local variables, takes the ordinary cell by one condition
// and leaves all others to methods.
func (p *parser) parse() {
	var (
		data         = p.buf
		end          = p.end
		start, col   = p.start, p.col
		cells        = p.batch.Cells[:cap(p.batch.Cells)]
		n            = len(p.batch.Cells)
		places       = p.places
		delim, quote = p.dia.delim, p.dia.quote
		one          = uint64(delim) * ones
		two          = uint64(p.dia.eol) * ones
		plain        = !p.dia.backslash
		base         = start - 64
		mask         uint64
	)
	p.open, p.starved = false, false
	for {
		for mask == 0 {
			if base += 64; base >= end {
				p.starved = true
				goto done
			}
			if mask = block(data, base, one, two); end-base < 64 {
				mask &= 1<<(end-base) - 1
			}
		}
		next := base + bits.TrailingZeros64(mask)
		switch size := next - start; {
		case size == 0 && data[next] == delim: // and as many empty cells as follow in eight bytes
			k := min(bits.TrailingZeros64(binary.LittleEndian.Uint64(data[next:])^one)>>3, end-next)
			if start, col = next+k, col+k; start-base < 64 {
				mask &= ^uint64(0) << (start - base)
			} else {
				base, mask = start-64, 0
			}
			continue
		case size == 0 || size == 2 && data[start] == quote && data[next-1] == quote:
			mask &= mask - 1
		case data[start] > quote && data[next-1] > ' ' && size <= longest && uint(col) < uint(len(places)) && uint(n) < uint(len(cells)):
			mask &= mask - 1
			c := &cells[n]
			c.Place, c.Off, c.Len, c.System, c.Flags = places[col], uint32(start), uint32(size), 0, 0
			n++
		case plain && size > 2 && data[start] == quote && data[next-1] == quote && data[start+1] > ' ' && data[next-2] > ' ' &&
			size <= longest && uint(col) < uint(len(places)) && uint(n) < uint(len(cells)) &&
			bytes.IndexByte(data[start+1:next-1], quote) < 0:
			mask &= mask - 1
			c := &cells[n]
			c.Place, c.Off, c.Len, c.System, c.Flags = places[col], uint32(start+1), uint32(size-2), 0, 0
			n++
		default:
			p.batch.Cells = cells[:n]
			if next = p.odd(start, next, col); next < 0 {
				goto done
			}
			cells, n, places = p.batch.Cells[:cap(p.batch.Cells)], len(p.batch.Cells), p.places
			if next-base < 64 {
				mask &= ^uint64(0) << (next - base) << 1
			} else {
				base, mask = next+1-64, 0
			}
		}
		start = next + 1
		if data[next] == delim {
			col++
			continue
		}
		p.batch.Cells = cells[:n]
		p.start = start
		n = p.endRow()
		col = 0
		if p.named || n > maxCells/2 {
			break
		}
	}
done:
	p.batch.Cells, p.start, p.col = cells[:n], start, col
	if p.starved && start < end && !p.open { // no delimiter stands behind, so this only asks whether it is quoted
		p.open = p.quoted(start).open
	}
}

// odd takes a cell that is quoted, has blanks around it, is long, or finds no room or no place: it adds the cell and gives
// where its delimiter stands. next is where the delimiter would stand if the cell is not quoted. It gives -1 when the cell
// cannot be taken now: its end is not in the buffer, or the batch is full.
func (p *parser) odd(start, next, col int) int {
	data, from, to, twin := p.buf, start, next, false
	if c := data[start]; c == p.dia.quote || c == ' ' {
		q := p.quoted(start)
		if q.open {
			p.open, p.starved = true, true
			return -1
		}
		if q.next > 0 {
			from, to, next, twin = q.from, q.to, q.next, q.broken
		}
	}
	if to == next && to > from && data[to] == p.dia.eol && data[to-1] == '\r' {
		to--
	}
	for from < to && data[from] == ' ' {
		from++
	}
	for from < to && data[to-1] == ' ' {
		to--
	}
	if from == to {
		return next
	}
	if len(p.batch.Cells) == cap(p.batch.Cells) && !p.room() {
		return -1
	}
	places := p.extend(col)
	place := places[min(col, len(places)-1)]
	if twin || to-from > longest {
		place = p.twin(col)
	}
	p.batch.Point(place, from, to-from)
	return next
}
