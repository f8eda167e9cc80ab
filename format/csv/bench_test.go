package csv

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/record"
)

// synthesize writes rows of random digits and letters, with a header.
func synthesize(rows, columns, width int, wrap string) []byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for i := range columns {
		fmt.Fprintf(&b, "field_%d,", i)
	}
	b.Truncate(b.Len() - 1)
	b.WriteByte('\n')
	for range rows {
		for i := range columns {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(wrap)
			for range width/2 + rnd.IntN(width) {
				b.WriteByte("0123456789abcdef"[rnd.IntN(16)])
			}
			b.WriteString(wrap)
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func BenchmarkRead(b *testing.B) {
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"20 columns of 8", synthesize(40000, 20, 8, "")},
		{"300 columns of 8", synthesize(3000, 300, 8, "")},
		{"3 columns of 4", synthesize(400000, 3, 4, "")},
		{"20 quoted columns of 8", synthesize(40000, 20, 8, `"`)},
		{"quoted notes of 200", synthesize(40000, 1, 200, `"`)},
		{"escaped", []byte("id,note_text\n" + strings.Repeat("1,\"a \"\"b\"\" c, and much more text\"\n", 200000))},
		{"bars, mostly empty", []byte("a_id|b_id|c_id|d_id\n" + strings.Repeat("1||||||x||||||2||||3||||\n", 300000))},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.data)))
			b.ReportAllocs()
			var cells int
			for b.Loop() {
				cells = 0
				err := Reader{}.Read(context.Background(), format.Input{Name: "a.csv", Head: c.data[:format.HeadSize], Body: bytes.NewReader(c.data)}, format.Output{
					Places: &record.Places{},
					Batch:  func(b *record.Batch) error { cells += len(b.Cells); return nil },
					Inner:  func(string, string, io.Reader) error { return nil },
					Gap:    func(estate.GapReason, string) { b.Error("a gap") },
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(cells), "ns/cell")
		})
	}
}

func BenchmarkClaims(b *testing.B) {
	data := synthesize(10000, 20, 8, "")[:format.HeadSize]
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if (Reader{}).Claims("a.csv", data) != format.Likely {
			b.Fatal("not claimed")
		}
	}
}
