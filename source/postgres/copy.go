package postgres

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/chartroom/chartroom/record/rows"
	"github.com/chartroom/chartroom/source"
)

// maxLine is how long the text of a row may be, in bytes. Long values do not come as text, so hardly any row is as long. From longLine on
// its values are handed on one by one.
const (
	maxLine  = 32 << 20
	longLine = 32 << 10
)

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
	mixed    bool   // some columns are not of text
	lines    int    // where lines begin in what is made ready, 0 where none are open
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
	return copyingFrom(conn, bufio.NewReaderSize(s.raw, 256<<10), cols), nil
}

func copyingFrom(conn *pgconn.HijackedConn, in *bufio.Reader, cols []column) *copying {
	mixed := slices.ContainsFunc(cols, func(c column) bool { return c.Kind != rows.Text })
	return &copying{conn: conn, in: in, cols: cols, mixed: mixed}
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
	out, err := c.messages(out)
	return c.close(out), err
}

func (c *copying) messages(out []byte) ([]byte, error) {
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
			if out = c.close(out); !c.complete || len(c.line) > 0 || c.passing {
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

// text reads a message of n bytes of the text format. Usually it is one row, and goes on as it is. Of a row that is long the values go on
// one by one, so that nobody need hold it.
func (c *copying) text(out []byte, n int) ([]byte, error) {
	if n > longLine || len(c.line) > 0 || c.passing || c.mixed {
		return c.apart(out, n)
	}
	if c.lines == 0 {
		out = rows.BeginLines(out)
		c.lines = len(out)
	}
	for n > 0 {
		part, err := c.in.Peek(min(n, c.in.Size()))
		if err != nil {
			return out, cut(err)
		}
		n -= len(part)
		out = append(out, part...)
		c.in.Discard(len(part)) // has just been seen
		c.rows += int64(bytes.Count(part, newline))
	}
	if out[len(out)-1] != '\n' {
		out = c.close(out)
	}
	return out, nil
}

var newline = []byte{'\n'}

// close ends the lines that are open. What stands behind the last is held.
func (c *copying) close(out []byte) []byte {
	if c.lines == 0 {
		return out
	}
	whole := c.lines + bytes.LastIndexByte(out[c.lines:], '\n') + 1
	c.hold(out[whole:])
	out = rows.EndLines(out[:whole], c.lines)
	c.lines = 0
	return out
}

// apart reads a message of n bytes of the text format, and takes its rows apart.
func (c *copying) apart(out []byte, n int) ([]byte, error) {
	out = c.close(out)
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

// textRow turns a line to a row of values, and tells whether there are as many as there should be.
func textRow(out, line []byte, cols []column) (_ []byte, ok bool) {
	out = rows.BeginRow(out)
	for i := range cols {
		v := line
		tab := bytes.IndexByte(line, '\t')
		if (tab < 0) != (i == len(cols)-1) {
			return out, false
		}
		if tab >= 0 {
			v, line = line[:tab], line[tab+1:]
		}
		out = textValue(out, v, cols[i].Kind)
	}
	return out, true
}

// textValue writes one value of a line.
func textValue(out, v []byte, kind rows.Kind) []byte {
	if rows.IsNull(v) {
		return append(out, 0)
	}
	v = rows.Unescape(v)
	if kind != rows.Binary || len(v) < 2 || string(v[:2]) != `\x` {
		return append(binary.AppendUvarint(out, uint64(len(v))+1), v...)
	}
	v = v[2:]
	out = binary.AppendUvarint(out, uint64(len(v)/2)+1)
	for ; len(v) > 1; v = v[2:] {
		out = append(out, nibble[v[0]]<<4|nibble[v[1]])
	}
	return out
}

// nibble has the values of hexadecimal digits.
var nibble = func() (t [256]byte) {
	for i, c := range []byte("0123456789abcdef") {
		t[c] = byte(i)
	}
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
