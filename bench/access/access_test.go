package access

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// Shares of a generated estate, by its principals: a million of them have 100,000 repositories, ten million edges and five million people.
const (
	users, groups = 80, 5 // of a hundred principals; the others are roles
	aRepository   = 10    // principals
	people        = 5     // a principal
)

// world is an estate with hub roles, sizes after Zipf, nested groups, and cycles.
type world struct{ principals, users, groups, repositories, people int }

func (w world) compile(_ []access.Fact, _ []access.Place, out access.Sink) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range w.principals {
		kind, traits := access.Role, map[string]string(nil)
		switch {
		case n < w.users:
			kind, traits = access.User, map[string]string{"last_used": fmt.Sprintf("2026-%02d-%02d", 1+n%9, 1+n%28), "mfa": "push"}
		case n < w.users+w.groups:
			kind = access.Group
		}
		out.Node(access.Node{ID: principal(n), Kind: kind, Name: fmt.Sprintf("principal %d", n), System: "bench", Custodian: "Meridian", Traits: traits})
	}
	for r := range w.repositories {
		out.Node(access.Node{ID: repository(r), Kind: access.Resource, Place: access.Place{Repository: repository(r)}})
	}
	edge := func(from int, to string, verb string, right access.Right) {
		e := access.Edge{From: principal(from), To: to, Verb: verb, Right: right, Proof: []int{rng.IntN(2 * w.principals)}}
		switch n := rng.IntN(100); {
		case n < 5:
			e.Layer = access.Escalation
		case n < 8:
			e.Condition = "it comes from inside"
		}
		out.Edge(e)
	}
	member := func(from, to int) { edge(from, principal(to), "is a member of", access.Become) }
	reads := func(from, r int) { edge(from, repository(r), "may read", access.Read) }
	roles := w.users + w.groups
	toGroup, toRole := rand.NewZipf(rng, 1.1, 20, uint64(w.groups-1)), rand.NewZipf(rng, 1.1, 20, uint64(w.principals-roles-1))
	toRepository := rand.NewZipf(rng, 1.05, 50, uint64(w.repositories-1))
	for u := range w.users {
		for range 3 {
			member(u, w.users+int(toGroup.Uint64()))
		}
		member(u, roles+rng.IntN(w.principals-roles))
		member(u, roles+int(toRole.Uint64()))
		if u%2 == 0 {
			reads(u, rng.IntN(w.repositories))
		}
	}
	for i := range w.groups {
		member(w.users+i, w.users+i/8)
		if i%100 == 0 {
			member(w.users+i/8, w.users+i)
		}
		for range 6 {
			member(w.users+i, roles+rng.IntN(w.principals-roles))
		}
	}
	for i := roles; i < w.principals; i++ {
		for range 30 {
			reads(i, int(toRepository.Uint64()))
		}
	}
	for range 20 {
		hub := roles + rng.IntN(w.principals-roles)
		for range w.repositories / 5 {
			reads(hub, rng.IntN(w.repositories))
		}
	}
}

func principal(n int) string { return "arn:bench:iam::123456789012:user/" + strconv.Itoa(n) }

func repository(n int) string { return "s3://bucket-" + strconv.Itoa(n) }

// holdings gives repository i about people/(8i^0.8) persons, so that one stands in about two of them.
func (w world) holdings(_ bool, yield func(access.Holding) error) error {
	rng := rand.New(rand.NewPCG(3, 4))
	for r := range w.repositories {
		p, start := estate.NewPeople(0), rng.IntN(w.people)
		for i := range max(5, w.people*2/(r+8)) {
			who := uint64((start + i) % w.people)
			if i%3 == 0 {
				who = rng.Uint64N(uint64(w.people))
			}
			one := estate.Person{Marks: []estate.Mark{mixed(2*who+1) &^ 3, mixed(2*who+2) &^ 3}, States: 1 << (1 + who%50)}
			if p.Wants(one.Marks) {
				p.Add(one)
			}
		}
		if err := yield(access.Holding{Place: access.Place{Repository: repository(r), Path: "all.csv"}, Verdict: phi.VerdictPHI, Bytes: 1000, People: p}); err != nil {
			return err
		}
	}
	return nil
}

func mixed(x uint64) estate.Mark {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return estate.Mark(x ^ x>>31)
}

// TestAccess prints what each kind of question takes, and what it may take.
func TestAccess(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("BENCH_PRINCIPALS"))
	if n < 1000 {
		t.Skip(`skipped: BENCH_KINDS=access make bench measures it`)
	}
	w := world{n, n * users / 100, n * groups / 100, n / aRepository, n * people}
	path := filepath.Join(cmp.Or(os.Getenv("BENCH_ACCESS"), t.TempDir()), fmt.Sprint("access-", n, ".db"))
	if _, err := os.Stat(path); err != nil {
		w.save(t, path)
	}
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	c, err := catalog.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var e *access.Estate
	took := once(func() {
		kept, _, err := c.Graph(t.Context(), audit.Local())
		if err != nil {
			t.Fatal(err)
		}
		if e, err = access.Decode(kept); err != nil {
			t.Fatal(err)
		}
	})
	fmt.Printf("%d principals, %d repositories, %d people: by the clock, of all processors\n", e.Principals(), w.repositories, w.people)
	line("open from the catalog", took, 10*time.Second)
	fmt.Printf("  %-36s %8.0f MiB                limit 1536\n", "memory at the most, by then", peak())
	debug.FreeOSMemory()
	w.ask(t, e)
}

// save builds the estate and keeps it in a catalog.
func (w world) save(t *testing.T, path string) {
	in := access.Input{Facts: []access.Fact{{ID: 1, Grant: estate.Grant{System: "bench"}}}, Holdings: w.holdings, Compilers: map[string]access.Compiler{"bench": w.compile}, Day: "2026-09-30"}
	for r := range w.repositories {
		in.Repositories = append(in.Repositories, access.Repository{Name: repository(r), Custodian: "Meridian"})
	}
	var e *access.Estate
	took := once(func() {
		var err error
		if e, err = access.Build(in); err != nil {
			t.Fatal(err)
		}
	})
	var kept bytes.Buffer
	if err := e.Encode(&kept); err != nil {
		t.Fatal(err)
	}
	line(fmt.Sprintf("worked out anew, kept in %d MiB", kept.Len()>>20), took, 0)
	c, err := catalog.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SaveGraph(t.Context(), audit.Local(), time.Now(), kept.Bytes(), nil); err != nil {
		t.Fatal(err)
	}
}

// ask measures each kind of question.
func (w world) ask(t *testing.T, e *access.Estate) {
	rng := rand.New(rand.NewPCG(5, 6))
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	line("who, 50 with their proofs, p99", p99(200, func() {
		_, _, err := e.Who(access.Place{Repository: repository(rng.IntN(w.repositories))}, 50)
		must(err)
	}), 20*time.Millisecond)
	line("reach in people, 50 with proofs, p99", p99(200, func() {
		_, err := e.ReachMost(50, e.Find(principal(rng.IntN(w.principals)))...)
		must(err)
	}), 20*time.Millisecond)
	line("reach with all proofs, p99", p99(200, func() {
		_, err := e.Reach(e.Find(principal(rng.IntN(w.principals)))...)
		must(err)
	}), 0)
	line("what if, of one foothold, p99", p99(200, func() {
		_, err := e.Cut(access.CutQuestion{Try: []int{w.principals}, Footholds: e.Find(principal(rng.IntN(w.users)))})
		must(err)
	}), 100*time.Millisecond)
	line("all footholds", once(func() { _, err := e.Footholds(50); must(err) }), 60*time.Second)
	line("findings", once(func() { _, err := e.Findings("2026-09-30", 50); must(err) }), 0)
	line("ten cuts", once(func() { _, err := e.Cut(access.CutQuestion{Most: 10, Day: "2026-09-30"}); must(err) }), 30*time.Second)
}

// spent is what something took by the clock, and of all processors together.
type spent struct{ clock, processor time.Duration }

func once(do func()) spent {
	at, before := time.Now(), processor()
	do()
	return spent{time.Since(at), processor() - before}
}

// processor is the time that the process has had of all processors.
func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it does not fail for oneself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func p99(n int, do func()) spent {
	clock, processor := make([]time.Duration, n), make([]time.Duration, n)
	for i := range clock {
		took := once(do)
		clock[i], processor[i] = took.clock, took.processor
	}
	slices.Sort(clock)
	slices.Sort(processor)
	return spent{clock[n*99/100], processor[n*99/100]}
}

func line(what string, took spent, limit time.Duration) {
	text := fmt.Sprintf("  %-36s %12s %12s", what, took.clock.Round(10*time.Microsecond), took.processor.Round(10*time.Microsecond))
	if limit > 0 {
		text += "   limit " + limit.String()
	}
	fmt.Println(text)
}

// peak is the most memory that was resident, in MiB; 0 where the system does not tell.
func peak() float64 {
	text, _ := os.ReadFile("/proc/self/status")
	for l := range bytes.Lines(text) {
		if f := bytes.Fields(l); len(f) > 1 && string(f[0]) == "VmHWM:" {
			kib, _ := strconv.ParseFloat(string(f[1]), 64)
			return kib / 1024
		}
	}
	return 0
}
