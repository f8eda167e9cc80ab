package plant

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// folder is the ground of files. All it does goes through a handle of the folder, which no link leads out of.
type folder struct {
	filed
	root *os.Root
	dir  string
}

func openFiles(t Target) (*folder, error) {
	root, err := os.OpenRoot(t.Address)
	if err != nil {
		return nil, fmt.Errorf("plant in %s: %w", t.Label, err)
	}
	return &folder{root: root, dir: t.Address}, nil
}

// Close gives the folder back.
func (f *folder) Close() { f.root.Close() }

// unfinished is what a file is called until it is whole.
const unfinished = ".part"

// Plant makes the folder, and the file in it under another name until it is whole.
func (f *folder) Plant(_ context.Context, p *Plant) error {
	content, err := f.content(p)
	if err != nil {
		return err
	}
	path := filepath.Join(p.Name, p.Form)
	if err := f.root.Mkdir(p.Name, 0o750); err != nil {
		return fmt.Errorf("plant in %s: %w", f.dir, err)
	}
	w, err := f.root.OpenFile(path+unfinished, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("plant in %s: %w", f.dir, err)
	}
	_, err = w.Write(content)
	if err = errors.Join(err, w.Close()); err == nil {
		err = f.root.Rename(path+unfinished, path)
	}
	if err != nil {
		return fmt.Errorf("plant in %s: %w", f.dir, err)
	}
	return nil
}

// Remove removes the file if it holds what was planted, whole or as far as it was written, and the folder if it is empty then.
func (f *folder) Remove(_ context.Context, p *Plant) (was bool, err error) {
	info, err := f.root.Lstat(p.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for the plant in %s: %w", f.dir, err)
	case !info.IsDir():
		return true, ErrChanged
	}
	for _, name := range []string{filepath.Join(p.Name, p.Form), filepath.Join(p.Name, p.Form+unfinished)} {
		if err := f.file(p, name); err != nil {
			return true, err
		}
	}
	entries, err := fs.ReadDir(f.root.FS(), p.Name)
	if err != nil {
		return true, fmt.Errorf("look for the plant in %s: %w", f.dir, err)
	}
	if len(entries) > 0 { // somebody put something beside it
		return true, ErrChanged
	}
	return true, f.root.Remove(p.Name)
}

// file removes one file of a plant, if it is one.
func (f *folder) file(p *Plant, name string) error {
	info, err := f.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for the plant in %s: %w", f.dir, err)
	}
	content, err := f.content(p)
	if err != nil || !info.Mode().IsRegular() || info.Size() > int64(len(content)) {
		return errors.Join(err, ErrChanged)
	}
	r, err := f.root.Open(name)
	if err != nil {
		return fmt.Errorf("look for the plant in %s: %w", f.dir, err)
	}
	found, err := io.ReadAll(io.LimitReader(r, int64(len(content))+1))
	if err = errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("look for the plant in %s: %w", f.dir, err)
	}
	part := filepath.Ext(name) == unfinished && string(found) == string(content[:min(len(found), len(content))])
	if sum(found) != p.Sum && !part {
		return ErrChanged
	}
	return f.root.Remove(name)
}
