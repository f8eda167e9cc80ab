package pdffile

import (
	"bufio"
	"encoding/ascii85"
	"encoding/hex"
	"io"

	"github.com/klauspost/compress/flate"
)

// maxFilters is how many filters one stream may go through.
const maxFilters = 8

// pictures are the filters that only pictures have (section 7.4); what they hold is not decoded.
var pictures = map[Name]bool{"DCTDecode": true, "DCT": true, "JPXDecode": true, "CCITTFaxDecode": true, "CCF": true, "JBIG2Decode": true}

// Data gives a stream's data, decoded. Damage ends them, as if they were complete to there.
func (f *File) Data(s *Stream) io.Reader {
	length, ok := f.Number(s.Dict["Length"])
	n := int64(length)
	if !ok || n < 0 || n > f.size-s.off || !f.endsAt(s.off+n) {
		n = f.search(s.off)
	}
	var r io.Reader = io.NewSectionReader(f.at, s.off, n)
	filters, params := f.filters(s.Dict)
	if f.crypt != nil && s.Dict["Type"] != Name("XRef") {
		r = f.crypt.stream(s.ID, r)
	}
	for i, name := range filters {
		if r = filtered(r, name); r == nil {
			return &nothing{}
		}
		if i < len(params) {
			r = f.predicted(r, f.Dict(params[i]))
		}
	}
	return &decoded{r, f}
}

// filters gives the names and parameters of a stream's filters.
func (f *File) filters(d Dict) (names []Name, params Array) {
	value, parms := d["Filter"], d["DecodeParms"]
	if value == nil {
		value, parms = d["F"], d["DP"] // as inline pictures write it
	}
	switch v := f.Resolve(value).(type) {
	case Name:
		return []Name{v}, Array{parms}
	case Array:
		for _, e := range v[:min(len(v), maxFilters)] {
			n, _ := f.Resolve(e).(Name)
			names = append(names, n)
		}
		return names, f.Array(parms)
	}
	return nil, nil
}

// endsAt tells whether a stream's data end at the offset.
func (f *File) endsAt(off int64) bool {
	b := make([]byte, 16)
	n, _ := f.at.ReadAt(b, off)
	l := &Lexer{buf: b, end: n, err: io.EOF}
	l.blanks()
	return string(b[l.pos:min(l.pos+6, n)]) == "endstr"
}

// search looks for the end of data that do not say how long they are.
func (f *File) search(off int64) int64 {
	const mark = "endstream"
	r := bufio.NewReaderSize(io.NewSectionReader(f.at, off, f.size-off), window)
	for n := int64(0); ; n++ {
		skip, err := r.ReadSlice('e')
		if n += int64(len(skip)) - 1; err == bufio.ErrBufferFull {
			continue
		}
		if err != nil {
			return n + 1
		}
		if b, _ := r.Peek(len(mark) - 1); string(b) == mark[1:] {
			return n
		}
	}
}

// decoded counts what was decoded against the document's budget, and makes an end of damage.
type decoded struct {
	r io.Reader
	f *File
}

// Read implements io.Reader.
func (d *decoded) Read(p []byte) (int, error) {
	if err := d.f.ctx.Err(); err != nil {
		return 0, err
	}
	if d.f.budget <= 0 {
		return 0, io.EOF // Read reports the budget
	}
	n, err := d.r.Read(p)
	d.f.budget -= int64(n)
	if err != nil {
		err = io.EOF
	}
	return n, err
}

// nothing is the data of a stream that cannot be decoded.
type nothing struct{}

// Read implements io.Reader.
func (*nothing) Read([]byte) (int, error) { return 0, io.EOF }

// filtered puts a filter on a stream; nil for one that is not known or is a picture's.
func filtered(r io.Reader, filter Name) io.Reader {
	switch filter {
	case "FlateDecode", "Fl":
		b := bufio.NewReaderSize(r, 4<<10)
		if head, _ := b.Peek(2); len(head) == 2 && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
			_, _ = b.Discard(2) // the header of RFC 1950; its check sum is not asked for
		}
		return flate.NewReader(b)
	case "LZWDecode", "LZW":
		return &lzw{src: bufio.NewReader(r)}
	case "ASCII85Decode", "A85":
		return ascii85.NewDecoder(&until{r: bufio.NewReader(r), end: '~'})
	case "ASCIIHexDecode", "AHx":
		return hex.NewDecoder(&until{r: bufio.NewReader(r), end: '>'})
	case "RunLengthDecode", "RL":
		return &runs{src: bufio.NewReader(r)}
	case "Crypt", "":
		return r
	}
	return nil
}

// until ends at a byte, and leaves blanks out.
type until struct {
	r   *bufio.Reader
	end byte
	eof bool
}

// Read implements io.Reader.
func (u *until) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && !u.eof {
		c, err := u.r.ReadByte()
		switch {
		case err != nil || c == u.end:
			u.eof = true
		case classes[c] != white:
			p[n] = c
			n++
		}
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// runs decodes run lengths (section 7.4.5).
type runs struct {
	src  *bufio.Reader
	left int
	same bool
	c    byte
}

// Read implements io.Reader.
func (r *runs) Read(p []byte) (int, error) {
	for n := range p {
		if r.left == 0 {
			length, err := r.src.ReadByte()
			if err != nil || length == 128 {
				return n, io.EOF
			}
			if r.same = length > 128; r.same {
				r.left = 257 - int(length)
				if r.c, err = r.src.ReadByte(); err != nil {
					return n, io.EOF
				}
			} else {
				r.left = int(length) + 1
			}
		}
		if !r.same {
			var err error
			if r.c, err = r.src.ReadByte(); err != nil {
				return n, io.EOF
			}
		}
		p[n] = r.c
		r.left--
	}
	return len(p), nil
}

// lzw decodes LZW with codes that grow one early (section 7.4.4).
type lzw struct {
	src    *bufio.Reader
	bits   uint32
	count  uint
	width  uint
	prefix [4096]uint16
	suffix [4096]byte
	next   int
	last   int // -1 = none
	out    []byte
	stack  [4096]byte
	done   bool
}

// Read implements io.Reader.
func (z *lzw) Read(p []byte) (int, error) {
	for len(z.out) == 0 && !z.done {
		z.step()
	}
	if len(z.out) == 0 {
		return 0, io.EOF
	}
	n := copy(p, z.out)
	z.out = z.out[n:]
	return n, nil
}

const (
	lzwClear = 256
	lzwEnd   = 257
)

func (z *lzw) step() {
	if z.width == 0 {
		z.width, z.next, z.last = 9, 258, -1
	}
	for z.count < z.width {
		c, err := z.src.ReadByte()
		if err != nil {
			z.done = true
			return
		}
		z.bits = z.bits<<8 | uint32(c)
		z.count += 8
	}
	z.count -= z.width
	code := int(z.bits >> z.count & (1<<z.width - 1))
	switch {
	case code == lzwEnd:
		z.done = true
		return
	case code == lzwClear:
		z.width, z.next, z.last = 9, 258, -1
		return
	case code > z.next || z.last < 0 && code > 255:
		z.done = true
		return
	}
	from, c := len(z.stack), code
	if code == z.next {
		from--
		c = z.last
	}
	for ; c > 255; c = int(z.prefix[c]) {
		from--
		z.stack[from] = z.suffix[c]
		if from == 0 {
			z.done = true
			return
		}
	}
	from--
	z.stack[from] = byte(c)
	if code == z.next {
		z.stack[len(z.stack)-1] = byte(c)
	}
	if z.last >= 0 && z.next < 4096 {
		z.prefix[z.next], z.suffix[z.next] = uint16(z.last), byte(c)
		z.next++
	}
	z.last = code
	if z.next+1 >= 1<<z.width && z.width < 12 {
		z.width++
	}
	z.out = z.stack[from:]
}

// predicted takes back what a predictor did (section 7.4.4.4): those of PNG, whose first byte of a row names one.
func (f *File) predicted(r io.Reader, params Dict) io.Reader {
	kind, _ := f.Number(params["Predictor"])
	if kind < 10 {
		return r
	}
	get := func(key Name, otherwise float64) int {
		v, ok := f.Number(params[key])
		if !ok {
			v = otherwise
		}
		return int(min(max(v, 1), 1<<16))
	}
	bits := get("Colors", 1) * get("BitsPerComponent", 8)
	row := (bits*get("Columns", 1) + 7) / 8
	if row > 1<<20 {
		return &nothing{}
	}
	return &predictor{src: r, pixel: max(1, bits/8), row: make([]byte, row+1), before: make([]byte, row+1)}
}

type predictor struct {
	src         io.Reader
	pixel       int
	row, before []byte
	out         []byte
}

// Read implements io.Reader.
func (p *predictor) Read(b []byte) (int, error) {
	if len(p.out) == 0 {
		p.row, p.before = p.before, p.row
		n, err := io.ReadFull(p.src, p.row)
		if n < 2 {
			if err == nil {
				err = io.EOF
			}
			return 0, err
		}
		clear(p.row[n:])
		p.undo()
		p.out = p.row[1:n]
	}
	n := copy(b, p.out)
	p.out = p.out[n:]
	return n, nil
}

// undo is the filters of PNG (ISO/IEC 15948 clause 9).
func (p *predictor) undo() {
	row, up := p.row[1:], p.before[1:]
	for i := range row {
		var a, c byte
		if i >= p.pixel {
			a, c = row[i-p.pixel], up[i-p.pixel]
		}
		switch p.row[0] {
		case 1:
			row[i] += a
		case 2:
			row[i] += up[i]
		case 3:
			row[i] += byte((int(a) + int(up[i])) / 2)
		case 4:
			row[i] += paeth(int(a), int(up[i]), int(c))
		}
	}
}

func paeth(a, b, c int) byte {
	pa, pb, pc := abs(b-c), abs(a-c), abs(a+b-2*c)
	switch {
	case pa <= pb && pa <= pc:
		return byte(a)
	case pb <= pc:
		return byte(b)
	}
	return byte(c)
}

func abs(n int) int { return max(n, -n) }
