package store

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// Summary is what a repository comes to.
type Summary struct {
	Repository int64
	At         int64
	Observed   int64 // when the oldest evidence in it was seen, 0 = there is none
	Items      int64
	Bytes      int64
	Gaps       int64
	Verdict    phi.Verdict
	Grade      phi.Confidentiality // the highest of an item
	Classes    phi.Classes
	Suspected  phi.Classes
	Kinds      phi.KindSet
	Flags      int64 // Part2 and Minors
	Tally      estate.Tally
	Sampling
}

// Sampling is what a repository owes to samples.
type Sampling struct {
	Sampled int64 // items of which a sample was read
	Blank   int64 // of them, those in which nothing was found
	Bound   int64 // of those, the largest bound (estate.Bound), in parts of BoundUnit
	Unread  int64 // records of items with persons that were not looked at
}

// BoundUnit is the whole of which bounds are stored as parts.
const BoundUnit = 1_000_000_000

// units of samples, by the number under which they are stored.
var units = [...]string{"", estate.UnitRecord, estate.UnitBlock}

// UnitNumber is the number under which a unit is stored.
func UnitNumber(unit string) int64 { return int64(max(0, slices.Index(units[:], unit))) }

// Unit is the unit of a number.
func Unit(n int64) string { return units[max(0, min(n, int64(len(units)-1)))] }

// Rank orders what is most sensitive first. Of two repositories with one confidentiality, it is the one with more people in the
// classes that give it: psychotherapy notes of a hundred weigh more than those of ten beside a million common records.
func (s *Summary) Rank() int64 {
	most := int64(0)
	for c, n := range s.Tally.Classes {
		if phi.Of(c).Confidentiality() == s.Grade {
			most += n.Estimate
		}
	}
	if s.Grade <= phi.Normal {
		most = s.Tally.Total.Estimate
	}
	return Rank(s.Grade, s.Verdict, most)
}

// Rank orders by confidentiality, then by verdict, then by people.
func Rank(grade phi.Confidentiality, v phi.Verdict, people int64) int64 {
	return (int64(grade)*8+int64(v))<<40 | min(people, maxRanked)
}

const maxRanked = 1<<40 - 1

// PeopleOf gives the people that an item's rank was made with.
func PeopleOf(rank int64) int64 { return rank & maxRanked }

// Confidentiality grades what is PHI, and nothing else.
func Confidentiality(v phi.Verdict, classes phi.Classes) phi.Confidentiality {
	if v != phi.VerdictPHI {
		return phi.NoConfidentiality
	}
	return classes.Confidentiality()
}

// Standing is an item that holds at a time, as far as sums need it: numbers, as scanning into named types takes several
// times as long.
type Standing struct {
	ID, Top, Run, Flags, Bytes, Seen   int64
	Verdict, Classes, Suspected, Kinds int64
	Coverage, Sample, Of, Unit, Unread int64
	Inner                              bool
	Folder, Name                       string
}

// Add enters one item.
func (s *Summary) Add(it *Standing) {
	s.Items++
	if !it.Inner {
		s.Bytes += max(0, it.Bytes)
	}
	s.Verdict = max(s.Verdict, phi.Verdict(it.Verdict))
	s.Grade = max(s.Grade, Confidentiality(phi.Verdict(it.Verdict), phi.Classes(it.Classes)))
	s.Classes |= phi.Classes(it.Classes)
	s.Suspected |= phi.Classes(it.Suspected)
	s.Kinds |= phi.KindSet(it.Kinds)
	s.Flags |= it.Flags & (Part2 | Minors)
	if s.Observed == 0 || it.Seen < s.Observed {
		s.Observed = it.Seen
	}
	s.Unread += it.Unread
	if estate.Coverage(it.Coverage) != estate.Sampled || it.Inner {
		return
	}
	s.Sampled++
	if phi.Verdict(it.Verdict) == phi.VerdictUnknown {
		e := estate.Evidence{Coverage: estate.Sampled.String(), Sample: it.Sample, Of: it.Of, Unit: Unit(it.Unit)}
		s.Blank, s.Bound = s.Blank+1, max(s.Bound, int64(math.Ceil(e.Bound().Share*BoundUnit)))
	}
}

// The queries go from a repository over its folders to the rows of each; the condition that these hold at a time follows.
const (
	standingsQuery = `SELECT x.id, coalesce(x.top, x.id), x.run, x.flags, x.bytes, x.seen_at, x.top IS NOT NULL, x.verdict, x.classes,
		x.suspected, x.kinds, x.coverage, x.sample, x.population, x.unit, x.unread, f.path, x.name FROM folders f CROSS JOIN items x ON x.folder = f.id WHERE f.repository = ? AND `
	populationQuery = `SELECT c.people FROM folders f CROSS JOIN items x ON x.folder = f.id CROSS JOIN contents c ON c.item = x.id
		WHERE c.people IS NOT NULL AND f.repository = ? AND `
	countGapsQuery = `SELECT count(*) FROM folders f CROSS JOIN gaps x ON x.folder = f.id WHERE f.repository = ? AND `
)

// EachStanding calls f with the items of a repository that hold at a time, nil for now, and ends with f's error.
func EachStanding(ctx context.Context, q Querier, repository int64, at *int64, f func(*Standing) error) error {
	held, args := HeldAt(at)
	var it Standing
	for rows, err := range Rows(ctx, q, standingsQuery+held, append([]any{repository}, args...)...) {
		if err == nil {
			err = rows.Scan(&it.ID, &it.Top, &it.Run, &it.Flags, &it.Bytes, &it.Seen, &it.Inner, &it.Verdict, &it.Classes, &it.Suspected,
				&it.Kinds, &it.Coverage, &it.Sample, &it.Of, &it.Unit, &it.Unread, &it.Folder, &it.Name)
		}
		if err == nil {
			err = f(&it)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Population merges the people of all items of a repository that hold at a time, nil for now.
func Population(ctx context.Context, q Querier, repository int64, at *int64) (*estate.People, error) {
	held, args := HeldAt(at)
	all := estate.NewPeople(0)
	for rows, err := range Rows(ctx, q, populationQuery+held, append([]any{repository}, args...)...) {
		var raw sql.RawBytes
		var one estate.People
		if err == nil {
			err = rows.Scan(&raw)
		}
		if err == nil {
			err = one.UnmarshalBinary(raw)
		}
		if err != nil {
			return nil, err
		}
		all.Merge(&one)
	}
	return all, nil
}

// CountedPopulation is what the last summary of a repository counted, and when: empty and 0 where there is none.
func CountedPopulation(ctx context.Context, q Querier, repository int64) (people *estate.People, at int64, err error) {
	people, err = readPeople(q.QueryRowContext(ctx, `SELECT people, at FROM populations WHERE repository = ?`, repository), &at)
	return people, at, err
}

// PeopleIn gives the people of an item, empty where none were told apart.
func PeopleIn(ctx context.Context, q Querier, item int64) (*estate.People, error) {
	return readPeople(q.QueryRowContext(ctx, `SELECT people FROM contents WHERE item = ? AND people IS NOT NULL`, item))
}

func readPeople(row *sql.Row, more ...any) (*estate.People, error) {
	p := estate.NewPeople(0)
	var raw []byte
	err := row.Scan(append([]any{&raw}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil
	}
	if err == nil {
		err = p.UnmarshalBinary(raw)
	}
	return p, err
}

// CountGaps counts the gaps of a repository that are open at a time, nil for now.
func CountGaps(ctx context.Context, q Querier, repository int64, at *int64) (n int64, err error) {
	held, args := HeldAt(at)
	err = q.QueryRowContext(ctx, countGapsQuery+held, append([]any{repository}, args...)...).Scan(&n)
	return n, err
}
