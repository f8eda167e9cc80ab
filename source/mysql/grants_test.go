package mysql

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source/servertest"
)

// collected gives the facts of a kind, a line each, and all of them.
func collected(t *testing.T, d *Database) (map[string][]string, []estate.Grant) {
	t.Helper()
	byKind := map[string][]string{}
	var all []estate.Grant
	err := d.Grants(t.Context(), func(g estate.Grant) error {
		if g.Repository != d.name || g.System != "mysql" || g.Scope != d.cfg.Addr || g.From == "" {
			t.Errorf("a fact does not say where it is from: %+v", g)
		}
		byKind[g.Kind] = append(byKind[g.Kind], strings.TrimRight(strings.Join([]string{g.Principal, g.Action, g.Target, g.Detail}, "|"), "|"))
		all = append(all, g)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return byKind, all
}

// mine keeps the lines that speak of what the test made.
func mine(lines []string) (out []string) {
	for _, l := range lines {
		if !strings.HasPrefix(l, "root@") && !strings.HasPrefix(l, servertest.Admin+"@") && !strings.HasPrefix(l, "reader@") && !strings.HasPrefix(l, "mariadb.sys@") {
			out = append(out, l)
		}
	}
	return out
}

// TestGrants runs all on one server.
func TestGrants(t *testing.T) {
	m := servertest.StartMariaDB(t)
	m.Database(t, "clinic", "reader", password)
	t.Run("unseen", func(t *testing.T) { unseenGrants(t, m) })
	t.Run("all kinds", func(t *testing.T) { allGrants(t, m) })
	t.Run("by bit", func(t *testing.T) { privilegesByBit(t, m) })
}

// allGrants looks at facts of each kind.
func allGrants(t *testing.T, m servertest.MariaDB) {
	m.Exec(t, "", "DROP VIEW clinic.v", "DROP TABLE clinic.t", "CREATE TABLE clinic.t (id int, `na``me` text)", "CREATE DATABASE other", "CREATE USER ann@'10.%' IDENTIFIED BY 'hidden'", "CREATE ROLE nurse", "CREATE ROLE staff",
		"GRANT nurse TO ann@'10.%' WITH ADMIN OPTION", "GRANT staff TO nurse", "SET DEFAULT ROLE nurse FOR ann@'10.%'", "GRANT SELECT, INSERT ON `clin\\_%`.* TO staff WITH GRANT OPTION",
		"GRANT SELECT (`na``me`), INSERT ON clinic.t TO nurse", "GRANT SELECT ON clinic.t TO PUBLIC", "ALTER USER ann@'10.%' ACCOUNT LOCK", "GRANT FILE ON *.* TO ann@'10.%'",
		"CREATE DEFINER=ann@'10.%' VIEW other.v AS SELECT x.id FROM clinic.t x WHERE x.`na``me` = '555-12-3456 from `clinic`.`secret`'",
		"CREATE DEFINER=ann@'10.%' SQL SECURITY INVOKER VIEW other.w AS SELECT COUNT(*) c FROM other.v, (SELECT id FROM clinic.t WHERE id IN (SELECT id FROM clinic.t)) d",
		"CREATE DEFINER=ann@'10.%' PROCEDURE other.p() SELECT '555-12-3456'", "GRANT EXECUTE ON PROCEDURE other.p TO nurse", "INSERT INTO mysql.proxies_priv (Host, User, Proxied_host, Proxied_user, With_grant) VALUES ('%', 'x', '10.%', 'ann', 0)")
	admin := open(t, m.Server, "clinic", "")
	m.Exec(t, "", "GRANT SELECT, SHOW VIEW ON *.* TO reader@'%'")
	got, all := collected(t, admin)
	want := map[string][]string{
		"database": {"||`clinic`|" + `{"repository":"` + admin.name + `"}`},
		"account": {`ann@10.%|||{"expired":false,"is_role":false,"locked":true,"plugin":"mysql_native_password"}`, `nurse@|||{"expired":false,"is_role":true,"locked":false}`,
			`staff@|||{"expired":false,"is_role":true,"locked":false}`, `PUBLIC@|||{"expired":false,"is_role":true,"locked":false}`},
		"global":        {"ann@10.%|FILE|*.*"},
		"default_role":  {"ann@10.%||nurse@"},
		"db":            {"staff@|SELECT, INSERT, GRANT OPTION|`clin\\_%`.*"},
		"table":         {"nurse@|INSERT|`clinic`.`t`", "PUBLIC@|SELECT|`clinic`.`t`"},
		"column":        {"nurse@|SELECT|`clinic`.`t`.`na``me`"},
		"routine_grant": {"nurse@|EXECUTE|`other`.`p`|" + `{"type":"PROCEDURE"}`},
		"proxy":         {"x@%|PROXY|ann@10.%"},
		"member":        {"nurse@||staff@", "ann@10.%|WITH ADMIN OPTION|nurse@"},
		"view": {"ann@10.%||`other`.`v`|" + `{"reads":[{"columns":["id","na` + "`" + `me"],"database":"clinic","table":"t"}],"security":"DEFINER"}`,
			"ann@10.%||`other`.`w`|" + `{"reads":[{"columns":[],"database":"other","table":"v"},{"columns":["id"],"database":"clinic","table":"t"},{"columns":[],"database":"clinic","table":"t"}],"security":"INVOKER"}`},
		"routine": {"ann@10.%||`other`.`p`|" + `{"security":"DEFINER","type":"PROCEDURE"}`},
	}
	if got["server"] = mine(got["server"]); len(got["server"]) != 1 || !strings.Contains(got["server"][0], `"flavour":"mariadb"`) || !strings.Contains(got["server"][0], `"skip_name_resolve":"ON"`) {
		t.Errorf("the server is %v", got["server"])
	}
	delete(got, "server")
	for k := range got {
		got[k] = mine(got[k])
	}
	sortLines := cmp.Transformer("sorted", func(in []string) map[string]int {
		out := map[string]int{}
		for _, l := range in {
			out[l]++
		}
		return out
	})
	if diff := cmp.Diff(want, got, sortLines); diff != "" {
		t.Error(diff)
	}
	var hash string
	if err := m.Admin(t, "").QueryRow("SELECT authentication_string FROM mysql.user WHERE User = 'ann'").Scan(&hash); err != nil || len(hash) < 20 {
		t.Fatal(hash, err)
	}
	if text := fmt.Sprint(all); strings.Contains(text, hash) || strings.Contains(text, "555-12") {
		t.Errorf("the facts hold what they must not")
	}
}

// unseenGrants: a login that may not read the grant tables says so, and reports its own.
func unseenGrants(t *testing.T, m servertest.MariaDB) {
	m.Exec(t, "", "CREATE TABLE clinic.t (id int)", "CREATE VIEW clinic.v AS SELECT id FROM clinic.t")
	got, _ := collected(t, open(t, m.Server, "clinic", ""))
	if len(got["unseen"]) != 10 || len(got["account"]) != 0 || !cmp.Equal(got["db"], []string{"reader@%|SELECT|`clinic`.*"}) {
		t.Errorf("%q", got)
	}
	// What docs/sources.md tells to grant is enough.
	m.Exec(t, "", "GRANT SELECT ON mysql.* TO reader@'%'", "GRANT SHOW VIEW ON *.* TO reader@'%'")
	if got, _ := collected(t, open(t, m.Server, "clinic", "")); len(got["unseen"]) != 0 || len(got["account"]) == 0 || len(got["view"]) == 0 {
		t.Errorf("%q", got)
	}
	// Without the table that holds hashes, too, what it does not show is told.
	m.Exec(t, "", "REVOKE SELECT ON mysql.* FROM reader@'%'", "GRANT SELECT (Host, User, Select_priv, File_priv, is_role, default_role) ON mysql.user TO reader@'%'")
	got, _ = collected(t, open(t, m.Server, "clinic", ""))
	if text := fmt.Sprint(got["unseen"], got["global"]); !strings.Contains(text, "mysql.global_priv") || !strings.Contains(text, "root@localhost|SELECT, FILE|*.*") {
		t.Errorf("%q", got)
	}
}

// privilegesByBit grants each privilege that this server knows, and looks at which name the collector has for it.
func privilegesByBit(t *testing.T, m servertest.MariaDB) {
	var say []string
	for i, a := range accesses[:39] { // the last is of a newer version
		if a != "GRANT OPTION" {
			say = append(say, fmt.Sprintf("CREATE USER u%d", i), fmt.Sprintf("GRANT %s ON *.* TO u%d", a, i))
		}
	}
	m.Exec(t, "", say...)
	got, _ := collected(t, open(t, m.Server, "clinic", ""))
	text := strings.Join(got["global"], "\n") + "\n"
	for i, a := range accesses[:39] {
		if want := fmt.Sprintf("u%d@%%|%s|*.*\n", i, a); a != "GRANT OPTION" && !strings.Contains(text, want) {
			t.Errorf("%q is not among\n%s", want, text)
		}
	}
}

func FuzzReads(f *testing.F) {
	f.Add("select `clinic`.`t`.`id` AS `id` from `clinic`.`t` where `clinic`.`t`.`a` = 'x'")
	f.Add("select `x`.`id` AS `id` from ((`a`.`b` `x` join `a`.`c` on(`x`.`i` = `a`.`c`.`i`)) left join `d``e`.`f` `g` on(1))")
	f.Add("from `a`.`b")
	f.Add(`select "\`)
	f.Fuzz(func(t *testing.T, text string) {
		n := 0
		for _, r := range reads(text) {
			n += len(r.Columns) + 1
		}
		if n > len(text) {
			t.Errorf("%d names in %d bytes", n, len(text))
		}
	})
}
