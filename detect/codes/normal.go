package codes

import (
	"encoding/binary"

	"github.com/chartroom/chartroom/phi"
)

const (
	maxCode   = 23 // the longest code, of SNOMED CT, has 18
	cielWidth = 36 // OpenMRS pads a CIEL number with A to this length
)

// normal is a code as the table files it.
type normal struct {
	buf [maxCode + 1]byte
	len int
}

func (n *normal) code() []byte { return n.buf[:n.len] }

func (n *normal) words() words {
	return words{binary.BigEndian.Uint64(n.buf[:8]), binary.BigEndian.Uint64(n.buf[8:16]), binary.BigEndian.Uint64(n.buf[16:])}
}

// cut drops what stands behind the first k bytes.
func (n *normal) cut(k int) {
	clear(n.buf[k:])
	n.len = k
}

// read normalises a code: upper case, no dots or blanks; NDC as its first nine digits, procedures without modifiers, CIEL without
// padding, numbers of fixed width with their leading zeros. It is false for what can be no code.
func (n *normal) read(sys phi.System, code []byte) bool {
	if len(code) == cielWidth && (sys == phi.CIEL || sys == phi.LOINCSystem) {
		code = unpad(code)
	}
	if sys == phi.NDCSystem {
		return n.readNDC(code)
	}
	for _, c := range code {
		c = upperCode[c]
		if c == 0 {
			continue
		}
		if n.len == maxCode {
			return false
		}
		n.buf[n.len] = c
		n.len++
	}
	switch sys {
	case phi.HCPCS, phi.CPT:
		if n.len > 5 { // modifiers follow
			n.cut(5)
		}
	case phi.Revenue:
		n.widen(4)
	case phi.MSDRG, phi.CMSDRG:
		n.widen(3)
	case phi.POS:
		n.widen(2)
	}
	return n.len > 0
}

// upperCode gives the upper case of a byte, 0 for those that are dropped.
var upperCode = func() (t [256]byte) {
	for c := range 256 {
		t[c] = byte(c)
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c] = byte(c - 0x20)
	}
	for _, c := range []byte(". \t\r\n\x00") {
		t[c] = 0
	}
	return t
}()

// unpad strips the A's that follow the digits of a CIEL number.
func unpad(code []byte) []byte {
	n := len(code)
	for n > 0 && code[n-1] == 'A' {
		n--
	}
	return code[:n]
}

// widen puts zeros before a number of fixed width that has lost them.
func (n *normal) widen(width int) {
	if n.len == 0 || n.len >= width {
		return
	}
	for _, c := range n.code() {
		if c-'0' > 9 {
			return
		}
	}
	pad := width - n.len
	copy(n.buf[pad:], n.buf[:n.len])
	for i := range pad {
		n.buf[i] = '0'
	}
	n.len = width
}

// readNDC brings a drug code to the nine digits of labeller and product; ten digits without hyphens stay ten.
func (n *normal) readNDC(code []byte) bool {
	var parts [3]int
	part := 0
	for _, c := range code {
		switch {
		case c-'0' <= 9:
			if n.len == 11 {
				return false
			}
			n.buf[n.len] = c
			n.len++
			parts[part]++
		case c == '-' && part < 2:
			part++
		case c == ' ':
		default:
			return false
		}
	}
	switch {
	case part == 0 && (n.len == 9 || n.len == 11):
		n.cut(9)
	case part == 0 && n.len == 10:
	case part == 1 && parts[0] == 5 && parts[1] == 4:
	case part == 2:
		return n.segments(parts)
	default:
		return false
	}
	return true
}

// segments pads the short segment of a hyphenated drug code.
func (n *normal) segments(parts [3]int) bool {
	form := -1
	switch parts {
	case [3]int{4, 4, 2}:
		form = 0
	case [3]int{5, 3, 2}:
		form = 1
	case [3]int{5, 4, 1}, [3]int{5, 4, 2}:
		n.cut(9)
		return true
	default:
		return false
	}
	var eleven [11]byte
	padNDC(&eleven, n.code(), form)
	copy(n.buf[:], eleven[:])
	n.cut(9)
	return true
}

// padNDC writes ten digits as eleven: form 0 is 4-4-2, 1 is 5-3-2, 2 is 5-4-1.
func padNDC(to *[11]byte, ten []byte, form int) {
	at := [3]int{0, 5, 9}[form]
	copy(to[:at], ten[:at])
	to[at] = '0'
	copy(to[at+1:], ten[at:10])
}
