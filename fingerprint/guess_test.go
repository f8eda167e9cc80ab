package fingerprint

import (
	"bytes"
	"slices"
	"testing"

	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

func guessed(m *Marker, values ...string) []Traced {
	g := m.Guess()
	g.Begin()
	for _, v := range values {
		g.Add([]byte(v))
	}
	return g.Traces()
}

// met are the kinds of traces of a person of ours that a guess hit.
func met(ours, guess []Traced) (out []string) {
	for _, o := range ours {
		if slices.ContainsFunc(guess, func(t Traced) bool { return t.Trace == o.Trace }) {
			out = append(out, o.Kind.String())
		}
	}
	return out
}

func TestAStrangersRecordIsMetWhateverItsColumnsAre(t *testing.T) {
	b := func(s string) []byte { return []byte(s) }
	k := NewKey()
	ours := k.Marker("a").Traces(&record.Identity{IDs: []record.ID{{Kind: phi.MRN, Value: b("104231")}, {Kind: phi.SSN, Value: b("219-46-8317")}},
		Family: b("De La Cruz"), Given: b("María Elena"), Birth: b("1962-03-04"), Email: b("maria@example.org"), Phone: b("(415) 556-0123")})
	m := k.Marker("b")
	for name, c := range map[string]struct {
		values []string
		least  int
	}{
		"upper case, reordered": {[]string{"CA", "DE LA CRUZ", "MARIA ELENA", "F", "03/04/1962"}, 1},
		"day and month swapped": {[]string{"Maria", "De La Cruz", "04.03.1962"}, 1},
		"one column":            {[]string{"De La Cruz, Maria E.", "4-MAR-62"}, 1},
		"given name first":      {[]string{"Maria De La Cruz", "19620304"}, 1},
		"numbers":               {[]string{"MRN: 0104231", "219468317", "Fresno"}, 1},
		"number and birth":      {[]string{"104231", "1962-03-04"}, 1},
		"phone and name":        {[]string{"415.556.0123", "Cruz", "De La Cruz"}, 2},
		"mail":                  {[]string{"MARIA@EXAMPLE.ORG"}, 1},
	} {
		if hits := met(ours, guessed(m, c.values...)); len(hits) < c.least {
			t.Errorf("%s: %v", name, hits)
		}
	}
	for name, values := range map[string][]string{
		"somebody else": {"Maria", "Lopez", "1971-05-06", "104232", "415-556-0199"}, "a namesake": {"Maria", "De La Cruz", "1970-01-01"},
		"nothing": {}, "a sentence": {"The De La Cruz family came on 03/04/1962 and was seen"},
	} {
		if hits := met(ours, guessed(m, values...)); len(hits) > 0 {
			t.Errorf("%s is met by %v", name, hits)
		}
	}
}

func TestALineOfTextIsTakenApart(t *testing.T) {
	b := func(s string) []byte { return []byte(s) }
	k := NewKey()
	ours := k.Marker("a").Traces(&record.Identity{IDs: []record.ID{{Kind: phi.MRN, Value: b("104231")}}, Family: b("Okafor"), Given: b("Ada"), Birth: b("1962-03-14"), Phone: b("415 556 0123")})
	for line, least := range map[string]int{
		"OKAFOR, ADA   03/14/1962   MRN 104231  (415) 556-0123":   4,
		"Patient: Ada Okafor (DOB: March 14, 1962) - MRN: 104231": 3,
		"104231|Ada|Okafor|1962-03-14":                            3,
	} {
		g := k.Marker("b").Guess()
		g.Begin()
		g.Line(b(line))
		if hits := met(ours, g.Traces()); len(hits) < least {
			t.Errorf("%s: %v", line, hits)
		}
	}
}

func TestAWideRecordIsBounded(t *testing.T) {
	g := NewKey().Marker("").Guess()
	g.Begin()
	for i := range 100_000 {
		g.Add([]byte{byte('a' + i%26), byte('a' + i/26%26), byte('a' + i/676%26), 'x'})
		g.Add([]byte{byte('0' + i%10), byte('0' + i/10%10), byte('0' + i/100%10), '7', '3', '2'})
	}
	if n := len(g.Traces()); n > 10_000 {
		t.Errorf("%d traces of one record", n)
	}
}

func FuzzGuess(f *testing.F) {
	f.Add([]byte("OKAFOR, ADA 03/14/1962|a@b.c|(415) 556-0123"))
	f.Fuzz(func(t *testing.T, line []byte) {
		g := NewKey().Marker("").Guess()
		g.Begin()
		g.Line(bytes.Clone(line))
		g.Traces()
		g.Name()
	})
}
