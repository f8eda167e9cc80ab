package detect

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/detect/words"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// value is one cell of a test: where, what, and what its place says.
type value struct {
	place  record.Place
	text   string
	system phi.System
	flags  record.CellFlags
}

// look runs the engine over records.
func look(e *Engine, name string, records ...[]value) (Result, []record.Identity) {
	places := &record.Places{}
	numbers := map[string]uint32{}
	b := record.NewBatch(places)
	var met []record.Identity
	it := e.Item(name, places, func(id *record.Identity) uint64 {
		met = append(met, record.Identity{States: id.States, Classes: id.Classes, Minor: id.Minor, Part2: id.Part2})
		return uint64(len(met))
	})
	for _, r := range records {
		for _, v := range r {
			at, ok := numbers[v.place.Field]
			if !ok {
				at = places.Add(v.place)
				numbers[v.place.Field] = at
			}
			b.Put(at, []byte(v.text))
			b.Last().System, b.Last().Flags = v.system, v.flags
		}
		b.EndRecord()
	}
	it.Batch(b)
	return it.Result(), met
}

func labelled(field string, k phi.Kind, s phi.Subject, text string) value {
	return value{place: record.Place{Field: field, Kind: k, Subject: s}, text: text}
}

func codeAt(field string, s phi.System, text string) value {
	return value{place: record.Place{Field: field, Subject: phi.Patient}, text: text, system: s}
}

func prose(text string) value {
	return value{place: record.Place{Field: "text", Mode: record.Text, Kind: phi.FreeText}, text: text}
}

// columns makes the rows of a table from lines of comma-separated values, the first of which names the columns.
func rows(lines ...string) (out [][]value) {
	names := strings.Split(lines[0], ",")
	for _, line := range lines[1:] {
		var r []value
		for i, v := range strings.Split(line, ",") {
			r = append(r, value{place: record.Place{Field: names[i], Name: names[i], Mode: record.Column}, text: v})
		}
		out = append(out, r)
	}
	return out
}

const note = "Patient: Ada Plantagenet\nMRN: 10012231\nDOB: 03/04/1962\nThe patient was prescribed methadone for opioid use disorder, has chronic pain, and denies chest pain or fever.\n"

func TestVerdicts(t *testing.T) {
	e := New(nil)
	for name, c := range map[string]struct {
		records [][]value
		want    phi.Verdict
		classes phi.Classes
	}{
		"a patient's message":   {[][]value{{labelled("PID-5", phi.Name, phi.Patient, "Ada Plantagenet"), codeAt("DG1-3.1", phi.ICD10CM, "B20")}}, phi.VerdictPHI, phi.Of(phi.HIV)},
		"a provider's address":  {[][]value{{labelled("Practitioner.name", phi.Name, phi.Provider, "Ada Plantagenet"), labelled("Practitioner.identifier", phi.NPI, phi.Provider, "1234567893")}}, phi.VerdictNone, 0},
		"codes without persons": {[][]value{{codeAt("code", phi.ICD10CM, "B20")}, {codeAt("code", phi.ICD10CM, "I10")}}, phi.VerdictHealth, phi.Of(phi.HIV)},
		"a note":                {[][]value{{prose(note)}}, phi.VerdictPHI, phi.Of(phi.SUD, phi.OPIOIDUD)},
		"a log":                 {[][]value{{prose("2020-01-02T10:00:00Z INFO request 5e41ab08-7439 from 10.0.0.1 took 35 ms\n")}}, phi.VerdictNone, 0},
		"a news item on HIV":    {[][]value{{prose("The city opened a clinic for people with HIV and hepatitis this spring.")}}, phi.VerdictNone, 0},
		"customers": {rows("customer_id,first_name,last_name,email,phone", "1,Ada,Plantagenet,ada@planted-mail.org,(413) 586-7291", "2,Ben,Marchbanks,ben@planted-mail.org,(413) 586-7292",
			"3,Cleo,Whitfield,cleo@planted-mail.org,(413) 586-7293"), phi.VerdictPII, 0},
		"patients": {rows("mrn,last_name,birth_date,diagnosis_code", "10012231,Plantagenet,1962-03-04,F20.0", "10012232,Marchbanks,1961-03-05,I10"), phi.VerdictPHI, phi.Of(phi.PSY)},
		"airports": {rows("iata,name,city,latitude", "FAT,Fresno Yosemite,Fresno,36.77", "RNO,Reno Tahoe,Reno,39.49", "BOI,Boise,Boise,43.56"), phi.VerdictNone, 0},
		"nothing":  {nil, phi.VerdictNone, 0},
	} {
		got, _ := look(e, strings.ReplaceAll(name, " ", "_"), c.records...)
		if got.Verdict != c.want || got.Classes&c.classes != c.classes || c.classes == 0 && got.Classes != 0 {
			t.Errorf("%s: %v %v, want %v %v", name, got.Verdict, got.Classes, c.want, c.classes)
		}
	}
}

func TestNegatedCodesGradeNobody(t *testing.T) {
	c := codeAt("Condition.code", phi.ICD10CM, "B20")
	c.flags = record.Negated
	got, met := look(New(nil), "x", []value{labelled("Patient.id", phi.MRN, phi.Patient, "10012231"), c})
	if got.Classes != 0 || len(met) != 1 || met[0].Classes != 0 {
		t.Errorf("a refuted diagnosis graded: %v, %v", got.Classes, met)
	}
}

func TestTheRecordSaysWhoItIsAbout(t *testing.T) {
	born := time.Now().AddDate(-10, 0, 0).Format(time.DateOnly)
	state := labelled("Patient.address.state", phi.None, phi.Patient, "Massachusetts")
	state.place.Part = phi.PartState
	relative := labelled("Patient.contact.name", phi.Name, phi.Patient, "Cleo Marchbanks")
	relative.place.Other = true
	got, met := look(New(nil), "x", []value{labelled("Patient.id", phi.MRN, phi.Patient, "10012231"), labelled("Patient.birthDate", phi.DateOfBirth, phi.Patient, born), state, relative})
	if len(met) != 1 || met[0].States != 1<<phi.ParseState("MA") || !met[0].Minor || !got.Minors {
		t.Errorf("met %+v", met)
	}
	if _, met := look(New(nil), "x", []value{relative}); len(met) != 0 {
		t.Error("a relative alone is no patient to count")
	}
}

func TestOwnIdentifiers(t *testing.T) {
	custom, err := Compile([]Identifier{{Name: "chart", Kind: phi.MRN, Pattern: `LC/[0-9]{4}`, Keywords: []string{"chart"}}, {Name: "card", Columns: []string{"badge"}, Kind: phi.OtherID}})
	if err != nil {
		t.Fatal(err)
	}
	e := New(custom)
	got, _ := look(e, "x", []value{prose("Pull the chart LC/1234 now. Some fifty characters on, where no such word is near, the path LC/9999 is something else.")})
	if len(got.Findings) == 0 || got.Findings[0].Kind != phi.MRN || got.Findings[0].Values != 1 {
		t.Errorf("in text: %+v", got.Findings)
	}
	got, _ = look(e, "x", rows("badge,colour", "A-1,red", "A-2,blue", "A-3,red")...)
	if len(got.Findings) == 0 || got.Findings[0].Field != "badge" || got.Findings[0].Kind != phi.OtherID {
		t.Errorf("in a column: %+v", got.Findings)
	}
	for _, bad := range []Identifier{{Pattern: "x"}, {Name: "x"}, {Name: "x", Pattern: "(["}, {Name: "x", Pattern: ".*"}, {Name: "x", Columns: []string{"a"}, Checksum: "crc"}} {
		if _, err := Compile([]Identifier{bad}); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

func TestChecksums(t *testing.T) {
	for text, want := range map[string]bool{"4111111111111111": true, "4111111111111112": false, "7": false} {
		if luhn([]byte(text)) != want {
			t.Errorf("luhn(%s) is not %v", text, want)
		}
	}
	for text, want := range map[string]bool{"0-306-40615-2": true, "0-306-40615-3": false, "0-8044-2957-X": true} { // as ISBN-10 has it
		if mod11([]byte(text)) != want {
			t.Errorf("mod11(%s) is not %v", text, want)
		}
	}
}

func TestFieldNamesDoNotHoldValues(t *testing.T) {
	w := words.Load()
	for name, want := range map[string]string{
		"first_name": "first_name", "PRNCPAL_DGNS_CD": "PRNCPAL_DGNS_CD", "address2": "address2", "Patient Name": "Patient Name", "column 7": "column 7", "a.b.c": "a.b.c",
		"users.ada@planted-mail.org.age": "{value}", "219-46-8317": "{value}", "Ada Plantagenet": "Ada Plantagenet", "James Smith": "{value}", "SMITH, JAMES": "{value}",
		"byPatient.10012231.visits": "byPatient.{value}.visits", "list/person/@birthdate": "list/person/@birthdate", "@ada": "@ada", "list/ada@planted-mail.org": "{value}",
	} {
		got := fieldName(name, w)
		if got != want && !(want == hidden && strings.Contains(got, hidden)) {
			t.Errorf("the field %q is shown as %q, want %q", name, got, want)
		}
	}
}

// TestATableThatComesLater: columns that begin when others were judged long ago are judged by the batch in which they begin.
func TestATableThatComesLater(t *testing.T) {
	places := &record.Places{}
	b := record.NewBatch(places)
	var people int
	it := New(nil).Item("minutes.docx", places, func(*record.Identity) uint64 { people++; return uint64(people) })
	table := func(header string, rows func(i int) []string, n int) {
		var at []uint32
		for _, name := range strings.Split(header, ",") {
			at = append(at, places.Add(record.Place{Field: name, Mode: record.Column}))
		}
		for i := range n {
			for k, v := range rows(i) {
				b.Put(at[k], []byte(v))
			}
			b.EndRecord()
		}
		it.Batch(b)
		b.Reset()
	}
	table("shelf,article,pieces", func(i int) []string { return []string{"A", "paper", "12"} }, 1000)
	names := []string{"Maria Lopez", "John Carter", "Susan Miller", "Peter Novak", "Laura Schmidt"}
	codes := []string{"F11.20", "F10.20", "E11.9", "I10", "F11.21"}
	table("patient_name,date_of_birth,diagnosis", func(i int) []string {
		return []string{names[i%5], fmt.Sprintf("19%02d-0%d-1%d", 40+i%50, 1+i%9, i%10), codes[i%5]}
	}, 40)
	if r := it.Result(); r.Verdict != phi.VerdictPHI || !slices.Contains(r.Classes.Names(), "SUD") {
		t.Errorf("verdict %v, classes %v", r.Verdict, r.Classes.Names())
	}
}
