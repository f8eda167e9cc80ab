package mysql

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
)

func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// places are what is told of one repository: as a whole, and those of its tables that somebody was granted something on.
type places struct {
	tables map[string]string // by name as it is compared: the item's path
	all    bool              // every table is of care
}

// choose finds out which places are told of.
func (s *server) choose(wanted []access.Place) {
	s.places = map[string]places{}
	known := map[string]string{}
	for db, repo := range s.repos {
		known[repo] = db
	}
	for _, w := range wanted {
		if known[w.Repository] == "" {
			continue
		}
		p := s.places[w.Repository]
		if p.tables == nil {
			p.tables = map[string]string{}
		}
		p.all = p.all || w.Path == ""
		if w.Path != "" {
			table, _, _ := strings.Cut(w.Path, "!/")
			p.tables[s.folded(table)] = table
		}
		s.places[w.Repository] = p
	}
	specific := map[name]bool{}
	for _, byName := range s.tables {
		for n := range byName {
			specific[n] = true
		}
	}
	for _, o := range s.objects {
		for _, r := range o.reads {
			specific[name{r.Database, r.Table}] = true
		}
	}
	for repo, p := range s.places {
		out := map[string]string{}
		for n := range specific {
			path, listed := p.tables[n.table]
			if o := s.objects[n]; n.db != known[repo] || !listed && !p.all || o != nil && o.view {
				continue
			}
			if !listed {
				path = n.table
			}
			out[n.table] = path
		}
		s.places[repo] = places{tables: out}
		s.resource(repo, "")
		for _, path := range out {
			s.resource(repo, path)
		}
	}
}

func (s *server) folded(table string) string {
	if s.fold {
		return strings.ToLower(table)
	}
	return table
}

// resourceID names a place.
func resourceID(repo, path string) string {
	if path == "" {
		return repo
	}
	return repo + "/" + path
}

func (s *server) resource(repo, path string) {
	label := path
	if label == "" {
		label = repo
	}
	s.out.Node(access.Node{ID: resourceID(repo, path), Kind: access.Resource, Name: label, System: "mysql", Place: access.Place{Repository: repo, Path: path}})
}

func (s *server) id(a *account) string {
	return "mysql://" + s.scope + "#" + strings.TrimSuffix(a.principal, "@")
}

// anybody is the node of those who can become any account.
func (s *server) anybody() string { return "mysql://" + s.scope + "#any account" }

// emit tells all of a server.
func (s *server) emit() {
	s.databases = sorted(s.repos)
	s.nodes()
	s.views()
	for _, p := range sorted(s.accounts) {
		a := s.accounts[p]
		sub := s.user(a)
		if a.role {
			sub = s.role(a)
		}
		s.reads(sub)
		s.uses(sub)
		s.escalates(sub)
		s.memberships(a)
	}
	s.acting()
	s.doubts()
}

// nodes tells the accounts and roles.
func (s *server) nodes() {
	s.out.Node(access.Node{ID: s.anybody(), Kind: access.Role, Name: "any account of " + s.scope, System: "mysql"})
	for _, p := range sorted(s.accounts) {
		a := s.accounts[p]
		n := access.Node{ID: s.id(a), Kind: access.User, Name: strings.TrimSuffix(p, "@"), System: "mysql", Traits: map[string]string{}}
		switch {
		case a == s.public:
			n.Kind = access.Anyone
		case a.role:
			n.Kind = access.Role
		case a.user == "":
			n.Kind = access.Anyone
		}
		if a.detail.Locked != nil {
			n.Traits["enabled"] = map[bool]string{true: "no", false: "yes"}[*a.detail.Locked]
		}
		if gives(a.global, supers, "") {
			n.Traits["superuser"] = "yes"
		}
		s.out.Node(n)
		if !a.role {
			s.edge(access.Edge{From: s.anybody(), To: n.ID, Verb: "can become", Right: access.Become, Layer: access.Escalation, Proof: a.facts})
		}
		if s.public != nil && !a.role {
			s.edge(access.Edge{From: n.ID, To: s.id(s.public), Verb: "is one of", Right: access.Become, Proof: s.public.facts})
		}
	}
}

func (s *server) edge(e access.Edge) {
	if e.From != e.To {
		slices.Sort(e.Proof)
		e.Proof = slices.Compact(e.Proof)
		s.out.Edge(e)
	}
}

// rights are the rights by the privileges that give them, and how they are said.
var rights = []struct {
	right access.Right
	set   set
	verb  string
}{
	{access.Read, selects, "may SELECT from"},
	{access.Write, writes, "may write to"},
	{access.Admin, grants, "may grant others rights on"},
}

// way is how a subject comes to what it was granted.
type way struct {
	from   string // its node
	layer  access.Layer
	prefix string // of the words for it
}

// give tells what choices give on a place.
func (s *server) give(w way, to string, choices []choice) {
	for _, c := range choices {
		for _, p := range c.pieces {
			for _, r := range rights {
				if p.set&r.set == 0 {
					continue
				}
				verb := r.verb
				if p.column != "" && r.right == access.Read {
					verb = "may SELECT the column " + p.column + " of"
				}
				s.edge(access.Edge{From: w.from, To: to, Verb: w.prefix + verb, Right: r.right, Layer: w.layer, Condition: c.condition(p.set&r.set, p.column), Proof: slices.Clone(p.proof)})
			}
		}
	}
}

// reads tells what a subject may read and write.
func (s *server) reads(sub *subject) {
	w := way{from: sub.id}
	s.broadly(w, func(db string) []choice { return slices.Concat(sub.global(db), sub.database(db)) })
	for _, n := range sub.named(s.tables) {
		p := s.places[s.repos[n.db]]
		if path, ok := p.tables[n.table]; ok {
			s.give(w, resourceID(s.repos[n.db], path), sub.object(s.tables, n))
		}
	}
}

// broadly tells what holds for databases as a whole, and so for each of their places.
func (s *server) broadly(w way, base func(db string) []choice) {
	for _, db := range s.databases {
		repo := s.repos[db]
		p, ok := s.places[repo]
		if !ok {
			continue
		}
		choices := base(db)
		if len(choices) == 0 {
			continue
		}
		s.give(w, resourceID(repo, ""), choices)
		for _, t := range sorted(p.tables) {
			s.give(w, resourceID(repo, p.tables[t]), choices)
		}
	}
}

// can tells the edges of one privilege to another node.
func (s *server) can(choices []choice, privilege set, e access.Edge) {
	condition := e.Condition
	for _, c := range choices {
		for _, p := range c.pieces {
			if p.set&privilege == 0 {
				continue
			}
			e.Proof = slices.Clone(p.proof)
			e.Condition = c.condition(privilege, p.column)
			if e.Condition != "" && condition != "" {
				e.Condition += "; "
			}
			e.Condition += condition
			s.edge(e)
		}
	}
}

// escalates tells what privileges on the whole server lead to.
func (s *server) escalates(sub *subject) {
	global := sub.global("")
	all := access.Edge{From: sub.id, To: s.anybody(), Right: access.Become, Layer: access.Escalation}
	all.Verb = "may set any account's password by CREATE USER for"
	s.can(global, createUsers, all)
	if s.creates(sub) {
		all.Verb = "may put any account's name on views and routines, and so act as"
		s.can(global, supers|definers, all)
	}
	all.Verb = "may change the grant tables, and so become"
	s.can(slices.Concat(sub.global("mysql"), sub.database("mysql")), inserts|updates, all)
	for _, t := range []string{"global_priv", "user"} {
		s.can(sub.object(s.tables, name{"mysql", t}), inserts|updates, all)
	}
	for _, raw := range []struct {
		set  set
		verb string
		bar  func() (possible bool, condition string)
	}{
		{files, "may read by FILE the files of", s.readsFiles},
		{replicates, "may read in the binary log what is written to", func() (bool, string) {
			return s.settings["log_bin"] != "OFF", unless(s.settings["log_bin"] == "ON", "the binary log is kept")
		}},
	} {
		possible, condition := raw.bar()
		if !possible || !given(global, raw.set) {
			continue
		}
		for _, repo := range sorted(s.places) {
			for _, path := range append([]string{""}, slices.Sorted(maps.Values(s.places[repo].tables))...) {
				s.can(global, raw.set, access.Edge{From: sub.id, To: resourceID(repo, path), Verb: raw.verb, Right: access.Read, Layer: access.Escalation, Condition: condition})
			}
		}
	}
}

func unless(known bool, condition string) string {
	if known {
		return ""
	}
	return condition
}

// readsFiles tells whether the privilege FILE reaches the server's own files (MySQL 8.0 reference manual, secure_file_priv: NULL disables
// reading, empty lets it be; MariaDB shows empty where it is not set).
func (s *server) readsFiles() (bool, string) {
	dir, known := s.settings["secure_file_priv"]
	return !known || dir == "", unless(known, "secure_file_priv does not forbid it")
}

// creates tells whether a subject may make views, routines, triggers or events anywhere.
func (s *server) creates(sub *subject) bool {
	users := []string{sub.account.user, ""}
	for r := range sub.roles {
		users = append(users, s.accounts[r].user)
	}
	for _, u := range users {
		for _, r := range s.dbs[u] {
			if gives(r.pieces, creates, "") {
				return true
			}
		}
	}
	return given(sub.global(""), creates)
}

// memberships tells which roles an account has, and which of them are active from the beginning.
func (s *server) memberships(a *account) {
	for _, m := range a.members {
		if m.admin && s.accounts[m.role] != nil {
			s.edge(access.Edge{From: s.id(a), To: s.id(s.accounts[m.role]), Verb: "may grant the role", Right: access.Admin, Proof: []int{m.fact}})
		}
	}
	if a.role {
		return // what a role's roles give is told of it
	}
	for _, g := range s.grantees(a) {
		for _, m := range g.members {
			role := s.accounts[m.role]
			if role == nil {
				continue
			}
			e := access.Edge{From: s.id(a), To: s.id(role), Verb: "may SET ROLE", Right: access.Become, Layer: access.Escalation, Proof: []int{m.fact}}
			if within(a.host, g.host, s.resolved()) == maybe {
				e.Condition = "it connects from " + g.host.text
			}
			s.edge(e)
			s.borrows(a, g, m, way{s.id(a), access.Escalation, "by SET ROLE " + role.user + " "})
			if fact, is := a.defaults[m.role]; is {
				e.Verb, e.Layer, e.Proof = "has from the beginning the role", access.Entitled, []int{fact, m.fact}
				s.edge(e)
				s.borrows(a, g, m, way{s.id(a), access.Entitled, "with the role " + role.user + " from the beginning "})
			} else if !s.maria && s.settings["activate_all_roles_on_login"] == "ON" {
				e.Verb, e.Layer, e.Proof = "has from the beginning the role", access.Entitled, []int{s.fact, m.fact}
				s.edge(e)
			}
		}
	}
	s.mandatory(a)
}

// borrows tells what a client gets along with a role that is another account's of the same user: that account's privileges on everything
// (MariaDB, sql/sql_acl.cc, check_user_can_set_role; a test does it).
func (s *server) borrows(a, g *account, m member, w way) {
	if g == a || len(g.global) == 0 {
		return
	}
	c := choice{pieces: extend([][]int{{m.fact}}, g.global)}
	if within(a.host, g.host, s.resolved()) == maybe {
		c.from = g.host.text
	}
	all := func(string) []choice { return []choice{c} }
	s.broadly(w, all)
	for _, o := range s.living {
		if o.view {
			s.can(all(""), selects, access.Edge{From: w.from, To: s.objectID(o), Verb: w.prefix + "may SELECT from the view", Right: access.Become, Layer: w.layer})
		}
	}
}

// grantees are the accounts whose roles an account may take: in MariaDB those of the same user whose host its clients match.
func (s *server) grantees(a *account) []*account {
	if !s.maria {
		return []*account{a}
	}
	var out []*account
	sub := s.user(a)
	for _, g := range s.byUser[a.user] {
		if !g.role && len(g.members) > 0 && (g == a || sub.meets(g.host) != no) {
			out = append(out, g)
		}
	}
	return out
}

// mandatory tells the roles that everybody has (MySQL 8.0 reference manual, 8.2.10 "Using Roles"): they are active like others.
func (s *server) mandatory(a *account) {
	if s.maria {
		return
	}
	for r := range strings.SplitSeq(s.settings["mandatory_roles"], ",") {
		r = strings.NewReplacer("`", "", "'", "", `"`, "", " ", "").Replace(r)
		if r != "" && !strings.Contains(r, "@") {
			r += "@%"
		}
		role := s.accounts[r]
		if role == nil || role == a {
			continue
		}
		e := access.Edge{From: s.id(a), To: s.id(role), Verb: "may SET ROLE", Right: access.Become, Layer: access.Escalation, Proof: []int{s.fact}}
		fact, is := a.defaults[r]
		switch {
		case is:
			e.Verb, e.Layer, e.Proof = "has from the beginning the role", access.Entitled, []int{s.fact, fact}
		case s.settings["activate_all_roles_on_login"] == "ON":
			e.Verb, e.Layer = "has from the beginning the role", access.Entitled
		}
		s.edge(e)
	}
}

// acting tells who may act as whom by PROXY.
func (s *server) acting() {
	for _, f := range s.proxies {
		actor := s.accounts[f.Principal]
		if actor == nil {
			continue
		}
		e := access.Edge{From: s.id(actor), To: s.anybody(), Verb: "may act by PROXY as", Right: access.Become, Layer: access.Escalation,
			Condition: "its login names that account, which a plugin must let it do", Proof: []int{f.ID}}
		if !strings.HasPrefix(f.Target, "@") {
			to := s.accounts[f.Target]
			if to == nil {
				continue
			}
			e.To = s.id(to)
		}
		s.edge(e)
	}
}

// doubts tells what was not seen.
func (s *server) doubts() {
	tell := func(detail string) {
		for _, repo := range sorted(s.places) {
			s.out.Doubt(access.Doubt{Place: access.Place{Repository: repo}, Scope: s.scope, Detail: detail})
		}
	}
	for _, f := range s.unseen {
		tell(fmt.Sprintf("%s could not be seen in %s; docs/sources.md has the statements that let the login see it", f.Why, f.Target))
	}
	if s.cut {
		tell(fmt.Sprintf("more than %d ways lead to the same right; the others are left out of its proofs", maxPaths))
	}
	if s.settings["skip_grant_tables"] == "ON" {
		tell("the server runs with skip_grant_tables: whoever reaches it may do everything, whatever the grants say")
	}
	if len(s.settings) == 0 {
		tell("the server's settings were not seen, which change what its grants mean")
	}
}
