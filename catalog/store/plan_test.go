package store

import (
	"path/filepath"
	"strings"
	"testing"
)

// No sum may read all of a large table for each folder: that is a second for a thousand items and a day for a million.
func TestNoSumScansATableInALoop(t *testing.T) {
	f, err := Open(t.Context(), filepath.Join(t.TempDir(), "estate.chart"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for when, at := range map[string]*int64{"now": nil, "then": new(int64)} {
		for name, query := range map[string]string{"standings": standingsQuery, "population": populationQuery, "gaps": countGapsQuery} {
			held, args := HeldAt(at)
			for rows, err := range Rows(t.Context(), f.Read, "EXPLAIN QUERY PLAN "+query+held, append([]any{1}, args...)...) {
				var id, parent, unused int
				var step string
				if err == nil {
					err = rows.Scan(&id, &parent, &unused, &step)
				}
				if err != nil {
					t.Fatalf("%s %s: %v", name, when, err)
				}
				if strings.HasPrefix(step, "SCAN ") {
					t.Errorf("%s %s: %s", name, when, step)
				}
			}
		}
	}
}
