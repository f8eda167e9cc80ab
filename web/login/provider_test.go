package login

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
)

var b64 = base64.RawURLEncoding

// identityProvider speaks as much of OpenID Connect as a log-in needs, and can be told to lie.
type identityProvider struct {
	*httptest.Server
	key       *ecdsa.PrivateKey
	challenge map[string]string // by code: what PKCE wants to be answered
	nonce     map[string]string
	claims    map[string]any
	audience  string
	forge     bool // sign with a key that is none of the published ones
	now       func() time.Time
}

func newIdentityProvider(t *testing.T, now func() time.Time) *identityProvider {
	t.Helper()
	p := &identityProvider{challenge: map[string]string{}, nonce: map[string]string{}, audience: "chartroom", now: now,
		claims: map[string]any{"sub": "248289761001", "preferred_username": "ada", "groups": []string{"staff", "privacy"}}}
	var err error
	if p.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":%q,"token_endpoint":%q,"jwks_uri":%q,"id_token_signing_alg_values_supported":["ES256"]}`, p.URL, p.URL+"/authorize", p.URL+"/token", p.URL+"/keys")
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		pub, _ := p.key.PublicKey.Bytes()
		fmt.Fprintf(w, `{"keys":[{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"1","x":%q,"y":%q}]}`, b64.EncodeToString(pub[1:33]), b64.EncodeToString(pub[33:]))
	})
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// authorize is what happens when a person says yes: a code goes back.
func (p *identityProvider) authorize(t *testing.T, to string) url.Values {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("state") == "" || q.Get("nonce") == "" {
		t.Fatalf("asked with %v", q)
	}
	p.challenge["the-code"], p.nonce["the-code"] = q.Get("code_challenge"), q.Get("nonce")
	return url.Values{"code": {"the-code"}, "state": {q.Get("state")}}
}

func (p *identityProvider) token(w http.ResponseWriter, r *http.Request) {
	code := r.PostFormValue("code")
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if p.challenge[code] == "" || b64.EncodeToString(sum[:]) != p.challenge[code] {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	claims := map[string]any{"iss": p.URL, "aud": p.audience, "exp": p.now().Add(time.Minute).Unix(), "iat": p.now().Unix(), "nonce": p.nonce[code]}
	for k, v := range p.claims {
		claims[k] = v
	}
	body, _ := json.Marshal(claims)
	signed := b64.EncodeToString([]byte(`{"alg":"ES256","kid":"1"}`)) + "." + b64.EncodeToString(body)
	hash := sha256.Sum256([]byte(signed))
	key := p.key
	if p.forge {
		key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	x, y, _ := ecdsa.Sign(rand.Reader, key, hash[:])
	var sig [64]byte
	x.FillBytes(sig[:32])
	y.FillBytes(sig[32:])
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"access_token":"x","token_type":"Bearer","id_token":%q}`, signed+"."+b64.EncodeToString(sig[:]))
}

func newProvided(t *testing.T) (*story, *identityProvider) {
	t.Helper()
	var s *story
	p := newIdentityProvider(t, func() time.Time { return s.clock })
	s = newStory(t, func(c *Config) {
		c.Provider = &Provider{Name: "Okra", Issuer: p.URL, Client: "chartroom", Secret: "secret", RoleClaim: "groups", Roles: map[string]audit.Role{"privacy": audit.PrivacyOfficer, "staff": audit.Viewer, "root": audit.Admin}}
	})
	return s, p
}

func TestSomebodyComesByTheIdentityProvider(t *testing.T) {
	s, p := newProvided(t)
	to, waiting, err := s.door.BeginProvider(t.Context(), "/gaps")
	if err != nil {
		t.Fatal(err)
	}
	answer := p.authorize(t, to)
	secret, next, err := s.door.FinishProvider(t.Context(), waiting, answer, "192.0.2.1")
	if err != nil || next != "/gaps" {
		t.Fatal(next, err)
	}
	a, err := s.door.Session(t.Context(), secret)
	if err != nil || a.Name != "ada" || a.Role != audit.PrivacyOfficer || a.Password {
		t.Fatalf("%+v, %v", a, err)
	}
	if _, _, err := s.door.FinishProvider(t.Context(), waiting, answer, "192.0.2.1"); !errors.Is(err, ErrRefused) {
		t.Errorf("the same answer a second time: %v", err)
	}
	if _, err := s.door.Password(t.Context(), "ada", "", "192.0.2.1"); !errors.Is(err, ErrRefused) {
		t.Errorf("an account without a password has an empty one: %v", err)
	}
	if err := s.door.Change(t.Context(), a.Caller(), "", password); !errors.Is(err, ErrForm) {
		t.Errorf("she has a password beside the identity provider: %v", err)
	}
	if _, _, err := s.door.BeginRegistration(t.Context(), a); !errors.Is(err, ErrForm) {
		t.Errorf("and a passkey: %v", err)
	}
	p.claims["groups"] = "staff" // her role went, and so does it here, at the next log-in
	to, waiting, _ = s.door.BeginProvider(t.Context(), "/")
	if secret, _, err = s.door.FinishProvider(t.Context(), waiting, p.authorize(t, to), "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	if a, _ := s.door.Session(t.Context(), secret); a.Role != audit.Viewer {
		t.Errorf("her role is still %s", a.Role)
	}
}

func TestWhatTheIdentityProviderSendsIsNotBelievedBlindly(t *testing.T) {
	for name, lie := range map[string]func(*story, *identityProvider, url.Values, *string){
		"another state":    func(_ *story, _ *identityProvider, a url.Values, _ *string) { a.Set("state", "x") },
		"another browser":  func(_ *story, _ *identityProvider, _ url.Values, waiting *string) { *waiting = "x" },
		"another code":     func(_ *story, _ *identityProvider, a url.Values, _ *string) { a.Set("code", "x") },
		"another nonce":    func(_ *story, p *identityProvider, _ url.Values, _ *string) { p.nonce["the-code"] = "x" },
		"another verifier": func(_ *story, p *identityProvider, _ url.Values, _ *string) { p.challenge["the-code"] = "x" },
		"another audience": func(_ *story, p *identityProvider, _ url.Values, _ *string) { p.audience = "somebody else" },
		"another key":      func(_ *story, p *identityProvider, _ url.Values, _ *string) { p.forge = true },
		"too late": func(s *story, _ *identityProvider, _ url.Values, _ *string) {
			s.clock = s.clock.Add(CeremonyLasts + time.Minute)
		},
		"no role": func(_ *story, p *identityProvider, _ url.Values, _ *string) { p.claims["groups"] = []string{"guests"} },
		"role no text": func(_ *story, p *identityProvider, _ url.Values, _ *string) {
			p.claims["groups"] = []any{1, map[string]any{"root": true}}
		},
		"no name": func(_ *story, p *identityProvider, _ url.Values, _ *string) { delete(p.claims, "preferred_username") },
		"a hostile one": func(_ *story, p *identityProvider, _ url.Values, _ *string) {
			p.claims["preferred_username"] = "<script>"
		},
	} {
		s, p := newProvided(t)
		to, waiting, err := s.door.BeginProvider(t.Context(), "/")
		if err != nil {
			t.Fatal(err)
		}
		answer := p.authorize(t, to)
		lie(s, p, answer, &waiting)
		if secret, _, err := s.door.FinishProvider(t.Context(), waiting, answer, "192.0.2.1"); err == nil || secret != "" {
			t.Errorf("%s: %q, %v", name, secret, err)
		}
	}
}

// TestNoProviderTakesOverAnAccount: a name that somebody has here is not taken by whoever is called so there.
func TestNoProviderTakesOverAnAccount(t *testing.T) {
	s, p := newProvided(t)
	s.account("ada", audit.Admin)
	to, waiting, err := s.door.BeginProvider(t.Context(), "/")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.door.FinishProvider(t.Context(), waiting, p.authorize(t, to), "192.0.2.1"); !errors.Is(err, catalog.ErrNameTaken) {
		t.Errorf("got %v", err)
	}
}
