// Package parquet reads Apache Parquet: the footer's schema and row groups, and of each row group the pages of all columns in
// step, so that a row is one record with all of its values. The rules are those of the specification (parquet-format 2.11):
// parquet.thrift, Encodings.md, LogicalTypes.md, Compression.md.
//
// A leaf of the schema is a place, named by its path without the groups that only repeat ("name.element.family"), and judged by
// the last name that somebody chose. Values are given as the text that a CSV export would show. A row with lists has several
// cells of one place.
//
// Memory is bounded by what stands open at a time: a page of each column, its dictionary, and a window on the pages that are too
// large to be held. Nothing is allocated by a number of the file that was not checked against a limit, and a file that would
// become far more than it is ends as a gap.
package parquet

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/typed"
	"github.com/chartroom/chartroom/record"
)

// Reader reads Parquet.
type Reader struct{}

// Name gives format and version.
func (Reader) Name() string { return "parquet/1" }

// Claims looks for the signature: PAR1, or PARE where the footer is encrypted. A text may begin with the same letters.
func (Reader) Claims(_ string, head []byte) format.Claim {
	if len(head) < 4 || string(head[:4]) != "PAR1" && string(head[:4]) != "PARE" || typed.IsText(head[:min(len(head), 256)]) {
		return format.No
	}
	return format.Certain
}

// Read reads all row groups. A file without a footer, or with an encrypted one, gives an error; columns that are damaged,
// encrypted or too large are gaps, and the others are read.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	return read(ctx, in, out, freeWork)
}

// read reads a file that may cause so much work beside what its size allows.
func read(ctx context.Context, in format.Input, out format.Output, work int64) (err error) {
	whole, err := in.Whole(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, whole.Close()) }()
	g := &group{ctx: ctx, disk: disk{r: whole, size: whole.Size()}, work: work + workRatio*whole.Size()}
	defer g.z.Close()
	f, err := readFooter(ctx, &g.disk)
	if err != nil {
		return err
	}
	if g.leaves, err = leavesOf(f.schema); err != nil {
		return err
	}
	rows := format.NewRows(out)
	g.frame = frame{out: out, rows: rows, spend: g.spend, batch: record.NewBatch(out.Places)}
	for _, l := range g.leaves {
		l.column = rows.Column(l.path, l.name)
		g.frame.places = append(g.frame.places, twin{field: l.path, name: l.name})
	}
	err = g.groups(f)
	g.report(out)
	if err == nil {
		err = notes(f, rows)
	}
	if flushed := rows.Flush(); err == nil {
		err = flushed
	}
	return unwrapped(err, out)
}

// groups reads the row groups.
func (g *group) groups(f *footer) error {
	var rg rowGroup
	for g.number = range f.groupsN {
		if err := f.next(&rg, len(g.leaves)); err != nil {
			return err
		}
		if err := g.spend(int64(64 * len(rg.chunks))); err != nil {
			return err
		}
		if err := g.read(&rg); err != nil {
			return err
		}
	}
	return nil
}

// unwrapped makes the limit of work a gap, and takes the wrapping from an error that ends the reading.
func unwrapped(err error, out format.Output) error {
	if f := (errFatal{}); errors.As(err, &f) {
		return f.error
	}
	if errors.Is(err, errWork) {
		out.Gap(estate.GapLimit, errWork.Error())
		return nil
	}
	return err
}

// notes hands out what the writer put beside the data, as text: it may describe the data by example. What only describes the
// schema to programs is passed over.
func notes(f *footer, rows *format.Rows) error {
	for _, n := range f.notes {
		key := format.Shown(string(n.key))
		if low := strings.ToLower(key); strings.Contains(low, "schema") || low == "pandas" {
			continue
		}
		if err := rows.Text(rows.Column("metadata."+key, ""), bytes.NewReader(n.value)); err != nil {
			return fatal(err)
		}
	}
	return nil
}
