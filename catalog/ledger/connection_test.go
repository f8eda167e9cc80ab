package ledger

import (
	"context"
	"math/rand/v2"
	"os"
	"testing"
	"time"

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

// A context may end at any moment, also while a transaction begins: nobody behind it finds the connection in it, or waits for its lock.
func TestWhoGivesUpLeavesNoTransactionOpen(t *testing.T) {
	f, err := store.Open(t.Context(), storetest.File(t))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := Begin(t.Context(), f, "Ada", RunSpec{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Abandon(t.Context())
	for range 3000 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(rand.IntN(80))*time.Microsecond, cancel)
		_ = r.commit(ctx, func() error { return nil })
		cancel()
		if err := r.commit(t.Context(), func() error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
}
