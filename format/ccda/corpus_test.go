package ccda

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
)

// TestCorpusIsClaimed lets the reader claim documents and fragments, and nothing else.
func TestCorpusIsClaimed(t *testing.T) {
	root := formattest.Corpus(t)
	files, _ := filepath.Glob(filepath.Join(root, "*", "*"))
	claimed := 0
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		folder := filepath.Base(filepath.Dir(f))
		got := Reader{}.Claims(f, data[:min(len(data), format.HeadSize)])
		if want := folder == "ccda-bluebutton" || folder == "ccda-hl7-examples"; want != (got >= format.Likely) {
			t.Errorf("%s/%s: claim %d", folder, filepath.Base(f), got)
		} else if want {
			claimed++
		}
	}
	t.Logf("%d documents and fragments", claimed)
}
