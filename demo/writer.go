package demo

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf16"
)

// flushAt bounds how much of a file stands in memory.
const flushAt = 64 << 10

// writer writes files and keeps book of who is in them. After an error it does nothing more.
type writer struct {
	dir     string
	seed    uint64
	files   []File
	folders map[string]population
	written time.Time // when the files were last written, as far as their times tell; zero = now
	err     error
}

func newWriter(dir string, o Options) *writer {
	return &writer{dir: dir, seed: o.Seed, folders: map[string]population{}}
}

// encoding turns UTF-8 into the bytes of a file.
type encoding func([]byte) []byte

// file is one file while it is written. Append to b, and call end after each record.
type file struct {
	b []byte

	w      *writer
	out    *os.File
	entry  File
	encode encoding
	people population
}

// create opens a file, with the folders above it.
func (w *writer) create(name string, kind Kind) *file {
	f := &file{w: w, entry: File{Path: name, Kind: kind}, people: population{}}
	full := filepath.Join(w.dir, filepath.FromSlash(name))
	if w.err == nil {
		w.err = os.MkdirAll(filepath.Dir(full), 0o755)
	}
	if w.err == nil {
		f.out, w.err = os.Create(full)
	}
	return f
}

// put writes a whole file at once.
func (w *writer) put(name string, kind Kind, content []byte) {
	f := w.create(name, kind)
	f.b = content
	f.close()
}

// shows keeps book of a person in the file.
func (f *file) shows(p *Person, s sight) { f.people.add(p, s) }

// end closes a record: what has piled up goes to the disk.
func (f *file) end() {
	if len(f.b) >= flushAt {
		f.flush()
	}
}

func (f *file) flush() {
	b := f.b
	if f.encode != nil {
		b = f.encode(b)
	}
	if f.w.err == nil {
		_, f.w.err = f.out.Write(b)
	}
	f.entry.Bytes += int64(len(b))
	f.b = f.b[:0]
}

// close ends the file and adds its people to those of its top folder.
func (f *file) close() {
	f.flush()
	if f.out != nil {
		if err := f.out.Close(); f.w.err == nil {
			f.w.err = err
		}
		if at := f.w.written; !at.IsZero() && f.w.err == nil {
			f.w.err = os.Chtimes(f.out.Name(), at, at)
		}
	}
	f.entry.People = len(f.people)
	f.w.files = append(f.w.files, f.entry)
	top, _, _ := strings.Cut(path.Clean(f.entry.Path), "/")
	if f.w.folders[top] == nil {
		f.w.folders[top] = population{}
	}
	f.w.folders[top].merge(f.people)
}

// latin1 is ISO 8859-1, as older exports are written. What it lacks becomes a question mark.
func latin1(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for _, c := range string(b) {
		if c > 0xff {
			c = '?'
		}
		out = append(out, byte(c))
	}
	return out
}

// utf16le is UTF-16, little endian, as spreadsheets and report writers of one vendor export. The byte order mark is
// the caller's, as the character U+FEFF.
func utf16le(b []byte) []byte {
	out := make([]byte, 0, 2*len(b))
	for _, u := range utf16.Encode([]rune(string(b))) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

// crlf ends each line as older systems do.
func crlf(b []byte) []byte {
	return []byte(strings.ReplaceAll(string(b), "\n", "\r\n"))
}
