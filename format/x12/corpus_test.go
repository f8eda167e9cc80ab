package x12

import (
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/phi"
)

// bare takes loops, qualifiers and components off a place's name: what the corpus's scorer compares.
var bare = regexp.MustCompile(`^(?:.*>)?([A-Z][A-Z0-9]{1,2})(?:\*[^-\[]*)?(?:\[[^\]]*\])?-(\d+).*$`)

func element(place string) string { return bare.ReplaceAllString(place, "$1-$2") }

// scored folds kinds as the scorer does: the numbers that one standard calls by several names are one.
func scored(k phi.Kind) string {
	switch k = k.Coarse(); k {
	case phi.MRN, phi.Account, phi.HealthPlanID, phi.License, phi.OtherID:
		return "id"
	case phi.Fax:
		return "phone"
	}
	return k.String()
}

// TestCorpus compares the kinds at each labelled element with the labels.
func TestCorpus(t *testing.T) {
	dir := formattest.Corpus(t)
	f, err := os.Open(filepath.Join(dir, "labels.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	type kinds = map[string]map[string]bool
	files, want := map[string]kinds{}, map[string]kinds{}
	set := func(m kinds, at string) map[string]bool {
		if m[at] == nil {
			m[at] = map[string]bool{}
		}
		return m[at]
	}
	codes := map[string][2]int{}
	worst := map[string]int{}
	for _, row := range rows[1:] {
		file, label := row[0], row[2]
		if row[3] != "x12_element" || row[5] == "0" {
			continue
		}
		if files[file] == nil {
			files[file], want[file] = kinds{}, kinds{}
			data, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			s := formattest.Collect(Reader{}, file, data)
			if s.Err != nil {
				t.Errorf("%s: %v", file, s.Err)
			}
			for _, r := range s.Records {
				for _, c := range r {
					switch k := c.Kind; {
					case k.Identifier():
						set(files[file], element(c.Field))[scored(k)] = true
					case k == phi.None:
						set(files[file], element(c.Field))[c.System.Kind().String()] = true
					default:
						set(files[file], element(c.Field))[k.String()] = true
					}
				}
			}
		}
		at := element(row[1])
		kind, _ := phi.ParseKind(label)
		if kind.Identifier() {
			set(want[file], at)[scored(kind)] = true
			continue
		}
		set(want[file], at)
		if kind != phi.None && !(kind == phi.NPI && row[6] != "" && row[6] != row[5]) {
			found := codes[label]
			found[1]++
			if files[file][at][label] {
				found[0]++
			} else {
				worst[fmt.Sprintf("no %s at %s of %s", label, row[1], file)]++
			}
			codes[label] = found
		}
	}
	hit, missed, extra := 0, 0, 0
	for file, places := range want {
		for at, kinds := range places {
			for k := range kinds {
				if files[file][at][k] {
					hit++
				} else {
					missed++
					worst["missed "+k+" at "+at+" of "+file]++
				}
			}
			for k := range files[file][at] {
				if kind, _ := phi.ParseKind(k); (k == "id" || kind.Identifier()) && !kinds[k] {
					extra++
					worst["extra "+k+" at "+at+" of "+file]++
				}
			}
		}
	}
	f1 := 2 * float64(hit) / float64(2*hit+missed+extra)
	t.Logf("%d files, identifiers: F1 %.4f (%d right, %d missed, %d extra); codes: %v", len(files), f1, hit, missed, extra, codes)
	for _, k := range slices.Sorted(maps.Keys(worst)) {
		t.Logf("%4d %s", worst[k], k)
	}
	if f1 < 0.98 {
		t.Errorf("F1 %.4f", f1)
	}
	for label, n := range codes {
		if float64(n[0]) < 0.95*float64(n[1]) {
			t.Errorf("%s: %d of %d found", label, n[0], n[1])
		}
	}
}
