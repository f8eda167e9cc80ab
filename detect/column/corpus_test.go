package column

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// corpus gives the folder of the labelled corpus, and skips the test where there is none.
func corpus(t testing.TB) string {
	dir := os.Getenv("CHARTROOM_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(filepath.Join(dir, "labels.csv")); err != nil {
		t.Skip("no labelled corpus")
	}
	return dir
}

// table is a delimited file in memory.
type table struct {
	file string
	head []string
	rows [][]string
}

func readTable(t testing.TB, dir, file string) table {
	b, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	line, _, _ := bytes.Cut(b, []byte("\n"))
	comma, most := ',', 0
	for _, c := range ",|\t;" {
		if n := bytes.Count(line, []byte(string(c))); n > most {
			comma, most = c, n
		}
	}
	in := csv.NewReader(bytes.NewReader(b))
	in.Comma, in.LazyQuotes, in.FieldsPerRecord = comma, true, -1
	rows, err := in.ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%s: %v", file, err)
	}
	return table{file, rows[0], rows[1:]}
}

// run reads a table into batches and judges it. names: whether the judge is told the columns' names and the file's.
func run(d table, names bool) (*Table, []*Decision) {
	var places record.Places
	for _, h := range d.head {
		p := record.Place{Field: h, Mode: record.Column}
		if names {
			p.Name = h
		}
		places.Add(p)
	}
	o := Options{}
	if names {
		o.Name = d.file
	}
	t := NewTable(&places, o)
	b := record.NewBatch(&places)
	for i, row := range d.rows {
		for j, v := range row {
			if j < len(d.head) {
				b.Put(uint32(j), []byte(v))
			}
		}
		b.EndRecord()
		if b.Len() == 500 || i == len(d.rows)-1 {
			t.Observe(b)
			if i < 500 {
				t.Decide()
			}
			b.Reset()
		}
	}
	t.Decide()
	out := make([]*Decision, len(d.head))
	for i := range d.head {
		out[i] = t.Decision(uint32(i))
	}
	return t, out
}

// label is the truth about one column.
type label struct {
	kinds    map[string]bool
	codes    map[string]bool
	subjects map[string]bool
}

// truths reads the labels of the corpus' delimited files: file, column in lower case.
func truths(t testing.TB, dir string) map[string]map[string]*label {
	f, err := os.Open(filepath.Join(dir, "labels.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]*label{}
	for _, r := range rows[1:] {
		file, column, kind := r[0], strings.ToLower(strings.Trim(r[1], `" `)), r[2]
		if r[3] != "csv_column" || r[5] == "0" {
			continue
		}
		if out[file] == nil {
			out[file] = map[string]*label{}
		}
		l := out[file][column]
		if l == nil {
			l = &label{map[string]bool{}, map[string]bool{}, map[string]bool{}}
			out[file][column] = l
		}
		k, _ := phi.ParseKind(kind)
		switch {
		case k.Identifier():
			l.kinds[same(k)] = true
		case kind != "none":
			l.codes[kind] = true
		}
		l.subjects[r[4]] = true
	}
	return out
}

// same folds kinds as the score does: the numbers of persons are one kind, a fax is a telephone.
func same(k phi.Kind) string {
	switch k = k.Coarse(); k {
	case phi.MRN, phi.Account, phi.HealthPlanID, phi.License, phi.OtherID:
		return "id"
	case phi.Fax:
		return "phone"
	}
	return k.String()
}

// tally counts hits, misses and false alarms.
type tally struct{ hit, miss, extra int }

func (s tally) f1() float64 { return 2 * float64(s.hit) / float64(2*s.hit+s.miss+s.extra) }

// compare adds what was found in one column.
func (s *tally) compare(want *label, d *Decision) (bad string) {
	have := map[string]bool{}
	for _, x := range append([]Decision{*d}, d.Extra...) {
		if x.Kind.Identifier() && x.Likelihood >= 0.5 {
			have[same(x.Kind)] = true
		}
	}
	for k := range want.kinds {
		if have[k] {
			s.hit++
		} else {
			s.miss++
			bad += " missed " + k
		}
	}
	for k := range have {
		if !want.kinds[k] {
			s.extra++
			bad += " extra " + k
		}
	}
	return bad
}

func files(truth map[string]map[string]*label) []string { return slices.Sorted(maps.Keys(truth)) }

// The labelled files are a test of rules that were written from the standards.
func TestCorpus(t *testing.T) {
	dir := corpus(t)
	truth := truths(t, dir)
	var all tally
	codes, subjects := [2]int{}, [2]int{}
	for _, file := range files(truth) {
		d := readTable(t, dir, file)
		_, decisions := run(d, true)
		for i, h := range d.head {
			want := truth[file][strings.ToLower(h)]
			if want == nil {
				continue
			}
			got := decisions[i]
			if bad := all.compare(want, got); bad != "" {
				t.Logf("%s %s:%s (%v %.2f %v)", file, h, bad, got.Kind, got.Likelihood, why(got))
			}
			for c := range want.codes {
				codes[1]++
				if got.Kind.String() == c && got.Likelihood >= 0.5 {
					codes[0]++
				} else {
					t.Logf("%s %s: no %s (%v %.2f %v)", file, h, c, got.Kind, got.Likelihood, why(got))
				}
			}
			if got.Kind.Identifier() && got.Likelihood >= 0.5 && len(want.kinds) > 0 {
				subjects[1]++
				s := got.Subject.String()
				if want.subjects[s] || s == "organisation" && want.subjects["org"] {
					subjects[0]++
				} else {
					t.Logf("%s %s: subject %v, want %v", file, h, s, slices.Collect(maps.Keys(want.subjects)))
				}
			}
		}
	}
	t.Logf("with names: F1 %.4f (%+v); codes and text %d of %d; subjects %d of %d", all.f1(), all, codes[0], codes[1], subjects[0], subjects[1])
	if all.f1() < 0.97 {
		t.Errorf("F1 %.4f, want at least 0.97", all.f1())
	}
}

func why(d *Decision) string {
	var s []string
	for _, r := range d.Why {
		s = append(s, fmt.Sprintf("%s: %s", r.Rule, r.Detail))
	}
	return strings.Join(s, "; ")
}

// Without names, and with names that lie, the values must tell.
func TestCorpusWithoutNames(t *testing.T) {
	dir := corpus(t)
	truth := truths(t, dir)
	strong := map[string]bool{"ssn": true, "email": true, "phone": true, "name": true, "date": true, "address": true, "url": true, "device": true}
	for _, lie := range []bool{false, true} {
		var all tally
		byKind := map[string]*tally{}
		for _, file := range files(truth) {
			d := readTable(t, dir, file)
			if len(d.rows) < 8 {
				continue
			}
			judged := slices.Clone(d.head)
			if lie {
				r := rand.New(rand.NewPCG(1, uint64(len(file))))
				r.Shuffle(len(d.head), func(i, j int) { d.head[i], d.head[j] = d.head[j], d.head[i] })
			}
			_, decisions := run(d, lie)
			for i, h := range judged {
				want := truth[file][strings.ToLower(h)]
				if want == nil {
					continue
				}
				var one tally
				if bad := one.compare(want, decisions[i]); bad != "" && testing.Verbose() && !lie {
					t.Logf("%s %s:%s (%v %.2f)", file, h, bad, decisions[i].Kind, decisions[i].Likelihood)
				}
				all.hit, all.miss, all.extra = all.hit+one.hit, all.miss+one.miss, all.extra+one.extra
				for k := range want.kinds {
					if strong[k] {
						if byKind[k] == nil {
							byKind[k] = &tally{}
						}
						byKind[k].hit += one.hit
						byKind[k].miss += one.miss
					}
				}
			}
		}
		t.Logf("lying names %v: F1 %.4f (%+v)", lie, all.f1(), all)
		for _, k := range slices.Sorted(maps.Keys(byKind)) {
			t.Logf("   %-8s found %d of %d", k, byKind[k].hit, byKind[k].hit+byKind[k].miss)
		}
	}
}

// Open data tells of nobody: no column of it may be a person's name, number or date of birth.
func TestOpenDataIsNobodys(t *testing.T) {
	dir := corpus(t)
	list, _ := filepath.Glob(filepath.Join(dir, "neg-opendata", "*.?sv"))
	sort.Strings(list)
	for _, path := range list {
		d := readTable(t, dir, filepath.Join("neg-opendata", filepath.Base(path)))
		_, decisions := run(d, true)
		for i, h := range d.head {
			if x := decisions[i]; x.Kind.Identifier() && x.Likelihood >= 0.5 || len(x.Extra) > 0 {
				t.Errorf("%s %s: %v %.2f extra %d (%s)", d.file, h, x.Kind, x.Likelihood, len(x.Extra), why(x))
			}
		}
	}
}
