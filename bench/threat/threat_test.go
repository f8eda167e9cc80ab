package threat

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/threat"
	"github.com/chartroom/chartroom/threat/horn"
	"github.com/chartroom/chartroom/threat/playbook"
)

// world is an estate of users, vendors' clients and roles, who may read stores in tenants. Rights are drawn alike for all, so that hardly
// any two principals are twins: the worst case for whoever would put them together.
type world struct{ principals, stores, permissions, people int }

const tenants = 40

// facts tells the estate. Of every hundred principals five are clients of vendors, five roles, and ninety users; four users of a hundred
// have a login beside the identity provider, of whom half a password in a stealer's log.
func (w world) facts() *threat.Facts {
	rng := rand.New(rand.NewPCG(1, 2))
	f := threat.NewFacts()
	o := f.From(threat.Origin{How: "inventory"})
	tell := func(p string, s threat.State, args ...string) {
		numbers := make([]uint32, len(args))
		for i, a := range args {
			numbers[i] = f.Name(a)
		}
		f.Tell(p, s, o, numbers...)
	}
	store := func(n int) string { return "store-" + strconv.Itoa(n) }
	who := func(n int) string { return "principal-" + strconv.Itoa(n) }
	tenant := func(n int) string { return "tenant-" + strconv.Itoa(n%tenants) }
	kinds := []string{"bucket", "share", "database", "crm", "tickets", "mailbox", "warehouse", "plain"}
	for n := range w.stores {
		tell(kinds[n%len(kinds)], threat.Yes, store(n))
		tell("store_in", threat.Yes, store(n), tenant(n))
		tell("phi", []threat.State{threat.Yes, threat.Perhaps}[n%5/4], store(n))
		tell("holds_patients", threat.Yes, store(n))
		if n%20 == 0 {
			tell("holds", threat.Yes, store(n), "key-"+strconv.Itoa(n))
			tell("opens", threat.Yes, "key-"+strconv.Itoa(n), who(rng.IntN(w.principals)))
		}
		if n%9 == 0 {
			tell("archive", threat.Yes, store(n))
		}
	}
	tell("helpdesk_verifies", threat.Perhaps, "desk", "knowledge")
	for n := range w.principals {
		switch p := who(n); {
		case n%20 == 0:
			v := "vendor-" + strconv.Itoa(n%2000)
			tell("vendor", threat.Yes, v)
			tell("vendor_repo_weak", threat.Perhaps, v)
			tell("client_of", threat.Yes, p, v)
			tell("grant", threat.Yes, "grant-"+strconv.Itoa(n), p, tenant(n))
		case n%20 == 1:
			tell("can_assume", threat.Yes, who(rng.IntN(w.principals)), p)
		default:
			tell("user", threat.Yes, p)
			tell("helpdesk_resets", threat.Yes, "desk", p)
			tell("employee_listed", []threat.State{threat.Perhaps, threat.Yes}[n%2], p)
			tell("phone_reachable", threat.Perhaps, p)
			tell("self_enrol", threat.Perhaps, p)
			for i := range 3 {
				tell("assigned", threat.Yes, p, tenant(n*7+i))
			}
			if n%3 == 0 {
				tell("fido2_only", threat.Yes, p)
			}
			if n%25 == 2 {
				tell("local_login", threat.Yes, p, tenant(n))
				tell("mfa", threat.Yes, p, "none")
				if n%50 == 2 {
					tell("infostealer_hit", threat.Yes, p)
				}
			}
		}
	}
	for range w.permissions {
		tell("can_read", threat.Yes, who(rng.IntN(w.principals)), store(rng.IntN(w.stores)))
	}
	return f
}

// counter keeps the people of each store, and counts the distinct ones.
type counter struct {
	of     [][]uint32 // by name
	seen   []uint32
	pass   uint32
	people int
}

// newCounter gives store n about people/(n+8) of the people, so that one stands in about five of two thousand.
func (w world) newCounter(f *threat.Facts) *counter {
	rng := rand.New(rand.NewPCG(3, 4))
	c := &counter{of: make([][]uint32, len(f.Names())), seen: make([]uint32, w.people), people: w.people}
	for n := range w.stores {
		start, size := rng.IntN(w.people), max(50, w.people*2/(n+8))
		list := make([]uint32, size)
		for i := range list {
			list[i] = uint32((start + i) % w.people)
		}
		c.of[f.Name("store-"+strconv.Itoa(n))] = list
	}
	return c
}

// Count counts each person once.
func (c *counter) Count(stores []uint32) threat.Loss {
	c.pass++
	n := int64(0)
	for _, s := range stores {
		for _, p := range c.of[s] {
			if c.seen[p] != c.pass {
				c.seen[p] = c.pass
				n++
			}
		}
	}
	return threat.Loss{People: estate.Count{Estimate: n, Low: n, High: n}, Stores: len(stores)}
}

// TestThreat prints what each kind of question takes of processor time, and what it may take.
func TestThreat(t *testing.T) {
	if os.Getenv("BENCH_THREAT") == "" {
		t.Skip(`skipped: BENCH_KINDS=threat make bench measures it`)
	}
	w := world{principals: 100_000, stores: 2_000, permissions: 1_000_000, people: 2_000_000}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	book, err := playbook.Shipped()
	must(err)
	f := w.facts()
	c := w.newCounter(f)
	fmt.Printf("%d principals, %d repositories, %d permissions, %d people, %d rows\n", w.principals, w.stores, w.permissions, w.people, len(book.Rows))
	var p *horn.Program
	line("grounding, once", spent(func() { p, err = threat.Ground(f, book.Rows) }), 0)
	must(err)
	fmt.Printf("  %-44s %12d\n", "clauses", p.Clauses())
	runtime.GC()
	var certain, possible *horn.World
	var lost threat.Loss
	line("closure in both views, with people", spent(func() {
		certain, possible = p.World(horn.Certain, false), p.World(horn.Possible, false)
		lost = c.Count(certain.Firsts(threat.Lost))
		lost = c.Count(possible.Firsts(threat.Lost))
	}), time.Second)
	fmt.Printf("  %-44s %12d of %d stores, %d people\n", "lost at most", lost.Stores, w.stores, lost.People.Estimate)
	if lost.People.Estimate == 0 {
		t.Error("nothing is lost; nothing was measured")
	}
	alone := p.World(horn.Possible, true)
	rng := rand.New(rand.NewPCG(5, 6))
	foot := func() {
		who := f.Name("principal-" + strconv.Itoa(rng.IntN(w.principals)))
		must(alone.Try([]horn.Change{{Fact: threat.Fact{Predicate: "acts_as", Args: []uint32{who}}, Holds: true}}, func() { c.Count(alone.Firsts(threat.Lost)) }))
	}
	often(200, "one foothold, with people", 50*time.Millisecond, foot)
	try := func(change func() []horn.Change) func() {
		return func() { must(possible.Try(change(), func() { c.Count(possible.Firsts(threat.Lost)) })) }
	}
	grants := f.Table("can_read")
	often(100, "what if a right is taken away", 100*time.Millisecond, try(func() []horn.Change {
		i := rng.IntN(len(grants.States))
		return []horn.Change{{Fact: threat.Fact{Predicate: "can_read", Args: grants.Args[2*i : 2*i+2]}}}
	}))
	often(100, "what if a right is given", 100*time.Millisecond, try(func() []horn.Change {
		return []horn.Change{{Fact: threat.Fact{Predicate: "can_read", Args: []uint32{f.Name("principal-" + strconv.Itoa(rng.IntN(w.principals))), f.Name("store-" + strconv.Itoa(rng.IntN(w.stores)))}}, Holds: true}}
	}))
	often(100, "what if the help desk calls back", 100*time.Millisecond, try(func() []horn.Change {
		return []horn.Change{{Fact: threat.Fact{Predicate: "helpdesk_verifies", Args: []uint32{f.Name("desk"), f.Name("knowledge")}}}}
	}))
	often(100, "what if a tenant takes known networks only", 100*time.Millisecond, try(func() []horn.Change {
		return []horn.Change{{Fact: threat.Fact{Predicate: "net_policy", Args: []uint32{f.Name("tenant-1")}}, Holds: true}}
	}))
}

// TestAnswer prints what the whole answer takes: minimal paths, controls, questions.
func TestAnswer(t *testing.T) {
	if os.Getenv("BENCH_THREAT") != "paths" {
		t.Skip(`skipped: BENCH_THREAT=paths measures it`)
	}
	w := world{principals: 10_000, stores: 200, permissions: 100_000, people: 200_000}
	book, err := playbook.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	f := w.facts()
	c := w.newCounter(f)
	var a *threat.Answer
	line("the whole answer on a tenth of it", spent(func() { a, err = threat.Walk(threat.Input{Facts: f, Book: book, Counter: c}) }), 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("  %-44s %12d told, %d more; %d sets of controls\n", "paths", len(a.Paths), a.Omitted, len(a.Controls))
}

// spent gives the processor time of the whole process that something takes.
func spent(do func()) time.Duration {
	var a, b syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &a)
	do()
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &b)
	return time.Duration(b.Utime.Nano() + b.Stime.Nano() - a.Utime.Nano() - a.Stime.Nano())
}

// often does something n times, and prints the median, and what 99 of a hundred take at most.
func often(n int, what string, limit time.Duration, do func()) {
	all := make([]time.Duration, n)
	for i := range all {
		all[i] = spent(do)
	}
	slices.Sort(all)
	line(what+", median", all[n/2], 0)
	line(what+", p99", all[n*99/100], limit)
}

func line(what string, took, limit time.Duration) {
	text := fmt.Sprintf("  %-44s %12s", what, took.Round(10*time.Microsecond))
	if limit > 0 {
		text += "   limit " + limit.String()
	}
	fmt.Println(text)
}
