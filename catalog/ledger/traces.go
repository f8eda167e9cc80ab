package ledger

import (
	"context"
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

// perPart is how many numbers the traces of a top item have in each of its parts.
const perPart = 1 << 32

// ownTraces takes the traces of the top item itself out of the facts of a part.
func ownTraces(path string, facts []estate.Fact) (others []estate.Fact, own []estate.Segment) {
	others = make([]estate.Fact, 0, len(facts))
	for i := range facts {
		if t := facts[i].Traces; t != nil && t.Path == path {
			own = append(own, t.Set)
		} else {
			others = append(others, facts[i])
		}
	}
	return others, own
}

// stageTraces writes those that came with a part under the number that the item will have, in place of what came with it before.
func (r *Run) stageTraces(ctx context.Context, item int64, part int, sets []estate.Segment) error {
	first := int64(part) * perPart
	_, err := r.conn.ExecContext(ctx, `DELETE FROM traces WHERE item = ? AND number >= ? AND number < ?`, item, first, first+perPart)
	for i := 0; i < len(sets) && err == nil; i++ {
		_, err = r.conn.ExecContext(ctx, `INSERT INTO traces (item, number, bytes) VALUES (?, ?, ?)`, item, first+int64(i), []byte(sets[i]))
	}
	return err
}

// trimTraces forgets those that came with parts that the item does not have: it was begun before.
func (w *writing) trimTraces(item int64, parts int) error {
	return w.exec(`DELETE FROM traces WHERE item = ? AND number >= ?`, item, int64(parts)*perPart)
}

// stagedTraces takes the traces of an item within out of a part, which it comes with.
func (part *bundle) stagedTraces(t *estate.TraceSet) error {
	if r := part.byPath[t.Path]; r != nil {
		r.traces = append(r.traces, t.Set)
		return nil
	}
	return fmt.Errorf("traces of %s came without their item", t.Path)
}
