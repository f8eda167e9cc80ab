package mysql

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// table is the handle of an item.
type table struct {
	name    string
	history bool // it keeps what its rows were (MariaDB's system versioning)
}

// listTables asks for all tables of the database. When one was changed last is known to the server only of some engines; InnoDB forgets
// it when the server restarts, and has it to the second.
const listTables = `SELECT TABLE_NAME, TABLE_TYPE, DATA_LENGTH, CREATE_TIME, UPDATE_TIME,
	UPDATE_TIME < NOW() - INTERVAL 2 SECOND AND ENGINE IN ('InnoDB', 'MyISAM', 'Aria') AND COALESCE(CREATE_OPTIONS, '') NOT LIKE '%partitioned%', ENGINE
	FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY TABLE_NAME`

// listColumns asks for what the columns of each table are.
const listColumns = `SELECT TABLE_NAME, SHA2(GROUP_CONCAT(CONCAT_WS(' ', COLUMN_NAME, COLUMN_TYPE, PRIVILEGES) ORDER BY ORDINAL_POSITION), 256)
	FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? GROUP BY TABLE_NAME`

// Items lists the database. Its idle connections are held until the context ends.
func (d *Database) Items(ctx context.Context, yield func(source.Listed) error) error {
	context.AfterFunc(ctx, d.end)
	var tables [][]string
	columns, whole := map[string]string{}, true
	err := source.Retry(ctx, func() (bool, error) {
		s, err := d.connect(ctx)
		if err != nil {
			return passing(err), err
		}
		defer s.Close()
		if whole, err = d.mayReadAll(ctx, s); err != nil {
			return passing(err), err
		}
		cols, err := s.ask(ctx, listColumns, d.schema)
		if err != nil {
			return passing(err), err
		}
		for _, c := range cols {
			columns[c[0]] = c[1]
		}
		tables, err = s.ask(ctx, listTables, d.schema)
		return passing(err), err
	})
	if err != nil {
		return fmt.Errorf("list %s: %w", d.name, cold(err))
	}
	for _, t := range tables {
		if err := yield(source.Listed{Item: d.item(t, columns[t[0]])}); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if !whole {
		return yield(source.Listed{Gap: &estate.Gap{Under: true, Reason: estate.GapUnreadable, Bytes: -1,
			Detail: "the login has no SELECT on the whole database: the server does not name the tables that it has no right to"}})
	}
	return nil
}

// mayReadAll tells whether the login may read whatever is in the database: of a table that is not there, the server says so only to him.
func (d *Database) mayReadAll(ctx context.Context, s *session) (bool, error) {
	_, err := s.ask(ctx, "SELECT 1 FROM "+quote(d.schema)+".`no such table, says chartroom`")
	switch number(err) {
	case errTableDenied:
		return false, nil
	case errNoTable:
		return true, nil
	}
	return true, err
}

// item makes an item of a row of listTables.
func (d *Database) item(t []string, columns string) source.Item {
	it := source.Item{Path: source.Display(t[0]), Bytes: -1, Ref: &table{t[0], strings.HasPrefix(t[1], "SYSTEM")}}
	if n, err := strconv.ParseInt(t[2], 10, 64); err == nil {
		it.Bytes = n
	}
	if d.marks && t[5] == "1" && columns != "" {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s|%s|%s|%s", t[6], t[3], t[4], columns))
		it.Version = "updated-" + hex.EncodeToString(sum[:12])
	}
	return it
}

// end closes all connections that nobody uses.
func (d *Database) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.over = true
	for _, s := range d.idle {
		s.Close()
	}
	d.idle = nil
}
