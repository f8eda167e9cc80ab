package formattest

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/record"
)

// lines is the smallest honest reader: a line of at most 100 bytes is a record with one cell, a longer one a gap.
type lines struct {
	retain, quote, swallow, deaf bool // the sins it can be told to commit
	kept                         *[]byte
}

func (l lines) Name() string { return "lines/1" }

func (l lines) Claims(_ string, head []byte) format.Claim {
	if bytes.IndexByte(head, 0) >= 0 {
		return format.No
	}
	return format.Fallback
}

func (l lines) Read(ctx context.Context, in format.Input, out format.Output) error {
	b := record.NewBatch(out.Places)
	var line, last []byte
	place := out.Places.Add(record.Place{Field: "line", Mode: record.Column})
	flush := func() error {
		v := line
		if l.retain && last != nil {
			v = last
		}
		line = line[:0]
		if len(v) == 0 {
			return nil
		}
		b.Reset()
		b.Put(place, v)
		b.EndRecord()
		if err := out.Batch(b); err != nil {
			return err
		}
		last = b.Bytes(b.Cells[0])
		return nil
	}
	for one := make([]byte, 1); ; {
		if err := ctx.Err(); err != nil && !l.deaf {
			return err
		}
		n, err := in.Body.Read(one)
		switch {
		case n == 1 && one[0] == '\n':
			if err := flush(); err != nil {
				return err
			}
		case n == 1 && len(line) < 100:
			line = append(line, one[0])
		case n == 1:
			detail := "a long line"
			if l.quote {
				detail = string(line)
			}
			out.Gap(estate.GapLimit, detail)
			line = line[:0]
		}
		if err == io.EOF || err != nil && l.swallow {
			return flush()
		}
		if err != nil {
			return err
		}
	}
}

var sample = Sample{Name: "a.lines", Data: []byte("Ada Byron\nMRN 100200\n" + string(bytes.Repeat([]byte("x"), 101)) + "\nend\n"),
	Claim: format.Fallback,
	Want:  []Record{{{Field: "line", Value: "Ada Byron"}}, {{Field: "line", Value: "MRN 100200"}}, {{Field: "line", Value: "end"}}},
	Gaps:  []Gap{{Reason: estate.GapLimit}},
}

func TestHonestReaderPasses(t *testing.T) { Run(t, lines{}, sample) }

// TestSinnersFail proves that each check can fail: the breach must show in the readings that the check compares.
func TestSinnersFail(t *testing.T) {
	c := &contract{s: sample}
	plain := func(r format.Reader) *Summary { return collect(context.Background(), r, c.whole()) }
	honest := plain(lines{})

	in := c.whole()
	in.scribble = true
	if got := collect(context.Background(), lines{retain: true}, in); got.Records[1][0].Value == plain(lines{retain: true}).Records[1][0].Value {
		t.Error("a reader that retains a value was not seen")
	}
	if got := plain(lines{quote: true}); got.Gaps[0].Detail == honest.Gaps[0].Detail || !bytes.Contains(c.s.Data, []byte(got.Gaps[0].Detail[:window])) {
		t.Error("a gap that quotes was not seen")
	}
	in = c.whole()
	in.body = io.MultiReader(bytes.NewReader(c.s.Data[:5]), failing{})
	if got := collect(context.Background(), lines{swallow: true}, in); got.Err != nil {
		t.Error("the swallowing reader did not swallow")
	}
	open := &Summary{}
	places := &record.Places{}
	b := record.NewBatch(places)
	b.Put(places.Add(record.Place{Field: "f"}), []byte("v"))
	if open.take(places, b); len(open.faults) == 0 {
		t.Error("an open batch was not seen")
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errBody }

func TestRepeat(t *testing.T) {
	r := &Repeat{First: []byte("head\n"), Data: []byte("row\n"), Size: 15}
	if got := string(r.head()); got != "head\nrow\nrow\nro" {
		t.Errorf("head %q", got)
	}
	all, err := io.ReadAll(r)
	if err != nil || string(all) != "head\nrow\nrow\nro" {
		t.Errorf("all %q, %v", all, err)
	}
	records, cells, err := Bounded(t, lines{}, "a.lines", &Repeat{Data: []byte("row\n"), Size: 4000}, 8<<20)
	if records != 1000 || cells != 1000 || err != nil {
		t.Errorf("%d records, %d cells, %v", records, cells, err)
	}
}

func TestName(t *testing.T) {
	for name, ok := range map[string]bool{"csv/1": true, "csv": false, "csv/": false, "csv/0": false, "/1": false} {
		if named(name) != ok {
			t.Errorf("named(%q) = %v", name, !ok)
		}
	}
}
