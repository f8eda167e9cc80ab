package format

import (
	"bytes"
	"io"
)

// PieceSize is how much of a large input is read by itself, in bytes, where a format allows that.
const PieceSize = 32 << 20

// divideWindow is how far behind a piece's nominal end its true one is looked for.
const divideWindow = 64 << 10

// Divide cuts a large input into pieces that can be read each by itself and in any order, by the same reader: at every PieceSize or a
// little behind. border is asked where in a window a record surely begins, from its second byte on, -1 where it cannot tell; then two
// pieces stay one. prefix is what each piece but the first begins with besides (the header of a table), and may be nil. Divide
// gives nil where there is nothing to cut.
func Divide(in Input, prefix []byte, border func(window []byte) int) []Input {
	if in.At == nil || in.Size < 2*PieceSize {
		return nil
	}
	window := make([]byte, divideWindow)
	cuts := []int64{0}
	for at := int64(PieceSize); at < in.Size-PieceSize/2; at += PieceSize {
		n, err := in.At.ReadAt(window, at)
		if err != nil && err != io.EOF {
			return nil
		}
		if i := border(window[:n]); i > 0 {
			cuts = append(cuts, at+int64(i))
		}
	}
	if len(cuts) == 1 {
		return nil
	}
	cuts = append(cuts, in.Size)
	pieces := make([]Input, len(cuts)-1)
	for i := range pieces {
		pieces[i] = piece(in, prefix, cuts[i], cuts[i+1])
	}
	return pieces
}

// piece is a part of an input, with what it begins with besides. Its head is read when it is read.
func piece(in Input, prefix []byte, from, to int64) Input {
	p := in
	p.At, p.Size = nil, to-from
	p.Body = io.NewSectionReader(in.At, from, to-from)
	p.Head = nil
	if from > 0 && len(prefix) > 0 {
		p.Size += int64(len(prefix))
		p.Body = io.MultiReader(bytes.NewReader(prefix), p.Body)
	}
	return p
}

// Begin reads a piece's head.
func (in *Input) Begin() error {
	head := make([]byte, HeadSize)
	n, err := io.ReadFull(in.Body, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	in.Head = head[:n]
	in.Body = io.MultiReader(bytes.NewReader(in.Head), in.Body)
	return nil
}
