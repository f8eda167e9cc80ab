package carrier

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/fleet/seal"
	"github.com/nats-io/nats.go"
)

// probeTime is how long a worker waits for a sign of the hub before it asks whether it is there.
const probeTime = 3 * time.Second

// Ask makes a call. It is made again until it is answered or the context ends: the hub may do it twice, if it or the line broke between.
func (p *Post) Ask(ctx context.Context, m fleet.Method, question []byte) ([]byte, error) {
	if len(question) > seal.Most {
		return nil, fmt.Errorf("call the hub (%s): %d bytes are more than it takes", m, len(question))
	}
	var last error
	renewed := 0
	for pause := newPause(); ; {
		q := p.question(m, question)
		answer, err := q.ask(ctx)
		p.forget(q.id)
		var told *ToldError
		switch {
		case err == nil:
			return answer, nil
		case errors.As(err, &told):
			return nil, told
		case ctx.Err() != nil:
			return nil, fmt.Errorf("call the hub (%s): %w", m, errors.Join(ctx.Err(), last))
		case errors.Is(err, errRenewed) && renewed < 3:
			renewed++ // at once, in the new session
			continue
		}
		last = err
		if !pause.wait(ctx) {
			return nil, fmt.Errorf("call the hub (%s): %w", m, errors.Join(ctx.Err(), last))
		}
	}
}

var (
	errRenewed = errors.New("the hub has begun a new session")
	errNoRoom  = errors.New("the hub has no room for the call now")
)

// question is a call on its way.
type question struct {
	post     *Post
	id       seal.ID
	session  seal.ID
	seq      uint64
	method   fleet.Method
	body     []byte
	part     int // size of parts
	parts    int
	packets  chan *seal.Packet
	sent     int    // parts that went out
	have     int    // of them, those that the hub has
	address  string // where the parts after the first go
	answer   []byte
	answered int // parts of the answer that came
}

func (p *Post) question(m fleet.Method, body []byte) *question {
	part := partSize(p.nc)
	q := &question{post: p, id: seal.NewID(), method: m, body: body, part: part, parts: seal.Cut(len(body), part), packets: make(chan *seal.Packet, seal.MostAnswer/part+16)}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seq++
	q.session, q.seq = p.session, p.seq
	p.asked[q.id] = q.packets
	return q
}

func (p *Post) forget(id seal.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.asked, id)
}

// receive hands what comes from the hub to the call that waits for it. Whoever else could write here cannot seal.
func (p *Post) receive(m *nats.Msg) {
	packet, err := p.channel.Open(m.Data)
	if err != nil && !errors.Is(err, seal.ErrUnknown) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if packet == nil { // a stranger to the hub, or so somebody says: all calls know it as the reason, and go on
		for _, c := range p.asked {
			hand(c, nil)
		}
		return
	}
	if packet.Kind == seal.Renew && p.asked[packet.ID] != nil && packet.Session != p.session {
		p.session, p.seq = packet.Session, 0
	}
	hand(p.asked[packet.ID], packet)
}

// hand does not wait: a call that does not keep up asks again.
func hand(c chan *seal.Packet, p *seal.Packet) {
	select {
	case c <- p:
	default:
	}
}

// ask makes the call once.
func (q *question) ask(ctx context.Context) ([]byte, error) {
	if err := q.send(0); err != nil {
		return nil, err
	}
	q.sent = 1
	silent := time.NewTimer(probeTime)
	defer silent.Stop()
	for probes := 0; ; {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-silent.C:
			// The hub may be gone, or what was on its way: whatever part it lacks, it tells when it hears the first again.
			probes++
			q.sent = q.have
			q.answer, q.answered = nil, 0
			if err := q.send(0); err != nil {
				return nil, err
			}
			silent.Reset(min(probeTime<<min(probes, 4), 4*probeTime))
			continue
		case p := <-q.packets:
			done, err := q.hear(p)
			if err != nil || done {
				return q.answer, err
			}
			probes = 0
			silent.Reset(probeTime)
		}
	}
}

// hear takes a packet of the hub's.
func (q *question) hear(p *seal.Packet) (done bool, err error) {
	switch {
	case p == nil:
		return false, seal.ErrUnknown
	case p.Method != q.method:
		return false, nil
	}
	switch p.Kind {
	case seal.Fault:
		return false, &ToldError{Words: string(p.Body)}
	case seal.Renew:
		return false, errRenewed
	case seal.Busy:
		if p.Part == 0 {
			return false, errNoRoom
		}
	case seal.Answer:
		return q.take(p)
	case seal.Got:
		if p.Part > q.parts || !strings.HasPrefix(string(p.Body), calls) {
			return false, nil
		}
		q.have, q.address = p.Part, string(p.Body)
		q.sent = max(q.sent, q.have)
		for q.sent < q.parts && q.sent < q.have+ahead {
			if err := q.send(q.sent); err != nil {
				return false, err
			}
			q.sent++
		}
	}
	return false, nil
}

// take puts a part of the answer to the others; they come in order, or are asked for anew.
func (q *question) take(p *seal.Packet) (done bool, err error) {
	if p.Part != q.answered || p.Size > seal.MostAnswer || len(q.answer)+len(p.Body) > p.Size {
		return false, nil
	}
	if q.answered == 0 {
		q.answer = make([]byte, 0, p.Size)
	}
	q.answer = append(q.answer, p.Body...)
	q.answered++
	return q.answered == p.Parts && len(q.answer) == p.Size, nil
}

// send seals a part, and sends it. The first goes to whichever hub is there, the others to the one that has it.
func (q *question) send(part int) error {
	address := q.address
	if part == 0 || address == "" {
		address = calls
	}
	b, err := q.post.channel.Seal(&seal.Packet{Kind: seal.Question, ID: q.id, Session: q.session, Seq: q.seq, Time: time.Now(),
		Part: part, Parts: q.parts, Size: len(q.body), Method: q.method, Body: q.body[part*q.part : min(len(q.body), (part+1)*q.part)]})
	if err != nil {
		return err
	}
	if err := q.post.nc.PublishRequest(address, q.post.reply, b); err != nil {
		return fmt.Errorf("reach the carrier: %w", err)
	}
	return nil
}
