package declared

import (
	"slices"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/declared"
)

// rows turns the rows of one file into grants.
type rows struct {
	*table
	d        *Declarations
	fact     *declared.Fact
	scope    string
	common   declared.Said // what every fact of the file says
	mistakes []mistake     // of the row
}

// read reads a cell. One that does not fit is a mistake of the row, which is told, and says nothing.
func (r *rows) read(column string, parse func(string) (string, error)) string {
	text, place := r.cell(column)
	v, err := parse(text)
	if err != nil {
		r.mistake(place, column+": "+err.Error())
	}
	return v
}

func (r *rows) text(column string) string {
	v, _ := r.cell(column)
	return v
}

func (r *rows) mistake(place int, text string) {
	line, column := r.rows.FieldPos(place)
	r.mistakes = append(r.mistakes, mistake{line + r.skip, column, text})
}

// grants gives what a row says. A row without what it is about is a mistake.
func (r *rows) grants() []estate.Grant {
	switch layoutOf(r.fact.Type) {
	case "users":
		return r.account()
	case "groups":
		return r.member()
	case "oauth_apps":
		return r.app()
	case "logins":
		return r.login()
	case "app_assignments":
		return r.assignment()
	case "settings":
		return r.settings()
	}
	return r.access()
}

// said is what every fact of the file says, with what the row has of the columns that many types share.
func (r *rows) said() declared.Said {
	s := r.common
	if c := r.text("custodian"); c != "" {
		s.Custodian = c
	}
	s.Condition, s.Owner, s.Vendor = r.text("condition"), r.text("owner"), r.text("vendor")
	s.Expires = r.read("expires", day)
	if s.Expires == never {
		s.Expires = ""
	}
	s.Enabled = r.read("enabled", enabled)
	if off := not(r.read("disabled", yes)); off == "no" || s.Enabled == "" {
		s.Enabled = off
	}
	return s
}

// one makes the grant of a row.
func (r *rows) one(kind, principal, action, target string, s declared.Said) []estate.Grant {
	return []estate.Grant{{System: declared.System, Scope: r.scope, Kind: kind, Principal: principal, Action: action, Target: target, Detail: s.Detail()}}
}

func (r *rows) account() []estate.Grant {
	names := r.all("id")
	if len(names) == 0 {
		r.mistake(0, "the account has no name")
		return nil
	}
	s := r.said()
	s.Aliases = slices.Sorted(slices.Values(names[1:]))
	s.Name = r.text("name")
	s.MFA, s.LastUsed, s.Admin = r.read("mfa", mfa), r.read("last_login", day), r.read("admin", admin)
	s.Shared, s.BreakGlass = r.read("shared", yes), r.read("break_glass", yes)
	groups, _ := r.cell("groups")
	s.Groups = list(groups)
	slices.Sort(s.Groups)
	if p := r.text("provider"); p != "" {
		s.Idp = outside(p)
	}
	kind := declared.KindUser
	if r.fact.Type == "service_accounts" {
		kind = declared.KindService
	}
	switch k := key(r.text("kind")); {
	case strings.Contains(k, "service") || strings.Contains(k, "machine") || strings.Contains(k, "workload"):
		kind = declared.KindService
	case k == "guest": // another organisation's provider logs them in
		s.Idp = "no"
	}
	return r.one(kind, names[0], "", "", s)
}

// outside reads who logs an account in: a provider, or nobody but the system itself.
func outside(provider string) string {
	switch key(provider) {
	case "no", "none", "local", "outside", "password":
		return "no"
	}
	return provider
}

func (r *rows) member() []estate.Grant {
	group := r.text("group")
	if group == "" {
		r.mistake(0, "the group has no name")
		return nil
	}
	s := r.said()
	member := r.text("member")
	if member == "" {
		return r.one(declared.KindGroup, group, "", "", s)
	}
	switch k := key(r.text("kind")); {
	case strings.Contains(k, "group"):
		s.Member = "group"
	case strings.Contains(k, "service"):
		s.Member = "service"
	case k == "user" || k == "member" || k == "guest":
		s.Member = "user"
	}
	return r.one(declared.KindMember, member, "", group, s)
}

func (r *rows) app() []estate.Grant {
	app := r.text("app")
	if app == "" {
		app = r.text("client_id")
	}
	if app == "" {
		r.mistake(0, "the app has no name")
		return nil
	}
	s := r.said()
	if id := r.text("client_id"); id != app && id != "" {
		s.Aliases = []string{id}
	}
	s.Scopes = scopes(r.text("scopes"))
	s.GrantedBy = r.text("granted_by")
	switch key(r.text("consent_type") + s.GrantedBy) {
	case "allprincipals", "admin", "adminconsent", "all", "allusers", "everyone":
		s.GrantedBy = "everyone"
	}
	s.LastUsed, s.Tokens, s.System = r.read("last_used", day), r.text("tokens"), r.text("system")
	var out []estate.Grant
	for _, on := range list(r.text("repository")) {
		out = append(out, r.one(declared.KindApp, app, "", r.d.place(on), s)...)
	}
	if out == nil {
		out = r.one(declared.KindApp, app, "", "", s)
	}
	return out
}

func (r *rows) login() []estate.Grant {
	who, as := r.text("who"), r.text("as")
	if who == "" || as == "" {
		r.mistake(0, "who or as is empty")
		return nil
	}
	return r.one(declared.KindLogin, r.d.principal(who), "", r.d.principal(as), r.said())
}

// settings tells of one account, system, store or vendor what stands in the columns of facts. Only words of facts are read: whatever else
// a cell holds stays in the file.
func (r *rows) settings() []estate.Grant {
	on := r.text("on")
	if on == "" {
		r.mistake(0, "on is empty")
		return nil
	}
	s := r.common
	s.Is = map[string]string{}
	for i, fact := range r.facts {
		if fact == "" || i >= len(r.row) {
			continue
		}
		v, err := setting(clean(r.row[i]))
		if err != nil {
			r.mistake(i, fact+": "+err.Error())
		} else if v != "" {
			s.Is[fact] = v
		}
	}
	if len(s.Is) == 0 {
		return nil
	}
	name := r.fact.Name
	if name == "" {
		name = "settings"
	}
	return r.one(declared.KindExposure, name, "", r.d.thing(on), s)
}

func (r *rows) assignment() []estate.Grant {
	who, app := r.text("who"), r.text("app")
	if who == "" || app == "" {
		r.mistake(0, "who or app is empty")
		return nil
	}
	if kind := key(r.text("kind")); strings.Contains(kind, "group") && !strings.Contains(who, ":") {
		who = "group:" + who
	}
	return r.one(declared.KindAssigned, who, "", app, r.said())
}

func (r *rows) access() []estate.Grant {
	who, on := r.text("who"), r.text("on")
	if who == "" || on == "" {
		r.mistake(0, "who or on is empty")
		return nil
	}
	var out []estate.Grant
	text, place := r.cell("may")
	for _, w := range list(text) {
		rights := rightsOf(w)
		if rights == nil {
			r.mistake(place, "may: read, write, admin or key belongs here")
		}
		for _, right := range rights {
			out = append(out, r.one(declared.KindAccess, r.d.principal(who), right, r.d.place(on), r.said())...)
		}
	}
	if text == "" {
		r.mistake(0, "may is empty")
	}
	return out
}

// rightsOf reads what somebody may do, in the words of common stores of files; nil = not understood.
func rightsOf(word string) []string {
	switch key(word) {
	case "read", "reader", "view", "viewer", "download", "readonly", "r":
		return []string{"read"}
	case "write", "writer", "upload", "w":
		return []string{"write"}
	case "edit", "editor", "contributor", "modify", "readwrite", "rw":
		return []string{"read", "write"}
	case "admin", "owner", "coowner", "fullcontrol", "full", "manage", "manager":
		return []string{"admin", "read", "write"}
	case "key", "decrypt":
		return []string{"key"}
	}
	return nil
}
