// Package pack puts numbers and texts one behind the other into checked bytes, and reads them back from bytes that nobody need trust.
package pack

import (
	"encoding/binary"
	"hash/crc32"
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

// Seal gives all of it, under a magic word of eight bytes.
func (w *Writer) Seal(magic string) []byte {
	words := &Writer{}
	words.Texts(w.words)
	out := make([]byte, 0, headBytes+len(words.b)+len(w.b)+sumBytes)
	out = binary.LittleEndian.AppendUint64(append(out, magic...), uint64(len(words.b)+len(w.b)))
	out = append(append(out, words.b...), w.b...)
	return binary.LittleEndian.AppendUint32(out, crc32.Checksum(out[headBytes:], castagnoli))
}
