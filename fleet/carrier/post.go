package carrier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/fleet/seal"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Post is a worker's end of a carrier. It implements fleet.Post.
type Post struct {
	e       *seal.Enrolment
	nc      *nats.Conn
	js      jetstream.JetStream
	channel *seal.Channel
	reply   string // where answers come
	log     *slog.Logger

	mu       sync.Mutex
	consumer jetstream.Consumer
	session  seal.ID
	seq      uint64
	asked    map[seal.ID]chan *seal.Packet
}

// Dial connects a worker as its enrolment says, and waits for a carrier that is away as long as the context lasts. It gives up where it is
// not let in, and where the server is not who it should be.
func Dial(ctx context.Context, e *seal.Enrolment, log *slog.Logger) (*Post, error) {
	if err := e.Check(); err != nil {
		return nil, err
	}
	if e.Seal == "" {
		return nil, errors.New("this enrolment is a leaf node's, and not a worker's")
	}
	pair, err := seal.ParsePair(e.Seal)
	if err != nil {
		return nil, err
	}
	proc := seal.NewID()
	p := &Post{e: e, log: log, asked: map[seal.ID]chan *seal.Packet{}, reply: fmt.Sprintf("%s.%s.%x", inbox, e.Name, proc[:8])}
	if p.channel, err = seal.Worker(pair, e.Hub); err != nil {
		return nil, err
	}
	if err := p.connect(ctx); err != nil {
		return nil, err
	}
	if _, err := p.nc.Subscribe(p.reply, p.receive); err != nil {
		p.Close()
		return nil, fmt.Errorf("listen at the carrier: %w", err)
	}
	if p.js, err = jetstream.New(p.nc); err != nil {
		p.Close()
		return nil, fmt.Errorf("connect to the carrier: %w", err)
	}
	return p, nil
}

// connect makes the connection for the first time.
func (p *Post) connect(ctx context.Context) error {
	opts := append(lasting("chartroom worker "+p.e.Name, p.log), nats.CustomInboxPrefix(inbox+"."+p.e.Name))
	secure := false
	for _, s := range p.e.Servers {
		secure = secure || !strings.HasPrefix(s, "nats://")
	}
	if secure {
		c, err := trust(p.e.CA)
		if err != nil {
			return err
		}
		opts = append(opts, nats.Secure(c))
	}
	var err error
	if p.e.Credentials != "" {
		opts, err = withFile(opts, p.e.Credentials)
	} else {
		opts, err = withLogin(opts, p.e.Login)
	}
	if err != nil {
		return err
	}
	p.nc, err = dial(ctx, strings.Join(p.e.Servers, ","), "worker "+p.e.Name, p.log, opts)
	return err
}

// Close ends the connection. Tickets that are kept go to others in a while.
func (p *Post) Close() { p.nc.Close() }

// pullTime is how long a pull waits at the server.
const pullTime = 30 * time.Second

// Next waits for a ticket.
func (p *Post) Next(ctx context.Context) (fleet.Held, error) {
	for pause := newPause(); ; {
		h, err := p.pull(ctx)
		switch {
		case h != nil:
			return h, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err == nil:
			pause = newPause()
		case !pause.wait(ctx):
			return nil, ctx.Err()
		}
	}
}

// pull asks for a ticket once; neither ticket nor error says that there was none.
func (p *Post) pull(ctx context.Context) (fleet.Held, error) {
	ctx, cancel := context.WithTimeout(ctx, pullTime)
	defer cancel()
	c, err := p.pulls(ctx)
	if err != nil {
		return nil, err
	}
	m, err := c.Next(jetstream.FetchContext(ctx))
	switch {
	case errors.Is(err, nats.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		return nil, nil
	case err != nil:
		p.mu.Lock()
		p.consumer = nil // it may have been made anew
		p.mu.Unlock()
		return nil, err
	}
	t, err := readTicket(m.Data())
	if err != nil {
		_ = m.Term()
		return nil, err
	}
	return &held{msg: m, ticket: t}, nil
}

func (p *Post) pulls(ctx context.Context) (jetstream.Consumer, error) {
	p.mu.Lock()
	c := p.consumer
	p.mu.Unlock()
	if c != nil {
		return c, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := p.js.Consumer(ctx, stream, consumer)
	if err != nil {
		return nil, fmt.Errorf("find the tickets: %w", err)
	}
	p.mu.Lock()
	p.consumer = c
	p.mu.Unlock()
	return c, nil
}

// held is a ticket that a worker has.
type held struct {
	msg    jetstream.Msg
	ticket fleet.Ticket
}

// Ticket is what it calls for.
func (h *held) Ticket() fleet.Ticket { return h.ticket }

// Keep keeps it.
func (h *held) Keep(context.Context) error { return tellTicket("keep", h.msg.InProgress()) }

// Done throws it away. If that is lost on the way, another worker gets it, and the hub tells it that the shard is gone.
func (h *held) Done(context.Context) error { return tellTicket("throw away", h.msg.Ack()) }

// Return gives it back.
func (h *held) Return(_ context.Context, after time.Duration) error {
	return tellTicket("give back", h.msg.NakWithDelay(max(after, time.Millisecond)))
}

func tellTicket(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s a ticket: %w", what, err)
	}
	return nil
}
