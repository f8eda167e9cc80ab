package x12

import "github.com/chartroom/chartroom/phi"

// coded hands out an element that holds a code.
func (r *reading) coded(f *position, s span) {
	pg := r.state.claim
	if f.plan.who == loop {
		pg = r.state.page
	}
	switch f.t {
	case code:
		r.emit(pg, f, 0, s)
	case shaped:
		if s = r.tidy(s); s.from < s.to {
			r.put(r.place(pg, f, 0), s)
			r.batch.Last().System = icd(r.buf[s.from:s.to], phi.ICD9CM)
		}
	case product:
		if q := r.table.products.find(r.get(f.q)); q != 0 {
			r.emitCode(pg, f, q, r.table.products.list[q].system, s)
		}
	case diagnosis:
		if q := r.table.diagnoses.find(r.get(f.q)); q != 0 && r.table.diagnoses.list[q].id != "ZZ" {
			r.emitCode(pg, f, q, r.table.diagnoses.list[q].system, s)
		}
	case procedure, health, status, facility:
		r.coding(pg, f, s)
	}
}

// coding hands out a composite with a code.
func (r *reading) coding(pg *page, f *position, s span) {
	var parts [maxComponents]span
	for s.from < s.to {
		var n int
		n, s = r.composite(s, &parts)
		switch f.t {
		case procedure:
			r.procedure(pg, f, parts[:n])
		case health:
			r.health(pg, f, parts[:n])
		case status:
			// C043: category, status, entity, and which list the status is of
			if n > 3 && string(r.buf[parts[3].from:parts[3].to]) == "LOI" {
				q := r.table.diagnoses.find([]byte("LOI"))
				r.emitCode(pg, f, q, phi.LOINCSystem, parts[1])
			}
		case facility:
			if n == 1 || string(r.buf[parts[1].from:parts[1].to]) != "A" { // A: the first digits of the type of bill
				r.emit(pg, f, 0, parts[0])
			}
		}
	}
}

// procedure hands out C003: qualifier, code, four modifiers, description, and the last code of a range.
func (r *reading) procedure(pg *page, f *position, parts []span) {
	if len(parts) < 2 {
		return
	}
	if q := r.table.products.find(r.buf[parts[0].from:parts[0].to]); q != 0 {
		r.emitCode(pg, f, q, r.table.products.list[q].system, parts[1])
	}
	if len(parts) > 6 {
		if v := r.tidy(parts[6]); v.to-v.from >= minUnknown {
			r.emit(pg, f, 0, v)
		}
	}
}

// health hands out C022: qualifier, code, and a date with its format. Where a sender wrote elements instead of components, the
// code is the next element.
func (r *reading) health(pg *page, f *position, parts []span) {
	q := r.table.diagnoses.find(r.buf[parts[0].from:parts[0].to])
	if q == 0 {
		return
	}
	if len(parts) == 1 {
		if int(f.n) >= r.count {
			return
		}
		next := r.element[f.n+1]
		if v := r.buf[next.from:next.to]; len(v) > 2 && r.table.diagnoses.find(v) == 0 && alphanumerics(v) {
			r.emitCode(pg, f, 2*q, r.table.diagnoses.list[q].system, next)
		}
		return
	}
	r.emitCode(pg, f, 2*q, r.table.diagnoses.list[q].system, parts[1])
	if len(parts) > 3 {
		if format := string(r.buf[parts[2].from:parts[2].to]); format != "TM" && format != "" {
			r.dated(pg, f, 2*q+1, parts[3])
		}
	}
}

// alphanumerics tells whether a value may be a code.
func alphanumerics(v []byte) bool {
	for _, c := range v {
		if !alphanumeric(c) && c != '.' {
			return false
		}
	}
	return true
}

// emitCode hands out a code. Senders mistake the editions of ICD, and one qualifier stands for HCPCS and CPT: there the code
// itself tells.
func (r *reading) emitCode(pg *page, f *position, outlet int, system phi.System, s span) {
	if system == phi.NoSystem {
		return
	}
	if s = r.tidy(s); s.from >= s.to {
		return
	}
	v := r.buf[s.from:s.to]
	switch {
	case system == phi.ICD9CM:
		system = icd(v, system)
	case system == phi.HCPCS && digit(v[0]):
		system = phi.CPT
	}
	r.put(r.place(pg, f, outlet), s)
	r.batch.Last().System = system
}

// icd tells ICD-10-CM from ICD-9-CM, whose codes begin with a digit, with V and two digits, or with E and a number from 800.
func icd(v []byte, otherwise phi.System) phi.System {
	if len(v) < 3 || v[0] < 'A' || v[0] > 'Z' || !digit(v[1]) {
		return otherwise
	}
	if v[0] == 'V' && len(v) <= 6 && digit(v[2]) || v[0] == 'E' && v[1] >= '8' {
		return otherwise
	}
	return phi.ICD10CM
}
