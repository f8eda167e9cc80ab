package linear

import (
	"fmt"
	"testing"

	"github.com/chartroom/chartroom/estate/packed"
)

// TestVeiledCountersCountTheSame: united from their states they count what they count themselves, and without the secret their bits
// stand elsewhere.
func TestVeiledCountersCountTheSame(t *testing.T) {
	veil, other := NewVeil([32]byte{1}), NewVeil([32]byte{2})
	for _, n := range []int{0, 1, 30, 300, 900} {
		var a, b, both, joined Counter
		for i := range n {
			a.Add(fmt.Append(nil, i))
			b.Add(fmt.Append(nil, i+n/2))
		}
		both.Unite(&a)
		both.Unite(&b)
		for _, c := range []*Counter{&a, &b} {
			state := c.AppendState(nil, veil)
			r := packed.NewReader(state)
			var read Counter
			if read.ReadState(r); !r.Done() {
				t.Fatal("it is not read as it was written")
			}
			joined.Unite(&read)
			if n > 0 && string(state) == string(c.AppendState(nil, other)) {
				t.Error("another secret gives the same")
			}
		}
		if joined.Count() != both.Count() {
			t.Errorf("%d values: %d, not %d", n, joined.Count(), both.Count())
		}
	}
}
