package sql

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDefine(t *testing.T) {
	for _, c := range []struct{ statement, name, columns, key string }{
		{"CREATE TABLE patients(id INTEGER PRIMARY KEY, last TEXT, dob)", "patients", "id INTEGER|last TEXT|dob", "id"},
		{"create table if not exists \"ehr\".\"dbo\".[visit notes] ([visit id] int not null default (1+(2)), `the \"note\"` varchar(20) collate nocase, primary key ([visit id]))",
			"visit notes", "visit id INT|the \"note\" VARCHAR", "visit id"},
		{"CREATE TABLE t(a, b, PRIMARY KEY(b(10) DESC, a)) WITHOUT ROWID", "t", "a|b", "b a"},
		{"CREATE TABLE t(a DOUBLE PRECISION, b character varying(3) NOT NULL, CONSTRAINT x CHECK (a > 0 AND (b <> ',')), FOREIGN KEY (a) REFERENCES u(a))",
			"t", "a DOUBLE PRECISION|b CHARACTER VARYING", ""},
		{"CREATE TABLE t (\n  -- the person's, see (1)\n  ssn char(11), /* , */\n  key text, date date, KEY `ssn` (`ssn`), UNIQUE KEY u (key))", "t", "ssn CHAR|key TEXT|date DATE", ""},
		{"CREATE TABLE t(a int, b int GENERATED ALWAYS AS (a*2) VIRTUAL, c AS (a) STORED, d int GENERATED ALWAYS AS IDENTITY)", "t", "a INT|b! INT|c|d INT", ""},
		{"CREATE UNLOGGED TABLE public.t (a text) PARTITION BY RANGE (a)", "t", "a TEXT", ""},
		{"CREATE TABLE t(a", "t", "a", ""},
		{"CREATE TABLE t AS SELECT 1", "", "", ""},
		{"CREATE VIRTUAL TABLE t USING fts5(a)", "", "", ""},
		{"CREATE INDEX i ON t(a)", "", "", ""},
		{"", "", "", ""},
	} {
		got, ok := Define(c.statement)
		if ok != (c.columns != "") {
			t.Errorf("%.40s: %v", c.statement, ok)
		}
		if !ok {
			continue
		}
		var columns []string
		for _, k := range got.Columns {
			text := k.Name
			if k.Generated {
				text += "!"
			}
			columns = append(columns, strings.TrimSpace(text+" "+k.Type))
		}
		if diff := cmp.Diff([]string{c.name, c.columns, c.key}, []string{got.Name, strings.Join(columns, "|"), strings.Join(got.Key, " ")}); diff != "" {
			t.Errorf("%.40s (-want +got):\n%s", c.statement, diff)
		}
		if got.WithoutRowid != strings.Contains(c.statement, "ROWID") {
			t.Errorf("%.40s: without rowid %v", c.statement, got.WithoutRowid)
		}
	}
}

func FuzzDefine(f *testing.F) {
	f.Add("CREATE TABLE t(a int, [b] text default ('x'), PRIMARY KEY (a)) WITHOUT ROWID")
	f.Add("CREATE TABLE \"x\".`y` (a, b AS (c), CHECK (a > '(')) -- end")
	f.Fuzz(func(t *testing.T, s string) { Define(s) })
}
