package pack

import (
	"encoding/binary"
	"hash/crc32"
	"math"
)

// Reader goes through what a writer put. Texts are parts of one text; once something is wrong, all that follows is nothing.
type Reader struct {
	text  string
	at    int
	Bad   bool // something was wrong
	words []string
}

// Open opens what Seal gave, and gives what stands behind it; ok is false where it is something else, or damaged.
func Open(data []byte, magic string) (r *Reader, rest []byte, ok bool) {
	if len(data) < headBytes+sumBytes || string(data[:magicBytes]) != magic {
		return nil, nil, false
	}
	n := binary.LittleEndian.Uint64(data[magicBytes:])
	if n > uint64(len(data)-headBytes-sumBytes) {
		return nil, nil, false
	}
	body, rest := data[headBytes:headBytes+int(n)], data[headBytes+int(n):]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(rest) {
		return nil, nil, false
	}
	r = &Reader{text: string(body)}
	r.words = r.Texts()
	return r, rest[sumBytes:], !r.Bad
}

// Done tells whether all was read, and nothing was wrong.
func (r *Reader) Done() bool { return !r.Bad && r.at == len(r.text) }

// Left is how many bytes are left.
func (r *Reader) Left() int { return len(r.text) - r.at }

// Words are all words, by their numbers.
func (r *Reader) Words() []string { return r.words }

func (r *Reader) number() uint64 {
	var n uint64
	for shift := 0; shift < 64 && !r.Bad && r.at < len(r.text); shift += 7 {
		b := r.text[r.at]
		r.at++
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
	r.Bad = true
	return 0
}

// Below reads a number that must be less than a limit.
func (r *Reader) Below(limit int) int {
	n := r.number()
	if n >= uint64(limit) {
		r.Bad = true
		return 0
	}
	return int(n)
}

// Count reads how many things follow, each of at least one byte: never more than there are bytes left.
func (r *Reader) Count() int { return r.Below(len(r.text) - r.at + 1) }

// Text reads a text.
func (r *Reader) Text() string {
	n := r.Count()
	if r.Bad || n > len(r.text)-r.at {
		r.Bad = true
		return ""
	}
	s := r.text[r.at : r.at+n]
	r.at += n
	return s
}

// Texts reads a list of texts.
func (r *Reader) Texts() []string {
	var out []string
	for n := r.Count(); n > 0 && !r.Bad; n-- {
		out = append(out, r.Text())
	}
	return out
}

// Word reads a text that comes often.
func (r *Reader) Word() string {
	n := r.Below(len(r.words))
	if r.Bad {
		return ""
	}
	return r.words[n]
}

// Numbers reads a list of numbers below 2^31.
func (r *Reader) Numbers() []int32 {
	var out []int32
	for n := r.Count(); n > 0 && !r.Bad; n-- {
		out = append(out, int32(r.Below(math.MaxInt32)))
	}
	return out
}

// Sets reads sets of words. An empty one is nil.
func (r *Reader) Sets() []map[string]string {
	var out []map[string]string
	for n := r.Count(); n > 0 && !r.Bad; n-- {
		var set map[string]string
		if words := r.Count(); words > 0 && !r.Bad {
			set = map[string]string{}
			for ; words > 0 && !r.Bad; words-- {
				k := r.Word()
				set[k] = r.Word()
			}
		}
		out = append(out, set)
	}
	return out
}
