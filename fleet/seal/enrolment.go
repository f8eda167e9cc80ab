package seal

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/source"
	"github.com/goccy/go-yaml"
)

// Enrolment is the file that makes a machine a worker: who it is, its keys, and where the hub's carrier is. Whoever has the file
// is that worker.
type Enrolment struct {
	Name        string   `yaml:"name"`
	Enclave     string   `yaml:"enclave"`
	Servers     []string `yaml:"servers"`               // of the carrier: tls://host:4222
	CA          string   `yaml:"ca,omitempty"`          // that signed the servers' certificates, PEM; "" = as the system trusts
	Login       string   `yaml:"login,omitempty"`       // seed of the NKey
	Credentials string   `yaml:"credentials,omitempty"` // file of a JWT with its seed, of a carrier that wants these instead
	Seal        string   `yaml:"seal,omitempty"`        // seed of the key that seals; a leaf node has none
	Hub         string   `yaml:"hub"`                   // the hub's public key
	Allow       []string `yaml:"allow,omitempty"`       // places that it may open, and what stands beneath them; none = all that the hub names
}

// Public is a worker as the hub keeps it.
type Public struct {
	Name    string `json:"name"`
	Enclave string `json:"enclave"`
	Login   string `json:"login"`          // public NKey
	Seal    string `json:"seal,omitempty"` // public key that seals; a leaf node has none, and makes no calls
}

// Leaf tells whether it is a leaf node, which carries for the workers behind it.
func (p Public) Leaf() bool { return p.Seal == "" }

// Peer is the worker in the words of the fleet.
func (p Public) Peer() fleet.Peer { return fleet.Peer{Name: p.Name, Enclave: p.Enclave} }

// Enrol makes a worker's keys. The file is the worker's, the public half the hub's.
func Enrol(name, enclave, hub string) (*Enrolment, error) {
	e := &Enrolment{Name: name, Enclave: enclave, Hub: hub}
	p, err := NewPair()
	if err != nil {
		return nil, err
	}
	e.Seal = p.Seed()
	e.Login, err = NewLogin()
	return e, err
}

// Public is what the hub keeps of an enrolment.
func (e *Enrolment) Public() (Public, error) {
	p := Public{Name: e.Name, Enclave: e.Enclave}
	if e.Seal != "" {
		pair, err := ParsePair(e.Seal)
		if err != nil {
			return p, err
		}
		p.Seal = pair.Public()
	}
	var err error
	if e.Login != "" {
		p.Login, err = LoginPublic(e.Login)
	}
	return p, err
}

// String tells nothing secret, whoever prints it.
func (e Enrolment) String() string { return "worker " + e.Name + " of enclave " + e.Enclave }

// Format is String whatever the verb.
func (e Enrolment) Format(f fmt.State, _ rune) { fmt.Fprint(f, e.String()) }

// Save writes the file, for its owner alone. It never overwrites one.
func (e *Enrolment) Save(path string) error {
	if err := e.Check(); err != nil {
		return err
	}
	text, err := yaml.MarshalWithOptions(e, yaml.UseLiteralStyleIfMultiline(true))
	if err != nil {
		return fmt.Errorf("write the enrolment of %s: %w", e.Name, err)
	}
	head := "# A worker of Chartroom: chartroom worker FILE. Whoever has this file is this worker. It belongs to the user as whom the worker runs\n" +
		"# (mode 0600), and nowhere else; chartroom fleet revoke " + e.Name + " makes it worthless.\n"
	return Write(path, append([]byte(head), text...))
}

// LoadEnrolment reads a file that Save wrote. One that others may read is refused.
func LoadEnrolment(path string) (*Enrolment, error) {
	text, err := source.SecretText(path)
	if err != nil {
		return nil, fmt.Errorf("read the enrolment: %w", err)
	}
	e := &Enrolment{}
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(e); err != nil {
		// What the decoder says quotes the file, and there are secrets in it.
		return nil, fmt.Errorf("read the enrolment %s: it is no file that chartroom fleet enrol wrote, or it was changed", path)
	}
	if err := e.Check(); err != nil {
		return nil, fmt.Errorf("read the enrolment %s: %w", path, err)
	}
	return e, nil
}

// Check tells what is wrong with an enrolment.
func (e *Enrolment) Check() error {
	if err := errors.Join(CheckName(e.Name), CheckName(e.Enclave)); err != nil {
		return err
	}
	if len(e.Servers) == 0 || len(e.Servers) > 64 {
		return errors.New("it names no servers of the carrier, or more than 64")
	}
	for _, s := range e.Servers {
		if err := CheckServer(s); err != nil {
			return err
		}
	}
	if e.CA != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(e.CA)) {
		return errors.New("its ca is no certificate in PEM")
	}
	if (e.Login == "") == (e.Credentials == "") {
		return errors.New("it needs a login, or credentials, and not both")
	}
	_, err := e.Public()
	return err
}

// CheckServer tells what is wrong with the address of a carrier's server. Over plain text only this machine is reached.
func CheckServer(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Path != "" && u.Path != "/":
		return errors.New("the address of a carrier is written as tls://host:4222")
	case u.User != nil:
		return fmt.Errorf("the address of the carrier %s holds a login: those stand in files", u.Host)
	}
	switch u.Scheme {
	case "tls", "wss":
		return nil
	case "nats":
		if Loopback(u.Hostname()) {
			return nil
		}
		return fmt.Errorf("nats://%s is plain text; beyond this machine it is tls://%s", u.Host, u.Host)
	}
	return fmt.Errorf("the address of the carrier %s begins with tls://", u.Host)
}

// Loopback tells whether an address is this machine's own.
func Loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// mostName bounds a name, in letters.
const mostName = 63

// CheckName tells what is wrong with the name of a worker or of an enclave: it becomes a part of subjects and of names of accounts.
func CheckName(name string) error {
	if name == "" || len(name) > mostName || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || name[0] == '-' {
		return fmt.Errorf("%q is no name of a worker or an enclave: letters from a to z, digits and hyphens, at most %d", name, mostName)
	}
	return nil
}
