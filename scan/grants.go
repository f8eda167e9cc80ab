package scan

import (
	"context"
	"errors"
	"fmt"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// grantsAtOnce is how many grants are written at a time.
const grantsAtOnce = 4096

// Grants collects who may do what with a repository. It returns an error only if the ledger failed or the context ended. Where the
// collector broke off, told is false, and a fact of the kind "unseen" says so: what was told before still stands then.
func Grants(ctx context.Context, src source.Source, ledger Ledger) (told bool, err error) {
	repo := src.Repository()
	var facts []estate.Fact
	fault := error(nil) // of the ledger
	flush := func() error {
		if len(facts) > 0 {
			fault = ledger.Append(ctx, facts)
		}
		facts = facts[:0]
		return fault
	}
	err = collect(ctx, src, func(g estate.Grant) error {
		g.Repository = repo.Name
		facts = append(facts, estate.Fact{Grant: &g})
		if len(facts) < grantsAtOnce {
			return nil
		}
		return flush()
	})
	if fault == nil && ctx.Err() == nil {
		if err != nil {
			facts = append(facts, estate.Fact{Grant: &estate.Grant{Repository: repo.Name, System: repo.Kind, Kind: "unseen", Why: err.Error()}})
		}
		fault = flush()
	}
	if fault == nil {
		fault = ctx.Err()
	}
	if fault != nil {
		return false, fmt.Errorf("collect who may read %s: %w", repo.Name, fault)
	}
	return err == nil, nil
}

// errFault stands for a fault of a collector.
var errFault = errors.New("a fault of the collector")

// collect calls the collector; a fault of it does not end the scan.
func collect(ctx context.Context, src source.Source, yield func(estate.Grant) error) (err error) {
	defer func() {
		if recover() != nil {
			err = errFault
		}
	}()
	return src.Grants(ctx, yield)
}
