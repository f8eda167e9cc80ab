package ident

import "github.com/chartroom/chartroom/phi"

func dateDetectors() []Detector {
	return []Detector{
		{"date", phi.Date, "ISO 8601; HL7 v2.9 2.A.21; X12 D8; common US forms", Date,
			[]string{"2024-02-29", "2024-02-29T10:15:30Z", "2024-02-29 10:15:30.123", "2024-02-29T10:15:30-05:00", "20240229", "202402291015", "20240229101530-0500", "02/29/2024", "2/9/24", "29.02.2024",
				"29-FEB-2024", "29FEB2024", "Feb 29, 2024", "February 29, 2024", "29 February 2024", "2024/02/29", "2024-02", "2/9/2024 10:15 PM", "29-Feb-24", "01Feb1950:00:00:00", "Thu Feb 29 10:15:30 2024"},
			[]string{"2023-02-29", "2024-13-01", "1900-01-01", "9999-12-31", "1970-01-01", "2024", "12:30", "1.2.2024.5", "31/31/2024", "20241301", "123456", "2024-02-2a", "May", "3500-01-01", "1-2-3", "12345678901234", ""}},
	}
}

// Order is in what order a date's elements stand.
type Order uint8

// The orders. MonthOrDay: two numbers of twelve or less, so either may be the month.
const (
	YearFirst Order = iota
	MonthFirst
	DayFirst
	MonthOrDay
)

// Day is a date as written. Month and Day are 0 where they are not given; in MonthOrDay the first is taken for the month.
type Day struct {
	Year       int
	Month, Day uint8
	Order      Order
	Time       bool // a time of day follows
	Short      bool // the year had two digits
}

// Date grades a date. A year alone, a filler (1900-01-01, 1970-01-01, 9999-12-31 and the like) and a date no calendar
// has are Plausible. Years from 1800 to 2200 are Valid.
func Date(b []byte) Grade {
	_, g := ReadDate(b)
	return g
}

// ReadDate grades a date and gives what it says.
func ReadDate(b []byte) (Day, Grade) {
	if len(b) >= 10 && b[4] == '-' && b[7] == '-' {
		if d, ok := isoDay(b); ok && (len(b) == 10 || clock(b[10:])) {
			d.Time = len(b) > 10
			return d, d.grade()
		}
	}
	if len(b) < 4 || len(b) > 40 {
		return Day{}, Bad
	}
	var d Day
	var rest []byte
	var ok bool
	switch {
	case letter(b[0]):
		d, rest, ok = nameFirst(b)
	case !digit(b[0]):
		return d, Bad
	default:
		d, rest, ok = numberFirst(b)
	}
	if !ok {
		return d, Bad
	}
	if len(rest) > 0 {
		if !clock(rest) {
			return d, Bad
		}
		d.Time = true
	}
	return d, d.grade()
}

// isoDay reads YYYY-MM-DD, the most frequent form, at once.
func isoDay(b []byte) (Day, bool) {
	y, m, d := [4]byte(b[:4]), [2]byte(b[5:7]), [2]byte(b[8:10])
	for i := range y {
		y[i] -= '0'
	}
	m[0], m[1], d[0], d[1] = m[0]-'0', m[1]-'0', d[0]-'0', d[1]-'0'
	if y[0] > 9 || y[1] > 9 || y[2] > 9 || y[3] > 9 || m[0] > 1 || m[1] > 9 || d[0] > 3 || d[1] > 9 {
		return Day{}, false
	}
	day := Day{Year: int(y[0])*1000 + int(y[1])*100 + int(y[2])*10 + int(y[3]), Month: m[0]*10 + m[1], Day: d[0]*10 + d[1]}
	return day, day.Month > 0 && day.Day > 0
}

// grade judges the calendar and the fillers.
func (d *Day) grade() Grade {
	switch {
	case d.Month == 0:
		if d.Year >= 1800 && d.Year <= 2200 {
			return Plausible
		}
		return Bad
	case d.Month > 12 || d.Day > 31:
		return Bad
	case d.Day > 28 && d.Day > monthDays(d.Year, d.Month):
		return Plausible
	case d.Year < 1800 || d.Year > 2200:
		if d.Year == 9999 || d.Year == 1111 || d.Year == 1 {
			return Plausible
		}
		return Bad
	}
	switch d.Year*10_000 + int(d.Month)*100 + int(d.Day) {
	case 19000101, 18001228, 18991230, 18991231, 19010101, 19700101, 20991231, 22000101:
		return Plausible
	}
	return Valid
}

// monthDays is how many days a month has.
func monthDays(year int, month uint8) uint8 {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// run gives the length of the digits at the beginning, at most 15.
func run(b []byte) int {
	n := 0
	for n < len(b) && n < 15 && digit(b[n]) {
		n++
	}
	return n
}

// numberFirst reads the forms that begin with a digit, and gives what stands behind the date.
func numberFirst(b []byte) (Day, []byte, bool) {
	n := run(b)
	if n == len(b) {
		return compact(b)
	}
	sep := b[n]
	if letter(sep) && sep != 'T' {
		return dayName(b, n, n)
	}
	if n == 4 {
		return yearFirst(b)
	}
	if n == 8 || n == 12 || n == 14 {
		d, _, ok := compact(b[:n])
		rest := b[n:]
		if n > 8 {
			d.Time = true
			return d, nil, ok && zone(rest)
		}
		return d, rest, ok && (sep == 'T' || sep == ' ' || sep == ':')
	}
	if n > 2 || n == 0 || len(b) < n+2 {
		return Day{}, nil, false
	}
	if letter(b[n+1]) {
		return dayName(b, n, n+1)
	}
	return dayMonth(b, n, sep)
}

// compact reads YYYY, YYYYMMDD, and with a time YYYYMMDDHHMM and YYYYMMDDHHMMSS, of digits alone.
func compact(b []byte) (Day, []byte, bool) {
	var d Day
	switch len(b) {
	case 4:
		d.Year = number(b)
		return d, nil, true
	case 12, 14:
		if number(b[8:10]) > 23 || number(b[10:12]) > 59 || len(b) == 14 && number(b[12:]) > 59 {
			return d, nil, false
		}
		d.Time = true
	case 8:
	default:
		return d, nil, false
	}
	d.Year, d.Month, d.Day = number(b[:4]), uint8(number(b[4:6])), uint8(number(b[6:8]))
	return d, nil, d.Month > 0 && d.Day > 0 && d.Day <= monthDays(d.Year, d.Month)
}

// yearFirst reads YYYY-MM and YYYY-MM-DD, with hyphens, slashes or dots.
func yearFirst(b []byte) (Day, []byte, bool) {
	d := Day{Year: number(b[:4])}
	sep := b[4]
	if sep != '-' && sep != '/' && sep != '.' {
		return d, nil, false
	}
	rest := b[5:]
	n := run(rest)
	if n == 0 || n > 2 {
		return d, nil, false
	}
	d.Month = uint8(number(rest[:n]))
	rest = rest[n:]
	if len(rest) == 0 {
		return d, nil, n == 2 && sep == '-' && d.Month > 0
	}
	if rest[0] != sep {
		return d, nil, false
	}
	rest = rest[1:]
	n = run(rest)
	if n == 0 || n > 2 {
		return d, nil, false
	}
	d.Day = uint8(number(rest[:n]))
	return d, rest[n:], d.Month > 0 && d.Day > 0
}

// dayMonth reads MM/DD/YYYY and DD.MM.YYYY, with years of two digits or four.
func dayMonth(b []byte, n int, sep byte) (Day, []byte, bool) {
	var d Day
	if sep != '/' && sep != '-' && sep != '.' {
		return d, nil, false
	}
	a := number(b[:n])
	rest := b[n+1:]
	n2 := run(rest)
	if n2 == 0 || n2 > 2 || len(rest) <= n2 || rest[n2] != sep {
		return d, nil, false
	}
	m := number(rest[:n2])
	rest = rest[n2+1:]
	n3 := run(rest)
	if n3 != 4 && n3 != 2 || n3 == 2 && sep != '/' && (n != 2 || n2 != 2) {
		return d, nil, false
	}
	d.year(rest[:n3])
	switch {
	case a > 12:
		a, m, d.Order = m, a, DayFirst
	case m > 12:
		d.Order = MonthFirst
	default:
		d.Order = MonthOrDay
	}
	d.Month, d.Day = uint8(a), uint8(m)
	return d, rest[n3:], d.Month > 0 && d.Day > 0 && a <= 12 && m <= 31
}

// year reads two digits or four. Two digits are read into the hundred years up to 2030.
func (d *Day) year(b []byte) {
	d.Year = number(b)
	if len(b) == 2 {
		d.Short = true
		d.Year += 1900
		if d.Year <= 1930 {
			d.Year += 100
		}
	}
}

// dayName reads 29-FEB-2024, 29FEB2024 and 29 February 2024: n digits, the name from at.
func dayName(b []byte, n, at int) (Day, []byte, bool) {
	d := Day{Order: DayFirst}
	if n > 2 || n == 0 {
		return d, nil, false
	}
	d.Day = uint8(number(b[:n]))
	month, size := monthName(b[at:])
	if month == 0 {
		return d, nil, false
	}
	d.Month = month
	rest := b[at+size:]
	if len(rest) > 0 && (rest[0] == '-' || rest[0] == ' ' || rest[0] == '/' || rest[0] == ',') {
		rest = Trim(rest[1:])
	}
	y := run(rest)
	if y != 4 && y != 2 {
		return d, nil, false
	}
	d.year(rest[:y])
	return d, rest[y:], d.Day > 0
}

// nameFirst reads Feb 29, 2024 and the C library's Thu Feb 29 10:15:30 2024, with the weekday or without.
func nameFirst(b []byte) (Day, []byte, bool) {
	d := Day{Order: MonthFirst}
	month, size := monthName(b)
	if month == 0 { // a weekday may stand before
		i := 0
		for i < len(b) && letter(b[i]) {
			i++
		}
		if i < 3 || i+2 >= len(b) || !weekday(b[:3]) {
			return d, nil, false
		}
		for i < len(b) && (b[i] == ',' || b[i] == ' ') {
			i++
		}
		if b = b[i:]; len(b) < 5 {
			return d, nil, false
		}
		if digit(b[0]) {
			return numberFirst(b)
		}
		if month, size = monthName(b); month == 0 {
			return d, nil, false
		}
	}
	d.Month = month
	rest := Trim(b[size:])
	n := run(rest)
	if n == 0 || n > 2 {
		return d, nil, false
	}
	d.Day = uint8(number(rest[:n]))
	rest = rest[n:]
	for len(rest) > 0 && (rest[0] == ',' || rest[0] == ' ') {
		rest = rest[1:]
	}
	if y := len(rest) - 4; y > 8 && digits(rest[y:]) && rest[2] == ':' {
		d.Year = number(rest[y:])
		return d, rest[:y-1], d.Day > 0
	}
	if run(rest) != 4 {
		return d, nil, false
	}
	d.Year = number(rest[:4])
	return d, rest[4:], d.Day > 0
}

const monthNames = "janfebmaraprmayjunjulaugsepoctnovdec"

// monthRests are what follows the three letters in the full names.
var monthRests = [...]string{"uary", "ruary", "ch", "il", "", "e", "y", "ust", "tember", "ober", "ember", "ember"}

// monthName reads an English month at the beginning, short or long, and gives its length; 0 when there is none.
func monthName(b []byte) (month uint8, size int) {
	if len(b) < 3 {
		return 0, 0
	}
	for m := range 12 {
		if !fold(b[:3], monthNames[m*3:m*3+3]) {
			continue
		}
		size = 3
		for size < len(b) && letter(b[size]) {
			size++
		}
		if size == 3 || fold(b[3:size], monthRests[m]) || m == 8 && size == 4 && b[3]|0x20 == 't' {
			if size < len(b) && b[size] == '.' {
				size++
			}
			return uint8(m + 1), size
		}
		return 0, 0
	}
	return 0, 0
}

func weekday(b []byte) bool {
	const names = "montuewedthufrisatsun"
	for i := 0; i < len(names); i += 3 {
		if fold(b, names[i:i+3]) {
			return true
		}
	}
	return false
}

// clock tells whether the bytes behind a date are a time of day: T or a blank, digits, colons, a fraction, am or pm, a zone.
func clock(b []byte) bool {
	if b[0] == 'T' || b[0] == ' ' || b[0] == ':' {
		b = b[1:]
	}
	if len(b) < 2 || !digit(b[0]) {
		return len(b) == 1 && b[0] == 'Z'
	}
	for i, c := range b {
		switch {
		case digit(c), c == ':', c == '.', c == ' ', c == '+', c == '-':
		case c == 'Z' || c == 'z':
			if i != len(b)-1 {
				return false
			}
		case letter(c):
			return i >= 2 && len(b)-i <= 6
		default:
			return false
		}
	}
	return true
}

// zone tells whether the bytes are a fraction of a second, a zone +ZZZZ, both or nothing.
func zone(b []byte) bool {
	if len(b) > 0 && b[0] == '.' {
		n := run(b[1:])
		b = b[1+n:]
		if n == 0 {
			return false
		}
	}
	if len(b) == 0 || len(b) == 1 && b[0] == 'Z' {
		return true
	}
	return (b[0] == '+' || b[0] == '-') && len(b) == 5 && digits(b[1:])
}
