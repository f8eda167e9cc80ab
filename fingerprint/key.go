// Package fingerprint turns identifiers into marks: it normalises them, so that the same person written in two ways gets the
// same mark, and puts them through a keyed function. Whoever has the key can find out the identifiers behind
// marks by trying; whoever lacks it learns nothing. Destroying the key makes every mark useless.
//
// The secret has 256 bits. BLAKE3 derives from it a key of 128 bits for each kind of identifier, and SipHash-2-4 (Aumasson and
// Bernstein 2012), a pseudorandom function made for short inputs, makes the marks of 64 bits: it is seven times as fast as
// keyed BLAKE3 or HMAC-SHA-256 on an input of 24 bytes, and a scan makes several marks a record.
package fingerprint

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zeebo/blake3"
)

// keyHeader begins a key file, so that no other file is taken for one.
const keyHeader = "chartroom-key-1 "

// Key is the secret of the marks. It prints as its public name only.
type Key struct{ secret *[32]byte }

// ErrKey says that a key file cannot be used.
var ErrKey = errors.New("cannot use the key")

// NewKey makes a key.
func NewKey() Key {
	k := Key{new([32]byte)}
	if _, err := rand.Read(k.secret[:]); err != nil {
		panic("no randomness: " + err.Error()) // documented never to happen
	}
	return k
}

// ID is the key's public name, by which a catalog knows the key that its marks were made with.
func (k Key) ID() string {
	h, _ := blake3.NewKeyed(k.secret[:])
	h.WriteString("chartroom key id")
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// String gives the public name, never the secret.
func (k Key) String() string { return "key " + k.ID() }

// Format prints the public name whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, k.String()) }

// Bytes gives the secret itself. It is for the hub of a fleet alone, which hands it to workers over a sealed line (fleet.Job); nobody may
// print it, or write it anywhere.
func (k Key) Bytes() []byte { return slices.Clone(k.secret[:]) }

// KeyOf makes the key of what Bytes gave. It is for a worker of a fleet alone, which keeps it in memory as long as it works.
func KeyOf(secret []byte) (Key, error) {
	if len(secret) != 32 || bytes.Equal(secret, make([]byte, 32)) {
		return Key{}, fmt.Errorf("%w that was handed over: it has not 256 bits", ErrKey)
	}
	return Key{(*[32]byte)(slices.Clone(secret))}, nil
}

// LoadKey reads a key file. It refuses a file that others than its owner may read.
func LoadKey(path string) (Key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Key{}, fmt.Errorf("read key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Key{}, fmt.Errorf("%w %s: others than its owner may read it; run: chmod 600 %s", ErrKey, path, path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return Key{}, fmt.Errorf("read key: %w", err)
	}
	k, err := ParseKey(b)
	if err != nil {
		return Key{}, fmt.Errorf("%w %s: it is no key file of chartroom, or a damaged one", ErrKey, path)
	}
	return k, nil
}

// ParseKey reads what stands in a key file; ErrKey where that is no key.
func ParseKey(b []byte) (Key, error) {
	text, ok := strings.CutPrefix(strings.TrimSpace(string(b)), keyHeader)
	secret, err := hex.DecodeString(text)
	if !ok || err != nil || len(secret) != 32 {
		return Key{}, ErrKey
	}
	return Key{(*[32]byte)(secret)}, nil
}

// CreateKey makes a key and writes it to a new file with mode 0600; it never overwrites one.
func CreateKey(path string) (Key, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return Key{}, fmt.Errorf("make the key's directory: %w", err)
	}
	k := NewKey()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Key{}, fmt.Errorf("write key: %w", err)
	}
	_, err = f.WriteString(keyHeader + hex.EncodeToString(k.secret[:]) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return Key{}, fmt.Errorf("write key %s: %w", path, err)
	}
	return k, nil
}

// OpenKey loads the key file, or makes it where there is none; made tells which.
func OpenKey(path string) (k Key, made bool, err error) {
	k, err = LoadKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		k, err = CreateKey(path)
		return k, err == nil, err
	}
	return k, false, err
}

// Derive makes a secret of its own for a purpose, which tells nothing of the key.
func (k Key) Derive(purpose string) (secret [32]byte) {
	h, _ := blake3.NewKeyed(k.secret[:])
	h.WriteString("chartroom secret ")
	h.WriteString(purpose)
	h.Sum(secret[:0])
	return secret
}
