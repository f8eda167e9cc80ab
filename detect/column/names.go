package column

import (
	"strings"

	"github.com/chartroom/chartroom/phi"
)

// strength is how much a name says by itself.
type strength uint8

const (
	silent strength = iota // the name says nothing
	weak                   // with values, a table or neighbours that agree
	strong                 // the name alone suggests the kind
)

// class is what a column is where it holds no identifier, and some circumstances that matter for the table.
type class uint8

const (
	plain   class = iota
	rowID         // "id": the key of whatever the table lists
	refID         // the number of something that is no person
	state         // a State: no identifier, but a residence
	year          // a year alone
	age           // an age
	sexual        // sex or gender
	version       // which edition of a code system the column beside uses
	coded         // a code of a clinical or billing system
	descr         // a label or description of a code
	systime       // a time of the system itself
	health        // speaks of health, care or payment
	orgname       // name of an organisation or thing
)

// guess is what a column's name says.
type guess struct {
	kind     phi.Kind
	part     phi.Part
	who      who
	lexical  who // whom a piece of the name names, whatever the list of known names says
	strength strength
	negative bool // the name says that no identifier stands here
	class    class
	system   phi.System
	geo      bool // latitude or longitude
	health   bool // the name speaks of health, care or payment
	rule     string
}

// guessName judges a name: as a known name, then without its digits, then by its pieces, then by its ending as a known name.
func (x *lexicon) guessName(name string) guess {
	key := keyOf(name)
	if key == "" {
		return guess{}
	}
	pieces := x.split(name)
	if k, ok := x.names[key]; ok {
		return x.fromKnown(k, key, pieces, "known name "+key)
	}
	if bare := trimDigits(key); bare != key && len(bare) > 1 {
		if k, ok := x.names[bare]; ok {
			return x.fromKnown(k, bare, pieces, "known name "+bare)
		}
	}
	g := x.fromPieces(pieces)
	if g.kind != phi.None || g.negative || g.strength == strong {
		return g
	}
	for i := 1; i < len(pieces); i++ {
		end := strings.Join(pieces[i:], "")
		k, ok := x.names[end]
		if !ok || k.negative {
			continue
		}
		e := x.fromKnown(k, end, pieces, "name ends in "+end)
		e.strength = min(e.strength, weak)
		if w := lastWho(x, pieces); w != nobody {
			e.who = w
		}
		return e
	}
	return g
}

// knownParts gives the parts of the list of known names.
var knownParts = map[string]phi.Part{"full": phi.PartFull, "last": phi.PartFamily, "family": phi.PartFamily, "first": phi.PartGiven, "middle": phi.PartMiddle, "maiden": phi.PartMaiden,
	"prefix": phi.PartPrefix, "suffix": phi.PartSuffix, "street": phi.PartStreet, "unit": phi.PartStreet, "city": phi.PartCity, "county": phi.PartCounty, "death": phi.PartDeath}

// fromKnown turns a known name into a guess.
func (x *lexicon) fromKnown(k known, key string, pieces []string, rule string) guess {
	g := guess{strength: weak, rule: rule, part: knownParts[k.part]}
	if k.strong {
		g.strength = strong
	}
	switch k.subject {
	case "patient":
		g.who = wPatient
	case "provider":
		g.who = wProvider
	case "relative":
		g.who = wRelative
	case "subscriber":
		g.who = wSubscriber
	case "org":
		g.who = wOrganisation
	case "workforce":
		g.who = wWorkforce
	case "user":
		g.who = wSomebody
	default:
		g.who = lastWho(x, pieces)
	}
	kind, ok := phi.ParseKind(k.kind)
	if ok && kind != phi.None && kind != phi.Code {
		g.kind = kind
		x.knownKind(&g, k, key)
		return g
	}
	g.part = phi.PartNone
	switch k.kind {
	case "code":
		g.class, g.health = coded, true
		g.system = systemOf(key, pieces, x)
	case "state":
		g.class, g.part = state, phi.PartState
	case "age":
		g.class, g.part = age, phi.PartAge
	case "year":
		g.class, g.part = year, phi.PartYear
	case "health":
		g.class, g.health = health, true
	case "demographic":
		if strings.Contains(key, "sex") || strings.Contains(key, "gender") {
			g.class, g.part = sexual, phi.PartSex
		}
	case "amount":
		g.health = x.speaksOfCare(pieces)
	}
	g.negative = g.class == plain
	if key == "guid" || key == "uuid" {
		g.class, g.negative = rowID, false
	}
	return g
}

// knownKind corrects what the list of known names says of an identifier.
func (x *lexicon) knownKind(g *guess, k known, key string) {
	switch {
	case k.kind == "photo" && (strings.HasSuffix(key, "url") || strings.HasSuffix(key, "link")): // the address of a picture
		g.kind = phi.URL
	case k.kind == "date" && k.part == "system":
		g.kind, g.class, g.negative = phi.None, systime, true
	case k.kind == "date_of_birth" && k.part == "part":
		g.part = phi.PartDay
		if strings.Contains(key, "month") {
			g.part = phi.PartMonth
		}
	case k.kind == "other_id" && k.part == "provider": // a provider's number other than the NPI identifies no patient
		g.kind, g.class, g.negative, g.health = phi.None, refID, true, true
	case k.kind == "health_plan_id" && k.part == "group":
		g.strength = weak
	case k.part == "geo":
		g.geo = true
	case k.kind == "zip":
		g.part = phi.PartZIP
	case k.kind == "mrn" && k.part == "key":
		g.part = phi.PartLocal
	}
	switch g.kind {
	case phi.MRN, phi.HealthPlanID, phi.NPI:
		g.health = true
	case phi.Date:
		g.health = k.part == "admission" || k.part == "discharge"
	}
}

// lastWho gives the subject that stands nearest to a name's end; a relative stands before a plain contact.
func lastWho(x *lexicon, pieces []string) who {
	w := nobody
	for _, s := range pieces {
		p := x.pieces[s]
		switch {
		case p.who == nobody:
		case w == wRelative && (p.who == wCustomer || p.who == wPatient):
		default:
			w = p.who
		}
		if s == "subscriber" || s == "insured" || s == "sbscrbr" || s == "insd" || s == "policyholder" {
			w = wSubscriber
		}
	}
	return w
}

// speaksOfCare tells whether a name has a piece of care or its payment.
func (x *lexicon) speaksOfCare(pieces []string) bool {
	for _, s := range pieces {
		p := x.pieces[s]
		if s == "patient" || s == "ptnt" || s == "bene" || s == "copay" || s == "coinsurance" || s == "mdcr" {
			return true
		}
		for _, h := range []head{hClaim, hVisit, hDiagnosis, hHCPCS, hNDC, hLOINC, hSNOMED, hRxNorm, hDRG, hRevenue} {
			if p.has(h) && s != "invoice" && s != "case" && s != "bill" && s != "bills" && s != "cases" && s != "stay" && s != "statement" && s != "appointment" {
				return true
			}
		}
	}
	return false
}

// systemOf gives the code system that a name tells of; OtherSystem where the values must decide.
func systemOf(key string, pieces []string, x *lexicon) phi.System {
	var all [2]uint64
	for _, s := range pieces {
		p := x.pieces[s]
		all[0], all[1] = all[0]|p.heads[0], all[1]|p.heads[1]
	}
	has := func(h head) bool { return all[h>>6]&(1<<(h&63)) != 0 }
	nine := strings.Contains(key, "icd9")
	switch {
	case has(hNDC):
		return phi.NDCSystem
	case has(hHCPCS):
		return phi.HCPCS
	case has(hLOINC):
		return phi.LOINCSystem
	case has(hSNOMED):
		return phi.SNOMEDCT
	case has(hRxNorm):
		return phi.RxNormSystem
	case has(hDRG):
		return phi.MSDRG
	case has(hRevenue):
		return phi.Revenue
	case has(hPOS):
		return phi.POS
	case has(hCVX):
		return phi.CVX
	case strings.Contains(key, "icd") && has(hProcedure):
		if nine {
			return phi.ICD9PCS
		}
		return phi.ICD10PCS
	case nine:
		return phi.ICD9CM
	case strings.Contains(key, "icd10"):
		return phi.ICD10CM
	}
	return phi.OtherSystem
}
