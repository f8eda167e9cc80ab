// Package keep works out who can reach what from the facts of a catalog, and keeps it there until they change.
package keep

import (
	"bytes"
	"context"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/all"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
)

// Question is who asks, when, and with which program: what another one had worked out is worked out anew.
type Question struct {
	Who     audit.Caller
	Now     time.Time
	AsOf    time.Time // what was known then; zero = now
	Version string
	// Custodian is whose people count; "" = everybody's. Of Estate and Save it does not count.
	Custodian string
}

// Day is the day that the answer is for.
func (q *Question) Day() string {
	at := q.AsOf
	if at.IsZero() {
		at = q.Now
	}
	return at.Format(time.DateOnly)
}

// Estate gives who can reach what: as it was kept, where that still holds, else worked out.
func Estate(ctx context.Context, c *catalog.Catalog, q Question) (*access.Estate, error) {
	q.Custodian = ""
	if !q.AsOf.IsZero() {
		return Build(ctx, c, q)
	}
	kept, _, err := c.Graph(ctx, q.Who)
	if err != nil {
		return nil, err
	}
	if e, err := access.Decode(kept); err == nil && e.Holds(q.Version, q.Day()) {
		return e, nil
	}
	return Build(ctx, c, q)
}

// Build works out who can reach what.
func Build(ctx context.Context, c *catalog.Catalog, q Question) (*access.Estate, error) {
	filter, held := catalog.Filter{AsOf: q.AsOf}, catalog.Filter{AsOf: q.AsOf, Custodian: q.Custodian}
	in := access.Input{Day: q.Day(), By: q.Version}
	in.Compilers = all.Compilers(in.Day)
	err := c.EachGrant(ctx, q.Who, filter, func(number int64, g estate.Grant) error {
		in.Facts = append(in.Facts, access.Fact{ID: int(number), Grant: g})
		return nil
	})
	if err != nil {
		return nil, err
	}
	in.Turns = all.Turns(in.Facts)
	if in.Repositories, err = repositories(ctx, c, q); err != nil {
		return nil, err
	}
	in.Holdings = func(people bool, yield func(access.Holding) error) error {
		return c.EachHolding(ctx, q.Who, held, people, func(h catalog.Holding) error {
			return yield(access.Holding{Place: access.Place{Repository: h.Repository, Path: h.Path}, Verdict: h.Verdict, Classes: h.Classes, Bytes: h.Bytes, People: h.People})
		})
	}
	return access.Build(in)
}

// Save works it out after a survey and keeps it, and for each repository how many can read it. Where the survey brought nothing new,
// what was kept is kept on.
func Save(ctx context.Context, c *catalog.Catalog, q Question) error {
	q.Custodian = ""
	renewed, err := renew(ctx, c, q)
	if err != nil || renewed {
		return err
	}
	e, err := Build(ctx, c, q)
	if err != nil {
		return err
	}
	var readers []catalog.Readers
	err = e.EachReadership(func(name string, r access.Readership) error {
		readers = append(readers, catalog.Readers{Repository: name, Certain: int64(r.Certain), Possible: int64(r.Possible + r.Escalating), Outside: int64(r.Outside)})
		return nil
	})
	if err != nil {
		return err
	}
	var graph bytes.Buffer
	if err := e.Encode(&graph); err != nil {
		return err
	}
	return c.SaveGraph(ctx, q.Who, time.Now(), graph.Bytes(), readers)
}

// renew keeps on what was kept, if it would come out the same.
func renew(ctx context.Context, c *catalog.Catalog, q Question) (bool, error) {
	repositories, err := repositories(ctx, c, q)
	if err != nil {
		return false, err
	}
	return c.RenewGraph(ctx, q.Who, time.Now(), func(graph []byte) bool {
		e, err := access.Decode(graph)
		return err == nil && e.Holds(q.Version, q.Day()) && covers(e, repositories)
	})
}

// repositories are those that were surveyed.
func repositories(ctx context.Context, c *catalog.Catalog, q Question) (out []access.Repository, err error) {
	err = c.EachRepository(ctx, q.Who, catalog.Filter{AsOf: q.AsOf}, func(row catalog.Row) error {
		out = append(out, access.Repository{Name: row.Repository, Custodian: row.Custodian})
		return nil
	})
	return out, err
}

// covers tells whether an estate is of these repositories, and of the same custodians.
func covers(e *access.Estate, repositories []access.Repository) bool {
	custodians := make(map[string]string, len(repositories))
	for _, r := range repositories {
		custodians[r.Name] = r.Custodian
	}
	for _, p := range e.Parts() {
		if custodian, known := custodians[p.Place.Repository]; !known || custodian != p.Custodian {
			return false
		}
	}
	return len(e.Repositories()) == len(repositories)
}
