package shards

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/fleet/hub"
	"github.com/chartroom/chartroom/fleet/inside"
	"github.com/chartroom/chartroom/format/all"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/scan/survey"
)

// limit is what the whole process may take: hub, catalog, line and the workers that do nothing.
const limit = 256 << 20

// goLimit is what the program sets for itself (cmd/chartroom).
const goLimit = 128 << 20

// BenchmarkMillionShards: a repository of a million items, of which each is a shard of its own, through the hub into a catalog.
func BenchmarkMillionShards(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("BENCH_SHARDS"))
	if err != nil {
		b.Skip("skipped: BENCH_KINDS=shards make bench measures it")
	}
	debug.SetMemoryLimit(goLimit)
	for b.Loop() {
		took := pass(b, n)
		b.ReportMetric(float64(n)/took.Seconds(), "shards/s")
	}
	peak := peak(b)
	b.ReportMetric(float64(peak)/(1<<20), "MiB-peak")
	if peak > limit {
		b.Errorf("the process took %d MiB; %d are allowed", peak>>20, limit>>20)
	}
}

// pass surveys n items.
func pass(b *testing.B, n int) time.Duration {
	c, err := catalog.Open(b.Context(), filepath.Join(b.TempDir(), "catalog.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	line := inside.New(hub.Main)
	h := &hub.Hub{Catalog: c, Line: line, Version: "bench", Warn: func(w string) { b.Log(w) }}
	ctx, stop := context.WithCancel(b.Context())
	var beside sync.WaitGroup
	defer beside.Wait()
	defer stop()
	beside.Go(func() { h.Serve(ctx) })
	for i := range 4 {
		w := &idler{post: line.Post(fmt.Sprint("w", i)), items: n}
		beside.Go(func() {
			if err := w.run(ctx); err != nil && ctx.Err() == nil {
				b.Error(err)
				stop()
			}
		})
	}
	began := time.Now()
	t := survey.NewTarget("test://items")
	books, err := h.Survey(ctx, &hub.Job{Who: audit.Local(), Key: fingerprint.NewKey(), Settings: &survey.Settings{Version: "bench"}, Targets: []*survey.Target{t}})
	if err = errors.Join(err, books.Balance()); err != nil || books.Read != int64(n) {
		b.Fatalf("%+v, %v", books, err)
	}
	return time.Since(began)
}

// peak is the most memory that the process ever took.
func peak(b *testing.B) int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			return kb << 10
		}
	}
	b.Fatal("the system does not tell")
	return 0
}

// idler is a worker that reads nothing, and says that it did.
type idler struct {
	post  fleet.Post
	words fleet.Words
	items int
}

func ask[A any](ctx context.Context, w *idler, m fleet.Method, question any) (a A, err error) {
	q, err := w.words.Encode(question)
	if err != nil {
		return a, err
	}
	words, err := w.post.Ask(ctx, m, q)
	if err != nil {
		return a, err
	}
	return a, w.words.Decode(words, &a)
}

func (w *idler) run(ctx context.Context) error {
	var readers []string
	for _, r := range all.Readers() {
		readers = append(readers, r.Name())
	}
	if _, err := ask[fleet.Welcome](ctx, w, fleet.CallHello, &fleet.Hello{Protocol: fleet.Protocol, Version: "bench", Rules: detect.RulesVersion, Readers: readers}); err != nil {
		return err
	}
	for {
		held, err := w.post.Next(ctx)
		if err != nil {
			return err
		}
		t := held.Ticket()
		c, err := ask[fleet.Claimed](ctx, w, fleet.CallClaim, &fleet.Claim{Ticket: t, NeedJob: false, Rules: (&survey.Settings{}).Rules(scan.Limits{})})
		if err != nil {
			return err
		}
		if c.Verdict != fleet.Go {
			if c.Verdict == fleet.Later {
				held.Return(ctx, c.Wait)
			}
			continue
		}
		number := 0
		send := func(d fleet.Delivery) error {
			number++
			d.Ticket, d.Attempt, d.Number = t, c.Attempt, number
			r, err := ask[fleet.Receipt](ctx, w, fleet.CallDeliver, &d)
			if err == nil && r.Stop {
				err = fmt.Errorf("shard %d was taken away", t.Shard)
			}
			return err
		}
		if err := w.do(&c.Spec, send); err != nil {
			return err
		}
	}
}

// perShard is the size of an item that is a shard of its own, and is not cut.
const perShard = 64 << 20

func (w *idler) do(s *fleet.Spec, send func(fleet.Delivery) error) error {
	switch s.Kind {
	case fleet.Open:
		return send(fleet.Delivery{Repositories: []estate.Repository{{Name: "test://items", Kind: "files"}}, Last: true})
	case fleet.Grants:
		return send(fleet.Delivery{Complete: true, Last: true})
	case fleet.List:
		d := fleet.Delivery{}
		for i := range w.items {
			d.Listed = append(d.Listed, fleet.Listed{Path: fmt.Sprintf("%04d/%06d.csv", i/1000, i), Version: "1", Bytes: perShard})
			if len(d.Listed) == 1000 {
				if err := send(d); err != nil {
					return err
				}
				d = fleet.Delivery{}
			}
		}
		d.Last, d.Complete = true, true
		return send(d)
	}
	now := time.Now()
	d := fleet.Delivery{Last: true}
	for i, l := range s.Items {
		it := &estate.Item{Repository: s.Repository, Path: l.Path, Version: l.Version, Bytes: l.Bytes, Format: "csv", Read: l.Bytes,
			Evidence: estate.Evidence{Reader: "csv/1", Coverage: estate.All.String(), Seen: now, Read: now, Rules: (&survey.Settings{}).Rules(s.Target.Limits)}}
		d.Parcels = append(d.Parcels, scan.Parcel{Part: estate.Part{Repository: s.Repository, Path: l.Path}, Facts: []estate.Fact{{Item: it}}, Last: true})
		d.Items = append(d.Items, i)
	}
	return send(d)
}
