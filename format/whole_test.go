package format

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"testing"
)

// onlyOnce hides all but Read.
type onlyOnce struct{ io.Reader }

func TestWholeGivesEveryByteAtItsPlace(t *testing.T) {
	for _, size := range []int{0, 1, MemorySize, MemorySize + 1, 3*MemorySize + 17} {
		data := make([]byte, size)
		rng := rand.New(rand.NewPCG(1, uint64(size)))
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		w, err := Input{Size: -1, Body: onlyOnce{bytes.NewReader(bytes.Clone(data))}}.Whole(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if w.Size() != int64(size) {
			t.Fatalf("%d bytes became %d", size, w.Size())
		}
		got, err := io.ReadAll(w.Section(0, w.Size()))
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%d bytes: read otherwise, %v", size, err)
		}
		for range 50 {
			off, n := rng.IntN(size+1), rng.IntN(100)
			p := make([]byte, n)
			m, err := w.ReadAt(p, int64(off))
			if want := data[off:min(off+n, size)]; !bytes.Equal(p[:m], want) || m < n && err != io.EOF {
				t.Fatalf("%d of %d bytes at %d: got %d, %v", n, size, off, m, err)
			}
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestASpoolOnDiskShowsNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s, err := newSpool()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	secret := bytes.Repeat([]byte("Lovelace, Ada; "), 1000)
	if err := s.fill(t.Context(), bytes.Clone(secret), bytes.NewReader(secret)); err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, s.size)
	if _, err := s.file.ReadAt(raw, 0); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(raw, []byte("Ada")) || s.size != int64(2*len(secret)) {
		t.Error("a value stands on the disk")
	}
	if left, _ := os.ReadDir(os.TempDir()); len(left) != 0 && !s.named {
		t.Errorf("a name was left: %v", left)
	}
}

func TestWholeTellsWhatWentWrong(t *testing.T) {
	broken := errors.New("broken")
	body := io.MultiReader(bytes.NewReader(make([]byte, MemorySize+5)), iotestErr{broken})
	if _, err := (Input{Size: -1, Body: body}).Whole(t.Context()); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Input{Size: -1, Body: bytes.NewReader(make([]byte, 3*MemorySize))}).Whole(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

type iotestErr struct{ err error }

func (e iotestErr) Read([]byte) (int, error) { return 0, e.err }
