package ccda

import "bytes"

// participation is how somebody or something takes part in an act (ParticipationType), as far as it decides who it is.
type participation uint8

const (
	anyhow    participation = iota
	covered                 // COV: the person whom a policy covers
	holder                  // HLD: the person who holds it
	someone                 // IND, RESP and the like: a person beside the patient
	caregiver               // who gives care or vouches for it
	place                   // LOC and the like
	matter                  // CSM, DEV, PRD: a thing
)

// participationOf reads a typeCode. Vocabulary: HL7 v3 ParticipationType.
func participationOf(code []byte) participation {
	switch string(code) {
	case "COV":
		return covered
	case "HLD":
		return holder
	case "IND", "GUAR", "NOT", "RCT":
		return someone
	case "VRF", "AUTHEN", "LA", "REF", "REFB", "REFT", "PRF", "PPRF", "SPRF", "ATND", "ADM", "CON", "DIS", "ESC", "CALLBCK", "RESP", "AUT", "INF", "ENT", "WIT", "TRC", "PRCP":
		return caregiver
	case "LOC", "DST", "ELOC", "ORG", "RML", "VIA":
		return place
	case "CSM", "DEV", "NRD", "RDV", "PRD", "DIR", "CAGNT", "BBY", "SPC", "EXPAGNT", "EXPART", "TPA", "DON":
		return matter
	}
	return anyhow
}

// party says whose the role or entity of a class is. Vocabulary: HL7 v3 RoleClass, EntityClass.
func party(class []byte, up *frame) role {
	switch string(class) {
	case "PAT":
		if up.part == someone {
			return relative
		}
		return patient
	case "COVPTY":
		return patient
	case "PRS", "NOK", "ECON", "GUARD", "CAREGIVER", "POLHOLD", "SUBSCR", "DEPEN", "INDIV", "FAMDEP", "CIT", "STD", "GUAR", "SPNSR", "PERSON":
		return relative
	case "AGNT":
		if up.part == caregiver {
			return provider
		}
		return relative
	case "PROV", "ASSIGNED", "LIC", "QUAL", "CON", "EMP", "MIL", "SGNOFF", "COMPAR", "RESBJ", "INVSBJ":
		return provider
	case "SDLOC", "DSDLOC", "ISDLOC", "TERR", "PAYOR", "UNDWRT", "ORG", "PLC", "STATE", "CITY", "PUB":
		return organisation
	case "MANU", "DEV", "ACCESS", "ADMM", "MNT", "OWN", "CONT", "THER", "DST", "RET", "SPEC", "INST", "MMAT", "MAT", "CHEM", "FOOD", "MODDV", "HLD", "HCE":
		return thing
	case "PSN":
		if up.role == thing || up.role == organisation || up.role == care {
			return relative
		}
		return up.role
	}
	if up.means == partied {
		return up.role
	}
	switch up.part {
	case covered:
		return patient
	case caregiver:
		return provider
	case place:
		return organisation
	case matter:
		return thing
	}
	return relative
}

// enter opens a role. The person who plays one is whoever the role says; a patient may stand within another's role, as in an
// account of a relative.
func (r *reading) enter(f, up *frame, who role) {
	switch who {
	case provider:
		if (up.means == roled || up.means == partied) && f.role != care {
			who = f.role
		}
	case patient:
		if f.role != care {
			who = f.role
		}
	}
	f.role = who
	if r.depth >= 3 && string(r.s.Attr("classCode")) == "PRS" && string(r.s.Name()) == "relatedSubject" {
		r.stack[r.depth-2].flags |= ofOther // the act whose subject he is
	}
}

// Code systems that say who somebody is: HL7 v3 RoleCode and RoleClass.
const (
	roleCodes   = "2.16.840.1.113883.5.111"
	roleClasses = "2.16.840.1.113883.5.110"
)

// relate lets the code of a role say whose it is: a person's relation to the patient, a guarantor, a payer.
func (f *frame) relate(system, code []byte) {
	if f.means != roled && f.means != partied || f.role == patient || f.role == organisation {
		return
	}
	switch string(system) {
	case roleCodes:
		switch string(code) {
		case "ONESELF", "SELF":
			f.role = patient
		default:
			if f.role == provider {
				f.role = relative
			}
		}
	case roleClasses:
		switch string(code) {
		case "GUAR", "PRS", "NOK", "GUARD", "COVPTY", "POLHOLD":
			f.role = relative
		case "PAYOR", "UNDWRT":
			f.role = organisation
		}
	}
}

// qualify reads how an act or a participation is meant.
func (r *reading) qualify(f *frame) {
	attrs := r.s.Attrs()
	for i := range attrs {
		a := &attrs[i]
		switch string(a.Name) {
		case "typeCode":
			f.part = participationOf(a.Value)
		case "negationInd":
			if string(a.Value) == "true" {
				f.flags |= negated
			}
		case "moodCode":
			if v := a.Value; string(v) == "GOL" || string(v) == "DEF" || bytes.HasSuffix(v, []byte("CRT")) {
				f.flags |= negated
			}
		}
	}
}

// template lets a template say what its act is.
func (r *reading) template(up *frame) {
	switch templates[string(r.s.Attr("root"))] {
	case ofRelative:
		up.flags |= ofOther
	case ofAge:
		up.flags |= anAge
	case ofDevice:
		up.flags |= aDevice
	}
}
