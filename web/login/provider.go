package login

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Provider is an identity provider that speaks OpenID Connect.
type Provider struct {
	Name      string // as people know it
	Issuer    string // https://login.example.org
	Client    string // the room's client ID there
	Secret    string // and its secret; "" = a public client
	Scopes    []string
	NameClaim string // which claim names the person; "" = preferred_username
	// RoleClaim is the claim that decides the role, a text or a list of texts, and Roles which text gives which. The greatest counts; who has
	// none of them does not get in.
	RoleClaim string
	Roles     map[string]audit.Role
}

// providerTime bounds what is asked of the provider.
const providerTime = 10 * time.Second

// provider leads the code flow with PKCE (RFC 7636) and a nonce (OpenID Connect Core section 3.1).
type provider struct {
	Provider
	back    string
	client  *http.Client
	waiting ceremonies[flow]

	mu    sync.Mutex
	found *oidc.Provider // nil until somebody logs in: the provider may be away when the room starts
}

// flow is a log-in under way.
type flow struct{ state, nonce, verifier, next string }

func newProvider(p Provider, address string) (*provider, error) {
	if p.Issuer == "" || p.Client == "" || p.RoleClaim == "" || len(p.Roles) == 0 {
		return nil, errors.New("an identity provider needs an issuer, a client, and which claim gives which role")
	}
	back, err := url.JoinPath(address, "/login/oidc/back")
	if p.NameClaim == "" {
		p.NameClaim = "preferred_username"
	}
	return &provider{Provider: p, back: back, client: &http.Client{Timeout: providerTime}}, err
}

// ProviderName is what people know the identity provider as; "" = there is none.
func (d *Door) ProviderName() string {
	if d.provider == nil {
		return ""
	}
	return d.provider.Name
}

func (p *provider) config(ctx context.Context) (*oidc.Provider, *oauth2.Config, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found == nil {
		found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.Issuer)
		if err != nil {
			return nil, nil, fmt.Errorf("ask the identity provider %s: %w", p.Issuer, err)
		}
		p.found = found
	}
	return p.found, &oauth2.Config{ClientID: p.Client, ClientSecret: p.Secret, Endpoint: p.found.Endpoint(), RedirectURL: p.back,
		Scopes: append([]string{oidc.ScopeOpenID, "profile"}, p.Scopes...)}, nil
}

// BeginProvider begins a log-in at the identity provider: where the browser goes, and the secret under which the flow waits.
func (d *Door) BeginProvider(ctx context.Context, next string) (to, secret string, err error) {
	p := d.provider
	if p == nil {
		return "", "", errors.New("no identity provider is set up")
	}
	_, cfg, err := p.config(ctx)
	if err != nil {
		return "", "", err
	}
	f := flow{verifier: oauth2.GenerateVerifier(), next: next}
	f.state, _ = Secret()
	f.nonce, _ = Secret()
	return cfg.AuthCodeURL(f.state, oidc.Nonce(f.nonce), oauth2.S256ChallengeOption(f.verifier)), p.waiting.begin(f, d.cfg.Now()), nil
}

// FinishProvider ends it with what the provider sent back, and begins a session. next is what BeginProvider was given.
func (d *Door) FinishProvider(ctx context.Context, waiting string, answer url.Values, address string) (secret, next string, err error) {
	if d.provider == nil {
		return "", "", errors.New("no identity provider is set up")
	}
	f, ok := d.provider.waiting.end(waiting, d.cfg.Now())
	if !ok || f.state != answer.Get("state") {
		return "", "", errors.Join(ErrRefused, d.cfg.Catalog.Entered(ctx, audit.Caller{Name: "nobody known"}, address, audit.Denied))
	}
	a, err := d.provided(ctx, f, answer)
	if err != nil {
		return "", "", errors.Join(err, d.cfg.Catalog.Entered(ctx, audit.Caller{Name: "nobody known"}, address, audit.Denied))
	}
	secret, err = d.start(ctx, a, address)
	return secret, f.next, err
}

func (d *Door) provided(ctx context.Context, f flow, answer url.Values) (*catalog.Account, error) {
	p := d.provider
	found, cfg, err := p.config(ctx)
	if err != nil {
		return nil, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := cfg.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(f.verifier))
	if err != nil {
		return nil, errors.Join(ErrRefused, errors.New("the identity provider did not take the code"))
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := found.Verifier(&oidc.Config{ClientID: p.Client, Now: d.cfg.Now}).Verify(ctx, raw)
	if err != nil || id.Nonce != f.nonce {
		return nil, errors.Join(ErrRefused, errors.New("the identity provider's token does not hold"))
	}
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return nil, fmt.Errorf("read the identity provider's token: %w", err)
	}
	role := p.role(claims[p.RoleClaim])
	if role == audit.NoRole {
		return nil, ErrNoRole
	}
	name, _ := claims[p.NameClaim].(string)
	if err := checkName(name); err != nil {
		return nil, fmt.Errorf("the identity provider's claim %s: %w", p.NameClaim, err)
	}
	return d.cfg.Catalog.Provided(ctx, id.Issuer+"\n"+id.Subject, name, role)
}

// role is the greatest that a claim gives.
func (p *provider) role(claim any) (most audit.Role) {
	list, ok := claim.([]any)
	if !ok {
		list = []any{claim}
	}
	for _, v := range list {
		if text, ok := v.(string); ok {
			most = max(most, p.Roles[text])
		}
	}
	return most
}
