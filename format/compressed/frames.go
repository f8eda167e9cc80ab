package compressed

import (
	"bufio"
	"io"

	"github.com/chartroom/chartroom/format"
	"github.com/klauspost/compress/gzip"
	"github.com/pierrec/lz4/v4"
)

// gzipMembers reads the members of a gzip file as one content (RFC 1952, 2.2). Zeros behind the last one pad a tape's block.
type gzipMembers struct {
	source *bufio.Reader
	member *gzip.Reader
}

func newGzip(r *bufio.Reader) (io.Reader, error) {
	m, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	m.Multistream(false)
	return &gzipMembers{r, m}, nil
}

// Read reads on, from member to member.
func (g *gzipMembers) Read(p []byte) (int, error) {
	for {
		n, err := g.member.Read(p)
		if err == io.EOF && n == 0 {
			if err = g.next(); err == nil {
				continue
			}
		}
		if err == io.EOF && n > 0 {
			err = nil // the next call finds what follows
		}
		return n, err
	}
}

// next goes to the next member.
func (g *gzipMembers) next() error {
	first, err := g.source.Peek(1)
	if err != nil {
		return err
	}
	if first[0] == 0 {
		return padding(g.source, Gzip)
	}
	if two, _ := g.source.Peek(2); len(two) < 2 || two[0] != 0x1f || two[1] != 0x8b {
		return format.Damaged("gzip: what stands behind the last member is none")
	}
	if err := g.member.Reset(g.source); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF // there are two bytes of it
		}
		return err
	}
	g.member.Multistream(false)
	return nil
}

// padding reads zeros up to the end: io.EOF when there is nothing else.
func padding(r *bufio.Reader, m Method) error {
	for {
		c, err := r.ReadByte()
		if err != nil {
			return err
		}
		if c != 0 {
			return format.Damaged("%s: what stands behind the end is no stream", m)
		}
	}
}

// lz4Frames reads LZ4 frames, one behind the other.
type lz4Frames struct {
	source *bufio.Reader
	frame  *lz4.Reader
}

func newLZ4(r *bufio.Reader) (io.Reader, error) {
	f := lz4.NewReader(r)
	return &lz4Frames{r, f}, f.Apply(lz4.ConcurrencyOption(1))
}

// Read reads on, from frame to frame.
func (l *lz4Frames) Read(p []byte) (int, error) {
	for {
		n, err := l.frame.Read(p)
		if err != io.EOF || n > 0 {
			if err == io.EOF {
				err = nil // the next call finds what follows
			}
			return n, err
		}
		if _, err := l.source.Peek(1); err != nil {
			return 0, err
		}
		l.frame.Reset(l.source)
	}
}
