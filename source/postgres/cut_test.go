package postgres

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chartroom/chartroom/source/servertest"
)

// cutter stands before a server, and cuts each connection at a byte of what the server sends.
type cutter struct {
	servertest.Server
	at   atomic.Int64 // so many bytes are passed on; 0 = all
	cuts atomic.Int64
}

func newCutter(t *testing.T, before *servertest.Server) *cutter {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	k := &cutter{Server: servertest.Server{Host: before.Host, Port: l.Addr().(*net.TCPAddr).Port}}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go k.pass(c, before.Address())
		}
	}()
	return k
}

func (k *cutter) pass(c net.Conn, to string) {
	defer c.Close()
	up, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer up.Close()
	go func() { _, _ = io.Copy(up, c) }()
	at := k.at.Load()
	if at == 0 {
		_, _ = io.Copy(c, up)
		return
	}
	if n, _ := io.CopyN(c, up, at); n == at {
		k.cuts.Add(1)
	}
}

// TestACutInTheMiddle: when a connection ends at a given byte of a table's rows, what was read are the first of them, an error says that they are
// not all, and as soon as the server can be reached again all are read.
func TestACutInTheMiddle(t *testing.T) {
	const all = 20_000
	p := servertest.StartPostgres(t)
	p.Database(t, "clinic", "reader", password)
	p.Exec(t, "clinic", fmt.Sprintf("CREATE TABLE t AS SELECT i, repeat('x', 30) || i FROM generate_series(1, %d) i", all))
	k := newCutter(t, p.Server)
	last := 0
	for _, at := range []int64{200_000, 200_001, 300_007, 900_000} { // of more than a megabyte; a cut before the first part is ready would be tried again
		src := open(t, &k.Server, "clinic", "")
		items, gaps := list(t, t.Context(), src)
		if len(items) != 1 || len(gaps) != 0 {
			t.Fatalf("listed %d items, %d gaps", len(items), len(gaps))
		}
		k.at.Store(at)
		k.cuts.Store(0)
		lines, err := readAll(t, t.Context(), src, items["public.t"])
		if k.cuts.Load() != 1 || err == nil || errors.Is(err, io.EOF) || len(lines) < last || len(lines) == 0 || len(lines) >= all {
			t.Errorf("cut %d times at byte %d: %d rows, %v", k.cuts.Load(), at, len(lines), err)
		}
		for i, line := range lines {
			if want := fmt.Sprintf("%d|", i+1) + strings.Repeat("x", 30) + fmt.Sprint(i+1); line != want {
				t.Fatalf("row %d is %q, want %q", i+1, line, want)
			}
		}
		last = len(lines)
		k.at.Store(0)
		if lines, err = readAll(t, t.Context(), src, items["public.t"]); err != nil || len(lines) != all {
			t.Errorf("when the server could be reached again: %d rows, %v", len(lines), err)
		}
	}
}
