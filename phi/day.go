package phi

// Day is a calendar day as a record writes it. Month and Day are 0 where the record gives only the year, or year and month.
type Day struct {
	Year       int
	Month, Day int
}

// ParseDay reads the ways in which records write a date, with or without a time behind it: 1970-01-31, 19700131, 197001, 1970,
// 1/31/1970, 31.01.1970, 1/31/70, 31-JAN-1970, 31JAN1970, January 31, 1970. Numbers before a year are month and day, as in
// the United States, unless the first is over 12. ok is false where the bytes are no date or no day of the calendar.
func ParseDay(b []byte) (d Day, ok bool) {
	b = trimBlank(b)
	if len(b) < 4 || len(b) > 40 {
		return Day{}, false
	}
	if d, ok := isoDay(b); ok {
		return d, d.real()
	}
	var s dayScan
	s.scan(b)
	return s.day()
}

// isoDay reads the usual ways, 1970-01-31 and 19700131, alone or, the first, with a time behind it. It is only there for speed.
func isoDay(b []byte) (Day, bool) {
	var d Day
	switch {
	case len(b) == 8:
		d = Day{twoDigits(b)*100 + twoDigits(b[2:]), twoDigits(b[4:]), twoDigits(b[6:])}
	case len(b) >= 10 && b[4] == '-' && b[7] == '-' && (len(b) == 10 || b[10]-'0' > 9):
		d = Day{twoDigits(b)*100 + twoDigits(b[2:]), twoDigits(b[5:]), twoDigits(b[8:])}
	default:
		return d, false
	}
	return d, d.Year >= 0 && d.Month >= 0 && d.Day >= 0
}

// twoDigits reads the first two bytes; it gives a number far below zero where they are no digits.
func twoDigits(b []byte) int {
	tens, ones := b[0]-'0', b[1]-'0'
	if tens > 9 || ones > 9 {
		return -1 << 20
	}
	return int(tens)*10 + int(ones)
}

// Precise tells whether the day says more than the year: such a date is an identifier (45 CFR 164.514(b)(2)(i)(C)).
func (d Day) Precise() bool { return d.Month != 0 }

// dayScan holds the first numbers and the month's name of a date.
type dayScan struct {
	num   [3]int
	width [3]int
	n     int
	month int  // from a name
	after int  // how many numbers stood before the month's name
	bad   bool // something that no date has
}

func (s *dayScan) scan(b []byte) {
	for i := 0; i < len(b); {
		c := b[i]
		switch {
		case c >= '0' && c <= '9':
			j := i
			v := 0
			for j < len(b) && b[j] >= '0' && b[j] <= '9' && j-i < 15 {
				v = v*10 + int(b[j]-'0')
				j++
			}
			if s.n < 3 {
				s.num[s.n], s.width[s.n] = v, j-i
				s.n++
			}
			if s.complete() {
				return
			}
			i = j
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			j := i
			for j < len(b) && b[j]|0x20 >= 'a' && b[j]|0x20 <= 'z' {
				j++
			}
			if m := monthName(b[i:j]); m != 0 && s.month == 0 {
				s.month, s.after = m, s.n
			} else if !(c|0x20 == 't' && j == i+1) && !weekday(b[i:j]) {
				s.bad = true
				return
			}
			i = j
		case c == '-' || c == '/' || c == '.' || c == ' ' || c == ',':
			i++
		default:
			s.bad = true
			return
		}
	}
}

// complete tells whether year, month and day are there, so that the rest is a time.
func (s *dayScan) complete() bool {
	return s.n == 1 && s.width[0] >= 8 || s.n == 3 || s.n == 2 && s.month != 0
}

func (s *dayScan) day() (Day, bool) {
	if s.bad || s.n == 0 {
		return Day{}, false
	}
	var d Day
	switch {
	case s.month != 0 && s.n == 2 && s.after <= 1:
		d = Day{century(s.num[1], s.width[1]), s.month, s.num[0]}
		if s.width[0] == 4 {
			d = Day{s.num[0], s.month, s.num[1]}
		}
	case s.month != 0 && s.n == 1 && s.width[0] == 4:
		d = Day{s.num[0], s.month, 0}
	case s.month != 0:
		return Day{}, false
	case s.n == 1:
		d = packed(s.num[0], s.width[0])
	case s.width[0] == 4:
		d = Day{s.num[0], s.num[1], s.num[2]}
	case s.n == 3 && (s.width[2] == 4 || s.width[2] == 2):
		d = Day{century(s.num[2], s.width[2]), s.num[0], s.num[1]}
		if d.Month > 12 {
			d.Month, d.Day = d.Day, d.Month
		}
	}
	return d, d.real()
}

// packed splits a date without separators: YYYY, YYYYMM, YYYYMMDD and longer.
func packed(v, width int) Day {
	switch {
	case width == 4:
		return Day{v, 0, 0}
	case width == 6:
		return Day{v / 100, v % 100, 0}
	case width < 8 || width > 14:
		return Day{}
	}
	for ; width > 8; width-- {
		v /= 10
	}
	return Day{v / 10000, v / 100 % 100, v % 100}
}

// century gives a two-digit year its century: the years to come are few in records.
func century(y, width int) int {
	if width != 2 {
		return y
	}
	if y <= 30 {
		return 2000 + y
	}
	return 1900 + y
}

var monthDays = [13]int{31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func (d Day) real() bool {
	return d.Year >= 1800 && d.Year <= 2200 && d.Month >= 0 && d.Month <= 12 && d.Day >= 0 && d.Day <= monthDays[d.Month] &&
		(d.Month != 0 || d.Day == 0)
}

var monthNames = [12]string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

// monthName reads a month's name or its first three letters, 0 for anything else.
func monthName(b []byte) int {
	if len(b) < 3 || len(b) > 9 {
		return 0
	}
	for i, name := range monthNames {
		if (len(b) == 3 || len(b) == len(name) || i == 8 && len(b) == 4) && foldedPrefix(b, name) {
			return i + 1
		}
	}
	return 0
}

func weekday(b []byte) bool {
	for _, name := range [7]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} {
		if (len(b) == 3 || len(b) == len(name)) && foldedPrefix(b, name) {
			return true
		}
	}
	return false
}

func foldedPrefix(b []byte, name string) bool {
	for i, c := range b {
		if c|0x20 != name[i] {
			return false
		}
	}
	return true
}

func trimBlank(b []byte) []byte {
	for len(b) > 0 && b[0] <= ' ' {
		b = b[1:]
	}
	for len(b) > 0 && b[len(b)-1] <= ' ' {
		b = b[:len(b)-1]
	}
	return b
}
