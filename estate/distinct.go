package estate

import (
	"math"
	"math/bits"
	"slices"
)

// Registers of a Distinct: 2,048 of them give a standard error of 1.04/sqrt(2048) = 2.3 %.
const (
	registerBits = 11
	registers    = 1 << registerBits
	exactHashes  = 16 // up to so many hashes are kept themselves
)

// Distinct counts distinct hashes: exactly up to 16, beyond that by a HyperLogLog (Flajolet and others 2007) with linear
// counting for small numbers. It is small and cheap, because a wide item has one for each field. The zero Distinct is ready.
type Distinct struct {
	register *[registers]uint8
	lowest   uint64 // what follows the first bits of a hash must be at most this to raise any register
	atLowest int    // registers that are as low as that
	few      []uint64
}

// Add counts a hash. All 64 bits of it must be well mixed, but for the two lowest. The more were counted, the fewer still
// change anything, and those that cannot are told without a look at the registers.
func (d *Distinct) Add(h uint64) {
	if d.register == nil || Rest(h) <= d.lowest {
		d.add(h)
	}
}

// Rest are the bits of a hash behind those that choose its register, and a one behind them.
func Rest(h uint64) uint64 { return h<<registerBits | 1<<(registerBits-1) }

// Bar is what Rest of a hash must not exceed to change the count. It only ever falls, so whoever counts one hash in many
// places need not ask each of them.
func (d *Distinct) Bar() uint64 {
	if d.register == nil {
		return math.MaxUint64
	}
	return d.lowest
}

// Merge adds all that another has counted.
func (d *Distinct) Merge(o *Distinct) {
	for _, h := range o.few {
		d.Add(h)
	}
	if o.register == nil {
		return
	}
	if d.register == nil {
		few := d.few
		*d = Distinct{register: new([registers]uint8)}
		*d.register = *o.register
		d.raise()
		for _, h := range few {
			d.enter(h)
		}
		return
	}
	for i, r := range o.register {
		d.register[i] = max(d.register[i], r)
	}
	d.raise()
}

func (d *Distinct) add(h uint64) {
	if d.register == nil {
		if slices.Contains(d.few, h) {
			return
		}
		if len(d.few) < exactHashes {
			d.few = append(d.few, h)
			return
		}
		d.register, d.lowest, d.atLowest = new([registers]uint8), math.MaxUint64, registers
		for _, old := range d.few {
			d.enter(old)
		}
		d.few = nil
	}
	d.enter(h)
}

// enter notes in the register that the first bits choose how many zeros the others begin with.
func (d *Distinct) enter(h uint64) {
	r := &d.register[h>>(64-registerBits)]
	zeros := uint8(bits.LeadingZeros64(Rest(h))) + 1
	if zeros <= *r {
		return
	}
	was := *r
	*r = zeros
	if d.lowest == math.MaxUint64>>was {
		if d.atLowest--; d.atLowest == 0 {
			d.raise()
		}
	}
}

// raise finds the lowest registers anew.
func (d *Distinct) raise() {
	low := slices.Min(d.register[:])
	d.lowest, d.atLowest = math.MaxUint64>>low, 0
	for _, r := range d.register {
		if r == low {
			d.atLowest++
		}
	}
}

// Count estimates how many different hashes were added.
func (d *Distinct) Count() int64 {
	if d == nil {
		return 0
	}
	if d.register == nil {
		return int64(len(d.few))
	}
	sum, empty := 0.0, 0
	for _, r := range d.register {
		sum += math.Exp2(-float64(r))
		if r == 0 {
			empty++
		}
	}
	const m = float64(registers)
	estimate := 0.7213 / (1 + 1.079/m) * m * m / sum
	if estimate <= 2.5*m && empty > 0 {
		estimate = m * math.Log(m/float64(empty))
	}
	return round(estimate)
}
