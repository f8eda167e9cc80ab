package csv

import (
	"bytes"
	"strings"
)

// sniffCells is how many cells of a row are looked at.
const sniffCells = 512

// shape is what a cell looks like.
type shape uint8

const (
	blank  shape = iota
	word         // letters, with blanks and marks between
	name         // a word as programs write names: snake_case, or of the header's vocabulary
	number       // digits, sign, point
	mixed        // digits and other bytes: dates, ids
	other        // what no column is called: long, an address of mail or web, many digits
)

// headed decides whether the first row names the columns. A row of values that is taken for names would show in
// answers, so a doubt says no: without a column beneath whose cells differ in shape, the vocabulary must speak for it.
func headed(head []byte, t *tally, d dialect) bool {
	first, rest := firstRow(head, t, d)
	if first == nil {
		return false
	}
	cells := split(first, d, make([][]byte, 0, 64))
	names, words, fit := naming(cells)
	if !fit {
		return false
	}
	if filled := names + words; names*2 >= filled && (names > 1 || filled == 1 || len(rest) == 0) {
		alike := 0 // rows that look like names as well
		var row [][]byte
		for _, r := range rest {
			row = split(r, d, row[:0])
			if n, w, fit := naming(row); fit && n*2 >= n+w {
				alike++
			}
		}
		return alike*2 <= len(rest)
	}
	differ := differing(cells, rest, d)
	return differ >= 2 && differ*4 >= len(cells) || differ >= 1 && names > 0
}

// naming counts the cells of a row that look like names of columns, and those that are words. A row fits a header when
// it is mostly filled and says little twice. Among enough names a few may have figures, as "30_day_readmission" has.
func naming(cells [][]byte) (names, words int, fit bool) {
	blanks, figures := 0, 0
	seen := make(map[string]bool, len(cells))
	for _, c := range cells {
		switch shapeOf(c) {
		case word:
			words++
		case name:
			names++
		case blank:
			blanks++
			continue
		case other:
			return 0, 0, false
		default:
			figures++
		}
		seen[strings.ToLower(string(c))] = true
	}
	filled := names + words + figures
	fit = filled > 0 && blanks <= filled && len(seen)*3 >= filled*2
	if figures > 0 {
		fit = fit && names >= 3 && names*2 >= filled && figures*5 <= filled
	}
	return names, words, fit
}

// firstRow gives the first row from the dialect's start, and at most 20 rows behind it.
func firstRow(head []byte, t *tally, d dialect) (first []byte, rest [][]byte) {
	for i := range t.n {
		l := t.lines[i]
		if l.from < d.start {
			continue
		}
		if first == nil {
			first = head[l.from:l.to]
			continue
		}
		if rest = append(rest, head[l.from:l.to]); len(rest) == 20 {
			break
		}
	}
	return first, rest
}

// differing counts the columns whose first cell is a word and whose further cells are mostly numbers, dates or ids.
func differing(first [][]byte, rest [][]byte, d dialect) int {
	figures := make([]int, len(first))
	filled := make([]int, len(first))
	var cells [][]byte
	for _, r := range rest {
		cells = split(r, d, cells[:0])
		for i, c := range cells {
			if i >= len(first) || len(c) == 0 {
				continue
			}
			filled[i]++
			if s := shapeOf(c); s == number || s == mixed || s == other {
				figures[i]++
			}
		}
	}
	n := 0
	for i := range first {
		if len(first[i]) > 0 && filled[i] > 0 && figures[i]*5 >= filled[i]*4 {
			n++
		}
	}
	return n
}

// split cuts a row of the head into cells, without quotation marks around and blanks around them; escapes stay.
func split(row []byte, d dialect, cells [][]byte) [][]byte {
	for i := 0; i <= len(row) && len(cells) < sniffCells; {
		from, to := i, -1
		for from < len(row) && row[from] == ' ' {
			from++
		}
		if from < len(row) && row[from] == d.quote {
			from++
			to = closes(row, from, d.eol)
		}
		next := len(row)
		if k := bytes.IndexByte(row[max(i, to):], d.delim); k >= 0 {
			next = max(i, to) + k
		}
		if to < 0 {
			from, to = i, next
		}
		cells = append(cells, bytes.TrimSpace(row[from:to]))
		i = next + 1
	}
	return cells
}

// shapeOf classes one cell.
func shapeOf(c []byte) shape {
	if len(c) == 0 {
		return blank
	}
	var letters, digits, run, most, marks int
	snake := false
	for i, b := range c {
		switch {
		case digit(b):
			digits++
			run++
			most = max(most, run)
			continue
		case b == '@' || b < ' ' && b != '\n' && b != '\r' || b == '{' || b == '/' && i+1 < len(c) && c[i+1] == '/':
			return other
		case letter(b) || b >= 0x80:
			letters++
		case b == '_' && i > 0:
			snake = true
		case b != ' ':
			marks++
		}
		run = 0
	}
	switch {
	case letters == 0 && digits > 0 && marks <= 2 && bytes.IndexAny(c, "/:") < 0:
		return number
	case letters == 0 || digit(c[0]):
		return mixed
	case len(c) > 200 || most > 4:
		return other
	case snake && bytes.IndexByte(c, ' ') < 0 || known(c):
		return name
	case digits > 2 || digits*3 > letters:
		return mixed
	}
	return word
}

// vocabulary is words that columns are called by and people are not.
var vocabulary = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`
	account active address admission age alias allergy amount apt area balance birth birthdate birthday building category cell
	charge city claim class clinic code codes comment comments company contact copay cost count country county created
	currency customer date datetime day dea death deceased department desc description device diagnosis diagnoses discharge
	dob dod domain dosage dose drug dx effective email employee employer encounter end ethnicity event expiration facility family fax first
	fee file firstname flag fname format frequency from gender given group guarantor height hospital icd identifier id index insurance insured
	ip key lab label language last lastname lat latitude level license line lname location lon longitude maiden mail manufacturer marital
	mbi medication member middle mobile modified month mrn name names ndc note notes npi number num occupation order organization origin
	owner patient payer payment person phone phones plan policy postal practitioner prefix prescriber price primary procedure product provider
	quantity race reason record ref reference region relationship religion result room route rx score section sequence serial service sex signature source
	specialty specimen speciality ssn start state status stop street subject subscriber suffix supplier surname tel telephone temperature
	text time timestamp title to total type uid unit units updated url user username uuid vaccine value vendor version vin visit weight year zip zipcode`) {
		m[w] = true
	}
	return m
}()

// known tells whether a cell has a word of the vocabulary and is short enough to be a name of a column. Words end where
// letters end, and where a capital follows a small letter: birthDate.
func known(c []byte) bool {
	if len(c) > 60 || bytes.Count(c, []byte(" ")) > 5 {
		return false
	}
	var word [64]byte
	n := 0
	for i := 0; i <= len(c); i++ {
		hump := i > 0 && i < len(c) && c[i] >= 'A' && c[i] <= 'Z' && c[i-1] >= 'a' && c[i-1] <= 'z'
		if i == len(c) || hump || !letter(c[i]) {
			if vocabulary[string(word[:n])] {
				return true
			}
			n = 0
		}
		if i < len(c) && letter(c[i]) {
			word[n] = c[i] | 0x20
			n++
		}
	}
	return false
}

// prose tells whether rows that agree in their delimiters are sentences, log lines or settings all the same.
func (d dialect) prose(text []byte) bool {
	if !d.header && d.spaced > 0.5 && (d.delim == ',' || d.delim == ';') {
		return true
	}
	t := &tally{quote: d.quote}
	t.count(text, d, false)
	var cells [][]byte
	var all, wordy, settings, stamped int
	for i := range min(t.n, 40) {
		cells = split(text[t.lines[i].from:t.lines[i].to], d, cells[:0])
		for j, c := range cells {
			if len(c) == 0 {
				continue
			}
			all++
			if bytes.Count(c, []byte(" ")) > 4 {
				wordy++
			}
			if k := bytes.IndexByte(c, '='); k > 0 && k < 40 && c[k-1] != ' ' {
				settings++
			}
			if j == 0 && (c[0] == '[' || c[0] == '<' || digit(c[0]) && bytes.Count(c, []byte(" ")) > 2) {
				stamped++
			}
		}
	}
	return all == 0 || wordy*3 > all || settings*3 > all || stamped*2 > min(t.n, 40)
}
