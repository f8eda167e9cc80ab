package carrier

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/chartroom/chartroom/fleet/seal"
)

// Authority signs the certificates of a carrier's servers. Workers trust it alone: its certificate is in the file of their enrolment.
type Authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// How long certificates are good. A server makes itself a new one at each start.
const (
	authorityLife = 10 * 365 * 24 * time.Hour
	serverLife    = 2 * 365 * 24 * time.Hour
	backdated     = 24 * time.Hour // for clocks that are behind
)

// OpenAuthority reads the authority of a directory, or makes it where there is none.
func OpenAuthority(dir string, now time.Time) (*Authority, error) {
	a := &Authority{dir: dir}
	err := a.load()
	if errors.Is(err, fs.ErrNotExist) {
		err = a.create(now)
	}
	if err != nil {
		return nil, fmt.Errorf("open the carrier's authority for certificates in %s: %w", dir, err)
	}
	return a, nil
}

func (a *Authority) certFile() string { return filepath.Join(a.dir, "ca.pem") }
func (a *Authority) keyFile() string  { return filepath.Join(a.dir, "ca.key") }

// PEM is its certificate.
func (a *Authority) PEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}))
}

func (a *Authority) load() error {
	cert, err := os.ReadFile(a.certFile())
	if err != nil {
		return err
	}
	key, err := os.ReadFile(a.keyFile())
	if err != nil {
		return err
	}
	c, k := block(cert), block(key)
	if a.cert, err = x509.ParseCertificate(c); err != nil {
		return err
	}
	a.key, err = x509.ParseECPrivateKey(k)
	return err
}

func block(text []byte) []byte {
	if b, _ := pem.Decode(text); b != nil {
		return b.Bytes
	}
	return nil
}

func (a *Authority) create(now time.Time) error {
	t, err := template(now, authorityLife)
	if err != nil {
		return err
	}
	t.Subject = pkix.Name{CommonName: "Chartroom carrier"}
	t.IsCA, t.BasicConstraintsValid, t.MaxPathLenZero = true, true, true
	t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return err
	}
	raw, err := x509.CreateCertificate(rand.Reader, t, t, a.key.Public(), a.key)
	if err != nil {
		return err
	}
	if a.cert, err = x509.ParseCertificate(raw); err != nil {
		return err
	}
	if err := writeKey(a.keyFile(), a.key); err != nil {
		return err
	}
	return seal.Write(a.certFile(), []byte(a.PEM()))
}

func template(now time.Time, life time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{SerialNumber: serial, NotBefore: now.Add(-backdated), NotAfter: now.Add(life)}, nil
}

func writeKey(path string, key *ecdsa.PrivateKey) error {
	raw, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return seal.Write(path, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: raw}))
}

// Issue writes a certificate for a server, and its key, in place of those that were there. A server of a cluster is a client of the others, too.
func (a *Authority) Issue(certFile, keyFile string, hosts []string, now time.Time) error {
	t, err := template(now, serverLife)
	if err != nil {
		return err
	}
	t.Subject = pkix.Name{CommonName: "Chartroom carrier server"}
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	raw, err := x509.CreateCertificate(rand.Reader, t, a.cert, key.Public(), a.key)
	if err != nil {
		return fmt.Errorf("sign a certificate of the carrier: %w", err)
	}
	for _, old := range []string{certFile, keyFile} {
		if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := writeKey(keyFile, key); err != nil {
		return err
	}
	return seal.Write(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
}
