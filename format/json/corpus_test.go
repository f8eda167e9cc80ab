package json

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
)

// TestCorpus reads all JSON files of the corpus of labelled files.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("CHARTROOM_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no corpus")
	}
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		claim := (Reader{}).Claims(path, data[:min(len(data), format.HeadSize)])
		named := strings.HasSuffix(path, "json")
		if named && claim < format.Likely {
			t.Errorf("%s: claim %d", path, claim)
		}
		if claim < format.Likely {
			return nil
		}
		files++
		got := formattest.Collect(Reader{}, path, data)
		cells := 0
		for _, r := range got.Records {
			cells += len(r)
		}
		if got.Err != nil || cells == 0 {
			t.Errorf("%s: %d records, error %v", path, len(got.Records), got.Err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files", files)
}
