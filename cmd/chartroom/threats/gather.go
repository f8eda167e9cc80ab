package threats

import (
	"context"

	"github.com/chartroom/chartroom/access/keep"
	"github.com/chartroom/chartroom/threat"
	"github.com/chartroom/chartroom/threat/facts"
	"github.com/chartroom/chartroom/threat/gather"
)

// facts are what the catalog knows, in the words of a playbook.
func (r *Room) facts(ctx context.Context, b *threat.Book) (*facts.Told, error) {
	e, err := keep.Estate(ctx, r.Catalog, r.Question)
	if err != nil {
		return nil, err
	}
	return gather.Facts(ctx, r.Catalog, r.Question, e, b)
}
