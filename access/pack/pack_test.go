package pack

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestWhatIsPutIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts, numbers := rapid.SliceOf(rapid.String()).Draw(t, "texts"), rapid.SliceOf(rapid.IntRange(0, math.MaxInt-1)).Draw(t, "numbers")
		known := []string{"", "first"}
		w := NewWriter(known)
		w.Texts(texts)
		for _, s := range texts {
			w.Word(s)
		}
		for _, n := range numbers {
			w.Number(uint64(n))
		}
		r, rest, ok := Open(append(w.Seal("testing1"), "behind"...), "testing1")
		if !ok || string(rest) != "behind" || !slices.Equal(r.Words()[:2], known) || !slices.Equal(r.Texts(), texts) {
			t.Fatalf("%v %q", ok, rest)
		}
		for _, s := range texts {
			if got := r.Word(); got != s {
				t.Fatalf("%q, want %q", got, s)
			}
		}
		for _, n := range numbers {
			if got := r.Below(math.MaxInt); got != n {
				t.Fatalf("%d, want %d", got, n)
			}
		}
		if !r.Done() {
			t.Fatal("not all was read")
		}
	})
}

// FuzzOpen sets the sum right, so that what is behind it is tried: whatever stands there, what is read is no more than there are bytes.
func FuzzOpen(f *testing.F) {
	w := NewWriter([]string{"a"})
	w.Texts([]string{"x", "yz"})
	w.Word("a")
	f.Add(w.Seal("testing1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		data = bytes.Clone(data)
		if len(data) >= headBytes+sumBytes {
			if n := binary.LittleEndian.Uint64(data[magicBytes:]); n <= uint64(len(data)-headBytes-sumBytes) {
				binary.LittleEndian.PutUint32(data[headBytes+int(n):], crc32.Checksum(data[headBytes:headBytes+int(n)], castagnoli))
			}
		}
		r, _, ok := Open(data, "testing1")
		if !ok {
			return
		}
		total := 0
		for range 100 {
			for _, s := range append(r.Texts(), r.Text()) {
				total += len(s)
			}
			r.Word()
		}
		if total > len(data) {
			t.Errorf("%d bytes of text in %d bytes", total, len(data))
		}
	})
}
