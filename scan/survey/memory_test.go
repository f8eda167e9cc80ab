package survey_test

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chartroom/chartroom/catalog"
	cold "github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/scan/survey"
	"github.com/chartroom/chartroom/source"
)

// invented is a tree of n small files that are about a hundred people.
type invented int

func (n invented) Repository() cold.Repository {
	return cold.Repository{Name: "file:///invented", Kind: "files"}
}

func (n invented) Grants(context.Context, func(cold.Grant) error) error { return nil }

func (n invented) Items(_ context.Context, yield func(source.Listed) error) error {
	for i := range int(n) {
		item := source.Item{Path: fmt.Sprintf("%03d/%06d-patient.csv", i/500, i), Version: "1", Bytes: 50, Ref: i}
		if err := yield(source.Listed{Item: item}); err != nil {
			return err
		}
	}
	return nil
}

func (n invented) Open(_ context.Context, item source.Item) (io.ReadCloser, error) {
	who := item.Ref.(int) % 100
	return io.NopCloser(strings.NewReader(fmt.Sprintf("mrn,name,birth_date,diagnosis\nM%07d,Ada Example,19%02d-02-03,F11.20\n", 7001234+who, who))), nil
}

// mostLive gives the most bytes that were alive at any collection while f ran, which is often.
func mostLive(f func()) int64 {
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	runtime.GC()
	type canary struct{ alive *canary }
	var most atomic.Int64
	var done atomic.Bool
	var sing func(*canary)
	sing = func(c *canary) { // each collection finds it dead
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		most.Store(max(most.Load(), int64(live[0].Value.Uint64())))
		if !done.Load() {
			runtime.SetFinalizer(c, sing)
		}
	}
	runtime.SetFinalizer(&canary{}, sing)
	f()
	done.Store(true)
	return most.Load()
}

// TestFilesTakeNoMemory: what a survey holds does not grow with the files.
func TestFilesTakeNoMemory(t *testing.T) {
	live := func(files int) int64 {
		c, err := catalog.Open(t.Context(), filepath.Join(t.TempDir(), "catalog.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		target := survey.NewTarget("invented")
		target.Sources = []source.Source{invented(files)}
		job := &survey.Job{Catalog: c, Who: officer, Key: fingerprint.NewKey(), Targets: []*survey.Target{target}, Warn: func(string) {},
			Settings: &survey.Settings{Workers: 2, AtOnce: 1, Limits: scan.Limits{Depth: 3}, Version: "test"}}
		return mostLive(func() {
			for range 2 { // and when nothing has changed
				if books, err := job.Run(t.Context()); err != nil || books.Listed != int64(files) || books.Balance() != nil {
					t.Fatalf("%+v, %v", books, err)
				}
			}
		})
	}
	live(500)
	few, many := live(2_000), live(8_000)
	if grown := many - few; grown > 1<<20 {
		t.Errorf("6,000 more files take %d KiB: %d instead of %d", grown>>10, many>>10, few>>10)
	}
}
