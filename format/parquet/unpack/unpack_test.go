package unpack

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"pgregory.net/rapid"
)

// packers compress a page as the codec's writers do.
var packers = map[Codec]func(t testing.TB, page []byte) []byte{
	Uncompressed: func(_ testing.TB, page []byte) []byte { return page },
	Snappy:       func(_ testing.TB, page []byte) []byte { return snappy.Encode(nil, page) },
	Gzip: func(_ testing.TB, page []byte) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write(page)
		w.Close()
		return b.Bytes()
	},
	Brotli: func(_ testing.TB, page []byte) []byte {
		var b bytes.Buffer
		w := brotli.NewWriterLevel(&b, 1)
		w.Write(page)
		w.Close()
		return b.Bytes()
	},
	Zstd: func(t testing.TB, page []byte) []byte {
		w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		return w.EncodeAll(page, nil)
	},
	LZ4: packLZ4,
	LZ4Hadoop: func(t testing.TB, page []byte) []byte {
		var b []byte
		for len(page) > 0 { // a run of two blocks each
			run := page[:min(len(page), 100_000)]
			page = page[len(run):]
			b = binary.BigEndian.AppendUint32(b, uint32(len(run)))
			for len(run) > 0 {
				block := packLZ4(t, run[:min(len(run), 60_000)])
				b = append(binary.BigEndian.AppendUint32(b, uint32(len(block))), block...)
				run = run[min(len(run), 60_000):]
			}
		}
		return b
	},
}

func packLZ4(t testing.TB, page []byte) []byte {
	b := make([]byte, lz4.CompressBlockBound(len(page)))
	n, err := lz4.CompressBlock(page, b, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n > 0 {
		return b[:n]
	}
	// What cannot be compressed is one literal.
	b = []byte{0xF0}
	rest := len(page) - 15
	if rest < 0 {
		return append([]byte{byte(len(page)) << 4}, page...)
	}
	for ; rest >= 255; rest -= 255 {
		b = append(b, 255)
	}
	return append(append(b, byte(rest)), page...)
}

// page makes bytes of random letters, runs and repeated words.
func page(seed uint64, n int) []byte {
	rnd := rand.New(rand.NewPCG(seed, 1))
	var b []byte
	for len(b) < n {
		switch rnd.IntN(4) {
		case 0:
			b = append(b, strings.Repeat(string(rune('a'+rnd.IntN(26))), rnd.IntN(2000))...)
		case 1:
			for range rnd.IntN(500) {
				b = append(b, byte(rnd.IntN(256)))
			}
		default:
			if len(b) > 0 {
				at := max(0, len(b)-rnd.IntN(70_000))
				b = append(b, b[at:min(len(b), at+rnd.IntN(5000))]...)
			}
		}
		b = append(b, 'x')
	}
	return b[:n]
}

// TestBothWays decompresses random pages whole and as streams.
func TestBothWays(t *testing.T) {
	var d Decompressor
	defer d.Close()
	rapid.Check(t, func(rt *rapid.T) {
		want := page(rapid.Uint64().Draw(rt, "seed"), rapid.SampledFrom([]int{1, 14, 15, 16, 300, 70_000, 400_000}).Draw(rt, "size"))
		for codec, pack := range packers {
			packed := pack(t, want)
			if codec != Uncompressed {
				got := make([]byte, len(want))
				if err := d.Page(codec, got, packed); err != nil || !bytes.Equal(got, want) {
					rt.Fatalf("codec %d: %v, whole page differs", codec, err)
				}
				if d.Page(codec, make([]byte, len(want)+1), packed) == nil {
					rt.Fatalf("codec %d: a page that is too short passes", codec)
				}
			}
			room, err := Need(codec, bytes.NewReader(packed), int64(len(want)))
			if err != nil {
				rt.Fatalf("codec %d: %v", codec, err)
			}
			r, err := Reader(codec, bytes.NewReader(packed), room)
			if err != nil {
				rt.Fatalf("codec %d: %v", codec, err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, want) {
				rt.Fatalf("codec %d: %v, %d bytes as a stream, want %d", codec, err, len(got), len(want))
			}
		}
	})
}

func TestBareBlockUnderHadoop(t *testing.T) {
	var d Decompressor
	want := page(7, 5000)
	got := make([]byte, len(want))
	if err := d.Page(LZ4Hadoop, got, packLZ4(t, want)); err != nil || !bytes.Equal(got, want) {
		t.Error(err)
	}
}

// FuzzReader checks that no bytes make a decompressor panic, or give more than is asked for.
func FuzzReader(f *testing.F) {
	for codec, pack := range packers {
		f.Add(int32(codec), pack(f, page(1, 200)))
	}
	f.Fuzz(func(t *testing.T, codec int32, data []byte) {
		if !Codec(codec).Known() {
			return
		}
		var d Decompressor
		defer d.Close()
		d.Page(Codec(codec), make([]byte, 1000), data)
		room, err := Need(Codec(codec), bytes.NewReader(data), 1<<20)
		if err != nil {
			return
		}
		if r, err := Reader(Codec(codec), bytes.NewReader(data), room); err == nil {
			io.Copy(io.Discard, io.LimitReader(r, 1<<20))
		}
	})
}
