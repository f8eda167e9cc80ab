package main

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// plain is an estate of equal items, of which one can work out on paper how long it takes.
func plain() (Estate, Rates, Fleet) {
	return Estate{Bytes: 64e9, Items: 64_000, Largest: 1e12, Sources: 10, SourceRate: 1e9, ListRate: 1e6},
		Rates{Read: 100e6, Item: time.Millisecond, Shard: time.Millisecond, HubShard: time.Microsecond, HubItem: time.Microsecond, ItemDisk: 600},
		Fleet{Workers: 1, Cores: 2, Slots: 16, Network: 1e10}
}

// near tells whether two times agree within a share.
func near(a, b, share float64) bool { return math.Abs(a-b) <= share*math.Max(a, b) }

func TestOnPaper(t *testing.T) {
	e, r, f := plain()
	processor := e.Bytes/r.Read + e.Items*r.Item.Seconds() // 704 s
	if o := Simulate(e, r, f, Prices{}); !near(o.Seconds, processor/2, .02) || o.Busy[0].Name != "workers" {
		t.Errorf("one worker of two cores: %+v, on paper %.0f s", o, processor/2)
	}
	f.Workers = 4
	if o := Simulate(e, r, f, Prices{}); !near(o.Seconds, processor/8, .03) {
		t.Errorf("four workers: %+v", o)
	}
	slow := e
	slow.SourceRate = 10e6 // all ten together 100 MB/s
	if o := Simulate(slow, r, f, Prices{}); !near(o.Seconds, 640, .02) || o.Busy[0].Name != "bandwidth of the sources" {
		t.Errorf("slow sources: %+v", o)
	}
	far := r
	far.HubItem = 10 * time.Millisecond
	if o := Simulate(e, far, f, Prices{}); !near(o.Seconds, 640, .02) || o.Busy[0].Name != "the hub's writer" {
		t.Errorf("a slow hub: %+v", o)
	}
	e.ListRate = 10 // all ten together 100 items a second
	if o := Simulate(e, r, f, Prices{}); !near(o.Seconds, 640, .02) || o.Busy[0].Name != "listing" {
		t.Errorf("slow listing: %+v", o)
	}
}

// TestMoreNeverHurts: more workers, and faster ones, are never slower, and no station is busier than always.
func TestMoreNeverHurts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, r, f := plain()
		e.Bytes, e.Items = rapid.Float64Range(1e6, 1e11).Draw(t, "bytes"), rapid.Float64Range(1, 2e4).Draw(t, "items")
		e.Spread = rapid.Float64Range(0, 2).Draw(t, "spread")
		r.HubItem = time.Duration(rapid.IntRange(1, 1e6).Draw(t, "hub"))
		f.Workers = rapid.IntRange(1, 50).Draw(t, "workers")
		o := Simulate(e, r, f, Prices{CoreHour: 1})
		for _, s := range o.Busy {
			if s.Busy < 0 || s.Busy > 1.000001 {
				t.Fatalf("%s is busy for %f of the time", s.Name, s.Busy)
			}
		}
		f.Workers *= 2
		if twice := Simulate(e, r, f, Prices{}); twice.Seconds > o.Seconds*1.02 || o.Seconds > 2.5*twice.Seconds+1 {
			t.Fatalf("%d workers take %f s, half of them %f", f.Workers, twice.Seconds, o.Seconds)
		}
	})
}
