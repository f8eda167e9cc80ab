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

// pair is two names.
type pair struct{ a, b uint32 }

// isAccount tells whether a principal is one that somebody logs in to with a password.
func (t *teller) isAccount(node uint32) bool {
	p := &t.nodes[node]
	if !t.somebody[node] || isDesk(p.ID) || isPool(p.ID) {
		return false
	}
	switch p.Kind {
	case "user", "service":
		return true
	case "role", "group":
		return !strings.HasPrefix(p.ID, "arn:") // of a database, that can log in; a role of AWS has no password
	}
	return false
}

// isPerson tells whether an account is one person's, who can be called, written to and fooled.
func (t *teller) isPerson(node uint32) bool {
	p := &t.nodes[node]
	return p.Kind == "user" && p.Traits["shared"] != "yes" && !strings.Contains(p.ID, "://") && !strings.HasPrefix(p.ID, "arn:")
}

// accounts tells what is known of each account.
func (t *teller) accounts() error {
	o := threat.Origin{How: byAccess}
	for n := range t.nodes {
		p, name, node := &t.nodes[n], t.names[n], uint32(n)
		t.custodian(name, p.Custodian)
		if !t.isAccount(node) {
			continue
		}
		t.tell("user", threat.Yes, o, name)
		t.factor(node) // before what is asked: a factor that resists phishing answers some of it
		if t.isPerson(node) {
			for _, predicate := range []string{"employee_listed", "prior_leak", "email_phishable", "phone_reachable", "self_enrol", "mailbox_rules"} {
				t.perhaps(predicate, name)
			}
		}
		t.perhaps("infostealer_hit", name)
		t.perhaps("rotated_after_hit", name)
	}
	t.logins()
	return nil
}

// factor tells the second factor of an account, by what its list says, or its provider.
func (t *teller) factor(node uint32) {
	p, name := &t.nodes[node], t.names[node]
	o := threat.Origin{How: byDeclaration, Evidence: "principal:" + p.ID}
	kind := p.Traits["mfa"]
	if kind == "phishing_resistant" {
		kind = "fido2"
	}
	said := t.world.factors[strings.ToLower(p.ID)]
	some := said != "" && said != "none" || t.enforces(p.Traits["idp"])
	for _, word := range wordsOf("mfa") {
		switch {
		case kind == word:
			t.tell("mfa", threat.Yes, o, name, t.out.Name(word))
		case kind != "" || word == "none" && some:
			t.tell("mfa", threat.No, o, name, t.out.Name(word))
		case word == "none" || word == "push" || word == "fido2":
			t.unsure("mfa", name, t.out.Name(word))
		}
	}
	switch kind {
	case "fido2":
		t.tell("fido2_only", threat.Yes, o, name)
		t.tell("email_phishable", threat.No, o, name)
	case "":
		t.perhaps("fido2_only", name)
	default:
		t.tell("fido2_only", threat.No, o, name)
	}
	if kind == "" || kind == "push" {
		t.perhaps("number_matching", name)
	}
}

// enforces tells whether a provider asks everybody for a second factor.
func (t *teller) enforces(provider string) bool {
	for _, th := range t.world.things {
		if th.kind == declared.KindProvider && !th.overdue && strings.EqualFold(th.name, provider) && th.is["mfa"] == "enforced" {
			return true
		}
	}
	return false
}

// custodian tells to whose estate a name belongs, as far as it is the acquirer's, or that of one that was acquired: a vendor's was joined to nobody.
func (t *teller) custodian(name uint32, whose string) {
	if kind := t.world.custodians[whose]; whose != "" && kind != "vendor" {
		t.tell("custodian", threat.Yes, threat.Origin{How: byDeclaration}, name, t.out.Name(whose))
	}
}

// logins tells how each account gets into each system in which it can read anything.
func (t *teller) logins() {
	byID := map[uint32]uint32{}
	for n, name := range t.names {
		byID[name] = uint32(n)
	}
	order := func(x, y pair) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) }
	for _, p := range slices.SortedFunc(maps.Keys(t.users), order) {
		if node := byID[p.a]; t.isAccount(node) {
			t.login(node, p.b)
		}
	}
}

// login tells whether an account gets into a system by an identity provider, or with a password of its own.
func (t *teller) login(node, system uint32) {
	p, name := &t.nodes[node], t.names[node]
	o := threat.Origin{How: byDeclaration, Evidence: "principal:" + p.ID}
	idp := p.Traits["idp"]
	server := strings.Contains(p.ID, "://")
	switch {
	case idp == "no" || strings.HasPrefix(p.ID, "arn:"):
		t.tell("local_login", threat.Yes, o, name, system)
	case idp == "" || server:
		t.unsure("local_login", name, system)
		if !server {
			t.unsure("assigned", name, system)
		}
	default:
		t.assigned(node, system, o)
	}
	if t.isCRM(system) && t.isPerson(node) {
		t.unsure("may_consent", name, system)
	}
}

// assigned tells whether somebody may open a system by his provider: where the provider's list is known, who stands on it; else whoever
// can read there.
func (t *teller) assigned(node, system uint32, o threat.Origin) {
	list := t.world.listed[strings.ToLower(t.out.Names()[system])]
	from, on := list[t.nodes[node].ID]
	switch {
	case on:
		t.tell("assigned", threat.Yes, from, t.names[node], system)
	case list == nil:
		t.tell("assigned", threat.Yes, o, t.names[node], system)
	}
}

// reading tells who can read what without any act.
func (t *teller) reading() error {
	certain := map[int]uint32{} // origins by part
	err := t.Access.EachReading(func(r access.Reading) error { return t.reads(r, certain) })
	if err != nil {
		return err
	}
	return t.readingAct(certain)
}

func (t *teller) reads(r access.Reading, certain map[int]uint32) error {
	repository := t.parts[r.Part].Place.Repository
	o, known := certain[r.Part]
	if !known {
		o = t.origin(threat.Origin{How: byAccess, Evidence: "repository:" + repository})
		certain[r.Part] = o
	}
	state, name := threat.Yes, t.names[r.Node]
	if !r.Certain {
		state = threat.Perhaps
		o = t.origin(threat.Origin{How: byAccess, Evidence: "repository:" + repository, Question: "Does it hold that " + r.Condition + "?"})
	}
	if t.nodes[r.Node].Kind == "anyone" && (t.nodes[r.Node].Name == "everybody" || t.nodes[r.Node].Name == "anybody with an AWS account") {
		t.tell("public", state, threat.Origin{How: byAccess, Evidence: "repository:" + repository}, t.stores[r.Part])
	}
	t.out.Tell("can_read", state, o, name, t.stores[r.Part])
	for _, s := range t.systemsOf[r.Part] {
		t.users[pair{name, s}] = true
	}
	w := t.readers[repository]
	if w == nil {
		w = &readership{}
		t.readers[repository] = w
	}
	w.add(&t.nodes[r.Node], r.Certain, t)
	return nil
}
