package dicom

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/phi"
)

// scored folds kinds as the corpus's scorer does.
func scored(k phi.Kind) string {
	switch k = k.Coarse(); k {
	case phi.MRN, phi.Account, phi.HealthPlanID, phi.License, phi.OtherID:
		return "id"
	case phi.Fax:
		return "phone"
	}
	return k.String()
}

// TestCorpus compares the kinds at each labelled place with the labels.
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
	want := map[string]map[string][]string{} // file, keyword: kinds
	for _, row := range rows[1:] {
		if row[3] != "dicom_keyword" || row[5] == "0" {
			continue
		}
		if want[row[0]] == nil {
			want[row[0]] = map[string][]string{}
		}
		kinds := want[row[0]][row[1]]
		if k, _ := phi.ParseKind(row[2]); k.Identifier() || k == phi.FreeText {
			kinds = append(kinds, scored(k))
		}
		want[row[0]][row[1]] = kinds
	}
	right, wrong := 0, 0
	for file, places := range want {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string][]string{}
		for _, rec := range formattest.Collect(Reader{}, file, data).Records {
			for _, c := range rec {
				if k := scored(c.Kind); c.Kind != phi.None && !slices.Contains(got[c.Field], k) {
					got[c.Field] = append(got[c.Field], k)
				}
			}
		}
		for place, kinds := range places {
			slices.Sort(kinds)
			slices.Sort(got[place])
			if len(kinds) == 0 && slices.Equal(got[place], []string{"free_text"}) {
				continue // running text that is only looked through
			}
			if slices.Equal(kinds, got[place]) {
				right += max(1, len(kinds))
				continue
			}
			wrong++
			t.Logf("%s %s: want %v, got %v", file, place, kinds, got[place])
		}
	}
	t.Logf("%d right, %d wrong", right, wrong)
	if wrong*100 > right {
		t.Error("more than one in a hundred is wrong")
	}
}
