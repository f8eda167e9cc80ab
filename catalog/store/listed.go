package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// What large estates are answered from: the list of the repositories as each was last summed up, in the order of an answer; the same by class,
// for most hold none; what they come to by class, custodian and kind; and for each class the people of all repositories that hold it, as one
// sketch. Enlist keeps the first three with each summary; the sketches follow at the end of a survey (Regroup), and until then pending says which
// repositories are not in them yet, and of which somebody was lost that is still in them. A class of -1 is all repositories.
const version10 = `
DROP TABLE listed;
CREATE TABLE listed (
	repository INTEGER PRIMARY KEY REFERENCES repositories (id),
	name       TEXT NOT NULL,
	custodian  TEXT NOT NULL,
	kind       TEXT NOT NULL,
	rank       INTEGER NOT NULL,
	people     INTEGER NOT NULL,
	classes    INTEGER NOT NULL,
	states     INTEGER NOT NULL,
	observed   INTEGER NOT NULL,
	items      INTEGER NOT NULL,
	bytes      INTEGER NOT NULL,
	gaps       INTEGER NOT NULL,
	sampled    INTEGER NOT NULL,
	blank      INTEGER NOT NULL,
	bound      INTEGER NOT NULL,
	unread     INTEGER NOT NULL
) STRICT;
CREATE INDEX listed_rank ON listed (rank DESC, people DESC, name, custodian, kind, classes, states, observed, repository);
CREATE INDEX listed_people ON listed (people DESC, name, rank, custodian, kind, classes, states, observed, repository);
CREATE INDEX listed_custodian ON listed (custodian, rank DESC, people DESC, name);
CREATE INDEX listed_observed ON listed (observed);
CREATE INDEX listed_bound ON listed (bound) WHERE bound > 0;

CREATE TABLE classed (
	class      INTEGER NOT NULL,
	repository INTEGER NOT NULL REFERENCES repositories (id),
	name       TEXT NOT NULL,
	custodian  TEXT NOT NULL,
	kind       TEXT NOT NULL,
	rank       INTEGER NOT NULL,
	people     INTEGER NOT NULL,
	states     INTEGER NOT NULL,
	observed   INTEGER NOT NULL,
	bound      INTEGER NOT NULL,
	PRIMARY KEY (class, repository)
) STRICT, WITHOUT ROWID;
CREATE INDEX classed_rank ON classed (class, rank DESC, people DESC, name, custodian, kind, states, observed, repository);
CREATE INDEX classed_observed ON classed (class, observed, bound);

CREATE TABLE sums (
	class        INTEGER NOT NULL,
	custodian    TEXT NOT NULL,
	kind         TEXT NOT NULL,
	repositories INTEGER NOT NULL,
	items        INTEGER NOT NULL,
	bytes        INTEGER NOT NULL,
	gaps         INTEGER NOT NULL,
	sampled      INTEGER NOT NULL,
	blank        INTEGER NOT NULL,
	unread       INTEGER NOT NULL,
	PRIMARY KEY (class, custodian, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE crowds (
	class  INTEGER PRIMARY KEY,
	bound  INTEGER NOT NULL,
	people BLOB NOT NULL
) STRICT;

CREATE TABLE pending (
	class      INTEGER NOT NULL,
	repository INTEGER NOT NULL REFERENCES repositories (id),
	lost       INTEGER NOT NULL,
	PRIMARY KEY (class, repository)
) STRICT, WITHOUT ROWID;

CREATE INDEX visits_open ON visits (repository) WHERE finished IS NULL;
`

// Everything is the class of all repositories.
const Everything = -1

// Executor reads and writes, within a transaction.
type Executor interface {
	Querier
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// Sums are what several repositories come to.
type Sums struct{ Repositories, Items, Bytes, Gaps, Sampled, Blank, Unread int64 }

// Plus adds so many times the other.
func (s Sums) Plus(o Sums, times int64) Sums {
	return Sums{s.Repositories + times*o.Repositories, s.Items + times*o.Items, s.Bytes + times*o.Bytes, s.Gaps + times*o.Gaps,
		s.Sampled + times*o.Sampled, s.Blank + times*o.Blank, s.Unread + times*o.Unread}
}

// listing is what the list says of a repository.
type listing struct {
	name, custodian, kind          string
	rank, people, states, observed int64
	classes                        phi.Classes
	bound                          int64
	sums                           Sums
}

// groups are the classes that count a listing: its own, and Everything.
func (l *listing) groups() []int64 {
	if l == nil {
		return nil
	}
	out := []int64{Everything}
	for _, c := range l.classes.List() {
		out = append(out, int64(c))
	}
	return out
}

func (l *listing) in(group int64) bool {
	return l != nil && (group == Everything || l.classes.Has(phi.Class(group)))
}

// Enlist enters a summary, whose Tally is that of the people, into the list, in the place of the one before, and keeps the people.
func Enlist(ctx context.Context, x Executor, s *Summary, people *estate.People) error {
	sketch, err := people.MarshalBinary()
	if err != nil {
		return err
	}
	old, err := listedBefore(ctx, x, s.Repository)
	if err != nil {
		return err
	}
	news, err := s.listing(ctx, x)
	if err != nil {
		return err
	}
	if err := recount(ctx, x, old, news); err != nil {
		return err
	}
	if err := remember(ctx, x, s.Repository, change{old, news, people, sketch}); err != nil {
		return err
	}
	if err := relist(ctx, x, s.Repository, old, news); err != nil {
		return err
	}
	_, err = x.ExecContext(ctx, `INSERT INTO populations (repository, at, people) VALUES (?, ?, ?)
		ON CONFLICT (repository) DO UPDATE SET at = excluded.at, people = excluded.people`, s.Repository, s.At, sketch)
	return err
}

// listedBefore is what the list says of a repository; nil where it is not in it.
func listedBefore(ctx context.Context, q Querier, repository int64) (*listing, error) {
	l := &listing{sums: Sums{Repositories: 1}}
	var classes int64
	err := q.QueryRowContext(ctx, `SELECT name, custodian, kind, rank, people, classes, states, observed, items, bytes, gaps, sampled, blank, bound, unread
		FROM listed WHERE repository = ?`, repository).Scan(&l.name, &l.custodian, &l.kind, &l.rank, &l.people, &classes, &l.states, &l.observed,
		&l.sums.Items, &l.sums.Bytes, &l.sums.Gaps, &l.sums.Sampled, &l.sums.Blank, &l.bound, &l.sums.Unread)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	l.classes = phi.Classes(classes)
	return l, err
}

// listing is what the list is to say of a summary's repository; nil where it holds no items, and stands in no list.
func (s *Summary) listing(ctx context.Context, q Querier) (*listing, error) {
	l := &listing{rank: s.Rank(), people: s.Tally.Total.Estimate, states: States(s.Tally), observed: s.Observed, classes: s.Classes, bound: s.Bound,
		sums: Sums{1, s.Items, s.Bytes, s.Gaps, s.Sampled, s.Blank, s.Unread}}
	err := q.QueryRowContext(ctx, `SELECT name, custodian, kind FROM repositories WHERE id = ?`, s.Repository).Scan(&l.name, &l.custodian, &l.kind)
	if err != nil || !(estate.Repository{Kind: l.kind}).HoldsItems() {
		return nil, err
	}
	return l, nil
}

// States is the set of the States in which anybody counted lives, as bits by their numbers.
func States(t estate.Tally) (set int64) {
	for s, n := range t.States {
		if n.Estimate > 0 {
			set |= 1 << s
		}
	}
	return set
}

// recount takes the old listing out of the sums and puts the new one in.
func recount(ctx context.Context, x Executor, old, news *listing) error {
	type key struct {
		class           int64
		custodian, kind string
	}
	changes := map[key]Sums{}
	for _, side := range []struct {
		*listing
		times int64
	}{{old, -1}, {news, 1}} {
		for _, g := range side.groups() {
			k := key{g, side.custodian, side.kind}
			changes[k] = changes[k].Plus(side.sums, side.times)
		}
	}
	for k, d := range changes {
		if d == (Sums{}) {
			continue
		}
		if _, err := x.ExecContext(ctx, `INSERT INTO sums (class, custodian, kind, repositories, items, bytes, gaps, sampled, blank, unread)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (class, custodian, kind) DO UPDATE SET repositories = sums.repositories + excluded.repositories,
				items = sums.items + excluded.items, bytes = sums.bytes + excluded.bytes, gaps = sums.gaps + excluded.gaps,
				sampled = sums.sampled + excluded.sampled, blank = sums.blank + excluded.blank, unread = sums.unread + excluded.unread`,
			k.class, k.custodian, k.kind, d.Repositories, d.Items, d.Bytes, d.Gaps, d.Sampled, d.Blank, d.Unread); err != nil {
			return err
		}
	}
	return nil
}

// relist puts the new listing in the place of the old one.
func relist(ctx context.Context, x Executor, repository int64, old, news *listing) error {
	for _, g := range old.groups() {
		if g == Everything || news.in(g) {
			continue
		}
		if _, err := x.ExecContext(ctx, `DELETE FROM classed WHERE class = ? AND repository = ?`, g, repository); err != nil {
			return err
		}
	}
	if news == nil {
		_, err := x.ExecContext(ctx, `DELETE FROM listed WHERE repository = ?`, repository)
		return err
	}
	for _, g := range news.groups()[1:] {
		if _, err := x.ExecContext(ctx, `INSERT INTO classed (class, repository, name, custodian, kind, rank, people, states, observed, bound)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (class, repository) DO UPDATE SET custodian = excluded.custodian, kind = excluded.kind,
				rank = excluded.rank, people = excluded.people, states = excluded.states, observed = excluded.observed, bound = excluded.bound`,
			g, repository, news.name, news.custodian, news.kind, news.rank, news.people, news.states, news.observed, news.bound); err != nil {
			return err
		}
	}
	_, err := x.ExecContext(ctx, `INSERT INTO listed (repository, name, custodian, kind, rank, people, classes, states, observed,
			items, bytes, gaps, sampled, blank, bound, unread) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (repository) DO UPDATE SET custodian = excluded.custodian, kind = excluded.kind, rank = excluded.rank, people = excluded.people,
			classes = excluded.classes, states = excluded.states, observed = excluded.observed, items = excluded.items, bytes = excluded.bytes,
			gaps = excluded.gaps, sampled = excluded.sampled, blank = excluded.blank, bound = excluded.bound, unread = excluded.unread`,
		repository, news.name, news.custodian, news.kind, news.rank, news.people, int64(news.classes), news.states, news.observed,
		news.sums.Items, news.sums.Bytes, news.sums.Gaps, news.sums.Sampled, news.sums.Blank, news.bound, news.sums.Unread)
	return err
}

// change is how the people of a repository change, as far as crowds are concerned.
type change struct {
	old, news *listing
	people    *estate.People
	sketch    []byte // of people
}

// remember notes the crowds in which a change of a repository's people would show.
func remember(ctx context.Context, x Executor, repository int64, c change) error {
	before, sketch := &estate.People{}, []byte(nil)
	if c.old != nil {
		err := x.QueryRowContext(ctx, `SELECT people FROM populations WHERE repository = ?`, repository).Scan(&sketch)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	same := bytes.Equal(sketch, c.sketch)
	if !same && len(sketch) > 0 {
		if err := before.UnmarshalBinary(sketch); err != nil {
			return err
		}
	}
	nobody := &estate.People{}
	groups := c.news.groups()
	for _, g := range c.old.groups() {
		if !c.news.in(g) {
			groups = append(groups, g)
		}
	}
	for _, g := range groups {
		was, is := c.old.in(g), c.news.in(g)
		if was && is && same {
			continue
		}
		if same { // it came, or went, with all its people
			before = c.people
		}
		limit, err := crowdLimit(ctx, x, g)
		if err != nil {
			return err
		}
		after := c.people
		if !is {
			after = nobody
		}
		lost := 0
		switch {
		case was && !after.Covers(before, limit):
			lost = 1
		case nobody.Covers(after, limit):
			continue
		}
		if _, err := x.ExecContext(ctx, `INSERT INTO pending (class, repository, lost) VALUES (?, ?, ?)
			ON CONFLICT (class, repository) DO UPDATE SET lost = CASE WHEN pending.lost <> 0 THEN 1 ELSE excluded.lost END`, g, repository, lost); err != nil {
			return err
		}
	}
	return nil
}
