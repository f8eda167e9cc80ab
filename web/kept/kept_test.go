package kept

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestAnAnswerIsWorkedOutOnceForEachKey(t *testing.T) {
	var a Answer[int]
	var n atomic.Int64
	work := func(context.Context) (int, error) {
		time.Sleep(10 * time.Millisecond)
		return int(n.Add(1)), nil
	}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if got, err := a.Get(t.Context(), "a", time.Second, work); got != 1 || err != nil {
				t.Errorf("%d, %v", got, err)
			}
		})
	}
	all.Wait()
	if got, _ := a.Get(t.Context(), "b", time.Minute, work); got != 2 {
		t.Errorf("another key: %d", got)
	}
}

func TestWhatWasThereIsGivenWhileItIsWorkedOutAnew(t *testing.T) {
	var a Answer[string]
	if _, err := a.Get(t.Context(), "a", 0, func(context.Context) (string, error) { return "old", nil }); err != nil {
		t.Fatal(err)
	}
	slow := make(chan struct{})
	work := func(context.Context) (string, error) { <-slow; return "new", nil }
	if got, err := a.Get(t.Context(), "b", time.Millisecond, work); got != "old" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	close(slow)
	if got, err := a.Get(t.Context(), "b", time.Minute, work); got != "new" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAFaultIsNotKept(t *testing.T) {
	var a Answer[int]
	fault := errors.New("fault")
	if _, err := a.Get(t.Context(), "a", 0, func(context.Context) (int, error) { return 0, fault }); !errors.Is(err, fault) {
		t.Errorf("got %v", err)
	}
	if _, err := a.Get(t.Context(), "a", 0, func(context.Context) (int, error) { panic("x") }); err == nil {
		t.Error("a panic is no error")
	}
	if got, err := a.Get(t.Context(), "a", 0, func(context.Context) (int, error) { return 7, nil }); got != 7 || err != nil {
		t.Errorf("%d, %v", got, err)
	}
}

func TestAShelfHoldsOnlySoMany(t *testing.T) {
	var s Shelf[int]
	first := s.Get("0")
	if s.Get("0") != first {
		t.Error("the same question has another place")
	}
	for i := range 3 * mostKept {
		s.Get(strconv.Itoa(i))
	}
	if len(s.all) > mostKept || len(s.order) > mostKept {
		t.Errorf("%d are held", len(s.all))
	}
}
