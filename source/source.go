// Package source reaches into repositories: it lists their items, opens them, and reports who may read what. A Source knows
// one repository; a folder beneath this one holds one kind of source.
package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/chartroom/chartroom/estate"
)

// Item is one thing that a source lists.
type Item struct {
	Path     string    // as answers show it, relative to the repository, valid UTF-8 without control characters
	Version  string    // unchanged mark, unchanged content
	Bytes    int64     // -1 when not known
	Modified time.Time // zero when not known
	Ref      any       // the source's own handle
}

// Listed is one step of a listing: an item, or something that could not be listed.
type Listed struct {
	Item Item
	Gap  *estate.Gap // set: nothing else is
}

// Source is one repository.
type Source interface {
	// Repository says which repository it is.
	Repository() estate.Repository
	// Items lists every item, in any order, in bounded memory. What cannot be listed is yielded as a gap. It returns
	// an error only when the listing as a whole failed, or the error that yield returned.
	Items(ctx context.Context, yield func(Listed) error) error
	// Open opens an item to be read once, from the beginning. Close tells whether the item is still what was
	// listed: it returns ErrChanged where it was written to meanwhile.
	Open(ctx context.Context, item Item) (io.ReadCloser, error)
	// Grants reports who may read what, as raw facts; nothing yet for a source without a collector.
	Grants(ctx context.Context, yield func(estate.Grant) error) error
}

// Part opens a part of an item. It is read and closed as an item is.
type Part func(context.Context) (io.ReadCloser, error)

// Divider is a source that can hand on an item in parts that many read at once: a server of databases its large tables.
type Divider interface {
	// OpenParts opens the first part of an item, and says how the others are opened, in any order; none where it is handed on whole. All
	// parts have the same form, and hold each record once. The first must stay open until the others are closed.
	OpenParts(ctx context.Context, item Item) (first io.ReadCloser, rest []Part, err error)
}

// Sharer is a Divider whose parts can be opened by other processes, too, each with a source of its own of the same repository.
type Sharer interface {
	Divider
	// Share tells into how many parts an item is cut, 0 where it is handed on whole, and what OpenShared must know of it, which holds no value.
	// All parts are of one moment. It lasts as long as the listing's context of the source that shared the item.
	Share(ctx context.Context, item Item) (plan []byte, n int, err error)
	// OpenShared opens the part i of an item that some source shared. Where its moment has gone, the error says that the item changed.
	OpenShared(ctx context.Context, item Item, plan []byte, i int) (io.ReadCloser, error)
}

// Remote is a source behind a network, where most of the time of reading is waiting: so more items are read at once than there are
// cores, RemoteWorkers of them, where nobody says otherwise.
type Remote interface{ Remote() }

// RemoteWorkers is eight a core, at least 16 and at most 64: an object store answers within some tens of milliseconds, and an object of
// common size keeps a core busy for a few.
func RemoteWorkers() int { return min(max(16, 8*runtime.GOMAXPROCS(0)), 64) }

// TargetError says why a target cannot be surveyed, and what can be done about it.
type TargetError struct {
	Err   error
	Hint  string
	Usage bool // the target was written wrongly
	// Repository is the one that the target would have been, where that is known: its gap can be told then.
	Repository estate.Repository
}

// Error tells what happened; it never holds a secret.
func (e *TargetError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *TargetError) Unwrap() error { return e.Err }

// Lost tells an error of opening of which repository it is, where it is a TargetError.
func Lost(of estate.Repository, err error) error {
	var te *TargetError
	if !errors.As(err, &te) {
		return err
	}
	told := *te
	told.Repository = of
	return &told
}

// ErrChanged says that an item changed while it was read.
var ErrChanged = errors.New("changed while it was read")

// GapError is an error that says which gap it is.
type GapError struct {
	Reason estate.GapReason
	Err    error
}

// Error tells what happened.
func (e *GapError) Error() string { return fmt.Sprintf("%s: %v", e.Reason, e.Err) }

// Unwrap gives the cause.
func (e *GapError) Unwrap() error { return e.Err }
