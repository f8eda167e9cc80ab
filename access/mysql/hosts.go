package mysql

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// glob is a pattern of the grant tables: bytes, one for any byte, many for any number of them.
type glob []int16

const (
	one  = -1
	many = -2
)

// parseGlob reads a pattern in which _ and % are wildcards unless a backslash stands before them.
func parseGlob(s string) glob {
	g := make(glob, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%':
			if len(g) == 0 || g[len(g)-1] != many {
				g = append(g, many)
			}
		case c == '_':
			g = append(g, one)
		case c == '\\' && i+1 < len(s):
			i++
			g = append(g, int16(s[i]))
		default:
			g = append(g, int16(c))
		}
	}
	return g
}

func literal(s string) glob {
	g := make(glob, len(s))
	for i := range len(s) {
		g[i] = int16(s[i])
	}
	return g
}

// mayMatch tells at once of most that they do not match.
func (q glob) mayMatch(s string) bool {
	for i, c := range q {
		if c < 0 {
			return true
		}
		if i >= len(s) || int16(s[i]) != c {
			return false
		}
	}
	return len(s) == len(q)
}

// meet fills a table from the ends of two patterns; step says of two places in them what it makes of what follows.
func meet(q, p glob, step func(i, j int, at func(i, j int) bool) bool) bool {
	w := len(p) + 1
	t := make([]bool, (len(q)+1)*w)
	at := func(i, j int) bool { return t[i*w+j] }
	for i := len(q); i >= 0; i-- {
		for j := len(p); j >= 0; j-- {
			t[i*w+j] = step(i, j, at)
		}
	}
	return t[0]
}

// covers tells whether everything that matches p matches q.
func (q glob) covers(p glob) bool {
	if !slices.Contains(q, many) && len(q) != len(p) {
		return false
	}
	return meet(q, p, func(i, j int, at func(i, j int) bool) bool {
		switch {
		case i == len(q):
			return j == len(p)
		case q[i] == many:
			return at(i+1, j) || j < len(p) && at(i, j+1)
		case j == len(p) || p[j] == many:
			return false
		}
		return (q[i] == one || q[i] == p[j]) && at(i+1, j+1)
	})
}

// overlaps tells whether anything matches both.
func (q glob) overlaps(p glob) bool {
	return meet(q, p, func(i, j int, at func(i, j int) bool) bool {
		switch {
		case i == len(q) && j == len(p):
			return true
		case i < len(q) && q[i] == many:
			return at(i+1, j) || j < len(p) && at(i, j+1)
		case j < len(p) && p[j] == many:
			return at(i, j+1) || i < len(q) && at(i+1, j)
		case i == len(q) || j == len(p):
			return false
		}
		return (q[i] == one || p[j] == one || q[i] == p[j]) && at(i+1, j+1)
	})
}

// rank orders patterns: the smaller is the more specific, and is looked at first.
type rank [4]int

func (a rank) compare(b rank) int { return slices.Compare(a[:], b[:]) }

// Longest names of hosts and databases, of which ranks depend.
const (
	longestHost = 255
	longestName = 64
)

// rankOf gives a pattern's rank, as MariaDB's server has it since version 10.5 (sql/sql_acl.cc, get_magic_sort): by how many strings of
// at most a length can match it. MySQL's order (8.0 reference manual, 8.2.6 "Access Control, Stage 1") is the same where patterns are
// literal or end with one %.
func rankOf(s string, longest int) rank {
	chars, ones, manys, prefix := 0, 0, 0, 0
	for i := 0; i < len(s); i++ {
		if c := s[i]; c == '%' || c == '_' {
			if ones+manys == 0 {
				prefix = chars
			}
			if c == '_' {
				ones++
				continue
			}
			for manys++; i+1 < len(s) && s[i+1] == '%'; i++ {
			}
			continue
		}
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		chars++
	}
	manys, ones = min(manys, 31), min(ones, 31)
	free := 0
	if manys > 0 {
		free = longest - chars - ones
	}
	if free > ones {
		return rank{2*free + 1, manys, ones, prefix}
	}
	return rank{2 * ones, free, manys, prefix}
}

// hosts is a set of clients, as the host of an account or of a grant names it.
type hosts struct {
	text     string
	glob     glob
	rank     rank
	ip, mask uint32 // of a netmask
	masked   bool
	address  bool // it can match an address
	name     bool // it can match the name of a host
}

func parseHosts(text string) hosts {
	h := hosts{text: text, glob: parseGlob(strings.ToLower(text)), rank: rankOf(text, longestHost)}
	if ip, mask, ok := strings.Cut(text, "/"); ok {
		a, ok1 := ipv4(ip)
		m, ok2 := ipv4(mask)
		if bits, err := strconv.ParseUint(mask, 10, 6); !ok2 && err == nil && bits <= 32 { // MySQL 8.0.23 and newer
			m, ok2 = uint32(0xffffffff<<(32-bits)), true
		}
		if ok1 && ok2 {
			h.ip, h.mask, h.masked, h.address = a, m, true, true
			h.glob = maskGlob(a, m)
			return h
		}
	}
	digits := strings.Trim(text, "0123456789.:abcdefABCDEF%_") == "" && strings.ContainsAny(text, "0123456789:%_")
	letters := strings.ContainsAny(text, "ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ-")
	wild := strings.Trim(text, "%_") == ""
	h.address, h.name = digits || wild, letters || wild || !digits
	return h
}

func ipv4(s string) (uint32, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is4() {
		return 0, false
	}
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]), true
}

// maskGlob gives the smallest pattern of whole bytes that covers a netmask.
func maskGlob(ip, mask uint32) glob {
	var b strings.Builder
	for shift := 24; shift >= 0 && mask>>shift&0xff == 0xff; shift -= 8 {
		b.WriteString(strconv.Itoa(int(ip >> shift & 0xff)))
		if shift > 0 {
			b.WriteByte('.')
		}
	}
	s := b.String()
	if strings.Count(s, ".") < 3 || strings.HasSuffix(s, ".") {
		s += "%"
	}
	return parseGlob(s)
}

// whole tells whether a netmask is one of whole bytes.
func (h hosts) whole() bool {
	return h.mask == 0 || h.mask == 0xff000000 || h.mask == 0xffff0000 || h.mask == 0xffffff00 || h.mask == 0xffffffff
}

// admits tells whether a client of a name (if it has one that counts) and an address (if it has one) belongs to the set. A netmask is a
// name, too: that of an account that defines a view.
func (h hosts) admits(name, address *string) bool {
	if h.masked {
		if address != nil {
			if a, ok := ipv4(*address); ok {
				return a&h.mask == h.ip
			}
		}
		return name != nil && strings.EqualFold(*name, h.text)
	}
	return name != nil && h.glob.covers(literal(strings.ToLower(*name))) || address != nil && h.glob.covers(literal(strings.ToLower(*address)))
}

// verdict is yes, no, or not known.
type verdict uint8

const (
	no verdict = iota
	maybe
	yes
)

// within tells whether the clients of p are in q. Where names are not resolved, a client has either an address or, by the socket, the
// name localhost.
func within(p, q hosts, resolved bool) verdict {
	switch mixed := resolved && (p.name && q.address || p.address && q.name); {
	case q.text == "%" || strings.EqualFold(p.text, q.text):
		return yes
	case p.masked && q.masked:
		if (p.ip^q.ip)&p.mask&q.mask != 0 {
			return no
		}
		if p.mask&q.mask == q.mask {
			return yes
		}
		return maybe
	case !q.masked && q.glob.covers(p.glob):
		return yes
	case q.masked && p.address && !p.name && (q.whole() && q.glob.covers(p.glob) || q.admits(nil, &p.text)):
		return yes
	case q.glob.overlaps(p.glob):
		if _, single := ipv4(p.text); single && q.masked {
			return no // an address, and not of this net
		}
		return maybe
	case mixed:
		return maybe
	}
	return no
}
