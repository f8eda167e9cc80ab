package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/estate"
)

// crowdLimit is from where on a kept crowd holds no marks; 0 = it holds all.
func crowdLimit(ctx context.Context, q Querier, class int64) (uint64, error) {
	var bound int64
	err := q.QueryRowContext(ctx, `SELECT bound FROM crowds WHERE class = ?`, class).Scan(&bound)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return uint64(bound), err
}

// Crowd gives the people of all repositories that hold a class, as they are kept; empty where there are none.
func Crowd(ctx context.Context, q Querier, class int64) (*estate.People, error) {
	return readPeople(q.QueryRowContext(ctx, `SELECT people FROM crowds WHERE class = ?`, class))
}

// Pending gives the repositories whose people are not in a crowd yet, each with whether somebody was lost that is still in it.
func Pending(ctx context.Context, q Querier, class int64) (map[int64]bool, error) {
	out := map[int64]bool{}
	for rows, err := range Rows(ctx, q, `SELECT repository, lost FROM pending WHERE class = ?`, class) {
		var repository, lost int64
		if err == nil {
			err = rows.Scan(&repository, &lost)
		}
		if err != nil {
			return nil, err
		}
		out[repository] = lost != 0
	}
	return out, nil
}

// Regrouped is a crowd that was brought up to date.
type Regrouped struct {
	Class  int64
	limit  uint64
	sketch []byte
}

// Regroup brings the crowds up to date: what came is merged into them, and those of which somebody was lost are counted again. It only reads;
// Keep writes.
func Regroup(ctx context.Context, q Querier) ([]Regrouped, error) {
	var classes []int64
	for rows, err := range Rows(ctx, q, `SELECT DISTINCT class FROM pending ORDER BY class`) {
		var class int64
		if err == nil {
			err = rows.Scan(&class)
		}
		if err != nil {
			return nil, err
		}
		classes = append(classes, class)
	}
	var out []Regrouped
	for _, class := range classes {
		all, err := regroup(ctx, q, class)
		if err != nil {
			return nil, fmt.Errorf("people of class %d: %w", class, err)
		}
		r := Regrouped{Class: class}
		if r.sketch, err = all.MarshalBinary(); err != nil {
			return nil, err
		}
		r.limit = all.Limit()
		out = append(out, r)
	}
	return out, nil
}

func regroup(ctx context.Context, q Querier, class int64) (*estate.People, error) {
	var lost int64
	if err := q.QueryRowContext(ctx, `SELECT count(*) FROM pending WHERE class = ? AND lost <> 0`, class).Scan(&lost); err != nil {
		return nil, err
	}
	of := Listed{`pending`, `l.class = ?`, []any{class}}
	all := estate.NewPeople(0)
	var err error
	switch {
	case lost == 0:
		all, err = Crowd(ctx, q, class)
	case class == Everything:
		of = Listed{`listed`, `1 = 1`, nil}
	default:
		of.Table = `classed`
	}
	if err != nil {
		return nil, err
	}
	return all, MergePopulations(ctx, q, all, of)
}

// Listed are some repositories of a list.
type Listed struct {
	Table     string // listed, classed or pending, which is l in the condition
	Condition string
	Args      []any // of the condition
}

// Keep writes crowds that Regroup brought up to date; nobody may have listed anything in between.
func Keep(ctx context.Context, x Executor, crowds []Regrouped) error {
	for _, c := range crowds {
		if _, err := x.ExecContext(ctx, `INSERT INTO crowds (class, bound, people) VALUES (?, ?, ?)
			ON CONFLICT (class) DO UPDATE SET bound = excluded.bound, people = excluded.people`, c.Class, int64(c.limit), c.sketch); err != nil {
			return err
		}
		if _, err := x.ExecContext(ctx, `DELETE FROM pending WHERE class = ?`, c.Class); err != nil {
			return err
		}
	}
	return nil
}

// populationBatch is of how many repositories the beginnings of people are read at once: mostly none of them is of use for the union of many.
const populationBatch = 500

// MergePopulations adds the people of repositories, as each was last counted.
func MergePopulations(ctx context.Context, q Querier, all *estate.People, of Listed) error {
	var ids []int64
	for rows, err := range Rows(ctx, q, `SELECT l.repository FROM `+of.Table+` l WHERE `+of.Condition, of.Args...) {
		var id int64
		if err == nil {
			err = rows.Scan(&id)
		}
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	args := make([]any, populationBatch+1)
	args[0] = estate.HeadBytes
	for piece := range slices.Chunk(ids, populationBatch) {
		for i := range populationBatch {
			args[i+1] = piece[min(i, len(piece)-1)]
		}
		var unread []int64
		for rows, err := range Rows(ctx, q, `SELECT p.repository, substr(p.people, 1, ?) FROM populations p
			WHERE p.repository IN (?`+strings.Repeat(", ?", populationBatch-1)+`)`, args...) {
			var id int64
			var head sql.RawBytes
			if err == nil {
				err = rows.Scan(&id, &head)
			}
			if err != nil {
				return err
			}
			if !all.Beyond(head) {
				unread = append(unread, id)
			}
		}
		for _, id := range unread {
			people, _, err := CountedPopulation(ctx, q, id)
			if err != nil {
				return fmt.Errorf("people of repository %d: %w", id, err)
			}
			all.Merge(people)
		}
	}
	return nil
}

// relistAll lists what was summed up before there was such a list.
func relistAll(ctx context.Context, tx *sql.Tx) error {
	for last := int64(-1); ; {
		var batch []*Summary
		for rows, err := range Rows(ctx, tx, `SELECT s.repository, s.at, coalesce(s.observed, 0), s.items, s.bytes, s.gaps, s.verdict, s.grade, s.classes,
				s.tally, s.sampled, s.blank, s.bound, s.unread FROM summaries s WHERE s.repository > ?
				AND s.at = (SELECT max(at) FROM summaries WHERE repository = s.repository) ORDER BY s.repository LIMIT ?`, last, populationBatch) {
			s := &Summary{}
			var tally sql.RawBytes
			if err == nil {
				err = rows.Scan(&s.Repository, &s.At, &s.Observed, &s.Items, &s.Bytes, &s.Gaps, &s.Verdict, &s.Grade, &s.Classes, &tally,
					&s.Sampled, &s.Blank, &s.Bound, &s.Unread)
			}
			if err == nil {
				s.Tally, err = UnpackTally(tally)
			}
			if err != nil {
				return err
			}
			batch = append(batch, s)
		}
		for _, s := range batch {
			last = s.Repository
			people, _, err := CountedPopulation(ctx, tx, s.Repository)
			if err == nil {
				err = Enlist(ctx, tx, s, people)
			}
			if err != nil {
				return err
			}
		}
		if len(batch) < populationBatch {
			break
		}
	}
	crowds, err := Regroup(ctx, tx)
	if err != nil {
		return err
	}
	return Keep(ctx, tx, crowds)
}
