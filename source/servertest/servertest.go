// Package servertest starts real database servers for tests: each in a directory of its own, on a port of its own of the loopback
// address, and stopped at the end of the test. Where a server is not installed, the test is skipped, and says so.
package servertest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Admin is the superuser of every server, and AdminPassword what lets him in.
const (
	Admin         = "admin"
	AdminPassword = "correct horse"
)

// Server is one running server.
type Server struct {
	Host string // the loopback address
	Port int
	dir  string
	cmd  *exec.Cmd
	done chan struct{}
	args []string
	who  *account
}

// Address is host:port.
func (s *Server) Address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// account is who a server runs as, where we are root: database servers refuse to be that.
type account struct{ uid, gid uint32 }

// unprivileged finds somebody to run a server as; nil where we are nobody special ourselves.
func unprivileged(t testing.TB, names ...string) *account {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	for _, n := range append(names, "nobody") {
		u, err := user.Lookup(n)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &account{uint32(uid), uint32(gid)}
		}
	}
	t.Skip("skipped: we are root, and there is no other user to run a database server as")
	return nil
}

// find finds a program by its names on the path and in further directories, newest version first, and skips the test where there is none.
func find(t testing.TB, what string, dirs []string, names ...string) string {
	t.Helper()
	for _, n := range names {
		if path, err := exec.LookPath(n); err == nil {
			return path
		}
		for _, pattern := range dirs {
			if hits, _ := filepath.Glob(filepath.Join(pattern, n)); len(hits) > 0 {
				return hits[len(hits)-1]
			}
		}
	}
	t.Skipf("skipped: %s is not installed here (make deps installs it where it can)", what)
	return ""
}

// directory makes a directory for a server, owned by who runs it. Its path is short, as those of sockets must be.
func directory(t testing.TB, who *account) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "srv")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err == nil && who != nil {
		err = os.Chown(dir, int(who.uid), int(who.gid))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// write writes a file that the server may read, and nobody else.
func write(t testing.TB, who *account, path string, text []byte) {
	t.Helper()
	err := os.WriteFile(path, text, 0o600)
	if err == nil && who != nil {
		err = os.Chown(path, int(who.uid), int(who.gid))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// run runs a program to its end.
func run(t testing.TB, who *account, dir, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	become(cmd, who)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(program), err, out)
	}
}

// freePort gives a port that nobody listens on just now.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// start starts the server's process, and waits until ready says that it answers.
func (s *Server) start(t testing.TB, ready func(context.Context) error) {
	t.Helper()
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	s.cmd = exec.Command(s.args[0], s.args[1:]...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = s.dir, log, log
	become(s.cmd, s.who)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done, cmd := make(chan struct{}), s.cmd
	s.done = done
	go func() { cmd.Wait(); close(done) }()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return
		}
		select {
		case <-done:
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
			continue
		}
		text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		t.Fatalf("%s did not start: %v\n%s", filepath.Base(s.args[0]), err, text)
	}
}

// stop ends the process by a signal, and in the end without mercy.
func (s *Server) stop(sig os.Signal) {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(sig)
	select {
	case <-s.done:
	case <-time.After(20 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.done
	}
	s.cmd = nil
}

// Kill ends the server at once, as a failing machine would.
func (s *Server) Kill() { s.stop(syscall.SIGQUIT) }

// certificate makes a certificate of the loopback address, signed by itself.
func certificate(t testing.TB) (cert, key []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err1 := x509.CreateCertificate(rand.Reader, c, c, &k.PublicKey, k)
	secret, err2 := x509.MarshalPKCS8PrivateKey(k)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

// Proxy passes connections on to a server, and cuts them when asked to.
type Proxy struct {
	Server
	to    string
	conns chan net.Conn
}

// Proxy starts a proxy before the server. It ends with the test.
func (s *Server) Proxy(t testing.TB) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Server: Server{Host: s.Host, Port: l.Addr().(*net.TCPAddr).Port}, to: s.Address(), conns: make(chan net.Conn, 1<<10)}
	t.Cleanup(func() { l.Close(); p.Cut() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.pass(c)
		}
	}()
	return p
}

func (p *Proxy) pass(c net.Conn) {
	defer c.Close()
	up, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer up.Close()
	select {
	case p.conns <- c:
	default:
	}
	ended := make(chan struct{}, 2)
	forward := func(to, from net.Conn) {
		buf := make([]byte, 4<<10) // small, so that a cut comes at any place
		for {
			n, err := from.Read(buf)
			if n > 0 {
				if _, err := to.Write(buf[:n]); err != nil {
					break
				}
			}
			if err != nil {
				break
			}
		}
		ended <- struct{}{}
	}
	go forward(up, c)
	go forward(c, up)
	<-ended
}

// Cut cuts all connections that there are, without a word to either side, and tells how many it was told of.
func (p *Proxy) Cut() int {
	for n := 0; ; n++ {
		select {
		case c := <-p.conns:
			if tcp, ok := c.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			c.Close()
		default:
			return n
		}
	}
}

// dials tells whether somebody answers.
func (s *Server) dials(context.Context) error {
	c, err := net.DialTimeout("tcp", s.Address(), time.Second)
	if err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	return c.Close()
}
