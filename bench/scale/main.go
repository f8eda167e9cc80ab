package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// estates are those of the question, with what is assumed of them.
func estates() []Estate {
	const gigabit = 125e6
	return []Estate{
		// An archive in one file store: documents, exports, images; one store gives 10 Gbit/s.
		{Name: "8.8 TB", Bytes: 8.8e12, Items: 8.8e6, Spread: 2, Largest: 100e9, Sources: 4, SourceRate: 10 * gigabit / 4, ListRate: 5000, Latency: 20 * time.Millisecond},
		// A health system: databases, buckets and shares in some hundred repositories.
		{Name: "1 PB", Bytes: 1e15, Items: 1e9, Spread: 2, Largest: 2e12, Sources: 200, SourceRate: 5 * gigabit, ListRate: 5000, Latency: 20 * time.Millisecond},
		// Everything that a very large acquirer has.
		{Name: "100 PB", Bytes: 1e17, Items: 1e11, Spread: 2, Largest: 2e12, Sources: 10_000, SourceRate: 5 * gigabit, ListRate: 5000, Latency: 20 * time.Millisecond},
	}
}

// measured are the rates of the machine that docs/scale.md names; flags set others. Those of the hub are what its one writer takes, about half of
// what a hub with one core takes in all (TestTheModelAgainstRuns): opening and reading what came is done on other cores. The data are the hardest
// for a hub: a patient in each row, whose traces are a tenth of the bytes.
func measured() Rates {
	return Rates{Read: 110e6, Item: 350 * time.Microsecond, Shard: 3 * time.Millisecond, HubShard: 200 * time.Microsecond, HubItem: 140 * time.Microsecond,
		HubBytes: 16 * time.Millisecond, Start: 550 * time.Millisecond, ItemDisk: 600}
}

func main() {
	r, p := measured(), Prices{CoreHour: 0.05, Get: 0.4e-6, List: 5e-6}
	flag.Float64Var(&r.Read, "read", r.Read, "bytes a second of one core")
	flag.DurationVar(&r.Item, "item", r.Item, "processor time of an item besides its bytes")
	flag.DurationVar(&r.Shard, "shard", r.Shard, "a worker's time for a shard besides its items")
	flag.DurationVar(&r.HubShard, "hub-shard", r.HubShard, "the hub's time for a shard")
	flag.DurationVar(&r.HubItem, "hub-item", r.HubItem, "the hub's time for an item")
	flag.DurationVar(&r.HubBytes, "hub-bytes", r.HubBytes, "the hub's time for 32 MiB that workers read")
	flag.Float64Var(&p.CoreHour, "core-hour", p.CoreHour, "price of a core for an hour, in US dollars")
	cores := flag.Int("cores", 8, "cores of each worker")
	flag.Parse()
	out := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "estate\thubs\tworkers\ttime\tcore-hours\tdollars\tcatalog\tbusiest\tthen\t")
	for _, e := range estates() {
		for _, hubs := range []int{1, 10, 100, 1000} {
			busiest := ""
			for workers := hubs; workers <= 4096; workers *= 2 {
				o := Simulate(e, r, Fleet{Workers: workers, Cores: *cores, Slots: 8 * *cores, Network: 10 * 125e6, Hubs: hubs}, p)
				busiest = o.Busy[0].Name
				fmt.Fprintf(out, "%s\t%d\t%d\t%s\t%.0f\t%.0f\t%s\t%s\t%s\t\n", e.Name, hubs, workers, span(o.Seconds), o.CoreHours, o.Dollars, size(o.Catalog), o.Busy[0], o.Busy[1])
				if busiest != "workers" {
					break // more workers change nothing
				}
			}
			if busiest != "the hub's writer" {
				break // neither do more hubs
			}
		}
	}
	out.Flush()
}

// String writes a station with how busy it was.
func (s Station) String() string { return fmt.Sprintf("%s %.0f %%", s.Name, 100*s.Busy) }

// span writes seconds in the unit that fits.
func span(s float64) string {
	switch {
	case s < 120:
		return fmt.Sprintf("%.0f s", s)
	case s < 7200:
		return fmt.Sprintf("%.0f min", s/60)
	case s < 48*3600:
		return fmt.Sprintf("%.1f h", s/3600)
	case s < 1000*86400:
		return fmt.Sprintf("%.1f days", s/86400)
	}
	return fmt.Sprintf("%.1f years", s/86400/365)
}

// size writes bytes in the unit that fits.
func size(n float64) string {
	units := strings.Fields("B kB MB GB TB PB")
	i := 0
	for n >= 1000 && i < len(units)-1 {
		n, i = n/1000, i+1
	}
	return fmt.Sprintf("%.3g %s", n, units[i])
}
