// Package worker works for a fleet at one machine: it takes tickets, asks the hub what they are about, does it, and brings what it found.
//
// It holds nothing that lasts. What it found is the hub's when the hub says so; whatever it has not brought by then is done again,
// by itself or by another. The sources that it opens are kept for the run, since some show one moment for as long as they are open.
package worker

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/format/all"
	"github.com/chartroom/chartroom/format/converter"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/source"
)

// Worker is a worker before and while it runs. What is exported is set before Run.
type Worker struct {
	Post       fleet.Post
	Version    string                // of the program
	Slots      int                   // shards at once; 0 = one a core
	Converters []converter.Converter // this machine's own
	Allow      []string              // places that may be opened, and what stands beneath them; none = all that the hub names
	Grace      time.Duration         // for what is at work when it is told to end; 0 = a minute
	Once       time.Duration         // end when there was no work for so long; 0 = never
	Log        *slog.Logger          // nil = nothing is logged. No name of an item and no value is
	Counts     Counts

	beatEvery  time.Duration // fleet.BeatEvery but in tests
	helloPause time.Duration // see there
	local      scan.Turns    // of what is read from this machine's disks
	remote     scan.Turns    // of what is read through a network
	shelf      shelf
	words      fleet.Words
	rooms      chan []byte // for deliveries
	jobs       jobs
	drain      context.CancelFunc // no further tickets

	mu    sync.Mutex
	going map[*outbox]bool // shards at work
	rates map[string]int64 // as the hub said last
}

// Counts are what a worker has done since it began. They may be read at any time.
type Counts struct {
	Shards    atomic.Int64 // done
	Items     atomic.Int64 // done
	Bytes     atomic.Int64 // read
	Gaps      atomic.Int64
	Faults    atomic.Int64 // shards that were given back, and words of the hub that it was wrong
	Connected atomic.Bool  // the hub answered the last call
	Beat      atomic.Int64 // when the hub last answered, in seconds since 1970
	Slots     atomic.Int64
	Working   atomic.Int64 // shards at work
}

// Pauses.
const (
	usualGrace = time.Minute
	usualHello = 10 * time.Second // before a hub is asked again that wants no work of this worker
	takePause  = time.Second      // before a carrier is asked again for a ticket
	endTime    = 5 * time.Second  // for a carrier to hear of the end of a ticket
)

// Run works until the context ends, the hub says that it should end, or there was no work for so long as Once says. It takes no further
// shards then, finishes those that it has within Grace, and gives back the others. It returns nil unless it never came to work.
func (w *Worker) Run(ctx context.Context) error {
	w.defaults()
	taking, drain := context.WithCancel(ctx)
	defer drain()
	w.drain = drain
	working, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	defer w.shelf.close()
	context.AfterFunc(taking, func() {
		w.Log.Info("takes no further shards", "working", w.Counts.Working.Load())
		time.AfterFunc(w.Grace, func() { stop(errEnded) })
	})
	if !w.hello(taking) {
		return ctx.Err()
	}
	var beating, slots sync.WaitGroup
	over, ended := context.WithCancel(working)
	beating.Go(func() { w.beats(over, taking) })
	for range w.Slots {
		slots.Go(func() { w.slot(taking, working) })
	}
	slots.Wait()
	ended()
	beating.Wait()
	w.Log.Info("ends", "shards", w.Counts.Shards.Load(), "items", w.Counts.Items.Load(), "bytes", w.Counts.Bytes.Load(), "gaps", w.Counts.Gaps.Load())
	return nil
}

// errEnded says that the worker ends, and has no time left.
var errEnded = errors.New("the worker ends")

func (w *Worker) defaults() {
	if w.Slots <= 0 {
		w.Slots = runtime.GOMAXPROCS(0)
	}
	if w.Grace <= 0 {
		w.Grace = usualGrace
	}
	w.rooms = make(chan []byte, mostRooms)
	if w.beatEvery <= 0 {
		w.beatEvery = fleet.BeatEvery
	}
	if w.helloPause <= 0 {
		w.helloPause = usualHello
	}
	if w.Log == nil {
		w.Log = slog.New(slog.DiscardHandler)
	}
	w.local, w.remote = scan.NewTurns(w.Slots), scan.NewTurns(max(w.Slots, source.RemoteWorkers()))
	w.going = map[*outbox]bool{}
	w.Counts.Slots.Store(int64(w.Slots))
}

// hello says who the worker is until the hub takes it; false where the context ended before.
func (w *Worker) hello(ctx context.Context) bool {
	host, _ := os.Hostname()
	var readers []string
	for _, r := range all.Readers() {
		readers = append(readers, r.Name())
	}
	said := ""
	for {
		var welcome fleet.Welcome
		err := w.ask(ctx, fleet.CallHello, &fleet.Hello{Protocol: fleet.Protocol, Version: w.Version, Rules: detect.RulesVersion, Readers: readers,
			Host: host, Process: os.Getpid(), Cores: runtime.GOMAXPROCS(0), Slots: w.Slots}, &welcome)
		words := welcome.Refused
		if err != nil {
			words = err.Error()
		}
		switch {
		case ctx.Err() != nil:
			return false
		case words == "":
			w.Log.Info("taken on", "hub", welcome.Version, "slots", w.Slots)
			return true
		case words != said:
			w.Log.Warn("the hub takes no work of this worker; it will be asked again", "why", words)
		}
		if said = words; !pause(ctx, w.helloPause) {
			return false
		}
	}
}

// ask makes a call.
func (w *Worker) ask(ctx context.Context, m fleet.Method, question, answer any) error {
	q, err := w.words.Encode(question)
	if err != nil {
		return err
	}
	return w.call(ctx, m, q, answer)
}

// call makes a call whose question is written already.
func (w *Worker) call(ctx context.Context, m fleet.Method, question []byte, answer any) error {
	a, err := w.Post.Ask(ctx, m, question)
	if w.Counts.Connected.Store(err == nil); err != nil {
		return err
	}
	w.Counts.Beat.Store(time.Now().Unix())
	return w.words.Decode(a, answer)
}

// beats says that the worker lives, until the context ends.
func (w *Worker) beats(ctx, taking context.Context) {
	every := w.beatEvery
	if w.Once > 0 {
		every = min(every, max(w.Once/2, firstRest))
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	idle := time.Now()
	for {
		working, bytes := w.state()
		if len(working) > 0 {
			idle = time.Now()
		}
		if w.Once > 0 && time.Since(idle) >= w.Once {
			w.drain()
		}
		limited, cancel := context.WithTimeout(ctx, w.beatEvery)
		var receipt fleet.Receipt
		err := w.ask(limited, fleet.CallBeat, &fleet.Beat{Working: working, Bytes: bytes, Items: w.Counts.Items.Load(), Drains: taking.Err() != nil, Runs: w.jobs.runs()}, &receipt)
		cancel()
		if err == nil {
			w.told(&receipt)
			w.bounds(receipt.Rates)
		}
		w.shelf.sweep(time.Now())
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// state tells which shards are at work, and how much was read.
func (w *Worker) state() (working []fleet.Ticket, bytes int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	bytes = w.Counts.Bytes.Load()
	for o := range w.going {
		working = append(working, o.ticket)
		bytes += o.unread()
	}
	return working, bytes
}

// told does what a receipt says, but for what it says of a shard.
func (w *Worker) told(r *fleet.Receipt) {
	if r.Drain {
		w.drain()
	}
	for _, run := range r.Over {
		w.jobs.forget(run)
		w.shelf.end(run)
	}
}

// bounds takes over how fast targets may be read.
func (w *Worker) bounds(rates map[string]int64) {
	w.mu.Lock()
	w.rates = rates
	w.mu.Unlock()
	w.shelf.bounds(rates)
}

// pause waits, and tells whether the context lasts.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
