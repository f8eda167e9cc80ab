package header

import (
	"strings"

	"github.com/chartroom/chartroom/phi"
)

// clinicalTables are names of tables that only records of care have.
var clinicalTables = map[string]bool{"medications": true, "medication": true, "conditions": true, "diagnoses": true, "procedures": true, "observations": true, "immunizations": true, "allergies": true,
	"careplans": true, "vitals": true, "labs": true, "admissions": true, "measurement": true, "immunization": true, "encounters": true, "careplan": true, "problems": true}

// Table reads the name of a table or the path of a file; of several pieces that tell, the last decides.
func (x *Lexicon) Table(name string) Rows {
	if i := strings.LastIndexAny(name, "/\\!"); i >= 0 {
		name = name[i+1:]
	}
	if i := strings.IndexByte(name, '.'); i > 0 {
		name = name[:i]
	}
	var r Rows
	for _, s := range x.Pieces(name) {
		p := x.pieces[s]
		switch {
		case p.who != Nobody:
			r.Who, r.Key, r.Thing = p.who, phi.None, false
		case p.has(hAccount):
			r.Who, r.Key, r.Thing = Customer, phi.None, false
		case p.has(hClaim), p.has(hVisit), p.has(hOrder):
			r.Who, r.Key = Nobody, phi.Account
			r.Care = r.Care || s != "invoice" && s != "order" && s != "orders" && s != "statement" && s != "document"
		case clinicalTables[s]:
			r.Drugs = r.Drugs || s == "medications" || s == "medication"
			r.Shots = r.Shots || s == "immunizations" || s == "immunization"
			r.Who, r.Key, r.Care = Nobody, phi.None, true
		case p.thing:
			r.Who, r.Key, r.Thing = Nobody, phi.None, true
		}
	}
	if r.Who == Patient {
		r.Key = phi.MRN
	}
	return r
}
