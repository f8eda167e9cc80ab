package ident

// Luhn tells whether the digits, the last of which is the check digit, satisfy ISO/IEC 7812-1 annex B.
// A byte that is no digit fails. One random string in ten passes.
func Luhn(b []byte) bool { return len(b) > 1 && luhnSum(b)%10 == 0 }

// luhnSum adds up the digits, doubling every second one from the right; -1 when one is no digit.
func luhnSum(b []byte) int {
	sum, double := 0, false
	for i := len(b) - 1; i >= 0; i-- {
		d := int(b[i] - '0')
		if d > 9 {
			return -1
		}
		if double {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return sum
}

// verhoeffMul is the multiplication of the dihedral group D5, on which Verhoeff's check digit rests.
var verhoeffMul = [10][10]byte{
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5}, {2, 3, 4, 0, 1, 7, 8, 9, 5, 6},
	{3, 4, 0, 1, 2, 8, 9, 5, 6, 7}, {4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
	{6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3}, {8, 7, 6, 5, 9, 3, 2, 1, 0, 4},
	{9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
}

// verhoeffPerm permutes the digits by their position from the right.
var verhoeffPerm = [8][10]byte{
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4}, {5, 8, 0, 3, 7, 9, 6, 1, 4, 2},
	{8, 9, 1, 6, 0, 4, 3, 5, 2, 7}, {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
	{2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8},
}

// Verhoeff tells whether the digits, the last of which is the check digit, satisfy Verhoeff's scheme.
func Verhoeff(b []byte) bool {
	var c byte
	for i := range b {
		d := b[len(b)-1-i] - '0'
		if d > 9 {
			return false
		}
		c = verhoeffMul[c][verhoeffPerm[i&7][d]]
	}
	return len(b) > 1 && c == 0
}

// gtin tells whether the digits satisfy the GS1 check digit: weights 3 and 1 from the right, modulo 10.
func gtin(b []byte) bool {
	sum := 0
	for i := range b {
		d := int(b[len(b)-1-i] - '0')
		if d > 9 {
			return false
		}
		if i&1 == 1 {
			d *= 3
		}
		sum += d
	}
	return len(b) > 1 && sum%10 == 0
}
