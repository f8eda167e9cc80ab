package catalog

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

var officer = audit.Caller{Name: "Ada", Role: audit.Admin}

const benchFolder = 100 // items in a folder

func benchPath(i int) string { return fmt.Sprintf("clinic/%05d/visit-%07d.csv", i/benchFolder, i) }

// benchFacts are item i with ten findings and three people.
func benchFacts(facts []estate.Fact, i int) []estate.Fact {
	people := estate.NewPeople(0)
	for p := range 3 {
		m := estate.Mark(uint64(i*3+p) * 0x9E3779B97F4A7C15)
		people.Add(estate.Person{Marks: []estate.Mark{m &^ 1, (m*0x9E3779B97F4A7C15 + 2) &^ 1}, Birth: uint32(m>>40) | 1, States: 1 << 5})
	}
	path := benchPath(i)
	facts = append(facts, estate.Fact{Item: &estate.Item{Repository: "file:///bench", Path: path, Version: fmt.Sprintf("1790000000.%09d-48211", i),
		Bytes: 48211, Modified: time.Unix(1790000000, 0), Format: "csv", Verdict: phi.VerdictPHI, Classes: phi.Of(phi.SUD), People: people,
		Records: 120, Read: 48211, Evidence: estate.Evidence{Reader: "csv/1", Coverage: "all", Rules: "rules/1"}}})
	for f := range 10 {
		facts = append(facts, estate.Fact{Finding: &estate.Finding{Repository: "file:///bench", Path: path, Field: fmt.Sprintf("column_%d", f),
			Kind: phi.Kind(f + 1), Subject: phi.Patient, Values: 120, WellFormed: 118, People: 3, Likelihood: 0.97,
			Why: []estate.Reason{{Rule: "header", Detail: "the column is named so", Source: "own"}, {Rule: "values", Detail: "syntax", Count: int64(100 + i%20)}}}})
	}
	return facts
}

func fill(b *testing.B, c *Catalog, items int) {
	ctx := context.Background()
	r, err := c.Begin(ctx, officer, RunSpec{Targets: []string{"/bench"}, Rules: "rules/1", Version: "test"})
	if err != nil {
		b.Fatal(err)
	}
	if err := r.Repository(ctx, estate.Repository{Name: "file:///bench", Kind: "files", Custodian: "Lakeside Clinics"}); err != nil {
		b.Fatal(err)
	}
	var facts []estate.Fact
	start := time.Now()
	for i := range items {
		if facts = benchFacts(facts, i); len(facts) >= 5000 || i == items-1 {
			if err := r.Append(ctx, facts); err != nil {
				b.Fatal(err)
			}
			facts = facts[:0]
		}
	}
	b.ReportMetric(float64(items*11)/time.Since(start).Seconds(), "facts/s")
	start = time.Now()
	books, err := r.Finish(ctx, complete("file:///bench", int64(items)))
	if err != nil {
		b.Fatal(err)
	}
	if err := books.Balance(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(start).Seconds(), "finish-s")
}

func benchCatalog(b *testing.B) *Catalog {
	c, err := Open(context.Background(), filepath.Join(b.TempDir(), "bench.chart"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	return c
}

// BenchmarkAppend tells facts a second and bytes an item of a first survey.
func BenchmarkAppend(b *testing.B) {
	for b.Loop() {
		const items = 50_000
		c := benchCatalog(b)
		fill(b, c, items)
		if _, err := c.file.Write.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
			b.Fatal(err)
		}
		info, err := os.Stat(c.Path())
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size())/items, "bytes/item")
	}
}

// BenchmarkUnchanged tells look-ups a second of a second survey of the same.
func BenchmarkUnchanged(b *testing.B) {
	const items = 50_000
	c := benchCatalog(b)
	fill(b, c, items)
	ctx := context.Background()
	for b.Loop() {
		r, err := c.Begin(ctx, officer, RunSpec{})
		if err != nil {
			b.Fatal(err)
		}
		if err := r.Repository(ctx, estate.Repository{Name: "file:///bench"}); err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		for i := range items {
			got, err := r.Unchanged(ctx, "file:///bench", benchPath(i), fmt.Sprintf("1790000000.%09d-48211", i), "rules/1")
			if err != nil || !got.Renewed {
				b.Fatal(i, got, err)
			}
		}
		b.ReportMetric(items/time.Since(start).Seconds(), "items/s")
		start = time.Now()
		if _, err := r.Finish(ctx, complete("file:///bench", items)); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(start).Seconds(), "finish-s")
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapSys)/(1<<20), "heap-MiB")
}
