package column

import (
	"strings"

	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// context is what a table is about, as its name and all its columns together tell.
type context struct {
	main   who      // whom a column is about that does not say
	rows   who      // whom one row describes, by the table's name; nobody = it does not tell
	rowKey phi.Kind // what the key of a row is, by the table's name
	own    bool     // a patient's own columns stand in it, so that the insured or guarantor is another
	party  bool     // it tells of persons or parties: it has names, addresses with a street, telephone numbers, numbers of persons
	health bool     // it speaks of health, care or payment
	codes  bool     // clinical codes stand in it
	thing  bool     // by its name it lists things
	drugs  bool     // by its name it lists medications
	shots  bool     // by its name it lists immunizations
	people bool     // a row describes a person: it has a name, and an address, a mail address or a date of birth
	care   int      // columns that speak of health, care or payment
	keys   bool     // it has keys that recur, as records of events have
	street bool     // it has address lines
	names  int      // columns of a person's name
	means  int      // columns of a person's address, mail address, telephone, birth
	votes  [numWho]float64
}

// survey reads the table's name and the names of all columns.
func (t *Table) survey() {
	t.context = context{}
	x := &t.context
	t.nameOfTable(x)
	for i := range t.columns {
		c := &t.columns[i]
		if c.use == ignored {
			continue
		}
		if !c.judged {
			p := t.places.At(uint32(i))
			c.guess = t.lexicon.guessName(nameOf(p))
			c.guess.lexical = lastWho(t.lexicon, t.lexicon.split(nameOf(p)))
			c.name, c.judged = nameOf(p), true
		}
		x.vote(c)
	}
	x.conclude()
}

// nameOf is the name that a column is judged by.
func nameOf(p *record.Place) string { return p.Name }

// nameOfTable reads what a row is from the table's name.
func (t *Table) nameOfTable(x *context) {
	name := t.options.Name
	if i := strings.LastIndexAny(name, "/\\!"); i >= 0 {
		name = name[i+1:]
	}
	if i := strings.IndexByte(name, '.'); i > 0 {
		name = name[:i]
	}
	for _, s := range t.lexicon.split(name) {
		p := t.lexicon.pieces[s]
		if p.has(hAccount) && p.who == nobody {
			x.rows, x.rowKey, x.thing = wCustomer, phi.None, false
			continue
		}
		if p.who != nobody {
			x.rows, x.rowKey, x.thing = p.who, phi.None, false
			continue
		}
		switch {
		case p.has(hClaim), p.has(hVisit), p.has(hOrder):
			x.rows, x.rowKey = nobody, phi.Account
			x.health = x.health || s != "invoice" && s != "order" && s != "orders" && s != "statement" && s != "document"
		case clinicalTables[s]:
			x.drugs = x.drugs || s == "medications" || s == "medication"
			x.shots = x.shots || s == "immunizations" || s == "immunization"
			x.rows, x.rowKey, x.health = nobody, phi.None, true
		case p.thing:
			x.rows, x.rowKey, x.thing = nobody, phi.None, true
		}
	}
	if x.rows == wPatient {
		x.rowKey = phi.MRN
	}
	if x.rows != nobody {
		x.votes[x.rows] += 2
	}
}

// clinicalTables are names of tables that only records of care have.
var clinicalTables = map[string]bool{"medications": true, "medication": true, "conditions": true, "diagnoses": true, "procedures": true, "observations": true, "immunizations": true, "allergies": true,
	"careplans": true, "vitals": true, "labs": true, "admissions": true, "measurement": true, "immunization": true, "encounters": true, "careplan": true, "problems": true}

// vote counts what a column's name says of whom the table is about.
func (x *context) vote(c *column) {
	g := &c.guess
	w := [...]float64{0.2, 0.5, 1}[g.strength]
	if g.negative && g.class != refID {
		w /= 4
	}
	if g.lexical != nobody {
		x.votes[g.lexical] += w
	}
	switch g.kind {
	case phi.MRN, phi.HealthPlanID:
		if g.strength == strong && g.lexical == nobody {
			x.votes[wPatient] += w
		}
	case phi.NPI:
		x.votes[wProvider] += w / 2
	}
	if g.class == coded && g.strength == strong || g.class == health {
		x.codes = true
	}
	if g.health && g.strength == strong {
		x.care++
	}
	if g.kind == phi.Name && (g.strength == strong || c.evidence.share(pFull) > 0.5) {
		x.names++
	}
	switch g.kind {
	case phi.Address, phi.ZIP, phi.Email, phi.Phone, phi.DateOfBirth:
		x.means++
	}
	own := g.lexical == wPatient && g.kind != phi.None
	x.own = x.own || own || g.kind == phi.MRN && g.strength == strong
	x.party = x.party || party(c)
	x.voteValues(c)
}

// voteValues counts what a column's values show of whom the table is about, where names say little.
func (x *context) voteValues(c *column) {
	e, g := c.evidence, &c.guess
	if e == nil || e.seen < 5 || g.negative {
		return
	}
	switch {
	case e.share(pMBI) > 0.5, e.share(pHICN) > 0.6:
		x.votes[wPatient]++
		x.care++
	case e.share(pSNOMED) > 0.8 || e.share(pLOINC) > 0.8 || e.share(pNDC) > 0.7 || e.share(pICD10) > 0.8 && e.mask&mDot != 0 && e.different.count() > 2:
		x.care++
		x.codes = true
	case e.share(pNPI) > 0.9:
		x.care++
	case e.share(pUUID) > 0.9 && e.distinctShare() < 0.9:
		x.keys = true
	case g.strength == strong:
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
	if g.strength != strong {
		return g.kind == phi.MRN && (e == nil || e.share(pUUID) > 0.5)
	}
	switch g.kind {
	case phi.MRN, phi.SSN, phi.HealthPlanID, phi.DateOfBirth, phi.Email, phi.Phone, phi.Fax, phi.NPI, phi.License:
		return true
	case phi.Name:
		return g.part != phi.PartNone
	case phi.Account:
		return g.health
	case phi.Address:
		return g.part == phi.PartStreet && !g.geo
	}
	return false
}

// conclude weighs the votes.
func (x *context) conclude() {
	x.people = x.names > 0 && x.means > 0
	rivals := max(x.votes[wCustomer], x.votes[wWorkforce])
	patients := x.votes[wPatient] >= 0.5 && (x.care > 0 || x.votes[wPatient] >= rivals/2)
	x.health = x.health || x.care > 1 || x.care > 0 && (patients || x.keys || x.people)
	switch x.rows {
	case nobody, wRelative, wSubscriber:
	case wSomebody:
		x.main = wWorkforce
	case wOrganisation, wFacility: // a carrier's claims, an account's contacts
		x.main = x.rows
		if patients {
			x.main = wPatient
		}
	default:
		x.main = x.rows
	}
	if x.main != nobody {
		x.party = x.party || x.main != wOrganisation && x.main != wFacility
		return
	}
	if patients || x.health {
		x.main = wPatient
		return
	}
	if x.rowKey == phi.Account { // orders, invoices
		x.main = wCustomer
		return
	}
	best := 0.9
	for _, w := range []who{wCustomer, wWorkforce, wProvider, wOrganisation, wFacility, wSubscriber, wRelative} {
		if x.votes[w] > best {
			best, x.main = x.votes[w], w
		}
	}
	switch {
	case x.main == wCustomer && x.codes: // the clients of a clinic
		x.main = wPatient
	case x.main == nobody && x.people:
		x.main = wCustomer
	}
}

// personal tells whether the rows are about natural persons.
func (x *context) personal() bool {
	return x.main != nobody && x.main != wOrganisation && x.main != wFacility || x.main == nobody && x.party
}
