package catalog

import (
	"strings"
	"testing"

	"github.com/chartroom/chartroom/catalog/list"
	"github.com/chartroom/chartroom/catalog/store/storetest"
)

// No query that goes over a large table may read all of it for each folder: that is a second for a thousand items and a
// day for a million.
func TestNoQueryScansATableInALoop(t *testing.T) {
	storetest.File(t)
	s := newStory(t)
	queries := map[string]string{"item changes": itemChangesQuery, "gap changes": gapChangesQuery, "touched": list.TouchedQuery}
	for when, at := range map[string]*int64{"now": nil, "then": new(int64)} {
		held, _ := (&reader{at: at}).filtered()
		queries["items "+when] = itemsQuery(held)
		queries["fields "+when] = fieldsQuery(held)
		queries["gaps "+when] = gapsQuery(held)
	}
	for name, query := range queries {
		args := make([]any, strings.Count(query, "?"))
		if strings.Contains(query, "?1") {
			args = args[:3]
		}
		if name == "touched" {
			args = args[:2]
		}
		rows, err := s.c.file.Read.QueryContext(s.ctx, "EXPLAIN QUERY PLAN "+query, args...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var plan []string
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, step)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		for _, step := range plan {
			if rest, scan := strings.CutPrefix(step, "SCAN "); scan && !strings.HasPrefix(rest, "r") {
				t.Errorf("%s: %s\n%s", name, step, strings.Join(plan, "\n"))
			}
		}
		t.Logf("%s:\n  %s", name, strings.Join(plan, "\n  "))
	}
}
