// Package pack puts numbers and texts one behind the other into checked bytes, and reads them back from bytes that nobody need trust.
package pack

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
)

// What is sealed begins with a magic word of eight bytes and the length of the content; the CRC-32C of the content follows it.
const magicBytes, headBytes, sumBytes = 8, 16, 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Writer takes what is to be kept. Texts that come often are words, and each of those stands once.
type Writer struct {
	b      []byte
	words  []string
	byWord map[string]uint64
}

// NewWriter makes a writer that knows some words already, numbered from 0.
func NewWriter(words []string) *Writer {
	w := &Writer{byWord: map[string]uint64{}}
	for _, text := range words {
		w.Word(text)
	}
	w.b = nil
	return w
}

// Number puts a number.
func (w *Writer) Number(n uint64) { w.b = binary.AppendUvarint(w.b, n) }

// Text puts a text.
func (w *Writer) Text(s string) {
	w.Number(uint64(len(s)))
	w.b = append(w.b, s...)
}

// Texts puts a list of texts.
func (w *Writer) Texts(all []string) {
	w.Number(uint64(len(all)))
	for _, s := range all {
		w.Text(s)
	}
}

// Word puts a text that comes often.
func (w *Writer) Word(s string) {
	n, known := w.byWord[s]
	if !known {
		n = uint64(len(w.words))
		w.byWord[s] = n
		w.words = append(w.words, s)
	}
	w.Number(n)
}

// Numbers puts a list of numbers.
func (w *Writer) Numbers(all []int32) {
	w.Number(uint64(len(all)))
	for _, n := range all {
		w.Number(uint64(uint32(n)))
	}
}

// Sets puts the sets of words that n things have, each once, and gives the number of each thing's set.
func (w *Writer) Sets(n int, of func(i int) map[string]string) []uint64 {
	number := map[string]uint64{}
	var sets []map[string]string
	out := make([]uint64, n)
	for i := range out {
		set, key := of(i), ""
		for _, k := range slices.Sorted(maps.Keys(set)) {
			key += fmt.Sprintf("%q%q", k, set[k])
		}
		if _, known := number[key]; !known {
			number[key] = uint64(len(sets))
			sets = append(sets, set)
		}
		out[i] = number[key]
	}
	w.Number(uint64(len(sets)))
	for _, set := range sets {
		w.Number(uint64(len(set)))
		for _, k := range slices.Sorted(maps.Keys(set)) {
			w.Word(k)
			w.Word(set[k])
		}
	}
	return out
}

// Seal gives all of it, under a magic word of eight bytes.
func (w *Writer) Seal(magic string) []byte {
	words := &Writer{}
	words.Texts(w.words)
	out := make([]byte, 0, headBytes+len(words.b)+len(w.b)+sumBytes)
	out = binary.LittleEndian.AppendUint64(append(out, magic...), uint64(len(words.b)+len(w.b)))
	out = append(append(out, words.b...), w.b...)
	return binary.LittleEndian.AppendUint32(out, crc32.Checksum(out[headBytes:], castagnoli))
}
