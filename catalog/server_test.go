package catalog_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/catalog/catalogtest"
	"github.com/chartroom/chartroom/catalog/store/storetest"
	"github.com/chartroom/chartroom/source/servertest"
	"github.com/google/go-cmp/cmp"
)

// TestOnPostgres runs the tests of this package once more, on a server, and those of what only a server can do.
func TestOnPostgres(t *testing.T) {
	if storetest.OnServer() {
		t.Skip("this is the other run")
	}
	p := servertest.StartPostgres(t, "max_connections=300")
	t.Setenv("PGPASSWORD", servertest.AdminPassword)
	server := "postgres://" + servertest.Admin + "@" + p.Address() + "/postgres?sslmode=disable"
	t.Run("all that a file does", func(t *testing.T) { storetest.Again(t, server, servertest.AdminPassword, "TestStandby") })
	t.Run("the same answers", func(t *testing.T) { sameAnswers(t, server) })
	t.Run("many rooms", func(t *testing.T) { manyRooms(t, storetest.Schema(t, server)) })
	t.Run("a standby goes on", func(t *testing.T) { standbyGoesOn(t, storetest.Schema(t, server)) })
	t.Run("a session that is lost ends the run", func(t *testing.T) { lostSession(t, storetest.Schema(t, server), p) })
}

// sameAnswers lets the same estates live in a file and on a server, and asks both everything.
func sameAnswers(t *testing.T, server string) {
	for seed := range uint64(3) {
		var told [2][]string
		for i, address := range []string{t.TempDir() + "/estate.chart", storetest.Schema(t, server)} {
			s := catalogtest.New(t, address, 4, seed)
			var times []time.Time
			for range 4 {
				s.Live(1)
				times = append(times, s.Clock.Add(-time.Minute))
			}
			for n, line := range []string{"opened", "decided"} {
				s.Case("archive", n+1, line)
			}
			for _, at := range append(times, time.Time{}) {
				told[i] = append(told[i], strings.Split(catalogtest.Answers(t, s.Catalog, at), "\n")...)
			}
			told[i] = append(told[i], more(t, s.Catalog, times)...)
			if err := s.Catalog.Verify(t.Context(), catalogtest.Keeper()); err != nil {
				t.Error(err)
			}
		}
		if diff := cmp.Diff(told[0], told[1]); diff != "" {
			t.Errorf("estate %d: a file answers otherwise (-) than a server (+):\n%s", seed, diff)
		}
		if len(told[0]) < 100 {
			t.Errorf("%d answers were compared", len(told[0]))
		}
	}
}

// more are the answers that catalogtest.Answers leaves out.
func more(t *testing.T, c *catalog.Catalog, times []time.Time) (out []string) {
	ctx, who := t.Context(), catalogtest.Keeper()
	tell := func(v any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	}
	for _, since := range times {
		d, err := c.Diff(ctx, who, since, times[len(times)-1].Add(time.Hour), catalog.Filter{})
		tell(d, err)
		w, err := c.Widened(ctx, who, since)
		tell(w, err)
	}
	runs, err := c.Runs(ctx, who, 0)
	tell(runs, err)
	trail, err := c.Audit(ctx, who, time.Time{}, 0)
	tell(trail, err)
	for _, q := range []catalog.ListQuery{{}, {ByPeople: true}, {Search: "CLINIC-00", Count: true, Filter: catalog.Filter{Limit: 2}}, {Kind: "s3", Age: catalog.Stale, Filter: catalog.Filter{Custodian: "Lakeside"}}} {
		for page := true; page; page = q.After != "" {
			l, err := c.List(ctx, who, q)
			tell(l.Rows, err)
			q.After = l.Next
		}
	}
	for _, search := range []string{"", "FOLDER-0001", "%"} {
		fields, _, err := c.Fields(ctx, who, catalog.Filter{Limit: 5}, "")
		tell(fields, err)
		gaps, _, err := c.Gaps(ctx, who, catalog.Filter{}, search, "")
		tell(gaps, err)
		lines, _, err := c.Trail(ctx, who, search, "", 10)
		tell(lines, err)
	}
	history, err := c.History(ctx, who, "s3://clinic-000", 10)
	tell(history, err)
	tell(c.Cases(ctx, who))
	tell(c.CaseLines(ctx, who, "archive"))
	tell(c.Choices(ctx, who))
	tell(c.State(ctx))
	tell(out, c.EachTraces(ctx, who, catalog.Filter{}, func(tr catalog.Traces) error {
		tr.Set = append([]byte{}, tr.Set...)
		tell(tr, nil)
		return nil
	}))
	return out
}

// manyRooms: several processes serve the room over one catalog. Of two who decide at once one is told so, an admin is left, and no line is lost.
func manyRooms(t *testing.T, address string) {
	const rooms, decisions = 3, 20
	ctx, who := context.WithoutCancel(t.Context()), catalogtest.Keeper()
	first := opened(t, address)
	for _, name := range []string{"Ada", "ADE"} {
		must(t, first.Invite(ctx, who, []byte("invitation of "+name), audit.Admin, time.Now().Add(time.Hour)))
		if _, err := first.Accept(ctx, []byte("invitation of "+name), name, "hash"); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := first.AccountNamed(ctx, "ada"); err != nil {
		t.Errorf("the case of a name counts: %v", err)
	}
	must(t, first.Invite(ctx, who, []byte("another"), audit.Viewer, time.Now().Add(time.Hour)))
	if _, err := first.Accept(ctx, []byte("another"), "aDa", "hash"); !errors.Is(err, catalog.ErrNameTaken) {
		t.Errorf("a name in another case: %v", err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	refused := 0
	for room := range rooms {
		c := opened(t, address)
		all.Go(func() {
			for n := 0; n < decisions; {
				lines, _ := c.CaseLines(ctx, who, "archive")
				line := catalog.CaseLine{Bytes: fmt.Appendf(nil, "room %d decides %d", room, n), Hash: fmt.Sprint(len(lines))}
				switch err := c.AddCaseLine(ctx, who, "archive", len(lines)+1, line); {
				case err == nil:
					n++
				case !errors.Is(err, catalog.ErrTaken):
					t.Error(err)
					return
				}
			}
			if err := c.SetDisabled(ctx, who, []string{"ada", "ade"}[room%2], true); errors.Is(err, catalog.ErrLastAdmin) {
				mu.Lock()
				refused++
				mu.Unlock()
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	lines, err := first.CaseLines(ctx, who, "archive")
	if err != nil || len(lines) != rooms*decisions {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	for n, line := range lines {
		if line.Hash != fmt.Sprint(n) {
			t.Errorf("line %d was written for place %s", n, line.Hash)
		}
	}
	accounts, err := first.Accounts(ctx, who)
	if err != nil || len(accounts) != 2 || accounts[0].Disabled == accounts[1].Disabled || refused == 0 {
		t.Errorf("%+v, %d refused, %v", accounts, refused, err)
	}
	trail, err := first.Audit(ctx, who, time.Time{}, 0)
	written := 0
	for _, l := range trail {
		if l.Action == audit.WriteCase {
			written++
		}
	}
	if err != nil || written < rooms*decisions {
		t.Errorf("%d lines of the trail for %d decisions, %v", written, rooms*decisions, err)
	}
}

func opened(t *testing.T, address string) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// standbyEnv makes the test binary a process that has begun a run, and waits.
const standbyEnv = "CHARTROOM_TEST_STANDBY"

// TestStandby is the other process of standbyGoesOn.
func TestStandby(t *testing.T) {
	address := os.Getenv(standbyEnv)
	if address == "" {
		t.Skip("it is the other process of a test")
	}
	c := opened(t, address)
	if _, err := c.Begin(t.Context(), catalogtest.Keeper(), catalog.RunSpec{Key: "k"}); err != nil {
		t.Fatal(err)
	}
	fmt.Println("begun")
	time.Sleep(time.Hour)
}

// standbyGoesOn: while one process surveys, the other is told who it is; when that one is killed, the other takes over.
func standbyGoesOn(t *testing.T, address string) {
	child := exec.Command(os.Args[0], "-test.run=^TestStandby$")
	child.Env = append(os.Environ(), standbyEnv+"="+address)
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "begun"; {
	}
	c := opened(t, address)
	if _, err := c.Begin(t.Context(), catalogtest.Keeper(), catalog.RunSpec{Key: "k"}); !errors.Is(err, catalog.ErrBusy) || !strings.Contains(err.Error(), fmt.Sprint("process ", child.Process.Pid)) {
		t.Errorf("while the other surveys: %v", err)
	}
	must(t, child.Process.Kill())
	_ = child.Wait() // it was killed, and says so
	killed := time.Now()
	for {
		run, err := c.Begin(t.Context(), catalogtest.Keeper(), catalog.RunSpec{Key: "k"})
		if err == nil {
			must(t, run.Abandon(t.Context()))
			break
		}
		if !errors.Is(err, catalog.ErrBusy) || time.Since(killed) > time.Minute {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	runs, err := c.Runs(t.Context(), catalogtest.Keeper(), 0)
	if err != nil || len(runs) != 2 || runs[1].Outcome != "interrupted" {
		t.Errorf("%+v, %v", runs, err)
	}
}

// lostSession: a run whose session the server has ended writes no more, and is interrupted; what it wrote stays. The room goes on.
func lostSession(t *testing.T, address string, p servertest.Postgres) {
	s := catalogtest.New(t, address, 1, 1)
	s.Live(2)
	run, err := s.Catalog.Begin(t.Context(), catalogtest.Keeper(), catalog.RunSpec{Key: s.Key})
	must(t, err)
	before := catalogtest.Answers(t, s.Catalog, time.Time{})
	p.Exec(t, "postgres", `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'chartroom'`)
	if _, err := run.Finish(t.Context(), nil); err == nil {
		t.Error("a run whose lock is lost finished")
	}
	if diff := cmp.Diff(before, catalogtest.Answers(t, s.Catalog, time.Time{})); diff != "" {
		t.Error(diff)
	}
	again, err := s.Catalog.Begin(t.Context(), catalogtest.Keeper(), catalog.RunSpec{Key: s.Key})
	must(t, err)
	must(t, again.Abandon(t.Context()))
}
