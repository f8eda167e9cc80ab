package list

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/catalog/store"
)

// Repository is a repository as it stood at a time, with its last summary.
type Repository struct {
	store.Summary
	Name, Custodian   string
	Kind, Owner       string
	Stored            bool   // the summary holds
	Readers           *int64 // principals that surely read it; nil = nobody collected who can
	Possible, Outside int64
	Traits            []Trait
}

// Entry is its line of the list.
func (r *Repository) Entry() Entry {
	return Entry{Place{r.Rank(), r.Tally.Total.Estimate, r.Name}, r.Repository}
}

// Trait is what the server of a repository says of it as a whole. What is not Known is an open question and no "no".
type Trait struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Known bool   `json:"known"`
}

// open tells of a repository r, once at a time, ?1, and once now, that a visit is at work of which facts came. That of now has an index of its own, which is
// small however many visits there were.
const (
	openThen = `v.changed <= ?1 AND (v.finished IS NULL OR v.finished > ?1)`
	openNow  = `v.changed <= ?1 AND v.finished IS NULL`
)

// columns reads repositories with their last summaries up to a time, which is the first argument. A repository with a visit at work since then has
// none that holds.
func columns(at *int64) string {
	open := openThen
	if at == nil {
		open = openNow
	}
	return `SELECT r.id, r.name, r.custodian, s.at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM visits v
		WHERE v.repository = r.id AND ` + open + `),
		coalesce(s.at, 0), coalesce(s.observed, 0), coalesce(s.items, 0), coalesce(s.bytes, 0), coalesce(s.gaps, 0), coalesce(s.verdict, 0),
		coalesce(s.grade, 0), coalesce(s.classes, 0), coalesce(s.suspected, 0), coalesce(s.kinds, 0), coalesce(s.flags, 0), s.tally,
		coalesce(s.sampled, 0), coalesce(s.blank, 0), coalesce(s.bound, 0), coalesce(s.unread, 0),
		r.kind, r.owner, a.certain, coalesce(a.possible, 0), coalesce(a.outside, 0)
	FROM repositories r LEFT JOIN summaries s ON s.repository = r.id
		AND s.at = (SELECT max(at) FROM summaries WHERE repository = r.id AND at <= ?1)
	LEFT JOIN readers a ON a.repository = r.id AND a.at = (SELECT max(at) FROM readers WHERE repository = r.id AND at <= ?1)`
}

// Each calls yield with the repositories at a time, nil for now: that of a name, or all of them where it is empty. They come without traits.
func Each(ctx context.Context, db store.Querier, at *int64, name string, yield func(*Repository) error) error {
	if name != "" {
		return each(ctx, db, columns(at)+` WHERE r.from_at <= ?1 AND r.name = ?2`, []any{moment(at), name}, yield)
	}
	return each(ctx, db, columns(at)+` WHERE r.from_at <= ?1`, []any{moment(at)}, yield)
}

func each(ctx context.Context, db store.Querier, query string, args []any, yield func(*Repository) error) error {
	for rows, err := range store.Rows(ctx, db, query, args...) {
		if err != nil {
			return err
		}
		r := &Repository{}
		var tally sql.RawBytes
		err := rows.Scan(&r.Repository, &r.Name, &r.Custodian, &r.Stored, &r.At, &r.Observed, &r.Items, &r.Bytes, &r.Gaps, &r.Verdict,
			&r.Grade, &r.Classes, &r.Suspected, &r.Kinds, &r.Flags, &tally, &r.Sampled, &r.Blank, &r.Sampling.Bound, &r.Unread,
			&r.Kind, &r.Owner, &r.Readers, &r.Possible, &r.Outside)
		if err == nil {
			r.Tally, err = store.UnpackTally(tally)
		}
		if err == nil {
			err = yield(r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// moment is a time, and for now one that never comes.
func moment(at *int64) int64 {
	if at != nil {
		return *at
	}
	return math.MaxInt64
}

// lots are sizes in which repositories are read: few, so that there are few texts of queries. The commands ask for 201, one more than they show.
var lots = [...]int{1, 20, 101, 201, Lot}

// Lot is how many repositories are best read at once.
const Lot = 1000

// Those gives the repositories of entries at a time, nil for now, with their traits; what was not there yet is left out.
func Those(ctx context.Context, db store.Querier, at *int64, page []Entry) ([]*Repository, error) {
	out := make([]*Repository, 0, len(page))
	for piece := range slices.Chunk(page, Lot) {
		byID := make(map[int64]*Repository, len(piece))
		ids := make([]any, lots[slices.IndexFunc(lots[:], func(n int) bool { return n >= len(piece) })])
		in := make([]string, len(ids))
		for i := range ids {
			ids[i], in[i] = piece[min(i, len(piece)-1)].Repository, fmt.Sprintf("?%d", i+2)
		}
		err := each(ctx, db, columns(at)+` WHERE r.from_at <= ?1 AND r.id IN (`+strings.Join(in, ", ")+`)`, append([]any{moment(at)}, ids...), func(r *Repository) error {
			byID[r.Repository] = r
			return nil
		})
		if err == nil {
			err = traits(ctx, db, at, ids, byID)
		}
		if err != nil {
			return nil, err
		}
		for _, e := range piece {
			if r := byID[e.Repository]; r != nil {
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// traits adds what the servers of repositories say of them.
func traits(ctx context.Context, db store.Querier, at *int64, ids []any, byID map[int64]*Repository) error {
	held, args := store.HeldAt(at)
	for rows, err := range store.Rows(ctx, db, `SELECT x.repository, x.name, x.value, x.known FROM traits x
		WHERE x.repository IN (?`+strings.Repeat(", ?", len(ids)-1)+`) AND `+held+` ORDER BY x.repository, x.name`, append(ids, args...)...) {
		var id int64
		var t Trait
		if err == nil {
			err = rows.Scan(&id, &t.Name, &t.Value, &t.Known)
		}
		if err != nil {
			return err
		}
		if r := byID[id]; r != nil {
			r.Traits = append(r.Traits, t)
		}
	}
	return nil
}

// TouchedQuery gives the repositories that may be different at ?2 from what they were at ?1: those with a visit that was at work in between and of
// which facts came, and those that are new. In all others neither an item nor a gap began or ended, and they come to the same. Each part has
// an index, and a repository may come twice.
const TouchedQuery = `SELECT r.id, r.name FROM (
	SELECT v.repository FROM visits v WHERE v.finished > ?1 AND v.changed <= ?2
	UNION ALL SELECT v.repository FROM visits v WHERE v.finished IS NULL AND v.changed <= ?2
	UNION ALL SELECT n.id FROM repositories n WHERE n.from_at > ?1) t CROSS JOIN repositories r ON r.id = t.repository`

// Touched gives the repositories that may have changed between two times, in the order of their names: that of a name, or all of them where it is empty.
func Touched(ctx context.Context, db store.Querier, since, until int64, name string) (out []Entry, err error) {
	query, args := TouchedQuery, []any{since, until}
	if name != "" {
		query, args = query+` WHERE r.name = ?3`, append(args, name)
	}
	for rows, err := range store.Rows(ctx, db, query, args...) {
		var e Entry
		if err == nil {
			err = rows.Scan(&e.Repository, &e.Name)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	slices.SortFunc(out, Entry.Before)
	return slices.Compact(out), nil
}

// Choices gives the custodians and the kinds of the repositories, each list in its order.
func Choices(ctx context.Context, db store.Querier) (custodians, kinds []string, err error) {
	custodians, kinds = []string{}, []string{}
	for column, to := range map[string]*[]string{"custodian": &custodians, "kind": &kinds} {
		for rows, err := range store.Rows(ctx, db, `SELECT DISTINCT `+column+` FROM sums WHERE class = ? AND repositories > 0 AND `+column+` <> '' ORDER BY 1`,
			store.Everything) {
			var s string
			if err == nil {
				err = rows.Scan(&s)
			}
			if err != nil {
				return nil, nil, err
			}
			*to = append(*to, s)
		}
	}
	return custodians, kinds, nil
}
