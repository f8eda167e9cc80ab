package main

import (
	"cmp"
	"container/heap"
	"math"
	"math/rand/v2"
	"slices"
)

// mostShards is how many shards are simulated one by one; a larger survey goes on as it went over those.
const mostShards = 400_000

// Outcome is how a survey went.
type Outcome struct {
	Seconds   float64
	CoreHours float64
	Dollars   float64
	Catalog   float64 // bytes
	Shards    float64
	Busy      []Station // by how busy they were
}

// Station is one that all shards pass.
type Station struct {
	Name string
	Busy float64 // share of the time, 0 to 1
}

// shard is one in the simulation.
type shard struct{ bytes, items, pieces float64 }

// Simulate lets an estate pass by a fleet.
func Simulate(e Estate, r Rates, f Fleet, p Prices) Outcome {
	random := rand.New(rand.NewPCG(8, 8))
	next, n, all := plan(e, random)
	var listed, hub, sources, busyList, busyHub, busyRead, busySource float64
	free := make(soonest, f.Workers)
	ends := make([]float64, min(window*max(1, f.Hubs), f.Workers*max(1, f.Slots))) // of the last shards, as a ring: so many are out at once
	for i := range n {
		s := next()
		list := s.items / (e.ListRate * float64(e.Sources))
		listed += list
		busyList += list
		start := max(listed, ends[i%len(ends)], free[0])
		work := s.work(e, r, f)
		move := s.bytes / (e.SourceRate * float64(e.Sources))
		sources = max(sources, start) + move
		done := max(start+work, sources)
		write := r.HubShard.Seconds() + s.items*r.HubItem.Seconds() + s.bytes/(32<<20)*r.HubBytes.Seconds()
		write /= float64(max(1, f.Hubs))
		hub = max(hub, done) + write
		busyHub, busyRead, busySource = busyHub+write, busyRead+work, busySource+move
		free[0] = done // its other slots go on while this one waits for the hub
		heap.Fix(&free, 0)
		ends[i%len(ends)] = hub
	}
	end := hub
	steady := max(1, all/float64(n)) // the rest goes on at the same pace
	o := Outcome{Seconds: end * steady, Shards: all, Catalog: e.Items * r.ItemDisk}
	o.CoreHours = (e.Bytes/r.Read + e.Items*r.Item.Seconds() + all*r.Shard.Seconds() + busyHub*steady*float64(max(1, f.Hubs))) / 3600
	o.Seconds += r.Start.Seconds()
	if f.Shared > 0 { // hub and workers stand on one machine
		o.Seconds = max(o.Seconds, r.Start.Seconds()+o.CoreHours*3600/float64(f.Shared))
	}
	o.Dollars = o.CoreHours*p.CoreHour + e.Items*p.Get + e.Items/1000*p.List
	o.Busy = []Station{{"listing", busyList / end}, {"workers", busyRead / end / float64(f.Workers)}, {"bandwidth of the sources", busySource / end}, {"the hub's writer", busyHub / end}}
	slices.SortStableFunc(o.Busy, func(a, b Station) int { return cmp.Compare(b.Busy, a.Busy) })
	return o
}

// work is how long a worker is at a shard, all of its cores at it.
func (s *shard) work(e Estate, r Rates, f Fleet) float64 {
	cores := math.Min(float64(f.Cores), math.Max(1, s.items))
	if s.pieces > 0 {
		cores = math.Min(float64(f.Cores), s.pieces)
	}
	processor := (s.bytes/r.Read + s.items*r.Item.Seconds()) / cores
	waiting := s.items * e.Latency.Seconds() / math.Min(float64(max(1, f.Slots)), math.Max(1, s.items))
	return max(processor, waiting, s.bytes/f.Network) + r.Shard.Seconds()
}

// plan gives shards as the hub would make them: how many are to be simulated, and how many there are in all.
func plan(e Estate, random *rand.Rand) (next func() shard, n int, all float64) {
	mean := e.Bytes / e.Items
	mu := math.Log(mean) - e.Spread*e.Spread/2
	size := func() float64 { return math.Min(e.Largest, math.Exp(mu+e.Spread*random.NormFloat64())) }
	left := 0.0 // of a large item that is being cut
	next = func() (s shard) {
		if left > 0 {
			s = shard{math.Min(left, pieceBytes), 0, math.Ceil(math.Min(left, pieceBytes) / (32 << 20))}
			left -= s.bytes
			return s
		}
		for s.items < shardItems && s.bytes < shardBytes {
			b := size()
			if b >= largeItem {
				left = b
				return s
			}
			s.bytes, s.items = s.bytes+b, s.items+1
		}
		return s
	}
	perShard, bytes, items := 4_000, 0.0, 0.0 // tried, to know how many shards there are
	for range perShard {
		s := next()
		bytes, items = bytes+s.bytes, items+s.items
	}
	all = math.Max(e.Bytes/(bytes/float64(perShard)), e.Items/(math.Max(1, items)/float64(perShard)))
	left = 0
	return next, int(math.Min(mostShards, math.Max(1, math.Round(all)))), math.Max(1, all)
}

// soonest are the times at which workers are free, the first of them first.
type soonest []float64

func (s soonest) Len() int           { return len(s) }
func (s soonest) Less(i, j int) bool { return s[i] < s[j] }
func (s soonest) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }

// Push is not used: workers neither come nor go.
func (s *soonest) Push(any) {}

// Pop is not used.
func (s *soonest) Pop() any { return nil }
