package catalog

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// Holding is an item that holds something of persons, with the persons that it holds.
type Holding struct {
	Repository string
	Path       string
	Verdict    phi.Verdict
	Classes    phi.Classes
	Bytes      int64          // -1 = not known
	People     *estate.People // nil where none can be told apart, or nobody asked; lasts until the next one
}

// EachHolding calls yield with the items that are phi, pii or health, with their people if asked, in the order of their repositories, and ends with yield's error.
func (c *Catalog) EachHolding(ctx context.Context, who audit.Caller, f Filter, people bool, yield func(Holding) error) error {
	return c.view(ctx, request{who, audit.ReadItems, f.Repository, f}, func(r *reader) error {
		held, args := r.filtered()
		for rows, err := range store.Rows(ctx, r.tx, `SELECT r.name, f.path || x.name, x.verdict, x.classes, x.bytes, c.people
			FROM repositories r CROSS JOIN folders f ON f.repository = r.id CROSS JOIN items x ON x.folder = f.id LEFT JOIN contents c ON c.item = x.id AND ?
			WHERE `+held+` AND (x.kinds <> 0 OR x.classes <> 0 OR x.tally IS NOT NULL) ORDER BY r.id`, append([]any{people}, args...)...) {
			var h Holding
			var sketch sql.RawBytes
			if err == nil {
				err = rows.Scan(&h.Repository, &h.Path, &h.Verdict, &h.Classes, &h.Bytes, &sketch)
			}
			if err == nil && len(sketch) > 0 {
				h.People = &estate.People{}
				err = h.People.UnmarshalBinary(sketch)
			}
			if err == nil {
				err = yield(h)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Readers are how many principals can read a repository.
type Readers struct {
	Repository string
	Certain    int64 // surely, by what they hold now
	Possible   int64 // only if something holds that is not known
	Outside    int64 // of the certain, those whom no identity provider of the estate knows
}

// pieceOfGraph is how much of a graph one row holds: 1 MiB, as the driver and the database hold a copy each.
const pieceOfGraph = 1 << 20

// SaveGraph keeps what the grants came to at a time: the compiled graph, in a form that is not the catalog's to know, and for each
// repository its readers.
func (c *Catalog) SaveGraph(ctx context.Context, who audit.Caller, at time.Time, graph []byte, readers []Readers) error {
	if err := c.admit(ctx, who, audit.Survey, "access"); err != nil {
		return err
	}
	if err := c.file.Update(ctx, func(tx *sql.Tx) error { return saveGraph(ctx, tx, store.Millis(at), graph, readers) }); err != nil {
		return fmt.Errorf("write catalog %s: %w", c.Path(), err)
	}
	return nil
}

func saveGraph(ctx context.Context, tx *sql.Tx, at int64, graph []byte, readers []Readers) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM graph`); err != nil {
		return err
	}
	for n := 0; n == 0 || len(graph) > 0; n++ {
		piece := graph[:min(len(graph), pieceOfGraph)]
		graph = graph[len(piece):]
		if _, err := tx.ExecContext(ctx, `INSERT INTO graph (number, at, bytes) VALUES (?, ?, ?)`, n, at, append([]byte{}, piece...)); err != nil {
			return err
		}
	}
	for _, r := range readers {
		if _, err := tx.ExecContext(ctx, `INSERT INTO readers (repository, at, certain, possible, outside)
				SELECT id, ?, ?, ?, ? FROM repositories WHERE name = ? ON CONFLICT (repository, at) DO UPDATE
				SET certain = excluded.certain, possible = excluded.possible, outside = excluded.outside`, at, r.Certain, r.Possible, r.Outside, r.Repository); err != nil {
			return err
		}
	}
	return nil
}

// RenewGraph keeps the graph as one made now, if nothing came since it was made that it rests on, neither an item nor a grant, and if it still
// stands in the caller's eyes: whether another program, another day or another custodian would make another one is his to know.
func (c *Catalog) RenewGraph(ctx context.Context, who audit.Caller, now time.Time, still func(graph []byte) bool) (renewed bool, err error) {
	if err := c.admit(ctx, who, audit.Survey, "access"); err != nil {
		return false, err
	}
	err = c.file.Update(ctx, func(tx *sql.Tx) error {
		var news int64
		err := tx.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM visits WHERE changed > g.at) + (SELECT count(*) FROM repositories WHERE from_at > g.at)
				+ (SELECT count(*) FROM (SELECT 1 AS one FROM grants WHERE from_at > g.at OR to_at > g.at LIMIT 1) AS news)
			FROM graph g WHERE g.number = 0`).Scan(&news)
		if err != nil || news > 0 {
			return err
		}
		graph, err := readGraph(ctx, tx)
		if err != nil || !still(graph) {
			return err
		}
		renewed = true
		_, err = tx.ExecContext(ctx, `UPDATE graph SET at = ?`, store.Millis(now))
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("write catalog %s: %w", c.Path(), err)
	}
	return renewed, nil
}

// readGraph puts the pieces of the graph together.
func readGraph(ctx context.Context, q store.Querier) ([]byte, error) {
	var all bytes.Buffer
	for rows, err := range store.Rows(ctx, q, `SELECT bytes FROM graph ORDER BY number`) {
		var piece sql.RawBytes
		if err == nil {
			err = rows.Scan(&piece)
		}
		if err != nil {
			return nil, err
		}
		all.Write(piece)
	}
	return all.Bytes(), nil
}

// Graph gives the compiled graph, empty where none was kept, or where facts have come since it was made.
func (c *Catalog) Graph(ctx context.Context, who audit.Caller) (graph []byte, at time.Time, err error) {
	err = c.view(ctx, request{who: who, action: audit.ReadGrants, target: "access"}, func(r *reader) error {
		var made, last sql.NullInt64
		err := r.tx.QueryRowContext(ctx, `SELECT (SELECT at FROM graph WHERE number = 0), (SELECT max(coalesce(finished, changed)) FROM visits)`).Scan(&made, &last)
		if err != nil || !made.Valid || last.Int64 > made.Int64 {
			return err
		}
		at = store.Instant(made.Int64)
		graph, err = readGraph(ctx, r.tx)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return graph, at, err
}
