package carrier

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/fleet/seal"
)

// free finds addresses that nobody listens on.
func free(t *testing.T, n int) (out []string) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		out = append(out, l.Addr().String())
	}
	return out
}

// drain takes tickets until all that are wanted have come, each at least once.
func drain(t *testing.T, ctx context.Context, p *Post, want int) {
	t.Helper()
	got := map[fleet.Ticket]bool{}
	for len(got) < want {
		h, err := p.Next(ctx)
		if err != nil {
			t.Fatalf("after %d of %d tickets: %v", len(got), want, err)
		}
		got[h.Ticket()] = true
		if err := h.Done(ctx); err != nil {
			t.Log(err)
		}
	}
}

func numbered(run int64, n int) (out []fleet.Ticket) {
	for i := range n {
		out = append(out, fleet.Ticket{Run: run, Shard: int64(i)})
	}
	return out
}

// TestNodeOfAClusterDies: three nodes keep the tickets in three copies, with TLS among them and to the others; one dies with all that it has,
// and worker and hub go on.
func TestNodeOfAClusterDies(t *testing.T) {
	t.Parallel()
	key, _, err := seal.OpenHub(filepath.Join(t.TempDir(), "fleet.key"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, key: key}
	var cancel context.CancelFunc
	w.ctx, cancel = context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	e, err := seal.Enrol("east-1", "east", key.Pair().Public())
	if err != nil {
		t.Fatal(err)
	}
	public, err := e.Public()
	if err != nil {
		t.Fatal(err)
	}
	w.workers = []seal.Public{public}
	enclaves, err := Roster(key, nil, w.workers)
	if err != nil {
		t.Fatal(err)
	}

	dir := t.TempDir()
	a, err := OpenAuthority(dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var nodes []*Server
	listen, routes := free(t, 3), free(t, 3)
	for i := range 3 {
		cert, tlsKey := filepath.Join(dir, fmt.Sprintf("node%d.pem", i)), filepath.Join(dir, fmt.Sprintf("node%d.key", i))
		if err := a.Issue(cert, tlsKey, []string{"127.0.0.1"}, time.Now()); err != nil {
			t.Fatal(err)
		}
		n, err := Start(Config{Name: fmt.Sprintf("node%d", i), Store: t.TempDir(), Listen: listen[i], Cert: cert, Key: tlsKey, CA: a.certFile(),
			Cluster: &Cluster{Name: "chart", Listen: routes[i], Routes: slices.Delete(slices.Clone(routes), i, i+1)}}, enclaves, quiet())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(n.Close)
		nodes = append(nodes, n)
		e.Servers = append(e.Servers, "tls://"+n.Address())
	}
	e.CA = a.PEM()
	w.open(Options{Replicas: 3, Outside: &Outside{Servers: e.Servers, CA: a.certFile()}})
	w.answers(echo)
	if err := w.hub.Call(w.ctx, "east", numbered(1, 500)...); err != nil {
		t.Fatal(err)
	}
	p := w.dial(e)
	drain(t, w.ctx, p, 100)
	// The node that the worker speaks to.
	i := slices.Index(listen, p.nc.ConnectedAddr())
	if i < 0 {
		t.Fatalf("the worker is connected to %s, which is none of %v", p.nc.ConnectedAddr(), listen)
	}
	nodes[i].Close()
	drain(t, w.ctx, p, 300)
	if _, err := p.Ask(w.ctx, "hello", nil); err != nil {
		t.Error(err)
	}
	if err := w.hub.Call(w.ctx, "east", numbered(2, 100)...); err != nil {
		t.Error("tickets with two nodes of three:", err)
	}
}

// TestLeafDialsOut: a worker in a network that lets nothing in but to its leaf node, which dials out to the hub's.
func TestLeafDialsOut(t *testing.T) {
	t.Parallel()
	leafPort := free(t, 1)[0]
	w := newWorld(t, Config{Listen: "127.0.0.1:-1", Leaf: leafPort})
	w.answers(echo)
	leaf := w.enrol("west-leaf", "west")
	leaf.Seal = "" // it carries, and says nothing itself
	w.mu.Lock()
	w.workers = nil
	w.mu.Unlock()
	w.admit(leaf)
	leaf.Servers = []string{"tls://" + leafPort}
	file := filepath.Join(t.TempDir(), "leaf.yaml")
	if err := leaf.Save(file); err != nil {
		t.Fatal(err)
	}

	there := func() []Enclave {
		enclaves, err := Roster(w.key, nil, w.roster())
		if err != nil {
			t.Fatal(err)
		}
		return slices.DeleteFunc(enclaves, func(e Enclave) bool { return e.Name != "west" })
	}
	node, err := Start(Config{Name: "leaf", Store: t.TempDir(), Listen: "127.0.0.1:-1", Remote: &Remote{Enrolment: file}}, there(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(node.Close)
	worker := w.enrol("west-1", "west")
	for node.srv.NumLeafNodes() == 0 && w.ctx.Err() == nil { // the server's own library minds being told while it greets
		time.Sleep(10 * time.Millisecond)
	}
	if err := node.Reload(there()); err != nil { // while it runs
		t.Fatal(err)
	}
	worker.CA, worker.Servers = node.CA(), []string{"tls://" + node.Address()}

	if err := w.hub.Call(w.ctx, "west", numbered(1, 50)...); err != nil {
		t.Fatal(err)
	}
	p := w.dial(worker)
	drain(t, w.ctx, p, 50)
	if got, err := p.Ask(w.ctx, "deliver", make([]byte, 3<<20)); err != nil || len(got) != 3<<20 {
		t.Error(len(got), err)
	}
	// The enclave beside it has no way through this leaf.
	if err := w.hub.Call(w.ctx, "east", numbered(2, 1)...); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(w.ctx, 300*time.Millisecond)
	defer cancel()
	if h, err := p.Next(ctx); err == nil {
		t.Errorf("a ticket of another enclave came: %v", h.Ticket())
	}
}

// TestServerBeginsAnewEmpty: the server loses everything. The hub makes the stream again, and both ends find their way.
func TestServerBeginsAnewEmpty(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Config{Listen: free(t, 1)[0], Plain: true})
	e := w.enrol("east-1", "east")
	w.hub.Close()
	w.open(Options{Outside: &Outside{Servers: []string{"nats://" + w.srv.Address()}}})
	w.answers(echo)
	if err := w.hub.Call(w.ctx, "east", numbered(1, 10)...); err != nil {
		t.Fatal(err)
	}
	p := w.dial(e)
	drain(t, w.ctx, p, 3)
	asked := make(chan error, 1)
	w.srv.Close()
	go func() {
		_, err := p.Ask(w.ctx, "hello", []byte("while the server is away"))
		asked <- err
	}()
	w.cfg.Store = t.TempDir()
	w.start()
	if err := <-asked; err != nil {
		t.Fatal(err)
	}
	if n, err := w.hub.Waiting(w.ctx, "east"); n != 0 || err != nil {
		t.Errorf("%d tickets wait at a server that began anew, %v", n, err)
	}
	if err := w.hub.Call(w.ctx, "east", numbered(1, 10)...); err != nil {
		t.Fatal(err)
	}
	drain(t, w.ctx, p, 10)
}

// TestDeadWorkersTicketGoesToAnother once it has not been kept for three beats.
func TestDeadWorkersTicketGoesToAnother(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it waits for 15 seconds")
	}
	w := newWorld(t, Config{Listen: "127.0.0.1:-1"})
	one, two := w.dial(w.enrol("east-1", "east")), w.dial(w.enrol("east-2", "east"))
	if err := w.hub.Call(w.ctx, "east", fleet.Ticket{Run: 1, Shard: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Next(w.ctx); err != nil {
		t.Fatal(err)
	}
	one.Close()
	began := time.Now()
	h, err := two.Next(w.ctx)
	if err != nil || h.Ticket().Shard != 1 {
		t.Fatal(h, err)
	}
	if d := time.Since(began); d < ackWait/2 {
		t.Errorf("it came after %s, while it was kept", d)
	}
}
