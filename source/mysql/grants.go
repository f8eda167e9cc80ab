package mysql

import (
	"context"
	sqldriver "database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/estate"
)

// collector reads the grant tables of a server, one query a table, row by row.
type collector struct {
	d     *Database
	s     *session
	yield func(estate.Grant) error
	maria bool
	gone  bool // the table that was asked for last is not there, in this version
}

// errYield wraps the error of who takes the facts, so that it is not taken for one of the server's.
type errYield struct{ error }

func (e errYield) Unwrap() error { return e.error }

// Grants reports the accounts, roles and privileges of the whole server, and its views and routines with whose rights they run, as they
// stand in the server's own tables. What the login may not read of those is a fact of the kind unseen. No password, hash or text of a
// view or routine is reported.
func (d *Database) Grants(ctx context.Context, yield func(estate.Grant) error) error {
	s, err := d.connect(ctx)
	if err != nil {
		return fmt.Errorf("ask %s who may read what: %w", d.name, cold(err))
	}
	defer s.Close()
	c := &collector{d: d, s: s, yield: func(g estate.Grant) error {
		if err := yield(g); err != nil {
			return errYield{err}
		}
		return ctx.Err()
	}}
	for _, step := range []func(context.Context) error{c.server, c.accounts, c.databases, c.tables, c.columns, c.procedures, c.proxies, c.roles, c.views, c.routines} {
		err := step(ctx)
		if y := (errYield{}); errors.As(err, &y) {
			return y.error
		}
		if err != nil {
			return fmt.Errorf("ask %s who may read what: %w", d.name, cold(err))
		}
	}
	return nil
}

// tell reports a fact.
func (c *collector) tell(g estate.Grant, detail map[string]any) error {
	g.Repository, g.System, g.Scope = c.d.name, "mysql", c.d.cfg.Addr
	if len(detail) > 0 {
		b, err := json.Marshal(detail) // its keys are sorted
		if err != nil {
			return err
		}
		g.Detail = string(b)
	}
	return c.yield(g)
}

// unseen reports that something was not seen.
func (c *collector) unseen(table, what string) error {
	return c.tell(estate.Grant{Kind: "unseen", Target: table, Why: what, From: table}, nil)
}

// each runs a query and hands its rows on as text. It tells whether the login was let in.
func (c *collector) each(ctx context.Context, sql string, f func(row []string) error) (seen bool, err error) {
	rows, err := c.s.query(ctx, sql)
	c.gone = number(err) == errNoTable
	switch number(err) {
	case errTableDenied, errColumnDenied, errNoTable, 1044, 1227, 1109:
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer rows.Close()
	values := make([]sqldriver.Value, len(rows.Columns()))
	row := make([]string, len(values))
	for {
		if err := rows.Next(values); err != nil {
			if err == io.EOF {
				err = nil
			}
			return true, err
		}
		for i, v := range values {
			row[i] = strings.ToValidUTF8(string(text(nil, v)), "\uFFFD")
		}
		if err := f(row); err != nil {
			return true, err
		}
	}
}

// variables are the settings of a server that change what its grants mean.
var variables = []string{"activate_all_roles_on_login", "log_bin", "lower_case_table_names", "mandatory_roles", "partial_revokes", "secure_file_priv", "skip_grant_tables",
	"skip_name_resolve", "version"}

func (c *collector) server(ctx context.Context) error {
	detail := map[string]any{"flavour": "mysql"}
	_, err := c.each(ctx, "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('"+strings.Join(variables, "', '")+"')", func(r []string) error {
		detail[r[0]] = r[1]
		return nil
	})
	if err != nil {
		return err
	}
	if v, _ := detail["version"].(string); strings.Contains(v, "MariaDB") {
		detail["flavour"], c.maria = "mariadb", true
	}
	if err := c.tell(estate.Grant{Kind: "server", From: "SHOW GLOBAL VARIABLES"}, detail); err != nil {
		return err
	}
	return c.tell(estate.Grant{Kind: "database", Target: quote(c.d.schema), From: "the address"}, map[string]any{"repository": c.d.name})
}

// accesses are MariaDB's privileges by their bits in the number that mysql.global_priv holds as "access" (MariaDB, knowledge base,
// mysql.global_priv; a test grants each of them and looks).
var accesses = []string{"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "RELOAD", "SHUTDOWN", "PROCESS", "FILE", "GRANT OPTION", "REFERENCES", "INDEX", "ALTER", "SHOW DATABASES",
	"SUPER", "CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE", "REPLICATION SLAVE", "BINLOG MONITOR", "CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE", "CREATE USER", "EVENT",
	"TRIGGER", "CREATE TABLESPACE", "DELETE HISTORY", "SET USER", "FEDERATED ADMIN", "CONNECTION ADMIN", "READ_ONLY ADMIN", "REPLICATION SLAVE ADMIN", "REPLICATION MASTER ADMIN", "BINLOG ADMIN",
	"BINLOG REPLAY", "SLAVE MONITOR", "SHOW CREATE ROUTINE"}

// accounts reports the accounts and roles, and their global privileges.
func (c *collector) accounts(ctx context.Context) error {
	if c.maria {
		seen, err := c.each(ctx, `SELECT User, Host, JSON_VALUE(Priv, '$.access'), JSON_VALUE(Priv, '$.is_role'), JSON_VALUE(Priv, '$.default_role'), JSON_VALUE(Priv, '$.account_locked'),
			JSON_VALUE(Priv, '$.password_last_changed') = 0, JSON_VALUE(Priv, '$.plugin') FROM mysql.global_priv`, func(r []string) error {
			bits, _ := strconv.ParseUint(r[2], 10, 64)
			var privileges []string
			for i, a := range accesses {
				if bits>>i&1 == 1 {
					privileges = append(privileges, a)
				}
			}
			yes := func(s string) bool { return s == "1" || s == "true" }
			return c.account(r[0], r[1], privileges, map[string]any{"is_role": yes(r[3]), "default_role": r[4], "locked": yes(r[5]), "expired": yes(r[6]), "plugin": r[7]}, "mysql.global_priv")
		})
		if seen || err != nil {
			return err
		}
	}
	columns, yn, err := c.privileges(ctx, "user")
	if err != nil {
		return err
	}
	get := func(name, sql string) string {
		if slices.Contains(columns, name) {
			return sql
		}
		return "NULL"
	}
	seen := false
	if slices.Contains(columns, "user") && slices.Contains(columns, "host") {
		seen, err = c.each(ctx, "SELECT User, Host, "+get("is_role", "is_role")+", "+get("default_role", "default_role")+", "+get("account_locked", "account_locked")+", "+get("password_expired", "password_expired")+
			", "+get("plugin", "plugin")+", "+get("user_attributes", "JSON_EXTRACT(User_attributes, '$.Restrictions')")+yn.sql+" FROM mysql.user", func(r []string) error {
			detail := map[string]any{"is_role": r[2] == "Y", "default_role": r[3], "plugin": r[6]}
			if slices.Contains(columns, "account_locked") {
				detail["locked"] = r[4] == "Y"
			}
			if slices.Contains(columns, "password_expired") {
				detail["expired"] = r[5] == "Y"
			}
			if err := c.account(r[0], r[1], yn.of(r[8:]), detail, "mysql.user"); err != nil {
				return err
			}
			return c.restrictions(r[0]+"@"+r[1], r[7])
		})
	}
	switch {
	case err != nil:
		return err
	case !seen:
		return c.own(ctx, "mysql.user", "the accounts and their global privileges", "SELECT GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.USER_PRIVILEGES", "global", "*.*")
	case c.maria:
		if err := c.unseen("mysql.global_priv", "which accounts are locked, and which privileges of newer versions they have"); err != nil {
			return err
		}
	}
	if !c.maria {
		return c.dynamic(ctx)
	}
	return nil
}

// account reports an account, and its global privileges.
func (c *collector) account(user, host string, privileges []string, detail map[string]any, from string) error {
	role, _ := detail["default_role"].(string)
	delete(detail, "default_role")
	for k, v := range detail {
		if v == "" {
			delete(detail, k)
		}
	}
	g := estate.Grant{Kind: "account", Principal: user + "@" + host, From: from}
	err := c.tell(g, detail)
	if err == nil && len(privileges) > 0 {
		g.Kind, g.Action, g.Target = "global", strings.Join(privileges, ", "), "*.*"
		err = c.tell(g, nil)
	}
	if err == nil && role != "" {
		g.Kind, g.Action, g.Target = "default_role", "", role+"@"
		err = c.tell(g, nil)
	}
	return err
}

// restrictions reports the schemas that are taken out of global privileges (MySQL 8.0 reference manual, 8.2.12 "Privilege Restriction
// Using Partial Revokes").
func (c *collector) restrictions(principal, text string) error {
	if text == "" {
		return nil
	}
	var list []struct {
		Database   string
		Privileges []string
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return c.unseen("mysql.user", "what partial revokes take from "+principal)
	}
	for _, r := range list {
		g := estate.Grant{Kind: "restriction", Principal: principal, Action: strings.Join(r.Privileges, ", "), Target: quote(r.Database) + ".*", From: "mysql.user"}
		if err := c.tell(g, nil); err != nil {
			return err
		}
	}
	return nil
}

// dynamic reports MySQL's dynamic privileges.
func (c *collector) dynamic(ctx context.Context) error {
	seen, err := c.each(ctx, "SELECT USER, HOST, PRIV, WITH_GRANT_OPTION FROM mysql.global_grants", func(r []string) error {
		return c.tell(estate.Grant{Kind: "global", Principal: r[0] + "@" + r[1], Action: grantable(r[2], r[3]), Target: "*.*", From: "mysql.global_grants"}, nil)
	})
	if err == nil && !seen && !c.gone {
		return c.unseen("mysql.global_grants", "dynamic privileges")
	}
	return err
}

func grantable(privilege, with string) string {
	if strings.HasPrefix(with, "Y") || with == "1" {
		return privilege + ", GRANT OPTION"
	}
	return privilege
}

// flags are the columns of a grant table that say Y or N.
type flags struct {
	sql   string // to be put into the list of what is selected
	names []string
}

// of gives the privileges whose columns say Y.
func (f flags) of(row []string) (out []string) {
	for i, v := range row {
		if v == "Y" {
			out = append(out, f.names[i])
		}
	}
	return out
}

// older are the privileges whose columns have other names.
var older = map[string]string{"create_tmp_table": "CREATE TEMPORARY TABLES", "grant": "GRANT OPTION", "show_db": "SHOW DATABASES", "repl_slave": "REPLICATION SLAVE", "repl_client": "REPLICATION CLIENT",
	"delete_versioning_rows": "DELETE HISTORY"}

// privileges asks for the columns of a grant table that the login may read.
func (c *collector) privileges(ctx context.Context, table string) (columns []string, f flags, err error) {
	_, err = c.each(ctx, "SELECT COLUMN_NAME, PRIVILEGES LIKE '%select%' FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME = '"+table+"' ORDER BY ORDINAL_POSITION", func(r []string) error {
		name := strings.ToLower(r[0])
		if r[1] != "1" {
			return nil
		}
		columns = append(columns, name)
		if p, ok := strings.CutSuffix(name, "_priv"); ok {
			f.sql += ", " + quote(r[0])
			word := older[p]
			if word == "" {
				word = strings.ToUpper(strings.ReplaceAll(p, "_", " "))
			}
			f.names = append(f.names, word)
		}
		return nil
	})
	return columns, f, err
}

func (c *collector) databases(ctx context.Context) error {
	_, yn, err := c.privileges(ctx, "db")
	if err != nil {
		return err
	}
	seen := false
	if yn.sql != "" {
		seen, err = c.each(ctx, "SELECT User, Host, Db"+yn.sql+" FROM mysql.db", func(r []string) error {
			return c.tell(estate.Grant{Kind: "db", Principal: r[0] + "@" + r[1], Action: strings.Join(yn.of(r[3:]), ", "), Target: quote(r[2]) + ".*", From: "mysql.db"}, nil)
		})
	}
	if seen || err != nil {
		return err
	}
	return c.own(ctx, "mysql.db", "privileges on databases", "SELECT GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE, TABLE_SCHEMA FROM information_schema.SCHEMA_PRIVILEGES", "db", "*")
}

// set gives the privileges of a column of MySQL's type SET.
func set(text string) string {
	words := strings.Split(strings.ToUpper(text), ",")
	for i, w := range words {
		if w == "GRANT" {
			words[i] = "GRANT OPTION"
		}
	}
	return strings.Join(words, ", ")
}

func (c *collector) tables(ctx context.Context) error {
	seen, err := c.each(ctx, "SELECT User, Host, Db, Table_name, Table_priv FROM mysql.tables_priv", func(r []string) error {
		return c.tell(estate.Grant{Kind: "table", Principal: r[0] + "@" + r[1], Action: set(r[4]), Target: quote(r[2]) + "." + quote(r[3]), From: "mysql.tables_priv"}, nil)
	})
	if seen || err != nil {
		return err
	}
	return c.own(ctx, "mysql.tables_priv", "privileges on tables", "SELECT GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE, TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLE_PRIVILEGES", "table", "")
}

func (c *collector) columns(ctx context.Context) error {
	seen, err := c.each(ctx, "SELECT User, Host, Db, Table_name, Column_name, Column_priv FROM mysql.columns_priv", func(r []string) error {
		target := quote(r[2]) + "." + quote(r[3]) + "." + quote(r[4])
		return c.tell(estate.Grant{Kind: "column", Principal: r[0] + "@" + r[1], Action: set(r[5]), Target: target, From: "mysql.columns_priv"}, nil)
	})
	if seen || err != nil {
		return err
	}
	return c.own(ctx, "mysql.columns_priv", "privileges on columns", "SELECT GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE, TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMN_PRIVILEGES", "column", "")
}

// own reports that a table of grants was not seen, and what the server shows of the login's own.
func (c *collector) own(ctx context.Context, table, what, sql, kind, target string) error {
	if err := c.unseen(table, what); err != nil {
		return err
	}
	_, err := c.each(ctx, sql, func(r []string) error {
		user, host, ok := strings.Cut(strings.Trim(r[0], "'"), "'@'")
		if !ok {
			return nil
		}
		var parts []string
		for _, p := range r[3:] {
			parts = append(parts, quote(p))
		}
		if target != "" {
			parts = append(parts, target)
		}
		return c.tell(estate.Grant{Kind: kind, Principal: user + "@" + host, Action: grantable(r[1], r[2]), Target: strings.Join(parts, "."), Why: "the login's own", From: "information_schema"}, nil)
	})
	return err
}

// optional runs a query, and reports where the login may not see what it asks for.
func (c *collector) optional(ctx context.Context, table, what, sql string, f func(r []string) error) error {
	seen, err := c.each(ctx, sql, f)
	if err == nil && !seen && !c.gone {
		return c.unseen(table, what)
	}
	return err
}

func (c *collector) procedures(ctx context.Context) error {
	return c.optional(ctx, "mysql.procs_priv", "privileges on routines", "SELECT User, Host, Db, Routine_name, Routine_type, Proc_priv FROM mysql.procs_priv", func(r []string) error {
		g := estate.Grant{Kind: "routine_grant", Principal: r[0] + "@" + r[1], Action: set(r[5]), Target: quote(r[2]) + "." + quote(r[3]), From: "mysql.procs_priv"}
		return c.tell(g, map[string]any{"type": r[4]})
	})
}

func (c *collector) proxies(ctx context.Context) error {
	return c.optional(ctx, "mysql.proxies_priv", "who may act as whom", "SELECT User, Host, Proxied_user, Proxied_host, With_grant FROM mysql.proxies_priv", func(r []string) error {
		return c.tell(estate.Grant{Kind: "proxy", Principal: r[0] + "@" + r[1], Action: grantable("PROXY", r[4]), Target: r[2] + "@" + r[3], From: "mysql.proxies_priv"}, nil)
	})
}

// member reports that somebody has a role.
func (c *collector) member(principal, role, admin, from string) error {
	g := estate.Grant{Kind: "member", Principal: principal, Target: role, From: from}
	if admin == "Y" {
		g.Action = "WITH ADMIN OPTION"
	}
	return c.tell(g, nil)
}

func (c *collector) roles(ctx context.Context) error {
	if c.maria {
		return c.optional(ctx, "mysql.roles_mapping", "who has which role", "SELECT User, Host, Role, Admin_option FROM mysql.roles_mapping", func(r []string) error {
			return c.member(r[0]+"@"+r[1], r[2]+"@", r[3], "mysql.roles_mapping")
		})
	}
	err := c.optional(ctx, "mysql.role_edges", "who has which role", "SELECT TO_USER, TO_HOST, FROM_USER, FROM_HOST, WITH_ADMIN_OPTION FROM mysql.role_edges", func(r []string) error {
		return c.member(r[0]+"@"+r[1], r[2]+"@"+r[3], r[4], "mysql.role_edges")
	})
	if err != nil {
		return err
	}
	return c.optional(ctx, "mysql.default_roles", "whose roles are active from the beginning", "SELECT USER, HOST, DEFAULT_ROLE_USER, DEFAULT_ROLE_HOST FROM mysql.default_roles", func(r []string) error {
		return c.tell(estate.Grant{Kind: "default_role", Principal: r[0] + "@" + r[1], Target: r[2] + "@" + r[3], From: "mysql.default_roles"}, nil)
	})
}

// own schemas of the server, which hold nobody's data.
const notSystem = "NOT IN ('information_schema', 'performance_schema', 'sys', 'mysql')"

// views reports the views with what they read. Their text stays here: it may hold values.
func (c *collector) views(ctx context.Context) error {
	hidden := 0
	_, err := c.each(ctx, "SELECT TABLE_SCHEMA, TABLE_NAME, DEFINER, SECURITY_TYPE, VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA "+notSystem, func(r []string) error {
		detail := map[string]any{"security": r[3]}
		if r[4] == "" {
			hidden++
		} else {
			detail["reads"] = reads(r[4])
		}
		return c.tell(estate.Grant{Kind: "view", Principal: r[2], Target: quote(r[0]) + "." + quote(r[1]), From: "information_schema.VIEWS"}, detail)
	})
	if err == nil && hidden > 0 {
		err = c.unseen("information_schema.VIEWS", strconv.Itoa(hidden)+" views, of which the login may not see what they read")
	}
	if err != nil {
		return err
	}
	return c.within(ctx, "information_schema.VIEWS", "views of databases that the login may not use", "SELECT", "SHOW VIEW")
}

// within reports that things of some databases were not seen, unless the login has one of some privileges on everything.
func (c *collector) within(ctx context.Context, table, what string, enough ...string) error {
	everywhere := false
	_, err := c.each(ctx, "SHOW GRANTS", func(r []string) error {
		list, _, ok := strings.Cut(strings.TrimPrefix(r[0], "GRANT "), " ON *.* TO ")
		for p := range strings.SplitSeq(list, ", ") {
			everywhere = everywhere || ok && (p == "ALL PRIVILEGES" || slices.Contains(enough, p))
		}
		return nil
	})
	if err == nil && !everywhere {
		err = c.unseen(table, what)
	}
	return err
}

func (c *collector) routines(ctx context.Context) error {
	_, err := c.each(ctx, "SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE, SECURITY_TYPE, DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA "+notSystem, func(r []string) error {
		return c.tell(estate.Grant{Kind: "routine", Principal: r[4], Target: quote(r[0]) + "." + quote(r[1]), From: "information_schema.ROUTINES"}, map[string]any{"security": r[3], "type": r[2]})
	})
	if err != nil {
		return err
	}
	if c.maria { // who may read this table is shown all routines
		if seen, err := c.each(ctx, "SELECT 1 FROM mysql.proc LIMIT 0", func([]string) error { return nil }); seen || err != nil {
			return err
		}
	}
	return c.within(ctx, "information_schema.ROUTINES", "routines of databases that the login may not use", "SELECT", "SHOW_ROUTINE")
}
