// Package mongodb is the source of MongoDB databases: their collections, each a stream of documents in JSON, one a line, and the files of
// GridFS, each as it is.
//
// Views are no items: what they show stands in collections. A time series is one item. A server that only names to a login what it may use
// leaves a gap for what else there may be.
package mongodb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// Kind is the repository's kind.
const Kind = "mongodb"

// Database is one database.
type Database struct {
	name      string // mongodb://host/database
	db        string
	custodian string
	settings  *settings
	warnings  []string
	traits    []estate.Trait
	server    hello

	mu     sync.Mutex
	client *mongo.Client // nil where nobody is connected

	patience source.Patience
}

// settings are what all connections to a server share.
type settings struct {
	url   *url.URL // with the password, and never shown
	tls   bool
	local bool // every host is this machine
	rate  *source.Rate
	prefs bool // the address says which servers of a set are asked
}

// hello is what a server says of itself.
type hello struct {
	Set  string `bson:"setName"`
	Msg  string `bson:"msg"` // "isdbgrid" of a router
	Wire int    `bson:"maxWireVersion"`
}

// snapshots tells whether the server can read as of one moment (5.0 and newer, sets and clusters).
func (h *hello) snapshots() bool { return h.Wire >= 13 && h.joined() }

// joined tells whether the server belongs to a set or a cluster.
func (h *hello) joined() bool { return h.Set != "" || h.Msg == "isdbgrid" }

// Open makes the sources of an address: of the database that it names, or, where it names none, of every database that the login may see.
func Open(ctx context.Context, target, custodian string) ([]source.Source, error) {
	a, err := source.ParseAddress(target)
	if err != nil {
		return nil, err
	}
	set, err := settingsOf(a)
	if err != nil {
		return nil, err
	}
	names := []string{strings.Trim(a.Path, "/")}
	at := func(db string) *Database {
		d := &Database{name: "mongodb://" + hosts(a) + "/" + url.PathEscape(source.Display(db)), db: db, custodian: custodian, settings: set}
		d.patience.Spend() // what is wrong is told at once
		return d
	}
	if names[0] == "" {
		server := at("")
		if names, err = server.databases(ctx); err != nil {
			return nil, server.refused(ctx, err)
		}
	}
	var out []source.Source
	for _, n := range names {
		d := at(n)
		switch err := d.check(ctx); {
		case err == nil:
			out = append(out, d)
		case len(names) == 1 || ctx.Err() != nil:
			return nil, d.refused(ctx, err)
		default:
			out = append(out, source.Closed(d.Repository(), cold(err).Error()))
		}
	}
	return out, nil
}

// known are the options of an address that the driver is given (MongoDB, connection string options).
var known = []string{"replicaset", "directconnection", "authsource", "authmechanism", "tlscafile", "tlscertificatekeyfile", "tlsinsecure", "readpreference", "serverselectiontimeoutms"}

// settingsOf makes the settings of all connections. TLS is used but with this machine, where the address does not say otherwise.
func settingsOf(a *source.Address) (*settings, error) {
	wrong := func(words string) error {
		return &source.TargetError{Usage: true, Err: fmt.Errorf("the address of %s: %s", source.Display(a.Host), words),
			Hint: "known are tls, " + strings.Join(known, ", ") + ", password_env, password_file, password_keyring, rate; write mongodb://user@host/database"}
	}
	if a.Host == "" {
		return nil, wrong("it names no server")
	}
	set := &settings{local: true, rate: source.NewRate(a.Rate)}
	for h := range strings.SplitSeq(a.Host, ",") {
		name := (&url.URL{Host: h}).Hostname()
		ip, err := netip.ParseAddr(name)
		set.local = set.local && a.Scheme == "mongodb" && (name == "localhost" || err == nil && ip.IsLoopback())
	}
	q := a.Query()
	set.tls = !set.local
	for k, v := range q {
		switch low := strings.ToLower(k); {
		case low == "tls" || low == "ssl":
			set.tls = v[0] == "true"
			if v[0] != "true" && v[0] != "false" {
				return nil, wrong("tls is true or false")
			}
			q.Del(k)
		case !slices.Contains(known, low):
			return nil, wrong("it has a part that is not understood")
		case low == "readpreference":
			set.prefs = true
		}
	}
	q.Set("tls", strconv.FormatBool(set.tls))
	if !q.Has("serverSelectionTimeoutMS") {
		q.Set("serverSelectionTimeoutMS", "10000") // for so long, the driver tries by itself
	}
	u := *a.URL
	u.RawQuery = q.Encode()
	if name := u.User.Username(); name != "" && a.Named {
		u.User = url.UserPassword(name, a.Password)
		if q.Get("authSource") == "" { // where logins usually are, whatever database is read
			q.Set("authSource", "admin")
			u.RawQuery = q.Encode()
		}
	}
	if set.url = &u; set.options().Validate() != nil {
		return nil, wrong("the driver does not take it; a user needs a password, and a certificate its file")
	}
	return set, nil
}

// options are those of a client.
func (s *settings) options() *options.ClientOptions {
	o := options.Client().ApplyURI(s.url.String()).SetAppName("chartroom").SetConnectTimeout(10 * time.Second).
		SetDialer(dialer{&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}, s.rate}).SetLoggerOptions(nil)
	if !s.prefs {
		o.SetReadPreference(readpref.SecondaryPreferred())
	}
	return o
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

// Rate implements source.Rated.
func (d *Database) Rate() *source.Rate { return d.settings.rate }

// hosts are the servers of an address as the inventory shows them: without the port where it is the usual one.
func hosts(a *source.Address) string {
	var out []string
	for h := range strings.SplitSeq(strings.ToLower(a.Host), ",") {
		out = append(out, source.Display(strings.TrimSuffix(h, ":27017")))
	}
	slices.Sort(out)
	return strings.Join(out, ",")
}

// Repository is the database.
func (d *Database) Repository() estate.Repository {
	return estate.Repository{Name: d.name, Kind: Kind, Custodian: d.custodian, Traits: slices.Clone(d.traits)}
}

// Grants reports nothing: the collector is not there yet.
func (d *Database) Grants(context.Context, func(estate.Grant) error) error { return nil }

// Warnings says what the login may do that a survey does not need, and what else is unsafe. Each is a sentence without secrets.
func (d *Database) Warnings() []string { return slices.Clone(d.warnings) }

// connected gives the client. It does not reach for the server by itself.
func (d *Database) connected() (*mongo.Client, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.client != nil {
		return d.client, nil
	}
	c, err := mongo.Connect(d.settings.options())
	if err == nil {
		d.client = c
	}
	return c, err
}

// end closes all connections.
func (d *Database) end() {
	d.mu.Lock()
	c := d.client
	d.client = nil
	d.mu.Unlock()
	if c != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = c.Disconnect(ctx) // nothing was written, so nothing can be lost
	}
}

// run runs a command, and decodes its answer into v.
func (d *Database) run(ctx context.Context, db string, command bson.D, v any) error {
	c, err := d.connected()
	if err != nil {
		return err
	}
	return d.patience.Connect(ctx, func() (bool, error) {
		err := c.Database(db).RunCommand(ctx, command, d.settings.readFrom()).Decode(v)
		return passing(err), err
	})
}

// readFrom asks the servers that the address means, by default others than the first of a set: commands go to the first otherwise.
func (s *settings) readFrom() *options.RunCmdOptionsBuilder {
	return options.RunCmd().SetReadPreference(s.options().ReadPreference)
}

// own are the databases of the server itself.
var own = []string{"admin", "config", "local"}

// databases lists the databases that the login may see, but for the server's own.
func (d *Database) databases(ctx context.Context) ([]string, error) {
	defer d.end()
	var list struct {
		Databases []struct {
			Name string `bson:"name"`
		} `bson:"databases"`
	}
	err := d.run(ctx, "admin", bson.D{{Key: "listDatabases", Value: 1}, {Key: "nameOnly", Value: true}}, &list)
	var out []string
	for _, db := range list.Databases {
		if !slices.Contains(own, db.Name) {
			out = append(out, db.Name)
		}
	}
	if err == nil && len(out) == 0 {
		err = errors.New("the login is shown no database")
	}
	return out, err
}

// writing are the actions that nobody needs who only reads (MongoDB, privilege actions).
var writing = []string{"insert", "update", "remove", "createCollection", "createIndex", "dropCollection", "dropDatabase", "dropIndex", "collMod", "renameCollectionSameDB",
	"createUser", "dropUser", "grantRole", "createRole", "changeAnyPassword", "shutdown", "anyAction", "bypassDocumentValidation", "convertToCapped", "compact", "applyOps"}

// check connects once, and finds out what there is to warn of.
func (d *Database) check(ctx context.Context) error {
	defer d.end()
	if err := d.run(ctx, "admin", bson.D{{Key: "hello", Value: 1}}, &d.server); err != nil {
		return err
	}
	var status struct {
		Auth struct {
			Users      []bson.Raw `bson:"authenticatedUsers"`
			Privileges []struct {
				Actions []string `bson:"actions"`
			} `bson:"authenticatedUserPrivileges"`
		} `bson:"authInfo"`
	}
	if err := d.run(ctx, "admin", bson.D{{Key: "connectionStatus", Value: 1}, {Key: "showPrivileges", Value: true}}, &status); err != nil {
		return err
	}
	var more []string
	for _, p := range status.Auth.Privileges {
		for _, a := range p.Actions {
			if slices.Contains(writing, a) && !slices.Contains(more, a) {
				more = append(more, a)
			}
		}
	}
	slices.Sort(more)
	d.warnings = nil
	if n := len(more); n > 0 {
		d.warnings = append(d.warnings, fmt.Sprintf("the login of %s may do more than read (%s); docs/sources.md has the role of one which may only read", d.name, strings.Join(more[:min(n, 4)], ", ")))
	}
	// A first look at what is there tells whether the login may, and, where nobody had to log in, that everybody may.
	var list bson.Raw
	if err := d.run(ctx, d.db, bson.D{{Key: "listCollections", Value: 1}, {Key: "nameOnly", Value: true}, {Key: "authorizedCollections", Value: true}}, &list); err != nil {
		return err
	}
	if len(status.Auth.Users) == 0 {
		d.warnings = append(d.warnings, d.name+" lets everybody in without a login")
	}
	if !d.settings.tls && !d.settings.local {
		d.warnings = append(d.warnings, fmt.Sprintf("the connection to %s is not encrypted; take tls=false away", d.name))
	}
	d.describe(ctx, len(status.Auth.Users) == 0)
	return nil
}

// describe asks for what the server says of the database as a whole. What it does not answer is not known.
func (d *Database) describe(ctx context.Context, public bool) {
	var build struct {
		Version string `bson:"version"`
	}
	var stats struct {
		Size    float64 `bson:"dataSize"`
		Objects float64 `bson:"objects"`
	}
	var status struct {
		Encryption *struct {
			Enabled bool `bson:"encryptionEnabled"`
		} `bson:"encryptionAtRest"`
	}
	word := map[bool]string{true: "yes", false: "no"}
	trait := func(name string, err error, value string) {
		if err != nil {
			value = cold(err).Error()
		}
		d.traits = append(d.traits, estate.Trait{Name: name, Value: value, Known: err == nil})
	}
	d.traits = nil
	err := d.run(ctx, "admin", bson.D{{Key: "buildInfo", Value: 1}}, &build)
	trait("version", err, source.Display(build.Version))
	err = d.run(ctx, d.db, bson.D{{Key: "dbStats", Value: 1}}, &stats)
	trait("size", err, strconv.FormatFloat(stats.Size, 'f', 0, 64))
	trait("rows_estimate", err, strconv.FormatFloat(stats.Objects, 'f', 0, 64))
	trait("tls", nil, word[d.settings.tls])
	trait("public_access", nil, word[public])
	err = d.run(ctx, "admin", bson.D{{Key: "serverStatus", Value: 1}}, &status)
	if err == nil && status.Encryption == nil {
		d.traits = append(d.traits, estate.Trait{Name: "encryption", Value: "the server does not tell"})
		return
	}
	if err != nil {
		status.Encryption = &struct {
			Enabled bool `bson:"encryptionEnabled"`
		}{}
	}
	trait("encryption", err, word[status.Encryption.Enabled])
}
