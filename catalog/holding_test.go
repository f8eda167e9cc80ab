package catalog_test

import (
	"testing"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/catalog/catalogtest"
	"github.com/chartroom/chartroom/catalog/store/storetest"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The same items come with their people and without, and people only where they were asked for.
func TestHoldingsWithAndWithoutPeople(t *testing.T) {
	s := catalogtest.New(t, storetest.Fresh(t), 4, 1)
	s.Survey(6)
	all := func(people bool) (out []catalog.Holding, known int) {
		s.Must(s.Catalog.EachHolding(t.Context(), catalogtest.Keeper(), catalog.Filter{}, people, func(h catalog.Holding) error {
			if h.People != nil {
				known++
			}
			out = append(out, h)
			return nil
		}))
		return out, known
	}
	with, known := all(true)
	without, none := all(false)
	if known == 0 || none != 0 {
		t.Errorf("people of %d items came, and of %d where nobody asked", known, none)
	}
	if d := cmp.Diff(with, without, cmpopts.IgnoreFields(catalog.Holding{}, "People")); d != "" {
		t.Error(d)
	}
}
