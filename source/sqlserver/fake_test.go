package sqlserver

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	driver "github.com/microsoft/go-mssqldb"
)

// server answers, at the driver's level, the queries that this package sends, each known by how it begins, with rows as SQL Server has them. It
// fails the test on any other.
type server struct {
	t         testing.TB
	mu        sync.Mutex
	databases [][]sqldriver.Value
	facts     []sqldriver.Value
	defined   []sqldriver.Value
	tables    []*answer
	fork      sqldriver.Value
	noStats   bool  // sys.dm_db_partition_stats is refused
	refuse    error // whoever connects
	stale     int   // so many statements fail with ErrBadConn
	cut       int   // rows after which the next readings break, as often as cuts says
	cuts      int   //
	connected int   // how often
	begun     int   // transactions
	levels    []string
}

// answer is a table, with what is answered of it.
type answer struct {
	id           int64
	schema, name string
	from         string // as Transact-SQL has it
	listed       []sqldriver.Value
	columns      [][]sqldriver.Value
	rows         [][]sqldriver.Value
	err          error // of reading it
	snapshotErr  error // of reading it in a snapshot
}

// healthy are the facts of a database that allows snapshots, and of a login that sees all and may only read.
func healthy() []sqldriver.Value {
	return []sqldriver.Value{"16.0.4135.4", "Developer Edition (64-bit)", int64(1), true, true, "LAKESIDE\\dba", int64(1), int64(1), int64(0), int64(0), int64(0), int64(0), int64(0), int64(0), int64(0), int64(0), int64(0)}
}

func newServer(t testing.TB, tables ...*answer) *server {
	return &server{t: t, facts: healthy(), defined: []sqldriver.Value{int64(0), int64(0), int64(0), int64(1), int64(8 << 20)}, tables: tables}
}

// tableOf makes a table whose columns are name type length, without a length where it has a bound.
func tableOf(id int64, schema, name, from string, columns ...string) *answer {
	a := &answer{id: id, schema: schema, name: name, from: from}
	a.listed = []sqldriver.Value{id, schema, name, int64(1), int64(0), nil, nil, "2024-05-06T07:08:09.123"}
	for _, c := range columns {
		f := strings.Split(c, ":")
		length := int64(40)
		if len(f) > 2 {
			length = -1
		}
		a.columns = append(a.columns, []sqldriver.Value{f[0], f[1], length, int64(1), int64(0), int64(0), int64(0), int64(0)})
	}
	return a
}

// Connect implements driver.Connector.
func (s *server) Connect(context.Context) (sqldriver.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connected++
	if s.refuse != nil {
		return nil, s.refuse
	}
	return &conn{s: s}, nil
}

// Driver implements driver.Connector.
func (s *server) Driver() sqldriver.Driver { return nil }

type conn struct {
	s     *server
	level string
}

func (c *conn) Prepare(string) (sqldriver.Stmt, error) { return nil, errors.New("nothing is prepared") }
func (c *conn) Close() error                           { return nil }
func (c *conn) Begin() (sqldriver.Tx, error)           { return nil, errors.New("an old way") }
func (c *conn) Commit() error                          { return errors.New("nothing is committed") }
func (c *conn) Rollback() error                        { return nil }

func (c *conn) BeginTx(_ context.Context, o sqldriver.TxOptions) (sqldriver.Tx, error) {
	if o.ReadOnly || o.Isolation != 0 {
		return nil, errors.New("read-only transactions are not supported")
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.begun++
	return c, nil
}

func (c *conn) ExecContext(_ context.Context, query string, _ []sqldriver.NamedValue) (sqldriver.Result, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	level, ok := strings.CutPrefix(query, "SET LOCK_TIMEOUT 10000; SET DEADLOCK_PRIORITY LOW; SET TEXTSIZE -1; SET NOCOUNT ON; SET TRANSACTION ISOLATION LEVEL ")
	if !ok || level != "SNAPSHOT" && level != "READ COMMITTED" {
		c.s.t.Errorf("an unknown statement: %s", query)
		return nil, errors.New("unknown")
	}
	if c.s.stale > 0 {
		c.s.stale--
		return nil, sqldriver.ErrBadConn
	}
	c.level = level
	c.s.levels = append(c.s.levels, level)
	return sqldriver.ResultNoRows, nil
}

func (c *conn) QueryContext(_ context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Rows, error) {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := func(rows ...[]sqldriver.Value) (sqldriver.Rows, error) { return &answered{rows: rows, cut: -1}, nil }
	switch {
	case strings.HasPrefix(query, "SELECT name, state, COALESCE(HAS_DBACCESS"):
		return answer(s.databases...)
	case strings.HasPrefix(query, "SELECT CONVERT(nvarchar(128), SERVERPROPERTY('ProductVersion'))"):
		return answer(s.facts)
	case strings.HasPrefix(query, "SELECT (SELECT COUNT(*) FROM sys.columns WHERE is_masked = 1)"):
		return answer(s.defined)
	case strings.Contains(query, "sys.dm_db_partition_stats"):
		if s.noStats {
			return nil, driver.Error{Number: 262, Message: "VIEW DATABASE STATE permission denied in database 'ehr'."}
		}
		return answer(s.sizes(int64(16384))...)
	case strings.Contains(query, "sys.database_recovery_status"):
		return answer([]sqldriver.Value{s.fork})
	case strings.Contains(query, "sys.partitions"):
		return answer(s.sizes(nil)...)
	case strings.HasPrefix(query, "SELECT o.object_id, s.name, o.name, HAS_PERMS_BY_NAME"):
		var rows [][]sqldriver.Value
		for _, t := range s.tables {
			rows = append(rows, slices.Clone(t.listed))
		}
		return answer(rows...)
	case strings.HasPrefix(query, "SELECT c.name, CASE WHEN c.system_type_id"):
		for _, t := range s.tables {
			if t.id == args[0].Value && t.from == args[1].Value {
				return answer(t.columns...)
			}
		}
		return answer()
	}
	for _, t := range s.tables {
		if strings.HasSuffix(query, " FROM "+t.from) || strings.Contains(query, " FROM "+t.from+" WHERE DATALENGTH(") {
			return c.read(t, query)
		}
	}
	if strings.Contains(query, " FROM [") {
		return nil, driver.Error{Number: 208, Message: "Invalid object name."}
	}
	s.t.Errorf("an unknown query: %s", query)
	return nil, errors.New("unknown")
}

func (s *server) sizes(bytes sqldriver.Value) (out [][]sqldriver.Value) {
	for _, t := range s.tables {
		out = append(out, []sqldriver.Value{t.id, bytes, int64(len(t.rows))})
	}
	return out
}

// read answers a reading of a table as the server would: long values are not among the rows, and each has a row of its own in the
// statement of its column.
func (c *conn) read(t *answer, query string) (sqldriver.Rows, error) {
	if t.err != nil {
		return nil, t.err
	}
	if c.level == "SNAPSHOT" && t.snapshotErr != nil {
		return nil, t.snapshotErr
	}
	out := &answered{cut: -1}
	if c.s.cuts > 0 {
		c.s.cuts--
		out.cut = c.s.cut
	}
	size := func(v sqldriver.Value) int {
		switch v := v.(type) {
		case []byte:
			return len(v)
		case string:
			return 2 * len(v)
		}
		return 0
	}
	var shown []int
	for i, col := range t.columns {
		if col[3] == int64(1) && col[4] == int64(0) && col[5] == int64(0) {
			shown = append(shown, i)
		}
	}
	for _, r := range t.rows {
		var row []sqldriver.Value
		for _, i := range shown {
			if strings.Contains(query, " WHERE DATALENGTH(") {
				if name := fmt.Sprint(t.columns[i][0]); !strings.Contains(query[strings.Index(query, " WHERE "):], "["+name+"]") || size(r[i]) <= longValue {
					continue
				}
				v := r[i]
				if size(v) > maxValue {
					v = nil
				}
				out.rows = append(out.rows, []sqldriver.Value{v})
				continue
			}
			v := r[i]
			if size(v) > longValue {
				v = nil
			}
			row = append(row, v)
		}
		if row != nil {
			out.rows = append(out.rows, row)
		}
	}
	if out.width = 1; !strings.Contains(query, " WHERE DATALENGTH(") {
		out.width = len(shown)
	}
	return out, nil
}

// answered are rows, which break off after cut of them.
type answered struct {
	rows   [][]sqldriver.Value
	width  int
	at     int
	cut    int
	closed bool
}

func (a *answered) Columns() []string {
	if a.width == 0 && len(a.rows) > 0 {
		a.width = len(a.rows[0])
	}
	return make([]string, a.width)
}

func (a *answered) Close() error { a.closed = true; return nil }

func (a *answered) Next(dest []sqldriver.Value) error {
	switch {
	case a.closed:
		return errors.New("closed")
	case a.at == a.cut:
		return io.ErrUnexpectedEOF
	case a.at == len(a.rows):
		return io.EOF
	}
	copy(dest, a.rows[a.at])
	a.at++
	return nil
}
