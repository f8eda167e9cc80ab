package sql

import (
	"bytes"
	"encoding/hex"
	"io"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
)

// maxHeld is how long a value may be that is held in memory, in bytes; a longer one is read as a stream.
const maxHeld = 1 << 20

// insert reads INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y') and its like.
func (r *reading) insert() error {
	var said []byte // what was read, for a statement that turns out to be text
	take := func() (string, bool) {
		token, quoted := r.token(r.word)
		r.word = token
		said = append(append(said, ' '), token...)
		return string(token), quoted
	}
	word := ""
	for word, _ = take(); strings.EqualFold(word, "INSERT") || strings.EqualFold(word, "REPLACE") || strings.EqualFold(word, "INTO") ||
		strings.EqualFold(word, "IGNORE") || strings.EqualFold(word, "LOW_PRIORITY") || strings.EqualFold(word, "DELAYED") ||
		strings.EqualFold(word, "OR") || strings.EqualFold(word, "OVERRIDING"); {
		word, _ = take()
	}
	name, quoted := format.Shown(word), false
	if name == "" || !wordy(name[0]) {
		return r.other(said)
	}
	for r.space(); r.peek() == '.'; r.space() {
		take()
		word, _ = take()
		name += "." + format.Shown(word)
	}
	var columns []string
	word, quoted = take()
	if word == "(" && !quoted {
		for word != ")" || quoted {
			if word, quoted = take(); word == "" && !quoted || len(columns) > maxColumns {
				return r.other(said)
			}
			if quoted || word != "," && word != ")" {
				columns = append(columns, format.Shown(word))
			}
		}
		word, quoted = take()
	}
	for !quoted && (strings.EqualFold(word, "OVERRIDING") || strings.EqualFold(word, "SYSTEM") || strings.EqualFold(word, "USER")) {
		word, quoted = take()
	}
	if quoted || !strings.EqualFold(word, "VALUES") && !strings.EqualFold(word, "VALUE") {
		return r.other(said)
	}
	return r.tuples(name, columns)
}

// tuples reads the rows behind VALUES.
func (r *reading) tuples(name string, columns []string) error {
	t, err := r.tables.of(name)
	if err != nil {
		return err
	}
	at := t.positions(columns)
	for {
		r.space()
		if r.peek() != '(' {
			return nil // what stands here begins something else, or is damaged: it is read as that
		}
		r.pos++
		for i, more := 0, true; more; i++ {
			column := 0
			if i < len(at) {
				column = at[i]
			} else {
				column = t.nameless(i)
			}
			if more, err = r.expression(t, column); err != nil {
				return err
			}
		}
		if err := t.rows.End(); err != nil {
			return err
		}
		if r.space(); r.peek() != ',' {
			return nil
		}
		r.pos++
	}
}

// positions gives the columns' numbers in the order of a statement's list.
func (t *rows) positions(columns []string) []int {
	at := make([]int, len(columns))
	for i, c := range columns {
		at[i] = t.column(c)
	}
	return at
}

// expression reads what stands in the place of a value, hands the value out, and tells whether another follows in the row.
func (r *reading) expression(t *rows, column int) (more bool, err error) {
	for depth, found := 0, false; ; {
		r.space()
		c := r.peek()
		switch {
		case c == 0:
			return false, r.cut()
		case c == '\'':
			r.pos++
			if err := r.literal(t, column, &found, r.prefix()); err != nil {
				return false, err
			}
			continue
		case c == '(' || c == '[':
			depth++
		case c == ')' && depth == 0, c == ',' && depth == 0:
			r.pos++
			return c == ',', nil
		case c == ')' || c == ']':
			depth = max(0, depth-1)
		case c == '$' && r.dollarTag() != "":
			if err := r.textTo(r.dollarTag()); err != nil {
				return false, err
			}
			continue
		case c == '"' || c == '`':
			r.word, _ = r.token(r.word)
			continue
		case wordy(c) || c == '-' || c == '.':
			if err := r.bare(t, column, &found); err != nil {
				return false, err
			}
			continue
		}
		r.pos++
	}
}

// cut reports a script that ends within a row.
func (r *reading) cut() error {
	if err := r.failure(); err != nil {
		return err
	}
	if !r.broken {
		r.tables.out.Gap(estate.GapTruncated, "the script ends within a row")
	}
	r.broken = true
	return nil
}

// bare reads a number or word. NULL and words of the language are no values; a word before a quotation mark is a prefix of the text.
func (r *reading) bare(t *rows, column int, found *bool) error {
	v := r.value[:0]
	for c := r.peek(); len(v) < maxName && (wordy(c) || c == '.' || c == '-' || c == '+'); c = r.peek() {
		v = append(v, c)
		r.pos++
	}
	r.value = v
	r.word = r.word[:0]
	if r.peek() == '\'' {
		r.word = append(r.word, v...)
		return nil
	}
	if *found || len(v) == 0 {
		return nil
	}
	if len(v) > 2 && v[0] == '0' && v[1]|0x20 == 'x' {
		*found = true
		return r.hex(t, column, r.more(v[2:]))
	}
	if c := v[0]; c >= '0' && c <= '9' || c == '-' || c == '.' {
		*found = true
		return t.rows.Put(column, v)
	}
	return nil
}

// more reads on in a bare value that is longer than a name: a blob in hexadecimal digits.
func (r *reading) more(v []byte) []byte {
	for len(v) < 8*maxHeld && wordy(r.peek()) {
		v = append(v, r.buf[r.pos])
		r.pos++
	}
	r.value = v
	return v
}

// prefix gives the word that stood before a quotation mark, and forgets it.
func (r *reading) prefix() string {
	p := strings.ToUpper(string(r.word))
	r.word = r.word[:0]
	return p
}

// literal reads a text behind its quotation mark. Of several in one expression the first is the value.
func (r *reading) literal(t *rows, column int, found *bool, prefix string) error {
	q := &quoted{r: r, escapes: r.escapes || prefix == "E"}
	v, whole, err := q.hold(r.value[:0], maxHeld)
	r.value = v
	if err != nil {
		return err
	}
	switch first := !*found; {
	case !first:
	case prefix == "X" && whole:
		*found = true
		return r.hex(t, column, v)
	case whole:
		*found = true
		return r.put(t, column, v)
	default:
		*found = true
		if err := t.long(column, v, io.MultiReader(bytes.NewReader(bytes.Clone(v)), q)); err != nil {
			return err
		}
	}
	_, err = io.Copy(io.Discard, q)
	return err
}

// put hands a value out. PostgreSQL writes binary values as \x and hexadecimal digits.
func (r *reading) put(t *rows, column int, v []byte) error {
	if len(v) > 3 && v[0] == '\\' && v[1] == 'x' && len(v)%2 == 0 {
		return r.hex(t, column, v[2:])
	}
	return t.rows.Put(column, v)
}

// hex hands out a value in hexadecimal digits: a text or a document; anything else is binary.
func (r *reading) hex(t *rows, column int, digits []byte) error {
	raw := make([]byte, hex.DecodedLen(len(digits)))
	if _, err := hex.Decode(raw, digits); err != nil {
		return t.rows.Put(column, digits)
	}
	if format.EmbeddingOf(raw) == format.NotEmbedded && !format.PlainText(raw) {
		t.binary++
		return nil
	}
	return t.rows.Put(column, raw)
}

// long hands out a text that is too long to be held.
func (t *rows) long(column int, head []byte, body io.Reader) error {
	if how := format.EmbeddingOf(head); how != format.NotEmbedded {
		return t.rows.Inner(column, how.Open(body))
	}
	return t.rows.Text(column, body)
}

// quoted is the text between two quotation marks, without what escapes.
type quoted struct {
	r       *reading
	escapes bool
	done    bool
}

// hold reads at most so many bytes of the text, and tells whether that was all.
func (q *quoted) hold(to []byte, most int) ([]byte, bool, error) {
	s := &q.r.scanner
	for !q.done && len(to) < most {
		if s.ended() {
			return to, true, q.unclosed()
		}
		rest := s.buf[s.pos:s.end]
		rest = rest[:min(len(rest), most-len(to))]
		n := bytes.IndexByte(rest, '\'')
		if n < 0 {
			n = len(rest)
		}
		if q.escapes {
			if k := bytes.IndexByte(rest[:n], '\\'); k >= 0 {
				to = append(to, rest[:k]...)
				s.pos += k + 1
				to = append(to, unescaped(s.peek()))
				if !s.ended() {
					s.pos++
				}
				continue
			}
		}
		to = append(to, rest[:n]...)
		if s.pos += n; n == len(rest) {
			continue
		}
		s.pos++
		if s.peek() == '\'' {
			to = append(to, '\'')
			s.pos++
		} else {
			q.done = true
		}
	}
	return to, q.done, nil
}

// unclosed reports a text that the script's end cuts off.
func (q *quoted) unclosed() error {
	q.done = true
	return q.r.cut()
}

// unescaped is what a byte behind a backslash stands for in MySQL's texts.
func unescaped(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case '0':
		return 0
	case 'Z':
		return 26
	case 'b':
		return '\b'
	}
	return c
}

// Read implements io.Reader for what is left of the text.
func (q *quoted) Read(p []byte) (int, error) { return readHeld(q, p) }

// held is a value that is read piece by piece.
type held interface {
	hold(to []byte, most int) (value []byte, whole bool, err error)
}

func readHeld(h held, p []byte) (int, error) {
	part, whole, err := h.hold(p[:0], len(p))
	if err == nil && len(part) == 0 && whole {
		err = io.EOF
	}
	return len(part), err
}
