package catalog

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/estate"
)

// BenchmarkLarge fills a catalog with CHARTROOM_BENCH_ITEMS items (20,000 without it) and asks all that is asked of one.
func BenchmarkLarge(b *testing.B) {
	items := 20_000
	if n, err := strconv.Atoi(os.Getenv("CHARTROOM_BENCH_ITEMS")); err == nil {
		items = n
	}
	ctx := context.Background()
	c := benchCatalog(b)
	fill(b, c, items)
	b.Logf("filled: resident %s", resident())
	measure := func(name string, f func() (int, error)) {
		start := time.Now()
		n, err := f()
		if err != nil {
			b.Fatal(name, err)
		}
		b.Logf("%-28s %8d rows %8.0f ms, resident at most %s", name, n, float64(time.Since(start).Microseconds())/1000, resident())
	}
	count := func(f Filter) func() (int, error) {
		return func() (n int, err error) {
			err = c.EachItem(ctx, officer, f, func(Row) error { n++; return nil })
			return n, err
		}
	}
	for b.Loop() {
		measure("where", func() (int, error) { r, err := c.Where(ctx, officer, Filter{}); return len(r), err })
		measure("tally", func() (int, error) { r, err := c.Tally(ctx, officer, Filter{}); return r.Repositories, err })
		measure("where as of", func() (int, error) {
			r, err := c.Where(ctx, officer, Filter{AsOf: time.Now()})
			return len(r), err
		})
		measure("100 items", count(Filter{Limit: 100}))
		measure("all items", count(Filter{}))
		measure("all items as of", count(Filter{AsOf: time.Now()}))
		measure("a million fields", func() (n int, err error) {
			err = c.EachField(ctx, officer, Filter{Limit: 1_000_000}, func(Field) error { n++; return nil })
			return n, err
		})
		measure("gaps", func() (n int, err error) {
			err = c.EachGap(ctx, officer, Filter{}, func(Gap) error { n++; return nil })
			return n, err
		})
		measure("rescan, one changed", func() (int, error) { return items, rescan(ctx, c, items) })
		measure("diff", func() (int, error) {
			r, err := c.Diff(ctx, officer, time.Now().Add(-time.Hour), time.Now(), Filter{})
			return len(r.Repositories), err
		})
	}
}

// rescan is a second survey in which the first item has changed.
func rescan(ctx context.Context, c *Catalog, items int) error {
	r, err := c.Begin(ctx, officer, RunSpec{})
	if err != nil {
		return err
	}
	if err := r.Repository(ctx, estate.Repository{Name: "file:///bench"}); err != nil {
		return err
	}
	if err := r.Append(ctx, benchFacts(nil, 0)); err != nil {
		return err
	}
	for i := 1; i < items; i++ {
		if _, err := r.Unchanged(ctx, "file:///bench", benchPath(i), fmt.Sprintf("1790000000.%09d-48211", i), "rules/1"); err != nil {
			return err
		}
	}
	books, err := r.Finish(ctx, complete("file:///bench", int64(items)))
	if err != nil {
		return err
	}
	return books.Balance()
}

// BenchmarkWhere asks WHERE of a thousand repositories.
func BenchmarkWhere(b *testing.B) {
	ctx := context.Background()
	c := benchCatalog(b)
	r, err := c.Begin(ctx, officer, RunSpec{})
	if err != nil {
		b.Fatal(err)
	}
	var listings []Listing
	for i := range 1000 {
		repo := fmt.Sprintf("s3://bucket-%04d", i)
		if err := r.Repository(ctx, estate.Repository{Name: repo, Kind: "s3"}); err != nil {
			b.Fatal(err)
		}
		facts := benchFacts(nil, i)
		facts[0].Item.Repository = repo
		if err := r.Append(ctx, facts[:1]); err != nil {
			b.Fatal(err)
		}
		listings = append(listings, Listing{Repository: repo, Complete: true, Items: 1})
	}
	if _, err := r.Finish(ctx, listings); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if rows, err := c.Where(ctx, officer, Filter{}); err != nil || len(rows) != 1000 {
			b.Fatal(len(rows), err)
		}
	}
}

// resident is the largest memory that the process had, where the system tells.
func resident() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strings.TrimSpace(rest)
		}
	}
	return "unknown"
}
