package glance

// blankAt tells by the first byte of a value at which lengths it may be a filler for nothing (ident.Blank): a bit for each
// length, all of them where the first byte alone does not tell, none for most bytes.
var blankAt = func() (t [256]uint32) {
	const signs = 1<<20 - 1 // the longest filler has 19 bytes
	for c := range int(' ') + 1 {
		t[c] = any32
	}
	for lead, lengths := range map[string]uint32{
		"nNuU": 1<<2 | 1<<3 | 1<<4 | 1<<7 | 1<<9 | 1<<10 | 1<<13 | 1<<14,
		`\`:    1 << 2, `"'`: 1 << 2, "#": 1<<4 | 1<<6, "<": 1 << 6, "(": 1<<6 | 1<<7,
		"-.?*_": signs,
		"0":     signs &^ (1<<8 - 1),
	} {
		for _, c := range []byte(lead) {
			t[c] = lengths
		}
	}
	return t
}()

const any32 = 1<<32 - 1

// MayBeBlank tells cheaply of most values that they are no filler for nothing. The value must not be empty.
func MayBeBlank(v []byte) bool {
	m := blankAt[v[0]]
	return m != 0 && filler(m, v)
}

// filler tells it of a value whose first byte does not; m is blankAt of that.
func filler(m uint32, v []byte) bool {
	n := len(v)
	if m == any32 || v[n-1] <= ' ' {
		return true
	}
	if m>>n&1 == 0 {
		return false
	}
	lead := v[0]
	return n == 1 || lead != '-' && lead != '.' || v[1]-'0' > 9
}
