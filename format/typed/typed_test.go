package typed

import (
	"encoding/binary"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestDatesAgreeWithTime compares dates and times with those of the standard library.
func TestDatesAgreeWithTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.Int64Range(-62135596800, 253402300799).Draw(t, "seconds")
		us := rapid.SampledFrom([]int64{0, 1, 999_999, 500_000, 120}).Draw(t, "micros")
		when := time.Unix(s, us*1000).UTC()
		if got, want := string(AppendDate(nil, floor(s, secondsOfDay))), when.Format("2006-01-02"); got != want {
			t.Fatalf("date %s, want %s", got, want)
		}
		want := when.Format("2006-01-02 15:04:05")
		if us != 0 {
			want = when.Format("2006-01-02 15:04:05.000000")
		}
		if got := string(AppendTimestamp(nil, s*1e6+us, Micros)); got != want {
			t.Fatalf("timestamp %s, want %s", got, want)
		}
		if got := string(AppendTime(nil, (s-floor(s, secondsOfDay)*secondsOfDay)*1e6+us, Micros)); got != want[11:] {
			t.Fatalf("time %s, want %s", got, want[11:])
		}
	})
}

func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func TestDecimalsAgreeWithBig(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOfN(rapid.Byte(), 1, maxDecimal).Draw(t, "unscaled")
		scale := rapid.IntRange(0, 40).Draw(t, "scale")
		n := new(big.Int).SetBytes(v)
		if v[0]&0x80 != 0 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(v))))
		}
		want := new(big.Rat).SetFrac(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)).FloatString(scale)
		if n.Sign() == 0 {
			want = strings.TrimPrefix(want, "-")
		}
		if got := string(AppendBigDecimal(nil, v, scale)); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	})
}

// TestFloatsAgreeWithStrconv compares numbers of all sizes, and those of few digits, with the standard library's.
func TestFloatsAgreeWithStrconv(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64Range(-1e20, 1e20).Draw(t, "number")
		if rapid.Bool().Draw(t, "few digits") {
			f = float64(rapid.Int64Range(-1e15, 1e15).Draw(t, "digits")) / math.Pow10(rapid.IntRange(1, 8).Draw(t, "point"))
		}
		if math.Abs(f) < 1e-6 {
			return
		}
		if got, want := string(AppendFloat(nil, f, 64)), strconv.FormatFloat(f, 'f', -1, 64); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	})
}

func TestAsText(t *testing.T) {
	for _, c := range []struct {
		what string
		got  []byte
		want string
	}{
		{"date before the epoch", AppendDate(nil, -1), "1969-12-31"},
		{"leap day", AppendDate(nil, 11016), "2000-02-29"},
		{"no date", AppendDate(nil, math.MaxInt64), "9223372036854775807"},
		{"no time", AppendTime(nil, -5, Millis), "-5"},
		{"millis", AppendTime(nil, 3723004, Millis), "01:02:03.004"},
		{"no timestamp", AppendTimestamp(nil, math.MinInt64, Seconds), "-9223372036854775808"},
		{"nanos", AppendTimestamp(nil, -1, Nanos), "1969-12-31 23:59:59.999999999"},
		{"decimal", AppendDecimal([]byte("x"), -5, 2), "x-0.05"},
		{"whole decimal", AppendDecimal(nil, 5, 0), "5"},
		{"absurd scale", AppendDecimal(nil, 5, 1<<30), "5"},
		{"decimal too long", AppendBigDecimal(nil, make([]byte, 33), 0), ""},
		{"whole float", AppendFloat(nil, 100201, 64), "100201"},
		{"single", AppendFloat(nil, float64(float32(0.1)), 32), "0.1"},
		{"small", AppendFloat(nil, 1e-9, 64), "1e-09"},
		{"large", AppendFloat(nil, 1e300, 64), "1e+300"},
		{"no number", AppendFloat(nil, math.NaN(), 64), ""},
		{"half", AppendFloat(nil, Half(0xC100), 32), "-2.5"},
		{"smallest half", AppendFloat(nil, Half(1)*(1<<24), 32), "1"},
		{"infinite half", AppendFloat(nil, Half(0x7C00), 32), ""},
		{"uuid", AppendUUID(nil, [16]byte{1, 2, 3, 15: 255}), "01020300-0000-0000-0000-0000000000ff"},
		{"julian", AppendJulian(nil, julian(2440589, 1)), "1970-01-02 00:00:00.000000001"},
		{"no julian", AppendJulian(nil, julian(0, 0)), ""},
	} {
		if string(c.got) != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
}

func julian(day uint32, nanos uint64) (v [12]byte) {
	binary.LittleEndian.PutUint64(v[:], nanos)
	binary.LittleEndian.PutUint32(v[8:], day)
	return v
}

func TestIsText(t *testing.T) {
	for v, want := range map[string]bool{"": true, "Ada\tByron\n": true, "Zoë": true, "\x00": false, "a\x7f": false, "Zo\xeb": false, "ë\x01": false} {
		if IsText([]byte(v)) != want {
			t.Errorf("%q: %v", v, !want)
		}
	}
}

// FuzzDecimal checks that no value and no scale make it panic or grow.
func FuzzDecimal(f *testing.F) {
	f.Add([]byte{0x80, 0, 0}, 2)
	f.Fuzz(func(t *testing.T, v []byte, scale int) {
		if n := len(AppendBigDecimal(nil, v, scale)); n > 3*maxDecimal+MaxScale {
			t.Errorf("%d bytes", n)
		}
	})
}
