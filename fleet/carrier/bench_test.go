package carrier

import (
	"sync"
	"testing"

	"github.com/chartroom/chartroom/fleet"
)

// BenchmarkTickets is the way of a ticket: out, to one of eight slots, a call of a few hundred bytes, and thrown away.
func BenchmarkTickets(b *testing.B) {
	w := newWorld(b, Config{Listen: "127.0.0.1:-1"})
	w.answers(echo)
	p := w.dial(w.enrol("east-1", "east"))
	question := make([]byte, 300)
	var slots sync.WaitGroup
	b.ResetTimer()
	go w.hub.Call(w.ctx, "east", numbered(1, b.N)...)
	done := make(chan struct{}, b.N)
	for range 8 {
		slots.Go(func() {
			for {
				h, err := p.Next(w.ctx)
				if err != nil {
					return
				}
				if _, err := p.Ask(w.ctx, fleet.CallClaim, question); err != nil {
					b.Error(err)
				}
				if err := h.Done(w.ctx); err != nil {
					b.Error(err)
				}
				done <- struct{}{}
			}
		})
	}
	for range b.N {
		<-done
	}
	b.StopTimer()
	w.cancel()
	slots.Wait()
}
