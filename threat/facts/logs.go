package facts

import (
	"cmp"
	"maps"
	"slices"

	"github.com/chartroom/chartroom/threat"
)

// logOf is the class of log that shows who reads a store, by its sort.
var logOf = map[string]string{"share": "object-access", "bucket": "object-access", "database": "database-audit", "warehouse": "database-audit",
	"crm": "saas-events", "tickets": "saas-events", "mailbox": "mail-audit"}

// logs tells which classes of logs are kept: those that every store of patients has, and not those that one is known to lack.
func (t *teller) logs() error {
	logged := map[int]bool{}
	for _, place := range t.world.logged {
		for _, p := range t.partsOf(place) {
			logged[p] = true
		}
	}
	worst := map[string]threat.State{}
	for i, name := range t.stores {
		class := ""
		for _, sort := range sorts {
			if class == "" && t.holdsAs(name, sort) {
				class = logOf[sort]
			}
		}
		if class == "" || t.told[keyOf("phi", []uint32{name})] == threat.No {
			continue
		}
		state := t.keptOf(i, logged[i])
		t.kept[t.out.Names()[name]] = state
		if was, known := worst[class]; !known || state < was {
			worst[class] = state
		}
	}
	o := threat.Origin{How: byInventory}
	for _, class := range slices.Sorted(maps.Keys(worst)) {
		if worst[class] != threat.Perhaps {
			t.tell("log_kept", worst[class], o, t.out.Name(class))
		}
	}
	return nil
}

// Logged tells whether it is logged who reads any of some stores, of a class of logs: Perhaps where that is not known of one of them, or where the
// class is none of stores.
func (t *Told) Logged(class string, stores []string) threat.State {
	worst := threat.Yes
	ofStores := false
	for _, c := range logOf {
		ofStores = ofStores || c == class
	}
	if !ofStores || len(stores) == 0 {
		return threat.Perhaps
	}
	for _, s := range stores {
		state, known := t.kept[s]
		if !known {
			state = threat.Perhaps
		}
		worst = min(worst, state)
	}
	return worst
}

// keptOf tells whether it is logged who reads a store: somebody said so, or its server does.
func (t *teller) keptOf(part int, declared bool) threat.State {
	if declared {
		return threat.Yes
	}
	if row := t.rows[t.parts[part].Place.Repository]; row != nil {
		for _, trait := range row.Traits {
			switch {
			case trait.Name != "access_log" || !trait.Known:
			case trait.Value == "no":
				return threat.No
			default:
				return threat.Yes
			}
		}
	}
	return threat.Perhaps
}

// Settle puts the certain paths of an answer first, and says of each step whether the log that would show it is kept, where that is known of
// the stores of its path and not of all that have such logs.
func (t *Told) Settle(b *threat.Book, a *threat.Answer) {
	first := func(p threat.Path) int {
		if p.Certain {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(a.Paths, func(x, y threat.Path) int { return cmp.Compare(first(x), first(y)) })
	class := map[string]string{}
	for i := range b.Rows {
		class[b.Rows[i].ID] = b.Rows[i].Log
	}
	for i := range a.Paths {
		p := &a.Paths[i]
		for _, steps := range [][]threat.Step{p.Steps, p.Then} {
			for n := range steps {
				if s := &steps[n]; s.LogKept == "not known" {
					s.LogKept = map[threat.State]string{threat.No: "no", threat.Perhaps: "not known", threat.Yes: "yes"}[t.Logged(class[s.Row], p.Stores)]
				}
			}
		}
	}
}
