package hl7v2

import (
	"bytes"

	"github.com/chartroom/chartroom/format"
)

// Borders finds the messages of a batch or capture.
func Borders(format.Input) *format.Borders { return &format.Borders{Find: border} }

// border finds where a message begins: MSH behind a line's end, or behind the byte that begins a block of MLLP, which then belongs to it.
func border(window []byte) int {
	for at := 1; ; {
		i := bytes.Index(window[min(at, len(window)):], []byte("MSH"))
		if i < 0 {
			return -1
		}
		at += i
		if at+8 >= len(window) {
			return -1
		}
		separator := window[at+3]
		begins := window[at-1] == '\r' || window[at-1] == '\n' || window[at-1] == 0x0b
		if begins && !letterOrDigit(separator) && bytes.IndexByte(window[at+4:at+9], separator) >= 0 {
			if window[at-1] == 0x0b && at > 1 {
				return at - 1
			}
			return at
		}
		at += 3
	}
}

func letterOrDigit(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
}
