package carrier

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/fleet/seal"
	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
)

// somebodys is a server that somebody else runs: as his configuration says, and on this machine.
func somebodys(t *testing.T, o *server.Options) (address string) {
	t.Helper()
	o.Host, o.Port, o.NoLog, o.NoSigs, o.StoreDir, o.JetStream = "127.0.0.1", server.RANDOM_PORT, true, true, t.TempDir(), true
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(startTime) {
		t.Fatal("the server is not ready")
	}
	return "nats://" + s.Addr().String()
}

// newHub makes a hub without a server.
func newHub(t *testing.T) *world {
	t.Helper()
	key, _, err := seal.OpenHub(filepath.Join(t.TempDir(), "fleet.key"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return &world{t: t, ctx: ctx, key: key}
}

// TestServerOfSomebodyElse takes what Accounts writes into its configuration, and needs nothing more.
func TestServerOfSomebodyElse(t *testing.T) {
	w := newHub(t)
	e, err := seal.Enrol("east-1", "east", w.key.Pair().Public())
	if err != nil {
		t.Fatal(err)
	}
	public, err := e.Public()
	if err != nil {
		t.Fatal(err)
	}
	w.workers = []seal.Public{public}
	enclaves, err := Roster(w.key, nil, w.workers)
	if err != nil {
		t.Fatal(err)
	}
	text, err := Accounts(enclaves)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "accounts.conf")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	o := &server.Options{}
	if err := o.ProcessConfigFile(file); err != nil {
		t.Fatal(err)
	}
	e.Servers = []string{somebodys(t, o)}
	w.open(Options{Outside: &Outside{Servers: e.Servers}})
	w.roundTrip(e)
}

// roundTrip lets a ticket out and a call back.
func (w *world) roundTrip(e *seal.Enrolment) {
	w.t.Helper()
	w.answers(echo)
	if err := w.hub.Call(w.ctx, "east", fleet.Ticket{Run: 1, Shard: 2}); err != nil {
		w.t.Fatal(err)
	}
	p := w.dial(e)
	h, err := p.Next(w.ctx)
	if err != nil || h.Ticket().Shard != 2 {
		w.t.Fatal(h, err)
	}
	if _, err := p.Ask(w.ctx, fleet.CallHello, nil); err != nil {
		w.t.Fatal(err)
	}
}

// TestCredentials logs in by JWTs, as a cluster with operators wants it.
func TestCredentials(t *testing.T) {
	operator, err := nkeys.CreateOperator()
	if err != nil {
		t.Fatal(err)
	}
	public := func(k nkeys.KeyPair) string {
		p, err := k.PublicKey()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	oc := jwt.NewOperatorClaims(public(operator))
	account, err := nkeys.CreateAccount()
	if err != nil {
		t.Fatal(err)
	}
	ac := jwt.NewAccountClaims(public(account))
	ac.Limits.JetStreamLimits = jwt.JetStreamLimits{DiskStorage: 1 << 30, MemoryStorage: -1, Streams: 4, Consumer: 4}
	system, err := nkeys.CreateAccount()
	if err != nil {
		t.Fatal(err)
	}
	resolver := &server.MemAccResolver{}
	for _, c := range []*jwt.AccountClaims{ac, jwt.NewAccountClaims(public(system))} {
		text, err := c.Encode(operator)
		if err == nil {
			err = resolver.Store(c.Subject, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	credentials := func(name string, p jwt.Permissions) string {
		user, err := nkeys.CreateUser()
		if err != nil {
			t.Fatal(err)
		}
		uc := jwt.NewUserClaims(public(user))
		uc.Permissions = p
		text, err := uc.Encode(account)
		if err != nil {
			t.Fatal(err)
		}
		seed, err := user.Seed()
		if err != nil {
			t.Fatal(err)
		}
		creds, err := jwt.FormatUserConfig(text, seed)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), name+".creds")
		if err := os.WriteFile(file, creds, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	w := newHub(t)
	e, err := seal.Enrol("east-1", "east", w.key.Pair().Public())
	if err != nil {
		t.Fatal(err)
	}
	allow := permissions(seal.Public{Name: "east-1", Seal: "X"})
	e.Login, e.Credentials = "", credentials("east-1", jwt.Permissions{Pub: jwt.Permission{Allow: allow["publish"].(words)["allow"].([]string)}, Sub: jwt.Permission{Allow: allow["subscribe"].(words)["allow"].([]string)}})
	e.Servers = []string{somebodys(t, &server.Options{TrustedOperators: []*jwt.OperatorClaims{oc}, AccountResolver: resolver, SystemAccount: public(system)})}
	p, err := e.Public()
	if err != nil {
		t.Fatal(err)
	}
	w.workers = []seal.Public{p}
	hub := credentials("hub", jwt.Permissions{})
	w.open(Options{Outside: &Outside{Servers: e.Servers, Credentials: map[string]string{"east": hub}}})
	w.roundTrip(e)

	if err := os.Chmod(hub, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := withFile(nil, hub); err == nil {
		t.Error("credentials that others may read were taken")
	}
}

// TestStreamThatMayNotBeMade: the error says who makes it, and how.
func TestStreamThatMayNotBeMade(t *testing.T) {
	w := newHub(t)
	enclaves, err := Roster(w.key, []string{"east"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	accounts := []*server.Account{server.NewAccount(account("east"))}
	o := &server.Options{Accounts: accounts, Nkeys: []*server.NkeyUser{{Nkey: enclaves[0].Hub, Account: accounts[0]}}}
	w.open(Options{Outside: &Outside{Servers: []string{somebodys(t, o)}}})
	err = w.hub.Call(w.ctx, "east", fleet.Ticket{Run: 1, Shard: 1})
	if !errors.Is(err, ErrNoStream) || !strings.Contains(err.Error(), "nats stream add chartroom --subjects chartroom.tickets --retention work") {
		t.Error(err)
	}
}
