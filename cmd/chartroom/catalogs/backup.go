package catalogs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"filippo.io/age"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/backup"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/spf13/cobra"
)

// backupFlags are the flags of backup.
type backupFlags struct {
	recipients, keyRecipients []string
	keyTo                     string
	sameHand                  bool
}

func (p *Program) backupCommand() *cobra.Command {
	var f backupFlags
	cmd := &cobra.Command{
		Use: "backup FILE", Short: "seal the catalog, as it is at this moment, into one file; and the key of the marks into another", Args: cobra.ExactArgs(1),
		Long: `Backup writes the catalog into FILE, compressed and sealed to recipients of age (age1...; age-keygen makes one). A scan may go on meanwhile. With
--key-backup the key of the marks goes into a file of its own, sealed to recipients of its own: whoever has both the catalog and the key can find
out people, so no recipient may be among both unless --same-hand says that this is meant.

The backup opens without chartroom, too: age -d -i identity.txt FILE | zstd -d > catalog.db. See docs/backup.md.`,
		RunE: func(cmd *cobra.Command, args []string) error { return p.backup(cmd, args[0], f) },
	}
	cmd.Flags().StringSliceVar(&f.recipients, "recipient", nil, "public key of age of who may open the catalog; may be given several times")
	cmd.Flags().StringVar(&f.keyTo, "key-backup", "", "file for the backup of the key of the marks")
	cmd.Flags().StringSliceVar(&f.keyRecipients, "key-recipient", nil, "public key of age of who may open the key")
	cmd.Flags().BoolVar(&f.sameHand, "same-hand", false, "let somebody open both the catalog and the key")
	return cmd
}

// sealedTo reads the recipients that were typed, and refuses those who would have both.
func (p *Program) sealedTo(f backupFlags) (catalog, key []age.Recipient, err error) {
	if len(f.recipients) == 0 {
		return nil, nil, p.Usage("for whom? --recipient age1... names a public key of age; age-keygen makes a pair")
	}
	if (f.keyTo == "") != (len(f.keyRecipients) == 0) {
		return nil, nil, p.Usage("--key-backup FILE and --key-recipient age1... go together")
	}
	if catalog, err = backup.Recipients(f.recipients); err == nil {
		key, err = backup.Recipients(f.keyRecipients)
	}
	if err != nil {
		return nil, nil, p.Usage("%v", err)
	}
	if err := backup.Apart(catalog, key); err != nil && !f.sameHand {
		return nil, nil, p.Usage("%v; give the key to somebody else, or say --same-hand", err)
	}
	return catalog, key, nil
}

// backedUp is what was written.
type backedUp struct {
	File     string           `json:"file"`
	Bytes    int64            `json:"sealed_bytes"`
	Manifest *backup.Manifest `json:"manifest"`
	KeyFile  string           `json:"key_file,omitempty"`
}

func (p *Program) backup(cmd *cobra.Command, file string, f backupFlags) error {
	ctx := cmd.Context()
	at, err := p.Places(cmd)
	if err != nil {
		return err
	}
	to, keyTo, err := p.sealedTo(f)
	if err != nil {
		return err
	}
	var key fingerprint.Key
	if f.keyTo != "" {
		if key, err = fingerprint.LoadKey(at.Key); err != nil {
			return p.Hint(err, "--key FILE names the key of the marks")
		}
	}
	from, err := p.existing(ctx, at.Catalog)
	if err != nil {
		return err
	}
	defer from.Close()
	if _, err := folder(file); err != nil {
		return err
	}
	step, done := p.progress()
	out := backedUp{File: file}
	out.Bytes, err = p.write(file, func(w io.Writer) (err error) {
		job := &backup.Job{From: from, Who: audit.Local(), Recipients: to, Version: p.Version}
		if step != nil {
			job.Step = func(n int64) { step("seal", "MiB", n>>20) }
		}
		out.Manifest, err = job.Save(ctx, w)
		return err
	})
	done()
	if err == nil && f.keyTo != "" {
		err = p.backupKey(at.Key, key, f.keyTo, out.Manifest, keyTo)
		out.KeyFile = f.keyTo
	}
	if err != nil {
		return err
	}
	return p.Print(cmd, out.answer(at.Key))
}

func (p *Program) backupKey(path string, key fingerprint.Key, file string, m *backup.Manifest, to []age.Recipient) error {
	if m.Key != "" && m.Key != key.ID() {
		return p.Hint(fmt.Errorf("%s, of %s, is not the key that the catalog was made with, which is %s; the catalog was backed up, the key was not", key, path, m.Key), "--key FILE names another key")
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if _, err := folder(file); err != nil {
		return err
	}
	_, err = p.write(file, func(w io.Writer) error {
		return backup.SaveKey(w, b, backup.Manifest{Key: key.ID(), Made: m.Made, Version: p.Version}, to)
	})
	return err
}

// write makes a new file, and leaves none behind where it fails.
func (p *Program) write(file string, f func(io.Writer) error) (n int64, err error) {
	out, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return 0, p.Hint(fmt.Errorf("%s: %w", file, backup.ErrExists), "name a new file")
	}
	if err != nil {
		return 0, err
	}
	err = f(out)
	if info, e := out.Stat(); e == nil {
		n = info.Size()
	}
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return 0, errors.Join(err, os.Remove(file))
	}
	return n, nil
}

func (b *backedUp) answer(key string) *show.Answer {
	m := b.Manifest
	first := fmt.Sprintf("Sealed the catalog of %s into %s: %s, of %s, up to run %d.", m.Made.Local().Format("2006-01-02 15:04:05"), b.File, show.Size(b.Bytes), show.Size(m.Bytes), m.Run)
	if m.Running {
		first += " A scan was at work: what it had written until then is in it."
	}
	last := "The key of the marks is not in it, and without it no sample can be held against the catalog: back " + key + " up apart, with --key-backup and --key-recipient."
	if b.KeyFile != "" {
		last = "Keep " + b.KeyFile + " where " + b.File + " is not.   Try it: chartroom catalog restore " + b.File + " --identity FILE --catalog NEW"
	}
	return &show.Answer{First: first, Last: last, Structs: b, Columns: []show.Column{{Name: "FILE"}, {Name: "SHA256"}}, Rows: [][]string{{b.File, m.SHA256}}}
}

func (p *Program) restoreCommand() *cobra.Command {
	var identities []string
	cmd := &cobra.Command{
		Use: "restore FILE...", Short: "open backups of a catalog and of its key, check all of them, and put them in place", Args: cobra.MinimumNArgs(1),
		Long: `Restore opens backups with the identities of age in the files that --identity names. It checks every byte, that the catalog contradicts itself
nowhere, and that catalog and key belong together, before anything is put in place: the catalog where --catalog says (a path, or an empty
PostgreSQL database), the key where --key says, with mode 0600. Nothing is written over. See docs/backup.md.`,
		RunE: func(cmd *cobra.Command, args []string) error { return p.restore(cmd, args, identities) },
	}
	cmd.Flags().StringSliceVar(&identities, "identity", nil, "file with identities of age; may be given several times")
	return cmd
}

// identitiesOf reads files of identities.
func (p *Program) identitiesOf(files []string) (all []age.Identity, err error) {
	if len(files) == 0 {
		return nil, p.Usage("with which key? --identity FILE names a file with an identity of age")
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		ids, err := age.ParseIdentities(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("read the identities in %s: it is no file of age identities (AGE-SECRET-KEY-...)", file)
		}
		all = append(all, ids...)
	}
	return all, nil
}

// restored is what was put in place.
type restored struct {
	Catalog  string           `json:"catalog,omitempty"`
	Key      string           `json:"key,omitempty"`
	Manifest *backup.Manifest `json:"manifest,omitempty"` // of the catalog
}

func (p *Program) restore(cmd *cobra.Command, files, identities []string) error {
	ctx := cmd.Context()
	at, err := p.Places(cmd)
	if err != nil {
		return err
	}
	ids, err := p.identitiesOf(identities)
	if err != nil {
		return err
	}
	opened, err := p.unpack(ctx, files, ids, at)
	for _, o := range opened {
		defer o.Close()
	}
	if err != nil {
		return p.faulty(err)
	}
	step, done := p.progress()
	defer done()
	var out restored
	for _, o := range opened {
		if o.Manifest.Kind == backup.KindKey {
			out.Key, err = at.Key, o.PlaceKey(at.Key)
		} else {
			out.Catalog, out.Manifest, err = at.Catalog, o.Manifest, o.Place(ctx, at.Catalog, audit.Local(), step)
		}
		if err != nil {
			return p.faulty(err)
		}
	}
	return p.Print(cmd, out.answer())
}

// unpack opens and checks all backups, and whether there is room for what is in them.
func (p *Program) unpack(ctx context.Context, files []string, ids []age.Identity, at Places) (all []*backup.Opened, err error) {
	dir, err := p.roomFor(at.Catalog)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		o, err := backup.Unpack(ctx, file, ids, dir, audit.Local())
		if err != nil {
			return all, err
		}
		all = append(all, o)
		if o.Manifest.Kind != backup.KindKey {
			err = p.free(at.Catalog)
		} else if _, err = fingerprint.ParseKey(o.Key); err == nil {
			err = backup.Free(at.Key)
		}
		if err != nil {
			return all, err
		}
	}
	return all, backup.Belong(all)
}

// roomFor is the folder in which a catalog is unpacked: beside its place, or where there is room for what is only passing through.
func (p *Program) roomFor(address string) (string, error) {
	if store.OnServer(address) {
		return os.TempDir(), nil
	}
	return folder(address)
}

// free tells whether nothing stands in the place of the catalog; whether a database is empty shows when it is filled.
func (p *Program) free(address string) error {
	if store.OnServer(address) {
		return nil
	}
	return backup.Free(address)
}

// faulty says what to do with a backup that does not open.
func (p *Program) faulty(err error) error {
	switch {
	case errors.Is(err, backup.ErrIdentity):
		return p.Hint(err, "--identity FILE names the file of another identity; the key of the marks and the catalog are sealed to different ones")
	case errors.Is(err, backup.ErrTruncated):
		return p.Hint(err, "fetch the file again from where it was kept; compare its size")
	case errors.Is(err, backup.ErrDamaged):
		return p.Hint(err, "fetch the file again from where it was kept, or take an older backup")
	case errors.Is(err, backup.ErrExists):
		return p.Hint(err, "--catalog and --key name new places; or move what is there away")
	}
	return p.told(err)
}

func (r *restored) answer() *show.Answer {
	ans := &show.Answer{Structs: r, Columns: []show.Column{{Name: "WHAT"}, {Name: "WHERE"}}}
	if m := r.Manifest; m != nil {
		ans.First = fmt.Sprintf("The catalog of %s (%s ago, up to run %d) is restored.", m.Made.Local().Format("2006-01-02 15:04:05"), time.Since(m.Made).Round(time.Second), m.Run)
		ans.Rows, ans.Last = append(ans.Rows, []string{"catalog", r.Catalog}), "Use it with --catalog "+r.Catalog+"."
	}
	if r.Key != "" {
		ans.Rows = append(ans.Rows, []string{"key", r.Key})
	}
	return ans
}
