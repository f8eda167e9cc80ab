// Package postgres tells who can read, change and govern what stands in PostgreSQL databases, by PostgreSQL's own rules from version 10 to
// 18. Rules that came with a version are marked with it where they are applied.
//
// A role's rights are its own, those of the roles that it inherits from, and PUBLIC's. To read a table takes CONNECT on the database, USAGE
// on the schema and SELECT on the table or on a column, which may come from three different roles; a node of its own stands for those who
// have what an edge needs, where no role has it all. Attributes (SUPERUSER, BYPASSRLS, ...) are not inherited: a role that has one and has
// members is two nodes, what it is and what its members inherit.
package postgres

import (
	"cmp"
	"maps"
	"slices"

	"github.com/chartroom/chartroom/access"
)

// System is what facts of PostgreSQL are called in estate.Grant.
const System = "postgres"

// Compile is the access.Compiler of PostgreSQL.
func Compile(facts []access.Fact, places []access.Place, out access.Sink) {
	for _, s := range Load(facts) {
		c := &compiler{Server: s, out: out}
		c.choose(places)
		c.principals()
		c.doubts()
		if len(c.chosen) == 0 {
			continue
		}
		c.powers()
		for _, name := range slices.Sorted(maps.Keys(c.chosen)) {
			c.database(s.databases[name], c.chosen[name])
		}
	}
}

// Load makes a model of each server that the facts speak of, in the order of their scopes. A fact of a whole server that was told with
// several of its databases counts once, by its smallest number.
func Load(facts []access.Fact) []*Server {
	scopes := map[string][]access.Fact{}
	for _, f := range facts {
		if f.System == System {
			scopes[f.Scope] = append(scopes[f.Scope], f)
		}
	}
	var out []*Server
	for _, scope := range slices.Sorted(maps.Keys(scopes)) {
		list := scopes[scope]
		slices.SortStableFunc(list, func(a, b access.Fact) int { return cmp.Compare(a.ID, b.ID) })
		out = append(out, load(scope, list))
	}
	return out
}
