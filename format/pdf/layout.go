package pdf

import (
	"cmp"
	"math"
	"slices"
)

// segment is text that stands together on a line: a word, or words that were written as one.
type segment struct {
	x, end float64
	text   []byte
}

// textLine is the segments of a line, from left to right.
type textLine struct {
	y, size  float64
	segments []segment
}

// Distances, in units of the text's size.
const (
	sameLine  = 0.4  // how far the base lines of one line may be apart
	blankGap  = 0.15 // from here on two runs are two words
	columnGap = 0.3  // what no line of a table writes in, from here on, parts its columns
	wideGap   = 0.8  // the same, where few lines show it; and what is two blanks in the text
)

// lines puts the runs of a page in the order in which they are read: from top to bottom, each line from left to right.
func (p *page) lines() []textLine {
	runs := p.runs
	slices.SortStableFunc(runs, func(a, b run) int {
		return cmp.Or(cmp.Compare(a.angle, b.angle), cmp.Compare(b.y, a.y))
	})
	var out []textLine
	for i := 0; i < len(runs); {
		j := i + 1
		for j < len(runs) && runs[j].angle == runs[i].angle && runs[i].y-runs[j].y <= sameLine*max(runs[i].size, runs[j].size) {
			j++
		}
		line := runs[i:j]
		slices.SortStableFunc(line, func(a, b run) int { return cmp.Compare(a.x, b.x) })
		out = append(out, p.line(line))
		i = j
	}
	return out
}

// line joins the runs of a line.
func (p *page) line(runs []run) textLine {
	l := textLine{y: runs[0].y, size: runs[0].size}
	for i, r := range runs {
		t := p.text[r.from:r.to]
		n := len(l.segments) - 1
		gap := math.Inf(1)
		if i > 0 {
			gap = (r.x - l.segments[n].end) / max(r.size, 1e-6)
		}
		if i > 0 && r.x == runs[i-1].x && r.end == runs[i-1].end && string(t) == string(p.text[runs[i-1].from:runs[i-1].to]) {
			continue // written twice, to look bold
		}
		if gap >= blankGap {
			l.segments = append(l.segments, segment{r.x, r.end, append([]byte(nil), t...)})
			continue
		}
		l.segments[n].text = append(l.segments[n].text, t...)
		l.segments[n].end = max(l.segments[n].end, r.end)
		l.size = max(l.size, r.size)
	}
	kept := l.segments[:0]
	for _, s := range l.segments {
		if s.text = trimmed(s.text); len(s.text) > 0 {
			kept = append(kept, s)
		}
	}
	l.segments = kept
	return l
}

func blankAt(b []byte, i int) bool { return i >= 0 && i < len(b) && (b[i] == ' ' || b[i] == '\t') }

func trimmed(b []byte) []byte {
	for blankAt(b, 0) {
		b = b[1:]
	}
	for blankAt(b, len(b)-1) {
		b = b[:len(b)-1]
	}
	return b
}

// columns are the columns of a table on a page: the names, and from where to where something stands in them.
type columns []segment

const (
	minColumns = 3
	maxColumns = 200
	sampleRows = 12 // rows behind a header that are looked at
	sureRows   = 3  // so many of them show columns that stand close together
)

// heading tells whether a line names the columns of the lines behind it: it has words alone, and from it downwards the same gaps
// between them stay white.
func heading(lines []textLine) (columns, bool) {
	if len(lines[0].segments) < minColumns {
		return nil, false
	}
	n := 1
	for n < min(len(lines), sampleRows) && len(lines[n].segments) > 1 {
		n++
	}
	for ; n > 1; n-- { // the fewer lines, the more they may have in common; those behind the table do not belong to it
		if c := project(lines[:n]); c.heads(lines[:n]) {
			return c, true
		}
	}
	return nil, false
}

// project gives the columns that white gaps part in all the lines.
func project(lines []textLine) columns {
	gap := columnGap
	if len(lines) <= sureRows {
		gap = wideGap
	}
	var all []segment
	for _, l := range lines {
		for _, s := range l.segments {
			all = append(all, segment{x: s.x, end: s.end})
		}
	}
	slices.SortFunc(all, func(a, b segment) int { return cmp.Compare(a.x, b.x) })
	c := columns{all[0]}
	for _, s := range all[1:] {
		if last := &c[len(c)-1]; s.x-last.end < gap*lines[0].size {
			last.end = max(last.end, s.end)
		} else {
			c = append(c, s)
		}
	}
	return c
}

// heads takes the names of columns from the first of the lines, and tells whether it is a header and most cells beneath are filled.
func (c columns) heads(lines []textLine) bool {
	if len(c) < minColumns || len(c) > maxColumns {
		return false
	}
	for _, s := range lines[0].segments {
		if i := c.place(s); i >= 0 {
			if len(c[i].text) > 0 {
				c[i].text = append(c[i].text, ' ')
			}
			c[i].text = append(c[i].text, s.text...)
		}
	}
	for _, h := range c {
		if !wordy(h.text) {
			return false
		}
	}
	filled := 0
	for _, l := range lines[1:] {
		seen := -1
		for _, s := range l.segments {
			if i := c.place(s); i > seen {
				filled++
				seen = i
			}
		}
	}
	return filled*10 >= (len(lines)-1)*len(c)*6
}

// wordy tells whether a text could be the name of a column.
func wordy(t []byte) bool {
	letters, others := 0, 0
	for _, c := range t {
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80:
			letters++
		case c == ' ' || c == '_':
		default:
			others++
		}
	}
	return letters > 0 && others*3 <= letters && len(t) <= 40
}

// place gives the column that a segment stands in; -1 where it reaches into two.
func (c columns) place(s segment) int {
	at, most := -1, 0.0
	for i, h := range c {
		common := min(s.end, h.end) - max(s.x, h.x)
		switch {
		case common <= 0:
		case at >= 0 && min(common, most) > 0.2*(s.end-s.x):
			return -1
		case common > most:
			at, most = i, common
		}
	}
	if at >= 0 {
		return at
	}
	for i, h := range c { // it stands in a gap: in the column that it is nearer to
		if d := max(h.x-s.end, s.x-h.end); at < 0 || d < most {
			at, most = i, d
		}
	}
	return at
}

// fits tells whether a line is a row of the table.
func (c columns) fits(l textLine) bool {
	filled, last := 0, -1
	for _, s := range l.segments {
		i := c.place(s)
		if i < last {
			return false
		}
		if i > last {
			filled++
			last = i
		}
	}
	return filled >= 2 && filled*2 >= len(c)
}

// repeats tells whether a line is the header again.
func (c columns) repeats(l textLine) bool {
	var names, words []byte
	for _, s := range c {
		names = append(append(names, s.text...), ' ')
	}
	for _, s := range l.segments {
		words = append(append(words, s.text...), ' ')
	}
	return string(names) == string(words)
}
