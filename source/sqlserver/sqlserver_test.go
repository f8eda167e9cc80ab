package sqlserver

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	driver "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/record/rows"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/sourcetest"
)

// sources opens what a server has, or one database of it.
func sources(t testing.TB, s *server, db string) ([]source.Source, error) {
	t.Helper()
	a, err := source.ParseAddress("sqlserver://reader@sql.lakeside.example/" + db)
	if err != nil {
		t.Fatal(err)
	}
	set, err := settingsOf(a)
	if err != nil {
		t.Fatal(err)
	}
	return openAll(t.Context(), db, "Lakeside", set, func(string) sqldriver.Connector { return s })
}

func open(t testing.TB, s *server) *Database {
	t.Helper()
	srcs, err := sources(t, s, "ehr")
	if err != nil {
		t.Fatal(err)
	}
	return srcs[0].(*Database)
}

// list gives what a source lists, by path; a gap as its reason.
func list(t testing.TB, src source.Source) (items map[string]source.Item, gaps map[string]string) {
	t.Helper()
	items, gaps = map[string]source.Item{}, map[string]string{}
	err := src.Items(t.Context(), func(l source.Listed) error {
		if l.Gap != nil {
			gaps[l.Gap.Path] = string(l.Gap.Reason) + ": " + l.Gap.Detail
		} else {
			items[l.Item.Path] = l.Item
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return items, gaps
}

// readAll reads an item's rows, a line each; values longer than 40 bytes as their lengths.
func readAll(t testing.TB, src source.Source, it source.Item) (out []string, err error) {
	t.Helper()
	body, err := src.Open(t.Context(), it)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	r, err := rows.NewReader(body)
	if err != nil {
		return nil, err
	}
	for {
		more, err := r.Row()
		if err != nil || !more {
			return out, err
		}
		var line []string
		for range r.Columns {
			n, null, err := r.Next()
			if err != nil {
				return out, err
			}
			switch v, err := io.ReadAll(r); {
			case err != nil:
				return out, err
			case null:
				line = append(line, "-")
			case n > 40:
				line = append(line, fmt.Sprintf("(%d)", n))
			default:
				line = append(line, string(v))
			}
		}
		out = append(out, strings.Join(line, "|"))
	}
}

func patients() *answer {
	a := tableOf(7, "dbo", "patients", "[dbo].[patients]", "mrn:int", "name:nvarchar", "born:date", "vip:bit", "weight:float", "note:nvarchar:max", "scan:image")
	a.rows = [][]sqldriver.Value{
		{int64(100201), "Zoë\t\n'; DROP TABLE patients; --", "1962-03-04", int64(1), 61.5, "short", []byte("%PDF-1.7")},
		{int64(100202), "", nil, nil, nil, strings.Repeat("n", 700_000), []byte{}},
		{nil, nil, nil, nil, nil, nil, make([]byte, longValue+1)},
	}
	return a
}

func TestReading(t *testing.T) {
	odd := tableOf(8, "odd.schema", "a]b 'c' \x01--", "[odd.schema].[a]]b 'c' \x01--]", "x]y:varchar")
	odd.rows = [][]sqldriver.Value{{"5"}}
	s := newServer(t, patients(), odd)
	d := open(t, s)
	items, gaps := list(t, d)
	got := map[string][]string{}
	for path, it := range items {
		lines, err := readAll(t, d, it)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if got[path] = lines; it.Bytes != 16384 || it.Version != "" {
			t.Errorf("%s: %+v", path, it)
		}
	}
	want := map[string][]string{`odd.schema.a]b 'c' \x01--`: {"5"},
		"dbo.patients": {"100201|Zoë\t\n'; DROP TABLE patients; --|1962-03-04|1|61.5|short|%PDF-1.7", "100202||-|-|-|-|", "-|-|-|-|-|-|-", "-|-|-|-|-|(700000)|-", "-|-|-|-|-|-|(1048577)"}}
	if diff := cmp.Diff(want, got); diff != "" || len(gaps) > 0 {
		t.Error(diff, gaps)
	}
	if s.begun != 2 || s.levels[len(s.levels)-1] != "SNAPSHOT" {
		t.Errorf("%d transactions, %q", s.begun, s.levels)
	}
}

func TestWhatIsNotShownIsTold(t *testing.T) {
	flag := func(a *answer, column, what int) *answer { a.columns[column][what] = int64(1); return a }
	denied := patients()
	denied.columns[1][3], denied.columns[2][3] = int64(0), int64(0)
	huge := tableOf(7, "dbo", "patients", "[dbo].[patients]", "note:text")
	huge.rows = [][]sqldriver.Value{{strings.Repeat("n", maxValue/2+1)}, {"short"}}
	all := tableOf(7, "dbo", "patients", "[dbo].[patients]", "a:int")
	all.columns[0][3] = int64(0)
	refused := patients()
	refused.err = driver.Error{Number: 229, Message: "The SELECT permission was denied on the object 'patients'; 123-45-6789."}
	for name, c := range map[string]struct {
		table  *answer
		reason estate.GapReason
		says   string
		rows   int
	}{
		"columns":     {denied, estate.GapUnreadable, "no SELECT: 2; the rest was read", 5},
		"encrypted":   {flag(patients(), 1, 4), estate.GapEncrypted, "Always Encrypted: 1", 5},
		"masked":      {flag(patients(), 1, 5), estate.GapUnreadable, "UNMASK: 1", 5},
		"filtered":    {flag(patients(), 0, 6), estate.GapUnreadable, "row-level security may hide", 5},
		"a view":      {flag(patients(), 0, 7), estate.GapUnreadable, "masked in the tables", 5},
		"long values": {huge, estate.GapLimit, "values over 32 MiB: 1", 2},
		"all columns": {all, estate.GapUnreadable, "nothing of it was read", 0},
		"the table":   {refused, estate.GapUnreadable, "no SELECT on it (error 229)", 0},
	} {
		d := open(t, newServer(t, c.table))
		items, _ := list(t, d)
		lines, err := readAll(t, d, items["dbo.patients"])
		var gap *source.GapError
		if len(lines) != c.rows || !errors.As(err, &gap) || gap.Reason != c.reason || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "123-45") {
			t.Errorf("%s: %d rows, %v", name, len(lines), err)
		}
	}
	blind := newServer(t, patients())
	blind.facts[6] = int64(0)
	d := open(t, blind)
	if _, gaps := list(t, d); !strings.Contains(gaps[""], "whether row-level security") || strings.Contains(gaps[""], "not named") {
		t.Error(gaps)
	}
	blind.facts[7] = int64(0)
	if _, gaps := list(t, open(t, blind)); !strings.Contains(gaps[""], "not named") {
		t.Error(gaps)
	}
	dots := newServer(t, tableOf(1, "a.b", "c", "[a.b].[c]", "x:int"), tableOf(2, "a", "b.c", "[a].[b.c]", "x:int"))
	if items, gaps := list(t, open(t, dots)); len(items) != 1 || !strings.Contains(gaps["a.b.c"], "same path") {
		t.Error(items, gaps)
	}
}

func TestMarks(t *testing.T) {
	a := patients()
	s := newServer(t, a)
	version := func() string { items, _ := list(t, open(t, s)); return items["dbo.patients"].Version }
	a.listed[5], a.listed[6], s.fork = int64(3), int64(40), "0F8C4A5E-0000-4000-8000-000000000001"
	first := version()
	if first == "" || version() != first {
		t.Error("no mark that stays")
	}
	for column, value := range map[int]sqldriver.Value{5: int64(4), 6: int64(41), 7: "2025-01-01T00:00:00"} {
		was := a.listed[column]
		if a.listed[column] = value; version() == first {
			t.Errorf("the mark does not tell of column %d", column)
		}
		a.listed[column] = was
	}
	for column, value := range map[int]sqldriver.Value{3: int64(0), 4: int64(1), 5: nil, 6: nil} {
		was := a.listed[column]
		if a.listed[column] = value; version() != "" {
			t.Errorf("a mark that cannot be trusted, by column %d", column)
		}
		a.listed[column] = was
	}
	for _, fork := range []sqldriver.Value{"0F8C4A5E-0000-4000-8000-000000000002", nil} {
		if s.fork = fork; version() == first || fork == nil && version() != "" {
			t.Errorf("the mark does not tell of a restore: %v", fork)
		}
	}
}

func TestLostConnections(t *testing.T) {
	big := tableOf(7, "dbo", "big", "[dbo].[big]", "note:varchar")
	for range 30_000 {
		big.rows = append(big.rows, []sqldriver.Value{strings.Repeat("x", 100)})
	}
	s := newServer(t, big)
	d := open(t, s)
	items, _ := list(t, d)
	read := func() (int, error) { lines, err := readAll(t, d, items["dbo.big"]); return len(lines), err }
	s.stale = 1
	if n, err := read(); n != len(big.rows) || err != nil {
		t.Errorf("a connection that went stale: %d rows, %v", n, err)
	}
	s.cut, s.cuts = 10, 2
	if n, err := read(); n != len(big.rows) || err != nil {
		t.Errorf("cut before anything was handed on: %d rows, %v", n, err)
	}
	s.cut, s.cuts = 20_000, 1
	if n, err := read(); n == 0 || n == len(big.rows) || err == nil || err.Error() != "the connection was lost" {
		t.Errorf("cut in the middle: %d rows, %v", n, err)
	}
	if n, err := read(); n != len(big.rows) || err != nil {
		t.Errorf("after that: %d rows, %v", n, err)
	}
	big.snapshotErr = driver.Error{Number: 3952}
	if n, err := read(); n != len(big.rows) || err != nil || s.levels[len(s.levels)-1] != readCommitted {
		t.Errorf("a view into a database without snapshots: %d rows, %v", n, err)
	}
	for number, want := range map[int32]estate.GapReason{208: estate.GapVanished, 824: estate.GapDamaged, 3961: estate.GapChanging, 1222: estate.GapUnreadable, 50000: estate.GapUnreadable} {
		big.err = driver.Error{Number: number, Message: "123-45-6789"}
		var gap *source.GapError
		if _, err := read(); !errors.As(err, &gap) || gap.Reason != want || strings.Contains(err.Error(), "123-45") {
			t.Errorf("%d: %v", number, err)
		}
	}
}

func TestServers(t *testing.T) {
	t.Run("all databases", func(t *testing.T) {
		s := newServer(t, patients())
		s.databases = [][]sqldriver.Value{{"ehr", int64(0), int64(1)}, {"old/../x", int64(6), int64(1)}, {"pay", int64(0), int64(0)}}
		srcs, err := sources(t, s, "")
		if err != nil || len(srcs) != 3 {
			t.Fatal(srcs, err)
		}
		var got []string
		for _, src := range srcs {
			_, gaps := list(t, src)
			got = append(got, src.Repository().Name+" "+gaps[""])
		}
		want := []string{"sqlserver://sql.lakeside.example/ehr ", "sqlserver://sql.lakeside.example/old%2F..%2Fx unreadable: the database is not online",
			"sqlserver://sql.lakeside.example/pay unreadable: the login may not enter the database"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("what the server tells of itself", func(t *testing.T) {
		s := newServer(t, patients())
		s.noStats, s.facts[2] = true, int64(0)
		d := open(t, s)
		if w := d.Warnings(); len(w) > 0 {
			t.Error(w)
		}
		r, got := d.Repository(), map[string]string{}
		for _, tr := range r.Traits {
			got[tr.Name] = fmt.Sprint(tr.Value, " ", tr.Known)
		}
		want := map[string]string{"version": "16.0.4135.4 Developer Edition (64-bit) true", "size": "8388608 true", "rows_estimate": "3 true", "isolation": "read committed, each statement as of one moment true",
			"encryption": "TDE true", "masked_columns": "0 true", "always_encrypted_columns": "0 true", "row_level_security": "0 policies true", "change_tracking": "1 tables true", "tls": "true true"}
		if diff := cmp.Diff(want, got); diff != "" || r.Owner != "LAKESIDE\\dba" || r.Custodian != "Lakeside" {
			t.Error(diff, r)
		}
		if items, _ := list(t, d); items["dbo.patients"].Bytes != -1 {
			t.Error(items)
		}
		s.facts[3], s.facts[4], s.facts[6] = false, false, int64(0)
		unknown := map[string]bool{}
		for _, tr := range open(t, s).Repository().Traits {
			if got[tr.Name] = tr.Value; !tr.Known {
				unknown[tr.Name] = true
			}
		}
		if !strings.Contains(got["isolation"], "seen twice or not at all") || got["encryption"] != "no" || !unknown["row_level_security"] {
			t.Error(got, unknown)
		}
	})
	t.Run("a login that may write", func(t *testing.T) {
		s := newServer(t)
		s.facts[8], s.facts[10], s.facts[11], s.facts[9] = int64(1), int64(1), int64(1), nil
		if w := open(t, s).Warnings(); len(w) != 1 || !strings.Contains(w[0], "(sysadmin, db_datawriter, CONTROL)") {
			t.Error(w)
		}
	})
	t.Run("a login that may not", func(t *testing.T) {
		for says, refuse := range map[string]error{
			"the password is wrong": driver.Error{Number: 18456, Message: "Login failed for user 'reader'."}, "there is no such database": driver.Error{Number: 4060},
			"a certificate that is not trusted": errors.New("TLS Handshake failed: x509: certificate signed by unknown authority"), "the connection was lost": io.EOF,
			"did not answer as SQL Server does": errors.New("hunter2"),
		} {
			s := newServer(t)
			s.refuse = refuse
			_, err := sources(t, s, "ehr")
			var te *source.TargetError
			if !errors.As(err, &te) || te.Usage || te.Hint == "" || te.Repository.Name != "sqlserver://sql.lakeside.example/ehr" || !strings.Contains(err.Error(), says) ||
				strings.Contains(err.Error()+te.Hint, "reader") || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s: %v", says, err)
			}
			if s.connected > 1 && !errors.Is(refuse, io.EOF) {
				t.Errorf("%s: tried %d times", says, s.connected)
			}
		}
	})
}

func TestContract(t *testing.T) {
	var tables []*answer
	for i, name := range []string{"a", "b", "c"} {
		a := tableOf(int64(i+1), "dbo", name, "[dbo].["+name+"]", "note:varchar")
		a.listed[5], a.listed[6] = int64(1), int64(1)
		a.rows = [][]sqldriver.Value{{"1"}}
		tables = append(tables, a)
	}
	for range 60_000 {
		tables[1].rows = append(tables[1].rows, []sqldriver.Value{strings.Repeat("x", 100)})
	}
	s := newServer(t, tables...)
	s.fork = "0F8C4A5E-0000-4000-8000-000000000001"
	meddle := func(path string, with func(i int)) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i, a := range s.tables {
			if "dbo."+a.name == path {
				with(i)
				return
			}
		}
	}
	sourcetest.Run(t, sourcetest.Subject{
		Open:  func(t testing.TB) source.Source { return open(t, s) },
		Items: []string{"dbo.a", "dbo.b", "dbo.c"}, Large: "dbo.b", Moments: true,
		Change: func(_ testing.TB, path string) { meddle(path, func(i int) { s.tables[i].listed[6] = int64(2) }) },
		Remove: func(_ testing.TB, path string) {
			meddle(path, func(i int) { s.tables = append(s.tables[:i:i], s.tables[i+1:]...) })
		},
	})
}

func TestColumns(t *testing.T) {
	for kind, want := range map[string]string{
		"int": "[a]]b]", "varchar -1": "[a]]b] long", "varbinary -1": "[a]]b] long bytes", "image": "CONVERT(varbinary(max), [a]]b]) long bytes", "clr": "CONVERT(varbinary(max), [a]]b]) long bytes",
		"text": "CONVERT(varchar(max), [a]]b]) long", "xml": "CONVERT(nvarchar(max), [a]]b]) long", "of next year": "CONVERT(nvarchar(max), [a]]b]) long", "bit": "CONVERT(tinyint, [a]]b])",
		"datetime2": "CONVERT(varchar(40), [a]]b], 121)", "uniqueidentifier": "CONVERT(char(36), [a]]b])", "geography": "[a]]b].ToString() long", "hierarchyid": "[a]]b].ToString()",
	} {
		kind, length, _ := strings.Cut(kind, " -")
		if length != "" {
			length = "-1"
		}
		c := columnOf("a]b", kind, length)
		got := c.expr
		if c.long {
			got += " long"
		}
		if c.Kind == rows.Binary {
			got += " bytes"
		}
		if got != want {
			t.Errorf("%s is read as %s", kind, got)
		}
	}
}

func TestAddresses(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("only for tests\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SQLCMDPASSWORD", "of the environment")
	of := func(target string) (settings, error) {
		a, err := source.ParseAddress(target)
		if err != nil {
			return settings{}, err
		}
		return settingsOf(a)
	}
	for target, want := range map[string]string{
		"sqlserver://reader@SQL.example/ehr":                                      "sql.example 1433 1 verified",
		"sqlserver://reader@sql.example:1500/?encrypt=strict":                     "sql.example:1500 1500 4 verified",
		"sqlserver://reader@sql.example:1433/ehr?encrypt=skip-verify":             "sql.example 1433 1 trusted",
		"mssql://reader@127.0.0.1/ehr?rate=20MB&marks=no":                         "127.0.0.1 1433 0 trusted",
		"sqlserver://reader@[::1]:1500/ehr":                                       "[::1]:1500 1500 0 trusted",
		"sqlserver://reader@localhost/ehr?encrypt=true":                           "localhost 1433 1 verified",
		"sqlserver://LAKESIDE%5Creader@sql.example/a%20b?password_file=" + secret: "sql.example 1433 1 verified",
	} {
		set, err := of(target)
		if err != nil {
			t.Errorf("%s: %v", target, err)
			continue
		}
		how := map[bool]string{true: "trusted", false: "verified"}[set.cfg.TLSConfig.InsecureSkipVerify]
		if got := fmt.Sprintf("%s %d %d %s", set.address, set.cfg.Port, set.cfg.Encryption, how); got != want || !set.cfg.ReadOnlyIntent || set.cfg.AppName != "chartroom" {
			t.Errorf("%s: %s", target, got)
		}
		if want := map[bool]string{true: "only for tests", false: "of the environment"}[strings.Contains(target, secret)]; set.cfg.Password != want {
			t.Errorf("%s: another password", target)
		}
	}
	for _, target := range []string{"sqlserver://reader:hunter2@sql.example/ehr", "sqlserver://sql.example/ehr", "sqlserver://reader@/ehr", "sqlserver://reader@sql.example/a/b",
		"sqlserver://reader@sql.example/ehr?encrypt=false", "sqlserver://reader@sql.example/ehr?database=hunter2", "sqlserver://reader@sql.example:99999/ehr", "sqlserver://reader@sql.example/ehr?log=255"} {
		_, err := of(target)
		var te *source.TargetError
		if !errors.As(err, &te) || !te.Usage || te.Hint == "" || strings.Contains(err.Error()+te.Hint, "hunter2") {
			t.Errorf("%s: %v", target, err)
		}
	}
	if _, err := Open(t.Context(), "sqlserver://reader@127.0.0.1:1/ehr", ""); err == nil || strings.Contains(err.Error(), "of the environment") {
		t.Error(err)
	}
}

// FuzzAddress: no address makes a connection across a network without TLS, or puts a password into an error.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"sqlserver://u@h/d", "sqlserver://u@[::1]:1433/?encrypt=false", "mssql://a%40b@h:1/d%2Fe?encrypt=strict&rate=1MB", "sqlserver://u:p@h", "sqlserver://u@h%00/d", "sqlserver://u@127.0.0.1.example/x"} {
		f.Add(s)
	}
	f.Setenv("SQLCMDPASSWORD", "Xq7-only-for-tests")
	f.Fuzz(func(t *testing.T, target string) {
		for _, ours := range []string{"password_", "rate"} {
			if strings.Contains(target, ours) { // of package source
				return
			}
		}
		a, err := source.ParseAddress(target)
		if err != nil {
			return
		}
		set, err := settingsOf(a)
		if err != nil {
			if strings.Contains(err.Error(), "Xq7-") {
				t.Error(err)
			}
			return
		}
		if set.connector("d") == nil || set.cfg.Encryption == msdsn.EncryptionDisabled || set.cfg.Instance != "" || set.cfg.Password != "Xq7-only-for-tests" {
			t.Errorf("%q: %+v", target, set.cfg)
		}
		host := strings.ToLower(a.Hostname())
		if set.cfg.Encryption == msdsn.EncryptionOff && host != "localhost" && host != "::1" && !strings.HasPrefix(host, "127.") && !strings.HasPrefix(host, "::ffff:") && strings.Trim(host, "0:1") != "" {
			t.Errorf("%q goes without TLS", target)
		}
	})
}

func TestValues(t *testing.T) {
	for want, v := range map[string]any{"7": int64(7), "1": true, "0": false, "2.5": 2.5, "x": []byte("x"), "": nil, "é": "é"} {
		if got := string(text(nil, v)); got != want {
			t.Errorf("%v is %q", v, got)
		}
	}
	if !lost(fmt.Errorf("read: %w", io.ErrUnexpectedEOF)) || !lost(sql.ErrConnDone) || lost(errors.New("other")) || passing(context.DeadlineExceeded) || passing(driver.Error{Number: 229}) || !passing(driver.Error{Number: 1205}) {
		t.Error("what is lost, and what passes")
	}
}
