// Package files is the source of files and directory trees.
//
// Symbolic links are not followed: what they point to is listed where it stands if it stands in the tree, and is a gap
// ("not followed") if it stands elsewhere. Devices, sockets and pipes are gaps and are never opened.
package files

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// listSize is how many entries of a directory are held at a time.
const listSize = 1024

// Tree is a file or a directory tree.
type Tree struct {
	root      string // absolute, links resolved
	custodian string
	rate      source.Rate // no bound, unless somebody sets one
}

// Open makes a source of a path. The path must exist; what stands beneath it may come and go.
func Open(path, custodian string) (*Tree, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("scan %s: %w", path, err)
	}
	root, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return nil, fmt.Errorf("scan %s: %w", path, err)
	}
	return &Tree{root: root, custodian: custodian}, nil
}

// Repository is the tree's file:// address.
func (t *Tree) Repository() estate.Repository {
	return estate.Repository{Name: "file://" + source.Display(t.root), Kind: "files", Custodian: t.custodian}
}

// Rate implements source.Rated.
func (t *Tree) Rate() *source.Rate { return &t.rate }

// Items walks the tree.
func (t *Tree) Items(ctx context.Context, yield func(source.Listed) error) error {
	info, err := os.Lstat(t.root)
	if err != nil {
		return fmt.Errorf("list %s: %w", t.root, err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !info.IsDir() {
		return t.entry(filepath.Base(t.root), t.root, fs.FileInfoToDirEntry(info), yield)
	}
	return t.directory(ctx, "", yield)
}

// directory lists one directory and those beneath it. Subdirectories are walked after it is closed, so that the number of
// open files does not grow with the depth.
func (t *Tree) directory(ctx context.Context, rel string, yield func(source.Listed) error) error {
	d, err := os.Open(filepath.Join(t.root, rel))
	if err != nil {
		return yield(gap(rel, true, err))
	}
	var below []string
	for {
		entries, err := d.ReadDir(listSize)
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				return errors.Join(err, d.Close())
			}
			path := filepath.Join(rel, e.Name())
			if e.IsDir() {
				below = append(below, path)
				continue
			}
			if err := t.entry(path, filepath.Join(t.root, path), e, yield); err != nil {
				return errors.Join(err, d.Close())
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			if err := yield(gap(rel, true, err)); err != nil {
				return errors.Join(err, d.Close())
			}
			break
		}
	}
	if err := d.Close(); err != nil {
		return fmt.Errorf("list %s: %w", rel, err)
	}
	for _, path := range below {
		if err := t.directory(ctx, path, yield); err != nil {
			return err
		}
	}
	return nil
}

// entry lists one thing that is no directory.
func (t *Tree) entry(rel, full string, e fs.DirEntry, yield func(source.Listed) error) error {
	switch mode := e.Type(); {
	case mode&fs.ModeSymlink != 0:
		return t.link(rel, full, yield)
	case !mode.IsRegular():
		return yield(source.Listed{Gap: &estate.Gap{Path: source.Display(rel), Reason: estate.GapSpecial, Detail: kindOf(mode), Bytes: -1}})
	}
	info, err := e.Info()
	if err != nil {
		return yield(gap(rel, false, err))
	}
	return yield(source.Listed{Item: source.Item{Path: source.Display(rel), Version: version(info), Bytes: info.Size(), Modified: info.ModTime(), Ref: full}})
}

// link says what a symbolic link means for the inventory: nothing where its target is listed anyway.
func (t *Tree) link(rel, full string, yield func(source.Listed) error) error {
	g := &estate.Gap{Path: source.Display(rel), Bytes: -1}
	target, err := filepath.EvalSymlinks(full)
	switch {
	case err != nil && (errors.Is(err, syscall.ELOOP) || strings.Contains(err.Error(), "too many links")):
		g.Reason, g.Detail = estate.GapLoop, "a symbolic link that leads to itself"
	case errors.Is(err, fs.ErrNotExist):
		g.Reason, g.Detail = estate.GapLink, "a symbolic link to nothing"
	case err != nil:
		g.Reason, g.Detail = estate.GapUnreadable, reason(err)
	case target == t.root || strings.HasPrefix(target, t.root+string(filepath.Separator)):
		return nil
	default:
		g.Reason, g.Detail = estate.GapNotFollowed, "a symbolic link out of the tree; scan its target too"
	}
	return yield(source.Listed{Gap: g})
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "no regular file"
}

// gap makes the gap for a thing that the system would not give.
func gap(rel string, under bool, err error) source.Listed {
	g := &estate.Gap{Path: source.Display(rel), Under: under, Reason: estate.GapUnreadable, Detail: reason(err), Bytes: -1}
	if errors.Is(err, fs.ErrNotExist) {
		g.Reason = estate.GapVanished
	}
	return source.Listed{Gap: g}
}

// reason gives the system's own word without the path, which the gap already has.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Op + ": " + pe.Err.Error()
	}
	return err.Error()
}

// file is an open item; Close checks that it is still what was listed.
type file struct {
	f       *os.File
	version string
	ctx     context.Context // of whoever opened it
	rate    *source.Rate
}

// Read reads on.
func (f *file) Read(p []byte) (int, error) {
	n, err := f.f.Read(p[:f.rate.Part(len(p))])
	return n, cmp.Or(err, f.rate.Wait(f.ctx, n))
}

// ReadAt reads at a place.
func (f *file) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.f.ReadAt(p, off)
	return n, cmp.Or(err, f.rate.Wait(f.ctx, n))
}

// Open opens a file. It never waits for a pipe that took the file's place.
func (t *Tree) Open(ctx context.Context, item source.Item) (io.ReadCloser, error) {
	full, _ := item.Ref.(string)
	f, err := os.OpenFile(full, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		g := estate.GapUnreadable
		if errors.Is(err, fs.ErrNotExist) {
			g = estate.GapVanished
		}
		return nil, &source.GapError{Reason: g, Err: errors.New(reason(err))}
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("no regular file any more")
	}
	if err != nil {
		return nil, errors.Join(&source.GapError{Reason: estate.GapSpecial, Err: err}, f.Close())
	}
	return &file{f, item.Version, ctx, &t.rate}, nil
}

// Close closes the file and tells whether it changed since it was listed.
func (f *file) Close() error {
	info, err := f.f.Stat()
	if err == nil && version(info) != f.version {
		err = source.ErrChanged
	}
	return errors.Join(err, f.f.Close())
}
