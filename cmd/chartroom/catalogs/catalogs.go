// Package catalogs is the command catalog: it treats the catalog as a whole, and asks nothing of what is in it.
package catalogs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/catalog/transfer"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
)

// Program is what the commands need of the program around them.
type Program struct {
	Places  func(cmd *cobra.Command) (Places, error)          // where the catalog and its key are
	Print   func(cmd *cobra.Command, a *show.Answer) error    // an answer, in the form that -o asks for
	Usage   func(format string, args ...any) error            // what was typed wrongly
	Hint    func(err error, format string, args ...any) error // an error, with what to do next
	Err     io.Writer
	Version string
}

// Places are where the catalog and the key of its marks are, or should be.
type Places struct {
	Catalog string // a path, or the address of a database
	Key     string
}

// Command is the command catalog with all that belong to it.
func Command(p *Program) *cobra.Command {
	cmd := &cobra.Command{
		Use: "catalog", Short: "the catalog as a whole: copy, back up, restore, compact",
		Long: `Catalog copies the catalog between files and PostgreSQL databases, seals it into a backup, restores it from there, and removes old history.

  chartroom catalog copy catalog.db postgres://chartroom@db/chartroom
  chartroom catalog backup monday.age --recipient age1... --key-backup key.age --key-recipient age1...
  chartroom catalog restore monday.age --identity identity.txt
  chartroom catalog compact --keep 400d --dry-run`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return p.Usage("there is no command catalog %s", args[0])
			}
			return cmd.Help()
		},
		Args: cobra.ArbitraryArgs,
	}
	cmd.AddCommand(p.copyCommand(), p.backupCommand(), p.restoreCommand(), p.compactCommand())
	return cmd
}

func (p *Program) copyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "copy FROM TO", Short: "copy a catalog into an empty file or PostgreSQL database, and prove the copy", Args: cobra.ExactArgs(2),
		Long: `Copy brings all of a catalog, as it stands at one moment, into another place: a file, or postgres://user@host/database (see docs/catalog.md). It
refuses where a scan writes on either side, and where anything stands in the target. At the end it holds digests of every table
against each other, and what both sides answer. A copy that did not come to its end says so, and answers nothing: remove it, and copy again.

The source stays as it is, and the key of the marks where it is.`,
		RunE: func(cmd *cobra.Command, args []string) error { return p.copy(cmd, args[0], args[1]) },
	}
}

func (p *Program) copy(cmd *cobra.Command, from, to string) error {
	ctx := cmd.Context()
	source, err := p.existing(ctx, from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := store.Open(ctx, to)
	if err != nil {
		return p.told(fmt.Errorf("open catalog %s: %w", to, err))
	}
	defer target.Close()
	step, done := p.progress()
	began := time.Now()
	report, err := (&transfer.Copy{From: source, To: target, Who: audit.Local(), Step: step}).Run(ctx)
	done()
	if err != nil {
		return p.told(err)
	}
	ans := &show.Answer{First: fmt.Sprintf("Copied %s of %d tables in %s; every table and all that was asked (%d questions) is the same on both sides.", show.Plural(report.Rows, "row", "rows"),
		len(report.Tables), time.Since(began).Round(time.Millisecond), len(report.Answers)), Columns: []show.Column{{Name: "TABLE"}, {Name: "ROWS", Right: true}, {Name: "DIGEST", Most: 19}},
		Last: "Use it with --catalog " + target.Path + " and the same --key.", Structs: report}
	for _, t := range report.Tables {
		if t.Rows > 0 {
			ans.Rows = append(ans.Rows, []string{t.Name, show.Thousands(t.Rows), t.Digest})
		}
	}
	return p.Print(cmd, ans)
}

// existing opens a catalog and makes none.
func (p *Program) existing(ctx context.Context, address string) (*store.File, error) {
	if !store.OnServer(address) {
		if _, err := os.Stat(address); errors.Is(err, fs.ErrNotExist) {
			return nil, p.Hint(fmt.Errorf("there is no catalog at %s", address), "chartroom scan PATH makes one; --catalog names another")
		}
	}
	f, err := store.Open(ctx, address)
	if err == nil {
		if err = f.Whole(ctx); err != nil {
			err = errors.Join(err, f.Close())
		}
	}
	if err != nil {
		return nil, p.told(fmt.Errorf("open catalog %s: %w", address, err))
	}
	return f, nil
}

// told says what to do next.
func (p *Program) told(err error) error {
	switch {
	case errors.Is(err, transfer.ErrNotEmpty):
		return p.Hint(err, "name a new file, or another database or schema")
	case errors.Is(err, catalog.ErrBusy):
		return p.Hint(err, "wait for the scan to end, or stop it")
	case errors.Is(err, catalog.ErrUnfinished):
		return p.Hint(err, "remove that file, or drop that schema; the catalog that was copied is as it was")
	case errors.Is(err, transfer.ErrDiffers):
		return p.Hint(err, "remove the copy, and copy again while nobody changes anything in the source; if it happens again, check the disks")
	case errors.Is(err, catalog.ErrNewer), errors.Is(err, catalog.ErrForeign):
		return p.Hint(err, "name the catalog of this chartroom, or an empty place")
	}
	return err
}

// progress tells how far it has come where standard error is a terminal, and nothing elsewhere; done ends the line.
func (p *Program) progress() (step func(what, table string, n int64), done func()) {
	f, ok := p.Err.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) {
		return nil, func() {}
	}
	last := time.Time{}
	return func(what, table string, n int64) {
			if time.Since(last) > 100*time.Millisecond {
				last = time.Now()
				fmt.Fprintf(f, "\r\x1b[K%s %s %s", what, table, show.Thousands(n))
			}
		}, func() {
			fmt.Fprint(f, "\r\x1b[K")
		}
}

// folder is where a path stands.
func folder(path string) (string, error) {
	dir := filepath.Dir(path)
	return dir, os.MkdirAll(dir, 0o700)
}
