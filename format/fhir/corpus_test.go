package fhir

import (
	"bytes"
	"context"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

type labels map[string]map[string]map[string]bool // file, place, label

func readLabels(t *testing.T, dir string) labels {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "labels.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	all := labels{}
	for _, r := range rows[1:] {
		if file, locator, label, kind, n := r[0], r[1], r[2], r[3], r[5]; kind == "fhir_path" && n != "0" {
			if all[file] == nil {
				all[file] = map[string]map[string]bool{}
			}
			p := place(locator)
			if all[file][p] == nil {
				all[file][p] = map[string]bool{}
			}
			all[file][p][label] = true
		}
	}
	return all
}

var qualifier = regexp.MustCompile(`\[[^\]]*\]`)

func place(field string) string {
	return strings.ToLower(strings.TrimSpace(qualifier.ReplaceAllString(field, "")))
}

// kindsOf reads a file and gives the kinds of its cells by place.
func kindsOf(t *testing.T, path string) map[string]map[string]bool {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head := data[:min(len(data), format.HeadSize)]
	if c := (Reader{}).Claims(path, head); c != format.Certain {
		t.Errorf("%s: claim %d", path, c)
	}
	got := map[string]map[string]bool{}
	out := format.Output{
		Places: &record.Places{},
		Batch: func(b *record.Batch) error {
			for _, c := range b.Cells {
				p := b.Places.At(c.Place)
				k := p.Kind
				if c.System != phi.NoSystem {
					k = c.System.Kind()
				}
				if k == phi.None {
					continue
				}
				f := place(p.Field)
				if got[f] == nil {
					got[f] = map[string]bool{}
				}
				got[f][k.String()] = true
			}
			return nil
		},
		Inner: func(_, _ string, r io.Reader) error { _, err := io.Copy(io.Discard, r); return err },
		Gap:   func(estate.GapReason, string) {},
	}
	in := format.Input{Name: path, Size: int64(len(data)), Head: head, Body: bytes.NewReader(data)}
	if err := (Reader{}).Read(context.Background(), in, out); err != nil {
		t.Errorf("%s: %v", path, err)
	}
	return got
}

// same folds a label as the scorer does: finer kinds into identifiers, and all numbers into one.
func same(label string) (string, bool) {
	k, _ := phi.ParseKind(label)
	if !k.Identifier() {
		return "", false
	}
	switch k = k.Coarse(); k {
	case phi.MRN, phi.Account, phi.HealthPlanID, phi.License, phi.OtherID:
		return "id", true
	case phi.Fax:
		k = phi.Phone
	}
	return k.String(), true
}

func folded(set map[string]bool) map[string]bool {
	out := map[string]bool{}
	for l := range set {
		if s, ok := same(l); ok {
			out[s] = true
		}
	}
	return out
}

// TestCorpus compares the kinds by path with the corpus's labels.
func TestCorpus(t *testing.T) {
	dir := formattest.Corpus(t)
	var tp, fp, fn int
	recall := map[string][2]int{}
	worst := map[string]int{}
	for file, places := range readLabels(t, dir) {
		got := kindsOf(t, filepath.Join(dir, file))
		for p, want := range places {
			w, h := folded(want), folded(got[p])
			for k := range w {
				if h[k] {
					tp++
				} else {
					fn++
					worst["missed "+p+" "+k+" "+file]++
				}
			}
			for k := range h {
				if !w[k] {
					fp++
					worst["extra  "+p+" "+k+" "+file]++
				}
			}
			for _, code := range []string{"icd10", "loinc", "rxnorm", "ndc", "npi", "free_text"} {
				if want[code] {
					c := recall[code]
					c[1]++
					if got[p][code] {
						c[0]++
					} else {
						worst["missed "+p+" "+code+" "+file]++
					}
					recall[code] = c
				}
			}
		}
	}
	f1 := 2 * float64(tp) / float64(2*tp+fp+fn)
	t.Logf("F1 %.4f, right %d, extra %d, missed %d; recall of codes %v", f1, tp, fp, fn, recall)
	var list []string
	for w := range worst {
		list = append(list, w)
	}
	sort.Strings(list)
	for _, w := range list[:min(len(list), 60)] {
		t.Log(w)
	}
	if f1 < 0.99 {
		t.Errorf("F1 %.4f", f1)
	}
	for code, c := range recall {
		if float64(c[0]) < 0.97*float64(c[1]) {
			t.Errorf("recall of %s: %d of %d", code, c[0], c[1])
		}
	}
}
