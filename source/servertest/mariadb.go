package servertest

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// MariaDB is a running MariaDB server.
type MariaDB struct{ *Server }

// StartMariaDB starts a MariaDB server with TLS on offer. Settings are options of mariadbd without their dashes.
func StartMariaDB(t testing.TB, settings ...string) MariaDB {
	t.Helper()
	dirs := []string{"/usr/sbin", "/usr/libexec", "/opt/homebrew/opt/mariadb*/bin", "/usr/local/mysql/bin"}
	install, server := find(t, "MariaDB", dirs, "mariadb-install-db"), find(t, "MariaDB", dirs, "mariadbd")
	who := unprivileged(t, "mysql")
	dir := directory(t, who)
	data, port := filepath.Join(dir, "data"), freePort(t)
	run(t, who, dir, install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db", "--innodb-log-file-size=8M")
	first := filepath.Join(dir, "first.sql")
	write(t, who, first, fmt.Appendf(nil, "CREATE USER IF NOT EXISTS '%s'@'%%' IDENTIFIED BY '%s';\nGRANT ALL ON *.* TO '%s'@'%%' WITH GRANT OPTION;\n", Admin, AdminPassword, Admin))
	cert, key := certificate(t)
	write(t, who, filepath.Join(dir, "server.crt"), cert)
	write(t, who, filepath.Join(dir, "server.key"), key)
	s := &Server{Host: "127.0.0.1", Port: port, dir: dir, who: who, args: []string{server, "--no-defaults", "--datadir=" + data, "--port=" + strconv.Itoa(port), "--bind-address=127.0.0.1",
		"--socket=" + filepath.Join(dir, "sock"), "--pid-file=" + filepath.Join(dir, "pid"), "--init-file=" + first, "--innodb-flush-log-at-trx-commit=0", "--innodb-log-file-size=8M", "--max-allowed-packet=1G",
		"--ssl-cert=" + filepath.Join(dir, "server.crt"), "--ssl-key=" + filepath.Join(dir, "server.key"), "--skip-name-resolve", "--innodb-buffer-pool-size=64M"}}
	for _, v := range settings {
		s.args = append(s.args, "--"+v)
	}
	m := MariaDB{s}
	m.Start(t)
	t.Cleanup(func() { s.stop(syscall.SIGTERM) })
	return m
}

// Start starts the server again after Kill.
func (m MariaDB) Start(t testing.TB) {
	t.Helper()
	m.start(t, func(ctx context.Context) error {
		db := m.open("")
		defer db.Close()
		return db.PingContext(ctx)
	})
}

func (m MariaDB) open(db string) *sql.DB {
	cfg := mysql.NewConfig()
	cfg.User, cfg.Passwd, cfg.Net, cfg.Addr, cfg.DBName, cfg.Logger = Admin, AdminPassword, "tcp", m.Address(), db, &mysql.NopLogger{}
	cfg.MaxAllowedPacket = 1 << 30
	c, err := mysql.NewConnector(cfg)
	if err != nil {
		panic(err) // the configuration is our own
	}
	return sql.OpenDB(c)
}

// Admin connects as the superuser. The connection ends with the test.
func (m MariaDB) Admin(t testing.TB, db string) *sql.DB {
	t.Helper()
	d := m.open(db)
	t.Cleanup(func() { d.Close() })
	return d
}

// Exec runs statements as the superuser.
func (m MariaDB) Exec(t testing.TB, db string, statements ...string) {
	t.Helper()
	d := m.open(db)
	defer d.Close()
	for _, s := range statements {
		if _, err := d.Exec(s); err != nil {
			t.Fatalf("%.80s: %v", strings.TrimSpace(s), err)
		}
	}
}

// Database makes a database, and a login that may read all of it.
func (m MariaDB) Database(t testing.TB, name, login, password string) {
	t.Helper()
	m.Exec(t, "", "CREATE DATABASE "+name, fmt.Sprintf("CREATE USER IF NOT EXISTS '%s'@'%%' IDENTIFIED BY '%s'", login, password), fmt.Sprintf("GRANT SELECT ON %s.* TO '%s'@'%%'", name, login))
}
