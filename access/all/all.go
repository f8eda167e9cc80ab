// Package all is the one list of compilers: whose words of access are understood.
package all

import (
	"maps"
	"slices"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/aws"
	"github.com/chartroom/chartroom/access/declared"
	"github.com/chartroom/chartroom/access/mysql"
	"github.com/chartroom/chartroom/access/opengraph"
	"github.com/chartroom/chartroom/access/posix"
	"github.com/chartroom/chartroom/access/postgres"
	said "github.com/chartroom/chartroom/estate/declared"
)

// Compilers gives the compiler of each system. day is the day of the answer (2026-03-01), on which declarations may have run out.
func Compilers(day string) map[string]access.Compiler {
	return map[string]access.Compiler{
		"aws": aws.Compile, "declared": declared.On(day), "mysql": mysql.Compile, "opengraph": opengraph.Compile, "posix": posix.Compile, "postgres": postgres.Compile,
	}
}

// Turns gives the days with which facts run out: the compilers answer otherwise after them.
func Turns(facts []access.Fact) []string {
	days := map[string]bool{}
	for i := range facts {
		if facts[i].System != said.System {
			continue
		}
		if what, err := said.ReadSaid(facts[i].Detail); err == nil {
			days[what.Until], days[what.Expires] = true, true
		}
	}
	delete(days, "")
	return slices.Sorted(maps.Keys(days))
}
