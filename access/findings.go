package access

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/chartroom/chartroom/access/graph"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// Finding is something about access to patient data that somebody should act on.
type Finding struct {
	Kind         string       `json:"kind"` // one of those of FindingKinds
	Principal    Principal    `json:"principal"`
	People       estate.Count `json:"people"` // distinct, whom it reads without any act
	Certain      bool         `json:"certain"`
	Repositories []string     `json:"repositories"` // with patient data, that it reads
	Sensitivity  []string     `json:"sensitivity"`
	Detail       string       `json:"detail"` // the fact that makes it one
	Do           string       `json:"do"`
	Proof        []Step       `json:"proof"` // of the part with the most people

	node uint32
}

// FindingsAnswer are the findings, those with the most people first.
type FindingsAnswer struct {
	Findings []Finding      `json:"findings"`
	Counts   map[string]int `json:"counts"`  // of each kind, also of those that are not listed
	Unknown  []string       `json:"unknown"` // what was looked for and cannot be known from the facts at hand
	Doubts   []string       `json:"doubts"`
}

// Kinds of findings.
const (
	FindingAnyone    = "anyone"
	FindingEveryone  = "everyone_group"
	FindingDormant   = "dormant"
	FindingOutside   = "outside_identity_provider"
	FindingDirect    = "direct_grant"
	FindingKeyBeside = "key_beside_data"
	FindingAgreement = "vendor_agreement"
)

// remedies say what to do about each kind.
var remedies = map[string]string{
	FindingAnyone:    "take the grant away, and give it to the group that needs it",
	FindingEveryone:  "give the grant to the smaller group that needs it",
	FindingDormant:   "disable the account or token, or have its owner say why it is needed",
	FindingOutside:   "move it behind the identity provider, or remove it",
	FindingDirect:    "put it into the group or role that already reads this, and take the direct grant away",
	FindingAgreement: "renew the agreement, or take away what the vendor holds",
	FindingKeyBeside: "give the use of the key to others than those who can read what it protects",
}

// Findings looks for what somebody should act on, on a day from which disuse counts: at most so many with their proofs, 0 = all. Only
// what the facts say makes a finding; what they leave open is told beside them.
func (e *Estate) Findings(day string, most int) (*FindingsAnswer, error) {
	found, err := e.suspects(day)
	if err != nil {
		return nil, err
	}
	out := &FindingsAnswer{Findings: []Finding{}, Counts: map[string]int{}, Unknown: e.unknowns(), Doubts: e.doubtsOf(func(string) bool { return false })}
	if found, err = e.weigh(found); err != nil {
		return nil, err
	}
	s := e.search()
	defer e.searches.Put(s)
	for i := range found {
		f := &found[i]
		if most > 0 && len(out.Findings) == most {
			out.Counts[f.Kind]++
			continue
		}
		if err := e.stake(s, f); err != nil {
			return nil, err
		}
		if f.People.Estimate > 0 {
			out.Counts[f.Kind]++
			out.Findings = append(out.Findings, *f)
		}
	}
	slices.SortStableFunc(out.Findings, func(a, b Finding) int { return cmp.Compare(b.People.Estimate, a.People.Estimate) })
	return out, nil
}

// suspects finds who would be a finding if it read anybody.
func (e *Estate) suspects(day string) ([]Finding, error) {
	var out []Finding
	add := func(kind string, node uint32, detail string) {
		out = append(out, Finding{Kind: kind, node: node, Detail: detail, Do: remedies[kind]})
	}
	for n := range e.first {
		t := e.nodes[n].Traits
		if e.nodes[n].Kind == Anyone {
			add(FindingAnyone, n, "whoever comes is among them")
			continue
		}
		if !e.isSomebody(n) {
			continue
		}
		if e.dormant(t["last_used"], day) {
			add(FindingDormant, n, "last used "+t["last_used"])
		}
		if detail := lapsed(t, day); e.nodes[n].Kind == Vendor && detail != "" {
			add(FindingAgreement, n, detail)
		}
		if e.outside(n) {
			add(FindingOutside, n, "no identity provider knows it")
		}
	}
	for n, detail := range e.direct() {
		add(FindingDirect, n, detail)
	}
	for n, detail := range e.keyHolders() {
		add(FindingKeyBeside, n, detail)
	}
	groups, err := e.everyoneGroups()
	for n, detail := range groups {
		add(FindingEveryone, n, detail)
	}
	slices.SortFunc(out, func(a, b Finding) int { return cmp.Or(cmp.Compare(a.node, b.node), cmp.Compare(a.Kind, b.Kind)) })
	return out, err
}

// lapsed tells by a vendor's traits why no agreement stands with it; "" where one does, or nobody said.
func lapsed(t map[string]string, day string) string {
	switch until := t["agreement_until"]; {
	case slices.Contains([]string{"none", "no", "unsigned", "expired", "ended"}, t["agreement"]):
		return "its agreement is declared: " + t["agreement"]
	case t["agreement"] != "" && until != "" && until < day:
		return "its agreement is declared to hold until " + until
	}
	return ""
}

// direct finds persons' accounts with a grant of their own on what groups or roles of the same system read, too.
func (e *Estate) direct() map[uint32]string {
	type part struct {
		node   uint32
		system string
	}
	grouped := map[part]bool{}
	e.graph.Each(func(_ uint32, x *graph.Edge) {
		if n := &e.nodes[x.From]; x.To >= e.first && (n.Kind == Group || n.Kind == Role) {
			grouped[part{x.To, n.System}] = true
		}
	})
	out := map[uint32]string{}
	e.graph.Each(func(_ uint32, x *graph.Edge) {
		if n := &e.nodes[x.From]; x.To >= e.first && n.Kind == User && grouped[part{x.To, n.System}] && out[x.From] == "" {
			out[x.From] = "a grant of its own on " + e.nameOf(x.To) + ", which groups or roles of " + n.System + " read"
		}
	})
	return out
}

// keyHolders finds who has both what is encrypted and the use of its key.
func (e *Estate) keyHolders() map[uint32]string {
	type pair struct{ from, part uint32 }
	keys := map[pair]bool{}
	for _, h := range e.rights {
		if h.right == Key {
			keys[pair{h.from, e.first + h.part}] = true
		}
	}
	out := map[uint32]string{}
	if len(keys) > 0 {
		e.graph.Each(func(_ uint32, x *graph.Edge) {
			if keys[pair{x.From, x.To}] && out[x.From] == "" {
				out[x.From] = "it reads " + e.nameOf(x.To) + " and may use the key that protects it"
			}
		})
	}
	return out
}

const (
	// A group is everybody's where nearly all accounts of its system are in it, and there are more than a handful.
	everyoneShare = 0.8
	everyoneLeast = 10
)

// everyoneGroups finds groups and roles that read something, and in which nearly all accounts of their system are.
func (e *Estate) everyoneGroups() (map[uint32]string, error) {
	accounts := map[string]int{}
	for n := range e.first {
		if e.isSomebody(n) {
			accounts[e.nodes[n].System]++
		}
	}
	reads := map[uint32]bool{}
	e.graph.Each(func(_ uint32, x *graph.Edge) {
		if k := e.nodes[x.From].Kind; x.To >= e.first && (k == Group || k == Role) && accounts[e.nodes[x.From].System] >= everyoneLeast {
			reads[x.From] = true
		}
	})
	out := map[uint32]string{}
	s := e.search()
	defer e.searches.Put(s)
	for n := range reads {
		hits, err := s.Who(graph.View{}, n)
		if err != nil {
			return nil, err
		}
		system, members := e.nodes[n].System, 0
		for _, h := range hits {
			if h.Node != n && e.isSomebody(h.Node) && e.nodes[h.Node].System == system {
				members++
			}
		}
		if all := accounts[system]; float64(members) >= everyoneShare*float64(all) {
			out[n] = fmt.Sprintf("%d of the %d accounts of %s are in it", members, all, system)
		}
	}
	return out, nil
}

// readView is what is read without any act.
var readView = graph.View{Possible: true}

// weigh puts those first that read the most people, and leaves out those that read nobody.
func (e *Estate) weigh(found []Finding) ([]Finding, error) {
	nodes := make([]uint32, len(found))
	for i := range found {
		nodes[i] = found[i].node
	}
	people, err := e.graph.RankEach([]graph.View{readView}, nodes)
	if err != nil {
		return nil, err
	}
	for i := range found {
		found[i].People = people[0][i]
	}
	found = slices.DeleteFunc(found, func(f Finding) bool { return f.People.Estimate == 0 })
	slices.SortStableFunc(found, func(a, b Finding) int { return cmp.Compare(b.People.Estimate, a.People.Estimate) })
	return found, nil
}

// stake adds what a finding puts at stake: patient data, for sure where there is any such.
func (e *Estate) stake(s *graph.Search, f *Finding) error {
	f.Principal, f.Repositories = e.principal(f.node), []string{}
	r, err := s.Reach(readView, f.node)
	if err != nil {
		return err
	}
	held := slices.DeleteFunc(r.Resources, func(h graph.Hit) bool { return e.part(h.Node).Verdict != phi.VerdictPHI })
	sure := slices.DeleteFunc(slices.Clone(held), func(h graph.Hit) bool { return h.Class != 0 })
	if f.Certain = len(sure) > 0; f.Certain {
		held = sure
	}
	var nodes []uint32
	var classes phi.Classes
	var best, most int64
	for _, h := range held {
		p := e.part(h.Node)
		nodes, classes = append(nodes, h.Node), classes|p.Classes
		if !slices.Contains(f.Repositories, p.Place.Repository) {
			f.Repositories = append(f.Repositories, p.Place.Repository)
		}
		if n := e.part(h.Node).People.Estimate; n > most {
			best, most = int64(h.Node), n
		}
	}
	if most > 0 {
		f.Proof = e.steps(s.Path(uint32(best)))
	}
	f.People, f.Sensitivity = s.Count(nodes...), classes.Names()
	return nil
}

// unknowns says what the facts leave open of what was looked for.
func (e *Estate) unknowns() []string {
	var all, unused, provider int
	for n := range e.first {
		if !e.isSomebody(n) || e.nodes[n].Kind == Anyone {
			continue
		}
		all++
		t := e.nodes[n].Traits
		if t["last_used"] == "" {
			unused++
		}
		if t["idp"] == "" {
			provider++
		}
	}
	var out []string
	if unused > 0 {
		out = append(out, fmt.Sprintf("when %d of %d accounts were last used", unused, all))
	}
	if provider > 0 {
		out = append(out, fmt.Sprintf("whether an identity provider knows %d of %d accounts", provider, all))
	}
	if !slices.ContainsFunc(e.rights, func(h held) bool { return h.right == Key }) {
		out = append(out, "who may use which keys")
	}
	return append(out, "what logins do with what they may, and so which of those that may write only read")
}
