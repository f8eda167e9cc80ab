package carrier

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/chartroom/chartroom/fleet/seal"
	"github.com/nats-io/nats-server/v2/server"
)

// Enclave is who may log in at an enclave's account. It holds public keys only.
type Enclave struct {
	Name    string        `json:"name"`
	Hub     string        `json:"hub"` // the hub's public NKey
	Workers []seal.Public `json:"workers"`
}

// Config is how a server runs. The zero value, with a store, is one that only this process reaches.
type Config struct {
	Name     string   `yaml:"name"`      // of the node, its own in a cluster; "" = of this machine
	Store    string   `yaml:"store"`     // directory of tickets and, where it makes them itself, of certificates
	MaxBytes int64    `yaml:"max_bytes"` // of the store; 0 = 16 GiB
	Listen   string   `yaml:"listen"`    // host:port for workers; "" = none
	Leaf     string   `yaml:"leaf"`      // host:port for leaf nodes; "" = none
	Plain    bool     `yaml:"plain"`     // without TLS, on this machine only
	Cert     string   `yaml:"tls_cert"`  // file, PEM; "" = a certificate signed by an authority of its own in the store
	Key      string   `yaml:"tls_key"`   // file, PEM, of the certificate
	CA       string   `yaml:"tls_ca"`    // file, PEM, that signed the certificates of the cluster's nodes
	Hosts    []string `yaml:"hosts"`     // names and addresses under which it is reached, for a certificate of its own
	Cluster  *Cluster `yaml:"cluster"`
	Remote   *Remote  `yaml:"remote"` // this node is a leaf, and dials out
	Enclaves string   `yaml:"enclaves"`
}

// Cluster is several nodes that keep copies of the tickets.
type Cluster struct {
	Name   string   `yaml:"name"`
	Listen string   `yaml:"listen"` // host:port for the other nodes
	Routes []string `yaml:"routes"` // host:port of the others
}

// Remote is where a leaf node dials to.
type Remote struct {
	Enrolment string `yaml:"enrolment"` // file that chartroom fleet enrol --leaf wrote
}

// usualStore has room for the streams of 256 enclaves, in bytes. It is a bound: a stream takes what its tickets take.
const usualStore = 16 << 30

// greetTime is how long a connection may take to log in, in seconds: machines are slow when they are busy.
const greetTime = 10

// Check tells what is wrong.
func (c *Config) Check() error {
	if c.Store == "" {
		return errors.New("the carrier needs a directory: store")
	}
	for what, path := range map[string]string{"store": c.Store, "tls_cert": c.Cert, "tls_key": c.Key, "tls_ca": c.CA, "name": c.Name} {
		if strings.IndexFunc(path, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }) >= 0 {
			return fmt.Errorf("%s of the carrier holds letters that cannot be printed", what)
		}
	}
	if (c.Cert == "") != (c.Key == "") {
		return errors.New("tls_cert and tls_key of the carrier go together")
	}
	for _, a := range []string{c.Listen, c.Leaf, c.clusterListen()} {
		host, _, err := address(a)
		switch {
		case a == "":
		case err != nil:
			return err
		case c.Plain && !seal.Loopback(host):
			return fmt.Errorf("the carrier does not listen on %s without TLS: only on this machine, 127.0.0.1", a)
		}
	}
	if c.Cluster == nil {
		return nil
	}
	if c.Cluster.Name == "" || c.Name == "" || c.Cluster.Listen == "" {
		return errors.New("a node of a cluster needs its own name, the cluster's name, and an address to listen on")
	}
	if !c.Plain && (c.Cert == "" || c.CA == "") {
		return errors.New("the nodes of a cluster prove themselves to each other: they need tls_cert, tls_key and tls_ca (chartroom fleet certificate makes them)")
	}
	for _, r := range c.Cluster.Routes {
		if _, _, err := address(r); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) clusterListen() string {
	if c.Cluster == nil {
		return ""
	}
	return c.Cluster.Listen
}

// address splits host:port.
func address(a string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(a)
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	if err != nil || port < -1 || port > 65535 {
		return "", 0, fmt.Errorf("%q is no address to listen on such as 0.0.0.0:4222", a)
	}
	return host, port, nil
}

// words is a part of a server's configuration. NATS reads JSON.
type words map[string]any

// Accounts writes the accounts of enclaves as a server of NATS reads them: who may log in, and what he may do. Whoever runs a
// cluster of his own puts it into its configuration.
func Accounts(enclaves []Enclave) ([]byte, error) {
	accounts, err := accountsOf(enclaves, true)
	if err != nil {
		return nil, err
	}
	return write(words{"accounts": accounts})
}

func accountsOf(enclaves []Enclave, store bool) (words, error) {
	out := words{}
	for _, e := range enclaves {
		if err := seal.CheckName(e.Name); err != nil {
			return nil, err
		}
		users := []words{{"nkey": e.Hub}}
		for _, w := range e.Workers {
			if err := seal.CheckName(w.Name); err != nil {
				return nil, err
			}
			if w.Login != "" {
				users = append(users, words{"nkey": w.Login, "permissions": permissions(w)})
			}
		}
		a := words{"users": users}
		if store {
			a["jetstream"] = words{"max_mem": 0, "max_file": 4 * mostStream, "max_streams": 4, "max_consumers": 4}
		} else { // what workers ask of JetStream at a leaf node is meant for the one that it dials
			a["mappings"] = words{"$JS.API.CONSUMER.>": "$JS." + domain + ".API.CONSUMER.>"}
		}
		out[account(e.Name)] = a
	}
	return out, nil
}

// permissions are what a worker may do: call, pull, acknowledge, and hear what is for itself. A leaf node hears for all workers.
func permissions(w seal.Public) words {
	hears := inbox + "." + w.Name + ".>"
	if w.Leaf() {
		hears = inbox + ".>"
	}
	own := stream + "." + consumer
	says := []string{calls, calls + ".*", "$JS.ACK." + own + ".>", "$JS.ACK.*.*." + own + ".>"} // the two forms that servers have
	for _, api := range []string{"$JS.API", "$JS." + domain + ".API"} {                         // here, and through a leaf node
		says = append(says, api+".CONSUMER.INFO."+own, api+".CONSUMER.MSG.NEXT."+own)
	}
	return words{"publish": words{"allow": says}, "subscribe": words{"allow": []string{hears}}}
}

func write(w words) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(w); err != nil {
		return nil, fmt.Errorf("write the carrier's configuration: %w", err)
	}
	return b.Bytes(), nil
}

// options are the server's own words for a configuration.
func (c *Config) options(enclaves []Enclave) (*server.Options, error) {
	accounts, err := accountsOf(enclaves, c.Remote == nil)
	if err != nil {
		return nil, err
	}
	w := words{"accounts": accounts, "max_payload": 1 << 20, "max_pending": 64 << 20}
	if c.Name != "" {
		w["server_name"] = c.Name
	}
	if c.Remote == nil {
		most := c.MaxBytes
		if most <= 0 {
			most = usualStore
		}
		w["jetstream"] = words{"store_dir": filepath.Join(c.Store, "tickets"), "max_mem": 16 << 20, "max_file": most, "domain": domain}
	}
	cert, key := c.Cert, c.Key
	if cert == "" {
		cert, key = c.ownCertificate()
	}
	tls := words{"cert_file": cert, "key_file": key, "timeout": greetTime}
	guard := func(part words) words {
		if !c.Plain {
			part["tls"] = tls
		}
		return part
	}
	if c.Listen != "" {
		w["listen"] = c.Listen
		guard(w)
	}
	if c.Leaf != "" {
		w["leafnodes"] = guard(words{"listen": c.Leaf})
	}
	if c.Cluster != nil {
		part := words{"name": c.Cluster.Name, "listen": c.Cluster.Listen, "routes": c.Cluster.routes()}
		if !c.Plain {
			part["tls"] = words{"cert_file": cert, "key_file": key, "ca_file": c.CA, "verify": true, "timeout": greetTime}
		}
		w["cluster"] = part
	}
	text, err := write(w)
	if err != nil {
		return nil, err
	}
	o := &server.Options{}
	if err := o.ProcessConfigString(string(text)); err != nil {
		return nil, fmt.Errorf("set up the carrier: %w", err)
	}
	o.DontListen, o.NoSigs, o.DisableJetStreamBanner = c.Listen == "", true, true
	o.AuthTimeout, o.LeafNode.AuthTimeout, o.Cluster.AuthTimeout = greetTime, greetTime, greetTime
	return o, c.dial(o, enclaves)
}

func (c *Cluster) routes() (out []string) {
	for _, r := range c.Routes {
		out = append(out, "nats://"+r)
	}
	return out
}
