package text

import "github.com/chartroom/chartroom/phi"

// fields finds values of forms: a label, a colon, and the rest of the line. Only labels count that can be no other thing's: a last
// name is a person's, a name may be a file's.
func (s *Scanner) fields() {
	for _, n := range s.colons {
		i := int(n)
		label := s.at(i - 1)
		if !label.has(nameLabel | cityLabel | initialWord) {
			continue
		}
		sp := Span{Likelihood: .9, Rule: ByLabel, Labelled: true}
		before := s.at(i - 2)
		if label.gap >= newLine {
			before = &noToken
		}
		switch {
		case label.has(nameLabel) && before.has(namePart), label.has(initialWord) && before.has(namePart):
			sp.Kind, sp.Part = phi.Name, partOf(s.bytesAt(i-2))
		case label.has(nameLabel) && before.has(patientWord|providerWord):
			sp.Kind, sp.Part, sp.Subject = phi.Name, phi.PartFull, subjectOf(before.roles)
		case label.has(nameLabel) && string(s.bytes(i-1)) == "Surname":
			sp.Kind, sp.Part = phi.Name, phi.PartFamily
		case label.has(cityLabel):
			sp.Kind, sp.Part, sp.Likelihood = phi.Address, phi.PartCity, .85
		default:
			continue
		}
		if end := s.fieldEnd(i); end > i && !s.lineOf(i).code {
			s.add(i+1, end, sp)
		}
	}
}

// partOf tells which part of a name a label asks for.
func partOf(b []byte) phi.Part {
	switch b[0] | 0x20 {
	case 'f':
		if b[1]|0x20 == 'a' {
			return phi.PartFamily
		}
		return phi.PartGiven
	case 'g':
		return phi.PartGiven
	case 'l':
		return phi.PartFamily
	case 'm':
		if b[1]|0x20 == 'a' {
			return phi.PartMaiden
		}
		return phi.PartMiddle
	}
	return phi.PartFull
}

const maxField = 6 // tokens of a value

// fieldEnd gives the last token of the value behind the colon i: capitalised words on its line, as far as single blanks go; i when
// there is no value, or the value is longer than a name.
func (s *Scanner) fieldEnd(i int) int {
	end := i
	for k := i + 1; k <= i+maxField; k++ {
		t := s.at(k)
		if t.gap >= newLine || k > i+1 && t.start-s.at(k-1).end > 1 {
			return end
		}
		if !t.free() || t.kind == junk || t.kind == lower && !t.has(particle) && t.flags&lowText == 0 {
			return i
		}
		if t.word() {
			end = k
			if s.at(k + 1).is(':') {
				return i // the next label
			}
		} else if !t.is(',') && !t.is('.') && !t.is('-') && !t.is('\'') {
			return end
		}
	}
	return i
}
