package s3

import (
	"fmt"
	"io"
	"sync"
)

// Sizes of what is read and kept of an object that is read out of order, in bytes. A directory at the end of a file, and a page or a
// member in it, cost one request each; what is read from one end to the other costs one for each two MiB, however many do so at once.
const (
	blockSize = 256 << 10 // requests begin and end at multiples of it
	spanSize  = 2 << 20   // of one request at most: each that follows the one before asks for twice as much
	keptSize  = 4 << 20   // and a span for each that reads at the same time
)

// cache holds the spans of an object that were read last.
type cache struct {
	lock    sync.Mutex
	spans   []span // the one that was used last stands at the end
	held    int64  // bytes in them
	readers int64  // how many read at present
	most    int64  // and did at once
}

// span is a part of an object.
type span struct {
	off   int64
	bytes []byte
}

func (s span) end() int64 { return s.off + int64(len(s.bytes)) }

// ReadAt reads by ranges. It may be used while others read.
func (o *body) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("read at %d: before the beginning", off)
	}
	o.cache.enter()
	defer o.cache.leave()
	for n < len(p) {
		at := off + int64(n)
		if at >= o.ref.size {
			return n, io.EOF
		}
		if rest := min(int64(len(p)-n), o.ref.size-at); o.whole == nil && rest >= spanSize { // too much to be kept
			if err := o.fetch(p[n:n+int(rest)], at); err != nil {
				return n, err
			}
			n += int(rest)
			continue
		}
		s, err := o.span(at)
		if err != nil {
			return n, err
		}
		n += copy(p[n:], s.bytes[at-s.off:])
	}
	return n, nil
}

// scattered is an object of which small parts are read at many places: each by a request for nothing else, and none is kept.
type scattered struct{ o *body }

// Scattered implements source.Scattered.
func (o *body) Scattered() io.ReaderAt { return scattered{o} }

// ReadAt reads a part.
func (s scattered) ReadAt(p []byte, off int64) (int, error) {
	if s.o.whole != nil || off < 0 || off >= s.o.ref.size {
		return s.o.ReadAt(p, off)
	}
	n := min(int64(len(p)), s.o.ref.size-off)
	if err := s.o.fetch(p[:n], off); err != nil {
		return 0, err
	}
	if n < int64(len(p)) {
		return int(n), io.EOF
	}
	return int(n), nil
}

// span gives a span that holds the byte at a place, from the cache or from the store.
func (o *body) span(at int64) (span, error) {
	if o.whole != nil {
		return span{0, o.whole}, nil
	}
	from, size, found := o.cache.look(at, o.ref.size)
	if found.bytes != nil {
		return found, nil
	}
	s := span{from, make([]byte, size)}
	if err := o.fetch(s.bytes, from); err != nil {
		return s, err
	}
	o.cache.keep(s)
	return s, nil
}

func (c *cache) enter() {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.readers++
	c.most = max(c.most, c.readers)
}

func (c *cache) leave() {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.readers--
}

// look gives the span that holds the byte at a place, or, where there is none, what to ask for.
func (c *cache) look(at, end int64) (from, size int64, found span) {
	c.lock.Lock()
	defer c.lock.Unlock()
	for i := len(c.spans) - 1; i >= 0; i-- {
		if s := c.spans[i]; at >= s.off && at < s.end() {
			c.spans = append(append(c.spans[:i], c.spans[i+1:]...), s)
			return 0, 0, s
		}
	}
	from, size = at/blockSize*blockSize, blockSize
	for i, s := range c.spans {
		if s.end() == from { // somebody reads on, and is done with what he had
			size = min(2*int64(len(s.bytes)), spanSize)
			c.drop(i)
			return from, min(size, end-from), span{}
		}
	}
	if from+blockSize >= end && from > 0 {
		from, size = from-blockSize, 2*blockSize // the end of a file, where its directory stands, and enough of it
	}
	return from, min(size, end-from), span{}
}

// keep takes a span in, and lets those go that were not used for the longest time.
func (c *cache) keep(s span) {
	c.lock.Lock()
	defer c.lock.Unlock()
	for len(c.spans) > 0 && c.held+int64(len(s.bytes)) > keptSize+(c.most-1)*spanSize {
		c.drop(0)
	}
	c.spans, c.held = append(c.spans, s), c.held+int64(len(s.bytes))
}

func (c *cache) drop(i int) {
	c.held -= int64(len(c.spans[i].bytes))
	c.spans = append(c.spans[:i], c.spans[i+1:]...)
}

// fetch fills p from an offset on, and takes up a cut connection where it was.
func (o *body) fetch(p []byte, off int64) error {
	for n, tried := 0, 0; n < len(p); tried++ {
		at := off + int64(n)
		if tried > tries {
			return tired(at)
		}
		if tried > 0 {
			if err := o.b.wait(o.ctx, tried); err != nil {
				return err
			}
		}
		s, err := o.get(at, int64(len(p)-n))
		if err != nil {
			return worded(err, at)
		}
		k, err := io.ReadFull(s, p[n:])
		s.end()
		if n += k; k > 0 {
			tried = 0
		}
		if e := o.ctx.Err(); e != nil && err != nil {
			return e
		}
	}
	return nil
}
