package scan

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// slow is a source of n items that take a while each. Its listing breaks off behind them with fault, where there is one.
type slow struct {
	n             int
	fault         error
	working, most *atomic.Int64
}

func (s *slow) Repository() estate.Repository {
	return estate.Repository{Name: "slow://" + string(rune('a'+s.n))}
}
func (s *slow) Grants(context.Context, func(estate.Grant) error) error { return nil }

func (s *slow) Items(_ context.Context, yield func(source.Listed) error) error {
	for i := range s.n {
		if err := yield(source.Listed{Item: source.Item{Path: string(rune('a'+i)) + ".txt", Version: "1", Bytes: 1}}); err != nil {
			return err
		}
	}
	return s.fault
}

func (s *slow) Open(context.Context, source.Item) (io.ReadCloser, error) {
	s.most.Store(max(s.most.Load(), s.working.Add(1)))
	time.Sleep(5 * time.Millisecond)
	s.working.Add(-1)
	return io.NopCloser(strings.NewReader("x")), nil
}

// TestListingThatFails: what was listed before is read all the same.
func TestListingThatFails(t *testing.T) {
	fault := errors.New("the server went away")
	m := newMemory()
	n, err := Source(t.Context(), &slow{n: 9, fault: fault, working: &atomic.Int64{}, most: &atomic.Int64{}}, Options{Engine: detect.New(nil), Rules: "1", Key: testKey, Ledger: m})
	var broke *ListError
	if !errors.As(err, &broke) || !errors.Is(err, fault) || n != 9 || len(m.items) != 9 {
		t.Errorf("%d listed, %d read, %v", n, len(m.items), err)
	}
	m = newMemory()
	m.err = fault
	if _, err = Source(t.Context(), &slow{n: 3, working: &atomic.Int64{}, most: &atomic.Int64{}}, Options{Engine: detect.New(nil), Rules: "1", Key: testKey, Ledger: m}); err == nil || errors.As(err, &broke) {
		t.Errorf("a fault of the ledger passes for one of the listing: %v", err)
	}
}

// TestScansShareTurns: several at once work no more than they may together.
func TestScansShareTurns(t *testing.T) {
	var working, most atomic.Int64
	turns, done := NewTurns(2), make(chan error)
	for i := range 3 {
		go func() {
			o := Options{Engine: detect.New(nil), Rules: "1", Key: testKey, Ledger: newMemory()}
			o.Workers, o.Turns = 4, turns
			_, err := Source(t.Context(), &slow{n: 9 + i, working: &working, most: &most}, o)
			done <- err
		}()
	}
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if m := most.Load(); m != 2 {
		t.Errorf("%d worked at once", m)
	}
}
