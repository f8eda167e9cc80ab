package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"
)

// TestStream: what is made arrives, whole and in order, whatever the sizes, and an error behind it.
func TestStream(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		parts := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 3000), 1, 20).Draw(r, "parts")
		fault := rapid.SampledFrom([]error{io.EOF, errors.New("lost")}).Draw(r, "end")
		next := 0
		s, err := NewStream([]byte("head"), func(out []byte) ([]byte, error) {
			out = append(out, parts[next]...)
			if next++; next == len(parts) {
				return out, fault
			}
			return out, nil
		})
		if len(parts) == 1 && fault != io.EOF {
			if err != fault {
				r.Fatal(err)
			}
			return
		}
		if err != nil {
			r.Fatal(err)
		}
		var in io.Reader = s
		if rapid.Bool().Draw(r, "halves") {
			in = iotest.HalfReader(s)
		}
		got, err := io.ReadAll(in)
		if want := append([]byte("head"), bytes.Join(parts, nil)...); !bytes.Equal(got, want) || (err == nil) != (fault == io.EOF) || s.Whole() != (fault == io.EOF) {
			r.Fatalf("%d bytes of %d, %v", len(got), len(want), err)
		}
	})
}

func TestAStreamMayBeStopped(t *testing.T) {
	stopped := make(chan struct{})
	s, err := NewStream(nil, func(out []byte) ([]byte, error) {
		select {
		case <-stopped:
			return out, errors.New("closed")
		default:
			return append(out, make([]byte, StreamPart)...), nil
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	close(stopped)
	s.Stop()
	s.Stop()
	if s.Whole() {
		t.Error("half a stream is said to be whole")
	}
}

func TestPatienceIsSpentOnce(t *testing.T) {
	var p Patience
	p.Spend()
	calls := 0
	err := p.Connect(t.Context(), func() (bool, error) { calls++; return true, io.EOF })
	var u *Unreachable
	if calls != 1 || !errors.As(err, &u) || !errors.Is(err, io.EOF) {
		t.Errorf("%d calls, %v", calls, err)
	}
	if err := p.Connect(t.Context(), func() (bool, error) { return false, nil }); err != nil {
		t.Error(err)
	}
	calls = 0
	err = p.Connect(t.Context(), func() (bool, error) {
		if calls++; calls < 3 {
			return true, io.EOF
		}
		return false, nil
	})
	if calls != 3 || err != nil {
		t.Errorf("%d calls, %v: a server that answered is waited for again", calls, err)
	}
}

func TestRate(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	go func() {
		b.Write(make([]byte, 50_000))
		b.Close()
	}()
	r := NewRate(100_000)
	began := time.Now()
	n, err := io.Copy(io.Discard, r.Conn(context.Background(), a))
	if took := time.Since(began); n != 50_000 || err != nil || took < 300*time.Millisecond {
		t.Errorf("%d bytes in %s, %v", n, took, err)
	}
}
