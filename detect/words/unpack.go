package words

import (
	_ "embed" // the tables
	"encoding/binary"
	"slices"
)

//go:generate go run ./gen -from ../../../shared/codes

// image is the tables as Image laid them out. They stand in the program as they are looked up, so that to load them takes no time, and the
// memory of none but those parts that are asked for.
//
//go:embed data/words.bin
var image []byte

// Image lays out tables: a hash table of strings, which are folded here, then the State of each ZIP code of five digits (255 = none), of their first
// three digits, and of each area code plus 1 (0 = not assigned). It is for the generator.
func Image(entries map[string]Entry, zip, zip3, area []byte) []byte {
	all := make([]byte, slots*slotSize)
	strings := make([]string, 0, len(entries))
	for s := range entries {
		strings = append(strings, s)
	}
	slices.Sort(strings)
	for _, s := range strings {
		h := hash([]byte(s))
		i := h & (slots - 1)
		for binary.LittleEndian.Uint32(all[i*slotSize:]) != 0 {
			i = (i + 1) & (slots - 1)
		}
		binary.LittleEndian.PutUint64(all[i*slotSize:], uint64(tag(h))|uint64(entries[s])<<32)
	}
	return slices.Concat(all, zip, zip3, area)
}

// Load gives the tables.
func Load() *Tables {
	const codes = slots * slotSize
	return &Tables{image[:codes], image[codes : codes+numZIP], image[codes+numZIP : codes+numZIP+1000], image[codes+numZIP+1000 : codes+numZIP+2000]}
}
