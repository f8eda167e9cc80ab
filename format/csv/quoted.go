package csv

import "bytes"

// quotation is a quoted cell: its value, and where the delimiter behind it stands. The zero next says that the cell is
// not quoted after all.
type quotation struct {
	from, to, next int
	open           bool // it goes on beyond the buffer
	broken         bool // it holds line breaks
}

// quoted reads the cell that begins at start with a quotation mark, or with blanks that may stand before one.
func (p *parser) quoted(start int) quotation {
	at := start
	for at < p.end && p.buf[at] == ' ' {
		at++
	}
	if at == p.end || p.buf[at] != p.dia.quote || start == p.stray {
		return quotation{}
	}
	c := p.close(at+1, max(at+1, p.unclosed))
	switch {
	case c.stray:
		p.fault()
		p.stray = start
		return quotation{}
	case c.mark < 0:
		return quotation{open: true}
	}
	q := quotation{from: at + 1, to: c.mark, next: c.next}
	q.broken = c.mark-at > 1 && bytes.IndexByte(p.buf[q.from:q.to], p.dia.eol) >= 0
	if c.escaped || p.unclosed > at || p.dia.backslash {
		q.to = p.unescape(q.from, q.to)
	}
	return q
}

// closing is where a quoted cell ends.
type closing struct {
	mark    int  // the closing mark; -1 = not in the buffer
	next    int  // the delimiter behind it; without a mark, where the search is to go on
	escaped bool // there are escapes in the cell
	stray   bool // the opening mark has no partner
}

// close looks from at on for the mark that closes the cell whose text begins at from: one with a delimiter or the row's
// end behind it. A doubled mark is an escape, any other is a byte of the value, as sloppy programs write it. But a
// mark that stands where the next cell would open, past a line break, shows that the first one was a stray.
func (p *parser) close(from, at int) closing {
	data, quote, broken := p.buf[:p.end], p.dia.quote, false
	escaped := false
	for seen := from; ; {
		k := bytes.IndexByte(data[at:], quote)
		if k < 0 {
			return closing{mark: -1, next: len(data)}
		}
		mark := at + k
		next := mark + 1
		for next < len(data) && data[next] == ' ' {
			next++
		}
		if next < len(data) && data[next] == '\r' && p.dia.eol == '\n' {
			next++
		}
		if next == len(data) {
			return closing{mark: -1, next: mark}
		}
		switch c := data[next]; {
		case p.dia.backslash && backslashed(data[from:mark]):
			escaped = true
		case c == p.dia.delim && data[next-1] != '\r' || c == p.dia.eol:
			return closing{mark: mark, next: next, escaped: escaped}
		case data[mark+1] == quote:
			escaped = true
			mark++
		case mark > from && data[mark-1] == p.dia.delim:
			if broken = broken || bytes.IndexByte(data[seen:mark], p.dia.eol) >= 0; broken {
				return closing{stray: true}
			}
			seen = mark
		}
		at = mark + 1
	}
}

// backslashed tells whether an odd number of backslashes stands at the end.
func backslashed(before []byte) bool {
	n := 0
	for n < len(before) && before[len(before)-1-n] == '\\' {
		n++
	}
	return n&1 == 1
}

// unescape rewrites a value at its own place, for escapes only ever make it shorter, and gives its new end.
func (p *parser) unescape(from, to int) int {
	data, w := p.buf, from
	for i := from; i < to; i++ {
		c := data[i]
		if i+1 < to && (c == p.dia.quote && data[i+1] == c ||
			c == '\\' && p.dia.backslash && (data[i+1] == p.dia.quote || data[i+1] == '\\')) {
			i++
			c = data[i]
		}
		data[w] = c
		w++
	}
	return w
}

// strays tells whether what stands in an overlong quoted cell is rows of the table: then its mark has no partner.
func (p *parser) strays() bool {
	rest := p.buf[p.start:p.end]
	lines, rows := 0, 0
	for lines < 50 {
		k := bytes.IndexByte(rest, p.dia.eol)
		if k < 0 {
			break
		}
		rest = rest[k+1:]
		if end := bytes.IndexByte(rest, p.dia.eol); end >= 0 {
			lines++
			if n := bytes.Count(rest[:end], []byte{p.dia.delim}); n > 0 && n == p.dia.columns-1 {
				rows++
			}
		}
	}
	return rows >= 3 && rows*5 >= lines*3
}
