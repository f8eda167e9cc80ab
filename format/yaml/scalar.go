package yaml

import "bytes"

// value takes what stands behind a key or dash. indent is that of the entry.
func (t *transcoder) value(text []byte, indent int) {
	text = stripped(text)
	if len(text) == 0 {
		return // the value stands on the lines below
	}
	switch c := text[0]; {
	case c == '|' || c == '>':
		if header := bytes.TrimLeft(text[1:], "+-0123456789"); len(header) == 0 || header[0] == ' ' {
			t.out = append(t.out, '"')
			t.scalar = scalar{kind: c, indent: indent, body: -1}
			return
		}
		t.plain(text)
	case c == '"' || c == '\'':
		t.out = append(t.out, '"')
		t.scalar = scalar{kind: c, indent: indent}
		t.quoted(text[1:])
	case c == '[' || c == '{':
		t.scalar = scalar{kind: 'f', indent: indent}
		t.flowed(text)
	case c == '*' && len(text) > 1:
		t.aliases++
		t.out = append(t.out, "null"...)
		t.pending = false
	default:
		if i := bytes.Index(text, []byte(" #")); i >= 0 {
			text = text[:i]
		}
		text = bytes.TrimRight(text, " \t")
		if nothing(text) {
			t.out = append(t.out, "null"...)
			t.pending = false
			return
		}
		t.out = append(t.out, '"')
		t.out = appendEscaped(t.out, text)
		t.scalar = scalar{kind: 'p', indent: indent}
	}
}

// nothing tells whether a plain value stands for none (the core schema, section 10.3).
func nothing(text []byte) bool {
	switch string(text) {
	case "null", "Null", "NULL", "~":
		return true
	}
	return false
}

// continues gives a line to the value that is open, and tells whether it was its.
func (t *transcoder) continues(line, text []byte, indent int) bool {
	s := &t.scalar
	switch s.kind {
	case 0:
		return false
	case 'f':
		t.flowed(text)
		return true
	case '"', '\'':
		t.out = append(t.out, ' ')
		t.quoted(text)
		return true
	case '|', '>':
		if len(text) == 0 {
			t.out = append(t.out, '\\', 'n')
			return true
		}
		if s.body < 0 {
			s.body = indent
		}
		if indent <= s.indent || indent < s.body {
			break
		}
		if s.some {
			t.out = append(t.out, '\\', 'n')
		}
		s.some = true
		t.out = appendEscaped(t.out, line[s.body:])
		return true
	case 'p':
		if len(text) == 0 {
			return true
		}
		_, _, key := cutKey(text)
		if indent <= s.indent || text[0] == '#' || key || text[0] == '-' && (len(text) == 1 || text[1] == ' ') {
			break
		}
		t.out = append(t.out, ' ')
		t.out = appendEscaped(t.out, text)
		return true
	}
	t.endScalar()
	return false
}

// endScalar closes the value that is open.
func (t *transcoder) endScalar() {
	switch t.scalar.kind {
	case 0:
		return
	case 'f':
		t.out = append(t.out, t.flow.end()...)
		t.strange()
	case '"', '\'':
		t.strange()
		t.out = append(t.out, '"')
	default:
		t.out = append(t.out, '"')
	}
	t.scalar.kind, t.pending = 0, false
}

// quoted takes the text of a value in quotation marks, on its first line or a further one.
func (t *transcoder) quoted(text []byte) {
	q := t.scalar.kind
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == q && q == '\'' && i+1 < len(text) && text[i+1] == q:
			t.out = append(t.out, q)
			i++
		case c == q:
			t.out = append(t.out, '"')
			t.scalar.kind, t.pending = 0, false
			return
		case c == '\\' && q == '"' && i+1 < len(text):
			i++
			t.out = appendEscape(t.out, text[i])
		case c >= 0x80:
			t.out = append(t.out, c)
		default:
			t.out = appendEscaped(t.out, text[i:i+1])
		}
	}
}

// appendEscape appends what a backslash stands before in double quotation marks (section 5.7).
func appendEscape(to []byte, c byte) []byte {
	switch c {
	case 'n', 't', 'r', 'b', 'f', '"', '\\', '/', 'u':
		return append(to, '\\', c)
	case ' ', '_':
		return append(to, ' ')
	case '0', 'a', 'v', 'e', 'N', 'L', 'P', 'x', 'U':
		return append(to, ' ')
	}
	return appendEscaped(to, []byte{c})
}

// flow is a collection between brackets, which may go on over lines.
type flow struct {
	open  []byte // the brackets that are open
	quote byte
	word  []byte // a plain value that is being read
	comma bool   // a comma was read, and is written before what follows it
	some  bool   // something stands in the entry
	colon bool   // the entry ends with a colon
	keyed []bool // by bracket: the entry has its colon
}

// flowed takes a line of a flow collection.
func (t *transcoder) flowed(text []byte) {
	f := &t.flow
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case f.quote != 0:
			i = f.inQuotes(t, text, i)
		case (c == '"' || c == '\'') && len(f.word) == 0:
			f.begin(t)
			f.quote = c
			t.out = append(t.out, '"')
		case c == '[' || c == '{':
			if len(f.open) == maxDepth {
				t.strange()
				continue
			}
			f.flush(t)
			f.begin(t)
			f.open, f.keyed, f.some = append(f.open, c), append(f.keyed, false), false
			t.out = append(t.out, c)
		case c == ']' || c == '}':
			f.flush(t)
			f.closes(t)
			if len(f.open) == 0 {
				t.scalar.kind, t.pending = 0, false
				return
			}
		case c == ',':
			f.flush(t)
			f.complete(t, true)
			f.comma, f.some = true, false
		case c == ':' && (i+1 == len(text) || text[i+1] == ' ' || text[i+1] == ',' || text[i+1] == '}' || i > 0 && (text[i-1] == '"' || text[i-1] == '\'')):
			f.flush(t)
			t.out = append(t.out, ':')
			f.colon = true
			if n := len(f.keyed); n > 0 {
				f.keyed[n-1] = true
			}
		case c == '#' && (i == 0 || text[i-1] == ' '):
			return
		case c == ' ' && len(f.word) == 0, c == '\t':
		default:
			f.word = append(f.word, c)
		}
	}
	if len(f.word) > 0 {
		f.word = append(f.word, ' ')
	}
}

// begin begins a value.
func (f *flow) begin(t *transcoder) {
	if f.comma {
		t.out = append(t.out, ',')
	}
	f.comma, f.colon, f.some = false, false, true
}

// complete gives an entry without a value one, as in {a, b: }.
func (f *flow) complete(t *transcoder, comma bool) {
	if n := len(f.open); n > 0 {
		if f.open[n-1] == '{' && f.some && !f.keyed[n-1] {
			t.out = append(t.out, ":null"...)
		}
		f.keyed[n-1] = false
	}
	if f.colon || comma && !f.some {
		colon := f.colon
		f.colon = false
		if !colon {
			f.begin(t)
		}
		t.out = append(t.out, "null"...)
	}
}

// closes closes the innermost bracket, whatever the one that was read: a comma before it counts for nothing.
func (f *flow) closes(t *transcoder) {
	f.complete(t, false)
	if n := len(f.open); n > 0 {
		t.out = append(t.out, f.open[n-1]+2) // ] stands two behind [, and } two behind {
		f.open, f.keyed = f.open[:n-1], f.keyed[:n-1]
	}
	f.comma, f.some = false, true
}

// inQuotes takes one byte, or an escape, of a value in quotation marks, and gives the index of its last byte.
func (f *flow) inQuotes(t *transcoder, text []byte, i int) int {
	c := text[i]
	switch {
	case c == f.quote && c == '\'' && i+1 < len(text) && text[i+1] == c:
		t.out = append(t.out, c)
		return i + 1
	case c == f.quote:
		t.out = append(t.out, '"')
		f.quote = 0
	case c == '\\' && f.quote == '"' && i+1 < len(text):
		t.out = appendEscape(t.out, text[i+1])
		return i + 1
	case c >= 0x80:
		t.out = append(t.out, c)
	default:
		t.out = appendEscaped(t.out, text[i:i+1])
	}
	return i
}

// flush writes the plain value that was read.
func (f *flow) flush(t *transcoder) {
	word := stripped(bytes.TrimRight(f.word, " "))
	f.word = f.word[:0]
	if len(word) == 0 {
		return
	}
	f.begin(t)
	switch {
	case word[0] == '*':
		t.aliases++
		t.out = append(t.out, "null"...)
	case nothing(word):
		t.out = append(t.out, "null"...)
	default:
		t.out = append(t.out, '"')
		t.out = appendEscaped(t.out, word)
		t.out = append(t.out, '"')
	}
}

// end closes what is open at the end of the text.
func (f *flow) end() (closing []byte) {
	if f.quote != 0 {
		closing = append(closing, '"')
	}
	for n := len(f.open) - 1; n >= 0; n-- {
		closing = append(closing, f.open[n]+2)
	}
	*f = flow{}
	return closing
}
