package catalog

import (
	"context"
	"database/sql"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// querier reads, within a transaction or over a run's connection.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// summary is what a repository comes to.
type summary struct {
	repository int64
	at         int64
	observed   int64 // when the oldest evidence in it was seen, 0 = there is none
	items      int64
	bytes      int64
	gaps       int64
	verdict    phi.Verdict
	grade      phi.Confidentiality // the highest of an item
	classes    phi.Classes
	suspected  phi.Classes
	kinds      phi.KindSet
	flags      int64
	tally      estate.Tally
}

// sum enters one item.
func (s *summary) sum(it *standing) {
	s.items++
	if !it.inner {
		s.bytes += max(0, it.bytes)
	}
	s.verdict = max(s.verdict, phi.Verdict(it.verdict))
	s.grade = max(s.grade, confidentiality(phi.Verdict(it.verdict), phi.Classes(it.classes)))
	s.classes |= phi.Classes(it.classes)
	s.suspected |= phi.Classes(it.suspected)
	s.kinds |= phi.KindSet(it.kinds)
	s.flags |= it.flags & (flagPart2 | flagMinors)
	if s.observed == 0 || it.seen < s.observed {
		s.observed = it.seen
	}
}

// standing is an item that holds at a time, as far as sums need it.
type standing struct {
	id, top, run, flags, bytes, seen   int64
	verdict, classes, suspected, kinds int64
	inner                              bool
	folder, name                       string
}

// heldAt is the condition that a row holds at a time: once with the present, which the indexes are made for, and once
// with the past. The table's name goes where the x stands.
func heldAt(at *int64) (condition string, args []any) {
	if at == nil {
		return "x.to_at IS NULL", nil
	}
	return "x.from_at <= ? AND (x.to_at IS NULL OR x.to_at > ?)", []any{*at, *at}
}

// The queries go from a repository over its folders to the rows of each; the condition that these hold at a time follows.
const (
	standingsQuery = `SELECT x.id, coalesce(x.top, x.id), x.run, x.flags, x.bytes, x.seen_at, x.top IS NOT NULL, x.verdict, x.classes,
		x.suspected, x.kinds, f.path, x.name FROM folders f CROSS JOIN items x ON x.folder = f.id WHERE f.repository = ? AND `
	populationQuery = `SELECT s.people FROM folders f CROSS JOIN items x ON x.folder = f.id CROSS JOIN sketches s ON s.item = x.id
		WHERE f.repository = ? AND `
	countGapsQuery = `SELECT count(*) FROM folders f CROSS JOIN gaps x ON x.folder = f.id WHERE f.repository = ? AND `
)

// standings goes through the items of a repository that hold at a time, nil for now.
func standings(ctx context.Context, q querier, repository int64, at *int64, f func(*standing) error) error {
	held, args := heldAt(at)
	rows, err := q.QueryContext(ctx, standingsQuery+held, append([]any{repository}, args...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var it standing
	for rows.Next() {
		if err := rows.Scan(&it.id, &it.top, &it.run, &it.flags, &it.bytes, &it.seen, &it.inner, &it.verdict, &it.classes, &it.suspected,
			&it.kinds, &it.folder, &it.name); err != nil {
			return err
		}
		if err := f(&it); err != nil {
			return err
		}
	}
	return rows.Err()
}

// population merges the people of all items of a repository that hold at a time.
func population(ctx context.Context, q querier, repository int64, at *int64) (*estate.People, error) {
	held, args := heldAt(at)
	rows, err := q.QueryContext(ctx, populationQuery+held, append([]any{repository}, args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := estate.NewPeople(0)
	var raw sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&raw); err != nil {
			return nil, err
		}
		var one estate.People
		if err := one.UnmarshalBinary(raw); err != nil {
			return nil, err
		}
		all.Merge(&one)
	}
	return all, rows.Err()
}

// countGaps counts the gaps of a repository that are open at a time.
func countGaps(ctx context.Context, q querier, repository int64, at *int64) (n int64, err error) {
	held, args := heldAt(at)
	err = q.QueryRowContext(ctx, countGapsQuery+held, append([]any{repository}, args...)...).Scan(&n)
	return n, err
}
