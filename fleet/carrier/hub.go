package carrier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/fleet/seal"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Options are what the hub's end of a carrier is made of.
type Options struct {
	Hub      *seal.Hub
	Enclaves []string                                         // that there are, whether or not they have workers; those of workers come by themselves
	Workers  func(ctx context.Context) ([]seal.Public, error) // who is enrolled now
	Server   *Server                                          // embedded; or else
	Outside  *Outside                                         // somebody's own
	Replicas int                                              // copies of the stream; 0 = 1
	Log      *slog.Logger
}

// rosterEvery is how often the hub looks who is enrolled.
const rosterEvery = 3 * time.Second

// Hub is the hub's end of a carrier over all enclaves, with a connection to each. It implements fleet.Line.
type Hub struct {
	o    Options
	desk *desk
	stop context.CancelFunc
	done sync.WaitGroup

	fresh   sync.Mutex // one looks at a time
	mu      sync.Mutex
	ends    map[string]*end
	workers map[string]seal.Public // by their keys that seal
	answers bool
}

// end is the hub's in one enclave.
type end struct {
	enclave string
	nc      *nats.Conn
	js      jetstream.JetStream

	mu    sync.Mutex // held while the stream is made
	ready bool       // it was there when it was last looked for
}

// publishTime is how long a server may take to acknowledge a ticket.
const publishTime = 10 * time.Second

// Open connects to all enclaves, and from then on to those that come.
func Open(ctx context.Context, o Options) (*Hub, error) {
	if (o.Server == nil) == (o.Outside == nil) {
		return nil, errors.New("a hub needs a server of its own, or somebody else's, and not both")
	}
	h := &Hub{o: o, ends: map[string]*end{}}
	h.desk = newDesk(h)
	if err := h.Refresh(ctx); err != nil {
		h.Close()
		return nil, err
	}
	var beside context.Context
	beside, h.stop = context.WithCancel(context.WithoutCancel(ctx))
	h.done.Go(func() { h.follow(beside) })
	return h, nil
}

// follow keeps up with who is enrolled.
func (h *Hub) follow(ctx context.Context) {
	every := time.NewTicker(rosterEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
			if err := h.Refresh(ctx); err != nil && ctx.Err() == nil {
				h.o.Log.Warn("the fleet does not know who is enrolled now", "error", err)
			}
			h.desk.sweep(time.Now())
		}
	}
}

// Refresh looks at once who is enrolled; else it is looked every few seconds.
func (h *Hub) Refresh(ctx context.Context) error {
	h.fresh.Lock()
	defer h.fresh.Unlock()
	workers, err := h.o.Workers(ctx)
	if err != nil {
		return fmt.Errorf("ask who is enrolled: %w", err)
	}
	// An enclave stays while the hub runs, though its last worker is gone: its account is where the hub itself logs in.
	enclaves, err := Roster(h.o.Hub, append(h.Enclaves(), h.o.Enclaves...), workers)
	if err != nil {
		return err
	}
	if h.o.Server != nil {
		if err := h.o.Server.Reload(enclaves); err != nil {
			return err
		}
	}
	byKey := map[string]seal.Public{}
	for _, w := range workers {
		if !w.Leaf() {
			byKey[w.Seal] = w
		}
	}
	h.mu.Lock()
	for key := range h.workers {
		if _, ok := byKey[key]; !ok {
			h.desk.forget(key)
		}
	}
	h.workers = byKey
	h.mu.Unlock()
	for _, e := range enclaves {
		if err := h.enter(ctx, e.Name); err != nil {
			return err
		}
	}
	return nil
}

// enter connects to an enclave, if the hub is not there yet.
func (h *Hub) enter(ctx context.Context, enclave string) error {
	if _, err := h.end(enclave); err == nil {
		return nil
	}
	x, err := h.connect(ctx, enclave)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ends[enclave] = x
	if h.answers {
		return h.desk.listen(x)
	}
	return nil
}

// Roster puts workers to their enclaves, and the hub's logins to them: what a server needs to know.
func Roster(hub *seal.Hub, enclaves []string, workers []seal.Public) ([]Enclave, error) {
	by := map[string][]seal.Public{}
	for _, name := range enclaves {
		by[name] = nil
	}
	for _, w := range workers {
		by[w.Enclave] = append(by[w.Enclave], w)
	}
	var out []Enclave
	for _, name := range slices.Sorted(maps.Keys(by)) {
		seed, err := hub.Login(name)
		if err != nil {
			return nil, err
		}
		login, err := seal.LoginPublic(seed)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(by[name], func(a, b seal.Public) int { return cmp.Compare(a.Name, b.Name) })
		out = append(out, Enclave{Name: name, Hub: login, Workers: by[name]})
	}
	return out, nil
}

// Close ends all connections.
func (h *Hub) Close() {
	if h.stop != nil {
		h.stop()
		h.done.Wait()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, x := range h.ends {
		x.nc.Close()
	}
}

// Enclaves are those that the hub reaches.
func (h *Hub) Enclaves() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(maps.Keys(h.ends))
}

// hubPatience is how long a hub waits for a carrier that is away: somebody may sit before it.
const hubPatience = time.Minute

func (h *Hub) connect(ctx context.Context, enclave string) (*end, error) {
	login, err := h.o.Hub.Login(enclave)
	if err != nil {
		return nil, err
	}
	opts := lasting("chartroom hub", h.o.Log)
	address := ""
	if h.o.Server != nil {
		opts = append(opts, nats.InProcessServer(h.o.Server.srv))
		opts, err = withLogin(opts, login)
	} else {
		address, opts, err = h.o.Outside.reach(enclave, login, opts)
	}
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, hubPatience)
	defer cancel()
	nc, err := dial(ctx, address, "hub, in enclave "+enclave+",", h.o.Log, opts)
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncTimeout(publishTime))
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("connect the hub to the carrier of enclave %s: %w", enclave, err)
	}
	return &end{enclave: enclave, nc: nc, js: js}, nil
}

func (h *Hub) end(enclave string) (*end, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if x := h.ends[enclave]; x != nil {
		return x, nil
	}
	return nil, fmt.Errorf("there is no enclave %s", enclave)
}

// atOnce is how many tickets are on their way to the server before it is waited for.
const atOnce = 2000

// Call puts tickets out. What the server did not acknowledge is sent once more.
func (h *Hub) Call(ctx context.Context, enclave string, tickets ...fleet.Ticket) error {
	x, err := h.end(enclave)
	if err != nil {
		return err
	}
	for len(tickets) > 0 {
		n := min(len(tickets), atOnce)
		if err := h.callAll(ctx, x, tickets[:n]); err != nil {
			return err
		}
		tickets = tickets[n:]
	}
	return nil
}

// callAll puts a batch out, however often the server must be asked.
func (h *Hub) callAll(ctx context.Context, x *end, batch []fleet.Ticket) error {
	for pause := newPause(); ; {
		left, err := h.stream(ctx, x), error(nil)
		if left == nil {
			if batch, err = x.publish(ctx, batch); len(batch) == 0 {
				return nil
			}
			x.lost()
		} else {
			err = left
		}
		if barred(err) {
			return err
		}
		if ctx.Err() != nil || !pause.wait(ctx) {
			return fmt.Errorf("put tickets out in enclave %s: %w", x.enclave, errors.Join(ctx.Err(), err))
		}
	}
}

// publish sends tickets, and gives back those that were not acknowledged.
func (x *end) publish(ctx context.Context, batch []fleet.Ticket) (left []fleet.Ticket, err error) {
	futures := make([]jetstream.PubAckFuture, len(batch))
	for i, t := range batch {
		f, e := x.js.PublishAsync(tickets, writeTicket(t))
		if e != nil {
			err = e
			continue
		}
		futures[i] = f
	}
	for i, f := range futures {
		if f == nil {
			left = append(left, batch[i])
			continue
		}
		select {
		case <-f.Ok():
		case e := <-f.Err():
			left, err = append(left, batch[i]), e
		case <-ctx.Done():
			return append(left, batch[i:]...), ctx.Err()
		}
	}
	return left, err
}

// Prepare sees to it that the stream of an enclave is there. It is made when the first ticket goes out, too.
func (h *Hub) Prepare(ctx context.Context, enclave string) error {
	x, err := h.end(enclave)
	if err != nil {
		return err
	}
	x.lost()
	return h.stream(ctx, x)
}

// Waiting tells how many tickets no worker has been given.
func (h *Hub) Waiting(ctx context.Context, enclave string) (int64, error) {
	x, err := h.end(enclave)
	if err != nil {
		return 0, err
	}
	c, err := x.js.Consumer(ctx, stream, consumer)
	if missing(err) {
		x.lost()
		return 0, h.stream(ctx, x)
	}
	if err != nil {
		return 0, fmt.Errorf("ask the carrier of enclave %s: %w", enclave, err)
	}
	return int64(c.CachedInfo().NumPending), nil
}

func missing(err error) bool {
	return errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrConsumerDoesNotExist)
}

// lost says that the stream may be gone.
func (x *end) lost() {
	x.mu.Lock()
	x.ready = false
	x.mu.Unlock()
}

// stream sees to it that the stream and its consumer are there.
func (h *Hub) stream(ctx context.Context, x *end) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ready {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, publishTime)
	defer cancel()
	_, err := x.js.Stream(ctx, stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = x.js.CreateStream(ctx, streamOf(h.o.Replicas))
	}
	if err == nil {
		_, err = x.js.Consumer(ctx, stream, consumer)
		if missing(err) {
			_, err = x.js.CreateConsumer(ctx, stream, consumerOf())
		}
	}
	if err != nil {
		return refusedStream(x, h.o.Replicas, err)
	}
	x.ready = true
	return nil
}

// ErrNoStream says that the hub may not make the stream of an enclave, and what does.
var ErrNoStream = errors.New("the carrier does not let the hub make its stream")

func barred(err error) bool { return errors.Is(err, ErrNoStream) }

// refusedStream tells what was refused, and where it will be refused for ever, what somebody must do who may.
func refusedStream(x *end, replicas int, err error) error {
	var api *jetstream.APIError
	if errors.Is(x.nc.LastError(), nats.ErrPermissionViolation) || errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeJetStreamNotEnabledForAccount {
		return fmt.Errorf("%w of enclave %s: %w; whoever runs it makes it by:\n"+
			"  nats stream add %s --subjects %s --retention work --storage file --discard new --max-bytes %d --replicas %d --defaults\n"+
			"  nats consumer add %s %s --pull --ack explicit --wait %s --max-deliver=-1 --max-pending=-1 --filter %s --defaults",
			ErrNoStream, x.enclave, err, stream, tickets, mostStream, max(1, replicas), stream, consumer, ackWait, tickets)
	}
	return fmt.Errorf("make the stream of enclave %s: %w", x.enclave, err)
}

// Answer answers calls until the context ends.
func (h *Hub) Answer(ctx context.Context, answer func(ctx context.Context, from fleet.Peer, m fleet.Method, question []byte) ([]byte, error)) error {
	h.mu.Lock()
	if h.answers {
		h.mu.Unlock()
		return errors.New("the calls of workers are answered already")
	}
	h.desk.begin(ctx, answer)
	h.answers = true
	for _, x := range h.ends {
		if err := h.desk.listen(x); err != nil {
			h.mu.Unlock()
			return err
		}
	}
	h.mu.Unlock()
	<-ctx.Done()
	h.mu.Lock()
	h.answers = false
	h.mu.Unlock()
	h.desk.end()
	return ctx.Err()
}

// worker finds who has a key.
func (h *Hub) worker(key string) (seal.Public, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w, ok := h.workers[key]
	return w, ok
}
