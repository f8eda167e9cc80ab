// Package ledger enters what a scan found into the catalog's file. One process at a time writes a run; any number may read
// meanwhile. A run that is killed loses nothing that was committed, and an item is in the file wholly or not at all.
package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
)

// ErrBusy says that another run writes the catalog; the error names its host, process and start.
var ErrBusy = errors.New("another scan is writing the catalog")

// ErrOtherKey says that the catalog's marks were made with another key, so that the same people would count twice.
var ErrOtherKey = errors.New("the catalog was made with another key")

// ErrEnded says that the run was finished or abandoned.
var ErrEnded = errors.New("the run has ended")

// RunSpec says what a run is about to survey, and by what rules.
type RunSpec struct {
	Targets []string // as the user gave them
	Rules   string   // version and hash of the detection rules and their configuration
	Version string   // of Chartroom
	Key     string   // public name of the key that marks are made with; marks of two keys never meet
}

// Run is one survey on its way into the file. There is one at a time. It is safe for concurrent use.
type Run struct {
	f  *store.File
	id int64

	mu          sync.Mutex
	conn        *connection // nil when the run has ended
	visits      map[string]*visit
	lex         *lexicon
	next        int64 // number of the next item
	shard       int64 // and of the next shard
	seen        *bitmap
	kept        *bitmap // listed, could not be read again, and the older evidence still stands
	flushed     time.Time
	folderViews folderViews
}

// visit is the run's work on one repository.
type visit struct {
	id      int64
	changed int64 // when the first fact came in, 0 = none did
	books   Books
	// grown holds the people of the items that came in, as long as none went; nil from then on.
	grown  *estate.People
	under  []string         // prefixes that could not be listed
	staged map[string]int64 // top items of which parts have come, and the numbers that they will have
}

// Begin opens a run of a caller. While another run is open, here or in another process, it returns an error that wraps
// ErrBusy; with another key than that of the runs before, ErrOtherKey. A run whose process was killed is marked as
// interrupted, and its work continues: what it finished is unchanged now.
func Begin(ctx context.Context, f *store.File, caller string, spec RunSpec) (*Run, error) {
	w, err := f.Writer(ctx)
	if err != nil {
		return nil, fmt.Errorf("lock catalog %s: %w", f.Path, err)
	}
	if w == nil {
		return nil, busy(ctx, f)
	}
	r := &Run{f: f, conn: &connection{w, map[string]*sql.Stmt{}, f.Turn}, visits: map[string]*visit{}, lex: newLexicon(), seen: newBitmap(), kept: newBitmap(),
		flushed: f.Now(), folderViews: folderViews{}}
	if err := r.begin(ctx, caller, spec); err != nil {
		return nil, errors.Join(r.failed(err), r.release())
	}
	return r, nil
}

// busy tells who has the writer's lock.
func busy(ctx context.Context, f *store.File) error {
	var host string
	var pid, began, beat int64
	err := f.Read.QueryRowContext(ctx, `SELECT host, pid, began, beat FROM runs WHERE outcome = 'running' ORDER BY id DESC LIMIT 1`).
		Scan(&host, &pid, &began, &beat)
	if err != nil {
		return fmt.Errorf("%w %s", ErrBusy, f.Path)
	}
	return fmt.Errorf("%w %s: process %d on %s since %s, last heard of %s; wait for it, or give another file with --catalog", ErrBusy,
		f.Path, pid, host, store.Instant(began).Format(time.RFC3339), store.Instant(beat).Format(time.RFC3339))
}

func (r *Run) begin(ctx context.Context, caller string, spec RunSpec) error {
	targets, err := json.Marshal(spec.Targets)
	if err != nil {
		return err
	}
	host, _ := os.Hostname() // "" is as good an answer as any
	now := store.Millis(r.f.Now())
	return r.conn.transact(ctx, func() error {
		var others int
		err := r.conn.QueryRowContext(ctx, `SELECT count(*) FROM runs WHERE key <> ?`, spec.Key).Scan(&others)
		if err == nil && others > 0 {
			err = ErrOtherKey
		}
		if err != nil {
			return err
		}
		if _, err := r.conn.ExecContext(ctx, `UPDATE runs SET outcome = 'interrupted' WHERE outcome = 'running'`); err != nil {
			return err
		}
		if err := r.dropStaged(ctx); err != nil {
			return err
		}
		if err := r.beginShards(ctx); err != nil {
			return err
		}
		err = r.conn.QueryRowContext(ctx, `INSERT INTO runs (began, beat, outcome, caller, host, pid, targets, rules, version, key)
			VALUES (?, ?, 'running', ?, ?, ?, ?, ?, ?, ?) RETURNING id`, now, now, caller, host, os.Getpid(), string(targets),
			spec.Rules, spec.Version, spec.Key).Scan(&r.id)
		if err != nil {
			return err
		}
		return r.conn.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) + 1 FROM items`).Scan(&r.next)
	})
}

// ID is the number of the run in the catalog.
func (r *Run) ID() int64 { return r.id }

// Books gives the accounts so far; what was listed is known at the end.
func (r *Run) Books() Books {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b Books
	for _, v := range r.visits {
		b = b.Add(v.books)
	}
	return b
}

// failed words an error of writing.
func (r *Run) failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("write catalog %s: %w", r.f.Path, err)
}

// Repository names a repository that the run surveys. It must be named before any fact of it comes.
func (r *Run) Repository(ctx context.Context, repo estate.Repository) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.visits[repo.Name] != nil {
		return nil
	}
	v := &visit{staged: map[string]int64{}}
	err := r.commitHeld(ctx, func() error {
		now := store.Millis(r.f.Now())
		err := r.conn.QueryRowContext(ctx, `INSERT INTO repositories (name, kind, custodian, owner, from_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET kind = excluded.kind,
				custodian = CASE excluded.custodian WHEN '' THEN repositories.custodian ELSE excluded.custodian END,
				owner = CASE excluded.owner WHEN '' THEN repositories.owner ELSE excluded.owner END
			RETURNING id`, repo.Name, repo.Kind, repo.Custodian, repo.Owner, now).Scan(&v.id)
		if err != nil {
			return err
		}
		if err := r.traits(ctx, v.id, repo.Traits); err != nil {
			return err
		}
		// New people can be added to the old ones only where the old ones were counted to their end.
		var pending int
		err = r.conn.QueryRowContext(ctx, `SELECT count(*) FROM visits WHERE repository = ? AND finished IS NULL AND changed IS NOT NULL`,
			v.id).Scan(&pending)
		if err != nil {
			return err
		}
		if pending == 0 {
			v.grown = estate.NewPeople(0)
		}
		_, err = r.conn.ExecContext(ctx, `INSERT INTO visits (repository, run, began) VALUES (?, ?, ?)`, v.id, r.id, now)
		return err
	})
	if err == nil {
		r.visits[repo.Name] = v
	}
	return err
}

// commit runs f in a transaction of the run, together with what waits to be written.
func (r *Run) commit(ctx context.Context, f func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.commitHeld(ctx, f)
}

func (r *Run) commitHeld(ctx context.Context, f func() error) error {
	if r.conn == nil {
		return ErrEnded
	}
	now := r.f.Now()
	next := r.next
	err := r.conn.transact(ctx, func() error {
		if err := f(); err != nil {
			return err
		}
		if err := r.seen.flush(ctx, r.conn, r.id, 0); err != nil {
			return err
		}
		if err := r.kept.flush(ctx, r.conn, r.id, 1); err != nil {
			return err
		}
		_, err := r.conn.ExecContext(ctx, `UPDATE runs SET beat = ? WHERE id = ?`, store.Millis(now), r.id)
		return err
	})
	if err != nil {
		r.next = next
		r.lex = newLexicon()
		return r.failed(err)
	}
	clear(r.seen.dirty)
	clear(r.kept.dirty)
	r.flushed = now
	return nil
}

// Abandon ends the run as interrupted. What it wrote stays.
func (r *Run) Abandon(ctx context.Context) error {
	err := r.commit(ctx, func() error {
		if err := r.dropStaged(ctx); err != nil {
			return err
		}
		if err := r.endShards(ctx); err != nil {
			return err
		}
		_, err := r.conn.ExecContext(ctx, `UPDATE runs SET outcome = 'interrupted', ended = ? WHERE id = ?`, store.Millis(r.f.Now()), r.id)
		return err
	})
	if errors.Is(err, ErrEnded) {
		return nil
	}
	return errors.Join(err, r.release())
}

// release gives back the connection and the lock.
func (r *Run) release() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conn == nil {
		return nil
	}
	err := r.conn.Close()
	r.conn = nil
	return err
}
