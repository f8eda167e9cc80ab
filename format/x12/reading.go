package x12

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/charset"
	"github.com/chartroom/chartroom/record"
)

const (
	maxRecord  = 1 << 20  // bytes of a record that are held
	maxSegment = 64 << 10 // bytes of a segment, beyond which it is read as text in pieces
	maxCarried = 8 << 10  // bytes of a record's person that are repeated when it is divided
	spare      = 16 << 10 // room for decoded values behind what was read
)

// errStalled ends the reading of an input that does not go on.
var errStalled = errors.New("a source that gives neither bytes nor an error")

// span is a part of the buffer.
type span struct{ from, to int }

// segment is a segment of the open record; plan 0 is text.
type segment struct {
	span
	plan uint8
}

// reading is one reading of one input.
type reading struct {
	ctx   context.Context
	out   format.Output
	src   io.Reader
	batch *record.Batch
	table *table

	buf   []byte // buf[:n] was read; buf[:limit] may be read into; the rest is for decoded values
	n     int
	limit int
	eof   bool
	high  bool // the buffer holds bytes that are no UTF-8
	first int  // where the open record begins
	at    int  // where the open segment begins
	turn  int  // the next end of a line from at on, n when there is none
	piece bool // the open segment is the rest of one that is too long

	sep      separators
	wrapped  bool // lines end anywhere in the interchange
	scope    scope
	segments []segment
	carried  int    // how many segments of the open record are repeated from the one before
	bearers  []span // segments that say who the record's person is
	resumes  bool   // the open record goes on where the one before was divided

	element  [maxElements]span // of the segment that is being read
	count    int               // how many
	state    state
	accounts []accountCell

	claimOwn, claimOther, claimOrg *page
	pages                          []*page
	textAt                         uint32 // place of what is no segment, plus one
	scratch                        []byte
	records, inners                int64
	gaps                           damage
}

// damage counts what does not follow the standard.
type damage struct {
	headless     int64 // the beginning is lost
	interchanges int64 // without IEA
	transactions int64 // without SE
	shapeless    int64 // no segment
	long         int64
	divided      int64
	broken       int64 // binary data
	cut          int64 // segments that the next header interrupts
}

func newReading(ctx context.Context, in format.Input, out format.Output) *reading {
	r := &reading{ctx: ctx, out: out, table: positions(), batch: record.NewBatch(out.Places), limit: format.ChunkSize, sep: usual}
	if in.Size >= 0 && in.Size < format.ChunkSize-64 {
		r.limit = int(in.Size) + 64 // a little more, to meet the end without growing
	}
	r.src = in.Body
	head := in.Head
	if name, _ := charset.Detect(in.Head); name == charset.UTF16LE || name == charset.UTF16BE {
		r.src, _ = charset.Reader(in.Head, in.Body) // else the bytes pass as they are: binary data stand among them
		head = charset.Head(in.Head)
	}
	r.separateUnheaded(bytes.TrimLeft(head, "\xef\xbb\xbf\x00 \t\r\n"))
	r.buf = make([]byte, r.limit+min(r.limit/4+64, spare))
	r.pages = make([]*page, len(r.table.entities.list)*numVariants)
	r.claimOwn = &page{subject: patient.own(), person: true}
	r.claimOther = &page{subject: patient.own(), other: true, person: true}
	r.claimOrg = &page{subject: organisation.own()}
	return r
}

// separateUnheaded finds the separators of an input that does not begin with a header.
func (r *reading) separateUnheaded(head []byte) {
	if _, _, ok := header(head); ok {
		return
	}
	if s, ok := fragment(head); ok {
		r.sep = s
	} else if s, ok := middle(head); ok && bytes.Index(head, isa) < 0 {
		r.sep = s
		r.gaps.headless++
	}
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
		r.take(s)
	}
	r.endInterchange()
	r.closeRecord(r.n)
	return r.flush()
}

// next gives the next segment. It takes over the separators of headers that it meets, and hands out binary data.
func (r *reading) next() (span, bool, error) {
	for {
		r.skipBlanks()
		if r.at < r.n && r.buf[r.at] <= 'I' && !r.piece {
			again, err := r.special()
			if err != nil {
				return span{}, false, err
			}
			if again {
				continue
			}
		}
		rest := r.piece
		s, ok := r.cut()
		switch {
		case ok && !rest:
			return s, s.from < r.n, nil
		case ok && s.from < r.n:
			r.segments = append(r.segments, segment{s, 0})
			continue
		case ok:
			return s, false, nil
		}
		if err := r.fill(); err != nil {
			return span{}, false, err
		}
	}
}

// cut gives the open segment, or a piece of it; ok is false where more must be read before.
func (r *reading) cut() (s span, ok bool) {
	if i := bytes.IndexByte(r.buf[r.at:r.n], r.sep.segment); i >= 0 && i <= maxSegment {
		s = span{r.at, r.at + i}
		headed := i >= minHeader || i >= 3 && r.buf[s.to-1] == 'A' // a header may begin in it
		if !headed && r.turn > s.to && !r.piece {
			r.at = s.to + 1
			return s, true // nothing but the segment
		}
		if headed && !r.eof && r.n-s.to < maxHeader && bytes.Contains(r.buf[s.from:s.to], isa) {
			return s, false // it cannot be told yet
		}
		r.at = s.to + 1
		return r.whole(s), true
	}
	switch {
	case r.n-r.at > maxSegment+maxHeader:
		return r.long(), true
	case r.eof:
		s = span{r.at, r.n}
		r.at = r.n
		return r.whole(s), true
	}
	return s, false
}

// special looks at what begins at the open segment: a header whose separators count from here on, or binary data. again says that
// it was taken, or that more had to be read.
func (r *reading) special() (again bool, err error) {
	b := r.buf[r.at:r.n]
	switch b[0] {
	case 'I':
		if len(b) < maxHeader && !r.eof {
			if bytes.HasPrefix(b, isa[:min(len(b), 3)]) {
				return true, r.fill()
			}
			return false, nil
		}
		if s, length, ok := header(b); ok {
			r.beginInterchange(s)
			r.wrapped = bytes.IndexByte(b[:length-3], '\n') >= 0
			r.at += length
			return true, nil
		}
	case 'B':
		if len(b) < maxBinaryHeader && !r.eof {
			if b[len(b)-1] != r.sep.segment && (len(b) < 2 || b[1] == 'I' || b[1] == 'D') {
				return true, r.fill()
			}
		}
		return r.binary()
	}
	return false, nil
}

// skipBlanks goes to the next segment's first byte, past ends of lines, blanks, a byte order mark and the end-of-file character of old systems.
func (r *reading) skipBlanks() {
	for !r.piece && r.at < r.n {
		switch c := r.buf[r.at]; {
		case c <= ' ' && c != r.sep.segment && c != r.sep.element && (c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == 0 || c == 0x1a):
			r.at++
		case c == r.sep.segment && (c == '\n' || c == '\r'):
			r.at++
		case c == 0xef && bytes.HasPrefix(r.buf[r.at:r.n], []byte("\ufeff")):
			r.at += 3
		default:
			return
		}
	}
}

// whole gives a segment without the ends of lines that a sender wrapped it with, and cuts it off where it was interrupted by
// another beginning.
func (r *reading) whole(s span) span {
	r.piece = false
	for s.to > s.from && (r.buf[s.to-1] == '\r' || r.buf[s.to-1] == '\n') {
		s.to--
	}
	if r.turn < s.from {
		r.turn = r.n
		if i := bytes.IndexByte(r.buf[s.from:r.n], '\n'); i >= 0 {
			r.turn = s.from + i
		}
		if i := bytes.IndexByte(r.buf[s.from:r.turn], '\r'); i >= 0 {
			r.turn = s.from + i
		}
	}
	if s.to-s.from >= minHeader || bytes.HasSuffix(r.buf[s.from:s.to], isa) {
		s = r.interrupted(s)
	}
	if r.turn >= s.to {
		return s
	}
	return r.unwrap(s)
}

// minHeader is fewer bytes than an interchange header has.
const minHeader = 60

// interrupted cuts a segment off where an interchange begins within it.
func (r *reading) interrupted(s span) span {
	for from := min(s.from+1, s.to); ; {
		i := bytes.Index(r.buf[from:min(s.to+len(isa)-1, r.n)], isa) // a piece may end within its name
		if i < 0 {
			return s
		}
		if _, _, ok := header(r.buf[from+i : r.n]); ok {
			if r.scope.interchange || r.scope.transaction {
				r.gaps.cut++
			}
			r.at = from + i
			return span{s.from, r.at}
		}
		from += i + 3
	}
}

// unwrap takes the ends of lines out of a segment, in place. In running text they become blanks.
func (r *reading) unwrap(s span) span {
	blank := !r.wrapped && (r.is(s, "NTE") || r.is(s, "MSG") || !r.scope.interchange && !r.scope.transaction && !r.named(s))
	to := s.from
	for i := s.from; i < s.to; i++ {
		c := r.buf[i]
		if c != '\r' && c != '\n' {
			r.buf[to] = c
			to++
			continue
		}
		if envelope(r.buf[i+1:s.to], r.sep.element) {
			r.gaps.cut++
			r.at = i + 1
			break
		}
		if blank && (c == '\n' || r.buf[i+1] != '\n') {
			r.buf[to] = ' '
			to++
		}
	}
	return span{s.from, to}
}

// envelope tells whether a functional group or transaction begins.
func envelope(b []byte, sep byte) bool {
	if len(b) < 8 || b[2] != sep {
		return false
	}
	return b[0] == 'S' && b[1] == 'T' && b[6] == sep && digit(b[3]) && digit(b[4]) && digit(b[5]) || b[0] == 'G' && b[1] == 'S' && b[5] == sep
}

// long gives a piece of a segment that is too long, cut behind a blank.
func (r *reading) long() span {
	if !r.piece {
		r.gaps.long++
	}
	s := span{r.at, r.at + maxSegment}
	if i := bytes.LastIndexAny(r.buf[s.from+maxSegment/2:s.to], " \n\r\t"); i >= 0 {
		s.to = s.from + maxSegment/2 + i + 1
	}
	r.at = s.to
	s = r.interrupted(s)
	r.piece = r.at == s.to && !bytes.HasPrefix(r.buf[r.at:r.n], isa)
	return s
}

// fill hands out the closed records, makes room and reads on. The open record stays in the buffer.
func (r *reading) fill() error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if err := r.flush(); err != nil {
		return err
	}
	if len(r.segments) == 0 {
		r.first = r.at
	}
	r.compact(r.first)
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
			return fmt.Errorf("read record %d: %w", r.records+1, err)
		case tries == 100:
			return errStalled
		}
	}
	if !r.high {
		r.high = !utf8.Valid(r.buf[seen:r.n])
	}
	r.turn = -1
	r.batch.Use(r.buf[:r.n])
	return nil
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
	for i := range r.bearers {
		r.bearers[i].from -= from
		r.bearers[i].to -= from
	}
}

func (r *reading) grow(limit int) {
	r.limit = limit
	r.buf = append(make([]byte, 0, limit+spare), r.buf[:r.n]...)[:limit+spare]
}

// divide closes a record that has become too long, and opens another that repeats the segments which say whose it is.
func (r *reading) divide() error {
	r.gaps.divided++
	var who []byte
	ends := make([]int, 0, len(r.bearers))
	for _, s := range r.bearers {
		who = append(who, r.buf[s.from:s.to]...)
		ends = append(ends, len(who))
	}
	r.batch.Use(r.buf[:r.n])
	r.readRecord()
	if err := r.flush(); err != nil {
		return err
	}
	rest := r.n - r.at
	if len(who)+rest >= r.limit {
		who, ends = nil, nil
	}
	copy(r.buf[len(who):], r.buf[r.at:r.n])
	copy(r.buf, who)
	r.n, r.at, r.first = len(who)+rest, len(who), 0
	r.bearers, r.segments = r.bearers[:0], r.segments[:0]
	from := 0
	for _, to := range ends {
		s := span{from, to}
		r.bearers = append(r.bearers, s)
		r.segments = append(r.segments, segment{s, r.planOf(s)})
		from = to
	}
	r.carried, r.resumes = len(r.segments), true
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

// report tells what was not read, or not as the standard has it.
func (r *reading) report() {
	for _, g := range [...]struct {
		n      int64
		reason estate.GapReason
		text   string
	}{
		{r.gaps.headless, estate.GapTruncated, "interchange without its beginning"},
		{r.gaps.interchanges, estate.GapTruncated, "interchanges without an end"},
		{r.gaps.transactions, estate.GapDamaged, "transactions without an end"},
		{r.gaps.cut, estate.GapDamaged, "segments that another header interrupts"},
		{r.gaps.shapeless, estate.GapDamaged, "pieces of an interchange that are no segments, read as text"},
		{r.gaps.long, estate.GapLimit, "segments over 64 KiB, read as text"},
		{r.gaps.broken, estate.GapDamaged, "binary segments of another length than they say, or that do not decode"},
	} {
		if g.n > 0 {
			r.out.Gap(g.reason, fmt.Sprintf("%d %s", g.n, g.text))
		}
	}
}
