package fhir

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chartroom/chartroom/source"
)

// login is how the server is told who we are: nobody, by a bearer token (RFC 6750), by HTTP Basic, or as a client of SMART Backend Services,
// which gets tokens for a key of its own or for a secret (SMART App Launch 2.2, Backend Services).
type login struct {
	user, secret string
	client       string
	key          crypto.Signer
	keyID        string
	tokenURL     *url.URL
	named        bool // tokenURL is of the address, and not of the server
	scope        string
	modern       bool // the server knows scopes of SMART 2

	mu      sync.Mutex
	token   string
	until   time.Time // as long as the token may be used
	granted string    // the scopes of the token
}

// early is how long before its end a token is no longer used.
const early = 30 * time.Second

// wrong says what does not fit together; "" for nothing.
func (l *login) wrong() string {
	switch {
	case l.user != "" && l.client != "":
		return "it names a user and a client; one login is enough"
	case l.user != "" && l.secret == "":
		return "it names a user without a password"
	case l.client == "" && (l.key != nil || l.named || l.scope != "" || l.keyID != ""):
		return "key_file, key_id, token_url and scope belong to a client_id"
	case l.client != "" && l.key == nil && l.secret == "":
		return "a client_id needs a key_file, or a secret by password_env"
	case l.client != "" && l.key != nil && l.secret != "":
		return "a client has a key_file or a secret, not both"
	}
	return ""
}

// none tells whether there is no login.
func (l *login) none() bool { return l.user == "" && l.secret == "" && l.client == "" }

// renew forgets the token, and tells whether another one can be had.
func (l *login) renew() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.token = ""
	return l.client != ""
}

// authorize puts the login into a request.
func (s *Server) authorize(ctx context.Context, r *http.Request) error {
	l := &s.login
	switch {
	case l.user != "":
		r.SetBasicAuth(l.user, l.secret)
	case l.client != "":
		token, err := s.accessToken(ctx)
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+token)
	case l.secret != "":
		r.Header.Set("Authorization", "Bearer "+l.secret)
	}
	return nil
}

// accessToken gives a token that is still good.
func (s *Server) accessToken(ctx context.Context) (string, error) {
	l := &s.login
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.token != "" && time.Now().Before(l.until) {
		return l.token, nil
	}
	if l.tokenURL == nil {
		return "", refusedToken("the server does not say where tokens are had", "name the place with token_url=https://...")
	}
	body, err := l.form(time.Now())
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.tokenURL.String(), strings.NewReader(body))
	if err != nil {
		return "", refusedToken("the address of the tokens is none", "check token_url")
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	if l.key == nil {
		r.SetBasicAuth(url.QueryEscape(l.client), url.QueryEscape(l.secret)) // RFC 6749, 2.3.1
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		if st := (&status{code: answer.StatusCode, pause: retryAfter(answer.Header, time.Now())}); st.passing() {
			return "", st
		}
		return "", refusedToken("the server gives the client no token", "check client_id, the key and its key_id, which must be those that are registered there, and scope")
	}
	text, err := held(answer.Body)
	if err != nil {
		return "", err
	}
	var t struct {
		Token   string `json:"access_token"`
		Expires int64  `json:"expires_in"`
		Scope   string `json:"scope"`
	}
	if err := decode(text, &t); err != nil {
		return "", err
	}
	if t.Token == "" || strings.ContainsAny(t.Token, " \r\n") {
		return "", refusedToken("the server answers without a token", "check token_url")
	}
	if t.Expires <= 0 || t.Expires > 24*3600 {
		t.Expires = 300 // the longest that SMART recommends
	}
	l.token, l.granted, l.until = t.Token, t.Scope, time.Now().Add(max(time.Duration(t.Expires)*time.Second-early, time.Second))
	return l.token, nil
}

func refusedToken(words, hint string) error {
	return &source.TargetError{Err: errors.New(words), Hint: hint}
}

// form is what a client asks for a token with.
func (l *login) form(now time.Time) (string, error) {
	scope := l.scope
	if scope == "" {
		if scope = "system/*.read"; l.modern {
			scope = "system/*.rs"
		}
	}
	f := url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}
	if l.key != nil {
		signed, err := l.assertion(now)
		if err != nil {
			return "", err
		}
		f.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		f.Set("client_assertion", signed)
	}
	return f.Encode(), nil
}

// assertion is a signed statement of who we are (RFC 7523; SMART: RS384 or ES384, five minutes at most, never twice the same).
func (l *login) assertion(now time.Time) (string, error) {
	head := map[string]string{"typ": "JWT", "alg": "RS384"}
	if _, elliptic := l.key.(*ecdsa.PrivateKey); elliptic {
		head["alg"] = "ES384"
	}
	if l.keyID != "" {
		head["kid"] = l.keyID
	}
	claims := map[string]any{"iss": l.client, "sub": l.client, "aud": l.tokenURL.String(), "iat": now.Unix(), "exp": now.Add(4 * time.Minute).Unix(), "jti": rand.Text()}
	h, err1 := json.Marshal(head)
	c, err2 := json.Marshal(claims)
	if err := errors.Join(err1, err2); err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(c)
	sum := sha512.Sum384([]byte(text))
	var sig []byte
	if k, ok := l.key.(*ecdsa.PrivateKey); ok { // two numbers side by side (RFC 7518, 3.4)
		r, s, err := ecdsa.Sign(rand.Reader, k, sum[:])
		if err != nil {
			return "", err
		}
		sig = append(r.FillBytes(make([]byte, 48)), s.FillBytes(make([]byte, 48))...)
	} else {
		var err error
		if sig, err = l.key.Sign(rand.Reader, sum[:], crypto.SHA384); err != nil {
			return "", err
		}
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig), nil
}

// readKey reads a client's private key: RSA, or an elliptic one of P-384, in PEM, in a file that nobody but its owner may read.
func readKey(path string) (crypto.Signer, error) {
	text, err := source.SecretText(path)
	if err != nil {
		return nil, err
	}
	wrong := &source.TargetError{Usage: true, Err: errors.New(path + " holds no key that SMART knows"),
		Hint: "write an RSA key, or an elliptic one of P-384, in PEM: openssl ecparam -name secp384r1 -genkey -noout -out " + path}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		var key any
		switch block.Type {
		case "PRIVATE KEY":
			key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		case "RSA PRIVATE KEY":
			key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		case "EC PRIVATE KEY":
			key, err = x509.ParseECPrivateKey(block.Bytes)
		default:
			continue
		}
		switch k := key.(type) {
		case *rsa.PrivateKey:
			if err == nil {
				return k, nil
			}
		case *ecdsa.PrivateKey:
			if err == nil && k.Curve == elliptic.P384() {
				return k, nil
			}
		}
	}
	return nil, wrong
}

// discover asks the server's SMART configuration where tokens are had. A place that is not the server's own is taken from the address alone.
func (s *Server) discover(ctx context.Context) {
	var c smart
	err := s.resource(ctx, request{url: s.at(".well-known/smart-configuration", nil), accept: "application/json", unnamed: true}, &c)
	if err != nil {
		s.capability.smart.fault = cold(err).Error()
		return
	}
	s.capability.smart = c
	s.login.modern = slices.Contains(c.Capabilities, "permission-v2")
	s.tokens(c.Token)
}

// tokens takes a place for tokens that the server names.
func (s *Server) tokens(text string) {
	if s.login.tokenURL != nil || text == "" {
		return
	}
	if u, err := s.link(text); err == nil {
		s.login.tokenURL = u
	}
}

// mayWrite tells whether scopes of SMART let their holder write (version 1: write or *; version 2: c, u or d).
func mayWrite(scopes string) bool {
	for scope := range strings.FieldsSeq(scopes) {
		_, right, ok := strings.Cut(scope, "/")
		dot := strings.LastIndexByte(right, '.')
		if !ok || dot < 0 {
			continue
		}
		right, _, _ = strings.Cut(right[dot+1:], "?")
		if right == "write" || right == "*" || right != "read" && strings.ContainsAny(right, "cud") {
			return true
		}
	}
	return false
}

// scopes are those of the login's token, as far as it tells: a token may be a statement that can be read (RFC 9068).
func (l *login) scopes() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.client != "" {
		return l.granted
	}
	parts := strings.Split(l.secret, ".")
	if l.user != "" || len(parts) != 3 {
		return ""
	}
	text, err := io.ReadAll(base64.NewDecoder(base64.RawURLEncoding, strings.NewReader(parts[1])))
	var claims struct {
		Scope string          `json:"scope"`
		List  json.RawMessage `json:"scp"`
	}
	if err != nil || json.Unmarshal(text, &claims) != nil {
		return ""
	}
	var list []string
	if json.Unmarshal(claims.List, &list) != nil {
		var one string
		_ = json.Unmarshal(claims.List, &one) // what is neither is none
		list = []string{one}
	}
	return claims.Scope + " " + strings.Join(list, " ")
}
