package ccda

import (
	"bytes"

	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// id takes an instance identifier: its root says what it is, or else where it stands.
func (r *reading) id(f, up *frame) {
	var oid, ext []byte
	for _, a := range r.s.Attrs() {
		switch string(a.Name) {
		case "root":
			oid = a.Value
		case "extension":
			ext = a.Value
		}
	}
	n := &r.nodes[f.node]
	k := r.idKind(f, up, oid)
	if k == phi.None {
		return
	}
	w := f.what(k, phi.PartNone).at(extensionAttr)
	switch {
	case k == phi.NPI:
		if w.subject == phi.Patient {
			w.subject = phi.Provider
		}
	case f.role == thing:
		w.subject, w.other = phi.Patient, true // a device in or on the patient
	}
	if len(ext) > 0 {
		r.put(n, w, ext)
		return
	}
	if k == n.rule.kind || unique(oid) {
		r.put(n, w.at(rootAttr), oid)
	}
}

// idKind says what an id is.
func (r *reading) idKind(f, up *frame, oid []byte) phi.Kind {
	if k := kindOfRoot(oid); k != phi.None {
		return k
	}
	if f.flags&aDevice != 0 && f.means == valued {
		return phi.Device
	}
	if k := r.nodes[f.node].rule.kind; k != phi.None && (k != phi.MRN || f.role == patient) {
		return k
	}
	switch f.role {
	case provider, organisation:
		return phi.None // numbers of providers and organisations are nobody's
	case thing:
		if up.means == partied {
			return phi.Device
		}
		return phi.None
	}
	if up.means == partied && (f.part == covered || f.part == holder) {
		return phi.HealthPlanID
	}
	return phi.OtherID
}

// unique tells whether a root alone is a number of one thing: a UUID.
func unique(oid []byte) bool { return len(oid) == 36 && oid[8] == '-' && oid[23] == '-' }

// schemes are those of telecommunication addresses. HL7 v3 URLScheme.
var schemes = map[string]phi.Kind{
	"tel": phi.Phone, "sip": phi.Phone, "sms": phi.Phone, "fax": phi.Fax, "x-text-fax": phi.Fax, "mailto": phi.Email,
	"http": phi.URL, "https": phi.URL, "ftp": phi.URL, "nfs": phi.URL, "telnet": phi.URL, "file": phi.URL, "mllp": phi.URL,
}

// telecom takes a telephone number, mail address or the like by its scheme.
func (r *reading) telecom(f *frame) {
	v := r.s.Attr("value")
	if len(v) == 0 || f.role == thing {
		return
	}
	k := phi.Phone
	if i := bytes.IndexByte(v[:min(len(v), 12)], ':'); i > 0 {
		if known, ok := schemes[string(lower(v[:i], &[12]byte{}))]; ok {
			if k = known; k != phi.URL {
				v = bytes.TrimSpace(v[i+1:])
			}
		}
	} else if bytes.IndexByte(v, '@') > 0 {
		k = phi.Email
	}
	r.put(&r.nodes[f.node], f.what(k, phi.PartNone).at(valueAttr), v)
}

func lower(v []byte, to *[12]byte) []byte {
	for i, c := range v {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		to[i] = c
	}
	return to[:len(v)]
}

// piece takes a piece of a name or an address.
func (r *reading) piece(f *frame, v []byte) {
	n := &r.nodes[f.node]
	k, p := n.rule.kind, n.rule.part
	switch {
	case f.role == thing, f.role == organisation && k == phi.Name:
		return
	case p == phi.PartState && f.role != patient: // a State is no identifier, but says where the patient lives
		return
	}
	r.put(n, f.what(k, p), v)
}

// date takes a point in time, or a bound of an interval of them.
func (r *reading) date(f, up *frame) {
	var v []byte
	quantity := false
	for _, a := range r.s.Attrs() {
		switch string(a.Name) {
		case "value":
			v = a.Value
		case "unit":
			quantity = true
		}
	}
	w := f.what(phi.Date, phi.PartNone).at(valueAttr)
	switch f.means {
	case birth:
		w.kind = phi.DateOfBirth
	case death:
		w.part = phi.PartDeath
	case bound:
		f.flags |= up.flags & ofDates
		if f.flags&ofDates == 0 && (up.means == valued || quantity || !timestamp(v)) {
			return
		}
		fallthrough
	default:
		w.subject, w.other = phi.Patient, false
		f.flags |= ofDates
	}
	if f.role != thing && !quantity {
		r.put(&r.nodes[f.node], w, v)
	}
}

// timestamp tells whether a value looks like a point in time: YYYYMM, YYYYMMDD, with or without a time.
func timestamp(v []byte) bool {
	if len(v) < len("200601") || v[0] != '1' && v[0] != '2' {
		return false
	}
	for _, c := range v[:6] {
		if c < '0' || c > '9' {
			return false
		}
	}
	year, month := int(v[0]-'0')*10+int(v[1]-'0'), int(v[4]-'0')*10+int(v[5]-'0')
	return year >= 18 && year <= 20 && month >= 1 && month <= 12 && (len(v) == 6 || len(v) >= 8)
}

// activities are the code system of HL7 v3 ActCode, whose policies of sensitivity may label anything.
const activities = "2.16.840.1.113883.5.4"

// code takes a coded value.
func (r *reading) code(f, up *frame) {
	var code, system, name []byte
	for _, a := range r.s.Attrs() {
		switch string(a.Name) {
		case "code":
			code = a.Value
		case "codeSystem":
			system = a.Value
		case "codeSystemName":
			name = a.Value
		}
	}
	if len(code) == 0 {
		return
	}
	up.relate(system, code)
	n := &r.nodes[f.node]
	s := r.system(n, system, name)
	k := s.Kind()
	if k == phi.None {
		if string(system) == activities {
			if c, ok := phi.ParseClass(string(code)); ok {
				r.put(n, what{attr: codeAttr, subject: phi.Patient, classes: phi.Of(c)}, code)
			}
		}
		return
	}
	w := f.what(k, phi.PartNone).at(codeAttr)
	if f.role == thing || f.role == care || f.role == relative {
		w.subject, w.other = phi.Patient, false
	}
	if s == phi.LOINCSystem && string(code) == "10157-6" { // history of family member diseases
		up.flags |= ofOther
	}
	r.put(n, w, code)
	c := r.w.Batch.Last()
	c.System = s
	if f.flags&negated != 0 {
		c.Flags |= record.Negated
	}
	if f.flags&ofOther != 0 || f.role == relative {
		c.Flags |= record.OfOther
	}
}

// maxSystems bounds how many code systems a reading remembers.
const maxSystems = 1024

// system resolves a code system by its OID, or its name where there is none. The same one stands at the same place nearly always.
func (r *reading) system(n *node, oid, name []byte) phi.System {
	if len(oid) == 0 {
		oid = name
	}
	if n.uri == string(oid) {
		return n.system
	}
	if len(oid) > maxColumn {
		return phi.OtherSystem
	}
	s, ok := r.systems[string(oid)]
	if !ok {
		s = phi.SystemOf(string(oid))
		if len(r.systems) < maxSystems {
			r.systems[string(oid)] = s
		}
	}
	n.uri, n.system = string(oid), s
	return s
}

// status takes back the codes of an act that was entered in error.
func (r *reading) status(up *frame) {
	if string(r.s.Attr("code")) != "nullified" {
		return
	}
	up.flags |= negated
	if up.epoch != r.epoch {
		return
	}
	cells := r.w.Batch.Cells
	for i := int(up.start); i < len(cells); i++ {
		if cells[i].System != phi.NoSystem {
			cells[i].Flags |= record.Negated
		}
	}
}

// value takes a value of any type, which it says itself.
func (r *reading) value(f, up *frame) error {
	var kind []byte
	is := meaning(unknown)
	v := r.s.Attr("value")
	for _, a := range r.s.Attrs() {
		switch string(a.Name) {
		case "type":
			kind = a.Value[bytes.IndexByte(a.Value, ':')+1:]
		case "code":
			is = coded
		case "extension", "root":
			is = identity
		}
	}
	if len(kind) > 0 {
		is = typed(kind)
	} else if is == unknown && timestamp(v) && len(r.s.Attr("unit")) == 0 {
		is = dated
	}
	if f.flags&aDevice != 0 && len(v) > 0 {
		r.put(&r.nodes[f.node], what{attr: valueAttr, kind: phi.Device, subject: phi.Patient}, v)
		return nil
	}
	switch is {
	case coded:
		r.code(f, up)
	case identity:
		r.id(f, up)
	case dated:
		f.means = dated
		r.date(f, up)
		f.means = valued
	case texted, unknown:
		return r.gather(f)
	case telecom:
		r.telecom(f)
	case named, addressed:
		f.means = is
	case pass:
		r.age(f, v)
	}
	return nil
}

// typed says how a value of a data type is read. HL7 v3 data types, release 1.
func typed(kind []byte) meaning {
	switch string(kind) {
	case "TS", "IVL_TS", "PIVL_TS", "EIVL_TS", "SXCM_TS", "IVXB_TS":
		return dated
	case "CD", "CE", "CV", "CO", "CS", "SC":
		return coded
	case "II":
		return identity
	case "ST", "ED", "BIN":
		return texted
	case "PN", "EN", "TN":
		return named
	case "AD":
		return addressed
	case "TEL", "URL":
		return telecom
	}
	return pass // quantities, true and false
}

// age takes an age over 89: 45 CFR 164.514(b)(2)(i)(C).
func (r *reading) age(f *frame, v []byte) {
	if f.flags&anAge == 0 || string(r.s.Attr("unit")) != "a" || len(v) < 2 || len(v) > 3 || len(v) == 2 && v[0] < '9' {
		return
	}
	r.put(&r.nodes[f.node], what{attr: valueAttr, kind: phi.Date, subject: phi.Patient, other: f.flags&ofOther != 0}, v)
}

// foreign takes the attributes of an element that the standard does not know.
func (r *reading) foreign(f *frame) {
	attrs := r.s.Attrs()
	for i := range attrs {
		a := &attrs[i]
		switch string(a.Name) {
		case "nullFlavor", "type", "classCode", "typeCode", "moodCode", "determinerCode", "ID", "unit", "use", "codeSystem",
			"codeSystemName", "codeSystemVersion", "displayName", "contextConductionInd", "contextControlCode", "schemaLocation":
		case "code":
			up := *f
			r.code(f, &up)
		default:
			r.column(&r.nodes[r.attribute(a.Name)], a.Value)
		}
	}
}
