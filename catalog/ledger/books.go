package ledger

import (
	"fmt"

	"github.com/chartroom/chartroom/estate"
)

// Books are the accounts of a run over top items. What stands in archives is counted apart, as Inner.
type Books struct {
	Listed    int64 `json:"listed"`             // what the source named, counted by whoever listed
	Read      int64 `json:"read"`               // read whole or in part
	InPart    int64 `json:"in_part"`            // of them, those read in part
	Sampled   int64 `json:"sampled"`            // a random sample was read
	Declared  int64 `json:"declared,omitempty"` // somebody said what it holds
	Unchanged int64 `json:"unchanged"`          // the version mark of the last reading
	Gaps      int64 `json:"gaps"`               // not read at all
	Vanished  int64 `json:"vanished"`           // known before and not listed any more; no part of the balance
	Inner     int64 `json:"inner"`              // read within archives; no part of the balance
	BytesRead int64 `json:"bytes_read"`
}

// Balance proves that nothing listed was lost: listed = read + sampled + declared + unchanged + gaps. It returns an error
// that says how many are missing or too many.
func (b Books) Balance() error {
	found := b.Read + b.Sampled + b.Declared + b.Unchanged + b.Gaps
	if found == b.Listed {
		return nil
	}
	return fmt.Errorf("the books do not balance: %d listed, and %d read + %d sampled + %d declared + %d unchanged + %d gaps = %d",
		b.Listed, b.Read, b.Sampled, b.Declared, b.Unchanged, b.Gaps, found)
}

// Add sums two books.
func (b Books) Add(c Books) Books {
	return Books{b.Listed + c.Listed, b.Read + c.Read, b.InPart + c.InPart, b.Sampled + c.Sampled, b.Declared + c.Declared,
		b.Unchanged + c.Unchanged, b.Gaps + c.Gaps, b.Vanished + c.Vanished, b.Inner + c.Inner, b.BytesRead + c.BytesRead}
}

// count enters n items of a coverage.
func (b *Books) count(c estate.Coverage, n int64) {
	switch c {
	case estate.NotRead:
		b.Gaps += n
	case estate.All:
		b.Read += n
	case estate.Partial:
		b.Read += n
		b.InPart += n
	case estate.Sampled:
		b.Sampled += n
	case estate.Unchanged:
		b.Unchanged += n
	case estate.Declared:
		b.Declared += n
	}
}

// again enters n items that are as they were: what nobody could read then is a gap again.
func (b *Books) again(c estate.Coverage, n int64) {
	if c == estate.NotRead {
		b.Gaps += n
	} else {
		b.Unchanged += n
	}
}
