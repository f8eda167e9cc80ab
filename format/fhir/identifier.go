package fhir

import (
	"strings"

	"github.com/chartroom/chartroom/phi"
)

// idRule is what an Identifier's system or type says of its value. The higher one counts.
type idRule uint8

const (
	noRule idRule = iota
	otherRule
	accountRule
	mrnRule
	deviceRule
	licenseRule
	planRule
	ssnRule
	npiRule
)

// ruleKinds are the kinds that the rules stand for.
var ruleKinds = [...]phi.Kind{
	otherRule: phi.OtherID, accountRule: phi.Account, mrnRule: phi.MRN, deviceRule: phi.Device, licenseRule: phi.License,
	planRule: phi.HealthPlanID, ssnRule: phi.SSN, npiRule: phi.NPI,
}

// typeRules are the codes of HL7 table 0203 (terminology.hl7.org/CodeSystem/v2-0203) that decide.
var typeRules = union(
	words(ssnRule, `SS SSN`),
	words(npiRule, `NPI`),
	words(planRule, `MB MC MA MCD MCR SN HC NH WC SR JHN PHC`),
	words(licenseRule, `DL PPN PRC LN MD DO DN DDS RN NP PA PHC CZ VS BC0 TRL`),
	words(mrnRule, `MR MRT PI PT PN PNT RRI AN0 U PE EMPI`),
	words(accountRule, `AN ANON ANT ANC AM BA BC BCFN MS DI DS PRN0`),
	words(deviceRule, `UDI SNO DVC`),
	words(otherRule, `VN ACSN PLAC FILL NI NIIP MI EI EN BCT BR BRN DR MCT RRP TAX SP FI FR CONM FAC0 CC`),
)

// systemRules are namespaces that decide, by the beginning of their URI or OID. hl7.org/fhir/R4/identifier-registry.html.
var systemRules = []struct {
	prefix string
	rule   idRule
}{
	{"http://hl7.org/fhir/sid/us-ssn", ssnRule}, {"2.16.840.1.113883.4.1", ssnRule},
	{"http://hl7.org/fhir/sid/us-npi", npiRule}, {"2.16.840.1.113883.4.6", npiRule},
	{"http://hl7.org/fhir/sid/us-mbi", planRule}, {"http://hl7.org/fhir/sid/us-medicare", planRule},
	{"http://hl7.org/fhir/sid/us-hicn", planRule}, {"http://terminology.hl7.org/NamingSystem/cmsMBI", planRule},
	{"https://bluebutton.cms.gov/resources/variables/bene_id", planRule}, {"https://bluebutton.cms.gov/resources/identifier/hicn", planRule},
	{"https://bluebutton.cms.gov/resources/identifier/mbi", planRule},
	{"2.16.840.1.113883.4.572", planRule}, {"2.16.840.1.113883.4.927", planRule},
	{"http://hl7.org/fhir/sid/passport-", licenseRule}, {"2.16.840.1.113883.4.330", licenseRule},
	{"2.16.840.1.113883.4.3", licenseRule},
}

// systemRule says what a namespace decides.
func systemRule(uri string) idRule {
	oid := strings.TrimPrefix(uri, "urn:oid:")
	for _, s := range systemRules {
		if rest, ok := strings.CutPrefix(oid, s.prefix); ok && (rest == "" || rest[0] == '.' || rest[0] == '/' || s.prefix[len(s.prefix)-1] == '-') {
			return s.rule
		}
	}
	return noRule
}

// closeIdentifier decides what an Identifier's value is: its system or type says it, or else where it stands.
func (r *reading) closeIdentifier(f *frame) {
	c := r.pended(f.code)
	if c == nil {
		return
	}
	n := &r.nodes[f.node]
	k := n.kind
	if f.id != noRule && (k != phi.Device || f.id > otherRule) && (k != phi.HealthPlanID || f.id >= licenseRule) {
		k = ruleKinds[f.id]
	}
	subject := n.subject
	switch {
	case k == phi.NPI:
		if subject == phi.Patient {
			subject = phi.Provider
		}
	case n.class == provider && k != phi.SSN && k != phi.License, n.class == business, n.class == conformance:
		k = phi.None // numbers of providers, organisations and things are nobody's
	case n.slot == providerSlot, n.slot == thingSlot:
		k = phi.None
	}
	if k == phi.None {
		r.drop(c)
		return
	}
	v := &r.nodes[f.code.node]
	w := v.labelled(k, phi.PartNone)
	w.subject = subject
	c.Place = r.place(v, w)
}

// way is the kind of address that a ContactPoint's system names. hl7.org/fhir/R4/valueset-contact-point-system.html
func way(system string) phi.Kind {
	switch system {
	case "phone", "pager", "sms":
		return phi.Phone
	case "fax":
		return phi.Fax
	case "email":
		return phi.Email
	case "url":
		return phi.URL
	}
	return phi.None
}

// closeContact decides what a ContactPoint's value is.
func (r *reading) closeContact(f *frame) {
	c := r.pended(f.code)
	if c == nil {
		return
	}
	k := f.way
	if k == phi.None {
		switch v := string(r.w.Batch.Bytes(*c)); {
		case strings.HasPrefix(v, "http"):
			k = phi.URL
		case strings.IndexByte(v, '@') > 0:
			k = phi.Email
		default:
			k = phi.Phone
		}
	}
	n := &r.nodes[f.code.node]
	c.Place = r.place(n, n.labelled(k, phi.PartNone))
}
