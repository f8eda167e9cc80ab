package catalog

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/estate"
)

// ErrBusy says that another run writes the catalog; the error names its host, process and start.
var ErrBusy = errors.New("another scan is writing the catalog")

// ErrEnded says that the run was finished or abandoned.
var ErrEnded = errors.New("the run has ended")

// RunSpec says what a run is about to survey, and by what rules.
type RunSpec struct {
	Targets []string // as the user gave them
	Rules   string   // version and hash of the detection rules and their configuration
	Version string   // of Chartroom
}

// Run is one survey on its way into the catalog. There is one at a time. It is safe for concurrent use.
type Run struct {
	c    *Catalog
	who  audit.Caller
	lock *os.File
	db   *sql.DB
	id   int64

	mu          sync.Mutex
	s           *statements // nil when the run has ended
	visits      map[string]*visit
	lex         *lexicon
	next        int64 // number of the next item
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
	grown *estate.People
	under []string // prefixes that could not be listed
}

// Begin opens a run, after the caller was found to be permitted. While another run is open, here or in another process,
// it returns an error that wraps ErrBusy. A run whose process was killed is marked as interrupted, and its work continues:
// what it finished is unchanged now.
func (c *Catalog) Begin(ctx context.Context, who audit.Caller, spec RunSpec) (*Run, error) {
	if err := c.admit(ctx, who, audit.Survey, strings.Join(spec.Targets, " ")); err != nil {
		return nil, err
	}
	lock, err := c.lock(ctx)
	if err != nil {
		return nil, err
	}
	r := &Run{c: c, who: who, lock: lock, visits: map[string]*visit{}, lex: newLexicon(), seen: newBitmap(), kept: newBitmap(),
		flushed: c.now(), folderViews: folderViews{}}
	if err := r.begin(ctx, spec); err != nil {
		return nil, errors.Join(c.failed(err), r.release())
	}
	c.mu.Lock()
	c.open = r
	c.mu.Unlock()
	return r, nil
}

// lock takes the writer's lock, or tells who has it.
func (c *Catalog) lock(ctx context.Context) (*os.File, error) {
	f, err := os.OpenFile(c.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock catalog %s: %w", c.path, err)
	}
	held, err := lockFile(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock catalog %s: %w", c.path, err), f.Close())
	}
	if held {
		return f, nil
	}
	f.Close()
	var host string
	var pid, began, beat int64
	err = c.read.QueryRowContext(ctx, `SELECT host, pid, began, beat FROM runs WHERE outcome = 'running' ORDER BY id DESC LIMIT 1`).
		Scan(&host, &pid, &began, &beat)
	if err != nil {
		return nil, fmt.Errorf("%w %s", ErrBusy, c.path)
	}
	return nil, fmt.Errorf("%w %s: process %d on %s since %s, last heard of %s; wait for it, or give another file with --catalog", ErrBusy,
		c.path, pid, host, instant(began).Format(time.RFC3339), instant(beat).Format(time.RFC3339))
}

func (r *Run) begin(ctx context.Context, spec RunSpec) error {
	var err error
	if r.db, err = sql.Open("sqlite", dsn(r.c.path, runCache, "_pragma=synchronous(NORMAL)")); err != nil {
		return err
	}
	r.db.SetMaxOpenConns(1)
	conn, err := r.db.Conn(ctx)
	if err != nil {
		return err
	}
	s, err := prepareAll(ctx, conn)
	if err != nil {
		return err
	}
	targets, err := json.Marshal(spec.Targets)
	if err != nil {
		return err
	}
	host, _ := os.Hostname() // "" is as good an answer as any
	now := millis(r.c.now())
	r.s = s
	return s.transact(ctx, func() error {
		if _, err := conn.ExecContext(ctx, `UPDATE runs SET outcome = 'interrupted' WHERE outcome = 'running'`); err != nil {
			return err
		}
		err := conn.QueryRowContext(ctx, `INSERT INTO runs (began, beat, outcome, caller, host, pid, targets, rules, version)
			VALUES (?, ?, 'running', ?, ?, ?, ?, ?, ?) RETURNING id`, now, now, r.who.Name, host, os.Getpid(), string(targets),
			spec.Rules, spec.Version).Scan(&r.id)
		if err != nil {
			return err
		}
		return conn.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) + 1 FROM items`).Scan(&r.next)
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
func (c *Catalog) failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("write catalog %s: %w", c.path, err)
}

// Repository names a repository that the run surveys. It must be named before any fact of it comes.
func (r *Run) Repository(ctx context.Context, repo estate.Repository) error {
	return r.commit(ctx, func() error {
		if r.visits[repo.Name] != nil {
			return nil
		}
		now := millis(r.c.now())
		v := &visit{}
		err := r.s.conn.QueryRowContext(ctx, `INSERT INTO repositories (name, kind, custodian, from_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET kind = excluded.kind,
				custodian = CASE excluded.custodian WHEN '' THEN custodian ELSE excluded.custodian END
			RETURNING id`, repo.Name, repo.Kind, repo.Custodian, now).Scan(&v.id)
		if err != nil {
			return err
		}
		// New people can be added to the old ones only where the old ones were counted to their end.
		var pending int
		err = r.s.conn.QueryRowContext(ctx, `SELECT count(*) FROM visits WHERE repository = ? AND finished IS NULL AND changed IS NOT NULL`,
			v.id).Scan(&pending)
		if err != nil {
			return err
		}
		if pending == 0 {
			v.grown = estate.NewPeople(0)
		}
		if _, err = r.s.conn.ExecContext(ctx, `INSERT INTO visits (repository, run, began) VALUES (?, ?, ?)`, v.id, r.id, now); err != nil {
			return err
		}
		r.visits[repo.Name] = v
		return nil
	})
}

// commit runs f in a transaction of the run, together with what waits to be written.
func (r *Run) commit(ctx context.Context, f func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.commitHeld(ctx, f)
}

func (r *Run) commitHeld(ctx context.Context, f func() error) error {
	if r.s == nil {
		return ErrEnded
	}
	now := r.c.now()
	next := r.next
	err := r.s.transact(ctx, func() error {
		if err := f(); err != nil {
			return err
		}
		if err := r.seen.flush(ctx, r.s, r.id, 0); err != nil {
			return err
		}
		if err := r.kept.flush(ctx, r.s, r.id, 1); err != nil {
			return err
		}
		_, err := r.s.beat.ExecContext(ctx, millis(now), r.id)
		return err
	})
	if err != nil {
		r.next = next
		r.lex.forget()
		return r.c.failed(err)
	}
	r.seen.clean()
	r.kept.clean()
	r.flushed = now
	return nil
}

// Abandon ends the run as interrupted. What it wrote stays.
func (r *Run) Abandon(ctx context.Context) error {
	err := r.commit(ctx, func() error {
		_, err := r.s.conn.ExecContext(ctx, `UPDATE runs SET outcome = 'interrupted', ended = ? WHERE id = ?`, millis(r.c.now()), r.id)
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
	var err error
	if r.s != nil {
		err = r.s.conn.Close()
		r.s = nil
	}
	if r.db != nil {
		err = errors.Join(err, r.db.Close())
	}
	r.c.mu.Lock()
	if r.c.open == r {
		r.c.open = nil
	}
	r.c.mu.Unlock()
	return errors.Join(err, r.lock.Close())
}
