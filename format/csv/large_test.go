package csv

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/record"
)

// heap is how much memory one reading may take: the buffer for the longest row, twice while it grows, and its cells.
const heap = 24 << 20

func TestManyRowsOfManyColumns(t *testing.T) {
	row := []byte(strings.Repeat("12345678,", 299) + "x\n")
	head := synthesize(0, 300, 1, "")
	const rows = 60_000
	records, cells, err := formattest.Bounded(t, Reader{}, "a.csv", &formattest.Repeat{First: head, Data: row, Size: int64(len(head) + rows*len(row))}, heap)
	if records != rows || cells != rows*300 || err != nil {
		t.Errorf("%d records, %d cells, %v", records, cells, err)
	}
}

func TestHundredThousandColumns(t *testing.T) {
	var head, row bytes.Buffer
	for i := range 100_000 {
		fmt.Fprintf(&head, "field_%d,", i)
		fmt.Fprintf(&row, "%d,", i*7)
	}
	head.WriteString("last_field\n")
	row.WriteString("end\n")
	const rows = 40
	body := &formattest.Repeat{First: head.Bytes(), Data: row.Bytes(), Size: int64(head.Len() + rows*row.Len())}
	records, cells, err := formattest.Bounded(t, Reader{}, "a.csv", body, 3*heap)
	if records != rows || cells != rows*100_001 || err != nil {
		t.Errorf("%d records, %d cells, %v", records, cells, err)
	}
	s := formattest.Collect(Reader{}, "a.csv", append(head.Bytes(), row.Bytes()...))
	r := s.Records[0]
	if r[4711].Field != "field_4711" || r[70_000].Field != "further columns" || r[70_000].Mode != record.Text || r[70_000].Value != "490000" {
		t.Errorf("%v %v", r[4711], r[70_000])
	}
}

func TestLineWithoutDelimiter(t *testing.T) {
	const size = 100 << 20
	for _, name := range []string{"a.csv", "a.txt"} {
		records, _, err := formattest.Bounded(t, Reader{}, name, &formattest.Repeat{Data: []byte("acgt"), Size: size}, heap)
		if records < 10 || err != nil {
			t.Errorf("%d records, %v", records, err)
		}
	}
}

// TestLongCells checks that cells beyond all limits come in pieces that make up the whole, and the cells around them stay.
func TestLongCells(t *testing.T) {
	note := strings.Repeat("All is well, said the patient.\n", 100_000)
	dense := strings.Repeat("acgt", 900_000)
	data := "note_id,note_text,genome_text,person_id\n1,\"" + note + "\",short,7\n2,x," + dense + ",8\r\n3,\"y\",z,9\n"
	s := formattest.Collect(Reader{}, "a.csv", []byte(data))
	if s.Err != nil || len(s.Gaps) > 0 {
		t.Fatalf("%v %v", s.Err, s.Gaps)
	}
	if got := strings.Join(s.Values("note_text"), ""); got != note+"x"+"y" {
		t.Errorf("%d bytes of notes, want %d", len(got), len(note)+2)
	}
	if got := strings.Join(s.Values("genome_text"), ""); got != "short"+dense+"z" {
		t.Errorf("%d bytes of genome, want %d", len(got), len(dense)+6)
	}
	if got := strings.Join(s.Values("person_id"), " "); got != "7 8 9" {
		t.Errorf("persons %s", got)
	}
	if n := len(s.Records); n < 8 {
		t.Errorf("%d records", n)
	}
	for _, r := range s.Records[1:4] {
		if len(r) != 1 || r[0].Mode != record.Text {
			t.Error("a piece is not a lone text cell")
		}
	}
}

// TestMarkWithoutPartner checks that one stray mark costs one cell, in a file of many rows and in one with no other mark.
func TestMarkWithoutPartner(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,first_name,city\n")
	const rows = 200_000
	for i := range rows {
		if i%50_000 == 7 {
			fmt.Fprintf(&b, "%d,\"Ada,London\n", i)
		} else {
			fmt.Fprintf(&b, "%d,Bo,York\n", i)
		}
	}
	s := formattest.Collect(Reader{}, "a.csv", []byte(b.String()))
	if s.Err != nil || len(s.Records) != rows || len(s.Gaps) != 4 || s.Gaps[0].Reason != estate.GapDamaged ||
		!strings.HasPrefix(s.Gaps[0].Detail, "row 9:") {
		t.Errorf("%v, %d records, gaps %v", s.Err, len(s.Records), s.Gaps)
	}
}

// TestManyMarksWithoutPartner checks that the search for partners does not begin anew for each: 60,000 searches of a
// megabyte would not end in time.
func TestManyMarksWithoutPartner(t *testing.T) {
	data := "id,first_name\n" + strings.Repeat("1,\"Ada\"x\n", 400_000)
	s := formattest.Collect(Reader{}, "a.csv", []byte(data))
	if s.Err != nil || len(s.Gaps) != maxGaps+1 {
		t.Errorf("%v, gaps %v", s.Err, s.Gaps)
	}
}

// TestQuotedWithoutEnd checks that an overlong quoted cell that never ends is told, and that its text was seen.
func TestQuotedWithoutEnd(t *testing.T) {
	text := strings.Repeat("no end in sight ", 200_000)
	s := formattest.Collect(Reader{}, "a.csv", []byte("id,note_text\n1,ok\n2,\""+text))
	if s.Err != nil || len(s.Gaps) != 1 || s.Gaps[0].Reason != estate.GapDamaged {
		t.Fatalf("%v %v", s.Err, s.Gaps)
	}
	if got := strings.Join(s.Values("note_text"), ""); got != "ok"+text {
		t.Errorf("%d bytes, want %d", len(got), len(text)+2)
	}
}

// TestChunkBoundaries lets the ends of the chunks fall on every byte of a row with all that is odd: escapes, breaks, blanks.
func TestChunkBoundaries(t *testing.T) {
	row := "1, \"a \"\"b\"\"\",\"x\r\ny\" ,,\"\",plain,\"q,r\" \r\n"
	want := []string{"1", `a "b"`, "x\ny", "plain", "q,r"}
	body := strings.Repeat(row, (600<<10)/len(row))
	for shift := range len(row) {
		data := "id,note_a,note_b,note_c,note_d,name_e,name_f\n" + strings.Repeat("z", shift+1) + "\n" + body
		s := formattest.Collect(Reader{}, "a.csv", []byte(data))
		got := values(s)
		if s.Err != nil || len(s.Gaps) > 0 || len(got) != 1+len(body)/len(row) {
			t.Fatalf("shift %d: %v, gaps %v, %d records", shift, s.Err, s.Gaps, len(got))
		}
		for i, r := range got[1:] {
			if !slices.Equal(want, r) {
				t.Fatalf("shift %d, row %d: %q", shift, i, r)
			}
		}
	}
}

// TestSizeIsNoPromise reads more than the input's size says, as from files of the kernel, and less.
func TestSizeIsNoPromise(t *testing.T) {
	data := []byte("id,first_name\n" + strings.Repeat("1,Ada\n", 100_000))
	for _, size := range []int64{-1, 0, 10, 1 << 40} {
		rows := 0
		err := Reader{}.Read(context.Background(), format.Input{Name: "a.csv", Size: size, Head: data[:format.HeadSize], Body: bytes.NewReader(data)},
			format.Output{Places: &record.Places{}, Batch: func(b *record.Batch) error { rows += b.Len(); return nil }})
		if err != nil || rows != 100_000 {
			t.Errorf("size %d: %d rows, %v", size, rows, err)
		}
	}
}
