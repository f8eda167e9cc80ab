package dicom

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/record"
)

// unit writes elements and gives their bytes.
func unit(write func(*writer)) string { return (&writer{}).item(write) }

// TestDamage: what is wrong in one place is reported, and what stands behind it is read, or an error says where it ends.
func TestDamage(t *testing.T) {
	before := func(w *writer) { w.str(0x00080050, "SH", "A1") }
	after := func(w *writer) { w.str(0x00100020, "LO", "M1") }
	for name, c := range map[string]struct {
		middle func(*writer)
		err    error
		gap    bool // a gap says that something is damaged
		read   bool // what follows is read
	}{
		"nothing wrong":            {func(w *writer) {}, nil, false, true},
		"a length beyond the file": {func(w *writer) { w.head(0x00081140, "UT", 1<<30) }, format.ErrDamaged, false, false},
		"the greatest length":      {func(w *writer) { w.head(0x00081140, "UT", 0xFFFFFFFE) }, format.ErrDamaged, false, false},
		"an odd length":            {func(w *writer) { w.head(0x00081030, "LO", 3).WriteString("odd") }, nil, false, true},
		"a length beyond its item": {func(w *writer) {
			w.seq(0x00081140, false, unit(func(w *writer) { w.head(0x00081030, "LO", 99).WriteString("x") }))
		}, nil, true, true},
		"an item beyond its sequence": {func(w *writer) {
			w.head(0x00081140, "SQ", 12).head(tagItem, "", 500).WriteString("\x08\x00\x50\x00")
		}, nil, true, true},
		"no item in a sequence":      {func(w *writer) { w.head(0x00081140, "SQ", 12).WriteString("no item here") }, nil, true, true},
		"no item, no length":         {func(w *writer) { w.head(0x00081140, "SQ", -1) }, nil, true, true},
		"the end of nothing":         {func(w *writer) { w.head(tagSequenceEnd, "", 0).head(tagItemEnd, "", 0) }, nil, true, true},
		"an item without a sequence": {func(w *writer) { w.head(tagItem, "", 0) }, nil, true, true},
		"no end of the item":         {func(w *writer) { w.head(0x00081140, "SQ", -1).head(tagItem, "", -1).head(tagSequenceEnd, "", 0) }, nil, true, true},
		"no end of the sequence":     {func(w *writer) { w.head(0x00081140, "SQ", -1).head(tagItem, "", -1) }, format.ErrDamaged, false, true},
		"fragments that are none":    {func(w *writer) { w.head(tagPixel, "OB", -1).WriteString("no fragment") }, format.ErrDamaged, false, false},
		"implicit among explicit":    {func(w *writer) { w.WriteString((&writer{implicit: true}).str(0x00081030, "LO", "a study").String()) }, nil, false, true},
		"a new representation":       {func(w *writer) { w.WriteString("\x08\x00\x01\x90ZZ\x00\x00\x04\x00\x00\x00\x01\x02\x03\x04") }, nil, false, true},
		"a sequence said unknown": {func(w *writer) {
			inner := (&writer{implicit: true}).str(0x00081030, "LO", "a study").String()
			w.head(0x00091001, "UN", -1).head(tagItem, "", len(inner)).WriteString(inner)
			w.head(tagSequenceEnd, "", 0)
		}, nil, false, true},
	} {
		data := file(explicitUID, unit(before)+unit(c.middle)+unit(after))
		s := formattest.Collect(Reader{}, "x", data)
		if !errors.Is(s.Err, c.err) {
			t.Errorf("%s: error %v, want %v", name, s.Err, c.err)
		}
		if damaged := len(s.Gaps) > 0 && s.Gaps[0].Reason == estate.GapDamaged; damaged != c.gap {
			t.Errorf("%s: gaps %v", name, s.Gaps)
		}
		if got := s.Values("AccessionNumber"); len(got) != 1 {
			t.Errorf("%s: what stands before is lost", name)
		}
		if read := len(s.Values("PatientID")) == 1; read != c.read {
			t.Errorf("%s: what stands behind is read: %v", name, read)
		}
	}
}

// TestBombs: what is made to exhaust a reader ends soon, and says so.
func TestBombs(t *testing.T) {
	deep := func(depth int) string {
		w := &writer{}
		for range depth {
			w.head(0x00081140, "SQ", -1).head(tagItem, "", -1)
		}
		return w.String()
	}
	zeros := deflate(unit(func(w *writer) { w.head(0x00081030, "UT", 80<<20) }) + strings.Repeat("\x00", 80<<20))
	for name, c := range map[string]struct {
		data []byte
		err  error
	}{
		"depth":           {file(explicitUID, deep(100000)), format.ErrLimit},
		"deflated zeros":  {file(deflatedUID, zeros), format.ErrLimit},
		"deflated damage": {file(deflatedUID, zeros[:100]), format.ErrDamaged},
		"not deflated":    {file(deflatedUID, "\xff\xff\xff\xff\xff"), format.ErrDamaged},
	} {
		start := time.Now()
		s := formattest.Collect(Reader{}, "x", c.data)
		if !errors.Is(s.Err, c.err) {
			t.Errorf("%s: got %v", name, s.Err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

// TestBounded: no length, number or depth fills the memory.
func TestBounded(t *testing.T) {
	named := unit(func(w *writer) { w.str(0x00100010, "PN", "Doe^Jane").str(0x00100020, "LO", "M1") })
	items := unit(func(w *writer) { w.str(0x00100020, "LO", "M1").head(0x00081140, "SQ", -1) })
	reference := unit(func(w *writer) {
		w.seq(0x00081140, true, w.item(func(w *writer) {
			w.str(0x00081155, "UI", "1.2.3.4.5.6.7").str(tagCode, "SH", "F11.20").str(tagDesignator, "SH", "I10")
		}))
	})
	listing := unit(func(w *writer) { w.str(0x00041130, "CS", "SET").head(tagRecords, "SQ", -1) })
	patient := unit(func(w *writer) {
		w.head(tagItem, "", -1).long(tagNextRecord, 7).long(tagLowerRecord, 7).str(tagRecordType, "CS", "PATIENT").str(0x00100020, "LO", "M1").head(tagItemEnd, "", 0)
	})
	for name, c := range map[string]struct {
		first, more string
		records     int64
	}{
		"pixels":           {named + unit(func(w *writer) { w.head(tagPixel, "OW", 0xFFFFFFF0) }), "pixel", 1},
		"fragments":        {named + unit(func(w *writer) { w.head(tagPixel, "OB", -1) }), unit(func(w *writer) { w.head(tagItem, "", 4).WriteString("jpeg") }), 1},
		"one text":         {named + unit(func(w *writer) { w.head(0x00104000, "UT", 0xFFFFFFF0) }), "some words of a note, ", 30},
		"text of no words": {named + unit(func(w *writer) { w.head(0x00104000, "UT", 0xFFFFFFF0) }), "x", 30},
		"one private":      {named + unit(func(w *writer) { w.head(0x00091001, "UN", 0xFFFFFFF0) }), "some words of a note, ", 30},
		"elements":         {named, reference, 5},
		"empty items":      {items, "\xfe\xff\x00\xe0\x00\x00\x00\x00", 1},
		"empty records":    {listing, "\xfe\xff\x00\xe0\x00\x00\x00\x00", 0},
		"directory":        {listing, patient, 30000},
		"places":           {named, placeFlood(), 1},
	} {
		body := &formattest.Repeat{First: file(explicitUID, c.first), Data: []byte(c.more), Size: 32 << 20}
		records, _, err := formattest.Bounded(t, Reader{}, "a.dcm", body, 16<<20)
		if err != nil && !errors.Is(err, format.ErrDamaged) || records < c.records {
			t.Errorf("%s: %d records, %v", name, records, err)
		}
	}
}

// placeFlood is a run of private elements, each of another tag.
func placeFlood() string {
	w := &writer{}
	for group := tag(0x0009); group < 0x0409; group += 2 {
		for n := tag(0x1000); n < 0x1100; n++ {
			w.str(group<<16|n, "LO", "word of mouth")
		}
	}
	return w.String()
}

// TestDividedRecordsRepeatWhoItIs: each part of a long data set is about the same patient.
func TestDividedRecordsRepeatWhoItIs(t *testing.T) {
	w := &writer{}
	w.str(0x00100010, "PN", "Doe^Jane").str(0x00100020, "LO", "M1").str(0x00104000, "LT", "")
	for range 3000 {
		w.str(0x00091001, "UT", strings.Repeat("one and two ", 100))
	}
	s := formattest.Collect(Reader{}, "x", file(explicitUID, w.String()))
	if s.Err != nil || len(s.Records) < 3 {
		t.Fatalf("%d records, %v", len(s.Records), s.Err)
	}
	if got := s.Values("PatientID"); len(got) != len(s.Records) {
		t.Errorf("%d of %d records say who it is", len(got), len(s.Records))
	}
}

// counted counts what is read of an input that can be read at any place.
type counted struct {
	*bytes.Reader
	n int64
}

func (c *counted) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.Reader.ReadAt(p, off)
	c.n += int64(n)
	return n, err
}

// TestPixelsAreNotReadWhereTheSourceCanJump reads what stands around them alone.
func TestPixelsAreNotReadWhereTheSourceCanJump(t *testing.T) {
	w := &writer{}
	w.str(0x00100020, "LO", "M1").head(tagPixel, "OB", -1)
	for range 20 {
		w.head(tagItem, "", 1<<20).Write(make([]byte, 1<<20))
	}
	w.head(tagSequenceEnd, "", 0).str(0x7FE10010, "LO", "A MAKER").str(0x7FE11001, "LO", "behind the pixels")
	data := file(jpegUID, w.String())
	at := &counted{Reader: bytes.NewReader(data)}
	var words string
	places := &record.Places{}
	out := format.Output{Places: places, Gap: func(estate.GapReason, string) {}, Batch: func(b *record.Batch) error {
		for _, c := range b.Cells {
			words += string(b.Bytes(c)) + "|"
		}
		return nil
	}}
	in := format.Input{Size: int64(len(data)), Head: data[:format.HeadSize], At: at, Body: iotestFails{}}
	if err := (Reader{}).Read(t.Context(), in, out); err != nil {
		t.Fatal(err)
	}
	if words != "1.2.3.4.5.6|M1|behind the pixels|" {
		t.Errorf("got %s", words)
	}
	if at.n > 3<<20 {
		t.Errorf("%d of %d bytes were read", at.n, len(data))
	}
}

type iotestFails struct{}

func (iotestFails) Read([]byte) (int, error) { return 0, errors.New("the body was read, too") }

func FuzzRead(f *testing.F) {
	for _, data := range studies() {
		f.Add(data)
	}
	f.Add(file(explicitUID, report()))
	f.Add(media([]string{"PATIENT", "STUDY", "IMAGE", "PATIENT"}, []link{{3, 1}, {-1, 2}, {0, 0}, {-1, -1}}))
	f.Add(document("1.2.840.10008.5.1.4.1.1.104.2", "<ClinicalDocument/>"))
	if paths, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "data", "dicom", "*")); err == nil {
		for _, p := range paths {
			if data, err := os.ReadFile(p); err == nil && len(data) < 8<<10 {
				f.Add(data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		Reader{}.Claims("a.dcm", data[:min(len(data), format.HeadSize)])
		read := func(in format.Input) (cells int, err error) {
			in.Size, in.Head = int64(len(data)), data[:min(len(data), format.HeadSize)]
			err = Reader{}.Read(context.Background(), in, format.Output{
				Places: &record.Places{},
				Batch:  func(b *record.Batch) error { cells += len(b.Cells); return nil },
				Inner:  func(_, _ string, body io.Reader) error { _, err := io.Copy(io.Discard, body); return err },
				Gap:    func(estate.GapReason, string) {},
			})
			if err != nil && !errors.Is(err, format.ErrDamaged) && !errors.Is(err, format.ErrLimit) {
				t.Fatal(err)
			}
			return cells, err
		}
		forward, err1 := read(format.Input{Body: bytes.NewReader(data)})
		jumping, err2 := read(format.Input{At: bytes.NewReader(data)})
		if forward != jumping || (err1 == nil) != (err2 == nil) {
			t.Fatalf("%d cells and %v forward, %d and %v jumping", forward, err1, jumping, err2)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add("\\ISO 2022 IR 87", "Yamada^Tarou=\x1b$B;3ED\x1b(B")
	f.Add("GB18030", "\xcd\xf5^\xd0")
	f.Add("ISO 2022 IR 13", "\xd4\xcf\x1b")
	f.Fuzz(func(t *testing.T, set, value string) {
		var d decoder
		got := d.decode([]byte(value), charsetOf([]byte(set)))
		if len(got) > 4*len(value)+8 {
			t.Errorf("%d bytes became %d", len(value), len(got))
		}
	})
}

func BenchmarkRead(b *testing.B) {
	header := file(explicitUID, study(&writer{}, true))
	frames := &writer{}
	study(frames, true)
	for range 20000 {
		frames.seq(0x52009230, false, frames.item(func(w *writer) {
			w.seq(0x00189226, false, w.item(func(w *writer) { w.str(0x00089007, "CS", "ORIGINAL").str(0x00189074, "DT", "20240501120000") }))
		}))
	}
	long := &writer{}
	study(long, false)
	long.head(tagPixel, "OW", 64<<20).Write(make([]byte, 64<<20))
	for name, data := range map[string][]byte{"header": header, "frames": file(explicitUID, frames.String()), "pixels": file(explicitUID, long.String())} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			out := format.Output{Batch: func(*record.Batch) error { return nil }, Gap: func(estate.GapReason, string) {}}
			for b.Loop() {
				out.Places = &record.Places{}
				in := format.Input{Size: int64(len(data)), Head: data[:min(len(data), format.HeadSize)], Body: bytes.NewReader(data)}
				if err := (Reader{}).Read(context.Background(), in, out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
