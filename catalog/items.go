package catalog

import (
	"context"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// EachItem calls yield with one row an item, the most sensitive first, and ends with yield's error. An item within
// another is "outer.zip!/inner.csv"; one that could not be read has the verdict "unknown".
func (c *Catalog) EachItem(ctx context.Context, who audit.Caller, f Filter, yield func(Row) error) error {
	return c.view(ctx, request{who, audit.ReadItems, f.Repository, f}, func(r *reader) error { return r.items(ctx, yield) })
}

// itemsQuery reads the items for which a condition holds, with the columns of found.
func itemsQuery(held string) string {
	return `SELECT x.id, coalesce(x.top, x.id), x.run, x.flags, x.bytes, x.seen_at, x.verdict, x.classes, x.suspected, x.kinds, x.reader,
		x.rules, x.coverage, x.sample, coalesce(x.read_at, 0), x.tally, x.name, f.path, r.id, r.name, r.custodian, NULL,
		x.population, x.unit, x.unread
		FROM repositories r CROSS JOIN folders f ON f.repository = r.id CROSS JOIN items x ON x.folder = f.id
		WHERE ` + held + ` ORDER BY x.rank DESC, r.name, f.path, x.name`
}

// found is an item as it stood at the time of the answer: numbers, as scanning into named types takes several times as long.
type found struct {
	id, top, run, flags, bytes, seen   int64
	verdict, classes, suspected, kinds int64
	reader, rules                      int64
	coverage, sample, read             int64
	population, unit, unread           int64
	packed                             []byte
	name, folder                       string
	repository                         int64
	repositoryName, custodian          string
	findings                           []byte

	tally estate.Tally
}

// found calls f with the items of a query that live where the filter asks for.
func (r *reader) found(ctx context.Context, query string, args []any, f func(*found) (more bool, err error)) error {
	var it found
	columns := []any{&it.id, &it.top, &it.run, &it.flags, &it.bytes, &it.seen, &it.verdict, &it.classes, &it.suspected, &it.kinds, &it.reader,
		&it.rules, &it.coverage, &it.sample, &it.read, &it.packed, &it.name, &it.folder, &it.repository, &it.repositoryName, &it.custodian,
		&it.findings, &it.population, &it.unit, &it.unread}
	for rows, err := range store.Rows(ctx, r.tx, query, args...) {
		if err == nil {
			err = rows.Scan(columns...)
		}
		if err == nil {
			it.tally, err = store.UnpackTally(it.packed)
		}
		more := true
		if err == nil && r.lives(it.tally) {
			more, err = f(&it)
		}
		if err != nil || !more {
			return err
		}
	}
	return nil
}

func (r *reader) items(ctx context.Context, yield func(Row) error) error {
	held, args := r.filtered()
	left := r.filter.Limit
	if s := r.filter.Sensitivity; s != 0 {
		held, args = held+` AND x.classes & ? <> 0`, append(args, int64(s))
	}
	return r.found(ctx, itemsQuery(held), args, func(it *found) (bool, error) {
		row, err := r.item(ctx, it)
		if err == nil {
			err = yield(row)
		}
		left--
		return left != 0, err
	})
}

// item renders an item.
func (r *reader) item(ctx context.Context, it *found) (Row, error) {
	row := render(phi.Verdict(it.verdict), phi.Classes(it.classes), phi.Classes(it.suspected), phi.KindSet(it.kinds), it.flags,
		it.tally)
	row.Repository, row.Item, row.Custodian = it.repositoryName, it.folder+it.name, it.custodian
	row.Bytes, row.Items = it.bytes, 1
	evidence, err := r.evidence(ctx, it)
	if err != nil {
		return row, err
	}
	row.Evidence, row.ObservedAt, row.Stale = &evidence, &evidence.Seen, evidence.Stale
	if it.flags&store.HasGaps != 0 {
		if row.Gaps, err = r.gapsOf(ctx, it); err != nil {
			return row, err
		}
	}
	row.Matching, err = r.matching(it.tally, it.unread, func() (*estate.People, error) { return store.PeopleIn(ctx, r.tx, it.id) })
	return row, err
}

// evidence says what an item's row rests on.
func (r *reader) evidence(ctx context.Context, it *found) (e Evidence, err error) {
	at, err := r.lastSeen(ctx, it.repository, it.top, it.run, it.seen)
	if err != nil {
		return e, err
	}
	e.Seen, e.Stale = store.Instant(at), r.stale(at)
	e.Coverage, e.Sample, e.Of, e.Unit = estate.Coverage(it.coverage).String(), it.sample, it.population, store.Unit(it.unit)
	e.Bound = e.Evidence.Bound()
	if it.read != 0 {
		e.Read = store.Instant(it.read)
	}
	if e.Reader, err = r.word(ctx, it.reader); err != nil {
		return e, err
	}
	e.Rules, err = r.word(ctx, it.rules)
	return e, err
}

// gapsOf counts the gaps of an item and of all within it.
func (r *reader) gapsOf(ctx context.Context, it *found) (n int64, err error) {
	held, args := store.HeldAt(r.at)
	inner := it.folder + it.name + store.InnerMark
	args = append([]any{it.repository, it.folder, it.name, it.repository, inner, inner[:len(inner)-1] + "0"}, args...)
	err = r.tx.QueryRowContext(ctx, `SELECT count(*) FROM gaps x WHERE (x.folder = (SELECT id FROM folders WHERE repository = ? AND path = ?)
		AND x.name = ? OR x.folder IN (SELECT id FROM folders WHERE repository = ? AND path >= ? AND path < ?)) AND x.under = 0 AND `+held,
		args...).Scan(&n)
	return n, err
}
