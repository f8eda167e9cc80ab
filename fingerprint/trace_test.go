package fingerprint

import (
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
	"github.com/google/go-cmp/cmp"
)

// ways are the kinds of traces that two records have in common.
func ways(k Key, one, two *record.Identity) (out []string) {
	a := append([]Traced(nil), k.Marker("file:///a").Traces(one)...)
	for _, x := range k.Marker("s3://b").Traces(two) {
		for _, y := range a {
			if x == y {
				out = append(out, x.Kind.String())
			}
		}
	}
	return out
}

func TestARecordIsMetAgainByWhatIsLeftOfIt(t *testing.T) {
	b := func(s string) []byte { return []byte(s) }
	whole := &record.Identity{IDs: []record.ID{{Kind: phi.MRN, Value: b("00104-231")}, {Kind: phi.SSN, Value: b("219-46-8317")}}, Family: b("Peña-Ortiz"), Given: b("José Luis"),
		Birth: b("1962-03-04"), Email: b("Jose@Example.org"), Phone: b("+1 (415) 556-0123")}
	k := NewKey()
	for name, c := range map[string]struct {
		left record.Identity
		want []string
	}{
		"reformatted": {record.Identity{IDs: mrn("104231"), Full: b("PENA-ORTIZ, JOSE"), Birth: b("3/4/1962")}, []string{"name and birth", "number and name", "number and birth"}},
		"mail alone":  {record.Identity{Email: b("JOSE@EXAMPLE.ORG")}, []string{"e-mail"}},
		"phone":       {record.Identity{Phone: b("415.556.0123"), Family: b("PENA ORTIZ")}, []string{"phone", "phone and name"}},
		"misnamed":    {record.Identity{IDs: []record.ID{{Kind: phi.Account, Value: b("219468317")}}}, []string{"number"}},
		"initial":     {record.Identity{Family: b("Peña-Ortiz"), Given: b("J."), Birth: b("04-MAR-1962")}, []string{"name and birth"}},
		"brother":     {record.Identity{Family: b("Peña-Ortiz"), Given: b("Mario"), Birth: b("1962-03-04")}, nil},
		"namesake":    {record.Identity{Family: b("Peña-Ortiz"), Given: b("José"), Birth: b("1971-03-04"), IDs: mrn("104232")}, nil},
		"nobody":      {record.Identity{}, nil},
	} {
		if diff := cmp.Diff(c.want, ways(k, whole, &c.left)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if w := ways(k, whole, whole); len(w) != 7 {
		t.Errorf("%d traces: %v", len(w), w)
	}
	if other := NewKey().Marker("").Traces(whole)[0]; other == k.Marker("").Traces(whole)[0] {
		t.Error("another key makes the same traces")
	}
}

func TestAShortNumberLeavesNoTraceAlone(t *testing.T) {
	m := NewKey().Marker("file:///a")
	for value, want := range map[string]int{"123": 0, "10231": 0, "12345678": 0, "123456789": 1, "A-123-456-789": 1} {
		id := record.Identity{IDs: mrn(value)}
		if got := m.Traces(&id); len(got) != want {
			t.Errorf("%s: %v", value, got)
		}
	}
}

func TestARecordLikeTheLastLeavesNoNewTrace(t *testing.T) {
	m, people := NewKey().Marker("file:///a"), estate.NewPeople(0)
	var traces estate.Traces
	for range 3 {
		id := record.Identity{IDs: mrn("123456789")}
		m.Count(&id, people)
		m.Trace(&id, &traces)
	}
	if s := traces.Close(); !m.again || len(s) != 1 || s[0].Len() != 1 {
		t.Errorf("%v %v", m.again, s)
	}
}

func BenchmarkTraces(b *testing.B) {
	m := NewKey().Marker("file:///a")
	id := record.Identity{IDs: []record.ID{{Kind: phi.MRN, Value: []byte("12345678")}, {Kind: phi.SSN, Value: []byte("123-45-6780")}},
		Family: []byte("Planted"), Given: []byte("Jane"), Birth: []byte("1970-01-31"), Phone: []byte("415-556-0123"), Email: []byte("jane@example.org")}
	b.ReportAllocs()
	for b.Loop() {
		m.Traces(&id)
	}
}

// The last person of one item may be the first of the next, which the same marker reads.
func TestAPersonLeavesTracesInEachItem(t *testing.T) {
	m, people := NewKey().Marker("file:///a"), estate.NewPeople(0)
	who := &record.Identity{IDs: mrn("104231"), Family: []byte("Okafor"), Birth: []byte("1962-03-04")}
	var items [2]estate.Traces
	var segments [2]estate.Segment
	for i := range items {
		for range 2 {
			m.Count(who, people)
			m.Trace(who, &items[i])
		}
		for _, s := range items[i].Close() {
			segments[i] = s
		}
	}
	if diff := cmp.Diff(segments[0], segments[1]); diff != "" || len(segments[0]) == 0 {
		t.Errorf("%d bytes: %s", len(segments[0]), diff)
	}
}
