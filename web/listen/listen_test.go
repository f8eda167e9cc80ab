package listen

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"
)

func TestBeyondThisMachineItTakesTLSAndALogin(t *testing.T) {
	for _, c := range []struct {
		listen  string
		secured bool
		logins  int
		ok      bool
	}{
		{"127.0.0.1:8787", false, 0, true}, {"[::1]:8787", false, 0, true}, {"localhost:8787", false, 0, true},
		{"0.0.0.0:8787", false, 1, false}, {"0.0.0.0:8787", true, 0, false}, {"0.0.0.0:8787", true, 1, true},
		{":8787", false, 1, false}, {":8787", true, 1, true}, {"[::]:443", false, 3, false}, {"192.0.2.1:443", true, 1, true}, {"192.0.2.1:443", true, 0, false},
		{"chartroom.example.org:443", false, 1, false}, {"localhost.example.org:80", false, 1, false}, {"127.0.0.1", false, 0, false}, {"", true, 1, false},
	} {
		err := Permit(c.listen, c.secured, c.logins)
		if (err == nil) != c.ok {
			t.Errorf("%s, TLS %v, %d logins: %v", c.listen, c.secured, c.logins, err)
		}
	}
	if err := Permit("0.0.0.0:80", false, 0); !errors.Is(err, ErrExposed) {
		t.Errorf("got %v", err)
	}
}

// certificate is one for names, signed by itself.
func certificate(t *testing.T, names ...string) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "room"}, DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if leaf, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestNamesAreThoseOfTheMachineAndOfTheCertificate(t *testing.T) {
	local := Names(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8787}, nil, "room.example:9")
	for _, n := range []string{"localhost:8787", "127.0.0.1:8787", "[::1]:8787", "room.example:9"} {
		if !slices.Contains(local, n) {
			t.Errorf("%s is missing in %v", n, local)
		}
	}
	far := Names(&net.TCPAddr{IP: net.IPv4zero, Port: 443}, certificate(t, "room.example.org", "*.example.org"))
	for n, want := range map[string]bool{"room.example.org": true, "room.example.org:443": true, "127.0.0.1:443": true, "*.example.org": false, "localhost:443": false, "0.0.0.0:443": false} {
		if slices.Contains(far, n) != want {
			t.Errorf("%s: %v in %v", n, !want, far)
		}
	}
}

// TestItStopsWhenWhatWasAskedIsAnswered: an answer under way comes to its end, and who listens for ever is sent away.
func TestItStopsWhenWhatWasAskedIsAnswered(t *testing.T) {
	began := make(chan struct{}, 2)
	room := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began <- struct{}{}
		if r.URL.Path == "/for-ever" {
			<-r.Context().Done()
			return
		}
		time.Sleep(200 * time.Millisecond)
		_, _ = io.WriteString(w, "answered")
	})
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cert := certificate(t, "localhost")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, Server(room, slog.New(slog.DiscardHandler)), on, cert) }()
	pool := x509.NewCertPool()
	pool.AddCert(cert.Leaf)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	got := make(chan string, 2)
	for _, path := range []string{"/", "/for-ever"} {
		go func() {
			res, err := client.Get("https://" + on.Addr().String() + path)
			if err != nil {
				got <- path + " " + err.Error()
				return
			}
			defer res.Body.Close()
			b, _ := io.ReadAll(res.Body)
			got <- path + " " + string(b)
		}()
	}
	<-began
	<-began
	stop()
	answers := []string{<-got, <-got}
	if !slices.Contains(answers, "/ answered") {
		t.Errorf("got %q", answers)
	}
	if err := <-ended; err != nil {
		t.Errorf("it did not stop: %v", err)
	}
}
