package files

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/sourcetest"
)

func TestContract(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.csv": "x", "sub/b.csv": strings.Repeat("0123456789abcdef", 1<<18), "c.csv": "z"} {
		write(t, dir, name, text)
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "broken")); err != nil {
		t.Fatal(err)
	}
	sourcetest.Run(t, sourcetest.Subject{
		Open: func(t testing.TB) source.Source {
			tree, err := Open(dir, "")
			if err != nil {
				t.Fatal(err)
			}
			return tree
		},
		Items: []string{"a.csv", "sub/b.csv", "c.csv"}, Gaps: []string{"broken"}, Large: "sub/b.csv",
		Change: func(t testing.TB, path string) { write(t.(*testing.T), dir, path, "y") },
		Remove: func(t testing.TB, path string) { os.Remove(filepath.Join(dir, path)) },
	})
}
