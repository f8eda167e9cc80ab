package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	aws3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/chartroom/chartroom/source"
)

const (
	// firstSize is what the first request of an object asks for, in bytes. An object that is no larger is read at once, and stays in
	// memory while it is open; most are.
	firstSize = 1 << 20
	// stall is how long a connection may give nothing before it counts as cut.
	stall = time.Minute
)

// body is an open object. Read streams it from its beginning, and takes up a cut connection where it was; ReadAt reads by ranges. All
// requests are for the version that was listed.
type body struct {
	ctx    context.Context // of the one who opened it
	cancel context.CancelFunc
	b      *Bucket
	ref    ref
	flow   flow   // of the whole object
	whole  []byte // the object, where it is small
	opened bool
	cache  cache

	mu      sync.Mutex
	changed bool // the object is no longer what was listed
}

// Open opens an object: with a first request, which tells whether it can be read.
func (b *Bucket) Open(ctx context.Context, item source.Item) (io.ReadCloser, error) {
	r, ok := item.Ref.(ref)
	if !ok {
		return nil, fmt.Errorf("%s is no object of %s", item.Path, b.repository.Name)
	}
	o := &body{b: b, ref: r}
	o.ctx, o.cancel = context.WithCancel(ctx)
	o.flow = flow{o: o, end: r.size}
	if r.size == 0 {
		return o, nil // there is nothing to ask for
	}
	var err error
	if r.size <= firstSize {
		o.whole = make([]byte, r.size)
		err = o.fetch(o.whole, 0)
	} else {
		o.flow.stream, err = o.get(0, firstSize)
	}
	if err != nil {
		o.cancel()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, refusal(err)
	}
	o.opened = true
	return o, nil
}

// stream is one answer of the store: the bytes of a range.
type stream struct {
	io.ReadCloser
	left   int64 // bytes that have yet to come
	rate   *source.Rate
	ctx    context.Context // of whoever the object was opened for
	cancel context.CancelFunc
	watch  *time.Timer // ends a connection that has stalled
}

// Read reads on. It gives io.ErrUnexpectedEOF where the connection was cut.
func (s *stream) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), s.left)]
	p = p[:s.rate.Part(len(p))]
	s.watch.Reset(stall)
	n, err := s.ReadCloser.Read(p)
	s.watch.Stop()
	s.left -= int64(n)
	if e := s.rate.Wait(s.ctx, n); e != nil && err == nil {
		err = e
	}
	switch {
	case s.left == 0 && s.ctx.Err() == nil:
		err = nil
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// end closes the connection, or gives it back where all was read.
func (s *stream) end() {
	s.watch.Stop()
	if s.left == 0 {
		_, _ = io.Copy(io.Discard, io.LimitReader(s.ReadCloser, 1)) // the end of the answer, so that the connection can be used again
	}
	s.ReadCloser.Close()
	s.cancel()
}

// get asks for n bytes from an offset on, of the version that was listed.
func (o *body) get(off, n int64) (*stream, error) {
	in := &aws3.GetObjectInput{Bucket: aws.String(o.b.name), Key: aws.String(o.ref.key), Range: aws.String(fmt.Sprintf("bytes=%d-%d", off, off+n-1))}
	if o.ref.version != "" {
		in.VersionId = aws.String(o.ref.version)
	}
	if o.ref.etag != "" {
		in.IfMatch = aws.String(o.ref.etag)
	}
	ctx, cancel := context.WithCancel(o.ctx)
	out, err := o.b.client.GetObject(ctx, in)
	if err != nil {
		cancel()
		return nil, o.refused(err)
	}
	s := &stream{ReadCloser: out.Body, left: n, rate: o.b.rate, ctx: o.ctx, cancel: cancel, watch: time.AfterFunc(stall, cancel)}
	s.watch.Stop() // it runs while somebody waits
	if err := o.check(out, off, n); err != nil {
		s.end()
		return nil, err
	}
	return s, nil
}

// check tells whether an answer is of the version that was listed, and of the range that was asked for: not every store keeps to
// conditions.
func (o *body) check(out *aws3.GetObjectOutput, off, n int64) error {
	if e := aws.ToString(out.ETag); o.ref.etag != "" && e != "" && bare(e) != bare(o.ref.etag) {
		return o.refused(source.ErrChanged)
	}
	if out.ContentRange == nil && off == 0 && n == o.ref.size && aws.ToInt64(out.ContentLength) == n {
		return nil // the whole is an answer, too
	}
	if want := fmt.Sprintf("bytes %d-%d/%d", off, off+n-1, o.ref.size); aws.ToString(out.ContentRange) != want {
		if _, size, ok := strings.Cut(aws.ToString(out.ContentRange), "/"); ok && size != "*" && size != fmt.Sprint(o.ref.size) {
			return o.refused(source.ErrChanged)
		}
		return errRange
	}
	return nil
}

// errRange says that a store gives other bytes than it was asked for.
var errRange = errors.New("the store does not answer with the range of bytes that was asked for")

func bare(etag string) string { return strings.Trim(strings.TrimPrefix(etag, "W/"), `"`) }

// refused keeps in mind that the object has changed.
func (o *body) refused(err error) error {
	s := status(err)
	if !errors.Is(err, source.ErrChanged) && s != 412 && s != 416 && s != 404 {
		return err
	}
	if !o.opened && s == 404 {
		return err // gone at once is vanished, gone while it is read is changed
	}
	o.mu.Lock()
	o.changed = true
	o.mu.Unlock()
	return source.ErrChanged
}

// Read streams the object.
func (o *body) Read(p []byte) (int, error) {
	if o.whole == nil {
		return o.flow.Read(p)
	}
	n := copy(p, o.whole[o.flow.off:])
	if o.flow.off += int64(n); n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// flow is a part of an object on its way, from one byte to another. It takes up a cut connection where it was.
type flow struct {
	o        *body
	off, end int64
	stream   *stream // nil when there is none at the moment
	tried    int     // requests since the last byte came
}

// Range streams a part of the object, by one request as long as nothing is cut. It ends with the object's context.
func (o *body) Range(off, n int64) io.Reader {
	if o.whole != nil {
		return bytes.NewReader(o.whole[off : off+n])
	}
	return &flow{o: o, off: off, end: off + n}
}

// Read gives the next bytes.
func (f *flow) Read(p []byte) (int, error) {
	for len(p) > 0 {
		if f.off >= f.end {
			return 0, io.EOF
		}
		if f.stream == nil {
			if err := f.again(); err != nil {
				return 0, err
			}
		}
		n, err := f.stream.Read(p)
		f.off += int64(n)
		if n > 0 {
			f.tried = 0
		}
		if err != nil || f.stream.left == 0 {
			f.stop()
		}
		if e := f.o.ctx.Err(); e != nil && err != nil {
			return n, e
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, nil
}

func (f *flow) stop() {
	if f.stream != nil {
		f.stream.end()
		f.stream = nil
	}
}

// again asks for the rest, after a while where the last request brought nothing.
func (f *flow) again() error {
	if f.tried > tries {
		return tired(f.off)
	}
	if f.tried > 0 {
		if err := f.o.b.wait(f.o.ctx, f.tried); err != nil {
			return err
		}
	}
	f.tried++
	s, err := f.o.get(f.off, f.end-f.off)
	if err != nil {
		return worded(err, f.off)
	}
	f.stream = s
	return nil
}

// tired says that a connection was cut so often that nobody will try again.
func tired(off int64) error {
	return fmt.Errorf("the connection was cut %d times at byte %d", tries+1, off)
}

// worded says where in an object reading failed, and how.
func worded(err error, off int64) error {
	if errors.Is(err, source.ErrChanged) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("read from byte %d: %w", off, plain(err))
}

// Close ends the reading, and gives source.ErrChanged where the object was overwritten before all that was asked for had come.
func (o *body) Close() error {
	o.flow.stop()
	o.cancel()
	o.cache.lock.Lock()
	o.cache.spans = nil
	o.cache.lock.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.changed {
		return source.ErrChanged
	}
	return nil
}
