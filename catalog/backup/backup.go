// Package backup puts a catalog as it stands at one moment into a file that is compressed and sealed to recipients, and restores it from there.
// What it writes is a catalog in a file, whichever database the catalog is in.
package backup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/catalog/transfer"
)

// Job is a backup of a catalog that is about to be made.
type Job struct {
	From       *store.File
	Who        audit.Caller
	Recipients []age.Recipient
	Version    string // of Chartroom
	Folder     string // for the plain copy of a catalog on a server, while the backup is made: of mode 0700 and removed with all in it; "" = the system's
	Step       func(bytes int64)
}

// Save writes a backup. A survey may go on meanwhile: it is the catalog of one moment. A catalog in a file goes out page by page and nothing
// of it stands anywhere else; one on a server is copied to a file of mode 0600 first, which is removed.
func (j *Job) Save(ctx context.Context, to io.Writer) (*Manifest, error) {
	if err := catalog.Over(j.From).Admit(ctx, j.Who, audit.Keep, "backup"); err != nil {
		return nil, err
	}
	m, err := j.save(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("back up catalog %s: %w", j.From.Path, err)
	}
	return m, nil
}

func (j *Job) save(ctx context.Context, to io.Writer) (*Manifest, error) {
	s, err := seal(to, KindCatalog, j.Recipients)
	if err != nil {
		return nil, err
	}
	from := j.From
	if store.OnServer(from.Path) {
		folder, err := os.MkdirTemp(j.Folder, "chartroom-backup-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(folder)
		if from, err = store.Open(ctx, filepath.Join(folder, "catalog.db")); err != nil {
			return nil, err
		}
		defer from.Close()
		if _, err := (&transfer.Copy{From: j.From, To: from, Who: j.Who, Moving: true}).Run(ctx); err != nil {
			return nil, err
		}
	}
	m, err := j.pages(ctx, from, s)
	if err != nil {
		return nil, err
	}
	return m, s.close(m)
}

// pages writes a catalog's file, as it stands at one moment, page by page.
func (j *Job) pages(ctx context.Context, from *store.File, to io.Writer) (*Manifest, error) {
	tx, err := from.Read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	m := &Manifest{Kind: KindCatalog, Made: j.From.Now().UTC().Truncate(time.Second), Version: j.Version, Schema: store.SchemaVersion()}
	if m.Rows, err = counts(ctx, tx); err != nil {
		return nil, err
	}
	err = tx.QueryRowContext(ctx, `SELECT coalesce((SELECT max(id) FROM runs WHERE outcome = 'finished'), 0),
		EXISTS (SELECT 1 FROM runs WHERE outcome = 'running'), coalesce((SELECT max(key) FROM runs), '')`).Scan(&m.Run, &m.Running, &m.Key)
	if err != nil {
		return nil, err
	}
	var done int64
	for rows, err := range store.Rows(ctx, tx, `SELECT data FROM sqlite_dbpage('main') ORDER BY pgno`) {
		var page sql.RawBytes
		if err == nil {
			err = rows.Scan(&page)
		}
		if err == nil {
			_, err = to.Write(page)
		}
		if err != nil {
			return nil, err
		}
		if done += int64(len(page)); j.Step != nil && done%(1<<20) < int64(len(page)) {
			j.Step(done)
		}
	}
	return m, nil
}

// counts are the rows of each table.
func counts(ctx context.Context, q store.Querier) (map[string]int64, error) {
	tables, err := store.Tables(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[string]int64, len(tables))
	for _, t := range tables {
		var n int64
		if err := q.QueryRowContext(ctx, `SELECT count(*) FROM `+t.Name).Scan(&n); err != nil {
			return nil, err
		}
		out[t.Name] = n
	}
	return out, nil
}

// SaveKey seals the key of the marks, by itself: whoever has it and the catalog can find out people. The name is its public one.
func SaveKey(to io.Writer, key []byte, m Manifest, recipients []age.Recipient) error {
	s, err := seal(to, KindKey, recipients)
	if err == nil {
		_, err = s.Write(key)
	}
	if err == nil {
		m.Kind = KindKey
		err = s.close(&m)
	}
	if err != nil {
		return fmt.Errorf("back up the key: %w", err)
	}
	return nil
}

// Recipients reads public keys of age (age1...).
func Recipients(texts []string) ([]age.Recipient, error) {
	var out []age.Recipient
	for _, text := range texts {
		r, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil || len(r) != 1 {
			return nil, fmt.Errorf("%q is no recipient: write a public key of age, which begins with age1", text)
		}
		out = append(out, r...)
	}
	return out, nil
}

// ErrSameHand says that somebody could open the backup of the catalog and that of its key.
var ErrSameHand = errors.New("would open both the catalog and its key, with which people can be found out")

// Apart tells whether no recipient is among both: nil, or an error that wraps ErrSameHand and names him.
func Apart(catalog, key []age.Recipient) error {
	for _, a := range catalog {
		for _, b := range key {
			if fmt.Sprint(a) == fmt.Sprint(b) {
				return fmt.Errorf("the recipient %v %w", a, ErrSameHand)
			}
		}
	}
	return nil
}
