package retention

import (
	"testing"

	"github.com/chartroom/chartroom/catalog/store/storetest"
	"github.com/chartroom/chartroom/source/servertest"
)

// TestAllOnPostgres runs the tests of this package once more, on a server.
func TestAllOnPostgres(t *testing.T) {
	if storetest.OnServer() {
		t.Skip("this is the other run")
	}
	p := servertest.StartPostgres(t, "max_connections=300")
	storetest.Again(t, "postgres://"+servertest.Admin+"@"+p.Address()+"/postgres?sslmode=disable", servertest.AdminPassword)
}
