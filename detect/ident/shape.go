package ident

import "github.com/chartroom/chartroom/phi"

func shapeDetectors() []Detector {
	return []Detector{
		{"uuid", phi.None, "RFC 9562", UUID, []string{"123e4567-e89b-12d3-a456-426614174000", "{123E4567-E89B-12D3-A456-426614174000}", "urn:uuid:123e4567-e89b-12d3-a456-426614174000"},
			[]string{"00000000-0000-0000-0000-000000000000", "123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400g", ""}},
		{"oid", phi.None, "ITU-T X.660; DICOM PS3.5 section 9", OID, []string{"2.16.840.1.113883.6.96", "1.2.840.10008.1.2", "2.25.329800735698586629295641978511506172918"}, []string{"3.1.2.3", "1.2", "1..2.3", "1.2.3.", "1.02.3.4", "10.1.2.3", ""}},
		{"digest", phi.None, "FIPS 180-4, RFC 1321", Digest, []string{"d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709"}, []string{"12345678901234567890123456789012", "d41d8cd98f00b204", "00000000000000000000000000000000", "g41d8cd98f00b204e9800998ecf8427e", ""}},
	}
}

// UUID grades a universally unique identifier with its hyphens, in braces or behind urn:uuid: or not.
func UUID(b []byte) Grade {
	switch {
	case len(b) == 38 && b[0] == '{' && b[37] == '}':
		b = b[1:37]
	case len(b) == 45 && string(b[:9]) == "urn:uuid:":
		b = b[9:]
	}
	if len(b) != 36 || b[8] != '-' || b[13] != '-' || b[18] != '-' || b[23] != '-' {
		return Bad
	}
	var or byte
	for i, c := range b {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			continue
		}
		if !hexDigit(c) {
			return Bad
		}
		or |= c ^ b[0]
	}
	return pick(or != 0)
}

// OID grades an object identifier of at least four arcs, or one made from a UUID (2.25.n); a DICOM UID is one.
func OID(b []byte) Grade {
	if len(b) < 7 || len(b) > 64 || b[0] > '2' || b[1] != '.' {
		return Bad
	}
	arcs, n := 1, 0
	for i, c := range b {
		switch {
		case digit(c):
			if n == 1 && b[i-1] == '0' {
				return Bad
			}
			n++
		case c == '.' && n > 0:
			arcs, n = arcs+1, 0
		default:
			return Bad
		}
	}
	if n == 0 || arcs < 4 && !(arcs == 3 && b[2] == '2' && b[3] == '5' && b[4] == '.' && len(b) > 20) {
		return Bad
	}
	return Valid
}

// Digest grades a hash in hexadecimal: 32, 40, 56, 64, 96 or 128 digits of one case, letters among them.
func Digest(b []byte) Grade {
	switch len(b) {
	case 32, 40, 56, 64, 96, 128:
	default:
		return Bad
	}
	figures, small, capital := 0, 0, 0
	for _, c := range b {
		switch {
		case digit(c):
			figures++
		case c-'a' < 6:
			small++
		case c-'A' < 6:
			capital++
		default:
			return Bad
		}
	}
	return pick(figures > 0 && (small > 0) != (capital > 0))
}
