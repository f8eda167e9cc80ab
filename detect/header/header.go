// Package header tells what the name of a column says, before any value was seen: which identifier, which part of one, and
// whose; that it is none; or what else it is that matters for the columns beside it. The name of a table tells what a row is.
//
// A name is looked up in a list of known ones. One that is not there is cut into pieces (GUAR_LAST_NM, patientFirstName,
// PATIENTINSURANCEID) and read from its end by a small grammar: the last piece says what the value is, those before it of
// what and of whom. data/tokens.txt holds what the pieces mean.
//
// What a name says is a guess: the columns of a table and the values under the name decide (package column).
package header

import "github.com/chartroom/chartroom/phi"

// Guess is what a column's name says.
type Guess struct {
	Kind     phi.Kind // of identifier, or FreeText; None where the name says none
	Part     phi.Part // also of what is no identifier: a State, an age, a sex, a year
	Who      Who      // whom it is about
	Lexical  Who      // whom a piece of the name names, whatever the list of known names says
	Strength Strength
	Negative bool // the name says that no identifier stands here
	Class    Class
	System   phi.System // of codes; OtherSystem where the values must decide
	Geo      bool       // latitude or longitude
	Health   bool       // the name speaks of health, care or payment
	Rule     string     // by which the name was judged, for the explanation; empty where it says nothing
}

// Strength is how much a name says by itself.
type Strength uint8

// The strengths.
const (
	Silent Strength = iota // the name says nothing
	Weak                   // with values, a table or neighbours that agree
	Strong                 // the name alone suggests the kind
)

// Class is what a column is where it holds no identifier, and some circumstances that matter for the table.
type Class uint8

// The classes.
const (
	Plain       Class = iota
	RowID             // "id": the key of whatever the table lists
	RefID             // the number of something that is no person
	State             // a State: no identifier, but a residence
	Year              // a year alone
	Age               // an age
	Sex               // sex or gender
	Version           // which edition of a code system the column beside uses
	Coded             // a code of a clinical or billing system
	Description       // a label or description of a code
	SystemTime        // a time of the system itself
	Health            // speaks of health, care or payment
	OrgName           // name of an organisation or thing
)

// Who is whom a name speaks of.
type Who uint8

// Of whom names speak.
const (
	Nobody Who = iota
	Patient
	Relative
	Provider
	Facility
	Organisation
	Customer
	Workforce
	Subscriber // the insured: the patient, or another
	Somebody   // a person of whom the table must tell more

	NumWho
)

var whoNames = [NumWho]string{"", "patient", "relative", "provider", "facility", "organisation", "customer", "workforce", "subscriber", "somebody"}

// String gives the word for it, empty for Nobody.
func (w Who) String() string { return whoNames[w] }

// Subject gives the subject that findings name.
func (w Who) Subject() phi.Subject {
	return [NumWho]phi.Subject{phi.Unknown, phi.Patient, phi.Patient, phi.Provider, phi.Organisation, phi.Organisation, phi.Customer, phi.Workforce, phi.Patient, phi.Unknown}[w]
}

// Rows is what a row of a table is, as the table's name tells.
type Rows struct {
	Who   Who      // whom it describes; Nobody where the name does not tell
	Key   phi.Kind // what its key is: an MRN of patients, an Account of claims, visits and orders, else None
	Thing bool     // it describes a thing
	Care  bool     // it tells of health, care or payment
	Drugs bool     // it is a medication
	Shots bool     // it is an immunisation
}

// Column tells what a column's name says. The path is the name with those of what it stands in (guarantor.phone), which may
// say of whom; empty or the name alone where it stands in nothing.
func (x *Lexicon) Column(name, path string) Guess {
	pieces := x.Pieces(name)
	g := x.judge(Key(name), pieces)
	if g.Lexical = lastWho(x, pieces); g.Lexical == Nobody && len(path) > len(name) {
		g.Lexical = lastWho(x, x.Pieces(path))
	}
	return g
}
