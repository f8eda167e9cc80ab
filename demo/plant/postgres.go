package plant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/chartroom/chartroom/demo"
	"github.com/chartroom/chartroom/demo/export"
)

// database is the ground of a PostgreSQL database. A plant is a schema with one table, and comes to be in one transaction, whole or not
// at all.
type database struct {
	cfg  *pgx.ConnConfig
	conn *pgx.Conn
	name string
}

func openPostgres(ctx context.Context, t Target, secret string) (*database, error) {
	user, password, ok := strings.Cut(secret, ":")
	if !ok {
		return nil, fmt.Errorf("plant in %s: %w: user:password belongs into the variable", t.Label, ErrLogin)
	}
	u, err := url.Parse(t.Address)
	if err != nil || strings.Trim(u.Path, "/") == "" {
		return nil, fmt.Errorf("plant in %s: its address has to name one database", t.Label)
	}
	if u.User.Username() == user {
		return nil, fmt.Errorf("plant in %s: %w: %s is the login that the survey reads with, and must not be able to write", t.Label, ErrLogin, user)
	}
	q := u.Query()
	for _, ours := range []string{"password_env", "password_file", "password_keyring", "rate", "marks"} {
		q.Del(ours)
	}
	u.User, u.RawQuery = nil, q.Encode()
	cfg, err := pgx.ParseConfig(u.String())
	if err != nil {
		return nil, fmt.Errorf("plant in %s: its address has a part that is not understood", t.Label)
	}
	cfg.User, cfg.Password, cfg.ConnectTimeout = user, password, 20*time.Second
	cfg.RuntimeParams["application_name"] = "chartroom drill"
	d := &database{cfg: cfg, name: t.Label}
	return d, d.connect(ctx)
}

// connect makes the connection, anew where it was lost or broken off.
func (d *database) connect(ctx context.Context) (err error) {
	if d.conn != nil && !d.conn.IsClosed() {
		return nil
	}
	if d.conn, err = pgx.ConnectConfig(ctx, d.cfg); err != nil { // the library's own error repeats the address
		d.conn = nil
		why := "it cannot be reached"
		var answer *pgconn.PgError
		if errors.As(err, &answer) {
			why = answer.Message
		}
		return fmt.Errorf("plant in %s: the server does not let the login %s in: %s", d.name, d.cfg.User, why)
	}
	return nil
}

// begin does something in a transaction.
func (d *database) begin(ctx context.Context, do func(pgx.Tx) error) error {
	if err := d.connect(ctx); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, d.conn, do)
}

// Close ends the connection.
func (d *database) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if d.conn != nil {
		d.conn.Close(ctx)
	}
}

// Forms of tables.
const (
	named     = "patients"    // a column for each thing, with its name
	nameless  = "staging"     // columns without a name that says anything
	documents = "fhir_bundle" // a FHIR resource a row
	claims    = "edi_inbound" // a claim a row
)

// Forms are the forms of tables.
func (d *database) Forms() []string { return []string{named, nameless, documents, claims} }

// table is what a plant's table holds.
type table struct {
	Columns []string
	Rows    [][]any
}

// tableOf makes a plant's table.
func tableOf(p *Plant) (table, error) {
	var t table
	header := []string{"mrn", "last_name", "first_name", "date_of_birth", "sex", "address", "city", "state", "zip", "phone", "diagnosis_code"}
	switch p.Form {
	case named:
		t.Columns = header
	case nameless:
		for i := range header {
			t.Columns = append(t.Columns, fmt.Sprintf("c%02d", i+1))
		}
	case documents:
		t.Columns = []string{"resource"}
	case claims:
		t.Columns = []string{"received", "payload"}
	default:
		return t, fmt.Errorf("there is no form %s", p.Form)
	}
	for who := range demo.People(p.Seed, p.People) {
		switch p.Form {
		case documents:
			for _, doc := range strings.Split(strings.TrimSpace(string(demo.AppendFHIR(nil, who))), "\n") {
				t.Rows = append(t.Rows, []any{doc})
			}
		case claims:
			var b strings.Builder
			if err := export.X12(&b, func(yield func(*demo.Person) bool) { yield(who) }); err != nil {
				return t, err
			}
			t.Rows = append(t.Rows, []any{"2025-12-30", b.String()})
		default:
			row := make([]any, 0, len(header))
			for _, v := range strings.Split(strings.TrimSpace(string(export.AppendRow(nil, who))), ",") {
				row = append(row, v)
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t, nil
}

// content is the same as what canonical makes of the rows that stand in the table.
func (d *database) content(p *Plant) ([]byte, error) {
	t, err := tableOf(p)
	if err != nil {
		return nil, err
	}
	return canonical(t.Rows), nil
}

// canonical writes rows in an order of their own, as a table has none.
func canonical(rows [][]any) []byte {
	lines := make([]string, len(rows))
	for i, r := range rows {
		b, _ := json.Marshal(r) // strings only
		lines[i] = string(b)
	}
	slices.Sort(lines)
	return []byte(strings.Join(lines, "\n"))
}

// latch keeps whoever removes a plant waiting while it is still being planted: a server may end the transaction of a process that was killed
// only later, and may even commit it.
func latch(ctx context.Context, tx pgx.Tx, p *Plant) error {
	h := fnv.New64a()
	h.Write([]byte(p.Marker))
	_, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(h.Sum64()))
	return err
}

// Plant makes schema and table in one transaction.
func (d *database) Plant(ctx context.Context, p *Plant) error {
	t, err := tableOf(p)
	if err != nil {
		return err
	}
	err = d.begin(ctx, func(tx pgx.Tx) error {
		if err := latch(ctx, tx, p); err != nil {
			return err
		}
		schema, name := pgx.Identifier{p.Name}.Sanitize(), pgx.Identifier{p.Name, p.Form}
		for _, statement := range []string{"CREATE SCHEMA " + schema, "CREATE TABLE " + name.Sanitize() + " (" + strings.Join(t.Columns, " text, ") + " text)",
			"COMMENT ON SCHEMA " + schema + " IS '" + p.Marker + "'", "COMMENT ON TABLE " + name.Sanitize() + " IS '" + p.Marker + "'"} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		_, err := tx.CopyFrom(ctx, name, t.Columns, pgx.CopyFromRows(t.Rows))
		return err
	})
	if err != nil {
		return fmt.Errorf("plant in %s: %w", d.name, err)
	}
	return nil
}

// Remove drops the table and the schema in one transaction, if both bear the marker and the table holds what was planted. What somebody made
// to hang on them keeps them.
func (d *database) Remove(ctx context.Context, p *Plant) (was bool, err error) {
	err = d.begin(ctx, func(tx pgx.Tx) error {
		if err := latch(ctx, tx, p); err != nil {
			return err
		}
		var marker string
		err := tx.QueryRow(ctx, "SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace WHERE nspname = $1", p.Name).Scan(&marker)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if was = true; marker != p.Marker {
			return ErrChanged
		}
		if err := d.unchanged(ctx, tx, p); err != nil {
			return err
		}
		name := pgx.Identifier{p.Name, p.Form}.Sanitize()
		if _, err := tx.Exec(ctx, "DROP TABLE "+name+" RESTRICT"); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "DROP SCHEMA "+pgx.Identifier{p.Name}.Sanitize()+" RESTRICT")
		return err
	})
	if err != nil && !errors.Is(err, ErrChanged) {
		return was, fmt.Errorf("remove the plant from %s: %w", d.name, err)
	}
	return was, err
}

// unchanged locks the table, and checks that it is the one that was planted.
func (d *database) unchanged(ctx context.Context, tx pgx.Tx, p *Plant) error {
	name := pgx.Identifier{p.Name, p.Form}.Sanitize()
	var marker string
	err := tx.QueryRow(ctx, "SELECT coalesce(obj_description(c.oid, 'pg_class'), '') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind = 'r'", p.Name, p.Form).Scan(&marker)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && marker != p.Marker {
		return ErrChanged
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "LOCK TABLE "+name+" IN ACCESS EXCLUSIVE MODE"); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, "SELECT * FROM "+name)
	if err != nil {
		return err
	}
	found, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) ([]any, error) { return r.Values() })
	if err == nil && sum(canonical(found)) != p.Sum {
		err = ErrChanged
	}
	return err
}
