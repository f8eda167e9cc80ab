package header

import (
	"strings"

	"github.com/chartroom/chartroom/phi"
)

// judge judges a name: as a known name, then without its digits, then by its pieces, then by its ending as a known name.
func (x *Lexicon) judge(key string, pieces []string) Guess {
	if key == "" {
		return Guess{}
	}
	if k, ok := x.names[key]; ok {
		return x.fromKnown(k, key, pieces, "known name "+key)
	}
	if bare := trimDigits(key); bare != key && len(bare) > 1 {
		if k, ok := x.names[bare]; ok {
			return x.fromKnown(k, bare, pieces, "known name "+bare)
		}
	}
	g := x.fromPieces(pieces)
	if g.Kind != phi.None || g.Negative || g.Strength == Strong {
		return g
	}
	for i := 1; i < len(pieces); i++ {
		end := strings.Join(pieces[i:], "")
		k, ok := x.names[end]
		if !ok || k.negative {
			continue
		}
		e := x.fromKnown(k, end, pieces, "name ends in "+end)
		e.Strength = min(e.Strength, Weak)
		if w := lastWho(x, pieces); w != Nobody {
			e.Who = w
		}
		return e
	}
	return g
}

// knownParts gives the parts of the list of known names.
var knownParts = map[string]phi.Part{"full": phi.PartFull, "last": phi.PartFamily, "family": phi.PartFamily, "first": phi.PartGiven, "middle": phi.PartMiddle, "maiden": phi.PartMaiden,
	"prefix": phi.PartPrefix, "suffix": phi.PartSuffix, "street": phi.PartStreet, "unit": phi.PartStreet, "city": phi.PartCity, "county": phi.PartCounty, "death": phi.PartDeath}

// fromKnown turns a known name into a guess.
func (x *Lexicon) fromKnown(k known, key string, pieces []string, rule string) Guess {
	g := Guess{Strength: Weak, Rule: rule, Part: knownParts[k.part]}
	if k.strong {
		g.Strength = Strong
	}
	switch k.subject {
	case "patient":
		g.Who = Patient
	case "provider":
		g.Who = Provider
	case "relative":
		g.Who = Relative
	case "subscriber":
		g.Who = Subscriber
	case "org":
		g.Who = Organisation
	case "workforce":
		g.Who = Workforce
	case "user":
		g.Who = Somebody
	default:
		g.Who = lastWho(x, pieces)
	}
	kind, ok := phi.ParseKind(k.kind)
	if ok && kind != phi.None && kind != phi.Code {
		g.Kind = kind
		x.knownKind(&g, k, key)
		return g
	}
	g.Part = phi.PartNone
	switch k.kind {
	case "code":
		g.Class, g.Health = Coded, true
		g.System = systemOf(key, pieces, x)
	case "state":
		g.Class, g.Part = State, phi.PartState
	case "age":
		g.Class, g.Part = Age, phi.PartAge
	case "year":
		g.Class, g.Part = Year, phi.PartYear
	case "health":
		g.Class, g.Health = Health, true
	case "demographic":
		if strings.Contains(key, "sex") || strings.Contains(key, "gender") {
			g.Class, g.Part = Sex, phi.PartSex
		}
	case "amount":
		g.Health = x.speaksOfCare(pieces)
	}
	g.Negative = g.Class == Plain
	if key == "guid" || key == "uuid" {
		g.Class, g.Negative = RowID, false
	}
	return g
}

// knownKind corrects what the list of known names says of an identifier.
func (x *Lexicon) knownKind(g *Guess, k known, key string) {
	switch {
	case k.kind == "photo" && (strings.HasSuffix(key, "url") || strings.HasSuffix(key, "link")): // the address of a picture
		g.Kind = phi.URL
	case k.kind == "date" && k.part == "system":
		g.Kind, g.Class, g.Negative = phi.None, SystemTime, true
	case k.kind == "date_of_birth" && k.part == "part":
		g.Part = phi.PartDay
		if strings.Contains(key, "month") {
			g.Part = phi.PartMonth
		}
	case k.kind == "other_id" && k.part == "provider": // a provider's number other than the NPI identifies no patient
		g.Kind, g.Class, g.Negative, g.Health = phi.None, RefID, true, true
	case k.kind == "health_plan_id" && k.part == "group":
		g.Strength = Weak
	case k.part == "geo":
		g.Geo = true
	case k.kind == "zip":
		g.Part = phi.PartZIP
	case k.kind == "mrn" && k.part == "key":
		g.Part = phi.PartLocal
	}
	switch g.Kind {
	case phi.MRN, phi.HealthPlanID, phi.NPI:
		g.Health = true
	case phi.Date:
		g.Health = k.part == "admission" || k.part == "discharge"
	}
}

// lastWho gives the subject that stands nearest to a name's end; a relative stands before a plain contact.
func lastWho(x *Lexicon, pieces []string) Who {
	w := Nobody
	for _, s := range pieces {
		p := x.pieces[s]
		switch {
		case p.who == Nobody:
		case w == Relative && (p.who == Customer || p.who == Patient):
		default:
			w = p.who
		}
		if s == "subscriber" || s == "insured" || s == "sbscrbr" || s == "insd" || s == "policyholder" {
			w = Subscriber
		}
	}
	return w
}

// careWords are pieces that only names of care and its payment have.
var careWords = map[string]bool{"patient": true, "ptnt": true, "bene": true, "copay": true, "coinsurance": true, "mdcr": true, "healthcare": true, "health": true, "medical": true,
	"clinical": true, "treatment": true, "therapy": true, "allergy": true, "allergies": true, "immunization": true, "vaccine": true, "medication": true, "medications": true, "dosage": true, "symptom": true, "symptoms": true}

// speaksOfCare tells whether a name has a piece of care or its payment.
func (x *Lexicon) speaksOfCare(pieces []string) bool {
	for _, s := range pieces {
		p := x.pieces[s]
		if careWords[s] {
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
func systemOf(key string, pieces []string, x *Lexicon) phi.System {
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
