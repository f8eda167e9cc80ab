package packed

import (
	"bytes"
	"encoding/binary"
	"testing"
	"testing/iotest"

	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"pgregory.net/rapid"
)

// streams gives the bytes as a page that is held, and as one that comes byte by byte.
func streams(b []byte) []Stream {
	keep := func(int) error { return nil }
	return []Stream{NewStream(b), NewWindow(nil, iotest.OneByteReader(bytes.NewReader(b)), keep), NewWindow(make([]byte, 0, 7), bytes.NewReader(b), keep)}
}

// TestRuns reads levels and indices that parquet-go wrote.
func TestRuns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 31).Draw(t, "width")
		var want []int32
		for range rapid.IntRange(1, 20).Draw(t, "runs") {
			v := rapid.Int32Range(0, int32(1<<width-1)).Draw(t, "value")
			for range rapid.IntRange(1, 40).Draw(t, "length") {
				want = append(want, v)
				v ^= rapid.Int32Range(0, 1).Draw(t, "change")
			}
		}
		packed, err := (&rle.Encoding{BitWidth: width}).EncodeInt32(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range streams(packed) {
			r := NewRuns(s, width)
			for i := 0; i < len(want); {
				v, n, err := r.Some(len(want) - i)
				if err != nil {
					t.Fatalf("value %d of %d: %v", i, len(want), err)
				}
				for ; n > 0; n-- {
					if int32(v) != want[i] {
						t.Fatalf("value %d is %d, want %d", i, v, want[i])
					}
					i++
				}
			}
		}
	})
}

// TestPackedFirst reads levels in the older packing, which the test packs itself: bit by bit, the most significant first.
func TestPackedFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 20).Draw(t, "width")
		want := rapid.SliceOfN(rapid.Uint32Range(0, 1<<width-1), 1, 300).Draw(t, "values")
		packed := make([]byte, (len(want)*width+7)/8)
		for i, v := range want {
			for b := range width {
				if v>>(width-1-b)&1 == 1 {
					at := i*width + b
					packed[at/8] |= 0x80 >> (at % 8)
				}
			}
		}
		for _, s := range streams(packed) {
			r := NewPacked(s, width, uint64(len(want)))
			for i, w := range want {
				if v, err := r.Next(); err != nil || v != w {
					t.Fatalf("value %d is %d, want %d: %v", i, v, w, err)
				}
			}
		}
	})
}

// TestDeltas reads differences that parquet-go wrote, alone and before what follows.
func TestDeltas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.OneOf(rapid.Int64(), rapid.Int64Range(-5, 5)), 1, 300).Draw(t, "values")
		packed, err := encodeInt64(want)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range streams(append(bytes.Clone(packed), "behind"...)) {
			d, err := Lengths(&s)
			if err != nil {
				t.Fatal(err)
			}
			if rest, err := s.Take(6); string(rest) != "behind" || err != nil {
				t.Fatalf("%q is behind them: %v", rest, err)
			}
			for i, w := range want {
				if v, err := d.Next(); err != nil || v != w {
					t.Fatalf("value %d is %d, want %d: %v", i, v, w, err)
				}
			}
			if _, err := d.Next(); err == nil {
				t.Fatal("there is one more")
			}
		}
	})
}

func encodeInt64(v []int64) ([]byte, error) {
	var e encoding.Encoding = &delta.BinaryPackedEncoding{}
	return e.EncodeInt64(nil, v)
}

func TestLies(t *testing.T) {
	for _, b := range map[string][]byte{
		"no blocks": {0, 0, 1, 0}, "parts that do not fit": {128, 1, 3, 1, 0}, "nothing": {}, "wide numbers": {128, 1, 4, 3, 0, 0, 65, 65, 65, 65},
		"a block of all memory": append(binary.AppendUvarint(nil, 1<<60), 1, 1, 1),
	} {
		for _, s := range streams(b) {
			d, err := NewDeltas(&s)
			for err == nil {
				_, err = d.Next()
			}
		}
		for _, s := range streams(b) {
			r := NewRuns(s, 3)
			for i := 0; i < 1000; i++ {
				if _, err := r.Next(); err != nil {
					break
				}
			}
		}
	}
	s := NewStream([]byte{0xff, 0xff, 0xff, 0x7f, 1})
	if _, err := s.Sized(); err == nil {
		t.Error("a value longer than all")
	}
	s = NewStream([]byte{0xff, 0xff, 0xff, 0x7f, 1})
	if _, err := s.Prefixed(); err == nil {
		t.Error("levels longer than all")
	}
}

// FuzzPacked checks that no bytes make a reader panic or read on without end.
func FuzzPacked(f *testing.F) {
	f.Add([]byte{128, 1, 4, 5, 2, 2, 0, 0, 0, 0}, 3)
	f.Fuzz(func(t *testing.T, b []byte, width int) {
		if width < 0 || width > 32 {
			return
		}
		for _, s := range streams(b) {
			r := NewRuns(s, width)
			for range 10_000 {
				if _, err := r.Next(); err != nil {
					break
				}
			}
		}
		for _, s := range streams(b) {
			d, err := NewDeltas(&s)
			for i := 0; err == nil && i < 10_000; i++ {
				_, err = d.Next()
			}
		}
		for _, s := range streams(b) {
			if d, err := Lengths(&s); err == nil {
				for i := 0; err == nil && i < 10_000; i++ {
					_, err = s.Long(d)
				}
			}
		}
	})
}
