package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate/declared"
)

// surveyed is the posture on its way.
type surveyed struct {
	*Review
	custodian string
	admins    map[string][]Fact // by ID, what says that it administers something
	accounts  map[string]*Account
	clients   map[string]*Client
	unknown   map[string]int
}

// Posture tells who has privileges over patient data, which accounts stand out, and what apps and vendors reach. It is about the
// repositories of a custodian; "" is all.
func (r *Review) Posture(custodian string) (*PostureAnswer, error) {
	s := &surveyed{Review: r, custodian: custodian, admins: r.administrators(), accounts: map[string]*Account{}, clients: map[string]*Client{}, unknown: map[string]int{}}
	footholds, err := r.in.Access.Footholds(0)
	if err != nil {
		return nil, err
	}
	findings, err := r.in.Access.Findings(r.day, 0)
	if err != nil {
		return nil, err
	}
	dormant := map[string]bool{}
	for i := range findings.Findings {
		if f := &findings.Findings[i]; f.Kind == access.FindingDormant {
			dormant[f.Principal.ID] = true
		}
	}
	out := &PostureAnswer{AsOf: r.in.Now, Accounts: []Account{}, Clients: []Client{}, Counts: map[string]int{}, Unknown: findings.Unknown, Doubts: findings.Doubts}
	for i := range footholds {
		if err := s.foothold(&footholds[i], dormant[footholds[i].ID]); err != nil {
			return nil, err
		}
	}
	for _, a := range s.accounts {
		out.Accounts = append(out.Accounts, *a)
		for _, k := range a.Kinds {
			out.Counts[k]++
		}
	}
	for _, c := range s.clients {
		out.Clients = append(out.Clients, *c)
	}
	slices.SortFunc(out.Accounts, func(a, b Account) int {
		return cmp.Or(cmp.Compare(rank(b.Kinds), rank(a.Kinds)), cmp.Compare(b.Most.Estimate, a.Most.Estimate), cmp.Compare(a.ID, b.ID))
	})
	slices.SortFunc(out.Clients, func(a, b Client) int {
		return cmp.Or(cmp.Compare(b.Most.Estimate, a.Most.Estimate), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// rank puts the worst kinds first.
func rank(kinds []string) (n int) {
	for i, k := range []string{BreakGlass, Standing, Dormant, Shared, Outside, Orphaned} {
		if slices.Contains(kinds, k) {
			n += 1 << i
		}
	}
	return n
}

// administrators finds the facts that say who administers what.
func (r *Review) administrators() map[string][]Fact {
	out := map[string][]Fact{}
	add := func(f Fact, ids ...string) {
		for _, id := range ids {
			out[id] = append(out[id], f)
		}
	}
	for _, f := range r.facts[declared.KindAdmin] {
		ref := declared.ParseRef(f.Principal)
		if ref.System == "" {
			ref.System = f.Scope
		}
		add(f, r.meant(ref)...)
	}
	for kind, as := range map[string]string{declared.KindUser: "user", declared.KindService: "service"} {
		for _, f := range r.facts[kind] {
			if f.Admin == "yes" {
				add(f, declared.ID(f.Scope, as, f.Principal))
			}
		}
	}
	for _, f := range r.facts[declared.KindAccess] {
		if f.Action == access.Admin.String() {
			add(f, r.meant(declared.ParseRef(f.Principal))...)
		}
	}
	return out
}

// foothold weighs one principal.
func (s *surveyed) foothold(f *access.Foothold, dormant bool) error {
	switch f.Kind {
	case access.Client.String():
		return s.client(f)
	case access.User.String(), access.Service.String(), access.Role.String():
	default:
		return nil
	}
	a := &Account{Principal: f.Principal, Owner: s.ownerOf[f.ID], Provider: f.Traits["idp"], LastUsed: f.Traits["last_used"], MFA: f.Traits["mfa"], Now: f.People, Most: f.Most,
		Sensitivity: f.Sensitivity, Evidence: []Evidence{}}
	var says, fix []string
	stands := func(is bool, kind, words, do string) {
		if is {
			a.Kinds, says = append(a.Kinds, kind), append(says, words)
			if !slices.Contains(fix, do) {
				fix = append(fix, do)
			}
		}
	}
	outside := f.Traits["idp"] == "no"
	stands(outside && a.Owner == "", Orphaned, "no identity provider knows it and nobody answers for it", "disable it, or move it behind the acquirer's identity provider with an owner")
	stands(outside && a.Owner != "", Outside, "no identity provider knows it", "move it behind the acquirer's identity provider")
	stands(f.Traits["shared"] == "yes", Shared, "several people share it", "give each of them an account of his own")
	stands(dormant, Dormant, "it was last used "+cmp.Or(a.LastUsed, "never"), "disable it, or have its owner say why it is needed")
	var over []string
	for _, g := range s.admins[f.ID] {
		over = append(over, cmp.Or(g.Target, g.Scope))
		a.Evidence = append(a.Evidence, s.OfFact(g.Fact, "it administers "+cmp.Or(g.Target, g.Scope)))
	}
	stands(len(over) > 0 || f.Traits["superuser"] == "yes", Standing, "it administers "+cmp.Or(some(slices.Compact(slices.Sorted(slices.Values(over)))), "the server"), "give the privilege for the time that it is needed, through the broker")
	stands(f.Traits["break_glass"] == "yes", BreakGlass, "it is kept for emergencies, and "+used(a.LastUsed), "check its uses against the emergencies that were declared")
	if len(a.Kinds) == 0 {
		return nil
	}
	a.Says, a.Fix = strings.Join(says, "; "), strings.Join(fix, "; ")
	var err error
	a.Repositories, err = s.reached(f.ID)
	if err != nil || s.custodian != "" && !s.of(a.Repositories) {
		return err
	}
	a.Evidence = append(a.Evidence, s.OfPrincipal(&f.Principal, fmt.Sprintf("it reads %d people", f.People.Estimate)))
	s.accounts[f.ID] = a
	return nil
}

// used says when something was last used.
func used(day string) string {
	switch day {
	case "":
		return "when it was used is not known"
	case "never":
		return "was never used"
	}
	return "was last used " + day
}

// reached names the repositories that a principal reads at most.
func (s *surveyed) reached(id string) ([]string, error) {
	out := []string{}
	reach, err := s.reach(id)
	if err != nil || reach == nil {
		return out, err
	}
	for i := range reach.Repositories {
		out = append(out, reach.Repositories[i].Repository)
	}
	return out, nil
}

// of tells whether one of the repositories is the custodian's.
func (s *surveyed) of(repositories []string) bool {
	return slices.ContainsFunc(repositories, func(name string) bool {
		row := s.row(name)
		return row != nil && row.Custodian == s.custodian
	})
}

// client weighs an app or token.
func (s *surveyed) client(f *access.Foothold) error {
	c := &Client{Principal: f.Principal, Vendor: s.vendorOf[f.ID], Scopes: slices.Compact(slices.Sorted(slices.Values(s.scopesOf[f.ID]))), Owner: s.ownerOf[f.ID], LastUsed: f.Traits["last_used"],
		Expires: s.expires[f.ID], Agreement: Unknown, Says: "whose it is was not said", Now: f.People, Most: f.Most, Sensitivity: f.Sensitivity, Evidence: []Evidence{}}
	if c.Vendor != "" {
		var by []Fact
		c.Agreement, _, c.Says, by = s.Agreement(c.Vendor)
		for _, g := range by {
			c.Evidence = append(c.Evidence, s.OfFact(g.Fact, c.Says))
		}
	}
	var err error
	c.Repositories, err = s.reached(f.ID)
	if err != nil || s.custodian != "" && !s.of(c.Repositories) {
		return err
	}
	for _, g := range s.facts[declared.KindApp] {
		if declared.ID(g.Scope, "app", g.Principal) == f.ID {
			c.Evidence = append(c.Evidence, s.OfFact(g.Fact, "scopes: "+strings.Join(g.Scopes, " ")))
		}
	}
	c.Evidence = append(c.Evidence, s.OfPrincipal(&f.Principal, fmt.Sprintf("it reads %d people", f.People.Estimate)))
	s.clients[f.ID] = c
	return nil
}

// Burn gives the points of ledgers of several times, the earliest first.
func Burn(ledgers []*LedgerAnswer) []Point {
	out := []Point{}
	before := map[string]bool{}
	for _, l := range ledgers {
		p := Point{At: l.AsOf.UTC().Truncate(time.Second), Progress: l.Progress, Closed: []string{}, Opened: []string{}}
		p.Gaps, p.Questions = l.Open()
		now := map[string]bool{}
		for i := range l.Gaps {
			id := l.Gaps[i].ID
			now[id] = true
			if !before[id] {
				p.Opened = append(p.Opened, id)
			}
			delete(before, id)
		}
		for id := range before {
			p.Closed = append(p.Closed, id)
		}
		slices.Sort(p.Closed)
		before = now
		out = append(out, p)
	}
	return out
}
