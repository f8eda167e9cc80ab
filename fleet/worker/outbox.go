package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/scan"
)

// How much goes to the hub at once: so much (a parcel's weight, of some hundred bytes: 512 KiB), or what came together in so long.
const (
	sendWeight = 2 << 10
	sendEvery  = time.Second
	unitBytes  = 256      // that count as one
	mostRoom   = 16 << 20 // that is kept for deliveries, several times as much as one takes, and
	mostRooms  = 2        // of which there are so many
)

// errStopped says that a shard is not the worker's any more.
var errStopped = errors.New("the hub has given the shard to somebody else, or ended it")

// outbox brings what is found in a shard to the hub: one delivery is on its way while the next is made ready. Several may fill it.
type outbox struct {
	w       *Worker
	ticket  fleet.Ticket
	attempt int
	ctx     context.Context // of the shard
	cancel  context.CancelCauseFunc
	read    *scan.Progress

	mu     sync.Mutex
	room   sync.Cond // there is, or the shard has ended
	next   fleet.Delivery
	weight int
	filled bool          // something is in next
	wake   chan struct{} // it is heavy, or the last
	sent   int64         // bytes that were told
	number int           // of the last delivery
	done   chan struct{} // nothing is sent any more
}

// newOutbox begins with a shard. It must be ended by finish or by the end of its context, and waited for.
func (w *Worker) newOutbox(ctx context.Context, t fleet.Ticket, attempt int) *outbox {
	o := &outbox{w: w, ticket: t, attempt: attempt, read: &scan.Progress{}, wake: make(chan struct{}, 1), done: make(chan struct{})}
	o.room.L = &o.mu
	o.ctx, o.cancel = context.WithCancelCause(ctx)
	context.AfterFunc(o.ctx, func() {
		o.mu.Lock() // whoever is about to wait has begun to
		defer o.mu.Unlock()
		o.room.Broadcast()
	})
	w.mu.Lock()
	w.going[o] = true
	w.mu.Unlock()
	w.Counts.Working.Add(1)
	go o.send()
	return o
}

// close ends the shard whatever became of it.
func (o *outbox) close() {
	o.cancel(errEnded)
	<-o.done
	o.w.mu.Lock()
	delete(o.w.going, o)
	o.w.mu.Unlock()
	o.w.Counts.Bytes.Add(o.unread())
	o.w.Counts.Working.Add(-1)
}

// unread is how many bytes were read that nobody was told of.
func (o *outbox) unread() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.read.ReadBytes.Load() - o.sent
}

// put puts something into the next delivery. It waits as long as that is heavy.
func (o *outbox) put(weight int, put func(d *fleet.Delivery)) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.weight >= sendWeight && o.ctx.Err() == nil {
		o.room.Wait()
	}
	if o.ctx.Err() != nil {
		return context.Cause(o.ctx)
	}
	put(&o.next)
	o.filled = true
	if o.weight += weight; o.weight >= sendWeight || o.next.Last {
		select {
		case o.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

// parcel puts a parcel into the next delivery, and with the last of an item that it is done.
func (o *outbox) parcel(p scan.Parcel, item int) error {
	return o.put(p.Weight(), func(d *fleet.Delivery) {
		d.Parcels = append(d.Parcels, p)
		if p.Last {
			d.Items = append(d.Items, item)
		}
	})
}

// finish sends what is left with the last words of the shard, and waits until the hub has all of it.
func (o *outbox) finish(last func(d *fleet.Delivery)) error {
	err := o.put(0, func(d *fleet.Delivery) {
		if last != nil {
			last(d)
		}
		d.Last = true
	})
	if err != nil {
		return err
	}
	<-o.done
	return context.Cause(o.ctx)
}

// send brings deliveries until the last, or the end of the shard.
func (o *outbox) send() {
	defer close(o.done)
	tick := time.NewTicker(sendEvery)
	defer tick.Stop()
	for {
		select {
		case <-o.wake:
		case <-tick.C:
		case <-o.ctx.Done():
			return
		}
		d, ok := o.take()
		if !ok {
			continue
		}
		if err := o.deliver(&d); err != nil {
			o.cancel(err)
			return
		}
		if d.Last {
			return
		}
	}
}

// take takes the next delivery out.
func (o *outbox) take() (d fleet.Delivery, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.filled {
		return d, false
	}
	d, o.next, o.weight, o.filled = o.next, fleet.Delivery{}, 0, false
	o.number++
	d.Ticket, d.Attempt, d.Number = o.ticket, o.attempt, o.number
	read := o.read.ReadBytes.Load()
	d.Bytes, o.sent = read-o.sent, read
	o.room.Broadcast()
	return d, true
}

// deliver brings one delivery to the hub.
func (o *outbox) deliver(d *fleet.Delivery) error {
	o.w.Counts.Bytes.Add(d.Bytes)
	var r fleet.Receipt
	if err := o.bring(d, &r); err != nil {
		return err
	}
	o.w.told(&r)
	if r.Rates != nil {
		o.w.bounds(r.Rates)
	}
	if r.Stop {
		return errStopped
	}
	o.w.Counts.Items.Add(int64(len(d.Items)))
	for i := range d.Parcels {
		o.w.Counts.Gaps.Add(gaps(d.Parcels[i].Facts))
	}
	return nil
}

// bring makes the call, in room that is used again.
func (o *outbox) bring(d *fleet.Delivery, r *fleet.Receipt) error {
	var room []byte
	select {
	case room = <-o.w.rooms:
	default:
	}
	text, err := o.w.words.Append(room[:0], d)
	if err != nil {
		return err
	}
	err = o.w.call(o.ctx, fleet.CallDeliver, text, r)
	if cap(text) <= mostRoom {
		select {
		case o.w.rooms <- text:
		default:
		}
	}
	return err
}

func gaps(facts []estate.Fact) (n int64) {
	for i := range facts {
		if facts[i].Gap != nil {
			n++
		}
	}
	return n
}
