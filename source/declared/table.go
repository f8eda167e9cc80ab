package declared

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/chartroom/chartroom/source"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Limits of a file. Exports of a directory with a million accounts stay far below them.
const (
	maxRow     = 1 << 20 // bytes of one row
	maxColumns = 1024
)

// columnsCSV says which header means which column, by type of file; the first that a file has counts.
//
//go:embed columns.csv
var columnsCSV []byte

// required are the columns without which a file says nothing.
var required = map[string][]string{"users": {"id"}, "groups": {"group"}, "oauth_apps": {"app"}, "logins": {"who", "as"}, "access": {"who", "may", "on"}, "app_assignments": {"who", "app"}, "settings": {"on"}}

// layoutOf is the type whose columns a type of file has.
func layoutOf(kind string) string {
	if kind == "service_accounts" {
		return "users"
	}
	return kind
}

// synonym is a header that means a column.
type synonym struct{ column, key string }

// synonyms gives the headers of a type of file, the best first.
func synonyms(kind string) []synonym {
	var out []synonym
	rows, _ := csv.NewReader(bytes.NewReader(columnsCSV)).ReadAll() // a test reads it whole
	for _, r := range rows {
		if r[0] == layoutOf(kind) {
			out = append(out, synonym{r[1], key(r[2])})
		}
	}
	return out
}

// table reads a CSV file with a header, row by row.
type table struct {
	rows    *csv.Reader
	guard   *guard
	columns map[string][]int // positions of a column's cells, the best header first
	width   int
	unread  []string // headers that are not understood
	facts   []string // of settings: the fact that stands in a column, by its position; "" = none
	row     []string
	skip    int      // lines before the header
	line    int      // where the row begins
	missing []string // required columns that are not there
}

// guard ends a row that is larger than any is.
type guard struct {
	src  io.Reader
	left int
}

var errRow = errors.New("a row has more than 1 MiB; is a quotation mark missing?")

func (g *guard) Read(p []byte) (int, error) {
	if g.left <= 0 {
		return 0, errRow
	}
	n, err := g.src.Read(p[:min(len(p), g.left)])
	g.left -= n
	return n, err
}

// openTable reads the header.
func openTable(r io.Reader, kind string) (*table, error) {
	text := bufio.NewReaderSize(transform.NewReader(r, unicode.BOMOverride(encoding.Nop.NewDecoder())), 64<<10)
	head, _ := text.Peek(32 << 10)
	if len(head) == 0 {
		return nil, errors.New("the file is empty")
	}
	if bytes.IndexByte(head, 0) >= 0 {
		return nil, errors.New("this is no CSV file")
	}
	first, _, _ := bytes.Cut(head, []byte("\n"))
	t := &table{guard: &guard{src: text, left: maxRow}}
	if bytes.HasPrefix(first, []byte("#TYPE")) || bytes.HasPrefix(first, []byte("sep=")) { // PowerShell and Excel
		text.Discard(min(len(first)+1, len(head)))
		first, _, _ = bytes.Cut(head[min(len(first)+1, len(head)):], []byte("\n"))
		t.skip = 1
	}
	t.rows = csv.NewReader(t.guard)
	t.rows.Comma = delimiter(first)
	t.rows.FieldsPerRecord, t.rows.ReuseRecord, t.rows.TrimLeadingSpace = -1, true, true
	header, err := t.rows.Read()
	if err != nil {
		return nil, fmt.Errorf("its header cannot be read: %w", plain(err))
	}
	t.line = 1 + t.skip
	return t, t.header(slices.Clone(header), kind)
}

// delimiter is what parts the cells of the header.
func delimiter(header []byte) rune {
	best := ','
	for _, c := range ";\t|" {
		if bytes.Count(header, []byte(string(c))) > bytes.Count(header, []byte(string(best))) {
			best = c
		}
	}
	return best
}

func (t *table) header(header []string, kind string) error {
	if len(header) > maxColumns {
		return fmt.Errorf("it has more than %d columns", maxColumns)
	}
	t.width, t.columns = len(header), map[string][]int{}
	at := map[string][]int{}
	for i, h := range header {
		at[key(h)] = append(at[key(h)], i)
	}
	known := make([]bool, len(header))
	for _, s := range synonyms(kind) {
		for _, i := range at[s.key] {
			if !known[i] {
				t.columns[s.column] = append(t.columns[s.column], i)
				known[i] = true
			}
		}
	}
	if kind == "settings" {
		t.facts = make([]string, len(header))
	}
	for i, h := range header {
		if name := snake(h); !known[i] && t.facts != nil && name != "" {
			t.facts[i], known[i] = name, true
		}
		if !known[i] && h != "" && len(t.unread) < 100 {
			t.unread = append(t.unread, source.Display(clip(h, 64)))
		}
	}
	slices.Sort(t.unread)
	for _, c := range required[layoutOf(kind)] {
		if t.columns[c] == nil {
			t.missing = append(t.missing, c)
		}
	}
	return nil
}

// clip shortens a text to n bytes.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// mistake is one of a row: where it stands, and what belongs there. It never shows the cell.
type mistake struct {
	line, column int // from 1, column in bytes
	text         string
}

// next reads a row. A row that is none is a mistake, and the next one may be read; any other error ends the file.
func (t *table) next() (*mistake, error) {
	t.guard.left = maxRow
	row, err := t.rows.Read()
	t.row = row
	var pe *csv.ParseError
	switch {
	case errors.As(err, &pe):
		return &mistake{pe.Line + t.skip, pe.Column, pe.Err.Error()}, nil
	case err != nil:
		return nil, err
	}
	line, column := t.rows.FieldPos(0)
	t.line = line + t.skip
	for len(row) > t.width && row[len(row)-1] == "" {
		row = row[:len(row)-1]
	}
	if len(row) != t.width {
		return &mistake{t.line, column, fmt.Sprintf("the header has %d columns, and this row has %d", t.width, len(row))}, nil
	}
	return nil, nil
}

// plain says what is wrong with a row without its text.
func plain(err error) error {
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// cell gives a column's cell, "" where there is none, and its place in the row.
func (t *table) cell(column string) (text string, place int) {
	for _, i := range t.columns[column] {
		if text := clean(t.row[i]); text != "" {
			return text, i
		}
	}
	return "", 0
}

// all gives the cells of a column that several headers mean, the best first.
func (t *table) all(column string) (out []string) {
	for _, i := range t.columns[column] {
		if c := clean(t.row[i]); c != "" && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// clean makes a cell fit to be shown: UTF-8 (other bytes are taken as Windows-1252) without control characters; a semicolon stands for
// the end of a line.
func clean(cell string) string {
	cell = strings.TrimSpace(cell)
	if !utf8.ValidString(cell) {
		cell, _ = charmap.Windows1252.NewDecoder().String(cell)
	}
	if strings.IndexFunc(cell, func(r rune) bool { return r < ' ' || r == 0x7f }) < 0 {
		return cell
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return ';'
		case r < ' ' || r == 0x7f:
			return -1
		}
		return r
	}, cell)
}
