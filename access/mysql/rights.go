package mysql

import (
	"slices"
	"strings"
)

// Bounds of the alternatives that are told of one thing, and of those that are found of one role's roles.
const (
	maxPaths  = 16
	maxNested = 4096
)

// choice is a row that counts, for some of the clients or for all.
type choice struct {
	pieces []piece
	from   string // the hosts that the client must be of; "" = all of the account's
	before []row  // which come first for some clients
	tied   []row  // which are as specific
}

// gives tells whether a row gives a right, on a column or on the whole.
func gives(pieces []piece, right set, column string) bool {
	return slices.ContainsFunc(pieces, func(p piece) bool { return p.set&right != 0 && (p.column == "" || p.column == column) })
}

// condition says which clients a right of a choice holds for. Where a row that comes first gives the same right, it does no harm.
func (c choice) condition(right set, column string) string {
	text := ""
	if c.from != "" {
		text = "it connects from " + c.from
	}
	var not []string
	for _, r := range c.before {
		if !gives(r.pieces, right, column) {
			not = append(not, r.host.text)
		}
	}
	switch {
	case len(not) == 0:
	case text == "":
		text = "it connects not from " + strings.Join(not, ", ")
	default:
		text += " and not from " + strings.Join(not, ", ")
	}
	if slices.ContainsFunc(c.tied, func(r row) bool { return !gives(r.pieces, right, column) }) {
		if text != "" {
			text += "; "
		}
		text += undefined
	}
	return text
}

// undefined is the condition of one of several grants that are as specific as each other: all netmasks are, and all hosts without wildcards.
const undefined = "of the grants that are as specific as this one, the server takes this one, which nothing defines"

// subject is who has rights: an account, a role with those that it has, or an account as the definer of a view.
type subject struct {
	s       *server
	id      string
	account *account
	name    *string // of the one client that it stands for, and its address
	address *string
	roles   map[string][][]int // of a role: itself and those that it has, each with the memberships that lead to it
	order   []string           // of those
}

// user is the subject of an account.
func (s *server) user(a *account) *subject { return &subject{s: s, id: s.id(a), account: a} }

// definer is the subject of an account whose name a view bears: the server compares its host as if it were a client's.
func (s *server) definer(a *account) *subject {
	if a.role {
		return s.role(a)
	}
	return &subject{s: s, id: s.id(a), account: a, name: &a.host.text, address: &a.host.text}
}

// role is the subject of a role.
func (s *server) role(a *account) *subject {
	sub := &subject{s: s, id: s.id(a), account: a, roles: map[string][][]int{a.principal: {nil}}}
	steps := maxNested
	s.nested(sub.roles, []string{a.principal}, nil, &steps)
	sub.order = sorted(sub.roles)
	return sub
}

// nested finds the roles of a role, by all ways up to a number.
func (s *server) nested(found map[string][][]int, way []string, proof []int, steps *int) {
	for _, m := range s.accounts[way[len(way)-1]].members {
		if s.accounts[m.role] == nil || slices.Contains(way, m.role) {
			continue
		}
		if *steps--; *steps < 0 || len(found[m.role]) == maxPaths {
			s.cut = true
			continue
		}
		p := append(slices.Clone(proof), m.fact)
		found[m.role] = append(found[m.role], p)
		s.nested(found, append(slices.Clone(way), m.role), p, steps)
	}
}

// meets tells whether the subject's clients are of a host.
func (sub *subject) meets(q hosts) verdict {
	if sub.name != nil {
		if q.admits(sub.name, sub.address) {
			return yes
		}
		return no
	}
	for _, sh := range sub.account.shadows {
		if within(q, sh, sub.s.resolved()) == yes {
			return no
		}
	}
	return within(sub.account.host, q, sub.s.resolved())
}

// choose goes through rows in their order until one counts for all clients.
func (sub *subject) choose(rows []row) (out []choice) {
	var before []row
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].order == rows[0].order {
			n++
		}
		var group []row
		certain := false
		for _, r := range rows[:n] {
			v := sub.meets(r.host)
			if certain = certain || v == yes; v == yes {
				group = append(group, r)
				out = append(out, choice{pieces: r.pieces, before: before})
			} else if v == maybe {
				group = append(group, r)
				out = append(out, choice{pieces: r.pieces, from: r.host.text, before: before})
			}
		}
		for i := range group {
			out[len(out)-len(group)+i].tied = append(slices.Clone(group[:i]), group[i+1:]...)
		}
		if certain {
			break
		}
		before, rows = append(slices.Clone(before), group...), rows[n:]
	}
	return out
}

// extend puts the ways to a role before what it was granted.
func extend(ways [][]int, pieces []piece) (out []piece) {
	for _, w := range ways {
		for _, p := range pieces {
			p.proof = append(slices.Clone(w), p.proof...)
			out = append(out, p)
		}
	}
	return out
}

// global gives what the subject was granted on everything, without what was taken out for a database.
func (sub *subject) global(db string) []choice {
	var out []piece
	add := func(a *account, ways [][]int) {
		pieces := extend(ways, a.global)
		for _, r := range a.restricted[db] {
			for i := range pieces {
				pieces[i].set &^= r.set
			}
		}
		out = append(out, pieces...)
	}
	if sub.roles == nil {
		add(sub.account, [][]int{nil})
	}
	for _, r := range sub.order {
		add(sub.s.accounts[r], sub.roles[r])
	}
	if len(out) == 0 {
		return nil
	}
	return []choice{{pieces: out}}
}

// given tells whether choices give a privilege to some clients.
func given(choices []choice, right set) bool {
	return slices.ContainsFunc(choices, func(c choice) bool { return gives(c.pieces, right, "") })
}

// database gives what counts of what the subject was granted on databases.
func (sub *subject) database(db string) []choice {
	s := sub.s
	if sub.roles != nil {
		return sub.roleDatabase(db)
	}
	rows := s.matching(s.dbs[sub.account.user], db)
	if anonymous := s.matching(s.dbs[""], db); sub.account.user != "" && len(anonymous) > 0 {
		rows = mergeRows(rows, anonymous)
	}
	return sub.choose(plain(rows))
}

// matching gives the rows about a database.
func (s *server) matching(rows []*dbRow, db string) (out []*dbRow) {
	for _, r := range rows {
		if r.glob.mayMatch(db) && r.glob.covers(literal(db)) {
			out = append(out, r)
		}
	}
	return out
}

// mergeRows puts the rows of nobody in particular among those of a user, behind those of the same rank.
func mergeRows(named, anonymous []*dbRow) []*dbRow {
	out := append(slices.Clone(named), anonymous...)
	slices.SortStableFunc(out, compareRows)
	return out
}

func plain(rows []*dbRow) []row {
	var out []row
	for _, r := range rows {
		out = append(out, r.row)
	}
	return out
}

// roleDatabase gives what counts of what a role and its roles were granted on databases: all that has the most specific pattern. Where none
// matches, MariaDB looks for a row of nobody in particular, as it does for users.
func (sub *subject) roleDatabase(db string) []choice {
	s := sub.s
	var best []*dbRow
	var pieces []piece
	for _, r := range sub.order {
		a := s.accounts[r]
		for _, row := range s.matching(s.dbs[a.user], db) {
			if row.host.text != a.host.text {
				continue
			}
			if len(best) > 0 && compareRows(row, best[0]) < 0 {
				best, pieces = nil, nil
			}
			if len(best) == 0 || row.pattern == best[0].pattern {
				best = append(best, row)
				pieces = append(pieces, extend(sub.roles[r], row.pieces)...)
			}
		}
	}
	if len(best) > 0 {
		return []choice{{pieces: pieces}}
	}
	empty := ""
	if s.maria {
		for _, r := range s.matching(s.dbs[""], db) {
			if r.host.admits(&empty, &empty) {
				return []choice{{pieces: r.pieces}}
			}
		}
	}
	return nil
}

// object gives what counts of what the subject was granted on a table, view or routine itself.
func (sub *subject) object(all map[string]map[name][]row, n name) []choice {
	s := sub.s
	if sub.roles == nil {
		return sub.choose(all[sub.account.user][n])
	}
	var pieces []piece
	for _, r := range sub.order {
		a := s.accounts[r]
		for _, row := range all[a.user][n] {
			if row.host.text == a.host.text {
				pieces = append(pieces, extend(sub.roles[r], row.pieces)...)
			}
		}
	}
	return []choice{{pieces: pieces}}
}

// named gives the tables or routines that the subject was granted something on.
func (sub *subject) named(all map[string]map[name][]row) []name {
	found := map[name]bool{}
	users := map[string]bool{}
	if sub.roles == nil {
		users[sub.account.user] = true
	}
	for r := range sub.roles {
		users[sub.s.accounts[r].user] = true
	}
	for u := range users {
		for n := range all[u] {
			found[n] = true
		}
	}
	out := make([]name, 0, len(found))
	for n := range found {
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b name) int {
		return strings.Compare(a.db+"\x00"+a.table, b.db+"\x00"+b.table)
	})
	return out
}

// on gives all that counts for a table, view or routine: of everything, of its database, and of itself.
func (sub *subject) on(all map[string]map[name][]row, n name) []choice {
	return slices.Concat(sub.global(n.db), sub.database(n.db), sub.object(all, n))
}
