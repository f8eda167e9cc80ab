// Package seal keeps what goes between a worker and the hub from everybody else, the carrier in between included, and proves who sent it.
//
// Worker and hub know each other's public keys since enrolment. What they say is cut into packets, each in a box that only these two can make
// and open: the key of the two as in NaCl's box (X25519 and HSalsa20), under it XChaCha20-Poly1305, which is faster. Inside stand its direction, so that a packet cannot be
// sent back to who made it; the number of the question that it belongs to, so that no answer stands for another; and the session and the
// number in it, so that no question counts twice (Sessions). A box that somebody changed does not open.
//
// The keys stay the same for the life of an enrolment: whoever gets hold of one can read what was recorded before. TLS around the boxes
// closes that gap for who listens on the line.
package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/fleet"
	"github.com/nats-io/nkeys"
	"golang.org/x/crypto/chacha20poly1305"
)

// Kind is what a packet is.
type Kind uint8

// The kinds of packets.
const (
	Question Kind = iota + 1 // from a worker: a part of a question
	Answer                   // from the hub: a part of an answer
	Fault                    // from the hub: an answer that is an error, in words
	Renew                    // from the hub: ask again in this session, whose number it brings
	Got                      // from the hub: it has Part parts of the question; those that follow go to the address it brings
	Busy                     // from the hub: it has the whole question and works at it, or (Part 0) has no room for it now
)

// fromHub tells the direction of a kind.
func (k Kind) fromHub() bool { return k != Question }

// ID is the number of a question, fresh for each.
type ID [16]byte

// NewID makes one.
func NewID() (id ID) {
	rand.Read(id[:])
	return id
}

// Packet is what one message of the carrier holds.
type Packet struct {
	Kind    Kind
	ID      ID // of the question, and of all that answers it
	Session ID // of the worker with the hub
	Seq     uint64
	Time    time.Time // when it was sealed, by the clock of who sealed it
	Part    int       // of Parts, from 0
	Parts   int
	Size    int // of the whole, in bytes
	Method  fleet.Method
	Body    []byte
}

// The bounds.
const (
	Most       = 64 << 20  // of a question, in bytes
	MostAnswer = 16 << 20  // of an answer
	PartSize   = 256 << 10 // of the body of a packet
	mostMethod = 32
	version    = 1
	nonceSize  = chacha20poly1305.NonceSizeX
	fixed      = 1 + 1 + 16 + 16 + 8 + 8 + 4 + 4 + 4 + 1 // what stands before the method
)

// Overhead is by how much a packet is longer than its body, at most.
const Overhead = 1 + 32 + nonceSize + chacha20poly1305.Overhead + fixed + mostMethod

// The faults of packets.
var (
	ErrSealed  = errors.New("a packet does not open: it is not from whom it says, not for us, or was changed on its way")
	ErrUnknown = errors.New("the hub does not know this worker: it was never enrolled there, or was revoked")
)

// unknown is the one packet that is not sealed: the hub cannot seal for somebody whom it does not know. Anybody could send it, so
// nobody gives up for it.
var unknown = []byte{version, 'U'}

// Stranger is what the hub tells somebody whom it does not know.
func Stranger() []byte { return unknown }

// Channel seals and opens at one end.
type Channel struct {
	box cipher.AEAD
	own [32]byte
	hub bool
}

// Worker is the worker's end.
func Worker(own *Pair, hub string) (*Channel, error) {
	key, _, err := own.shared(hub)
	if err != nil {
		return nil, fmt.Errorf("the hub's key: %w", err)
	}
	raw, err := nkeys.Decode(nkeys.PrefixByteCurve, []byte(own.public))
	if err != nil {
		return nil, err
	}
	return channel(key, [32]byte(raw), false)
}

// For is the hub's end to a worker.
func (h *Hub) For(worker string) (*Channel, error) {
	key, _, err := h.pair.shared(worker)
	if err != nil {
		return nil, fmt.Errorf("the worker's key: %w", err)
	}
	return channel(key, [32]byte{}, true)
}

func channel(key, own [32]byte, hub bool) (*Channel, error) {
	box, err := chacha20poly1305.NewX(key[:])
	return &Channel{box: box, own: own, hub: hub}, err
}

// Seal seals a packet. A worker's names the key of its sender, for the hub to choose the one to open with.
func (c *Channel) Seal(p *Packet) ([]byte, error) {
	switch {
	case p.Kind.fromHub() != c.hub:
		return nil, errors.New("a packet in the wrong direction")
	case len(p.Method) > mostMethod || len(p.Body) > PartSize || p.Part < 0 || p.Parts < 0 || p.Size < 0 || p.Size > Most:
		return nil, errors.New("a packet beyond its bounds")
	}
	out := make([]byte, 0, Overhead+len(p.Body))
	out = append(out, version)
	if !c.hub {
		out = append(out, c.own[:]...)
	}
	at := len(out) + nonceSize
	rand.Read(out[len(out):at])
	nonce := out[len(out):at]

	plain := append(out[at:at], version, byte(p.Kind))
	plain = append(append(plain, p.ID[:]...), p.Session[:]...)
	plain = binary.BigEndian.AppendUint64(plain, p.Seq)
	plain = binary.BigEndian.AppendUint64(plain, uint64(p.Time.UnixMilli()))
	for _, n := range []int{p.Part, p.Parts, p.Size} {
		plain = binary.BigEndian.AppendUint32(plain, uint32(n))
	}
	plain = append(append(append(plain, byte(len(p.Method))), p.Method...), p.Body...)
	return c.box.Seal(out[:at], nonce, plain, nil), nil // where it stands
}

// Sender tells whose key a worker's packet names. It is proved by Open alone.
func Sender(sealed []byte) (public string, err error) {
	if len(sealed) < 1+32+nonceSize+chacha20poly1305.Overhead || sealed[0] != version {
		return "", ErrSealed
	}
	b, err := nkeys.Encode(nkeys.PrefixByteCurve, sealed[1:33])
	return string(b), err
}

// Open opens a packet from the other end, where it stands: what was sealed is the packet's from now on. Its errors are ErrSealed and, for a worker, ErrUnknown.
func (c *Channel) Open(sealed []byte) (*Packet, error) {
	if !c.hub && len(sealed) == len(unknown) && sealed[0] == unknown[0] && sealed[1] == unknown[1] {
		return nil, ErrUnknown
	}
	before := 1
	if c.hub {
		before += 32
	}
	if len(sealed) < before+nonceSize+chacha20poly1305.Overhead || len(sealed) > PartSize+Overhead || sealed[0] != version {
		return nil, ErrSealed
	}
	plain, err := c.box.Open(sealed[before+nonceSize:before+nonceSize], sealed[before:before+nonceSize], sealed[before+nonceSize:], nil)
	if err != nil || len(plain) < fixed || plain[0] != version {
		return nil, ErrSealed
	}
	p := &Packet{Kind: Kind(plain[1]), ID: ID(plain[2:]), Session: ID(plain[18:]), Seq: binary.BigEndian.Uint64(plain[34:]),
		Time: time.UnixMilli(int64(binary.BigEndian.Uint64(plain[42:]))),
		Part: int(binary.BigEndian.Uint32(plain[50:])), Parts: int(binary.BigEndian.Uint32(plain[54:])), Size: int(binary.BigEndian.Uint32(plain[58:]))}
	n := int(plain[62])
	rest := plain[fixed:]
	if n > mostMethod || n > len(rest) || p.Kind < Question || p.Kind > Busy || p.Kind.fromHub() == c.hub || p.Size > Most || p.Size < 0 {
		return nil, ErrSealed
	}
	p.Method, p.Body = fleet.Method(rest[:n]), rest[n:]
	return p, nil
}

// Cut tells of how many parts a whole of so many bytes is, at so many bytes a part.
func Cut(size, part int) int { return max(1, (size+part-1)/part) }
