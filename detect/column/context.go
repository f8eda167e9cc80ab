package column

import (
	"github.com/chartroom/chartroom/detect/header"
	"github.com/chartroom/chartroom/phi"
)

// context is what a table is about, as its name and all its columns together tell.
type context struct {
	main    header.Who  // whom a column is about that does not say
	rows    header.Rows // what a row is, by the table's name
	own     bool        // a patient's own columns stand in it, so that the insured or guarantor is another
	party   bool        // it tells of persons or parties: it has names, addresses with a street, telephone numbers, numbers of persons
	health  bool        // it speaks of health, care or payment
	codes   bool        // clinical codes stand in it
	people  bool        // a row describes a person: it has a name, and an address, a mail address or a date of birth
	care    int         // columns that speak of health, care or payment
	keys    bool        // it has keys that recur, as records of events have
	street  bool        // it has address lines
	charted bool        // it has a column that is surely of record numbers
	born    bool        // it has a date of birth or a social security number
	names   int         // columns of a person's name
	means   int         // columns of a person's address, mail address, telephone, birth
	votes   [header.NumWho]float64
}

// survey reads the table's name and the names of all columns.
func (t *Table) survey() {
	x := &t.context
	*x = context{rows: t.lexicon.Table(t.options.Name)}
	x.health = x.rows.Care
	if x.rows.Who != header.Nobody {
		x.votes[x.rows.Who] += 2
	}
	for i := range t.columns {
		c := &t.columns[i]
		if c.use == ignored {
			continue
		}
		if !c.judged {
			t.name(uint32(i))
		}
		x.vote(c)
	}
	x.conclude()
}

// name takes in what the name of a column says.
func (t *Table) name(place uint32) {
	c, p := &t.columns[place], t.places.At(place)
	c.name, c.judged = p.Name, true
	c.guess, c.claims = t.lexicon.Column(p.Name, p.Field), nil
	for i := range t.options.Custom {
		if o := &t.options.Custom[i]; t.lexicon.Claims(p.Name, o.Columns, o.Keywords) {
			c.claims = append(c.claims, i)
		}
	}
}

// plain takes what the name says for that of a text, where it said anything.
func (c *column) plain() {
	if c.guess.Kind != phi.None {
		c.guess.Kind, c.guess.Part, c.guess.Health, c.plainly = phi.FreeText, phi.PartNone, false, true
	}
}

// vote counts what a column's name says of whom the table is about.
func (x *context) vote(c *column) {
	g := &c.guess
	w := [...]float64{0.2, 0.5, 1}[g.Strength]
	if g.Negative && g.Class != header.RefID {
		w /= 4
	}
	if g.Lexical != header.Nobody {
		x.votes[g.Lexical] += w
	}
	switch g.Kind {
	case phi.MRN, phi.HealthPlanID:
		if g.Strength == header.Strong && g.Lexical == header.Nobody {
			x.votes[header.Patient] += w
		}
	case phi.NPI:
		x.votes[header.Provider] += w / 2
	}
	if (g.Class == header.Coded || g.Class == header.Health) && g.Strength == header.Strong {
		x.codes = true
	}
	if g.Health && g.Strength == header.Strong {
		x.care++
	}
	if g.Kind == phi.Name && (g.Strength == header.Strong || c.evidence.share(pFull) > 0.5) {
		x.names++
	}
	switch g.Kind {
	case phi.Address, phi.ZIP, phi.Email, phi.Phone, phi.DateOfBirth:
		x.means++
	}
	x.born = x.born || g.Strength == header.Strong && (g.Kind == phi.DateOfBirth || g.Kind == phi.SSN)
	own := g.Lexical == header.Patient && g.Kind != phi.None
	charted := g.Kind == phi.MRN && g.Strength == header.Strong
	x.own, x.charted = x.own || own || charted, x.charted || charted
	x.party = x.party || party(c)
	x.voteValues(c)
}

// voteValues counts what a column's values show of whom the table is about, where names say little.
func (x *context) voteValues(c *column) {
	e, g := c.evidence, &c.guess
	if e == nil || e.seen < 5 || g.Negative {
		return
	}
	switch {
	case e.share(pMBI) > 0.5, e.share(pHICN) > 0.6:
		x.votes[header.Patient]++
		x.care++
	case e.share(pSNOMED) > 0.8 || e.share(pLOINC) > 0.8 || e.share(pNDC) > 0.7 || e.share(pICD10) > 0.8 && e.mask&mDot != 0 && e.different.Count() > 2:
		x.care++
		x.codes = true
	case e.share(pSSN) > 0.5:
		x.means++
	case e.share(pNPI) > 0.9:
		x.care++
	case e.share(pUUID) > 0.9 && e.distinctShare() < 0.9:
		x.keys = true
	case g.Strength == header.Strong:
	case e.share(pFull) > 0.6, max(e.share(pGiven), e.share(pSurname)) > 0.7 && e.share(pWord) < 0.4 && e.share(pCity) < 0.7:
		x.names++
	case e.share(pEmail) > 0.5, e.share(pStreet) > 0.5, e.share(pPhone) > 0.6:
		x.means++
	}
	x.street = x.street || e.share(pStreet) > 0.4
}

// party tells whether a column shows that a table tells of persons or parties.
func party(c *column) bool {
	g, e := &c.guess, c.evidence
	if e != nil && e.seen >= 3 {
		if e.share(pEmail) > 0.5 || e.share(pSSN) > 0.5 || e.share(pMBI) > 0.5 || e.share(pStreet) > 0.5 || e.share(pPhone) > 0.6 || e.share(pFull) > 0.7 && e.distinctShare() > 0.3 {
			return true
		}
	}
	if g.Strength != header.Strong {
		return g.Kind == phi.MRN && (e == nil || e.share(pUUID) > 0.5)
	}
	switch g.Kind {
	case phi.MRN, phi.SSN, phi.HealthPlanID, phi.DateOfBirth, phi.Email, phi.Phone, phi.Fax, phi.NPI, phi.License:
		return true
	case phi.Name:
		return g.Part != phi.PartNone
	case phi.Account:
		return g.Health
	case phi.Address:
		return g.Part == phi.PartStreet && !g.Geo
	}
	return false
}

// conclude weighs the votes.
func (x *context) conclude() {
	x.people = x.names > 0 && x.means > 0
	rivals := max(x.votes[header.Customer], x.votes[header.Workforce])
	patients := x.votes[header.Patient] >= 0.5 && (x.care > 0 || x.votes[header.Patient] >= rivals/2)
	x.health = x.health || x.care > 1 || x.care > 0 && (patients || x.keys || x.people)
	switch x.rows.Who {
	case header.Nobody, header.Relative, header.Subscriber:
	case header.Somebody:
		x.main = header.Workforce
		if x.charted { // people, users: of whom a record number makes patients
			x.main = header.Patient
		}
	case header.Customer:
		x.main = header.Customer
		if x.charted {
			x.main = header.Patient
		}
	case header.Organisation, header.Facility: // a carrier's claims, an account's contacts
		x.main = x.rows.Who
		if patients || x.born && x.rows.Who == header.Facility { // a clinic's export is of its patients
			x.main = header.Patient
		} else if x.born { // an organisation is not born
			x.main = header.Nobody
		}
	default:
		x.main = x.rows.Who
	}
	if x.main != header.Nobody {
		x.party = x.party || x.main != header.Organisation && x.main != header.Facility
		return
	}
	if patients || x.health || x.charted {
		x.main = header.Patient
		return
	}
	if x.rows.Key == phi.Account { // orders, invoices
		x.main = header.Customer
		return
	}
	best := 0.9
	for _, w := range []header.Who{header.Customer, header.Workforce, header.Provider, header.Organisation, header.Facility, header.Subscriber, header.Relative} {
		if x.votes[w] > best {
			best, x.main = x.votes[w], w
		}
	}
	switch {
	case x.main == header.Customer && x.codes: // the clients of a clinic
		x.main = header.Patient
	case x.main == header.Nobody && x.people:
		x.main = header.Customer
	}
}

// personal tells whether the rows are about natural persons.
func (x *context) personal() bool {
	return x.main != header.Nobody && x.main != header.Organisation && x.main != header.Facility || x.main == header.Nobody && x.party
}
