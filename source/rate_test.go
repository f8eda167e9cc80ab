package source

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestARateCanBeChangedWhileItIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRate(1000)
		began := time.Now()
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 100 {
					if err := r.Wait(t.Context(), 1000); err != nil {
						t.Error(err)
					}
				}
			})
		}
		time.Sleep(10 * time.Second) // ten of 400 parts
		r.Set(1_000_000)
		all.Wait()
		if took := time.Since(began); took < 10*time.Second || took > 11*time.Second {
			t.Errorf("it took %s", took)
		}
		began = time.Now()
		r.Set(0)
		_ = r.Wait(t.Context(), 1<<40)
		_ = r.Wait(t.Context(), 1)
		if took := time.Since(began); took > 0 {
			t.Errorf("without a bound, it took %s", took)
		}
		r.Set(1)
		_ = r.Wait(t.Context(), 1<<20)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.Wait(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a wait ended with %v", err)
		}
	})
}

func TestPartsOfARate(t *testing.T) {
	for _, c := range []struct {
		r    *Rate
		want int
	}{{nil, 1 << 20}, {&Rate{}, 1 << 20}, {NewRate(-1), 1 << 20}, {NewRate(1e6), 1e5}, {NewRate(1), 512}} {
		if got := c.r.Part(1 << 20); got != c.want {
			t.Errorf("at %d a second, %d bytes are read at once, want %d", c.r.PerSecond(), got, c.want)
		}
	}
}
