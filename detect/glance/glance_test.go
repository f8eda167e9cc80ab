package glance

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/chartroom/chartroom/detect/ident"
	"pgregory.net/rapid"
)

// TestFillersAreNotPassedOver: what is told cheaply to be no filler for nothing is none.
func TestFillersAreNotPassedOver(t *testing.T) {
	fillers := []string{"null", "NULL", "nil", "n/a", "NA", "n.a.", "NaN", "none", "Unknown", "UNK", "undefined", "not available", "not applicable", "not specified", "nullFlavor",
		`""`, `''`, `\N`, `\n`, "#N/A", "#NULL!", "<null>", "<NULL>", "(null)", "(NULL)", "(none)", "(blank)", "-NaN", "-", "--", ".", "...", "????", "*****", "___________________",
		"00000000", "0000-00-00", "00/00/0000", "0000-00-00 00:00:00", "0000-00-00T00:00:00", "Nichols", "-1", ".5", "0", "00000", "(425) 555-0195", "Not Applicable Street"}
	rapid.Check(t, func(t *rapid.T) {
		v := []byte(rapid.OneOf(rapid.SampledFrom(fillers), rapid.StringOfN(rapid.RuneFrom([]rune("nNuUlLaA/0-.?*_() \"\\")), 1, 24, -1)).Draw(t, "filler"))
		blanks := rapid.SampledFrom([]string{"", " ", "\t", "    ", "                              "})
		v = append(append([]byte(blanks.Draw(t, "before")), v...), blanks.Draw(t, "behind")...)
		if !MayBeBlank(v) && ident.Blank(v) {
			t.Errorf("%q is passed over", v)
		}
	})
}

// TestOdd compares words of eight bytes with single bytes, at places of values of every length.
func TestOdd(t *testing.T) {
	within := func(r byteRange, b byte) bool {
		x := uint64(b&0x7f ^ '0')
		return r != byteRange{} && x >= 0x80-r.from/ones && x <= 0x7f-r.beyond/ones
	}
	for bits := range 64 {
		u := Usual{bits&1 != 0, bits&2 != 0, bits&4 != 0, bits&8 != 0, bits&16 != 0, bits&32 != 0}
		usual := byte('.')
		switch {
		case u.Digits:
			usual = '5'
		case u.Small:
			usual = 'k'
		case u.Large:
			usual = 'K'
		}
		r := Beside(u)
		for b := range 256 {
			want := within(r[0], byte(b)) || within(r[1], byte(b))
			for n := 1; n < 30; n++ {
				v := bytes.Repeat([]byte{usual}, n)
				if r.Odd(v) != 0 {
					t.Fatalf("%+v: %q is odd", u, v)
				}
				v[n*2/3] = byte(b)
				if got := r.Odd(v) != 0; got != want {
					t.Fatalf("%+v, %d bytes, %q: odd is %v", u, n, byte(b), got)
				}
				if pad := append(v, make([]byte, 16)...); n <= 16 {
					got := r.Odd8(binary.LittleEndian.Uint64(pad))&First(uint32(n)) | r.Odd8(binary.LittleEndian.Uint64(pad[8:]))&Beyond8(uint32(n))
					if got != 0 != want {
						t.Fatalf("%+v, %d bytes, %q: of two words odd is %x", u, n, byte(b), got)
					}
				}
			}
		}
	}
}

// What is odd beside what.
func TestBeside(t *testing.T) {
	for _, c := range []struct {
		usual Usual
		value string
		odd   bool
	}{
		{Usual{Digits: true}, "12345", false}, {Usual{Digits: true}, "123-45-6789", true}, {Usual{Digits: true}, "ada@planted-mail.org", true},
		{Usual{Small: true, Large: true}, "Saint-Paul", false}, {Usual{Small: true, Large: true}, "Paul@x.org", true}, {Usual{Small: true, Large: true}, "Paul 2", true},
		{Usual{Digits: true, Small: true, Hyphen: true}, "d4aac6dd-e0c5", false}, {Usual{Digits: true, Small: true, Hyphen: true}, "1EG4-TE5-MK73", true},
		{Usual{Digits: true, Small: true, Large: true, At: true, Hyphen: true}, "ada@x.org", false},
	} {
		r := Beside(c.usual)
		if got := r.Odd([]byte(c.value)) != 0; got != c.odd {
			t.Errorf("%s beside %+v: odd is %v", c.value, c.usual, got)
		}
	}
}
