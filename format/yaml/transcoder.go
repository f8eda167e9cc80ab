package yaml

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
)

const (
	// maxLine is the longest line that is looked at as a whole; the rest of a longer one is its last value's.
	maxLine = 1 << 20
	// maxDepth is how deep collections may stand in each other.
	maxDepth = 400
)

// transcoder turns YAML into JSON while it is read.
type transcoder struct {
	src  *bufio.Reader
	line int64
	out  []byte // JSON that was not read yet
	sent int
	err  error

	stack   []collection
	pending bool   // a key or a dash stands there, and its value does not yet
	scalar  scalar // what the lines that follow may continue
	flow    flow

	aliases  int64
	odd      int64 // lines that fit nowhere
	firstOdd int64
}

// collection is an open mapping or sequence and the column in which its entries begin.
type collection struct {
	indent   int
	sequence bool
	filled   bool
}

// scalar is a value that goes on over lines.
type scalar struct {
	kind   byte // 0 none, '|' literal, '>' folded, '\'' or '"' in quotation marks, 'p' plain, 'f' a flow collection
	indent int  // of the entry that it is the value of
	body   int  // of a block's lines; -1 = not known yet
	some   bool // a line was written
}

// Read implements io.Reader.
func (t *transcoder) Read(p []byte) (int, error) {
	for t.sent == len(t.out) {
		if t.err != nil {
			return 0, t.err
		}
		t.out, t.sent = t.out[:0], 0
		t.step()
	}
	n := copy(p, t.out[t.sent:])
	t.sent += n
	return n, nil
}

// step takes one line.
func (t *transcoder) step() {
	line, err := t.src.ReadSlice('\n')
	t.line++
	if errors.Is(err, bufio.ErrBufferFull) {
		err = nil
	}
	if len(line) > 0 {
		t.take(bytes.TrimRight(line, "\r\n"))
	}
	if err == nil {
		return
	}
	if t.err = err; err == io.EOF {
		t.finish()
	}
}

// take takes one line without its end.
func (t *transcoder) take(line []byte) {
	indent := 0
	for indent < len(line) && (line[indent] == ' ' || line[indent] == '\t') {
		indent++
	}
	text := line[indent:]
	if t.continues(line, text, indent) {
		return
	}
	switch {
	case len(text) == 0:
	case indent == 0 && (bytes.HasPrefix(line, []byte("---")) || bytes.HasPrefix(line, []byte("..."))) && (len(line) == 3 || line[3] == ' '):
		t.finish()
		if text = bytes.TrimLeft(line[3:], " "); len(text) > 0 && line[0] == '-' {
			t.value(text, -1)
		}
	case text[0] == '#':
		t.comment(text, indent)
	case indent == 0 && text[0] == '%' && len(t.stack) == 0:
	default:
		t.entry(text, indent)
	}
}

// entry takes a line that begins an entry of a collection, or is a value.
func (t *transcoder) entry(text []byte, indent int) {
	for len(text) > 0 && text[0] == '-' && (len(text) == 1 || text[1] == ' ' || text[1] == '\t') {
		if !t.into(indent, true) {
			return
		}
		rest := bytes.TrimLeft(text[1:], " \t")
		indent += len(text) - len(rest)
		if text = rest; len(text) == 0 || text[0] == '#' {
			return
		}
	}
	key, rest, ok := cutKey(text)
	if !ok {
		if !t.pending && len(t.stack) > 0 {
			t.strange()
			return
		}
		t.value(text, indent-1)
		return
	}
	if !t.into(indent, false) {
		return
	}
	t.key(key)
	if len(rest) > 0 && rest[0] != '#' {
		t.value(rest, indent)
	}
}

// strange notes a line that fits nowhere.
func (t *transcoder) strange() {
	if t.odd++; t.odd == 1 {
		t.firstOdd = t.line
	}
}

// into closes and opens collections so that an entry of one may stand at the column, and begins the entry.
func (t *transcoder) into(indent int, sequence bool) bool {
	for n := len(t.stack); n > 0; n = len(t.stack) {
		top := t.stack[n-1]
		// The dashes of a sequence may stand in the column of the key that they are the value of.
		under := sequence && !top.sequence && top.indent == indent && t.pending
		if top.indent < indent || under || top.indent == indent && top.sequence == sequence {
			break
		}
		t.close()
	}
	n := len(t.stack)
	if n == 0 || t.stack[n-1].indent < indent || t.stack[n-1].sequence != sequence {
		if n > 0 && !t.pending || n == maxDepth {
			t.strange()
			return false
		}
		t.stack = append(t.stack, collection{indent: indent, sequence: sequence})
		t.out = append(t.out, "{["[b2i(sequence)])
		t.pending = false
		n++
	}
	top := &t.stack[n-1]
	t.empty()
	if top.filled {
		t.out = append(t.out, ',')
	}
	top.filled = true
	t.pending = sequence
	return true
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// empty gives an entry without a value one.
func (t *transcoder) empty() {
	if t.pending {
		t.out = append(t.out, "null"...)
		t.pending = false
	}
}

// close closes the innermost collection.
func (t *transcoder) close() {
	t.empty()
	n := len(t.stack) - 1
	t.out = append(t.out, "}]"[b2i(t.stack[n].sequence)])
	t.stack = t.stack[:n]
}

// finish ends a document.
func (t *transcoder) finish() {
	t.endScalar()
	for len(t.stack) > 0 {
		t.close()
	}
	t.pending = false
	t.out = append(t.out, '\n')
}

// key writes the key of an entry.
func (t *transcoder) key(key []byte) {
	t.out = append(t.out, '"')
	t.out = appendEscaped(t.out, key)
	t.out = append(t.out, '"', ':')
	t.pending = true
}

// comment keeps a comment as an entry of the mapping that it stands in, and passes over any other.
func (t *transcoder) comment(text []byte, indent int) {
	if n := len(t.stack); n == 0 || t.stack[n-1].sequence || t.stack[n-1].indent != indent || t.pending {
		return
	}
	text = bytes.TrimLeft(text, "# ")
	if len(text) == 0 || !t.into(indent, false) {
		return
	}
	t.key([]byte("comment"))
	t.plain(text)
}

// plain writes a value.
func (t *transcoder) plain(text []byte) {
	t.out = append(t.out, '"')
	t.out = appendEscaped(t.out, text)
	t.out = append(t.out, '"')
	t.pending = false
}

// cutKey cuts a line at the colon behind its key, and takes the quotation marks from around it.
func cutKey(text []byte) (key, rest []byte, ok bool) {
	if q := text[0]; q == '"' || q == '\'' {
		end := 1
		for end < len(text) && text[end] != q {
			if text[end] == '\\' && q == '"' {
				end++
			}
			end++
		}
		if end >= len(text) {
			return nil, nil, false
		}
		rest = bytes.TrimLeft(text[end+1:], " ")
		if len(rest) == 0 || rest[0] != ':' {
			return nil, nil, false
		}
		return text[1:end], bytes.TrimLeft(rest[1:], " \t"), true
	}
	if c := text[0]; c == '[' || c == '{' || c == '|' || c == '>' || c == '*' || c == '?' && len(text) > 1 && text[1] == ' ' {
		return nil, nil, false
	}
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case ':':
			if i+1 == len(text) || text[i+1] == ' ' || text[i+1] == '\t' {
				key = stripped(bytes.TrimRight(text[:i], " "))
				return key, bytes.TrimLeft(text[i+1:], " \t"), true
			}
		case '#':
			if i > 0 && text[i-1] == ' ' {
				return nil, nil, false
			}
		}
	}
	return nil, nil, false
}

// stripped takes anchors and tags from before a value or key (YAML 1.2 section 6.9).
func stripped(text []byte) []byte {
	for len(text) > 0 && (text[0] == '&' || text[0] == '!') {
		i := bytes.IndexAny(text, " \t")
		if i < 0 {
			return nil
		}
		text = bytes.TrimLeft(text[i:], " \t")
	}
	return text
}

// appendEscaped appends a text as it stands between the quotation marks of JSON.
func appendEscaped(to, text []byte) []byte {
	for i := 0; i < len(text); {
		c := text[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(text[i:])
			to = utf8.AppendRune(to, r)
			i += n
			continue
		}
		switch {
		case c == '"' || c == '\\':
			to = append(to, '\\', c)
		case c == '\n':
			to = append(to, '\\', 'n')
		case c == '\t':
			to = append(to, '\\', 't')
		case c < ' ':
			to = append(to, '\\', 'u', '0', '0', "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		default:
			to = append(to, c)
		}
		i++
	}
	return to
}
