package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/store"
)

// RunInfo is what the catalog knows of a run.
type RunInfo struct {
	ID      int64      `json:"id"`
	Began   time.Time  `json:"began"`
	Beat    time.Time  `json:"beat"`    // when it last wrote
	Ended   *time.Time `json:"ended"`   // null = it did not
	Outcome string     `json:"outcome"` // running, interrupted, finished
	Caller  string     `json:"caller"`
	Host    string     `json:"host"`
	PID     int        `json:"pid"`
	Targets []string   `json:"targets"`
	Rules   string     `json:"rules"`
	Version string     `json:"version"`
	Books   Books      `json:"books"` // of all its visits
	Visits  []Visit    `json:"visits,omitempty"`
}

// Visit is what a run did in one repository.
type Visit struct {
	Repository string     `json:"repository"`
	Began      time.Time  `json:"began"`
	Finished   *time.Time `json:"finished"`
	Complete   bool       `json:"complete"` // it was listed to its end
	Books      Books      `json:"books"`
}

// RunList gives the runs without their visits, the latest first; limit 0 is no limit.
func (c *Catalog) RunList(ctx context.Context, who audit.Caller, limit int) ([]RunInfo, error) {
	return c.listRuns(ctx, who, limit, false)
}

// Runs gives the runs, the latest first; limit 0 is no limit. The books of a run that did not finish say how far it came.
func (c *Catalog) Runs(ctx context.Context, who audit.Caller, limit int) ([]RunInfo, error) {
	return c.listRuns(ctx, who, limit, true)
}

func (c *Catalog) listRuns(ctx context.Context, who audit.Caller, limit int, visits bool) ([]RunInfo, error) {
	out := []RunInfo{}
	err := c.view(ctx, request{who: who, action: audit.ReadRuns}, func(r *reader) (err error) {
		if out, err = r.runs(ctx, limit); err != nil {
			return err
		}
		for i := range out {
			if out[i].Outcome == "running" && !c.file.Locked() {
				out[i].Outcome = "interrupted"
			}
			if !visits && out[i].Books != (Books{}) {
				continue
			}
			out[i].Books = Books{}
			if err := r.visits(ctx, &out[i]); err != nil {
				return err
			}
			if !visits {
				out[i].Visits = nil
			}
		}
		return nil
	})
	return out, err
}

func (r *reader) runs(ctx context.Context, limit int) ([]RunInfo, error) {
	out := []RunInfo{}
	for rows, err := range store.Rows(ctx, r.tx, `SELECT id, began, beat, ended, outcome, caller, host, pid, targets, rules, version, books FROM runs
		ORDER BY id DESC LIMIT ?`, atMost(limit)) {
		var i RunInfo
		var began, beat int64
		var ended *int64
		var targets, books string
		if err == nil {
			err = rows.Scan(&i.ID, &began, &beat, &ended, &i.Outcome, &i.Caller, &i.Host, &i.PID, &targets, &i.Rules, &i.Version, &books)
		}
		if err == nil && books != "" {
			err = json.Unmarshal([]byte(books), &i.Books)
		}
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(targets), &i.Targets); err != nil {
			return nil, fmt.Errorf("targets of run %d: %w", i.ID, err)
		}
		i.Began, i.Beat, i.Ended = store.Instant(began), store.Instant(beat), maybe(ended)
		out = append(out, i)
	}
	return out, nil
}

func (r *reader) visits(ctx context.Context, run *RunInfo) error {
	run.Visits = []Visit{}
	for rows, err := range store.Rows(ctx, r.tx, `SELECT r.name, v.began, v.finished, v.complete, v.books FROM visits v
		JOIN repositories r ON r.id = v.repository WHERE v.run = ? ORDER BY r.name`, run.ID) {
		var v Visit
		var began int64
		var finished *int64
		var books string
		if err == nil {
			err = rows.Scan(&v.Repository, &began, &finished, &v.Complete, &books)
		}
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(books), &v.Books); err != nil {
			return fmt.Errorf("books of run %d: %w", run.ID, err)
		}
		v.Began, v.Finished = store.Instant(began), maybe(finished)
		run.Books = run.Books.Add(v.Books)
		run.Visits = append(run.Visits, v)
	}
	return nil
}

// maybe is a stored time that may be missing.
func maybe(ms *int64) *time.Time {
	if ms == nil {
		return nil
	}
	t := store.Instant(*ms)
	return &t
}
