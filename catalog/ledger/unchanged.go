package ledger

import (
	"context"
	"time"

	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
)

// flushEvery bounds how long renewals wait in memory, and what a killed run forgets of them.
const flushEvery = 5 * time.Second

// Unchanged renews the evidence of a top item, of all within it and of its gaps, if what the catalog holds was read from
// the same version (a source's mark, never empty) by the same rules (Evidence.Rules of the item). Otherwise the item is to
// be read. An item is read again, too, if a part of it could not be read for a reason that may be gone by now.
//
// Asked in the order of a listing, or of the paths, it takes some microseconds.
func (r *Run) Unchanged(ctx context.Context, repository, path, version, rules string) (estate.Renewal, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conn == nil {
		return estate.Renewal{}, ErrEnded
	}
	v := r.visits[repository]
	if v == nil || version == "" {
		return estate.Renewal{}, nil
	}
	dir, name := store.Split(path)
	p, err := r.folderViews.probe(ctx, r, folderKey{v.id, dir}, name)
	if err != nil {
		return estate.Renewal{}, r.failed(err)
	}
	if p == nil || p.mark != version || p.flags&store.Retry != 0 {
		return estate.Renewal{}, nil
	}
	word, err := number(ctx, r.conn, r.lex.words, rules, findWord, "", rules)
	if err != nil {
		return estate.Renewal{}, r.failed(err)
	}
	if p.rules != word {
		return estate.Renewal{}, nil
	}
	if p.run == r.id {
		return estate.Renewal{Renewed: true, Inner: p.inners}, nil // it was read a moment ago
	}
	now := r.f.Now()
	if r.seen.set(p.id, store.Millis(now)) && !r.kept.has(p.id) {
		v.books.again(estate.Coverage(p.coverage), 1)
	}
	if now.Sub(r.flushed) > flushEvery {
		if err := r.commitHeld(ctx, func() error { return nil }); err != nil {
			return estate.Renewal{}, err
		}
	}
	return estate.Renewal{Renewed: true, Inner: p.inners}, nil
}

// probe is what must be known of an item to tell whether it is unchanged.
type probe struct {
	id, run, rules, coverage, flags, inners int64
	mark                                    string
}

// window is a run of a folder's items, in the order of their names, that was fetched at once.
type window struct {
	folder      int64
	first, last string // names from first on, to last unless it is open
	open        bool   // it reaches to the end of the folder
	items       map[string]*probe
	asked, size int
}

// folderViews are the folders that were asked for lately.
type folderViews map[folderKey]*window

const (
	maxWindows  = 64
	firstWindow = 32
	maxWindow   = 2048
)

// drop takes out an item that has a new version.
func (ws folderViews) drop(key folderKey, name string) {
	if w := ws[key]; w != nil {
		delete(w.items, name)
	}
}

// probe gives what is known of an item, nil when it is new.
func (ws folderViews) probe(ctx context.Context, r *Run, key folderKey, name string) (*probe, error) {
	w := ws[key]
	if w == nil || name < w.first || !w.open && name > w.last {
		var err error
		if w, err = ws.fetch(ctx, r, key, name); err != nil {
			return nil, err
		}
	}
	w.asked++
	return w.items[name], nil
}

// fetch reads the next part of a folder. Its size grows while the parts are used, and shrinks when names come in no order.
func (ws folderViews) fetch(ctx context.Context, r *Run, key folderKey, name string) (*window, error) {
	w := &window{first: name, size: firstWindow, items: map[string]*probe{}}
	if before := ws[key]; before != nil {
		w.folder = before.folder
		if w.size = before.size / 4; before.asked*4 >= before.size {
			w.size = before.size * 2
		}
		w.size = min(max(w.size, 8), maxWindow)
	} else {
		var err error
		w.folder, err = number(ctx, r.conn, r.lex.folders, key, findFolder, "", key.repository, key.path)
		if err != nil {
			return nil, err
		}
		if len(ws) >= maxWindows {
			clear(ws)
		}
	}
	n := 0
	for rows, err := range store.Rows(ctx, r.conn, `SELECT name, id, run, mark, rules, coverage, flags, inners FROM items
		WHERE folder = ? AND name >= ? AND to_at IS NULL AND top IS NULL ORDER BY name LIMIT ?`, w.folder, name, w.size) {
		var p probe
		if err == nil {
			err = rows.Scan(&w.last, &p.id, &p.run, &p.mark, &p.rules, &p.coverage, &p.flags, &p.inners)
		}
		if err != nil {
			return nil, err
		}
		w.items[w.last] = &p
		n++
	}
	w.open = n < w.size
	ws[key] = w
	return w, nil
}
