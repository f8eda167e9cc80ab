package seal

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/chartroom/chartroom/source"
	"github.com/nats-io/nkeys"
	"golang.org/x/crypto/nacl/box"
)

// Pair is a key that seals: X25519, as nkeys writes it (a seed begins with SX, what is public with X).
type Pair struct {
	seed, public string
	private      [32]byte
}

// NewPair makes a key.
func NewPair() (*Pair, error) {
	k, err := nkeys.CreateCurveKeys()
	if err != nil {
		return nil, fmt.Errorf("make a key that seals: %w", err)
	}
	seed, err := k.Seed()
	if err != nil {
		return nil, fmt.Errorf("make a key that seals: %w", err)
	}
	return ParsePair(string(seed))
}

// ParsePair reads a key from its seed.
func ParsePair(seed string) (*Pair, error) {
	prefix, raw, err := nkeys.DecodeSeed([]byte(seed))
	if err != nil || prefix != nkeys.PrefixByteCurve || len(raw) != 32 {
		return nil, errors.New("this is no seed of a key that seals (SX...)")
	}
	k, err := nkeys.FromCurveSeed([]byte(seed))
	if err != nil {
		return nil, errors.New("this is no seed of a key that seals (SX...)")
	}
	p := &Pair{seed: seed, private: [32]byte(raw)}
	p.public, err = k.PublicKey()
	return p, err
}

// Public is the half that others know.
func (p *Pair) Public() string { return p.public }

// Seed is the secret half.
func (p *Pair) Seed() string { return p.seed }

// String tells the public half alone, whoever prints it.
func (p *Pair) String() string { return p.public }

// shared is the key that two pairs have together.
func (p *Pair) shared(with string) (key, public [32]byte, err error) {
	raw, err := nkeys.Decode(nkeys.PrefixByteCurve, []byte(with))
	if err != nil || len(raw) != 32 {
		return key, public, errors.New("this is no public key that seals (X...)")
	}
	public = [32]byte(raw)
	box.Precompute(&key, &public, &p.private)
	return key, public, nil
}

// NewLogin makes a key to log in with, an NKey of a user (a seed begins with SU, what is public with U).
func NewLogin() (seed string, err error) {
	k, err := nkeys.CreateUser()
	if err != nil {
		return "", fmt.Errorf("make a login: %w", err)
	}
	b, err := k.Seed()
	return string(b), err
}

// LoginPublic is the public half of a login, of its seed.
func LoginPublic(seed string) (string, error) {
	k, err := nkeys.FromSeed([]byte(seed))
	if err != nil {
		return "", errors.New("this is no seed of a login (SU...)")
	}
	public, err := k.PublicKey()
	if err != nil || !nkeys.IsValidPublicUserKey(public) {
		return "", errors.New("this is no seed of a login (SU...)")
	}
	return public, nil
}

// Signs gives what a server asks of a login: its challenge, signed.
func Signs(seed string) func([]byte) ([]byte, error) {
	return func(nonce []byte) ([]byte, error) {
		k, err := nkeys.FromSeed([]byte(seed))
		if err != nil {
			return nil, errors.New("this is no seed of a login (SU...)")
		}
		defer k.Wipe()
		return k.Sign(nonce)
	}
}

// Hub is the hub's own secret, from which its keys are worked out: one that seals, and a login for each enclave.
type Hub struct {
	secret [32]byte
	pair   *Pair
}

// hubFile is its name beside the key of the marks.
const hubFile = "fleet.key"

// hubLine is how the one line of the file begins.
const hubLine = "chartroom-fleet-v1 "

// HubPath is where the hub's secret stands: beside the key of the marks.
func HubPath(key string) string { return filepath.Join(filepath.Dir(key), hubFile) }

// OpenHub reads the hub's secret, or makes it where there is none; made tells which. A file that others may read is refused.
// Without it, all workers must be enrolled anew.
func OpenHub(path string) (h *Hub, made bool, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		secret := make([]byte, 32)
		rand.Read(secret)
		if err := Write(path, []byte(hubLine+hex.EncodeToString(secret)+"\n")); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, false, fmt.Errorf("make the secret of the fleet: %w", err)
		}
		made = true
	}
	line, err := source.SecretFile(path)
	if err != nil {
		return nil, false, fmt.Errorf("read the secret of the fleet: %w", err)
	}
	text, ok := strings.CutPrefix(line, hubLine)
	raw, err := hex.DecodeString(text)
	if !ok || err != nil || len(raw) != 32 {
		return nil, false, fmt.Errorf("%s holds no secret of a fleet", path)
	}
	h = &Hub{secret: [32]byte(raw)}
	seed, err := h.derive(nkeys.PrefixByteCurve, "seal")
	if err != nil {
		return nil, false, err
	}
	h.pair, err = ParsePair(seed)
	return h, made, err
}

// Pair is the key with which the hub seals.
func (h *Hub) Pair() *Pair { return h.pair }

// Login is the seed with which the hub logs in at an enclave.
func (h *Hub) Login(enclave string) (string, error) {
	return h.derive(nkeys.PrefixByteUser, "login "+enclave)
}

// derive works a key out of the secret (HKDF, RFC 5869, with SHA-256).
func (h *Hub) derive(kind nkeys.PrefixByte, what string) (string, error) {
	raw, err := hkdf.Key(sha256.New, h.secret[:], nil, "chartroom fleet "+what, 32)
	if err != nil {
		return "", fmt.Errorf("work out a key of the fleet: %w", err)
	}
	seed, err := nkeys.EncodeSeed(kind, raw)
	return string(seed), err
}

// Write writes a file that nobody but its owner may read. It never overwrites one.
func Write(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		f.Close()
		os.Remove(path)
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
