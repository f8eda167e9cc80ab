package login

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// ErrNoPasskeys says that there can be no passkeys where the room is: browsers want a name, and TLS unless it is localhost (Web
// Authentication Level 3, section 5.1.2).
var ErrNoPasskeys = errors.New("passkeys need the room to be at a name, as https://chartroom.example.org or http://localhost:8787")

// passkeys lead the ceremonies of WebAuthn.
type passkeys struct {
	web     *webauthn.WebAuthn
	waiting ceremonies[webauthn.SessionData]
}

// newPasskeys binds passkeys to an address; nil where there can be none.
func newPasskeys(address string) (*passkeys, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("the address of the room %q: %w", address, err)
	}
	host := u.Hostname()
	if net.ParseIP(host) != nil || host == "" || u.Scheme != "https" && host != "localhost" {
		return nil, nil
	}
	web, err := webauthn.New(&webauthn.Config{RPID: host, RPDisplayName: "Chartroom", RPOrigins: []string{u.Scheme + "://" + u.Host}})
	if err != nil {
		return nil, fmt.Errorf("set up passkeys for %s: %w", address, err)
	}
	return &passkeys{web: web}, nil
}

// HasPasskeys tells whether passkeys are possible here.
func (d *Door) HasPasskeys() bool { return d.keys != nil }

// holder is an account as WebAuthn sees it.
type holder struct {
	account     *catalog.Account
	credentials []webauthn.Credential
}

// WebAuthnID gives the handle.
func (h *holder) WebAuthnID() []byte { return h.account.Handle }

// WebAuthnName gives the name.
func (h *holder) WebAuthnName() string { return h.account.Name }

// WebAuthnDisplayName gives the name, too.
func (h *holder) WebAuthnDisplayName() string { return h.account.Name }

// WebAuthnCredentials gives the passkeys.
func (h *holder) WebAuthnCredentials() []webauthn.Credential { return h.credentials }

func (d *Door) holder(ctx context.Context, a *catalog.Account) (*holder, error) {
	keys, err := d.cfg.Catalog.Passkeys(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	h := &holder{account: a}
	for _, k := range keys {
		var c webauthn.Credential
		if err := json.Unmarshal(k.Credential, &c); err != nil {
			return nil, fmt.Errorf("read the passkey %s of %s: %w", k.Name, a.Name, err)
		}
		h.credentials = append(h.credentials, c)
	}
	return h, nil
}

// BeginPasskey begins a log-in with any passkey: options for the browser, and the secret under which the ceremony waits.
func (d *Door) BeginPasskey(_ context.Context) (options any, secret string, err error) {
	if d.keys == nil {
		return nil, "", ErrNoPasskeys
	}
	assertion, session, err := d.keys.web.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, "", fmt.Errorf("begin a log-in with a passkey: %w", err)
	}
	return assertion, d.keys.waiting.begin(*session, d.cfg.Now()), nil
}

// FinishPasskey ends it with what the browser answered, and begins a session.
func (d *Door) FinishPasskey(ctx context.Context, waiting string, answer []byte, address string) (secret string, err error) {
	now := d.cfg.Now()
	if wait := d.limits.wait("", address, now); wait > 0 {
		return "", &WaitError{wait}
	}
	if d.keys == nil {
		return "", ErrNoPasskeys
	}
	a, err := d.assert(ctx, waiting, answer)
	if err != nil {
		d.limits.failed("", address, now)
		return "", errors.Join(ErrRefused, d.cfg.Catalog.Entered(ctx, audit.Caller{Name: "nobody known"}, address, audit.Denied))
	}
	return d.start(ctx, a, address)
}

func (d *Door) assert(ctx context.Context, waiting string, answer []byte) (*catalog.Account, error) {
	session, ok := d.keys.waiting.end(waiting, d.cfg.Now())
	if !ok {
		return nil, ErrRefused
	}
	parsed, err := protocol.ParseCredentialRequestResponseBody(bytes.NewReader(answer))
	if err != nil {
		return nil, err
	}
	var who *holder
	_, used, err := d.keys.web.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		a, err := d.cfg.Catalog.AccountOfHandle(ctx, handle)
		if err != nil {
			return nil, err
		}
		who, err = d.holder(ctx, a)
		return who, err
	}, session, parsed)
	if err != nil {
		return nil, err
	}
	if used.Authenticator.CloneWarning {
		return nil, errors.New("the passkey seems to have been copied: its counter went back")
	}
	raw, err := json.Marshal(used)
	if err == nil {
		err = d.cfg.Catalog.UsedPasskey(ctx, catalog.Passkey{ID: used.ID, Credential: raw})
	}
	return who.account, err
}

// BeginRegistration begins to add a passkey to an account whose holder is in.
func (d *Door) BeginRegistration(ctx context.Context, a *catalog.Account) (options any, secret string, err error) {
	if d.keys == nil {
		return nil, "", ErrNoPasskeys
	}
	if a.Subject != "" {
		return nil, "", errProvided
	}
	h, err := d.holder(ctx, a)
	if err != nil {
		return nil, "", err
	}
	creation, session, err := d.keys.web.BeginRegistration(h, webauthn.WithResidentKeyRequirement(protocol.ResidentKeyRequirementRequired),
		webauthn.WithExclusions(webauthn.Credentials(h.credentials).CredentialDescriptors()),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired}))
	if err != nil {
		return nil, "", fmt.Errorf("begin to add a passkey: %w", err)
	}
	return creation, d.keys.waiting.begin(*session, d.cfg.Now()), nil
}

// FinishRegistration adds it under a name.
func (d *Door) FinishRegistration(ctx context.Context, a *catalog.Account, waiting, name string, answer []byte) error {
	if d.keys == nil {
		return ErrNoPasskeys
	}
	session, ok := d.keys.waiting.end(waiting, d.cfg.Now())
	if !ok || !bytes.Equal(session.UserID, a.Handle) {
		return errors.New("this took too long; begin again")
	}
	parsed, err := protocol.ParseCredentialCreationResponseBody(bytes.NewReader(answer))
	if err != nil {
		return fmt.Errorf("read the passkey: %w", err)
	}
	h, err := d.holder(ctx, a)
	if err != nil {
		return err
	}
	made, err := d.keys.web.CreateCredential(h, session, parsed)
	if err != nil {
		return fmt.Errorf("check the passkey: %w", err)
	}
	raw, err := json.Marshal(made)
	if err != nil {
		return fmt.Errorf("keep the passkey: %w", err)
	}
	return d.cfg.Catalog.AddPasskey(ctx, a.Caller(), catalog.Passkey{ID: made.ID, Name: name, Credential: raw})
}
