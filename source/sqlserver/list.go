package sqlserver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// table is the handle of an item.
type table struct {
	id           int64 // object_id
	schema, name string
}

// listTables asks for all user tables and views that the login is shown. The last four columns make the mark: what hides something, and, of tables
// whose changes are tracked, since when, which a TRUNCATE changes, the version of the last change in the database, and the last change of
// their definition (sys.change_tracking_tables).
const listTables = `SELECT o.object_id, s.name, o.name, HAS_PERMS_BY_NAME(QUOTENAME(s.name) + '.' + QUOTENAME(o.name), 'OBJECT', 'SELECT'),
	(SELECT COUNT(*) FROM sys.columns c WHERE c.object_id = o.object_id AND (c.is_masked = 1 OR c.encryption_type IS NOT NULL))
		+ (SELECT COUNT(*) FROM sys.security_predicates p WHERE p.target_object_id = o.object_id),
	t.begin_version, CHANGE_TRACKING_CURRENT_VERSION(), CONVERT(varchar(40), o.modify_date, 126)
	FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id LEFT JOIN sys.change_tracking_tables t ON t.object_id = o.object_id
	WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 ORDER BY s.name, o.name`

// askFork asks for the fork of the database's history, which a restore changes: behind one, versions count from an earlier number again
// (sys.database_recovery_status). Where it is not told, there are no marks.
const askFork = `SELECT CONVERT(char(36), recovery_fork_guid) FROM sys.database_recovery_status WHERE database_id = DB_ID()`

// Items lists the database. Its idle connections are held until the context ends.
func (d *Database) Items(ctx context.Context, yield func(source.Listed) error) error {
	context.AfterFunc(ctx, d.end)
	var tables [][]string
	var bytes map[string]int64
	fork := ""
	err := source.Retry(ctx, func() (bool, error) {
		c, err := d.connect(ctx, readCommitted)
		if err != nil {
			return passing(err), err
		}
		defer c.Close()
		if bytes, _, err = sizes(ctx, c); err != nil {
			return passing(err), err
		}
		rows, err := ask(ctx, c, askFork)
		if len(rows) > 0 {
			fork = rows[0][0]
		}
		if err == nil || number(err) != 0 { // the server does not tell it
			tables, err = ask(ctx, c, listTables)
		}
		return passing(err), err
	})
	if err != nil {
		return fmt.Errorf("list %s: %w", d.name, cold(err))
	}
	seen := map[string]bool{}
	for _, t := range tables {
		it := d.item(t, bytes, fork)
		listed := source.Listed{Item: it}
		if seen[it.Path] { // a dot within a name
			listed = source.Listed{Gap: &estate.Gap{Path: it.Path, Reason: estate.GapUnreadable, Detail: "another table has the same path, as a dot stands within its name or its schema's", Bytes: it.Bytes}}
		}
		seen[it.Path] = true
		if err := yield(listed); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return d.unseen(yield)
}

// unseen tells what the server does not show to the login.
func (d *Database) unseen(yield func(source.Listed) error) error {
	if d.facts.definitions {
		return nil
	}
	detail := "the login has no VIEW DEFINITION on the database: whether row-level security hides rows is not known"
	if !d.facts.reads {
		detail += ", and tables that it has no right to are not named"
	}
	return yield(source.Listed{Gap: &estate.Gap{Under: true, Reason: estate.GapUnreadable, Bytes: -1, Detail: detail}})
}

// item makes an item of a row of listTables. It has a mark only where all of it may be read and its changes are tracked.
func (d *Database) item(t []string, bytes map[string]int64, fork string) source.Item {
	id, _ := strconv.ParseInt(t[0], 10, 64) // of what is no number, nothing is found
	it := source.Item{Path: source.Display(t[1] + "." + t[2]), Bytes: -1, Ref: &table{id: id, schema: t[1], name: t[2]}}
	if n, ok := bytes[t[0]]; ok {
		it.Bytes = n
	}
	if d.set.marks && d.facts.definitions && t[3] == "1" && t[4] == "0" && t[5] != "" && t[6] != "" && fork != "" {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s|%s|%s|%s|%s", t[0], t[5], t[6], t[7], fork))
		it.Version = "tracked-" + hex.EncodeToString(sum[:12])
	}
	return it
}
