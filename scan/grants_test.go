package scan

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// granting is a source of which only the grants are asked.
type granting struct {
	source.Source
	grants func(yield func(estate.Grant) error) error
}

func (g granting) Repository() estate.Repository {
	return estate.Repository{Name: "postgres://ehr/portal", Kind: "postgres"}
}

func (g granting) Grants(_ context.Context, yield func(estate.Grant) error) error {
	return g.grants(yield)
}

// kept keeps grants.
type kept struct {
	*memory
	grants []*estate.Grant
}

func (k *kept) Append(_ context.Context, facts []estate.Fact) error {
	for _, f := range facts {
		k.grants = append(k.grants, f.Grant)
	}
	return k.err
}

func some(n int, end error) func(yield func(estate.Grant) error) error {
	return func(yield func(estate.Grant) error) error {
		for i := range n {
			if err := yield(estate.Grant{Kind: "acl", Principal: fmt.Sprint("clerk ", i)}); err != nil {
				return err
			}
		}
		return end
	}
}

func TestGrantsAreKeptAndABrokenCollectorIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		collect func(yield func(estate.Grant) error) error
		told    bool
		n       int
	}{
		"all":    {some(2*grantsAtOnce+1, nil), true, 2*grantsAtOnce + 1},
		"none":   {some(0, nil), true, 0},
		"broken": {some(3, errors.New("pg_hba_file_rules: permission denied")), false, 4},
		"faulty": {func(func(estate.Grant) error) error { panic("index out of range") }, false, 1},
	} {
		k := &kept{memory: newMemory()}
		told, err := Grants(t.Context(), granting{grants: c.collect}, k)
		if err != nil || told != c.told || len(k.grants) != c.n {
			t.Errorf("%s: %v, %d grants, %v", name, told, len(k.grants), err)
			continue
		}
		for i, g := range k.grants {
			if g.Repository != "postgres://ehr/portal" || (i == c.n-1 && !c.told) != (g.Kind == "unseen") {
				t.Errorf("%s: %d: %+v", name, i, g)
			}
		}
	}
}

func TestALedgerThatFailsEndsTheCollecting(t *testing.T) {
	k := &kept{memory: newMemory()}
	k.err = errors.New("disk full")
	if _, err := Grants(t.Context(), granting{grants: some(3*grantsAtOnce, nil)}, k); !errors.Is(err, k.err) || len(k.grants) != grantsAtOnce {
		t.Errorf("%d grants, %v", len(k.grants), err)
	}
}

// TestAClosedSourceTellsNoGrants: of a repository that cannot be opened nobody knows who may read it, and what was told before still stands.
func TestAClosedSourceTellsNoGrants(t *testing.T) {
	k := &kept{memory: &memory{}}
	told, err := Grants(t.Context(), source.Closed(estate.Repository{Name: "postgres://ehr/portal", Kind: "postgres"}, "connection refused"), k)
	if err != nil || told || len(k.grants) != 1 || k.grants[0].Kind != "unseen" || k.grants[0].Why != "connection refused" {
		t.Errorf("told %v, %v, %+v", told, err, k.grants)
	}
}
