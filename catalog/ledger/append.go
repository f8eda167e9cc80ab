package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
)

// Append writes facts in one transaction: all of them are in the catalog when it returns nil, none when it returns an
// error. The facts of one item (the item, its findings, its gaps, and the items within it) must come in one call, but for those
// that were staged; a call may bring many items, and thousands of facts at a time are fast. A gap without its item says that the item was listed
// and not read: it does not replace older evidence, whose age goes on counting. Facts that come a second time change nothing.
func (r *Run) Append(ctx context.Context, facts []estate.Fact) error {
	return r.enter(ctx, facts, func() error { return nil })
}

// enter writes facts, and what also does, in one transaction.
func (r *Run) enter(ctx context.Context, facts []estate.Fact, also func() error) error {
	d, err := gather(facts)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	w := &writing{Run: r, ctx: ctx, now: store.Millis(r.f.Now()), came: map[*visit]*arrival{}}
	for _, v := range r.visits {
		before := *v
		w.undo = append(w.undo, func() { *v = before })
	}
	if err := r.commitHeld(ctx, func() error {
		if err := also(); err != nil {
			return err
		}
		return w.delivery(d)
	}); err != nil {
		for _, undo := range slices.Backward(w.undo) {
			undo()
		}
		clear(r.folderViews)
		return err
	}
	for v, a := range w.came {
		if v.grown != nil {
			v.grown.Merge(a.people)
		}
		for _, path := range a.staged {
			delete(v.staged, path)
		}
	}
	return nil
}

// closeItem ends a version of an item.
const closeItem = `UPDATE items SET to_at = ? WHERE id = ?`

// writing is one Append at work. What it changes in memory it can undo, should the transaction fail.
type writing struct {
	*Run
	ctx      context.Context
	now      int64
	undo     []func()
	came     map[*visit]*arrival
	foreseen map[spot]*version // what stands where the items of a delivery go; nil = nothing
}

// arrival is what is left to enter in memory when all is written.
type arrival struct {
	people *estate.People
	staged []string // items whose parts were used up
}

func (w *writing) arrival(v *visit) *arrival {
	if w.came[v] == nil {
		w.came[v] = &arrival{people: estate.NewPeople(0)}
	}
	return w.came[v]
}

func (w *writing) exec(text string, args ...any) error {
	return w.conn.later(w.ctx, text, args...)
}

func (w *writing) set(in *bitmap, item int64) {
	if in.set(item, w.now) {
		w.undo = append(w.undo, func() { in.clear(item) })
	}
}

func (w *writing) clear(in *bitmap, item int64) bool {
	was := in.clear(item)
	if was {
		w.undo = append(w.undo, func() { in.set(item, w.now) })
	}
	return was
}

func (w *writing) delivery(d *delivery) error {
	touched := map[*visit]bool{}
	if err := w.foresee(d.bundles); err != nil {
		return err
	}
	for _, b := range d.bundles {
		v, err := w.visit(b.rows[0].item.Repository)
		if err != nil {
			return err
		}
		touched[v] = true
		if err := w.bundle(v, b); err != nil {
			return fmt.Errorf("item %s in %s: %w", b.rows[0].item.Path, b.rows[0].item.Repository, err)
		}
	}
	for _, g := range d.under {
		v, err := w.visit(g.Repository)
		if err != nil {
			return err
		}
		touched[v] = true
		if err := w.under(v, g); err != nil {
			return err
		}
	}
	for _, g := range d.grants {
		v, err := w.visit(g.Repository)
		if err != nil {
			return err
		}
		if err := w.grant(v, g); err != nil {
			return err
		}
	}
	for v := range touched {
		if v.changed == 0 {
			v.changed = w.now
		}
		if err := w.note(v); err != nil {
			return err
		}
	}
	return nil
}

// note writes down how far a visit has come.
func (w *writing) note(v *visit) error {
	books, err := json.Marshal(v.books)
	if err != nil {
		return err
	}
	return w.exec(`UPDATE visits SET changed = nullif(CAST(? AS BIGINT), 0), books = ? WHERE repository = ? AND run = ?`, v.changed, string(books),
		v.id, w.id)
}

func (w *writing) visit(repository string) (*visit, error) {
	if v := w.visits[repository]; v != nil {
		return v, nil
	}
	return nil, fmt.Errorf("repository %s was not named before its facts came", repository)
}

// version is the row of an item that holds at present.
type version struct {
	id, run, from, rules, seen, flags, inners int64
	mark                                      string
	coverage                                  estate.Coverage
	people                                    bool
}

func (w *writing) current(folder int64, name string) (*version, error) {
	if v, ok := w.foreseen[spot{folder, name}]; ok {
		return v, nil
	}
	found, err := w.standing(folder, []string{name})
	return found[name], err
}

// bundle puts an item in the place of what was known of it.
func (w *writing) bundle(v *visit, b *bundle) error {
	top := b.rows[0]
	dir, name := store.Split(top.item.Path)
	folder, err := w.folder(v.id, dir)
	if err != nil {
		return err
	}
	old, err := w.current(folder, name)
	if err != nil {
		return err
	}
	w.folderViews.drop(folderKey{v.id, dir}, name)
	if there, err := w.staged(v, top, old); err != nil || !there {
		return err
	}
	from := w.now
	switch {
	case old == nil:
	case w.stands(old, top):
		return w.keep(v, old, b)
	case old.run == w.id && w.older(top, old):
		return nil
	case old.run == w.id:
		from = old.from
		v.books.count(old.coverage, -1)
		v.books.Inner -= old.inners
	default:
		w.unsee(v, old)
	}
	id := v.staged[top.item.Path]
	if id == 0 || top.item.Parts == 0 {
		id = w.next
		w.next++
	}
	if old != nil {
		if err := w.retire(v, old); err != nil {
			return err
		}
	}
	for i, row := range b.rows {
		at := slot{id: id, top: id, from: from, nth: int64(i)}
		if i > 0 {
			at.id = w.next
			w.next++
		}
		if err := w.row(v, b, row, at); err != nil {
			return err
		}
	}
	v.books.count(top.coverage, 1)
	v.books.Inner += int64(len(b.rows) - 1)
	v.books.BytesRead += top.item.Read
	if err := w.succeed(v, b, old, slot{top: id, from: from}); err != nil {
		return err
	}
	if old == nil || old.run != w.id {
		return nil
	}
	return w.exec(`DELETE FROM items WHERE id = ?`, old.id)
}

// succeed writes what was staged of a top item, and makes the gaps of the old version those of the new one, which stands in the slot.
func (w *writing) succeed(v *visit, b *bundle, old *version, at slot) error {
	if old != nil && old.flags&store.HasGaps != 0 {
		at.id = old.id // the version whose gaps may still be open
	}
	parts := b.rows[0].item.Parts > 0
	if parts {
		if err := w.parts(v, b, at); err != nil {
			return err
		}
	}
	if parts || old != nil && old.inners > manyInners {
		return w.reconcileMany(v, b.gaps, at.id, at.top, true)
	}
	return w.reconcile(v, b.gaps, at.id, at.top, true)
}

// stands tells whether the older row outlives the news: nothing was read now, and nobody says that the item has changed.
func (w *writing) stands(old *version, news *row) bool {
	unchanged := news.item.Version == "" || news.item.Version == old.mark
	return news.coverage == estate.NotRead && unchanged && (old.coverage != estate.NotRead || old.run != w.id)
}

// unsee takes back what the run noted of a version that is about to be replaced.
func (w *writing) unsee(v *visit, old *version) {
	if w.clear(w.kept, old.id) {
		v.books.Gaps--
		w.clear(w.seen, old.id)
	} else if w.clear(w.seen, old.id) {
		v.books.again(old.coverage, -1)
	}
}

// older tells whether facts that come in the same run are older than what is there: the order of arrival must not matter.
func (w *writing) older(news *row, old *version) bool {
	seen := w.now
	if !news.item.Evidence.Seen.IsZero() {
		seen = store.Millis(news.item.Evidence.Seen)
	}
	return seen < old.seen || seen == old.seen && news.item.Version < old.mark
}

// keep leaves an item as it is and notes that it could not be read this time. The evidence of an earlier reading ages; that
// an item could not be read, then as now, is fresh.
func (w *writing) keep(v *visit, old *version, b *bundle) error {
	never := old.coverage == estate.NotRead
	if old.run != w.id {
		w.unsee(v, old)
		w.set(w.kept, old.id)
		v.books.Gaps++
		if never {
			w.set(w.seen, old.id)
		}
	}
	flags, rules := b.flags(b.rows[0]), old.rules
	if never {
		var err error
		if rules, err = w.word(b.rows[0].item.Evidence.Rules); err != nil {
			return err
		}
	} else {
		flags |= old.flags
	}
	if err := w.exec(`UPDATE items SET flags = ?, rules = ? WHERE id = ?`, flags, rules, old.id); err != nil {
		return err
	}
	return w.reconcile(v, b.gaps, old.id, old.id, never)
}

// retire closes a version with all within it; one that came in the same run never was, and goes.
func (w *writing) retire(v *visit, old *version) error {
	if old.people || old.inners > 0 {
		v.grown = nil
	}
	if old.run != w.id {
		if err := w.exec(closeItem, w.now, old.id); err != nil {
			return err
		}
		if old.inners == 0 {
			return nil
		}
		return w.exec(`UPDATE items SET to_at = ? WHERE top = ?`, w.now, old.id)
	}
	for _, table := range []string{"contents", "traces"} {
		if err := w.exec(`DELETE FROM `+table+` WHERE item = ?1 OR item IN (SELECT id FROM items WHERE top = ?1)`, old.id); err != nil {
			return err
		}
	}
	if old.inners > 0 {
		if err := w.exec(`DELETE FROM items WHERE top = ?`, old.id); err != nil {
			return err
		}
	}
	// The row itself goes when its gaps have been moved; until then it must not stand in the way of its successor.
	return w.exec(closeItem, w.now, old.id)
}

// slot is where a row goes. Nth counts the rows of a top item, which is 0.
type slot struct{ id, top, from, nth int64 }

func (w *writing) row(v *visit, b *bundle, r *row, at slot) error {
	it := r.item
	dir, name := store.Split(it.Path)
	folder, err := w.folder(v.id, dir)
	if err != nil {
		return err
	}
	var top any
	inners, flags := len(b.rows)-1, b.flags(r)
	if at.id != at.top {
		top, inners = at.top, 0
		if name, err = w.vacate(folder, name, at); err != nil {
			return err
		}
		delete(w.foreseen, spot{folder, name})
	}
	var words [3]int64
	for i, text := range []string{it.Format, it.Evidence.Reader, it.Evidence.Rules} {
		if words[i], err = w.word(text); err != nil {
			return err
		}
	}
	seen := w.now
	if !it.Evidence.Seen.IsZero() {
		seen = store.Millis(it.Evidence.Seen)
	}
	if err := w.exec(`INSERT INTO items (id, folder, name, top, inners, run, from_at, mark, bytes, modified, format, reader, rules,
		coverage, sample, seen_at, read_at, records, read, verdict, classes, suspected, kinds, flags, rank, tally,
		population, unit, unread)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		at.id, folder, name, top, inners, w.id, at.from, it.Version, it.Bytes, optional(it.Modified), words[0], words[1], words[2],
		int64(r.coverage), it.Evidence.Sample, seen, optional(it.Evidence.Read), it.Records, it.Read,
		int64(it.Verdict), int64(it.Classes), int64(it.Suspected), int64(r.kinds), flags, r.rank, r.tally,
		it.Evidence.Of, store.UnitNumber(it.Evidence.Unit), it.Unread()); err != nil {
		return err
	}
	if r.sketch != nil && v.grown != nil {
		w.arrival(v).people.Merge(it.People)
	}
	if err := w.traces(at.id, r.traces); err != nil {
		return err
	}
	if r.sketch == nil && len(r.findings) == 0 {
		return nil
	}
	findings, err := w.findings(r)
	if err != nil {
		return err
	}
	return w.exec(`INSERT INTO contents (item, findings, people) VALUES (?, ?, ?)`, at.id, findings, r.sketch)
}

// vacate makes room for an inner item under a name: what else stands there has gone. Where it is one of the same archive, which
// came in another part, the newer one gets a name of its own, so that nothing of either is lost.
func (w *writing) vacate(folder int64, name string, at slot) (string, error) {
	var id int64
	var top sql.NullInt64
	err := w.conn.QueryRowContext(w.ctx, `SELECT id, top FROM items WHERE folder = ? AND name = ? AND to_at IS NULL`, folder, name).Scan(&id, &top)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return name, nil
	case err != nil:
		return "", err
	case top.Int64 == at.top:
		return fmt.Sprintf("%s (%d)", name, at.nth), nil
	}
	return name, w.exec(closeItem, w.now, id)
}

// findings writes the findings of an item, their words by number.
func (w *writing) findings(r *row) (packed []byte, err error) {
	for _, f := range r.findings {
		h := store.Finding{Kind: f.Kind, Subject: f.Subject, Classes: f.Classes, Values: f.Values, WellFormed: f.WellFormed, People: f.People,
			Likelihood: int64(f.Likelihood*store.LikelihoodUnit + 0.5), Why: make([]store.Because, len(f.Why))}
		if h.Field, err = w.word(f.Field); err != nil {
			return nil, err
		}
		for i, reason := range f.Why {
			h.Why[i].Count = reason.Count
			if h.Why[i].Word, err = w.reason(reason); err != nil {
				return nil, err
			}
		}
		packed = store.PackFinding(packed, &h)
	}
	return packed, nil
}
