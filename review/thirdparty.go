package review

import (
	"cmp"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate/declared"
)

// Agreement tells whether an agreement with a vendor is in force, and whether its scope is said.
func (r *Review) Agreement(vendor string) (state State, scoped bool, says string, by []Fact) {
	state, says = Unknown, "whether there is an agreement was not said"
	for _, f := range r.facts[declared.KindVendor] {
		if !strings.EqualFold(f.Principal, vendor) {
			continue
		}
		by = append(by, f)
		scoped = scoped || f.Is["scope"] != ""
		words := strings.ToLower(f.Is["agreement"])
		first, _, _ := strings.Cut(words, " ")
		switch {
		case f.Until != "" && f.Until < r.day:
			state, says = No, "its agreement was to be renewed by "+f.Until
		case words == "":
		case slices.Contains([]string{"expired", "no", "none", "ended", "terminated", "missing", "unsigned", "draft"}, first):
			state, says = No, "its agreement: "+f.Is["agreement"]
		default:
			state, says = Yes, "its agreement: "+f.Is["agreement"]
		}
	}
	return state, scoped, says, by
}

// thirdParty answers whether vendors that read a repository, or keep it, do so under an agreement in force and within a scope. Each vendor
// of which that is not so is a gap of its own.
func (w *writing) thirdParty(row *catalog.Row, readers []Reading, known bool) (Cell, error) {
	c := Cell{Aspect: ThirdParty, State: Yes, Says: "no third party reads it", Fix: "an agreement in force, with a scope, for each vendor; or none of its access"}
	vendors := map[string][]Reading{}
	if w.custodians[row.Custodian] == "vendor" {
		vendors[row.Custodian] = nil
	}
	for _, r := range readers {
		vendor := w.Vendor(r.Principal)
		if vendor == "" && r.Kind == access.Client.String() {
			vendor = unnamed
		}
		if vendor != "" {
			vendors[vendor] = append(vendors[vendor], r)
		}
	}
	names := make([]string, 0, len(vendors))
	for name := range vendors {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := w.vendor(row, name, vendors[name], &c); err != nil {
			return c, err
		}
	}
	if !known && c.State == Yes {
		c.State, c.Says = Unknown, "nobody collected who can read it, so whether third parties do is not known"
	}
	return c, nil
}

// unnamed stands for whoever runs apps of which nobody said whose they are.
const unnamed = "apps whose vendor was not said"

// vendor adds what is known of one vendor to a cell.
func (w *writing) vendor(row *catalog.Row, name string, holds []Reading, c *Cell) error {
	state, scoped, says, by := w.Agreement(name)
	var evidence []Evidence
	for _, f := range by {
		evidence = append(evidence, w.OfFact(f.Fact, says))
	}
	var tokens []string
	for _, r := range holds {
		evidence = append(evidence, w.OfPrincipal(r.Principal, r.Name+" reads it"))
		proof, err := w.proof(r.ID, row.Repository)
		if err != nil {
			return err
		}
		evidence = append(evidence, proof...)
		if r.Kind != access.Vendor.String() {
			tokens = append(tokens, w.token(r))
		}
	}
	c.Evidence = append(c.Evidence, evidence...)
	if state == Yes && !scoped {
		state, says = Unknown, says+"; its scope was not said"
	}
	if name == unnamed {
		says = "whose they are was not said"
	}
	words := name + ": " + says
	if len(tokens) > 0 {
		words += "; it holds " + strings.Join(tokens, ", ")
	} else if len(holds) == 0 {
		words += "; it keeps this"
	}
	if state == Yes {
		if c.State == Yes {
			c.Says = words
		}
		return nil
	}
	g := w.gap(GapThirdParty, ThirdParty, name, row)
	if g.State != No {
		g.State = state
	}
	g.Custodian = name
	if g.Says == "" || len(tokens) > 0 {
		g.Says = words
	}
	g.Fix = cmp.Or(map[bool]string{true: "say whose they are: vendor, in the file of apps"}[name == unnamed],
		"sign an agreement that names its scope (is: {agreement: signed 2026-01-15, scope: ...}) and give each token an end; or revoke them")
	g.Evidence = append(g.Evidence, evidence...)
	c.Gaps = append(c.Gaps, g.ID)
	if c.State != No {
		c.State, c.Says = state, words
	}
	return nil
}

// token puts a vendor's credential in words.
func (w *writing) token(r Reading) string {
	words := []string{}
	if s := w.scopesOf[r.ID]; len(s) > 0 {
		words = append(words, strings.Join(slices.Compact(slices.Sorted(slices.Values(s))), " "))
	}
	words = append(words, cmp.Or(map[bool]string{true: "ends " + w.expires[r.ID]}[w.expires[r.ID] != ""], "no end"))
	if last := r.Traits["last_used"]; last != "" {
		words = append(words, "last used "+last)
	}
	return r.Name + " (" + strings.Join(words, ", ") + ")"
}
