package store

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"
)

// TestWhoGivesUpLeavesNothingOpen: a context may end at any moment, also while a transaction begins; nobody behind it finds the connection in it.
func TestWhoGivesUpLeavesNothingOpen(t *testing.T) {
	f, err := Open(t.Context(), filepath.Join(t.TempDir(), "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	write := func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO words (text) VALUES ('a') ON CONFLICT DO NOTHING`)
		return err
	}
	for range 3000 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(rand.IntN(60))*time.Microsecond, cancel)
		_ = f.Update(ctx, write)
		if tx, err := Begin(ctx, f.Read, &sql.TxOptions{ReadOnly: true}); err == nil {
			if err := tx.Rollback(); err != nil {
				t.Fatal(err)
			}
		}
		cancel()
		if err := f.Update(t.Context(), write); err != nil {
			t.Fatal(err)
		}
	}
}
