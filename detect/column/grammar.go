package column

import "github.com/chartroom/chartroom/phi"

// phrase is a name cut into pieces, read from its end: the last piece says what the value is, those before qualify it.
type phrase struct {
	x      *lexicon
	pieces []string
	n      int // pieces before this one qualify
	who    who
}

// qualified tells whether a piece before the head has the meaning.
func (p *phrase) qualified(h head) bool {
	for _, s := range p.pieces[:p.n] {
		if q := p.x.pieces[s]; q.has(h) {
			return true
		}
	}
	return false
}

// nearest gives the last of the qualifying pieces.
func (p *phrase) nearest() (piece, bool) {
	if p.n == 0 {
		return piece{}, false
	}
	return p.x.pieces[p.pieces[p.n-1]], true
}

// system tells whether a qualifying piece is of the system itself.
func (p *phrase) system() bool {
	for _, s := range p.pieces[:p.n] {
		if p.x.pieces[s].system {
			return true
		}
	}
	return false
}

// empty are last pieces that leave the meaning to those before.
var empty = map[string]bool{"full": true, "value": true, "val": true, "source": true, "src": true, "c": true}

// fromPieces judges a name that is not in the list of known ones.
func (x *lexicon) fromPieces(pieces []string) guess {
	if len(pieces) == 0 {
		return guess{}
	}
	for n := len(pieces) - 1; n > 0 && empty[pieces[n]]; n = len(pieces) - 1 { // StateFull, race_source_value
		pieces = pieces[:n]
	}
	p := &phrase{x: x, pieces: pieces, n: len(pieces) - 1, who: lastWho(x, pieces)}
	last := x.pieces[pieces[p.n]]
	g := p.read(last)
	if g.who == nobody {
		g.who = p.who
	}
	g.health = g.health || x.speaksOfCare(pieces)
	if g.rule == "" {
		g.rule = "pieces of the name"
	}
	return g
}

// read judges by the last piece.
func (p *phrase) read(last piece) guess {
	switch {
	case last.has(hFlag), last.has(hAmount), last.has(hType) && !last.has(hState):
		return guess{negative: true, strength: strong}
	case last.has(hVersion):
		return guess{negative: true, strength: strong, class: version}
	case last.has(hBirth):
		return guess{kind: phi.DateOfBirth, strength: weak}
	case last.has(hDate), last.has(hDatetime), last.has(hTime), last.has(hDay) && p.qualified(hBirth):
		return p.date(last)
	case last.has(hName):
		return p.name()
	case last.has(hID), last.has(hNumber), last.has(hCode), last.has(hControl):
		return p.number(last)
	case last.has(hAddress):
		return p.address()
	case last.has(hDesc):
		return p.description()
	case last.has(hNote):
		return guess{kind: phi.FreeText, strength: weak}
	}
	if g, ok := p.simple(last); ok {
		return g
	}
	return p.bare(last)
}

// simple judges a last piece that has one meaning whatever stands before it.
func (p *phrase) simple(last piece) (guess, bool) {
	if g, ok := p.person(last); ok && (p.n > 0 || p.who != nobody) {
		return g, true
	}
	for _, m := range simpleHeads {
		if last.has(m.head) {
			g := guess{kind: m.kind, part: m.part, strength: m.strength, class: m.class, geo: m.head == hGeo}
			if p.who != nobody && g.kind != phi.None {
				g.strength = strong
			}
			if m.class == coded {
				g.system = systemOf(keyOf(p.pieces[p.n]), p.pieces, p.x)
			}
			g.negative = g.kind == phi.None && g.class == plain
			return g, true
		}
	}
	return guess{}, false
}

// simpleHeads are the meanings that a last piece has by itself.
var simpleHeads = []struct {
	head     head
	kind     phi.Kind
	part     phi.Part
	strength strength
	class    class
}{
	{hEmail, phi.Email, 0, strong, plain}, {hFax, phi.Fax, 0, strong, plain}, {hPhone, phi.Phone, 0, strong, plain}, {hSSN, phi.SSN, 0, strong, plain},
	{hNPI, phi.NPI, 0, strong, plain}, {hProvNo, 0, 0, strong, refID}, {hMRN, phi.MRN, 0, strong, plain}, {hMBI, phi.HealthPlanID, 0, strong, plain},
	{hZIP, phi.ZIP, phi.PartZIP, strong, plain}, {hCounty, phi.Address, phi.PartCounty, weak, plain}, {hCity, phi.Address, phi.PartCity, strong, plain},
	{hStreet, phi.Address, phi.PartStreet, weak, plain}, {hCountry, 0, 0, strong, plain}, {hState, 0, phi.PartState, weak, state},
	{hGeo, phi.Address, 0, weak, plain}, {hFIPS, phi.Address, 0, weak, plain}, {hVehicle, phi.Vehicle, 0, strong, plain}, {hDevice, phi.Device, 0, weak, plain},
	{hLicense, phi.License, 0, weak, plain}, {hCard, phi.Account, 0, weak, plain}, {hLogin, phi.OtherID, 0, weak, plain}, {hURL, phi.URL, 0, strong, plain}, {hIP, phi.IP, 0, strong, plain},
	{hPhoto, phi.Photo, 0, weak, plain}, {hBiometric, phi.Biometric, 0, strong, plain}, {hAge, 0, phi.PartAge, strong, age}, {hSex, 0, phi.PartSex, strong, sexual},
	{hDemo, 0, 0, strong, plain}, {hYear, 0, phi.PartYear, strong, year}, {hDiagnosis, 0, 0, strong, coded}, {hProcedure, 0, 0, weak, coded}, {hHCPCS, 0, 0, strong, coded},
	{hNDC, 0, 0, strong, coded}, {hLOINC, 0, 0, strong, coded}, {hSNOMED, 0, 0, strong, coded}, {hRxNorm, 0, 0, strong, coded}, {hDRG, 0, 0, strong, coded},
	{hRevenue, 0, 0, strong, coded}, {hPOS, 0, 0, weak, coded}, {hCVX, 0, 0, strong, coded},
}

// personParts are the meanings that make a part of a person's name.
var personParts = []struct {
	head head
	part phi.Part
}{{hFamily, phi.PartFamily}, {hGiven, phi.PartGiven}, {hMiddle, phi.PartMiddle}, {hMaiden, phi.PartMaiden}, {hPrefix, phi.PartPrefix}, {hSuffix, phi.PartSuffix}, {hNick, phi.PartNone}}

// person judges a piece that is a part of a person's name: patient_last, guar_first.
func (p *phrase) person(q piece) (guess, bool) {
	for _, m := range personParts {
		if q.has(m.head) {
			return guess{kind: phi.Name, part: m.part, strength: weak}, true
		}
	}
	return guess{}, false
}

// date judges what ends in a date or a time.
func (p *phrase) date(last piece) guess {
	clock := last.has(hTime) && !last.has(hDate)
	switch {
	case p.qualified(hBirth):
		return guess{kind: phi.DateOfBirth, strength: strong}
	case p.qualified(hDeath):
		return guess{kind: phi.Date, part: phi.PartDeath, strength: strong}
	case p.system():
		return guess{negative: true, strength: strong, class: systime}
	case p.n == 0 || clock:
		return guess{kind: phi.Date, strength: weak}
	}
	for _, s := range p.pieces[:p.n] {
		q := p.x.pieces[s]
		if q.thing && !q.has(hOrder) && !q.has(hProcedure) && s != "med" && s != "medication" && s != "test" && s != "drug" && s != "condition" && s != "observation" && s != "measurement" && s != "service" && s != "event" && s != "line" {
			return guess{kind: phi.Date, strength: weak}
		}
	}
	return guess{kind: phi.Date, strength: strong}
}

// name judges what ends in "name".
func (p *phrase) name() guess {
	full := guess{kind: phi.Name, part: phi.PartFull, strength: weak}
	q, ok := p.nearest()
	if !ok {
		return full
	}
	thing := false
	for _, s := range p.pieces[:p.n] {
		thing = p.x.pieces[s].thing && p.x.pieces[s].who == nobody
	}
	if g, ok := p.person(q); ok {
		g.strength = strong
		return g
	}
	switch {
	case q.has(hCity):
		return guess{kind: phi.Address, part: phi.PartCity, strength: strong}
	case q.has(hCounty):
		return guess{kind: phi.Address, part: phi.PartCounty, strength: strong}
	case q.has(hStreet):
		return guess{kind: phi.Address, part: phi.PartStreet, strength: strong}
	case q.has(hState):
		return guess{part: phi.PartState, strength: strong, class: state}
	case q.has(hCountry), q.has(hType), q.has(hFlag), q.has(hCode), q.has(hURL), q.has(hIP):
		return guess{negative: true, strength: strong}
	case q.who == wOrganisation, q.who == wFacility:
		return guess{negative: true, strength: strong, class: orgname}
	case q.who != nobody:
		full.strength = strong
		return full
	case thing, q.has(hDevice), q.has(hDiagnosis), q.has(hProcedure), q.has(hNDC), q.has(hOrder):
		return guess{negative: true, strength: strong, class: orgname}
	}
	return full
}

// address judges what ends in "address".
func (p *phrase) address() guess {
	switch {
	case p.qualified(hEmail):
		return guess{kind: phi.Email, strength: strong}
	case p.qualified(hIP):
		return guess{kind: phi.IP, strength: strong}
	case p.qualified(hDevice):
		return guess{kind: phi.Device, strength: strong}
	case p.qualified(hURL):
		return guess{kind: phi.URL, strength: strong}
	case p.qualified(hLine), p.qualified(hStreet):
		return guess{kind: phi.Address, part: phi.PartStreet, strength: strong}
	case p.qualified(hCity):
		return guess{kind: phi.Address, part: phi.PartCity, strength: strong}
	case p.qualified(hCountry):
		return guess{negative: true, strength: strong}
	}
	return guess{kind: phi.Address, part: phi.PartStreet, strength: strong}
}

// description judges what ends in a description or display.
func (p *phrase) description() guess {
	return guess{kind: phi.FreeText, strength: weak, class: descr}
}

// numberHeads are the things whose number is an identifier of a person.
var numberHeads = []struct {
	head     head
	kind     phi.Kind
	part     phi.Part
	strength strength
}{
	{hSSN, phi.SSN, 0, strong}, {hNPI, phi.NPI, 0, strong}, {hMRN, phi.MRN, 0, strong}, {hMBI, phi.HealthPlanID, 0, strong}, {hZIP, phi.ZIP, phi.PartZIP, strong},
	{hPhone, phi.Phone, 0, strong}, {hFax, phi.Fax, 0, strong}, {hEmail, phi.Email, 0, strong}, {hLicense, phi.License, 0, strong}, {hVehicle, phi.Vehicle, 0, strong},
	{hCard, phi.Account, 0, strong}, {hDevice, phi.Device, 0, weak}, {hLogin, phi.OtherID, 0, weak}, {hCounty, phi.Address, phi.PartCounty, strong}, {hFIPS, phi.Address, 0, weak},
	{hBiometric, phi.Biometric, 0, strong}, {hPhoto, phi.Photo, 0, weak},
}

// number judges what ends in an id, a number, a code or a control number.
func (p *phrase) number(last piece) guess {
	code := last.has(hCode)
	for i := p.n - 1; i >= 0; i-- { // the nearest decides
		q := p.x.pieces[p.pieces[i]]
		if q.has(hCountry) || q.has(hFlag) || q.has(hType) && !q.has(hState) {
			return guess{negative: true, strength: strong}
		}
		for _, m := range numberHeads {
			if q.has(m.head) {
				return guess{kind: m.kind, part: m.part, strength: m.strength}
			}
		}
	}
	switch {
	case p.qualified(hVersion):
		return guess{negative: true, strength: strong, class: version}
	case p.qualified(hProvNo):
		return guess{negative: true, strength: strong, class: refID}
	case p.qualified(hState):
		return guess{part: phi.PartState, strength: strong, class: state}
	case code:
		return p.code()
	case p.qualified(hFlag), p.qualified(hType), p.qualified(hAmount), p.qualified(hVersion), p.qualified(hCode):
		return guess{negative: true, strength: strong}
	}
	return p.reference(last)
}

// code judges what ends in a code: a clinical one, or none of interest.
func (p *phrase) code() guess {
	for _, h := range []head{hDiagnosis, hHCPCS, hNDC, hLOINC, hSNOMED, hRxNorm, hDRG, hRevenue, hPOS, hCVX, hProcedure} {
		if p.qualified(h) && !p.qualified(hVersion) && !p.qualified(hType) {
			key := ""
			for _, s := range p.pieces {
				key += s
			}
			return guess{strength: strong, class: coded, health: true, system: systemOf(key, p.pieces, p.x)}
		}
	}
	if p.n == 0 {
		return guess{strength: weak, class: coded, system: phi.OtherSystem}
	}
	if p.qualified(hSex) {
		return guess{strength: strong, class: sexual, part: phi.PartSex}
	}
	return guess{negative: true, strength: strong}
}

// reference judges the number or key of a person, a claim, a visit, or a thing.
func (p *phrase) reference(last piece) guess {
	q, ok := p.nearest()
	if !ok {
		if last.has(hID) {
			return guess{class: rowID, strength: weak}
		}
		return guess{strength: silent}
	}
	plan := p.qualified(hPlan)
	if q.has(hDate) || !q.known() && p.who != wPatient {
		return guess{strength: silent, class: refID} // CLM_CLNCL_TRIL_NUM: of something else, in the claim
	}
	switch {
	case q.who == wProvider, q.who == wFacility, q.who == wOrganisation && !q.has(hAccount), q.thing && !q.has(hOrder):
		return guess{strength: strong, class: refID}
	case p.qualified(hClaim):
		return guess{kind: phi.Account, strength: strong, health: true}
	case p.qualified(hVisit):
		return guess{kind: phi.Account, strength: strong, health: true}
	case p.qualified(hOrder):
		return guess{kind: phi.Account, strength: weak}
	case plan:
		return guess{kind: phi.HealthPlanID, strength: strong, health: true}
	case p.qualified(hAccount):
		return guess{kind: phi.Account, strength: weak}
	case q.who == wWorkforce:
		return guess{kind: phi.OtherID, strength: weak}
	case p.who == wPatient, p.who == wRelative:
		return guess{kind: phi.MRN, part: phi.PartLocal, strength: strong, health: true}
	case p.who == wCustomer:
		return guess{kind: phi.Account, strength: weak}
	}
	return guess{strength: silent, class: refID}
}

// bare judges a name that is only a subject or a thing: a reference to it.
func (p *phrase) bare(last piece) guess {
	switch {
	case last.who == wPatient:
		return guess{kind: phi.MRN, part: phi.PartLocal, strength: weak, health: true}
	case last.who == wProvider, last.who == wFacility, last.who == wOrganisation:
		return guess{class: refID, strength: weak}
	case last.has(hVisit), last.has(hClaim):
		return guess{kind: phi.Account, strength: weak, health: true}
	case last.thing:
		return guess{negative: true, strength: weak}
	}
	return guess{}
}
