package column

import (
	"github.com/chartroom/chartroom/detect/ident"
	"github.com/chartroom/chartroom/phi"
)

// rare is an identifier that is looked for in values which fall out of their column's shape. Each is seldom met by chance.
type rare uint8

const (
	rareSSN rare = iota
	rareEmail
	rarePhone
	rareCard
	rareMBI
	rareVIN
	rareIBAN
	rareIP

	numRare
)

// rareKinds are the kinds, and how sure one value and many values make.
var rareKinds = [numRare]struct {
	kind      phi.Kind
	probe     probe
	one, many float64
	name      string
}{
	{phi.SSN, pSSN, 0.75, 0.95, "social security number with separators"},
	{phi.Email, pEmail, 0.9, 0.98, "mail address"},
	{phi.Phone, pPhone, 0.45, 0.8, "telephone number with separators"},
	{phi.Account, pCard, 0.5, 0.9, "payment card number"},
	{phi.HealthPlanID, pMBI, 0.7, 0.95, "Medicare beneficiary identifier"},
	{phi.Vehicle, pVIN, 0.7, 0.95, "vehicle identification number"},
	{phi.Account, pIBAN, 0.8, 0.97, "international bank account number"},
	{phi.IP, pIP, 0.4, 0.7, "internet address"},
}

// surprise looks at a value that falls out of its column's shape.
func (t *Table) surprise(c *column, v []byte) {
	c.surprise++
	n := len(v)
	if n < 7 || n > 320 || !t.strange(c, v) {
		c.odd |= classes(v)
		c.oddLen = max(c.oddLen, uint32(n))
	}
}

// strange looks for identifiers that a column of another kind should not hold, and tells whether the value is one.
func (t *Table) strange(c *column, v []byte) bool {
	n, p := len(v), measure(v)
	switch {
	case p.has(mAt):
		return c.found(rareEmail, p.words == 1 && ident.Email(v) >= ident.Plausible)
	case p.digits < 4:
		return false
	case p.letters == 0:
		return c.found(rareSSN, n == 11 && ident.SSN(v) >= ident.Valid) ||
			c.found(rarePhone, p.signs > 0 && p.digits >= 10 && p.digits <= 15 && ident.Phone(v, t.options.Words) >= ident.Valid) ||
			c.found(rareCard, p.digits >= 13 && ident.Card(v) >= ident.Proven) ||
			c.found(rareIP, p.has(mDot) && ident.IPv4(v) >= ident.Valid)
	}
	return c.found(rareMBI, (n == 11 || n == 13) && ident.MBI(v) >= ident.Valid) ||
		c.found(rareVIN, n == 17 && ident.VIN(v) >= ident.Proven) ||
		c.found(rareIBAN, n >= 15 && ident.IBAN(v) >= ident.Proven)
}

func (c *column) found(r rare, ok bool) bool {
	if ok {
		c.rare[r]++
	}
	return ok
}

// widen takes the shape of surprises that were nothing for the column's own, where they are many.
func (t *Table) widen() {
	for i := range t.columns {
		c := &t.columns[i]
		if c.surprise < 64+c.values/8 {
			continue
		}
		c.surprise = 0
		c.shape |= c.odd
		c.minLen, c.maxLen = 1, max(c.maxLen, c.oddLen)
		c.watch()
	}
}
