// Package rows reads the rows of a table as a source of databases hands them on (see record/rows). Each row is a record, and its
// columns are judged by their names and values; a value that is a document of its own is an inner item.
package rows

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/record/rows"
)

// Reader reads streams of rows.
type Reader struct{}

// Name implements format.Reader.
func (Reader) Name() string { return "rows/1" }

// Claims implements format.Reader.
func (Reader) Claims(_ string, head []byte) format.Claim {
	if bytes.HasPrefix(head, []byte(rows.Magic)) {
		return format.Certain
	}
	return format.No
}

// Read implements format.Reader. Fields are called table.column; the table is the last part of the input's name.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	src, err := rows.NewReader(in.Body)
	if err != nil {
		return damaged(err)
	}
	r := &reading{src: src, rows: format.NewRows(out)}
	table := path.Base(in.Name)
	table = table[strings.LastIndexByte(table, '.')+1:]
	for _, c := range src.Columns {
		name := strings.ToValidUTF8(c.Name, "")
		r.rows.Column(table+"."+name, name)
		r.mixed = r.mixed || c.Kind != rows.Text
	}
	for n := 0; ; n++ {
		if n&0xff == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		more, err := src.Row()
		switch n := src.Lines(); {
		case err != nil || !more:
		case n > 0 && !r.mixed:
			err = r.lines(n)
		default:
			err = r.row()
		}
		if err != nil { // what came before it was read
			return errors.Join(damaged(err), r.rows.Flush())
		}
		if !more {
			break
		}
	}
	if r.binary > 0 {
		out.Gap(estate.GapUnknown, fmt.Sprintf("%d binary values of no known format", r.binary))
	}
	return r.rows.Flush()
}

// damaged says what a stream's errors mean to a scan.
func damaged(err error) error {
	switch {
	case errors.Is(err, rows.ErrFormat):
		return format.Damaged("rows of a table")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return format.Damaged("rows of a table that end too early")
	}
	return err
}

// reading is one reading of one table.
type reading struct {
	src    *rows.Reader
	rows   *format.Rows
	mixed  bool // some columns are not of text
	binary int64
}

// lines takes n bytes of rows at once.
func (r *reading) lines(n int) error {
	room, err := r.rows.Room(n)
	if err == nil {
		err = r.src.Take(room)
	}
	if err != nil {
		return err
	}
	return r.rows.Lines()
}

func (r *reading) row() error {
	for i, c := range r.src.Columns {
		n, null, err := r.src.Next()
		if err != nil {
			return err
		}
		switch {
		case null || n == 0:
		case n > rows.MaxWhole:
			err = r.long(i, c.Kind)
		default:
			err = r.short(i, c.Kind)
		}
		if err != nil {
			return err
		}
	}
	return r.rows.End()
}

// short takes a value that is held.
func (r *reading) short(i int, kind rows.Kind) error {
	v, err := r.src.Whole()
	if err != nil {
		return err
	}
	if kind == rows.Binary && format.EmbeddingOf(v) == format.NotEmbedded && !format.PlainText(v) {
		r.binary++
		return nil
	}
	return r.rows.Put(i, v)
}

// long takes a value as a stream.
func (r *reading) long(i int, kind rows.Kind) error {
	body := bufio.NewReader(r.src)
	head, err := body.Peek(1024)
	if err != nil && err != io.EOF {
		return err
	}
	switch how := format.EmbeddingOf(head); {
	case how != format.NotEmbedded:
		return r.rows.Inner(i, how.Open(body))
	case kind == rows.Binary && !format.PlainText(head):
		r.binary++
		return nil
	}
	return r.rows.Text(i, body)
}
