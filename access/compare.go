package access

import (
	"maps"
	"slices"

	"github.com/chartroom/chartroom/access/graph"
	"github.com/chartroom/chartroom/estate"
)

// RepositoryReaders is how the readers of a repository changed between two times.
type RepositoryReaders struct {
	Repository string         `json:"repository"`
	Custodian  string         `json:"custodian"`
	Change     string         `json:"change"` // widened, narrowed, or both
	Before     Readership     `json:"before"`
	After      Readership     `json:"after"`
	People     estate.Count   `json:"people"`  // of the repository; where it is gone, before
	Readers    []ReaderChange `json:"readers"` // those that came or went, or read it more or less surely
}

// ReaderChange is one whose reading changed.
type ReaderChange struct {
	Principal
	Before string `json:"was"` // as Sureness has it; "" = did not read it
	After  string `json:"is"`
}

// Sureness says how surely somebody reads, in the words of all tables.
func Sureness(layer string, certain bool) string {
	switch entitled := layer == Entitled.String(); {
	case entitled && certain:
		return "now"
	case entitled:
		return "perhaps"
	case certain:
		return "by an act"
	}
	return "perhaps, by an act"
}

// Compare tells of which repositories the readers changed between one estate and another, by their names.
func Compare(before, after *Estate) ([]RepositoryReaders, error) {
	names := append(before.Repositories(), after.Repositories()...)
	slices.Sort(names)
	out := []RepositoryReaders{}
	searchBefore, searchAfter := before.search(), after.search()
	defer before.searches.Put(searchBefore)
	defer after.searches.Put(searchAfter)
	for _, name := range slices.Compact(names) {
		was, err := before.readersOf(searchBefore, name)
		if err != nil {
			return nil, err
		}
		is, err := after.readersOf(searchAfter, name)
		if err != nil {
			return nil, err
		}
		r := RepositoryReaders{Repository: name, Custodian: is.custodian, Before: was.Readership, After: is.Readership, People: is.people}
		if len(after.of[name]) == 0 {
			r.People, r.Custodian = was.people, was.custodian
		}
		if r.compare(was, is); len(r.Readers) > 0 {
			out = append(out, r)
		}
	}
	return out, nil
}

// readers are those of one repository at one time, by their IDs.
type readers struct {
	Readership
	class     map[string]graph.Class
	who       map[string]Principal
	people    estate.Count
	custodian string
}

func (e *Estate) readersOf(s *graph.Search, repository string) (*readers, error) {
	parts := e.of[repository]
	out := &readers{class: map[string]graph.Class{}, who: map[string]Principal{}, people: e.peopleOf(s, parts)}
	if len(parts) > 0 {
		out.custodian = e.part(parts[0]).Custodian
	}
	all, err := e.audience(s, parts, 0)
	if err != nil {
		return nil, err
	}
	out.Readership = all.Readership
	for _, r := range all.list {
		id := e.nodes[r.node].ID
		out.class[id], out.who[id] = r.class, e.principal(r.node)
	}
	return out, nil
}

// compare lists whose reading changed, those who read it for the first time before those who no longer do.
func (r *RepositoryReaders) compare(was, is *readers) {
	widened, narrowed := false, false
	for _, id := range slices.Sorted(maps.Keys(is.class)) {
		old, had := was.class[id]
		if had && old == is.class[id] {
			continue
		}
		c := ReaderChange{Principal: is.who[id], After: sureness(is.class[id])}
		if had {
			c.Before = sureness(old)
		}
		if had && old < is.class[id] {
			narrowed = true
		} else {
			widened = true
		}
		r.Readers = append(r.Readers, c)
	}
	for _, id := range slices.Sorted(maps.Keys(was.class)) {
		if _, still := is.class[id]; !still {
			narrowed = true
			r.Readers = append(r.Readers, ReaderChange{Principal: was.who[id], Before: sureness(was.class[id])})
		}
	}
	switch {
	case widened && narrowed:
		r.Change = "both"
	case widened:
		r.Change = "widened"
	default:
		r.Change = "narrowed"
	}
}

func sureness(c graph.Class) string {
	return Sureness(layerOf(c).String(), c&graph.Conditional == 0)
}
