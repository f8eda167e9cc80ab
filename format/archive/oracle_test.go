package archive

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/format/formattest"
)

// TestArchivesOfOtherTools reads what other tools made of the same files. Those that are not in unread must come out whole.
func TestArchivesOfOtherTools(t *testing.T) {
	unread := map[string]string{
		"aes.7z": "sealed", "aes.zip": "sealed", "zipcrypto.zip": "sealed", "aeshead.7z": "encrypted",
		"m-PPMd.7z": "sealed", "m-PPMd.zip": "sealed",
	}
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if filepath.Ext(f) == ".md" {
			continue
		}
		t.Run(filepath.Base(f), func(t *testing.T) {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			got := formattest.Collect(Reader{}, f, data)
			if got.Err != nil {
				t.Fatal(got.Err)
			}
			bodies := map[string]string{}
			for _, in := range got.Inner {
				bodies[path.Base(in.Name)] = in.Body
			}
			note := strings.Repeat("The patient was seen today and was well.\n", 5)
			want := map[string]string{"empty.txt": "", "note.txt": note, "café.txt": "Seen at the cafe.\n"}
			switch kind := unread[filepath.Base(f)]; {
			case kind == "encrypted":
				if len(got.Gaps) != 1 || got.Gaps[0].Reason != "encrypted" || len(got.Inner) != 0 {
					t.Errorf("%v %v", got.Gaps, slices.Collect(maps.Keys(bodies)))
				}
				return
			case kind == "sealed": // each file is there, and none of its content
				if len(got.Inner) < 3 || len(got.Gaps) != 0 || bodies["note.txt"] != "" {
					t.Errorf("%v %v", got.Gaps, slices.Collect(maps.Keys(bodies)))
				}
				return
			case filepath.Ext(f) == ".ar" || filepath.Ext(f) == ".a":
				delete(want, "empty.txt")
				delete(want, "café.txt")
			}
			for name, body := range want {
				if got, ok := bodies[name]; !ok || got != body {
					t.Errorf("%s holds %d bytes, want %d; there are %v", name, len(got), len(body), slices.Collect(maps.Keys(bodies)))
				}
			}
			if table := bodies["patients.csv"]; len(table) != 2316 || !strings.HasPrefix(table, "mrn,last_name,") {
				t.Errorf("the table has %d bytes", len(table))
			}
			if len(got.Gaps) > 0 {
				t.Errorf("gaps: %v", got.Gaps)
			}
		})
	}
}
