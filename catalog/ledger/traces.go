package ledger

import (
	"fmt"

	"github.com/chartroom/chartroom/estate"
)

// traces writes the traces of an item's persons, behind those that are there.
func (w *writing) traces(item int64, sets []estate.Segment) error {
	for _, s := range sets {
		if err := w.exec(`INSERT INTO traces (item, number, bytes) SELECT ?1, coalesce(max(number) + 1, 0), ?2 FROM traces WHERE item = ?1`, item, []byte(s)); err != nil {
			return err
		}
	}
	return nil
}

// stagedTraces takes traces out of a part. Those of an item within come with it; the top item's own may come in any part.
func (w *writing) stagedTraces(b, part *bundle, t *estate.TraceSet) error {
	if r := part.byPath[t.Path]; r != nil {
		r.traces = append(r.traces, t.Set)
		return nil
	}
	if t.Path == b.rows[0].item.Path {
		part.top = append(part.top, t.Set)
		return nil
	}
	return fmt.Errorf("traces of %s came without their item", t.Path)
}
