package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
)

// Listing is how the listing of a repository ended.
type Listing struct {
	Repository string
	// Complete: the listing came to its end. What it did not name is gone, unless it stands beneath a gap with Under.
	Complete bool
	// Items counts what the listing named: items, and things that it could not describe (a gap without Under).
	Items int64
	// Granted: who may do what was told to its end. A grant that was not told is gone.
	Granted bool
}

// Finish closes what has vanished, sums up each repository that the run surveyed, and ends the run. It gives the run's
// books; whether they balance is for the caller to ask. A repository without a Listing counts as not listed to its end.
func (r *Run) Finish(ctx context.Context, listings []Listing) (Books, error) {
	books, err := r.finish(ctx, listings)
	if err != nil {
		return Books{}, err
	}
	return books, r.release()
}

func (r *Run) finish(ctx context.Context, listings []Listing) (total Books, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	byName := map[string]Listing{}
	for _, l := range listings {
		if r.visits[l.Repository] == nil {
			return total, fmt.Errorf("repository %s was listed and never named", l.Repository)
		}
		byName[l.Repository] = l
	}
	for _, name := range slices.Sorted(maps.Keys(r.visits)) {
		v := r.visits[name]
		if err := r.conclude(ctx, v, byName[name]); err != nil {
			return total, err
		}
		total = total.Add(v.books)
	}
	if r.conn == nil {
		return total, ErrEnded
	}
	var crowds []store.Regrouped
	err = r.conn.view(ctx, func() (err error) {
		crowds, err = store.Regroup(ctx, r.conn)
		return err
	})
	if err != nil {
		return total, fmt.Errorf("read catalog %s: %w", r.f.Path, err)
	}
	return total, r.commitHeld(ctx, func() error {
		if err := errors.Join(store.Keep(ctx, r.conn, crowds), r.dropStaged(ctx)); err != nil {
			return err
		}
		if err := errors.Join(r.endShards(ctx), r.dropCuts(ctx)); err != nil {
			return err
		}
		books, err := json.Marshal(total)
		if err == nil {
			_, err = r.conn.ExecContext(ctx, `UPDATE runs SET outcome = 'finished', ended = ?, books = ? WHERE id = ?`, store.Millis(r.f.Now()), string(books), r.id)
		}
		return err
	})
}

// conclude ends the visit of one repository. It reads outside of its two transactions, so that the lines of the audit trail
// of those who read meanwhile need not wait. Nobody else writes facts: the run has the lock.
func (r *Run) conclude(ctx context.Context, v *visit, l Listing) error {
	if r.conn == nil {
		return ErrEnded
	}
	w := &writing{Run: r, ctx: ctx, now: store.Millis(r.f.Now())}
	v.books.Listed = l.Items
	s := &store.Summary{Repository: v.id, At: w.now}
	var going []leaver
	err := r.conn.view(ctx, func() (err error) {
		going, err = w.takeStock(v, l.Complete, s)
		return err
	})
	if err != nil {
		return fmt.Errorf("read catalog %s: %w", r.f.Path, err)
	}
	if s.Items == 0 && l.Complete {
		s.Observed = w.now // that there is nothing was seen now
	}
	if v.changed == 0 && len(going) > 0 {
		v.changed = w.now
	}
	if err := r.commitHeld(ctx, func() error { return w.goodbye(v, going, l) }); err != nil {
		return err
	}
	var people *estate.People
	err = r.conn.view(ctx, func() (err error) {
		if people, err = w.people(v); err == nil {
			s.Gaps, err = store.CountGaps(ctx, r.conn, v.id, nil)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read catalog %s: %w", r.f.Path, err)
	}
	return r.commitHeld(ctx, func() error {
		if err := w.summarise(s, people); err != nil {
			return err
		}
		// With this visit ends what an interrupted one before it had left uncounted.
		_, err := r.conn.ExecContext(ctx, `UPDATE visits SET finished = ?1, complete = CASE run WHEN ?3 THEN ?4 ELSE complete END
			WHERE repository = ?2 AND finished IS NULL`, w.now, v.id, r.id, l.Complete)
		return err
	})
}

// leaver is a row that has to go.
type leaver struct {
	id   int64
	gaps bool
}

// takeStock goes through what is known of a repository, sums up what stays, and gives what has vanished.
func (w *writing) takeStock(v *visit, complete bool, s *store.Summary) ([]leaver, error) {
	slices.Sort(v.under)
	v.books.Vanished = 0
	past, err := store.SightingsOf(w.ctx, w.conn, v.id, nil)
	if err != nil {
		return nil, err
	}
	var going []leaver
	err = store.EachStanding(w.ctx, w.conn, v.id, nil, func(it *store.Standing) error {
		switch {
		case it.Run == w.id:
		case w.seen.has(it.Top):
			it.Seen = w.seen.at(it.Top)
		case complete && !w.kept.has(it.Top) && !beneath(v.under, it.Folder+it.Name):
			if !it.Inner {
				v.books.Vanished++
			}
			going = append(going, leaver{it.ID, it.Flags&store.HasGaps != 0})
			return nil
		default:
			if it.Seen, err = past.Last(w.ctx, it.Top, it.Run, it.Seen); err != nil {
				return err
			}
		}
		s.Add(it)
		return nil
	})
	return going, err
}

// beneath tells whether a path stands under one of the prefixes, which are sorted.
func beneath(prefixes []string, path string) bool {
	for end := len(path); ; {
		if _, found := slices.BinarySearch(prefixes, path[:end]); found {
			return true
		}
		if end == 0 {
			return false
		}
		end = max(0, strings.LastIndexByte(path[:end], '/'))
	}
}

// goodbye closes what has vanished, and the gaps and grants that a complete listing of them did not report again.
func (w *writing) goodbye(v *visit, going []leaver, l Listing) error {
	if l.Complete {
		done, err := w.conn.ExecContext(w.ctx, `UPDATE gaps SET to_at = ? WHERE to_at IS NULL AND under = 1 AND run <> ?
			AND folder IN (SELECT id FROM folders WHERE repository = ?)`, w.now, w.id, v.id)
		if err != nil {
			return err
		}
		if closed, err := done.RowsAffected(); v.changed == 0 && (closed > 0 || err != nil) {
			v.changed = w.now // that the listing now came to its end is a change, too
		}
	}
	if err := w.note(v); err != nil {
		return err
	}
	for _, g := range going {
		if err := w.exec(closeItem, w.now, g.id); err != nil {
			return err
		}
		if g.gaps {
			if err := w.exec(`UPDATE gaps SET to_at = ? WHERE top = ? AND to_at IS NULL`, w.now, g.id); err != nil {
				return err
			}
		}
	}
	if len(going) > 0 {
		v.grown = nil
	}
	if !l.Granted {
		return nil
	}
	return w.exec(`UPDATE grants SET to_at = ? WHERE to_at IS NULL AND run <> ? AND repository = ?`, w.now, w.id, v.id)
}

// summarise stores what the repository comes to now, so that WHERE needs no sums.
func (w *writing) summarise(s *store.Summary, people *estate.People) error {
	s.Tally = people.Tally().Scaled(s.Unread)
	if err := store.Enlist(w.ctx, w.conn, s, people); err != nil {
		return err
	}
	if err := w.exec(`DELETE FROM summaries WHERE repository = ? AND at = ?`, s.Repository, s.At); err != nil {
		return err
	}
	return w.exec(`INSERT INTO summaries (repository, at, observed, items, bytes, gaps, verdict, grade,
		classes, suspected, kinds, flags, tally, sampled, blank, bound, unread)
		VALUES (?, ?, nullif(CAST(? AS BIGINT), 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, s.Repository, s.At, s.Observed,
		s.Items, s.Bytes, s.Gaps, int64(s.Verdict), int64(s.Grade), int64(s.Classes), int64(s.Suspected), int64(s.Kinds), s.Flags,
		store.PackTally(s.Tally), s.Sampled, s.Blank, s.Bound, s.Unread)
}

// people gives all people of the repository: those known before and those who came, or, where some may have gone, a new count.
func (w *writing) people(v *visit) (*estate.People, error) {
	if v.grown == nil {
		return store.Population(w.ctx, w.conn, v.id, nil)
	}
	known, _, err := store.CountedPopulation(w.ctx, w.conn, v.id)
	if err != nil {
		return nil, err
	}
	known.Merge(v.grown)
	return known, nil
}
