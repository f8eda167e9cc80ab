// Package typed writes values that a format keeps in binary form as the text that a CSV export would show, so that a column is
// judged alike wherever it comes from: dates and times after ISO 8601, decimals with their point, UUIDs with their hyphens.
//
// All functions append to a slice and allocate nothing else, but for decimals of more than eight bytes.
package typed

import (
	"encoding/binary"
	"math"
	"math/big"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Unit is how many of a clock's ticks make a second.
type Unit int64

// The units of time.
const (
	Seconds Unit = 1
	Millis  Unit = 1e3
	Micros  Unit = 1e6
	Nanos   Unit = 1e9
)

const secondsOfDay = 24 * 60 * 60

// AppendDate writes the day that is so many days after 1970-01-01. A day outside of the years 1 to 9999, which no calendar of
// people has, is written as the bare number.
func AppendDate(dst []byte, days int64) []byte {
	y, m, d, ok := civil(days)
	if !ok {
		return strconv.AppendInt(dst, days, 10)
	}
	dst = append(dst, byte('0'+y/1000), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10), '-')
	dst = append(two(dst, m), '-')
	return two(dst, d)
}

// AppendTime writes a time of day, in ticks since midnight. One that is no time of a day is written as the bare number.
func AppendTime(dst []byte, ticks int64, unit Unit) []byte {
	if ticks < 0 || ticks >= secondsOfDay*int64(unit) {
		return strconv.AppendInt(dst, ticks, 10)
	}
	return clock(dst, ticks/int64(unit), ticks%int64(unit), unit)
}

// AppendTimestamp writes date and time, in ticks since 1970-01-01T00:00:00. One outside of the years 1 to 9999 is written as the
// bare number.
func AppendTimestamp(dst []byte, ticks int64, unit Unit) []byte {
	day := secondsOfDay * int64(unit)
	days, rest := ticks/day, ticks%day
	if rest < 0 {
		days, rest = days-1, rest+day
	}
	if _, _, _, ok := civil(days); !ok {
		return strconv.AppendInt(dst, ticks, 10)
	}
	return clock(append(AppendDate(dst, days), ' '), rest/int64(unit), rest%int64(unit), unit)
}

// clock writes a time of day, with a fraction if there is one.
func clock(dst []byte, s, fraction int64, unit Unit) []byte {
	dst = append(two(dst, s/3600), ':')
	dst = append(two(dst, s/60%60), ':')
	dst = two(dst, s%60)
	if fraction == 0 {
		return dst
	}
	dst = append(dst, '.')
	for u := int64(unit) / 10; u > 0; u /= 10 {
		dst = append(dst, byte('0'+fraction/u%10))
	}
	return dst
}

func two(dst []byte, n int64) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }

// civil turns days since 1970-01-01 into a date of the Gregorian calendar, by counting eras of 400 years that begin on the first
// of March, so that the leap day is a year's last.
func civil(days int64) (y, m, d int64, ok bool) {
	const before, last = 719468, 2932896 // 0000-03-01 to 1970-01-01; 9999-12-31
	if days < -719162 || days > last {
		return 0, 0, 0, false
	}
	days += before
	era := days / 146097
	doe := days % 146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	y, m, d = yoe+era*400, mp+3, doy-(153*mp+2)/5+1
	if m > 12 {
		y, m = y+1, m-12
	}
	return y, m, d, true
}

// MaxScale is how many digits a decimal may have behind its point; a larger scale is no scale.
const MaxScale = 100

// maxDecimal is how many bytes a decimal may have: 76 digits.
const maxDecimal = 32

// AppendDecimal writes unscaled × 10^-scale.
func AppendDecimal(dst []byte, unscaled int64, scale int) []byte {
	from := len(dst)
	return point(strconv.AppendInt(dst, unscaled, 10), from, scale)
}

// AppendBigDecimal writes a decimal whose unscaled value is in two's complement, the most significant byte first. One that is
// longer than any decimal type allows is not written.
func AppendBigDecimal(dst, unscaled []byte, scale int) []byte {
	switch n := len(unscaled); {
	case n == 0 || n > maxDecimal:
		return dst
	case n <= 8:
		v := int64(int8(unscaled[0]))
		for _, c := range unscaled[1:] {
			v = v<<8 | int64(c)
		}
		return AppendDecimal(dst, v, scale)
	}
	v := new(big.Int).SetBytes(unscaled)
	if unscaled[0]&0x80 != 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(unscaled))))
	}
	from := len(dst)
	return point(v.Append(dst, 10), from, scale)
}

// point puts the decimal point into the digits that begin at from.
func point(dst []byte, from, scale int) []byte {
	if scale <= 0 || scale > MaxScale {
		return dst
	}
	if dst[from] == '-' {
		from++
	}
	for len(dst)-from <= scale {
		dst = slices.Insert(dst, from, '0')
	}
	dst = append(dst, 0)
	at := len(dst) - 1 - scale
	copy(dst[at+1:], dst[at:])
	dst[at] = '.'
	return dst
}

// AppendFloat writes a binary floating-point number of 32 or 64 bits in as few digits as tell it from its neighbours. A whole
// number has no point: identifiers that have met a missing value in some programs come as such. What is no number is not written.
func AppendFloat(dst []byte, f float64, bits int) []byte {
	switch a := math.Abs(f); {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return dst
	case a < 1<<53 && f == math.Trunc(f):
		return strconv.AppendInt(dst, int64(f), 10)
	case a >= 1e21 || a < 1e-6:
		return strconv.AppendFloat(dst, f, 'e', -1, bits)
	case bits == 64 && a < 1e11: // most have at most four digits behind the point; fifteen digits tell any two apart
		if n := math.Round(f * 1e4); n/1e4 == f {
			dst = AppendDecimal(dst, int64(n), 4)
			for dst[len(dst)-1] == '0' {
				dst = dst[:len(dst)-1]
			}
			return dst
		}
	}
	return strconv.AppendFloat(dst, f, 'f', -1, bits)
}

// Half gives the value of a 16-bit floating-point number (IEEE 754 binary16).
func Half(h uint16) float64 {
	exponent, fraction := int(h>>10&31), float64(h&1023)
	var f float64
	switch exponent {
	case 0:
		f = math.Ldexp(fraction, -24)
	case 31:
		if f = math.Inf(1); fraction != 0 {
			f = math.NaN()
		}
	default:
		f = math.Ldexp(1024+fraction, exponent-25)
	}
	if h>>15 != 0 {
		f = -f
	}
	return f
}

// AppendUUID writes a UUID of 16 bytes (RFC 9562 section 4).
func AppendUUID(dst []byte, id [16]byte) []byte {
	const hex = "0123456789abcdef"
	for i, c := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, hex[c>>4], hex[c&15])
	}
	return dst
}

// AppendJulian writes a timestamp of 12 bytes as Impala, Hive and early Spark write it: nanoseconds of the day and the Julian
// day number, both with the least significant byte first.
func AppendJulian(dst []byte, v [12]byte) []byte {
	const unix = 2440588 // Julian day of 1970-01-01
	days := int64(int32(binary.LittleEndian.Uint32(v[8:]))) - unix
	nanos := int64(binary.LittleEndian.Uint64(v[:]))
	if _, _, _, ok := civil(days); !ok || nanos < 0 || nanos >= secondsOfDay*int64(Nanos) {
		return dst
	}
	return clock(append(AppendDate(dst, days), ' '), nanos/int64(Nanos), nanos%int64(Nanos), Nanos)
}

// IsText tells whether the bytes of a value whose type does not say so are text: UTF-8 without control characters but blanks.
func IsText(v []byte) bool {
	for i, c := range v {
		switch {
		case c >= utf8.RuneSelf:
			return utf8.Valid(v[i:]) && !control(v[i:])
		case c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f:
			return false
		}
	}
	return true
}

func control(v []byte) bool {
	for _, c := range v {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
			return true
		}
	}
	return false
}
