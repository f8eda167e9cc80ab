package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// Find implements source.Finder. It finds what the listing of the same tree would list, and nothing that stands behind a link or outside.
func (t *Tree) Find(ctx context.Context, was source.Item) (source.Item, error) {
	if err := ctx.Err(); err != nil {
		return source.Item{}, err
	}
	root, err := os.Lstat(t.root)
	if err != nil {
		return source.Item{}, fmt.Errorf("find in %s: %s", source.Display(t.root), reason(err))
	}
	rel, ok := source.Undisplay(was.Path)
	full := filepath.Join(t.root, rel)
	switch {
	case !ok || !filepath.IsLocal(rel) || filepath.Clean(rel) != rel:
		return source.Item{}, source.Gone()
	case !root.IsDir():
		if rel != filepath.Base(t.root) {
			return source.Item{}, source.Gone()
		}
		full = t.root
	default:
		if dir, err := filepath.EvalSymlinks(filepath.Dir(full)); err == nil && dir != filepath.Dir(full) {
			return source.Item{}, source.Gone() // a link has taken the place of a folder: nothing is listed beneath one
		}
	}
	info, err := os.Lstat(full)
	if err != nil {
		return source.Item{}, gapError(gap(rel, false, err).Gap)
	}
	if info.IsDir() {
		return source.Item{}, source.Gone()
	}
	found := source.Listed{}
	if err := t.entry(rel, full, fs.FileInfoToDirEntry(info), func(l source.Listed) error { found = l; return nil }); err != nil {
		return source.Item{}, err
	}
	switch {
	case found.Gap != nil:
		return source.Item{}, gapError(found.Gap)
	case found.Item.Path == "": // a link to what is listed elsewhere
		return source.Item{}, source.Gone()
	}
	return found.Item, nil
}

// gapError makes an error of a gap.
func gapError(g *estate.Gap) error {
	return &source.GapError{Reason: g.Reason, Err: errors.New(g.Detail)}
}
