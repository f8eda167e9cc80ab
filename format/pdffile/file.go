// Package pdffile reads the objects of a PDF file (ISO 32000-2 section 7): numbers, names, strings, arrays, dictionaries and streams,
// with their filters and the cipher of documents that open without a password. What the objects mean is told by package pdf.
package pdffile

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/chartroom/chartroom/format"
)

const (
	window      = 64 << 10
	maxObjects  = 2 << 20
	maxPackage  = 8 << 20 // of a decoded object stream
	maxPacks    = 4       // decoded object streams that are held
	maxResolved = 32      // references that lead to references
	maxTrailers = 4096    // that are looked at
)

// File is an open document. Its objects are found by looking for them, not by the document's own table: that finds those of earlier
// revisions and of damaged files as well, and a table that lies leads nowhere.
type File struct {
	ctx     context.Context
	at      io.ReaderAt
	size    int64
	index   []entry // by number; of equals the last one counts
	Trailer Dict    // what Root, Info, Encrypt and ID are, by the last trailer that names them
	Pages   []Ref   // pages in the order of the file, for a document without a tree
	packs   []Ref   // object streams
	crypt   *crypt  // nil where nothing is encrypted
	budget  int64   // how many bytes may still be decoded

	trailers int // that were met

	held []*pack // object streams that were decoded last
}

// pack is a decoded object stream.
type pack struct {
	num     uint32
	data    []byte
	offsets []int64 // of its objects; nil = not read yet
}

// entry is where an object stands: at an offset of the file, or as the nth in an object stream.
type entry struct {
	num  uint32
	nth  int32 // -1 = it stands in the file itself
	off  int64 // of the object, or of the object stream that holds it
	pack uint32
}

// Stream is an object with data behind it.
type Stream struct {
	Dict Dict
	off  int64 // of the data
	ID   Ref
}

// Open finds the objects of a document.
func Open(ctx context.Context, w *format.Whole) (*File, error) {
	f := &File{ctx: ctx, at: w, size: w.Size(), Trailer: Dict{}, budget: 256<<20 + 100*w.Size()}
	if err := f.survey(); err != nil {
		return nil, err
	}
	f.sort()
	if enc := f.Resolve(f.Trailer["Encrypt"]); enc != nil {
		var err error
		if f.crypt, err = f.newCrypt(enc); err != nil {
			return nil, err
		}
	}
	for _, p := range f.packs {
		if err := f.unpack(p); err != nil {
			return nil, err
		}
	}
	f.sort()
	return f, nil
}

// Objects is how many objects were found, each revision of one counted.
func (f *File) Objects() int { return len(f.index) }

// Exhausted tells whether the document has unpacked to more than it may: 256 MiB and a hundred times its own size.
func (f *File) Exhausted() bool { return f.budget <= 0 }

func (f *File) sort() {
	slices.SortStableFunc(f.index, func(a, b entry) int { return cmp.Or(cmp.Compare(a.num, b.num), cmp.Compare(a.off, b.off)) })
}

// survey goes through the file once and notes each object. It jumps over the data of streams that say how long they are.
func (f *File) survey() error {
	buf := make([]byte, window+64)
	for at := int64(0); at < f.size; {
		if err := f.ctx.Err(); err != nil {
			return err
		}
		n, err := f.at.ReadAt(buf, at)
		if n == 0 {
			if err == nil || errors.Is(err, io.EOF) {
				break
			}
			return err
		}
		next, err := f.surveyed(buf[:n], at)
		if err != nil {
			return err
		}
		if next <= at {
			next = at + int64(max(n-32, 1))
		}
		at = next
	}
	return nil
}

// surveyed notes the objects that begin in a piece of the file, and gives where to go on.
func (f *File) surveyed(b []byte, at int64) (next int64, err error) {
	trailer, object := -1, -1 // where the next ones stand; each is searched for once
	for i := 0; i < len(b); {
		if trailer < i {
			trailer = nextWord(b, i, "trailer")
		}
		if object < i {
			object = nextWord(b, i, "obj")
		}
		if trailer < object {
			f.note(at + int64(trailer) + int64(len("trailer")))
			i = trailer + len("trailer")
			continue
		}
		if i = object; i == len(b) {
			break
		}
		num, start, ok := header(b[:i])
		if !ok {
			i += 3
			continue
		}
		end, err := f.object(num, at+int64(start), at+int64(i)+3)
		if err != nil {
			return 0, err
		}
		if skip := end - at; skip > int64(i) {
			if skip >= int64(len(b)) {
				return end, nil
			}
			i = int(skip)
			continue
		}
		i += 3
	}
	return 0, nil
}

// nextWord gives where a word stands in b[from:], or len(b).
func nextWord(b []byte, from int, word string) int {
	if i := bytes.Index(b[from:], []byte(word)); i >= 0 {
		return from + i
	}
	return len(b)
}

// header reads "12 0 " backwards from where "obj" stands.
func header(b []byte) (num uint32, start int, ok bool) {
	i := len(b)
	back := func(class func(byte) bool) (n int) {
		for i > 0 && class(b[i-1]) {
			i--
			n++
		}
		return n
	}
	digits := func(c byte) bool { return c >= '0' && c <= '9' }
	blank := func(c byte) bool { return classes[c] == white }
	back(blank)
	if n := back(digits); n == 0 || n > 5 || back(blank) == 0 {
		return 0, 0, false
	}
	end := i
	if n := back(digits); n == 0 || n > 10 {
		return 0, 0, false
	}
	v := uint64(0)
	for _, c := range b[i:end] {
		v = v*10 + uint64(c-'0')
	}
	return uint32(v), i, v < 1<<32
}

// note takes a trailer's entries; later ones count. No document has thousands of revisions.
func (f *File) note(at int64) {
	if f.trailers++; f.trailers > maxTrailers {
		return
	}
	l := NewLexer(io.NewSectionReader(f.at, at, f.size-at), 4<<10)
	v, _ := l.Object(true)
	f.take(v)
}

func (f *File) take(v any) {
	d, ok := v.(Dict)
	if !ok {
		return
	}
	for _, key := range []Name{"Root", "Info", "Encrypt", "ID"} {
		if v, ok := d[key]; ok {
			f.Trailer[key] = v
		}
	}
}

// object notes one object, and gives where its data end; 0 where it has none, or does not say.
func (f *File) object(num uint32, start, body int64) (end int64, err error) {
	if len(f.index) >= maxObjects {
		return 0, fmt.Errorf("over %d objects: %w", maxObjects, format.ErrLimit)
	}
	f.index = append(f.index, entry{num: num, nth: -1, off: body})
	l := NewLexer(io.NewSectionReader(f.at, body, f.size-body), 1<<10)
	l.blanks()
	if c, _ := l.peek(); c != '<' {
		return 0, nil
	}
	v, err := l.Object(true)
	d, ok := v.(Dict)
	if err != nil || !ok {
		return 0, nil
	}
	id := Ref{Num: num}
	switch d["Type"] {
	case Name("ObjStm"):
		f.packs = append(f.packs, id)
	case Name("XRef"):
		f.take(d)
	case Name("Page"):
		f.Pages = append(f.Pages, id)
	case Name("Catalog"):
		if f.Trailer["Root"] == nil {
			f.Trailer["Root"] = id
		}
	}
	length, ok := d["Length"].(int64)
	if !ok || length <= 0 || !isStream(l) {
		return 0, nil
	}
	end = body + l.offset() + length
	tail := make([]byte, 16)
	n, _ := f.at.ReadAt(tail, end)
	if bytes.HasPrefix(bytes.TrimLeft(tail[:n], "\r\n "), []byte("endstream")) {
		return end, nil
	}
	return 0, nil
}

// isStream takes the keyword behind a stream's dictionary, and stands at its data then (section 7.3.8).
func isStream(l *Lexer) bool {
	l.blanks()
	for _, want := range []byte("stream") {
		if c, ok := l.Next(); !ok || c != want {
			return false
		}
	}
	c, ok := l.peek()
	if ok && c == '\r' {
		l.pos++
		c, ok = l.peek()
	}
	if ok && c == '\n' {
		l.pos++
	}
	return true
}

// find gives where an object stands.
func (f *File) find(num uint32) (entry, bool) {
	i, _ := slices.BinarySearchFunc(f.index, uint64(num)+1, func(e entry, n uint64) int { return cmp.Compare(uint64(e.num), n) })
	if i == 0 || f.index[i-1].num != num {
		return entry{}, false
	}
	return f.index[i-1], true
}

// Resolve follows references to the object itself; nil where there is none.
func (f *File) Resolve(v any) any {
	for range maxResolved {
		r, ok := v.(Ref)
		if !ok {
			return v
		}
		v = f.Get(r)
	}
	return nil
}

// Get reads an object; nil where there is none, or where it is damaged.
func (f *File) Get(r Ref) any {
	e, ok := f.find(r.Num)
	if !ok {
		return nil
	}
	if e.nth >= 0 {
		return f.unpacked(e)
	}
	l := NewLexer(io.NewSectionReader(f.at, e.off, f.size-e.off), 4<<10)
	v, err := l.indirect()
	if err != nil {
		return nil
	}
	if d, ok := v.(Dict); ok && isStream(l) {
		if f.crypt != nil && d["Type"] != Name("XRef") {
			f.crypt.strings(r, d)
		}
		return &Stream{d, e.off + l.offset(), r}
	}
	if f.crypt != nil {
		v = f.crypt.strings(r, v)
	}
	return v
}

// indirect reads one object, which may be a reference.
func (l *Lexer) indirect() (any, error) {
	v, err := l.Object(true)
	num, ok := v.(int64)
	if err != nil || !ok {
		return v, err
	}
	gen, _ := l.Object(true)
	if r, _ := l.Object(true); r == Operator("R") {
		if g, ok := gen.(int64); ok {
			return Ref{uint32(num), uint32(g)}, nil
		}
	}
	return v, nil
}

// Dict gives a dictionary, of a stream its own; nil where there is none.
func (f *File) Dict(v any) Dict {
	switch v := f.Resolve(v).(type) {
	case Dict:
		return v
	case *Stream:
		return v.Dict
	}
	return nil
}

// Array gives an array; nil where there is none.
func (f *File) Array(v any) Array {
	a, _ := f.Resolve(v).(Array)
	return a
}

// Number gives a number, and false where there is none.
func (f *File) Number(v any) (float64, bool) {
	switch v := f.Resolve(v).(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// unpack notes the objects of an object stream (section 7.5.7).
func (f *File) unpack(p Ref) error {
	e, ok := f.find(p.Num)
	k := f.load(p.Num)
	if !ok || k == nil {
		return nil
	}
	s, _ := f.Get(p).(*Stream)
	if s == nil {
		return nil
	}
	n, _ := f.Number(s.Dict["N"])
	l := NewLexer(bytes.NewReader(k.data), 4<<10)
	for i := range int(min(max(n, 0), maxObjects)) {
		num, err1 := l.Object(true)
		off, err2 := l.Object(true)
		v, ok1 := num.(int64)
		o, ok2 := off.(int64)
		if err1 != nil || err2 != nil || !ok1 || !ok2 || v < 0 || v >= 1<<32 || o < 0 {
			break
		}
		if len(f.index) >= maxObjects {
			return fmt.Errorf("over %d objects: %w", maxObjects, format.ErrLimit)
		}
		f.index = append(f.index, entry{num: uint32(v), nth: int32(i), off: e.off, pack: p.Num})
	}
	return nil
}

// load decodes an object stream; nil where there is none.
func (f *File) load(num uint32) *pack {
	for _, k := range f.held {
		if k.num == num {
			return k
		}
	}
	s, _ := f.Get(Ref{Num: num}).(*Stream)
	if s == nil {
		return nil
	}
	k := &pack{num: num}
	k.data, _ = io.ReadAll(io.LimitReader(f.Data(s), maxPackage))
	if len(f.held) == maxPacks {
		f.held = append(f.held[:0], f.held[1:]...)
	}
	f.held = append(f.held, k)
	first, _ := f.Number(s.Dict["First"])
	l := NewLexer(bytes.NewReader(k.data), 4<<10)
	for len(k.offsets) < maxObjects {
		_, err := l.Object(true)
		off, _ := l.Object(true)
		o, ok := off.(int64)
		if err != nil || !ok || l.offset() > int64(first)+1 {
			break
		}
		k.offsets = append(k.offsets, int64(first)+o)
	}
	return k
}

// unpacked reads an object of an object stream.
func (f *File) unpacked(e entry) any {
	if outer, ok := f.find(e.pack); !ok || outer.nth >= 0 {
		return nil
	}
	k := f.load(e.pack)
	if k == nil || int(e.nth) >= len(k.offsets) || k.offsets[e.nth] < 0 || k.offsets[e.nth] > int64(len(k.data)) {
		return nil
	}
	v, err := NewLexer(bytes.NewReader(k.data[k.offsets[e.nth]:]), 1<<10).indirect()
	if err != nil {
		return nil
	}
	return v
}
