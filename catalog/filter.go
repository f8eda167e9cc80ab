package catalog

import (
	"context"
	"database/sql"
	"time"

	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/phi"
)

// StaleAfter is the age from which evidence counts as stale where a filter does not say otherwise.
const StaleAfter = 24 * time.Hour

// Filter narrows an answer and sets its time. The zero Filter asks for everything, now.
type Filter struct {
	Repository  string        // its name; "" = all
	Among       []string      // several of them by name, of where and its sums; none = all
	Custodian   string        // "" = all
	Sensitivity phi.Classes   // any of them; 0 = all. Classes that are only suggested do not count
	States      []phi.State   // people of any of them live there; the zero State asks for people of unknown residence; none = all
	AsOf        time.Time     // what was known then; zero = now
	StaleAfter  time.Duration // age of evidence; 0 = StaleAfter
	Limit       int           // of rows; 0 = no limit
	Explain     bool          // with the reasons, where an answer has them
}

// reader is one read within one snapshot.
type reader struct {
	tx     *sql.Tx
	filter Filter
	at     *int64 // nil = now
	now    int64  // the time that ages are counted from

	seen  map[int64]*store.Sightings // by repository
	words map[int64]string
}

func newReader(tx *sql.Tx, now time.Time, f Filter) *reader {
	r := &reader{tx: tx, filter: f, now: store.Millis(now), seen: map[int64]*store.Sightings{}, words: map[int64]string{}}
	if !f.AsOf.IsZero() {
		at := store.Millis(f.AsOf)
		r.at, r.now = &at, at
	}
	return r
}

// filtered narrows a query over repositories r and rows x to what holds at the time of the answer and to the filter's
// repository and custodian.
func (r *reader) filtered() (condition string, args []any) {
	held, args := store.HeldAt(r.at)
	if r.filter.Repository != "" { // by its index
		held, args = held+` AND r.name = ?`, append(args, r.filter.Repository)
	}
	if r.filter.Custodian != "" {
		held, args = held+` AND r.custodian = ?`, append(args, r.filter.Custodian)
	}
	return held, args
}

// stale tells whether evidence is too old.
func (r *reader) stale(seen int64) bool { return seen < r.staleBefore() }

// staleBefore is the time before which evidence is too old.
func (r *reader) staleBefore() int64 {
	limit := r.filter.StaleAfter
	if limit <= 0 {
		limit = StaleAfter
	}
	return r.now - limit.Milliseconds()
}

// lastSeen is when an item, or a gap of it, was last seen: known, or with a later sighting of the top item since its run.
func (r *reader) lastSeen(ctx context.Context, repository, top, run, known int64) (int64, error) {
	s := r.seen[repository]
	if s == nil {
		var err error
		if s, err = store.SightingsOf(ctx, r.tx, repository, r.at); err != nil {
			return 0, err
		}
		r.seen[repository] = s
	}
	return s.Last(ctx, top, run, known)
}

// maxWords bounds the words that a read keeps in memory.
const maxWords = 1 << 15

// word gives the text of a number.
func (r *reader) word(ctx context.Context, id int64) (string, error) {
	if text, ok := r.words[id]; ok {
		return text, nil
	}
	var text string
	if err := r.tx.QueryRowContext(ctx, `SELECT text FROM words WHERE id = ?`, id).Scan(&text); err != nil {
		return "", err
	}
	if len(r.words) >= maxWords {
		clear(r.words)
	}
	r.words[id] = text
	return text, nil
}
