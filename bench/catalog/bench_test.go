package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chartroom/chartroom/access/keep"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/catalog/transfer"
	"github.com/chartroom/chartroom/source/servertest"
	"github.com/chartroom/chartroom/web"
	"github.com/chartroom/chartroom/web/login"
)

// setting is a number of the environment.
func setting(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// shape is how large the estate is to be: BENCH_REPOSITORIES (20000) with BENCH_FIELDS (2000000) and BENCH_PEOPLE (300 a repository).
func shape() Shape {
	n := setting("BENCH_REPOSITORIES", 20_000)
	return Shape{Repositories: n, Fields: setting("BENCH_FIELDS", 100*n), People: setting("BENCH_PEOPLE", 300*n)}
}

// fill makes the catalog at an address.
func fill(t testing.TB, address string) {
	t.Helper()
	f, err := store.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	began, used := time.Now(), cpu(syscall.RUSAGE_SELF)
	if err := Write(t.Context(), f, NewEstate(shape(), began)); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d repositories written in %v, %v of processor time", shape().Repositories, time.Since(began).Round(time.Second), (cpu(syscall.RUSAGE_SELF) - used).Round(time.Second))
	began, used = time.Now(), cpu(syscall.RUSAGE_SELF)
	if err := keep.Save(t.Context(), catalog.Over(f), keep.Question{Who: ada, Now: began, Version: version}); err != nil { // as a survey does at its end
		t.Fatal(err)
	}
	t.Logf("who can read what worked out in %v, %v of processor time", time.Since(began).Round(time.Second), (cpu(syscall.RUSAGE_SELF) - used).Round(time.Second))
}

// TestFile asks a catalog in the folder BENCH_CATALOG, which is made there where there is none.
func TestFile(t *testing.T) {
	questions(t, large(t))
}

// large is the path of the large catalog.
func large(t *testing.T) string {
	dir := os.Getenv("BENCH_CATALOG")
	if dir == "" {
		t.Skip("BENCH_CATALOG names a folder for the large catalog")
	}
	path := filepath.Join(dir, "catalog.db")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		fill(t, path)
	}
	if info, err := os.Stat(path); err == nil {
		t.Logf("the file has %d MB", info.Size()>>20)
	}
	return path
}

// TestServer asks a copy of it on a PostgreSQL server, which it starts; BENCH_CATALOG_ADDRESS names another, and the catalog there is kept.
func TestServer(t *testing.T) {
	path := large(t)
	address := os.Getenv("BENCH_CATALOG_ADDRESS")
	if address == "" {
		p := servertest.StartPostgres(t, "shared_buffers=512MB", "max_wal_size=4GB")
		t.Setenv("PGPASSWORD", servertest.AdminPassword)
		address = "postgres://" + servertest.Admin + "@" + p.Address() + "/postgres?sslmode=disable"
	}
	f, err := store.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	var there int
	err = f.Read.QueryRowContext(t.Context(), `SELECT count(*) FROM (SELECT 1 FROM listed LIMIT 1) l`).Scan(&there)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if there == 0 {
		move(t, path, address)
	}
	questions(t, address)
}

// move copies a catalog, and proves the copy.
func move(t *testing.T, from, to string) {
	t.Helper()
	var both [2]*store.File
	for i, address := range []string{from, to} {
		f, err := store.Open(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		both[i] = f
	}
	began := time.Now()
	report, err := (&transfer.Copy{From: both[0], To: both[1], Who: ada}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rows copied and proven in %v; both answer the same: %s", report.Rows, time.Since(began).Round(time.Second), strings.Join(report.Answers, ", "))
}

// cpu is the processor time of this process, or of its children, so far.
func cpu(of int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(of, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// measure asks BENCH_ROUNDS (50) times and tells how long it took: by the clock on the wall, and the mean of the processor time.
func measure(t *testing.T, name string, of int, ask func() error) {
	t.Helper()
	rounds := setting("BENCH_ROUNDS", 50)
	if err := ask(); err != nil { // the first one reads from the disk
		t.Errorf("%s: %v", name, err)
		return
	}
	took := make([]time.Duration, rounds)
	used := cpu(of)
	for i := range took {
		began := time.Now()
		if err := ask(); err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		took[i] = time.Since(began)
	}
	used = cpu(of) - used
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	t.Logf("%-58s p50 %8.1f ms  p99 %8.1f ms  processor %8.1f ms", name, ms(took[rounds/2]), ms(took[(rounds*99-1)/100]), ms(used)/float64(rounds))
}

// questions asks what is asked of a catalog: as commands of their own processes, and as pages of the room.
func questions(t *testing.T, address string) {
	some := populous()
	commands(t, address, some)
	pages(t, address, some)
}

// populous is the first repository that holds a thousand people.
func populous() string {
	e := NewEstate(shape(), time.Now())
	n := 0
	for from, to := e.span(n); to-from < 1000; from, to = e.span(n) {
		n++
	}
	return e.Name(n)
}

// built is the path of the program: BENCH_CHARTROOM, or as it is made of the sources.
func built(t *testing.T) string {
	program := os.Getenv("BENCH_CHARTROOM")
	if program == "" {
		program = filepath.Join(t.TempDir(), "chartroom")
		build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../../cmd/chartroom")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	return program
}

func commands(t *testing.T, address, some string) {
	program := built(t)
	lists := [][]string{{"version"}, {"where", "--sensitivity", "SUD"}, {"where"}, {"where", "--sensitivity", "SUD,HIV"}, {"where", "--repository", some}, {"where", "--custodian", "Custodian 03"},
		{"where", "--state", "CA"}, {"where", "--sensitivity", "SUD", "--state", "CA"}, {"where", "--items", "--repository", some}, {"fields", some}, {"fields", "--limit", "200"}, {"gaps"}}
	for _, args := range lists {
		if only := os.Getenv("BENCH_COMMANDS"); only != "" && !strings.Contains(strings.Join(args, " "), only) {
			continue
		}
		measure(t, "chartroom "+strings.Join(args, " "), syscall.RUSAGE_CHILDREN, func() error {
			cmd := exec.CommandContext(t.Context(), program, append(args, "--catalog", address)...)
			var fault bytes.Buffer
			cmd.Stderr = &fault
			if err := cmd.Run(); err != nil {
				return fmt.Errorf("%w: %s", err, fault.String())
			}
			return nil
		})
	}
}

func pages(t *testing.T, address, some string) {
	c, err := catalog.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	at, cookie := room(t, c)
	name := url.QueryEscape(some)
	for _, p := range []string{"/", "/?class=SUD", "/?custodian=Custodian+03", "/?custodian=Custodian+39&class=SUD", "/?kind=s3", "/?state=CA", "/?class=SUD&state=CA", "/?age=stale", "/?q=clinic-0000999", "/?q=clinic-00009*", "/gaps",
		"/gaps?q=clinic-0000999*", "/scans", "/audit", "/audit?q=nobody*", "/api/v1/where?limit=100", "/api/v1/where?limit=100&sensitivity=SUD", "/api/v1/fields?limit=100", "/api/v1/fields?limit=100&repository=" + name,
		"/api/v1/items?limit=100&repository=" + name, "/api/v1/total", "/api/v1/total?sensitivity=SUD", "/metrics", "/repository?name=" + name} {
		if only := os.Getenv("BENCH_PAGES"); only != "" && !strings.Contains(p, only) {
			continue
		}
		n := 0
		measure(t, p, syscall.RUSAGE_SELF, func() error {
			n++
			return ask(at+strings.ReplaceAll(p, "*", strconv.Itoa(n)), cookie)
		})
	}
}

// room serves a catalog, with one who has logged in. It looks at its answers only when all was worked out that it keeps.
func room(t *testing.T, c *catalog.Catalog) (address, cookie string) {
	door, err := login.New(login.Config{Catalog: c, Most: 1000 * time.Hour, Idle: 1000 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(nil)
	r, err := web.New(web.Config{Catalog: c, Door: door, Version: "bench", Hosts: []string{s.Listener.Addr().String()}, Log: slog.New(slog.DiscardHandler), StaleAfter: 10_000 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	s.Config.Handler = r.Handler()
	s.Start()
	t.Cleanup(s.Close)
	invitation, err := door.Invite(t.Context(), ada, audit.Admin)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := door.Accept(t.Context(), invitation, fmt.Sprintf("bench %d", time.Now().UnixNano()), "seven small boats at noon", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return s.URL, "chartroom=" + secret
}

func ask(address, cookie string) error {
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Cookie", cookie)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %d", address, res.StatusCode)
	}
	return nil
}
