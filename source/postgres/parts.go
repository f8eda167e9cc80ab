package postgres

import "strings"

// own are the schemas that hold what people keep, and not the server itself.
const own = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_|toast_temp_)'`

// items explodes an access list, which is given for LIST, into one row for each grantee and grantor (PostgreSQL, 5.7 Privileges). Nobody may call a
// role "public", so the name stands for PUBLIC. The names of privileges are separated by commas; grantable are those with grant option.
const items = `CROSS JOIN LATERAL (SELECT CASE e.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(e.grantee)::text END AS principal,
	pg_get_userbyid(e.grantor)::text AS grantor, string_agg(e.privilege_type, ',' ORDER BY e.privilege_type) AS action,
	string_agg(e.privilege_type, ',' ORDER BY e.privilege_type) FILTER (WHERE e.is_grantable) AS grantable
	FROM aclexplode(LIST) e GROUP BY e.grantee, e.grantor) i`

func exploded(list string) string { return strings.Replace(items, "LIST", list, 1) }

// definers are the functions that run as their owner, but for triggers, which nobody can call; and those that read files of the server.
const definers = `(p.prosecdef AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) AND ` + own + `
	OR n.nspname = 'pg_catalog' AND p.proname IN ('pg_read_file', 'pg_read_binary_file') AND p.proacl IS NOT NULL)`

// parts are the questions to a server of a version (server_version_num): first of the whole server, then of the database.
func parts(version int) []part {
	options, body := "", "false"
	if version >= 16_00_00 {
		options = ", m.inherit_option AS inherit, m.set_option AS set"
	}
	if version >= 14_00_00 {
		body = "p.prosqlbody IS NOT NULL"
	}
	name, function := `n.nspname || '.' || c.relname`, `n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')'`
	return []part{
		{"server", "pg_settings", `SELECT current_setting('server_version_num') AS version, current_setting('lo_compat_privileges')::bool AS lo_compat,
			current_setting('ssl')::bool AS tls, current_setting('password_encryption') AS password_encryption`},
		{"role", "pg_roles", `SELECT rolname AS principal, rolsuper AS superuser, rolinherit AS inherit, rolcreaterole AS createrole, rolcreatedb AS createdb, rolcanlogin AS login,
			rolreplication AS replication, rolbypassrls AS bypassrls, NULLIF(rolconnlimit, -1) AS connections, rolvaliduntil AS valid_until, oid < 16384 AND rolname ~ '^pg_' AS predefined FROM pg_roles`},
		{"member", "pg_auth_members", `SELECT pg_get_userbyid(m.member) AS principal, pg_get_userbyid(m.roleid) AS target, pg_get_userbyid(m.grantor) AS grantor, m.admin_option AS admin` + options + `
			FROM pg_auth_members m`},
		{"database", "pg_database", `SELECT pg_get_userbyid(datdba) AS principal, datname AS target, datallowconn AS open, datacl IS NULL AS default FROM pg_database`},
		{"acl", "pg_database", `SELECT i.*, 'database' AS on, datname AS target FROM pg_database d ` + exploded("d.datacl")},
		{"hba", "pg_hba_file_rules", `SELECT array_to_string(user_name, ',') AS principal, array_to_string(database, ',') AS target, type AS action, address, netmask, auth_method AS method, line_number AS line,
			error IS NOT NULL AS faulty FROM pg_hba_file_rules`},
		{"schema", "pg_namespace", `SELECT pg_get_userbyid(n.nspowner) AS principal, n.nspname AS target, n.nspacl IS NULL AS default FROM pg_namespace n WHERE ` + own},
		{"acl", "pg_namespace", `SELECT i.*, 'schema' AS on, n.nspname AS target FROM pg_namespace n ` + exploded("n.nspacl") + ` WHERE ` + own},
		{"relation", "pg_class", `SELECT pg_get_userbyid(c.relowner) AS principal, ` + name + ` AS target, n.nspname AS schema, c.relkind AS type, c.relacl IS NULL AS default, c.relrowsecurity AS row_security,
			c.relforcerowsecurity AS forced, EXISTS (SELECT FROM pg_options_to_table(c.reloptions) WHERE option_name = 'security_invoker' AND lower(option_value) IN ('true', 'on', 'yes', '1')) AS invoker,
			(SELECT s.srvname FROM pg_foreign_table t JOIN pg_foreign_server s ON s.oid = t.ftserver WHERE t.ftrelid = c.oid) AS server
			FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ` + own},
		{"acl", "pg_class", `SELECT i.*, 'relation' AS on, ` + name + ` AS target, n.nspname AS schema FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace ` + exploded("c.relacl") + `
			WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ` + own},
		{"acl", "pg_attribute", `SELECT i.*, 'relation' AS on, ` + name + ` AS target, n.nspname AS schema, a.attname AS column FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
			JOIN pg_namespace n ON n.oid = c.relnamespace ` + exploded("a.attacl") + ` WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ` + own},
		{"inherits", "pg_inherits", `SELECT ` + name + ` AS target, n.nspname AS schema, pn.nspname || '.' || pc.relname AS parent, pn.nspname AS parent_schema, c.relispartition AS partition
			FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_class pc ON pc.oid = h.inhparent JOIN pg_namespace pn ON pn.oid = pc.relnamespace
			WHERE c.relkind IN ('r', 'p', 'f') AND ` + own},
		{"policy", "pg_policy", `SELECT CASE r.oid WHEN 0 THEN 'public' ELSE pg_get_userbyid(r.oid)::text END AS principal,
			CASE o.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END AS action, ` + name + ` AS target, n.nspname AS schema, o.polname AS name,
			o.polpermissive AS permissive, o.polqual IS NOT NULL AS using, o.polwithcheck IS NOT NULL AS check
			FROM pg_policy o JOIN pg_class c ON c.oid = o.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL unnest(o.polroles) r(oid)`},
		{"reads", "pg_rewrite", `SELECT ` + name + ` AS target, n.nspname AS schema, bn.nspname || '.' || b.relname AS base, bn.nspname AS base_schema
			FROM pg_rewrite w JOIN pg_class c ON c.oid = w.ev_class AND c.relkind = 'v' JOIN pg_namespace n ON n.oid = c.relnamespace
			JOIN (SELECT DISTINCT objid, refobjid FROM pg_depend WHERE classid = 'pg_rewrite'::regclass AND refclassid = 'pg_class'::regclass) x ON x.objid = w.oid AND x.refobjid <> c.oid
			JOIN pg_class b ON b.oid = x.refobjid AND b.relkind IN ('r', 'p', 'v', 'm', 'f') JOIN pg_namespace bn ON bn.oid = b.relnamespace WHERE w.ev_type = '1' AND ` + own},
		{"function", "pg_proc", `SELECT pg_get_userbyid(p.proowner) AS principal, ` + function + ` AS target, n.nspname AS schema, l.lanname AS language, p.proacl IS NULL AS default, p.prosecdef AS definer, ` + body + ` AS body
			FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang WHERE ` + definers},
		{"acl", "pg_proc", `SELECT i.*, 'function' AS on, ` + function + ` AS target, n.nspname AS schema FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace ` + exploded("p.proacl") + ` WHERE ` + definers},
		{"touches", "pg_depend", `SELECT DISTINCT ` + function + ` AS target, n.nspname AS schema, bn.nspname || '.' || b.relname AS base, bn.nspname AS base_schema
			FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_depend x ON x.classid = 'pg_proc'::regclass AND x.objid = p.oid AND x.refclassid = 'pg_class'::regclass
			JOIN pg_class b ON b.oid = x.refobjid JOIN pg_namespace bn ON bn.oid = b.relnamespace WHERE ` + definers},
		{"large_object", "pg_largeobject_metadata", `SELECT pg_get_userbyid(o.lomowner) AS principal, 'pg_largeobject/' || o.oid AS target, o.lomacl IS NULL AS default FROM pg_largeobject_metadata o`},
		{"acl", "pg_largeobject_metadata", `SELECT i.*, 'large_object' AS on, 'pg_largeobject/' || o.oid AS target FROM pg_largeobject_metadata o ` + exploded("o.lomacl")},
		{"default_acl", "pg_default_acl", `SELECT i.*, pg_get_userbyid(x.defaclrole) AS creator, x.defaclobjtype AS on, n.nspname AS schema
			FROM pg_default_acl x LEFT JOIN pg_namespace n ON n.oid = x.defaclnamespace ` + exploded("x.defaclacl")},
		{"foreign_server", "pg_foreign_server", `SELECT pg_get_userbyid(s.srvowner) AS principal, s.srvname AS target, w.fdwname AS wrapper FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw`},
		{"user_mapping", "pg_user_mappings", `SELECT usename AS principal, srvname AS target FROM pg_user_mappings`},
	}
}
