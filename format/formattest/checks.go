package formattest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/chartroom/chartroom/format"
)

// Errors that the suite puts in a reader's way.
var (
	errBody  = errors.New("the disk has a bad sector")
	errBatch = errors.New("the batch was refused")
	errInner = errors.New("the inner item was refused")
)

func (c *contract) whole() input { return c.over(c.s.Data) }

func (c *contract) over(data []byte) input {
	return input{name: c.s.Name, data: data, body: bytes.NewReader(data)}
}

// checkNothing reads inputs of no and of one byte.
func checkNothing(t *testing.T, r format.Reader) {
	for _, data := range []string{"", "\n", "\"", "{", "\x00", "\xef\xbb\xbf", "\xff\xfe"} {
		c := &contract{r: r, s: Sample{Name: "nothing", Data: []byte(data)}}
		c.hostile(t, []byte(data))
		r.Claims("nothing", []byte(data))
	}
	r.Claims("", nil)
}

// claims checks that the reader claims the sample, for any head, and does not write to it.
func (c *contract) claims(t *testing.T) {
	head := bytes.Clone(c.s.Data[:min(len(c.s.Data), format.HeadSize)])
	got := c.r.Claims(c.s.Name, head)
	if got == format.No || got < c.s.Claim || got > format.Certain {
		t.Errorf("claim %d, want at least %d", got, max(c.s.Claim, 1))
	}
	for _, n := range offsets(len(head), 50) {
		c.r.Claims(c.s.Name, head[:n])
	}
	if !bytes.Equal(head, c.s.Data[:len(head)]) {
		t.Error("Claims changed the head")
	}
}

// same demands that a reading gave what the plain one gave.
func (c *contract) same(t *testing.T, got *Summary) {
	t.Helper()
	if diff := cmp.Diff(c.base, got, cmpopts.IgnoreUnexported(Summary{}), cmpopts.EquateErrors()); diff != "" {
		t.Errorf("differs from the plain reading (-plain +now):\n%s", diff)
	}
}

// chunking lets the bytes arrive in odd ways.
func (c *contract) chunking(t *testing.T) {
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"one byte": iotest.OneByteReader, "half": iotest.HalfReader, "data with error": iotest.DataErrReader,
		"odd": func(r io.Reader) io.Reader { return &odd{r: r} },
	} {
		t.Run(name, func(t *testing.T) {
			in := c.whole()
			in.body = wrap(in.body)
			c.same(t, c.read(t, context.Background(), in))
		})
	}
}

// scribble overwrites what was handed out.
func (c *contract) scribble(t *testing.T) {
	in := c.whole()
	in.data = bytes.Clone(in.data)
	in.body = bytes.NewReader(in.data)
	in.scribble = true
	c.same(t, c.read(t, context.Background(), in))
	if !bytes.Equal(in.data, c.s.Data) {
		t.Error("the cells point into the head, which is not the reader's to hand out")
	}
}

// anywhere lets the reader jump in the sample, as in a file.
func (c *contract) anywhere(t *testing.T) {
	in := c.whole()
	in.jumps = true
	c.same(t, c.read(t, context.Background(), in))
}

// concurrent reads the sample in several goroutines with one reader.
func (c *contract) concurrent(t *testing.T) {
	var wg sync.WaitGroup
	got := make([]*Summary, 3)
	for i := range got {
		wg.Go(func() { got[i] = collect(context.Background(), c.r, c.whole()) })
	}
	wg.Wait()
	for _, g := range got {
		c.same(t, g)
	}
}

// truncated cuts the sample off at many places.
func (c *contract) truncated(t *testing.T) {
	for _, n := range offsets(len(c.s.Data), 150) {
		c.hostile(t, c.s.Data[:n])
	}
}

// flipped damages one byte at many places: a bit, and bytes that mean something to most formats.
func (c *contract) flipped(t *testing.T) {
	for i, n := range offsets(len(c.s.Data)-1, 120) {
		data := bytes.Clone(c.s.Data)
		if n < 0 || n >= len(data) {
			continue
		}
		data[n] ^= 1 << (i % 8)
		c.hostile(t, data)
		data[n] = "\x00\xff\"\n\\{|<,"[i%9]
		c.hostile(t, data)
	}
}

// hostile reads what is no good input: anything may come out, but no panic, no endless loop, no other error than those of
// the contract, and no value in a text.
func (c *contract) hostile(t *testing.T, data []byte) {
	t.Helper()
	got := c.read(t, context.Background(), c.over(data))
	if got.Err != nil && !errors.Is(got.Err, format.ErrDamaged) && !errors.Is(got.Err, format.ErrLimit) && !errors.Is(got.Err, format.ErrEncrypted) {
		t.Errorf("an input of %d bytes gives an error that is not ErrDamaged, ErrLimit or ErrEncrypted: %v", len(data), got.Err)
	}
}

// cancelled checks that a reader stops, at the start and in the midst of a long input.
func (c *contract) cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got := c.read(t, ctx, c.whole()); !errors.Is(got.Err, context.Canceled) {
		t.Errorf("cancelled before it began, the reader gave %v", got.Err)
	}
	if len(c.s.Data) == 0 {
		return
	}
	ctx, cancel = context.WithCancel(context.Background())
	defer cancel()
	long := &Repeat{Data: c.s.Data, Size: 1 << 30}
	in := c.whole()
	in.body = &after{r: long, n: 1 << 20, then: cancel}
	got := guarded(t, func() *Summary { return collect(ctx, c.r, in) })
	if !errors.Is(got.Err, context.Canceled) && !errors.Is(got.Err, format.ErrDamaged) {
		t.Errorf("cancelled on its way, the reader gave %v", got.Err)
	}
	if long.read > 32<<20 {
		t.Errorf("the reader went on for %d MiB after it was cancelled", long.read>>20)
	}
}

// outputFails checks that the reader gives back what the outputs answer.
func (c *contract) outputFails(t *testing.T) {
	in := c.whole()
	in.batchErr = errBatch
	got := c.read(t, context.Background(), in)
	if c.base.records() > 0 && !errors.Is(got.Err, errBatch) {
		t.Errorf("a refused batch gave %v", got.Err)
	}
	in = c.whole()
	in.innerErr = errInner
	got = c.read(t, context.Background(), in)
	if c.base.inners() > 0 && !errors.Is(got.Err, errInner) {
		t.Errorf("a refused inner item gave %v", got.Err)
	}
}

// bodyFails checks that a failing body is never silent.
func (c *contract) bodyFails(t *testing.T) {
	for _, n := range offsets(len(c.s.Data), 12) {
		in := c.whole()
		in.body = io.MultiReader(bytes.NewReader(c.s.Data[:n]), iotest.ErrReader(errBody))
		if got := c.read(t, context.Background(), in); !errors.Is(got.Err, errBody) {
			t.Errorf("a body that fails after %d bytes gave %v", n, got.Err)
		}
	}
}

// window is how long a run of the input's bytes may stand in a text before it counts as a quotation.
const window = 16

// silent checks that neither the error nor a gap quotes the input: no value of four bytes or more and no run of bytes.
func (c *contract) silent(t *testing.T, got *Summary) {
	t.Helper()
	var texts []string
	if got.Err != nil && !errors.Is(got.Err, errBody) {
		texts = append(texts, got.Err.Error())
	}
	for g := range got.gaps {
		texts = append(texts, g.Detail)
	}
	for _, text := range texts {
		for i := 0; i+window <= len(text); i++ {
			if w := text[i : i+window]; bytes.Contains(c.s.Data, []byte(w)) && !got.names(w) {
				t.Errorf("%d bytes of the input stand in a text, from byte %d of: %s", window, i, text)
				return
			}
		}
		for _, s := range []*Summary{c.base, got} {
			if s != nil && s.quoted(text) {
				t.Errorf("a value of the input stands in the text: %s", text)
				return
			}
		}
	}
}

// names tells whether the words are part of a field's name, which may be told.
func (s *Summary) names(words string) bool {
	for _, p := range s.places {
		if strings.Contains(p.Field, words) {
			return true
		}
	}
	for _, p := range s.Parts {
		if p.names(words) {
			return true
		}
	}
	return false
}

// quoted tells whether a value stands in the text.
func (s *Summary) quoted(text string) bool {
	for _, r := range s.Records {
		for _, c := range r {
			if len(c.Value) >= 4 && strings.Contains(text, c.Value) && !s.names(c.Value) {
				return true
			}
		}
	}
	for _, p := range s.Parts {
		if p.quoted(text) {
			return true
		}
	}
	return false
}

// offsets spreads at most n offsets over 0 to size, with the first and last few among them.
func offsets(size, n int) []int {
	var out []int
	if size <= n {
		for i := 0; i <= size; i++ {
			out = append(out, i)
		}
		return out
	}
	for i := range n {
		out = append(out, i*size/n)
	}
	return append(out, size-2, size-1, size)
}
