package catalog

import (
	"context"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
)

// EachGrant calls yield with one raw access fact after the other, each with its number, and ends with yield's error.
func (c *Catalog) EachGrant(ctx context.Context, who audit.Caller, f Filter, yield func(number int64, g estate.Grant) error) error {
	return c.view(ctx, request{who, audit.ReadGrants, f.Repository, f}, func(r *reader) error {
		held, args := r.filtered()
		var words [8]int64
		for rows, err := range store.Rows(ctx, r.tx, `SELECT x.id, r.name, x.system, x.scope, x.kind, x.principal, x.action, x.target, x.why, x.origin,
			x.detail FROM repositories r CROSS JOIN grants x ON x.repository = r.id WHERE `+held+` ORDER BY x.id`, args...) {
			var number int64
			var g estate.Grant
			if err == nil {
				err = rows.Scan(&number, &g.Repository, &words[0], &words[1], &words[2], &words[3], &words[4], &words[5], &words[6], &words[7], &g.Detail)
			}
			for i, to := range []*string{&g.System, &g.Scope, &g.Kind, &g.Principal, &g.Action, &g.Target, &g.Why, &g.From} {
				if err == nil {
					*to, err = r.word(ctx, words[i])
				}
			}
			if err == nil {
				err = yield(number, g)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
