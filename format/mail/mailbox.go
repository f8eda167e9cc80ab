package mail

import (
	"bufio"
	"bytes"
	"io"
)

// mailbox gives the messages of an mbox one after the other. A line that begins with "From " behind a blank line begins one; in a text
// such a line is written with a > before it, which is taken away (the "mboxrd" and "mboxo" forms of RFC 4155).
type mailbox struct {
	src   *bufio.Reader
	err   error // why it ended, but for the end itself
	rest  []byte
	blank bool // the line before was blank
	over  bool // the message ended
	long  bool // in the midst of a line
}

// next goes to the next message, and tells whether there is one.
func (b *mailbox) next() bool {
	if b.err != nil {
		return false
	}
	for { // the line that says From, however long
		_, err := b.src.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil && err != io.EOF {
			b.err = err
		}
		b.rest, b.blank, b.over, b.long = nil, false, false, false
		return err == nil
	}
}

// Read implements io.Reader for one message.
func (b *mailbox) Read(p []byte) (int, error) {
	for len(b.rest) == 0 {
		if b.over {
			return 0, io.EOF
		}
		if b.err != nil {
			return 0, b.err
		}
		b.line()
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// line reads a line, or a piece of a long one.
func (b *mailbox) line() {
	if !b.long && b.blank {
		if head, _ := b.src.Peek(5); string(head) == "From " {
			b.over = true
			return
		}
	}
	line, err := b.src.ReadSlice('\n')
	switch {
	case err == io.EOF:
		b.over = true
	case err != nil && err != bufio.ErrBufferFull:
		b.err = err
	}
	if !b.long {
		if quoted := bytes.TrimLeft(line, ">"); len(quoted) < len(line) && bytes.HasPrefix(quoted, []byte("From ")) {
			line = line[1:]
		}
	}
	b.blank = !b.long && len(bytes.TrimRight(line, "\r\n")) == 0
	b.long = err == bufio.ErrBufferFull
	b.rest = line
}
