package archive

import (
	"encoding/binary"
	"unicode/utf16"

	"github.com/chartroom/chartroom/format"
)

// Marks in a 7z header (7zFormat.txt of the LZMA SDK, "Property IDs").
const (
	sevenEnd       = 0x00
	sevenHeader    = 0x01
	sevenProps     = 0x02
	sevenExtra     = 0x03
	sevenMain      = 0x04
	sevenFiles     = 0x05
	sevenPack      = 0x06
	sevenUnpack    = 0x07
	sevenSub       = 0x08
	sevenSize      = 0x09
	sevenCRC       = 0x0a
	sevenFolder    = 0x0b
	sevenCoderSize = 0x0c
	sevenNumSub    = 0x0d
	sevenNoStream  = 0x0e
	sevenEmpty     = 0x0f
	sevenNames     = 0x11
	sevenAttribs   = 0x15
	sevenEncoded   = 0x17
)

// sevenBytes reads a header. Once a byte is missing or a number cannot be, it is bad, and all further numbers are 0. No number
// that counts things may be larger than the bytes that are left, as each takes one at least.
type sevenBytes struct {
	b   []byte
	bad bool
}

func (s *sevenBytes) byte() byte {
	if s.bad || len(s.b) == 0 {
		s.bad = true
		return 0
	}
	c := s.b[0]
	s.b = s.b[1:]
	return c
}

func (s *sevenBytes) bytes(n uint64) []byte {
	if s.bad || n > uint64(len(s.b)) {
		s.bad = true
		return nil
	}
	p := s.b[:n:n]
	s.b = s.b[n:]
	return p
}

// number reads a number whose first byte tells by its leading ones how many bytes follow.
func (s *sevenBytes) number() uint64 {
	first := s.byte()
	var v uint64
	for i := range 8 {
		mask := byte(0x80) >> i
		if first&mask == 0 {
			return v | uint64(first&(mask-1))<<(8*i)
		}
		v |= uint64(s.byte()) << (8 * i)
	}
	return v
}

// count reads a number of things that follow.
func (s *sevenBytes) count() int {
	n := s.number()
	if n > uint64(len(s.b)) {
		s.bad = true
		return 0
	}
	return int(n)
}

func (s *sevenBytes) want(id byte) {
	if s.byte() != id {
		s.bad = true
	}
}

// bits reads n bits, the highest of a byte first.
func (s *sevenBytes) bits(n int) []bool {
	raw := s.bytes(uint64(n+7) / 8)
	out := make([]bool, n)
	for i := range out {
		out[i] = raw != nil && raw[i/8]&(0x80>>(i%8)) != 0
	}
	return out
}

// defined reads bits that may be left out where all are set.
func (s *sevenBytes) defined(n int) []bool {
	if s.byte() == 0 {
		return s.bits(n)
	}
	out := make([]bool, n)
	for i := range out {
		out[i] = true
	}
	return out
}

// digests reads checksums of n things: -1 where there is none.
func (s *sevenBytes) digests(n int) []int64 {
	out := make([]int64, n)
	for i, there := range s.defined(n) {
		out[i] = -1
		if there {
			if raw := s.bytes(4); raw != nil {
				out[i] = int64(binary.LittleEndian.Uint32(raw))
			}
		}
	}
	return out
}

// sevenCoder is one step of decoding.
type sevenCoder struct {
	method  string // its bytes
	in, out int
	props   []byte
	size    uint64 // of its first output
}

// sevenFolderInfo is a stream that several files share, and how it is decoded.
type sevenFolderInfo struct {
	coders []sevenCoder
	binds  [][2]int // an input and the output that feeds it
	packed []int    // inputs that come from the archive
	sizes  []uint64
	crc    int64
	files  []sevenStream
	off    int64 // of its first packed stream
	length uint64
}

// sevenStream is one file's part of a folder.
type sevenStream struct {
	size uint64
	crc  int64
}

// folder reads how a folder is decoded.
func (s *sevenBytes) folder() *sevenFolderInfo {
	f := &sevenFolderInfo{crc: -1}
	n := s.count()
	if n == 0 || n > 32 { // 7-Zip takes no more
		s.bad = true
		return f
	}
	ins, outs := 0, 0
	for range n {
		flags := s.byte()
		c := sevenCoder{method: string(s.bytes(uint64(flags & 0xf))), in: 1, out: 1}
		if flags&0x10 != 0 {
			c.in, c.out = s.count(), s.count()
		}
		if flags&0x20 != 0 {
			c.props = s.bytes(s.number())
		}
		if c.in > 32 || c.out > 32 || flags&0xc0 != 0 {
			s.bad = true
			return f
		}
		ins, outs = ins+c.in, outs+c.out
		f.coders = append(f.coders, c)
	}
	for range outs - 1 {
		f.binds = append(f.binds, [2]int{int(s.number()), int(s.number())})
	}
	packed := ins - len(f.binds)
	if packed < 1 {
		s.bad = true
		return f
	}
	f.packed = make([]int, packed)
	for i := range f.packed {
		if packed > 1 {
			f.packed[i] = int(s.number())
		}
	}
	f.sizes = make([]uint64, outs)
	return f
}

// streams reads where the packed streams stand, how they are decoded, and which files they hold.
func (s *sevenBytes) streams() []*sevenFolderInfo {
	var folders []*sevenFolderInfo
	var packed []uint64
	off := int64(0)
	for !s.bad {
		switch s.byte() {
		case sevenEnd:
			place(folders, packed, off)
			return folders
		case sevenPack:
			off = int64(s.number() & (1<<62 - 1))
			packed = s.pack()
		case sevenUnpack:
			folders = s.unpack()
		case sevenSub:
			s.substreams(folders)
		default:
			s.bad = true
		}
	}
	return nil
}

// place tells each folder where its packed streams stand: one behind the other.
func place(folders []*sevenFolderInfo, packed []uint64, off int64) {
	for _, f := range folders {
		f.off = off
		for range f.packed {
			if len(packed) == 0 {
				break
			}
			f.length += packed[0] & (1<<62 - 1)
			packed = packed[1:]
		}
		off = int64((uint64(off) + f.length) & (1<<62 - 1))
		if f.files == nil {
			f.files = []sevenStream{{f.size(), f.crc}}
		}
	}
}

// size is the length of what a folder holds: the output that feeds nothing.
func (f *sevenFolderInfo) size() uint64 {
	at := f.last()
	if at < 0 {
		return 0
	}
	return f.sizes[at]
}

// last is the output that feeds no input, -1 where there is none.
func (f *sevenFolderInfo) last() int {
	for out := range f.sizes {
		bound := false
		for _, b := range f.binds {
			bound = bound || b[1] == out
		}
		if !bound {
			return out
		}
	}
	return -1
}

// pack reads the sizes of the packed streams.
func (s *sevenBytes) pack() []uint64 {
	n := s.count()
	var sizes []uint64
	for !s.bad {
		switch s.byte() {
		case sevenEnd:
			return sizes
		case sevenSize:
			sizes = make([]uint64, n)
			for i := range sizes {
				sizes[i] = s.number()
			}
		case sevenCRC:
			s.digests(n)
		default:
			s.bad = true
		}
	}
	return nil
}

// unpack reads the folders.
func (s *sevenBytes) unpack() []*sevenFolderInfo {
	s.want(sevenFolder)
	n := s.count()
	s.want(0) // they follow here, and stand in no stream of their own
	folders := make([]*sevenFolderInfo, 0, min(n, 1024))
	for i := 0; i < n && !s.bad; i++ {
		folders = append(folders, s.folder())
	}
	s.want(sevenCoderSize)
	for _, f := range folders {
		for i := range f.sizes {
			f.sizes[i] = s.number()
		}
	}
	for !s.bad {
		switch s.byte() {
		case sevenEnd:
			return folders
		case sevenCRC:
			for i, crc := range s.digests(len(folders)) {
				folders[i].crc = crc
			}
		default:
			s.bad = true
		}
	}
	return nil
}

// substreams reads how the folders are divided into files.
func (s *sevenBytes) substreams(folders []*sevenFolderInfo) {
	for _, f := range folders {
		f.files = make([]sevenStream, 1)
	}
	id := s.byte()
	if id == sevenNumSub {
		for _, f := range folders {
			f.files = make([]sevenStream, s.count())
		}
		id = s.byte()
	}
	for _, f := range folders {
		rest := f.size()
		for i := range f.files {
			f.files[i] = sevenStream{rest, -1}
			if id == sevenSize && i < len(f.files)-1 {
				f.files[i].size = s.number()
				if f.files[i].size > rest {
					s.bad = true
					return
				}
				rest -= f.files[i].size
			}
		}
	}
	if id == sevenSize {
		id = s.byte()
	}
	if id == sevenCRC {
		s.fileDigests(folders)
		id = s.byte()
	}
	if id != sevenEnd {
		s.bad = true
	}
}

// fileDigests reads the checksums of all files whose folder has none of its own.
func (s *sevenBytes) fileDigests(folders []*sevenFolderInfo) {
	var open []*int64
	for _, f := range folders {
		if len(f.files) == 1 && f.crc >= 0 {
			f.files[0].crc = f.crc
			continue
		}
		for i := range f.files {
			open = append(open, &f.files[i].crc)
		}
	}
	for i, crc := range s.digests(len(open)) {
		*open[i] = crc
	}
}

// sevenFile is a file by its name.
type sevenFile struct {
	name    string
	content bool // a part of a folder is its own
	empty   bool // it is a file and has none
	other   bool // it is a folder or a link
}

// files reads the names.
func (s *sevenBytes) files() []sevenFile {
	n := s.count()
	files := make([]sevenFile, n)
	for i := range files {
		files[i].content = true
	}
	for !s.bad {
		id := s.byte()
		if id == sevenEnd {
			return files
		}
		p := &sevenBytes{b: s.bytes(s.number())}
		switch id {
		case sevenNoStream:
			for i, none := range p.bits(n) {
				files[i].content = !none
			}
		case sevenEmpty:
			p.empty(files)
		case sevenNames:
			p.want(0)
			for i := range files {
				files[i].name = p.name()
			}
		case sevenAttribs:
			there := p.defined(n)
			p.want(0)
			for i := range files {
				if raw := []byte(nil); there[i] {
					raw = p.bytes(4)
					files[i].other = raw != nil && special(binary.LittleEndian.Uint32(raw))
				}
			}
		}
		s.bad = s.bad || p.bad
	}
	return nil
}

// empty reads which of the files without a content are files, and not folders.
func (s *sevenBytes) empty(files []sevenFile) {
	var blank []*sevenFile
	for i := range files {
		if !files[i].content {
			blank = append(blank, &files[i])
		}
	}
	for i, empty := range s.bits(len(blank)) {
		blank[i].empty = empty
	}
}

// special tells by its attributes whether a file is a folder or a link: of Windows, or of Unix in the upper half.
func special(attributes uint32) bool {
	if attributes&0x8000 != 0 { // the upper half is a mode
		return attributes>>28 != 8
	}
	return attributes&0x410 != 0 // FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_REPARSE_POINT
}

// name reads a name in UTF-16 up to its zero.
func (s *sevenBytes) name() string {
	for i := 0; i+1 < len(s.b); i += 2 {
		if s.b[i] != 0 || s.b[i+1] != 0 {
			continue
		}
		units := make([]uint16, i/2)
		for j := range units {
			units[j] = binary.LittleEndian.Uint16(s.b[2*j:])
		}
		s.b = s.b[i+2:]
		return string(utf16.Decode(units))
	}
	s.bad = true
	return ""
}

// parseSeven reads a header that is not encoded.
func parseSeven(b []byte) (folders []*sevenFolderInfo, files []sevenFile, err error) {
	s := &sevenBytes{b: b}
	s.want(sevenHeader)
	for !s.bad {
		switch s.byte() {
		case sevenEnd:
			return folders, files, nil
		case sevenProps:
			for s.byte() != sevenEnd && !s.bad {
				s.bytes(s.number())
			}
		case sevenExtra:
			s.streams()
		case sevenMain:
			folders = s.streams()
		case sevenFiles:
			files = s.files()
		default:
			s.bad = true
		}
	}
	return nil, nil, format.Damaged("7z: the header does not follow its format")
}
