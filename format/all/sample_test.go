package all

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/format"
)

// lines writes records of a format, each with its number.
var lines = map[string]func(i int) string{
	"a.csv": func(i int) string { return fmt.Sprintf("r%07d,\"box, %d\",%s\n", i, i%7, strings.Repeat("x", i%61)) },
	"a.ndjson": func(i int) string {
		return fmt.Sprintf(`{"id":"r%07d","box":%d,"s":"%s"}`+"\n", i, i%7, strings.Repeat("x", i%61))
	},
	"a.hl7": func(i int) string {
		return fmt.Sprintf("MSH|^~\\&|A|B|C|D|2020||ADT^A01|r%07d|P|2.5\rPID|1||%s\r\n", i, strings.Repeat("x", i%61))
	},
	"a.txt": func(i int) string { return fmt.Sprintf("r%07d went by %s.\n", i, strings.Repeat("on and on ", i%7)) },
}

// written makes an input of many records.
func written(name string, size int) []byte {
	var b bytes.Buffer
	if name == "a.csv" {
		b.WriteString("number,box,note\n")
	}
	for i := 0; b.Len() < size; i++ {
		b.WriteString(lines[name](i))
	}
	return b.Bytes()
}

func inputOf(name string, data []byte) format.Input {
	r := bytes.NewReader(data)
	return format.Input{Name: name, Size: int64(len(data)), Head: data[:min(len(data), format.HeadSize)], Body: r, At: r}
}

// numbers are those of the records of a text, in their order. It fails where one is not whole.
func numbers(t *testing.T, name string, text []byte) (out []int) {
	t.Helper()
	text = bytes.TrimPrefix(text, []byte("number,box,note\n"))
	for at := 0; at < len(text); {
		i := bytes.Index(text[at:], []byte("r0"))
		if i < 0 {
			break
		}
		n, err := strconv.Atoi(string(text[at+i+1 : at+i+8]))
		if err != nil {
			t.Fatal(err)
		}
		want := lines[name](n)
		if !bytes.HasPrefix(text[at:], []byte(want)) {
			t.Fatalf("%s: %.80q is no whole record", name, text[at:])
		}
		out = append(out, n)
		at += len(want)
	}
	return out
}

// TestEachRecordIsDrawnAlike: in all formats that can be sampled, records come whole, in order, and each as often as any other, wherever
// it stands.
func TestEachRecordIsDrawnAlike(t *testing.T) {
	for name := range lines {
		data := written(name, 3<<20)
		r := Choose(name, data[:format.HeadSize])
		in := inputOf(name, data)
		b := Borders(r, in)
		if b == nil {
			t.Fatalf("%s has no borders", name)
		}
		all := len(numbers(t, name, data))
		const rounds = 20
		times, drawn := make([]int, all), 0
		for seed := range rounds {
			s, part := format.Draw(in, b, 0.01, rand.New(rand.NewPCG(uint64(seed), 1)))
			if s == nil {
				t.Fatalf("%s: nothing was drawn", name)
			}
			text, err := io.ReadAll(part.Body)
			if err != nil {
				t.Fatal(err)
			}
			last := -1
			for _, n := range numbers(t, name, text) {
				if n <= last {
					t.Fatalf("%s: record %d comes behind %d", name, n, last)
				}
				last = n
				times[n]++
				drawn++
			}
			if n, of := s.Drawn(); n != format.SampleBlocks || of != int64(len(data)+4095)/4096 {
				t.Fatalf("%s: %d of %d blocks", name, n, of)
			}
		}
		share := float64(format.SampleBlocks) * 4096 / float64(len(data))
		for tenth := range 10 { // the beginning and the end are drawn as the middle is
			sum := 0
			for _, n := range times[tenth*all/10 : (tenth+1)*all/10] {
				sum += n
			}
			if got := float64(sum) / float64(all/10) / rounds; math.Abs(got-share) > 0.15*share {
				t.Errorf("%s: of tenth %d a share of %.4f was drawn, not %.4f", name, tenth, got, share)
			}
		}
	}
}

// TestPiecesHoldEachRecordOnce: pieces that find their bounds when they are begun, in any order, are together the whole.
func TestPiecesHoldEachRecordOnce(t *testing.T) {
	for name := range lines {
		data := written(name, 1<<20)
		data = append(data, bytes.Repeat(data[bytes.IndexByte(data, '\n')+1:], 5*format.PieceSize/2>>20)...)
		in := inputOf(name, data)
		pieces := format.Divide(in, Borders(Choose(name, data[:format.HeadSize]), in), format.PieceSize)
		if len(pieces) < 2 {
			t.Fatalf("%s: %d pieces", name, len(pieces))
		}
		texts := make([][]byte, len(pieces))
		for _, i := range rand.Perm(len(pieces)) {
			err := pieces[i].Begin()
			if err == nil {
				texts[i], err = io.ReadAll(pieces[i].Body)
			}
			if err != nil || int64(len(texts[i])) != pieces[i].Size {
				t.Fatalf("%s: %v, %d bytes of %d", name, err, len(texts[i]), pieces[i].Size)
			}
			if i > 0 {
				texts[i] = bytes.TrimPrefix(texts[i], []byte("number,box,note\n"))
			}
		}
		if !bytes.Equal(bytes.Join(texts, nil), data) {
			t.Errorf("%s: the pieces are not the whole", name)
		}
	}
}

// TestWithoutBordersThereIsOnePiece: where no record begins for long, nothing is lost, and it is looked through once.
func TestWithoutBordersThereIsOnePiece(t *testing.T) {
	head := []byte(strings.Repeat("{\"a\":1}\n", 10_000))
	data := append(head, bytes.Repeat([]byte("x"), 3*format.PieceSize)...)
	data = append(data, '\n')
	looks := &counting{bytes.NewReader(data), 0}
	in := inputOf("a.ndjson", data)
	in.At = looks
	pieces := format.Divide(in, Borders(Choose("a.ndjson", head[:format.HeadSize]), in), format.PieceSize)
	var whole int64
	for i := range pieces {
		if err := pieces[i].Begin(); err != nil {
			t.Fatal(err)
		}
		whole += pieces[i].Size
	}
	if whole != int64(len(data)) || looks.n > 5*int64(len(data)) {
		t.Errorf("%d of %d bytes in %d pieces, %d bytes looked at", whole, len(data), len(pieces), looks.n)
	}
	if s, part := format.Draw(in, Borders(Choose("a.ndjson", head[:format.HeadSize]), in), 0.01, rand.New(rand.NewPCG(1, 1))); s != nil {
		if _, err := io.Copy(io.Discard, part.Body); err != nil {
			t.Error(err)
		}
	}
}

// counting counts what is read.
type counting struct {
	*bytes.Reader
	n int64
}

// ReadAt reads and counts.
func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.Reader.ReadAt(p, off)
	c.n += int64(n)
	return n, err
}

// TestWhatIsNotSampled: small inputs, large shares, and formats without borders are read whole.
func TestWhatIsNotSampled(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	small, large := inputOf("a.csv", written("a.csv", 1<<20)), inputOf("a.csv", written("a.csv", 4<<20))
	borders := Borders(Choose("a.csv", small.Head), small)
	for what, draw := range map[string]struct {
		in    format.Input
		b     *format.Borders
		share float64
	}{
		"small": {small, borders, 0.01}, "half": {large, borders, 0.6}, "no borders": {large, nil, 0.01},
		"no place": {format.Input{Size: 4 << 20, Body: large.Body}, borders, 0.01},
	} {
		if s, in := format.Draw(draw.in, draw.b, draw.share, rng); s != nil || in.Body != draw.in.Body {
			t.Errorf("%s: it was sampled", what)
		}
	}
}
