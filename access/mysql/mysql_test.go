package mysql

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate"
)

const repo = "mysql://db:3306/clinic"

// written reads facts written as kind|principal|action|target|detail, of the server db:3306 and its database clinic.
func written(lines ...string) (facts []access.Fact) {
	lines = append([]string{"database|||`clinic`|" + `{"repository":"` + repo + `"}`}, lines...)
	for i, l := range lines {
		p := append(strings.Split(l, "|"), "", "", "", "")
		facts = append(facts, access.Fact{ID: i + 1, Grant: estate.Grant{System: "mysql", Scope: "db:3306", Kind: p[0], Principal: p[1], Action: p[2], Target: p[3], Detail: p[4]}})
	}
	return facts
}

// edges writes edges for people: from, words, to, layer, condition; without the server's name.
func (f *found) edges(keep func(access.Edge) bool) (out []string) {
	short := func(id string) string {
		return strings.TrimPrefix(strings.TrimPrefix(id, "mysql://db:3306#"), "mysql://db:3306/")
	}
	for _, all := range f.from {
		for _, e := range all {
			if keep(e) {
				text := short(e.From) + " " + e.Verb + " " + short(e.To)
				if e.Layer == access.Escalation {
					text += " (escalation)"
				}
				if e.Condition != "" {
					text += " if " + e.Condition
				}
				out = append(out, fmt.Sprint(text, " ", e.Proof))
			}
		}
	}
	slices.Sort(out)
	return out
}

func all(access.Edge) bool { return true }

func from(ids ...string) func(access.Edge) bool {
	return func(e access.Edge) bool { return slices.Contains(ids, strings.TrimPrefix(e.From, "mysql://db:3306#")) }
}

const (
	maria = `server||||{"flavour":"mariadb","log_bin":"OFF","lower_case_table_names":"0","secure_file_priv":"","skip_name_resolve":"ON"}`
	user  = `{"expired":false,"is_role":false,"locked":false}`
)

// TestMySQLAlone: what only MySQL has, by its reference manual 8.0 and recorded facts; no server of it is at hand.
func TestMySQLAlone(t *testing.T) {
	server := func(more string) string {
		return `server||||{"flavour":"mysql","log_bin":"OFF","secure_file_priv":"NULL","skip_name_resolve":"ON"` + more + `}`
	}
	for _, c := range []struct {
		name  string
		facts []string
		want  []string
	}{
		{"a role that is not active is an escalation (8.2.10)", []string{server(""), "account|ann@%||| " + user, "account|nurse@%||| " + user, "member|ann@%||nurse@%", "db|nurse@%|SELECT|`clinic`.*"},
			[]string{"ann@% may SET ROLE nurse@% (escalation) [5]"}},
		{"a default role is active", []string{server(""), "account|ann@%||| " + user, "account|nurse@%||| " + user, "member|ann@%||nurse@%", "default_role|ann@%||nurse@%"},
			[]string{"ann@% has from the beginning the role nurse@% [5 6]", "ann@% may SET ROLE nurse@% (escalation) [5]"}},
		{"activate_all_roles_on_login (5.1.8)", []string{server(`,"activate_all_roles_on_login":"ON"`), "account|ann@%||| " + user, "account|nurse@%||| " + user, "member|ann@%||nurse@%"},
			[]string{"ann@% has from the beginning the role nurse@% [2 5]", "ann@% may SET ROLE nurse@% (escalation) [5]"}},
		{"mandatory_roles (5.1.8) are everybody's, and active like others", []string{server(`,"mandatory_roles":"nurse, ` + "`a`@`b`" + `"`), "account|ann@%||| " + user, "account|nurse@%||| " + user},
			[]string{"ann@% may SET ROLE nurse@% (escalation) [2]"}},
		{"a partial revoke takes a schema out (8.2.12)", []string{server(`,"partial_revokes":"ON"`), "account|ann@%||| " + user, "global|ann@%|SELECT, INSERT|*.*", "restriction|ann@%|SELECT|`clinic`.*"},
			[]string{"ann@% may change the grant tables, and so become any account (escalation) [4]", "ann@% may write to clinic [4]"}},
		{"under partial_revokes, wildcards are literal (8.2.12)", []string{server(`,"partial_revokes":"ON"`), "account|ann@%||| " + user, "db|ann@%|SELECT|`clini_`.*"}, nil},
		{"they are not, without", []string{server(`,"partial_revokes":"OFF"`), "account|ann@%||| " + user, "db|ann@%|SELECT|`clini_`.*"}, []string{"ann@% may SELECT from clinic [4]"}},
		{"FILE is of no use where secure_file_priv is NULL (5.1.8)", []string{server(""), "account|ann@%||| " + user, "global|ann@%|FILE|*.*"}, nil},
		{"SET_ANY_DEFINER with the right to make views", []string{server(""), "account|ann@%||| " + user, "global|ann@%|SET_ANY_DEFINER|*.*", "db|ann@%|CREATE VIEW|`own`.*"},
			[]string{"ann@% may put any account's name on views and routines, and so act as any account (escalation) [4]"}},
		{"a netmask as a number of bits (8.2.4)", []string{server(""), "account|ann@10.0.0.0/8||| " + user, "db|ann@10.0.0.0/8|SELECT|`clinic`.*", "db|ann@10.1.0.0/16|INSERT|`clinic`.*"},
			[]string{"ann@10.0.0.0/8 may SELECT from clinic if of the grants that are as specific as this one, the server takes this one, which nothing defines [4]",
				"ann@10.0.0.0/8 may write to clinic if it connects from 10.1.0.0/16; of the grants that are as specific as this one, the server takes this one, which nothing defines [5]"}},
	} {
		f := compile(written(c.facts...), []access.Place{{Repository: repo}})
		if diff := cmp.Diff(c.want, f.edges(from("ann@%", "ann@10.0.0.0/8"))); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// TestEscalations: what a privilege leads to beyond itself.
func TestEscalations(t *testing.T) {
	for _, c := range []struct{ fact, want string }{
		{"global|ann@%|FILE|*.*", "ann@% may read by FILE the files of clinic (escalation) [4]"},
		{"global|ann@%|CREATE USER|*.*", "ann@% may set any account's password by CREATE USER for any account (escalation) [4]"},
		{"global|ann@%|SUPER, TRIGGER|*.*", "ann@% may put any account's name on views and routines, and so act as any account (escalation) [4]"},
		{"global|ann@%|SUPER|*.*", ""},
		{"db|ann@%|UPDATE|`mysql`.*", "ann@% may change the grant tables, and so become any account (escalation) [4]"},
		{"table|ann@%|INSERT|`mysql`.`global_priv`", "ann@% may change the grant tables, and so become any account (escalation) [4]"},
		{"global|ann@%|REPLICATION SLAVE|*.*", ""}, // no binary log is kept
		{"proxy|ann@%|PROXY|bob@%", ""},            // nobody is called so
		{"proxy|ann@%|PROXY|@", "ann@% may act by PROXY as any account (escalation) if its login names that account, which a plugin must let it do [4]"},
		{"global|ann@%|GRANT OPTION|*.*", "ann@% may grant others rights on clinic [4]"},
		{"member|ann@%|WITH ADMIN OPTION|nobody@", ""},
		{"db|ann@10.%|SELECT|`clinic`.*", "ann@% may SELECT from clinic if it connects from 10.% [4]"},
		{"db|@%|SELECT|`clinic`.*", "ann@% may SELECT from clinic [4]"},
	} {
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		f := compile(written(maria, "account|ann@%||| "+user, c.fact), []access.Place{{Repository: repo}})
		if diff := cmp.Diff(want, f.edges(from("ann@%"))); diff != "" {
			t.Errorf("%s: %s", c.fact, diff)
		}
	}
}

// TestHiddenWays: definers' views and routines, views of views, and what a definer may no longer read.
func TestHiddenWays(t *testing.T) {
	facts := written(maria, "account|ann@%||| "+user, "account|boss@%||| "+user, "table|boss@%|SELECT|`clinic`.`t`", "table|ann@%|SELECT|`web`.`outer`", "table|boss@%|SELECT|`web`.`inner`",
		"view|boss@%||`web`.`inner`|"+`{"reads":[{"columns":["id"],"database":"clinic","table":"t"}],"security":"DEFINER"}`,
		"view|boss@%||`web`.`outer`|"+`{"reads":[{"columns":["id"],"database":"web","table":"inner"}],"security":"DEFINER"}`,
		"view|ann@%||`web`.`broken`|"+`{"reads":[{"columns":["id"],"database":"clinic","table":"t"}],"security":"DEFINER"}`,
		"view|boss@%||`web`.`itself`|"+`{"reads":[{"columns":["id"],"database":"web","table":"itself"}],"security":"DEFINER"}`,
		"routine|boss@%||`web`.`p`|"+`{"security":"DEFINER","type":"PROCEDURE"}`, "routine_grant|ann@%|EXECUTE|`web`.`p`|"+`{"type":"PROCEDURE"}`)
	want := []string{
		"ann@% may EXECUTE procedure web.p [13]",
		"ann@% may SELECT from the view view web.outer [6]",
		"boss@% may SELECT from clinic/t [5]",
		"boss@% may SELECT from the view view web.inner [7]",
		"procedure web.p runs with the rights of boss@% (escalation) if it hands out or does what its caller wants: what it does was not looked at [12]",
		"view web.inner shows columns of clinic/t [5 8]",
		"view web.outer reads view web.inner [7 9]",
	}
	keep := func(e access.Edge) bool { return !strings.HasSuffix(e.From, "#any account") }
	for range 5 {
		got := compile(facts, []access.Place{{Repository: repo, Path: "t"}}).edges(keep)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		rand.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
	}
}

func TestDoubtsOfMySQL(t *testing.T) {
	facts := append(written(maria), access.Fact{ID: 9, Grant: estate.Grant{System: "mysql", Scope: "db:3306", Kind: "unseen", Target: "mysql.db", Why: "privileges on databases"}})
	f := compile(facts, []access.Place{{Repository: repo}, {Repository: "mysql://elsewhere/x"}})
	if len(f.doubts) != 1 || f.doubts[0].Place.Repository != repo || !strings.Contains(f.doubts[0].Detail, "privileges on databases could not be seen") {
		t.Errorf("%+v", f.doubts)
	}
	if f := compile(written(), []access.Place{{Repository: repo}}); len(f.doubts) != 1 {
		t.Errorf("%+v", f.doubts)
	}
}

// TestPatterns: covering and overlapping by trying all short strings.
func TestPatterns(t *testing.T) {
	var strs []string
	var grow func(string)
	grow = func(s string) {
		if strs = append(strs, s); len(s) < 5 {
			grow(s + "a")
			grow(s + "b")
		}
	}
	grow("")
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune("ab%_")), 0, 4, -1)
		p, q := parseGlob(pattern.Draw(t, "p")), parseGlob(pattern.Draw(t, "q"))
		covers, overlaps := true, false
		for _, s := range strs {
			in, also := p.covers(literal(s)), q.covers(literal(s))
			covers = covers && (!in || also)
			overlaps = overlaps || in && also
			if q.mayMatch(s) != also && also {
				t.Fatalf("%v cannot match %q, and does", q, s)
			}
		}
		if q.covers(p) && !covers {
			t.Errorf("%v does not cover %v", q, p)
		}
		if q.overlaps(p) != overlaps {
			t.Errorf("%v and %v: overlap %v", q, p, overlaps)
		}
	})
}

// TestWithin: what is said of two sets of hosts holds for every address that is in one of them.
func TestWithin(t *testing.T) {
	texts := []string{"%", "10.%", "10.1.%", "10.1.2.3", "10.1.2._", "10.0.0.0/255.0.0.0", "10.1.0.0/255.255.0.0", "10.1.2.0/255.255.255.252", "10.1.2.3/255.255.255.255", "localhost", "local%", "db.example.org", "%.example.org"}
	for _, pt := range texts {
		for _, qt := range texts {
			p, q := parseHosts(pt), parseHosts(qt)
			v := within(p, q, false)
			for _, client := range []string{"10.1.2.3", "10.1.2.4", "10.1.20.1", "10.2.3.4", "192.0.2.1", "localhost"} {
				name, address := (*string)(nil), &client
				if client == "localhost" {
					name, address = &client, nil
				}
				if in, also := p.admits(name, address), q.admits(name, address); in && (v == yes && !also || v == no && also) {
					t.Errorf("%s within %s is %d, but for %s it is %v", pt, qt, v, client, also)
				}
			}
		}
	}
}

// FuzzCompile: no fact makes the compiler fail, or name what it did not tell of.
func FuzzCompile(f *testing.F) {
	f.Add("db|@%|SELECT|`clinic`.*\nmember|a@||a@\nview|x||`a`.`b`|{\"reads\":[{}],\"security\":\"DEFINER\"}", maria)
	f.Add("account|a|||{}\ntable|a|SELECT|`clinic`.`t`\nrestriction|a|SELECT|`clinic`.*", `server||||{"partial_revokes":"ON"}`)
	f.Fuzz(func(t *testing.T, text, server string) {
		got := compile(written(append([]string{server}, strings.Split(text, "\n")...)...), []access.Place{{Repository: repo}})
		for _, es := range got.from {
			for _, e := range es {
				if got.nodes[e.To].ID == "" || got.nodes[e.From].ID == "" {
					t.Errorf("an edge to nowhere: %+v", e)
				}
			}
		}
	})
}

// BenchmarkCompile compiles 20,000 accounts: each with a database or a table of 200, and every other with a role.
func BenchmarkCompile(b *testing.B) {
	lines := []string{maria}
	var places []access.Place
	for d := range 200 {
		r := fmt.Sprintf("mysql://db:3306/db%d", d)
		lines = append(lines, fmt.Sprintf("database|||`db%d`|{\"repository\":%q}", d, r), fmt.Sprintf("account|role%d@|||{\"is_role\":true}", d), fmt.Sprintf("db|role%d@|SELECT|`db%d`.*", d, d))
		places = append(places, access.Place{Repository: r})
	}
	for i := range 20_000 {
		a := fmt.Sprintf("user%d@10.%%", i)
		lines = append(lines, "account|"+a+"||| "+user, fmt.Sprintf("member|%s||role%d@", a, i%200), fmt.Sprintf("default_role|%s||role%d@", a, i%200))
		if i%2 == 0 {
			lines = append(lines, fmt.Sprintf("db|%s|SELECT, INSERT|`db%d`.*", a, i*7%200))
		} else {
			lines = append(lines, fmt.Sprintf("table|%s|SELECT|`db%d`.`t%d`", a, i*7%200, i%10))
		}
	}
	facts := written(lines...)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, es := range compile(facts, places).from {
			n += len(es)
		}
		b.ReportMetric(float64(n), "edges")
	}
}
