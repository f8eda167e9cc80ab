package catalog

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/chartroom/chartroom/estate"
)

// Append writes facts in one transaction: all of them are in the catalog when it returns nil, none when it returns an
// error. The facts of one item (the item, its findings, its gaps, and the items within it) must come in one call; a call
// may bring many items, and thousands of facts at a time are fast. A gap without its item says that the item was listed
// and not read: it does not replace older evidence, whose age goes on counting. Facts that come a second time change nothing.
func (r *Run) Append(ctx context.Context, facts []estate.Fact) error {
	d, err := gather(facts)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	w := &writing{Run: r, ctx: ctx, now: millis(r.c.now())}
	w.remember()
	if err := r.commitHeld(ctx, func() error { return w.delivery(d) }); err != nil {
		w.undo()
		return err
	}
	for _, v := range w.merged {
		if v.visit.grown != nil {
			v.visit.grown.Merge(v.people)
		}
	}
	return nil
}

// writing is one Append at work. What it changes in memory it can undo, should the transaction fail.
type writing struct {
	*Run
	ctx    context.Context
	now    int64
	before map[string]visit
	bits   []bitChange
	merged []mergeLater
}

type bitChange struct {
	in   *bitmap
	item int64
	set  bool
}

type mergeLater struct {
	visit  *visit
	people *estate.People
}

func (w *writing) remember() {
	w.before = make(map[string]visit, len(w.visits))
	for name, v := range w.visits {
		w.before[name] = *v
	}
}

func (w *writing) undo() {
	for name, v := range w.before {
		*w.visits[name] = v
	}
	for _, b := range w.bits {
		if b.set {
			b.in.clear(b.item)
		} else {
			b.in.set(b.item, w.now)
		}
	}
	w.folderViews.forget()
}

func (w *writing) set(in *bitmap, item int64) bool {
	fresh := in.set(item, w.now)
	if fresh {
		w.bits = append(w.bits, bitChange{in, item, true})
	}
	return fresh
}

func (w *writing) clear(in *bitmap, item int64) bool {
	was := in.clear(item)
	if was {
		w.bits = append(w.bits, bitChange{in, item, false})
	}
	return was
}

func (w *writing) delivery(d *delivery) error {
	touched := map[*visit]bool{}
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
	var changed any
	if v.changed != 0 {
		changed = v.changed
	}
	_, err = w.s.putVisit.ExecContext(w.ctx, changed, string(books), v.id, w.id)
	return err
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
	v := &version{}
	err := w.s.current.QueryRowContext(w.ctx, folder, name).Scan(&v.id, &v.run, &v.from, &v.mark, &v.rules, &v.coverage, &v.seen,
		&v.flags, &v.inners, &v.people)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return v, err
}

// bundle puts an item in the place of what was known of it.
func (w *writing) bundle(v *visit, b *bundle) error {
	top := b.rows[0]
	dir, name := split(top.item.Path)
	folder, err := w.lex.folder(w.ctx, w.s, v.id, dir)
	if err != nil {
		return err
	}
	old, err := w.current(folder, name)
	if err != nil {
		return err
	}
	w.folderViews.drop(folderKey{v.id, dir}, name)
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
	id := w.next
	w.next += int64(len(b.rows))
	if old != nil {
		if err := w.retire(v, old); err != nil {
			return err
		}
	}
	for i, row := range b.rows {
		if err := w.row(v, b, row, slot{id: id + int64(i), top: id, from: from}); err != nil {
			return err
		}
	}
	v.books.count(top.coverage, 1)
	v.books.Inner += int64(len(b.rows) - 1)
	v.books.BytesRead += top.item.Read
	if err := w.gaps(v, b, old, id); err != nil {
		return err
	}
	if old != nil && old.run == w.id {
		_, err = w.s.dropItem.ExecContext(w.ctx, old.id)
	}
	return err
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
		v.books.Unchanged--
	}
}

// older tells whether facts that come in the same run are older than what is there: the order of arrival must not matter.
func (w *writing) older(news *row, old *version) bool {
	seen := w.now
	if !news.item.Evidence.Seen.IsZero() {
		seen = millis(news.item.Evidence.Seen)
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
		if rules, err = w.lex.word(w.ctx, w.s, b.rows[0].item.Evidence.Rules); err != nil {
			return err
		}
	} else {
		flags |= old.flags
	}
	if _, err := w.s.setFlags.ExecContext(w.ctx, flags, rules, old.id); err != nil {
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
		if _, err := w.s.closeItem.ExecContext(w.ctx, w.now, old.id); err != nil {
			return err
		}
		if old.inners == 0 {
			return nil
		}
		_, err := w.s.closeInner.ExecContext(w.ctx, w.now, old.id)
		return err
	}
	if _, err := w.s.dropFindings.ExecContext(w.ctx, old.id); err != nil {
		return err
	}
	if _, err := w.s.dropPeople.ExecContext(w.ctx, old.id); err != nil {
		return err
	}
	if old.inners > 0 {
		if _, err := w.s.dropInner.ExecContext(w.ctx, old.id); err != nil {
			return err
		}
	}
	// The row itself goes when its gaps have been moved; until then it must not stand in the way of its successor.
	_, err := w.s.closeItem.ExecContext(w.ctx, w.now, old.id)
	return err
}

// slot is where a row goes.
type slot struct{ id, top, from int64 }

func (w *writing) row(v *visit, b *bundle, r *row, at slot) error {
	it, ctx := r.item, w.ctx
	dir, name := split(it.Path)
	folder, err := w.lex.folder(ctx, w.s, v.id, dir)
	if err != nil {
		return err
	}
	var top any
	inners, flags := len(b.rows)-1, b.flags(r)
	if at.id != at.top {
		top, inners = at.top, 0
		if _, err := w.s.closeAt.ExecContext(ctx, w.now, folder, name); err != nil {
			return err
		}
	}
	var words [3]int64
	for i, text := range []string{it.Format, it.Evidence.Reader, it.Evidence.Rules} {
		if words[i], err = w.lex.word(ctx, w.s, text); err != nil {
			return err
		}
	}
	seen := w.now
	if !it.Evidence.Seen.IsZero() {
		seen = millis(it.Evidence.Seen)
	}
	if _, err := w.s.addItem.ExecContext(ctx, at.id, folder, name, top, inners, w.id, at.from, it.Version, it.Bytes, optional(it.Modified),
		words[0], words[1], words[2], int64(r.coverage), it.Evidence.Sample, seen, optional(it.Evidence.Read), it.Records, it.Read,
		int64(it.Verdict), int64(it.Classes), int64(it.Suspected), int64(r.kinds), flags, r.rank, r.tally); err != nil {
		return err
	}
	if r.sketch != nil {
		if _, err := w.s.addPeople.ExecContext(ctx, at.id, r.sketch); err != nil {
			return err
		}
		w.merged = append(w.merged, mergeLater{v, it.People})
	}
	return w.findings(r, at.id)
}

func (w *writing) findings(r *row, item int64) error {
	for n, f := range r.findings {
		place, err := w.lex.place(w.ctx, w.s, f)
		if err != nil {
			return err
		}
		why, err := w.lex.why(w.ctx, w.s, f.Why)
		if err != nil {
			return err
		}
		if _, err := w.s.addFinding.ExecContext(w.ctx, item, n, place, f.Values, f.WellFormed, f.People,
			int64(f.Likelihood*likelihoodUnit+0.5), why); err != nil {
			return err
		}
	}
	return nil
}

// likelihoodUnit is what a stored likelihood counts in: a ten thousandth.
const likelihoodUnit = 10000
