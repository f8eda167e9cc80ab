package carrier

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/chartroom/chartroom/fleet/seal"
	"github.com/chartroom/chartroom/source"
	"github.com/nats-io/nats.go"
)

// Outside is a carrier that somebody else runs.
type Outside struct {
	Servers     []string          // tls://host:4222
	CA          string            // file of the authority, PEM; "" = as the system trusts
	Cert, Key   string            // files of a client's certificate; "" = none
	Credentials map[string]string // by enclave: file of a JWT with its seed (.creds), or of the seed of an NKey; without one, the hub's own login
}

// reach gives where to connect to for an enclave, and how.
func (o *Outside) reach(enclave, login string, opts []nats.Option) (string, []nats.Option, error) {
	if len(o.Servers) == 0 {
		return "", nil, errors.New("no servers of the carrier are named")
	}
	secure := false
	for _, s := range o.Servers {
		if err := seal.CheckServer(s); err != nil {
			return "", nil, err
		}
		secure = secure || !strings.HasPrefix(s, "nats://")
	}
	if secure {
		ca := ""
		if o.CA != "" {
			text, err := os.ReadFile(o.CA)
			if err != nil {
				return "", nil, fmt.Errorf("read the authority of the carrier: %w", err)
			}
			ca = string(text)
		}
		c, err := trust(ca)
		if err != nil {
			return "", nil, err
		}
		if o.Cert != "" {
			pair, err := tls.LoadX509KeyPair(o.Cert, o.Key)
			if err != nil {
				return "", nil, fmt.Errorf("read the certificate for the carrier: %w", err)
			}
			c.Certificates = []tls.Certificate{pair}
		}
		opts = append(opts, nats.Secure(c))
	}
	var err error
	if path := o.Credentials[enclave]; path != "" {
		opts, err = withFile(opts, path)
	} else {
		opts, err = withLogin(opts, login)
	}
	return strings.Join(o.Servers, ","), opts, err
}

// withLogin logs in by an NKey.
func withLogin(opts []nats.Option, seed string) ([]nats.Option, error) {
	public, err := seal.LoginPublic(seed)
	if err != nil {
		return nil, err
	}
	return append(opts, nats.Nkey(public, seal.Signs(seed))), nil
}

// withFile logs in by what stands in a file: a JWT with its seed, or a seed alone. It is read once more at each login, for it may be renewed.
func withFile(opts []nats.Option, path string) ([]nats.Option, error) {
	text, err := source.SecretText(path)
	if err != nil {
		return nil, fmt.Errorf("read the credentials for the carrier: %w", err)
	}
	if strings.Contains(string(text), "BEGIN NATS USER JWT") {
		return append(opts, nats.UserCredentials(path)), nil
	}
	seed, err := source.SecretFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the credentials for the carrier: %w", err)
	}
	if opts, err = withLogin(opts, strings.TrimSpace(seed)); err != nil {
		return nil, fmt.Errorf("read the credentials %s for the carrier: %w", path, err)
	}
	return opts, nil
}

// How a connection that was lost is made anew: for ever, and not all at once.
const (
	firstPause = 250 * time.Millisecond
	mostPause  = 8 * time.Second
)

// lasting are the options of a connection that is made anew for ever.
func lasting(name string, log *slog.Logger) []nats.Option {
	return []nats.Option{
		nats.Name(name), nats.MaxReconnects(-1), nats.IgnoreAuthErrorAbort(), nats.IgnoreDiscoveredServers(), nats.Timeout(5 * time.Second),
		nats.PingInterval(10 * time.Second), nats.MaxPingsOutstanding(2), nats.DrainTimeout(time.Second),
		nats.ReconnectBufSize(-1), // what cannot be sent now is asked anew, and not sent late
		nats.CustomReconnectDelay(func(attempts int) time.Duration { return jitter(attempts) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("the connection to the carrier was lost, and is made anew", "name", name, "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info("connected to the carrier again", "name", name) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Warn("carrier", "name", name, "error", err) }),
	}
}

// barredTime is how long who is not let in tries: he may have been enrolled this moment.
const barredTime = 20 * time.Second

// errBarred says that trying again is of no use.
var errBarred = errors.New("the carrier cannot be used")

// dial connects for the first time, and waits for a carrier that is away as long as the context lasts.
func dial(ctx context.Context, servers, who string, log *slog.Logger, opts []nats.Option) (*nats.Conn, error) {
	began := time.Now()
	for pause, told := newPause(), false; ; {
		nc, err := nats.Connect(servers, opts...)
		if err == nil {
			return nc, nil
		}
		if err = refused(err, who, time.Since(began)); errors.Is(err, errBarred) {
			return nil, err
		}
		if !told {
			log.Warn("the carrier cannot be reached, and is tried again", "servers", servers, "error", err)
			told = true
		}
		if !pause.wait(ctx) {
			return nil, fmt.Errorf("connect %s to the carrier at %s: %w", who, servers, errors.Join(ctx.Err(), err))
		}
	}
}

// refused tells errors that time heals from those that it does not.
func refused(err error, who string, after time.Duration) error {
	text := err.Error()
	switch {
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthRevoked), errors.Is(err, nats.ErrAuthExpired), strings.Contains(strings.ToLower(text), "authorization violation"):
		if after > barredTime {
			return fmt.Errorf("%w: it does not let the %s in, who is not enrolled there, or was revoked", errBarred, who)
		}
	case strings.Contains(text, "x509:"), strings.Contains(text, "tls:"):
		return fmt.Errorf("%w: the server does not prove itself (%s); its certificate is not of the authority that was given, or it has another name", errBarred, text)
	}
	return err
}

// jitter is a pause that grows, between half of it and all.
func jitter(attempts int) time.Duration {
	most := mostPause
	if attempts < 5 {
		most = min(mostPause, firstPause<<max(0, attempts))
	}
	return most/2 + rand.N(most/2)
}

// pause waits longer each time.
type pause struct{ n int }

func newPause() *pause { return &pause{} }

// wait tells whether to go on.
func (p *pause) wait(ctx context.Context) bool {
	p.n++
	return sleep(ctx, jitter(p.n))
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
