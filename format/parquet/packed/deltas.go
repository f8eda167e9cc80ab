package packed

import (
	"encoding/binary"

	"github.com/chartroom/chartroom/format"
)

// Deltas reads integers that are written as differences (Encodings.md, "Delta Encoding (DELTA_BINARY_PACKED)"): a head, and
// blocks of miniblocks whose differences to the block's smallest are packed into as few bits as they need.
type Deltas struct {
	s      *Stream
	left   uint64 // values still to come
	per    uint64 // values of a miniblock
	minis  int    // miniblocks of a block
	last   int64  // the value before
	first  bool   // the head's own value is still to come
	min    int64  // smallest difference of the block
	widths []byte
	mini   int    // the next miniblock
	lit    uint64 // differences left in the miniblock
	width  int
	buf    [32]uint64
	at, n  int
	raw    []byte // what was passed, when somebody wants it
	keep   bool
}

// Bounds of the head; writers have 128 values in 4 miniblocks.
const (
	maxBlock = 1 << 16
	maxMinis = 1 << 10
)

// NewDeltas reads the head.
func NewDeltas(s *Stream) (*Deltas, error) {
	d := &Deltas{s: s, first: true}
	return d, d.head()
}

func (d *Deltas) head() error {
	block, err := d.uvarint()
	if err != nil {
		return err
	}
	minis, err := d.uvarint()
	if err != nil {
		return err
	}
	if d.left, err = d.uvarint(); err != nil {
		return err
	}
	first, err := d.uvarint()
	if err != nil {
		return err
	}
	d.last = unzigzag(first)
	if minis == 0 || minis > maxMinis || block > maxBlock || block%minis != 0 || block/minis%8 != 0 || block == 0 {
		return format.Damaged("page: blocks of %d in %d parts", block, minis)
	}
	d.per, d.minis, d.mini = block/minis, int(minis), int(minis)
	return nil
}

func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

func (d *Deltas) uvarint() (uint64, error) {
	v, err := d.s.uvarint()
	if d.keep && err == nil {
		d.raw = binary.AppendUvarint(d.raw, v)
	}
	return v, err
}

func (d *Deltas) Take(n int) ([]byte, error) {
	b, err := d.s.Take(n)
	if d.keep {
		if len(d.raw)+n > MaxSection {
			return nil, format.Damaged("page: over %d MiB of Lengths", MaxSection>>20)
		}
		d.raw = append(d.raw, b...)
	}
	return b, err
}

// Next gives the next integer.
func (d *Deltas) Next() (int64, error) {
	if d.left == 0 {
		return 0, ErrShort
	}
	d.left--
	if d.first {
		d.first = false
		return d.last, nil
	}
	if d.at == d.n {
		if err := d.fill(); err != nil {
			return 0, err
		}
	}
	d.last += d.min + int64(d.buf[d.at])
	d.at++
	return d.last, nil
}

// fill unpacks the next differences.
func (d *Deltas) fill() error {
	if d.lit == 0 {
		if err := d.miniblock(); err != nil {
			return err
		}
	}
	n := int(min(d.lit, uint64(len(d.buf))))
	b, err := d.s.padded(n / 8 * d.width)
	if err != nil {
		return err
	}
	mask := ^uint64(0) >> (64 - d.width)
	for i, bit := 0, 0; i < n; i, bit = i+1, bit+d.width {
		k, shift := bit>>3, bit&7
		v := binary.LittleEndian.Uint64(b[k:]) >> shift
		if d.width+shift > 64 {
			v |= uint64(b[k+8]) << (64 - shift)
		}
		d.buf[i] = v & mask
	}
	d.at, d.n = 0, n
	d.lit -= uint64(n)
	return nil
}

// miniblock begins the next miniblock, and a block before the first.
func (d *Deltas) miniblock() error {
	if d.mini == d.minis {
		smallest, err := d.uvarint()
		if err != nil {
			return err
		}
		widths, err := d.Take(d.minis)
		if err != nil {
			return err
		}
		d.min, d.mini, d.widths = unzigzag(smallest), 0, append(d.widths[:0], widths...)
	}
	d.width = int(d.widths[d.mini])
	if d.width > 64 {
		return format.Damaged("page: numbers of %d bits", d.width)
	}
	d.mini++
	d.lit = d.per
	return nil
}

// Lengths takes a whole run of integers off the stream, and gives it to be read beside what follows.
func Lengths(s *Stream) (*Deltas, error) {
	d := &Deltas{s: s, first: true, keep: true}
	if err := d.head(); err != nil {
		return nil, err
	}
	for d.left > 1 {
		if d.lit == 0 {
			if err := d.miniblock(); err != nil {
				return nil, err
			}
		}
		if _, err := d.Take(int(d.lit) / 8 * d.width); err != nil {
			return nil, err
		}
		d.left -= min(d.left-1, d.lit)
		d.lit = 0
	}
	if s.own != nil {
		if err := s.own(len(d.raw)); err != nil {
			return nil, err
		}
	}
	return NewDeltas(&Stream{buf: d.raw})
}
