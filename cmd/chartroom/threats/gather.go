package threats

import (
	"context"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/keep"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/threat"
	"github.com/chartroom/chartroom/threat/facts"
)

// facts are what the catalog knows, in the words of a playbook.
func (r *Room) facts(ctx context.Context, b *threat.Book) (*facts.Told, error) {
	filter := catalog.Filter{AsOf: r.Question.AsOf}
	in := facts.Input{Day: r.Question.Day(), Silent: func(predicate string) bool {
		p := b.Predicates[predicate]
		return p != nil && p.Silence == threat.Perhaps
	}}
	var err error
	if in.Access, err = keep.Estate(ctx, r.Catalog, r.Question); err != nil {
		return nil, err
	}
	if in.Repositories, err = r.Where(ctx, r.Question.Who, filter); err != nil {
		return nil, err
	}
	if len(in.Repositories) == 0 {
		return nil, errNone
	}
	if in.Written, err = r.Written(ctx, r.Question.Who, filter); err != nil {
		return nil, err
	}
	err = r.EachGrant(ctx, r.Question.Who, filter, func(number int64, g estate.Grant) error {
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
