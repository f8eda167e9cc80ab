package graph

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// sizes of a generated estate: of a million principals when whole.
type sizes struct{ users, groups, roles, resources, people int }

// ofBenchmark gives the whole when CHARTROOM_BIG_GRAPH is set, else a hundredth.
func ofBenchmark() sizes {
	z := sizes{800_000, 50_000, 150_000, 100_000, 5_000_000}
	if os.Getenv("CHARTROOM_BIG_GRAPH") == "" {
		z = sizes{z.users / 100, z.groups / 100, z.roles / 100, z.resources / 100, z.people / 100}
	}
	return z
}

func (z sizes) principals() int { return z.users + z.groups + z.roles }

// generate makes a graph with hub roles, sizes after Zipf, nested groups, and cycles: about ten edges a principal.
func (z sizes) generate(b *testing.B) *Graph {
	rng := rand.New(rand.NewPCG(1, 2))
	builder, err := NewBuilder(z.principals() + z.resources)
	if err != nil {
		b.Fatal(err)
	}
	for r := range z.resources {
		if err := builder.Resource(uint32(z.principals() + r)); err != nil {
			b.Fatal(err)
		}
	}
	grants := 2 * z.principals()
	edge := func(from, to int) {
		e := Edge{From: uint32(from), To: uint32(to), Proof: []int{rng.IntN(grants)}}
		switch n := rng.IntN(100); {
		case n < 5:
			e.Class = Escalates
		case n < 8:
			e.Class = Conditional
		}
		if rng.IntN(5) == 0 {
			e.Proof = append(e.Proof, rng.IntN(grants))
		}
		if err := builder.Edge(e); err != nil {
			b.Fatal(err)
		}
	}
	groups, roles, resources := z.users, z.users+z.groups, z.principals()
	toGroup, toRole := rand.NewZipf(rng, 1.1, 20, uint64(z.groups-1)), rand.NewZipf(rng, 1.1, 20, uint64(z.roles-1))
	toResource := rand.NewZipf(rng, 1.05, 50, uint64(z.resources-1))
	for u := range z.users {
		for range 3 {
			edge(u, groups+int(toGroup.Uint64()))
		}
		edge(u, roles+rng.IntN(z.roles))
		edge(u, roles+int(toRole.Uint64()))
		if u%2 == 0 {
			edge(u, resources+rng.IntN(z.resources))
		}
	}
	for i := range z.groups { // nested eight wide, and a cycle through every hundredth
		edge(groups+i, groups+i/8)
		if i%100 == 0 {
			edge(groups+i/8, groups+i)
		}
		for range 6 {
			edge(groups+i, roles+rng.IntN(z.roles))
		}
	}
	for i := range z.roles {
		if i%4 == 0 {
			edge(roles+i, roles+rng.IntN(z.roles))
		}
		for range 30 {
			edge(roles+i, resources+int(toResource.Uint64()))
		}
	}
	for range 20 { // hubs
		hub := rng.IntN(z.roles)
		for range z.resources / 5 {
			edge(roles+hub, resources+rng.IntN(z.resources))
		}
	}
	people, err := Gather(z.source)
	if err != nil {
		b.Fatal(err)
	}
	g, err := builder.Graph(people)
	if err != nil {
		b.Fatal(err)
	}
	return g
}

// source gives resource i about people/(8i^0.8) persons, so that one person stands in about two of them.
func (z sizes) source(yield func(uint32, *estate.People) error) error {
	rng := rand.New(rand.NewPCG(3, 4))
	for r := range z.resources {
		n := max(5, z.people*2/(r+8))
		p := estate.NewPeople(0)
		start := rng.IntN(z.people)
		for i := range n {
			who := uint64((start + i) % z.people)
			if i%3 == 0 {
				who = rng.Uint64N(uint64(z.people))
			}
			one := estate.Person{Marks: []estate.Mark{mixed(2*who+1) &^ 3, mixed(2*who+2) &^ 3}, States: 1 << (1 + who%50)}
			if who%10 == 0 {
				one.Classes = phi.Of(phi.SUD)
			}
			if p.Wants(one.Marks) {
				p.Add(one)
			}
		}
		if err := yield(uint32(z.principals()+r), p); err != nil {
			return err
		}
	}
	return nil
}

// resident gives a line of the kernel's account of the process's memory, in MiB; 0 where there is none.
func resident(line string) float64 {
	text, _ := os.ReadFile("/proc/self/status")
	for l := range bytes.Lines(text) {
		if f := bytes.Fields(l); len(f) > 1 && string(f[0]) == line+":" {
			kib, _ := strconv.ParseFloat(string(f[1]), 64)
			return kib / 1024
		}
	}
	return 0
}

// percentiles reports the times of n questions.
func percentiles(b *testing.B, n int, ask func(i int)) {
	times := make([]time.Duration, n)
	for b.Loop() {
		for i := range n {
			at := time.Now()
			ask(i)
			times[i] = time.Since(at)
		}
	}
	slices.Sort(times)
	b.ReportMetric(times[n/2].Seconds()*1e3, "p50-ms")
	b.ReportMetric(times[n*99/100].Seconds()*1e3, "p99-ms")
}

// BenchmarkEstate measures each kind of question on one generated estate: CHARTROOM_BIG_GRAPH=1 go test -run ^$ -bench Estate -benchtime 1x
func BenchmarkEstate(b *testing.B) {
	z := ofBenchmark()
	path := filepath.Join(b.TempDir(), "graph")
	g := z.stored(b, path)
	b.Run("open", func(b *testing.B) {
		g = nil
		debug.FreeOSMemory()
		_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
		for b.Loop() {
			g = reopened(b, path)
		}
		b.ReportMetric(resident("VmHWM"), "peak-MiB")
	})
	if g == nil {
		g = reopened(b, path)
	}
	debug.FreeOSMemory()
	s := g.Search()
	rng := rand.New(rand.NewPCG(5, 6))
	for i, v := range []View{{}, {Escalation: true, Possible: true}} {
		b.Run(fmt.Sprintf("who-%d", i), func(b *testing.B) {
			percentiles(b, 500, func(int) { _, _ = s.Who(v, g.Resources()[rng.IntN(z.resources)]) })
		})
		b.Run(fmt.Sprintf("reach-%d", i), func(b *testing.B) {
			percentiles(b, 1000, func(int) { _, _ = s.ReachPeople(v, uint32(rng.IntN(z.principals()))) })
		})
		b.Run(fmt.Sprintf("whatif-%d", i), func(b *testing.B) {
			percentiles(b, 100, func(int) {
				masked := v
				masked.Without, _ = g.Without(int(g.grants[rng.IntN(len(g.grants))]))
				_, _ = s.ReachPeople(masked, uint32(rng.IntN(z.principals())))
			})
		})
		b.Run(fmt.Sprintf("rank-%d", i), func(b *testing.B) {
			for b.Loop() {
				if _, err := g.Rank(v); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(resident("VmRSS"), "MiB")
		})
		b.Run(fmt.Sprintf("cut10-%d", i), func(b *testing.B) { cutTen(b, g, v, z) })
	}
	runtime.KeepAlive(g)
}

// cutTen takes ten of the grants on which the most edges rest, and on which the access of some footholds does.
func cutTen(b *testing.B, g *Graph, v View, z sizes) {
	rng := rand.New(rand.NewPCG(7, 8))
	q := Cuts{View: v, Most: 10}
	for range 500 {
		f := uint32(rng.IntN(z.users))
		q.Footholds = append(q.Footholds, f)
		for e := g.fwd.off[f]; e < g.fwd.off[f+1] && len(q.Candidates) < 1000; e++ {
			g.eachGrant(e, func(i uint32) { q.Candidates = append(q.Candidates, []int{int(g.grants[i])}) })
		}
	}
	for b.Loop() {
		a, err := g.Search().Cut(q)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(100*float64(a.Before-a.After)/float64(max(1, a.Before)), "%saved")
	}
}

// stored generates an estate and writes it, and gives nothing that keeps what was generated.
func (z sizes) stored(b *testing.B, path string) *Graph {
	g := z.generate(b)
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := g.Encode(w); err != nil {
		b.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	stat, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%d nodes, %d edges, %d grants; %d persons in %d entries; %d MiB", g.Nodes(), g.Edges(), len(g.grants), len(g.people.States),
		len(g.people.Who), stat.Size()>>20)
	return nil
}

func reopened(b *testing.B, path string) *Graph {
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	stat, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	g, err := Decode(bufio.NewReaderSize(f, 1<<20), stat.Size())
	if err != nil {
		b.Fatal(err)
	}
	return g
}
