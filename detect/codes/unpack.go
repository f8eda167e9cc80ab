package codes

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the table
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/chartroom/chartroom/phi"
)

//go:generate go run ./gen -from ../../../shared/codes

//go:embed sensitivity_codes.csv.gz
var packed []byte

// columns are those of the embedded CSV.
const columns = "system,match,code,code_to,display,sensitivity,strength,source,confidence,flags"

// unpack reads the embedded table. The file is part of the program, so a fault in it is a fault of the build: it panics at
// the first use, which a test is.
func unpack() *Table {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic("codes: " + err.Error())
	}
	t, err := readTable(z)
	if err != nil {
		panic("codes: " + err.Error())
	}
	return t
}

// filed is a row under the hash of its system and code.
type filed struct {
	hash uint64
	key  string
	row  int32
}

// readTable reads the CSV and builds the index.
func readTable(r io.Reader) (*Table, error) {
	in := csv.NewReader(r)
	in.ReuseRecord = true
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("read the head: %w", err)
	}
	if got := strings.Join(head, ","); got != columns {
		return nil, fmt.Errorf("columns %s, want %s", got, columns)
	}
	t := &Table{}
	var all []filed
	names := map[string]string{}
	for {
		rec, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read row %d: %w", len(t.rows)+1, err)
		}
		row, err := readRow(rec, names)
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", len(t.rows)+1, err)
		}
		t.rows = append(t.rows, row)
		if f, ok := t.file(int32(len(t.rows) - 1)); ok {
			all = append(all, f)
		}
	}
	return t, t.build(all)
}

// readRow reads one row; texts that recur are held once.
func readRow(rec []string, names map[string]string) (Row, error) {
	held := func(s string) string {
		if h, ok := names[s]; ok {
			return h
		}
		s = strings.Clone(s)
		names[s] = s
		return s
	}
	r := Row{System: phi.ParseSystem(rec[0]), Match: held(rec[1]), Code: strings.Clone(rec[2]), CodeTo: strings.Clone(rec[3]), Display: strings.Clone(rec[4]),
		Source: held(rec[7]), Confidence: held(rec[8]), Flags: held(rec[9])}
	if r.System == phi.NoSystem {
		return r, fmt.Errorf("no code system is called %q", rec[0])
	}
	var ok bool
	if r.Class, ok = phi.ParseClass(rec[5]); !ok {
		return r, fmt.Errorf("no class is called %q", rec[5])
	}
	switch rec[6] {
	case "defines":
		r.Strength = phi.Defines
	case "suggests":
		r.Strength = phi.Suggests
	default:
		return r, fmt.Errorf("no strength is called %q", rec[6])
	}
	return r, nil
}

// gradeOf is what row i says by itself.
func (t *Table) gradeOf(i int32) Grade {
	r := &t.rows[i]
	g := Grade{Row: i}
	if r.Strength == phi.Defines {
		g.Defines = phi.Of(r.Class)
	} else {
		g.Suggests = phi.Of(r.Class)
	}
	for _, f := range strings.Fields(r.Flags) {
		switch f {
		case "part2-setting":
			g.Part2 = true
		case "part2-cms":
			g.CMS = true
		case "test":
			g.Test = true
		case "other-person":
			g.OtherPerson = true
		case "abortion":
			g.Abortion = true
		}
	}
	return g
}

// file puts a range in its list, and gives the hash under which any other row is filed.
func (t *Table) file(i int32) (filed, bool) {
	r := &t.rows[i]
	var n normal
	if r.System != phi.NDCSystem { // filed as nine digits already
		n.read(r.System, []byte(r.Code))
	} else {
		n.len = copy(n.buf[:], r.Code)
	}
	w := n.words()
	if r.Match == "range" {
		var to normal
		to.read(r.System, []byte(r.CodeTo))
		end := packEnd(to.words()[0], to.len, icd(r.System))
		t.ranges[r.System] = append(t.ranges[r.System], span{w[0], end, t.gradeOf(i)})
		return filed{}, false
	}
	key := r.System.String() + " " + string(n.code())
	if r.Match == "prefix" && r.System != phi.NDCSystem { // a drug code is normalised to its prefix
		t.prefixes[r.System] |= 1 << n.len
		return filed{prefixHash(r.System, w[0], n.len), key + "*", i}, n.len <= 8
	}
	return filed{w.hash(r.System), key, i}, true
}

// icd tells whether codes of the system may be longer than the last code of a range.
func icd(s phi.System) bool { return s >= phi.ICD10CM && s <= phi.ICD9PCS }

// build joins the rows of one code and files them.
func (t *Table) build(all []filed) error {
	t.index = newIndex(len(all))
	keys := make(map[uint64]string, len(all))
	for _, f := range all {
		if other, ok := keys[f.hash]; ok && other != f.key || f.hash == 0 {
			return fmt.Errorf("%s and %s share a hash", f.key, other)
		}
		keys[f.hash] = f.key
		g := t.gradeOf(f.row)
		if i, ok := t.index.find(f.hash); ok {
			join(&t.grades[i], &g, true)
			t.grades[i].Suggests &^= t.grades[i].Defines
			continue
		}
		t.index.put(f.hash, int32(len(t.grades)))
		t.grades = append(t.grades, g)
	}
	return nil
}
