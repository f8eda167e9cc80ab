// Package catalog keeps the facts of an estate in one file, or in a schema of a PostgreSQL server, with their history, and answers from it WHERE the PHI lives.
// It is cold: no value of a person can reach it. Each read and each write takes an audit.Caller, checks his permission and
// leaves a line in the audit trail. Package catalog/ledger writes the file, package catalog/store is its form.
package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/accounts"
	"github.com/chartroom/chartroom/catalog/ledger"
	"github.com/chartroom/chartroom/catalog/list"
	"github.com/chartroom/chartroom/catalog/store"
)

// The words of writing are those of package ledger.
type (
	Run     = ledger.Run     // one survey on its way into the catalog
	RunSpec = ledger.RunSpec // what a run is about to survey
	Listing = ledger.Listing // how the listing of a repository ended
	Books   = ledger.Books   // the accounts of a run
)

// The words of accounts are those of package accounts.
type (
	Account = accounts.Account // somebody who may enter the web room
	Session = accounts.Session // one log-in
	Token   = accounts.Token   // a key of the API
	Passkey = accounts.Passkey // a credential of WebAuthn
	Message = accounts.Message // something that waits to be sent
	Worker  = accounts.Worker  // a machine that may take part in surveys
)

// The errors of accounts; package accounts says more.
var (
	ErrNoAccount   = accounts.ErrNoAccount
	ErrNameTaken   = accounts.ErrNameTaken
	ErrLastAdmin   = accounts.ErrLastAdmin
	ErrNoInvite    = accounts.ErrNoInvite
	ErrNoSuchToken = accounts.ErrNoSuchToken
	ErrNoWorker    = accounts.ErrNoWorker
	ErrWorkerThere = accounts.ErrWorkerThere
)

// The errors of opening, writing and checking; packages store and ledger say more.
var (
	ErrNewer      = store.ErrNewer
	ErrForeign    = store.ErrForeign
	ErrDamaged    = store.ErrDamaged
	ErrUnfinished = store.ErrUnfinished
	ErrBusy       = ledger.ErrBusy
	ErrOtherKey   = ledger.ErrOtherKey
	ErrEnded      = ledger.ErrEnded
)

// Catalog is an open catalog. It is safe for concurrent use.
type Catalog struct {
	file           *store.File
	*accounts.Book // who may enter the web room, and what waits to be sent

	names list.Names // of all repositories, for searches

	mu  sync.Mutex // guards run
	run *Run       // that was opened last
}

// Open opens the catalog at path and makes it where there is none, with mode 0600 and its folder with 0700. A path that begins with postgres://
// is the address of a server, in a schema of which the catalog stands (docs/catalog.md). An older catalog is brought to today's schema. It returns an error that wraps ErrNewer or ErrForeign where the file is not for
// this Chartroom, and leaves it as it was.
func Open(ctx context.Context, path string) (*Catalog, error) {
	f, err := store.Open(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("open catalog %s: %w", path, err)
	}
	if err := f.Whole(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open catalog %s: %w", path, err), f.Close())
	}
	return Over(f), nil
}

// OnServer tells whether a catalog's address is that of a PostgreSQL server, and no path.
func OnServer(address string) bool { return store.OnServer(address) }

// There tells whether there is a catalog, or a file that is in its place. It makes none.
func There(ctx context.Context, address string) (bool, error) { return store.There(ctx, address) }

// Over answers from a file that is open already, whether or not all of it is there. Closing the catalog closes the file.
func Over(f *store.File) *Catalog {
	c := &Catalog{file: f}
	c.Book = accounts.New(f, c.admit)
	return c
}

// Path is the catalog's file, or its server's address without anything secret.
func (c *Catalog) Path() string { return c.file.Path }

// Begin opens a run, after the caller was found to be permitted. While another run is open, here or in another process,
// it returns an error that wraps ErrBusy, and ErrOtherKey where the catalog's marks were made with another key. A run whose
// process was killed is marked as interrupted, and its work continues: what it finished is unchanged now.
func (c *Catalog) Begin(ctx context.Context, who audit.Caller, spec RunSpec) (*Run, error) {
	if err := c.admit(ctx, who, audit.Survey, strings.Join(spec.Targets, " ")); err != nil {
		return nil, err
	}
	run, err := ledger.Begin(ctx, c.file, who.Name, spec)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.run = run
	c.mu.Unlock()
	return run, nil
}

// Close closes the catalog. A run that is still open is left interrupted.
func (c *Catalog) Close() error {
	c.mu.Lock()
	run := c.run
	c.mu.Unlock()
	var err error
	if run != nil {
		err = run.Abandon(context.Background())
	}
	return errors.Join(err, c.file.Close())
}

// admit checks whether the caller may act and writes the line of the audit trail. Where the trail cannot be written,
// nothing is done.
func (c *Catalog) admit(ctx context.Context, who audit.Caller, action audit.Action, target string) error {
	refusal := who.Permit(action)
	outcome := audit.Allowed
	if refusal != nil {
		outcome = audit.Denied
	}
	err := c.file.Record(ctx, store.Line{Caller: who.Name, Role: who.Role.String(), Action: string(action), Target: target, Outcome: string(outcome)})
	return errors.Join(refusal, err)
}

// Admit checks whether a caller may act, and writes the line of the audit trail: for acts that are not the catalog's own, and for answers
// that somebody keeps ready. It returns what audit.Caller.Permit does.
func (c *Catalog) Admit(ctx context.Context, who audit.Caller, action audit.Action, target string) error {
	return c.admit(ctx, who, action, target)
}

// request is who wants what.
type request struct {
	who    audit.Caller
	action audit.Action
	target string
	filter Filter
}

// view runs a read within one snapshot, after the caller was admitted.
func (c *Catalog) view(ctx context.Context, ask request, f func(*reader) error) error {
	if err := c.admit(ctx, ask.who, ask.action, ask.target); err != nil {
		return err
	}
	tx, err := store.Begin(ctx, c.file.Read, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("read catalog %s: %w", c.Path(), err)
	}
	defer tx.Rollback()
	r := newReader(tx, c.file.Now(), ask.filter)
	if err = r.there(ctx); err == nil {
		err = f(r)
	}
	if err != nil {
		return fmt.Errorf("read catalog %s: %w", c.Path(), err)
	}
	return nil
}

// Audit gives the audit trail since a time, the latest lines last; limit 0 is no limit.
func (c *Catalog) Audit(ctx context.Context, who audit.Caller, since time.Time, limit int) ([]audit.Record, error) {
	out := []audit.Record{}
	err := c.view(ctx, request{who: who, action: audit.ReadAudit}, func(r *reader) error {
		for rows, err := range store.Rows(ctx, r.tx, `SELECT at, caller, role, action, target, outcome FROM
			(SELECT * FROM audit WHERE at >= ? ORDER BY id DESC LIMIT ?) latest ORDER BY id`, store.Millis(since), atMost(limit)) {
			var a audit.Record
			var at int64
			if err == nil {
				err = rows.Scan(&at, &a.Caller, &a.Role, &a.Action, &a.Target, &a.Outcome)
			}
			if err != nil {
				return err
			}
			a.Time = store.Instant(at)
			out = append(out, a)
		}
		return nil
	})
	return out, err
}

// atMost is a limit as SQL takes it; 0 is no limit.
func atMost(limit int) int {
	if limit <= 0 {
		return math.MaxInt
	}
	return limit
}
