package claim

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/phi"
	"golang.org/x/sys/unix"
)

const (
	repositories = 200
	perItem      = 1 << 19 // traces of an item
	patients     = 5000    // in the file that is really surveyed
	shown        = 20      // of them in the sample
	rounds       = 5
)

// The bars: 20 records against 100 million traces within 1 s after opening, and opening within 10 s.
const bar = 11 * time.Second

// TestClaim prints what the test of a sample takes, and what it may take.
func TestClaim(t *testing.T) {
	program := os.Getenv("BENCH_CHARTROOM")
	traces, _ := strconv.Atoi(os.Getenv("BENCH_TRACES"))
	if program == "" || traces < 1000 {
		t.Skip(`skipped: BENCH_KINDS=claim make bench measures it`)
	}
	dir := os.Getenv("BENCH_CLAIM")
	if dir == "" {
		dir = t.TempDir()
	}
	w := &world{t: t, program: program, dir: dir, db: filepath.Join(dir, fmt.Sprintf("claim-%d.db", traces))}
	if _, err := os.Stat(w.db); err != nil {
		w.survey()
		w.fill(traces)
	}
	info, err := os.Stat(w.db)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("chartroom claim --sample, %d records against %d traces in a catalog of %d MB, from the start of the process to its answer:\n", shown, traces, info.Size()/1e6)
	fmt.Printf("  %-34s %10s %10s %10s\n", "", "clock", "processor", "peak MiB")
	w.forget()
	for round := range rounds {
		name := "again"
		if round == 0 {
			name = "nothing of it in the page cache"
		}
		w.claim(name)
	}
	fmt.Printf("  %-34s %10s\n", "limit", bar)
}

// world is a catalog, and a sample of people who are in it.
type world struct {
	t                *testing.T
	program, dir, db string
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// survey surveys a file of invented people, and writes some of them as another system would print them.
func (w *world) survey() {
	r := rand.New(rand.NewPCG(1, 2))
	given, family := []string{"Adaeze", "Bela", "Chidi", "Dora", "Ewan", "Fay", "Goran", "Hanna"}, []string{"Okonkwo", "Marchbanks", "Plantagenet", "Quillfeather", "Threlkeld", "Underhill", "Vasquez", "Whitcombe"}
	var file, sample strings.Builder
	file.WriteString("mrn,first_name,last_name,birth_date,phone,state\n")
	sample.WriteString("NAME|D.O.B.|TEL|REF\n")
	for i := range patients {
		first, last := given[r.IntN(len(given))], family[r.IntN(len(family))]
		born := time.Date(1930+r.IntN(90), time.Month(1+r.IntN(12)), 1+r.IntN(28), 0, 0, 0, 0, time.UTC)
		phone, mrn := r.IntN(10_000), 10_000_000+r.IntN(80_000_000)
		fmt.Fprintf(&file, "%d,%s,%s,%s,415-556-%04d,CA\n", mrn, first, last, born.Format(time.DateOnly), phone)
		if i%(patients/shown) == 0 {
			fmt.Fprintf(&sample, "%s|%s|(415) 556-%04d|%d\n", strings.ToUpper(last+", "+first), born.Format("01/02/2006"), phone, mrn)
		}
	}
	w.must(os.MkdirAll(w.path("clinic"), 0o700))
	w.must(os.WriteFile(w.path("clinic/patients.csv"), []byte(file.String()), 0o600))
	w.must(os.WriteFile(w.path("sample.txt"), []byte(sample.String()), 0o600))
	w.run("scan", w.path("clinic"))
}

// run runs the program on the catalog.
func (w *world) run(args ...string) (out []byte, used *syscall.Rusage, took time.Duration) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), w.program, append(args, "--catalog", w.db, "--key", w.path("key"))...)
	cmd.Env = append(os.Environ(), "HOME="+w.dir)
	var said strings.Builder
	cmd.Stderr = &said
	begin := time.Now()
	out, err := cmd.Output()
	if err != nil {
		w.t.Fatalf("chartroom %v: %v\n%s", args, err, said.String())
	}
	return out, cmd.ProcessState.SysUsage().(*syscall.Rusage), time.Since(begin)
}

// fill adds the traces of strangers, spread over many repositories.
func (w *world) fill(traces int) {
	ctx := w.t.Context()
	c, err := catalog.Open(ctx, w.db)
	w.must(err)
	key, err := fingerprint.LoadKey(w.path("key"))
	w.must(err)
	r, err := c.Begin(ctx, audit.Local(), catalog.RunSpec{Targets: []string{"bench"}, Rules: "bench", Version: "bench", Key: key.ID()})
	w.must(err)
	rng := rand.New(rand.NewPCG(3, 4))
	listed := map[string]int64{}
	for item := 0; traces > 0; item++ {
		name := fmt.Sprintf("s3://bucket-%d", item%repositories)
		if listed[name]++; listed[name] == 1 {
			w.must(r.Repository(ctx, estate.Repository{Name: name, Kind: "s3", Custodian: "Meridian"}))
		}
		var set estate.Traces
		for range min(traces, perItem) {
			set.Add(rng.Uint64())
		}
		traces -= perItem
		path := fmt.Sprintf("part-%05d.csv", item)
		facts := []estate.Fact{{Item: &estate.Item{Repository: name, Path: path, Version: "1", Bytes: 1, Format: "csv", Verdict: phi.VerdictPHI, Records: perItem, Read: 1,
			Evidence: estate.Evidence{Reader: "csv/1", Coverage: "all", Rules: "bench"}}}}
		for _, s := range set.Close() {
			facts = append(facts, estate.Fact{Traces: &estate.TraceSet{Repository: name, Path: path, Set: s}})
		}
		w.must(r.Append(ctx, facts))
	}
	var all []catalog.Listing
	for name, n := range listed {
		all = append(all, catalog.Listing{Repository: name, Items: n, Complete: true})
	}
	_, err = r.Finish(ctx, all)
	w.must(err)
	w.must(c.Close())
}

// forget has the kernel forget the catalog's pages.
func (w *world) forget() {
	for _, name := range []string{w.db, w.db + "-wal"} {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		w.must(f.Sync())
		w.must(unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED))
		w.must(f.Close())
	}
}

// claim tests the sample.
func (w *world) claim(name string) {
	out, used, took := w.run("claim", "--sample", w.path("sample.txt"), "-o", "json")
	var got struct {
		Verdict string `json:"verdict"`
		People  int    `json:"people_explained"`
		Matches []struct {
			Repository string `json:"repository"`
		} `json:"matches"`
	}
	w.must(json.Unmarshal(out, &got))
	if got.Verdict != "ours" || got.People != shown || !strings.HasSuffix(got.Matches[0].Repository, "/clinic") {
		w.t.Errorf("%s of %d people", got.Verdict, got.People)
	}
	processor := time.Duration(used.Utime.Nano() + used.Stime.Nano())
	fmt.Printf("  %-34s %10s %10s %10d\n", name, took.Round(time.Millisecond), processor.Round(time.Millisecond), used.Maxrss>>10)
	if took > bar {
		w.t.Errorf("%s took %s", name, took)
	}
}
