package lex

import (
	"bytes"

	"github.com/chartroom/chartroom/detect/ident"
	"github.com/chartroom/chartroom/detect/words"
	"github.com/chartroom/chartroom/phi"
)

// linkBytes are the bytes that e-mail addresses (local), host names (host) and URLs (url) are made of.
const (
	localByte = 1 << iota
	hostByte
	urlByte
	hexByte
)

var linkBytes = func() (t [256]uint8) {
	for c := range t {
		b := byte(c)
		switch {
		case b >= '0' && b <= '9', b|0x20 >= 'a' && b|0x20 <= 'f':
			t[c] = localByte | hostByte | urlByte | hexByte
		case b|0x20 >= 'a' && b|0x20 <= 'z':
			t[c] = localByte | hostByte | urlByte
		case b == '.' || b == '-':
			t[c] = localByte | hostByte | urlByte
		case b == '_' || b == '+' || b == '%' || b == '&' || b == '\'':
			t[c] = localByte | urlByte
		case bytes.IndexByte([]byte("/?#:@!$*,;=~"), b) >= 0:
			t[c] = urlByte
		case b >= 0x80:
			t[c] = localByte | hostByte | urlByte
		}
	}
	t[':'] |= hexByte
	return t
}()

const maxLocal = 64 // bytes before the @ of an e-mail address (RFC 5321, 4.5.3.1.1)

// host gives the end of the host name that begins at i: labels with dots between them, the last one of letters; 0 when
// there is none.
func (s *Block) host(i int) int {
	end := i
	for end < len(s.Text) && end-i < 254 && linkBytes[s.Text[end]]&hostByte != 0 {
		end++
	}
	for end > i && (s.Text[end-1] == '.' || s.Text[end-1] == '-') {
		end--
	}
	dot := bytes.LastIndexByte(s.Text[i:end], '.')
	if dot < 1 || end-i-dot < 3 {
		return 0
	}
	for _, c := range s.Text[i+dot+1 : end] {
		if classes[c] == ClassDigit {
			return 0
		}
	}
	return end
}

// email looks at an @: when it is in an e-mail address, that becomes a link, and its end is given.
func (s *Block) email(at int, g Gap) int {
	start := at
	for start > 0 && at-start < maxLocal && linkBytes[s.Text[start-1]]&localByte != 0 {
		start--
	}
	for start < at && (s.Text[start] == '.' || s.Text[start] == '\'' || s.Text[start] == '-') {
		start++
	}
	end := s.host(at + 1)
	if start == at || end == 0 || g != Glued {
		return 0
	}
	sp := Span{Kind: phi.Email, Likelihood: .97, Rule: ByShape, WellFormed: ident.Email(s.Text[start:end]) >= ident.Valid}
	switch {
	case nobodysHost(s.Text[at+1 : end]):
		sp.Likelihood = .2
	case !sp.WellFormed:
		sp.Likelihood = .6
	case nobodysLocal(s.Text[start:at]):
		sp.Likelihood = .4
	}
	s.link(start, end, g, sp)
	return end
}

// nobodysLocal tells whether the part before the @ is a role and no person.
func nobodysLocal(b []byte) bool {
	low, n := lowered(b)
	switch string(low[:n]) {
	case "git", "root", "noreply", "no-reply", "donotreply", "do-not-reply", "postmaster", "mailer-daemon", "webmaster", "nobody", "user",
		"username", "hg", "svn", "info", "support", "contact", "admin", "administrator", "sales", "help", "webmail", "mail", "office", "feedback", "security",
		"hostmaster", "abuse", "service", "team", "press", "billing", "jobs", "careers", "marketing", "newsletter", "notifications", "alerts":
		return true
	}
	return false
}

// lowered is a short string in lower case; longer ones are cut, which no list minds.
func lowered(b []byte) (buf [24]byte, n int) {
	n = copy(buf[:], b)
	for i, c := range buf[:n] {
		if c >= 'A' && c <= 'Z' {
			buf[i] = c + 'a' - 'A'
		}
	}
	return buf, n
}

// nobodysHost tells whether a host is reserved for documentation and tests (RFC 2606, RFC 6761), or local.
func nobodysHost(b []byte) bool {
	dot := bytes.LastIndexByte(b, '.')
	top := b[dot+1:]
	low, n := lowered(top)
	switch string(low[:n]) {
	case "example", "test", "invalid", "local", "localhost", "localdomain", "internal":
		return true
	case "com", "org", "net", "edu":
		rest := b[:max(dot, 0)]
		rest = rest[bytes.LastIndexByte(rest, '.')+1:]
		low, n = lowered(rest)
		return string(low[:n]) == "example"
	}
	return false
}

// colon looks at a colon: a URL's, or one of an IPv6 or MAC address.
func (s *Block) colon(i int, g Gap) int {
	if g != Glued {
		if i+1 < len(s.Text) && s.Text[i+1] == ':' {
			return s.ipv6(i)
		}
		return 0
	}
	if i+3 < len(s.Text) && s.Text[i+1] == '/' && s.Text[i+2] == '/' && linkBytes[s.Text[i+3]]&urlByte != 0 {
		return s.url(i)
	}
	if i+1 < len(s.Text) && linkBytes[s.Text[i+1]]&hexByte != 0 && linkBytes[s.Text[i-1]]&hexByte != 0 {
		return s.ipv6(i)
	}
	return 0
}

// url reads a URL from its "://" on.
func (s *Block) url(colon int) int {
	start := colon
	for start > 0 && colon-start < 16 && classes[s.Text[start-1]] == ClassLetter {
		start--
	}
	if start == colon {
		return 0
	}
	end := s.urlEnd(colon + 3)
	from, to := colon+3, end
	if n := bytes.IndexAny(s.Text[from:to], "/?#:"); n >= 0 {
		to = from + n
	}
	sp := Span{Kind: phi.URL, Likelihood: float32(s.ask(urlPercent, from, to)) / 100, Rule: ByShape, WellFormed: ident.URL(s.Text[start:end]) >= ident.Valid}
	s.link(start, end, Glued, sp)
	return end
}

// urlEnd gives the end of a URL from i on; a sign that ends a sentence is not part of it.
func (s *Block) urlEnd(i int) int {
	end := i
	for end < len(s.Text) && linkBytes[s.Text[end]]&urlByte != 0 {
		end++
	}
	for end > i && bytes.IndexByte([]byte(".,;:!?'*"), s.Text[end-1]) >= 0 {
		end--
	}
	return end
}

// urlPercent weighs a URL by its host: names without a dot, reserved ones and the homes of standards, licences and program
// text are nobody's.
func urlPercent(_ *words.Tables, host []byte) uint8 {
	host = bytes.TrimPrefix(host, []byte("www."))
	if bytes.IndexByte(host, '.') < 1 || nobodysHost(host) {
		return 10
	}
	for len(host) > 0 {
		low, n := lowered(host)
		switch string(low[:n]) {
		case "w3.org", "apache.org", "github.com", "github.io", "golang.org", "go.dev", "xml.org", "xmlsoap.org", "ietf.org", "rfc-editor.org",
			"gnu.org", "opensource.org", "hl7.org", "loinc.org", "snomed.info", "wikipedia.org", "mozilla.org", "microsoft.com", "google.com",
			"googleapis.com", "oracle.com", "sun.com", "adobe.com", "iana.org", "unicode.org", "python.org", "nih.gov", "cdc.gov", "cms.gov",
			"who.int", "iso.org", "creativecommons.org", "amazonaws.com", "npmjs.org", "npmjs.com", "oasis-open.org", "openxmlformats.org",
			"purl.org", "schema.org", "json-schema.org", "stackoverflow.com", "sourceforge.net", "debian.org", "kernel.org":
			return 25
		}
		dot := bytes.IndexByte(host, '.')
		if dot < 0 {
			break
		}
		host = host[dot+1:]
	}
	return 65
}

// ipv6 looks at a colon that may stand in an IPv6 address or a MAC address.
func (s *Block) ipv6(colon int) int {
	if colon < s.noGroups {
		return 0 // looked at from an earlier colon
	}
	start, end, colons := colon, colon, 0
	for start > 0 && colon-start < 40 && linkBytes[s.Text[start-1]]&hexByte != 0 {
		start--
	}
	for end < len(s.Text) && end-colon < 40 && (linkBytes[s.Text[end]]&hexByte != 0 || s.Text[end] == '.') {
		if s.Text[end] == ':' {
			colons++
		}
		end++
	}
	s.noGroups = end
	for end > start && s.Text[end-1] == '.' {
		end--
	}
	if colons < 2 || start > 0 && linkBytes[s.Text[start-1]]&localByte != 0 || end < len(s.Text) && classes[s.Text[end]] >= ClassLetter {
		return 0
	}
	if colons < 5 && !bytes.Contains(s.Text[start:end], []byte("::")) {
		return 0 // neither has so few groups
	}
	sp := Span{Kind: phi.IP, Likelihood: .85, Rule: ByShape, WellFormed: true}
	switch s.ask(inGroups, start, end) {
	case notGroups:
		return 0
	case groupsOfNobody:
		sp.Likelihood = .3
	case groupsOfMAC:
		sp.Kind, sp.Likelihood = phi.Device, .4
	}
	s.link(start, end, s.gapAt(start), sp)
	return end
}

// The answers of inGroups.
const (
	notGroups = iota
	groupsOfIP
	groupsOfNobody // link-local, multicast, unspecified, and examples
	groupsOfMAC
)

// inGroups asks what groups of hexadecimal digits with colons between them are.
func inGroups(_ *words.Tables, b []byte) uint8 {
	switch {
	case ident.IPv6(b) >= ident.Valid:
		if b[0]|0x20 == 'f' || b[0] == ':' || b[0] == '0' {
			return groupsOfNobody
		}
		return groupsOfIP
	case ident.MAC(b) >= ident.Valid:
		return groupsOfMAC
	}
	return notGroups
}

// gapAt gives the gap before a link that begins at i, which no token may begin with.
func (s *Block) gapAt(i int) Gap {
	for n := len(s.Tokens); n > 0 && int(s.Tokens[n-1].End) > i; n-- {
		if int(s.Tokens[n-1].Start) == i {
			return s.Tokens[n-1].Gap
		}
	}
	if i > 0 && classes[s.Text[i-1]] == ClassLine {
		return NewLine
	}
	if i > 0 && classes[s.Text[i-1]] == ClassBlank {
		return Blank
	}
	return Glued
}

// dot looks at a full stop: one of a host name without a scheme, "www.clinic.example" or "clinic.com".
func (s *Block) dot(i int, g Gap) int {
	n := len(s.Tokens)
	if g != Glued || n == 0 || i+2 >= len(s.Text) || classes[s.Text[i+1]] < ClassLetter {
		return 0
	}
	t := &s.Tokens[n-1]
	www := t.Len() == 3 && bytes.EqualFold(s.Bytes(n-1), []byte("www"))
	if !www && (t.Kind > Lower && t.Kind != Junk || t.Gap == Glued || !s.siteAfter(i+1)) {
		return 0
	}
	start := int(t.Start)
	end := s.host(start)
	if end == 0 || end < i {
		return 0
	}
	if end < len(s.Text) && s.Text[end] == '@' {
		return 0
	}
	to := end
	if end < len(s.Text) && (s.Text[end] == '/' || s.Text[end] == ':') {
		end = s.urlEnd(end)
	}
	sp := Span{Kind: phi.URL, Likelihood: float32(s.ask(urlPercent, start, to)) / 100, Rule: ByShape, WellFormed: www}
	if !www {
		sp.Likelihood = min(.55, sp.Likelihood)
	}
	s.link(start, end, t.Gap, sp)
	return end
}

// siteAfter tells whether the label at i is one of the common top domains and the name ends there.
func (s *Block) siteAfter(i int) bool {
	end := i
	for end < len(s.Text) && classes[s.Text[end]] == ClassLetter {
		end++
	}
	if end < len(s.Text) && (linkBytes[s.Text[end]]&hostByte != 0 && s.Text[end] != '.' || s.Text[end] == '(' || s.Text[end] == '_') {
		return false
	}
	switch string(s.Text[i:end]) {
	case "com", "org", "net", "edu", "gov":
		return true
	}
	return false
}

// link replaces the tokens from start on by one that is reported.
func (s *Block) link(start, end int, g Gap, sp Span) {
	n := len(s.Tokens)
	for n > 0 && int(s.Tokens[n-1].Start) >= start {
		n--
		g = s.Tokens[n].Gap
	}
	for n > 0 && int(s.Tokens[n-1].End) > start {
		s.Tokens[n-1].End = uint32(start)
		if s.Tokens[n-1].Kind <= MixedCase {
			s.Tokens[n-1].Kind = Junk
		}
		break
	}
	s.Tokens = s.Tokens[:n]
	s.Numbers, s.Capitals, s.TermStarts = trim(s.Numbers, n), trim(s.Capitals, n), trim(s.TermStarts, n)
	s.Mixed, s.Colons, s.Healthy = trim(s.Mixed, n), trim(s.Colons, n), trim(s.Healthy, n)
	for len(s.Spans) > 0 && s.Spans[len(s.Spans)-1].End > start {
		s.Spans = s.Spans[:len(s.Spans)-1]
	}
	s.Tokens = append(s.Tokens, Token{Start: uint32(start), End: uint32(end), Gap: g, Kind: link, Flags: Claimed})
	sp.Start, sp.End = start, end
	s.Spans = append(s.Spans, sp)
}

// trim drops the indices from n on.
func trim(list []int32, n int) []int32 {
	for len(list) > 0 && list[len(list)-1] >= int32(n) {
		list = list[:len(list)-1]
	}
	return list
}
