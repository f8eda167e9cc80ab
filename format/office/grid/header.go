package grid

import (
	"bytes"
	"strings"
)

// look is what a cell looks like.
type look uint8

const (
	wordy  look = iota // letters, with blanks and marks between
	term               // what columns are called: a program's way to write names, or a word of the vocabulary
	figure             // digits and what stands between them: numbers, dates, codes
	never              // what no column is called: long, an address of mail or web, many digits
)

// table is the held rows with what their cells look like.
type table struct {
	g     *Grid
	looks []look // by cell
	width int    // filled cells of most rows
}

func tableOf(g *Grid) *table {
	t := &table{g: g, looks: make([]look, len(g.cells))}
	for i, c := range g.cells {
		t.looks[i] = lookOf(g.mem[c.off:c.off+c.len], c.kind)
	}
	var counts [1024]int
	most := 0
	for i := range g.ends {
		n := min(g.ends[i]-g.start(i), len(counts)-1)
		if counts[n]++; counts[n] > most || counts[n] == most && n > t.width {
			most, t.width = counts[n], n
		}
	}
	return t
}

// row gives the cells of a row.
func (t *table) row(i int) ([]cell, []look) {
	from, to := t.g.start(i), t.g.ends[i]
	return t.g.cells[from:to], t.looks[from:to]
}

// header finds the row that names the columns, -1 if there is none, and the first row of the table: what stands before is
// titles. again says that the table has names already, which only better ones replace.
func (t *table) header(again bool) (first, header int) {
	rows := len(t.g.ends)
	for first < min(rows, 10) {
		if cells, _ := t.row(first); 2*len(cells) >= t.width {
			break
		}
		first++
	}
	if first == min(rows, 10) {
		first = 0
	}
	if t.g.marks > 0 {
		return t.g.marks - 1, t.g.marks - 1
	}
	if first >= rows || !t.names(first, again) {
		if again {
			first = 0
		}
		return first, -1
	}
	return first, first
}

// names decides whether a row names the columns. A row of values that is taken for names would show in answers, so a doubt says
// no: unless most of its cells are terms, columns must stand beneath whose cells look otherwise.
func (t *table) names(row int, again bool) bool {
	cells, looks := t.row(row)
	terms, fit := t.fits(cells, looks)
	if !fit || len(cells) == 0 {
		return false
	}
	if strong := 2*terms >= len(cells) && (terms > 1 || len(cells) == 1 || row == len(t.g.ends)-1); strong || again {
		return strong && !t.alike(row)
	}
	differ := t.differing(row)
	return differ >= 2 && differ*4 >= len(cells) || differ >= 1 && terms > 0
}

// fits tells whether a row may be names: it says little twice, and has next to no figures. It counts the terms.
func (t *table) fits(cells []cell, looks []look) (terms int, fit bool) {
	figures := 0
	seen := make(map[string]bool, len(cells))
	for i, c := range cells {
		switch looks[i] {
		case never:
			return 0, false
		case figure:
			figures++
		case term:
			terms++
		}
		seen[strings.ToLower(string(t.g.mem[c.off:c.off+c.len]))] = true
	}
	if figures > 0 && (terms < 3 || 2*terms < len(cells) || 5*figures > len(cells)) {
		return terms, false
	}
	return terms, 3*len(seen) >= 2*len(cells)
}

// alike tells whether most of the rows behind look like names as well.
func (t *table) alike(row int) bool {
	rows, alike := 0, 0
	for i := row + 1; i < len(t.g.ends); i++ {
		cells, looks := t.row(i)
		rows++
		if terms, fit := t.fits(cells, looks); fit && 2*terms >= len(cells) {
			alike++
		}
	}
	return 2*alike > rows
}

// differing counts the columns that are called by a word and hold mostly figures or what no column is called.
func (t *table) differing(row int) int {
	type column struct{ filled, other int }
	columns := map[int]*column{}
	for i := row + 1; i < len(t.g.ends); i++ {
		cells, looks := t.row(i)
		for k, c := range cells {
			col := columns[c.col]
			if col == nil {
				col = &column{}
				columns[c.col] = col
			}
			col.filled++
			if looks[k] == figure || looks[k] == never {
				col.other++
			}
		}
	}
	n := 0
	cells, _ := t.row(row)
	for _, c := range cells {
		if col := columns[c.col]; col != nil && 5*col.other >= 4*col.filled {
			n++
		}
	}
	return n
}

// form tells whether the table is one of labels with a value beside each: few rows, and most of them begin with a label that no
// other follows, the first one too.
func (t *table) form() bool {
	rows, labels := len(t.g.ends), 0
	if rows == 0 || t.width > 6 {
		return false
	}
	for i := range rows {
		cells, looks := t.row(i)
		v := t.g.mem[cells[0].off : cells[0].off+cells[0].len]
		if len(cells) > 1 && (looks[0] == term || v[len(v)-1] == ':') && looks[1] != term {
			labels++
		} else if i == 0 {
			return false
		}
	}
	return 2*labels > rows
}

// lookOf tells what a cell looks like.
func lookOf(v []byte, kind Kind) look {
	if kind == Figure {
		return figure
	}
	var letters, digits, run, most int
	snake := false
	for i, c := range v {
		switch {
		case c >= '0' && c <= '9':
			digits++
			run++
			most = max(most, run)
			continue
		case c == '@' || c == '{' || c == '/' && i+1 < len(v) && v[i+1] == '/':
			return never
		case letter(c) || c >= 0x80:
			letters++
		case c == '_' && i > 0:
			snake = true
		}
		run = 0
	}
	switch {
	case letters == 0:
		return figure
	case v[0] >= '0' && v[0] <= '9':
		return figure
	case len(v) > 200 || most > 4:
		return never
	case snake && bytes.IndexByte(v, ' ') < 0, known(v):
		return term
	case digits > 2 || 3*digits > letters:
		return figure
	}
	return wordy
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// vocabulary is words that columns of tables about persons, care and payment are called by, and that are hardly names.
var vocabulary = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(`
	name names firstname lastname fname lname first last middle given family surname maiden alias initials suffix prefix title nickname
	dob birth birthdate born dod death deceased age sex gender race ethnicity religion marital language nationality occupation employer
	address addr street line apt city town county state zip zipcode postal postcode country region latitude longitude
	phone phones telephone tel mobile cell fax email mail contact emergency relationship relation guarantor guardian kin
	id ids identifier number num no nr code codes mrn mpi ssn npi dea mbi hicn uid uuid ref reference record chart account acct
	patient pt client member subscriber beneficiary insured insurance payer payor plan policy group coverage copay deductible
	provider physician doctor prescriber practitioner clinician nurse surgeon specialty facility hospital clinic department dept ward unit room bed location site
	visit encounter appointment appt admission admit admitted discharge discharged disposition referral episode stay
	date datetime time timestamp day month year start end from expiration expires effective created updated modified due
	diagnosis diagnoses dx icd condition problem complaint symptom allergy allergies reaction history comorbidity finding findings impression
	procedure cpt hcpcs drg surgery treatment therapy medication medications drug rx ndc dose dosage route frequency refill refills quantity qty supply
	lab labs test tests result results value values range flag specimen loinc order orders component vaccine immunization dosing lot manufacturer
	height weight bmi bp systolic diastolic pulse temperature temp spo2 vitals
	claim charge charges amount amt price cost fee total balance paid payment invoice billing billed currency rate percent count
	note notes comment comments description desc remark remarks summary reason status type category class kind level score grade stage severity priority
	url link username user login owner author assigned source device serial model version vin license plate vendor company organization organisation
	label item index sequence seq rank position section question answer field column`) {
		m[w] = true
	}
	return m
}()

// known tells whether a cell has a word of the vocabulary, and is short enough to be a name. Words end where letters end, and
// where a capital follows a small letter: birthDate.
func known(v []byte) bool {
	if len(v) > 60 || bytes.Count(v, []byte(" ")) > 5 {
		return false
	}
	var word [64]byte
	n := 0
	for i := 0; i <= len(v); i++ {
		hump := i > 0 && i < len(v) && v[i] >= 'A' && v[i] <= 'Z' && v[i-1] >= 'a' && v[i-1] <= 'z'
		if i == len(v) || hump || !letter(v[i]) {
			if vocabulary[string(word[:n])] {
				return true
			}
			n = 0
		}
		if i < len(v) && letter(v[i]) {
			word[n] = v[i] | 0x20
			n++
		}
	}
	return false
}
