package text

import (
	"github.com/chartroom/chartroom/detect/lex"
	"github.com/chartroom/chartroom/phi"
)

// fields finds values of forms: a label, a colon, and the rest of the line. Only labels count that can be no other thing's: a last
// name is a person's, a name may be a file's.
func fields(s *lex.Block) {
	for _, n := range s.Colons {
		i := int(n)
		s.Enter(i)
		label := s.At(i - 1)
		if !label.Has(lex.NameLabel | lex.CityLabel | lex.InitialWord) {
			continue
		}
		sp := lex.Span{Likelihood: .9, Rule: lex.ByLabel, Labelled: true}
		before := s.At(i - 2)
		if label.Gap >= lex.NewLine {
			before = &lex.NoToken
		}
		switch {
		case label.Has(lex.NameLabel) && before.Has(lex.NamePart), label.Has(lex.InitialWord) && before.Has(lex.NamePart):
			sp.Kind, sp.Part = phi.Name, partOf(s.BytesAt(i-2))
		case label.Has(lex.NameLabel) && before.Has(lex.PatientWord|lex.ProviderWord):
			sp.Kind, sp.Part, sp.Subject = phi.Name, phi.PartFull, lex.SubjectOf(before.Roles)
		case label.Has(lex.NameLabel) && string(s.Bytes(i-1)) == "Surname":
			sp.Kind, sp.Part = phi.Name, phi.PartFamily
		case label.Has(lex.CityLabel):
			sp.Kind, sp.Part, sp.Likelihood = phi.Address, phi.PartCity, .85
		default:
			continue
		}
		if end := fieldEnd(s, i); end > i && !s.LineOf(i).Code {
			s.Add(i+1, end, sp)
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
func fieldEnd(s *lex.Block, i int) int {
	end := i
	for k := i + 1; k <= i+maxField; k++ {
		t := s.At(k)
		if t.Gap >= lex.NewLine || k > i+1 && t.Start-s.At(k-1).End > 1 {
			return end
		}
		if !t.Free() || t.Kind == lex.Junk || t.Kind == lex.Lower && !t.Has(lex.Particle) && t.Flags&lex.LowText == 0 {
			return i
		}
		if t.Word() {
			end = k
			if s.At(k + 1).Is(':') {
				return i // the next label
			}
		} else if !t.Is(',') && !t.Is('.') && !t.Is('-') && !t.Is('\'') {
			return end
		}
	}
	return i
}
