package compressed

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz/lzma"
)

func sample(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// written is what a writer makes of a text.
func written(t testing.TB, text string, open func(io.Writer) (io.WriteCloser, error)) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// streams are the same text by each method, by the file's name.
func streams(t testing.TB) map[string][]byte {
	text := string(sample(t, "patients.csv"))
	all := map[string][]byte{}
	for _, ext := range []string{"gz", "bz2", "xz", "lzma", "zst", "lz4"} {
		all["patients.csv."+ext] = sample(t, "patients.csv."+ext)
	}
	all["patients.csv.zz"] = written(t, text, func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil })
	all["patients.csv.sz"] = written(t, text, func(w io.Writer) (io.WriteCloser, error) { return snappy.NewBufferedWriter(w), nil })
	all["patients.csv.br"] = written(t, text, func(w io.Writer) (io.WriteCloser, error) { return brotli.NewWriter(w), nil })
	all["patients.csv.Z"] = lzw(text, 16)
	return all
}

func TestContract(t *testing.T) {
	var samples []formattest.Sample
	for name, data := range streams(t) {
		samples = append(samples, formattest.Sample{Name: name, Data: data, Claim: format.Likely, Gaps: []formattest.Gap{}})
	}
	formattest.Run(t, Reader{}, samples...)
}

func TestContentComesOut(t *testing.T) {
	text := string(sample(t, "patients.csv"))
	for name, data := range streams(t) {
		got := formattest.Collect(Reader{}, "a/b/"+name, data)
		if got.Err != nil || len(got.Inner) != 1 || got.Inner[0].Body != text || got.Inner[0].Name != "patients.csv" {
			t.Errorf("%s: %v, %d inner items", name, got.Err, len(got.Inner))
		}
		if double := formattest.Collect(Reader{}, name, append(bytes.Clone(data), data...)); !strings.HasSuffix(name, "lzma") && !strings.HasSuffix(name, "zz") &&
			!strings.HasSuffix(name, "br") && !strings.HasSuffix(name, "Z") && (len(double.Inner) != 1 || double.Inner[0].Body != text+text) {
			t.Errorf("%s twice: %v, %d bytes", name, double.Err, len(double.Inner[0].Body))
		}
	}
}

// body reads the content of a stream as a scan does.
func body(t testing.TB, m Method, data []byte) (string, error) {
	t.Helper()
	s, err := Open(m, bytes.NewReader(data), maxWindow)
	if err != nil {
		return "", err
	}
	defer s.Close()
	b, err := io.ReadAll(s)
	return string(b), err
}

// TestACutStreamSaysSo cuts each stream off at many bytes: there must be an error, or less than all cannot be told from all.
func TestACutStreamSaysSo(t *testing.T) {
	for name, data := range streams(t) {
		m, _ := methodOf(name, data)
		silent := 0
		for n := 1; n < len(data); n += 5 {
			_, err := body(t, m, data[:n])
			if err == nil {
				silent++
			} else if !errors.Is(err, format.ErrDamaged) && err != io.EOF {
				t.Errorf("%s cut to %d bytes: %v", name, n, err)
			}
		}
		if silent > 0 && m != LZW && m != Snappy { // neither has an end mark
			t.Errorf("%s: %d of %d cuts were silent", name, silent, len(data))
		}
	}
}

// TestAFlippedBitSaysSo: where a method has a checksum, no bit can be flipped unnoticed.
func TestAFlippedBitSaysSo(t *testing.T) {
	text := string(sample(t, "patients.csv"))
	for name, data := range streams(t) {
		m, _ := methodOf(name, data)
		if m == LZMA || m == Brotli || m == LZW {
			continue
		}
		for i := 0; i < len(data); i += 3 {
			b := bytes.Clone(data)
			b[i] ^= 1 << (i % 8)
			got, err := body(t, m, b)
			if err == nil && got != text {
				t.Errorf("%s: byte %d was flipped unnoticed", name, i)
			}
		}
	}
}

func TestWhatStandsBehindTheEnd(t *testing.T) {
	text, gz := string(sample(t, "patients.csv")), sample(t, "patients.csv.gz")
	if got, err := body(t, Gzip, append(bytes.Clone(gz), make([]byte, 700)...)); got != text || err != nil {
		t.Errorf("zeros: %d bytes, %v", len(got), err)
	}
	for _, tail := range []string{"rubbish", "\x00\x00\x01", "\x1f\x8b\x08"} {
		if got, err := body(t, Gzip, append(bytes.Clone(gz), tail...)); got != text || !errors.Is(err, format.ErrDamaged) {
			t.Errorf("%q: %d bytes, %v", tail, len(got), err)
		}
	}
	if got, err := body(t, XZ, append(bytes.Clone(sample(t, "patients.csv.xz")), 0, 0, 0, 0)); got != text || err != nil {
		t.Errorf("xz padding: %d bytes, %v", len(got), err)
	}
}

// TestWindowsAreBounded: a header may ask for gigabytes.
func TestWindowsAreBounded(t *testing.T) {
	noise := make([]byte, 200<<10) // so long that its dictionary cannot be bounded by what is left
	r := rand.NewChaCha8([32]byte{})
	r.Read(noise)
	big := written(t, string(noise), func(w io.Writer) (io.WriteCloser, error) { return lzma.NewWriter(w) })
	copy(big[1:5], "\x00\x00\x00\xf0")
	wide := []byte("\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00") // a window of 2^31 bytes, an empty last block
	xz := bytes.Clone(sample(t, "patients.csv.xz"))
	xz[12+4] = 40 // the dictionary's size: 4 GiB
	for name, c := range map[string]struct {
		method Method
		data   []byte
		want   error
	}{"lzma": {LZMA, big, format.ErrLimit}, "zstd": {Zstd, wide, format.ErrLimit}, "xz, and its checksum is wrong": {XZ, xz, format.ErrDamaged}} {
		if _, err := body(t, c.method, c.data); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	small := written(t, "x", func(w io.Writer) (io.WriteCloser, error) { return lzma.NewWriter(w) })
	copy(small[1:5], "\x00\x00\x00\x02")
	if got, err := body(t, LZMA, small); got != "x" || err != nil {
		t.Errorf("a small stream that asks for 32 MiB: %q %v", got, err)
	}
	x := &xzStreams{window: minWindow}
	if err := x.open(40); !errors.Is(err, format.ErrLimit) {
		t.Errorf("xz: %v", err)
	}
	got := formattest.Collect(Reader{}, "a.lzma", big)
	if got.Err != nil || len(got.Gaps) != 1 || got.Gaps[0].Reason != estate.GapLimit {
		t.Errorf("%v %v", got.Err, got.Gaps)
	}
	sum := int64(0)
	for depth := range 17 {
		sum += Window(depth)
	}
	if sum > 192<<20 {
		t.Errorf("the windows of streams within streams come to %d MiB", sum>>20)
	}
}

func TestClaims(t *testing.T) {
	for _, c := range []struct {
		name, head string
		want       format.Claim
	}{
		{"a.txt", "x\x9c is what this text begins with, and it is none", format.No},
		{"a", "x^2 + y^2 = z^2", format.No},
		{"a.lzma", "This is a note on LZMA, and nothing else.", format.No},
		{"a.br", "What is in it?", format.No},
		{"a.bz2", "BZh9 is no beginning", format.No},
		{"a", "", format.No},
	} {
		if got := (Reader{}).Claims(c.name, []byte(c.head)); got != c.want {
			t.Errorf("%s %.10q: %d", c.name, c.head, got)
		}
	}
	for name, data := range streams(t) {
		if m, c := methodOf("noname", data); c == format.No && m != LZMA && !strings.HasSuffix(name, ".lzma") && !strings.HasSuffix(name, ".br") {
			t.Errorf("%s is not known without its name", name)
		}
	}
}

func TestInnerNames(t *testing.T) {
	for name, want := range map[string]string{
		"a/b.tgz": "b.tar", "b.TAR.GZ": "b.TAR", "x.csv.bz2": "x.csv", "scan.svgz": "scan.svg", "odd": "content of gzip", ".gz": "content of gzip", "a.zip!/b.log.1.gz": "b.log.1",
	} {
		if got := innerName(name, Gzip); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// lzw compresses as compress(1) does, in block mode and without ever clearing the table.
func lzw(text string, maxBits uint) []byte {
	out := []byte{0x1f, 0x9d, 0x80 | byte(maxBits)}
	table := map[string]int{}
	free, width := 257, uint(9)
	acc, n, group := 0, uint(0), 0
	put := func(code int) {
		acc |= code << n
		for n += width; n >= 8; n -= 8 {
			out, acc = append(out, byte(acc)), acc>>8
		}
		if group++; group == 8 {
			group = 0
		}
	}
	widen := func() {
		if free > 1<<width && width < maxBits || free == 1<<width && width < maxBits {
			for group != 0 { // the rest of a group is left unused
				put(0)
			}
			width++
		}
	}
	code := func(s string) int {
		if len(s) == 1 {
			return int(s[0])
		}
		return table[s]
	}
	last := ""
	first := true
	for i := range len(text) {
		next := last + text[i:i+1]
		if _, ok := table[next]; ok || len(next) == 1 {
			last = next
			continue
		}
		put(code(last))
		if !first { // the reader is one entry behind
			widen()
		}
		first = false
		if free < 1<<maxBits {
			table[next] = free
			free++
		}
		last = text[i : i+1]
	}
	put(code(last))
	if n > 0 {
		out = append(out, byte(acc))
	}
	return out
}

// TestLZWAgainstGzip holds the decoder, and the encoder of these tests, against gzip, which reads compress(1), too.
func TestLZWAgainstGzip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for b.Len() < 300<<10 {
		b.WriteString([]string{"10012231,", "Plantagenet,", "Ada\n", "1962-03-04,", "x"}[r.IntN(5)])
	}
	for _, bits := range []uint{10, 12, 16} {
		data := lzw(b.String(), bits)
		got, err := body(t, LZW, data)
		if err != nil || got != b.String() {
			t.Errorf("%d bits: %d bytes of %d, %v", bits, len(got), b.Len(), err)
		}
		gzip, err := exec.LookPath("gzip")
		if err != nil {
			t.Skip("no gzip here")
		}
		cmd := exec.Command(gzip, "-dc")
		cmd.Stdin = bytes.NewReader(data)
		if out, err := cmd.Output(); err != nil || string(out) != b.String() {
			t.Errorf("%d bits: gzip gives %d bytes, %v", bits, len(out), err)
		}
	}
}

// FuzzRead reads anything by every method: no panic, no endless loop, no error but damage and limits.
func FuzzRead(f *testing.F) {
	for name, data := range streams(f) {
		m, _ := methodOf(name, data)
		f.Add(uint8(m), data)
	}
	f.Fuzz(func(t *testing.T, m uint8, data []byte) {
		s, err := Open(Method(m%uint8(Deflate64)+1), bytes.NewReader(data), minWindow)
		if err == nil {
			_, err = io.Copy(io.Discard, io.LimitReader(s, 16<<20))
			s.Close()
		}
		if err != nil && err != io.EOF && !errors.Is(err, format.ErrDamaged) && !errors.Is(err, format.ErrLimit) && !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("method %d: %v", m, err)
		}
		if got := formattest.Collect(Reader{}, "a.lzma", data); got.Err != nil && !errors.Is(got.Err, format.ErrDamaged) && !errors.Is(got.Err, format.ErrLimit) &&
			!errors.Is(got.Err, errors.ErrUnsupported) {
			t.Errorf("%v", got.Err)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	text := strings.Repeat("10012231,219-46-8317,Ada,Plantagenet,1962-03-04,CA\n10012232,219-46-8318,Ben,Marchbanks,1961-03-05,NV\n", 1<<15)
	for m, data := range map[Method][]byte{
		Gzip:   written(b, text, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }),
		Zstd:   written(b, text, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) }),
		LZ4:    written(b, text, func(w io.Writer) (io.WriteCloser, error) { return lz4.NewWriter(w), nil }),
		Snappy: written(b, text, func(w io.Writer) (io.WriteCloser, error) { return snappy.NewBufferedWriter(w), nil }),
		LZW:    lzw(text, 16),
	} {
		b.Run(m.String(), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := body(b, m, data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
