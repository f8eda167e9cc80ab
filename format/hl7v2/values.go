package hl7v2

import (
	"bytes"

	"github.com/chartroom/chartroom/phi"
)

// maxSystems is how many names of code systems are remembered.
const maxSystems = 256

// oidNPI is the object identifier of the National Provider Identifier.
const oidNPI = "2.16.840.1.113883.4.6"

// participant hands out a person of XCN: names, and the number where it is an NPI or where the field says whose number it is.
// A lone first component of letters only is a name that was written where the number belongs.
func (r *reading) participant(f *position, n int) {
	id := r.part(n, 1)
	switch {
	case id.from >= id.to:
	case r.is(r.part(n, 13), "NPI") || r.is(r.part(n, 8), "NPI") || r.names(r.part(n, 9)):
		r.emit(f, xcnNPI, id)
	case f.kind != phi.None:
		r.emit(f, xcnOwn, id)
	case r.empty(n, 2, 4) && wordy(r.buf[id.from:id.to]):
		r.emit(f, xcnFull, id)
	}
	for i := xcnNames; i < len(f.outlets); i++ {
		r.emit(f, i, r.part(n, int(f.outlets[i].component)))
	}
}

// names tells whether an assigning authority is that of NPIs.
func (r *reading) names(s span) bool {
	v := r.buf[s.from:s.to]
	return len(v) >= 3 && (string(r.buf[s.from:s.from+3]) == "NPI" || bytes.Contains(v, []byte(oidNPI)) &&
		r.is(r.subcomponent(s, 2), oidNPI))
}

// empty tells whether the components from i to j hold nothing.
func (r *reading) empty(n, i, j int) bool {
	for ; i <= j; i++ {
		if s := r.part(n, i); s.from < s.to {
			return false
		}
	}
	return true
}

// wordy tells whether a value has letters and no digits.
func wordy(v []byte) bool {
	letters := 0
	for _, c := range v {
		switch {
		case c >= '0' && c <= '9' || c == '_' || c == '@':
			return false
		case c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80:
			letters++
		}
	}
	return letters > 1
}

// telecom hands out the numbers and addresses of XTN. The kind is by equipment (component 3, HL7 table 0202) and use (2,
// table 0201), and by what an address itself shows.
func (r *reading) telecom(f *position, n int) {
	fax := 0
	if r.is(r.part(n, 3), "FX") {
		fax = 1
	}
	net := r.is(r.part(n, 2), "NET") || r.is(r.part(n, 3), "Internet") || r.is(r.part(n, 3), "X.400")
	first, address := r.part(n, 1), r.part(n, 4)
	r.emit(f, xtnPhone+r.telecomKind(first, fax, net), first)
	r.emit(f, xtnPhone4+r.telecomKind(address, fax, net), address)
	if first.from < first.to {
		return
	}
	if whole := r.part(n, 12); whole.from < whole.to {
		r.emit(f, xtnPhone12+fax, whole)
		return
	}
	area, local := r.tidy(r.part(n, 6)), r.tidy(r.part(n, 7))
	if local.from >= local.to {
		return
	}
	if area.from >= area.to {
		r.emit(f, xtnPhone7+fax, local)
		return
	}
	r.scratch = append(append(r.scratch[:0], r.buf[area.from:area.to]...), r.buf[local.from:local.to]...)
	r.batch.Put(r.place(f, xtnPhone7+fax), r.scratch)
}

// telecomKind tells phone, fax, e-mail and URL apart; the results are in the order of the outlets.
func (r *reading) telecomKind(s span, fax int, net bool) int {
	if s.from >= s.to {
		return xtnPhone
	}
	v := r.buf[s.from:s.to]
	digits, letters := 0, 0
	for i, c := range v {
		switch {
		case c == '@':
			return xtnEmail
		case c == '/' && i > 0 && v[i-1] == '/':
			return xtnURL
		case c >= '0' && c <= '9':
			digits++
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters++
		}
	}
	if net && letters > 0 && digits < 7 {
		return xtnEmail
	}
	return xtnPhone + fax
}

// number hands out a number of CX by its type (component 5, HL7 table 0203).
func (r *reading) number(f *position, n int) {
	outlet := cxOwn
	if t := r.tidy(r.part(n, 5)); t.from < t.to {
		if kind := idTypes[string(r.buf[t.from:t.to])]; kind != phi.None && kind != f.kind {
			for i := range f.outlets {
				if f.outlets[i].kind == kind {
					outlet = i
				}
			}
		}
	}
	r.emit(f, outlet, r.part(n, 1))
}

// code hands out the codes of CWE whose system is known: the code, the alternate and the second alternate one.
func (r *reading) code(f *position, n int) {
	for i, at := range [3]int{1, 4, 10} {
		c := r.part(n, at)
		if c.from >= c.to {
			continue
		}
		c = r.tidy(r.subcomponent(c, 1))
		system := r.system(r.part(n, at+2))
		if at == 1 && (system == phi.NoSystem || system == phi.OtherSystem) {
			system = r.implied(f, c, n)
		}
		if c.from >= c.to || r.null(c) || system == phi.NoSystem || system == phi.OtherSystem {
			continue
		}
		r.put(r.place(f, i), c)
		r.batch.Last().System = system
	}
	if o := r.tidy(r.part(n, 9)); sentence(r.buf[o.from:o.to]) {
		r.emit(f, cweOriginal, o)
	}
}

// implied is the system of a code whose third component does not name a known one: by the object identifier in
// component 14, by the field, by the segment's coding method, or, in a field of diagnoses, by the code's shape.
func (r *reading) implied(f *position, c span, n int) phi.System {
	if s := r.system(r.part(n, 14)); s != phi.NoSystem && s != phi.OtherSystem {
		return s
	}
	if named := r.part(n, 3); named.from < named.to {
		return phi.OtherSystem
	}
	switch {
	case f.system != phi.NoSystem:
		return f.system
	case !f.shaped:
		return r.coding
	case looksICD10(r.buf[c.from:c.to]):
		return phi.ICD10CM
	case r.coding == phi.ICD10CM:
		return phi.OtherSystem // the method says ICD-10, and the code is none
	}
	return r.coding
}

// looksICD10 tells whether a code has the shape of ICD-10-CM: letter, digit, letter or digit, then up to four more behind
// an optional point. A three-digit code with V or E before it may be ICD-9-CM, and has at most two places behind the point.
func looksICD10(v []byte) bool {
	if len(v) < 3 || len(v) > 8 || !(v[0] >= 'A' && v[0] <= 'Z') || !(v[1] >= '0' && v[1] <= '9') {
		return false
	}
	for i, c := range v[2:] {
		alnum := c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		if !alnum && !(c == '.' && i == 1) {
			return false
		}
	}
	return len(v) == 3 || v[3] == '.' || len(v) <= 7
}

// system resolves the name of a code system. Names are remembered, so that a name costs one look-up.
func (r *reading) system(s span) phi.System {
	s = r.tidy(r.subcomponent(s, 1))
	if s.from >= s.to {
		return phi.NoSystem
	}
	v := r.buf[s.from:s.to]
	if known, ok := r.systems[string(v)]; ok {
		return known
	}
	system := phi.OtherSystem
	if len(v) <= 128 {
		system = phi.SystemOf(string(v))
		if len(r.systems) < maxSystems {
			r.systems[string(v)] = system
		}
	}
	return system
}

// sentence tells whether a string may be more than a code: it has a blank, or is long.
func sentence(v []byte) bool { return len(v) > 20 || bytes.IndexByte(v, ' ') >= 0 }
