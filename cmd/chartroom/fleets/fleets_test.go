package fleets

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/fleet/carrier"
	"github.com/chartroom/chartroom/fleet/seal"
	"github.com/spf13/cobra"
)

// desk is a hub's folder with the commands over it.
type desk struct {
	t      *testing.T
	dir    string
	config Config
}

func newDesk(t *testing.T) *desk {
	return &desk{t: t, dir: t.TempDir(), config: Config{Listen: freePort(t), Hosts: []string{"localhost"}, Leaf: freePort(t)}}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (d *desk) path(name string) string { return filepath.Join(d.dir, name) }

func (d *desk) open(ctx context.Context) *catalog.Catalog {
	d.t.Helper()
	c, err := catalog.Open(ctx, d.path("catalog.db"))
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

func (d *desk) program(form string, errOut io.Writer) *Program {
	return &Program{Now: time.Now, Err: errOut,
		Print: func(cmd *cobra.Command, ans *show.Answer) error { return ans.Print(cmd.OutOrStdout(), form) },
		Usage: func(format string, args ...any) error { return fmt.Errorf("usage: "+format, args...) },
		Hint: func(err error, format string, args ...any) error {
			return fmt.Errorf("%w; "+format, append([]any{err}, args...)...)
		},
		Open: func(cmd *cobra.Command) (*House, error) {
			return &House{Catalog: d.open(cmd.Context()), Key: d.path("key"), Config: &d.config}, nil
		}}
}

// do runs a command, and gives its answer.
func (d *desk) do(form string, args ...string) (string, error) {
	cmd := Command(d.program(form, io.Discard))
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(io.Discard)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(d.t.Context())
	return out.String(), err
}

func (d *desk) must(form string, args ...string) string {
	d.t.Helper()
	out, err := d.do(form, args...)
	if err != nil {
		d.t.Fatalf("%v: %v", args, err)
	}
	return out
}

// TestWorkersLife: enrolled, let in, heard, revoked, cut off, and back with other keys.
func TestWorkersLife(t *testing.T) {
	d := newDesk(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	file := d.path("lakeside-1.yaml")
	d.must("table", "enrol", "lakeside-1", "--enclave", "lakeside", "--out", file, "--allow", "s3://lakeside")
	if _, err := d.do("table", "enrol", "lakeside-1", "--out", d.path("other.yaml")); !errors.Is(err, catalog.ErrWorkerThere) {
		t.Error("a second worker of the name:", err)
	}
	if _, err := os.Stat(d.path("other.yaml")); err == nil {
		t.Error("a file was left of a worker that was not enrolled")
	}
	for _, name := range []string{"Lakeside", "a.b", "*", ""} {
		if _, err := d.do("table", "enrol", name); err == nil {
			t.Errorf("%q was enrolled", name)
		}
	}
	e, err := seal.LoadEnrolment(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Allow) != 1 || e.Enclave != "lakeside" {
		t.Errorf("%+v %v", e, e.Allow)
	}
	for _, form := range []string{"table", "json", "csv"} {
		if out := d.must(form, "workers") + d.must(form, "config"); strings.Contains(out, e.Login) || strings.Contains(out, e.Seal) || !strings.Contains(out, "lakeside-1") {
			t.Errorf("as %s: %s", form, out)
		}
	}

	c := d.open(ctx)
	defer c.Close()
	line, err := d.config.Open(ctx, Place{Catalog: c, Key: d.path("key"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	go line.Answer(ctx, func(_ context.Context, from fleet.Peer, _ fleet.Method, _ []byte) ([]byte, error) {
		return []byte(from.Name), nil
	})
	post, err := carrier.Dial(ctx, e, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer post.Close()
	if name, err := post.Ask(ctx, fleet.CallHello, nil); err != nil || string(name) != "lakeside-1" {
		t.Fatalf("%s, %v", name, err)
	}
	d.must("table", "revoke", "lakeside-1")
	if _, err := d.do("table", "revoke", "lakeside-1"); !errors.Is(err, catalog.ErrNoWorker) {
		t.Error("revoked twice:", err)
	}
	for ctx.Err() == nil { // the hub looks every few seconds
		short, stop := context.WithTimeout(ctx, time.Second)
		_, err := post.Ask(short, fleet.CallHello, nil)
		stop()
		if err != nil {
			break
		}
	}
	if ctx.Err() != nil {
		t.Error("a worker that was revoked was not cut off")
	}
	d.must("table", "enrol", "lakeside-1", "--enclave", "lakeside", "--out", d.path("again.yaml"))
}

// TestNode: a leaf node runs as a file describes, and lets in who is enrolled while it runs.
func TestNode(t *testing.T) {
	d := newDesk(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	d.must("table", "enrol", "east-leaf", "--enclave", "east", "--leaf", "--out", d.path("east-leaf.yaml"))
	accounts := func() {
		if err := os.WriteFile(d.path("accounts.json"), []byte(d.must("table", "accounts", "--nodes", "--enclave", "east")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	accounts()
	c := d.open(ctx)
	defer c.Close()
	line, err := d.config.Open(ctx, Place{Catalog: c, Key: d.path("key"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	at := freePort(t)
	if err := os.WriteFile(d.path("node.yaml"), fmt.Appendf(nil, "name: leaf\nstore: leaf\nlisten: %s\nenclaves: accounts.json\nremote: {enrolment: east-leaf.yaml}\n", at), 0o600); err != nil {
		t.Fatal(err)
	}
	node := Node(d.program("table", io.Discard))
	node.SetArgs([]string{d.path("node.yaml")})
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- node.ExecuteContext(running) }()
	ca := d.path("leaf/ca.pem")
	for ctx.Err() == nil {
		if _, err := os.Stat(ca); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	d.must("table", "enrol", "east-1", "--enclave", "east", "--server", "tls://"+at, "--ca", ca, "--out", d.path("east-1.yaml"))
	accounts()
	e, err := seal.LoadEnrolment(d.path("east-1.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	post, err := carrier.Dial(ctx, e, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer post.Close()
	if err := line.Call(ctx, "east", fleet.Ticket{Run: 1, Shard: 1}); err != nil {
		t.Fatal(err)
	}
	if h, err := post.Next(ctx); err != nil || h.Ticket().Shard != 1 {
		t.Error(h, err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestAccountsHoldNothingSecret: what goes to other machines is public.
func TestAccountsHoldNothingSecret(t *testing.T) {
	d := newDesk(t)
	d.must("table", "enrol", "a", "--out", d.path("a.yaml"))
	e, err := seal.LoadEnrolment(d.path("a.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	secret, err := os.ReadFile(d.path("fleet.key"))
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"accounts"}, {"accounts", "--nodes"}, {"certificate", "localhost", "--out", d.path("certs")}, {"config"}} {
		out := d.must("json", args...)
		for _, s := range []string{e.Login, e.Seal, strings.Fields(string(secret))[1]} {
			if strings.Contains(out, s) {
				t.Errorf("%v tells a secret", args)
			}
		}
		if !json.Valid([]byte(out)) {
			t.Errorf("%v is no JSON: %s", args, out)
		}
	}
}

func TestSettingsThatDoNotFit(t *testing.T) {
	for _, c := range []Config{
		{NATS: []string{"nats://hub.example.org:4222"}},
		{NATS: []string{"tls://a:4222"}, Listen: "0.0.0.0:4222"},
		{NATS: []string{"tls://a:4222"}, Replicas: 9},
		{Replicas: 3},
		{Logins: map[string]string{"east": "x.creds"}},
		{Enclaves: []string{"East Wing"}},
		{Address: []string{"tls://me:secret@a:4222"}},
	} {
		if err := c.Check(); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
