package column

import (
	"fmt"

	"github.com/chartroom/chartroom/detect/header"
	"github.com/chartroom/chartroom/phi"
)

// byValues is what the values say by themselves, whatever the column's name.
func (t *Table) byValues(c *column, v *values) opinion {
	if v.n < 2 {
		return opinion{}
	}
	best := opinion{}
	for _, rule := range valueRules {
		if p := rule.judge(v, &c.guess, &t.context); p > best.likelihood {
			share := v.share(rule.probe)
			best = opinion{kind: rule.kind, part: rule.part, likelihood: p, rule: rule.name, count: int64(v.e.hits[rule.probe]),
				detail: fmt.Sprintf("%.0f %% of the values are %s", 100*share, rule.what)}
		}
	}
	if v.n < 6 {
		best.likelihood *= 0.5 + float64(v.n)*0.08
	}
	return best
}

// valueRule turns shares of values into a likelihood.
type valueRule struct {
	kind  phi.Kind
	part  phi.Part
	probe probe
	name  string // of estate.Reason
	what  string
	judge func(*values, *header.Guess, *context) float64
}

// when gives p where ok holds.
func when(ok bool, p float64) float64 {
	if ok {
		return p
	}
	return 0
}

// valueRules are the shapes and check digits by which a column is known without its name.
var valueRules = []valueRule{
	{phi.Email, 0, pEmail, "values", "mail addresses", func(v *values, g *header.Guess, x *context) float64 { return when(v.share(pEmail) >= 0.5, 0.95) }},
	{phi.SSN, 0, pSSN, "values", "social security numbers with separators", func(v *values, g *header.Guess, x *context) float64 {
		return when(v.share(pSSN) >= 0.5 && (v.distinct > 0.05 || v.n < 20), 0.95)
	}},
	{phi.SSN, 0, pSSN9, "values", "nine digits that follow the rules of the social security number", bareSSN},
	{phi.NPI, 0, pNPI, "checksum", "ten digits with the NPI's check digit", func(v *values, g *header.Guess, x *context) float64 {
		return when(v.n >= 3 && v.share(pNPI) >= 0.85 && !(v.n < 8 && g.Negative), 0.95)
	}},
	{phi.Phone, 0, pPhone, "values", "telephone numbers with separators", func(v *values, g *header.Guess, x *context) float64 {
		return when(v.share(pPhone) >= 0.6 && v.share(pDate) < 0.2 && !g.Negative && v.share(pSSN) < 0.3, 0.85)
	}},
	{phi.Phone, 0, pPhone10, "values", "ten digits that follow the rules of telephone numbers", func(v *values, g *header.Guess, x *context) float64 {
		if v.share(pPhone10) < 0.6 || v.e.minLen < 10 || v.share(pNPI) > 0.5 || v.distinct < 0.2 || g.Negative || g.Class == header.RefID {
			return 0
		}
		return 0.45 + when(x.party && v.n > 8, 0.2)
	}},
	{phi.HealthPlanID, 0, pMBI, "values", "Medicare beneficiary identifiers", func(v *values, g *header.Guess, x *context) float64 { return when(v.share(pMBI) >= 0.5, 0.95) }},
	{phi.HealthPlanID, 0, pHICN, "values", "health insurance claim numbers", func(v *values, g *header.Guess, x *context) float64 { return when(v.share(pHICN) >= 0.6, 0.8) }},
	{phi.Vehicle, 0, pVIN, "checksum", "vehicle identification numbers with their check digit", func(v *values, g *header.Guess, x *context) float64 { return when(v.share(pVIN) >= 0.4, 0.95) }},
	{phi.Account, 0, pIBAN, "checksum", "international bank account numbers", func(v *values, g *header.Guess, x *context) float64 { return when(v.share(pIBAN) >= 0.4, 0.97) }},
	{phi.Account, 0, pCard, "checksum", "payment card numbers with issuer and check digit", func(v *values, g *header.Guess, x *context) float64 {
		return when(v.share(pCard) >= 0.7 && v.distinct > 0.2, 0.9)
	}},
	{phi.License, 0, pDEA, "checksum", "registration numbers of the DEA", func(v *values, g *header.Guess, x *context) float64 {
		return when(v.share(pDEA) >= 0.6 && v.distinct > 0.2, 0.8)
	}},
	{phi.IP, 0, pIP, "values", "internet addresses", func(v *values, g *header.Guess, x *context) float64 {
		return when(v.share(pIP) >= 0.6 && g.Class != header.Version, 0.8)
	}},
	{phi.Device, 0, pMAC, "values", "hardware addresses", func(v *values, g *header.Guess, x *context) float64 { return when(v.share(pMAC) >= 0.6, 0.85) }},
	{phi.Device, 0, pUDI, "checksum", "unique device identifiers", func(v *values, g *header.Guess, x *context) float64 { return when(v.share(pUDI) >= 0.5, 0.9) }},
	{phi.Device, 0, pIMEI, "checksum", "mobile equipment identities", func(v *values, g *header.Guess, x *context) float64 {
		return when(v.share(pIMEI) >= 0.9 && v.share(pCard) < 0.5 && v.distinct > 0.3, 0.75)
	}},
	{phi.URL, 0, pURL, "values", "URLs", func(v *values, g *header.Guess, x *context) float64 {
		return when(v.share(pURL) >= 0.5 && x.party && !(g.Negative && g.Strength == header.Strong), 0.7)
	}},
	{phi.URL, 0, pDomain, "values", "host names", func(v *values, g *header.Guess, x *context) float64 {
		return when(v.share(pDomain) >= 0.8 && x.party && !(g.Negative && g.Strength == header.Strong) && v.distinct > 0.5 && v.share(pURL) < 0.1, 0.6)
	}},
	{phi.DateOfBirth, 0, pBirth, "values", "dates spread as births are", birthDates},
	{phi.Date, 0, pDate, "values", "dates", dates},
	{phi.Name, phi.PartFull, pFull, "values", "a given name and a surname", fullNames},
	{phi.Name, phi.PartGiven, pGiven, "values", "given names", func(v *values, g *header.Guess, x *context) float64 { return singleNames(v, g, x, true) }},
	{phi.Name, phi.PartFamily, pSurname, "values", "surnames", func(v *values, g *header.Guess, x *context) float64 { return singleNames(v, g, x, false) }},
	{phi.Address, phi.PartStreet, pStreet, "values", "address lines", func(v *values, g *header.Guess, x *context) float64 {
		return when(v.share(pStreet) >= 0.5 && v.share(pText) < 0.2, 0.85)
	}},
	{phi.Address, phi.PartCity, pCity, "values", "towns", func(v *values, g *header.Guess, x *context) float64 {
		if v.share(pCity) < 0.8 || v.kinds < 8 && v.n > 20 || v.kinds < 4 || g.Negative || g.Class == header.State || v.share(pState) > 0.6 || v.share(pCountry) > 0.5 {
			return 0
		}
		return 0.4 + when(x.party && v.share(pCity) > v.share(pGiven)+0.05, 0.3)
	}},
	{phi.Address, phi.PartCounty, pCounty, "values", "counties", func(v *values, g *header.Guess, x *context) float64 {
		return when(v.share(pCounty) >= 0.8 && v.share(pCity) < 0.3 && v.kinds >= 3 && x.party && !g.Negative, 0.65)
	}},
	{phi.Address, 0, pCoordinate, "values", "coordinates beside addresses", func(v *values, g *header.Guess, x *context) float64 {
		return when(v.share(pCoordinate) >= 0.9 && v.distinct > 0.5 && v.n > 8 && x.street && g.Strength == header.Silent, 0.55)
	}},
	{phi.ZIP, phi.PartZIP, pZIP9, "values", "ZIP codes of nine digits", func(v *values, g *header.Guess, x *context) float64 { return when(v.share(pZIP9) >= 0.5, 0.9) }},
	{phi.ZIP, phi.PartZIP, pZIP, "values", "ZIP codes in use", func(v *values, g *header.Guess, x *context) float64 {
		if v.share(pZIP) < 0.93 || v.e.minLen != 5 || g.Negative || g.Class == header.Coded || g.Class == header.RowID || v.kinds < 3 {
			return 0
		}
		return 0.4 + when(x.party && v.n > 8, 0.25)
	}},
	{phi.OtherID, 0, pUUID, "uniqueness", "unique keys", func(v *values, g *header.Guess, x *context) float64 {
		return when(v.share(pUUID) > 0.9 && (g.Strength == header.Silent || g.Class == header.RowID) && x.people && x.main != header.Provider && x.main != header.Organisation && x.main != header.Facility && v.distinct > 0.9 && v.n > 5, 0.55)
	}},
	{phi.OtherID, 0, pLonger, "uniqueness", "long unique numbers", longNumbers},
}

// bareSSN judges nine digits without separators. Of random numbers 89 in a hundred follow the rules, so all must, and many.
func bareSSN(v *values, g *header.Guess, x *context) float64 {
	if v.share(pSSN9) < 0.985 || v.n < 30 || v.distinct < 0.5 || v.share(pRising) > 0.2 || g.Negative || g.Class == header.RefID {
		return 0
	}
	if !x.party || g.Kind != phi.None && g.Kind != phi.SSN && g.Strength == header.Strong {
		return 0.3
	}
	return 0.6
}

// birthDates judges dates by their spread: days without a time, many before 1990, hardly two alike.
func birthDates(v *values, g *header.Guess, x *context) float64 {
	d := v.share(pDate)
	if d < 0.6 || v.share(pStamp) > 0.2*d || v.share(pOldDate) < 0.4*d || v.share(pBirth) < 0.85*d || v.distinct < 0.4 || v.n < 5 || g.Negative {
		return 0
	}
	if g.Kind == phi.Date && g.Strength == header.Strong {
		return 0.4
	}
	return when(x.party || x.personal(), 0.7)
}

// dates judges dates of which the name says nothing.
func dates(v *values, g *header.Guess, x *context) float64 {
	if v.share(pDate) < 0.6 || g.Class == header.SystemTime || g.Negative {
		return 0
	}
	switch {
	case x.rows.Thing && !x.party:
		return 0.2
	case x.health && x.personal():
		return 0.65
	case x.personal() && x.party:
		return 0.55
	}
	return 0.3
}

// fullNames judges given names with surnames; a column that is called something else needs more of them, and many different ones.
func fullNames(v *values, g *header.Guess, x *context) float64 {
	least, different := 0.55, 0.04
	if g.Negative || g.Class != header.Plain || g.Kind == phi.FreeText {
		least, different = 0.75, 0.25
	}
	few := 3
	if g.Lexical != header.Nobody { // the name of the column is a word for a person
		few = 1
	}
	if v.share(pFull) < least || v.distinct < different && v.n > 40 || v.kinds < few || v.kinds < 8 && v.n > 40 || x.rows.Thing && !x.party || g.Negative && g.Class == header.OrgName && !x.party {
		return 0
	}
	return when(v.share(pOrg) < 0.15 && v.share(pStreet) < 0.2 && v.share(pCity) < 0.4, 0.8)
}

// singleNames judges single words: most are known as names, few are ordinary words, and more are names than towns.
func singleNames(v *values, g *header.Guess, x *context, given bool) float64 {
	mine, other := v.share(pSurname), v.share(pGiven)
	prefers := v.e.surname >= v.e.given
	if given {
		mine, other, prefers = other, mine, !prefers
	}
	if mine < 0.6 || mine < other-0.15 || !prefers || v.kinds < 5 || v.distinct < 0.02 || g.Negative || g.Class == header.State || v.share(pState) > 0.5 || v.share(pCountry) > 0.4 {
		return 0
	}
	if v.share(pCity) > mine || v.share(pTitled) < 0.5 || v.share(pWord) > 0.45 {
		return 0.3
	}
	if x.rows.Thing && !x.party {
		return 0.3
	}
	p := 0.55
	if mine > 0.75 && v.share(pWord) < 0.35 {
		p = 0.75
	}
	return p
}

// longNumbers judges unique numbers of eight digits and more beside persons: "any other unique identifying number".
func longNumbers(v *values, g *header.Guess, x *context) float64 {
	if g.Strength != header.Silent || v.share(pLonger) < 0.9 || v.distinct < 0.95 || v.n < 20 || v.share(pDecimal) > 0 || v.share(pDate) > 0.1 || v.share(pOpaque) > 0.3 || v.share(pURL) > 0 || v.share(pUUID) > 0.1 || v.share(pPostal) > 0.5 {
		return 0
	}
	if v.e.mask&mDigit == 0 || v.share(pRising) > 0.3 || int(v.e.maxLen) > 40 || float64(v.e.sumWords) > 3*float64(v.n) && v.e.mask&(mUpper|mLower) != mUpper {
		return 0
	}
	return when(x.party && x.personal() && x.main != header.Provider && !x.health && v.share(pPhone10) < 0.5, 0.55)
}
