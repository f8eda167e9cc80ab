package login

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// cost is what a hash costs: memory in KiB, passes over it, and lanes.
type cost struct {
	memory, time uint32
	lanes        uint8
}

// ordinary is the cost of new hashes: the OWASP Password Storage Cheat Sheet asks of argon2id for 46 MiB and one pass, or as much otherwise; it
// is two passes here. Each hash says its own cost, so that this may rise.
var ordinary = cost{46 << 10, 2, 1}

// Bounds of what a stored hash may ask for.
const (
	maxMemory = 1 << 20 // KiB
	maxTime   = 16
	hashBytes = 32
	saltBytes = 16
	// hashesAtOnce bounds the memory that people who knock take together.
	hashesAtOnce = 2
	// maxPassword is the longest password in bytes that is looked at.
	maxPassword = 1024
)

// hasher makes and checks hashes, few at a time.
type hasher struct {
	cost  cost
	turns chan struct{}
	decoy string // what is checked where there is no hash
}

func newHasher(c cost) *hasher {
	h := &hasher{cost: c, turns: make(chan struct{}, hashesAtOnce)}
	h.decoy = encode(c, make([]byte, saltBytes), make([]byte, hashBytes))
	return h
}

// hash makes the hash of a password, in the PHC string format.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never fails
	sum, err := h.sum(ctx, h.cost, salt, password)
	return encode(h.cost, salt, sum), err
}

// check tells whether a password is the one of a hash. Where there is no hash it takes as long, and says no.
func (h *hasher) check(ctx context.Context, hash, password string) (bool, error) {
	known := hash != ""
	if !known {
		hash = h.decoy
	}
	c, salt, want, err := decode(hash)
	if err != nil {
		return false, err
	}
	got, err := h.sum(ctx, c, salt, password)
	return subtle.ConstantTimeCompare(got, want) == 1 && known && len(password) <= maxPassword, err
}

func (h *hasher) sum(ctx context.Context, c cost, salt []byte, password string) ([]byte, error) {
	select {
	case h.turns <- struct{}{}:
		defer func() { <-h.turns }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(norm.NFKC.String(password[:min(len(password), maxPassword)])), salt, c.time, c.memory, c.lanes, hashBytes), nil
}

func encode(c cost, salt, sum []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.time, c.lanes, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

var errHash = errors.New("the hash of the password is damaged; an admin can invite the person anew")

func decode(hash string) (c cost, salt, sum []byte, err error) {
	part := strings.Split(hash, "$")
	if len(part) != 6 || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errHash
	}
	if n, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &c.memory, &c.time, &c.lanes); err != nil || n != 3 {
		return c, nil, nil, errHash
	}
	salt, err = base64.RawStdEncoding.DecodeString(part[4])
	if err == nil {
		sum, err = base64.RawStdEncoding.DecodeString(part[5])
	}
	if err != nil || len(sum) != hashBytes || c.memory > maxMemory || c.time == 0 || c.time > maxTime || c.lanes == 0 {
		return c, nil, nil, errHash
	}
	return c, salt, sum, nil
}

// shortest is how many characters a password has at least: NIST SP 800-63B-4 section 3.1.1.2 for one that is the only factor.
const shortest = 15

// checkPassword refuses what is too short, too long, or the first thing that anybody would try. Nothing else is asked of it.
func checkPassword(password, name string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case len(password) > maxPassword:
		return chosen("a password has at most %d bytes", maxPassword)
	case n < shortest:
		return chosen("a password has at least %d characters: a few words that do not belong together are easier to keep than signs", shortest)
	}
	low := strings.ToLower(password)
	rest := low
	for _, weak := range []string{name, "chartroom", "password", "passphrase"} {
		if weak != "" {
			rest = strings.ReplaceAll(rest, strings.ToLower(weak), "")
		}
	}
	if utf8.RuneCountInString(rest) < shortest/2 {
		return chosen("this password is little more than a name or the word for it; take another one")
	}
	if period(low) <= 4 {
		return chosen("this password repeats a few signs; take another one")
	}
	return nil
}

// period is the length of the shortest piece that a text repeats.
func period(s string) int {
	for n := 1; n < len(s); n++ {
		if strings.HasPrefix(s, s[n:]) {
			return n
		}
	}
	return len(s)
}
