package postgres

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate"
)

const repository = "postgres://db.example/clinic"

// book writes facts as the collector does.
type book struct{ facts []access.Fact }

// add writes a fact; details are pairs of a key and a value.
func (b *book) add(kind, principal, action, target string, details ...any) int {
	m := map[string]any{}
	for i := 0; i < len(details); i += 2 {
		m[details[i].(string)] = details[i+1]
	}
	text, _ := json.Marshal(m)
	b.facts = append(b.facts, access.Fact{ID: len(b.facts) + 1, Grant: estate.Grant{Repository: repository, System: System, Scope: "db.example:5432",
		Kind: kind, Principal: principal, Action: action, Target: target, Detail: string(text), From: "pg_" + kind}})
	return len(b.facts)
}

// clinic is a server of a version with one table, which the role nurses may SELECT, in a schema that it may use.
func clinic(version string, roles ...string) *book {
	b := &book{}
	b.add("server", "", "", "", "version", version)
	for _, r := range append(roles, "owner", "nurses") {
		name, attributes, _ := strings.Cut(r, " ")
		d := []any{"inherit", true}
		for a := range strings.FieldsSeq(attributes) {
			d = append(d, strings.TrimPrefix(a, "no"), !strings.HasPrefix(a, "no"))
		}
		b.add("role", name, "", "", d...)
	}
	b.add("database", "owner", "", "clinic", "open", true, "default", true)
	b.add("schema", "owner", "", "ward", "default", false)
	b.add("acl", "owner", "CREATE,USAGE", "ward", "on", "schema")
	b.add("acl", "nurses", "USAGE", "ward", "on", "schema")
	b.add("relation", "owner", "", "ward.visits", "schema", "ward", "type", "r", "default", false)
	b.add("acl", "owner", "SELECT", "ward.visits", "on", "relation", "schema", "ward")
	b.add("acl", "nurses", "SELECT", "ward.visits", "on", "relation", "schema", "ward")
	return b
}

// readers tells for each role what it reads of the table: now, and with what takes a further act.
func readers(b *book, roles ...string) map[string]string {
	g := compiled(b.facts, access.Place{Repository: repository, Path: "ward.visits"})
	words, out := [...]string{"no", "possible", "certain"}, map[string]string{}
	for _, r := range roles {
		id := "postgres://db.example:5432#" + r
		out[r] = words[g.reach(id, access.Entitled, true)[repository+"/ward.visits"]] + ", " + words[g.reach(id, access.Escalation, true)[repository+"/ward.visits"]]
	}
	return out
}

// TestMembershipsOf16 follows the GRANT page of versions 16 to 18 ("Granting on Roles": INHERIT and SET are options of each grant, and by ADMIN a member may
// grant itself the others), and CREATE ROLE ("createrole" no longer reaches roles on which it has no ADMIN option). No server of these versions is at
// hand: the facts are written as their pg_auth_members would have them.
func TestMembershipsOf16(t *testing.T) {
	b := clinic("160004", "inherits", "sets", "admin", "nothing", "maker createrole", "noinherit noinherit", "chief", "through", "heads")
	member := func(who, of string, admin, inherit, set bool) {
		b.add("member", who, "", of, "admin", admin, "inherit", inherit, "set", set, "grantor", "owner")
	}
	member("inherits", "nurses", false, true, false)
	member("sets", "nurses", false, false, true)
	member("admin", "nurses", true, false, false)
	member("nothing", "nurses", false, false, false)
	member("noinherit", "nurses", false, true, true) // the grant decides, and not the attribute
	// Who inherits from a role without SET does not get by SET ROLE to where that role could.
	member("through", "heads", false, true, false)
	member("heads", "nurses", false, false, true)
	want := map[string]string{"nurses": "certain, certain", "inherits": "certain, certain", "sets": "no, certain", "admin": "no, certain", "nothing": "no, no", "maker": "no, no",
		"noinherit": "certain, certain", "through": "no, no", "heads": "no, certain"}
	got := readers(b, "nurses", "inherits", "sets", "admin", "nothing", "maker", "noinherit", "through", "heads")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestPowers: what an attribute or a predefined role reaches, and what of it is inherited.
func TestPowers(t *testing.T) {
	b := clinic("150018", "super superuser", "below", "maker createrole", "copier replication", "reader", "lister", "pg_read_server_files", "pg_read_all_data", "pg_monitor", "noinherit noinherit")
	for _, m := range [][2]string{{"below", "super"}, {"reader", "pg_read_server_files"}, {"lister", "pg_monitor"}, {"noinherit", "pg_read_all_data"}} {
		b.add("member", m[0], "", m[1], "admin", false, "grantor", "super")
	}
	want := map[string]string{"super": "certain, certain", "below": "no, certain", "maker": "no, certain", "copier": "possible, possible", "reader": "no, certain", "lister": "no, no",
		"noinherit": "no, certain", "pg_read_all_data": "certain, certain", "owner": "certain, certain"}
	got := readers(b, "super", "below", "maker", "copier", "reader", "lister", "noinherit", "pg_read_all_data", "owner")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestThreeRoles: CONNECT, USAGE and SELECT from three roles are a way for who inherits all three, and for nobody else; its proof names all six facts.
func TestThreeRoles(t *testing.T) {
	b := &book{}
	b.add("server", "", "", "", "version", "150018")
	for _, r := range []string{"alice", "bob", "comers", "users", "nurses", "owner"} {
		b.add("role", r, "", "", "inherit", true)
	}
	b.add("database", "owner", "", "clinic", "open", true, "default", false)
	b.add("schema", "owner", "", "ward", "default", false)
	b.add("relation", "owner", "", "ward.visits", "schema", "ward", "type", "r", "default", false)
	want := []int{
		b.add("acl", "comers", "CONNECT", "clinic", "on", "database"),
		b.add("acl", "users", "USAGE", "ward", "on", "schema"),
		b.add("member", "alice", "", "comers"), b.add("member", "alice", "", "users"), b.add("member", "alice", "", "nurses"),
	}
	b.add("member", "bob", "", "comers")
	b.add("member", "bob", "", "nurses")
	last := b.add("acl", "nurses", "SELECT", "ward.visits", "on", "relation", "schema", "ward")
	if diff := cmp.Diff(map[string]string{"alice": "certain, certain", "bob": "no, no", "nurses": "no, no"}, readers(b, "alice", "bob", "nurses")); diff != "" {
		t.Error(diff)
	}
	g := compiled(b.facts, access.Place{Repository: repository})
	var proof []int
	for _, e := range g.from["postgres://db.example:5432#alice"] {
		if strings.Contains(e.Verb, "SELECT") {
			proof = e.Proof
		}
	}
	if want = append(want, last); !slices.Equal(proof, want) {
		t.Errorf("the proof is %v, not %v", proof, want)
	}
}

// TestFunctionsAndUnseen: what a definer function does is not known, so its owner's reach is possible; what was not read is a doubt.
func TestFunctionsAndUnseen(t *testing.T) {
	b := clinic("150018", "caller", "other")
	b.add("schema", "owner", "", "tools", "default", false)
	b.add("acl", "caller", "USAGE", "tools", "on", "schema")
	b.add("function", "nurses", "", "tools.f()", "schema", "tools", "definer", true, "default", true)
	if diff := cmp.Diff(map[string]string{"caller": "possible, possible", "other": "no, no"}, readers(b, "caller", "other")); diff != "" {
		t.Error(diff)
	}
	silent := &book{}
	for _, catalogue := range []string{"pg_roles", "pg_class"} {
		silent.add("unseen", "", "", "x")
		silent.facts[len(silent.facts)-1].Grant.From = catalogue
		silent.facts[len(silent.facts)-1].Grant.Why = "permission denied"
	}
	g := compiled(silent.facts, access.Place{Repository: repository, Path: "ward.visits"})
	text := fmt.Sprint(g.doubts)
	for _, want := range []string{"pg_roles could not be read (permission denied)", "pg_class could not be read", "not known"} {
		if !strings.Contains(text, want) {
			t.Errorf("no doubt says %q: %s", want, text)
		}
	}
}

// TestOrder: the order of the facts changes nothing.
func TestOrder(t *testing.T) {
	b := clinic("150018", "alice login", "bob noinherit")
	b.add("member", "alice", "", "nurses")
	b.add("member", "bob", "", "nurses")
	first := compiled(b.facts, access.Place{Repository: repository})
	for seed := range uint64(20) {
		mixed := slices.Clone(b.facts)
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if diff := cmp.Diff(first.from, compiled(mixed, access.Place{Repository: repository}).from); diff != "" {
			t.Fatal(diff)
		}
	}
}

// TestHostileFacts: cycles of memberships, views and partitions, and facts that say nothing, end.
func TestHostileFacts(t *testing.T) {
	b := clinic("150018", "a", "b")
	b.add("member", "a", "", "b")
	b.add("member", "b", "", "a")
	b.add("member", "a", "", "a")
	for _, r := range []string{"v", "w"} {
		b.add("relation", "a", "", "ward."+r, "schema", "ward", "type", "v", "default", true)
	}
	for _, base := range [][2]string{{"v", "w"}, {"w", "v"}, {"w", "visits"}, {"v", "v"}} {
		b.add("reads", "", "", "ward."+base[0], "schema", "ward", "base", "ward."+base[1], "base_schema", "ward")
	}
	b.add("inherits", "", "", "ward.visits", "schema", "ward", "parent", "ward.visits", "parent_schema", "ward")
	for _, kind := range []string{"server", "role", "member", "database", "schema", "relation", "acl", "policy", "inherits", "reads", "function", "large_object", "foreign_server", "?"} {
		b.add(kind, "", "", "")
		b.facts[len(b.facts)-1].Detail = "{"
	}
	compiled(b.facts, access.Place{Repository: repository})
}

// BenchmarkCompile is an estate of 20,000 roles and 100,000 relations.
func BenchmarkCompile(b *testing.B) {
	k := &book{}
	k.add("server", "", "", "", "version", "150018")
	k.add("database", "g0", "", "clinic", "open", true, "default", true)
	for i := range 1000 {
		k.add("role", fmt.Sprintf("g%d", i), "", "", "inherit", true)
	}
	for i := range 19000 {
		u := fmt.Sprintf("u%d", i)
		k.add("role", u, "", "", "inherit", true, "login", true)
		for j := range 3 {
			k.add("member", u, "", fmt.Sprintf("g%d", (i*7+j*331)%1000))
		}
	}
	for s := range 100 {
		schema := fmt.Sprintf("s%d", s)
		k.add("schema", "g0", "", schema, "default", false)
		for j := range 5 {
			k.add("acl", fmt.Sprintf("g%d", s+j), "USAGE", schema, "on", "schema")
		}
		for n := range 1000 {
			name := fmt.Sprintf("%s.t%d", schema, n)
			k.add("relation", "g0", "", name, "schema", schema, "type", "r", "default", false)
			k.add("acl", fmt.Sprintf("g%d", s+n%8), "SELECT", name, "on", "relation", "schema", schema)
			k.add("acl", fmt.Sprintf("g%d", s+n%3), "SELECT,UPDATE", name, "on", "relation", "schema", schema)
		}
	}
	for b.Loop() {
		began := time.Now()
		g := compiled(k.facts, access.Place{Repository: repository})
		b.ReportMetric(float64(g.edges), "edges")
		b.ReportMetric(float64(len(k.facts))/time.Since(began).Seconds(), "facts/s")
	}
}
