package scan

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// Join puts the states of all pieces of an item together, in their order, and sends its facts: the same as those of Source, which reads
// the item alone. Of the item only the path counts: all else is as it was when it was cut. Of the options Engine, Rules, Limits, Now and
// Progress count. Join returns an error that states gave or send did, or ErrState: the item must be read again then.
func Join(ctx context.Context, repository string, item source.Item, o Options, states iter.Seq2[[]byte, error], send func(Parcel) error) error {
	o.defaults()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := &worker{o: o, repository: repository}
	w.facts.send = func(p Parcel) {
		if ctx.Err() == nil {
			o.Progress.Wrote(p.Facts)
			if err := send(p); err != nil {
				cancel(err)
			}
		}
	}
	w.facts.begin(repository, item.Path)
	j := &joining{whole: whole{worker: w}, about: about{item: source.Item{Path: item.Path}, rules: o.Rules}}
	var fault error
	w.safely(item, func() {
		if fault = j.all(ctx, states); fault == nil {
			j.close()
		}
	})
	if cause := context.Cause(ctx); cause != nil {
		fault = cause
	}
	if fault != nil {
		return fmt.Errorf("join %d pieces of %s in %s: %w", j.n, item.Path, repository, fault)
	}
	w.facts.end()
	return context.Cause(ctx)
}

// joining is an item whose pieces others have read.
type joining struct {
	whole
	about
	count  int // of states so far
	reader string
	seen   time.Time // the earliest
	end    ending
}

// all puts all states together.
func (j *joining) all(ctx context.Context, states iter.Seq2[[]byte, error]) error {
	for b, err := range states {
		if err != nil {
			return err
		}
		if err := j.take(b); err != nil {
			return fmt.Errorf("piece %d: %w", j.count, err)
		}
		j.count++
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	if j.count == 0 || j.count != j.n {
		return fmt.Errorf("%w: %d of %d came", ErrState, j.count, j.n)
	}
	return nil
}

// take puts a state to those before it.
func (j *joining) take(b []byte) error {
	others := &estate.People{}
	if j.first != nil {
		others = j.first.people
	}
	s, err := j.worker.readState(b, &j.about, j.count, others)
	if err != nil {
		return err
	}
	if j.count == 0 {
		j.whole.item, j.seen = j.worker.begin(j.about.item), s.seen
		j.whole.item.Evidence.Coverage = estate.All.String()
	}
	if s.seen.Before(j.seen) {
		j.seen = s.seen
	}
	if s.end != (ending{}) && !j.end.changed {
		j.end = s.end
	}
	if !s.opened {
		j.facts(s.facts)
		j.whole.item.Evidence.Coverage = estate.Partial.String()
		return nil
	}
	if j.reader == "" {
		j.reader = s.reader
	}
	if s.reader != j.reader || s.reader == "" {
		return ErrState
	}
	j.worker.budget.add(s.spent)
	j.put(&s.piece)
	return nil
}

// close tells what all pieces together are. An item of which nothing could be opened is a gap alone, as one that is read whole.
func (j *joining) close() {
	if j.reader == "" {
		return
	}
	it := j.whole.item
	if now := j.worker.o.Now(); j.seen.After(now) {
		j.seen = now
	}
	e := &it.Evidence
	e.Reader, e.Seen, e.Read, e.Rules = j.reader, j.seen, j.seen, j.rules
	it.Format, _, _ = strings.Cut(j.reader, "/")
	j.whole.close()
	j.worker.finish(it, j.end.err())
}
