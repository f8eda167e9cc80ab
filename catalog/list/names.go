package list

import (
	"bytes"
	"context"
	"sort"
	"strings"
	"sync"

	"github.com/chartroom/chartroom/catalog/store"
)

// MostFound is how many repositories a search in names gives by number. A search that finds more finds a page of them soon in any order.
const MostFound = 5000

// Names hold the names of all repositories, so that a search need not read them all again; a million take about 60 MB, from the first search on. Names
// never change and none goes, so only new ones are read. The zero Names are ready, and safe for concurrent use.
type Names struct {
	mu   sync.Mutex
	text []byte  // in small letters, each with a line feed behind it
	ends []int   // in text
	ids  []int64 // ascending
}

// Find gives the repositories in whose names a text is, whatever the case; few is false where they are more than MostFound.
func (n *Names) Find(ctx context.Context, db store.Querier, text string) (ids []int64, few bool, err error) {
	if strings.Contains(text, "\n") {
		return []int64{}, true, nil // no name has one
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	last := int64(-1)
	if len(n.ids) > 0 {
		last = n.ids[len(n.ids)-1]
	}
	for rows, err := range store.Rows(ctx, db, `SELECT id, name FROM repositories WHERE id > ? ORDER BY id`, last) {
		var name string
		if err == nil {
			err = rows.Scan(&last, &name)
		}
		if err != nil {
			return nil, false, err
		}
		n.text = append(append(n.text, strings.ToLower(name)...), '\n')
		n.ends, n.ids = append(n.ends, len(n.text)), append(n.ids, last)
	}
	ids = []int64{}
	for at, want := 0, []byte(strings.ToLower(text)); ; {
		i := bytes.Index(n.text[at:], want)
		if i < 0 {
			return ids, true, nil
		}
		which := sort.SearchInts(n.ends, at+i+1)
		if which == len(n.ends) || len(ids) == MostFound {
			return nil, false, nil
		}
		ids = append(ids, n.ids[which])
		at = n.ends[which]
	}
}
