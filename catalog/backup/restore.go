package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"filippo.io/age"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/catalog/transfer"
)

// ErrExists says that something stands where the backup should go.
var ErrExists = errors.New("it exists already, and nothing is written over")

// mostKey is how long a key may be, in bytes.
const mostKey = 4096

// Opened is a backup that was opened and checked, and is not in its place yet. Close it.
type Opened struct {
	Manifest *Manifest
	Key      []byte // of a backup of a key

	folder string // with the plain catalog
}

// path is the plain catalog.
func (o *Opened) path() string { return filepath.Join(o.folder, "catalog.db") }

// Close removes what was unpacked and went nowhere.
func (o *Opened) Close() error {
	if o.folder == "" {
		return nil
	}
	return os.RemoveAll(o.folder)
}

// Unpack opens a backup and checks all of it: each byte, that the catalog in it is whole and contradicts itself nowhere, and that it holds what
// its manifest says. A catalog is unpacked into a folder of mode 0700 that is made within the one given, so that it can be moved
// from there; the work is that of the caller, who is named in the trail of the catalog.
func Unpack(ctx context.Context, file string, identities []age.Identity, folder string, who audit.Caller) (*Opened, error) {
	o, err := unpack(ctx, file, identities, folder, who)
	if err != nil {
		return nil, fmt.Errorf("open backup %s: %w", file, err)
	}
	return o, nil
}

func unpack(ctx context.Context, file string, identities []age.Identity, folder string, who audit.Caller) (_ *Opened, err error) {
	src, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return nil, err
	}
	r, err := Open(src, info.Size(), identities)
	if err != nil {
		return nil, err
	}
	o := &Opened{}
	if r.Kind == KindKey {
		var key bytes.Buffer
		if info.Size() > 16*chunk {
			return nil, malformed()
		}
		if o.Manifest, err = r.Copy(&key); err == nil && key.Len() > mostKey {
			err = malformed()
		}
		o.Key = key.Bytes()
		return o, err
	}
	if o.folder, err = os.MkdirTemp(folder, ".chartroom-restore-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, o.Close())
		}
	}()
	plain, err := os.OpenFile(o.path(), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	o.Manifest, err = r.Copy(cancellable{ctx, plain})
	if err = errors.Join(err, plain.Sync(), plain.Close()); err != nil {
		return nil, err
	}
	return o, o.check(ctx, who)
}

// cancellable stops to write when the context ends.
type cancellable struct {
	ctx context.Context
	to  io.Writer
}

// Write writes as long as it may.
func (c cancellable) Write(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.to.Write(b)
}

// check opens the catalog, and holds it against the manifest and against itself.
func (o *Opened) check(ctx context.Context, who audit.Caller) error {
	f, err := store.Open(ctx, o.path())
	if err != nil {
		return err
	}
	c := catalog.Over(f)
	err = f.Whole(ctx)
	if err == nil && o.Manifest.Schema == store.SchemaVersion() {
		var got map[string]int64
		if got, err = counts(ctx, f.Read); err == nil && !maps.Equal(got, o.Manifest.Rows) {
			err = fmt.Errorf("%w: its tables do not hold what its manifest says", ErrDamaged)
		}
	}
	if err == nil {
		err = c.Verify(ctx, who)
	}
	if err == nil { // what stands in the journal would be left behind
		_, err = f.Write.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	}
	return errors.Join(err, c.Close())
}

// Free tells whether nothing stands at a path yet: nil, or an error that wraps ErrExists.
func Free(path string) error {
	for _, beside := range []string{"", "-wal", "-journal"} {
		if _, err := os.Lstat(path + beside); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(fmt.Errorf("%s: %w", path+beside, ErrExists), err)
		}
	}
	return nil
}

// Place puts the catalog where it belongs: a path at which nothing stands, on the same file system, or the address of an empty database, into
// which it is copied and where the copy is proven.
func (o *Opened) Place(ctx context.Context, address string, who audit.Caller, step func(what, table string, n int64)) error {
	if !store.OnServer(address) {
		if err := Free(address); err != nil {
			return err
		}
		// A link fails where somebody was faster.
		if err := os.Link(o.path(), address); err != nil {
			return fmt.Errorf("restore catalog %s: %w", address, err)
		}
		return syncFolder(filepath.Dir(address))
	}
	from, err := store.Open(ctx, o.path())
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := store.Open(ctx, address)
	if err != nil {
		return err
	}
	defer to.Close()
	_, err = (&transfer.Copy{From: from, To: to, Who: who, Origin: "the backup of " + o.Manifest.Made.Format("2006-01-02 15:04"), Step: step}).Run(ctx)
	return err
}

// PlaceKey writes the key to a path at which nothing stands, with mode 0600.
func (o *Opened) PlaceKey(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("restore the key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w", path, ErrExists)
	}
	if err != nil {
		return fmt.Errorf("restore the key: %w", err)
	}
	_, err = f.Write(o.Key)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("restore the key %s: %w", path, err)
	}
	return syncFolder(filepath.Dir(path))
}

// Belong tells whether backups are those of one catalog and its key, each at most once.
func Belong(all []*Opened) error {
	kinds := map[string]*Manifest{}
	for _, o := range all {
		if kinds[o.Manifest.Kind] != nil {
			return fmt.Errorf("two of the backups are of a %s; restore one at a time", o.Manifest.Kind)
		}
		kinds[o.Manifest.Kind] = o.Manifest
	}
	names := slices.Sorted(maps.Keys(kinds))
	if len(names) == 2 && kinds[KindCatalog].Key != "" && kinds[KindCatalog].Key != kinds[KindKey].Key {
		return fmt.Errorf("the key %s is not the one that the catalog was made with, which is %s", kinds[KindKey].Key, kinds[KindCatalog].Key)
	}
	return nil
}
