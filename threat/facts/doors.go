package facts

import (
	_ "embed"
	"encoding/csv"
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/threat"
)

// Door is an element of the front door, and what is known of it.
type Door struct {
	Name       string   `json:"name"`
	Element    string   `json:"element"`
	On         []string `json:"on"`         // the repositories that it leads to
	Known      []Known  `json:"known"`      // what was said of it
	Unknown    []string `json:"unknown"`    // what should be asked of such an element, and was not said
	API        []string `json:"api"`        // items of the OWASP API Security Top 10 of 2023 that it is exposed to
	Boundaries []string `json:"boundaries"` // of trust, that it stands on
	Collect    string   `json:"collect"`    // where the facts can be taken from
}

// Known is a fact that was said.
type Known struct {
	Fact  string `json:"fact"`
	Value string `json:"value"`
	By    string `json:"by,omitempty"`
	AsOf  string `json:"as_of,omitempty"`
	Until string `json:"until,omitempty"`
}

// frontdoorCSV are the types of elements: what follows from the type itself, the facts to be asked of each, others that can be said, the items
// of the OWASP API Security Top 10 2023 (owasp.org/API-Security) that it is exposed to, and the boundaries of trust on which it stands.
//
//go:embed frontdoor.csv
var frontdoorCSV string

//go:embed owasp.csv
var owaspCSV string

// element is a type of elements.
type element struct {
	name, implies            string
	facts, also, api, bounds []string
	collect                  string
	system                   bool // one logs in to it, and it keeps data
}

// Elements gives the names of the types of elements.
func Elements() []string { return slices.Sorted(maps.Keys(elements())) }

// OWASP gives the titles of the OWASP API Security Top 10 2023.
func OWASP() map[string]string {
	rows, _ := csv.NewReader(strings.NewReader(owaspCSV)).ReadAll() // a test reads it whole
	out := map[string]string{}
	for _, r := range rows[1:] {
		out[r[0]] = r[1]
	}
	return out
}

func elements() map[string]element {
	rows, _ := csv.NewReader(strings.NewReader(frontdoorCSV)).ReadAll() // a test reads it whole
	out := map[string]element{}
	for _, r := range rows[1:] {
		e := element{r[0], r[1], strings.Fields(r[2]), strings.Fields(r[3]), strings.Fields(r[4]), strings.Split(r[5], ";"), r[6], false}
		switch e.implies {
		case "crm", "tickets", "warehouse", "share", "archive", "repo":
			e.system = true
		}
		out[e.name] = e
	}
	return out
}

// seen are facts that nobody has to be asked for: who can reach what tells them.
var seen = []string{"can_read", "store_in", "custodian", "client_of", "grant", "helpdesk_resets"}

func (e element) asks(fact string) bool {
	return slices.Contains(e.facts, fact) || slices.Contains(e.also, fact)
}

// open begins what is known of an element; nil where a thing is none.
func (t *teller) open(th *thing) *Door {
	if th.kind != declared.KindDoor {
		return nil
	}
	e, is := t.elements[th.element]
	if !is {
		t.doubt(th.name + " (declared): " + th.element + " is no type of element; these are: " + strings.Join(Elements(), ", "))
		return nil
	}
	return &Door{Name: th.name, Element: th.element, On: append([]string{}, th.on...), Known: []Known{}, Unknown: []string{}, API: e.api, Boundaries: e.bounds, Collect: e.collect}
}

func (d *Door) know(fact, value string, o threat.Origin) {
	d.Known = append(d.Known, Known{fact, value, o.By, o.AsOf, o.Until})
}

// implied tells what follows from an element's type, and what of it is not known.
func (t *teller) implied(th *thing, door *Door) {
	e := t.elements[th.element]
	if e.implies != "" && th.is[e.implies] == "" {
		t.declare(th, e.implies, "yes")
	}
	for _, fact := range e.facts {
		if fact == e.implies || th.is[fact] != "" || slices.Contains(seen, fact) {
			continue
		}
		door.Unknown = append(door.Unknown, fact)
		t.ask(th, fact)
	}
}

// ask tells what should be known of an element, and is not, as possible.
func (t *teller) ask(th *thing, fact string) {
	kinds := t.kinds[fact]
	if kinds == nil {
		return
	}
	main := t.subject(th, kinds)
	args := make([][]uint32, len(kinds))
	for i, kind := range kinds {
		switch kind {
		case "principal", "client", "grant", "key", "word", "log", "desk":
			if i != main || kind != "key" {
				return // whoever is asked of these is asked by name elsewhere
			}
		case "vendor":
			if i != main {
				args[i] = []uint32{t.out.Name("a third party that nobody named")}
				continue
			}
		case "system":
			if i != main && fact != "store_in" {
				return
			}
		}
		args[i] = t.meant(th, kind, i == main)
	}
	t.product(fact, threat.Perhaps, threat.Origin{How: byDefault}, args)
}
