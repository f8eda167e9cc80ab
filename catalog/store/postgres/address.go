package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"runtime"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// DefaultSchema is the schema of the database in which a catalog stands where its address names no other.
const DefaultSchema = "chartroom"

// Is tells whether a catalog's address is that of a server, and no path.
func Is(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

// Server is a database in which a catalog stands.
type Server struct {
	Address string // as it may be shown: without anything secret
	Schema  string

	cfg *pgconn.Config
}

// Parse reads the address of a catalog: postgres://user@host:port/database, with the options of libpq and ours: schema, password_env (the
// variable that holds the password) and password_file (the file that does, in its first line; nobody else may read it). PGPASSWORD and
// ~/.pgpass serve as well. A password in the address is refused. Without sslmode, a server on another machine must prove who it is
// (verify-full).
func Parse(address string) (*Server, error) {
	u, err := url.Parse(address)
	if err != nil { // the parser's error repeats the address, which may hold a password
		return nil, errors.New("the address is no URL; write postgres://user@host:port/database, with characters such as @ or / in a name as %40 or %2F")
	}
	q := u.Query()
	if _, has := u.User.Password(); has || q.Has("password") {
		return nil, fmt.Errorf("a password in the address of %s is refused, as others on this machine would see it; give it in PGPASSWORD, in ~/.pgpass, or name a variable or a "+
			"file that holds it: ?password_env=NAME or ?password_file=PATH", u.Host)
	}
	s := &Server{Schema: q.Get("schema")}
	if s.Schema == "" {
		s.Schema = DefaultSchema
	}
	if !identifier(s.Schema) {
		return nil, fmt.Errorf("schema %q: write small letters, digits and _, at most 63, beginning with a letter", s.Schema)
	}
	password, named, err := secret(q)
	if err != nil {
		return nil, err
	}
	s.Address = (&url.URL{Scheme: "postgres", User: u.User, Host: u.Host, Path: u.Path, RawQuery: u.RawQuery}).String()
	for _, ours := range []string{"schema", "password_env", "password_file"} {
		q.Del(ours)
	}
	if !q.Has("sslmode") && os.Getenv("PGSSLMODE") == "" {
		q.Set("sslmode", "verify-full")
		if own(cmp.Or(u.Hostname(), q.Get("host"), os.Getenv("PGHOST"), "localhost")) {
			q.Set("sslmode", "prefer")
		}
	}
	u.RawQuery = q.Encode()
	if s.cfg, err = pgconn.ParseConfig(u.String()); err != nil {
		return nil, fmt.Errorf("the address of %s is not understood: %w", u.Host, err) // it holds no password, as was seen to
	}
	if named {
		s.cfg.Password = password
	}
	s.cfg.RuntimeParams["application_name"] = "chartroom"
	return s, nil
}

// own tells whether a host is this machine, to which nobody else listens.
func own(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasPrefix(host, "/") || ip != nil && ip.IsLoopback()
}

// secret reads the password that the options of an address name.
func secret(q url.Values) (password string, named bool, err error) {
	if name := q.Get("password_env"); name != "" {
		if password, named = os.LookupEnv(name); !named {
			return "", false, fmt.Errorf("the environment has no variable %s, which password_env names", name)
		}
		return password, true, nil
	}
	path := q.Get("password_file")
	if path == "" {
		return "", false, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", false, fmt.Errorf("the file of the password: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil || !info.Mode().IsRegular():
		return "", false, fmt.Errorf("%s is no file that could hold a password", path)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return "", false, fmt.Errorf("others may read the file %s of the password (its mode is %04o); chmod 600 %s", path, info.Mode().Perm(), path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSecret))
	if err != nil {
		return "", false, fmt.Errorf("the file of the password: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return "", false, fmt.Errorf("the file %s of the password is empty; write it into the first line", path)
	}
	return line, true, nil
}

// maxSecret is how long a password may be, in bytes.
const maxSecret = 16 << 10

// identifier tells whether a name needs no quotes in SQL.
func identifier(s string) bool {
	for i := range len(s) {
		if c := s[i]; !('a' <= c && c <= 'z' || i > 0 && (c == '_' || '0' <= c && c <= '9')) {
			return false
		}
	}
	return s != "" && len(s) <= 63 && !strings.HasPrefix(s, "pg_")
}
