package list

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
)

// Standing is what the repositories of a query come to.
type Standing struct {
	store.Sums
	Bound  int64 // the largest of their samples, in parts of store.BoundUnit
	Stale  int64 // repositories with stale evidence
	Oldest int64 // evidence; 0 = there is none
	People *estate.People
}

// Standing gives it; of the settled ones where the query asks for these. Now are the people of those that are not and that the answer has beside
// them: it is these, as they are now, whom they are counted with.
func (q Query) Standing(ctx context.Context, db store.Querier, now map[int64]*estate.People) (*Standing, error) {
	s := &Standing{}
	var err error
	if s.Sums, err = q.Sums(ctx, db); err != nil {
		return nil, err
	}
	if err := q.aged(ctx, db, s); err != nil {
		return nil, err
	}
	if q.Custodian == "" && q.States == 0 {
		if s.People, err = q.kept(ctx, db, now); err != nil {
			return nil, err
		}
	}
	if s.People == nil {
		s.People = estate.NewPeople(0)
		if err := store.MergePopulations(ctx, db, s.People, q.listed()); err != nil {
			return nil, err
		}
	}
	for _, people := range now {
		s.People.Merge(people)
	}
	return s, nil
}

// summed tells whether a query asks only for what the kept sums are by.
func (q *Query) summed() bool {
	return q.Search == "" && q.Found == nil && q.Age == AnyAge && q.States == 0 && len(q.Classes.List()) < 2
}

// sumColumns are those of store.Sums but the first, of the table s.
const sumColumns = `CAST(coalesce(sum(s.items), 0) AS BIGINT), CAST(coalesce(sum(s.bytes), 0) AS BIGINT), CAST(coalesce(sum(s.gaps), 0) AS BIGINT),
	CAST(coalesce(sum(s.sampled), 0) AS BIGINT), CAST(coalesce(sum(s.blank), 0) AS BIGINT), CAST(coalesce(sum(s.unread), 0) AS BIGINT)`

// Sums adds up what the repositories come to.
func (q Query) Sums(ctx context.Context, db store.Querier) (store.Sums, error) {
	if !q.summed() {
		return sumOver(ctx, db, q.listed())
	}
	condition, args := `s.class = ?`, []any{int64(store.Everything)}
	if classes := q.Classes.List(); len(classes) > 0 {
		args[0] = int64(classes[0])
	}
	if q.Custodian != "" {
		condition, args = condition+` AND s.custodian = ?`, append(args, q.Custodian)
	}
	if q.Kind != "" {
		condition, args = condition+` AND s.kind = ?`, append(args, q.Kind)
	}
	all, err := sum(ctx, db, `SELECT CAST(coalesce(sum(s.repositories), 0) AS BIGINT), `+sumColumns+` FROM sums s WHERE `+condition, args)
	if err != nil || !q.Settled {
		return all, err
	}
	without, err := sumOver(ctx, db, q.unsettled())
	return all.Plus(without, -1), err
}

// unsettled are the repositories of the list that a query would let through, and whose summaries do not hold.
func (q Query) unsettled() store.Listed {
	q.Settled = false
	of := q.listed()
	of.Condition += ` AND l.repository IN (` + unsettled + `)`
	return of
}

// sumOver adds up repositories one by one.
func sumOver(ctx context.Context, db store.Querier, of store.Listed) (store.Sums, error) {
	from, columns := `listed l`, strings.ReplaceAll(sumColumns, "s.", "l.")
	if of.Table != "listed" {
		from, columns = of.Table+` l JOIN listed s ON s.repository = l.repository`, sumColumns
	}
	return sum(ctx, db, `SELECT count(*), `+columns+` FROM `+from+` WHERE `+of.Condition, of.Args)
}

func sum(ctx context.Context, db store.Querier, query string, args []any) (s store.Sums, err error) {
	err = db.QueryRowContext(ctx, query, args...).Scan(&s.Repositories, &s.Items, &s.Bytes, &s.Gaps, &s.Sampled, &s.Blank, &s.Unread)
	return s, err
}

// aged adds how old the evidence is, and the largest bound of samples.
func (q *Query) aged(ctx context.Context, db store.Querier, s *Standing) error {
	of := q.listed()
	from := ` FROM ` + of.Table + ` l WHERE ` + of.Condition
	err := db.QueryRowContext(ctx, `SELECT count(*)`+from+` AND l.observed < ?`, append(slices.Clone(of.Args), q.Stale)...).Scan(&s.Stale)
	if err != nil {
		return err
	}
	first := func(query string, into *int64) error {
		err := db.QueryRowContext(ctx, query, of.Args...).Scan(into)
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
		return err
	}
	if err := first(`SELECT l.observed`+from+` AND l.observed > 0 ORDER BY l.observed LIMIT 1`, &s.Oldest); err != nil || s.Sampled == 0 {
		return err
	}
	return first(`SELECT l.bound`+from+` AND l.bound > 0 ORDER BY l.bound DESC LIMIT 1`, &s.Bound)
}

// kept gives the people of a query's classes from the crowds that are kept; nil where these hold somebody who is no longer there.
func (q *Query) kept(ctx context.Context, db store.Querier, now map[int64]*estate.People) (*estate.People, error) {
	classes := []int64{store.Everything}
	if list := q.Classes.List(); len(list) > 0 {
		classes = nil
		for _, c := range list {
			classes = append(classes, int64(c))
		}
	}
	all := estate.NewPeople(0)
	for _, class := range classes {
		crowd, err := store.Crowd(ctx, db, class)
		if err != nil {
			return nil, err
		}
		all.Merge(crowd)
	}
	if q.Settled {
		if there, err := q.stillThere(ctx, db, all.Limit(), now); err != nil || !there {
			return nil, err
		}
	}
	for _, class := range classes {
		pending, err := store.Pending(ctx, db, class)
		if err != nil {
			return nil, err
		}
		for id, lost := range pending {
			if lost {
				return nil, nil
			}
			people, _, err := store.CountedPopulation(ctx, db, id)
			if err != nil {
				return nil, err
			}
			all.Merge(people)
		}
	}
	return all, nil
}

// stillThere tells whether all people beneath a limit whom summaries counted that do not hold are in their repositories still.
func (q *Query) stillThere(ctx context.Context, db store.Querier, limit uint64, now map[int64]*estate.People) (bool, error) {
	of := q.unsettled()
	var ids []int64
	for rows, err := range store.Rows(ctx, db, `SELECT l.repository FROM `+of.Table+` l WHERE `+of.Condition, of.Args...) {
		var id int64
		if err == nil {
			err = rows.Scan(&id)
		}
		if err != nil {
			return false, err
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		before, _, err := store.CountedPopulation(ctx, db, id)
		if err != nil {
			return false, err
		}
		people := now[id]
		if people == nil {
			people = &estate.People{} // the answer has it no more
		}
		if !people.Covers(before, limit) {
			return false, nil
		}
	}
	return true, nil
}
