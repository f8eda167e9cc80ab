package all_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestResourcesOfAServerAreReadAsFHIR: what a server gives page by page is recognised by its places, and counted as people.
func TestResourcesOfAServerAreReadAsFHIR(t *testing.T) {
	const people, page = 60, 25
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/r4/metadata":
			fmt.Fprint(w, `{"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": [{"mode": "server", "resource": [{"type": "Patient", "interaction": [{"code": "search-type"}]}]}]}`)
		case "/r4/Patient":
			from := 0
			_, _ = fmt.Sscan(r.URL.Query().Get("from"), &from) // none is the first
			var entries []string
			for n := from; n < min(from+page, people); n++ {
				entries = append(entries, fmt.Sprintf(`{"resource": {"resourceType": "Patient", "id": "p%d", "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": %q}],
					"name": [{"family": %q, "given": [%q]}], "birthDate": %q, "address": [{"state": "CA"}]}}`, n, mrn(n), family[n%len(family)], given[n%len(given)], born(n)))
			}
			next := ""
			if from+page < people {
				next = fmt.Sprintf(`{"relation": "next", "url": "?from=%d"}`, from+page)
				next = strings.Replace(next, "?", "Patient?", 1) // relative to the base
			}
			fmt.Fprintf(w, `{"resourceType": "Bundle", "type": "searchset", "link": [%s], "entry": [%s]}`, next, strings.Join(entries, ","))
		default:
			http.NotFound(w, r)
		}
	}))
	defer s.Close()
	cat := newCatalog(t)
	if books, err := survey(t, cat, "fhir+"+s.URL+"/r4"); err != nil || books.Listed != 1 || books.Read != 1 {
		t.Fatalf("%+v %v", books, err)
	}
	if r := items(t, cat)["Patient"]; r.Verdict != "phi" && r.Verdict != "pii" || r.People.Estimate != people || r.States["CA"] != people {
		t.Errorf("%+v", r)
	}
	if got := fields(t, cat); got["Patient Patient.name.family name"] != people || got["Patient Patient.identifier.value mrn"] != people {
		t.Errorf("%v", got)
	}
}
