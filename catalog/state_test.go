package catalog

import (
	"slices"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"pgregory.net/rapid"

	"github.com/google/go-cmp/cmp"
)

// view is all that the catalog answers, without times.
type state struct {
	Where  []Row
	Items  map[string]Row
	Fields []Field
	Gaps   []Gap
	Total  Total
}

func (s *story) state() state {
	s.Helper()
	v := state{Where: s.where(Filter{}), Items: s.items(Filter{}), Gaps: s.gaps(Filter{}), Fields: s.fields(Filter{Explain: true})}
	var err error
	if v.Total, err = s.c.Tally(s.ctx, officer, Filter{}); err != nil {
		s.Fatal(err)
	}
	return v
}

// Whatever the order and the partition of the facts, and however often they come: the current view is the same.
func TestOrderAndPartitionDoNotMatter(t *testing.T) {
	items := []thing{zipped(), csv("a/x.csv", "1", 1, 2), csv("a/y.csv", "1", 2, 3), csv("b.csv", "1"),
		unread("c.bin", "1", estate.GapNoReader), unread("d", "", estate.GapUnreadable)}
	old := csv("a/x.csv", "0", 9)
	ref := newStory(t)
	ref.survey(items)
	want := ref.state()
	rapid.Check(t, func(rt *rapid.T) {
		s := newStory(t)
		if rapid.Bool().Draw(rt, "before") {
			s.survey([]thing{old, csv("gone.csv", "1", 7)})
		}
		order := rapid.Permutation(append(slices.Clone(items), items[rapid.IntRange(0, len(items)-1).Draw(rt, "twice")])).Draw(rt, "order")
		r := s.begin()
		for len(order) > 0 {
			n := rapid.IntRange(1, len(order)).Draw(rt, "n")
			var facts []estate.Fact
			for i, it := range order[:n] {
				if slices.ContainsFunc(order[:i], func(o thing) bool { return o.path == it.path }) {
					continue // twice in one call would be one item in two pieces
				}
				facts = append(facts, it.facts()...)
			}
			facts = rapid.Permutation(facts).Draw(rt, "facts")
			s.append(r, facts)
			order = order[n:]
		}
		s.balanced(s.finish(r, int64(len(items))))
		got := s.state()
		sortFields(got.Fields)
		sortFields(want.Fields)
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Error(diff)
		}
	})
}

// sortFields makes fields of one item comparable: they are answered in the order in which they came.
func sortFields(fields []Field) {
	slices.SortStableFunc(fields, func(a, b Field) int {
		if a.Item != b.Item {
			if a.Item < b.Item {
				return -1
			}
			return 1
		}
		if a.Field < b.Field {
			return -1
		}
		return 1
	})
}
