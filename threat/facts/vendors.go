package facts

import (
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/threat"
)

// name is what a token is called.
func (k *token) name() string { return k.app + "@" + k.system }

// taking tells who can become whom: by an act, or as a member of a group in which an act can follow.
func (t *teller) taking() error {
	var all []access.Taking
	backwards := map[uint32][]uint32{}
	acts := map[uint32]bool{} // from which an act can follow
	var todo []uint32
	err := t.Access.EachTaking(func(k access.Taking) error {
		all = append(all, k)
		backwards[k.To] = append(backwards[k.To], k.From)
		if k.Layer == access.Escalation && !acts[k.From] {
			acts[k.From] = true
			todo = append(todo, k.From)
		}
		return nil
	})
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, m := range backwards[n] {
			if !acts[m] {
				acts[m] = true
				todo = append(todo, m)
			}
		}
	}
	t.takings = all
	pools := t.poolsOf(all)
	for i := range all {
		k := &all[i]
		switch members := pools[k.To]; {
		case isPool(t.nodes[k.From].ID) && len(pools[k.From]) <= mostPooled: // told from whom it starts
		case members != nil && len(members) <= mostPooled:
			for _, m := range members {
				t.take(&access.Taking{From: k.From, To: m.To, Layer: access.Escalation, Verb: k.Verb, Condition: join(k.Condition, m.Condition), Proof: k.Proof}, acts)
			}
		default:
			t.take(k, acts)
		}
	}
	return err
}

// mostPooled is up to how many accounts a pool is told as what can be done with each of them; a larger one is told as one name.
const mostPooled = 200

// poolsOf gives the accounts that stand behind each pool, where one node stands for many.
func (t *teller) poolsOf(all []access.Taking) map[uint32][]*access.Taking {
	out := map[uint32][]*access.Taking{}
	for i := range all {
		if isPool(t.nodes[all[i].From].ID) {
			out[all[i].From] = append(out[all[i].From], &all[i])
		}
	}
	return out
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

func (t *teller) take(k *access.Taking, acts map[uint32]bool) {
	from, to := &t.nodes[k.From], &t.nodes[k.To]
	if from.Kind == "vendor" && to.Kind == "client" {
		t.tell("client_of", threat.Yes, threat.Origin{How: byAccess, Evidence: evidence(k.Proof)}, t.names[k.To], t.names[k.From])
	}
	if k.Layer == access.Entitled && !acts[k.To] {
		return // what he has by that is among what he can read
	}
	o := threat.Origin{How: byAccess, Evidence: evidence(k.Proof), Words: from.Name + " " + k.Verb + " " + to.Name}
	state := threat.Yes
	if k.Condition != "" {
		state, o.Question = threat.Perhaps, "Does it hold that "+k.Condition+"?"
	}
	t.out.Tell("can_assume", state, t.origin(o), t.names[k.From], t.names[k.To])
}

func evidence(proof []int) string {
	if len(proof) == 0 {
		return ""
	}
	return factID(proof[0])
}

// resets tells whose login each help desk resets, by way of the pools that stand for many accounts.
func (t *teller) resets(all []access.Taking) {
	pools := t.poolsOf(all)
	reset := func(desk uint32, k *access.Taking, condition string) {
		o := threat.Origin{How: byDeclaration, Evidence: evidence(k.Proof)}
		state := threat.Yes
		if condition != "" {
			state, o.Question = threat.Perhaps, "Does it hold that "+condition+"?"
		}
		t.tell("helpdesk_resets", state, o, t.names[desk], t.names[k.To])
	}
	for i := range all {
		k := &all[i]
		if !isDesk(t.nodes[k.From].ID) || k.Layer != access.Escalation {
			continue
		}
		t.unsure("helpdesk_verifies", t.names[k.From], t.out.Name("knowledge"))
		if !isPool(t.nodes[k.To].ID) {
			reset(k.From, k, k.Condition)
		}
		for _, m := range pools[k.To] {
			reset(k.From, m, join(k.Condition, m.Condition))
		}
	}
}

// readingAct tells what groups and roles read that nobody logs in to, and that somebody can become by an act.
func (t *teller) readingAct(certain map[int]uint32) error {
	wanted := map[uint32]bool{}
	err := t.Access.EachTaking(func(k access.Taking) error {
		if !t.somebody[k.To] && t.nodes[k.To].Traits["enabled"] != "no" && !isPool(t.nodes[k.To].ID) && !isDesk(t.nodes[k.To].ID) {
			wanted[k.To] = wanted[k.To] || k.Layer == access.Escalation
		}
		return nil
	})
	if err != nil {
		return err
	}
	parts := map[access.Place]int{}
	for i := range t.parts {
		parts[t.parts[i].Place] = i
	}
	for _, n := range slices.Sorted(maps.Keys(wanted)) {
		if !wanted[n] {
			continue
		}
		r, err := t.Access.Reach(n)
		if err != nil {
			return err
		}
		for j := range r.Places {
			p := &r.Places[j]
			i, known := parts[access.Place{Repository: p.Repository, Path: p.Path}]
			if p.Layer != access.Entitled.String() || !known {
				continue
			}
			if err := t.reads(access.Reading{Node: n, Part: i, Certain: p.Certain, Condition: conditions(p.Proof)}, certain); err != nil {
				return err
			}
		}
	}
	return nil
}

func conditions(proof []access.Step) string {
	var all []string
	for _, s := range proof {
		if s.Condition != "" {
			all = append(all, s.Condition)
		}
	}
	return strings.Join(all, ", and ")
}

// vendors tells of help desks, of tokens, and of those who hold data for others.
func (t *teller) vendors() error {
	t.resets(t.takings)
	for n := range t.nodes {
		if t.nodes[n].Kind == "vendor" {
			t.tell("vendor", threat.Yes, threat.Origin{How: byDeclaration, Evidence: "principal:" + t.nodes[n].ID}, t.names[n])
		}
	}
	for i := range t.world.tokens {
		k := &t.world.tokens[i]
		n, known := t.byID[strings.ToLower(k.app)]
		if !known {
			continue
		}
		state := threat.Yes
		if k.overdue {
			state = threat.Perhaps
		}
		g := t.out.Name(k.name())
		t.tell("grant", state, k.origin, g, t.names[n], t.out.Name(t.world.system(k.system).name))
		t.perhaps("token_ip_bound", g)
	}
	for i := range t.world.vendors {
		v := &t.world.vendors[i]
		if n, known := t.byID[v.vendor]; known {
			t.holds(n, t.partsOf(v.place), v.origin)
		}
	}
	for i := range t.parts {
		c := t.parts[i].Custodian
		if n, known := t.byID["vendor#"+strings.ToLower(c)]; known && t.world.custodians[c] == "vendor" {
			t.holds(n, []int{i}, threat.Origin{How: byDeclaration, Evidence: "repository:" + t.parts[i].Place.Repository})
		}
	}
	return nil
}

func (t *teller) holds(vendor uint32, parts []int, o threat.Origin) {
	for _, p := range parts {
		t.tell("vendor_holds", threat.Yes, o, t.names[vendor], t.stores[p])
	}
}

// silence tells what nobody spoke of, where the playbook says that it may be so.
func (t *teller) silence() error {
	t.each("vendor", 0, "vendor_repo_weak", "vendor_weak_login")
	t.each("local_login", 1, "net_policy")
	t.each("may_consent", 1, "app_allowlist", "device_flow_allowed")
	t.each("opens", 0, "key_source_bound")
	t.doubt("whether stores hold keys, passwords and tokens is not looked for: declare them as elements of the type secret")
	return nil
}

// each asks predicates of whatever stands at a place of the facts of another.
func (t *teller) each(of string, at int, predicates ...string) {
	table := t.out.Table(of)
	if table == nil {
		return
	}
	asked := map[uint32]bool{}
	for i := at; i < len(table.Args); i += table.Arity {
		if name := table.Args[i]; !asked[name] {
			asked[name] = true
			for _, p := range predicates {
				t.perhaps(p, name)
			}
		}
	}
}
