package csv

import (
	"bytes"
	"slices"
	"strings"
)

// dialect is how an input writes its rows.
type dialect struct {
	delim     byte
	quote     byte
	eol       byte // the line break, or its last byte
	backslash bool // a backslash escapes a quotation mark
	header    bool
	start     int     // where the first row begins: behind comments and title lines
	columns   int     // of most rows
	rows      int     // whole rows seen
	share     float64 // of them, how many have that many columns
	spaced    float64 // share of delimiters with a blank behind
}

// delimiters in the order in which equals are preferred.
const delimiters = ",\t|;^"

// sniffRows is how many rows are looked at.
const sniffRows = 200

// line is one row of the head: where it stands, and how often each delimiter stands in it outside of quotation marks.
type line struct {
	from, to int
	counts   [len(delimiters)]int32
	spaced   [len(delimiters)]int32 // of them, how many have a blank behind
	decimals int32                  // commas between two digits
}

// tally is the rows of a head.
type tally struct {
	lines [sniffRows]line
	n     int
	quote byte // 0 = quotation marks are bytes like any other
}

// sniff finds the dialect of an input from its beginning. whole says that there is no more of it.
func sniff(head []byte, ext string, whole bool) dialect {
	d := dialect{delim: ',', quote: '"', eol: '\n', columns: 1}
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		d.eol = '\r'
	}
	fixed := d.lead(head)
	switch {
	case fixed:
	case ext == "tsv" || ext == "tab":
		d.delim = '\t'
	case ext == "psv":
		d.delim = '|'
	}
	t := &tally{quote: d.quote}
	t.count(head, d, whole)
	if t.n == 0 {
		t.quote = 0 // a mark without its partner may hold all rows
		t.count(head, d, whole)
	}
	if t.n == 0 {
		t.count(head, d, true) // a row longer than the head: as much of it as there is
	}
	d.choose(t, ext, fixed)
	d.skipTitle(t)
	d.backslash = backslashes(head[d.start:], d)
	d.header = headed(head, t, d)
	return d
}

// lead steps over what may stand before the first row: blank lines, comments, and the line "sep=;" by which
// spreadsheets are told the delimiter. It tells whether that line was there.
func (d *dialect) lead(head []byte) (fixed bool) {
	for d.start < len(head) {
		end := bytes.IndexByte(head[d.start:], d.eol)
		if end < 0 {
			return fixed
		}
		l := bytes.TrimSpace(head[d.start : d.start+end])
		switch {
		case len(l) == 5 && bytes.EqualFold(l[:4], []byte("sep=")) && strings.IndexByte(delimiters, l[4]) >= 0:
			d.delim, fixed = l[4], true
		case len(l) == 4 && bytes.EqualFold(l, []byte("sep=")) && d.start+end > 4:
			d.delim, fixed = '\t', true // the trimmed one
		case len(l) > 0 && l[0] != '#':
			return fixed
		case len(l) > 0 && d.titled(head[d.start:d.start+end], head[d.start+end+1:]):
			return fixed
		}
		d.start += end + 1
	}
	return fixed
}

// titled tells whether a line that begins with # is no comment but the header: it has cells, as many as the next line.
func (d *dialect) titled(l, rest []byte) bool {
	if end := bytes.IndexByte(rest, d.eol); end >= 0 {
		rest = rest[:end]
	}
	if len(rest) == 0 || rest[0] == '#' {
		return false
	}
	for i := range len(delimiters) {
		sep := []byte{delimiters[i]}
		if n := bytes.Count(l, sep); n > 0 && n == bytes.Count(rest, sep) {
			return true
		}
	}
	return false
}

// classes of bytes for the tally: 1 to 5 the delimiters, then the quotation mark.
const classQuote = 6

var sniffClass = func() (c [256]uint8) {
	for i := range len(delimiters) {
		c[delimiters[i]] = uint8(i + 1)
	}
	c['"'] = classQuote
	return c
}()

// count fills the tally with the head's rows, blank ones left out. The last row counts only when it is whole.
func (t *tally) count(head []byte, d dialect, whole bool) {
	l := line{from: d.start}
	for i := d.start; i < len(head) && t.n < sniffRows; i++ {
		c := head[i]
		if c == d.eol {
			t.add(head, &l, i)
			continue
		}
		switch k := sniffClass[c]; {
		case k == 0:
		case k == classQuote:
			if t.quote != 0 && opens(head, l.from, i) {
				end := closes(head, i+1, d.eol)
				if end < 0 && (!whole || t.n > 0) {
					return // a row that goes beyond the head
				}
				if end < 0 {
					end = len(head) - 1
				}
				i = end
			}
		default:
			l.counts[k-1]++
			if i+1 < len(head) && head[i+1] == ' ' {
				l.spaced[k-1]++
			}
			if c == ',' && i > l.from && digit(head[i-1]) && i+1 < len(head) && digit(head[i+1]) {
				l.decimals++
			}
		}
	}
	if whole && t.n < sniffRows {
		t.add(head, &l, len(head))
	}
}

func (t *tally) add(head []byte, l *line, to int) {
	l.to = to
	if to > l.from && head[to-1] == '\r' {
		l.to--
	}
	if len(bytes.TrimSpace(head[l.from:l.to])) > 0 {
		t.lines[t.n] = *l
		t.n++
	}
	*l = line{from: to + 1}
}

// opens tells whether the quotation mark at i begins a cell of the row from from, whatever the delimiter.
func opens(head []byte, from, i int) bool {
	for i > from && head[i-1] == ' ' {
		i--
	}
	if i == from {
		return true
	}
	k := sniffClass[head[i-1]]
	return k > 0 && k < classQuote
}

// closes finds the mark that closes a quoted cell whose text begins at i; -1 when there is none.
func closes(head []byte, i int, eol byte) int {
	for i < len(head) {
		k := bytes.IndexByte(head[i:], '"')
		if k < 0 {
			return -1
		}
		i += k
		if i+1 == len(head) {
			return i
		}
		c := head[i+1]
		if k := sniffClass[c]; c == eol || c == '\r' || c == ' ' || k > 0 && k < classQuote {
			return i
		}
		if c == '"' {
			i++
		}
		i++
	}
	return -1
}

// choose decides for the delimiter on whose number the rows agree best; of equals, for the one with more cells.
func (d *dialect) choose(t *tally, ext string, fixed bool) {
	best := -1
	var bestN int32
	var bestShare float64
	for k := range len(delimiters) {
		n, share := t.agree(k)
		switch {
		case fixed && delimiters[k] != d.delim || n == 0:
			continue
		case delimiters[k] == '^' && n < 2 && !fixed:
			continue
		case (ext == "tsv" || ext == "tab" || ext == "psv") && delimiters[k] == d.delim && share >= 0.5:
			share++
		}
		better, equal := share > bestShare+0.05, share > bestShare-0.05
		if best < 0 || better || equal && (n > bestN || delimiters[best] == ',' && delimiters[k] == ';' && t.decimal()) {
			best, bestN, bestShare = k, n, share
		}
	}
	d.rows = t.n
	if best < 0 {
		d.share = 1
		return
	}
	d.delim, d.columns = delimiters[best], int(bestN)+1
	_, d.share = t.agree(best)
	var all, spaced int32
	for i := range t.n {
		all, spaced = all+t.lines[i].counts[best], spaced+t.lines[i].spaced[best]
	}
	d.spaced = float64(spaced) / float64(max(all, 1))
}

// decimal tells whether all commas stand between digits, as where a semicolon parts the cells.
func (t *tally) decimal() bool {
	for i := range t.n {
		if t.lines[i].decimals != t.lines[i].counts[0] {
			return false
		}
	}
	return true
}

// agree gives the number of delimiters that most rows have, and the share of rows that have it. Up to ten rows with
// fewer may stand before the table.
func (t *tally) agree(k int) (mode int32, share float64) {
	var sorted [sniffRows]int32
	for i := range t.n {
		sorted[i] = t.lines[i].counts[k]
	}
	s := sorted[:t.n]
	slices.Sort(s)
	most := 0
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && s[j] == s[i] {
			j++
		}
		if j-i >= most { // of equals, the larger
			mode, most = s[i], j-i
		}
		i = j
	}
	if title := t.title(k, mode); t.n > title {
		return mode, float64(most) / float64(t.n-title)
	}
	return mode, 0
}

// title counts the lines before the table: at the beginning, with at least two cells fewer than the table has.
func (t *tally) title(k int, mode int32) int {
	n := 0
	for n < t.n && n < 10 && t.lines[n].counts[k] < mode-1 {
		n++
	}
	if n == 10 || t.n-n < 2 {
		return 0
	}
	return n
}

// skipTitle puts the first row behind the title lines.
func (d *dialect) skipTitle(t *tally) {
	k := strings.IndexByte(delimiters, d.delim)
	if k < 0 || t.n == 0 {
		return
	}
	if n := t.title(k, int32(d.columns-1)); n > 0 {
		d.start = t.lines[n].from
	}
}

// backslashes tells whether the input escapes quotation marks by a backslash: one stands before a mark that does not
// end its cell.
func backslashes(head []byte, d dialect) bool {
	for i := 0; ; i++ {
		k := bytes.Index(head[i:], []byte(`\"`))
		if k < 0 || i+k+2 >= len(head) {
			return false
		}
		i += k + 1
		if c := head[i+1]; c != d.delim && c != d.eol && c != '\r' && c != d.quote && c != ' ' {
			return true
		}
	}
}
