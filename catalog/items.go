package catalog

import (
	"context"
	"database/sql"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// WhereItems gives one row an item, the most sensitive first. It holds all rows in memory: EachItem does not.
func (c *Catalog) WhereItems(ctx context.Context, who audit.Caller, f Filter) ([]Row, error) {
	out := []Row{}
	err := c.EachItem(ctx, who, f, func(row Row) error {
		out = append(out, row)
		return nil
	})
	return out, err
}

// EachItem calls yield with one row an item, the most sensitive first, and ends with yield's error. An item within
// another is "outer.zip!/inner.csv"; one that could not be read has the verdict "unknown".
func (c *Catalog) EachItem(ctx context.Context, who audit.Caller, f Filter, yield func(Row) error) error {
	return c.view(ctx, request{who, audit.ReadItems, f.Repository, f}, func(r *reader) error { return r.items(ctx, yield) })
}

const itemColumns = `x.id, coalesce(x.top, x.id), x.run, x.flags, x.bytes, x.seen_at, x.verdict, x.classes, x.suspected, x.kinds, x.reader, x.rules,
	x.coverage, x.sample, coalesce(x.read_at, 0), x.tally, x.name, f.path, r.id, r.name, r.custodian`

// itemsQuery reads the items for which a condition holds. Its last arguments are the filter's.
func itemsQuery(held string) string {
	return `SELECT ` + itemColumns + ` FROM repositories r CROSS JOIN folders f ON f.repository = r.id CROSS JOIN items x ON x.folder = f.id
		WHERE ` + held + ` AND ifnull(r.name = nullif(?, ''), 1) AND ifnull(r.custodian = nullif(?, ''), 1)
		AND ifnull(x.classes & nullif(?, 0), 1) <> 0 ORDER BY x.rank DESC, r.name, f.path, x.name`
}

// found is an item as it stood at the time of the answer: numbers, as scanning into named types takes several times as long.
type found struct {
	id, top, run, flags, bytes, seen   int64
	verdict, classes, suspected, kinds int64
	reader, rules                      int64
	coverage, sample, read             int64
	packed                             []byte
	tally                              estate.Tally
	name, folder                       string
	repository                         int64
	repositoryName, custodian          string
}

// into lists where the columns go.
func (it *found) into() []any {
	return []any{&it.id, &it.top, &it.run, &it.flags, &it.bytes, &it.seen, &it.verdict, &it.classes, &it.suspected, &it.kinds, &it.reader,
		&it.rules, &it.coverage, &it.sample, &it.read, &it.packed, &it.name, &it.folder, &it.repository, &it.repositoryName, &it.custodian}
}

func (r *reader) items(ctx context.Context, yield func(Row) error) error {
	held, args := heldAt(r.at)
	f := r.filter
	rows, err := r.tx.QueryContext(ctx, itemsQuery(held), append(args, f.Repository, f.Custodian, int64(f.Sensitivity))...)
	if err != nil {
		return err
	}
	defer rows.Close()
	left := f.Limit
	var it found
	columns := it.into()
	for rows.Next() {
		if err := rows.Scan(columns...); err != nil {
			return err
		}
		if it.tally, err = unpackTally(it.packed); err != nil {
			return err
		}
		if !r.lets(phi.Classes(it.classes), it.tally) {
			continue
		}
		row, err := r.item(ctx, &it)
		if err != nil {
			return err
		}
		if err := yield(row); err != nil {
			return err
		}
		if left--; left == 0 {
			break
		}
	}
	return rows.Err()
}

// item renders an item.
func (r *reader) item(ctx context.Context, it *found) (Row, error) {
	row := render(phi.Verdict(it.verdict), phi.Classes(it.classes), phi.Classes(it.suspected), phi.KindSet(it.kinds), it.flags, it.tally)
	row.Repository, row.Item, row.Custodian = it.repositoryName, it.folder+it.name, it.custodian
	row.Bytes, row.Items = it.bytes, 1
	evidence, err := r.evidence(ctx, it)
	if err != nil {
		return row, err
	}
	row.Evidence, row.ObservedAt, row.Stale = &evidence, &evidence.Seen, evidence.Stale
	if it.flags&flagGaps != 0 {
		if row.Gaps, err = r.gapsOf(ctx, it); err != nil {
			return row, err
		}
	}
	row.Matching, err = r.matching(it.tally, func() (*estate.People, error) {
		p := estate.NewPeople(0)
		var raw []byte
		err := r.tx.QueryRowContext(ctx, `SELECT people FROM sketches WHERE item = ?`, it.id).Scan(&raw)
		if err == sql.ErrNoRows {
			return p, nil
		}
		if err == nil {
			err = p.UnmarshalBinary(raw)
		}
		return p, err
	})
	return row, err
}

// evidence says what an item's row rests on.
func (r *reader) evidence(ctx context.Context, it *found) (e Evidence, err error) {
	at, err := r.sightings(it.repository).last(ctx, it.top, it.run, it.seen)
	if err != nil {
		return e, err
	}
	e.Seen, e.Stale = instant(at), r.stale(at)
	e.Coverage, e.Sample = estate.Coverage(it.coverage).String(), it.sample
	if it.read != 0 {
		e.Read = instant(it.read)
	}
	if e.Reader, err = r.word(ctx, it.reader); err != nil {
		return e, err
	}
	e.Rules, err = r.word(ctx, it.rules)
	return e, err
}

// gapsOf counts the gaps of an item and of all within it.
func (r *reader) gapsOf(ctx context.Context, it *found) (n int64, err error) {
	held, args := heldAt(r.at)
	inner := it.folder + it.name + innerMark
	dir, name := split(it.folder + it.name)
	args = append([]any{it.repository, dir, name, it.repository, inner, inner[:len(inner)-1] + "0"}, args...)
	err = r.tx.QueryRowContext(ctx, `SELECT count(*) FROM gaps x WHERE (x.folder = (SELECT id FROM folders WHERE repository = ? AND path = ?)
		AND x.name = ? OR x.folder IN (SELECT id FROM folders WHERE repository = ? AND path >= ? AND path < ?)) AND x.under = 0 AND `+held,
		args...).Scan(&n)
	return n, err
}

// word gives the text of a number.
func (r *reader) word(ctx context.Context, id int64) (string, error) {
	if text, ok := r.words[id]; ok {
		return text, nil
	}
	var text string
	if err := r.tx.QueryRowContext(ctx, `SELECT text FROM words WHERE id = ?`, id).Scan(&text); err != nil {
		return "", err
	}
	if len(r.words) >= maxHeld {
		clear(r.words)
	}
	r.words[id] = text
	return text, nil
}
