package formattest

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/record"
)

// Repeat is a body that says the same again and again, up to a size in bytes: for inputs that no test could hold.
type Repeat struct {
	First []byte // said once, before
	Data  []byte
	Size  int64

	read int64
}

// Read fills p.
func (r *Repeat) Read(p []byte) (int, error) {
	if r.read >= r.Size {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), r.Size-r.read)]
	n := 0
	if r.read < int64(len(r.First)) {
		n = copy(p, r.First[r.read:])
	}
	for n < len(p) {
		at := (r.read + int64(n) - int64(len(r.First))) % int64(len(r.Data))
		n += copy(p[n:], r.Data[at:])
	}
	r.read += int64(n)
	return n, nil
}

// head gives the beginning without reading.
func (r *Repeat) head() []byte {
	twin := &Repeat{First: r.First, Data: r.Data, Size: min(r.Size, format.HeadSize)}
	var b bytes.Buffer
	b.ReadFrom(twin)
	return b.Bytes()
}

// Bounded reads the body to its end and fails the test when the heap grows by more than limit bytes while it does, or
// when a batch is over its bounds. It gives the number of records and cells, and the reader's error.
func Bounded(t *testing.T, r format.Reader, name string, body *Repeat, limit uint64) (records, cells int64, err error) {
	t.Helper()
	in := format.Input{Name: name, Size: body.Size, Head: body.head(), Body: body}
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	start, most, batches := stats.HeapAlloc, uint64(0), 0
	places := &record.Places{}
	err = r.Read(context.Background(), in, format.Output{
		Places: places,
		Batch: func(b *record.Batch) error {
			if b.Size() > MaxBatch || len(b.Cells) > MaxCells {
				t.Errorf("a batch of %d bytes and %d cells", b.Size(), len(b.Cells))
			}
			records, cells = records+int64(b.Len()), cells+int64(len(b.Cells))
			if batches++; batches%64 == 1 {
				runtime.GC()
				runtime.ReadMemStats(&stats)
				most = max(most, stats.HeapAlloc)
			}
			return nil
		},
		Inner: func(_, _ string, body io.Reader) error {
			_, err := io.Copy(io.Discard, body)
			return err
		},
		Gap: func(estate.GapReason, string) {},
	})
	if most > start+limit {
		t.Errorf("the heap grew by %d MiB, more than %d", (most-start)>>20, limit>>20)
	}
	return records, cells, err
}

// odd gives the bytes in pieces of 1, 7, 4093, 2, ... bytes, with empty reads between.
type odd struct {
	r io.Reader
	i int
}

func (o *odd) Read(p []byte) (int, error) {
	sizes := [...]int{1, 7, 4093, 2, 0, 65536, 3}
	n := sizes[o.i%len(sizes)]
	o.i++
	return o.r.Read(p[:min(n, len(p))])
}

// after does something once n bytes went through.
type after struct {
	r    io.Reader
	n    int
	then func()
}

func (a *after) Read(p []byte) (int, error) {
	n, err := a.r.Read(p)
	if a.n > 0 {
		if a.n -= n; a.n <= 0 {
			a.then()
		}
	}
	return n, err
}
