package postgres

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/bits"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/chartroom/chartroom/record/rows"
	"github.com/chartroom/chartroom/source"
)

// maxLine is how long the text of a row may be, in bytes. Long values do not come as text, so hardly any row is as long.
const maxLine = 32 << 20

// copying turns what COPY TO STDOUT sends to a stream of package rows. It reads the connection itself, so that a message, which
// is a row of up to a gigabyte, is never held: see the message formats of the protocol, CopyData and its neighbours, and the file
// formats of COPY.
type copying struct {
	conn     *pgconn.HijackedConn
	in       *bufio.Reader
	cols     []column
	busy     bool // a statement is running
	complete bool // and the server says that it is done
	step     step
	line     []byte // a row that did not come at once
	passing  bool   // the row is too long, and its rest is passed over
	passed   int    // rows that were
	rows     int64  // of the table, so far
	wire     binaryRow
}

// errProtocol says that the server did not answer as COPY has it.
var errProtocol = errors.New("an answer that does not follow the protocol")

// newCopying takes over a session's connection.
func newCopying(s *session, cols []column) (*copying, error) {
	if s.Frontend().ReadBufferLen() != 0 {
		return nil, io.ErrUnexpectedEOF // the server said something unasked, which a new connection will not have
	}
	conn, err := s.Hijack()
	if err != nil {
		return nil, err
	}
	return &copying{conn: conn, in: bufio.NewReaderSize(s.raw, 256<<10), cols: cols}, nil
}

// end gives the session back, when no statement is running.
func (c *copying) end() (*session, error) {
	s := &session{}
	if c.in.Buffered() != 0 {
		c.conn.Conn.Close()
		return nil, errProtocol
	}
	c.conn.Config.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		s.raw = r
		return pgproto3.NewFrontend(r, w)
	}
	var err error
	s.PgConn, err = pgconn.Construct(c.conn)
	return s, err
}

// begin sends a statement.
func (c *copying) begin(st step) error {
	c.step, c.busy, c.complete, c.wire = st, true, false, binaryRow{}
	c.conn.Frontend.SendQuery(&pgproto3.Query{String: st.sql})
	return c.conn.Frontend.Flush()
}

// fill reads messages until there is enough, or the statement is at its end.
func (c *copying) fill(out []byte) ([]byte, error) {
	for len(out) < source.StreamPart {
		if c.wire.left > 0 { // in a long value
			var err error
			if out, err = c.more(out); err != nil {
				return out, err
			}
			continue
		}
		head, err := c.in.Peek(5)
		if err != nil {
			return out, cut(err)
		}
		kind, n := head[0], int(binary.BigEndian.Uint32(head[1:]))-4
		if n < 0 || n > 1<<30 {
			return out, errProtocol
		}
		c.in.Discard(5) // has just been seen
		switch {
		case kind == 'Z':
			if !c.complete || len(c.line) > 0 || c.passing {
				return out, errProtocol
			}
			c.busy = false
			c.conn.TxStatus = 'T'
			if _, err := c.in.Discard(n); err != nil {
				return out, cut(err)
			}
			return out, nil
		case kind == 'E':
			return out, c.refused(n)
		case kind != 'd': // CopyOutResponse, CopyDone, CommandComplete, notices, parameters
			c.complete = c.complete || kind == 'C'
			if _, err := c.in.Discard(n); err != nil {
				return out, cut(err)
			}
		case c.step.column >= 0:
			out, err = c.binary(out, n)
		default:
			out, err = c.text(out, n)
		}
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// refused reads the server's error.
func (c *copying) refused(n int) error {
	if n > 1<<20 {
		return errProtocol
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(c.in, b); err != nil {
		return cut(err)
	}
	var e pgproto3.ErrorResponse
	if err := e.Decode(b); err != nil {
		return errProtocol
	}
	return &pgconn.PgError{Severity: e.Severity, Code: e.Code} // the message may hold values
}

func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// text reads a message of n bytes of the text format. Usually it is one row.
func (c *copying) text(out []byte, n int) ([]byte, error) {
	for n > 0 {
		part, err := c.in.Peek(min(n, c.in.Size()))
		if err != nil {
			return out, cut(err)
		}
		n -= len(part)
		for rest := part; len(rest) > 0; {
			end := bytes.IndexByte(rest, '\n')
			if end < 0 {
				c.hold(rest)
				break
			}
			line := rest[:end]
			rest = rest[end+1:]
			if len(c.line) > 0 || c.passing {
				c.hold(line)
				line = c.line
			}
			if !c.passing {
				var ok bool
				if out, ok = textRow(out, line, c.cols); !ok {
					return out, errProtocol
				}
			}
			c.rows++
			if cap(c.line) > 1<<20 {
				c.line = nil
			}
			c.line, c.passing = c.line[:0], false
		}
		c.in.Discard(len(part)) // has just been seen
	}
	return out, nil
}

// hold keeps a part of a row until the rest comes.
func (c *copying) hold(part []byte) {
	if len(c.line)+len(part) > maxLine && !c.passing {
		c.passing, c.line = true, nil
		c.passed++
	}
	if !c.passing {
		c.line = append(c.line, part...)
	}
}

// textRow turns a line of the text format to a row: values between tabs, with the escapes of COPY, \N for null. It tells whether there are
// as many as there should be. It looks at eight bytes at a time, for tabs and backslashes at once.
func textRow(out, line []byte, cols []column) (_ []byte, ok bool) {
	out = append(out, 1)
	column, from, escaped := 0, 0, false
	for at := 0; at < len(line); at += 8 {
		word := eight(line, at)
		tabs, slashes := bytesOf(word, '\t'), bytesOf(word, '\\')
		for ; tabs != 0 && column < len(cols); tabs &= tabs - 1 {
			before := tabs&-tabs - 1
			to := at + bits.TrailingZeros64(tabs)/8
			out = textValue(out, line[from:to], escaped || slashes&before != 0, cols[column].Kind)
			slashes &^= before
			column, from, escaped = column+1, to+1, false
		}
		escaped = escaped || slashes != 0
	}
	if column != len(cols)-1 {
		return out, false
	}
	return textValue(out, line[from:], escaped, cols[column].Kind), true
}

// eight gives eight bytes of a line, the first the lowest; behind its end there are zeros.
func eight(line []byte, at int) uint64 {
	if at+8 <= len(line) {
		return binary.LittleEndian.Uint64(line[at:])
	}
	var b [8]byte
	copy(b[:], line[at:])
	return binary.LittleEndian.Uint64(b[:])
}

// bytesOf gives a word with the highest bit of each byte set that is c (Warren, Hacker's Delight, 6-1).
func bytesOf(word uint64, c byte) uint64 {
	const low = 0x7f7f7f7f7f7f7f7f
	word ^= uint64(c) * 0x0101010101010101
	return ^((word&low + low) | word | low)
}

// textValue writes one value, which has a backslash or not.
func textValue(out, v []byte, escaped bool, kind rows.Kind) []byte {
	switch {
	case !escaped:
		if len(v) < 127 {
			out = append(out, byte(len(v)+1))
		} else {
			out = binary.AppendUvarint(out, uint64(len(v))+1)
		}
		return append(out, v...)
	case len(v) == 2 && v[1] == 'N':
		return append(out, 0)
	case kind == rows.Binary && len(v) >= 3 && string(v[:3]) == `\\x`:
		v = v[3:]
		out = binary.AppendUvarint(out, uint64(len(v)/2)+1)
		for ; len(v) > 1; v = v[2:] {
			out = append(out, nibble[v[0]]<<4|nibble[v[1]])
		}
		return out
	}
	return unescaped(out, v)
}

// nibble has the values of hexadecimal digits.
var nibble = func() (t [256]byte) {
	for i, c := range []byte("0123456789abcdef") {
		t[c] = byte(i)
	}
	return t
}()

// unescaped writes a value without its escapes.
func unescaped(out, v []byte) []byte {
	n := len(v)
	for i := 0; i < len(v); i++ {
		if v[i] == '\\' {
			n--
			i++
		}
	}
	out = binary.AppendUvarint(out, uint64(n)+1)
	for len(v) > 0 {
		i := bytes.IndexByte(v, '\\')
		if i < 0 {
			return append(out, v...)
		}
		if i+1 == len(v) {
			return append(out, v[:i]...)
		}
		out = append(append(out, v[:i]...), escapes[v[i+1]])
		v = v[i+2:]
	}
	return out
}

// escapes are the characters behind a backslash: most stand for themselves.
var escapes = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
	}
	t['b'], t['f'], t['n'], t['r'], t['t'], t['v'] = '\b', '\f', '\n', '\r', '\t', '\v'
	return t
}()

// binaryHead is what the binary format begins with: a signature, flags, and how long an extension is.
const binaryHead = 19

// binaryRow is where we are in the binary format of one column.
type binaryRow struct {
	begun bool
	left  int // of the value, in bytes
	tail  int // of the message, behind the value
}

// binary reads a message of n bytes of the binary format, which is one row of one value, or the head before it.
func (c *copying) binary(out []byte, n int) ([]byte, error) {
	if !c.wire.begun {
		if n < binaryHead {
			return out, errProtocol
		}
		c.wire.begun = true
		n -= binaryHead
		if _, err := c.in.Discard(binaryHead); err != nil {
			return out, cut(err)
		}
		if n == 0 {
			return out, nil
		}
	}
	if n == 2 { // the end
		_, err := c.in.Discard(2)
		return out, cut(err)
	}
	head, err := c.in.Peek(6)
	if err != nil {
		return out, cut(err)
	}
	length := int(int32(binary.BigEndian.Uint32(head[2:])))
	if n < 6 || binary.BigEndian.Uint16(head) != 1 || length < 0 || length > n-6 {
		return out, errProtocol
	}
	c.in.Discard(6) // has just been seen
	out = append(out, 1)
	for i := range c.cols {
		if i == c.step.column {
			break
		}
		out = append(out, 0)
	}
	out = binary.AppendUvarint(out, uint64(length)+1)
	c.wire.left, c.wire.tail = length, n-6-length
	return c.more(out)
}

// more goes on with a value.
func (c *copying) more(out []byte) ([]byte, error) {
	part, err := c.in.Peek(min(c.wire.left, c.in.Size(), source.StreamPart))
	if err != nil {
		return out, cut(err)
	}
	out = append(out, part...)
	c.in.Discard(len(part)) // has just been seen
	if c.wire.left -= len(part); c.wire.left > 0 {
		return out, nil
	}
	for range len(c.cols) - c.step.column - 1 {
		out = append(out, 0)
	}
	_, err = c.in.Discard(c.wire.tail)
	return out, cut(err)
}
