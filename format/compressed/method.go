package compressed

import (
	"bufio"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/chartroom/chartroom/format"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz/lzma"
)

// Method is a way of compressing.
type Method uint8

// The methods.
const (
	Gzip    Method = iota + 1 // RFC 1952, one member or many
	Zlib                      // RFC 1950
	Deflate                   // RFC 1951, without any frame
	Bzip2
	XZ        // The .xz file format 1.1
	LZMA      // the old form with 13 bytes before the data: properties, dictionary, length
	LZMA2     // without any frame; the window is the dictionary's size
	Zstd      // RFC 8878
	LZ4       // LZ4 frame format, and its legacy form
	Snappy    // Snappy framing format
	Brotli    // RFC 7932
	LZW       // compress(1)
	Deflate64 // deflate with a window of 64 KiB, without any frame
)

// String names the method.
func (m Method) String() string {
	return [...]string{"?", "gzip", "zlib", "deflate", "bzip2", "xz", "LZMA", "LZMA2", "zstd", "LZ4", "Snappy", "brotli", "compress", "deflate64"}[m]
}

// Bounds of the window (dictionary, history) that a stream may ask for, in bytes.
const (
	maxWindow = 64 << 20 // xz -9; zstd -19 needs 8 MiB
	minWindow = 4 << 20
)

// Window bounds the window of a stream that stands so deep in other things. Streams within streams are read at the same time,
// so that inner ones get less.
func Window(depth int) int64 { return max(minWindow, int64(maxWindow)>>min(max(depth, 0), 8)) }

// Open gives what a stream holds. Where it ends early the error is an io.ErrUnexpectedEOF, where it needs a larger window a
// format.ErrLimit, and where anything else is wrong with it a format.ErrDamaged; errors of r are given as they are. Panics of a
// decoder are damage. From a bufio.Reader not more is taken than belongs to the stream, where the method tells its end.
func Open(m Method, r io.Reader, window int64) (io.ReadCloser, error) {
	s := &stream{method: m, source: watched{r: r}, window: window, close: func() {}}
	err := s.guarded(func() (err error) {
		if s.content, err = s.open(); err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// stream is a compressed stream.
type stream struct {
	method  Method
	source  watched
	window  int64
	content io.Reader
	close   func()
	failed  error
}

// bytes gives the source as one that can be read byte by byte, and looked at.
func (s *stream) bytes() *bufio.Reader {
	if b, ok := s.source.r.(*bufio.Reader); ok {
		return b
	}
	return bufio.NewReaderSize(&s.source, 32<<10)
}

func (s *stream) open() (io.Reader, error) {
	switch s.method {
	case Gzip:
		return newGzip(s.bytes())
	case Zlib:
		return zlib.NewReader(s.bytes())
	case Deflate:
		return flate.NewReader(s.bytes()), nil
	case Bzip2:
		return bzip2.NewReader(s.bytes()), nil
	case XZ:
		return newXZ(s.bytes(), s.window)
	case LZMA:
		return newLZMA(s.bytes(), s.window)
	case LZMA2:
		return newLZMA2(s.bytes(), s.window)
	case Zstd:
		d, err := zstd.NewReader(s.bytes(), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(uint64(s.window)))
		if err == nil {
			s.close = d.Close
		}
		return d, err
	case LZ4:
		return newLZ4(s.bytes())
	case Snappy:
		return s2.NewReader(s.bytes(), s2.ReaderMaxBlockSize(64<<10)), nil // 4.2: at most 65,536 bytes a chunk
	case Brotli:
		return brotli.NewReader(s.bytes()), nil // 16 MiB at most (RFC 7932, 9.1)
	case LZW:
		return newLZW(s.bytes())
	case Deflate64:
		return &deflate64{r: s.bytes()}, nil
	}
	return nil, fmt.Errorf("method %d: %w", s.method, errors.ErrUnsupported)
}

// Read decompresses.
func (s *stream) Read(p []byte) (n int, err error) {
	if s.failed != nil {
		return 0, s.failed
	}
	err = s.guarded(func() (err error) {
		n, err = s.content.Read(p)
		return err
	})
	if err != nil {
		s.failed = err
	}
	return n, err
}

// Close gives back what the decoder holds.
func (s *stream) Close() error {
	s.close()
	return nil
}

// guarded calls a decoder, and words its errors and panics. What was thrown is not looked at: it may hold bytes of the input.
func (s *stream) guarded(f func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = format.Damaged("%s: the decoder could not go on", s.method)
		}
	}()
	return s.word(f())
}

// word turns a decoder's error into one of ours.
func (s *stream) word(err error) error {
	var dict *lzma.ErrDictSize
	switch {
	case err == nil || err == io.EOF:
		return err
	case s.source.err != nil:
		return s.source.err
	case errors.Is(err, format.ErrDamaged), errors.Is(err, format.ErrLimit), errors.Is(err, errors.ErrUnsupported):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s: %w: %w", s.method, io.ErrUnexpectedEOF, format.ErrDamaged)
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.As(err, &dict):
		return fmt.Errorf("%s: it needs a window over %d MiB: %w", s.method, s.window>>20, format.ErrLimit)
	}
	return format.Damaged("%s: the stream does not follow its format", s.method)
}
