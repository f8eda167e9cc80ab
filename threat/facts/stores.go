package facts

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/threat"
)

// kindOf is what sort of store a source is. What somebody declared a store to be outdoes it.
var kindOf = map[string]string{"files": "share", "s3": "bucket", "postgres": "database", "mysql": "database", "sqlserver": "database", "mongodb": "database", "fhir": "database"}

// sorts are all sorts of stores.
var sorts = []string{"bucket", "database", "share", "crm", "warehouse", "mailbox", "tickets", "repo"}

// holdings tells what each store is, and what it holds.
func (t *teller) holdings() error {
	for i := range t.parts {
		part := &t.parts[i]
		row := t.rows[part.Place.Repository]
		name := t.stores[i]
		o := threat.Origin{How: byInventory, Evidence: "repository:" + part.Place.Repository}
		t.custodian(name, part.Custodian)
		for _, s := range t.systemsOf[i] {
			t.custodian(s, part.Custodian)
		}
		if row != nil && !t.sorted(name) {
			t.tell(cmp.Or(kindOf[row.Kind], "plain"), threat.Yes, o, name)
		}
		t.patients(i, row, o)
		if row != nil {
			t.openness(i, row, o)
			t.serves(i, row, o)
			t.idle(i, row)
		}
		t.perhaps("egress_capped", name)
		if t.holdsAs(name, "warehouse") {
			t.perhaps("export_blocked", name)
		}
		if t.holdsAs(name, "bucket") {
			t.perhaps("org_boundary", name)
		}
	}
	t.legacy()
	return nil
}

// sorted tells whether somebody said what sort of store it is.
func (t *teller) sorted(store uint32) bool {
	return slices.ContainsFunc(sorts, func(s string) bool { return t.holdsAs(store, s) })
}

// holdsAs tells whether a store was told to be of a sort.
func (t *teller) holdsAs(store uint32, predicate string) bool {
	return t.told[keyOf(predicate, []uint32{store})] == threat.Yes
}

// patients tells whom a store holds.
func (t *teller) patients(i int, row *catalog.Row, o threat.Origin) {
	part, name := &t.parts[i], t.stores[i]
	unread := row != nil && row.Verdict == phi.VerdictUnknown.String()
	switch {
	case part.Verdict == phi.VerdictPHI:
		t.tell("phi", threat.Yes, o, name)
		t.tell("holds_patients", threat.Yes, o, name)
	case part.Verdict == phi.VerdictPII:
		t.unsure("phi", name)
		t.unsure("holds_patients", name)
	case unread && part.Verdict != phi.VerdictHealth:
		t.unsure("phi", name)
	default:
		return
	}
	if part.Classes != 0 {
		t.tell("sensitive", threat.Yes, o, name)
	} else if row != nil && len(row.Suspected) > 0 || unread {
		t.unsure("sensitive", name)
	}
	reachable := row != nil && slices.ContainsFunc(row.Identifiers, func(k string) bool { return k == "phone" || k == "email" || k == "address" })
	switch {
	case reachable && len(t.of[part.Place.Repository]) == 1:
		t.tell("contactable", threat.Yes, o, name)
	case reachable:
		t.unsure("contactable", name)
	}
}

// openness tells whether everybody can read a store, by what its server says.
func (t *teller) openness(i int, row *catalog.Row, o threat.Origin) {
	for _, trait := range row.Traits {
		if trait.Name != "public_access" {
			continue
		}
		switch {
		case trait.Known && trait.Value == "yes":
			t.tell("public", threat.Yes, o, t.stores[i])
		case trait.Known:
			t.tell("public", threat.No, o, t.stores[i])
		default:
			t.unsure("public", t.stores[i])
		}
	}
}

// serves tells of a FHIR server that it is an interface, whose checks are not known.
func (t *teller) serves(i int, row *catalog.Row, o threat.Origin) {
	if row.Kind != "fhir" {
		return
	}
	api := t.out.Name(row.Repository)
	t.tell("api", threat.Yes, o, api)
	t.tell("api_reads", threat.Yes, o, api, t.stores[i])
	t.perhaps("bola", api)
}

// readership is who can read a repository for sure.
type readership struct {
	governed int // by a provider of the acquirer
	live     int // of accounts that were used within a year, or of which that is not known
	all      int
}

func (r *readership) add(p *access.Principal, certain bool, t *teller) {
	if !certain || p.Kind != "user" && p.Kind != "role" {
		return
	}
	r.all++
	if t.world.acquirers(p.Traits["idp"]) {
		r.governed++
	}
	if !t.dormant(p) {
		r.live++
	}
}

// dormant tells whether an account is known not to have been used for a year.
func (t *teller) dormant(p *access.Principal) bool {
	last := p.Traits["last_used"]
	return last == "never" || last != "" && last < yearBefore(t.Day)
}

// acquirers tells whether a provider is the acquirer's, or takes its logins from one that is.
func (w *world) acquirers(provider string) bool {
	for range 4 {
		whose, is := w.providers[strings.ToLower(provider)]
		if !is {
			return false
		}
		if w.custodians[whose] == "acquirer" {
			return true
		}
		provider = w.federated[strings.ToLower(provider)]
	}
	return false
}

func yearBefore(day string) string {
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return d.AddDate(-1, 0, 0).Format(time.DateOnly)
}

// idle finds the archives, by what they are and never by a name: nobody has written for a year, and besides nobody registered it, or
// its custodian was acquired or is a vendor, or nobody of the acquirer's provider reads it, or nobody who reads it has logged in for a year.
func (t *teller) idle(i int, row *catalog.Row) {
	if t.parts[i].Verdict != phi.VerdictPHI && t.parts[i].Verdict != phi.VerdictPII {
		return
	}
	var why []string
	if !t.world.registered(row.Repository) {
		why = append(why, "it is not in the register")
	}
	if kind := t.world.custodians[row.Custodian]; kind == "acquired" || kind == "vendor" {
		why = append(why, "its custodian is "+map[string]string{"acquired": "an acquired company", "vendor": "a vendor"}[kind])
	}
	if r := t.readers[row.Repository]; r != nil && r.all > 0 {
		switch {
		case r.live == 0:
			why = append(why, "nobody who reads it has logged in for a year")
		case r.governed == 0 && len(t.world.providers) > 0:
			why = append(why, "the acquirer's identity provider logs nobody in to it")
		}
	}
	written, known := t.Written[row.Repository]
	old := known && t.Day != "" && written.Format(time.DateOnly) < yearBefore(t.Day)
	switch {
	case old && len(why) > 0:
		o := threat.Origin{How: byInventory, Evidence: "repository:" + row.Repository,
			Words: fmt.Sprintf("nobody has written to %s since %s, and %s", row.Repository, written.Format(time.DateOnly), strings.Join(why, ", and "))}
		t.tell("archive", threat.Yes, o, t.stores[i])
	case old || !known && len(why) > 1:
		t.unsure("archive", t.stores[i])
	}
}

// legacy finds the systems of acquired companies, and of their vendors, that were never brought under the acquirer's login or register.
func (t *teller) legacy() {
	for i := range t.parts {
		row := t.rows[t.parts[i].Place.Repository]
		if row == nil {
			continue
		}
		kind := t.world.custodians[row.Custodian]
		if kind != "acquired" && kind != "vendor" {
			continue
		}
		r := t.readers[row.Repository]
		o := threat.Origin{How: byInventory, Evidence: "repository:" + row.Repository}
		for _, s := range t.systemsOf[i] {
			switch {
			case !t.world.registered(row.Repository):
				o.Words = row.Repository + " of " + row.Custodian + " stands in no register of the acquirer"
				t.tell("legacy_unmigrated", threat.Yes, o, s)
			case r != nil && r.all > 0 && r.governed == 0:
				o.Words = "the acquirer's identity provider logs nobody in to " + row.Repository
				t.tell("legacy_unmigrated", threat.Yes, o, s)
			}
		}
	}
}

// crms gives the systems that keep objects of a CRM.
func (t *teller) crms() map[uint32]bool {
	out := map[uint32]bool{}
	for i, systems := range t.systemsOf {
		if t.holdsAs(t.stores[i], "crm") {
			for _, s := range systems {
				out[s] = true
			}
		}
	}
	return out
}
