package catalog

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/store"
)

// ErrCursor says that the place after which a page should begin is none that a page before it gave.
var ErrCursor = errors.New("this is no place in the list; begin with the first page")

// ListQuery asks for a page of the repositories. Of its Filter, AsOf and Repository do not count: the list is of now, and as each repository was
// last summed up, also while it is being surveyed.
type ListQuery struct {
	Filter
	Search   string // in names, whatever the case
	Kind     string
	Age      Age
	ByPeople bool   // those with the most people first; else the most sensitive
	Count    bool   // say how many there are behind the page
	After    string // Next of the page before; "" = the first page
}

// Age narrows a list by the age of evidence.
type Age uint8

// The ages.
const (
	AnyAge Age = iota
	Fresh
	Stale
)

// List is a page of the repositories.
type List struct {
	Rows []Row
	Next string // where the next page begins; "" = this is the last
	More int    // repositories that the query lets through beside those of the page, where it asks for that
}

// place is where a page ended.
type place struct {
	Rank, People int64
	Name         string
}

// List gives a page of the repositories, read from the list that surveys keep, so that it costs what the page costs.
func (c *Catalog) List(ctx context.Context, who audit.Caller, q ListQuery) (List, error) {
	out := List{Rows: []Row{}}
	from := place{Rank: math.MaxInt64, People: math.MaxInt64}
	if q.After != "" {
		if err := parseCursor(q.After, &from); err != nil {
			return out, err
		}
	}
	err := c.view(ctx, request{who, audit.ReadMap, q.Search, q.Filter}, func(r *reader) error {
		ids, last, err := r.listed(ctx, q, from)
		if err != nil {
			return err
		}
		if q.Limit > 0 && len(ids) == q.Limit {
			out.Next = cursor(last)
		}
		if q.Count {
			if out.More, err = r.countListed(ctx, q); err != nil {
				return err
			}
			out.More = max(0, out.More-len(ids))
		}
		found, err := r.some(ctx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			k := found[id]
			if k == nil || !r.lets(k) {
				continue
			}
			row, err := r.row(ctx, k)
			if err != nil {
				return err
			}
			out.Rows = append(out.Rows, row)
		}
		return nil
	})
	return out, err
}

// listedWhere is what the list is narrowed by. Its arguments are those of narrowed.
const listedWhere = ` FROM listed l WHERE (?1 = '' OR l.custodian = ?1) AND (?2 = '' OR l.kind = ?2) AND (?3 = 0 OR l.classes & ?3) AND (?4 = 0 OR l.states & ?4)
	AND (?5 = '' OR instr(lower(l.name), ?5)) AND (?6 = 0 OR (l.observed < ?7) = (?6 = 2))`

func (r *reader) narrowed(q ListQuery) []any {
	limit := q.StaleAfter
	if limit <= 0 {
		limit = StaleAfter
	}
	return []any{q.Custodian, q.Kind, int64(q.Sensitivity), int64(q.states()), strings.ToLower(q.Search), int64(q.Age), r.now - limit.Milliseconds()}
}

func (r *reader) listed(ctx context.Context, q ListQuery, from place) (ids []int64, last place, err error) {
	query := `SELECT l.rank, l.people, l.name, l.repository` + listedWhere + ` AND l.rank <= ?8 AND (l.rank < ?8 OR l.people < ?9 OR l.people = ?9 AND l.name > ?10)
		ORDER BY l.rank DESC, l.people DESC, l.name LIMIT ?11`
	if q.ByPeople {
		query = `SELECT l.rank, l.people, l.name, l.repository` + listedWhere + ` AND l.people <= ?9 AND (l.people < ?9 OR l.name > ?10 OR ?8 IS NULL)
			ORDER BY l.people DESC, l.name LIMIT ?11`
	}
	for rows, err := range store.Rows(ctx, r.tx, query, append(r.narrowed(q), from.Rank, from.People, from.Name, atMost(q.Limit))...) {
		var id int64
		if err == nil {
			err = rows.Scan(&last.Rank, &last.People, &last.Name, &id)
		}
		if err != nil {
			return nil, last, err
		}
		ids = append(ids, id)
	}
	return ids, last, nil
}

func (r *reader) countListed(ctx context.Context, q ListQuery) (n int, err error) {
	err = r.tx.QueryRowContext(ctx, `SELECT count(*)`+listedWhere, r.narrowed(q)...).Scan(&n)
	return n, err
}

// some gives repositories by their numbers, each as it was last summed up.
func (r *reader) some(ctx context.Context, ids []int64) (map[int64]*known, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]*known, len(ids))
	at := int64(math.MaxInt64)
	for rows, err := range store.Rows(ctx, r.tx, knownColumns+` WHERE r.id IN (SELECT value FROM json_each(?2))`, at, string(list)) {
		if err != nil {
			return nil, err
		}
		k, err := scanKnown(rows)
		if err != nil {
			return nil, err
		}
		out[k.Repository] = k
	}
	return out, nil
}

// cursor writes down where a page ended; parseCursor reads it.
func cursor(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(text string, into any) error {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		return ErrCursor
	}
	return nil
}

// Choices are what a list can be narrowed to.
type Choices struct {
	Custodians []string `json:"custodians"`
	Kinds      []string `json:"kinds"`
}

// Choices gives the custodians and the kinds of the repositories.
func (c *Catalog) Choices(ctx context.Context, who audit.Caller) (Choices, error) {
	out := Choices{Custodians: []string{}, Kinds: []string{}}
	err := c.view(ctx, request{who: who, action: audit.ReadMap}, func(r *reader) error {
		for _, w := range []struct {
			column string
			to     *[]string
		}{{"custodian", &out.Custodians}, {"kind", &out.Kinds}} {
			for rows, err := range store.Rows(ctx, r.tx, `SELECT DISTINCT `+w.column+` FROM listed WHERE `+w.column+` <> '' ORDER BY 1`) {
				var s string
				if err == nil {
					err = rows.Scan(&s)
				}
				if err != nil {
					return err
				}
				*w.to = append(*w.to, s)
			}
		}
		return nil
	})
	return out, err
}

// State is how far the facts have come: what rests on them holds as long as it does not change.
type State struct {
	Finished int64     `json:"finished"` // number of the last run that finished; 0 = none
	Ended    time.Time `json:"ended"`    // when it did
	Running  bool      `json:"running"`  // another is at work
}

// State says how far the facts have come. It tells nothing of them, and leaves no line.
func (c *Catalog) State(ctx context.Context) (s State, err error) {
	var ended, last int64
	err = c.file.Read.QueryRowContext(ctx, `SELECT coalesce((SELECT max(id) FROM runs WHERE outcome = 'finished'), 0),
		coalesce((SELECT ended FROM runs WHERE outcome = 'finished' ORDER BY id DESC LIMIT 1), 0),
		coalesce((SELECT id FROM runs WHERE outcome = 'running' ORDER BY id DESC LIMIT 1), 0)`).Scan(&s.Finished, &ended, &last)
	if err == nil && ended > 0 {
		s.Ended = store.Instant(ended)
	}
	s.Running = err == nil && last > s.Finished && c.file.Locked()
	return s, err
}

// Surveyed tells when a run that finished last began to survey a target, by the name that it was given; zero = never.
func (c *Catalog) Surveyed(ctx context.Context, target string) (at time.Time, err error) {
	var began *int64
	err = c.file.Read.QueryRowContext(ctx, `SELECT max(r.began) FROM runs r, json_each(r.targets) t WHERE r.outcome = 'finished' AND t.value = ?`, target).Scan(&began)
	if err == nil && began != nil {
		at = store.Instant(*began)
	}
	return at, err
}
