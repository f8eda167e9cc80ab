package lex

import "github.com/chartroom/chartroom/detect/words"

// Question is something that a rule asks of what digits say. Rules that look at digits do so through Ask; whatever else they look at is the same in all
// lines of one form (Form). A question is a plain function, and the same bytes always get the same answer.
type Question func(t *words.Tables, b []byte) uint8

// Asked is a question that was put to the bytes From to To, and the answer.
type Asked struct {
	Question Question
	From, To uint32
	Answer   uint8
}

// Ask puts a question to the text from token i to token j, both included.
func (s *Block) Ask(q Question, i, j int) uint8 {
	return s.ask(q, int(s.Tokens[i].Start), int(s.Tokens[j].End))
}

func (s *Block) ask(q Question, from, to int) uint8 {
	a := q(s.Tables, s.Text[from:to])
	if s.Noting {
		s.Asked = append(s.Asked, Asked{q, uint32(from), uint32(to), a})
	}
	return a
}

// Yes is the answer of a question that is answered with yes or no.
func Yes(yes bool) uint8 {
	if yes {
		return 1
	}
	return 0
}

// AsYear says of a number what it may be as a year: the bits of the answer.
const (
	YearOfRecord  = 1 << iota // 1850 to 2150
	YearInside                // the same without its ends
	YearOfCentury             // 1900 to 2099
)

// AsYear asks which year a number of up to nine digits may be.
func AsYear(_ *words.Tables, b []byte) (a uint8) {
	v := value(b)
	if v >= 1850 && v <= 2150 {
		a |= YearOfRecord
	}
	if v > 1850 && v < 2150 {
		a |= YearInside
	}
	if v >= 1900 && v < 2100 {
		a |= YearOfCentury
	}
	return a
}

// AsDay asks whether a number may be the day of a month.
func AsDay(_ *words.Tables, b []byte) uint8 {
	v := value(b)
	return Yes(v >= 1 && v <= 31)
}

// LeadingZero asks whether a number begins with 0.
func LeadingZero(_ *words.Tables, b []byte) uint8 { return Yes(b[0] == '0') }

// KnownZIP asks whether a ZIP code is in use.
func KnownZIP(t *words.Tables, b []byte) uint8 {
	_, ok := t.ZIP(b)
	return Yes(ok)
}

// KnownArea asks whether a telephone number's area code is in use.
func KnownArea(t *words.Tables, b []byte) uint8 {
	_, ok := t.AreaCode(b[:3])
	return Yes(ok)
}

// value reads up to nine digits.
func value(b []byte) (v int) {
	for _, c := range b {
		if v > 99_999_999 {
			break
		}
		v = v*10 + int(c-'0')
	}
	return v
}
