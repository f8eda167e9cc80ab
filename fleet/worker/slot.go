package worker

import (
	"context"
	"errors"
	"runtime/debug"
	"strings"
	"time"

	"github.com/chartroom/chartroom/fleet"
)

// Waits of a slot.
const (
	usualWait = 5 * time.Second // before a ticket is looked at again that nobody said anything of
	mostWait  = time.Minute     // of a shard that failed
	firstRest = 50 * time.Millisecond
	mostRest  = 2 * time.Second // of a slot that finds tickets that it may not work at
)

// slot takes tickets one after the other, as long as the first context lasts, and works at them as long as the other does.
func (w *Worker) slot(taking, working context.Context) {
	rest := time.Duration(0)
	for taking.Err() == nil {
		held, err := w.Post.Next(taking)
		if err != nil {
			if taking.Err() == nil {
				w.Log.Warn("no ticket can be taken; it is tried again", "why", err.Error())
				pause(taking, takePause)
			}
			continue
		}
		if w.ticket(taking, working, held) {
			rest = 0
			continue
		}
		pause(taking, rest)
		rest = min(max(firstRest, 2*rest), mostRest)
	}
}

// ticket does what a ticket is about, and tells whether there was anything to do.
func (w *Worker) ticket(taking, working context.Context, held fleet.Held) (worked bool) {
	t := held.Ticket()
	claimed, j, err := w.claim(taking, t)
	switch {
	case err != nil:
		if taking.Err() != nil {
			giveBack(held, 0)
			return false
		}
		w.Counts.Faults.Add(1)
		w.Log.Warn("the hub does not say what a ticket is about", "run", t.Run, "shard", t.Shard, "why", err.Error())
		giveBack(held, takePause)
		w.hello(taking) // it may be another hub
		return false
	case claimed.Verdict == fleet.Gone:
		throwAway(held)
		return true
	case claimed.Verdict != fleet.Go || j == nil:
		w.Log.Debug("not now", "run", t.Run, "shard", t.Shard, "why", claimed.Why)
		giveBack(held, max(claimed.Wait, firstRest))
		return false
	}
	began := time.Now()
	o := w.newOutbox(working, t, claimed.Attempt)
	stop := w.keep(o.ctx, held)
	err = guarded(func() error { return w.do(o, j, claimed) })
	stop()
	o.close()
	switch {
	case err == nil:
		w.Counts.Shards.Add(1)
		w.Log.Info("a shard is done", "run", t.Run, "shard", t.Shard, "kind", kindName(claimed.Spec.Kind), "bytes", o.read.ReadBytes.Load(), "took", time.Since(began).Round(time.Millisecond))
		throwAway(held)
	case errors.Is(err, errStopped):
		w.Log.Info("a shard was taken away", "run", t.Run, "shard", t.Shard)
		throwAway(held)
	case working.Err() != nil:
		w.Log.Info("a shard is given back", "run", t.Run, "shard", t.Shard)
		giveBack(held, 0)
	default:
		w.Counts.Faults.Add(1)
		w.Log.Warn("a shard failed; it is given back", "run", t.Run, "shard", t.Shard, "kind", kindName(claimed.Spec.Kind), "attempt", claimed.Attempt, "why", err.Error())
		giveBack(held, min(usualWait*time.Duration(max(1, claimed.Attempt)), mostWait))
	}
	return true
}

// keep says that the work at a ticket goes on, until it is stopped.
func (w *Worker) keep(ctx context.Context, held fleet.Held) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for pause(ctx, w.beatEvery) {
			if err := held.Keep(ctx); err != nil && ctx.Err() == nil {
				w.Log.Debug("a ticket may be given to somebody else", "why", err.Error()) // what counts is what the hub says
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// throwAway and giveBack end with a ticket. A carrier that does not hear of it hands the ticket out again, which costs a question.
func throwAway(held fleet.Held) {
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	_ = held.Done(ctx)
}

func giveBack(held fleet.Held, after time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	_ = held.Return(ctx, after)
}

// errFault is a fault of ours. What was thrown is not looked at: it may hold bytes of what was read.
type errFault struct{ where string }

// Error names the place in the code.
func (e *errFault) Error() string { return "a fault at " + e.where + "; please report it" }

// guarded makes an error of a panic.
func guarded(f func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = &errFault{faultPlace(string(debug.Stack()))}
		}
	}()
	return f()
}

// faultPlace finds the function that panicked: the first of ours below the panic itself.
func faultPlace(stack string) string {
	const house = "github.com/chartroom/chartroom/"
	_, below, _ := strings.Cut(stack, "\npanic(")
	_, frame, ok := strings.Cut(below, "\n"+house)
	if !ok {
		return "an unknown place"
	}
	function, _, _ := strings.Cut(frame, "\n")
	if i := strings.LastIndexByte(function, '('); i > 0 {
		function = function[:i]
	}
	return function
}

func kindName(k fleet.Kind) string {
	switch k {
	case fleet.Open:
		return "open"
	case fleet.List:
		return "list"
	case fleet.Read:
		return "read"
	case fleet.Pieces:
		return "pieces"
	case fleet.Grants:
		return "grants"
	}
	return "unknown"
}
