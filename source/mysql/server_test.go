package mysql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/servertest"
)

// TestBadTargets: each mistake is told in words of ours, with what to do, and without anything secret.
func TestBadTargets(t *testing.T) {
	m := servertest.StartMariaDB(t)
	m.Database(t, "clinic", "reader", password)
	m.Database(t, "archive", "reader", password)
	m.Exec(t, "", "CREATE USER tlsonly IDENTIFIED BY '"+password+"' REQUIRE SSL", "GRANT SELECT ON clinic.* TO tlsonly", "CREATE DATABASE shut", "CREATE TABLE clinic.t (a INT)", "INSERT INTO clinic.t VALUES (1)")
	t.Setenv("RIGHT", password)
	t.Setenv("WRONG", "s3cret-but-wrong")
	for _, c := range []struct{ name, target, want, hint string }{
		{"wrong password", "mysql://reader@" + m.Address() + "/clinic?password_env=WRONG", "password is wrong", "MYSQL_PWD"},
		{"TLS required", "mysql://tlsonly@" + m.Address() + "/clinic?password_env=RIGHT&tls=false", "wants TLS", "tls=true"},
		{"untrusted certificate", "mysql://reader@" + m.Address() + "/clinic?password_env=RIGHT&tls=true", "not trusted", "skip-verify"},
		{"no right to the database", "mysql://reader@" + m.Address() + "/shut?password_env=RIGHT", "no right", "every database"},
		{"password in the address", "mysql://reader:s3cret-but-wrong@" + m.Address() + "/clinic", "refused", "password_env"},
		{"no such option", "mysql://reader@" + m.Address() + "/clinic?password_env=RIGHT&sslmode=maybe", "not understood", "tls"},
		{"nobody there", "mysql://reader@127.0.0.1:1/clinic?password_env=RIGHT", "", "check the host"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		_, err := Open(ctx, c.target, "")
		cancel()
		var te *source.TargetError
		if !errors.As(err, &te) || !strings.Contains(te.Error(), c.want) || !strings.Contains(te.Hint, c.hint) {
			t.Errorf("%s: %v; hint %v", c.name, err, te)
		}
		if text := fmt.Sprintf("%v %+v", err, te); strings.Contains(text, "s3cret") || strings.Contains(text, password) {
			t.Errorf("%s: the error holds the password: %s", c.name, text)
		}
	}
	srcs, err := Open(t.Context(), "mysql://tlsonly@"+m.Address()+"/clinic?password_env=RIGHT", "")
	if err != nil || len(srcs) != 1 {
		t.Errorf("with TLS: %v", err)
	}
	srcs, err = Open(t.Context(), "mysql://reader@"+m.Address()+"/?password_env=RIGHT", "")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range srcs {
		names = append(names, strings.TrimPrefix(s.Repository().Name, "mysql://"+m.Address()))
		if r := s.Repository(); len(r.Traits) != 6 || !r.Traits[4].Known || r.Traits[5] != (estate.Trait{Name: "audit_log", Value: "no", Known: true}) {
			t.Errorf("the repository is %+v", r)
		}
	}
	if diff := cmp.Diff([]string{"/archive", "/clinic"}, names); diff != "" {
		t.Error(diff)
	}
	d := open(t, m.Server, "clinic", "")
	version := func() string {
		items, _ := list(t, t.Context(), d)
		return items["t"].Version
	}
	if v := version(); v != "" {
		t.Errorf("a table that was changed just now has the mark %q", v)
	}
	time.Sleep(3200 * time.Millisecond)
	before := version()
	m.Exec(t, "clinic", "ALTER TABLE t ADD COLUMN b INT DEFAULT 7, ALGORITHM=INSTANT")
	if v := version(); before == "" || v == before {
		t.Errorf("the mark %q, and %q with one more column", before, v)
	}
	m.Kill()
	m.Start(t)
	if v := version(); v != "" {
		t.Errorf("the mark %q outlived a crash", v)
	}
}
