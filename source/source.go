// Package source reaches into repositories: it lists their items, opens them, and reports who may read what. A Source knows
// one repository; a folder beneath this one holds one kind of source.
package source

import (
	"context"
	"errors"
	"fmt"
	"io"
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
