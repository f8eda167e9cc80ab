// Package number shows the numbers of a workbook as its program does: a sheet keeps a date as the number of days since some other
// day, and a ZIP code, telephone number or social security number without its leading zeros and hyphens. What it is, only the
// number format of the cell's style says (ISO/IEC 29500-1, 18.8.30 and 18.8.31).
package number

import (
	"bytes"
	"math"
	"strconv"

	"github.com/chartroom/chartroom/format/typed"
)

// shown is how a number is shown.
type shown uint8

const (
	asNumber shown = iota
	asDate
	asTime
	asMoment // date and time
	asMask   // digits between other characters, as of telephone and social security numbers
)

// Format is what a style makes of a number. The zero Format shows it as it is.
type Format struct {
	shown shown
	code  []byte // of a mask
}

// System is how a workbook counts its days (18.17.4.1).
type System uint8

// The systems.
const (
	Since1900 System = iota // from 1 January 1900, with a 29 February that there was not
	Since1904               // from 1 January 1904
)

// BuiltIn gives the format of a number that needs no code (18.8.30), those of East Asia among them.
func BuiltIn(id int) Format {
	return Format{shown: builtIn(id)}
}

func builtIn(id int) shown {
	switch {
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id == 57, id == 58:
		return asDate
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id == 45, id == 47, id == 55, id == 56:
		return asTime
	case id == 22:
		return asMoment
	}
	return asNumber
}

// Of reads a format's code (18.8.31), and keeps it: a date has days, months or years outside of what is quoted, a mask has nothing but
// digits that are always shown and what stands between.
func Of(code []byte) Format {
	day, clock, months, zeros, digits, between, other := false, false, false, 0, 0, false, false
	section, _ := cutSection(code)
	for i := 0; i < len(section); i++ {
		switch c := section[i] | 0x20; {
		case section[i] == '"':
			end := bytes.IndexByte(section[i+1:], '"')
			if end < 0 {
				end = len(section) - i - 2
			}
			i += end + 1
			between = true
		case section[i] == '\\' || section[i] == '_' || section[i] == '*':
			between = between || section[i] == '\\'
			i++
		case section[i] == '[':
			end := bytes.IndexByte(section[i:], ']')
			if end < 0 {
				return Format{}
			}
			if end == 2 && (c|0x20) != 0 && bytes.IndexByte([]byte("hms"), section[i+1]|0x20) >= 0 {
				return Format{} // elapsed time
			}
			i += end
		case c == 'y' || c == 'd':
			day = true
		case c == 'm':
			months = true
		case c == 'h' || c == 's':
			clock = true
		case section[i] == '0':
			zeros++
			digits++
		case section[i] == '#':
			digits++
		case section[i] == '-' || section[i] == ' ' || section[i] == '(' || section[i] == ')' || section[i] == '/':
			between = between || digits > 0
		default:
			other = true
		}
	}
	switch {
	case day && clock:
		return Format{shown: asMoment}
	case day || months && !clock && digits == 0:
		return Format{shown: asDate}
	case clock:
		return Format{shown: asTime}
	case !other && digits > 0 && (zeros > 1 || between && digits > 4):
		return Format{asMask, code}
	}
	return Format{}
}

// cutSection parts a code at its first semicolon that is not quoted.
func cutSection(code []byte) (section, rest []byte) {
	quoted := false
	for i := 0; i < len(code); i++ {
		switch {
		case code[i] == '"':
			quoted = !quoted
		case code[i] == '\\':
			i++
		case code[i] == ';' && !quoted:
			return code[:i], code[i+1:]
		}
	}
	return code, nil
}

// Append appends a number as the format shows it: dates as ISO 8601 has them, masks with their leading zeros, all else as it is.
func (f *Format) Append(to, v []byte, system System) []byte {
	if f.shown == asNumber {
		return Plain(to, v)
	}
	n, err := strconv.ParseFloat(string(v), 64)
	if err != nil || !(n >= 0) {
		return append(to, v...)
	}
	if f.shown == asMask {
		if n != math.Trunc(n) || n >= 1e15 {
			return append(to, v...)
		}
		return appendMask(to, uint64(n), f.code)
	}
	if n >= 2958466 { // behind 9999-12-31
		return append(to, v...)
	}
	return appendSerial(to, n, f.shown, system)
}

// Plain appends a number without a format; a whole one with an exponent is written out, as a record number is.
func Plain(to, v []byte) []byte {
	if bytes.IndexByte(v, 'E') > 0 {
		if n, err := strconv.ParseFloat(string(v), 64); err == nil && n == math.Trunc(n) && math.Abs(n) < 1e18 {
			return strconv.AppendInt(to, int64(n), 10)
		}
	}
	return append(to, v...)
}

// appendMask puts a number's digits into a format's places, from the right.
func appendMask(to []byte, n uint64, code []byte) []byte {
	section := choose(code, n)
	from := len(to)
	for i := len(section) - 1; i >= 0; i-- {
		c := section[i]
		switch {
		case i > 0 && section[i-1] == '\\':
			i--
			to = append(to, c)
		case c == '0' || c == '#' && n > 0:
			to = append(to, byte('0'+n%10))
			n /= 10
			if !bytes.ContainsAny(section[:i], "0#") {
				for ; n > 0; n /= 10 {
					to = append(to, byte('0'+n%10))
				}
			}
		case c == ']':
			i = max(0, bytes.LastIndexByte(section[:i], '['))
		case c == '"':
			start := bytes.LastIndexByte(section[:i], '"')
			for k := i - 1; k > start; k-- {
				to = append(to, section[k])
			}
			i = max(0, start)
		case c == '-' || c == ' ' || c == '(' || c == ')' || c == '/':
			to = append(to, c)
		}
	}
	for a, b := from, len(to)-1; a < b; a, b = a+1, b-1 {
		to[a], to[b] = to[b], to[a]
	}
	return to
}

// choose gives the section of a code for a number: the second where the first has a condition, such as [<=9999999], that it does
// not meet.
func choose(code []byte, n uint64) []byte {
	section, rest := cutSection(code)
	if len(section) < 3 || section[0] != '[' || section[1] != '<' || len(rest) == 0 {
		return section
	}
	end := bytes.IndexByte(section, ']')
	limit, err := strconv.ParseUint(string(bytes.Trim(section[1:max(end, 1)], "<=")), 10, 63)
	if err != nil || n <= limit {
		return section
	}
	section, _ = cutSection(rest)
	return section
}

// Days from the systems' day 0 to 1970-01-01; before the day of 1900 that there was not, one less.
const (
	days1900 = 25569
	days1904 = 24107
	noDay    = 60
)

// appendSerial writes a serial date: days since the system's day 0, and the time as a part of a day.
func appendSerial(to []byte, n float64, as shown, system System) []byte {
	serial := int64(n)
	seconds := int64(math.Round((n - math.Floor(n)) * 86400))
	days := serial - days1900
	switch {
	case system == Since1904:
		days = serial - days1904
	case serial < noDay:
		days++
	}
	switch {
	case as == asTime && serial == 0 && seconds < 86400:
		return typed.AppendTime(to, seconds, typed.Seconds)
	case seconds == 0 && as != asTime:
		return typed.AppendDate(to, days)
	}
	return typed.AppendTimestamp(to, days*86400+seconds, typed.Seconds)
}
