// Package postgres is the source of PostgreSQL databases, from version 10 on: tables, leaf partitions, materialised views, foreign tables
// and large objects. All of a database is read as it was at one moment, in read-only transactions that block nobody who writes.
//
// Rows come by COPY, in a transaction that ends with each item. One more connection keeps the moment (an exported snapshot) until
// the context of the listing ends; as long as it is open, VACUUM keeps what has been deleted since.
//
// Views and the parents of partitions are no items: what they show stands in tables. What the login may not read is a gap.
package postgres

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// Kind is the repository's kind.
const Kind = "postgres"

// Times that the server is asked to keep.
const (
	queryTime = 2 * time.Minute  // for a question to the catalogues
	lockTime  = 10 * time.Second // for a lock that somebody else holds; what is locked for longer is a gap
)

// minVersion is the oldest server whose catalogues are understood (server_version_num).
const minVersion = 10_00_00

// Database is one database.
type Database struct {
	name      string // postgres://host:port/database
	custodian string
	cfg       *pgconn.Config
	rate      *source.Rate
	marks     bool
	facts     facts

	mu       sync.Mutex
	idle     []*session
	leader   *session // keeps the snapshot
	snapshot string
	over     bool // the listing's context has ended

	patience source.Patience
}

// Open makes the sources of an address: of the database that it names, or, where it names none, of every database of the server.
// One that the login may not enter is a source with nothing but a gap.
func Open(ctx context.Context, target, custodian string) ([]source.Source, error) {
	a, err := source.ParseAddress(target)
	if err != nil {
		return nil, err
	}
	named := strings.Trim(a.Path, "/") != ""
	if !named {
		a.Path = "/postgres"
	}
	rate := source.NewRate(a.Rate)
	cfg, err := config(a, rate)
	if err != nil {
		return nil, err
	}
	if named {
		d := &Database{name: address(cfg, cfg.Database), custodian: custodian, cfg: cfg, rate: rate, marks: a.Marks}
		d.patience.Spend() // what is wrong is told at once
		if d.facts, err = d.ask(ctx); err != nil {
			return nil, source.Lost(d.Repository(), refused(d.name, err))
		}
		return []source.Source{d}, nil
	}
	server := &Database{name: address(cfg, ""), cfg: cfg}
	server.patience.Spend()
	databases, err := server.databases(ctx)
	if err != nil {
		return nil, refused(server.name, err)
	}
	var out []source.Source
	for _, db := range databases {
		c := cfg.Copy()
		c.Database = db.name
		d := &Database{name: address(cfg, db.name), custodian: custodian, cfg: c, rate: rate, marks: a.Marks}
		d.patience.Spend()
		why := "the login may not connect to this database"
		if db.open {
			if d.facts, err = d.ask(ctx); err == nil {
				out = append(out, d)
				continue
			}
			why = cold(err).Error()
		}
		out = append(out, source.Closed(d.Repository(), why))
	}
	return out, nil
}

// config makes the settings of all connections.
func config(a *source.Address, rate *source.Rate) (*pgconn.Config, error) {
	cfg, err := pgconn.ParseConfig(a.String())
	if err != nil { // the parser's error would repeat the address, and name the file of a password
		return nil, &source.TargetError{Usage: true, Err: fmt.Errorf("the address of %s has a part that is not understood", a.Host),
			Hint: "known are sslmode, sslrootcert, sslcert, sslkey, connect_timeout, password_env, rate and marks"}
	}
	if a.Named {
		cfg.Password = a.Password
	}
	if cfg.ConnectTimeout == 0 || cfg.ConnectTimeout > 10*time.Minute { // the library's own default is two minutes
		cfg.ConnectTimeout = 20 * time.Second
	}
	cfg.RuntimeParams["application_name"] = "chartroom"
	cfg.RuntimeParams["client_encoding"] = "UTF8"
	cfg.OnNotice = func(*pgconn.PgConn, *pgconn.Notice) {} // a notice may hold values
	dial := cfg.DialFunc
	cfg.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return rate.Conn(context.WithoutCancel(ctx), c), nil
	}
	return cfg, nil
}

// address is a database's name in the inventory: without user, and without the port where it is the usual one.
func address(cfg *pgconn.Config, db string) string {
	host := cfg.Host
	if strings.HasPrefix(host, "/") { // the directory of a socket
		host = "localhost"
	}
	if cfg.Port != 5432 {
		host = net.JoinHostPort(host, strconv.Itoa(int(cfg.Port)))
	} else if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return "postgres://" + host + "/" + url.PathEscape(source.Display(db))
}

// Repository is the database.
func (d *Database) Repository() estate.Repository {
	r := estate.Repository{Name: d.name, Kind: Kind, Custodian: d.custodian, Owner: d.facts.owner, Traits: slices.Clone(d.facts.traits)}
	if d.facts.version > 0 {
		r.Traits = append(r.Traits, estate.Trait{Name: "encryption", Value: "PostgreSQL does not know whether its disks are encrypted"})
	}
	return r
}

// Rate implements source.Rated.
func (d *Database) Rate() *source.Rate { return d.rate }

// facts are what is known of a server and of the login before anything is listed.
type facts struct {
	version  int // server_version_num
	standby  bool
	counting bool   // track_counts is on
	tls      bool   // the connection is encrypted
	owner    string // of the database
	traits   []estate.Trait
	warnings []string
}

// Warnings says what the login may do that a survey does not need, and what else is unsafe. Each is a sentence without secrets.
func (d *Database) Warnings() []string { return slices.Clone(d.facts.warnings) }

// database is one database of a server.
type database struct {
	name string
	open bool // for this login
}

// databases lists the databases of the server, but for the two that only serve to make others.
func (d *Database) databases(ctx context.Context) (out []database, err error) {
	rows, err := d.once(ctx, `SELECT datname, datallowconn AND has_database_privilege(oid, 'CONNECT') FROM pg_database
		WHERE datname NOT IN ('template0', 'template1') ORDER BY datname`)
	for _, r := range rows {
		out = append(out, database{r.text(0), r.bool(1)})
	}
	return out, err
}

// once asks a query on a connection of its own.
func (d *Database) once(ctx context.Context, sql string) (rows []row, err error) {
	err = source.Retry(ctx, func() (bool, error) {
		s, err := d.connect(ctx)
		if err != nil {
			return false, err
		}
		defer s.close()
		if err = s.start(ctx, now); err == nil {
			rows, err = s.ask(ctx, sql)
		}
		return passing(err), err
	})
	return rows, err
}

// ask asks the server for the facts.
func (d *Database) ask(ctx context.Context) (f facts, err error) {
	rows, err := d.once(ctx, factsQuery)
	if err != nil {
		return f, err
	}
	r := rows[0]
	f.version, _ = strconv.Atoi(r.text(0))
	if f.version < minVersion {
		return f, &source.TargetError{Err: fmt.Errorf("the server %s is older than PostgreSQL 10", d.name), Hint: "read it from a replica or dump of a newer version"}
	}
	f.standby, f.counting, f.tls, f.owner = r.bool(1), r.bool(2), r.bool(3), source.Display(string(r[4]))
	for i, name := range [...]string{"version", "size", "rows_estimate"} {
		f.traits = append(f.traits, estate.Trait{Name: name, Value: string(r[5+i]), Known: true})
	}
	f.traits = append(f.traits, estate.Trait{Name: "tls", Value: yes(f.tls), Known: true}, estate.Trait{Name: "standby", Value: yes(f.standby), Known: true},
		estate.Trait{Name: "audit_log", Value: source.Display(string(r[8+len(powers)])), Known: true})
	for i, w := range powers {
		if r.bool(8 + i) {
			f.warnings = append(f.warnings, fmt.Sprintf("the login of %s %s; docs/sources.md has the statements that make one which may only read", d.name, w))
		}
	}
	if local := d.cfg.Host == "localhost" || strings.HasPrefix(d.cfg.Host, "/") || strings.HasPrefix(d.cfg.Host, "127.") || d.cfg.Host == "::1"; !f.tls && !local {
		f.warnings = append(f.warnings, fmt.Sprintf("the connection to %s is not encrypted; add ?sslmode=verify-full, or at least ?sslmode=require", d.name))
	}
	return f, nil
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// powers are what a login could do, in the order of factsQuery.
var powers = [...]string{
	"is a superuser",
	"bypasses row-level security",
	"may make roles or databases, or replicate",
	"may write to every table",
	"may write to tables, or owns some",
	"may make tables or schemas",
}

// factsQuery asks for the facts, then for the powers, of which of tables and schemas one is enough, then for what is logged of statements.
const factsQuery = `SELECT current_setting('server_version_num'), pg_is_in_recovery(), current_setting('track_counts')::bool,
	coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false),
	(SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()), current_setting('server_version'), pg_database_size(current_database()),
	(SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')),
	r.rolsuper, r.rolbypassrls AND NOT r.rolsuper, (r.rolcreaterole OR r.rolcreatedb OR r.rolreplication) AND NOT r.rolsuper,
	NOT r.rolsuper AND EXISTS (SELECT FROM pg_roles w WHERE w.rolname = 'pg_write_all_data' AND pg_has_role(w.oid, 'MEMBER')),
	NOT r.rolsuper AND EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'f', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
		AND (has_table_privilege(c.oid, 'INSERT') OR has_table_privilege(c.oid, 'UPDATE') OR has_table_privilege(c.oid, 'DELETE')
			OR has_table_privilege(c.oid, 'TRUNCATE') OR pg_has_role(c.relowner, 'USAGE'))),
	NOT r.rolsuper AND (has_database_privilege(current_database(), 'CREATE')
		OR EXISTS (SELECT FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND has_schema_privilege(n.oid, 'CREATE'))),
	CASE WHEN coalesce(current_setting('pgaudit.log', true), 'none') NOT IN ('', 'none') THEN 'pgaudit: ' || current_setting('pgaudit.log')
		WHEN current_setting('log_statement') <> 'none' THEN 'log_statement: ' || current_setting('log_statement') ELSE 'no' END
	FROM pg_roles r WHERE r.rolname = current_user`
