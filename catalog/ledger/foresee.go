package ledger

import (
	"strings"

	"github.com/chartroom/chartroom/catalog/store"
)

// spot is where an item stands.
type spot struct {
	folder int64
	name   string
}

// together is how many items are looked up at once. Fewer are filled up with one of them, so that there is one statement for all.
const together = 64

// foresee looks up, a folder at a time, what stands where items are to go. On a server that saves the way there for each.
func (w *writing) foresee(bundles []*bundle) error {
	w.foreseen = map[spot]*version{}
	names := map[int64][]string{}
	for _, b := range bundles {
		v, err := w.visit(b.rows[0].item.Repository)
		if err != nil {
			return err
		}
		dir, name := store.Split(b.rows[0].item.Path)
		folder, err := w.folder(v.id, dir)
		if err != nil {
			return err
		}
		if names[folder] = append(names[folder], name); len(names[folder]) == together {
			if err := w.foreseeIn(folder, names[folder]); err != nil {
				return err
			}
			names[folder] = nil
		}
	}
	for folder, some := range names {
		if len(some) > 1 {
			if err := w.foreseeIn(folder, some); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *writing) foreseeIn(folder int64, names []string) error {
	found, err := w.standing(folder, names)
	for _, name := range names {
		w.foreseen[spot{folder, name}] = found[name]
	}
	return err
}

const standing = `SELECT name, id, run, from_at, mark, rules, coverage, seen_at, flags, inners, tally IS NOT NULL FROM items WHERE folder = ? AND to_at IS NULL AND name`

// standing gives the versions of items of a folder that hold at present.
func (w *writing) standing(folder int64, names []string) (map[string]*version, error) {
	query, args := standing+` = ?`, []any{folder}
	if len(names) > 1 {
		query = standing + ` IN (?` + strings.Repeat(`, ?`, together-1) + `)`
	}
	for _, name := range names {
		args = append(args, name)
	}
	for len(names) > 1 && len(args) <= together {
		args = append(args, names[0])
	}
	found := map[string]*version{}
	for rows, err := range store.Rows(w.ctx, w.conn, query, args...) {
		var name string
		v := &version{}
		if err == nil {
			err = rows.Scan(&name, &v.id, &v.run, &v.from, &v.mark, &v.rules, &v.coverage, &v.seen, &v.flags, &v.inners, &v.people)
		}
		if err != nil {
			return nil, err
		}
		found[name] = v
	}
	return found, nil
}
