package header

import (
	"strings"

	"github.com/chartroom/chartroom/phi"
)

// phrase is a name cut into pieces, read from its end: the last piece says what the value is, those before qualify it.
type phrase struct {
	x      *Lexicon
	pieces []string
	n      int // pieces before this one qualify
	who    Who
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

// key is the pieces joined.
func (p *phrase) key() string { return strings.Join(p.pieces, "") }

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
func (x *Lexicon) fromPieces(pieces []string) Guess {
	if len(pieces) == 0 {
		return Guess{}
	}
	for n := len(pieces) - 1; n > 0 && empty[pieces[n]]; n = len(pieces) - 1 { // StateFull, race_source_value
		pieces = pieces[:n]
	}
	pieces, count := turn(x, pieces)
	if count {
		return Guess{Negative: true, Strength: Strong, Rule: "a count"}
	}
	p := &phrase{x: x, pieces: pieces, n: len(pieces) - 1, who: lastWho(x, pieces)}
	last := x.pieces[pieces[p.n]]
	g := p.read(last)
	if g.Who == Nobody {
		g.Who = p.who
	}
	g.Health = g.Health || x.speaksOfCare(pieces)
	if g.Rule == "" {
		g.Rule = "pieces of the name"
	}
	return g
}

// turn brings "date of service" into the order of "service date"; "number of" is a count.
func turn(x *Lexicon, pieces []string) (turned []string, count bool) {
	for i := 1; i < len(pieces)-1; i++ {
		if pieces[i] != "of" {
			continue
		}
		before := x.pieces[pieces[i-1]]
		if before.has(hNumber) || before.has(hAmount) {
			return pieces, true
		}
		if before.known() {
			return append(append([]string{}, pieces[i+1:]...), pieces[:i]...), false
		}
	}
	return pieces, false
}

// read judges by the last piece.
func (p *phrase) read(last piece) Guess {
	switch {
	case last.has(hFlag), last.has(hAmount), last.has(hType) && !last.has(hState):
		return Guess{Negative: true, Strength: Strong}
	case last.has(hVersion):
		return Guess{Negative: true, Strength: Strong, Class: Version}
	case last.has(hBirth):
		return Guess{Kind: phi.DateOfBirth, Strength: Weak}
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
		return Guess{Kind: phi.FreeText, Strength: Weak}
	case last.has(hLine) && (p.qualified(hAddress) || p.qualified(hStreet)):
		return Guess{Kind: phi.Address, Part: phi.PartStreet, Strength: Strong}
	}
	if g, ok := p.simple(last); ok {
		return g
	}
	return p.bare(last)
}

// simple judges a last piece that has one meaning whatever stands before it.
func (p *phrase) simple(last piece) (Guess, bool) {
	if g, ok := p.person(last); ok && (p.n > 0 || p.who != Nobody) {
		return g, true
	}
	for _, m := range simpleHeads {
		if last.has(m.head) {
			g := Guess{Kind: m.kind, Part: m.part, Strength: m.strength, Class: m.class, Geo: m.head == hGeo}
			if p.who != Nobody && g.Kind != phi.None {
				g.Strength = Strong
			}
			if m.class == Coded {
				g.System = systemOf(p.key(), p.pieces, p.x)
			}
			g.Negative = g.Kind == phi.None && g.Class == Plain
			return g, true
		}
	}
	return Guess{}, false
}

// simpleHeads are the meanings that a last piece has by itself.
var simpleHeads = []struct {
	head     head
	kind     phi.Kind
	part     phi.Part
	strength Strength
	class    Class
}{
	{hEmail, phi.Email, 0, Strong, Plain}, {hFax, phi.Fax, 0, Strong, Plain}, {hPhone, phi.Phone, 0, Strong, Plain}, {hSSN, phi.SSN, 0, Strong, Plain},
	{hNPI, phi.NPI, 0, Strong, Plain}, {hProvNo, 0, 0, Strong, RefID}, {hMRN, phi.MRN, 0, Strong, Plain}, {hMBI, phi.HealthPlanID, 0, Strong, Plain},
	{hZIP, phi.ZIP, phi.PartZIP, Strong, Plain}, {hCounty, phi.Address, phi.PartCounty, Weak, Plain}, {hCity, phi.Address, phi.PartCity, Strong, Plain},
	{hStreet, phi.Address, phi.PartStreet, Weak, Plain}, {hCountry, 0, 0, Strong, Plain}, {hState, 0, phi.PartState, Weak, State},
	{hGeo, phi.Address, 0, Weak, Plain}, {hFIPS, phi.Address, 0, Weak, Plain}, {hVehicle, phi.Vehicle, 0, Strong, Plain}, {hDevice, phi.Device, 0, Weak, Plain},
	{hLicense, phi.License, 0, Weak, Plain}, {hCard, phi.Account, 0, Weak, Plain}, {hLogin, phi.OtherID, 0, Weak, Plain}, {hURL, phi.URL, 0, Strong, Plain}, {hIP, phi.IP, 0, Strong, Plain},
	{hPhoto, phi.Photo, 0, Weak, Plain}, {hBiometric, phi.Biometric, 0, Strong, Plain}, {hAge, 0, phi.PartAge, Strong, Age}, {hSex, 0, phi.PartSex, Strong, Sex},
	{hDemo, 0, 0, Strong, Plain}, {hYear, 0, phi.PartYear, Strong, Year}, {hDiagnosis, 0, 0, Strong, Coded}, {hProcedure, 0, 0, Weak, Coded}, {hHCPCS, 0, 0, Strong, Coded},
	{hNDC, 0, 0, Strong, Coded}, {hLOINC, 0, 0, Strong, Coded}, {hSNOMED, 0, 0, Strong, Coded}, {hRxNorm, 0, 0, Strong, Coded}, {hDRG, 0, 0, Strong, Coded},
	{hRevenue, 0, 0, Strong, Coded}, {hPOS, 0, 0, Weak, Coded}, {hCVX, 0, 0, Strong, Coded},
}

// personParts are the meanings that make a part of a person's name.
var personParts = []struct {
	head head
	part phi.Part
}{{hFamily, phi.PartFamily}, {hGiven, phi.PartGiven}, {hMiddle, phi.PartMiddle}, {hMaiden, phi.PartMaiden}, {hPrefix, phi.PartPrefix}, {hSuffix, phi.PartSuffix}, {hNick, phi.PartNone}}

// person judges a piece that is a part of a person's name: patient_last, guar_first.
func (p *phrase) person(q piece) (Guess, bool) {
	for _, m := range personParts {
		if q.has(m.head) {
			return Guess{Kind: phi.Name, Part: m.part, Strength: Weak}, true
		}
	}
	return Guess{}, false
}

// date judges what ends in a date or a time.
func (p *phrase) date(last piece) Guess {
	clock := last.has(hTime) && !last.has(hDate)
	switch {
	case p.qualified(hBirth):
		return Guess{Kind: phi.DateOfBirth, Strength: Strong}
	case p.qualified(hDeath):
		return Guess{Kind: phi.Date, Part: phi.PartDeath, Strength: Strong}
	case p.system():
		return Guess{Negative: true, Strength: Strong, Class: SystemTime}
	case p.n == 0 || clock:
		return Guess{Kind: phi.Date, Strength: Weak}
	}
	for _, s := range p.pieces[:p.n] {
		q := p.x.pieces[s]
		if q.thing && !q.has(hOrder) && !q.has(hProcedure) && s != "med" && s != "medication" && s != "test" && s != "drug" && s != "condition" && s != "observation" && s != "measurement" && s != "service" && s != "event" && s != "line" {
			return Guess{Kind: phi.Date, Strength: Weak}
		}
	}
	return Guess{Kind: phi.Date, Strength: Strong}
}

// name judges what ends in "name".
func (p *phrase) name() Guess {
	full := Guess{Kind: phi.Name, Part: phi.PartFull, Strength: Weak}
	q, ok := p.nearest()
	if !ok {
		return full
	}
	thing := false
	for _, s := range p.pieces[:p.n] {
		thing = p.x.pieces[s].thing && p.x.pieces[s].who == Nobody
	}
	if g, ok := p.person(q); ok {
		g.Strength = Strong
		return g
	}
	switch {
	case q.has(hCity):
		return Guess{Kind: phi.Address, Part: phi.PartCity, Strength: Strong}
	case q.has(hCounty):
		return Guess{Kind: phi.Address, Part: phi.PartCounty, Strength: Strong}
	case q.has(hStreet):
		return Guess{Kind: phi.Address, Part: phi.PartStreet, Strength: Strong}
	case q.has(hState):
		return Guess{Part: phi.PartState, Strength: Strong, Class: State}
	case q.has(hCountry), q.has(hType), q.has(hFlag), q.has(hCode), q.has(hURL), q.has(hIP):
		return Guess{Negative: true, Strength: Strong}
	case q.who == Organisation, q.who == Facility:
		return Guess{Negative: true, Strength: Strong, Class: OrgName}
	case q.who != Nobody:
		full.Strength = Strong
		return full
	case thing, q.has(hDevice), q.has(hDiagnosis), q.has(hProcedure), q.has(hNDC), q.has(hOrder):
		return Guess{Negative: true, Strength: Strong, Class: OrgName}
	}
	return full
}

// address judges what ends in "address".
func (p *phrase) address() Guess {
	switch {
	case p.qualified(hEmail):
		return Guess{Kind: phi.Email, Strength: Strong}
	case p.qualified(hIP):
		return Guess{Kind: phi.IP, Strength: Strong}
	case p.qualified(hDevice):
		return Guess{Kind: phi.Device, Strength: Strong}
	case p.qualified(hURL):
		return Guess{Kind: phi.URL, Strength: Strong}
	case p.qualified(hLine), p.qualified(hStreet):
		return Guess{Kind: phi.Address, Part: phi.PartStreet, Strength: Strong}
	case p.qualified(hCity):
		return Guess{Kind: phi.Address, Part: phi.PartCity, Strength: Strong}
	case p.qualified(hCountry):
		return Guess{Negative: true, Strength: Strong}
	}
	return Guess{Kind: phi.Address, Part: phi.PartStreet, Strength: Strong}
}

// description judges what ends in a description or display.
func (p *phrase) description() Guess {
	return Guess{Kind: phi.FreeText, Strength: Weak, Class: Description}
}

// numberHeads are the things whose number is an identifier of a person.
var numberHeads = []struct {
	head     head
	kind     phi.Kind
	part     phi.Part
	strength Strength
}{
	{hSSN, phi.SSN, 0, Strong}, {hNPI, phi.NPI, 0, Strong}, {hMRN, phi.MRN, 0, Strong}, {hMBI, phi.HealthPlanID, 0, Strong}, {hZIP, phi.ZIP, phi.PartZIP, Strong},
	{hPhone, phi.Phone, 0, Strong}, {hFax, phi.Fax, 0, Strong}, {hEmail, phi.Email, 0, Strong}, {hLicense, phi.License, 0, Strong}, {hVehicle, phi.Vehicle, 0, Strong},
	{hCard, phi.Account, 0, Strong}, {hDevice, phi.Device, 0, Weak}, {hLogin, phi.OtherID, 0, Weak}, {hCounty, phi.Address, phi.PartCounty, Strong}, {hFIPS, phi.Address, 0, Weak},
	{hBiometric, phi.Biometric, 0, Strong}, {hPhoto, phi.Photo, 0, Weak},
}

// number judges what ends in an id, a number, a code or a control number.
func (p *phrase) number(last piece) Guess {
	code := last.has(hCode)
	for i := p.n - 1; i >= 0; i-- { // the nearest decides
		q := p.x.pieces[p.pieces[i]]
		if q.has(hCountry) || q.has(hFlag) || q.has(hType) && !q.has(hState) {
			return Guess{Negative: true, Strength: Strong}
		}
		for _, m := range numberHeads {
			if q.has(m.head) {
				return Guess{Kind: m.kind, Part: m.part, Strength: m.strength}
			}
		}
	}
	switch {
	case p.qualified(hVersion):
		return Guess{Negative: true, Strength: Strong, Class: Version}
	case p.qualified(hProvNo):
		return Guess{Negative: true, Strength: Strong, Class: RefID}
	case p.qualified(hState):
		return Guess{Part: phi.PartState, Strength: Strong, Class: State}
	case code, p.qualified(hLOINC), p.qualified(hSNOMED), p.qualified(hRxNorm), p.qualified(hNDC), p.qualified(hHCPCS), p.qualified(hCVX):
		return p.code()
	case p.qualified(hFlag), p.qualified(hType), p.qualified(hAmount), p.qualified(hVersion), p.qualified(hCode):
		return Guess{Negative: true, Strength: Strong}
	}
	return p.reference(last)
}

// code judges what ends in a code: a clinical one, or none of interest.
func (p *phrase) code() Guess {
	for _, h := range []head{hDiagnosis, hHCPCS, hNDC, hLOINC, hSNOMED, hRxNorm, hDRG, hRevenue, hPOS, hCVX, hProcedure} {
		if p.qualified(h) && !p.qualified(hVersion) && !p.qualified(hType) {
			return Guess{Strength: Strong, Class: Coded, Health: true, System: systemOf(p.key(), p.pieces, p.x)}
		}
	}
	if p.n == 0 {
		return Guess{Strength: Weak, Class: Coded, System: phi.OtherSystem}
	}
	if p.qualified(hSex) {
		return Guess{Strength: Strong, Class: Sex, Part: phi.PartSex}
	}
	return Guess{Negative: true, Strength: Strong}
}

// reference judges the number or key of a person, a claim, a visit, or a thing.
func (p *phrase) reference(last piece) Guess {
	q, ok := p.nearest()
	for i := p.n - 1; i > 0 && q.filler && q.who == Nobody && q.heads == [2]uint64{}; i-- { // BENE_XREF_SK
		q = p.x.pieces[p.pieces[i-1]]
	}
	if !ok {
		if last.has(hID) {
			return Guess{Class: RowID, Strength: Weak}
		}
		return Guess{Strength: Silent}
	}
	plan := p.qualified(hPlan)
	if q.has(hDate) || !q.known() && p.who != Patient {
		return Guess{Strength: Silent, Class: RefID} // CLM_CLNCL_TRIL_NUM: of something else, in the claim
	}
	switch {
	case q.who == Provider, q.who == Facility, q.who == Organisation && !q.has(hAccount), q.thing && !q.has(hOrder):
		return Guess{Strength: Strong, Class: RefID}
	case p.qualified(hClaim):
		return Guess{Kind: phi.Account, Strength: Strong, Health: true}
	case p.qualified(hVisit):
		return Guess{Kind: phi.Account, Strength: Strong, Health: true}
	case p.qualified(hOrder):
		return Guess{Kind: phi.Account, Strength: Weak}
	case plan:
		return Guess{Kind: phi.HealthPlanID, Strength: Strong, Health: true}
	case q.who == Nobody && (q.has(hName) || q.has(hAddress) || q.has(hID) || q.system || q.has(hDesc) || q.has(hNote)):
		return Guess{Strength: Weak, Class: RefID} // person_name_id: the key of a row about a person
	case p.qualified(hAccount):
		return Guess{Kind: phi.Account, Strength: Weak}
	case q.who == Workforce:
		return Guess{Kind: phi.OtherID, Strength: Weak}
	case hierarchy[p.pieces[p.n-1]]:
		return Guess{Strength: Silent, Class: RefID}
	case p.who == Patient, p.who == Relative:
		return Guess{Kind: phi.MRN, Part: phi.PartLocal, Strength: Strong, Health: true}
	case p.who == Customer:
		return Guess{Kind: phi.Account, Strength: Weak}
	}
	return Guess{Strength: Silent, Class: RefID}
}

// hierarchy are words that in keys mean the row above or below more often than a relative.
var hierarchy = map[string]bool{"parent": true, "child": true, "sibling": true, "dependent": true}

// bare judges a name that is only a subject or a thing: a reference to it.
func (p *phrase) bare(last piece) Guess {
	switch {
	case last.who == Patient:
		return Guess{Kind: phi.MRN, Part: phi.PartLocal, Strength: Weak, Health: true}
	case last.who == Provider, last.who == Facility, last.who == Organisation:
		return Guess{Class: RefID, Strength: Weak}
	case (last.has(hVisit) || last.has(hClaim)) && p.x.speaksOfCare(p.pieces[p.n:]):
		return Guess{Kind: phi.Account, Strength: Weak, Health: true}
	case last.thing:
		return Guess{Negative: true, Strength: Weak}
	}
	return Guess{}
}
