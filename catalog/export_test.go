package catalog

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/list"
)

// DiffOfAll is Diff that compares all repositories, and leaves none out as untouched.
func (c *Catalog) DiffOfAll(ctx context.Context, who audit.Caller, since, until time.Time, f Filter) (Changes, error) {
	out := Changes{Since: since.UTC(), Until: until.UTC(), Repositories: []RepositoryChange{}}
	f.AsOf = until
	err := c.view(ctx, request{who, audit.ReadDiff, f.Repository, f}, func(r *reader) error {
		f.AsOf = since
		var all []list.Entry
		err := list.Each(ctx, r.tx, r.at, f.Repository, func(k *list.Repository) error {
			all = append(all, list.Entry{Place: list.Place{Name: k.Name}, Repository: k.Repository})
			return nil
		})
		if err != nil {
			return err
		}
		slices.SortFunc(all, list.Entry.Before)
		return r.changes(ctx, newReader(r.tx, since, f), all, &out)
	})
	slices.SortStableFunc(out.Repositories, func(a, b RepositoryChange) int { return cmp.Compare(b.rank, a.rank) })
	return out, err
}
