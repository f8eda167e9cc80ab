package sql

import "strings"

// Table is what a CREATE TABLE statement says of a table.
type Table struct {
	Name         string // without its schema
	Columns      []Column
	Key          []string // columns of the primary key, in its order
	WithoutRowid bool     // SQLite: the table is kept in the order of its key
}

// Column is one column of a table.
type Column struct {
	Name      string
	Type      string // the declared type's words in capitals, without lengths; "" when there is none
	Generated bool   // computed when it is read: nothing is stored
}

// limits on a definition that is read: what is beyond is ignored.
const (
	maxDefinition = 1 << 20
	maxColumns    = 1 << 16
)

// Define reads a CREATE TABLE statement of any dialect. It says no to anything else, to virtual tables, and to a table that is made
// from a query.
func Define(statement string) (t Table, ok bool) {
	l := &lexer{text: statement[:min(len(statement), maxDefinition)]}
	if !l.skip("CREATE") {
		return t, false
	}
	for l.skip("GLOBAL") || l.skip("LOCAL") || l.skip("TEMP") || l.skip("TEMPORARY") || l.skip("UNLOGGED") || l.skip("FOREIGN") ||
		l.skip("EXTERNAL") || l.skip("OR") || l.skip("REPLACE") {
	}
	if !l.skip("TABLE") {
		return t, false
	}
	if l.skip("IF") {
		l.next()
		l.next()
	}
	t.Name = l.name()
	if t.Name == "" || !l.skip("(") {
		return t, false
	}
	for !l.end() {
		t.element(l)
		if !l.skip(",") {
			break
		}
	}
	l.skip(")")
	for !l.end() {
		if l.skip("WITHOUT") {
			t.WithoutRowid = l.skip("ROWID")
		} else {
			l.next()
		}
	}
	return t, len(t.Columns) > 0
}

// element reads one column or constraint, up to the comma or bracket behind it.
func (t *Table) element(l *lexer) {
	first := l.next()
	if !first.quoted {
		switch strings.ToUpper(first.text) {
		case "CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "KEY", "INDEX", "EXCLUDE", "FULLTEXT", "SPATIAL", "LIKE", "PERIOD":
			if !l.typed() {
				t.constraint(l, first)
				return
			}
		}
	}
	c := Column{Name: first.text}
	typing := true
	for !l.closes() {
		tok := l.next()
		switch word := strings.ToUpper(tok.text); {
		case tok.quoted:
		case word == "(":
			l.group()
		case word == "PRIMARY":
			typing = false
			t.Key = append(t.Key, c.Name)
		case word == "AS" || word == "GENERATED":
			typing = false
			c.Generated = c.Generated || word == "AS"
		case word == "STORED" || word == "PERSISTED" || word == "IDENTITY":
			c.Generated = false
		case ends[word]:
			typing = false
		case typing && c.Type == "":
			c.Type = word
		case typing:
			c.Type += " " + word
		}
	}
	if len(t.Columns) < maxColumns && c.Name != "" {
		t.Columns = append(t.Columns, c)
	}
}

// ends are words behind a column's type.
var ends = map[string]bool{
	"NOT": true, "NULL": true, "DEFAULT": true, "UNIQUE": true, "REFERENCES": true, "COLLATE": true, "CHECK": true, "CONSTRAINT": true,
	"AUTO_INCREMENT": true, "AUTOINCREMENT": true, "COMMENT": true, "ON": true, "ALWAYS": true, "VIRTUAL": true, "KEY": true, "ENCODE": true,
}

// constraint reads a table's constraint.
func (t *Table) constraint(l *lexer, tok token) {
	for primary := false; ; tok = l.next() {
		switch word := strings.ToUpper(tok.text); {
		case tok.quoted:
		case word == "PRIMARY":
			primary = true
		case word == "(" && primary:
			t.key(l)
			primary = false
		case word == "(":
			l.group()
		}
		if l.closes() {
			return
		}
	}
}

// key reads the columns of a primary key behind its bracket.
func (t *Table) key(l *lexer) {
	for !l.end() {
		t.Key = append(t.Key, l.next().text)
		for !l.closes() {
			if l.next().text == "(" { // the length of a prefix
				l.group()
			}
		}
		if !l.skip(",") {
			break
		}
	}
	l.skip(")")
}

// token is a word, a mark, or a quoted name or text.
type token struct {
	text   string
	quoted bool
}

// lexer cuts a definition into tokens.
type lexer struct {
	text string
	at   int
}

// blanks skips blanks and comments.
func (l *lexer) blanks() {
	for l.at < len(l.text) {
		rest := l.text[l.at:]
		skip := 0
		switch {
		case rest[0] <= ' ':
			skip = 1
		case strings.HasPrefix(rest, "--") || rest[0] == '#':
			skip = strings.IndexByte(rest, '\n') + 1
		case strings.HasPrefix(rest, "/*"):
			skip = strings.Index(rest, "*/") + 2
		default:
			return
		}
		if skip < 1 || skip == 1 && rest[0] == '/' {
			skip = len(rest)
		}
		l.at += skip
	}
}

func (l *lexer) end() bool {
	l.blanks()
	return l.at >= len(l.text)
}

// closes tells whether an element of a list ends here.
func (l *lexer) closes() bool {
	return l.end() || l.text[l.at] == ',' || l.text[l.at] == ')'
}

// next gives the next token; the empty one at the end.
func (l *lexer) next() token {
	if l.end() {
		return token{}
	}
	from := l.at
	c := l.text[from]
	if closing := closers[c]; closing != 0 {
		return token{l.quoted(closing), true}
	}
	if !wordy(c) {
		l.at++
		return token{text: l.text[from:l.at]}
	}
	for l.at < len(l.text) && wordy(l.text[l.at]) {
		l.at++
	}
	return token{text: l.text[from:l.at]}
}

// closers are what ends what a quotation mark of each dialect begins.
var closers = [256]byte{'"': '"', '`': '`', '[': ']', '\'': '\''}

// quoted reads a name or text in quotation marks, of which two stand for one.
func (l *lexer) quoted(closing byte) string {
	var b strings.Builder
	for l.at++; l.at < len(l.text); l.at++ {
		if c := l.text[l.at]; c != closing {
			b.WriteByte(c)
		} else if l.at+1 < len(l.text) && l.text[l.at+1] == closing && closing != ']' {
			b.WriteByte(c)
			l.at++
		} else {
			l.at++
			break
		}
	}
	return b.String()
}

func wordy(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// skip takes the next token if it is this word or mark.
func (l *lexer) skip(word string) bool {
	at := l.at
	if t := l.next(); !t.quoted && strings.EqualFold(t.text, word) {
		return true
	}
	l.at = at
	return false
}

// name reads a name with or without the schemas before it, and gives its last part.
func (l *lexer) name() string {
	name := l.next().text
	for l.skip(".") {
		name = l.next().text
	}
	return name
}

// group skips to behind the bracket that closes the one before.
func (l *lexer) group() {
	for depth := 1; depth > 0 && !l.end(); {
		switch t := l.next(); {
		case t.quoted:
		case t.text == "(":
			depth++
		case t.text == ")":
			depth--
		}
	}
}

// typed tells whether a word that begins a constraint is a column's name here: a type stands behind it.
func (l *lexer) typed() bool {
	at := l.at
	t := l.next()
	l.at = at
	return !t.quoted && types[strings.ToUpper(t.text)]
}

// types are words that begin a column's type, and hardly a constraint's name.
var types = map[string]bool{
	"INT": true, "INTEGER": true, "BIGINT": true, "SMALLINT": true, "TINYINT": true, "TEXT": true, "VARCHAR": true, "CHAR": true, "CHARACTER": true,
	"NVARCHAR": true, "DATE": true, "DATETIME": true, "TIMESTAMP": true, "BOOLEAN": true, "NUMERIC": true, "DECIMAL": true, "REAL": true, "BLOB": true, "UUID": true,
}
