package carrier

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/chartroom/chartroom/fleet/seal"
	"github.com/nats-io/nats-server/v2/server"
)

// Server is a server of NATS in this process.
type Server struct {
	cfg Config
	srv *server.Server

	mu       sync.Mutex
	enclaves []byte // as they were loaded last
}

// startTime is how long a server may take to be ready. One of a cluster is ready before the cluster is.
const startTime = 20 * time.Second

// Start starts a server. It ends with Close.
func Start(cfg Config, enclaves []Enclave, log *slog.Logger) (*Server, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Store, 0o700); err != nil {
		return nil, fmt.Errorf("make the carrier's directory: %w", err)
	}
	s := &Server{cfg: cfg}
	if err := s.cfg.prepare(); err != nil {
		return nil, err
	}
	o, err := s.cfg.options(enclaves)
	if err != nil {
		return nil, err
	}
	if s.srv, err = server.NewServer(o); err != nil {
		return nil, fmt.Errorf("start the carrier: %w", err)
	}
	s.srv.SetLoggerV2(told{log}, false, false, false)
	s.enclaves, _ = Accounts(enclaves)
	s.srv.Start()
	if !s.srv.ReadyForConnections(startTime) {
		s.Close()
		return nil, fmt.Errorf("start the carrier: it was not ready after %s; is the address %s taken, or the disk of %s full?", startTime, cfg.Listen, cfg.Store)
	}
	return s, nil
}

// Reload lets in who is enrolled now, and nobody else: who was revoked is cut off at once. It does nothing where nothing has changed.
func (s *Server) Reload(enclaves []Enclave) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := Accounts(enclaves)
	if err != nil || string(now) == string(s.enclaves) {
		return err
	}
	o, err := s.cfg.options(enclaves)
	if err != nil {
		return err
	}
	if err := s.srv.ReloadOptions(o); err != nil {
		return fmt.Errorf("tell the carrier who may log in: %w", err)
	}
	s.enclaves = now
	return nil
}

// Close stops it.
func (s *Server) Close() {
	s.srv.Shutdown()
	s.srv.WaitForShutdown()
}

// Address is where it listens for workers; "" = nowhere.
func (s *Server) Address() string {
	if a := s.srv.Addr(); a != nil && s.cfg.Listen != "" {
		return a.String()
	}
	return ""
}

// CA is the certificate that workers trust, PEM; "" where a certificate was given with no authority, or there is no TLS.
func (s *Server) CA() string {
	path := s.cfg.CA
	if s.cfg.Cert == "" {
		path = filepath.Join(s.cfg.Store, "ca.pem")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(text)
}

// ownCertificate is where a certificate stands that the server made itself.
func (c *Config) ownCertificate() (cert, key string) {
	return filepath.Join(c.Store, "server.pem"), filepath.Join(c.Store, "server.key")
}

// prepare makes the certificate, where the server is to have one of its own.
func (c *Config) prepare() error {
	if c.Plain || c.Cert != "" || c.Listen == "" && c.Leaf == "" {
		return nil
	}
	a, err := OpenAuthority(c.Store, time.Now())
	if err != nil {
		return err
	}
	hosts := append([]string{"localhost", "127.0.0.1", "::1"}, c.Hosts...)
	if name, err := os.Hostname(); err == nil {
		hosts = append(hosts, name)
	}
	cert, key := c.ownCertificate()
	return a.Issue(cert, key, hosts, time.Now())
}

// dial makes a leaf node dial out, as it was enrolled.
func (c *Config) dial(o *server.Options, enclaves []Enclave) error {
	if c.Remote == nil {
		return nil
	}
	e, err := seal.LoadEnrolment(c.Remote.Enrolment)
	if err != nil {
		return err
	}
	if len(enclaves) != 1 || enclaves[0].Name != e.Enclave {
		return fmt.Errorf("a leaf node is of one enclave, and its enrolment is for %s", e.Enclave)
	}
	r := &server.RemoteLeafOpts{LocalAccount: account(e.Enclave), Nkey: e.Login, Credentials: e.Credentials}
	for _, a := range e.Servers {
		u, err := url.Parse(a)
		if err != nil {
			return err
		}
		r.URLs = append(r.URLs, u)
		r.TLS = r.TLS || u.Scheme == "tls"
	}
	if r.TLS {
		if r.TLSConfig, err = trust(e.CA); err != nil {
			return err
		}
		r.TLSTimeout = greetTime
	}
	o.LeafNode.Remotes = []*server.RemoteLeafOpts{r}
	return nil
}

// trust is TLS with who signs for the servers: the authority that was given alone, or those of the system.
func trust(ca string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != "" {
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM([]byte(ca)) {
			return nil, errors.New("the carrier's authority is no certificate in PEM")
		}
	}
	return c, nil
}

// told hands on what the server says, but for its chatter.
type told struct{ log *slog.Logger }

func (t told) Noticef(string, ...any) {}
func (t told) Debugf(string, ...any)  {}
func (t told) Tracef(string, ...any)  {}

func (t told) Warnf(format string, v ...any)  { t.log.Warn("carrier: " + fmt.Sprintf(format, v...)) }
func (t told) Errorf(format string, v ...any) { t.log.Error("carrier: " + fmt.Sprintf(format, v...)) }
func (t told) Fatalf(format string, v ...any) { t.log.Error("carrier: " + fmt.Sprintf(format, v...)) }
