package scan

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"sync/atomic"

	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/all"
	"github.com/chartroom/chartroom/format/converter"
	"github.com/chartroom/chartroom/format/text"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
	"github.com/chartroom/chartroom/source"
)

// worker reads one item at a time.
type worker struct {
	src        source.Source
	o          Options
	repository string
	marker     *fingerprint.Marker
	heads      [][]byte // where the beginnings of the things that are read just now stand, by depth
	facts      parcels
	budget     *budget
	sampled    source.Sampled // of the top item, nil where it is read whole
	parts      []source.Part  // of the top item, behind the first
}

// newWorker makes a worker that sends the facts it finds. Nobody need take them when the context has ended.
func newWorker(src source.Source, o Options, send func(Parcel)) *worker {
	name := src.Repository().Name
	return &worker{src: src, o: o, repository: name, marker: o.Key.Marker(name), facts: parcels{send: send}}
}

// listed sends the facts of one thing that was listed.
func (w *worker) listed(ctx context.Context, l source.Listed) {
	w.facts.begin(w.repository, l.Item.Path)
	if l.Gap != nil {
		g := *l.Gap
		g.Repository = w.repository
		w.facts.gap(&g)
		w.facts.end()
		return
	}
	limited, cancel := context.WithTimeout(ctx, w.o.Limits.ItemTime)
	defer cancel()
	w.safely(l.Item, func() { w.item(limited, l.Item) })
	if ctx.Err() != nil {
		return // stopped in the middle: the next scan reads the item anew
	}
	w.facts.end()
}

// safely does something with an item. Where that ends by a fault of ours, the item is a gap: half an item is none, and what an earlier scan
// saw of it still stands.
func (w *worker) safely(li source.Item, f func()) {
	if fault := guarded(f); fault != "" {
		w.facts.begin(w.repository, li.Path)
		w.gap(&estate.Item{Path: li.Path, Bytes: li.Bytes}, estate.GapFault, "a fault at "+fault+"; please report it")
	}
}

// item opens and reads one item.
func (w *worker) item(ctx context.Context, li source.Item) {
	it := w.begin(li)
	body, err := w.open(ctx, li)
	if err != nil {
		w.unread(it, err)
		return
	}
	w.read(ctx, it, w.inputOf(body))
	w.drawn(it)
	w.finish(it, body.Close())
}

// begin begins with an item.
func (w *worker) begin(li source.Item) *estate.Item {
	w.budget = &budget{limits: w.o.Limits, size: li.Bytes}
	return &estate.Item{Repository: w.repository, Path: li.Path, Version: li.Version, Bytes: li.Bytes, Modified: li.Modified}
}

// inputOf makes an input of the body of a top item.
func (w *worker) inputOf(body io.Reader) input {
	return input{body: &counted{body, w.o.Progress, w.budget}, at: countedAt(body, w.o.Progress), spots: spots(body, w.o.Progress)}
}

// finish sends an item that was read, and takes what closing it told.
func (w *worker) finish(it *estate.Item, closing error) {
	defer w.facts.item(it)
	if over := w.budget.spent(); over != nil {
		it.Evidence.Coverage = estate.Partial.String()
		w.gap(it, estate.GapLimit, over.Error())
	}
	if errors.Is(closing, source.ErrChanged) {
		// What was read is true of no single moment: the next scan must read it again.
		it.Version += " (changing)"
		it.Evidence.Coverage = estate.Partial.String()
		w.gap(it, estate.GapChanging, "it changed while it was read")
	} else if closing != nil {
		w.gap(it, estate.GapUnreadable, "close: "+closing.Error())
	}
}

// counted counts what is read.
type counted struct {
	io.Reader
	progress *Progress
	budget   *budget
}

// Read reads and counts.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.progress.read(n)
	c.budget.item(n)
	return n, err
}

// input is the content of an item, or of a thing within one, before a reader was chosen.
type input struct {
	body  io.Reader
	at    io.ReaderAt // nil where it can only be read once, from the beginning
	spots io.ReaderAt // the same for small parts at many places
	hint  string      // a media type, or empty
	depth int
}

// countedAt counts what is read out of order, where that can be done.
func countedAt(body io.Reader, p *Progress) io.ReaderAt {
	if at, ok := body.(io.ReaderAt); ok {
		return newJumping(at, p.read)
	}
	return nil
}

// newJumping counts what is read out of order, and of a format.Ranged what is read as a stream.
func newJumping(at io.ReaderAt, count func(n int)) io.ReaderAt {
	if r, ok := at.(format.Ranged); ok {
		return &ranging{jumping{at, count}, r}
	}
	return &jumping{at, count}
}

// jumping counts what is read out of order.
type jumping struct {
	io.ReaderAt
	count func(n int)
}

type ranging struct {
	jumping
	ranged format.Ranged
}

// Range counts what is read as a stream.
func (r *ranging) Range(off, n int64) io.Reader { return &tallied{r.ranged.Range(off, n), r.count} }

type tallied struct {
	io.Reader
	count func(n int)
}

// Read reads and counts.
func (t *tallied) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	t.count(n)
	return n, err
}

// ReadAt reads and counts.
func (j *jumping) ReadAt(p []byte, off int64) (int, error) {
	n, err := j.ReaderAt.ReadAt(p, off)
	j.count(n)
	return n, err
}

// unread records an item that could not be opened. It is a gap alone: what an earlier scan saw in it still stands, and ages.
func (w *worker) unread(it *estate.Item, err error) {
	var ge *source.GapError
	if errors.As(err, &ge) {
		w.gap(it, ge.Reason, ge.Err.Error())
		return
	}
	w.gap(it, estate.GapUnreadable, err.Error())
}

func (w *worker) gap(it *estate.Item, reason estate.GapReason, detail string) {
	w.facts.gap(&estate.Gap{Repository: w.repository, Path: it.Path, Reason: reason, Detail: detail, Bytes: it.Bytes})
}

// read reads the content of an item, or of a thing within one, with the reader that claims it.
func (w *worker) read(ctx context.Context, it *estate.Item, in input) {
	c := w.choose(it, in)
	switch {
	case c.convert != nil:
		w.convert(ctx, it, c.convert, input{body: c.Body, depth: in.depth})
	case c.reader != nil:
		if in.at != nil && in.depth == 0 && w.o.Sample.Wanted() {
			c.Input = w.draw(it, c.reader, c.Input, newJumping(cmp.Or(in.spots, in.at), c.jump))
		}
		w.detect(ctx, it, c)
	}
}

// chosen is a content and who reads it: a reader, or a converter, or nobody, as the item says then.
type chosen struct {
	format.Input
	reader  format.Reader
	convert *converter.Converter
	tail    *tailCount // of the body, behind its head
	jumped  atomic.Int64
}

func (c *chosen) jump(n int) { c.jumped.Add(int64(n)) }

// choose looks at the beginning of a content, and chooses who reads it.
func (w *worker) choose(it *estate.Item, in input) *chosen {
	now := w.o.Now()
	it.Evidence = estate.Evidence{Coverage: estate.All.String(), Seen: now, Read: now, Rules: w.o.Rules}
	w.ofSample(it)
	head, err := w.head(in)
	it.Read = int64(len(head))
	c := &chosen{tail: &tailCount{r: in.body}}
	if err != nil && len(head) == 0 {
		it.Evidence.Coverage = estate.NotRead.String()
		w.failed(it, err)
		return c
	}
	if len(head) == 0 {
		it.Evidence.Reader, it.Verdict = "empty", phi.VerdictNone
		return c
	}
	name := nameWith(it.Path, in.hint)
	if err != nil {
		c.tail.r = failing{err} // as it would again
	}
	c.Input = format.Input{Name: name, Size: it.Bytes, Head: head, Body: io.MultiReader(bytes.NewReader(head), c.tail), Depth: in.depth}
	if in.at != nil {
		c.At = newJumping(in.at, c.jump)
	}
	r := all.Choose(name, head)
	if _, fallback := r.(text.Reader); r == nil || fallback {
		what, reason, readable := all.Unread(name, head)
		if c.convert = w.converter(what, name, in.hint); c.convert != nil && reason != "" {
			return c
		}
		c.convert = nil
		if reason != "" {
			it.Evidence.Coverage = estate.Partial.String()
			w.gap(it, reason, noReader(what))
		}
		if r == nil || !readable {
			it.Evidence.Coverage = estate.NotRead.String()
			return c
		}
	}
	it.Format, _, _ = strings.Cut(r.Name(), "/")
	it.Evidence.Reader = r.Name()
	c.reader = r
	return c
}

// noReader says what a content is that no reader understands.
func noReader(what string) string {
	if what == "" {
		return "no known format"
	}
	return what
}

// innerHead is how much of an inner item is looked at before a reader is chosen.
const innerHead = 8 << 10

// head reads the beginning of a content. It stands where the next content of the same depth will stand.
func (w *worker) head(in input) ([]byte, error) {
	for len(w.heads) <= in.depth {
		size := innerHead
		if len(w.heads) == 0 {
			size = format.HeadSize
		}
		w.heads = append(w.heads, make([]byte, size))
	}
	n, head := 0, w.heads[in.depth]
	for n < len(head) {
		k, err := in.body.Read(head[n:])
		n += k
		if err == io.EOF {
			break
		}
		if err != nil {
			return head[:n], err
		}
	}
	return head[:n], nil
}

// failing is what is left of a content that failed.
type failing struct{ err error }

// Read fails.
func (f failing) Read([]byte) (int, error) { return 0, f.err }

// detect runs reader and engine over one content, and closes the item's facts.
func (w *worker) detect(ctx context.Context, it *estate.Item, c *chosen) {
	if inputs := w.divide(c); inputs != nil {
		w.pieces(ctx, it, c.reader, inputs)
		return
	}
	f := w.output(ctx, it, c.Name, c.Depth)
	if err := run(ctx, c.reader, c.Input, f.out); err != nil {
		it.Evidence.Coverage = estate.Partial.String()
		w.failed(it, err)
	}
	w.close(it, f)
	it.Read += c.tail.n + c.jumped.Load()
}

// found is what is found in one item, or in a piece of one.
type found struct {
	out    format.Output
	item   *detect.Item
	people *estate.People
	traces *estate.Traces
}

// output makes what a reader hands its records to. The name is what the item's tables are judged by.
func (w *worker) output(ctx context.Context, it *estate.Item, name string, depth int) *found {
	people, traces := estate.NewPeople(0), &estate.Traces{}
	out := format.Output{Places: &record.Places{}}
	item := w.o.Engine.Item(name, out.Places, func(id *record.Identity) uint64 {
		who := w.marker.Count(id, people)
		w.marker.Trace(id, traces)
		return who
	})
	out.Batch = func(b *record.Batch) error {
		item.Batch(b)
		w.traces(it, traces.Sealed())
		return ctx.Err()
	}
	out.Inner = func(name, hint string, body io.Reader) error {
		if w.budget.spent() == nil && ctx.Err() == nil {
			w.inner(ctx, it, name, input{body: body, hint: hint, depth: depth + 1})
		}
		return cmp.Or(ctx.Err(), w.budget.spent())
	}
	out.Part = func(name string) (format.Output, func()) { return w.part(ctx, it, name, depth) }
	out.Gap = func(reason estate.GapReason, detail string) {
		it.Evidence.Coverage = estate.Partial.String()
		w.gap(it, reason, detail)
	}
	if w.o.taste != nil {
		item = nil
		out.Batch = func(b *record.Batch) error { return cmp.Or(ctx.Err(), w.o.taste(it.Path, out.Places, b)) }
	}
	return &found{out, item, people, traces}
}

// traces adds traces of an item that will be met again.
func (w *worker) traces(it *estate.Item, sets []estate.Segment) {
	for _, s := range sets {
		w.facts.traces(&estate.TraceSet{Repository: w.repository, Path: it.Path, Set: s})
	}
}

// part opens an item within an item that the outer one's reader reads.
func (w *worker) part(ctx context.Context, outer *estate.Item, name string, depth int) (out format.Output, done func()) {
	it := within(outer, name)
	it.Format, it.Evidence = outer.Format, outer.Evidence
	it.Evidence.Coverage = estate.All.String()
	w.ofSample(it)
	f := w.output(ctx, it, name, depth)
	return f.out, func() {
		w.close(it, f)
		w.facts.inner(it)
	}
}

// within makes an item that stands in another.
func within(outer *estate.Item, name string) *estate.Item {
	return &estate.Item{Repository: outer.Repository, Path: outer.Path + "!/" + innerName(name), Outer: outer.Path, Version: outer.Version,
		Bytes: -1, Modified: outer.Modified}
}

// close takes over what the engine says of an item.
func (w *worker) close(it *estate.Item, f *found) {
	if f.item == nil {
		return
	}
	res := f.item.Result()
	it.Verdict, it.Classes, it.Suspected, it.Part2, it.Minors, it.Records = res.Verdict, res.Classes, res.Suspected, res.Part2, res.Minors, res.Records
	if it.Verdict == phi.VerdictNone && it.Evidence.Coverage != estate.All.String() {
		it.Verdict = phi.VerdictUnknown // nothing was found in a part: that says nothing of the rest
	}
	if !f.people.Empty() {
		it.People = f.people
	}
	w.amongSampled(it)
	w.traces(it, f.traces.Close())
	for i := range res.Findings {
		f := &res.Findings[i]
		f.Repository, f.Path = w.repository, it.Path
		w.facts.finding(f)
	}
}

// failed records why an item was not read to its end.
func (w *worker) failed(it *estate.Item, err error) {
	var fault *faultError
	var known *source.GapError
	over := w.budget.spent()
	switch {
	case over != nil && errors.Is(err, over): // that is told once, at the top item
	case errors.As(err, &fault):
		w.gap(it, estate.GapFault, fault.Error())
	case errors.As(err, &known):
		w.gap(it, known.Reason, known.Err.Error())
	case errors.Is(err, context.DeadlineExceeded):
		w.gap(it, estate.GapLimit, fmt.Sprintf("not done after %s", w.o.Limits.ItemTime))
	case errors.Is(err, context.Canceled):
	case errors.Is(err, io.ErrUnexpectedEOF):
		w.gap(it, estate.GapTruncated, err.Error())
	case errors.Is(err, format.ErrLimit):
		w.gap(it, estate.GapLimit, err.Error())
	case errors.Is(err, format.ErrEncrypted):
		w.gap(it, estate.GapEncrypted, err.Error())
	case errors.Is(err, format.ErrDamaged):
		w.gap(it, estate.GapDamaged, err.Error())
	case errors.Is(err, errors.ErrUnsupported):
		w.gap(it, estate.GapNoReader, err.Error())
	default:
		w.gap(it, estate.GapUnreadable, err.Error())
	}
}

// inner reads a thing within a thing.
func (w *worker) inner(ctx context.Context, outer *estate.Item, name string, in input) {
	it := within(outer, name)
	defer w.facts.inner(it)
	w.budget.thing()
	if in.depth > w.o.Limits.Depth {
		it.Evidence = estate.Evidence{Coverage: estate.NotRead.String(), Seen: w.o.Now()}
		w.gap(it, estate.GapLimit, fmt.Sprintf("stands more than %d deep in other things (max_depth)", w.o.Limits.Depth))
		return
	}
	meter := &metered{r: in.body, budget: w.budget, depth: in.depth}
	if at, ok := in.body.(randomAccess); ok {
		in.at, it.Bytes = &meteredAt{at, meter}, at.Size()
	}
	in.body = meter
	w.read(ctx, it, in)
	if meter.broken != nil {
		it.Evidence.Coverage = estate.Partial.String()
		if it.Read == 0 {
			it.Evidence, it.Verdict = estate.Evidence{Coverage: estate.NotRead.String(), Seen: it.Evidence.Seen, Rules: it.Evidence.Rules}, phi.VerdictUnknown
		}
		w.failed(it, meter.broken)
	}
	if it.Bytes < 0 {
		it.Bytes = it.Read
	}
}

// faultError is a fault of ours: a reader or the engine panicked.
type faultError struct {
	reader string
	where  string
}

// Error names the place in the code, never what was read.
func (e *faultError) Error() string {
	return fmt.Sprintf("a fault in the reader %s at %s; please report it", e.reader, e.where)
}

// run reads and turns a panic into an error: a hostile item ends as a gap, and the scan goes on.
func run(ctx context.Context, r format.Reader, in format.Input, out format.Output) (err error) {
	if where := guarded(func() { err = r.Read(ctx, in, out) }); where != "" {
		return &faultError{r.Name(), where}
	}
	return err
}

// guarded runs f, and gives the place in the code where it panicked, "" where it did not. What was thrown is not looked at: it
// may hold bytes of the input.
func guarded(f func()) (where string) {
	defer func() {
		if recover() != nil {
			where = faultLine(string(debug.Stack()))
		}
	}()
	f()
	return ""
}

// faultLine finds the function that panicked, and its line: the first frame of ours below the panic itself. Arguments, which
// a stack shows as numbers, are left out.
func faultLine(stack string) string {
	const house = "github.com/chartroom/chartroom/"
	_, below, _ := strings.Cut(stack, "\npanic(")
	_, frame, ok := strings.Cut(below, "\n"+house)
	if !ok {
		return "an unknown place"
	}
	function, rest, _ := strings.Cut(frame, "\n")
	if i := strings.LastIndexByte(function, '('); i > 0 {
		function = function[:i]
	}
	file, _, _ := strings.Cut(rest, " ")
	if i := strings.LastIndexByte(file, ':'); i > 0 {
		function += file[i:]
	}
	return function
}

// tailCount counts what is read behind the head.
type tailCount struct {
	r io.Reader
	n int64
}

// Read reads and counts.
func (t *tailCount) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.n += int64(n)
	return n, err
}

// nameWith adds the extension that a media type stands for, so that readers can claim an inner item by its name.
func nameWith(path, hint string) string {
	if ext, ok := extensions[strings.ToLower(strings.TrimSpace(cutParams(hint)))]; ok {
		return path + ext
	}
	return path
}

func cutParams(mediaType string) string {
	t, _, _ := strings.Cut(mediaType, ";")
	return t
}

// extensions are the media types that healthcare documents carry in other documents.
var extensions = map[string]string{
	"text/plain": ".txt", "text/csv": ".csv", "text/html": ".html", "text/xml": ".xml", "application/xml": ".xml", "text/rtf": ".rtf", "application/rtf": ".rtf",
	"application/json": ".json", "application/fhir+json": ".json", "application/fhir+xml": ".xml", "application/hl7-v2": ".hl7", "x-application/hl7-v2+er7": ".hl7",
	"application/pdf": ".pdf", "application/zip": ".zip", "application/dicom": ".dcm", "image/jpeg": ".jpg", "image/png": ".png", "image/tiff": ".tif", "image/gif": ".gif",
	"application/msword": ".doc", "audio/basic": ".au", "audio/mpeg": ".mp3", "video/mp4": ".mp4",
}
