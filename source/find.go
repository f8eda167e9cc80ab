package source

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/estate"
)

// Finder is a source that finds an item again without listing everything.
type Finder interface {
	// Find gives an item that somebody else listed as it is now, by its path. Of the rest only the version is looked at, and may be left out.
	// Its error is a GapError where the item alone is concerned: GapVanished where there is no such item, otherwise the gap that a listing
	// would have. Any other says that the source cannot be asked just now.
	Find(ctx context.Context, was Item) (Item, error)
}

// Gone is the error of an item that there is not, or not any more.
func Gone() error {
	return &GapError{estate.GapVanished, errors.New("it was listed, and is gone")}
}

// Bounds of a lookup.
const (
	lookupItems = 1 << 18     // what it keeps at most
	lookAgain   = time.Minute // after this, a path that is not known is worth another listing
)

// NewFinder makes a finder of any source: itself where it is one, or one that lists the source once, when it is first asked, and keeps what
// it saw. That is for sources with few items, tables of a database for instance: an item behind the first 262,144 is not found, which is a
// GapLimit. What the source holds on to for its listing is held until the context ends.
func NewFinder(ctx context.Context, src Source) Finder {
	if f, ok := src.(Finder); ok {
		return f
	}
	return &lookup{src: src, held: ctx, turn: make(chan struct{}, 1)}
}

// lookup finds items in a listing that it keeps.
type lookup struct {
	src  Source
	held context.Context // of the listing, and of what is opened by it
	turn chan struct{}   // whoever looks stands in it

	seen map[string]Listed
	more bool      // there are items that were not kept
	when time.Time // of the listing; zero = there is none
}

// Find implements Finder.
func (l *lookup) Find(ctx context.Context, was Item) (Item, error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return Item{}, ctx.Err()
	}
	found, ok := l.seen[was.Path]
	if !ok && time.Since(l.when) > lookAgain {
		if err := l.list(); err != nil {
			return Item{}, err
		}
		found, ok = l.seen[was.Path]
	}
	switch {
	case ok && found.Gap != nil:
		return Item{}, &GapError{found.Gap.Reason, errors.New(found.Gap.Detail)}
	case ok:
		return found.Item, nil
	case l.more:
		return Item{}, &GapError{estate.GapLimit, fmt.Errorf("it is not among the first %d items, in which it is looked for", lookupItems)}
	}
	return Item{}, Gone()
}

// list keeps what the source lists.
func (l *lookup) list() error {
	seen, more := map[string]Listed{}, false
	err := l.src.Items(l.held, func(e Listed) error {
		path := e.Item.Path
		if e.Gap != nil {
			if path = e.Gap.Path; e.Gap.Under {
				return nil // of what stands beneath, nothing was listed by anybody
			}
		}
		if more = len(seen) >= lookupItems; more {
			return errEnough
		}
		seen[path] = e
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	l.seen, l.more, l.when = seen, more, time.Now()
	return nil
}

// errEnough ends a listing.
var errEnough = errors.New("enough was listed")
