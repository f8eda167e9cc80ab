package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// grantTime is how long the server may take for one catalogue: as it is streamed, that includes the time in which the facts are kept.
const grantTime = 15 * time.Minute

// oidBool is the type of truth values (pg_type.dat).
const oidBool = 16

// part is one question to the catalogues. Its columns principal, action and target are those of a Grant, and all others its Detail.
type part struct {
	kind      string // of the facts
	catalogue string // which they come from
	sql       string
}

// Grants reports what the catalogues say of who may do what in this database, and of the roles and databases of its server. The facts
// are those of one moment. A catalogue that the login may not read is a fact of kind "unseen", and stops no other. Passwords and options of
// foreign servers are never asked for.
func (d *Database) Grants(ctx context.Context, yield func(estate.Grant) error) error {
	c := collector{d: d, scope: scope(d.cfg), yield: yield}
	defer func() { c.s.close() }()
	for _, p := range parts(d.facts.version) {
		if err := c.collect(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// scope names the server within which roles are unique. The loopback addresses and the socket are one.
func scope(cfg *pgconn.Config) string {
	host := strings.ToLower(cfg.Host)
	if ip := net.ParseIP(host); strings.HasPrefix(host, "/") || ip != nil && ip.IsLoopback() {
		host = "localhost"
	}
	return net.JoinHostPort(host, strconv.Itoa(int(cfg.Port)))
}

// collector asks one part after the other.
type collector struct {
	d     *Database
	s     *session
	scope string
	yield func(estate.Grant) error
}

// stopped is an error of whoever takes the facts.
type stopped struct{ error }

// collect yields the facts of one part. Only a server that cannot be reached any more, or a reader who wants no more, ends it with an error.
func (c *collector) collect(ctx context.Context, p part) error {
	if c.s == nil {
		if err := c.begin(ctx); err != nil {
			return fmt.Errorf("read the grants of %s: %w", c.d.name, cold(err))
		}
	}
	err := c.s.exec(ctx, "SAVEPOINT part")
	if err == nil {
		err = c.s.stream(ctx, p.sql, func(fields []pgconn.FieldDescription, r row) error {
			if err := c.yield(c.fact(p, fields, r)); err != nil {
				return stopped{err}
			}
			return nil
		})
	}
	if err == nil {
		return nil
	}
	if s, ok := err.(stopped); ok {
		return s.error
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if c.s.exec(ctx, "ROLLBACK TO SAVEPOINT part") != nil { // the connection is gone, and the next part makes another
		c.s.close()
		c.s = nil
	}
	return c.yield(estate.Grant{Repository: c.d.name, System: Kind, Scope: c.scope, Kind: "unseen", Target: p.kind, Why: cold(err).Error(), From: p.catalogue})
}

// begin starts the transaction in which all parts see one moment.
func (c *collector) begin(ctx context.Context) error {
	return source.Retry(ctx, func() (bool, error) {
		s, err := c.d.connect(ctx)
		if err != nil {
			return false, err
		}
		if err = s.start(ctx, moment); err == nil {
			err = s.exec(ctx, fmt.Sprintf("SET LOCAL statement_timeout = %d", grantTime.Milliseconds()))
		}
		if err != nil {
			s.close()
			return passing(err), err
		}
		c.s = s
		return false, nil
	})
}

// fact makes a Grant of a row.
func (c *collector) fact(p part, fields []pgconn.FieldDescription, r row) estate.Grant {
	g := estate.Grant{Repository: c.d.name, System: Kind, Scope: c.scope, Kind: p.kind, From: p.catalogue}
	detail := make(map[string]any, len(fields))
	for i, f := range fields {
		if r[i] == nil {
			continue
		}
		text := source.Display(r.text(i))
		switch {
		case f.Name == "principal":
			g.Principal = text
		case f.Name == "action":
			g.Action = text
		case f.Name == "target":
			g.Target = text
		case f.DataTypeOID == oidBool:
			detail[f.Name] = r.bool(i)
		default:
			detail[f.Name] = text
		}
	}
	if len(detail) > 0 {
		text, _ := json.Marshal(detail) // of texts and truth values: it cannot fail
		g.Detail = string(text)
	}
	return g
}

// stream runs a query and gives its rows one by one; a row is valid until the next.
func (s *session) stream(ctx context.Context, sql string, yield func([]pgconn.FieldDescription, row) error) error {
	res := s.ExecParams(ctx, sql, nil, nil, nil, nil)
	for res.NextRow() {
		if err := yield(res.FieldDescriptions(), res.Values()); err != nil {
			s.close() // rather than to read what nobody wants
			return err
		}
	}
	_, err := res.Close()
	return err
}
