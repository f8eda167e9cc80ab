// Package sqlserver is the source of Microsoft SQL Server databases: their tables and views, each read as it was when its
// reading began where the database allows snapshots, and in READ COMMITTED where it does not. Nothing but SELECT is sent.
//
// Columns that are masked for the login or encrypted by Always Encrypted are not read, and rows that row-level security may hide are not
// seen; each leaves its table read in part. It is held to the contract of sources by recorded answers, and not yet proven against a real
// server.
package sqlserver

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	driver "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// Kind is the repository's kind.
const Kind = "sqlserver"

// Database is one database.
type Database struct {
	name      string // sqlserver://host:port/database
	custodian string
	connector sqldriver.Connector
	set       settings
	facts     facts
	warnings  []string
	traits    []estate.Trait

	mu   sync.Mutex
	pool *sql.DB // nil where nobody is connected

	patience source.Patience
}

// settings are what all connections to a server share.
type settings struct {
	cfg     msdsn.Config
	address string // the host, and the port where it is not 1433
	encrypt string // true, strict, skip-verify or false
	marks   bool
	rate    *source.Rate
}

// Open makes the sources of an address: of the database that it names, or, where it names none, of every database that the server has but
// its own.
func Open(ctx context.Context, target, custodian string) ([]source.Source, error) {
	a, err := source.ParseAddress(target)
	if err != nil {
		return nil, err
	}
	set, err := settingsOf(a)
	if err != nil {
		return nil, err
	}
	return openAll(ctx, strings.Trim(a.Path, "/"), custodian, set, set.connector)
}

// openAll makes the sources of a server, which connect makes connections to.
func openAll(ctx context.Context, named, custodian string, set settings, connect func(db string) sqldriver.Connector) ([]source.Source, error) {
	at := func(db string) *Database {
		d := &Database{name: "sqlserver://" + set.address + "/" + url.PathEscape(source.Display(db)), custodian: custodian, connector: connect(db), set: set}
		d.patience.Spend() // what is wrong is told at once
		return d
	}
	found := []listed{{name: named, open: true}}
	if named == "" {
		server := at("")
		var err error
		if found, err = server.databases(ctx); err != nil {
			return nil, refused(server.name, err)
		}
	}
	var out []source.Source
	for _, f := range found {
		d := at(f.name)
		if !f.open {
			out = append(out, source.Closed(d.Repository(), f.why))
			continue
		}
		switch err := d.check(ctx); {
		case err == nil:
			out = append(out, d)
		case len(found) == 1 || ctx.Err() != nil:
			return nil, source.Lost(d.Repository(), refused(d.name, err))
		default:
			out = append(out, source.Closed(d.Repository(), cold(err).Error()))
		}
	}
	return out, nil
}

// settingsOf reads what an address says of connections. TLS is required but of this machine.
func settingsOf(a *source.Address) (settings, error) {
	wrong := func(words string) error {
		return &source.TargetError{Usage: true, Err: fmt.Errorf("the address of %s: %s", source.Display(a.Host), words),
			Hint: "write sqlserver://user@host:port/database; known are encrypt (true, strict, skip-verify, and false of this machine), password_env, password_file, password_keyring, rate and marks"}
	}
	host, port, local := strings.ToLower(a.Hostname()), a.Port(), false
	if ip, err := netip.ParseAddr(host); host == "localhost" || err == nil && ip.IsLoopback() {
		local = true
	}
	if port == "" {
		port = "1433"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return settings{}, wrong("its port is no number from 1 to 65535")
	}
	switch {
	case host == "":
		return settings{}, wrong("it names no server")
	case a.User.Username() == "":
		return settings{}, wrong("it names no user")
	case strings.Contains(strings.Trim(a.Path, "/"), "/"):
		return settings{}, wrong("it names more than a database")
	}
	set := settings{encrypt: "true", marks: a.Marks, rate: source.NewRate(a.Rate), address: source.Display(strings.TrimSuffix(net.JoinHostPort(host, port), ":1433"))}
	if local {
		set.encrypt = "false"
	}
	for k, v := range a.Query() {
		if k != "encrypt" || !slices.Contains([]string{"true", "strict", "skip-verify", "false"}, v[0]) {
			return settings{}, wrong("it has a part that is not understood")
		}
		set.encrypt = v[0]
	}
	if set.encrypt == "false" && !local {
		return settings{}, wrong("across a network, SQL Server is asked with TLS only")
	}
	password := a.Password
	if !a.Named {
		password = os.Getenv("SQLCMDPASSWORD")
	}
	q := url.Values{"encrypt": {set.encrypt}, "TrustServerCertificate": {"false"}, "ApplicationIntent": {"ReadOnly"}, "database": {"master"}, "app name": {"chartroom"}, "DisableRetry": {"true"}}
	switch set.encrypt {
	case "skip-verify":
		q.Set("encrypt", "true")
		q.Set("TrustServerCertificate", "true")
	case "false":
		q.Set("TrustServerCertificate", "true")
	}
	dsn := url.URL{Scheme: "sqlserver", User: url.UserPassword(a.User.Username(), password), Host: net.JoinHostPort(host, port), RawQuery: q.Encode()}
	var err error
	if set.cfg, err = msdsn.Parse(dsn.String()); err != nil { // its error may repeat what the address holds
		return settings{}, wrong("the driver does not take it")
	}
	return set, nil
}

// connector makes connections to a database.
func (s settings) connector(db string) sqldriver.Connector {
	cfg := s.cfg
	cfg.Parameters = nil // it repeats the password
	if cfg.Database = db; db == "" {
		cfg.Database = "master"
	}
	c := driver.NewConnectorConfig(cfg)
	c.Dialer = dialer{&net.Dialer{Timeout: 20 * time.Second, KeepAlive: 15 * time.Second}, s.rate}
	return c
}

// dialer makes connections that read no faster than they may.
type dialer struct {
	*net.Dialer
	rate *source.Rate
}

// DialContext implements the driver's interface.
func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return d.rate.Conn(context.WithoutCancel(ctx), c), nil
}

// Repository is the database.
func (d *Database) Repository() estate.Repository {
	return estate.Repository{Name: d.name, Kind: Kind, Custodian: d.custodian, Owner: d.facts.owner, Traits: slices.Clone(d.traits)}
}

// Rate implements source.Rated.
func (d *Database) Rate() *source.Rate { return d.set.rate }

// Grants reports nothing: there is no collector.
func (d *Database) Grants(context.Context, func(estate.Grant) error) error { return nil }

// Warnings says what the login may do that a survey does not need, and what else is unsafe. Each is a sentence without secrets.
func (d *Database) Warnings() []string { return slices.Clone(d.warnings) }

// listed is a database that the server names.
type listed struct {
	name string
	open bool
	why  string // it is not
}

// databases lists all databases but the server's own.
func (d *Database) databases(ctx context.Context) ([]listed, error) {
	defer d.end()
	c, err := d.connect(ctx, readCommitted)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	rows, err := ask(ctx, c, listDatabases)
	var out []listed
	for _, r := range rows {
		l := listed{name: r[0], open: r[1] == "0" && r[2] == "1"}
		if l.why = "the login may not enter the database"; r[1] != "0" {
			l.why = "the database is not online"
		}
		out = append(out, l)
	}
	if err == nil && len(out) == 0 {
		err = errors.New("the server names no database to the login")
	}
	return out, err
}

// listDatabases asks for the databases, whether each is online (0), and whether the login may enter it (sys.databases, HAS_DBACCESS).
const listDatabases = `SELECT name, state, COALESCE(HAS_DBACCESS(name), 0) FROM sys.databases WHERE name NOT IN ('master', 'model', 'msdb', 'tempdb') ORDER BY name`
