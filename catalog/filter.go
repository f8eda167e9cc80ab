package catalog

import (
	"database/sql"
	"time"

	"github.com/chartroom/chartroom/phi"
)

// StaleAfter is the age from which evidence counts as stale where a filter does not say otherwise.
const StaleAfter = 24 * time.Hour

// Filter narrows an answer and sets its time. The zero Filter asks for everything, now.
type Filter struct {
	Repository  string        // its name; "" = all
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

	seen  map[int64]*sightings // by repository
	words map[int64]string
}

func newReader(tx *sql.Tx, now time.Time, f Filter) *reader {
	r := &reader{tx: tx, filter: f, now: millis(now), seen: map[int64]*sightings{}, words: map[int64]string{}}
	if !f.AsOf.IsZero() {
		at := millis(f.AsOf)
		r.at, r.now = &at, at
	}
	return r
}

// stale tells whether evidence is too old.
func (r *reader) stale(seen int64) bool {
	limit := r.filter.StaleAfter
	if limit <= 0 {
		limit = StaleAfter
	}
	return r.now-seen > limit.Milliseconds()
}
