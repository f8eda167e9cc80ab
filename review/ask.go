package review

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/phi"
)

// Now is the time of the review.
func (r *Review) Now() time.Time { return r.in.Now }

// Access is who can reach what.
func (r *Review) Access() *access.Estate { return r.in.Access }

// Facts gives the declared facts of a kind.
func (r *Review) Facts(kind string) []Fact { return r.facts[kind] }

// Runs gives the surveys, the latest first.
func (r *Review) Runs() []catalog.RunInfo { return r.in.Runs }

// Cases gives the incidents.
func (r *Review) Cases() []Case { return r.in.Cases }

// Custodians names all custodians: those that are declared, and those of repositories.
func (r *Review) Custodians() []string {
	all := map[string]bool{}
	for name := range r.custodians {
		all[name] = true
	}
	for i := range r.in.Rows {
		if c := r.in.Rows[i].Custodian; c != "" {
			all[c] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// Repositories gives the rows of a custodian's repositories, and of all where it is "".
func (r *Review) Repositories(custodian string) (out []*catalog.Row) {
	for i := range r.in.Rows {
		if row := &r.in.Rows[i]; custodian == "" || row.Custodian == custodian {
			out = append(out, row)
		}
	}
	return out
}

// Patients gives those of them that hold patient data.
func (r *Review) Patients(custodian string) (out []*catalog.Row) {
	for _, row := range r.Repositories(custodian) {
		if row.Verdict == phi.VerdictPHI.String() {
			out = append(out, row)
		}
	}
	return out
}

// Labels holds the labels of a repository against what was measured under them.
func (r *Review) Labels(row *catalog.Row) ([]Label, error) {
	w := &writing{Review: r, gaps: map[string]*Gap{}, out: &LedgerAnswer{}}
	_, labels, err := w.register(row)
	return labels, err
}

// Safeguards gives the cells of a repository that say whether it is logged, and whose keys encrypt it.
func (r *Review) Safeguards(row *catalog.Row) (logged, keys Cell) {
	w := &writing{Review: r}
	return w.logged(row), w.keys(row)
}

// Brokered gives the declared facts by which privileged access to a repository goes through a broker.
func (r *Review) Brokered(row *catalog.Row) []Fact {
	return r.covers(declared.KindBroker, row.Repository)
}

// Vendor names the vendor whose an account or app is; "" where nobody said.
func (r *Review) Vendor(p *access.Principal) string {
	if p.Kind == access.Vendor.String() {
		return p.Name
	}
	return r.vendorOf[p.ID]
}

// Owner names who answers for an account or app; "" where nobody said.
func (r *Review) Owner(p *access.Principal) string { return r.ownerOf[p.ID] }

// Expires is the day on which an account or token ends; "" where nobody said.
func (r *Review) Expires(p *access.Principal) string { return r.expires[p.ID] }

// OfRun makes evidence of a survey.
func (r *Review) OfRun(run *catalog.RunInfo, says string) Evidence {
	at := run.Beat
	return Evidence{ID: "run:" + strconv.FormatInt(run.ID, 10), Says: says, By: "chartroom scan", Basis: Measured, Seen: &at}
}

// OfCase makes evidence of an incident's log.
func (r *Review) OfCase(c *Case, says string) Evidence {
	at := c.Opened
	return Evidence{ID: "case:" + c.Name, Says: says, By: "chartroom case", Basis: Measured, Seen: &at}
}
