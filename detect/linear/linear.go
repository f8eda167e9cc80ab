// Package linear counts different values in 1,024 bits, by linear counting (Whang, Vander-Zanden and Taylor 1990). No value is kept, but the bits
// that values set tell something of them: those that leave the machine are put in another order (Veil).
package linear

import (
	"encoding/binary"
	"math"
	"math/bits"
	"math/rand/v2"

	"github.com/chartroom/chartroom/estate/packed"
)

// size is how many bits there are.
const size = 1024

// Counter counts different values: about 5 % off at 600 of them. The zero Counter is ready.
type Counter struct{ bits [size / 64]uint64 }

// Add counts a value by its hash (FNV-1a, mixed).
func (d *Counter) Add(v []byte) {
	h := uint64(0xcbf29ce484222325)
	for _, c := range v {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	h ^= h >> 32
	h *= 0x9e3779b97f4a7c15
	h >>= 54
	d.bits[h>>6] |= 1 << (h & 63)
}

// Count estimates how many different values were counted.
func (d *Counter) Count() int {
	zero := 0
	for _, w := range d.bits {
		zero += bits.OnesCount64(^w)
	}
	return estimates[zero]
}

// estimates is -m ln(zeros/m) for m = 1024.
var estimates = func() (t [size + 1]int) {
	const m = float64(size)
	for z := range t {
		t[z] = int(m*math.Log(m/max(float64(z), 0.5)) + 0.5)
	}
	return t
}()

// Unite adds the values of another.
func (d *Counter) Unite(o *Counter) {
	for i := range d.bits {
		d.bits[i] |= o.bits[i]
	}
}

// Veil is an order of the bits. Counters in the same order can be united, and count the same.
type Veil [size]uint16

// NewVeil shuffles the bits by a secret.
func NewVeil(secret [32]byte) *Veil {
	v := &Veil{}
	for i := range v {
		v[i] = uint16(i)
	}
	rand.New(rand.NewChaCha8(secret)).Shuffle(len(v), func(i, j int) { v[i], v[j] = v[j], v[i] })
	return v
}

// few bits are written one by one.
const few = size / 16

// AppendState writes the bits in the order of a veil.
func (d *Counter) AppendState(b []byte, veil *Veil) []byte {
	var veiled Counter
	set := uint64(0)
	for i, at := range veil {
		if d.bits[i>>6]>>(i&63)&1 != 0 {
			veiled.bits[at>>6] |= 1 << (at & 63)
			set++
		}
	}
	b = binary.AppendUvarint(b, set)
	if set > few {
		for _, w := range veiled.bits {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
		return b
	}
	for i := range size {
		if veiled.bits[i>>6]>>(i&63)&1 != 0 {
			b = binary.LittleEndian.AppendUint16(b, uint16(i))
		}
	}
	return b
}

// ReadState reads what AppendState wrote.
func (d *Counter) ReadState(r *packed.Reader) {
	set := r.Uint(size)
	if set > few {
		for i := range d.bits {
			d.bits[i] = r.Uint64()
		}
		return
	}
	for range set {
		if b := r.Take(2); b != nil {
			at := binary.LittleEndian.Uint16(b) % size
			d.bits[at>>6] |= 1 << (at & 63)
		}
	}
}
