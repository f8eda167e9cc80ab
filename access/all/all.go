// Package all is the one list of compilers: whose words of access are understood.
package all

import (
	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/declared"
	"github.com/chartroom/chartroom/access/mysql"
	"github.com/chartroom/chartroom/access/opengraph"
	"github.com/chartroom/chartroom/access/posix"
	"github.com/chartroom/chartroom/access/postgres"
)

// Compilers gives the compiler of each system. day is the day of the answer (2026-03-01), on which declarations may have run out.
func Compilers(day string) map[string]access.Compiler {
	return map[string]access.Compiler{
		"declared": declared.On(day), "mysql": mysql.Compile, "opengraph": opengraph.Compile, "posix": posix.Compile, "postgres": postgres.Compile,
	}
}
