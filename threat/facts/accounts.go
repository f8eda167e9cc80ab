package facts

import (
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/threat"
)

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
	account := t.origin(threat.Origin{How: byAccess})
	for n := range t.nodes {
		p, name, node := &t.nodes[n], t.names[n], uint32(n)
		t.custodian(name, p.Custodian)
		if !t.isAccount(node) {
			continue
		}
		t.bulk("user", threat.Yes, account, name)
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
	crm := t.crms()
	for n, systems := range t.uses {
		if !t.isAccount(uint32(n)) {
			continue
		}
		way := t.wayIn(uint32(n))
		for _, s := range systems {
			t.login(way, s)
			if crm[s] && t.isPerson(uint32(n)) {
				t.perhaps("may_consent", t.names[n], s)
			}
		}
	}
}

// wayIn is how an account gets into systems.
type wayIn struct {
	node            uint32
	local, assigned threat.State
	origin          uint32
}

// wayIn finds out whether an account is logged in by an identity provider, or with a password of its own; of one of which nobody said it, it
// may be either, and of one of a server it may be the server's own.
func (t *teller) wayIn(node uint32) wayIn {
	p := &t.nodes[node]
	w := wayIn{node: node}
	switch idp := p.Traits["idp"]; {
	case idp == "no" || strings.HasPrefix(p.ID, "arn:"):
		w.local = threat.Yes
	case strings.Contains(p.ID, "://"):
		w.local = threat.Perhaps
	case idp == "":
		w.local, w.assigned = threat.Perhaps, threat.Perhaps
	default:
		w.assigned = threat.Yes
	}
	o := threat.Origin{How: byDeclaration, Evidence: "principal:" + p.ID}
	if w.local == threat.Perhaps {
		o = threat.Origin{How: byDefault}
	}
	w.origin = t.origin(o)
	return w
}

// login tells how an account gets into a system. Where it is listed who is assigned to a system, nobody else is.
func (t *teller) login(w wayIn, system uint32) {
	name := t.names[w.node]
	if w.local != threat.No {
		t.bulk("local_login", w.local, w.origin, name, system)
	}
	if w.assigned == threat.No {
		return
	}
	if len(t.world.listed) > 0 {
		if list := t.world.listed[strings.ToLower(t.out.Names()[system])]; list != nil {
			if from, on := list[t.nodes[w.node].ID]; on {
				t.tell("assigned", threat.Yes, from, name, system)
			}
			return
		}
	}
	t.bulk("assigned", w.assigned, w.origin, name, system)
}

// reading tells who can read what without any act.
func (t *teller) reading() error {
	t.uses = make([][]uint32, len(t.nodes))
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
		if t.usedBy[s] != r.Node+1 { // readings come by principals
			t.usedBy[s] = r.Node + 1
			t.uses[r.Node] = append(t.uses[r.Node], s)
		}
	}
	w := t.readers[repository]
	if w == nil {
		w = &readership{}
		t.readers[repository] = w
	}
	w.add(&t.nodes[r.Node], r.Certain, t)
	return nil
}
