package demo

const hexDigits = "0123456789abcdef"

// appendPadded writes n with leading zeros up to width digits.
func appendPadded(b []byte, n uint64, width int) []byte {
	var digits [20]byte
	at := len(digits)
	for n > 0 || width > 0 {
		at--
		digits[at] = byte('0' + n%10)
		n /= 10
		width--
	}
	return append(b, digits[at:]...)
}

// appendSSN writes the n-th Social Security number in use: area 001 to 772 without 666, group 01 to 99,
// serial 0001 to 9999 (SSA POMS RM 10201.035).
func appendSSN(b []byte, n uint64) []byte {
	area := 1 + n%771
	if area >= 666 {
		area++
	}
	n /= 771
	b = append(appendPadded(b, area, 3), '-')
	b = append(appendPadded(b, 1+n%99, 2), '-')
	return appendPadded(b, 1+n/99%9999, 4)
}

// appendMBI writes the n-th Medicare Beneficiary Identifier, without hyphens (CMS, Understanding the MBI: 11
// characters C A AN N A AN N A A N N, where letters leave out S, L, O, I, B and Z).
func appendMBI(b []byte, n uint64) []byte {
	const (
		digits  = "0123456789"
		letters = "ACDEFGHJKMNPQRTUVWXY"
		either  = digits + letters
	)
	for _, set := range []string{"123456789", letters, either, digits, letters, either, digits, letters, letters, digits, digits} {
		b = append(b, set[n%uint64(len(set))])
		n /= uint64(len(set))
	}
	return b
}

// appendNPI writes the n-th National Provider Identifier: 1, eight digits, and the Luhn check digit over 80840 and the number.
func appendNPI(b []byte, n uint64) []byte {
	start := len(b)
	b = appendPadded(b, 100_000_000+(n*61_803_399+23_456_789)%100_000_000, 9)
	sum := 24 // what the prefix 80840 adds
	for i, c := range b[start:] {
		d := int(c - '0')
		if i%2 == 0 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return append(b, byte('0'+(10-sum%10)%10))
}

// appendDEA writes a registration number: two letters, six digits, and the check digit.
func appendDEA(b []byte, n uint64, family string) []byte {
	b = append(b, 'B', family[0])
	start := len(b)
	b = appendPadded(b, 100_000+(n*60_077+12_347)%900_000, 6)
	d := b[start:]
	odd := int(d[0]-'0') + int(d[2]-'0') + int(d[4]-'0')
	even := int(d[1]-'0') + int(d[3]-'0') + int(d[5]-'0')
	return append(b, byte('0'+(odd+2*even)%10))
}

// appendUUID makes a version 4 UUID of 128 bits (RFC 9562) and writes it in the 8-4-4-4-12 form.
func appendUUID(b []byte, hi, lo uint64) []byte {
	hi, lo = hi&^0xf000|0x4000, lo&^(3<<62)|2<<62
	for i := range 32 {
		if i == 8 || i == 12 || i == 16 || i == 20 {
			b = append(b, '-')
		}
		half := hi
		if i >= 16 {
			half = lo
		}
		b = append(b, hexDigits[half>>(60-4*(i%16))&15])
	}
	return b
}

// appendFolded writes a name as a mail system would: lower case, no accents, no apostrophes or blanks.
func appendFolded(b []byte, name string) []byte {
	for _, c := range name {
		switch {
		case c >= 'A' && c <= 'Z':
			b = append(b, byte(c)|0x20)
		case c >= 'a' && c <= 'z':
			b = append(b, byte(c))
		default:
			b = append(b, plainLetters[c]...)
		}
	}
	return b
}

// plainLetters are the accented letters of the names.
var plainLetters = map[rune]string{'é': "e", 'á': "a", 'í': "i", 'ó': "o", 'ñ': "n", 'ë': "e", 'ü': "u", 'ç': "c"}
