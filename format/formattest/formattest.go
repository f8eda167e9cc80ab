// Package formattest is the contract suite of the readers: every format runs it over samples of its own, and whatever
// passes can be trusted by a scan. Samples are synthetic, since the suite prints values.
//
// What it demands beyond the comments on format.Reader: the same input gives the same cells and the same batches
// however the bytes arrive (fill your chunk with io.ReadFull, or the like, before you cut it), and the values of a
// batch are not looked at again once out.Batch returned, but for Text cells, which may be context of the next one.
package formattest

import (
	"context"
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/format"
)

// Sample is one input that the reader must read.
type Sample struct {
	Name  string       // file name, for its extension
	Data  []byte       // synthetic
	Claim format.Claim // the least that the reader must claim; No = anything but No
	// Want is all records, or nil when not compared. Zero parts of a wanted cell are not compared, so Field and Value do.
	Want []Record
	// Gaps is the reasons and details of the gaps; nil when not compared. An empty Detail is not compared.
	Gaps []Gap
}

// timeLimit is how long one reading of a sample may take.
const timeLimit = 30 * time.Second

// Run checks the reader against its contract with each sample.
func Run(t *testing.T, r format.Reader, samples ...Sample) {
	t.Helper()
	if len(samples) == 0 {
		t.Fatal("no samples")
	}
	if !named(r.Name()) {
		t.Errorf("reader's name %q is not of the form format/version", r.Name())
	}
	t.Run("nothing", func(t *testing.T) { checkNothing(t, r) })
	for i, s := range samples {
		c := &contract{r: r, s: s}
		t.Run(fmt.Sprintf("%d %s", i, s.Name), func(t *testing.T) {
			c.base = c.read(t, context.Background(), c.whole())
			if t.Failed() {
				return
			}
			for _, check := range []struct {
				name string
				run  func(*testing.T)
			}{
				{"claims", c.claims}, {"wanted", c.wanted}, {"chunking", c.chunking}, {"anywhere", c.anywhere}, {"scribble", c.scribble},
				{"concurrent", c.concurrent}, {"truncated", c.truncated}, {"flipped", c.flipped},
				{"cancelled", c.cancelled}, {"output fails", c.outputFails}, {"body fails", c.bodyFails},
			} {
				t.Run(check.name, check.run)
			}
		})
	}
}

// contract is one sample on its way through the suite.
type contract struct {
	r    format.Reader
	s    Sample
	base *Summary // the plain reading, which all others are compared with
}

// read lets the reader read, and fails the test on a panic, on a breach of the batch's contract, or when it does not end.
func (c *contract) read(t *testing.T, ctx context.Context, in input) *Summary {
	t.Helper()
	got := guarded(t, func() *Summary { return collect(ctx, c.r, in) })
	for _, f := range got.faults {
		t.Error(f)
	}
	c.silent(t, got)
	return got
}

// guarded runs one reading in a goroutine of its own, to survive a panic and an endless loop.
func guarded(t *testing.T, read func() *Summary) *Summary {
	t.Helper()
	done := make(chan *Summary, 1)
	go func() {
		s := &Summary{}
		defer func() {
			if p := recover(); p != nil {
				s = &Summary{faults: []string{fmt.Sprintf("panic: %v\n%s", p, debug.Stack())}}
			}
			done <- s
		}()
		s = read()
	}()
	select {
	case s := <-done:
		return s
	case <-time.After(timeLimit):
		t.Fatalf("the reading did not end within %s", timeLimit)
		return nil
	}
}

// wanted compares the plain reading with what the sample wants.
func (c *contract) wanted(t *testing.T) {
	if c.base.Err != nil {
		t.Fatalf("error: %v", c.base.Err)
	}
	if c.s.Want != nil {
		if diff := cmp.Diff(c.s.Want, masked(c.base.Records, c.s.Want)); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
	}
	if c.s.Gaps != nil {
		got := append([]Gap{}, c.base.Gaps...)
		for i := range min(len(got), len(c.s.Gaps)) {
			if c.s.Gaps[i].Detail == "" {
				got[i].Detail = ""
			}
		}
		if diff := cmp.Diff(c.s.Gaps, got); diff != "" {
			t.Errorf("gaps (-want +got):\n%s", diff)
		}
	}
}

// masked copies records with those parts of each cell blanked that the wanted cell at its place leaves open.
func masked(got, want []Record) []Record {
	out := make([]Record, len(got))
	for i, r := range got {
		out[i] = append(Record{}, r...)
		for j := range out[i] {
			var w Cell
			if i < len(want) && j < len(want[i]) {
				w = want[i][j]
			}
			out[i][j] = mask(out[i][j], w)
		}
	}
	return out
}

func mask(c, w Cell) Cell {
	open := Cell{Field: c.Field, Value: c.Value}
	if w.Mode != 0 {
		open.Mode = c.Mode
	}
	if w.Kind != 0 {
		open.Kind = c.Kind
	}
	if w.Part != 0 {
		open.Part = c.Part
	}
	if w.Subject != 0 {
		open.Subject = c.Subject
	}
	if w.System != 0 {
		open.System = c.System
	}
	if w.Flags != 0 {
		open.Flags = c.Flags
	}
	if w.Classes != 0 {
		open.Classes = c.Classes
	}
	open.Other = w.Other && c.Other
	return open
}

// named tells whether a reader's name is a word, a slash and a number.
func named(s string) bool {
	word, version, _ := strings.Cut(s, "/")
	n, err := strconv.Atoi(version)
	return word != "" && err == nil && n > 0
}
