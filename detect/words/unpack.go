package words

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the tables
	"encoding/binary"
	"io"

	"github.com/chartroom/chartroom/phi"
)

//go:generate go run ./gen -from ../../../shared/codes

//go:embed data/words.gz
var packed []byte

// unpack reads data/words.gz, which gen wrote:
//
//	n      uint32 little-endian, number of strings
//	m      uint32, length of the strings' section
//	m      bytes: the folded strings ascending, each as (length shared with the one before, length of the rest, the rest)
//	n*4    bytes: the entries, all lowest bytes first
//	100000 bytes: State of each ZIP code, 255 = none
//	1000   bytes: State of the first three digits
//	1000   bytes: State of the area code plus 1, 0 = not assigned
//
// The file is part of the program, so a fault in it is a fault of the build: it panics at the first use, which a test is.
func unpack() *Tables {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic("words: " + err.Error())
	}
	b, err := io.ReadAll(z)
	if err != nil {
		panic("words: " + err.Error())
	}
	n, m := int(binary.LittleEndian.Uint32(b)), int(binary.LittleEndian.Uint32(b[4:]))
	b = b[8:]
	t := &Tables{slots: make([]slot, 1<<slotBits)}
	t.fill(b[:m], b[m:m+4*n], n)
	b = b[m+4*n:]
	t.zip = make([]phi.State, 100000)
	for i := range t.zip {
		t.zip[i] = phi.State(b[i])
	}
	b = b[100000:]
	for i := range t.zip3 {
		t.zip3[i] = phi.State(b[i])
		if a := b[1000+i]; a > 0 {
			t.area[i] = area{true, phi.State(a - 1)}
		}
	}
	return t
}

// fill puts n front-coded strings and their entries into the hash table.
func (t *Tables) fill(keys, entries []byte, n int) {
	var key [256]byte
	for i := range n {
		shared, rest := int(keys[0]), int(keys[1])
		copy(key[shared:], keys[2:2+rest])
		keys = keys[2+rest:]
		e := Entry(entries[i]) | Entry(entries[n+i])<<8 | Entry(entries[2*n+i])<<16 | Entry(entries[3*n+i])<<24
		t.put(hash(key[:shared+rest]), e)
	}
}

func (t *Tables) put(h uint64, e Entry) {
	i := h & (1<<slotBits - 1)
	for t.slots[i].tag != 0 {
		i = (i + 1) & (1<<slotBits - 1)
	}
	t.slots[i] = slot{uint32(h>>32) | 1, e}
}
