package ccda

import (
	"embed"
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/phi"
)

// tables are what the standard says, as it is written.
//
//go:embed data/*.txt
var tables embed.FS

// meaning is how an element is read.
type meaning uint8

const (
	unknown   meaning = iota // the standard does not know it: name and values decide
	pass                     // holds elements
	nothing                  // holds a text that identifies nobody
	roled                    // a role: whose what stands beneath is
	partied                  // a role whose class says whose
	identity                 // II: an id
	named                    // EN: a name
	addressed                // AD: an address
	piece                    // a piece of a name or an address
	telecom                  // TEL
	birth                    // TS: of birth
	death                    // TS: of death
	dated                    // TS, or an interval
	bound                    // a bound of an interval: of dates, if it stands in one
	coded                    // CD
	valued                   // ANY: its type says what
	texted                   // ED, ST, narrative
	template                 // templateId
	status                   // statusCode
)

var meanings = map[string]meaning{
	"pass": pass, "nothing": nothing, "role": roled, "party": partied, "id": identity, "name": named, "addr": addressed,
	"piece": piece, "telecom": telecom, "birth": birth, "death": death, "date": dated, "bound": bound, "code": coded,
	"value": valued, "text": texted, "template": template, "status": status,
}

// role is whose data stand in an element.
type role uint8

const (
	care         role = iota // an act of a patient's care, or a document about him
	patient                  // the patient
	relative                 // a relative, guardian, guarantor or contact; the place of birth
	provider                 // who gives, writes down or receives
	organisation             // an organisation or a place
	thing                    // a product, a device
)

var roles = map[string]role{"patient": patient, "relative": relative, "provider": provider, "organisation": organisation, "thing": thing}

// subject is whom a role's values are about, and whether that is another than the record's own patient.
func (r role) subject() (s phi.Subject, other bool) {
	switch r {
	case patient:
		return phi.Patient, false
	case provider:
		return phi.Provider, true
	case organisation, thing:
		return phi.Organisation, true
	}
	return phi.Patient, true
}

// rule is what the table says of an element.
type rule struct {
	means  meaning
	begins bool // a record
	role   role // of a role
	kind   phi.Kind
	part   phi.Part // of a piece
}

// pieces are the pieces of names and addresses.
var pieces = map[string]rule{
	"family": {kind: phi.Name, part: phi.PartFamily}, "given": {kind: phi.Name, part: phi.PartGiven}, "full": {kind: phi.Name, part: phi.PartFull},
	"street": {kind: phi.Address, part: phi.PartStreet}, "city": {kind: phi.Address, part: phi.PartCity}, "county": {kind: phi.Address, part: phi.PartCounty},
	"state": {kind: phi.None, part: phi.PartState}, "zip": {kind: phi.ZIP, part: phi.PartZIP}, "tract": {kind: phi.Address},
	"patient": {kind: phi.MRN}, "plan": {kind: phi.HealthPlanID},
}

// effect is what a template says of the act that carries it.
type effect uint8

const (
	noEffect effect = iota
	ofRelative
	ofAge
	ofDevice
)

// root is a namespace of identifiers.
type root struct {
	oid  string
	kind phi.Kind
}

var (
	elements  = parseElements(lines("elements"))
	templates = parseTemplates(lines("templates"))
	idRoots   = parseRoots(lines("ids"))
)

// lines gives what stands in a table. The tables are part of the program: a fault in one is found by the first test that runs.
func lines(name string) []string {
	text, err := tables.ReadFile("data/" + name + ".txt")
	if err != nil {
		panic(err)
	}
	var out []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			out = append(out, line)
		}
	}
	return out
}

func parseElements(lines []string) map[string]rule {
	out := make(map[string]rule, 512)
	for _, line := range lines {
		head, names, ok := strings.Cut(line, ":")
		word, which, _ := strings.Cut(head, " ")
		m, known := meanings[word]
		begins := word == "record"
		r, isPiece := pieces[which]
		who, isRole := roles[which]
		if !ok || !known && !begins || which != "" && !isPiece && !isRole {
			panic(fmt.Sprintf("elements: %s", head))
		}
		if r.means = m; m == roled {
			r.role, r.kind = who, phi.None
		}
		for _, name := range strings.Fields(names) {
			was, twice := out[name]
			if twice && !was.begins {
				panic(fmt.Sprintf("elements: %s stands twice", name))
			}
			r.begins = begins || was.begins
			if begins {
				r.means = pass
			}
			out[name] = r
		}
	}
	return out
}

func parseTemplates(lines []string) map[string]effect {
	effects := map[string]effect{"relative": ofRelative, "age": ofAge, "device": ofDevice}
	out := make(map[string]effect)
	for _, line := range lines {
		f := strings.Fields(line)
		if effects[f[1]] == noEffect {
			panic("templates: " + line)
		}
		out[f[0]] = effects[f[1]]
	}
	return out
}

func parseRoots(lines []string) []root {
	var out []root
	for _, line := range lines {
		f := strings.Fields(line)
		k, ok := phi.ParseKind(f[1])
		if !ok {
			panic("ids: " + line)
		}
		out = append(out, root{f[0], k})
	}
	return out
}

// ruleOf gives the rule of an element: by its parent and itself, by itself, or by the ending of its name.
func ruleOf(parent, name string) rule {
	if r, ok := elements[parent+"/"+name]; ok {
		return r
	}
	if r, ok := elements[name]; ok {
		return r
	}
	if strings.HasSuffix(name, "Code") {
		return rule{means: coded}
	}
	return rule{}
}

// kindOfRoot gives what the numbers of a namespace are; None when it does not say.
func kindOfRoot(oid []byte) phi.Kind {
	for i := range idRoots {
		r := &idRoots[i]
		if n := len(r.oid); len(oid) >= n && string(oid[:n]) == r.oid && (len(oid) == n || oid[n] == '.') {
			return r.kind
		}
	}
	return phi.None
}
