package fingerprint

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "key")
	k, made, err := OpenKey(path)
	if err != nil || !made {
		t.Fatal(made, err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("the key file has mode %v", info.Mode())
	}
	again, made, err := OpenKey(path)
	if err != nil || made || again.ID() != k.ID() {
		t.Errorf("the key reads back as %v %v %v", again, made, err)
	}
	if _, err := CreateKey(path); err == nil {
		t.Error("a key file was overwritten")
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(path); !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that all may read: %v", err)
	}
	if err := os.WriteFile(path+"2", []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(path + "2"); !errors.Is(err, ErrKey) {
		t.Errorf("no key file: %v", err)
	}
}

func TestKeyDoesNotPrint(t *testing.T) {
	k := NewKey()
	secret := fmt.Sprintf("%x", k.secret[:4])
	type holder struct{ key Key }
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
		for _, x := range []any{k, &k} {
			if out := fmt.Sprintf(verb, x); strings.Contains(out, secret) || !strings.Contains(out, k.ID()) {
				t.Errorf("%s prints %s", verb, out)
			}
		}
		if out := fmt.Sprintf(verb, holder{k}); strings.Contains(out, secret) {
			t.Errorf("%s prints the secret of a key in a struct", verb)
		}
	}
}

func TestKeyIsHandedOver(t *testing.T) {
	k := NewKey()
	b := k.Bytes()
	other, err := KeyOf(b)
	if err != nil || other.ID() != k.ID() || other.Derive("x") != k.Derive("x") {
		t.Errorf("%v came as %v, %v", k, other, err)
	}
	clear(b) // whoever has read it may wipe it
	if b = k.Bytes(); other.ID() != k.ID() || bytes.Equal(b, make([]byte, 32)) {
		t.Error("the bytes that were handed over are the key's own")
	}
	for _, wrong := range [][]byte{nil, make([]byte, 32), b[:31], append(b, 0)} {
		if _, err := KeyOf(wrong); !errors.Is(err, ErrKey) {
			t.Errorf("a key of %d bytes: %v", len(wrong), err)
		}
	}
}

func person(t *testing.T, m *Marker, id record.Identity) estate.Person {
	t.Helper()
	p, ok := m.Person(&id)
	if !ok {
		t.Fatal("nobody")
	}
	p.Marks = append([]estate.Mark(nil), p.Marks...)
	return p
}

func ssn(s string) []record.ID { return []record.ID{{Kind: phi.SSN, Value: []byte(s)}} }
func mrn(s string) []record.ID { return []record.ID{{Kind: phi.MRN, Value: []byte(s)}} }

// TestOneWayOrAnother: the same person written in two ways has a mark in common.
func TestOneWayOrAnother(t *testing.T) {
	m := NewKey().Marker("file:///a")
	b := func(s string) []byte { return []byte(s) }
	for name, pair := range map[string][2]record.Identity{
		"hyphens":       {{IDs: ssn("123-45-6780")}, {IDs: ssn("123 456780")}},
		"leading zeros": {{IDs: mrn("000123456")}, {IDs: mrn("123456")}},
		"case":          {{IDs: mrn("lc-1234567")}, {IDs: mrn("LC1234567")}},
		"name order":    {{Full: b("PLANTED, JANE Q"), Birth: b("19700131")}, {Given: b("Jane"), Family: b("Planted"), Birth: b("1/31/1970")}},
		"title, suffix": {{Full: b("Dr. John Q. Planted Jr."), Birth: b("31-JAN-1970")}, {Full: b("john planted"), Birth: b("1970-01-31T00:00:00")}},
		"accents":       {{Given: b("José"), Family: b("Peña"), Birth: b("19700131")}, {Given: b("JOSE"), Family: b("PENA"), Birth: b("19700131")}},
		"apostrophe":    {{Full: b("Mary O'Planted"), Birth: b("19700131")}, {Full: b("OPlanted, Mary"), Birth: b("19700131")}},
	} {
		one, two := person(t, m, pair[0]), person(t, m, pair[1])
		if one.Marks[0] != two.Marks[0] {
			t.Errorf("%s: two people", name)
		}
	}
}

func TestDifferentPeopleDiffer(t *testing.T) {
	m := NewKey().Marker("file:///a")
	seen := map[estate.Mark]string{}
	for _, who := range []struct{ name, birth string }{
		{"Jane Planted", "1970-01-31"}, {"Jane Planted", "1970-01-30"}, {"Joan Planted", "1970-01-31"}, {"Jane Planter", "1970-01-31"},
	} {
		p := person(t, m, record.Identity{Full: []byte(who.name), Birth: []byte(who.birth)})
		if other := seen[p.Marks[0]]; other != "" {
			t.Errorf("%v and %s are one", who, other)
		}
		seen[p.Marks[0]] = who.name + who.birth
	}
}

func TestShortNumbersStayAtHome(t *testing.T) {
	k := NewKey()
	here, there := k.Marker("file:///a"), k.Marker("file:///b")
	if person(t, here, record.Identity{IDs: mrn("1234")}).Marks[0] == person(t, there, record.Identity{IDs: mrn("1234")}).Marks[0] {
		t.Error("patient 1234 of two places is one")
	}
	one, two := person(t, here, record.Identity{IDs: mrn("12345678")}).Marks[0], person(t, there, record.Identity{IDs: mrn("12345678")}).Marks[0]
	if one != two || !one.Weak() {
		t.Error("a longer number links, but weakly")
	}
	if u := person(t, here, record.Identity{IDs: mrn("b44c3d06-7ace-05b7-e002-a8e746e91d7d")}).Marks[0]; u.Weak() {
		t.Error("a UUID links by itself")
	}
	if k2 := NewKey(); person(t, k2.Marker("file:///a"), record.Identity{IDs: ssn("123-45-6780")}).Marks[0] == person(t, here, record.Identity{IDs: ssn("123-45-6780")}).Marks[0] {
		t.Error("another key gives other marks")
	}
}

func TestNobody(t *testing.T) {
	m := NewKey().Marker("file:///a")
	for _, id := range []record.Identity{{}, {IDs: mrn("---")}, {Full: []byte("Madonna")}, {Birth: []byte("1970-01-31")}} {
		if p, ok := m.Person(&id); ok {
			t.Errorf("%v is somebody: %d marks", id.Full, len(p.Marks))
		}
	}
}

func BenchmarkPerson(b *testing.B) {
	m := NewKey().Marker("file:///a")
	id := record.Identity{IDs: []record.ID{{Kind: phi.MRN, Value: []byte("12345678")}, {Kind: phi.SSN, Value: []byte("123-45-6780")}},
		Family: []byte("Planted"), Given: []byte("Jane"), Birth: []byte("1970-01-31")}
	b.ReportAllocs()
	for b.Loop() {
		m.Person(&id)
	}
}
