package demo

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNoTwoPersonsShareANumber(t *testing.T) {
	seen := map[string]int{}
	for p := range People(7, 50_000) {
		for _, id := range []string{p.ID, p.MRN, p.Chart, p.SSN, p.Member, p.Email} {
			if other, ok := seen[id]; ok {
				t.Fatalf("persons %d and %d share a number", other, p.Index)
			}
			seen[id] = p.Index
		}
	}
}

func TestPersonDoesNotDependOnTheOthers(t *testing.T) {
	var want Person
	for p := range People(5, 1000) {
		want = *p
	}
	got := newMaker(5).person(999)
	if got.SSN != want.SSN || got.Family != want.Family || got.Street != want.Street || got.ID != want.ID {
		t.Error("person 999 differs when made alone")
	}
}

// The numbers keep the rules of their issuers, whatever the person.
func TestNumbersAreWellFormed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMaker(rapid.Uint64().Draw(t, "seed"))
		p := m.person(rapid.IntRange(0, 10_000_000).Draw(t, "index"))
		area, group, serial := p.SSN[:3], p.SSN[4:6], p.SSN[7:]
		if len(p.SSN) != 11 || area == "000" || area == "666" || area > "772" || group == "00" || serial == "0000" {
			t.Errorf("SSN of area %s, group %s", area, group)
		}
		if len(p.MRN) != 8 || len(p.ZIP) != 5 || len(p.ID) != 36 || p.State == 0 || len(p.Conditions) == 0 {
			t.Errorf("person %d lacks something", p.Index)
		}
		if !strings.Contains(p.Phone, "555-01") || !strings.Contains(p.Email, "example.") {
			t.Errorf("person %d could be somebody", p.Index)
		}
		if p.Minor() && p.Classes() != 0 {
			t.Errorf("minor %d has a sensitive condition", p.Index)
		}
		if old := p.Birth.Year() <= medicareYear; old != mbi(p.Member) {
			t.Errorf("person %d, born %d: member number does not fit", p.Index, p.Birth.Year())
		}
	})
}

// mbi checks the eleven positions of a Medicare Beneficiary Identifier.
func mbi(s string) bool {
	if len(s) != 11 || s[0] == '0' {
		return false
	}
	for i, kind := range "NAXNAXNAANN" {
		digit := s[i] >= '0' && s[i] <= '9'
		letter := s[i] >= 'A' && s[i] <= 'Z' && !strings.ContainsRune("SLOIBZ", rune(s[i]))
		if kind == 'N' && !digit || kind == 'A' && !letter || !digit && !letter {
			return false
		}
	}
	return true
}

func TestCheckDigits(t *testing.T) {
	for n := range uint64(500) {
		npi := string(appendNPI(nil, n))
		if len(npi) != 10 || npi[0] != '1' || luhn("80840"+npi)%10 != 0 {
			t.Fatalf("NPI %d has a wrong check digit", n)
		}
		dea := string(appendDEA(nil, n, "SMITH"))
		d := func(i int) int { return int(dea[i+2] - '0') }
		if (d(0)+d(2)+d(4)+2*(d(1)+d(3)+d(5)))%10 != d(6) {
			t.Fatalf("DEA number %d has a wrong check digit", n)
		}
	}
}

func luhn(s string) (sum int) {
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			d = d*2/10 + d*2%10
		}
		sum += d
	}
	return sum
}

// A log names nobody: nothing in it has the form of an e-mail address, a date of birth or a social security number.
func TestLogsNameNobody(t *testing.T) {
	names := map[string]bool{}
	for _, list := range [][]string{givenFemale, givenMale, families} {
		for _, n := range list {
			names[n] = true
		}
	}
	for n := range 20_000 {
		line := string(AppendLogLine(nil, n))
		if strings.Contains(line, "@") {
			t.Fatalf("line %d holds an address", n)
		}
		for _, word := range strings.FieldsFunc(line, func(r rune) bool { return r < 'A' || r > 'z' }) {
			if names[word] {
				t.Fatalf("line %d holds the name %s", n, word)
			}
		}
	}
}

func BenchmarkPeople(b *testing.B) {
	m := newMaker(1)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		m.person(i)
		i++
	}
}

func BenchmarkRecords(b *testing.B) {
	kinds := map[string]func([]byte, *Person) []byte{
		"row": AppendPatientRow, "fhir": AppendFHIR, "hl7v2": AppendHL7v2,
		"note": func(b []byte, p *Person) []byte { return AppendNote(b, p, 0) },
		"log":  func(b []byte, p *Person) []byte { return AppendLogLine(b, p.Index) },
	}
	for name, write := range kinds {
		b.Run(name, func(b *testing.B) {
			m := newMaker(1)
			var buf []byte
			i := 0
			for b.Loop() {
				buf = write(buf[:0], m.person(i))
				b.SetBytes(int64(len(buf)))
				i++
			}
		})
	}
}
