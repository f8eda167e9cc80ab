package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/record"
)

// file is a file on its way into an archive.
type file struct{ name, body string }

var files = []file{
	{"patients.csv", "mrn,last_name\n10012231,Plantagenet\n10012232,Marchbanks\n"},
	{"notes/a.txt", strings.Repeat("She was seen today, and was well. ", 30)},
	{"empty", ""},
}

func zipped(t testing.TB, method uint16, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		m, err := w.CreateHeader(&zip.FileHeader{Name: f.name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(m, f.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tarred(t testing.TB, headers ...*tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		body := strings.Repeat("a line of a note\n", int(h.Size)/17+1)[:h.Size]
		h.Mode = 0o644
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// oldCPIO writes cpio with octal numbers, newCPIO with hexadecimal ones.
func oldCPIO(files ...file) []byte {
	var b bytes.Buffer
	for i, f := range append(files, file{"TRAILER!!!", ""}) {
		fmt.Fprintf(&b, "070707%06o%06o%06o%06o%06o%06o%06o%011o%06o%011o%s\x00%s", 1, i, 0o100644, 0, 0, 1, 0, 0, len(f.name)+1, len(f.body), f.name, f.body)
	}
	return append(b.Bytes(), make([]byte, 100)...)
}

func newCPIO(files ...file) []byte {
	var b bytes.Buffer
	pad := func() { b.Write(make([]byte, -b.Len()&3)) }
	for i, f := range append(files, file{"TRAILER!!!", ""}) {
		fmt.Fprintf(&b, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", i, 0o100644, 0, 0, 1, 0, len(f.body), 0, 0, 0, 0, len(f.name)+1, 0)
		b.WriteString(f.name + "\x00")
		pad()
		b.WriteString(f.body)
		pad()
	}
	return b.Bytes()
}

// rar5 writes a RAR 5.0 archive whose files are stored (RAR 5.0 archive format, "General archive structure").
func rar5(files ...file) []byte {
	vint := func(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }
	block := func(b, fields []byte) []byte {
		head := append(vint(nil, uint64(len(fields))), fields...)
		b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(head))
		return append(b, head...)
	}
	b := block([]byte("Rar!\x1a\x07\x01\x00"), []byte{1, 0, 0}) // main header
	for _, f := range files {
		h := vint(vint(vint(nil, 2), 2), uint64(len(f.body)))                         // file, with data
		h = vint(vint(vint(h, 4), uint64(len(f.body))), 0)                            // checksum is there; length; attributes
		h = binary.LittleEndian.AppendUint32(h, crc32.ChecksumIEEE([]byte(f.body)))   // checksum
		h = append(vint(vint(vint(h, 0), 1), uint64(len(f.name))), []byte(f.name)...) // stored; Unix; name
		b = append(block(b, h), f.body...)
	}
	return block(b, []byte{5, 0, 0})
}

func TestContract(t *testing.T) {
	var samples []formattest.Sample
	add := func(name string, data []byte) { samples = append(samples, formattest.Sample{Name: name, Data: data}) }
	add("a.zip", zipped(t, zip.Deflate, files...))
	add("stored.zip", zipped(t, zip.Store, files...))
	add("a.tar", tarred(t, &tar.Header{Name: "a.txt", Size: 700}, &tar.Header{Name: strings.Repeat("long/", 50) + "a", Size: 30, Format: tar.FormatPAX},
		&tar.Header{Name: strings.Repeat("long/", 60) + "a", Size: 30, Format: tar.FormatGNU}))
	for _, name := range []string{"m-LZMA2.7z", "m-Copy.7z", "delta.7z", "plainhead.7z", "a.ar", "z64.zip", "m-LZMA.zip"} {
		add(name, sample(t, name))
	}
	add("old.cpio", oldCPIO(files...))
	add("new.cpio", newCPIO(files...))
	add("a.rar", rar5(files...))
	formattest.Run(t, Reader{}, samples...)
}

// TestMembersComeOut reads the same files out of each kind of archive.
func TestMembersComeOut(t *testing.T) {
	plain := zipped(t, zip.Deflate, files...)
	end := bytes.LastIndex(plain, []byte(zipEnd))
	for name, data := range map[string][]byte{
		"a.zip": plain, "stored.zip": zipped(t, zip.Store, files...), "old.cpio": oldCPIO(files...), "new.cpio": newCPIO(files...), "a.rar": rar5(files...),
		"installer.exe":   append([]byte("MZ\x90\x00"+strings.Repeat("program \x00", 2000)), plain...),
		"run.sh":          append([]byte("#!/bin/sh\nexec unzip \"$0\"\n"), plain...),
		"comment.zip":     append(append(bytes.Clone(plain[:len(plain)-2]), 9, 0), "a comment"...),
		"trailing.zip":    append(bytes.Clone(plain), "\x00\x00\x00"...),
		"nodirectory.zip": plain[:bytes.Index(plain, []byte(zipEntry))],
		"damagedend.zip":  append(bytes.Clone(plain[:end]), make([]byte, 22)...),
	} {
		got := formattest.Collect(Reader{}, name, data)
		if got.Err != nil || len(got.Inner) != len(files) {
			t.Errorf("%s: %d files, %v, gaps %v", name, len(got.Inner), got.Err, got.Gaps)
			continue
		}
		for i, f := range files {
			if got.Inner[i].Name != f.name || got.Inner[i].Body != f.body {
				t.Errorf("%s: file %d is %s with %d bytes", name, i, got.Inner[i].Name, len(got.Inner[i].Body))
			}
		}
		if cut := strings.HasPrefix(name, "nodirectory") || strings.HasPrefix(name, "damagedend"); cut != (len(got.Gaps) == 1) {
			t.Errorf("%s: gaps %v", name, got.Gaps)
		}
	}
}

// bodies reads an archive as a scan does: the error of a file is told where it stands.
func bodies(t testing.TB, data []byte) (whole map[string]string, failed map[string]error, gaps []string) {
	t.Helper()
	whole, failed = map[string]string{}, map[string]error{}
	err := Reader{}.Read(context.Background(), format.Input{Name: "a", Size: int64(len(data)), Head: data[:min(len(data), format.HeadSize)],
		Body: bytes.NewReader(data), At: bytes.NewReader(data)}, format.Output{
		Places: &record.Places{},
		Inner: func(name, _ string, body io.Reader) error {
			b, err := io.ReadAll(body)
			if whole[name] = string(b); err != nil {
				failed[name] = err
			}
			return nil
		},
		Gap: func(r estate.GapReason, detail string) { gaps = append(gaps, string(r)) },
	})
	if err != nil {
		t.Errorf("the archive ended with %v", err)
	}
	return whole, failed, gaps
}

// TestOneBadMemberSparesTheOthers damages files in an archive, each in its own way.
func TestOneBadMemberSparesTheOthers(t *testing.T) {
	data := zipped(t, zip.Store, file{"a.txt", "aaaaaaaaaa"}, file{"b.txt", "bbbbbbbbbb"}, file{"c.txt", "cccccccccc"})
	entry := func(b []byte, n int) []byte { // the n-th of the directory
		at := 0
		for range n + 1 {
			at += bytes.Index(b[at:], []byte(zipEntry)) + 1
		}
		return b[at-1:]
	}
	for name, c := range map[string]struct {
		harm func(b []byte)
		want error
	}{
		"a flipped byte":        {func(b []byte) { b[bytes.Index(b, []byte("bbbb"))] ^= 1 }, format.ErrDamaged},
		"encrypted":             {func(b []byte) { entry(b, 1)[8] |= 1 }, format.ErrEncrypted},
		"AES":                   {func(b []byte) { entry(b, 1)[10] = 99 }, format.ErrEncrypted},
		"an unknown method":     {func(b []byte) { entry(b, 1)[10] = 77 }, errors.ErrUnsupported},
		"nothing where it says": {func(b []byte) { entry(b, 1)[42]++ }, format.ErrDamaged},
		"longer than all":       {func(b []byte) { entry(b, 1)[22] = 1 }, io.ErrUnexpectedEOF},
		"another volume":        {func(b []byte) { e := entry(b, 1); e[34], e[42] = 3, e[42]+1 }, errors.ErrUnsupported},
		"no deflate":            {func(b []byte) { entry(b, 1)[10] = 8 }, format.ErrDamaged},
	} {
		b := bytes.Clone(data)
		c.harm(b)
		whole, failed, gaps := bodies(t, b)
		if whole["a.txt"] != "aaaaaaaaaa" || whole["c.txt"] != "cccccccccc" || failed["a.txt"] != nil || failed["c.txt"] != nil || len(gaps) > 0 {
			t.Errorf("%s: the others are %v, %v, gaps %v", name, whole, failed, gaps)
		}
		if err := failed["b.txt"]; !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestNamesAreText(t *testing.T) {
	data := zipped(t, zip.Store, file{"XXXXXXXX.txt", "a"}, file{"../../etc/passwd", "b"})
	data = bytes.ReplaceAll(data, []byte("XXXXXXXX"), []byte("caf\x82\x00abc"))
	whole, _, _ := bodies(t, data)
	if whole["café"] != "a" || whole["../../etc/passwd"] != "b" {
		t.Errorf("got %q", whole)
	}
}

func TestFoldersAndLinksArePassedBy(t *testing.T) {
	got := formattest.Collect(Reader{}, "a.tar", tarred(t, &tar.Header{Name: "d/", Typeflag: tar.TypeDir}, &tar.Header{Name: "d/l", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
		&tar.Header{Name: "d/h", Typeflag: tar.TypeLink, Linkname: "d/f"}, &tar.Header{Name: "d/f", Size: 3}))
	if len(got.Inner) != 1 || got.Inner[0].Name != "d/f" || len(got.Gaps) != 0 || got.Err != nil {
		t.Errorf("%v %v %v", got.Inner, got.Gaps, got.Err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	link := &zip.FileHeader{Name: "link"}
	link.SetMode(os.ModeSymlink | 0o777)
	m, err := w.CreateHeader(link)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(m, "/etc/passwd")
	w.Create("folder/")
	w.Close()
	if got := formattest.Collect(Reader{}, "a.zip", b.Bytes()); len(got.Inner) != 0 || len(got.Gaps) != 0 {
		t.Errorf("%v %v", got.Inner, got.Gaps)
	}
}

func TestTarGoesOnBehindDamage(t *testing.T) {
	one, two := tarred(t, &tar.Header{Name: "a", Size: 600}, &tar.Header{Name: "b", Size: 600}, &tar.Header{Name: "c", Size: 600}), tarred(t, &tar.Header{Name: "d", Size: 5})
	names := func(data []byte) (out string, gaps []formattest.Gap) {
		got := formattest.Collect(Reader{}, "a.tar", data)
		for _, in := range got.Inner {
			out += in.Name
		}
		return out, got.Gaps
	}
	if got, gaps := names(append(bytes.Clone(one), two...)); got != "abcd" || len(gaps) != 0 {
		t.Errorf("two in a row: %s %v", got, gaps)
	}
	bad := bytes.Clone(one)
	bad[1536+150] ^= 1 // the checksum of b
	if got, gaps := names(bad); got != "ac" || len(gaps) != 1 || gaps[0].Reason != estate.GapDamaged {
		t.Errorf("a damaged header: %s %v", got, gaps)
	}
	if got, gaps := names(append(bytes.Clone(one), "rubbish"...)); got != "abc" || len(gaps) != 1 {
		t.Errorf("rubbish behind the end: %s %v", got, gaps)
	}
	if got, gaps := names(one[:2300]); got != "ab" || len(gaps) != 1 || gaps[0].Reason != estate.GapTruncated {
		t.Errorf("cut off: %s %v", got, gaps)
	}
	sparse := tarred(t, &tar.Header{Name: "a", Size: 10})
	if c := (Reader{}).Claims("x", sparse); c != format.Certain {
		t.Errorf("claim %d", c)
	}
	if c := (Reader{}).Claims("x.tar", make([]byte, 1024)); c != format.Maybe {
		t.Errorf("an empty tar: claim %d", c)
	}
}

// TestFilesThatShareTheirBytesAreReadOnce: a directory may name one file a thousand times.
func TestFilesThatShareTheirBytesAreReadOnce(t *testing.T) {
	data := zipped(t, zip.Deflate, file{"a", strings.Repeat("a", 1<<20)})
	at, end := bytes.Index(data, []byte(zipEntry)), bytes.LastIndex(data, []byte(zipEnd))
	entry := data[at:end]
	b := append(bytes.Clone(data[:at]), bytes.Repeat(entry, 1000)...)
	tail := bytes.Clone(data[end:])
	binary.LittleEndian.PutUint16(tail[8:], 1000)
	binary.LittleEndian.PutUint16(tail[10:], 1000)
	binary.LittleEndian.PutUint32(tail[12:], uint32(1000*len(entry)))
	got := formattest.Collect(Reader{}, "a.zip", append(b, tail...))
	if len(got.Inner) != 1 || len(got.Gaps) != 1 || got.Gaps[0].Reason != estate.GapDamaged {
		t.Errorf("%d files, gaps %v", len(got.Inner), got.Gaps)
	}
}

func TestExtents(t *testing.T) {
	var e extents
	for i, c := range []struct {
		from, to int64
		free     bool
	}{
		{0, 100, true}, {100, 200, true}, {150, 160, false}, {199, 300, false}, {1000, 1100, true}, {400, 500, true}, {300, 330, true}, {330, 400, true},
		{450, 460, false}, {550, 980, true}, {1050, 1200, false}, {5000, math.MaxInt64, true}, {4900, 5001, false}, {0, 1, false},
	} {
		if got := e.take(c.from, c.to); got != c.free {
			t.Errorf("%d: [%d, %d) is free: %v", i, c.from, c.to, got)
		}
	}
	e = extents{}
	for i := range int64(maxExtents + 10) {
		if !e.take(1000*i, 1000*i+10) {
			t.Fatalf("run %d", i)
		}
	}
	n := 0
	for e.take(1000*maxExtents, 1000*maxExtents+100_000) {
		n++
	}
	if n == 0 || n > 1000 {
		t.Errorf("the same bytes were given %d times", n)
	}
}

// FuzzRead reads anything: no panic, no endless loop, no error but damage.
func FuzzRead(f *testing.F) {
	f.Add(zipped(f, zip.Deflate, files...))
	f.Add(tarred(f, &tar.Header{Name: "a.txt", Size: 30}))
	for _, name := range []string{"m-LZMA2.7z", "m-LZMA.7z", "m-Copy.7z", "m-BZip2.7z", "delta.7z", "plainhead.7z", "aes.7z", "a.ar", "z64.zip", "m-LZMA.zip", "streamed.zip"} {
		f.Add(sample(f, name))
	}
	f.Add(oldCPIO(files...))
	f.Add(newCPIO(files...))
	f.Add(rar5(files...))
	f.Fuzz(func(t *testing.T, data []byte) {
		got := formattest.Collect(Reader{}, "a.zip", data)
		if got.Err != nil && !errors.Is(got.Err, format.ErrDamaged) {
			t.Errorf("%v", got.Err)
		}
	})
}

// FuzzSevenHeader reads anything as a 7z header: no checksum keeps it from what is behind.
func FuzzSevenHeader(f *testing.F) {
	plain := sample(f, "plainhead.7z")
	f.Add(plain[sevenStart+binary.LittleEndian.Uint64(plain[12:]):])
	f.Fuzz(func(t *testing.T, data []byte) {
		folders, files, err := parseSeven(data)
		if err == nil && len(folders)+len(files) > 2*len(data) {
			t.Errorf("%d folders and %d files in %d bytes", len(folders), len(files), len(data))
		}
	})
}

func BenchmarkZIP(b *testing.B) {
	body := strings.Repeat("10012231,219-46-8317,Ada,Plantagenet,1962-03-04,CA\n", 1<<16)
	for name, method := range map[string]uint16{"stored": zip.Store, "deflate": zip.Deflate} {
		data := zipped(b, method, file{"a.csv", body})
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				in := format.Input{Name: "a.zip", Size: int64(len(data)), Head: data[:4096], Body: bytes.NewReader(data), At: bytes.NewReader(data)}
				if err := (Reader{}).Read(context.Background(), in, format.Output{Inner: func(_, _ string, r io.Reader) error {
					_, err := io.Copy(io.Discard, r)
					return err
				}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
