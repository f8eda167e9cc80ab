package login

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"testing"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
)

// authenticator is a key that somebody carries: it makes one passkey, and signs with it (Web Authentication Level 3, sections 6.1 and 6.5).
type authenticator struct {
	key     *ecdsa.PrivateKey
	id      []byte
	handle  []byte
	site    string // as the browser tells it: what the site is called
	origin  string
	counter uint32
	flags   byte
}

// Flags of authenticator data.
const (
	present  = 0x01
	verified = 0x04
	attested = 0x40
)

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &authenticator{key: key, id: []byte("credential-one"), site: "localhost", origin: "http://localhost:8787", flags: present | verified}
}

// options are what a browser gets, as far as an authenticator needs them.
type options struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
		User      struct {
			ID string `json:"id"`
		} `json:"user"`
	} `json:"publicKey"`
}

func read(t *testing.T, v any) (o options) {
	t.Helper()
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &o)
	}
	if err != nil || o.PublicKey.Challenge == "" {
		t.Fatalf("%s: %v", b, err)
	}
	return o
}

func (a *authenticator) client(kind, challenge string) []byte {
	b, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": false})
	return b
}

func (a *authenticator) data(flags byte) []byte {
	site := sha256.Sum256([]byte(a.site))
	a.counter++
	return binary.BigEndian.AppendUint32(append(site[:], flags), a.counter)
}

// create makes the passkey.
func (a *authenticator) create(o options) []byte {
	a.handle, _ = b64.DecodeString(o.PublicKey.User.ID)
	pub, _ := a.key.PublicKey.Bytes()
	data := append(a.data(a.flags|attested), make([]byte, 16)...) // an AAGUID of zeros
	data = append(binary.BigEndian.AppendUint16(data, uint16(len(a.id))), a.id...)
	data = append(data, 0xA5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 0x20) // COSE: EC2, ES256, P-256
	data = append(append(append(data, pub[1:33]...), 0x22, 0x58, 0x20), pub[33:]...)
	object := append([]byte{0xA3, 0x63}, "fmt"...)
	object = append(append(object, 0x64), "none"...)
	object = append(append(append(object, 0x67), "attStmt"...), 0xA0)
	object = append(append(append(object, 0x68), "authData"...), 0x58, byte(len(data)))
	object = append(object, data...)
	return a.answer(map[string]any{"clientDataJSON": b64.EncodeToString(a.client("webauthn.create", o.PublicKey.Challenge)), "attestationObject": b64.EncodeToString(object)})
}

// get logs in with it.
func (a *authenticator) get(o options) []byte {
	data, client := a.data(a.flags), a.client("webauthn.get", o.PublicKey.Challenge)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(bytes.Clone(data), hash[:]...))
	sig, _ := ecdsa.SignASN1(rand.Reader, a.key, sum[:])
	return a.answer(map[string]any{"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data), "signature": b64.EncodeToString(sig), "userHandle": b64.EncodeToString(a.handle)})
}

func (a *authenticator) answer(response map[string]any) []byte {
	b, _ := json.Marshal(map[string]any{"id": b64.EncodeToString(a.id), "rawId": b64.EncodeToString(a.id), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}})
	return b
}

// carried is a story in which ada has a passkey.
func carried(t *testing.T) (*story, *authenticator) {
	t.Helper()
	s := newStory(t)
	s.account("ada", audit.Admin)
	a := newAuthenticator(t)
	ada, _, err := s.cat.AccountNamed(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	o, waiting, err := s.door.BeginRegistration(t.Context(), ada)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.door.FinishRegistration(t.Context(), ada, waiting, "blue key", a.create(read(t, o))); err != nil {
		t.Fatal(err)
	}
	return s, a
}

func TestSomebodyComesWithAPasskey(t *testing.T) {
	s, a := carried(t)
	for range 2 {
		o, waiting, err := s.door.BeginPasskey(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		answer := a.get(read(t, o))
		secret, err := s.door.FinishPasskey(t.Context(), waiting, answer, "192.0.2.1")
		if err != nil || !s.isIn(secret) {
			t.Fatal(err)
		}
		if _, err := s.door.FinishPasskey(t.Context(), waiting, answer, "192.0.2.1"); !errors.Is(err, ErrRefused) {
			t.Errorf("the same answer a second time: %v", err)
		}
	}
	ada := audit.Caller{Name: "ada", Role: audit.Admin}
	if err := s.cat.RemovePasskey(t.Context(), audit.Caller{Name: "eve", Role: audit.Admin}, a.id); err == nil {
		t.Error("somebody else removed it")
	}
	if err := s.cat.RemovePasskey(t.Context(), ada, a.id); err != nil {
		t.Fatal(err)
	}
	o, waiting, _ := s.door.BeginPasskey(t.Context())
	if _, err := s.door.FinishPasskey(t.Context(), waiting, a.get(read(t, o)), "192.0.2.1"); !errors.Is(err, ErrRefused) {
		t.Errorf("a passkey that was removed: %v", err)
	}
}

func TestAPasskeyThatDoesNotHoldIsRefused(t *testing.T) {
	for name, lie := range map[string]func(*story, *authenticator){
		"another site's":      func(_ *story, a *authenticator) { a.origin = "http://localhost:9999" },
		"another name":        func(_ *story, a *authenticator) { a.site = "elsewhere.example" },
		"nobody was verified": func(_ *story, a *authenticator) { a.flags = present },
		"another key":         func(_ *story, a *authenticator) { a.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader) },
		"somebody else's":     func(_ *story, a *authenticator) { a.handle = []byte("nobody") },
		"a copy":              func(_ *story, a *authenticator) { a.counter = 0 },
		"too late":            func(s *story, _ *authenticator) { s.clock = s.clock.Add(CeremonyLasts * 2) },
		"of one disabled": func(s *story, _ *authenticator) {
			s.account("second", audit.Admin)
			if err := s.cat.SetDisabled(s.Context(), audit.Local(), "ada", true); err != nil {
				s.Fatal(err)
			}
		},
	} {
		s, a := carried(t)
		for range 3 { // so that a counter can go back
			a.counter++
		}
		o, waiting, err := s.door.BeginPasskey(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if name == "a copy" { // one log-in that is well comes before
			if _, err := s.door.FinishPasskey(t.Context(), waiting, a.get(read(t, o)), "192.0.2.1"); err != nil {
				t.Fatal(err)
			}
			o, waiting, _ = s.door.BeginPasskey(t.Context())
		}
		lie(s, a)
		if secret, err := s.door.FinishPasskey(t.Context(), waiting, a.get(read(t, o)), "192.0.2.1"); !errors.Is(err, ErrRefused) || secret != "" {
			t.Errorf("%s: %q, %v", name, secret, err)
		}
	}
}

func TestPasskeysNeedAName(t *testing.T) {
	for address, want := range map[string]bool{"http://localhost:8787": true, "https://chartroom.example.org": true, "https://192.0.2.1": false, "http://127.0.0.1:8787": false, "http://chartroom.example.org": false} {
		k, err := newPasskeys(address)
		if err != nil || (k != nil) != want {
			t.Errorf("%s: %v, %v", address, k != nil, err)
		}
	}
	s := newStory(t, func(c *Config) { c.Address = "http://127.0.0.1:8787" })
	if _, _, err := s.door.BeginPasskey(t.Context()); !errors.Is(err, ErrNoPasskeys) {
		t.Errorf("got %v", err)
	}
}

func FuzzPasskeyAnswers(f *testing.F) {
	f.Add([]byte(`{"id":"YQ","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"","signature":"","userHandle":""}}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		c, err := catalog.Open(t.Context(), t.TempDir()+"/catalog.db")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		d, err := New(Config{Catalog: c, Address: "http://localhost:8787"})
		if err != nil {
			t.Fatal(err)
		}
		_, waiting, err := d.BeginPasskey(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if secret, err := d.FinishPasskey(t.Context(), waiting, answer, "192.0.2.1"); err == nil || secret != "" {
			t.Fatal("somebody is in")
		}
	})
}
