package carrier

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/fleet/seal"
)

// world is a hub with its server and those who are enrolled.
type world struct {
	t      testing.TB
	ctx    context.Context
	cancel context.CancelFunc
	cfg    Config
	key    *seal.Hub
	srv    *Server
	hub    *Hub

	enclaves []string // beside those of workers
	mu       sync.Mutex
	workers  []seal.Public
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func newWorld(t testing.TB, cfg Config) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	key, _, err := seal.OpenHub(filepath.Join(t.TempDir(), "fleet.key"))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Store == "" {
		cfg.Store = t.TempDir()
	}
	w := &world{t: t, ctx: ctx, cancel: cancel, cfg: cfg, key: key}
	w.start()
	w.open(Options{Server: w.srv})
	return w
}

func (w *world) start() {
	w.t.Helper()
	enclaves, err := Roster(w.key, nil, w.roster())
	if err != nil {
		w.t.Fatal(err)
	}
	if w.srv, err = Start(w.cfg, enclaves, quiet()); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(w.srv.Close)
}

func (w *world) open(o Options) {
	w.t.Helper()
	o.Hub, o.Log, o.Enclaves = w.key, quiet(), append([]string{"east"}, w.enclaves...)
	o.Workers = func(context.Context) ([]seal.Public, error) { return w.roster(), nil }
	var err error
	if w.hub, err = Open(w.ctx, o); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(w.hub.Close)
}

func (w *world) roster() []seal.Public {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.workers)
}

// enrol makes a worker, and tells the hub.
func (w *world) enrol(name, enclave string) *seal.Enrolment {
	w.t.Helper()
	e, err := seal.Enrol(name, enclave, w.key.Pair().Public())
	if err != nil {
		w.t.Fatal(err)
	}
	e.CA, e.Servers = w.srv.CA(), []string{"tls://" + w.srv.Address()}
	if w.cfg.Plain {
		e.CA, e.Servers = "", []string{"nats://" + w.srv.Address()}
	}
	w.admit(e)
	return e
}

func (w *world) admit(e *seal.Enrolment) {
	w.t.Helper()
	p, err := e.Public()
	if err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	w.workers = append(w.workers, p)
	w.mu.Unlock()
	if err := w.hub.Refresh(w.ctx); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) dial(e *seal.Enrolment) *Post {
	w.t.Helper()
	p, err := Dial(w.ctx, e, quiet())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(p.Close)
	return p
}

// answers answers calls until the test ends, or stop is called.
func (w *world) answers(answer func(context.Context, fleet.Peer, fleet.Method, []byte) ([]byte, error)) (stop func()) {
	ctx, cancel := context.WithCancel(w.ctx)
	done := make(chan error, 1)
	hub := w.hub
	go func() { done <- hub.Answer(ctx, answer) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				w.t.Error("the hub stopped answering:", err)
			}
		})
	}
	w.t.Cleanup(stop)
	return stop
}

func echo(_ context.Context, _ fleet.Peer, _ fleet.Method, q []byte) ([]byte, error) { return q, nil }

// waiting waits until so many tickets wait: the server counts them a moment after it has taken them.
func (w *world) waiting(enclave string, want int64) {
	w.t.Helper()
	var n int64
	var err error
	for range 100 {
		if n, err = w.hub.Waiting(w.ctx, enclave); n == want && err == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	w.t.Errorf("%s: %d tickets wait, not %d; %v", enclave, n, want, err)
}
