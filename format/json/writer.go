package json

import (
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/record"
)

const (
	// A record over one of these is closed and continued in another.
	maxRecordBytes = 1 << 20
	maxRecordCells = 50_000

	// A batch over one of these is handed out. They are small, so that it stays in a processor's cache.
	batchBytes = 64 << 10
	batchCells = 4 << 10

	// overlap is how many bytes two pieces of a long text share on either side of the cut.
	overlap = 512
)

// Writer puts cells into a batch and hands it out when it is full.
type Writer struct {
	// Batch is the batch that is being filled. Cells from Start on are the open record's.
	Batch *record.Batch
	Start int

	out format.Output
}

// NewWriter makes a writer over the item's places.
func NewWriter(out format.Output) *Writer {
	return &Writer{Batch: record.NewBatch(out.Places), out: out}
}

// Long tells that the open record is so large that it should be closed and continued.
func (w *Writer) Long() bool {
	return len(w.Batch.Cells)-w.Start >= maxRecordCells || w.Batch.Size() >= maxRecordBytes
}

// End closes the record, and hands the batch out when it is full.
func (w *Writer) End() error {
	w.Batch.EndRecord()
	w.Start = len(w.Batch.Cells)
	if w.Start < batchCells && w.Batch.Size() < batchBytes {
		return nil
	}
	return w.Flush()
}

// Flush closes the record and hands the batch out.
func (w *Writer) Flush() error {
	w.Batch.EndRecord()
	w.Start = 0
	var err error
	if w.Batch.Len() > 0 {
		err = w.out.Batch(w.Batch)
	}
	w.Batch.Reset()
	return err
}

// Long text

// Text hands out the string that the scanner stands in, piece by piece, each as a record of its own which shares its
// ends with its neighbours.
func (w *Writer) Text(s *Scanner, place uint32) error {
	if err := w.Flush(); err != nil {
		return err
	}
	var carry []byte
	from := 0 // what the piece before did not count begins here
	for {
		last := !s.More()
		b := w.Batch
		text := append(carry, s.Value()...)
		b.Put(place, text)
		b.From = uint32(from)
		b.To = uint32(len(text))
		if !last && len(text) > 2*overlap {
			b.To -= overlap
		}
		keep := max(0, int(b.To)-overlap)
		from = int(b.To) - keep
		carry = append([]byte(nil), text[keep:]...)
		if err := w.Flush(); err != nil {
			return err
		}
		if last {
			return nil
		}
		if _, err := s.Next(); err != nil {
			return err
		}
	}
}
