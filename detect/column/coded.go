package column

import (
	"fmt"

	"github.com/chartroom/chartroom/detect/header"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// systemRule is a code system and how its codes are known by their values.
type systemRule struct {
	system phi.System
	probe  probe
	least  float64 // share of the values that must fit
	alone  bool    // the shape or check digit is strong enough without a name
	what   string
}

// systemRules are in the order of how much they prove.
var systemRules = []systemRule{
	{phi.SNOMEDCT, pSNOMED, 0.8, true, "SNOMED CT identifiers with their check digit"},
	{phi.LOINCSystem, pLOINC, 0.8, true, "LOINC codes with their check digit"},
	{phi.NDCSystem, pNDC, 0.7, true, "drug codes with hyphens"},
	{phi.Taxonomy, pTaxonomy, 0.8, true, "provider taxonomy codes"},
	{phi.ICD10PCS, pPCS, 0.8, false, "ICD-10-PCS codes"},
	{phi.HCPCS, pHCPCS, 0.9, false, "HCPCS codes"},
	{phi.ICD10CM, pICD10, 0.7, true, "ICD-10 codes"},
	{phi.ICD9CM, pICD9, 0.7, false, "ICD-9-CM codes"},
	{phi.NDCSystem, pNDC11, 0.8, false, "drug codes of eleven digits"},
	{phi.HCPCS, pCPT, 0.8, false, "CPT or HCPCS codes"},
	{phi.ICD9CM, pICD9Bare, 0.8, false, "ICD-9-CM codes without a dot"},
}

// coded decides which code system a column's values belong to.
func (t *Table) coded(c *column, v *values, d *Decision) {
	g := &c.guess
	if d.Kind != phi.None && d.Likelihood >= 0.5 && d.Kind != phi.FreeText {
		return
	}
	named := g.Class == header.Coded
	if v.n == 0 {
		if named && g.System != phi.OtherSystem {
			t.system(d, g.System, 0.6, "header", g.Rule, 0)
		}
		return
	}
	if named && g.System != phi.OtherSystem && g.System != phi.NoSystem {
		t.system(d, g.System, 0.9, "header", g.Rule, 0)
		return
	}
	if g.Negative && g.Strength == header.Strong || v.share(pDate) > 0.3 || v.share(pDecimal) > 0.3 {
		return
	}
	for _, r := range systemRules {
		if v.share(r.probe) < r.least || v.n < 2 || !named && !r.alone {
			continue
		}
		// A registry of one disease repeats one code beside its people.
		registry := g.Strength == header.Silent && v.n >= 8 && t.context.people
		if !named && (v.n < 4 || v.kinds < 3 && !registry || r.system == phi.ICD10CM && !t.diagnoses(v) && !(registry && t.context.care > 0)) {
			continue
		}
		if g.Strength == header.Strong && g.Kind != phi.None && g.Kind != phi.FreeText {
			continue
		}
		p := 0.7
		if named {
			p = 0.9
		}
		t.system(d, r.system, p, "values", fmt.Sprintf("%.0f %% of the values are %s", 100*v.share(r.probe), r.what), int64(v.e.hits[r.probe]))
		return
	}
	if !named {
		return
	}
	switch {
	case t.context.rows.Drugs && v.share(pInteger) > 0.9 && v.e.maxLen <= 8:
		t.system(d, phi.RxNormSystem, 0.7, "neighbour", "a table of medications", 0)
	case t.context.rows.Shots && v.share(pInteger) > 0.9 && v.e.maxLen <= 3:
		t.system(d, phi.CVX, 0.7, "neighbour", "a table of immunizations", 0)
	default:
		d.System = phi.OtherSystem
	}
}

// diagnoses tells ICD-10 codes from other letters with two digits: some have a fourth place, not all are of one letter and length.
func (t *Table) diagnoses(v *values) bool {
	return v.e.maxLen >= 4 && v.e.maxLen <= 8 && (v.e.mask&mDot != 0 || t.context.health) && v.share(pHCPCS) < 0.6 && v.share(pPostal) < 0.99
}

// system files a code system.
func (t *Table) system(d *Decision, s phi.System, p float64, rule, detail string, n int64) {
	d.System, d.Health = s, true
	d.Kind, d.Likelihood, d.Part = s.Kind(), p, phi.PartNone
	d.Why = append(d.Why, estate.Reason{Rule: rule, Detail: detail, Count: n})
}

// text decides whether a column is running text.
func (t *Table) text(c *column, v *values, d *Decision) {
	if d.Kind != phi.None && d.Kind != phi.FreeText && d.Likelihood >= 0.5 {
		return
	}
	if d.System != phi.NoSystem && d.System != phi.OtherSystem {
		return
	}
	g := &c.guess
	if g.Kind == phi.FreeText {
		f := v.fits(g)
		if f == against || f == neutral && g.Class == header.Description && v.opaque <= 0.5 && (t.context.codes || t.context.health || t.context.rows.Thing) || f == neutral && v.distinct < 0.1 && v.n > 40 && v.kinds > 1 {
			d.Kind, d.Likelihood = phi.None, 0
			return
		}
		d.Kind, d.Part = phi.FreeText, phi.PartNone
		d.Likelihood = 0.6 + 0.15*float64(g.Strength-header.Weak)
		if f == agrees {
			d.Likelihood = 0.9
		}
		d.FreeText = true
		return
	}
	if v.n == 0 || v.share(pURL) > 0.5 || v.opaque > 0.3 || v.share(pStreet) > 0.5 {
		return
	}
	words := float64(v.e.sumWords) / float64(v.n)
	if v.share(pText) >= 0.25 && words >= 4 && (v.distinct > 0.2 || v.n < 20) {
		d.Kind, d.Part, d.Likelihood, d.FreeText = phi.FreeText, phi.PartNone, 0.8, true
		d.Why = append(d.Why, estate.Reason{Rule: "values", Detail: fmt.Sprintf("%.0f words a value", words), Count: int64(v.n)})
	}
}

// versions binds each column of codes to the column beside it that names their version or system.
func (t *Table) versions() {
	for i := range t.columns {
		c := &t.columns[i]
		d := c.decision
		if c.use == ignored || d.System == phi.NoSystem {
			continue
		}
		for _, j := range []int{i + 1, i - 1, i + 2} {
			if j < 0 || j >= len(t.columns) || t.columns[j].use == ignored {
				continue
			}
			o := &t.columns[j]
			if o.guess.Class == header.Version && (d.System == phi.OtherSystem || d.System <= phi.ICD9PCS) || c.guess.Class == header.Coded && t.places.At(uint32(j)).Name != "" && header.Key(t.places.At(uint32(j)).Name) == "system" {
				d.SystemFrom = int32(j)
				break
			}
		}
	}
}
