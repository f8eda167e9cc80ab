package formattest

import (
	"os"
	"path/filepath"
	"testing"
)

// Corpus is the folder of the labelled corpus: CHARTROOM_CORPUS, or the one beside the checkout. Where there is none, the test is skipped.
// It is for tests of the packages in format/.
func Corpus(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("CHARTROOM_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(filepath.Join(dir, "labels.csv")); err != nil {
		t.Skip("no labelled corpus: set CHARTROOM_CORPUS")
	}
	return dir
}
