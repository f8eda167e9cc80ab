package parquet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/parquet/packed"
	"github.com/chartroom/chartroom/format/parquet/unpack"
)

// Memory, in bytes. The columns of a row group are read in step, so that a row's values meet. Where they would not fit together,
// the small ones are read first and the others in further passes, whose rows are records of their own.
const (
	passMemory = 32 << 20 // planned, by what the file says
	heldMemory = 64 << 20 // never exceeded
)

// Work, in bytes: what a file may become. A file of a few bytes can say that one value is repeated a thousand million times.
const (
	freeWork  = 256 << 20
	workRatio = 300 // for each byte of the file
	valueWork = 4   // for a value beside its bytes
)

// errFatal is an error that ends the reading: of the medium, the output or the context.
type errFatal struct{ error }

func (e errFatal) Unwrap() error { return e.error }

func fatal(err error) error {
	if err == nil {
		return nil
	}
	return errFatal{err}
}

// errWork says that the file has become more than it may.
var errWork = fmt.Errorf("the values are over %d times the file: %w", workRatio, format.ErrLimit)

// group reads row groups one after the other.
type group struct {
	ctx    context.Context
	disk   disk
	leaves []*leaf
	frame  frame
	z      unpack.Decompressor

	number int   // of the row group, from 0
	work   int64 // left
	held   int64
	packed []byte
	copies []byte
	head   []byte
}

// spend takes work from what the file may cause.
func (g *group) spend(n int64) error {
	if g.work -= n; g.work < 0 {
		return errWork
	}
	return nil
}

// hold counts memory that the columns of a pass keep.
func (g *group) hold(n int64) error {
	if g.held += n; g.held > heldMemory {
		return fmt.Errorf("over %d MiB to be held at a time: %w", heldMemory>>20, format.ErrLimit)
	}
	return nil
}

// copying is a buffer to copy with.
func (g *group) copying() []byte {
	if g.copies == nil {
		g.copies = make([]byte, packed.WindowSize)
	}
	return g.copies
}

// read reads a row group.
func (g *group) read(rg *rowGroup) error {
	columns := make([]*column, 0, len(rg.chunks))
	for i := range rg.chunks {
		if c := g.column(g.leaves[i], rg.chunks[i]); c != nil {
			columns = append(columns, c)
		}
	}
	for _, pass := range passes(columns) {
		g.held = 0
		if err := g.pass(pass, rg.rows); err != nil {
			return err
		}
	}
	return nil
}

// column makes a column of what the footer says of its chunk, or counts it as lost.
func (g *group) column(l *leaf, meta chunkMeta) *column {
	c := &column{g: g, leaf: l, meta: meta, off: meta.data}
	if meta.dict > 0 && meta.dict < meta.data {
		c.off = meta.dict
	}
	switch {
	case meta.sealed || !meta.known:
		l.lose(lostSealed, g.number)
	case meta.elsewhere:
		l.lose(lostElsewhere, g.number)
	case !meta.codec.Known():
		l.lose(lostCodec, g.number)
	case meta.physical != l.physical || c.off < 4 || meta.values < 0:
		l.lose(lostDamaged, g.number)
	default:
		return c
	}
	return nil
}

// passes divides columns into those that are read in step.
func passes(columns []*column) (out [][]*column) {
	for _, c := range columns {
		c.need = c.plan()
	}
	all := slices.Clone(columns)
	slices.SortStableFunc(all, func(a, b *column) int { return cmp.Compare(a.need, b.need) })
	for len(all) > 0 {
		n, sum := 0, int64(0)
		for n < len(all) && (n == 0 || sum+all[n].need <= passMemory) {
			sum += all[n].need
			n++
		}
		pass := all[:n:n]
		slices.SortFunc(pass, func(a, b *column) int { return a.leaf.column - b.leaf.column })
		out, all = append(out, pass), all[n:]
	}
	return out
}

// pass reads columns in step. One that cannot be read on is lost, and the others go on.
func (g *group) pass(columns []*column, rows int64) error {
	step := int64(64)
	for done := int64(0); done < rows && len(columns) > 0; {
		if err := g.ctx.Err(); err != nil {
			return err
		}
		n := int(min(step, rows-done))
		if err := g.spend(int64(64 * len(columns))); err != nil {
			return err
		}
		var err error
		if columns, err = g.step(columns, n); err != nil {
			return err
		}
		done += int64(n)
		switch size, cells := len(g.frame.mem), len(g.frame.cells); {
		case size > 2*wantBytes || cells > 2*wantCells:
			step = max(1, step/2)
		case size < wantBytes && cells < wantCells:
			step = min(2*step, maxRows)
		}
		if err := g.frame.flush(); err != nil {
			return err
		}
	}
	return nil
}

// step reads n rows of each column, and gives the columns that can be read on.
func (g *group) step(columns []*column, n int) ([]*column, error) {
	lost := false
	for i, c := range columns {
		err := c.rows(n)
		if err == nil {
			continue
		}
		if g.disk.err != nil {
			return nil, g.disk.err
		}
		if f := (errFatal{}); errors.As(err, &f) || errors.Is(err, errWork) {
			return nil, err
		}
		kind := lostDamaged
		if errors.Is(err, format.ErrLimit) {
			kind = lostLimit
		}
		c.leaf.lose(kind, g.number)
		columns[i], lost = nil, true
	}
	if lost {
		columns = slices.DeleteFunc(columns, func(c *column) bool { return c == nil })
	}
	return columns, nil
}

// lossKind is why values of a column were not read.
type lossKind uint8

const (
	lostDamaged lossKind = iota
	lostLimit
	lostSealed
	lostElsewhere
	lostCodec
	lostBinary
	lossKinds
)

// losses is how each kind is told.
var losses = [lossKinds]struct {
	reason       estate.GapReason
	one, several string
}{
	lostDamaged:   {estate.GapDamaged, "its pages are damaged in row group %d", "its pages are damaged in %d row groups, first in row group %d"},
	lostLimit:     {estate.GapLimit, "needs more memory than is given in row group %d", "needs more memory than is given in %d row groups, first in row group %d"},
	lostSealed:    {estate.GapEncrypted, "encrypted in row group %d", "encrypted in %d row groups, first in row group %d"},
	lostElsewhere: {estate.GapNotFollowed, "stands in another file in row group %d", "stands in other files in %d row groups, first in row group %d"},
	lostCodec:     {estate.GapNoReader, "compressed by an unknown codec in row group %d", "compressed by an unknown codec in %d row groups, first in row group %d"},
	lostBinary:    {estate.GapUnknown, "a binary value of no known format in row group %d", "%d binary values of no known format, first in row group %d"},
}

// loss counts what was lost of a column.
type loss struct {
	n     int64
	first int
}

func (l *leaf) lose(kind lossKind, group int) {
	if l.lost[kind].n == 0 {
		l.lost[kind].first = group
	}
	l.lost[kind].n++
}

// maxGaps is how many gaps are told one by one.
const maxGaps = 100

// report tells what was not read.
func (g *group) report(out format.Output) {
	more := [lossKinds]int{}
	told := 0
	for _, l := range g.leaves {
		for kind, lost := range l.lost {
			if lost.n == 0 {
				continue
			}
			if told++; told > maxGaps {
				more[kind]++
				continue
			}
			how := &losses[kind]
			text := fmt.Sprintf(how.one, lost.first)
			if lost.n > 1 {
				text = fmt.Sprintf(how.several, lost.n, lost.first)
			}
			out.Gap(how.reason, "column "+l.path+": "+text)
		}
	}
	for kind, n := range more {
		if n > 0 {
			out.Gap(losses[kind].reason, fmt.Sprintf("%d further columns", n))
		}
	}
}
