// Package compressed reads files that are one compressed stream: gzip, zlib, bzip2, xz, LZMA, zstd, LZ4, Snappy, brotli and
// compress (.Z). What is in the stream is handed on as one inner item. The decoders serve the members of archives, too.
package compressed

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
)

// Reader reads a compressed stream.
type Reader struct{}

// Name is the reader's name and version.
func (Reader) Name() string { return "compressed/1" }

// Claims knows most streams by their signature. Those that have none, or one of two bytes, it knows by the name as well, or by
// decompressing the beginning.
func (Reader) Claims(name string, head []byte) format.Claim {
	_, claim := methodOf(name, head)
	return claim
}

// signatures of the streams that have one.
var signatures = []struct {
	method Method
	magic  string
}{
	{Gzip, "\x1f\x8b"},                 // RFC 1952, 2.3.1
	{XZ, "\xfd7zXZ\x00"},               // The .xz file format 1.1, 2.1.1.1
	{Zstd, "\x28\xb5\x2f\xfd"},         // RFC 8878, 3.1.1
	{LZ4, "\x04\x22\x4d\x18"},          // LZ4 frame format 1.6
	{LZ4, "\x02\x21\x4c\x18"},          // its legacy frame
	{Snappy, "\xff\x06\x00\x00sNaPpY"}, // Snappy framing format, 4.1
	{LZW, "\x1f\x9d"},                  // compress(1)
}

func methodOf(name string, head []byte) (Method, format.Claim) {
	for _, s := range signatures {
		if strings.HasPrefix(string(head[:min(len(head), len(s.magic))]), s.magic) {
			return s.method, format.Certain
		}
	}
	ext := strings.ToLower(path.Ext(name))
	switch {
	case len(head) >= 10 && string(head[:3]) == "BZh" && head[3] >= '1' && head[3] <= '9' &&
		(string(head[4:10]) == "\x31\x41\x59\x26\x53\x59" || string(head[4:10]) == "\x17\x72\x45\x38\x50\x90"):
		return Bzip2, format.Certain
	case len(head) >= 8 && head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18": // a skippable frame first (RFC 8878, 3.1.2)
		return skippable(head), format.Likely
	case isZlib(head):
		return Zlib, format.Likely
	case isLZMA(ext, head):
		return LZMA, format.Likely
	case ext == ".br" && begins(Brotli, head):
		return Brotli, format.Likely
	}
	return 0, format.No
}

// skippable tells whose skippable frame it is: that of the frame behind it, as zstd and LZ4 have the same.
func skippable(head []byte) Method {
	if i := strings.Index(string(head), "\x04\x22\x4d\x18"); i >= 0 && !strings.Contains(string(head[:i]), "\x28\xb5\x2f\xfd") {
		return LZ4
	}
	return Zstd
}

// isZlib tells whether a stream is zlib's (RFC 1950, 2.2): its two bytes are divided by 31, which chance does, too, so the
// beginning must decompress.
func isZlib(head []byte) bool {
	if len(head) < 8 || head[0] != 0x78 || (int(head[0])<<8|int(head[1]))%31 != 0 || head[1]&0x20 != 0 {
		return false
	}
	return begins(Zlib, head)
}

// isLZMA tells whether a stream is LZMA's own old form, which has no signature: properties, the dictionary's size and a length.
func isLZMA(ext string, head []byte) bool {
	if len(head) < 18 || head[0] >= 9*5*5 || ext != ".lzma" && ext != ".tlz" {
		return false
	}
	return head[13] == 0 // the first byte of a range coder is 0
}

// begins tells whether the beginning of a stream decompresses.
func begins(m Method, head []byte) bool {
	s, err := Open(m, strings.NewReader(string(head[:min(len(head), 4<<10)])), minWindow)
	if err != nil {
		return false
	}
	defer s.Close()
	got := make([]byte, 256)
	n, err := io.ReadFull(s, got)
	return n > 0 && (err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF))
}

// Read hands the content on. What is wrong with the stream shows where the content is read.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	method, claim := methodOf(in.Name, in.Head)
	if claim == format.No {
		return format.Damaged("no compressed stream begins here")
	}
	source := &watched{r: in.Body}
	buffered := bufio.NewReaderSize(source, 64<<10)
	s, err := Open(method, buffered, Window(in.Depth))
	switch {
	case source.err != nil:
		return source.err
	case errors.Is(err, format.ErrLimit):
		out.Gap(estate.GapLimit, err.Error())
		return nil
	case errors.Is(err, errors.ErrUnsupported):
		out.Gap(estate.GapNoReader, err.Error())
		return nil
	case err != nil:
		return err
	}
	defer s.Close()
	body := &content{ctx: ctx, r: s, source: source}
	err = out.Inner(innerName(in.Name, method), "", body)
	if err == nil && body.ended {
		err = behind(ctx, buffered, out)
	}
	return cmp.Or(source.err, err)
}

// behind passes by what stands behind a stream, and reports it. Zeros fill up a block.
func behind(ctx context.Context, r *bufio.Reader, out format.Output) error {
	for told := false; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		rest, err := r.Peek(1)
		if err == nil {
			rest, err = r.Peek(r.Buffered())
		}
		for _, c := range rest {
			if c != 0 && !told {
				told = true
				out.Gap(estate.GapDamaged, "what stands behind the end of the stream was not read")
			}
		}
		if err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
		if _, err := r.Discard(len(rest)); err != nil {
			return err
		}
	}
}

// watched remembers the error with which the source of a stream failed.
type watched struct {
	r   io.Reader
	err error
}

// Read reads.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && err != io.EOF {
		w.err = err
	}
	return n, err
}

// content remembers the error that was told with the content.
type content struct {
	ctx    context.Context
	r      io.Reader
	source *watched
	err    error
	ended  bool
}

// Read reads.
func (c *content) Read(p []byte) (int, error) {
	if c.err = c.ctx.Err(); c.err != nil {
		return 0, c.err
	}
	n, err := c.r.Read(p)
	if err != nil && c.source.err != nil {
		err = c.source.err
	}
	if c.ended = err == io.EOF; err != nil && !c.ended {
		c.err = err
	}
	return n, err
}

// innerName names the content: as the file, without the ending that says how it is compressed.
func innerName(name string, m Method) string {
	base := path.Base(name)
	ext := path.Ext(base)
	switch strings.ToLower(ext) {
	case ".tgz", ".tbz", ".tbz2", ".tb2", ".txz", ".tlz", ".tzst", ".taz":
		return strings.TrimSuffix(base, ext) + ".tar"
	case ".svgz":
		return strings.TrimSuffix(base, ext) + ".svg"
	case ".gz", ".gzip", ".z", ".zz", ".zlib", ".bz2", ".bz", ".xz", ".lzma", ".zst", ".zstd", ".lz4", ".sz", ".snappy", ".br":
		if inner := strings.TrimSuffix(base, ext); inner != "" {
			return inner
		}
	}
	return "content of " + m.String()
}
