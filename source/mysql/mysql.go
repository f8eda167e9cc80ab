// Package mysql is the source of MySQL and MariaDB databases: their tables, each read as it was when its reading began, in a
// transaction that can only read. Results are streamed row by row; long values are read by themselves, piece by piece.
//
// Views are no items: what they show stands in tables. A partitioned table is one item. A server shows a login only what it may use, so
// where the login has no right to the whole database, that others may be there is a gap.
package mysql

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// Kind is the repository's kind.
const Kind = "mysql"

// Database is one database.
type Database struct {
	name      string // mysql://host:port/database
	schema    string
	custodian string
	cfg       *driver.Config
	rate      *source.Rate
	marks     bool
	warnings  []string
	traits    []estate.Trait

	mu   sync.Mutex
	idle []*session
	over bool // the listing's context has ended

	patience source.Patience
}

// Open makes the sources of an address: of the database that it names, or, where it names none, of every database that the login is
// shown.
func Open(ctx context.Context, target, custodian string) ([]source.Source, error) {
	a, err := source.ParseAddress(target)
	if err != nil {
		return nil, err
	}
	rate := source.NewRate(a.Rate)
	cfg, err := config(a, rate)
	if err != nil {
		return nil, err
	}
	server := &Database{name: address(cfg, ""), cfg: cfg}
	server.patience.Spend() // what is wrong is told at once
	names := []string{strings.Trim(a.Path, "/")}
	if names[0] == "" {
		if names, err = server.databases(ctx); err != nil {
			return nil, refused(server.name, err)
		}
	}
	var out []source.Source
	for _, n := range names {
		c := cfg.Clone()
		c.DBName = n
		d := &Database{name: address(cfg, n), schema: n, custodian: custodian, cfg: c, rate: rate, marks: a.Marks}
		d.patience.Spend()
		err := source.Retry(ctx, func() (bool, error) {
			err := d.check(ctx)
			return passing(err), err
		})
		switch {
		case err == nil:
			out = append(out, d)
		case len(names) == 1:
			return nil, source.Lost(d.Repository(), refused(d.name, err))
		default:
			out = append(out, source.Closed(d.Repository(), cold(err).Error()))
		}
	}
	return out, nil
}

// config makes the settings of all connections.
func config(a *source.Address, rate *source.Rate) (*driver.Config, error) {
	cfg := driver.NewConfig()
	cfg.User, cfg.Net = a.User.Username(), "tcp"
	host, port := a.Hostname(), a.Port()
	if host == "" {
		host = "localhost"
	}
	if port == "" {
		port = "3306"
	}
	cfg.Addr = net.JoinHostPort(host, port)
	if cfg.Passwd = a.Password; !a.Named {
		cfg.Passwd = environment("MYSQL_PWD")
	}
	cfg.TLSConfig = "preferred"
	for k, v := range a.Query() {
		switch {
		case k == "tls" && slices.Contains([]string{"true", "false", "preferred", "skip-verify"}, v[0]):
			cfg.TLSConfig = v[0]
		default:
			return nil, &source.TargetError{Usage: true, Err: fmt.Errorf("the address of %s has a part that is not understood", a.Host),
				Hint: "known are tls (true, preferred, skip-verify, false), password_env, rate and marks"}
		}
	}
	cfg.Timeout, cfg.Logger, cfg.InterpolateParams = 20*time.Second, &driver.NopLogger{}, true
	cfg.ConnectionAttributes = "program_name:chartroom"
	dialer := &net.Dialer{Timeout: cfg.Timeout, KeepAlive: 15 * time.Second}
	cfg.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dialer.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return rate.Conn(context.WithoutCancel(ctx), c), nil
	}
	return cfg, nil
}

// address is a database's name in the inventory: without user, and without the port where it is the usual one.
func address(cfg *driver.Config, db string) string {
	return "mysql://" + strings.TrimSuffix(cfg.Addr, ":3306") + "/" + url.PathEscape(source.Display(db))
}

// Repository is the database.
func (d *Database) Repository() estate.Repository {
	return estate.Repository{Name: d.name, Kind: Kind, Custodian: d.custodian, Traits: slices.Clone(d.traits)}
}

// Warnings says what the login may do that a survey does not need, and what else is unsafe. Each is a sentence without secrets.
func (d *Database) Warnings() []string { return slices.Clone(d.warnings) }

// Rate implements source.Rated.
func (d *Database) Rate() *source.Rate { return d.rate }

// databases lists the databases that the login is shown, but for the server's own.
func (d *Database) databases(ctx context.Context) ([]string, error) {
	s, err := d.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	rows, err := s.ask(ctx, `SELECT SCHEMA_NAME FROM information_schema.SCHEMATA
		WHERE SCHEMA_NAME NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys') ORDER BY SCHEMA_NAME`)
	var out []string
	for _, r := range rows {
		out = append(out, r[0])
	}
	return out, err
}

// harmless are the privileges that let nobody write.
var harmless = []string{"USAGE", "SELECT", "SHOW VIEW", "SHOW DATABASES", "PROCESS", "REPLICATION CLIENT", "BINLOG MONITOR", "SLAVE MONITOR", "LOCK TABLES", "DELETE HISTORY"}

// check connects once, and finds out what there is to warn of.
func (d *Database) check(ctx context.Context) error {
	s, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	grants, err := s.ask(ctx, "SHOW GRANTS")
	if err != nil {
		return err
	}
	var more []string
	d.warnings = nil
	for _, g := range grants { // GRANT privileges ON what TO whom
		privileges, _, ok := strings.Cut(strings.TrimPrefix(g[0], "GRANT "), " ON ")
		if !ok || privileges == "PROXY" {
			continue
		}
		for p := range strings.SplitSeq(privileges, ",") {
			p, _, _ = strings.Cut(strings.TrimSpace(p), " (") // columns
			if !slices.Contains(harmless, p) && !slices.Contains(more, p) {
				more = append(more, p)
			}
		}
	}
	if len(more) > 0 {
		d.warnings = append(d.warnings, fmt.Sprintf("the login of %s may do more than read (%s); docs/sources.md has the statements that make one which may only read", d.name, shortened(more)))
	}
	cipher, err := s.ask(ctx, "SHOW SESSION STATUS LIKE 'Ssl_cipher'")
	host, _, _ := net.SplitHostPort(d.cfg.Addr)
	if local := host == "localhost" || host == "::1" || strings.HasPrefix(host, "127."); err == nil && !local && (len(cipher) == 0 || cipher[0][1] == "") {
		d.warnings = append(d.warnings, fmt.Sprintf("the connection to %s is not encrypted; add ?tls=true", d.name))
	}
	if err != nil {
		return err
	}
	tls := "no"
	if len(cipher) > 0 && cipher[0][1] != "" {
		tls = "yes"
	}
	return d.describe(ctx, s, tls)
}

// describe asks for what the server says of the database as a whole.
func (d *Database) describe(ctx context.Context, s *session, tls string) error {
	rows, err := s.ask(ctx, `SELECT VERSION(), COALESCE(SUM(DATA_LENGTH), 0), COALESCE(SUM(TABLE_ROWS), 0), COUNT(*),
		COALESCE(SUM(CREATE_OPTIONS LIKE '%encryption="Y"%' OR CREATE_OPTIONS LIKE "%encryption='Y'%" OR CREATE_OPTIONS LIKE '%encrypted%=%yes%'), 0)
		FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')`, d.schema)
	if err != nil || len(rows) == 0 {
		return err
	}
	r := rows[0]
	d.traits = []estate.Trait{{Name: "version", Value: r[0], Known: true}, {Name: "size", Value: r[1], Known: true}, {Name: "rows_estimate", Value: r[2], Known: true},
		{Name: "tls", Value: tls, Known: true}}
	encryption := estate.Trait{Name: "encryption", Value: fmt.Sprintf("%s of %s tables", r[4], r[3]), Known: true}
	// MariaDB can encrypt all tables by a setting of the server, of which the tables say nothing.
	if all, err := s.ask(ctx, "SHOW GLOBAL VARIABLES LIKE 'innodb_encrypt_tables'"); err == nil && len(all) > 0 && all[0][1] != "OFF" {
		encryption.Value = "innodb_encrypt_tables is " + all[0][1] + "; by their own options, " + encryption.Value
	}
	d.traits = append(d.traits, encryption, logging(ctx, s))
	return nil
}

// logging tells which logs of statements the server writes: its general log, MariaDB's audit plugin (server_audit_*) or MySQL's
// (audit_log_policy).
func logging(ctx context.Context, s *session) estate.Trait {
	rows, err := s.ask(ctx, "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('general_log', 'server_audit_logging', 'server_audit_events', 'audit_log_policy')")
	if err != nil {
		return estate.Trait{Name: "audit_log", Value: "the server does not answer this question"}
	}
	is := map[string]string{}
	for _, r := range rows {
		is[r[0]] = r[1]
	}
	t := estate.Trait{Name: "audit_log", Value: "no", Known: true}
	switch {
	case is["server_audit_logging"] == "ON":
		t.Value = "server_audit: " + cmp.Or(source.Display(is["server_audit_events"]), "all")
	case is["audit_log_policy"] != "" && is["audit_log_policy"] != "NONE":
		t.Value = "audit_log: " + source.Display(is["audit_log_policy"])
	case is["general_log"] == "ON":
		t.Value = "general_log: all"
	}
	return t
}

// shortened lists the first few.
func shortened(words []string) string {
	if len(words) > 4 {
		return strings.Join(words[:4], ", ") + " and " + strconv.Itoa(len(words)-4) + " more"
	}
	return strings.Join(words, ", ")
}
