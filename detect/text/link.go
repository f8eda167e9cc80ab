package text

import (
	"bytes"

	"github.com/chartroom/chartroom/detect/ident"
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
func (s *Scanner) host(i int) int {
	end := i
	for end < len(s.text) && end-i < 254 && linkBytes[s.text[end]]&hostByte != 0 {
		end++
	}
	for end > i && (s.text[end-1] == '.' || s.text[end-1] == '-') {
		end--
	}
	dot := bytes.LastIndexByte(s.text[i:end], '.')
	if dot < 1 || end-i-dot < 3 {
		return 0
	}
	for _, c := range s.text[i+dot+1 : end] {
		if classes[c] == classDigit {
			return 0
		}
	}
	return end
}

// email looks at an @: when it is in an e-mail address, that becomes a link, and its end is given.
func (s *Scanner) email(at int, g gap) int {
	start := at
	for start > 0 && at-start < maxLocal && linkBytes[s.text[start-1]]&localByte != 0 {
		start--
	}
	for start < at && (s.text[start] == '.' || s.text[start] == '\'' || s.text[start] == '-') {
		start++
	}
	end := s.host(at + 1)
	if start == at || end == 0 || g != glued {
		return 0
	}
	sp := Span{Kind: phi.Email, Likelihood: .97, Rule: ByShape, WellFormed: ident.Email(s.text[start:end]) >= ident.Valid}
	switch {
	case nobodysHost(s.text[at+1 : end]):
		sp.Likelihood = .2
	case !sp.WellFormed:
		sp.Likelihood = .6
	case nobodysLocal(s.text[start:at]):
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
func (s *Scanner) colon(i int, g gap) int {
	if g != glued {
		if i+1 < len(s.text) && s.text[i+1] == ':' {
			return s.ipv6(i)
		}
		return 0
	}
	if i+3 < len(s.text) && s.text[i+1] == '/' && s.text[i+2] == '/' && linkBytes[s.text[i+3]]&urlByte != 0 {
		return s.url(i)
	}
	if i+1 < len(s.text) && linkBytes[s.text[i+1]]&hexByte != 0 && linkBytes[s.text[i-1]]&hexByte != 0 {
		return s.ipv6(i)
	}
	return 0
}

// url reads a URL from its "://" on.
func (s *Scanner) url(colon int) int {
	start := colon
	for start > 0 && colon-start < 16 && classes[s.text[start-1]] == classLetter {
		start--
	}
	if start == colon {
		return 0
	}
	end := s.urlEnd(colon + 3)
	host := s.text[colon+3 : end]
	if n := bytes.IndexAny(host, "/?#:"); n >= 0 {
		host = host[:n]
	}
	sp := Span{Kind: phi.URL, Likelihood: urlLikelihood(host), Rule: ByShape, WellFormed: ident.URL(s.text[start:end]) >= ident.Valid}
	s.link(start, end, glued, sp)
	return end
}

// urlEnd gives the end of a URL from i on; a sign that ends a sentence is not part of it.
func (s *Scanner) urlEnd(i int) int {
	end := i
	for end < len(s.text) && linkBytes[s.text[end]]&urlByte != 0 {
		end++
	}
	for end > i && bytes.IndexByte([]byte(".,;:!?'*"), s.text[end-1]) >= 0 {
		end--
	}
	return end
}

// urlLikelihood weighs a URL by its host: names without a dot, reserved ones and the homes of standards, licences and program
// text are nobody's.
func urlLikelihood(host []byte) float32 {
	host = bytes.TrimPrefix(host, []byte("www."))
	if bytes.IndexByte(host, '.') < 1 || nobodysHost(host) {
		return .1
	}
	for len(host) > 0 {
		low, n := lowered(host)
		switch string(low[:n]) {
		case "w3.org", "apache.org", "github.com", "github.io", "golang.org", "go.dev", "xml.org", "xmlsoap.org", "ietf.org", "rfc-editor.org",
			"gnu.org", "opensource.org", "hl7.org", "loinc.org", "snomed.info", "wikipedia.org", "mozilla.org", "microsoft.com", "google.com",
			"googleapis.com", "oracle.com", "sun.com", "adobe.com", "iana.org", "unicode.org", "python.org", "nih.gov", "cdc.gov", "cms.gov",
			"who.int", "iso.org", "creativecommons.org", "amazonaws.com", "npmjs.org", "npmjs.com", "oasis-open.org", "openxmlformats.org",
			"purl.org", "schema.org", "json-schema.org", "stackoverflow.com", "sourceforge.net", "debian.org", "kernel.org":
			return .25
		}
		dot := bytes.IndexByte(host, '.')
		if dot < 0 {
			break
		}
		host = host[dot+1:]
	}
	return .65
}

// ipv6 looks at a colon that may stand in an IPv6 address or a MAC address.
func (s *Scanner) ipv6(colon int) int {
	start, end, colons := colon, colon, 0
	for start > 0 && colon-start < 40 && linkBytes[s.text[start-1]]&hexByte != 0 {
		start--
	}
	for end < len(s.text) && end-colon < 40 && (linkBytes[s.text[end]]&hexByte != 0 || s.text[end] == '.') {
		if s.text[end] == ':' {
			colons++
		}
		end++
	}
	for end > start && s.text[end-1] == '.' {
		end--
	}
	if colons < 2 || start > 0 && linkBytes[s.text[start-1]]&localByte != 0 || end < len(s.text) && classes[s.text[end]] >= classLetter {
		return 0
	}
	b := s.text[start:end]
	switch {
	case ident.IPv6(b) >= ident.Valid:
		sp := Span{Kind: phi.IP, Likelihood: .85, Rule: ByShape, WellFormed: true}
		if b[0]|0x20 == 'f' || b[0] == ':' || b[0] == '0' { // link-local, multicast, unspecified, and examples
			sp.Likelihood = .3
		}
		s.link(start, end, s.gapAt(start), sp)
	case ident.MAC(b) >= ident.Valid:
		s.link(start, end, s.gapAt(start), Span{Kind: phi.Device, Likelihood: .4, Rule: ByShape, WellFormed: true})
	default:
		return 0
	}
	return end
}

// gapAt gives the gap before a link that begins at i, which no token may begin with.
func (s *Scanner) gapAt(i int) gap {
	for n := len(s.toks); n > 0 && int(s.toks[n-1].end) > i; n-- {
		if int(s.toks[n-1].start) == i {
			return s.toks[n-1].gap
		}
	}
	if i > 0 && classes[s.text[i-1]] == classLine {
		return newLine
	}
	if i > 0 && classes[s.text[i-1]] == classBlank {
		return blank
	}
	return glued
}

// dot looks at a full stop: one of a host name without a scheme, "www.clinic.example" or "clinic.com".
func (s *Scanner) dot(i int, g gap) int {
	n := len(s.toks)
	if g != glued || n == 0 || i+2 >= len(s.text) || classes[s.text[i+1]] < classLetter {
		return 0
	}
	t := &s.toks[n-1]
	www := t.len() == 3 && bytes.EqualFold(s.bytes(n-1), []byte("www"))
	if !www && (t.kind > lower && t.kind != junk || t.gap == glued || !s.siteAfter(i+1)) {
		return 0
	}
	start := int(t.start)
	end := s.host(start)
	if end == 0 || end < i {
		return 0
	}
	if end < len(s.text) && s.text[end] == '@' {
		return 0
	}
	host := s.text[start:end]
	if end < len(s.text) && (s.text[end] == '/' || s.text[end] == ':') {
		end = s.urlEnd(end)
	}
	sp := Span{Kind: phi.URL, Likelihood: min(.55, urlLikelihood(host)), Rule: ByShape, WellFormed: www}
	if www {
		sp.Likelihood = urlLikelihood(host)
	}
	s.link(start, end, t.gap, sp)
	return end
}

// siteAfter tells whether the label at i is one of the common top domains and the name ends there.
func (s *Scanner) siteAfter(i int) bool {
	end := i
	for end < len(s.text) && classes[s.text[end]] == classLetter {
		end++
	}
	if end < len(s.text) && (linkBytes[s.text[end]]&hostByte != 0 && s.text[end] != '.' || s.text[end] == '(' || s.text[end] == '_') {
		return false
	}
	switch string(s.text[i:end]) {
	case "com", "org", "net", "edu", "gov":
		return true
	}
	return false
}

// link replaces the tokens from start on by one that is reported.
func (s *Scanner) link(start, end int, g gap, sp Span) {
	n := len(s.toks)
	for n > 0 && int(s.toks[n-1].start) >= start {
		n--
		g = s.toks[n].gap
		if at := int(s.toks[n].start); at >= s.from && at < s.to {
			s.health -= s.toks[n].roles.weight() // a host's name says nothing
		}
	}
	for n > 0 && int(s.toks[n-1].end) > start {
		s.toks[n-1].end = uint32(start)
		if s.toks[n-1].kind <= mixed {
			s.toks[n-1].kind = junk
		}
		break
	}
	s.toks = s.toks[:n]
	s.nums, s.caps, s.odd, s.starts = trim(s.nums, n), trim(s.caps, n), trim(s.odd, n), trim(s.starts, n)
	for len(s.spans) > 0 && s.spans[len(s.spans)-1].End > start {
		s.spans = s.spans[:len(s.spans)-1]
	}
	s.toks = append(s.toks, token{start: uint32(start), end: uint32(end), gap: g, kind: link, flags: claimed})
	sp.Start, sp.End = start, end
	s.spans = append(s.spans, sp)
}

// trim drops the indices from n on.
func trim(list []int32, n int) []int32 {
	for len(list) > 0 && list[len(list)-1] >= int32(n) {
		list = list[:len(list)-1]
	}
	return list
}
