package sql

import (
	"bytes"
	"io"
	"strings"

	"github.com/chartroom/chartroom/format"
)

// copy reads COPY t (a, b) FROM stdin; and the rows behind it, as PostgreSQL's dumps write them: values between tabs, rows on lines,
// the end as a backslash and a point (PostgreSQL's documentation of COPY, "Text Format").
func (r *reading) copy() error {
	head, met := r.through('\n', nil, maxNotes)
	text := strings.ToUpper(string(head))
	if !met || !strings.Contains(text, "FROM STDIN") {
		if err := r.notes.add(head); err != nil || strings.Contains(text, ";") {
			return err
		}
		return r.other(nil)
	}
	l := &lexer{text: string(head[len("COPY"):])}
	name := format.Shown(l.next().text)
	for l.skip(".") {
		name += "." + format.Shown(l.next().text)
	}
	var columns []string
	if l.skip("(") {
		for !l.end() && !l.skip(")") {
			columns = append(columns, format.Shown(l.next().text))
			l.skip(",")
		}
	}
	if strings.Contains(text[strings.Index(text, "FROM STDIN"):], "CSV") {
		return r.csv(name)
	}
	t, err := r.tables.of(name)
	if err != nil {
		return err
	}
	return r.lines(t, t.positions(columns))
}

// lines reads the rows.
func (r *reading) lines(t *rows, at []int) error {
	for !r.ended() {
		if end := r.ahead(3); bytes.HasPrefix(end, []byte("\\.")) && (len(end) == 2 || end[2] <= ' ') {
			return r.line()
		}
		for i, last := 0, false; !last; i++ {
			column := 0
			if i < len(at) {
				column = at[i]
			} else {
				column = t.nameless(i)
			}
			c := &cell{r: r}
			v, whole, err := c.hold(r.value[:0], maxHeld)
			r.value = v
			switch {
			case err != nil:
			case !whole:
				err = t.long(column, v, io.MultiReader(bytes.NewReader(bytes.Clone(v)), c))
				if err == nil {
					_, err = io.Copy(io.Discard, c)
				}
			case !c.null:
				err = r.put(t, column, v)
			}
			if err != nil {
				return err
			}
			last = c.last
		}
		if err := t.rows.End(); err != nil {
			return err
		}
	}
	return r.cut()
}

// cell is a value of a row, without what escapes.
type cell struct {
	r    *reading
	done bool
	last bool // it ends its row
	null bool
}

// hold reads at most so many bytes of the value, and tells whether that was all.
func (c *cell) hold(to []byte, most int) ([]byte, bool, error) {
	s := &c.r.scanner
	for !c.done && len(to) < most {
		if s.ended() {
			c.done, c.last = true, true
			return to, true, s.failure()
		}
		rest := s.buf[s.pos:s.end]
		rest = rest[:min(len(rest), most-len(to))]
		n := 0
		for n < len(rest) && !stops[rest[n]] {
			n++
		}
		to = append(to, rest[:n]...)
		if s.pos += n; n == len(rest) {
			continue
		}
		s.pos++
		switch rest[n] {
		case '\\':
			if len(to) == 0 && s.peek() == 'N' {
				s.pos++
				c.null = true
			} else {
				to = append(to, c.escaped())
			}
		case '\n':
			c.done, c.last = true, true
			to = bytes.TrimSuffix(to, []byte("\r"))
		default:
			c.done = true
		}
	}
	return to, c.done, nil
}

// stops are the bytes that end a run of plain ones.
var stops = [256]bool{'\t': true, '\n': true, '\\': true}

// escaped reads what a backslash stands before.
func (c *cell) escaped() byte {
	s := &c.r.scanner
	b := s.peek()
	if s.pos < s.end {
		s.pos++
	}
	switch b {
	case 'f':
		return '\f'
	case 'v':
		return '\v'
	case 'Z', '0':
	case 'x':
		return c.digits(16, 2, b)
	}
	if b >= '0' && b <= '7' {
		s.pos--
		return c.digits(8, 3, b)
	}
	if b == 'Z' {
		return b
	}
	return unescaped(b)
}

// digits reads a byte that is written as a number.
func (c *cell) digits(base, most int, otherwise byte) byte {
	s := &c.r.scanner
	n, some := 0, false
	for range most {
		d := strings.IndexByte("0123456789abcdef"[:base], s.peek()|0x20)
		if d < 0 {
			break
		}
		n, some = n*base+d, true
		s.pos++
	}
	if !some {
		return otherwise
	}
	return byte(n)
}

// Read implements io.Reader for what is left of the value.
func (c *cell) Read(p []byte) (int, error) { return readHeld(c, p) }

// csv hands rows that are written as CSV to whoever reads them.
func (r *reading) csv(name string) error {
	b := &block{r: r}
	if err := r.tables.out.Inner(name+".csv", "text/csv", b); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, b)
	return err
}

// block is what stands before the line of a backslash and a point.
type block struct {
	r    *reading
	line []byte
	rest []byte
	done bool
}

// Read implements io.Reader.
func (b *block) Read(p []byte) (int, error) {
	if len(b.rest) == 0 && !b.done {
		s := &b.r.scanner
		if end := s.ahead(3); b.begins() && bytes.HasPrefix(end, []byte("\\.")) && (len(end) == 2 || end[2] <= ' ') {
			b.done = true
			b.line, _ = s.through('\n', b.line[:0], maxNotes)
			return 0, io.EOF
		}
		b.line, _ = s.through('\n', b.line[:0], maxNotes)
		b.rest = b.line
		if len(b.rest) == 0 {
			b.done = true
			if err := s.failure(); err != nil {
				return 0, err
			}
		}
	}
	if len(b.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// begins tells whether a line begins here.
func (b *block) begins() bool { return len(b.line) == 0 || b.line[len(b.line)-1] == '\n' }
