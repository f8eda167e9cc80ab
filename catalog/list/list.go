// Package list answers from the list of the repositories that surveys keep (store.Enlist), so that an answer costs what it shows, however many there
// are. It knows each repository as it was last summed up.
package list

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/phi"
)

// Query narrows the list. The zero Query lets all repositories through.
type Query struct {
	Classes   phi.Classes // any of them; 0 = all
	States    uint64      // somebody lives in any of them, as bits by their numbers; 0 = all
	Custodian string      // "" = all
	Kind      string      // "" = all
	Search    string      // in names, whatever the case
	Found     []int64     // only these, at most MostFound; nil = all
	Stale     int64       // evidence from before is stale
	Age       Age
	ByPeople  bool // those with the most people first; else the most sensitive
	Settled   bool // without the repositories of which facts came since they were summed up
	Limit     int  // of a page; 0 = none
}

// Age narrows a list by the age of evidence.
type Age uint8

// The ages.
const (
	AnyAge Age = iota
	Fresh
	Stale
)

// Place is where a page ended.
type Place struct {
	Rank, People int64
	Name         string
}

// Entry is a line of the list.
type Entry struct {
	Place
	Repository int64
}

// Before orders entries, the most sensitive first, as slices.SortFunc has it.
func (e Entry) Before(o Entry) int {
	return cmp.Or(cmp.Compare(o.Rank, e.Rank), cmp.Compare(o.People, e.People), cmp.Compare(e.Name, o.Name))
}

// unsettled are repositories of which facts came since they were summed up.
const unsettled = `SELECT v.repository FROM visits v WHERE v.finished IS NULL AND v.changed IS NOT NULL`

// listed gives the repositories that a query lets through. Those that hold one class have a list of their own.
func (q *Query) listed() store.Listed {
	of := store.Listed{Table: "listed", Condition: "1 = 1"}
	and := func(condition string, args ...any) {
		of.Condition, of.Args = of.Condition+" AND "+condition, append(of.Args, args...)
	}
	switch classes := q.Classes.List(); len(classes) {
	case 0:
	case 1:
		of.Table = "classed"
		and(`l.class = ?`, int64(classes[0]))
	default:
		and(`l.classes & ? <> 0`, int64(q.Classes))
	}
	if q.Custodian != "" {
		and(`l.custodian = ?`, q.Custodian)
	}
	if q.Kind != "" {
		and(`l.kind = ?`, q.Kind)
	}
	if q.States != 0 {
		and(`l.states & ? <> 0`, int64(q.States))
	}
	if q.Search != "" {
		and(`lower(l.name)`+Like, Pattern(q.Search))
	}
	if q.Found != nil {
		ids := make([]any, found[slices.IndexFunc(found[:], func(n int) bool { return n >= len(q.Found) })])
		for i := range ids {
			ids[i] = int64(-1)
			if len(q.Found) > 0 {
				ids[i] = q.Found[min(i, len(q.Found)-1)]
			}
		}
		and(`l.repository IN (?`+strings.Repeat(", ?", len(ids)-1)+`)`, ids...)
	}
	switch q.Age {
	case Fresh:
		and(`l.observed >= ?`, q.Stale)
	case Stale:
		and(`l.observed < ?`, q.Stale)
	}
	if q.Settled {
		and(`l.repository NOT IN (` + unsettled + `)`)
	}
	return of
}

// found are sizes in which repositories are named: few, so that there are few texts of queries.
var found = [...]int{10, 500, MostFound}

// Like compares lower(...) with a Pattern.
const Like = ` LIKE ? ESCAPE '\'`

// Pattern is what has a text in it, whatever the case.
func Pattern(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(text)) + "%"
}

// Page gives the entries behind a place, nil for the first ones. Of several classes each has its own list, and the pages of these are put together.
func (q Query) Page(ctx context.Context, db store.Querier, from *Place) ([]Entry, error) {
	classes := q.Classes.List()
	if len(classes) < 2 || q.ByPeople || q.Limit <= 0 {
		return q.entries(ctx, db, from)
	}
	var all []Entry
	for _, c := range classes {
		q.Classes = phi.Of(c)
		some, err := q.entries(ctx, db, from)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, Entry.Before)
	all = slices.CompactFunc(all, func(a, b Entry) bool { return a.Repository == b.Repository })
	return all[:min(len(all), q.Limit)], nil
}

func (q *Query) entries(ctx context.Context, db store.Querier, from *Place) (out []Entry, err error) {
	of := q.listed()
	order := `l.rank DESC, l.people DESC, l.name`
	switch {
	case q.ByPeople:
		order = `l.people DESC, l.name`
		if from != nil {
			of.Condition += ` AND l.people <= ? AND (l.people < ? OR l.name > ?)`
			of.Args = append(of.Args, from.People, from.People, from.Name)
		}
	case from != nil:
		of.Condition += ` AND l.rank <= ? AND (l.rank < ? OR l.people < ? OR l.people = ? AND l.name > ?)`
		of.Args = append(of.Args, from.Rank, from.Rank, from.People, from.People, from.Name)
	}
	query := `SELECT l.rank, l.people, l.name, l.repository FROM ` + of.Table + ` l WHERE ` + of.Condition + ` ORDER BY ` + order
	if q.Limit > 0 {
		query, of.Args = query+` LIMIT ?`, append(of.Args, q.Limit)
	}
	for rows, err := range store.Rows(ctx, db, query, of.Args...) {
		var e Entry
		if err == nil {
			err = rows.Scan(&e.Rank, &e.People, &e.Name, &e.Repository)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// Count counts the repositories that a query lets through. Where the sums do not say it, it counts no further than to a number.
func (q Query) Count(ctx context.Context, db store.Querier, most int) (n int, err error) {
	if q.summed() {
		s, err := q.Sums(ctx, db)
		return int(s.Repositories), err
	}
	of := q.listed()
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM `+of.Table+` l WHERE `+of.Condition+` LIMIT ?) c`, append(of.Args, most)...).Scan(&n)
	return n, err
}

// Unsettled gives the repositories whose summaries do not hold: those of which facts came since, and those that were never summed up.
func Unsettled(ctx context.Context, db store.Querier) (out []Entry, err error) {
	for rows, err := range store.Rows(ctx, db, `SELECT DISTINCT v.repository FROM visits v WHERE v.finished IS NULL
		AND (v.changed IS NOT NULL OR NOT EXISTS (SELECT 1 FROM summaries s WHERE s.repository = v.repository))`) {
		var e Entry
		if err == nil {
			err = rows.Scan(&e.Repository)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}
