package hl7v2

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

const (
	maxRecord = 2 << 20  // bytes of a record that are held
	longField = 64 << 10 // bytes of a field, beyond which it is streamed
	maxPID    = 16 << 10 // bytes of a PID segment that is repeated
	spare     = 16 << 10 // room for decoded values behind what was read
)

// errStalled ends the reading of an input that does not go on.
var errStalled = errors.New("a source that gives neither bytes nor an error")

// span is a part of the buffer.
type span struct{ from, to int }

// reading is one reading of one input.
type reading struct {
	ctx   context.Context
	out   format.Output
	src   io.Reader
	batch *record.Batch

	buf   []byte // buf[:n] was read; buf[:limit] may be read into; the rest is for decoded values
	n     int
	limit int
	eof   bool

	first    int    // where the open record begins
	at       int    // where the open segment begins
	segments []span // of the open record
	person   span   // its PID segment
	breaks   [3]int // next CR, LF and FS, or n when there is none in what was read; see seek

	sep       separators
	marksOf   [256]marks // of each byte
	seen      marks      // in the field that is being read
	records   int64
	inners    int64
	pointers  int64 // references to data elsewhere
	divided   int64 // records that were divided
	broken    int64 // encapsulated data that did not decode
	places    []uint32
	unknown   map[uint64]uint32
	systems   map[string]phi.System
	scratch   []byte
	parts     [32]span  // components of the field or value that is being read
	split     int       // how many there are in the field
	valueType dataType  // st where OBX-5 is text only if it is a sentence
	typed     *position // OBX-5, as OBX-2 says
	coding    phi.System
	void      bool
	table     *table // of positions
}

func newReading(ctx context.Context, in format.Input, out format.Output) *reading {
	r := &reading{ctx: ctx, out: out, table: positions(), batch: record.NewBatch(out.Places), limit: format.ChunkSize}
	if in.Size >= 0 && in.Size < format.ChunkSize-64 {
		r.limit = int(in.Size) + 64 // a little more, to meet the end without growing
	}
	r.separate(usual)
	r.src, _ = charset.Reader(in.Head, in.Body)
	r.buf = make([]byte, r.limit+min(r.limit/4+64, spare))
	r.places = make([]uint32, r.table.outlets)
	r.unknown = map[uint64]uint32{}
	r.systems = map[string]phi.System{}
	return r
}

// run reads segment by segment and closes records where they end.
func (r *reading) run() error {
	if err := r.fill(); err != nil {
		return err
	}
	for {
		s, ok, err := r.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if err := r.take(s); err != nil {
			return err
		}
	}
	if err := r.closeRecord(r.n); err != nil {
		return err
	}
	return r.flush()
}

// take adds a segment to the open record, or begins another with it.
func (r *reading) take(s span) error {
	s = r.trim(s)
	line := r.buf[s.from:s.to]
	if len(line) == 0 {
		return nil
	}
	if len(line) >= 4 {
		switch key(line[:3]) {
		case keyMSH, keyFHS, keyBHS:
			if sep, ok := header(line); ok {
				if err := r.closeRecord(s.from); err != nil {
					return err
				}
				r.separate(sep)
			}
		case keyFTS, keyBTS:
			if err := r.closeRecord(s.from); err != nil {
				return err
			}
		case keyPID:
			if line[3] != r.sep.field {
				break
			}
			if r.person.to > 0 {
				if err := r.closeRecord(s.from); err != nil {
					return err
				}
			}
			r.person = s
		}
	}
	r.segments = append(r.segments, s)
	return nil
}

// trim drops what stands around a segment: blanks, the marks of the lower layer protocol, a byte order mark.
func (r *reading) trim(s span) span {
	for s.from < s.to {
		c := r.buf[s.from]
		if c > ' ' && c != 0xef || c == 0xef && !bytes.HasPrefix(r.buf[s.from:s.to], []byte("\ufeff")) {
			break
		}
		s.from++
		if c == 0xef {
			s.from += 2
		}
	}
	for s.from < s.to && r.buf[s.to-1] == 0 {
		s.to--
	}
	return s
}

// next gives the next segment.
func (r *reading) next() (span, bool, error) {
	for {
		if end := r.lineEnd(); end < r.n {
			s := span{r.at, end}
			r.at = end + 1
			return s, true, nil
		}
		if r.eof {
			s := span{r.at, r.n}
			r.at = r.n
			return s, s.from < s.to, nil
		}
		if err := r.fill(); err != nil {
			return span{}, false, err
		}
	}
}

// lineEnd finds the next CR, LF or FS (which ends a message in the lower layer protocol). Each byte is looked at once for
// each of them, however short the segments are.
func (r *reading) lineEnd() int {
	for i, c := range [3]byte{'\r', '\n', 0x1c} {
		if r.breaks[i] < r.at {
			from := max(r.at, -r.breaks[i]-1)
			if at := bytes.IndexByte(r.buf[from:r.n], c); at >= 0 {
				r.breaks[i] = from + at
			} else {
				r.breaks[i] = r.n
			}
		}
	}
	return min(r.breaks[0], r.breaks[1], r.breaks[2])
}

// fill hands out the closed records, makes room and reads on. The open record stays in the buffer.
func (r *reading) fill() error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if err := r.flush(); err != nil {
		return err
	}
	r.compact(r.first)
	if r.n-r.at > longField {
		if done, err := r.long(); done || err != nil {
			return err
		}
	}
	if r.n == r.limit {
		if r.limit < maxRecord {
			r.grow(2 * r.limit)
		} else if err := r.divide(); err != nil {
			return err
		}
	}
	return r.more()
}

// more reads until the buffer is full, and makes what was read the batch's memory.
func (r *reading) more() error {
	seen := r.n
	for tries := 0; !r.eof; tries++ {
		if r.n == r.limit {
			if r.limit >= format.ChunkSize {
				break
			}
			r.grow(format.ChunkSize) // the input is longer than it was said to be
		}
		got, err := r.src.Read(r.buf[r.n:r.limit])
		r.n += got
		if got > 0 {
			tries = 0
		}
		switch {
		case errors.Is(err, io.EOF):
			r.eof = true
		case err != nil:
			return fmt.Errorf("read message %d: %w", r.records+1, err)
		case tries == 100:
			return errStalled
		}
	}
	r.seek(seen)
	r.batch.Use(r.buf[:r.n])
	return nil
}

// seek forgets the next line ends. There is none between the open segment's beginning and seen, which is kept as -1-seen.
func (r *reading) seek(seen int) {
	from := -1 - max(seen, r.at)
	r.breaks = [3]int{from, from, from}
}

// compact moves what stands from a position on to the buffer's beginning.
func (r *reading) compact(from int) {
	if from == 0 {
		return
	}
	r.n = copy(r.buf, r.buf[from:r.n])
	r.at -= from
	r.first -= from
	for i := range r.segments {
		r.segments[i].from -= from
		r.segments[i].to -= from
	}
	if r.person.to > 0 {
		r.person.from -= from
		r.person.to -= from
	}
}

func (r *reading) grow(limit int) {
	r.limit = limit
	r.buf = append(make([]byte, 0, limit+spare), r.buf[:r.n]...)[:limit+spare]
}

// divide closes a record that has become too long where its last whole segment ends, and opens another with its
// PID segment. A lone segment that is as long ends where it is.
func (r *reading) divide() error {
	r.divided++
	pid := bytes.Clone(r.buf[r.person.from:r.person.to])
	if len(pid) > maxPID {
		pid = nil
	}
	if len(r.segments) == 0 || r.n-r.at > r.limit/2 {
		r.segments = append(r.segments, span{r.at, r.n})
		r.at = r.n
	}
	r.batch.Use(r.buf[:r.n])
	if err := r.closeRecord(r.at); err != nil {
		return err
	}
	if err := r.flush(); err != nil {
		return err
	}
	rest := r.n - r.at
	if len(pid) == 0 || len(pid)+rest >= r.limit {
		r.compact(r.at)
		return nil
	}
	copy(r.buf[len(pid):], r.buf[r.at:r.n])
	copy(r.buf, pid)
	r.n, r.at, r.first = len(pid)+rest, len(pid), 0
	r.person = span{0, len(pid)}
	r.segments = append(r.segments[:0], r.person)
	return nil
}

// flush hands out the closed records.
func (r *reading) flush() error {
	if r.batch.Len() > 0 {
		if err := r.out.Batch(r.batch); err != nil {
			return err
		}
	}
	r.batch.Reset()
	return nil
}

// closeRecord reads the segments of the open record into cells. The next record begins at from.
func (r *reading) closeRecord(from int) error {
	if len(r.segments) > 0 {
		r.records++
	}
	for _, s := range r.segments {
		if err := r.segment(s); err != nil {
			return err
		}
	}
	r.batch.EndRecord()
	r.segments = r.segments[:0]
	r.person = span{}
	r.first = from
	return nil
}

// report tells what was not read.
func (r *reading) report() {
	if r.pointers > 0 {
		r.out.Gap(estate.GapNotFollowed, fmt.Sprintf("OBX-5 points to data elsewhere, %d times", r.pointers))
	}
	if r.broken > 0 {
		r.out.Gap(estate.GapDamaged, fmt.Sprintf("encapsulated data does not decode, %d times", r.broken))
	}
}
