package archive

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"golang.org/x/text/encoding/charmap"
)

// arMagic begins the archives of ar(1), and so Debian packages.
const arMagic = "!<arch>\n"

// maxUnixName bounds names in these formats, in bytes.
const maxUnixName = 64 << 10

// series reads files one behind the other.
type series struct {
	ctx    context.Context
	out    format.Output
	source watched
	r      *bufio.Reader
}

func newSeries(ctx context.Context, in format.Input, out format.Output) *series {
	s := &series{ctx: ctx, out: out, source: watched{r: in.Body}}
	s.r = bufio.NewReaderSize(&s.source, 64<<10)
	return s
}

// ended words the end of a series: an error of the source is given, and an end in the midst of a file is a gap.
func (s *series) ended(err error) error {
	switch {
	case s.source.err != nil:
		return s.source.err
	case err == io.EOF, err == io.ErrUnexpectedEOF:
		s.out.Gap(estate.GapTruncated, "it ends in the middle of a file")
		return nil
	}
	return err
}

// file hands on n bytes, and passes by the padding behind them.
func (s *series) file(name string, n, padding int64) error {
	limited := &io.LimitedReader{R: s.r, N: n}
	if err := handOn(s.ctx, s.out, name, &whole{limited}); err != nil {
		return err
	}
	return s.pass(limited.N + padding)
}

// pass passes by n bytes.
func (s *series) pass(n int64) error {
	_, err := io.CopyN(io.Discard, &member{ctx: s.ctx, r: s.r}, n)
	return err
}

// whole is a content whose length is known.
type whole struct{ r *io.LimitedReader }

// Read reads. An end before the length is one in the middle.
func (w *whole) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err == io.EOF && w.r.N > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// readAr reads the archives of ar(1): a header of 60 bytes before each file, names of GNU's and of BSD's form.
func readAr(ctx context.Context, in format.Input, out format.Output) error {
	s := newSeries(ctx, in, out)
	if _, err := s.r.Discard(len(arMagic)); err != nil {
		return s.ended(err)
	}
	var long []byte // GNU's table of long names
	for n := int64(len(arMagic)); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		var h [60]byte
		if _, err := io.ReadFull(s.r, h[:]); err == io.EOF && s.source.err == nil {
			return nil
		} else if err != nil {
			return s.ended(err)
		}
		size, err := strconv.ParseInt(strings.TrimSpace(string(h[48:58])), 10, 62)
		if err != nil || size < 0 || string(h[58:]) != "`\n" {
			return format.Damaged("ar: no header of a file at byte %d", n)
		}
		n += 60 + size + size&1
		name := strings.TrimRight(string(h[:16]), " ")
		switch {
		case name == "/" || name == "/SYM64/" || strings.HasPrefix(name, "__.SYMDEF"): // the table of symbols
			err = s.pass(size + size&1)
		case name == "//" && size <= maxUnixName:
			long = make([]byte, size)
			if _, err = io.ReadFull(s.r, long); err == nil {
				err = s.pass(size & 1)
			}
		default:
			var inName int64
			if name, inName, err = s.arName(name, long, size); err == nil {
				err = s.file(name, size-inName, size&1)
			}
		}
		if err != nil {
			return s.ended(err)
		}
	}
}

// arName resolves a long name. Of BSD's form it stands before the content, and takes so many bytes of it.
func (s *series) arName(name string, long []byte, size int64) (string, int64, error) {
	if digits, ok := strings.CutPrefix(name, "#1/"); ok {
		n, err := strconv.ParseInt(digits, 10, 32)
		if err != nil || n < 0 || n > size || n > maxUnixName {
			return "", 0, format.Damaged("ar: a name without an end")
		}
		raw := make([]byte, n)
		_, err = io.ReadFull(s.r, raw)
		return nameOf(raw, charmap.Windows1252), n, err
	}
	if digits, ok := strings.CutPrefix(name, "/"); ok {
		if n, err := strconv.Atoi(digits); err == nil && n >= 0 && n < len(long) {
			raw, _, _ := bytes.Cut(long[n:], []byte("\n"))
			name = string(raw)
		}
	}
	return nameOf([]byte(strings.TrimSuffix(name, "/")), charmap.Windows1252), 0, nil
}

// cpioWidth tells by its beginning how a cpio archive writes its numbers: 6 octal digits (POSIX), 8 hexadecimal ones (SVR4), or not
// at all, and then it is none.
func cpioWidth(head []byte) int {
	switch {
	case len(head) >= 76 && begins(head, "070707") && digits(head[6:76], 8):
		return 6
	case len(head) >= 110 && (begins(head, "070701") || begins(head, "070702")) && digits(head[6:110], 16):
		return 8
	}
	return 0
}

func digits(b []byte, base int) bool {
	for _, c := range b {
		if _, err := strconv.ParseUint(string(rune(c)), base, 8); err != nil {
			return false
		}
	}
	return true
}

// cpioFile is the header of a file.
type cpioFile struct {
	mode, name, size int64
	align            int64
}

// readCPIO reads cpio in its two portable forms.
func readCPIO(ctx context.Context, in format.Input, out format.Output) error {
	s := newSeries(ctx, in, out)
	for n := int64(0); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		f, taken, err := s.cpioHeader()
		if err != nil {
			if err == errNoHeader {
				return format.Damaged("cpio: no header of a file at byte %d", n)
			}
			return s.ended(err)
		}
		raw := make([]byte, f.name)
		if _, err := io.ReadFull(s.r, raw); err != nil {
			return s.ended(err)
		}
		if err := s.pass(-(taken + f.name) & (f.align - 1)); err != nil {
			return s.ended(err)
		}
		name, padding := nameOf(raw, charmap.Windows1252), -f.size&(f.align-1)
		if name == "TRAILER!!!" {
			return s.trailing()
		}
		if f.mode&0o170000 == 0o100000 {
			err = s.file(name, f.size, padding)
		} else {
			err = s.pass(f.size + padding)
		}
		if err != nil {
			return s.ended(err)
		}
		n += taken + f.name + f.size
	}
}

var errNoHeader = fmt.Errorf("no header: %w", format.ErrDamaged)

// cpioHeader reads a header (POSIX.1-1988 10.1.2, and SVR4's with hexadecimal numbers).
func (s *series) cpioHeader() (f cpioFile, taken int64, err error) {
	h, err := s.r.Peek(110)
	if err != nil && err != io.EOF {
		return f, 0, err
	}
	number := func(at, n, base int) int64 {
		v, e := strconv.ParseInt(string(h[at:at+n]), base, 62)
		if e != nil && err == nil {
			err = errNoHeader
		}
		return v
	}
	switch cpioWidth(h) {
	case 8:
		f, taken, err = cpioFile{number(14, 8, 16), number(94, 8, 16), number(54, 8, 16), 4}, 110, nil
	case 6:
		f, taken, err = cpioFile{number(18, 6, 8), number(59, 6, 8), number(65, 11, 8), 1}, 76, nil
	default:
		if len(h) < 76 {
			return f, 0, io.ErrUnexpectedEOF
		}
		return f, 0, errNoHeader
	}
	if f.name > maxUnixName || f.name < 1 {
		return f, 0, errNoHeader
	}
	_, err = s.r.Discard(int(taken))
	return f, taken, err
}

// trailing passes by the zeros behind the last file. Anything else is a gap.
func (s *series) trailing() error {
	for told := false; ; {
		b, err := s.r.Peek(1)
		if err != nil {
			if s.source.err != nil {
				return s.source.err
			}
			return nil
		}
		n := min(s.r.Buffered(), 4096)
		if b, _ = s.r.Peek(n); !blank(b) && !told {
			told = true
			s.out.Gap(estate.GapDamaged, "what stands behind the end of the archive was not read")
		}
		if err := s.pass(int64(n)); err != nil {
			return err
		}
	}
}
