// Package fleets holds the commands of a fleet at its hub: who works for it, and how it is reached.
package fleets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/fleet/carrier"
	"github.com/chartroom/chartroom/fleet/seal"
)

// Config is the part fleet of the settings: the carrier between hub and workers. The zero value is a carrier within this process.
type Config struct {
	Listen   string            `yaml:"listen"`   // host:port where workers connect; "" = nobody from outside
	Leaf     string            `yaml:"leaf"`     // host:port where leaf nodes connect
	Hosts    []string          `yaml:"hosts"`    // names under which workers find this machine, for the certificate
	Address  []string          `yaml:"address"`  // as workers write them: tls://hub.example.org:4222; none = of hosts and listen
	Cert     string            `yaml:"tls_cert"` // file, PEM; "" = one of the carrier's own authority. With nats, the hub's own as a client
	Key      string            `yaml:"tls_key"`  // file, PEM
	CA       string            `yaml:"tls_ca"`   // file, PEM, of who signed the servers' certificates; "" = as the system trusts
	Store    string            `yaml:"store"`    // directory; "" = carrier, beside the key of the marks
	NATS     []string          `yaml:"nats"`     // servers of somebody's own: tls://nats.example.org:4222; none = the carrier is embedded
	Replicas int               `yaml:"replicas"` // copies of the tickets, with nats; 0 = 1
	Enclaves []string          `yaml:"enclaves"` // that there are beside those of workers, and main
	Logins   map[string]string `yaml:"logins"`   // by enclave, with nats: a file of credentials, where the hub's own key is not known there

	Large       Size `yaml:"large"`        // from where on an item is read in pieces; 0 = 2GiB
	WorkersHere int  `yaml:"workers_here"` // shards at once in the hub's own process, which then needs no workers from outside; 0 = none
}

// Main is the enclave of whoever names none.
const Main = "main"

// Check tells what is wrong with the settings.
func (c *Config) Check() error {
	if len(c.NATS) > 0 {
		switch {
		case c.Listen != "" || c.Leaf != "" || c.Store != "":
			return errors.New("fleet.nats is a carrier of your own; fleet.listen, fleet.leaf and fleet.store are of the embedded one")
		case c.Replicas < 0 || c.Replicas > 5:
			return errors.New("fleet.replicas is a number from 1 to 5")
		}
	} else if c.Replicas > 1 || len(c.Logins) > 0 {
		return errors.New("fleet.replicas and fleet.logins need a cluster: fleet.nats names its servers")
	}
	for _, s := range append(append([]string(nil), c.NATS...), c.Address...) {
		if err := seal.CheckServer(s); err != nil {
			return fmt.Errorf("fleet: %w", err)
		}
	}
	for _, e := range c.Enclaves {
		if err := seal.CheckName(e); err != nil {
			return fmt.Errorf("fleet.enclaves: %w", err)
		}
	}
	return nil
}

// Place is where a hub stands.
type Place struct {
	Catalog *catalog.Catalog
	Key     string // file of the key of the marks
	Log     *slog.Logger
}

// Line is the hub's end of a carrier, with its server where that is embedded.
type Line struct {
	*carrier.Hub
	server *carrier.Server
}

// Close ends the line, and the server.
func (l *Line) Close() {
	if l.Hub != nil {
		l.Hub.Close()
	}
	if l.server != nil {
		l.server.Close()
	}
}

// Address is where the embedded server listens; "" = nowhere.
func (l *Line) Address() string {
	if l.server == nil {
		return ""
	}
	return l.server.Address()
}

// Open makes the hub's end of the carrier: it starts the embedded server, or connects to the cluster that the settings name.
func (c *Config) Open(ctx context.Context, at Place) (*Line, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	hub, made, err := seal.OpenHub(seal.HubPath(at.Key))
	if err != nil {
		return nil, err
	}
	if made {
		at.Log.Info("made the secret of the fleet; without it all workers must be enrolled anew", "file", seal.HubPath(at.Key))
	}
	l := &Line{}
	o := carrier.Options{Hub: hub, Enclaves: append([]string{Main}, c.Enclaves...), Workers: enrolled(at.Catalog), Replicas: c.Replicas, Log: at.Log}
	if len(c.NATS) > 0 {
		o.Outside = &carrier.Outside{Servers: c.NATS, CA: c.CA, Cert: c.Cert, Key: c.Key, Credentials: c.Logins}
	} else {
		if l.server, err = carrier.Start(c.server(at.Key), nil, at.Log); err != nil {
			return nil, err
		}
		o.Server = l.server
	}
	if l.Hub, err = carrier.Open(ctx, o); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// server are the settings of the embedded one.
func (c *Config) server(key string) carrier.Config {
	return carrier.Config{Store: c.store(key), Listen: c.Listen, Leaf: c.Leaf, Hosts: c.Hosts, Cert: c.Cert, Key: c.Key, CA: c.CA}
}

func (c *Config) store(key string) string {
	return cmp.Or(c.Store, filepath.Join(filepath.Dir(key), "carrier"))
}

// enrolled asks the catalog who may work.
func enrolled(c *catalog.Catalog) func(context.Context) ([]seal.Public, error) {
	return func(ctx context.Context) ([]seal.Public, error) {
		all, err := c.Workers(ctx)
		if err != nil {
			return nil, err
		}
		return admitted(all), nil
	}
}

// admitted are those who were not revoked.
func admitted(all []catalog.Worker) (out []seal.Public) {
	for _, w := range all {
		if w.Revoked == nil {
			out = append(out, seal.Public{Name: w.Name, Enclave: w.Enclave, Login: w.Login, Seal: w.Seal})
		}
	}
	return out
}

// addresses are where a worker connects, or a leaf node.
func (c *Config) addresses(leaf bool) ([]string, error) {
	if len(c.NATS) > 0 || len(c.Address) > 0 && !leaf {
		if len(c.Address) > 0 {
			return c.Address, nil
		}
		return c.NATS, nil
	}
	listen, what := c.Listen, "fleet.listen"
	if leaf {
		listen, what = c.Leaf, "fleet.leaf"
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("nobody can connect from outside: %s in the configuration says where, as 0.0.0.0:4222", what)
	}
	hosts := c.Hosts
	if ip := net.ParseIP(host); len(hosts) == 0 && host != "" && (ip == nil || !ip.IsUnspecified()) {
		hosts = []string{host}
	}
	if len(hosts) == 0 {
		name, err := os.Hostname()
		if err != nil {
			return nil, errors.New("under which name do workers find this machine? fleet.hosts in the configuration, or --server, says it")
		}
		hosts = []string{name}
	}
	var out []string
	for _, h := range hosts {
		out = append(out, "tls://"+net.JoinHostPort(h, port))
	}
	return out, nil
}

// authority is the certificate that a worker is to trust; "" = as its system does.
func (c *Config) authority(key, named string) (string, error) {
	switch file := cmp.Or(named, c.CA); {
	case file != "":
		text, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("read the authority of the carrier: %w", err)
		}
		return string(text), nil
	case len(c.NATS) > 0 || c.Cert != "":
		return "", nil
	}
	a, err := carrier.OpenAuthority(c.store(key), time.Now())
	if err != nil {
		return "", err
	}
	return a.PEM(), nil
}
