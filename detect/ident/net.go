package ident

import (
	"bytes"

	"github.com/chartroom/chartroom/phi"
)

func netDetectors() []Detector {
	return []Detector{
		{"email", phi.Email, "RFC 5322, RFC 2606", Email,
			[]string{"jane.doe@lakeside-clinics.org", "j_d+x@mail.gov", "o'neil@a.co", "j@direct.meridian.health", "j@badexample.com", "j@example.gov"},
			[]string{"jane@example.com", "jane@localhost", "jane.doe", "@host.org", "a@b", "a@@b.org", "a b@c.org", "a@b..org", ".a@b.org", "a@-b.org", "a@b.-c.org", "a@.org", "a@b.org.", "jane@x.test", "jane@localhost.localhost", "jane@my.example.net", "git@1.2", ""}},
		{"url", phi.URL, "RFC 3986", URL,
			[]string{"https://portal.lakeside.org/p/1", "http://a.org", "ftp://host/file", "www.lakeside.org"},
			[]string{"http://", "lakeside.org", "://x", "http:/x", "www.", "a b://c", "http://a b", ""}},
		{"ipv4", phi.IP, "RFC 791, RFC 5737", IPv4,
			[]string{"10.1.22.31", "192.168.0.14", "8.8.8.120", "73.158.64.15"},
			[]string{"192.0.2.7", "203.0.113.9", "0.0.0.0", "1.2.3.4", "256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.40", "1..2.3", ""}},
		{"ipv6", phi.IP, "RFC 4291, RFC 3849", IPv6,
			[]string{"fe80::1ff:fe23:4567:890a", "2607:f8b0:4005:805:0:0:0:200e", "::ffff:10.1.2.30", "2607:f8b0::1"},
			[]string{"2001:db8::1", "::", "::1", "12:30:45", "1:2:3:4:5:6:7", "1::2::3", "12345::1", "g::1", ":1:2", ""}},
		{"mac", phi.Device, "IEEE 802", MAC,
			[]string{"00:1B:44:11:3A:B7", "00-1b-44-11-3a-b7", "001b.4411.3ab7"},
			[]string{"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "00:1B:44:11:3A", "00:1B-44:11-3A:B7", "001B44113AB7", "00:1G:44:11:3A:B7", ""}},
	}
}

const (
	mailLocal = 1 << iota
	mailDomain
	urlByte
)

// netClass gives the characters of a mail address's two parts and of a URL.
var netClass = func() (t [256]uint8) {
	for c := range 256 {
		if c > ' ' && c != 0x7f && c != '"' && c != '<' && c != '>' {
			t[c] |= urlByte
		}
		if alnum(byte(c)) || c >= 0x80 {
			t[c] |= mailLocal | mailDomain
		}
	}
	for _, c := range []byte("!#$%&'*+/=?^_`{|}~-.") {
		t[c] |= mailLocal
	}
	t['-'] |= mailDomain
	t['.'] |= mailDomain
	return t
}()

// Email grades a mail address. Reserved domains (example.com, .test, .invalid, localhost) are nobody's: Plausible.
func Email(b []byte) Grade {
	at := bytes.IndexByte(b, '@')
	if at < 1 || at > 64 || len(b)-at > 254 || len(b)-at < 4 || b[0] == '.' || b[at-1] == '.' {
		return Bad
	}
	all := uint8(mailLocal)
	for _, c := range b[:at] {
		all &= netClass[c]
	}
	if all == 0 {
		return Bad
	}
	host, dot, last := b[at+1:], 0, byte('.')
	for i, c := range host {
		if netClass[c]&mailDomain == 0 || last == '.' && (c == '.' || c == '-') {
			return Bad
		}
		if last = c; c == '.' {
			dot = i
		}
	}
	if dot == 0 {
		return Bad
	}
	top := host[dot+1:]
	if len(top) < 2 {
		return Bad
	}
	for _, c := range top {
		if !letter(c) && c < 0x80 && c != '-' && !(digit(c) && len(top) > 4) {
			return Bad
		}
	}
	return pick(!reservedHost(host[:dot], top))
}

// reservedHost knows the names of RFC 2606: a host is a name, a dot and the top of the domains.
func reservedHost(name, top []byte) bool {
	switch len(top) {
	case 3:
		n := len(name) - len("example")
		return n >= 0 && fold(name[n:], "example") && (n == 0 || name[n-1] == '.') && (fold(top, "com") || fold(top, "org") || fold(top, "net"))
	case 4:
		return fold(top, "test")
	case 7:
		return fold(top, "invalid") || fold(top, "example")
	case 9:
		return fold(top, "localhost")
	}
	return false
}

// fold compares without regard to ASCII case; word is in lower case.
func fold(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i, c := range b {
		if upper(c) {
			c |= 0x20
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// URL grades an absolute URL with a host, or a host that begins with "www.".
func URL(b []byte) Grade {
	if len(b) < 7 || len(b) > 1<<16 {
		return Bad
	}
	rest := b
	if fold(b[:4], "www.") {
		rest = b[4:]
		if bytes.IndexByte(rest, '.') < 1 {
			return Bad
		}
	} else {
		colon := bytes.IndexByte(b[:min(len(b), 16)], ':')
		if colon < 2 || len(b) < colon+4 || b[colon+1] != '/' || b[colon+2] != '/' {
			return Bad
		}
		for i, c := range b[:colon] {
			if !letter(c) && (i == 0 || !digit(c) && c != '+' && c != '-' && c != '.') {
				return Bad
			}
		}
		rest = b[colon+3:]
	}
	if !alnum(rest[0]) && rest[0] != '[' && rest[0] != '/' && rest[0] < 0x80 {
		return Bad
	}
	for _, c := range rest {
		if netClass[c]&urlByte == 0 {
			return Bad
		}
	}
	return Valid
}

// IPv4 grades a dotted quad. Documentation addresses, 0.0.0.0, and four single digits, which are rather a
// version number, are Plausible.
func IPv4(b []byte) Grade {
	if len(b) < 7 || len(b) > 15 {
		return Bad
	}
	var q [4]int
	part, n := 0, 0
	for _, c := range b {
		switch {
		case digit(c):
			if n > 0 && q[part] == 0 || n == 3 {
				return Bad
			}
			q[part] = q[part]*10 + int(c-'0')
			n++
		case c == '.':
			if n == 0 || part == 3 || q[part] > 255 {
				return Bad
			}
			part, n = part+1, 0
		default:
			return Bad
		}
	}
	if part != 3 || n == 0 || q[3] > 255 {
		return Bad
	}
	doc := q[0] == 192 && q[1] == 0 && q[2] == 2 || q[0] == 198 && q[1] == 51 && q[2] == 100 || q[0] == 203 && q[1] == 0 && q[2] == 113
	return pick(!doc && q[0] != 0 && len(b) > 7)
}

// IPv6 grades an address in groups of four hexadecimal digits, shortened or not, with a dotted quad at its end or not.
func IPv6(b []byte) Grade {
	if len(b) < 2 || len(b) > 45 {
		return Bad
	}
	groups, n, double := 0, 0, false
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case hexDigit(c):
			if n++; n > 4 {
				return Bad
			}
		case c == ':':
			next := i+1 < len(b) && b[i+1] == ':'
			if next && double || n == 0 && !next && !(i > 0 && b[i-1] == ':') || i == len(b)-1 && b[i-1] != ':' {
				return Bad
			}
			double = double || next
			if n > 0 {
				groups, n = groups+1, 0
			}
		case c == '.':
			from := i - n
			if n > 3 || from == 0 || IPv4(b[from:]) == Bad {
				return Bad
			}
			groups, n, i = groups+2, 0, len(b)
		default:
			return Bad
		}
	}
	if n > 0 {
		groups++
	}
	if double && groups > 7 || !double && groups != 8 {
		return Bad
	}
	doc := len(b) > 9 && (fold(b[:9], "2001:db8:") || fold(b[:9], "2001:0db8"))
	return pick(!doc && groups > 1)
}

// MAC grades a hardware address: six pairs with colons or hyphens, or three fours with dots.
func MAC(b []byte) Grade {
	step, sep := 2, byte(0)
	switch len(b) {
	case 17:
		sep = b[2]
		if sep != ':' && sep != '-' {
			return Bad
		}
	case 14:
		step, sep = 4, '.'
	default:
		return Bad
	}
	first, same := b[0], true
	for i, c := range b {
		if i%(step+1) == step {
			if c != sep {
				return Bad
			}
			continue
		}
		if !hexDigit(c) {
			return Bad
		}
		same = same && c == first
	}
	return pick(!same)
}
