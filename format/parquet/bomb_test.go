package parquet

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/parquet/unpack"
	"github.com/chartroom/chartroom/record"
)

// writer writes Thrift's compact protocol: what no library writes, because it would be a lie.
type writer struct {
	b    []byte
	last []int16
}

func (w *writer) begin() { w.last = append(w.last, 0) }

func (w *writer) end() {
	w.b = append(w.b, 0)
	w.last = w.last[:len(w.last)-1]
}

func (w *writer) field(id int16, typ byte) {
	last := &w.last[len(w.last)-1]
	w.b = append(w.b, byte(id-*last)<<4|typ)
	*last = id
}

func (w *writer) int(id int16, v int64) {
	w.field(id, thriftI64)
	w.b = binary.AppendUvarint(w.b, uint64(v<<1)^uint64(v>>63))
}

func (w *writer) text(id int16, s string) {
	w.field(id, thriftBinary)
	w.b = append(binary.AppendUvarint(w.b, uint64(len(s))), s...)
}

func (w *writer) list(id int16, n int) {
	w.field(id, thriftList)
	w.b = binary.AppendUvarint(append(w.b, 0xF0|thriftStruct), uint64(n))
}

func (w *writer) structure(id int16) {
	w.field(id, thriftStruct)
	w.begin()
}

// lie is a file of columns that all have the same pages, in row groups that are all the same.
type lie struct {
	columns, groups int
	rows, values    int64
	physical        physical
	length          int64
	repetition      int64
	codec           unpack.Codec
	pages           []byte
	declared        int64
}

func (l lie) file() []byte {
	w := &writer{b: append([]byte("PAR1"), l.pages...)}
	from := len(w.b)
	w.begin()
	w.int(1, 1)
	w.list(2, 1+l.columns)
	w.begin()
	w.text(4, "schema")
	w.int(5, int64(l.columns))
	w.end()
	for range l.columns {
		w.begin()
		w.int(1, int64(l.physical))
		w.int(2, l.length)
		w.int(3, l.repetition)
		w.text(4, "c")
		w.end()
	}
	w.int(3, l.rows)
	w.list(4, l.groups)
	for range l.groups {
		w.begin()
		w.list(1, l.columns)
		for range l.columns {
			w.begin()
			w.structure(3)
			w.int(1, int64(l.physical))
			w.int(4, int64(l.codec))
			w.int(5, l.values)
			w.int(6, l.declared)
			w.int(9, 4)
			w.end()
			w.end()
		}
		w.int(3, l.rows)
		w.end()
	}
	w.end()
	size := len(w.b) - from
	return append(binary.LittleEndian.AppendUint32(w.b, uint32(size)), "PAR1"...)
}

// lyingPage is a page with its header.
func lyingPage(kind int64, plain int, body []byte, values int64, e encoding) []byte {
	w := &writer{}
	w.begin()
	w.int(1, kind)
	w.int(2, int64(plain))
	w.int(3, int64(len(body)))
	if kind == dictionaryPage {
		w.structure(7)
	} else {
		w.structure(5)
	}
	w.int(1, values)
	w.int(2, int64(e))
	if kind == dataPage {
		w.int(3, int64(runLength))
		w.int(4, int64(runLength))
	}
	w.end()
	w.end()
	return append(w.b, body...)
}

// run is the head of a run of one value.
func run(n uint64) []byte { return binary.AppendUvarint(nil, n<<1) }

func bombs(t *testing.T) map[string]lie {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	const many = 1<<31 - 1
	word := append(binary.LittleEndian.AppendUint32(nil, 1<<20), bytes.Repeat([]byte("a"), 1<<20)...)
	zeros := make([]byte, 64<<20)
	levels := func(n uint64) []byte {
		b := append(run(n), 0)
		return append(binary.LittleEndian.AppendUint32(nil, uint32(len(b))), b...)
	}
	packed := z.EncodeAll(word, nil)
	index := z.EncodeAll(append([]byte{1}, append(run(many), 0)...), nil)
	plainIndex := 2 + len(run(many))
	names := append([]byte{128, 1, 4}, binary.AppendUvarint(nil, 1<<40)...)
	return map[string]lie{
		"one value a thousand million times": {columns: 1, groups: 3, rows: many, values: many, physical: byteArray, codec: unpack.Zstd,
			pages: append(lyingPage(dictionaryPage, len(word), packed, 1, plainValues), lyingPage(dataPage, plainIndex, index, many, rleDictionary)...)},
		"rows of nothing": {columns: 200, groups: 1000, rows: many, values: many, physical: int64s, repetition: 1,
			pages: lyingPage(dataPage, len(levels(many)), levels(many), many, plainValues)},
		"values of no bytes": {columns: 100, groups: 1000, rows: many, values: many, physical: fixed,
			pages: lyingPage(dataPage, 1, []byte{0}, many, plainValues)},
		"zeros": {columns: 100, groups: 1000, rows: 8 << 20, values: 8 << 20, physical: int64s, codec: unpack.Zstd,
			pages: lyingPage(dataPage, len(zeros), z.EncodeAll(zeros, nil), 8<<20, plainValues)},
		"empty texts": {columns: 100, groups: 10, rows: 16 << 20, values: 16 << 20, physical: byteArray, codec: unpack.Snappy,
			pages: lyingPage(dataPage, len(zeros), snappy.Encode(nil, zeros), 16<<20, plainValues)},
		"many columns of large pages": {columns: 3000, groups: 2, rows: 1 << 18, values: 1 << 18, physical: int64s, codec: unpack.Zstd, declared: 8,
			pages: lyingPage(dataPage, 2<<20, z.EncodeAll(zeros[:2<<20], nil), 1<<18, plainValues)},
		"many columns of large dictionaries": {columns: 500, groups: 1, rows: 1 << 20, values: 1 << 20, physical: int32s, codec: unpack.Zstd, declared: 8,
			pages: append(lyingPage(dictionaryPage, 16<<20, z.EncodeAll(zeros[:16<<20], nil), 4<<20, plainValues), lyingPage(dataPage, plainIndex, index, many, rleDictionary)...)},
		"a length without end": {columns: 10, groups: 10, rows: many, values: many, physical: byteArray,
			pages: lyingPage(dataPage, len(names), names, many, deltaBytes)},
		"negative": {columns: 1, groups: 1, rows: -1, values: -1, physical: byteArray, pages: lyingPage(dataPage, -1, nil, -1, plainValues)},
	}
}

// TestBombs checks that files which would become far more than they are end soon, in little memory, and as gaps.
func TestBombs(t *testing.T) {
	for name, l := range bombs(t) {
		t.Run(name, func(t *testing.T) {
			data := l.file()
			var gaps []string
			heap := watchHeap()
			start := time.Now()
			err := Reader{}.Read(context.Background(), format.Input{Size: int64(len(data)), Body: bytes.NewReader(data)}, format.Output{
				Places: &record.Places{}, Batch: func(*record.Batch) error { return nil },
				Inner: func(_, _ string, body io.Reader) error { return nil },
				Gap:   func(r estate.GapReason, detail string) { gaps = append(gaps, string(r)+": "+detail) },
			})
			took := time.Since(start)
			most := heap()
			t.Logf("%d bytes, %v, %d MiB, %v, gaps %v", len(data), took, most>>20, err, gaps[:min(2, len(gaps))])
			if took > 30*time.Second {
				t.Errorf("it took %v", took)
			}
			if most > 200<<20 {
				t.Errorf("the heap grew by %d MiB", most>>20)
			}
			if err == nil && len(gaps) == 0 {
				t.Error("no gap")
			}
			if err != nil && !strings.Contains(err.Error(), format.ErrDamaged.Error()) {
				t.Error(err)
			}
		})
	}
}

// watchHeap looks at the heap, with what is not collected yet, until it is asked how far it grew.
func watchHeap() (grown func() int64) {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	base, stop, most := stats.HeapAlloc, make(chan struct{}), make(chan uint64)
	go func() {
		var seen uint64
		for {
			var stats runtime.MemStats
			runtime.ReadMemStats(&stats)
			seen = max(seen, stats.HeapAlloc)
			select {
			case <-stop:
				most <- seen
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() int64 {
		close(stop)
		return int64(<-most) - int64(base)
	}
}
