package ledger

import (
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
)

// Names that no index could hold, and bytes that no text could, are shortened and written out, and found again.
func TestNamesOfAnyLengthAndBytesAreFoundAgain(t *testing.T) {
	r := begun(t, nil)
	long := strings.Repeat("Zo\xff\x00ë", 2000)
	paths := []string{long, long + "/" + long, "a/" + long + "x", "a/\xff", "a/\xfe"}
	for _, path := range paths {
		if err := r.Stage(t.Context(), estate.Part{Repository: archive, Path: path}, table(path+"!/"+long, 1)); err != nil {
			t.Fatal(err)
		}
		facts := table(path, 1)
		facts[0].Item.Parts = 1
		mustAppend(t, r, facts...)
	}
	mustAppend(t, r, append(table("a/b\xff", 1), table("a/c\xff", 2)...)...)
	mustAppend(t, r, append(table("a/b\xff", 1), table("a/c\xff", 2)...)...) // again, and nothing changes
	if n := rows(t, r.f, "items"); n != 2*len(paths)+2 {
		t.Errorf("%d items", n)
	}
	if _, err := r.Finish(t.Context(), []Listing{{Repository: archive, Complete: true, Items: int64(len(paths)) + 2}}); err != nil {
		t.Fatal(err)
	}
	next := begun(t, r.f)
	for _, path := range paths[:3] {
		if got, err := next.Unchanged(t.Context(), archive, path, "1", "rules/1"); err != nil || !got.Renewed {
			t.Errorf("%.10q is not known again: %+v, %v", path, got, err)
		}
	}
}
