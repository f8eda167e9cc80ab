package ident

import (
	"testing"

	"pgregory.net/rapid"
)

// Each detector's examples are its promise.
func TestExamples(t *testing.T) {
	for _, d := range All() {
		if len(d.Yes) == 0 || len(d.No) == 0 || d.Source == "" {
			t.Errorf("%s: examples and a source are missing", d.Name)
		}
		for _, s := range d.Yes {
			if g := d.Check([]byte(s)); g < Valid {
				t.Errorf("%s(%q) = %v, want at least valid", d.Name, s, g)
			}
		}
		for _, s := range d.No {
			if g := d.Check([]byte(s)); g >= Valid {
				t.Errorf("%s(%q) = %v, want less than valid", d.Name, s, g)
			}
		}
	}
}

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range All() {
		if seen[d.Name] {
			t.Errorf("%s stands twice in the list", d.Name)
		}
		seen[d.Name] = true
	}
}

// Fillers and published samples keep their shape, so a column of them is still found, but prove nothing.
func TestFillersArePlausible(t *testing.T) {
	for _, c := range []struct {
		check func([]byte) Grade
		value string
	}{
		{SSN, "078-05-1120"}, {SSN, "999-99-9999"}, {SSN, "078051120"}, {SSN, "999-12-3456"}, {Date, "1900-01-01"}, {Date, "9999-12-31"},
		{Email, "jane@example.com"}, {Card, "4111111111111111"}, {MBI, "1S00E00AA00"}, {NPI, "1234567890"}, {IPv4, "192.0.2.1"},
		{func(b []byte) Grade { return Phone(b, nil) }, "212-555-0142"}, {LOINC, "2339-1"}, {SNOMED, "73211008"}, {VIN, "1G4AH59H35G118341"},
	} {
		if g := c.check([]byte(c.value)); g != Plausible {
			t.Errorf("%q = %v, want plausible", c.value, g)
		}
	}
}

func TestBlank(t *testing.T) {
	for _, s := range []string{"", " ", "\t \r\n", "NULL", "null", "N/A", "n/a", "NA", "None", "unknown", `\N`, "-", "--", ".", "?", `""`, `''`, "NaN", "0000-00-00", "0000-00-00 00:00:00", "00/00/0000", "00000000", " null ", "unknown ", "\vnil", "undefined", "(NULL)", "#N/A", "Not Available"} {
		if !Blank([]byte(s)) {
			t.Errorf("Blank(%q) = false", s)
		}
	}
	for _, s := range []string{"0", "00", "00000", "0.0", "Nancy", "Noah", "-1", "x", "No", "2024-01-01", "Nunez", "Unger", "U", ".5", "?x", "000-00-0000", "nothing", "n o", "NULLS", "Nilsson", "Unknowns", "Noneother", "(212) 736-5000", "x ", " Nora "} {
		if Blank([]byte(s)) {
			t.Errorf("Blank(%q) = true", s)
		}
	}
}

func TestReadDate(t *testing.T) {
	for _, c := range []struct {
		text string
		want Day
	}{
		{"2024-02-29", Day{Year: 2024, Month: 2, Day: 29}},
		{"20240229101530", Day{Year: 2024, Month: 2, Day: 29, Time: true}},
		{"2/29/2024", Day{Year: 2024, Month: 2, Day: 29, Order: MonthFirst}},
		{"29/2/2024", Day{Year: 2024, Month: 2, Day: 29, Order: DayFirst}},
		{"3/4/51", Day{Year: 1951, Month: 3, Day: 4, Order: MonthOrDay, Short: true}},
		{"3/4/21", Day{Year: 2021, Month: 3, Day: 4, Order: MonthOrDay, Short: true}},
		{"01-JUN-1939", Day{Year: 1939, Month: 6, Day: 1, Order: DayFirst}},
		{"Feb 29, 2024", Day{Year: 2024, Month: 2, Day: 29, Order: MonthFirst}},
		{"2024-02", Day{Year: 2024, Month: 2}},
	} {
		got, g := ReadDate([]byte(c.text))
		if got != c.want || g != Valid {
			t.Errorf("ReadDate(%q) = %+v %v, want %+v", c.text, got, g, c.want)
		}
	}
	if d, g := ReadDate([]byte("1950")); g != Plausible || d.Year != 1950 || d.Month != 0 {
		t.Errorf("a year alone: %+v %v", d, g)
	}
}

// No input makes a check panic or allocate.
func TestAnyBytes(t *testing.T) {
	all := All()
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.OneOf(
			rapid.SliceOfN(rapid.Byte(), 0, 60),
			rapid.Map(rapid.StringOfN(rapid.RuneFrom([]rune("0123456789-./: ()+AaEeTtXx@wW,jJ")), 0, 45, -1), func(s string) []byte { return []byte(s) }),
		).Draw(t, "value")
		for _, d := range all {
			d.Check(b)
		}
		Blank(b)
	})
}

func TestNothingIsAllocated(t *testing.T) {
	var values [][]byte
	all := All()
	for _, d := range all {
		for _, s := range append(d.Yes, d.No...) {
			values = append(values, []byte(s))
		}
	}
	for _, d := range all {
		if n := testing.AllocsPerRun(3, func() {
			for _, v := range values {
				d.Check(v)
			}
		}); n > 0 {
			t.Errorf("%s allocates %v times", d.Name, n)
		}
	}
	if n := testing.AllocsPerRun(3, func() {
		for _, v := range values {
			Blank(v)
		}
	}); n > 0 {
		t.Errorf("Blank allocates %v times", n)
	}
}

// A wrong digit never passes Luhn or Verhoeff, and neither does one swap of neighbours in Verhoeff.
func TestCheckDigitsCatchOneWrongDigit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := []byte(rapid.StringMatching(`[1-9][0-9]{6,14}`).Draw(t, "digits"))
		at := rapid.IntRange(0, len(b)-1).Draw(t, "at")
		by := rapid.ByteRange(1, 9).Draw(t, "by")
		luhn, verhoeff := Luhn(b), Verhoeff(b)
		b[at] = '0' + (b[at]-'0'+by)%10
		if luhn && Luhn(b) {
			t.Fatal("Luhn passes a wrong digit")
		}
		if verhoeff && Verhoeff(b) {
			t.Fatal("Verhoeff passes a wrong digit")
		}
	})
}

func FuzzChecks(f *testing.F) {
	all := All()
	for _, d := range all {
		for _, s := range append(d.Yes, d.No...) {
			f.Add([]byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, d := range all {
			d.Check(b)
		}
		Blank(b)
		Trim(b)
	})
}

func BenchmarkChecks(b *testing.B) {
	for _, d := range All() {
		v := []byte(d.Yes[0])
		b.Run(d.Name, func(b *testing.B) {
			b.SetBytes(int64(len(v)))
			for b.Loop() {
				d.Check(v)
			}
		})
	}
}

func BenchmarkBlank(b *testing.B) {
	v := []byte("Nancy")
	for b.Loop() {
		Blank(v)
	}
}

func TestDomain(t *testing.T) {
	for value, want := range map[string]bool{"example.org": true, "clinic.example.de": true, "portal.lake.health": true, "main.go": false, "a.org": false, "x..y.org": false, "file.pdf": false,
		"example.1a": false, "noname": false, "": false} {
		if got := Domain([]byte(value)); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
}

func TestTrimFloat(t *testing.T) {
	for value, want := range map[string]string{"98208.0": "98208", "123.0": "123.0", "12.5.0": "12.5.0", "98208": "98208", "": "", "1234.00": "1234.00"} {
		if got := string(TrimFloat([]byte(value))); got != want {
			t.Errorf("%q becomes %q, want %q", value, got, want)
		}
	}
}
