package export

import (
	"bytes"
	"testing"

	"github.com/chartroom/chartroom/demo"
)

// TestFormsAreTheSameTwice: and hold what they are for; whether they are right, the readers say (scan).
func TestFormsAreTheSameTwice(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Forms() {
		var a, b, nobody bytes.Buffer
		for _, w := range []*bytes.Buffer{&a, &b} {
			if err := f.Write(w, demo.People(3, 1200)); err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
		if err := f.Write(&nobody, demo.People(3, 0)); err != nil {
			t.Errorf("%s of nobody: %v", f.Name, err)
		}
		if seen[f.Name] || a.Len() < nobody.Len()+1200 || !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: %d bytes, of nobody %d, and two runs are alike: %v", f.Name, a.Len(), nobody.Len(), bytes.Equal(a.Bytes(), b.Bytes()))
		}
		seen[f.Name] = true
	}
}
