package carrier

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/chartroom/chartroom/fleet"
)

// TestTicketsAndCalls is the whole way: over TLS with an authority of its own, tickets out, calls back.
func TestTicketsAndCalls(t *testing.T) {
	w := newWorld(t, Config{Listen: "127.0.0.1:-1"})
	e := w.enrol("east-1", "east")
	w.answers(func(_ context.Context, from fleet.Peer, m fleet.Method, q []byte) ([]byte, error) {
		if m == "fail" {
			return nil, errors.New("no such thing here")
		}
		return fmt.Appendf(nil, "%s of %s says %s: %s", from.Name, from.Enclave, m, q), nil
	})
	p := w.dial(e)
	if err := w.hub.Call(w.ctx, "east", fleet.Ticket{Run: 7, Shard: 1}, fleet.Ticket{Run: 7, Shard: -2}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []fleet.Ticket{{Run: 7, Shard: 1}, {Run: 7, Shard: -2}} {
		h, err := p.Next(w.ctx)
		if err != nil {
			t.Fatal(err)
		}
		if h.Ticket() != want {
			t.Errorf("ticket %v, want %v", h.Ticket(), want)
		}
		if err := errors.Join(h.Keep(w.ctx), h.Done(w.ctx)); err != nil {
			t.Fatal(err)
		}
	}
	w.waiting("east", 0)
	got, err := p.Ask(w.ctx, fleet.CallHello, []byte("good day"))
	if want := "east-1 of east says hello: good day"; err != nil || string(got) != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	var told *ToldError
	if _, err := p.Ask(w.ctx, "fail", nil); !errors.As(err, &told) || told.Words != "no such thing here" {
		t.Errorf("an error of the hub came as %v", err)
	}
}

// TestReturnedTicketComesBack: at once to whoever asks, or after the pause.
func TestReturnedTicketComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{Listen: "127.0.0.1:-1", Plain: true})
	p := w.dial(w.enrol("east-1", "east"))
	if err := w.hub.Call(w.ctx, "east", fleet.Ticket{Run: 1, Shard: 5}); err != nil {
		t.Fatal(err)
	}
	h, err := p.Next(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := h.Return(w.ctx, 500*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	again, err := p.Next(w.ctx)
	if err != nil || again.Ticket().Shard != 5 {
		t.Fatal(again, err)
	}
	if d := time.Since(began); d < 400*time.Millisecond {
		t.Errorf("it came after %s", d)
	}
	ctx, cancel := context.WithTimeout(w.ctx, 300*time.Millisecond)
	defer cancel()
	if h, err := p.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a ticket that is kept was given to another: %v, %v", h, err)
	}
}

// TestLargeCalls: 30 MiB there and 10 MiB back, several at once.
func TestLargeCalls(t *testing.T) {
	w := newWorld(t, Config{Listen: "127.0.0.1:-1"})
	p := w.dial(w.enrol("east-1", "east"))
	w.answers(func(_ context.Context, _ fleet.Peer, _ fleet.Method, q []byte) ([]byte, error) {
		sum := sha256.Sum256(q)
		return append(sum[:], q[:min(len(q), 10<<20)]...), nil
	})
	sizes := []int{30 << 20, 0, 1, 256<<10 - 1, 256 << 10, 256<<10 + 1, 5 << 20, 3 << 20}
	errs := make(chan error, len(sizes))
	for _, n := range sizes {
		go func() {
			q := bytes.Repeat([]byte("0123456789abcde"), n/15+1)[:n]
			got, err := p.Ask(w.ctx, "deliver", q)
			if sum := sha256.Sum256(q); err == nil && !bytes.Equal(got, append(sum[:], q[:min(n, 10<<20)]...)) {
				err = fmt.Errorf("%d bytes came otherwise than they were sent", n)
			}
			errs <- err
		}()
	}
	for range sizes {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if d := w.hub.desk; d.small != 0 || d.large != 0 || d.held != 0 || len(d.open) != 0 {
		t.Errorf("the hub still has %d small and %d large calls in hand, %d bytes", d.small, d.large, d.held)
	}
}

// TestManyEnclaves: each has a stream of its own, and there is room for all of them.
func TestManyEnclaves(t *testing.T) {
	w := newWorld(t, Config{})
	for i := range 40 {
		w.enclaves = append(w.enclaves, fmt.Sprintf("enclave-%d", i))
	}
	w.hub.Close()
	w.open(Options{Server: w.srv})
	for _, e := range w.enclaves {
		if err := w.hub.Call(w.ctx, e, fleet.Ticket{Run: 1, Shard: 1}); err != nil {
			t.Fatal(err)
		}
		w.waiting(e, 1)
	}
}
