package words

import (
	"strings"
	"testing"

	"github.com/chartroom/chartroom/phi"
	"pgregory.net/rapid"
)

func TestNames(t *testing.T) {
	tables := Load()
	tests := []struct {
		in             string
		given, surname bool
		word           string // "" = no word, "low" or "high" share
		not            NotName
	}{
		{"Ford", true, true, "low", NoClass},
		{"SMITH", true, true, "low", Eponym},
		{"O'Brien", true, true, "", NoClass},
		{"O’Brien", true, true, "", NoClass},
		{"José", true, true, "", NoClass},
		{"Müller", false, true, "", Eponym},
		{"will", true, true, "high", NoClass},
		{"the", false, true, "high", NoClass},
		{"haemoglobinometer", false, false, "", NoClass},
		{"Parkinson", false, true, "", Eponym},
		{"Tylenol", false, false, "", Drug},
		{"Monday", false, true, "", Weekday},
	}
	for _, tt := range tests {
		n := tables.Name([]byte(tt.in))
		if (n.Given > 0) != tt.given || (n.Surname > 0) != tt.surname {
			t.Errorf("%s: given %d, surname %d", tt.in, n.Given, n.Surname)
		}
		if n.Not != tt.not {
			t.Errorf("%s: is no name because %v, want %v", tt.in, n.Not, tt.not)
		}
		if tt.word == "high" && n.Word < 200 || tt.word == "low" && (n.Word == 0 || n.Word > 80) {
			t.Errorf("%s: word share %d, want %s", tt.in, n.Word, tt.word)
		}
	}
	if a, b := tables.Name([]byte("Smith")).Surname, tables.Name([]byte("Zywiec")).Surname; a <= b {
		t.Errorf("Smith %d is not commoner than Zywiec %d", a, b)
	}
}

func TestPlaces(t *testing.T) {
	tables := Load()
	for _, city := range []string{"Springfield", "new york", "St. Louis", "Saint Louis", "COEUR D'ALENE"} {
		if !tables.City([]byte(city)) {
			t.Errorf("%s is no town", city)
		}
	}
	if tables.City([]byte("Xyzzyville")) || tables.City(nil) {
		t.Error("a town that is none")
	}
	if !tables.County([]byte("Cook County")) || !tables.County([]byte("cook")) {
		t.Error("Cook is no county")
	}
	for _, c := range []string{"Germany", "sri lanka", "Côte d'Ivoire", "United States"} {
		if !tables.Country([]byte(c)) {
			t.Errorf("%s is no country", c)
		}
	}
	if !tables.Look([]byte("north carolina")).State() || !tables.Look([]byte("Québec")).State() {
		t.Error("a State or province is missing")
	}
}

func TestStreets(t *testing.T) {
	tables := Load()
	tests := map[string]StreetWord{"Street": Suffix, "ave": Suffix, "Apt.": Unit, "SW": Direction, "P.O. Box": Line,
		"rue": Foreign, "straße": Foreign | Attached, "Laan": Foreign | Attached, "hello": 0}
	for in, want := range tests {
		if got := tables.Street([]byte(in)); got&want != want || want == 0 && got != 0 {
			t.Errorf("%s: %06b, want %06b", in, got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	tables := Load()
	state := func(s string) phi.State { return phi.ParseState(s) }
	for in, want := range map[string]phi.State{"02139": state("MA"), "90210": state("CA"), "00601": state("PR"), "60601": state("IL")} {
		if got, ok := tables.ZIP([]byte(in)); !ok || got != want {
			t.Errorf("ZIP %s: %v %v", in, got, ok)
		}
	}
	if s, ok := tables.ZIP([]byte("06399")); ok || s != state("CT") {
		t.Errorf("an unassigned ZIP code is known, or its region is %v", s)
	}
	for _, bad := range []string{"", "1234", "123456", "1234x", "00000", "99999"} {
		if _, ok := tables.ZIP([]byte(bad)); ok {
			t.Errorf("ZIP %q is known", bad)
		}
	}
	for in, want := range map[string]phi.State{"212": state("NY"), "415": state("CA"), "800": 0, "416": 0} {
		if got, ok := tables.AreaCode([]byte(in)); !ok || got != want {
			t.Errorf("area code %s: %v %v", in, got, ok)
		}
	}
	for _, bad := range []string{"555", "911", "000", "199", "2", "2125"} {
		if _, ok := tables.AreaCode([]byte(bad)); ok {
			t.Errorf("area code %q is assigned", bad)
		}
	}
}

// A string is found under every spelling that folds alike.
func TestFoldAndHashAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-zÀ-ſ'’. -]{0,20}`)).Draw(t, "string")
		folded := Fold(nil, []byte(s))
		if hash([]byte(s)) != hash(folded) {
			t.Fatalf("%q hashes unlike %q", s, folded)
		}
		if again := Fold(nil, folded); string(again) != string(folded) {
			t.Fatalf("%q folds on to %q", folded, again)
		}
	})
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{"Ångström": "angstrom", "Łódź": "lodz", "Straße": "strasse", "Œuvre": "oeuvre",
		"Đường": "duong", "e\u0301a": "ea", "D’Angelo": "dangelo", "Иван": "Иван", "\xff\xc3": "\xff\xc3"} {
		if got := string(Fold(nil, []byte(in))); got != want {
			t.Errorf("%q folds to %q, want %q", in, got, want)
		}
	}
}

func TestPackKeepsEveryFact(t *testing.T) {
	e := Facts{Given: 23, Surname: 22, Word: 255, Not: Title, Street: Attached | Unit, City: true, Country: true}.Pack()
	if e.Given() != 23 || e.Surname() != 22 || e.Word() != 255 || e.Not() != Title || e.Street() != Attached|Unit ||
		!e.City() || e.County() || !e.Country() || e.State() {
		t.Errorf("%032b", e)
	}
}

func TestLookUpAllocatesNothing(t *testing.T) {
	tables := Load()
	word := []byte("Jos\u00e9phine")
	if n := testing.AllocsPerRun(100, func() { tables.Look(word) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLook(b *testing.B) {
	t := Load()
	text := strings.Fields("Smith Johnson Garcia Zuckermann Street Xyzzyx Thornton Albuquerque Monday Tylenol patient Murphy Ave Ochoa")
	list := make([][]byte, len(text))
	for i := range text {
		list[i] = []byte(text[i])
	}
	for i := 0; b.Loop(); i++ {
		t.Look(list[i%len(list)])
	}
}
