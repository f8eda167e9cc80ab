package catalog

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/list"
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
type Age = list.Age

// The ages.
const (
	AnyAge = list.AnyAge
	Fresh  = list.Fresh
	Stale  = list.Stale
)

// List is a page of the repositories.
type List struct {
	Rows []Row
	Next string // where the next page begins; "" = this is the last
	More int    // repositories that the query lets through beside those of the page, where it asks for that; from MostCounted on there may be more
}

// MostCounted is up to where repositories are counted that a search, an age, States or several classes narrow.
const MostCounted = 10_000

// query asks the list for what the filter lets through.
func (r *reader) query() list.Query {
	return list.Query{Classes: r.filter.Sensitivity, States: r.filter.states(), Custodian: r.filter.Custodian, Stale: r.staleBefore()}
}

// List gives a page of the repositories, read from the list that surveys keep, so that it costs what the page costs.
func (c *Catalog) List(ctx context.Context, who audit.Caller, q ListQuery) (List, error) {
	out := List{Rows: []Row{}}
	var from *list.Place
	if q.After != "" {
		from = &list.Place{}
		if err := parseCursor(q.After, from); err != nil {
			return out, err
		}
	}
	err := c.view(ctx, request{who, audit.ReadMap, q.Search, q.Filter}, func(r *reader) error {
		narrow := r.query()
		narrow.Kind, narrow.Search, narrow.Age, narrow.ByPeople, narrow.Limit = q.Kind, q.Search, q.Age, q.ByPeople, q.Limit
		if narrow.Search != "" {
			found, few, err := c.names.Find(ctx, r.tx, narrow.Search)
			if err != nil {
				return err
			}
			if few {
				narrow.Search, narrow.Found = "", found
			}
		}
		page, err := narrow.Page(ctx, r.tx, from)
		if err != nil {
			return err
		}
		if q.Limit > 0 && len(page) == q.Limit {
			out.Next = cursor(page[len(page)-1].Place)
		}
		if q.Count {
			if out.More, err = narrow.Count(ctx, r.tx, MostCounted); err != nil {
				return err
			}
			out.More = max(0, out.More-len(page))
		}
		found, err := list.Those(ctx, r.tx, nil, page)
		if err != nil {
			return err
		}
		for _, k := range found {
			row, err := r.row(ctx, &known{Repository: k})
			if err != nil {
				return err
			}
			out.Rows = append(out.Rows, row)
		}
		return nil
	})
	return out, err
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
	var out Choices
	err := c.view(ctx, request{who: who, action: audit.ReadMap}, func(r *reader) (err error) {
		out.Custodians, out.Kinds, err = list.Choices(ctx, r.tx)
		return err
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
func (c *Catalog) Surveyed(ctx context.Context, target string) (time.Time, error) {
	for rows, err := range store.Rows(ctx, c.file.Read, `SELECT began, targets FROM runs WHERE outcome = 'finished' ORDER BY began DESC`) {
		var began int64
		var text string
		var targets []string
		if err == nil {
			err = rows.Scan(&began, &text)
		}
		if err == nil {
			err = json.Unmarshal([]byte(text), &targets)
		}
		if err != nil {
			return time.Time{}, err
		}
		if slices.Contains(targets, target) {
			return store.Instant(began), nil
		}
	}
	return time.Time{}, nil
}
