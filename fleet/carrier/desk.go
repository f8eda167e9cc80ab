package carrier

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/fleet/seal"
	"github.com/nats-io/nats.go"
)

// The bounds of what the hub has in hand.
const (
	mostSmall  = 64        // calls of one packet at once
	mostLarge  = 6         // calls of several
	mostHeld   = 128 << 20 // bytes of these
	mostBehind = 30 * time.Second
	mostFault  = 4 << 10 // bytes of an error's words
	ahead      = 8       // packets of a question that are on their way at once
	apart      = 5 * time.Minute
)

// desk answers the calls of workers.
type desk struct {
	hub  *Hub
	own  string // subject of the parts of questions after the first
	sess seal.Sessions

	mu       sync.Mutex
	ctx      context.Context
	answer   func(ctx context.Context, from fleet.Peer, m fleet.Method, question []byte) ([]byte, error)
	subs     []*nats.Subscription
	channels map[string]*seal.Channel // by the worker's key
	open     map[seal.ID]*call
	small    int
	large    int
	held     int64
	work     sync.WaitGroup
	told     map[string]time.Time // when something was last told of a worker
}

// call is a question that is being put together, or worked at.
type call struct {
	seal.Packet // the first
	key         string
	from        fleet.Peer
	channel     *seal.Channel
	end         *end
	reply       string // where the worker waits
	body        []byte
	have        int // parts
	working     bool
	heard       time.Time
}

func newDesk(h *Hub) *desk {
	id := seal.NewID()
	return &desk{hub: h, own: calls + "." + hex.EncodeToString(id[:8]), channels: map[string]*seal.Channel{}, open: map[seal.ID]*call{}, told: map[string]time.Time{}}
}

func (d *desk) begin(ctx context.Context, answer func(context.Context, fleet.Peer, fleet.Method, []byte) ([]byte, error)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ctx, d.answer = ctx, answer
}

// listen hears the calls of an enclave.
func (d *desk) listen(x *end) error {
	hear := func(m *nats.Msg) { d.receive(x, m) }
	first, err := x.nc.QueueSubscribe(calls, queue, hear)
	if err != nil {
		return fmt.Errorf("listen to the workers of enclave %s: %w", x.enclave, err)
	}
	more, err := x.nc.Subscribe(d.own, hear)
	if err != nil {
		return fmt.Errorf("listen to the workers of enclave %s: %w", x.enclave, err)
	}
	d.mu.Lock()
	d.subs = append(d.subs, first, more)
	d.mu.Unlock()
	return nil
}

// end stops listening, and waits for what is worked at.
func (d *desk) end() {
	d.mu.Lock()
	for _, s := range d.subs {
		_ = s.Unsubscribe() // the connection may be gone
	}
	d.subs = nil
	clear(d.open)
	d.small, d.large, d.held = 0, 0, 0
	d.mu.Unlock()
	d.work.Wait()
}

// forget drops a worker that was revoked.
func (d *desk) forget(key string) {
	d.mu.Lock()
	delete(d.channels, key)
	d.mu.Unlock()
	d.sess.Forget(key)
}

// channel gives the hub's end to a worker.
func (d *desk) channel(key string) (*seal.Channel, error) {
	d.mu.Lock()
	c := d.channels[key]
	d.mu.Unlock()
	if c != nil {
		return c, nil
	}
	c, err := d.hub.o.Hub.For(key)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.channels[key] = c
	d.mu.Unlock()
	return c, nil
}

// receive takes a packet. What does not open is dropped: there is nobody to answer.
func (d *desk) receive(x *end, m *nats.Msg) {
	key, err := seal.Sender(m.Data)
	if err != nil {
		return
	}
	w, known := d.hub.worker(key)
	if !known || w.Enclave != x.enclave {
		if strings.HasPrefix(m.Reply, inbox+".") && !strings.ContainsAny(m.Reply, "*> ") {
			_ = x.nc.Publish(m.Reply, seal.Stranger())
		}
		return
	}
	// The hub may write everywhere in the account, and a worker may not have it do so for him.
	if !strings.HasPrefix(m.Reply, inbox+"."+w.Name+".") || strings.ContainsAny(m.Reply, "*> ") {
		return
	}
	channel, err := d.channel(key)
	if err != nil {
		return
	}
	p, err := channel.Open(m.Data)
	if err != nil {
		d.tell(w.Name, "a call of a worker cannot be opened", err)
		return
	}
	if skew := time.Since(p.Time); skew > apart || skew < -apart {
		d.tell(w.Name, "the clock of a worker is not that of the hub: times in the inventory may be wrong", fmt.Errorf("%s apart", skew.Round(time.Second)))
	}
	d.take(&call{Packet: *p, key: key, from: w.Peer(), channel: channel, end: x, reply: m.Reply})
}

// tell logs something of a worker, once in a while.
func (d *desk) tell(worker, what string, err error) {
	d.mu.Lock()
	now := time.Now()
	often := now.Sub(d.told[worker]) < time.Minute
	if !often {
		d.told[worker] = now
	}
	d.mu.Unlock()
	if !often {
		d.hub.o.Log.Warn(what, "worker", worker, "error", err)
	}
}

// take puts a packet to the question that it belongs to.
func (d *desk) take(p *call) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx == nil || d.ctx.Err() != nil {
		return
	}
	c := d.open[p.ID]
	switch {
	case c != nil && c.key != p.key:
		return
	case c != nil:
		c.reply, c.heard = p.reply, time.Now()
	case p.Part != 0:
		p.send(&seal.Packet{Kind: seal.Got, Part: 0, Body: []byte(calls)}) // this hub has not heard of it: from the first, then
		return
	default:
		if c = d.begins(p); c == nil {
			return
		}
	}
	if c.working {
		c.send(&seal.Packet{Kind: seal.Busy, Part: c.Parts})
		return
	}
	if p.Part == c.have && len(c.body)+len(p.Body) <= c.Size {
		c.body = append(c.body, p.Body...)
		c.have++
	}
	if c.have < c.Parts {
		c.send(&seal.Packet{Kind: seal.Got, Part: c.have, Body: []byte(d.own)})
		return
	}
	c.working = true
	d.work.Add(1)
	go d.run(d.ctx, c)
}

// begins takes the first packet of a question: nil where there is no room, or where it is none that counts.
func (d *desk) begins(c *call) *call {
	large := c.Parts > 1
	switch {
	case c.Parts < 1 || c.Parts > seal.Most/minPart || len(c.Body) > c.Size:
		return nil
	case large && (d.large >= mostLarge || d.held+int64(c.Size) > mostHeld), !large && d.small >= mostSmall:
		c.send(&seal.Packet{Kind: seal.Busy})
		return nil
	case !d.sess.First(c.key, c.Session, c.Seq):
		c.send(&seal.Packet{Kind: seal.Renew, Session: d.sess.Begin(c.key)})
		return nil
	}
	if large {
		d.large++
		d.held += int64(c.Size)
		c.body = make([]byte, 0, c.Size) // the sender is proved, and the size within what is held at once
	} else {
		d.small++
	}
	c.heard = time.Now()
	d.open[c.ID] = c
	return c
}

// release forgets a call.
func (d *desk) release(c *call) {
	if d.open[c.ID] != c {
		return
	}
	delete(d.open, c.ID)
	if c.Parts > 1 {
		d.large--
		d.held -= int64(c.Size)
	} else {
		d.small--
	}
}

// sweep drops questions whose worker has gone silent in the middle.
func (d *desk) sweep(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.open {
		if !c.working && now.Sub(c.heard) > mostBehind {
			d.release(c)
		}
	}
}

// run answers a question.
func (d *desk) run(ctx context.Context, c *call) {
	defer d.work.Done()
	answer, err := d.answered(ctx, c)
	d.mu.Lock()
	d.release(c)
	d.mu.Unlock()
	if ctx.Err() != nil {
		return // the hub ends; whoever comes next is asked again
	}
	if err == nil && len(answer) > seal.MostAnswer {
		err = fmt.Errorf("the answer has %d bytes, over %d", len(answer), seal.MostAnswer)
	}
	if err != nil {
		words := err.Error()
		c.send(&seal.Packet{Kind: seal.Fault, Body: []byte(words[:min(len(words), mostFault)])})
		return
	}
	part := partSize(c.end.nc)
	for i, n := 0, seal.Cut(len(answer), part); i < n; i++ {
		c.send(&seal.Packet{Kind: seal.Answer, Part: i, Parts: n, Size: len(answer), Body: answer[i*part : min(len(answer), (i+1)*part)]})
	}
}

// answered asks who answers. One question that brings him down does not bring down the hub.
func (d *desk) answered(ctx context.Context, c *call) (answer []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			d.hub.o.Log.Error("the hub failed at a call", "worker", c.from.Name, "method", string(c.Method), "error", fmt.Sprintf("%T", r))
			err = fmt.Errorf("the hub failed at the call %s", c.Method)
		}
	}()
	if len(c.body) != c.Size {
		return nil, fmt.Errorf("the call %s has not the size that it says", c.Method)
	}
	return d.answer(ctx, c.from, c.Method, c.body)
}

// send answers the worker. What is lost on the way is asked for again.
func (c *call) send(p *seal.Packet) {
	p.ID, p.Method, p.Time = c.ID, c.Method, time.Now()
	b, err := c.channel.Seal(p)
	if err == nil {
		_ = c.end.nc.Publish(c.reply, b)
	}
}

// minPart is the least size of a part, for servers that take small messages only.
const minPart = 16 << 10

// partSize is how large the parts are that a server takes.
func partSize(nc *nats.Conn) int {
	most := int(nc.MaxPayload())
	if most <= 0 {
		return minPart
	}
	return max(minPart, min(seal.PartSize, most-seal.Overhead-512))
}
