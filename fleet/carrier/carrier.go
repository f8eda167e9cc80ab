// Package carrier brings tickets to workers and their calls to the hub, over NATS: the hub's end (Hub), a worker's (Post), and the servers in
// between, embedded in this program (Start) or somebody else's.
//
// Each enclave has an account of its own at the servers, so that nothing passes from one to another. In it are one stream of tickets, a
// work queue with one subject and no identifiers of messages, one durable consumer that all workers pull from, and one subject for
// calls. A worker may pull, acknowledge, call and hear what is for itself, and nothing more. The carrier is trusted with nothing but
// to carry: tickets say nothing, calls are sealed (package seal), and what it loses is put out again by the hub, whose ledger is elsewhere.
package carrier

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/fleet"
	"github.com/nats-io/nats.go/jetstream"
)

// The names at the servers, the same in the account of each enclave.
const (
	stream   = "chartroom"
	tickets  = "chartroom.tickets"
	consumer = "workers"
	calls    = "chartroom.calls" // and beneath it a subject for each hub, for the parts of a question after the first
	inbox    = "chartroom.inbox" // and beneath it one for each worker
	queue    = "hub"
	domain   = "chartroom" // of JetStream, by which leaf nodes find it
)

// account is the name of an enclave's account.
func account(enclave string) string { return "chartroom-" + enclave }

// The bounds of the stream. A ticket takes about 60 bytes there.
const (
	mostStream  = 64 << 20 // bytes of tickets: about a million
	mostWaiting = 16384    // workers' slots that wait for a ticket
)

// ackWait is after how long a ticket goes to another worker, if its own does not keep it.
const ackWait = 3 * fleet.BeatEvery

// streamOf is the stream of tickets as it should be.
func streamOf(replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{Name: stream, Subjects: []string{tickets}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.FileStorage,
		MaxBytes: mostStream, Discard: jetstream.DiscardNew, Replicas: max(1, replicas), Duplicates: time.Second,
		Description: "tickets of Chartroom's shards; may be lost at any time"}
}

// consumerOf is the one consumer of it.
func consumerOf() jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{Durable: consumer, AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxDeliver: -1,
		MaxAckPending: -1, MaxWaiting: mostWaiting, FilterSubject: tickets}
}

// ticketSize is how long a ticket is on its way.
const ticketSize = 16

func writeTicket(t fleet.Ticket) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, ticketSize), uint64(t.Run))
	return binary.BigEndian.AppendUint64(b, uint64(t.Shard))
}

var errTicket = errors.New("the carrier brought something that is no ticket")

func readTicket(b []byte) (fleet.Ticket, error) {
	if len(b) != ticketSize {
		return fleet.Ticket{}, fmt.Errorf("%w: %d bytes", errTicket, len(b))
	}
	return fleet.Ticket{Run: int64(binary.BigEndian.Uint64(b)), Shard: int64(binary.BigEndian.Uint64(b[8:]))}, nil
}

// ToldError is an answer of the hub that is an error: asking again brings nothing else.
type ToldError struct{ Words string }

// Error gives the hub's words.
func (e *ToldError) Error() string { return e.Words }
