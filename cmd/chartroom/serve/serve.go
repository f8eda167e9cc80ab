package serve

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/fleets"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/incident/trial"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/scan/survey"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/web"
	"github.com/chartroom/chartroom/web/alert"
	"github.com/chartroom/chartroom/web/listen"
	"github.com/chartroom/chartroom/web/login"
	"github.com/chartroom/chartroom/web/schedule"
	"github.com/chartroom/chartroom/web/surveys"
	"github.com/spf13/cobra"
)

// usualListen is where the room is unless somebody says otherwise: on this machine alone.
const usualListen = "127.0.0.1:8787"

// Program is what the command needs of the program around it.
type Program struct {
	Open  func(cmd *cobra.Command) (*House, error)
	Usage func(format string, args ...any) error
	Hint  func(err error, format string, args ...any) error
	Err   io.Writer
}

// House is what is served: an open catalog, and how it is surveyed.
type House struct {
	Catalog    *catalog.Catalog
	Key        string // file of the marks' key
	Config     Config
	Settings   *survey.Settings
	StaleAfter time.Duration
	Daily      func(context.Context, *slog.Logger) // what the catalog asks for once a day; nil = nothing
	Fleet      *fleets.Config                      // how workers are reached, where there are some; may be nil
	Demo       bool                                // it is the demo's, and somebody to log in is made
}

// Command is the command serve.
func Command(p *Program) *cobra.Command {
	var flags Config
	cmd := &cobra.Command{
		Use: "serve", Short: "the web room: pages, API, scheduled surveys and alerts", Args: cobra.NoArgs,
		Long: `Serve opens the web room on this machine. The first time it prints a token, with which the first login is made.

Beyond this machine it is served only over TLS (--tls-cert, --tls-key) and once somebody can log in. Surveys begin by themselves where
the file of the estate (-c) gives targets a schedule. See docs/serve.md.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := p.Open(cmd)
			if err != nil {
				return err
			}
			defer h.Catalog.Close()
			return p.Serve(cmd.Context(), h, flags)
		},
	}
	cmd.Flags().StringVar(&flags.Listen, "listen", "", "address and port; 127.0.0.1:8787 by default")
	cmd.Flags().StringVar(&flags.Cert, "tls-cert", "", "file of the certificate (PEM)")
	cmd.Flags().StringVar(&flags.Key, "tls-key", "", "file of the certificate's key (PEM)")
	cmd.Flags().StringVar(&flags.Address, "address", "", "where people find the room: https://chartroom.example.org")
	return cmd
}

// memory is what a room may take before it saves: the graph of who can reach what stays in it.
const memory = 1 << 30

// Serve serves a house until the context ends. What was typed counts more than the house's settings.
func (p *Program) Serve(ctx context.Context, h *House, typed Config) error {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memory)
	}
	c := h.Config
	c.Listen = cmp.Or(typed.Listen, c.Listen, usualListen)
	c.Cert, c.Key, c.Address = cmp.Or(typed.Cert, c.Cert), cmp.Or(typed.Key, c.Key), cmp.Or(typed.Address, c.Address)
	certificate, err := c.certificate()
	if err != nil {
		return p.Usage("%v", err)
	}
	logins, _, err := h.Catalog.Invited(ctx, nil)
	if err != nil {
		return err
	}
	if c.Provider != nil {
		logins++
	}
	if err := listen.Permit(c.Listen, certificate != nil, logins); err != nil {
		return p.Hint(err, "start it once as chartroom serve, make a login, and give --tls-cert and --tls-key then")
	}
	on, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return p.Hint(fmt.Errorf("open the web room: %w", err), "--listen names another address and port")
	}
	defer on.Close()
	r, err := p.build(ctx, h, &c, place{on.Addr(), certificate})
	if err != nil {
		return err
	}
	defer r.close()
	if err := p.greet(ctx, h, r, &c); err != nil {
		return err
	}
	return r.run(ctx, on, certificate)
}

// place is where the room is.
type place struct {
	addr        net.Addr
	certificate *tls.Certificate
}

// address is where people find the room.
func (l place) address() string {
	_, port, _ := net.SplitHostPort(l.addr.String())
	if l.certificate == nil {
		return "http://localhost:" + port
	}
	name := "localhost"
	if names := l.certificate.Leaf.DNSNames; len(names) > 0 {
		name = names[0]
	}
	if port != "443" {
		name += ":" + port
	}
	return "https://" + name
}

// certificate reads the certificate; nil where none is named.
func (c *Config) certificate() (*tls.Certificate, error) {
	if c.Cert == "" && c.Key == "" {
		return nil, nil
	}
	if c.Cert == "" || c.Key == "" {
		return nil, errors.New("--tls-cert and --tls-key go together")
	}
	cert, err := tls.LoadX509KeyPair(c.Cert, c.Key)
	if err != nil {
		return nil, fmt.Errorf("read the certificate: %w", err)
	}
	return &cert, nil
}

// running is a room with what goes on beside it.
type running struct {
	room    *web.Room
	door    *login.Door
	surveys *surveys.Surveyor
	beside  []func(context.Context)
	close   func()
	log     *slog.Logger
}

// build puts the room together.
func (p *Program) build(ctx context.Context, h *House, c *Config, at place) (*running, error) {
	log := slog.New(slog.NewTextHandler(p.Err, &slog.HandlerOptions{Level: slog.LevelInfo}))
	c.Address = cmp.Or(c.Address, at.address())
	u, err := url.Parse(c.Address)
	if err != nil || u.Host == "" {
		return nil, p.Usage("%q is no address of a room such as https://chartroom.example.org", c.Address)
	}
	dir := filepath.Dir(h.Settings.Path)
	provider, err := c.Provider.provider(dir)
	if err != nil {
		return nil, p.Usage("%v", err)
	}
	r := &running{log: log, close: func() {}}
	if r.door, err = login.New(login.Config{Catalog: h.Catalog, Address: c.Address, Provider: provider}); err != nil {
		return nil, err
	}
	cfg := web.Config{Catalog: h.Catalog, Door: r.door, Version: h.Settings.Version, StaleAfter: h.StaleAfter, TLS: at.certificate != nil, Hosts: listen.Names(at.addr, at.certificate, u.Host), Log: log, KeyFile: h.Key}
	key, err := fingerprint.LoadKey(h.Key)
	if err != nil {
		log.Warn("there is no key: no surveys and no tests of samples", "error", err)
	} else {
		r.surveys = &surveys.Surveyor{Catalog: h.Catalog, Key: key, Settings: h.Settings, Now: time.Now, Log: log}
		cfg.Surveys, cfg.Sample = r.surveys, sampling(h, key)
		if f, err := r.fleet(ctx, h); err != nil {
			return nil, p.Hint(err, "the section fleet of the configuration says how workers are reached; docs/fleet.md")
		} else if f != nil {
			cfg.Fleet = f
		}
	}
	if r.room, err = web.New(cfg); err == nil {
		err = p.beside(r, h, c)
	}
	if err != nil {
		r.close()
	}
	return r, err
}

// beside adds what goes on beside the room: the schedule, and alerts.
func (p *Program) beside(r *running, h *House, c *Config) error {
	quiet, err := schedule.ParseQuiet(c.Quiet)
	if err != nil {
		return p.Usage("serve.quiet_hours: %v", err)
	}
	if s := r.surveys; s != nil {
		s.Ended = func(ctx context.Context) {
			if err := r.room.Warm(ctx); err != nil {
				r.log.Error("what a survey changed could not be worked out", "error", err)
			}
		}
		r.beside = append(r.beside, s.Run, func(ctx context.Context) { s.Schedule(ctx, quiet) })
	}
	if h.Daily != nil {
		r.beside = append(r.beside, func(ctx context.Context) { h.Daily(ctx, r.log) })
	}
	channels, err := c.Alerts.channels(filepath.Dir(h.Settings.Path), h.Settings.Version)
	if err != nil {
		return p.Usage("serve.alerts.%v", err)
	}
	if len(channels) > 0 {
		w := &alert.Watch{Catalog: h.Catalog, Key: h.Key, StaleAfter: h.StaleAfter, Version: h.Settings.Version, Now: time.Now}
		r.beside = append(r.beside, func(ctx context.Context) { w.Run(ctx, channels, r.log) })
	}
	return nil
}

// mostSample is how much of a sample is read into memory.
const mostSample = 64 << 20

// sampling holds samples against the traces, in memory alone.
func sampling(h *House, key fingerprint.Key) web.SampleTest {
	return func(ctx context.Context, who audit.Caller, name string, sample io.Reader) (any, error) {
		data, err := io.ReadAll(io.LimitReader(sample, mostSample))
		if err != nil {
			return nil, err
		}
		t := &trial.Trial{Catalog: h.Catalog, Who: who, Options: scan.Options{Engine: detect.New(nil), Key: key, Limits: h.Settings.Limits, Workers: 1}}
		return t.Sample(ctx, source.Pasted(name, data), nil)
	}
}

// greet tells where the room is, and how the first one gets in. The token is no part of an address: addresses are written into logs.
func (p *Program) greet(ctx context.Context, h *House, r *running, c *Config) error {
	fmt.Fprintf(p.Err, "the web room is at %s\n", c.Address)
	token, err := r.door.FirstToken(ctx, audit.Local())
	if err != nil || token == "" {
		return err
	}
	if !h.Demo {
		fmt.Fprintf(p.Err, "nobody can log in yet: go to %s/setup, and give this token there, which works once:\n\n  %s\n\n", c.Address, token)
		return nil
	}
	password, _ := login.Secret()
	if _, err := r.door.Accept(ctx, token, "demo", password[:20], "terminal"); err != nil {
		return err
	}
	fmt.Fprintf(p.Err, "log in as demo with the password %s\n", password[:20])
	return nil
}

// run serves the room, and lets everything that goes on beside it end with it.
func (r *running) run(ctx context.Context, on net.Listener, certificate *tls.Certificate) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var beside sync.WaitGroup
	defer beside.Wait()
	defer stop()
	beside.Go(func() {
		if err := r.room.Warm(ctx); err != nil && ctx.Err() == nil {
			r.log.Error("who can reach what could not be worked out", "error", err)
		}
	})
	for _, f := range r.beside {
		beside.Go(func() { f(ctx) })
	}
	return listen.Serve(ctx, listen.Server(r.room.Handler(), r.log), on, certificate)
}
