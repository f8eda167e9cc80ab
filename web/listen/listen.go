// Package listen opens the web room to those who may find it, and bounds what one of them can hold of it.
package listen

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/netutil"
)

// Bounds of connections: who sends slowly, or says nothing, does not hold one for long.
const (
	headerTime = 5 * time.Second
	readTime   = 30 * time.Second
	writeTime  = 2 * time.Minute
	idleTime   = 2 * time.Minute
	stopTime   = 10 * time.Second
	maxHeader  = 16 << 10
	mostAtOnce = 1024 // connections
)

// ErrExposed says that the room would be open to others than this machine, and must not be.
var ErrExposed = errors.New("beyond this machine the room is served over TLS, and with at least one login")

// Permit tells whether the room may be served at an address: on this machine always, beyond it only over TLS and if somebody can log in.
func Permit(listen string, secured bool, logins int) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("listen at %q: %w", listen, err)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	if !secured || logins == 0 {
		return fmt.Errorf("listen at %s: %w", listen, ErrExposed)
	}
	return nil
}

// Names are those by which a room may be called that listens at an address: those of this machine where it is bound to it, and the names of
// its certificate, with the port where that is not the scheme's own.
func Names(listen net.Addr, certificate *tls.Certificate, more ...string) []string {
	host, port, err := net.SplitHostPort(listen.String())
	if err != nil {
		return more
	}
	names := []string{}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		names = append(names, "localhost", "127.0.0.1", "[::1]")
	}
	usual := "80"
	if certificate != nil {
		usual = "443"
		for _, n := range certificate.Leaf.DNSNames {
			if !strings.Contains(n, "*") {
				names = append(names, n)
			}
		}
		for _, ip := range certificate.Leaf.IPAddresses {
			names = append(names, bracketed(ip))
		}
	}
	out := more
	for _, n := range names {
		out = append(out, n+":"+port)
		if port == usual {
			out = append(out, n)
		}
	}
	return out
}

func bracketed(ip net.IP) string {
	if ip.To4() == nil {
		return "[" + ip.String() + "]"
	}
	return ip.String()
}

// Server is an HTTP server of the room, with its bounds.
func Server(room http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{Handler: room, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
}

// Serve serves the room until the context ends; then it answers what was asked, and stops.
func Serve(ctx context.Context, s *http.Server, on net.Listener, certificate *tls.Certificate) error {
	base, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	s.BaseContext = func(net.Listener) context.Context { return base }
	on = netutil.LimitListener(on, mostAtOnce)
	ended := make(chan error, 1)
	go func() {
		if certificate == nil {
			ended <- s.Serve(on)
			return
		}
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12}
		ended <- s.ServeTLS(on, "", "")
	}()
	select {
	case err := <-ended:
		return fmt.Errorf("serve the web room: %w", err)
	case <-ctx.Done():
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	go func() { // those who follow a survey would never end
		time.Sleep(stopTime / 5)
		stop()
	}()
	if err := s.Shutdown(late); err != nil {
		return errors.Join(fmt.Errorf("stop the web room: %w", err), s.Close())
	}
	return nil
}
