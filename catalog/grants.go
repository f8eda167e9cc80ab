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
		var words [4]int64
		// Words that many facts share are remembered; those that are nearly as many as the facts come with them.
		for rows, err := range store.Rows(ctx, r.tx, `SELECT x.id, r.name, x.system, x.scope, x.kind, x.action, p.text, t.text, w.text, o.text, x.detail
			FROM repositories r CROSS JOIN grants x ON x.repository = r.id CROSS JOIN words p ON p.id = x.principal CROSS JOIN words t ON t.id = x.target
			CROSS JOIN words w ON w.id = x.why CROSS JOIN words o ON o.id = x.origin WHERE `+held+` ORDER BY x.id`, args...) {
			var number int64
			var g estate.Grant
			if err == nil {
				err = rows.Scan(&number, &g.Repository, &words[0], &words[1], &words[2], &words[3], &g.Principal, &g.Target, &g.Why, &g.From, &g.Detail)
			}
			for i, to := range []*string{&g.System, &g.Scope, &g.Kind, &g.Action} {
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
