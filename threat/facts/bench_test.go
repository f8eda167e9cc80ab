package facts_test

import (
	"fmt"
	"testing"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/threat/facts"
)

// BenchmarkOf tells the facts of 100,000 accounts, 2,000 repositories and 1 million permissions.
func BenchmarkOf(b *testing.B) {
	const accounts, repositories, each = 100_000, 2_000, 10
	in := access.Input{Facts: []access.Fact{{ID: 1, Grant: estate.Grant{System: "made"}}}, Compilers: map[string]access.Compiler{"made": func(_ []access.Fact, places []access.Place, out access.Sink) {
		for _, p := range places {
			out.Node(access.Node{ID: p.String(), Kind: access.Resource, Place: p})
		}
		for n := range accounts {
			id := fmt.Sprintf("okta#user%d@example.org", n)
			out.Node(access.Node{ID: id, Kind: access.User, Name: id, System: "Okta", Custodian: "Meridian", Traits: map[string]string{"idp": "Okta", "mfa": "push"}})
			for k := range each {
				out.Edge(access.Edge{From: id, To: fmt.Sprintf("s3://store%d", (n*7+k*211)%repositories), Right: access.Read, Verb: "may read", Proof: []int{1}})
			}
		}
	}}}
	var rows []catalog.Row
	for n := range repositories {
		name := fmt.Sprintf("s3://store%d", n)
		rows = append(rows, catalog.Row{Repository: name, Kind: "s3", Custodian: "Meridian", Verdict: "phi"})
		in.Repositories = append(in.Repositories, access.Repository{Name: name, Custodian: "Meridian"})
	}
	in.Holdings = func(_ bool, yield func(access.Holding) error) error {
		for i := range rows {
			if err := yield(access.Holding{Place: access.Place{Repository: rows[i].Repository}, Verdict: phi.VerdictPHI}); err != nil {
				return err
			}
		}
		return nil
	}
	e, err := access.Build(in)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		told, err := facts.Of(facts.Input{Access: e, Repositories: rows, Day: "2026-11-22", Silent: func(string) bool { return true }})
		if err != nil {
			b.Fatal(err)
		}
		if n := len(told.Facts.Table("can_read").States); n != accounts*each {
			b.Fatal(n)
		}
	}
}
