package catalog

import (
	"testing"
	"time"

	"github.com/chartroom/chartroom/estate"
	"github.com/google/go-cmp/cmp"
)

func traced(path, version string, traces ...estate.Trace) []estate.Fact {
	facts := csv(path, version, 1, 2).facts()
	var t estate.Traces
	for _, trace := range traces {
		t.Add(trace)
	}
	for _, s := range t.Close() {
		facts = append(facts, estate.Fact{Traces: &estate.TraceSet{Repository: archive, Path: path, Set: s}})
	}
	return facts
}

func TestTracesKeepTheVersionThatTheyAreOf(t *testing.T) {
	s := newStory(t)
	type row struct {
		item     string
		from, to time.Time
		has      []bool
	}
	wanted := []estate.Trace{1 << 50, 1 << 60, 3 << 60}
	r := s.begin()
	s.append(r, traced("a.csv", "1", wanted[0], wanted[1]), traced("b.csv", "1"))
	s.finish(r, 2)
	first := s.later(time.Hour)
	r = s.begin()
	s.append(r, traced("a.csv", "2", wanted[1], wanted[2]), traced("b.csv", "1"))
	s.finish(r, 2)
	var got []row
	err := s.c.EachTraces(s.ctx, officer, Filter{}, func(tr Traces) error {
		g := row{item: tr.Item, from: tr.From, to: tr.To}
		for _, w := range wanted {
			g.has = append(g.has, tr.Set.Has(w))
		}
		got = append(got, g)
		return nil
	})
	want := []row{{"a.csv", first, s.clock, []bool{true, true, false}}, {"a.csv", s.clock, time.Time{}, []bool{false, true, true}}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(row{})); diff != "" || err != nil {
		t.Error(diff, err)
	}
	var left []Untraced
	err = s.c.EachUntraced(s.ctx, officer, Filter{}, func(u Untraced) error {
		left = append(left, u)
		return nil
	})
	if diff := cmp.Diff([]Untraced{{archive, "b.csv"}}, left); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
