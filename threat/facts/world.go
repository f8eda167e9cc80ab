package facts

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/threat"
)

// world is what was declared.
type world struct {
	things     []*thing
	custodians map[string]string // the kind of each: acquirer, acquired, vendor
	register   []string          // places that the acquirer's governance knows
	providers  map[string]string // custodian by identity provider, lower
	federated  map[string]string // the provider that a provider takes its logins from, by its name, lower
	factors    map[string]string // by account: what is said of its second factor
	tokens     []token
	logged     []string                            // places the access to which is logged
	listed     map[string]map[string]threat.Origin // who is assigned to a system, by both in lower case, as far as that was listed
	systems    map[string]*system                  // by name, lower
	vendors    []vending
}

// thing is something declared about which more is said: a control, an exposure, a system, an element of the front door, a provider.
type thing struct {
	kind, name, element, scope string
	on                         []string
	is                         map[string]string
	origin                     threat.Origin
	overdue                    bool
}

// token is a grant to an app.
type token struct {
	app, system, place string // the app's ID
	origin             threat.Origin
	overdue            bool
}

// vending is that a vendor may do something with a place itself.
type vending struct {
	vendor, place string
	origin        threat.Origin
}

// system is one that is logged in to, and where it keeps its data.
type system struct {
	name  string
	parts map[int]bool
}

// declarations reads what was said.
func (t *teller) declarations() error {
	t.world = &world{custodians: map[string]string{}, providers: map[string]string{}, federated: map[string]string{}, factors: map[string]string{}, listed: map[string]map[string]threat.Origin{}, systems: map[string]*system{}}
	things := map[string]*thing{}
	facts := slices.Clone(t.Said)
	slices.SortFunc(facts, func(a, b access.Fact) int { return cmp.Compare(a.ID, b.ID) })
	for i := range facts {
		if facts[i].System != declared.System {
			continue
		}
		if said, err := declared.ReadSaid(facts[i].Detail); err != nil {
			t.doubt("what is said at " + facts[i].From + " cannot be read")
		} else {
			t.declaration(&facts[i], &said, things)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(things)) {
		t.world.things = append(t.world.things, things[name])
	}
	return nil
}

// declaration files one fact.
func (t *teller) declaration(f *access.Fact, said *declared.Said, things map[string]*thing) {
	w, o := t.world, originOf(f, said)
	overdue := said.Until != "" && t.Day != "" && said.Until < t.Day
	switch f.Kind {
	case declared.KindCustodian:
		w.custodians[f.Principal] = said.Is["kind"]
	case declared.KindRegistered:
		w.register = append(w.register, f.Target)
	case declared.KindUser, declared.KindService:
		w.factors[declared.ID(f.Scope, f.Kind, f.Principal)] = said.MFA
	case declared.KindLogging:
		w.logged = append(w.logged, f.Target)
	case declared.KindAssigned:
		t.assignment(f, o)
	case declared.KindApp:
		if said.Enabled != "no" && (said.Expires == "" || t.Day == "" || said.Expires >= t.Day) {
			w.tokens = append(w.tokens, token{declared.ID(f.Scope, "app", f.Principal), cmp.Or(said.System, f.Scope), f.Target, o, overdue})
		}
	case declared.KindAccess:
		if vendor, is := strings.CutPrefix(f.Principal, "vendor:"); is {
			w.vendors = append(w.vendors, vending{declared.ID("vendor", "vendor", vendor), f.Target, o})
		}
	case declared.KindControl, declared.KindExposure, declared.KindSystem, declared.KindDoor, declared.KindProvider, declared.KindVendor, declared.KindHelpDesk:
		key := f.From + "\x00" + f.Kind + "\x00" + f.Principal
		th := things[key]
		if th == nil {
			th = &thing{kind: f.Kind, name: f.Principal, element: f.Action, scope: f.Scope, is: said.Is, origin: o, overdue: overdue}
			things[key] = th
		}
		if f.Target != "" {
			th.on = append(th.on, f.Target)
		}
		if f.Kind == declared.KindProvider {
			w.providers[strings.ToLower(f.Principal)], w.federated[strings.ToLower(f.Principal)] = said.Custodian, said.Is["federated_to"]
		}
	}
}

func (t *teller) assignment(f *access.Fact, o threat.Origin) {
	w, name := t.world, strings.ToLower(f.Target)
	if w.listed[name] == nil {
		w.listed[name] = map[string]threat.Origin{}
	}
	for _, n := range t.who(f.Principal, f.Scope) {
		w.listed[name][t.nodes[n].ID] = o
	}
}

// originOf says where a declared fact comes from.
func originOf(f *access.Fact, said *declared.Said) threat.Origin {
	return threat.Origin{How: byDeclaration, Evidence: factID(f.ID), By: said.By, AsOf: said.AsOf, Until: said.Until}
}

// state is how surely a thing holds that is said to be so: what had to be said anew is no longer sure.
func (th *thing) state(value threat.State) threat.State {
	if th.overdue {
		return threat.Perhaps
	}
	return value
}

// system finds a declared system, or makes it.
func (w *world) system(name string) *system {
	s := w.systems[strings.ToLower(name)]
	if s == nil {
		s = &system{name: name, parts: map[int]bool{}}
		w.systems[strings.ToLower(name)] = s
	}
	return s
}

// systems tells which store is kept in which system: those that were declared, and of the others their repositories by themselves.
func (t *teller) systems() error {
	w := t.world
	for _, th := range w.things {
		if th.kind != declared.KindSystem && th.kind != declared.KindDoor {
			continue
		}
		if th.kind == declared.KindDoor && !t.elements[th.element].system {
			continue
		}
		s := w.system(th.name)
		for _, on := range th.on {
			for _, p := range t.partsOf(on) {
				s.parts[p] = true
			}
		}
	}
	for _, k := range w.tokens {
		for _, p := range t.partsOf(k.place) {
			w.system(k.system).parts[p] = true
		}
	}
	t.systemsOf = make([][]uint32, len(t.parts))
	for _, name := range slices.Sorted(maps.Keys(w.systems)) {
		s := w.systems[name]
		for _, p := range slices.Sorted(maps.Keys(s.parts)) {
			t.systemsOf[p] = append(t.systemsOf[p], t.out.Name(s.name))
		}
	}
	for p := range t.parts {
		if t.systemsOf[p] == nil {
			t.systemsOf[p] = []uint32{t.out.Name(t.parts[p].Place.Repository)}
		}
		o := threat.Origin{How: byInventory, Evidence: "repository:" + t.parts[p].Place.Repository}
		for _, s := range t.systemsOf[p] {
			t.tell("store_in", threat.Yes, o, t.stores[p], s)
		}
	}
	return nil
}

// partsOf gives the parts that a text means: of a repository, of a place in one, or of a system.
func (t *teller) partsOf(text string) []int {
	if text == "" {
		return nil
	}
	if s := t.world.systems[strings.ToLower(text)]; s != nil && len(s.parts) > 0 {
		return slices.Sorted(maps.Keys(s.parts))
	}
	for end := len(text); end > 0; end = strings.LastIndexByte(text[:end], '/') {
		all, is := t.of[text[:end]]
		if !is {
			continue
		}
		place := strings.TrimPrefix(text[end:], "/")
		var out []int
		for _, p := range all {
			if within(t.parts[p].Place.Path, place) {
				out = append(out, p)
			}
		}
		return out
	}
	return nil
}

// who gives the accounts that a text means: an account, those in a group, all of a system or of a provider.
func (t *teller) who(text, scope string) []uint32 {
	r := declared.ParseRef(text)
	system := cmp.Or(r.System, scope)
	switch {
	case r.ID != "":
		return t.account(r.ID)
	case r.Kind == "everyone":
		return t.everyone(system)
	case t.isProvider(text):
		return t.everyone(text)
	}
	for _, kind := range []string{"user", "service", "group", "app", "vendor"} {
		if r.Kind != "" && r.Kind != kind {
			continue
		}
		if found := t.account(declared.ID(system, kind, r.Name)); found != nil {
			return found
		}
	}
	if found := t.byName[strings.ToLower(r.Name)]; r.System == "" && len(found) == 1 {
		return t.below(found[0])
	}
	return nil
}

func (t *teller) isProvider(name string) bool {
	_, is := t.world.providers[strings.ToLower(name)]
	return is
}

func (t *teller) account(id string) []uint32 {
	if n, is := t.byID[strings.ToLower(id)]; is {
		return t.below(n)
	}
	return nil
}

// below gives an account, or of a group those who are in it.
func (t *teller) below(node uint32) []uint32 {
	if t.nodes[node].Kind != "group" {
		return []uint32{node}
	}
	seen, todo := map[uint32]bool{node: true}, []uint32{node}
	var out []uint32
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, m := range t.members[n] {
			if seen[m] {
				continue
			}
			if seen[m] = true; t.nodes[m].Kind == "group" {
				todo = append(todo, m)
			} else {
				out = append(out, m)
			}
		}
	}
	slices.Sort(out)
	return out
}

// everyone gives the accounts of a system, or of whom a provider logs in.
func (t *teller) everyone(system string) []uint32 {
	var out []uint32
	for n := range t.nodes {
		p := &t.nodes[n]
		if t.isAccount(uint32(n)) && (system == "" || system == declared.System || strings.EqualFold(p.System, system) || strings.EqualFold(p.Traits["idp"], system)) {
			out = append(out, uint32(n))
		}
	}
	return out
}

// registered tells whether the acquirer's governance knows a repository, as far as it keeps a register at all.
func (w *world) registered(repository string) bool {
	return len(w.register) == 0 || slices.ContainsFunc(w.register, func(r string) bool { return within(repository, r) || r == repository })
}
