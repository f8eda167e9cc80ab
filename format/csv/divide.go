package csv

import (
	"bytes"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
)

// sureLines is how many lines must be rows of the table for the first of them to be one's beginning: within a quoted cell that holds
// line breaks they would hardly be.
const sureLines = 8

// Borders finds the rows of a table; its header is the prefix. It gives nil for tables in which it cannot tell: those in wide
// characters, of one column, or with carriage returns alone between their rows.
func Borders(in format.Input) *format.Borders {
	_, mark := charset.Detect(in.Head)
	if bytes.IndexByte(in.Head, 0) >= 0 {
		return nil
	}
	head := in.Head[mark:]
	d := sniff(head, extension(in.Name), false)
	if d.columns < 2 || d.eol != '\n' || d.share < 0.9 {
		return nil
	}
	var prefix []byte
	if d.header {
		first, _ := firstRow(head, tallied(head, d), d)
		if first == nil {
			return nil
		}
		prefix = append(append([]byte(nil), first...), '\n')
	}
	return &format.Borders{Prefix: prefix, Find: d.border}
}

// tallied counts the rows of a head.
func tallied(head []byte, d dialect) *tally {
	t := &tally{quote: d.quote}
	t.count(head, d, false)
	return t
}

// border finds the beginning of a row from which on all lines are rows.
func (d dialect) border(window []byte) int {
	for at := 0; ; {
		i := bytes.IndexByte(window[at:], d.eol)
		if i < 0 {
			return -1
		}
		at += i + 1
		if d.rowsFrom(window[at:]) {
			return at
		}
	}
}

// rowsFrom tells whether the next lines are rows of the table, each with its cells closed.
func (d dialect) rowsFrom(text []byte) bool {
	for range sureLines {
		i := bytes.IndexByte(text, d.eol)
		if i < 0 {
			return false
		}
		if d.cells(text[:i]) != d.columns {
			return false
		}
		text = text[i+1:]
	}
	return true
}

// cells counts the cells of a line; 0 where a quoted one is not closed in it.
func (d dialect) cells(l []byte) int {
	n := 1
	for i := 0; i < len(l); i++ {
		switch c := l[i]; {
		case c == d.delim:
			n++
		case d.quote != 0 && c == d.quote && opens(l, 0, i):
			end := closes(l, i+1, d.eol)
			if end < 0 {
				return 0
			}
			i = end
		}
	}
	return n
}
