package sql

import (
	"bytes"
	"strings"

	"github.com/chartroom/chartroom/format"
)

// line takes the rest of a line as text.
func (r *reading) line() error {
	for {
		text, met := r.through('\n', r.value[:0], maxNotes)
		r.value = text
		if err := r.notes.add(text); err != nil || met || len(text) == 0 || r.ended() {
			return err
		}
	}
}

// comment takes a comment between /* and */ as text.
func (r *reading) comment() error {
	r.pos++
	return r.textTo("*/")
}

// textTo takes what stands before a mark, the mark, and the byte where it begins, as text. The mark is not looked for in the first byte.
func (r *reading) textTo(mark string) error {
	r.pos++
	for {
		rest := r.ahead(maxNotes)
		if i := bytes.Index(rest, []byte(mark)); i >= 0 {
			err := r.notes.add(rest[:i+len(mark)])
			r.pos += i + len(mark)
			return err
		}
		n := len(rest) - len(mark) + 1
		if len(rest) < maxNotes {
			n = len(rest)
		}
		if err := r.notes.add(rest[:n]); err != nil {
			return err
		}
		if r.pos += n; r.ended() {
			return nil
		}
	}
}

// dollarTag gives the mark that ends a text that begins here with $$ or $tag$, as PostgreSQL writes them; "" where none does.
func (r *reading) dollarTag() string {
	head := r.ahead(64)
	if len(head) < 2 || head[0] != '$' || head[1] >= '0' && head[1] <= '9' {
		return ""
	}
	for i, c := range head[1:] {
		if c == '$' {
			return string(head[:i+2])
		}
		if !wordy(c) {
			break
		}
	}
	return ""
}

// maxQuoted is how long a text in quotation marks may be within a statement that is only text: behind that, the mark had no partner.
const maxQuoted = 1 << 20

// other takes a statement as text, up to its semicolon or to a line that begins another one. What was read of it already comes first.
func (r *reading) other(said []byte) error {
	if err := r.notes.add(said); err != nil {
		return err
	}
	return r.text(func(b []byte) error { return r.notes.add(b) })
}

// create takes a statement as text, and the columns of the table that it defines.
func (r *reading) create() error {
	var statement []byte
	err := r.text(func(b []byte) error {
		if len(statement) < maxDefinition {
			statement = append(statement, b...)
		}
		return r.notes.add(b)
	})
	if def, ok := Define(string(statement)); ok {
		r.tables.define(def)
	}
	return err
}

// text gives a statement piece by piece.
func (r *reading) text(take func([]byte) error) error {
	var quote byte
	quoted := 0 // bytes since the quotation mark
	for {
		if r.ended() {
			return r.failure()
		}
		if tag := r.peek(); tag == '$' && quote == 0 && r.dollarTag() != "" {
			if err := r.textTo(r.dollarTag()); err != nil {
				return err
			}
			continue
		}
		n, state := clause(r.buf[r.pos:r.end], quote, r.escapes)
		if err := take(r.buf[r.pos : r.pos+n]); err != nil {
			return err
		}
		r.pos += n
		switch {
		case state == ';':
			return nil
		case state == '\n':
			if quote = 0; begins(r.ahead(16)) {
				return nil
			}
		case state == '-':
			if err := r.line(); err != nil {
				return err
			}
			if begins(r.ahead(16)) {
				return nil
			}
		case state != '$':
			quote = state
		}
		if quoted += n; quote == 0 {
			quoted = 0
		} else if quoted > maxQuoted {
			quote, quoted = 0, 0
		}
	}
}

// clause gives how many bytes of a statement are as the first, and what follows: ';' the statement's end, '\n' a line's end outside
// of quotation marks, '-' a comment, '$' what may begin a text, or the quotation mark that is open behind them; 0 for none.
func clause(b []byte, quote byte, escapes bool) (n int, state byte) {
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case quote != 0:
			if c == '\\' && escapes {
				i++
			} else if c == quote {
				return i + 1, 0
			}
		case c == ';' || c == '\n':
			return i + 1, c
		case c == '\'' || c == '"' || c == '`':
			return i + 1, c
		case c == '-' && i+1 < len(b) && b[i+1] == '-':
			return i, '-'
		case c == '$' && i > 0:
			return i, '$'
		}
	}
	return len(b), quote
}

// begins tells whether a line begins a statement, or a batch of SQL Server ends with it.
func begins(line []byte) bool {
	word := string(upper(line))
	for _, w := range [...]string{"INSERT", "REPLACE INTO", "COPY", "CREATE", "UPDATE", "GO", "DELIMITER"} {
		if starts(word, w) {
			return true
		}
	}
	return false
}

// delimited takes the routines between DELIMITER ;; and DELIMITER ; of MySQL's dumps as text.
func (r *reading) delimited() error {
	for first := true; ; first = false {
		line := string(r.ahead(32))
		back := !first && starts(strings.ToUpper(line), "DELIMITER") && strings.HasPrefix(strings.TrimSpace(line[len("DELIMITER"):]), ";") &&
			!strings.HasPrefix(strings.TrimSpace(line[len("DELIMITER"):]), ";;")
		if err := r.line(); err != nil || back || r.ended() {
			return err
		}
	}
}

// update reads UPDATE t SET a = 'x', b = 2 WHERE c = 3: a row of what its columns are set to and compared with.
func (r *reading) update() error {
	r.token(r.word)
	word, _ := r.token(r.word)
	name := format.Shown(string(word))
	for r.space(); r.peek() == '.'; r.space() {
		r.pos++
		word, _ = r.token(r.word)
		name += "." + format.Shown(string(word))
	}
	if word, _ = r.token(r.word); !strings.EqualFold(string(word), "SET") || name == "" {
		return r.other([]byte("UPDATE " + name + " " + string(word)))
	}
	t, err := r.tables.of(name)
	if err != nil {
		return err
	}
	column := ""
	for r.space(); ; r.space() {
		c := r.peek()
		switch {
		case c == 0 || c == ';':
			if c != 0 {
				r.pos++
			}
			return t.rows.End()
		case column != "" && (c == '\'' || c >= '0' && c <= '9' || c == '-'):
			if err := r.assigned(t, column); err != nil {
				return err
			}
		case c == '\'':
			r.skipQuoted()
		default:
			word, quoted := r.token(r.word)
			if r.word = word; !quoted && r.peek() == '\'' {
				continue // the prefix of a text
			}
			if r.word = nil; quoted || len(word) > 0 && wordy(word[0]) {
				if column = format.Shown(string(word)); !quoted && reserved[strings.ToUpper(column)] {
					column = ""
				}
			}
		}
	}
}

// reserved are words in an UPDATE that are no columns.
var reserved = map[string]bool{"SET": true, "WHERE": true, "AND": true, "OR": true, "NOT": true, "NULL": true, "IN": true, "IS": true, "LIKE": true, "FROM": true, "": true}

// assigned reads the value that a column is set to.
func (r *reading) assigned(t *rows, column string) error {
	if len(t.columns) > maxColumns {
		return nil
	}
	found := false
	at := t.column(column)
	if r.peek() != '\'' {
		return r.bare(t, at, &found)
	}
	r.pos++
	return r.literal(t, at, &found, r.prefix())
}

// skipQuoted passes a text that belongs to no column: it is read as text.
func (r *reading) skipQuoted() {
	r.pos++
	q := &quoted{r: r, escapes: r.escapes}
	for whole := false; !whole; {
		r.value, whole, _ = q.hold(r.value[:0], maxNotes)
		if r.notes.add(append(r.value, '\n')) != nil {
			return
		}
	}
}
