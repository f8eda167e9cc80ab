package catalog

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/catalog/list"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"pgregory.net/rapid"
)

// many surveys repositories of all sorts.
func (s *story) many(n int) {
	s.Helper()
	r := s.begin()
	var listings []Listing
	for i := range n {
		repo := estate.Repository{Name: fmt.Sprintf("s3://Clinic-%02d", (i*7)%n), Kind: []string{"s3", "files", "declared"}[i%3], Custodian: []string{"Meridian", "Lakeside"}[i%2]}
		if err := r.Repository(s.ctx, repo); err != nil {
			s.Fatal(err)
		}
		class := []phi.Classes{phi.Of(phi.SUD), phi.Of(phi.HIV), 0}[i%3]
		item := &estate.Item{Repository: repo.Name, Path: "a.csv", Version: "1", Bytes: 10, Format: "csv", Evidence: estate.Evidence{Reader: "csv/1", Coverage: "all", Rules: "1"}}
		if i%5 > 0 {
			item.Verdict, item.Classes, item.People = phi.VerdictPHI, class, crowd(class, []int{2, 4, 1, 3}[:i%4+1]...)
		}
		s.append(r, []estate.Fact{{Item: item}})
		listings = append(listings, Listing{Repository: repo.Name, Complete: true, Items: 1})
	}
	if _, err := r.Finish(s.ctx, listings); err != nil {
		s.Fatal(err)
	}
}

// TestTheListIsWherePageByPage: whatever it is narrowed to, its pages together are WHERE's answer.
func TestTheListIsWherePageByPage(t *testing.T) {
	s := newStory(t)
	s.many(40)
	s.later(time.Hour)
	rapid.Check(t, func(t *rapid.T) {
		q := ListQuery{Search: rapid.SampledFrom([]string{"", "clinic-1", "CLINIC-3", "%", "nothing"}).Draw(t, "search"), Kind: rapid.SampledFrom([]string{"", "s3"}).Draw(t, "kind"), ByPeople: rapid.Bool().Draw(t, "by people")}
		q.Custodian = rapid.SampledFrom([]string{"", "Meridian"}).Draw(t, "custodian")
		q.Sensitivity = rapid.SampledFrom([]phi.Classes{0, phi.Of(phi.SUD), phi.Of(phi.SUD).With(phi.HIV)}).Draw(t, "classes")
		q.States = rapid.SampledFrom([][]phi.State{nil, {phi.ParseState("NY")}, {phi.ParseState("CA"), 0}}).Draw(t, "states")
		q.Age = rapid.SampledFrom([]Age{AnyAge, Fresh, Stale}).Draw(t, "age")
		q.StaleAfter = rapid.SampledFrom([]time.Duration{time.Minute, 24 * time.Hour}).Draw(t, "stale after")
		rows, err := s.c.Where(s.ctx, officer, q.Filter)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, r := range rows {
			stale := map[Age]bool{AnyAge: r.Stale, Fresh: false, Stale: true}[q.Age]
			if strings.Contains(strings.ToLower(r.Repository), strings.ToLower(q.Search)) && (q.Kind == "" || r.Kind == q.Kind) && r.Stale == stale {
				want = append(want, r.Repository)
			}
		}
		var got []string
		q.Limit, q.Count = rapid.IntRange(1, 50).Draw(t, "limit"), true
		for first := true; first || q.After != ""; first = false {
			page, err := s.c.List(s.ctx, officer, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Rows {
				got = append(got, r.Repository)
			}
			q.After = page.Next
		}
		if q.ByPeople {
			slices.Sort(got)
			slices.Sort(want)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%+v\ngot  %q\nwant %q", q, got, want)
		}
	})
}

func FuzzCursors(f *testing.F) {
	for _, seed := range []string{"", "bm8", "eyJSYW5rIjoxfQ", "WzEsMl0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, after string) {
		for _, into := range []any{&list.Place{}, &fieldPlace{}, &gapPlace{}, new(int64)} {
			if err := parseCursor(after, into); err == nil {
				if again := parseCursor(cursor(into), into); again != nil {
					t.Fatalf("%q is read and cannot be written: %v", after, again)
				}
			}
		}
	})
}
