package ident

import "github.com/chartroom/chartroom/phi"

func bankDetectors() []Detector {
	return []Detector{
		{"card", phi.Account, "ISO/IEC 7812-1", Card,
			[]string{"4539148803436467", "4539 1488 0343 6467", "4539-1488-0343-6467", "371449635398431", "3714 496353 98431", "30569309025904"},
			[]string{"4111111111111111", "4242424242424242", "5555555555554444", "378282246310005", "6011111111111117", "4539148803436468", "1234567890123456", "0000000000000000", "4539 14880343 6467", "45391488034", ""}},
		{"iban", phi.Account, "ISO 13616", IBAN,
			[]string{"GB82WEST12345698765432", "DE89370400440532013000", "GB82 WEST 1234 5698 7654 32"},
			[]string{"GB82WEST12345698765433", "GB82WEST", "gb82west12345698765432", "1182WEST12345698765432", ""}},
		{"aba", phi.None, "American Bankers Association, routing number policy", ABA,
			[]string{"021000021", "111000025"}, []string{"021000022", "991000025", "000000000", "02100002", "111-00-0025", ""}},
	}
}

// Card grades a payment card number: 13 to 19 digits in groups by blanks or hyphens or none, a known issuer prefix, Luhn.
// Numbers for tests are Plausible.
func Card(b []byte) Grade {
	var buf [19]byte
	d, ok := cardDigits(b, &buf)
	if !ok || !cardIssuer(d) {
		return Bad
	}
	if !Luhn(d) || sameByte(d) {
		return Plausible
	}
	switch string(d) {
	case "4111111111111111", "4242424242424242", "4012888888881881", "5555555555554444", "5105105105105100", "378282246310005", "371449635398432", "6011111111111117", "6011000990139424", "3530111333300000":
		return Plausible
	}
	return Proven
}

// cardDigits drops the separators, which must part groups of four, or the 4-6-5 of American Express.
func cardDigits(b []byte, buf *[19]byte) ([]byte, bool) {
	if len(b) < 13 || len(b) > 23 {
		return nil, false
	}
	n, sep, group := 0, byte(0), 0
	for _, c := range b {
		if digit(c) {
			if n == len(buf) {
				return nil, false
			}
			buf[n] = c
			n++
			group++
			continue
		}
		if c != ' ' && c != '-' || sep != 0 && c != sep || group != 4 && group != 6 {
			return nil, false
		}
		sep, group = c, 0
	}
	return buf[:n], n >= 13
}

// cardIssuer tells whether the first digits and the length are those of an issuer.
func cardIssuer(d []byte) bool {
	p, n := number(d[:6]), len(d)
	two, four := p/10_000, p/100
	switch {
	case d[0] == '4':
		return n == 13 || n == 16 || n == 19
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720:
		return n == 16
	case two == 34, two == 37:
		return n == 15
	case four == 6011, two == 65, p/1000 >= 644 && p/1000 <= 649, two == 62:
		return n >= 16
	case p/1000 >= 300 && p/1000 <= 305, four == 3095, two == 36, two == 38, two == 39:
		return n >= 14
	case four >= 3528 && four <= 3589:
		return n >= 16
	}
	return false
}

// IBAN grades an international bank account number (capitals; groups of four by blanks allowed). Modulo 97.
func IBAN(b []byte) Grade {
	if len(b) < 15 || !upper(b[0]) || !upper(b[1]) || !digit(b[2]) || !digit(b[3]) {
		return Bad
	}
	sum, n := 0, 0
	for round := range 2 { // the first four characters come last
		part := b[4:]
		if round == 1 {
			part = b[:4]
		}
		for _, c := range part {
			switch {
			case digit(c):
				sum = (sum*10 + int(c-'0')) % 97
			case upper(c):
				sum = (sum*100 + int(c-'A') + 10) % 97
			case c == ' ' && round == 0:
				continue
			default:
				return Bad
			}
			n++
		}
	}
	if n < 15 || n > 34 {
		return Bad
	}
	if sum != 1 {
		return Plausible
	}
	return Proven
}

// ABA grades a routing number: it names a bank, not a person. One in ten random numbers with a known prefix passes.
func ABA(b []byte) Grade {
	if len(b) != 9 || !digits(b) {
		return Bad
	}
	p := number(b[:2])
	if p > 12 && p < 21 || p > 32 && p < 61 || p > 72 && p != 80 {
		return Bad
	}
	d := func(i int) int { return int(b[i] - '0') }
	sum := 3*(d(0)+d(3)+d(6)) + 7*(d(1)+d(4)+d(7)) + d(2) + d(5) + d(8)
	return pick(sum%10 == 0 && !sameByte(b))
}
