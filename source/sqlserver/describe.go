package sqlserver

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// facts are what the survey goes by.
type facts struct {
	owner       string
	snapshot    bool // snapshot isolation is allowed
	definitions bool // the login sees all that is defined in the database: every table, and policies of row-level security
	reads       bool // it may read every table
}

// askFacts asks for what the server says of the database and of the login (SERVERPROPERTY, sys.databases, HAS_PERMS_BY_NAME).
const askFacts = `SELECT CONVERT(nvarchar(128), SERVERPROPERTY('ProductVersion')), CONVERT(nvarchar(128), SERVERPROPERTY('Edition')), d.snapshot_isolation_state,
	d.is_read_committed_snapshot_on, d.is_encrypted, COALESCE(SUSER_SNAME(d.owner_sid), ''),
	HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'VIEW DEFINITION'), HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'SELECT'),
	IS_SRVROLEMEMBER('sysadmin'), IS_ROLEMEMBER('db_owner'), IS_ROLEMEMBER('db_datawriter'), HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'CONTROL'),
	HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'ALTER'), HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'INSERT'), HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'UPDATE'),
	HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'DELETE'), HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'EXECUTE')
	FROM sys.databases d WHERE d.database_id = DB_ID()`

// powers are what the columns of askFacts from the ninth on tell that the login has.
var powers = []string{"sysadmin", "db_owner", "db_datawriter", "CONTROL", "ALTER", "INSERT", "UPDATE", "DELETE", "EXECUTE"}

// firstPower is the column of the first of them.
const firstPower = 8

// check connects, and finds out what there is to tell and to warn of.
func (d *Database) check(ctx context.Context) error {
	defer d.end()
	return source.Retry(ctx, func() (bool, error) {
		c, err := d.connect(ctx, readCommitted)
		if err != nil {
			return passing(err), err
		}
		defer c.Close()
		rows, err := ask(ctx, c, askFacts)
		if err == nil && len(rows) == 0 {
			err = errors.New("the server does not name the database to the login")
		}
		if err != nil {
			return passing(err), err
		}
		f := rows[0]
		d.facts = facts{owner: f[5], snapshot: f[2] == "1", definitions: f[6] == "1", reads: f[7] == "1"}
		d.warn(f[firstPower:])
		err = d.describe(ctx, c, f)
		return passing(err), err
	})
}

// warn keeps what there is to warn of.
func (d *Database) warn(has []string) {
	var more []string
	for i, p := range powers {
		if has[i] == "1" {
			more = append(more, p)
		}
	}
	d.warnings = nil
	if len(more) > 0 {
		d.warnings = append(d.warnings, fmt.Sprintf("the login of %s may do more than read (%s); docs/sources.md has the statements that make one which may only read", d.name, strings.Join(more, ", ")))
	}
	if d.set.encrypt == "skip-verify" {
		d.warnings = append(d.warnings, fmt.Sprintf("the certificate of %s is not looked at; whoever stands between can read along", d.name))
	}
}

// askDefined asks for how much there is that hides values and rows, and whether changes are tracked.
const askDefined = `SELECT (SELECT COUNT(*) FROM sys.columns WHERE is_masked = 1), (SELECT COUNT(*) FROM sys.columns WHERE encryption_type IS NOT NULL),
	(SELECT COUNT(*) FROM sys.security_policies WHERE is_enabled = 1), (SELECT COUNT(*) FROM sys.change_tracking_tables),
	(SELECT SUM(CONVERT(bigint, size)) * 8192 FROM sys.database_files)`

// describe makes the traits, of the facts and of what else the server tells.
func (d *Database) describe(ctx context.Context, c *sql.Conn, f []string) error {
	defined, err := ask(ctx, c, askDefined)
	if err != nil || len(defined) == 0 {
		return err
	}
	_, rows, err := sizes(ctx, c)
	if err != nil {
		return err
	}
	is := func(yes bool, a, b string) string {
		if yes {
			return a
		}
		return b
	}
	n := defined[0]
	isolation := is(d.facts.snapshot, "snapshot", is(f[3] == "1", "read committed, each statement as of one moment", "read committed: what is written while a table is read may be seen twice or not at all"))
	trait := func(name, value string) estate.Trait { return estate.Trait{Name: name, Value: value, Known: true} }
	d.traits = []estate.Trait{trait("version", f[0]+" "+f[1]), {Name: "size", Value: n[4], Known: n[4] != ""}, trait("rows_estimate", strconv.FormatInt(rows, 10)), trait("isolation", isolation),
		trait("encryption", is(f[4] == "1", "TDE", "no")), trait("masked_columns", n[0]), trait("always_encrypted_columns", n[1]), trait("change_tracking", n[3]+" tables")}
	policies := trait("row_level_security", n[2]+" policies")
	if !d.facts.definitions {
		policies = estate.Trait{Name: policies.Name, Value: "the login has no VIEW DEFINITION"}
	}
	tls := trait("tls", d.set.encrypt)
	if d.set.encrypt == "false" {
		tls = estate.Trait{Name: tls.Name, Value: "not asked for, as the server is this machine"}
	}
	d.traits = append(d.traits, policies, tls)
	return nil
}

// Sizes of tables, by the server's counters or, without the right to those, its catalogue, which knows no bytes
// (sys.dm_db_partition_stats, sys.partitions).
const (
	askStats      = `SELECT object_id, SUM(used_page_count) * 8192, SUM(row_count) FROM sys.dm_db_partition_stats WHERE index_id IN (0, 1) GROUP BY object_id`
	askPartitions = `SELECT object_id, NULL, SUM(rows) FROM sys.partitions WHERE index_id IN (0, 1) GROUP BY object_id`
)

// sizes gives the bytes of each table by its object_id, where they are known, and about how many rows all have together.
func sizes(ctx context.Context, c *sql.Conn) (bytes map[string]int64, all int64, err error) {
	rows, err := ask(ctx, c, askStats)
	if number(err) != 0 {
		rows, err = ask(ctx, c, askPartitions)
	}
	bytes = map[string]int64{}
	for _, r := range rows {
		if n, err := strconv.ParseInt(r[1], 10, 64); err == nil {
			bytes[r[0]] = n
		}
		n, _ := strconv.ParseInt(r[2], 10, 64) // of what is no number, nothing is counted
		all += n
	}
	return bytes, all, err
}
