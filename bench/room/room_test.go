package room

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/chartroom/chartroom/access/keep"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/web"
	"github.com/chartroom/chartroom/web/login"
)

// The large estate: 100,000 repositories with two items of five fields each, a million people.
const (
	repositories = 100_000
	items        = 2
	fields       = 5
	people       = 10 // a repository
	custodians   = 12
)

var officer = audit.Caller{Name: "Ada", Role: audit.Admin}

func repository(n int) string { return fmt.Sprintf("s3://clinic-%05d/records", n) }

// facts are those of a repository, at a version.
func facts(out []estate.Fact, n, version int) []estate.Fact {
	class := []phi.Classes{phi.Of(phi.SUD), phi.Of(phi.HIV), phi.Of(phi.PSY), 0, 0, 0, 0, 0}[n%8]
	for i := range items {
		all := estate.NewPeople(0)
		for p := range people {
			m := estate.Mark(uint64(n*people+p+1) * 0x9E3779B97F4A7C15)
			all.Add(estate.Person{Marks: []estate.Mark{m &^ 1}, Birth: uint32(m>>40) | 1, States: 1 << (n % 50), Classes: class})
		}
		path := fmt.Sprintf("year-%d/visits.csv", 2020+i)
		out = append(out, estate.Fact{Item: &estate.Item{Repository: repository(n), Path: path, Version: strconv.Itoa(version), Bytes: 4_000_000, Format: "csv", Verdict: phi.VerdictPHI, Classes: class,
			People: all, Records: 100, Read: 4_000_000, Evidence: estate.Evidence{Reader: "csv/1", Coverage: "all", Rules: "rules/1", Seen: time.Now()}}})
		for f := range fields {
			out = append(out, estate.Fact{Finding: &estate.Finding{Repository: repository(n), Path: path, Field: fmt.Sprintf("column_%d", f), Kind: phi.Kind(f + 1), Subject: phi.Patient,
				Values: 100, WellFormed: 100, People: people, Likelihood: 0.97, Why: []estate.Reason{{Rule: "header", Detail: "the column is named so", Source: "own"}}}})
		}
	}
	if n%20 == 0 {
		out = append(out, estate.Fact{Gap: &estate.Gap{Repository: repository(n), Path: "locked.zip", Reason: estate.GapEncrypted, Detail: "a password is needed", Bytes: 1 << 20}})
	}
	return out
}

// fill surveys repositories into a catalog, those from one on to another.
func fill(ctx context.Context, c *catalog.Catalog, from, to, version int) error {
	r, err := c.Begin(ctx, officer, catalog.RunSpec{Targets: []string{"bench"}, Rules: "rules/1", Version: "bench"})
	if err != nil {
		return err
	}
	var all []estate.Fact
	var listings []catalog.Listing
	for n := from; n < to && ctx.Err() == nil; n++ {
		if err := r.Repository(ctx, estate.Repository{Name: repository(n), Kind: []string{"s3", "postgres", "files"}[n%3], Custodian: fmt.Sprintf("Custodian %d", n%custodians)}); err != nil {
			return err
		}
		listings = append(listings, catalog.Listing{Repository: repository(n), Complete: true, Items: items})
		if all = facts(all, n, version); len(all) > 4000 || n == to-1 {
			if err := r.Append(ctx, all); err != nil {
				return err
			}
			all = all[:0]
		}
	}
	if ctx.Err() != nil {
		return r.Abandon(context.WithoutCancel(ctx))
	}
	_, err = r.Finish(ctx, listings)
	return err
}

// write surveys the first repositories again and again until the context ends, as one survey that does not come to its end.
func write(ctx context.Context, c *catalog.Catalog) error {
	r, err := c.Begin(ctx, officer, catalog.RunSpec{Targets: []string{"bench"}, Rules: "rules/1", Version: "bench"})
	if err != nil {
		return err
	}
	for version := int(time.Now().Unix()); ctx.Err() == nil; version++ {
		var all []estate.Fact
		for n := 0; n < 2000 && ctx.Err() == nil; n++ {
			if err := r.Repository(ctx, estate.Repository{Name: repository(n), Kind: "s3", Custodian: fmt.Sprintf("Custodian %d", n%custodians)}); err != nil {
				return errors.Join(err, r.Abandon(context.WithoutCancel(ctx)))
			}
			if all = facts(all, n, version); len(all) > 500 {
				if err := r.Append(ctx, all); err != nil {
					return errors.Join(err, r.Abandon(context.WithoutCancel(ctx)))
				}
				all = all[:0]
			}
		}
	}
	return r.Abandon(context.WithoutCancel(ctx))
}

// large opens the large catalog, and makes it where it was not made yet: CHARTROOM_ROOM_BENCH names the folder that keeps it.
func large(b testing.TB) *catalog.Catalog {
	b.Helper()
	dir := os.Getenv("CHARTROOM_ROOM_BENCH")
	if dir == "" {
		b.Skip("CHARTROOM_ROOM_BENCH names a folder for the large catalog")
	}
	path := filepath.Join(dir, "catalog.db")
	_, err := os.Stat(path)
	made := errors.Is(err, fs.ErrNotExist)
	c, err := catalog.Open(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	if made {
		if err := fill(b.Context(), c, 0, repositories, 1); err != nil {
			b.Fatal(err)
		}
		if err := keep.Save(b.Context(), c, keep.Question{Who: officer, Now: time.Now(), Version: "bench"}); err != nil {
			b.Fatal(err)
		}
	}
	return c
}

// room serves a catalog, with one who has logged in.
func room(b testing.TB, c *catalog.Catalog) (address, cookie string) {
	b.Helper()
	door, err := login.New(login.Config{Catalog: c, Most: 1000 * time.Hour, Idle: 1000 * time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	s := httptest.NewUnstartedServer(nil)
	r, err := web.New(web.Config{Catalog: c, Door: door, Version: "bench", Hosts: []string{s.Listener.Addr().String()}, Log: slog.New(slog.DiscardHandler), StaleAfter: 10_000 * time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	s.Config.Handler = r.Handler()
	s.Start()
	b.Cleanup(s.Close)
	invitation, err := door.Invite(b.Context(), officer, audit.Admin)
	if err != nil {
		b.Fatal(err)
	}
	secret, err := door.Accept(b.Context(), invitation, fmt.Sprintf("bench %d", time.Now().UnixNano()), "seven small boats at noon", "127.0.0.1")
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	if err := r.Warm(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Logf("warm after %v", time.Since(began))
	return s.URL, "chartroom=" + secret
}

// ask asks once, and gives what came.
func ask(client *http.Client, address, cookie string) (body []byte, took time.Duration, err error) {
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("Cookie", cookie)
	began := time.Now()
	res, err := client.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %d", address, res.StatusCode)
	}
	return body, time.Since(began), err
}

// pages are what readers ask for.
func pages() []string {
	name := url.QueryEscape(repository(4711))
	return []string{"/", "/?custodian=Custodian+3", "/?q=clinic-0999", "/?class=SUD&state=CA", "/?age=stale", "/repository?name=" + name, "/who?of=" + name, "/footholds", "/findings", "/gaps", "/gaps?q=clinic-09", "/scans", "/audit",
		"/api/v1/where?limit=100", "/api/v1/fields?limit=100", "/api/v1/fields?limit=100&repository=" + name, "/api/v1/items?limit=100&repository=" + name, "/api/v1/total", "/api/v1/who?repository=" + name, "/metrics"}
}

func BenchmarkPages(b *testing.B) {
	address, cookie := room(b, large(b))
	client := &http.Client{}
	for _, p := range pages() {
		b.Run(p, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := ask(client, address+p, cookie); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// cpu is the processor time of this process so far.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// setting is a number of the environment.
func setting(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// TestReaders lets CHARTROOM_ROOM_READERS (200) read for CHARTROOM_ROOM_SECONDS (60) while a survey writes, each with a pause of a second between two pages, as
// fast readers do.
func TestReaders(b *testing.T) {
	c := large(b)
	address, cookie := room(b, c)
	seconds, readers := setting("CHARTROOM_ROOM_SECONDS", 60), setting("CHARTROOM_ROOM_READERS", 200)
	ctx, stop := context.WithTimeout(b.Context(), time.Duration(seconds)*time.Second)
	defer stop()
	var all sync.WaitGroup
	all.Go(func() {
		if err := write(ctx, c); err != nil && ctx.Err() == nil {
			b.Error(err)
		}
	})
	var mu sync.Mutex
	var took []time.Duration
	var faults atomic.Int64
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 300}}
	before := cpu()
	for n := range readers {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(n), 1))
			list := pages()
			for ctx.Err() == nil {
				select {
				case <-time.After(time.Duration(rng.IntN(2000)) * time.Millisecond):
				case <-ctx.Done():
					return
				}
				_, t, err := ask(client, address+list[rng.IntN(len(list))], cookie)
				if err != nil {
					if faults.Add(1) < 5 {
						b.Log(err)
					}
					continue
				}
				mu.Lock()
				took = append(took, t)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	slices.Sort(took)
	if len(took) == 0 {
		b.Fatal("nothing was read")
	}
	at := func(share float64) float64 { return float64(took[int(share*float64(len(took)-1))].Milliseconds()) }
	used := cpu() - before
	b.Logf("%d readers, %d s: %.0f pages/s, p50 %.0f ms, p99 %.0f ms, at most %.0f ms, %d faults, %.2f cores, %.1f ms of processor time a page", readers, seconds, float64(len(took))/float64(seconds),
		at(0.5), at(0.99), at(1), faults.Load(), used.Seconds()/float64(seconds), float64(used.Milliseconds())/float64(len(took)))
	if faults.Load() > 0 {
		b.Errorf("%d faults", faults.Load())
	}
}
