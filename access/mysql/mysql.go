// Package mysql compiles the grants of MySQL and MariaDB servers into who can read which tables.
//
// A client becomes the account with the most specific host that matches; that of nobody in particular (the anonymous user) can stand
// before one with a name. What an account may do is what it was granted on everything, on the database, on the table and on its columns, and
// what its active roles and PUBLIC were. Of the grants on databases that match, the most specific one counts alone, and so of the grants
// on one table to several hosts. Which grant that is can depend on where the client connects from; an edge says so in its condition.
//
// An edge through SET ROLE, PROXY, FILE, the binary log, another account's password or another's name on a view is one of escalation.
// MariaDB's rules are held against a real server; those of MySQL alone (its own roles, partial revokes) follow its reference manual, 8.0.
package mysql

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate"
)

// set is a set of privileges.
type set uint32

// The privileges that matter to who reads, writes, and says who may.
const (
	selects set = 1 << iota
	inserts
	updates
	deletes
	drops
	executes
	grants
	files
	supers
	definers // SET USER in MariaDB, SET_USER_ID and SET_ANY_DEFINER in MySQL
	createUsers
	creates // of views, routines, triggers and events: what a definer's name can stand on
	replicates
)

const writes = inserts | updates | deletes | drops

// words are the privileges by their names.
var words = map[string]set{"SELECT": selects, "INSERT": inserts, "UPDATE": updates, "DELETE": deletes, "DROP": drops, "EXECUTE": executes, "GRANT OPTION": grants, "FILE": files,
	"SUPER": supers, "SET USER": definers, "SET_USER_ID": definers, "SET_ANY_DEFINER": definers, "CREATE USER": createUsers, "CREATE VIEW": creates, "CREATE ROUTINE": creates,
	"TRIGGER": creates, "EVENT": creates, "REPLICATION SLAVE": replicates}

// parsePrivileges reads privileges as a fact has them, separated by commas.
func parsePrivileges(action string) (s set) {
	for p := range strings.SplitSeq(action, ", ") {
		s |= words[p]
	}
	return s
}

// account is an account or a role.
type account struct {
	principal, user string
	host            hosts
	role            bool
	facts           []int
	detail          struct {
		Locked *bool `json:"locked"`
		IsRole bool  `json:"is_role"`
	}
	global     []piece
	restricted map[string][]restriction // by schema
	members    []member                 // the roles that it has
	defaults   map[string]int           // the roles that are active from the beginning, and the fact
	shadows    []hosts                  // whose clients become another account
}

type restriction struct {
	set  set
	fact int
}

type member struct {
	role  string
	admin bool
	fact  int
}

// piece is what one grant gives: on a whole, or on one column of a table.
type piece struct {
	set    set
	column string
	proof  []int
}

// row is all that one host of a user was granted on one thing.
type row struct {
	host   hosts
	order  order
	pieces []piece
}

// order is where a row stands: by its host, its pattern of databases, and behind those that name a user where it names none.
type order struct {
	host, pattern rank
	anonymous     int
}

func (a order) compare(b order) int {
	return cmp.Or(a.host.compare(b.host), a.pattern.compare(b.pattern), a.anonymous-b.anonymous)
}

// dbRow is a row about the databases whose names match a pattern.
type dbRow struct {
	row
	pattern string
	glob    glob
}

// name is a database and a table, view or routine in it.
type name struct{ db, table string }

// server is what the facts of one server say.
type server struct {
	scope    string
	settings map[string]string
	fact     int // of the settings
	maria    bool
	accounts map[string]*account
	byUser   map[string][]*account
	dbs      map[string][]*dbRow       // by user
	tables   map[string]map[name][]row // by user
	routines map[string]map[name][]row // grants on them, by user
	objects  map[name]*object          // views and routines
	living   []*object                 // those that lead somewhere by their definer's rights
	proxies  []access.Fact
	repos    map[string]string // of a database
	unseen   []access.Fact
	public   *account
	fold     bool // names of databases and tables are compared without regard to case
	literal  bool // no wildcards in grants on databases

	databases []string          // in their order
	places    map[string]places // by repository
	out       access.Sink
	cut       bool // alternatives were left out
}

// Compile is the compiler of the system mysql.
func Compile(facts []access.Fact, wanted []access.Place, out access.Sink) {
	scopes := map[string][]access.Fact{}
	first := map[estate.Grant]bool{}
	for _, f := range slices.SortedFunc(slices.Values(facts), func(a, b access.Fact) int { return a.ID - b.ID }) {
		key := f.Grant
		key.Repository = "" // told with each of the server's repositories
		if f.System != "mysql" || first[key] {
			continue
		}
		first[key] = true
		scopes[f.Scope] = append(scopes[f.Scope], f)
	}
	for _, scope := range slices.Sorted(maps.Keys(scopes)) {
		s := gather(scope, scopes[scope])
		s.out = out
		s.choose(wanted)
		s.emit()
	}
}

// gather sorts the facts of a server. Settings come first: they say how the others are to be read.
func gather(scope string, facts []access.Fact) *server {
	s := &server{scope: scope, settings: map[string]string{}, accounts: map[string]*account{}, byUser: map[string][]*account{}, dbs: map[string][]*dbRow{}, tables: map[string]map[name][]row{},
		routines: map[string]map[name][]row{}, objects: map[name]*object{}, repos: map[string]string{}}
	for _, f := range facts {
		if f.Kind == "server" {
			s.fact = f.ID
			_ = json.Unmarshal([]byte(f.Detail), &s.settings) // what is not understood is not known
		}
	}
	s.maria = s.settings["flavour"] == "mariadb"
	s.fold = s.settings["lower_case_table_names"] != "0" && s.settings["lower_case_table_names"] != ""
	s.literal = !s.maria && s.settings["partial_revokes"] == "ON"
	for _, f := range facts {
		s.take(f)
	}
	s.finish()
	return s
}

func (s *server) account(principal string) *account {
	a := s.accounts[principal]
	if a == nil {
		user, host := principal, ""
		if at := strings.LastIndexByte(principal, '@'); at >= 0 {
			user, host = principal[:at], principal[at+1:]
		}
		a = &account{principal: principal, user: user, host: parseHosts(host)}
		a.restricted, a.defaults = map[string][]restriction{}, map[string]int{}
		s.accounts[principal] = a
	}
	return a
}

// take files one fact.
func (s *server) take(f access.Fact) {
	names := s.parseTarget(f.Target)
	p := piece{set: parsePrivileges(f.Action), proof: []int{f.ID}}
	switch f.Kind {
	case "database":
		var d struct{ Repository string }
		if json.Unmarshal([]byte(f.Detail), &d) == nil && len(names) == 1 {
			s.repos[names[0]] = d.Repository
		}
	case "account":
		a := s.account(f.Principal)
		a.facts = append(a.facts, f.ID)
		_ = json.Unmarshal([]byte(f.Detail), &a.detail) // what is not understood is not known
		a.role = a.detail.IsRole
	case "global":
		a := s.account(f.Principal)
		a.global = append(a.global, p)
	case "restriction":
		if len(names) == 1 {
			a := s.account(f.Principal)
			a.restricted[names[0]] = append(a.restricted[names[0]], restriction{p.set, f.ID})
		}
	case "member":
		a := s.account(f.Principal)
		a.members = append(a.members, member{f.Target, f.Action != "", f.ID})
	case "default_role":
		s.account(f.Principal).defaults[f.Target] = f.ID
	case "db":
		if len(names) == 1 {
			a := s.account(f.Principal)
			o := order{a.host.rank, rankOf(names[0], longestName), 0}
			if a.user == "" {
				o.anonymous = 1
			}
			r := &dbRow{row: row{a.host, o, []piece{p}}, pattern: names[0], glob: parseGlob(names[0])}
			if s.literal {
				r.glob = literal(names[0])
			}
			s.dbs[a.user] = append(s.dbs[a.user], r)
		}
	case "table", "column":
		s.onObject(s.tables, f, names, p)
	case "routine_grant":
		s.onObject(s.routines, f, names, p)
	case "proxy":
		s.proxies = append(s.proxies, f)
	case "view", "routine":
		s.object(f, names)
	case "unseen":
		s.unseen = append(s.unseen, f)
	}
}

// onObject files a grant on a table, a column or a routine.
func (s *server) onObject(to map[string]map[name][]row, f access.Fact, names []string, p piece) {
	if len(names) < 2 {
		return
	}
	if len(names) > 2 {
		p.column = names[2]
	}
	a := s.account(f.Principal)
	if to[a.user] == nil {
		to[a.user] = map[name][]row{}
	}
	n := name{names[0], names[1]}
	if f.Kind == "routine_grant" {
		n = routineName(names[0], names[1], f.Detail)
	}
	rows := to[a.user][n]
	i := slices.IndexFunc(rows, func(r row) bool { return r.host.text == a.host.text })
	if i < 0 {
		i = len(rows)
		rows = append(rows, row{host: a.host, order: order{host: a.host.rank}})
	}
	rows[i].pieces = append(rows[i].pieces, p)
	to[a.user][n] = rows
}

// parseTarget reads names in backquotes; what else stands there is passed over. Names of columns keep their case.
func (s *server) parseTarget(target string) (out []string) {
	for {
		_, rest, ok := strings.Cut(target, "`")
		if !ok {
			break
		}
		var b strings.Builder
		for {
			var part string
			if part, rest, ok = strings.Cut(rest, "`"); !ok {
				return out
			}
			b.WriteString(part)
			if !strings.HasPrefix(rest, "`") {
				break
			}
			b.WriteByte('`')
			rest = rest[1:]
		}
		out, target = append(out, b.String()), rest
	}
	if s.fold {
		for i := range min(len(out), 2) {
			out[i] = strings.ToLower(out[i])
		}
	}
	return out
}

// finish puts what was filed into its order.
func (s *server) finish() {
	for _, rows := range s.dbs {
		slices.SortStableFunc(rows, compareRows)
	}
	for _, all := range []map[string]map[name][]row{s.tables, s.routines} {
		for _, byName := range all {
			for _, rows := range byName {
				slices.SortStableFunc(rows, func(a, b row) int { return a.order.compare(b.order) })
			}
		}
	}
	s.unite()
	if slices.ContainsFunc(slices.Collect(maps.Values(s.accounts)), func(a *account) bool { return len(a.facts) > 0 }) {
		maps.DeleteFunc(s.accounts, func(_ string, a *account) bool { return len(a.facts) == 0 }) // a grant to hosts is no account
	}
	for _, p := range slices.Sorted(maps.Keys(s.accounts)) {
		a := s.accounts[p]
		s.byUser[a.user] = append(s.byUser[a.user], a)
		for _, m := range a.members {
			if r := s.accounts[m.role]; r != nil {
				r.role = true
			}
		}
	}
	if s.maria {
		s.public = s.accounts["PUBLIC@"]
	}
	for user, all := range s.byUser {
		for _, a := range all {
			s.shadow(user, a)
		}
	}
}

// unite makes one row of those that are of the same host and pattern: a server shows a login's own privileges one by one.
func (s *server) unite() {
	for user, rows := range s.dbs {
		out := rows[:0]
		for _, r := range rows {
			if n := len(out) - 1; n >= 0 && out[n].host.text == r.host.text && out[n].pattern == r.pattern {
				out[n].pieces = append(out[n].pieces, r.pieces...)
				continue
			}
			out = append(out, r)
		}
		s.dbs[user] = out
	}
}

func compareRows(a, b *dbRow) int {
	return cmp.Or(a.order.compare(b.order), strings.Compare(a.host.text, b.host.text), strings.Compare(a.pattern, b.pattern))
}

// maxHosts bounds the hosts of one user that are held against each other.
const maxHosts = 1000

// shadow finds the accounts that a client may become before this one.
func (s *server) shadow(user string, a *account) {
	if a.role || a.host.text == "" {
		return
	}
	others := s.byUser[user]
	if user != "" {
		others = append(slices.Clone(others), s.byUser[""]...)
	}
	if len(others) > maxHosts {
		others = others[:maxHosts] // a shadow that is missed makes conditions that cannot come true, and no more
	}
	for _, o := range others {
		if o != a && !o.role && o.host.rank.compare(a.host.rank) < 0 && within(a.host, o.host, s.resolved()) != no {
			a.shadows = append(a.shadows, o.host)
		}
	}
}

// resolved tells whether the server asks for the names of its clients.
func (s *server) resolved() bool { return s.settings["skip_name_resolve"] != "ON" }
