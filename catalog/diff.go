package catalog

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/list"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/phi"
)

// The kinds of a change.
const (
	Appeared = "appeared"
	Vanished = "vanished"
	Changed  = "changed"
)

// Changes are what became different between two times.
type Changes struct {
	Since        time.Time          `json:"since"`
	Until        time.Time          `json:"until"`
	Repositories []RepositoryChange `json:"repositories"` // only those that changed, the most sensitive first
}

// RepositoryChange is what became different in a repository.
type RepositoryChange struct {
	Repository string       `json:"repository"`
	Custodian  string       `json:"custodian"`
	Change     string       `json:"change"`         // of the repository: appeared, vanished (all of its items did) or changed
	Verdict    int          `json:"verdict_change"` // above 0 it has risen, below 0 fallen
	Gained     []string     `json:"gained"`         // classes of sensitivity
	Lost       []string     `json:"lost"`           // classes of sensitivity
	People     int64        `json:"people_change"`  // difference of the estimates
	Before     *Row         `json:"before"`         // null = not known then
	After      *Row         `json:"after"`          //
	Items      ItemChanges  `json:"items"`          //
	GapsOpened int64        `json:"gaps_opened"`    //
	GapsClosed int64        `json:"gaps_closed"`    //
	Most       []ItemChange `json:"most_sensitive"` // the items that changed, the most sensitive of them
	rank       int64
}

// ItemChanges counts the items that changed.
type ItemChanges struct {
	Appeared int64 `json:"appeared"`
	Vanished int64 `json:"vanished"`
	Changed  int64 `json:"changed"`
}

// ItemChange is what became different in an item.
type ItemChange struct {
	Item   string    `json:"item"`
	Change string    `json:"change"`
	Before *ItemSide `json:"before"`
	After  *ItemSide `json:"after"`
	rank   int64
}

// ItemSide is an item before or after a change.
type ItemSide struct {
	Verdict     string   `json:"verdict"`
	Sensitivity []string `json:"sensitivity"`
	People      int64    `json:"people"`
	Bytes       int64    `json:"bytes"`
}

// mostChanged is how many items a repository's change lists where the filter sets no limit.
const mostChanged = 20

// Diff tells what changed between two times; a zero until is now. The filter's repository and custodian narrow it, and its
// limit is how many items are listed for each repository.
func (c *Catalog) Diff(ctx context.Context, who audit.Caller, since, until time.Time, f Filter) (Changes, error) {
	if until.IsZero() {
		until = c.file.Now()
	}
	out := Changes{Since: since.UTC(), Until: until.UTC(), Repositories: []RepositoryChange{}}
	f.Sensitivity, f.States, f.AsOf = 0, nil, until
	err := c.view(ctx, request{who, audit.ReadDiff, f.Repository, f}, func(r *reader) error {
		f.AsOf = since
		before := newReader(r.tx, since, f)
		if err := before.there(ctx); err != nil {
			return err
		}
		touched, err := list.Touched(ctx, r.tx, min(*before.at, *r.at), max(*before.at, *r.at), f.Repository)
		if err != nil {
			return err
		}
		for piece := range slices.Chunk(touched, list.Lot) {
			if err := r.changes(ctx, before, piece, &out); err != nil {
				return err
			}
		}
		return nil
	})
	slices.SortStableFunc(out.Repositories, func(a, b RepositoryChange) int { return cmp.Compare(b.rank, a.rank) })
	return out, err
}

// changes compares some repositories with themselves.
func (r *reader) changes(ctx context.Context, before *reader, some []list.Entry, out *Changes) error {
	is, err := r.those(ctx, some)
	if err != nil {
		return err
	}
	was, err := before.those(ctx, some)
	if err != nil {
		return err
	}
	for _, e := range some {
		if is[e.Repository] == nil {
			continue // the filter asks for others, or it came later
		}
		change, err := r.change(ctx, span{before, was[e.Repository], is[e.Repository]})
		if err != nil {
			return err
		}
		if change != nil {
			out.Repositories = append(out.Repositories, *change)
		}
	}
	return nil
}

// those gives repositories by their numbers as they stood at the time of the answer, those that the filter lets through.
func (r *reader) those(ctx context.Context, some []list.Entry) (map[int64]*known, error) {
	found, err := list.Those(ctx, r.tx, r.at, some)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]*known, len(found))
	for _, f := range found {
		k := &known{Repository: f}
		if !k.Stored {
			if err := r.live(ctx, k); err != nil {
				return nil, err
			}
			k.people = nil // a sketch at a time
		}
		if r.lets(k) {
			out[k.Summary.Repository] = k
		}
	}
	clear(r.seen)
	return out, nil
}

// span is a repository before and after; before may be nil.
type span struct {
	reader   *reader
	was, now *known
}

// change compares a repository with itself; nil where nothing changed.
func (r *reader) change(ctx context.Context, s span) (*RepositoryChange, error) {
	after, err := r.row(ctx, s.now)
	if err != nil {
		return nil, err
	}
	c := &RepositoryChange{Repository: s.now.Name, Custodian: s.now.Custodian, After: &after, Change: Changed, Most: []ItemChange{},
		rank: s.now.Rank()}
	was := &known{Repository: &list.Repository{}}
	if s.was != nil {
		was = s.was
		row, err := s.reader.row(ctx, was)
		if err != nil {
			return nil, err
		}
		c.Before, c.rank = &row, max(c.rank, was.Rank())
	}
	switch {
	case s.was == nil || was.Items == 0 && s.now.Items > 0:
		c.Change = Appeared
	case was.Items > 0 && s.now.Items == 0:
		c.Change = Vanished
	}
	c.Verdict = int(s.now.Verdict) - int(was.Verdict)
	c.Gained, c.Lost = (s.now.Classes &^ was.Classes).Names(), (was.Classes &^ s.now.Classes).Names()
	c.People = s.now.Tally.Total.Estimate - was.Tally.Total.Estimate
	if err := r.itemChanges(ctx, s, c); err != nil {
		return nil, err
	}
	if err := r.gapChanges(ctx, s, c); err != nil {
		return nil, err
	}
	same := c.Change == Changed && c.Verdict == 0 && len(c.Gained)+len(c.Lost) == 0 && c.People == 0 &&
		c.Items == (ItemChanges{}) && c.GapsOpened+c.GapsClosed == 0
	if same {
		return nil, nil
	}
	return c, nil
}

// side is a version of an item on one side of a diff.
type side struct {
	from, to, rank, bytes int64
	verdict               phi.Verdict
	classes               phi.Classes
	mark                  string
}

func (s *side) render() *ItemSide {
	if s == nil {
		return nil
	}
	return &ItemSide{s.verdict.String(), s.classes.Names(), store.PeopleOf(s.rank), s.bytes}
}

// The queries name the open and the closed rows apart, each of which has its index.
const (
	itemChangesQuery = `SELECT x.from_at, coalesce(x.to_at, 4611686018427387904), x.rank, x.bytes, x.verdict, x.classes, x.mark, f.path, x.name
		FROM folders f CROSS JOIN items x ON x.folder = f.id WHERE f.repository = ?1 AND x.to_at IS NULL AND x.from_at > ?2 AND x.from_at <= ?3
		UNION ALL SELECT x.from_at, x.to_at, x.rank, x.bytes, x.verdict, x.classes, x.mark, f.path, x.name
		FROM folders f CROSS JOIN items x ON x.folder = f.id WHERE f.repository = ?1
		AND x.to_at IS NOT NULL AND (x.from_at > ?2 AND x.from_at <= ?3 OR x.to_at > ?2 AND x.to_at <= ?3) ORDER BY 8, 9, 1`
	gapChangesQuery = `SELECT count(CASE WHEN x.from_at > ?2 AND x.from_at <= ?3 AND (x.to_at IS NULL OR x.to_at > ?3) THEN 1 END),
		count(CASE WHEN x.from_at <= ?2 AND x.to_at > ?2 AND x.to_at <= ?3 THEN 1 END)
		FROM folders f CROSS JOIN gaps x ON x.folder = f.id WHERE f.repository = ?1 AND (x.to_at IS NULL OR x.to_at IS NOT NULL AND x.to_at > ?2)`
)

// itemChanges goes through the versions that began or ended in between, item by item.
func (r *reader) itemChanges(ctx context.Context, s span, c *RepositoryChange) error {
	was, is := *s.reader.at, *r.at
	var before, after *side
	var path string
	for rows, err := range store.Rows(ctx, r.tx, itemChangesQuery, s.now.Summary.Repository, was, is) {
		v := &side{}
		var folder, name string
		if err == nil {
			err = rows.Scan(&v.from, &v.to, &v.rank, &v.bytes, &v.verdict, &v.classes, &v.mark, &folder, &name)
		}
		if err != nil {
			return err
		}
		if p := folder + name; p != path {
			r.itemChange(path, before, after, c)
			path, before, after = p, nil, nil
		}
		if v.from <= was && v.to > was {
			before = v
		}
		if v.from <= is && v.to > is {
			after = v
		}
	}
	r.itemChange(path, before, after, c)
	return nil
}

func (r *reader) itemChange(path string, before, after *side, c *RepositoryChange) {
	var rank int64
	change := Changed
	switch {
	case before == nil && after == nil:
		return
	case before == nil:
		change, rank = Appeared, after.rank
		c.Items.Appeared++
	case after == nil:
		change, rank = Vanished, before.rank
		c.Items.Vanished++
	case before.mark == after.mark && before.rank == after.rank && before.classes == after.classes:
		return // read again, with the same result
	default:
		rank = max(before.rank, after.rank)
		c.Items.Changed++
	}
	keep := r.filter.Limit
	if keep <= 0 {
		keep = mostChanged
	}
	at, _ := slices.BinarySearchFunc(c.Most, rank, func(m ItemChange, rank int64) int {
		if m.rank >= rank {
			return -1
		}
		return 1
	})
	if at >= keep {
		return
	}
	c.Most = slices.Insert(c.Most, at, ItemChange{path, change, before.render(), after.render(), rank})
	c.Most = c.Most[:min(len(c.Most), keep)]
}

// gapChanges counts the gaps that opened and stayed, and those that were there and closed.
func (r *reader) gapChanges(ctx context.Context, s span, c *RepositoryChange) error {
	return r.tx.QueryRowContext(ctx, gapChangesQuery, s.now.Summary.Repository, *s.reader.at, *r.at).Scan(&c.GapsOpened, &c.GapsClosed)
}
