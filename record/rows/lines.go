package rows

import (
	"bytes"
	"encoding/binary"
	"io"
)

// MaxLines is how many bytes of lines may follow each other.
const MaxLines = 1 << 20

// BeginLines appends what begins lines. They are rows in the text format of PostgreSQL's COPY (its manual, "File Formats"): values between
// tabs, each row a line that ends with a line feed, \N for null, and backslashes before what could be taken for something else. They spare a
// server's client the length of each value, and the reader a copy of it. EndLines must be called behind the last.
func BeginLines(b []byte) []byte { return append(b, isLines, 0, 0, 0, 0) }

// EndLines ends the lines b[from:], which BeginLines, at whose end from is, began. They are at most MaxLines bytes. Where there are none, nothing was begun.
func EndLines(b []byte, from int) []byte {
	if len(b) == from {
		return b[:from-linesHead]
	}
	binary.LittleEndian.PutUint32(b[from-4:], uint32(len(b)-from))
	return b
}

// linesHead is how much stands before lines.
const linesHead = 5

// lines are those at which a reader is.
type lines struct {
	ahead int    // bytes that follow, if they were not read
	rest  []byte // those behind the row that is being read, which were
	row   []byte // what is left of that
	value []byte
	on    bool // the row is of lines
}

// some tells whether the row that is being read is a line.
func (l *lines) some() bool { return l.on }

// next goes to the next line, and tells whether there is one.
func (l *lines) next() bool {
	l.on = len(l.rest) > 0
	if l.on {
		end := bytes.IndexByte(l.rest, '\n') // there is one: see Take
		l.row, l.rest = l.rest[:end], l.rest[end+1:]
	}
	return l.on
}

// beginLines reads how many bytes of lines follow.
func (r *Reader) beginLines() error {
	var head [4]byte
	if _, err := io.ReadFull(r.r, head[:]); err != nil {
		return cut(err)
	}
	n := binary.LittleEndian.Uint32(head[:])
	if n == 0 || n > MaxLines {
		return ErrFormat
	}
	r.lines = lines{ahead: int(n), on: true}
	return nil
}

// Lines tells how many bytes of lines stand where Row has gone, 0 where a row stands there. They may be taken all at once by Take,
// or value by value like those of any row.
func (r *Reader) Lines() int { return r.lines.ahead }

// Take reads the lines that stand here, of which Lines told how long they are, as they are.
func (r *Reader) Take(p []byte) error {
	r.lines = lines{}
	if _, err := io.ReadFull(r.r, p); err != nil {
		return cut(err)
	}
	if p[len(p)-1] != '\n' {
		return ErrFormat
	}
	return nil
}

// load reads the lines that follow, and goes to the first.
func (r *Reader) load() error {
	if r.lines.ahead == 0 {
		return nil
	}
	all := make([]byte, r.lines.ahead)
	if err := r.Take(all); err != nil {
		return err
	}
	r.lines.rest = all
	r.lines.next()
	return nil
}

// inLine goes to the next value of a line, and gives its length plus one, 0 for null.
func (r *Reader) inLine() (length uint64, err error) {
	if err := r.load(); err != nil {
		return 0, err
	}
	l := &r.lines
	tab := bytes.IndexByte(l.row, '\t')
	if (tab < 0) != (r.at == len(r.Columns)-1) {
		return 0, ErrFormat
	}
	l.value = l.row
	if tab >= 0 {
		l.value, l.row = l.row[:tab], l.row[tab+1:]
	}
	if IsNull(l.value) {
		l.value = nil
		return 0, nil
	}
	l.value = Unescape(l.value)
	return uint64(len(l.value)) + 1, nil
}

// IsNull tells whether a value of a line is null.
func IsNull(v []byte) bool { return len(v) == 2 && v[0] == '\\' && v[1] == 'N' }

// Unescape takes the backslashes out of a value of a line, in its own place.
func Unescape(v []byte) []byte {
	at := bytes.IndexByte(v, '\\')
	if at < 0 {
		return v
	}
	to := at
	for ; at < len(v); at++ {
		c := v[at]
		if c == '\\' {
			if at++; at == len(v) {
				break
			}
			c = escapes[v[at]]
		}
		v[to] = c
		to++
	}
	return v[:to]
}

// escapes are the characters behind a backslash: most stand for themselves.
var escapes = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
	}
	t['b'], t['f'], t['n'], t['r'], t['t'], t['v'] = '\b', '\f', '\n', '\r', '\t', '\v'
	return t
}()
