package hl7v2

import "github.com/chartroom/chartroom/phi"

// dataType is an HL7 data type, as far as types differ in where they hold what a person is known by (HL7 v2.9 chapter 2A).
// A type stands for its older forms too, which have the same components first: XPN for PN, XCN for CN,
// XAD for AD, XTN for TN, CX for CK, CWE for CE and CNE, DTM for TS and DT.
type dataType uint8

const (
	text    dataType = iota // TX, FT, ST that people write sentences in: read as running text
	st                      // ST, SI, NM: the first component is the value
	xpn                     // name of a person
	xcn                     // number and name of a person
	ppn                     // the same, with the time at which the person acted
	xad                     // address
	xtn                     // telecommunication
	cx                      // number of a person, with its type
	ei                      // number of a thing
	eip                     // placer's and filler's number of a thing
	dtm                     // point in time
	dr                      // interval of time
	cwe                     // code
	tq                      // quantity and timing
	ndl                     // name with date and location
	fc                      // financial class, with its date
	ocd                     // occurrence code and date
	osp                     // occurrence span code and dates
	dld                     // discharge location and date
	dln                     // driver's licence
	aui                     // authorisation
	pln                     // practitioner's number, with its type
	qip                     // query parameter: a number, or a position's name and its value
	ed                      // encapsulated data
	varies                  // as OBX-2 says
	method                  // names the code system of the segment's other fields
	typing                  // OBX-2
	status                  // says whether the segment's codes count
	nothing                 // no identifier, no code
	numTypes
)

// typeNames are the names by which the table of positions calls the types.
var typeNames = [numTypes]string{"TX", "ST", "XPN", "XCN", "PPN", "XAD", "XTN", "CX", "EI", "EIP", "DTM", "DR", "CWE", "TQ", "NDL", "FC", "OCD", "OSP", "DLD", "DLN", "AUI",
	"PLN", "QIP", "ED", "varies", "method", "typing", "status", "nothing"}

// outlet is a component that is handed out.
type outlet struct {
	component    uint8 // 0: the whole field
	subcomponent uint8 // 0: the first
	kind         phi.Kind
	part         phi.Part
}

// own stands for the kind that the field gives.
const own = phi.Kind(255)

// outlets are the components of each type that are handed out. The types that a comment marks choose among theirs by
// what stands in the other components; all others hand out each component that is not empty.
var outlets = [numTypes][]outlet{
	text: {{0, 0, phi.FreeText, phi.PartNone}},
	st:   {{1, 0, own, phi.PartNone}},
	xpn: {{1, 1, phi.Name, phi.PartFamily}, {1, 3, phi.Name, phi.PartFamily}, {1, 5, phi.Name, phi.PartFamily},
		{2, 0, phi.Name, phi.PartGiven}, {3, 0, phi.Name, phi.PartMiddle}},
	xcn: {xcnNPI: {1, 0, phi.NPI, phi.PartNone}, xcnFull: {1, 0, phi.Name, phi.PartFull}, xcnOwn: {1, 0, own, phi.PartNone}, // chooses
		xcnNames: {2, 1, phi.Name, phi.PartFamily}, {2, 3, phi.Name, phi.PartFamily}, {2, 5, phi.Name, phi.PartFamily},
		{3, 0, phi.Name, phi.PartGiven}, {4, 0, phi.Name, phi.PartMiddle}},
	ppn: {xcnNPI: {1, 0, phi.NPI, phi.PartNone}, xcnFull: {1, 0, phi.Name, phi.PartFull}, xcnOwn: {1, 0, own, phi.PartNone}, // chooses
		xcnNames: {2, 1, phi.Name, phi.PartFamily}, {2, 3, phi.Name, phi.PartFamily}, {2, 5, phi.Name, phi.PartFamily},
		{3, 0, phi.Name, phi.PartGiven}, {4, 0, phi.Name, phi.PartMiddle}, {15, 0, phi.Date, phi.PartNone}},
	xad: {{1, 1, phi.Address, phi.PartStreet}, {1, 2, phi.Address, phi.PartStreet}, {2, 0, phi.Address, phi.PartStreet},
		{3, 0, phi.Address, phi.PartCity}, {4, 0, phi.None, phi.PartState}, {5, 0, phi.ZIP, phi.PartZIP},
		{8, 0, phi.Address, phi.PartNone}, {9, 0, phi.Address, phi.PartCounty}, {10, 0, phi.Address, phi.PartNone},
		{19, 0, phi.Address, phi.PartNone}},
	xtn: {xtnPhone: {1, 0, phi.Phone, phi.PartNone}, xtnFax: {1, 0, phi.Fax, phi.PartNone}, xtnEmail: {1, 0, phi.Email, phi.PartNone}, // chooses
		xtnURL: {1, 0, phi.URL, phi.PartNone}, xtnPhone4: {4, 0, phi.Phone, phi.PartNone}, xtnFax4: {4, 0, phi.Fax, phi.PartNone},
		xtnEmail4: {4, 0, phi.Email, phi.PartNone}, xtnURL4: {4, 0, phi.URL, phi.PartNone}, xtnPhone7: {7, 0, phi.Phone, phi.PartNone},
		xtnFax7: {7, 0, phi.Fax, phi.PartNone}, xtnPhone12: {12, 0, phi.Phone, phi.PartNone}, xtnFax12: {12, 0, phi.Fax, phi.PartNone}},
	cx: {cxOwn: {1, 0, own, phi.PartNone}, {1, 0, phi.SSN, phi.PartNone}, {1, 0, phi.MRN, phi.PartNone}, // chooses
		{1, 0, phi.HealthPlanID, phi.PartNone}, {1, 0, phi.Account, phi.PartNone}, {1, 0, phi.License, phi.PartNone},
		{1, 0, phi.OtherID, phi.PartNone}, {1, 0, phi.NPI, phi.PartNone}},
	ei:  {{1, 0, own, phi.PartNone}},
	eip: {{1, 0, own, phi.PartNone}, {2, 0, own, phi.PartNone}},
	dtm: {{1, 0, own, phi.PartNone}},
	dr:  {{1, 0, phi.Date, phi.PartNone}, {2, 0, phi.Date, phi.PartNone}},
	cwe: {cweCode: {1, 0, phi.None, phi.PartNone}, cweAlternate: {4, 0, phi.None, phi.PartNone}, // chooses
		cweSecond: {10, 0, phi.None, phi.PartNone}, cweOriginal: {9, 0, phi.FreeText, phi.PartNone}},
	tq:  {{4, 0, phi.Date, phi.PartNone}, {5, 0, phi.Date, phi.PartNone}, {8, 0, phi.FreeText, phi.PartNone}},
	ndl: {{1, 2, phi.Name, phi.PartFamily}, {1, 3, phi.Name, phi.PartGiven}, {1, 4, phi.Name, phi.PartMiddle}, {2, 0, phi.Date, phi.PartNone}, {3, 0, phi.Date, phi.PartNone}},
	fc:  {{2, 0, phi.Date, phi.PartNone}},
	ocd: {{2, 0, phi.Date, phi.PartNone}},
	osp: {{2, 0, phi.Date, phi.PartNone}, {3, 0, phi.Date, phi.PartNone}},
	dld: {{2, 0, phi.Date, phi.PartNone}},
	dln: {{1, 0, phi.License, phi.PartNone}},
	aui: {{1, 0, phi.OtherID, phi.PartNone}, {2, 0, phi.Date, phi.PartNone}},
	pln: {{1, 0, phi.NPI, phi.PartNone}},      // chooses
	qip: {{1, 0, own, phi.PartNone}},          // chooses
	ed:  {{0, 0, phi.FreeText, phi.PartNone}}, // chooses
}

// The outlets among which a type chooses.
const (
	xcnNPI, xcnFull, xcnOwn, xcnNames = 0, 1, 2, 3

	xtnPhone, xtnFax, xtnEmail, xtnURL     = 0, 1, 2, 3
	xtnPhone4, xtnFax4, xtnEmail4, xtnURL4 = 4, 5, 6, 7
	xtnPhone7, xtnFax7                     = 8, 9
	xtnPhone12, xtnFax12                   = 10, 11

	cxOwn = 0

	cweCode, cweAlternate, cweSecond, cweOriginal = 0, 1, 2, 3
)

// idTypes is HL7 table 0203, Identifier Type: the types that say another kind than the field does.
var idTypes = map[string]phi.Kind{
	"SS": phi.SSN, "SSN": phi.SSN, "NNUSA": phi.SSN,
	"MR": phi.MRN, "MRT": phi.MRN, "PI": phi.MRN, "PT": phi.MRN, "PN": phi.MRN, "PRC": phi.MRN, "ANON": phi.MRN,
	"MA": phi.HealthPlanID, "MC": phi.HealthPlanID, "MB": phi.HealthPlanID, "SN": phi.HealthPlanID, "HC": phi.HealthPlanID,
	"JHN": phi.HealthPlanID, "NH": phi.HealthPlanID, "MCN": phi.HealthPlanID, "MCR": phi.HealthPlanID, "RRI": phi.HealthPlanID,
	"AN": phi.Account, "AM": phi.Account, "ANC": phi.Account, "AND": phi.Account, "ANT": phi.Account, "BA": phi.Account, "BC": phi.Account,
	"CC": phi.Account, "DC": phi.Account, "DI": phi.Account, "DS": phi.Account, "MS": phi.Account, "VI": phi.Account, "VN": phi.Account, "VS": phi.Account,
	"DL": phi.License, "DLN": phi.License, "PPN": phi.License, "LN": phi.License, "CPR": phi.License, "PCN": phi.License, "BCT": phi.License, "DEA": phi.License,
	"EI": phi.OtherID, "EN": phi.OtherID, "MI": phi.OtherID, "NI": phi.OtherID, "TAX": phi.OtherID, "WC": phi.OtherID, "WCN": phi.OtherID,
	"PC": phi.OtherID, "PRN": phi.OtherID, "GI": phi.OtherID, "GN": phi.OtherID, "LR": phi.OtherID, "RI": phi.OtherID, "U": phi.OtherID, "APRN": phi.OtherID,
	"NPI": phi.NPI,
}

// valueTypes are the types that OBX-2 names (HL7 table 0125). A type that is not here holds no identifier; those
// of version 2.1 without a type are strings.
var valueTypes = map[string]dataType{
	"TX": text, "FT": text, "ST": text, "": text, "RP": text, "UD": text, "GTS": text,
	"CE": cwe, "CWE": cwe, "CNE": cwe, "CF": cwe, "CM": text,
	"DT": dtm, "TS": dtm, "DTM": dtm, "DR": dr,
	"XPN": xpn, "PN": xpn, "XCN": xcn, "CN": xcn, "PPN": ppn, "XAD": xad, "AD": xad, "XTN": xtn, "TN": xtn,
	"CX": cx, "CK": cx, "EI": ei, "DLN": dln, "PLN": pln, "TQ": tq, "NDL": ndl, "ED": ed,
	"NM": nothing, "SN": nothing, "ID": nothing, "IS": nothing, "SI": nothing, "TM": nothing, "CP": nothing, "CQ": nothing, "MO": nothing,
	"NA": nothing, "MA": nothing, "NR": nothing, "SCV": nothing, "HD": nothing, "FC": nothing, "RCD": nothing, "XON": nothing, "PL": nothing, "CD": nothing, "CO": nothing,
}
