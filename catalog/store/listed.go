package store

import (
	"context"
	"database/sql"

	"github.com/chartroom/chartroom/estate"
)

// List enters a summary into the list of repositories, in the place of the one before. Its arguments are those of Listing.
const List = `INSERT OR REPLACE INTO listed (repository, name, custodian, kind, rank, people, classes, states, observed)
	SELECT id, name, custodian, kind, ?2, ?3, ?4, ?5, ?6 FROM repositories WHERE id = ?1`

// Listing gives the arguments of List.
func (s *Summary) Listing() []any {
	return []any{s.Repository, s.Rank(), s.Tally.Total.Estimate, int64(s.Classes), States(s.Tally), s.Observed}
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

// listAll lists what was summed up before there was a list.
func listAll(ctx context.Context, tx *sql.Tx) error {
	var all []*Summary
	for rows, err := range Rows(ctx, tx, `SELECT s.repository, coalesce(s.observed, 0), s.verdict, s.grade, s.classes, s.tally FROM summaries s
		WHERE s.at = (SELECT max(at) FROM summaries WHERE repository = s.repository)`) {
		s := &Summary{}
		var tally sql.RawBytes
		if err == nil {
			err = rows.Scan(&s.Repository, &s.Observed, &s.Verdict, &s.Grade, &s.Classes, &tally)
		}
		if err == nil {
			s.Tally, err = UnpackTally(tally)
		}
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	for _, s := range all {
		if _, err := tx.ExecContext(ctx, List, s.Listing()...); err != nil {
			return err
		}
	}
	return nil
}
