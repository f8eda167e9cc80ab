// Package gather reads what a playbook is walked over out of a catalog, as it was at one time.
package gather

import (
	"context"
	"errors"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/keep"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/threat"
	"github.com/chartroom/chartroom/threat/facts"
)

// ErrNone says that the catalog knows of no repository.
var ErrNone = errors.New("there is nothing to walk over: no repository was surveyed")

// Facts are what the catalog knew at the time of the question, in the words of a playbook. The access is that of the same time.
func Facts(ctx context.Context, c *catalog.Catalog, q keep.Question, e *access.Estate, b *threat.Book) (*facts.Told, error) {
	filter := catalog.Filter{AsOf: q.AsOf}
	in := facts.Input{Day: q.Day(), Access: e, Silent: func(predicate string) bool {
		p := b.Predicates[predicate]
		return p != nil && p.Silence == threat.Perhaps
	}}
	var err error
	if in.Repositories, err = c.Where(ctx, q.Who, filter); err != nil {
		return nil, err
	}
	if len(in.Repositories) == 0 {
		return nil, ErrNone
	}
	if in.Written, err = c.Written(ctx, q.Who, filter); err != nil {
		return nil, err
	}
	err = c.EachGrant(ctx, q.Who, filter, func(number int64, g estate.Grant) error {
		if g.System == declared.System {
			in.Said = append(in.Said, access.Fact{ID: int(number), Grant: g})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return facts.Of(in)
}
