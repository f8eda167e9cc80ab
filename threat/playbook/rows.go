package playbook

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/chartroom/chartroom/threat"
)

// The columns of a file of rows; those that may be left out come behind.
var (
	columns  = []string{"id", "phase", "step", "if", "gives"}
	optional = []string{"crew", "window", "technique", "breaks", "evidence", "log", "mitigation", "source", "confidence"}
	phases   = []string{"recon", "credential", "third-party", "pivot", "exposure", "persist", "stealth", "collect", "exfil", "extort", "end"}
	// logs are the classes of logs that facts can say to be kept.
	logs = []string{"sign-in", "help-desk", "saas-events", "object-access", "database-audit", "api-gateway", "cloud-audit", "code-host", "directory", "egress", "host", "mail-audit", "network-flow", "web"}
)

// reader reads one file of rows.
type reader struct {
	book  *threat.Book
	file  string
	text  []byte
	csv   *csv.Reader
	place map[string]int // of columns
	line  []string
	ids   map[string]bool
}

// rows reads and checks all rows.
func (r *reader) rows(text []byte) ([]threat.Row, error) {
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("%s: it is no text in UTF-8", r.file)
	}
	r.text = bytes.TrimPrefix(text, []byte("\ufeff"))
	r.csv = csv.NewReader(bytes.NewReader(r.text))
	if err := r.head(); err != nil {
		return nil, err
	}
	r.ids = map[string]bool{}
	for _, row := range r.book.Rows {
		r.ids[row.ID] = true
	}
	var out []threat.Row
	for {
		line, err := r.csv.Read()
		switch {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, fmt.Errorf("%s: %w", r.file, err)
		case len(r.book.Rows)+len(out) >= mostRows:
			return nil, fmt.Errorf("%s: more than %d rows in all", r.file, mostRows)
		}
		r.line = line
		row, err := r.row()
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
}

// head reads which column stands where.
func (r *reader) head() error {
	line, err := r.csv.Read()
	if err != nil {
		return fmt.Errorf("%s: read the first line, which names the columns: %w", r.file, err)
	}
	r.line, r.place = line, map[string]int{}
	known := slices.Concat(columns, optional)
	for i, name := range line {
		r.place[name] = i
		if !slices.Contains(known, name) {
			return r.at(name, 0, "%q is no column of a playbook; the nearest is %s", name, nearest(name, slices.Values(known)))
		}
	}
	for _, name := range columns {
		if _, there := r.place[name]; !there {
			return fmt.Errorf("%s: the column %s is missing", r.file, name)
		}
	}
	return nil
}

func (r *reader) field(name string) string {
	if i, there := r.place[name]; there && i < len(r.line) {
		return strings.TrimSpace(r.line[i])
	}
	return ""
}

// at is an error at a place of a column, so many bytes behind its beginning.
func (r *reader) at(column string, offset int, words string, args ...any) error {
	line, col := r.position(r.place[column], offset)
	return fmt.Errorf("%s, line %d, column %d (%s): %s", r.file, line, col, column, fmt.Sprintf(words, args...))
}

// position finds a byte of a field in the file: in quotation marks a field begins one later, may go over lines, and has each of its own twice.
func (r *reader) position(field, offset int) (line, col int) {
	line, col = r.csv.FieldPos(field)
	at := 0
	for range line - 1 {
		at += bytes.IndexByte(r.text[at:], '\n') + 1
	}
	at += col - 1
	quoted := at < len(r.text) && r.text[at] == '"'
	if quoted {
		at, col = at+1, col+1
	}
	for ; offset > 0 && at < len(r.text); offset-- {
		if rest := r.text[at:]; quoted && bytes.HasPrefix(rest, []byte(`""`)) || bytes.HasPrefix(rest, []byte("\r\n")) {
			at, col = at+1, col+1
		}
		if r.text[at] == '\n' {
			line, col = line+1, 0
		}
		at, col = at+1, col+1
	}
	return line, col
}

func (r *reader) row() (threat.Row, error) {
	row := threat.Row{ID: r.field("id"), Step: r.field("step"), Technique: r.field("technique"), Crew: r.field("crew"), Window: r.field("window"), Phase: r.field("phase"),
		Evidence: r.field("evidence"), Log: r.field("log"), Mitigation: r.field("mitigation"), Source: r.field("source"), Confidence: r.field("confidence")}
	for name := range r.place {
		if n := len(r.field(name)); n > mostField {
			return row, r.at(name, 0, "%d bytes are more than the %d that a field may have", n, mostField)
		}
	}
	if err := r.words(&row); err != nil {
		return row, err
	}
	var err error
	var given, asked, broken []placed
	if asked, err = r.list("if"); err != nil {
		return row, err
	}
	if given, err = r.list("gives"); err != nil {
		return row, err
	}
	if broken, err = r.list("breaks"); err != nil {
		return row, err
	}
	row.If, row.Gives, row.Breaks = bare(asked), bare(given), bare(broken)
	r.ids[row.ID] = true
	return row, r.sound(asked, given, broken)
}

// words checks what is no logic.
func (r *reader) words(row *threat.Row) error {
	word := func(c rune) bool {
		return c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	}
	switch {
	case row.ID == "" || len(row.ID) > 40 || strings.ContainsFunc(row.ID, word):
		return r.at("id", 0, "%q is no id: letters, digits, - and _, at most 40", row.ID)
	case r.ids[row.ID]:
		return r.at("id", 0, "there is a row %s already", row.ID)
	case row.Step == "":
		return r.at("step", 0, "what is done is missing")
	case !slices.Contains(phases, row.Phase):
		return r.at("phase", 0, "%q is no phase; the nearest is %s", row.Phase, nearest(row.Phase, slices.Values(phases)))
	case row.Log != "" && !slices.Contains(logs, row.Log):
		return r.at("log", 0, "%q is no class of logs; the nearest is %s", row.Log, nearest(row.Log, slices.Values(logs)))
	case row.Technique != "" && !technique(row.Technique):
		return r.at("technique", 0, "%q is no id of a technique of ATT&CK: T1566 or T1566.004", row.Technique)
	case row.Confidence != "" && !slices.Contains([]string{"high", "medium", "low"}, row.Confidence):
		return r.at("confidence", 0, "%q is no confidence: high, medium or low", row.Confidence)
	}
	if t := r.book.Technique(row.Technique); t != nil {
		row.Technique = t.ID // what took the place of one that was revoked
	}
	return nil
}

// technique tells whether a text is T and four digits, and perhaps a dot and three.
func technique(id string) bool {
	if len(id) != 5 && (len(id) != 9 || id[5] != '.') || id[0] != 'T' {
		return false
	}
	for i, c := range id {
		if i != 0 && i != 5 && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// list reads a column of literals, whose predicates must be known.
func (r *reader) list(column string) ([]placed, error) {
	i, there := r.place[column]
	if !there {
		return nil, nil
	}
	all, bad := literals(r.line[i])
	if bad != nil {
		return nil, r.at(column, bad.at, "%s", bad.what)
	}
	for _, l := range all {
		p := r.book.Predicates[l.Predicate]
		if p == nil {
			return nil, r.at(column, l.at, "%q is no predicate; the nearest is %s", l.Predicate, nearest(l.Predicate, maps.Keys(r.book.Predicates)))
		}
		if len(l.Terms) != p.Arity {
			return nil, r.at(column, l.at, "%s has %d names, not %d", l.Predicate, p.Arity, len(l.Terms))
		}
	}
	return all, nil
}

func bare(all []placed) []threat.Literal {
	out := make([]threat.Literal, len(all))
	for i, l := range all {
		out[i] = l.Literal
	}
	return out
}

// sound checks the logic of a row: what it gives is the crew's and of names that it asked for, absence is asked for of the estate alone,
// and what breaks it is something that it asks for.
func (r *reader) sound(asked, given, broken []placed) error {
	if len(asked) == 0 {
		return r.at("if", 0, "nothing is asked for; a row that always works is none")
	}
	if len(given) == 0 {
		return r.at("gives", 0, "nothing is given")
	}
	bound := map[string]bool{"O": true}
	for _, l := range asked {
		for _, t := range l.Terms {
			if !l.Not {
				bound[t.Name] = true
			}
		}
	}
	for _, l := range asked {
		if l.Not && r.book.Predicates[l.Predicate].Attacker {
			return r.at("if", l.at, "%s is the crew's, and only of the estate may absence be asked for", l.Predicate)
		}
		if v := unbound(l, bound); l.Not && v != "" {
			return r.at("if", l.at, "the variable %s stands in nothing that must hold", v)
		}
	}
	for _, l := range given {
		switch v := unbound(l, bound); {
		case l.Not:
			return r.at("gives", l.at, "a row gives, and does not take away")
		case !r.book.Predicates[l.Predicate].Attacker:
			return r.at("gives", l.at, "%s is of the estate, and rows give what the crew then has", l.Predicate)
		case v != "":
			return r.at("gives", l.at, "the variable %s stands in nothing that must hold", v)
		}
	}
	for _, l := range broken {
		if !slices.ContainsFunc(asked, func(a placed) bool { return threat.Breaks(l.Literal, a.Literal) }) {
			return r.at("breaks", l.at, "%s breaks nothing that the row asks for", l.Predicate)
		}
	}
	return nil
}

func unbound(l placed, bound map[string]bool) string {
	for _, t := range l.Terms {
		if t.Variable && !bound[t.Name] {
			return t.Name
		}
	}
	return ""
}

// nearest gives the name that differs least.
func nearest(name string, from func(func(string) bool)) string {
	best, least := "", 1<<30
	for _, f := range slices.Sorted(from) {
		if d := distance(name[:min(len(name), 64)], f); d < least {
			best, least = f, d
		}
	}
	return best
}

// distance counts the letters to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
