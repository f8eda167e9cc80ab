package files

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// Bounds of what is told of a tree. Beyond them it is told that something was left out.
const (
	maxNamed   = 64      // files of a folder that differ from the others in it
	maxClasses = 256     // different modes, owners and lists of the files of one folder
	maxFacts   = 200_000 // of modes
	maxPeople  = 2_000_000
)

// class is what decides who may do what with a file or directory.
type class struct {
	uid, gid uint32
	mode     uint32 // permissions, and of a directory the sticky bit
	acl      string // as JSON; "" for none
}

// detail writes a class for a fact.
func (c class) detail() map[string]any {
	d := map[string]any{"uid": c.uid, "gid": c.gid, "mode": fmt.Sprintf("%04o", c.mode)}
	if c.acl != "" {
		d["acl"] = json.RawMessage(c.acl)
	}
	return d
}

// collector reads modes and lists of a tree.
type collector struct {
	t     *Tree
	host  string
	yield func(estate.Grant) error
	facts int
	over  bool // something was left out
	lost  int  // what could not be looked at
}

// Grants reports owners, modes and access lists of the tree and of the directories above it, the users and groups of this host, and how
// the tree is mounted. A directory is reported where it differs from the one that it stands in; the files of a folder together, where they
// differ from those of the folder above, and one by one where a few differ from the others. So their number is that of the places where
// something changes, and not of files.
func (t *Tree) Grants(ctx context.Context, yield func(estate.Grant) error) error {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	c := &collector{t: t, host: source.Display(host), yield: func(g estate.Grant) error {
		if err := yield(g); err != nil {
			return err
		}
		return ctx.Err()
	}}
	if !knowsModes {
		return c.unseen(t.root, "who may read it: access lists of this system are not read yet")
	}
	info, err := os.Lstat(t.root)
	if err != nil {
		return fmt.Errorf("ask who may read %s: %w", t.root, err)
	}
	for _, step := range []func() error{
		func() error {
			return c.tell(estate.Grant{Kind: "tree", Target: source.Display(t.root)}, map[string]any{"repository": t.Repository().Name, "file": !info.IsDir()})
		},
		c.people, c.mounts, c.above,
		func() error {
			if !info.IsDir() {
				return c.single(info)
			}
			cl, ok := c.class(t.root, info)
			if !ok {
				return nil
			}
			if err := c.place("dir", folder(t.root), cl); err != nil {
				return err
			}
			return c.directory(ctx, t.root, cl, class{mode: noMode})
		},
		c.leftOut,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// noMode is the mode of files where none were seen.
const noMode = 1 << 31

// folder is how a directory is told.
func folder(path string) string { return strings.TrimSuffix(source.Display(path), "/") + "/" }

// tell reports a fact.
func (c *collector) tell(g estate.Grant, detail map[string]any) error {
	g.Repository, g.System, g.Scope = c.t.Repository().Name, "posix", c.host
	if len(detail) > 0 {
		b, err := json.Marshal(detail) // its keys are sorted
		if err != nil {
			return err
		}
		g.Detail = string(b)
	}
	g.From = cmp.Or(g.From, "lstat")
	return c.yield(g)
}

func (c *collector) unseen(target, what string) error {
	return c.tell(estate.Grant{Kind: "unseen", Target: source.Display(target), Why: what}, nil)
}

// place reports a class, as long as there are not too many.
func (c *collector) place(kind, target string, cl class) error {
	if c.facts++; c.facts > maxFacts {
		c.over = true
		return nil
	}
	return c.tell(estate.Grant{Kind: kind, Target: target}, cl.detail())
}

// class looks at a file or directory.
func (c *collector) class(path string, info os.FileInfo) (class, bool) {
	cl, err := classOf(path, info)
	if err != nil {
		c.lost++
		return class{}, false
	}
	return cl, true
}

// above reports the directories above the tree: who may not pass them reaches nothing in it.
func (c *collector) above() error {
	for dir := filepath.Dir(c.t.root); dir != c.t.root; dir = filepath.Dir(dir) {
		info, err := os.Lstat(dir)
		if err != nil {
			c.lost++
		} else if cl, ok := c.class(dir, info); ok {
			if err := c.tell(estate.Grant{Kind: "dir", Target: folder(dir)}, cl.detail()); err != nil {
				return err
			}
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return nil
}

// single reports a tree that is one file.
func (c *collector) single(info os.FileInfo) error {
	cl, ok := c.class(c.t.root, info)
	if !ok {
		return nil
	}
	return c.place("file", source.Display(c.t.root), cl)
}

// kin are the files of a folder that have one class.
type kin struct {
	count int
	names []string
}

// directory reports what stands in a directory. Its own class and that of the files above it are known.
func (c *collector) directory(ctx context.Context, path string, own, files class) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d, err := os.Open(path)
	if err != nil {
		c.lost++
		return nil
	}
	type child struct {
		name string
		class
	}
	var below []child
	kinds := map[class]*kin{}
	for {
		entries, err := d.ReadDir(listSize)
		for _, e := range entries {
			if !e.IsDir() && !e.Type().IsRegular() {
				continue
			}
			full := filepath.Join(path, e.Name())
			info, err := e.Info()
			if err != nil {
				c.lost++
				continue
			}
			cl, ok := c.class(full, info)
			switch {
			case !ok:
			case info.IsDir():
				below = append(below, child{e.Name(), cl})
			case info.Mode().IsRegular():
				c.count(kinds, cl, e.Name())
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			c.lost++
			break
		}
	}
	if err := d.Close(); err != nil {
		return fmt.Errorf("ask who may read %s: %w", path, err)
	}
	files, err = c.files(path, kinds, files)
	if err != nil {
		return err
	}
	for _, b := range below {
		full := filepath.Join(path, b.name)
		if b.class != own {
			if err := c.place("dir", folder(full), b.class); err != nil {
				return err
			}
		}
		if err := c.directory(ctx, full, b.class, files); err != nil {
			return err
		}
	}
	return nil
}

// count adds a file to its kin.
func (c *collector) count(kinds map[class]*kin, cl class, name string) {
	k := kinds[cl]
	if k == nil {
		if len(kinds) == maxClasses {
			c.lost++
			return
		}
		k = &kin{}
		kinds[cl] = k
	}
	if k.count++; len(k.names) < maxNamed {
		k.names = append(k.names, name)
	}
}

// files reports the classes of the files of a folder. It gives the class that folders beneath inherit.
func (c *collector) files(path string, kinds map[class]*kin, above class) (class, error) {
	if len(kinds) == 0 {
		return above, nil
	}
	all := make([]class, 0, len(kinds))
	others := 0
	for cl, k := range kinds {
		all = append(all, cl)
		others += k.count
	}
	slices.SortFunc(all, func(a, b class) int {
		return cmp.Or(kinds[b].count-kinds[a].count, one(b == above)-one(a == above), cmp.Compare(a.uid, b.uid), cmp.Compare(a.gid, b.gid), cmp.Compare(a.mode, b.mode), strings.Compare(a.acl, b.acl))
	})
	if others -= kinds[all[0]].count; others > maxNamed {
		return class{mode: noMode}, c.mixed(path, all)
	}
	if all[0] != above {
		if err := c.place("files", folder(path), all[0]); err != nil {
			return above, err
		}
	}
	for _, cl := range all[1:] {
		for _, name := range kinds[cl].names {
			if err := c.place("file", source.Display(filepath.Join(path, name)), cl); err != nil {
				return above, err
			}
		}
	}
	return all[0], nil
}

// one counts what is.
func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// mixed reports the classes of a folder in which too many files differ to be named.
func (c *collector) mixed(path string, all []class) error {
	var list []any
	for _, cl := range all {
		list = append(list, cl.detail())
	}
	if c.facts++; c.facts > maxFacts {
		c.over = true
		return nil
	}
	return c.tell(estate.Grant{Kind: "mixed", Target: folder(path)}, map[string]any{"classes": list})
}

// leftOut reports that something is missing.
func (c *collector) leftOut() error {
	var err error
	if c.lost > 0 {
		err = c.unseen(c.t.root, fmt.Sprintf("%d files or directories, whose owner, mode or access list could not be read", c.lost))
	}
	if c.over {
		err = errors.Join(err, c.unseen(c.t.root, fmt.Sprintf("modes and owners beyond the first %d places where they change", maxFacts)))
	}
	return err
}
