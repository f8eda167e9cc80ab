package postgres

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source/servertest"
)

// grants collects facts, each as one line.
func grants(t *testing.T, d *Database) (lines []string) {
	t.Helper()
	err := d.Grants(t.Context(), func(g estate.Grant) error {
		lines = append(lines, fmt.Sprintf("%s|%s|%s|%s|%s", g.Kind, g.Principal, g.Action, g.Target, g.Detail))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// TestGrants: what stands in the catalogues is told as it stands, to a login with no privilege but CONNECT, and no secret with it.
func TestGrants(t *testing.T) {
	p := servertest.StartPostgres(t)
	p.Exec(t, "postgres", "CREATE DATABASE clinic", "CREATE ROLE reader LOGIN PASSWORD '"+password+"'", "CREATE ROLE nurses NOLOGIN NOINHERIT", "CREATE ROLE alice LOGIN VALID UNTIL '2031-01-01'",
		"GRANT nurses TO alice WITH ADMIN OPTION")
	p.Exec(t, "clinic", "CREATE SCHEMA ward", "GRANT USAGE ON SCHEMA ward TO nurses", `CREATE TABLE ward."vis.its" (id int, ssn text)`, `GRANT SELECT ON ward."vis.its" TO nurses WITH GRANT OPTION`,
		`GRANT SELECT (ssn) ON ward."vis.its" TO PUBLIC`, `ALTER TABLE ward."vis.its" ENABLE ROW LEVEL SECURITY`, `CREATE POLICY own ON ward."vis.its" FOR SELECT TO nurses USING (ssn = '078-05-1120')`,
		`CREATE VIEW ward.v WITH (security_invoker) AS SELECT * FROM ward."vis.its"`, "CREATE FUNCTION ward.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
		"SELECT lo_create(4711)", "GRANT SELECT ON LARGE OBJECT 4711 TO nurses", "CREATE TABLE ward.parts (a int) PARTITION BY LIST (a)", "CREATE TABLE ward.one PARTITION OF ward.parts FOR VALUES IN (1)",
		"ALTER DEFAULT PRIVILEGES IN SCHEMA ward GRANT SELECT ON TABLES TO nurses")
	lines := grants(t, open(t, p.Server, "clinic", ""))
	text := strings.Join(lines, "\n")
	for _, want := range []string{
		`role|nurses|||{"bypassrls":false,"createdb":false,"createrole":false,"inherit":false,"login":false,"predefined":false,"replication":false,"superuser":false}`,
		`"valid_until":"2031-01-01`,
		`member|alice||nurses|{"admin":true,"grantor":"admin"}`,
		`database|admin||clinic|{"default":true,"open":true}`,
		`acl|nurses|USAGE|ward|{"grantor":"admin","on":"schema"}`,
		`relation|admin||ward.vis.its|{"default":false,"forced":false,"invoker":false,"row_security":true,"schema":"ward","type":"r"}`,
		`acl|nurses|SELECT|ward.vis.its|{"grantable":"SELECT","grantor":"admin","on":"relation","schema":"ward"}`,
		`acl|public|SELECT|ward.vis.its|{"column":"ssn","grantor":"admin","on":"relation","schema":"ward"}`,
		`policy|nurses|SELECT|ward.vis.its|{"check":false,"name":"own","permissive":true,"schema":"ward","using":true}`,
		`relation|admin||ward.v|{"default":true,"forced":false,"invoker":true,"row_security":false,"schema":"ward","type":"v"}`,
		`reads|||ward.v|{"base":"ward.vis.its","base_schema":"ward","schema":"ward"}`,
		`inherits|||ward.one|{"parent":"ward.parts","parent_schema":"ward","partition":true,"schema":"ward"}`,
		`function|admin||ward.f()|{"body":false,"default":true,"definer":true,"language":"sql","schema":"ward"}`,
		`acl|nurses|SELECT|pg_largeobject/4711|{"grantor":"admin","on":"large_object"}`,
		`default_acl|nurses|SELECT||{"creator":"admin","grantor":"admin","on":"r","schema":"ward"}`,
		`unseen|||hba|`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no fact says %s", want)
		}
	}
	for _, secret := range []string{password, "078-05-1120", "SCRAM"} {
		if strings.Contains(text, secret) {
			t.Errorf("the facts hold %q", secret)
		}
	}
	if strings.Count(text, "unseen|") != 1 {
		t.Errorf("a login with CONNECT does not see all that it should:\n%s", text)
	}
}

// TestDeniedCatalogues: what is denied is told, catalogue by catalogue, and the rest is read.
func TestDeniedCatalogues(t *testing.T) {
	p := servertest.StartPostgres(t)
	p.Exec(t, "postgres", "CREATE DATABASE clinic", "CREATE ROLE reader LOGIN PASSWORD '"+password+"'")
	d := open(t, p.Server, "clinic", "")
	var denied []string
	catalogues := map[string]bool{}
	for _, part := range parts(d.facts.version) {
		if part.catalogue != "pg_settings" && !catalogues[part.catalogue] {
			catalogues[part.catalogue] = true
			denied = append(denied, "REVOKE SELECT ON "+part.catalogue+" FROM PUBLIC")
		}
	}
	p.Exec(t, "clinic", denied...)
	p.Exec(t, "clinic", "GRANT SELECT ON pg_roles TO reader")
	seen := map[string]int{}
	for _, line := range grants(t, d) {
		kind, _, _ := strings.Cut(line, "|")
		seen[kind]++
	}
	if seen["unseen"] != len(parts(d.facts.version))-2 || seen["role"] == 0 || seen["server"] != 1 || len(seen) != 3 {
		t.Errorf("%v", seen)
	}
}

// TestGrantsStop: whoever wants no more facts gets no more.
func TestGrantsStop(t *testing.T) {
	p := servertest.StartPostgres(t)
	p.Database(t, "clinic", "reader", password)
	enough, n := errors.New("enough"), 0
	err := open(t, p.Server, "clinic", "").Grants(t.Context(), func(estate.Grant) error { n++; return enough })
	if !errors.Is(err, enough) || n != 1 {
		t.Errorf("%d facts, and %v", n, err)
	}
}
