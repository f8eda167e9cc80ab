package column

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// made makes a table of n rows from a function of the row.
func made(head []string, n int, row func(i int) []string) table {
	t := table{head: head}
	for i := range n {
		t.rows = append(t.rows, row(i))
	}
	return t
}

var testRand = rand.New(rand.NewPCG(7, 7))

func digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '0' + byte(testRand.IntN(10))
	}
	return string(b)
}

func birthday() string {
	return fmt.Sprintf("%d-%02d-%02d", 1930+testRand.IntN(80), 1+testRand.IntN(12), 1+testRand.IntN(28))
}

func pick(list string) string {
	f := strings.Split(list, "|")
	return f[testRand.IntN(len(f))]
}

const (
	givens   = "James|Mary|Robert|Patricia|Jennifer|Michael|Linda|Barbara|Susan|Jessica|Karen|Priya|Luis|Kevin"
	families = "Smith|Johnson|Williams|Garcia|Rodriguez|Martinez|Hernandez|Nguyen|Patel|Anderson|Thompson|Wilson"
	lines    = "12 Main St|7 Oak Avenue|431 Elm Street Apt 4|PO Box 77|9 Harbor Blvd"
)

func ssn() string {
	return fmt.Sprintf("%03d-%02d-%04d", 1+testRand.IntN(600), 1+testRand.IntN(99), 1+testRand.IntN(9999))
}

// want is what a test expects of a column: its kind and, where it matters, its part and subject.
type want struct {
	kind    phi.Kind
	part    phi.Part
	subject phi.Subject
}

func check1(t *testing.T, name string, d *Decision, w want) {
	t.Helper()
	kind := d.Kind
	if d.Likelihood < 0.5 {
		kind = phi.None
	}
	if kind != w.kind || w.part != phi.PartNone && d.Part != w.part || w.subject != phi.Unknown && d.Subject != w.subject {
		t.Errorf("%s: %v part %d of %v, likelihood %.2f (%s); want %v part %d of %v", name, d.Kind, d.Part, d.Subject, d.Likelihood, why(d), w.kind, w.part, w.subject)
	}
}

// A table of patients without a single name is found by its values.
func TestValuesAlone(t *testing.T) {
	d := made(make([]string, 12), 200, func(i int) []string {
		return []string{ssn(), pick(givens), pick(families), birthday(), pick(lines), fmt.Sprintf("617-%d-%s", 220+testRand.IntN(500), digits(4)),
			fmt.Sprintf("p%d@mail.org", i), pick("02115|60601|94110|10001"), "1EG4TE5MK7" + digits(1), fmt.Sprint(i), fmt.Sprintf("%.2f", testRand.Float64()*100), pick("yes|no")}
	})
	_, got := run(d, false)
	for i, w := range []want{{phi.SSN, 0, 0}, {phi.Name, phi.PartGiven, 0}, {phi.Name, phi.PartFamily, 0}, {phi.DateOfBirth, 0, 0}, {phi.Address, phi.PartStreet, 0}, {phi.Phone, 0, 0},
		{phi.Email, 0, 0}, {phi.ZIP, phi.PartZIP, 0}, {phi.HealthPlanID, 0, 0}, {}, {}, {}} {
		check1(t, fmt.Sprintf("column %d", i), got[i], w)
	}
}

// A name that lies does not hide what stands under it.
func TestLyingNames(t *testing.T) {
	d := made([]string{"status", "color", "product_code", "time_zone", "notes_flag"}, 150, func(i int) []string {
		return []string{ssn(), fmt.Sprintf("a%d@mail.org", i), "1EG4TE5MK7" + digits(1), fmt.Sprintf("(617) %d-%s", 220+testRand.IntN(500), digits(4)), pick("Y|N")}
	})
	_, got := run(d, true)
	for i, k := range []phi.Kind{phi.SSN, phi.Email, phi.HealthPlanID} {
		check1(t, d.head[i], got[i], want{kind: k})
	}
	check1(t, "notes_flag", got[4], want{})
}

// Names that fool simple rules hold nothing of a person.
func TestNothingOfAPerson(t *testing.T) {
	d := made([]string{"product_name", "unit_price", "released", "sku", "time_zone", "file_name", "rating", "first_seen", "version", "uuid"}, 100, func(i int) []string {
		return []string{pick("Green Lamp|Oak Table|Desk"), "9.99", "2020-01-01", digits(9), "America/New_York", "a.csv", fmt.Sprint(i % 5), "2021-05-05 10:00:00", "1.2.3.4",
			fmt.Sprintf("%s-1111-4222-8333-%s", digits(8), digits(12))}
	})
	d.file = "products.csv"
	_, got := run(d, true)
	for i, h := range d.head {
		check1(t, h, got[i], want{})
	}
}

// The columns beside it decide whom a column is about.
func TestNeighboursDecideTheSubject(t *testing.T) {
	row := func(i int) []string {
		return []string{digits(8), pick(givens) + " " + pick(families), fmt.Sprintf("617-%d-%s", 220+testRand.IntN(500), digits(4)), pick(lines)}
	}
	for _, c := range []struct {
		file    string
		key     string
		subject phi.Subject
	}{
		{"x.csv", "patient_id", phi.Patient}, {"x.csv", "customer_id", phi.Customer}, {"x.csv", "employee_id", phi.Workforce},
		{"providers.csv", "id", phi.Provider}, {"members.csv", "id", phi.Patient}, {"users.csv", "id", phi.Workforce}, {"leads.csv", "id", phi.Customer},
	} {
		d := made([]string{c.key, "name", "phone", "address"}, 80, row)
		d.file = c.file
		_, got := run(d, true)
		check1(t, c.file+" "+c.key+" name", got[1], want{phi.Name, phi.PartFull, c.subject})
		check1(t, c.file+" "+c.key+" phone", got[2], want{phi.Phone, 0, c.subject})
	}
}

// A relative's and a guarantor's data are identifiers, but not of the record's own person.
func TestOthers(t *testing.T) {
	d := made([]string{"patient_last_name", "guarantor_last_name", "emergency_contact_phone", "subscriber_dob"}, 60, func(i int) []string {
		return []string{pick(families), pick(families), "617-736-" + digits(4), birthday()}
	})
	_, got := run(d, true)
	for i, other := range []bool{false, true, true, true} {
		if got[i].Other != other || got[i].Subject != phi.Patient {
			t.Errorf("%s: other %v of %v", d.head[i], got[i].Other, got[i].Subject)
		}
	}
}

// A year, a State, a sex and an age are no identifiers; they are told all the same.
func TestParts(t *testing.T) {
	d := made([]string{"patient_id", "birth_year", "state", "sex", "age", "county", "death_date"}, 60, func(i int) []string {
		return []string{digits(7), fmt.Sprint(1930 + i), pick("MA|NY|CA"), pick("M|F"), fmt.Sprint(20 + i), pick("Suffolk County|Kings County|Cook County"), "2021-03-0" + fmt.Sprint(1+i%9)}
	})
	_, got := run(d, true)
	for i, w := range []want{{phi.MRN, phi.PartLocal, 0}, {0, phi.PartYear, 0}, {0, phi.PartState, 0}, {0, phi.PartSex, 0}, {0, phi.PartAge, 0}, {phi.Address, phi.PartCounty, 0}, {phi.Date, phi.PartDeath, 0}} {
		check1(t, d.head[i], got[i], w)
	}
}

// Codes are known by their names, by their values, and by the version beside them.
func TestCodes(t *testing.T) {
	d := made([]string{"BENE_ID", "PRNCPAL_DGNS_CD", "PRNCPAL_DGNS_VRSN_CD", "CODE", "loinc", "HCPCS_CD", "concept"}, 60, func(i int) []string {
		return []string{digits(9), pick("E119|F1120|I10"), pick("0|9"), pick("73211009|38341003|195662009"), "2339-0", "99213", pick("8302-2|2339-0|72166-2")}
	})
	_, got := run(d, true)
	for i, s := range []phi.System{phi.NoSystem, phi.ICD10CM, phi.NoSystem, phi.SNOMEDCT, phi.LOINCSystem, phi.HCPCS, phi.LOINCSystem} {
		if got[i].System != s {
			t.Errorf("%s: system %v, want %v (%s)", d.head[i], got[i].System, s, why(got[i]))
		}
	}
	if got[1].SystemFrom != 2 {
		t.Errorf("version of the diagnosis stands in %d, want 2", got[1].SystemFrom)
	}
	if !got[1].Health || got[6].Kind != phi.LOINC {
		t.Errorf("health %v, kind %v", got[1].Health, got[6].Kind)
	}
}

// An NPI column is told from other ten digits by its check digit, which one in ten random numbers passes.
func TestNPIByCheckDigit(t *testing.T) {
	good := []string{"1234567893", "1003000126", "1679576722", "1245319599"}
	d := made([]string{"ref_a", "ref_b"}, 60, func(i int) []string { return []string{pick(strings.Join(good, "|")), "1" + digits(9)} })
	_, got := run(d, true)
	check1(t, "valid", got[0], want{phi.NPI, 0, phi.Provider})
	if got[1].Kind == phi.NPI {
		t.Error("random numbers are taken for NPIs")
	}
}

// A social security number far down in a column of another kind is found and counted.
func TestRareIdentifiers(t *testing.T) {
	d := made([]string{"patient_id", "status", "ref", "amount"}, 60_000, func(i int) []string {
		r := []string{fmt.Sprint(1000000 + i), pick("open|closed"), fmt.Sprintf("R%d", i%1000), "12.50"}
		if i == 40_000 || i == 50_001 || i == 59_999 {
			r[1] = "536-22-8171"
		}
		if i == 55_000 {
			r[2] = "jane.doe@mail.org"
		}
		return r
	})
	_, got := run(d, true)
	if x := got[1]; len(x.Extra) != 1 || x.Extra[0].Kind != phi.SSN || x.Extra[0].Values != 3 || x.Extra[0].Likelihood < 0.8 {
		t.Errorf("status: %+v", x.Extra)
	}
	if x := got[2]; len(x.Extra) != 1 || x.Extra[0].Kind != phi.Email {
		t.Errorf("ref: %+v", x.Extra)
	}
	if x := got[3]; x.Kind != phi.None || len(x.Extra) > 0 || x.Values != 60_000 {
		t.Errorf("amount: %+v", x)
	}
}

// What the top of a column holds is not what all of it holds.
func TestColumnThatTurns(t *testing.T) {
	d := made([]string{"a", "b"}, 40_000, func(i int) []string {
		if i < 3000 {
			return []string{"0", "none yet"}
		}
		return []string{ssn(), birthday()}
	})
	_, got := run(d, true)
	check1(t, "a", got[0], want{kind: phi.SSN})
}

// Values that say "nothing stands here" are not counted.
func TestBlanks(t *testing.T) {
	d := made([]string{"ssn", "count"}, 3000, func(i int) []string {
		if i%3 == 0 {
			return []string{pick("NULL|N/A| |\\N|-"), pick("|null")}
		}
		return []string{ssn(), "7"}
	})
	_, got := run(d, true)
	for i := range got {
		if got[i].Values != 2000 {
			t.Errorf("%s: %d values, want 2000", d.head[i], got[i].Values)
		}
	}
	if got[0].WellFormed < 1990 || got[0].WellFormed > 2000 {
		t.Errorf("well-formed %d, want about 2000", got[0].WellFormed)
	}
}

// Numbers of a person that fail their rules are counted, and counted as ill-formed.
func TestWellFormed(t *testing.T) {
	d := made([]string{"npi", "email", "birth_date"}, 4000, func(i int) []string {
		if i%4 == 0 {
			return []string{"1234567890", "nobody", "1950-13-01"}
		}
		return []string{"1234567893", "a@mail.org", "1950-12-01"}
	})
	_, got := run(d, true)
	for i := range got {
		if got[i].Values != 4000 || got[i].WellFormed < 2950 || got[i].WellFormed > 3050 {
			t.Errorf("%s: %d values, %d well-formed", d.head[i], got[i].Values, got[i].WellFormed)
		}
	}
}

// Running text is for the text scanner.
func TestFreeText(t *testing.T) {
	d := made([]string{"note_text", "x", "description"}, 50, func(i int) []string {
		s := fmt.Sprintf("Patient was seen in clinic on day %d and reports improved sleep, will follow up in two weeks.", i)
		return []string{s, s, pick("small|large")}
	})
	_, got := run(d, true)
	if !got[0].FreeText || !got[1].FreeText || got[2].FreeText {
		t.Errorf("text: %v %v %v", got[0].FreeText, got[1].FreeText, got[2].FreeText)
	}
}

// The user's own identifiers come first.
func TestCustom(t *testing.T) {
	o := []Custom{
		{Name: "study number", Kind: phi.MRN, Match: func(b []byte) bool { return len(b) == 7 && b[0] == 'S' && b[1] == 'T' }},
		{Name: "wristband", Kind: phi.OtherID, Columns: []string{"Wrist Band"}},
		{Name: "locker", Kind: phi.OtherID, Keywords: []string{"locker"}},
	}
	var places record.Places
	for _, h := range []string{"code", "wrist_band", "locker_no", "other"} {
		places.Add(record.Place{Field: h, Name: h, Mode: record.Column})
	}
	table := NewTable(&places, Options{Custom: o})
	b := record.NewBatch(&places)
	for range 40 {
		for i, v := range []string{"ST" + digits(5), "77", "12", "x"} {
			b.Put(uint32(i), []byte(v))
		}
		b.EndRecord()
	}
	table.Observe(b)
	table.Decide()
	for i, k := range []phi.Kind{phi.MRN, phi.OtherID, phi.OtherID, phi.None} {
		if d := table.Decision(uint32(i)); d.Kind != k || k != phi.None && d.Why[0].Rule != "user" {
			t.Errorf("column %d: %v (%s)", i, d.Kind, why(d))
		}
	}
}

// No explanation quotes a value.
func TestExplanationsQuoteNothing(t *testing.T) {
	d := made([]string{"patient_name", "ssn", "mail", "note"}, 200, func(i int) []string {
		return []string{"Zebulon Quagmire", "536-22-8171", "zq@mail.org", "Zebulon called about his cough again and was told to rest"}
	})
	_, got := run(d, true)
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"Zebulon", "Quagmire", "8171", "zq@"} {
		if bytes.Contains(b, []byte(s)) {
			t.Errorf("an explanation holds %q", s)
		}
	}
}

// A table of as many columns as there can be is judged in bounded memory.
func TestWide(t *testing.T) {
	if testing.Short() {
		t.Skip("slow")
	}
	var places record.Places
	for i := range record.MaxPlaces {
		name := fmt.Sprintf("gene%d_value", i)
		places.Add(record.Place{Field: name, Name: name, Mode: record.Column})
	}
	table := NewTable(&places, Options{})
	b := record.NewBatch(&places)
	for range 4 {
		b.Reset()
		for i := range record.MaxPlaces {
			v := "1.25"
			if i == 40_000 {
				v = "536-22-8171"
			}
			b.Put(uint32(i), []byte(v))
		}
		b.EndRecord()
		table.Observe(b)
	}
	table.Decide()
	if d := table.Decision(40_000); d.Kind != phi.SSN {
		t.Errorf("column 40000: %v %.2f", d.Kind, d.Likelihood)
	}
	if d := table.Decision(39_999); d.Kind != phi.None || d.Values != 4 {
		t.Errorf("column 39999: %v, %d values", d.Kind, d.Values)
	}
}

// Places may be added while the item is read, and some are no columns.
func TestGrowingPlaces(t *testing.T) {
	var places record.Places
	places.Add(record.Place{Field: "a", Mode: record.Labelled, Kind: phi.Name})
	table := NewTable(&places, Options{})
	b := record.NewBatch(&places)
	if d := table.Decision(5); d == nil || d.Kind != phi.None {
		t.Error("an unknown place has no blank decision")
	}
	first := table.Decision(0)
	for range 300 {
		b.Reset()
		if places.Len() < 40 {
			places.Add(record.Place{Field: "k", Name: fmt.Sprintf("email%d", places.Len()), Mode: record.Column})
		}
		for i := range places.Len() {
			b.Put(uint32(i), []byte("a@mail.org"))
		}
		b.EndRecord()
		table.Observe(b)
	}
	table.Decide()
	if table.Decision(0) != first || first.Kind != phi.None {
		t.Errorf("a labelled place is judged: %v", first.Kind)
	}
	if d := table.Decision(39); d.Kind != phi.Email {
		t.Errorf("a late place: %v", d.Kind)
	}
}

// The steady state allocates nothing.
func TestNothingIsAllocated(t *testing.T) {
	d := typical(rand.New(rand.NewPCG(3, 4)), 500)
	var places record.Places
	for _, h := range d.head {
		places.Add(record.Place{Field: h, Name: h, Mode: record.Column})
	}
	b, _ := batch(d, &places)
	table := NewTable(&places, Options{})
	for range 10 {
		table.Observe(b)
	}
	if n := testing.AllocsPerRun(20, func() { table.Observe(b) }); n > 1 {
		t.Errorf("Observe allocates %v times a batch of 500 records", n)
	}
}

// Any bytes in any order of calls neither panic nor make an impossible decision.
func FuzzTable(f *testing.F) {
	f.Add("patient_id|ssn|name", "1|536-22-8171|Jane Doe\n2||\n", true)
	f.Add("|||", "\x00|\xff\xfe|@|,,,\n", false)
	f.Fuzz(func(t *testing.T, head, body string, decide bool) {
		var places record.Places
		for _, h := range strings.SplitN(head, "|", 20) {
			places.Add(record.Place{Field: h, Name: h, Mode: record.Column})
		}
		table := NewTable(&places, Options{Name: head})
		b := record.NewBatch(&places)
		for _, line := range strings.Split(body, "\n") {
			for i, v := range strings.Split(line, "|") {
				b.Put(uint32(i%places.Len()), []byte(v))
			}
			b.EndRecord()
			if decide {
				table.Observe(b)
				table.Decide()
				b.Reset()
			}
		}
		table.Observe(b)
		table.Decide()
		for i := range places.Len() {
			d := table.Decision(uint32(i))
			if d.Likelihood < 0 || d.Likelihood > 1 || d.WellFormed > d.Values || d.SystemFrom >= int32(places.Len()) {
				t.Fatalf("impossible: %+v", d)
			}
		}
	})
}
