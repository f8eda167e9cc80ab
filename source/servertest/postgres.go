package servertest

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Postgres is a running PostgreSQL server.
type Postgres struct{ *Server }

// StartPostgres starts a PostgreSQL server with TLS on offer; the user tlsonly is only let in by it. Settings are name=value.
func StartPostgres(t testing.TB, settings ...string) Postgres {
	t.Helper()
	dirs := []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/pgsql/bin"}
	initdb, server := find(t, "PostgreSQL", dirs, "initdb"), find(t, "PostgreSQL", dirs, "postgres")
	who := unprivileged(t, "postgres")
	dir := directory(t, who)
	data, port := filepath.Join(dir, "data"), freePort(t)
	write(t, who, filepath.Join(dir, "secret"), []byte(AdminPassword))
	run(t, who, dir, initdb, "-D", data, "-N", "-A", "scram-sha-256", "-U", Admin, "--pwfile", filepath.Join(dir, "secret"), "-E", "UTF8", "--locale=C")
	write(t, who, filepath.Join(data, "pg_hba.conf"), []byte("hostnossl all tlsonly 127.0.0.1/32 reject\nhost all all 127.0.0.1/32 scram-sha-256\n"))
	cert, key := certificate(t)
	write(t, who, filepath.Join(data, "server.crt"), cert)
	write(t, who, filepath.Join(data, "server.key"), key)
	s := &Server{Host: "127.0.0.1", Port: port, dir: dir, who: who, args: []string{server, "-D", data, "-p", strconv.Itoa(port), "-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "ssl=on", "-c", "max_connections=60"}}
	for _, v := range settings {
		s.args = append(s.args, "-c", v)
	}
	p := Postgres{s}
	p.Start(t)
	t.Cleanup(func() { s.stop(syscall.SIGINT) })
	return p
}

// Start starts the server again after Kill.
func (p Postgres) Start(t testing.TB) {
	t.Helper()
	p.start(t, func(ctx context.Context) error {
		c, err := pgx.Connect(ctx, p.url(Admin, AdminPassword, "postgres"))
		if err != nil {
			return err
		}
		return c.Close(ctx)
	})
}

func (p Postgres) url(user, password, db string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Host: p.Address(), Path: "/" + db, RawQuery: "sslmode=disable"}
	return u.String()
}

// Admin connects as the superuser. The connection ends with the test.
func (p Postgres) Admin(t testing.TB, db string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(context.Background(), p.url(Admin, AdminPassword, db))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// Exec runs statements as the superuser.
func (p Postgres) Exec(t testing.TB, db string, statements ...string) {
	t.Helper()
	c, err := pgx.Connect(context.Background(), p.url(Admin, AdminPassword, db))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	for _, s := range statements {
		if _, err := c.Exec(context.Background(), s); err != nil {
			t.Fatalf("%.80s: %v", s, err)
		}
	}
}

// Database makes a database, and a login that may connect to it and read what is in its schema public now and later.
func (p Postgres) Database(t testing.TB, name, login, password string) {
	t.Helper()
	p.Exec(t, "postgres", "CREATE DATABASE "+name, fmt.Sprintf("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%s') THEN CREATE ROLE %s LOGIN PASSWORD '%s'; END IF; END $$", login, login, password))
	p.Exec(t, name, "GRANT USAGE ON SCHEMA public TO "+login, "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO "+login)
}
