// Package login is the door of the web room: it finds out who somebody is, by a password, a passkey or an identity provider, and remembers
// it for the length of a session. What they may do is not its business: the catalog asks package audit.
package login

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
)

// How long sessions last where a Config does not say otherwise: NIST SP 800-63B-4 section 2.2.3 asks for at most 24 hours in all, and one
// without a sign of life, at the second assurance level.
const (
	defaultIdle = 30 * time.Minute
	defaultMost = 12 * time.Hour
	seenEvery   = time.Minute // how exactly the last sign of life is known
)

// inviteLasts is how long an invitation holds.
const inviteLasts = 24 * time.Hour

// Config is what a door needs.
type Config struct {
	Catalog *catalog.Catalog
	Idle    time.Duration    // a session ends after so long without a sign of life; 0 = half an hour
	Most    time.Duration    // and after so long in all; 0 = twelve hours
	Now     func() time.Time // nil = time.Now
	// Address is where people find the room: https://chartroom.example.org. Passkeys and the identity provider are bound to it; "" = there
	// are neither.
	Address  string
	Provider *Provider // the identity provider; nil = none
}

// Door lets people in. It is safe for concurrent use.
type Door struct {
	cfg      Config
	limits   *limits
	hasher   *hasher
	keys     *passkeys // nil = no passkeys here
	provider *provider // nil = none
}

// New makes a door.
func New(cfg Config) (*Door, error) {
	if cfg.Idle <= 0 {
		cfg.Idle = defaultIdle
	}
	if cfg.Most <= 0 {
		cfg.Most = defaultMost
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	d := &Door{cfg: cfg, limits: newLimits(), hasher: newHasher(ordinary)}
	if cfg.Address == "" {
		return d, nil
	}
	var err error
	if d.keys, err = newPasskeys(cfg.Address); err != nil {
		return nil, err
	}
	if cfg.Provider != nil {
		d.provider, err = newProvider(*cfg.Provider, cfg.Address)
	}
	return d, err
}

// Errors of logging in. None tells whether it was the name or the secret.
var (
	ErrRefused = errors.New("name and password do not go together")
	ErrNoRole  = errors.New("the identity provider gave no role in this room")
	// ErrForm is wrapped by what is wrong with a name or a password that somebody chose; the error says what.
	ErrForm = errors.New("this cannot be taken")
)

// WaitError says that somebody has tried too often.
type WaitError struct{ For time.Duration }

// Error says for how long nothing more is tried.
func (e *WaitError) Error() string {
	return fmt.Sprintf("too many attempts; wait %s", e.For.Round(time.Second))
}

// Secret is a fresh secret of 256 random bits, and the hash that is kept of it.
func Secret() (secret string, hash []byte) {
	var b [32]byte
	rand.Read(b[:]) // never fails
	secret = base64.RawURLEncoding.EncodeToString(b[:])
	return secret, Hash(secret)
}

// Hash is what is kept of a secret. Secrets are random, so that a plain hash cannot be guessed back.
func Hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// Start begins a session of an account, under a secret that nobody had before: what was in the visitor's cookie is worth nothing from now on.
func (d *Door) start(ctx context.Context, a *catalog.Account, address string) (secret string, err error) {
	who := a.Caller()
	if who.Name == "" {
		return "", errors.Join(ErrRefused, d.cfg.Catalog.Entered(ctx, audit.Caller{Name: a.Name}, address, audit.Denied))
	}
	if err := d.cfg.Catalog.Entered(ctx, who, address, audit.Allowed); err != nil {
		return "", err
	}
	secret, hash := Secret()
	return secret, d.cfg.Catalog.StartSession(ctx, a.ID, hash, d.cfg.Now().Add(-d.cfg.Most))
}

// Session is who holds a secret; ErrNoAccount of package catalog where nobody does, or no longer.
func (d *Door) Session(ctx context.Context, secret string) (*catalog.Account, error) {
	hash := Hash(secret)
	s, err := d.cfg.Catalog.SessionOf(ctx, hash)
	if err != nil {
		return nil, err
	}
	now := d.cfg.Now()
	if now.Sub(s.Seen) > d.cfg.Idle || now.Sub(s.Made) > d.cfg.Most || s.Account.Disabled {
		return nil, catalog.ErrNoAccount
	}
	if now.Sub(s.Seen) > seenEvery {
		err = d.cfg.Catalog.SeenSession(ctx, hash)
	}
	return s.Account, err
}

// End ends a session.
func (d *Door) End(ctx context.Context, secret string) error {
	return d.cfg.Catalog.EndSession(ctx, Hash(secret))
}

// Password lets somebody in who knows the name and the password of an account. Whether the name is known, costs the same.
func (d *Door) Password(ctx context.Context, name, password, address string) (secret string, err error) {
	now := d.cfg.Now()
	if wait := d.limits.wait(name, address, now); wait > 0 {
		return "", &WaitError{wait}
	}
	a, hash, err := d.cfg.Catalog.AccountNamed(ctx, name)
	if err != nil && !errors.Is(err, catalog.ErrNoAccount) {
		return "", err
	}
	ok, err := d.hasher.check(ctx, hash, password)
	if err != nil {
		return "", err
	}
	if a == nil || !ok {
		d.limits.failed(name, address, now)
		who := audit.Caller{Name: "nobody known"}
		if a != nil {
			who = a.Caller()
			who.Name = a.Name
		}
		return "", errors.Join(ErrRefused, d.cfg.Catalog.Entered(ctx, who, address, audit.Denied))
	}
	d.limits.passed(name, address)
	return d.start(ctx, a, address)
}

// FirstToken invites an admin if there is no account yet, and gives the secret of the invitation; "" where there are accounts.
func (d *Door) FirstToken(ctx context.Context, who audit.Caller) (secret string, err error) {
	n, _, err := d.cfg.Catalog.Invited(ctx, nil)
	if err != nil || n > 0 {
		return "", err
	}
	return d.Invite(ctx, who, audit.Admin)
}

// Invite lets somebody make an account of a role, once and for a day, with the secret that it gives.
func (d *Door) Invite(ctx context.Context, who audit.Caller, role audit.Role) (secret string, err error) {
	secret, hash := Secret()
	return secret, d.cfg.Catalog.Invite(ctx, who, hash, role, d.cfg.Now().Add(inviteLasts))
}

// Accept makes an account with an invitation and begins its first session.
func (d *Door) Accept(ctx context.Context, invitation, name, password, address string) (secret string, err error) {
	now := d.cfg.Now()
	if wait := d.limits.wait("", address, now); wait > 0 {
		return "", &WaitError{wait}
	}
	name = strings.TrimSpace(name)
	if err := checkName(name); err != nil {
		return "", err
	}
	_, holds, err := d.cfg.Catalog.Invited(ctx, Hash(invitation))
	if err != nil {
		return "", err
	}
	if !holds {
		d.limits.failed("", address, now)
		return "", errors.Join(catalog.ErrNoInvite, d.cfg.Catalog.Entered(ctx, audit.Caller{Name: "nobody known"}, address, audit.Denied))
	}
	if err := checkPassword(password, name); err != nil {
		return "", err
	}
	hash, err := d.hasher.hash(ctx, password)
	if err != nil {
		return "", err
	}
	a, err := d.cfg.Catalog.Accept(ctx, Hash(invitation), name, hash)
	if err != nil {
		return "", err
	}
	return d.start(ctx, a, address)
}

// Change sets a new password of somebody who is in and knows the old one, which is "" where there was none. All sessions end.
func (d *Door) Change(ctx context.Context, who audit.Caller, old, password string) error {
	now := d.cfg.Now()
	if wait := d.limits.wait(who.Name, "", now); wait > 0 {
		return &WaitError{wait}
	}
	a, hash, err := d.cfg.Catalog.AccountNamed(ctx, who.Name)
	if err != nil {
		return err
	}
	if a.Subject != "" {
		return errProvided
	}
	if a.Password {
		ok, err := d.hasher.check(ctx, hash, old)
		if err != nil {
			return err
		}
		if !ok {
			d.limits.failed(who.Name, "", now)
			return ErrRefused
		}
	}
	if err := checkPassword(password, who.Name); err != nil {
		return err
	}
	if hash, err = d.hasher.hash(ctx, password); err != nil {
		return err
	}
	return d.cfg.Catalog.SetPassword(ctx, who, hash)
}

// formError is what is wrong with what somebody chose.
type formError string

// Error says it.
func (e formError) Error() string { return string(e) }

// Unwrap gives ErrForm.
func (e formError) Unwrap() error { return ErrForm }

func chosen(format string, args ...any) error { return formError(fmt.Sprintf(format, args...)) }

// errProvided: whom the identity provider no longer knows must not have another way in.
var errProvided = chosen("this account logs in by the identity provider, and has no password and no passkey here")

// maxName is how many characters a name has at most.
const maxName = 64

// checkName refuses what is no name to be shown, or to be told apart: "local user" of the audit trail and the like are taken.
func checkName(name string) error {
	if n := utf8.RuneCountInString(name); n < 2 || n > maxName || !utf8.ValidString(name) {
		return chosen("a name has 2 to %d characters", maxName)
	}
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" ._-@+'", r) {
			return chosen("a name is of letters, digits and any of . _ - @ + ' and blanks")
		}
	}
	switch strings.ToLower(name) {
	case "nobody known", "local user", "scheduler", "web room", "alerts", "metrics":
		return chosen("this name means something else here; take another one")
	}
	return nil
}
