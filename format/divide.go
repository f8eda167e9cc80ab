package format

import (
	"bytes"
	"io"
	"sync"
)

// PieceSize is how much of a large input is read by itself, in bytes, where a format allows that.
const PieceSize = 32 << 20

// How much is looked at to find where a record begins, in bytes.
const (
	divideWindow = 64 << 10 // at first, between pieces
	mostWindow   = 1 << 20  // at once
)

// Borders is how the records of an input are told apart by whoever begins to read it in the middle.
type Borders struct {
	// Prefix is what every part but the first begins with besides, such as the header of a table. It may be nil.
	Prefix []byte
	// Find tells where in a window a record surely begins, from its second byte on; -1 where it cannot tell by so much.
	Find func(window []byte) int
}

// Ranged is an Input.At of which a longer part is better read as a stream: as one request to a server instead of many.
type Ranged interface {
	io.ReaderAt
	// Range reads n bytes from an offset on. There is nothing to close.
	Range(off, n int64) io.Reader
}

// Divide cuts a large input into pieces that can be read each by itself and in any order, by the same reader: at every so many bytes
// (PieceSize) or a little behind. Where exactly is found when a piece is begun (Begin); one that holds no beginning of a record is empty
// then. Divide gives nil where there is nothing to cut.
func Divide(in Input, b *Borders, size int64) []Input {
	if in.At == nil || in.Size < 2*size {
		return nil
	}
	c := &cutter{at: in.At, size: in.Size, find: b.Find, window: divideWindow}
	pieces := make([]Input, max(1, (in.Size+size/2)/size))
	for i := range pieces {
		p := in
		p.At, p.Body, p.Head = nil, nil, nil
		from, to := int64(i)*size, int64(i+1)*size
		if i == len(pieces)-1 {
			to = in.Size
		}
		p.begin = func(p *Input) error { return c.piece(p, b.Prefix, from, to) }
		pieces[i] = p
	}
	return pieces
}

// piece makes the body of what begins between two places.
func (c *cutter) piece(p *Input, prefix []byte, from, to int64) error {
	start, err := c.cut(from)
	if err != nil {
		return err
	}
	end, err := c.cut(to)
	if err != nil {
		return err
	}
	p.Size = max(0, end-start)
	p.Body = io.NewSectionReader(c.at, start, p.Size)
	if r, ok := c.at.(Ranged); ok && p.Size > 0 {
		p.Body = r.Range(start, p.Size)
	}
	if start > 0 && len(prefix) > 0 && p.Size > 0 {
		p.Size += int64(len(prefix))
		p.Body = io.MultiReader(bytes.NewReader(prefix), p.Body)
	}
	return nil
}

// Begin finds a piece's bounds and reads its head, which is empty where nothing begins in the piece.
func (in *Input) Begin() error {
	if in.begin != nil {
		if err := in.begin(in); err != nil {
			return err
		}
	}
	head := make([]byte, HeadSize)
	n, err := io.ReadFull(in.Body, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	in.Head = head[:n]
	in.Body = io.MultiReader(bytes.NewReader(in.Head), in.Body)
	return nil
}

// cutter finds the borders of records. It may be asked by many at once.
type cutter struct {
	at     io.ReaderAt
	size   int64
	find   func([]byte) int
	window int64 // how much is looked at first

	mu     sync.Mutex
	wide   []stretch // long ones without a border that were met, so that nobody looks through them again
	needed int64     // how much had to be looked at, at most, but for those
}

// stretch is a part of an input in which no record begins until its end.
type stretch struct{ from, to int64 }

// cut gives where the first record behind a place begins: the beginning and the end of the input are such places themselves. It
// depends on nothing but the place, so that two who ask agree.
func (c *cutter) cut(place int64) (int64, error) {
	if place <= 0 || place >= c.size {
		return min(max(place, 0), c.size), nil
	}
	if to := c.known(place); to > 0 {
		return to, nil
	}
	from, n := place, c.window
	var buf []byte
	for {
		n = min(n, c.size-from)
		if int64(cap(buf)) < n {
			buf = make([]byte, n)
		}
		k, err := c.at.ReadAt(buf[:n], from)
		if err != nil && err != io.EOF {
			return 0, err
		}
		if i := c.find(buf[:k]); i > 0 {
			return c.found(place, from+int64(i), n), nil
		}
		switch {
		case from+n >= c.size || int64(k) < n:
			return c.found(place, c.size, 0), nil
		case n < mostWindow:
			n *= 2
		default:
			from += n / 2
		}
	}
}

func (c *cutter) known(place int64) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.wide {
		if place >= s.from && place < s.to {
			return s.to
		}
	}
	return 0
}

// found keeps in mind what it took. There cannot be many long stretches.
func (c *cutter) found(from, to, looked int64) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if to-from > mostWindow {
		c.wide = append(c.wide, stretch{from, to})
	} else {
		c.needed = max(c.needed, looked)
	}
	return to
}
