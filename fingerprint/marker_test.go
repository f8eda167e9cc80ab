package fingerprint

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestWhatWasBeforeDoesNotMatter: a marker that remembers its last answer gives the same marks as one that has none.
func TestWhatWasBeforeDoesNotMatter(t *testing.T) {
	key := NewKey()
	some := func(r *rapid.T, label string, of ...string) []byte {
		return []byte(rapid.SampledFrom(of).Draw(r, label))
	}
	rapid.Check(t, func(r *rapid.T) {
		m := key.Marker("file:///a")
		for range 12 {
			id := record.Identity{
				Family: some(r, "family", "", "Smith", "Gonzalez"), Given: some(r, "given", "", "Jane", "Ann Mary"), Full: some(r, "full", "", "Smith, Jane"),
				Birth: some(r, "birth", "", "1970-01-31", "1/31/1970"), Email: some(r, "email", "", "a@b.org"), Phone: some(r, "phone", "", "206-555-0123"),
			}
			for range rapid.IntRange(0, 2).Draw(r, "numbers") {
				kind := rapid.SampledFrom([]phi.Kind{phi.MRN, phi.SSN, phi.HealthPlanID}).Draw(r, "kind")
				id.IDs = append(id.IDs, record.ID{Kind: kind, Value: some(r, "number", "", "12345678", "123-45-6780", "W685125350")})
			}
			got, ok := m.Person(&id)
			want, wantOK := key.Marker("file:///a").Person(&id)
			if ok != wantOK || got.Birth != want.Birth || !slices.Equal(got.Marks, want.Marks) {
				r.Fatalf("%d numbers: marks %v, alone %v", len(id.IDs), got.Marks, want.Marks)
			}
		}
	})
}

// TestCount: to count a person is to make his marks and to add them, whatever the sketch holds of him.
func TestCount(t *testing.T) {
	key := NewKey()
	one, two := key.Marker("file:///a"), key.Marker("file:///a")
	counted, added := estate.NewPeople(64), estate.NewPeople(64)
	for i := range 5000 {
		n := i * 7 % 1013 // everybody comes several times
		id := record.Identity{IDs: []record.ID{{Kind: phi.MRN, Value: fmt.Appendf(nil, "%d", 1000+n)}, {Kind: phi.SSN, Value: fmt.Appendf(nil, "219-46-%04d", n)}},
			Family: []byte("Planted"), Given: fmt.Appendf(nil, "Ada%c", 'a'+n%20), States: 1 << (n % 50), Minor: n%9 == 0}
		if n%3 > 0 {
			id.Birth = fmt.Appendf(nil, "19%02d-01-31", n%100)
		}
		who, _ := two.Person(&id)
		added.Add(who)
		if got := one.Count(&id, counted); got != uint64(who.Marks[0]) {
			t.Fatalf("person %d has the number %x, want %x", n, got, who.Marks[0])
		}
	}
	if none := one.Count(&record.Identity{}, counted); none != 0 {
		t.Errorf("nobody has the number %x", none)
	}
	if got, want := counted.Tally(), added.Tally(); !cmp.Equal(got, want) {
		t.Errorf("counted are %v, want %v", got, want)
	}
}

// BenchmarkOtherPerson marks persons of whom each has one record, as in a table of patients.
func BenchmarkOtherPerson(b *testing.B) {
	m := NewKey().Marker("file:///a")
	local, ssn := []byte("d4aac6dd-e0c5-42e2-aa16-e9ef73626970"), []byte("369-77-3969")
	id := record.Identity{
		IDs:    []record.ID{{Kind: phi.MRN, Value: local}, {Kind: phi.MRN, Value: []byte("52752244")}, {Kind: phi.SSN, Value: ssn}},
		Family: []byte("Phillips"), Given: []byte("Janet"), Birth: []byte("1965-03-30"),
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		local[0], ssn[0] = "0123456789abcdef"[i&15], "0123456789"[i%10]
		m.Person(&id)
	}
}
