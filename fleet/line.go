package fleet

import (
	"context"
	"time"
)

// Peer is the worker at the other end of a line, as its seal proves.
type Peer struct{ Name, Enclave string }

// Line is the hub's end of a carrier.
type Line interface {
	// Enclaves are those that the line reaches.
	Enclaves() []string
	// Call puts tickets out for the workers of an enclave, each for one of them. It may be asked again for the same ticket.
	Call(ctx context.Context, enclave string, tickets ...Ticket) error
	// Answer answers calls of workers until the context ends, many at once. An answer that is an error tells the worker so, in words.
	Answer(ctx context.Context, answer func(ctx context.Context, from Peer, m Method, question []byte) ([]byte, error)) error
	// Waiting tells how many tickets nobody has taken, as far as the carrier knows: it may have lost some, or all.
	Waiting(ctx context.Context, enclave string) (int64, error)
}

// Post is a worker's end of a carrier.
type Post interface {
	// Next waits for a ticket. Nobody else gets it while it is kept.
	Next(ctx context.Context) (Held, error)
	// Ask makes a call to the hub, and waits for the answer as long as the context lasts: a hub that is away may come back. When it returns, the
	// question is the caller's again, and may be written over.
	Ask(ctx context.Context, m Method, question []byte) ([]byte, error)
}

// Held is a ticket that a worker has.
type Held interface {
	Ticket() Ticket
	// Keep says that the work goes on; it must come every BeatEvery.
	Keep(ctx context.Context) error
	// Done throws the ticket away.
	Done(ctx context.Context) error
	// Return gives it back, for whoever comes after the pause.
	Return(ctx context.Context, after time.Duration) error
}

// BeatEvery is how often a worker says that it lives. Who has not been heard of for three times as long has lost its shards.
const BeatEvery = 5 * time.Second
