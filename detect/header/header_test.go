package header

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/phi"
	"github.com/google/go-cmp/cmp"
)

// The name of a table, or of the file that it stands in, tells what a row is.
func TestTable(t *testing.T) {
	x := Load()
	for name, want := range map[string]Rows{
		"patients":                   {Who: Patient, Key: phi.MRN},
		"/exports/2024/patients.csv": {Who: Patient, Key: phi.MRN},
		"crm.zip!Customers.tsv":      {Who: Customer},
		`C:\data\patients.txt`:       {Who: Patient, Key: phi.MRN},
		"account":                    {Who: Customer},
		"provider_directory.csv":     {Who: Provider},
		"patient_claims":             {Key: phi.Account, Care: true},
		"invoices_2023":              {Key: phi.Account, Care: true},
		"invoice":                    {Key: phi.Account},
		"medications":                {Care: true, Drugs: true},
		"immunizations.csv":          {Care: true, Shots: true},
		"products":                   {Thing: true},
		"qwerty":                     {},
		"":                           {},
	} {
		if got := x.Table(name); got != want {
			t.Errorf("%q: %s", name, cmp.Diff(want, got))
		}
	}
}

// What a column stands in tells of whom it is, where its own name does not.
func TestPath(t *testing.T) {
	x := Load()
	for _, c := range []struct {
		name, path string
		want       Who
	}{
		{"phone", "guarantor.phone", Relative},
		{"phone", "phone", Nobody},
		{"phone", "", Nobody},
		{"patient_phone", "guarantor.patient_phone", Patient},
		{"subscriber_id", "", Subscriber},
		{"mother_contact", "", Relative},
	} {
		if g := x.Column(c.name, c.path); g.Lexical != c.want {
			t.Errorf("%s in %q: of %q, want %q", c.name, c.path, g.Lexical, c.want)
		}
	}
}

// Key makes names equal that differ in signs and case.
func TestKey(t *testing.T) {
	for name, want := range map[string]string{"Patient ID": "patientid", "patient_id": "patientid", "ZIP+4": "zip4", "Größe": "größe", "--": ""} {
		if got := Key(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// A mistake in the tables is refused, with the line where it stands.
func TestLexiconMistakes(t *testing.T) {
	pack := func(s string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(s))
		_ = z.Close()
		return b.Bytes()
	}
	const names = "key,kind,part,subject,strength\n"
	for _, c := range []struct{ names, vocabulary, want string }{
		{names + "ssn,ssn,,any,strong\n", "# words\nhead ssn: ssn", ""},
		{names, "# words\nhead spaceship: ss", "line 2: no head"},
		{names, "subject martian: mars", "line 1: no subject"},
		{names, "role x: y", "line 1: no role"},
		{names, "ssn", "line 1: no role"},
		{names + "ssn,ssn\n", "", "column names: "},
	} {
		_, err := readLexicon(pack(c.names), c.vocabulary)
		if got := err; (got == nil) != (c.want == "") || got != nil && !strings.Contains(got.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.vocabulary, err, c.want)
		}
	}
	if _, err := readLexicon([]byte("not packed"), ""); err == nil {
		t.Error("read what is not packed")
	}
}

// Where the list has a key twice, an identifier wins over none, and is less sure.
func TestNamesTwice(t *testing.T) {
	x := &Lexicon{names: map[string]known{}}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte("key,kind,part,subject,strength\nhost,none,,any,strong\nhost,ip,,any,strong\n"))
	_ = z.Close()
	if err := x.readNames(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	if k := x.names["host"]; k.kind != "ip" || k.strong || k.negative {
		t.Errorf("%+v", k)
	}
}
