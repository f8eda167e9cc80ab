// Package inside is a line within one process: a hub whose workers are on its own machine needs no other carrier.
package inside

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/chartroom/chartroom/fleet"
)

// Line carries tickets and calls between a hub and the workers of its process. It implements fleet.Line.
type Line struct {
	enclave string
	calls   chan call

	mu      sync.Mutex
	tickets []fleet.Ticket
	more    chan struct{} // is closed and made anew when tickets come
}

// call is a question on its way.
type call struct {
	from     fleet.Peer
	method   fleet.Method
	question []byte
	answer   chan answer // has room for one
}

type answer struct {
	words []byte
	err   error
}

// New makes a line for the workers of one enclave.
func New(enclave string) *Line {
	return &Line{enclave: enclave, calls: make(chan call), more: make(chan struct{})}
}

// Enclaves implements fleet.Line.
func (l *Line) Enclaves() []string { return []string{l.enclave} }

// Call implements fleet.Line.
func (l *Line) Call(_ context.Context, enclave string, tickets ...fleet.Ticket) error {
	if enclave == l.enclave {
		l.put(tickets...)
	}
	return nil
}

func (l *Line) put(tickets ...fleet.Ticket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tickets = append(l.tickets, tickets...)
	close(l.more)
	l.more = make(chan struct{})
}

// take takes the first ticket, or gives what is closed when there may be one.
func (l *Line) take() (t fleet.Ticket, ok bool, more <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.tickets) == 0 {
		return t, false, l.more
	}
	t, l.tickets = l.tickets[0], l.tickets[1:]
	return t, true, nil
}

// Waiting implements fleet.Line.
func (l *Line) Waiting(context.Context, string) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(len(l.tickets)), nil
}

// Answer implements fleet.Line.
func (l *Line) Answer(ctx context.Context, give func(ctx context.Context, from fleet.Peer, m fleet.Method, question []byte) ([]byte, error)) error {
	var all sync.WaitGroup
	defer all.Wait()
	for {
		select {
		case c := <-l.calls:
			all.Go(func() {
				words, err := give(ctx, c.from, c.method, c.question)
				c.answer <- answer{words, err}
			})
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Post makes a worker's end of the line.
func (l *Line) Post(name string) fleet.Post {
	return &post{l, fleet.Peer{Name: name, Enclave: l.enclave}}
}

// post is a worker's end.
type post struct {
	line *Line
	peer fleet.Peer
}

// Next implements fleet.Post.
func (p *post) Next(ctx context.Context) (fleet.Held, error) {
	for {
		t, ok, more := p.line.take()
		if ok {
			return &held{p.line, t}, nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Ask implements fleet.Post.
func (p *post) Ask(ctx context.Context, m fleet.Method, question []byte) ([]byte, error) {
	c := call{p.peer, m, bytes.Clone(question), make(chan answer, 1)}
	select {
	case p.line.calls <- c:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case a := <-c.answer:
		return a.words, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// held is a ticket that a worker has.
type held struct {
	line   *Line
	ticket fleet.Ticket
}

// Ticket implements fleet.Held.
func (h *held) Ticket() fleet.Ticket { return h.ticket }

// Keep implements fleet.Held.
func (h *held) Keep(context.Context) error { return nil }

// Done implements fleet.Held.
func (h *held) Done(context.Context) error { return nil }

// Return implements fleet.Held.
func (h *held) Return(_ context.Context, after time.Duration) error {
	if after <= 0 {
		h.line.put(h.ticket)
		return nil
	}
	time.AfterFunc(after, func() { h.line.put(h.ticket) })
	return nil
}
