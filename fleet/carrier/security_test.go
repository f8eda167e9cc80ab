package carrier

import (
	"bytes"
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/fleet/seal"
	"github.com/nats-io/nats.go"
)

// TestWhoIsNotLetIn: another authority, another name of the server, another login, plain text, somebody who was revoked.
func TestWhoIsNotLetIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{Listen: "0.0.0.0:-1"})
	good := w.enrol("east-1", "east")
	_, port, err := net.SplitHostPort(w.srv.Address())
	if err != nil {
		t.Fatal(err)
	}
	good.Servers = []string{"tls://127.0.0.1:" + port}
	w.dial(good)
	other, err := OpenAuthority(t.TempDir(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := seal.Enrol("east-1", "east", w.key.Pair().Public())
	if err != nil {
		t.Fatal(err)
	}
	// Whoever finds another server than he was told stops at once. A login that is not known may become known in a moment.
	cases := map[string]func(e *seal.Enrolment){
		"another authority":      func(e *seal.Enrolment) { e.CA = other.PEM() },
		"the system's authority": func(e *seal.Enrolment) { e.CA = "" },
		"another name":           func(e *seal.Enrolment) { e.Servers = []string{"tls://127.0.0.2:" + port} },
		"another login":          func(e *seal.Enrolment) { e.Login = stranger.Login },
		"plain text":             func(e *seal.Enrolment) { e.Servers = []string{"nats://127.0.0.1:" + port} },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := *good
			change(&e)
			ctx, cancel := context.WithTimeout(w.ctx, 3*time.Second)
			defer cancel()
			p, err := Dial(ctx, &e, quiet())
			if err == nil {
				p.Close()
				t.Fatal("it was let in")
			}
			if strings.Contains(err.Error(), e.Login) || strings.Contains(err.Error(), e.Seal) {
				t.Error("the error tells a secret")
			}
			if name != "another login" && !errors.Is(err, errBarred) {
				t.Error("it would have gone on trying:", err)
			}
		})
	}
}

// TestRevokedWorkerIsCutOff while it is connected, and another is not.
func TestRevokedWorkerIsCutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{Listen: "127.0.0.1:-1"})
	w.answers(echo)
	bad, good := w.dial(w.enrol("west-1", "west")), w.dial(w.enrol("west-2", "west"))
	for _, p := range []*Post{bad, good} {
		if _, err := p.Ask(w.ctx, "hello", nil); err != nil {
			t.Fatal(err)
		}
	}
	w.mu.Lock()
	w.workers = w.workers[1:]
	w.mu.Unlock()
	if err := w.hub.Refresh(w.ctx); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(w.ctx, 2*time.Second)
	defer cancel()
	if _, err := bad.Ask(ctx, "hello", nil); err == nil {
		t.Error("a worker that was revoked is answered")
	}
	if _, err := good.Ask(w.ctx, "hello", nil); err != nil {
		t.Error("another worker lost its line:", err)
	}
	// The last worker of an enclave goes, and the hub stays: its account is the hub's, too.
	w.mu.Lock()
	w.workers = nil
	w.mu.Unlock()
	if err := w.hub.Refresh(w.ctx); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	if err := w.hub.Call(w.ctx, "west", fleet.Ticket{Run: 1, Shard: 1}); err != nil {
		t.Error("the hub lost its own line:", err)
	}
	if n := w.hub.ends["west"].nc.Stats().Reconnects; n != 0 {
		t.Errorf("the hub was cut off %d times", n)
	}
}

// TestUnknownSealIsNotAnswered: whoever may log in, with a key that the hub does not know, gets no ear. It is how a worker looks that was
// revoked at the hub, and not yet at somebody else's servers.
func TestUnknownSealIsNotAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{Listen: "127.0.0.1:-1"})
	var heard atomic.Int64
	w.answers(func(context.Context, fleet.Peer, fleet.Method, []byte) ([]byte, error) { heard.Add(1); return nil, nil })
	e := w.enrol("east-1", "east")
	other, err := seal.NewPair()
	if err != nil {
		t.Fatal(err)
	}
	e.Seal = other.Seed()
	ctx, cancel := context.WithTimeout(w.ctx, time.Second)
	defer cancel()
	_, err = w.dial(e).Ask(ctx, "hello", nil)
	if !errors.Is(err, seal.ErrUnknown) || heard.Load() != 0 {
		t.Errorf("%v, and the hub heard %d calls", err, heard.Load())
	}
}

// TestWhatAWorkerMayNotDo tries, with a worker's own login, everything that is another's or the hub's.
func TestWhatAWorkerMayNotDo(t *testing.T) {
	w := newWorld(t, Config{Listen: "127.0.0.1:-1"})
	w.answers(echo)
	w.enrol("west-1", "west")
	other := w.dial(w.enrol("east-2", "east"))
	e := w.enrol("east-1", "east")
	for _, enclave := range []string{"east", "west"} {
		if err := w.hub.Call(w.ctx, enclave, fleet.Ticket{Run: 3, Shard: 1}); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	var denied []string
	c, err := trust(e.CA)
	if err != nil {
		t.Fatal(err)
	}
	opts, err := withLogin([]nats.Option{nats.Secure(c), nats.CustomInboxPrefix(inbox + ".east-1"),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			mu.Lock()
			denied = append(denied, err.Error())
			mu.Unlock()
		})}, e.Login)
	if err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect(e.Servers[0], opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()

	heard := make(chan *nats.Msg, 100)
	for _, subject := range []string{">", calls, calls + ".>", tickets, inbox + ".>", inbox + ".east-2.>", "$JS.>", "_INBOX.>", "$SYS.>"} {
		if _, err := nc.ChanSubscribe(subject, heard); err != nil {
			t.Fatal(err)
		}
		if _, err := nc.ChanQueueSubscribe(subject, queue, heard); err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{tickets, inbox + ".east-2.x", "$JS.API.STREAM.PURGE." + stream, "$JS.API.STREAM.DELETE." + stream, "$JS.API.STREAM.CREATE.own",
		"$JS.API.STREAM.MSG.GET." + stream, "$JS.API.CONSUMER.CREATE." + stream, "$JS.API.CONSUMER.DELETE." + stream + "." + consumer, "$JS.API.INFO"} {
		if m, err := nc.Request(subject, writeTicket(fleet.Ticket{Run: 9, Shard: 9}), 50*time.Millisecond); err == nil {
			t.Errorf("a worker did %s: %s", subject, m.Data)
		}
	}
	if _, err := other.Ask(w.ctx, "deliver", bytes.Repeat([]byte("x"), 1<<20)); err != nil {
		t.Fatal(err)
	}
	select {
	case m := <-heard:
		t.Errorf("a worker hears what is not for it, on %s", m.Subject)
	default:
	}
	mu.Lock()
	if len(denied) < 18+9 {
		t.Errorf("only %d of 27 attempts were denied: %s", len(denied), strings.Join(denied, "\n"))
	}
	mu.Unlock()
	// What is there is what the hub put there: one ticket in each enclave, and the other enclave's is not for this worker.
	for _, enclave := range []string{"east", "west"} {
		w.waiting(enclave, 1)
	}
	p := w.dial(e)
	if h, err := p.Next(w.ctx); err != nil || h.Ticket().Run != 3 {
		t.Error(h, err)
	}
	ctx, cancel := context.WithTimeout(w.ctx, 300*time.Millisecond)
	defer cancel()
	if h, err := p.Next(ctx); err == nil {
		t.Errorf("it got a second ticket, %v, of another enclave", h.Ticket())
	}
}

// TestHubWritesForNobody: a worker cannot make the hub, which may write everywhere in the account, write for it: an address of answers is the worker's own.
func TestHubWritesForNobody(t *testing.T) {
	w := newWorld(t, Config{Listen: "127.0.0.1:-1"})
	w.answers(echo)
	p := w.dial(w.enrol("east-1", "east"))
	if _, err := p.Ask(w.ctx, "hello", nil); err != nil {
		t.Fatal(err)
	}
	if err := w.hub.Call(w.ctx, "east"); err != nil { // the stream is made
		t.Fatal(err)
	}
	if err := w.hub.Call(w.ctx, "east", fleet.Ticket{Run: 1, Shard: 1}); err != nil {
		t.Fatal(err)
	}
	for _, reply := range []string{tickets, "$JS.API.STREAM.PURGE." + stream, inbox + ".east-2.x", inbox + ".east-1.*", calls} {
		p.reply = reply
		q := p.question("hello", nil)
		if err := q.send(0); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(300 * time.Millisecond)
	w.waiting("east", 1) // else the hub wrote where a worker told it to
}

// TestRecordedCallsCountOnce: whoever sits on the line sends what he recorded once more, changed and as it was, to the same hub and to one that began anew.
func TestRecordedCallsCountOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{Listen: "127.0.0.1:-1"})
	var heard atomic.Int64
	count := func(context.Context, fleet.Peer, fleet.Method, []byte) ([]byte, error) {
		heard.Add(1)
		return []byte("done"), nil
	}
	stop := w.answers(count)
	x, err := w.hub.end("east")
	if err != nil {
		t.Fatal(err)
	}
	recorded := make(chan *nats.Msg, 100)
	if _, err := x.nc.ChanSubscribe(calls, recorded); err != nil {
		t.Fatal(err)
	}
	p := w.dial(w.enrol("east-1", "east"))
	for range 3 {
		if _, err := p.Ask(w.ctx, "deliver", []byte("what was found")); err != nil {
			t.Fatal(err)
		}
	}
	if heard.Load() != 3 {
		t.Fatalf("%d calls were answered", heard.Load())
	}
	var tape []*nats.Msg
	for len(recorded) > 0 {
		tape = append(tape, <-recorded)
	}
	play := func() {
		for _, m := range tape {
			for _, change := range []int{-1, 0, 5, 40, len(m.Data) - 1} {
				b := bytes.Clone(m.Data)
				if change >= 0 {
					b[change] ^= 1
				}
				if err := x.nc.PublishRequest(calls, m.Reply, b); err != nil {
					t.Fatal(err)
				}
			}
		}
		time.Sleep(300 * time.Millisecond)
	}
	play()
	if heard.Load() != 3 {
		t.Errorf("the hub took %d recorded calls", heard.Load()-3)
	}
	stop()
	w.hub.Close()
	w.open(Options{Server: w.srv})
	w.answers(count)
	if x, err = w.hub.end("east"); err != nil {
		t.Fatal(err)
	}
	play()
	if heard.Load() != 3 {
		t.Errorf("a hub that began anew took %d recorded calls", heard.Load()-3)
	}
	if _, err := p.Ask(w.ctx, "deliver", nil); err != nil || heard.Load() != 4 {
		t.Errorf("the worker's next call: %v, %d calls in all", err, heard.Load())
	}
}

// TestPlainTextStaysHere: without TLS nothing is listened to beyond this machine.
func TestPlainTextStaysHere(t *testing.T) {
	for _, c := range []Config{{Listen: "0.0.0.0:0", Plain: true}, {Leaf: ":7422", Plain: true}, {Listen: "somewhere"}, {Cert: "x"},
		{Name: "a", Cluster: &Cluster{Name: "c", Listen: "0.0.0.0:6222"}}, {Name: "a\n}"}} {
		c.Store = filepath.Join(t.TempDir(), "store")
		if s, err := Start(c, nil, quiet()); err == nil {
			s.Close()
			t.Errorf("%+v was started", c)
		}
	}
}
