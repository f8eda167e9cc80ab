package ledger

import (
	"os"
	"testing"

	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/catalog/store/storetest"
)

// When a catalog is closed after a run, the file is whole by itself: nothing of it stands in a journal, and no descriptor is left open.
func TestNothingStaysOpenBehindARun(t *testing.T) {
	path := storetest.File(t)
	f, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Begin(t.Context(), f, "Ada", RunSpec{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Abandon(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for _, beside := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(path + beside); !os.IsNotExist(err) {
			t.Errorf("%s is left: %v", path+beside, err)
		}
	}
}
