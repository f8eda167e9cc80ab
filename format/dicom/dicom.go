// Package dicom reads DICOM: files (PS3.10) and bare data sets, in explicit and implicit little endian, explicit big endian,
// deflated, and with encapsulated pixels. The tag is the label: the data dictionary (PS3.6) says how a value is
// written, and a table of the attributes that tell of a person (PS3.15 annex E) what it is (data/, meaning.go).
//
// One record is one data set, which is about one patient. A DICOMDIR gives a record for each patient in it, with the studies,
// series and images that its offsets lead to. Elements within sequences stand under their own keyword; the character set of
// each data set and item is followed; names of persons are taken apart. In a structured report the concept's name
// (PS3.16, TID 1001 to 1007) says whose name, number or date an item holds. Private elements and those that the dictionary
// does not know are judged by their representation and content. Documents (Encapsulated PDF, CDA, STL) are inner items.
//
// Not read, and always reported: pixels, overlays and sound, in which names are often burned in or spoken, whatever the
// attribute Burned In Annotation says, since it is often wrong or copied; encrypted attributes; private binary values of more than 64 bytes.
// They are skipped without being held. Waveforms, tables and other numbers are skipped and not reported.
//
// Limits: sequences and items 128 deep; deflated data sets up to a gigabyte, and up to 200 times their size beyond 64 MiB; a text over
// 1 MiB comes in pieces; a data set with more than 1 MiB of values is divided into records that repeat who the patient is; a
// DICOMDIR with more than 4 MiB of values is taken in its own order.
package dicom

import (
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/chartroom/chartroom/format"
)

// Reader reads DICOM.
type Reader struct{}

// Name implements format.Reader.
func (Reader) Name() string { return "dicom/1" }

// Claims implements format.Reader.
func (Reader) Claims(name string, head []byte) format.Claim {
	if prefixed(head) {
		return format.Certain
	}
	if bare(head) {
		return format.Certain
	}
	if named(name) && likely(head) {
		return format.Maybe
	}
	return format.No
}

// Read implements format.Reader.
func (Reader) Read(ctx context.Context, in format.Input, out format.Output) error {
	r := newReading(in, out)
	r.parser = parser{src: newSource(ctx, in), dict: r.dict, visit: r}
	err := r.file()
	if err != nil && !errors.Is(err, format.ErrDamaged) && !errors.Is(err, format.ErrLimit) {
		return err
	}
	if e := r.finish(); e != nil {
		return e
	}
	return err
}

// file reads the head of a file, and then the data set.
func (r *reading) file() error {
	src := r.parser.src
	head, err := src.peek(format.HeadSize)
	if err != nil {
		return err
	}
	if prefixed(head) {
		r.preamble(head[:preamble])
		if _, err := src.skip(preamble + 4); err != nil {
			return err
		}
	} else if !likely(head) {
		return format.Damaged("neither a preamble nor elements of DICOM")
	}
	r.parser.enc = explicitLittle() // PS3.10 section 7.1
	if err := r.parser.run(func(t tag) bool { return t.group() == 0x0002 }); err != nil {
		return err
	}
	return r.dataSet()
}

// dataSet reads the data set as the transfer syntax says.
func (r *reading) dataSet() error {
	p := &r.parser
	enc, deflated := syntaxOf(r.syntax)
	file := p.src
	if deflated {
		r.in.At = nil // what stands within cannot be reached from the file
		p.src = &source{ctx: file.ctx, first: readSize, r: &inflated{src: file, r: flate.NewReader(file)}}
	}
	b, err := p.src.peek(8)
	if err != nil {
		return err
	}
	p.enc = written(b, enc)
	if err := p.run(func(tag) bool { return true }); err != nil {
		return err
	}
	_, err = file.skip(1 << 62) // padding behind a deflated data set
	return err
}

// Limits of what a deflated data set may become.
const (
	maxInflated = 1 << 30
	freeRatio   = 64 << 20 // below it the ratio is free
	maxRatio    = 200
)

// inflated is a deflated data set, up to a limit.
type inflated struct {
	src *source
	r   io.Reader
	n   int64
}

// Read implements io.Reader. What cannot be inflated is damage.
func (i *inflated) Read(p []byte) (int, error) {
	n, err := i.r.Read(p)
	i.n += int64(n)
	var corrupt flate.CorruptInputError
	switch {
	case i.n > maxInflated || i.n > freeRatio && i.n > maxRatio*i.src.at:
		err = fmt.Errorf("a deflated data set that grows beyond what is read: %w", format.ErrLimit)
	case errors.As(err, &corrupt), errors.Is(err, io.ErrUnexpectedEOF):
		if i.src.err != nil && i.src.err != io.EOF {
			return n, i.src.err
		}
		err = format.Damaged("the deflated data set")
	}
	return n, err
}
