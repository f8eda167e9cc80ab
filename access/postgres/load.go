package postgres

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/access"
)

// roleDetail is the Detail of a fact of kind role. What is nil is not known.
type roleDetail struct {
	Superuser   bool   `json:"superuser"`
	Inherit     *bool  `json:"inherit"`
	CreateRole  bool   `json:"createrole"`
	Login       bool   `json:"login"`
	Replication bool   `json:"replication"`
	BypassRLS   bool   `json:"bypassrls"`
	Connections string `json:"connections"`
	ValidUntil  string `json:"valid_until"`
}

// inherits tells whether a role inherits by itself: not known counts as yes.
func (r roleDetail) inherits() bool { return r.Inherit == nil || *r.Inherit }

// unite adds what was seen at another moment: a power that was seen once is believed.
func (r *roleDetail) unite(o roleDetail) {
	if o.Inherit != nil && (*o.Inherit || r.Inherit == nil) {
		r.Inherit = o.Inherit
	}
	r.Superuser, r.CreateRole, r.Login = r.Superuser || o.Superuser, r.CreateRole || o.CreateRole, r.Login || o.Login
	r.Replication, r.BypassRLS = r.Replication || o.Replication, r.BypassRLS || o.BypassRLS
	r.Connections, r.ValidUntil = max(r.Connections, o.Connections), max(r.ValidUntil, o.ValidUntil)
}

// detail is what the Details of all other kinds hold.
type detail struct {
	Version      string `json:"version"`
	LoCompat     bool   `json:"lo_compat"`
	Admin        bool   `json:"admin"`
	Inherit      *bool  `json:"inherit"`
	Set          *bool  `json:"set"`
	Grantor      string `json:"grantor"`
	Grantable    string `json:"grantable"`
	Open         bool   `json:"open"`
	Default      bool   `json:"default"`
	On           string `json:"on"`
	Schema       string `json:"schema"`
	Column       string `json:"column"`
	Type         string `json:"type"`
	Security     bool   `json:"row_security"`
	Forced       bool   `json:"forced"`
	Invoker      bool   `json:"invoker"`
	Server       string `json:"server"`
	Parent       string `json:"parent"`
	ParentSchema string `json:"parent_schema"`
	Base         string `json:"base"`
	BaseSchema   string `json:"base_schema"`
	Name         string `json:"name"`
	Permissive   bool   `json:"permissive"`
	Definer      bool   `json:"definer"`
}

// unseen is something that the collector could not read, or the compiler not understand.
type unseen struct{ repository, text string }

// loader fills a model.
type loader struct {
	*Server
	seen map[string]bool // facts of the whole server that were taken
}

// load makes the model of a server. The facts are in the order of their numbers.
func load(scope string, facts []access.Fact) *Server {
	s := &Server{scope: scope, byName: map[string]int{}, databases: map[string]*Database{}, foreign: map[string]string{}, cache: map[closure]set{}}
	l := &loader{s, map[string]bool{}}
	details := make([]detail, len(facts))
	var roles []string
	for i, f := range facts {
		if f.Detail != "" && f.Kind != "role" && json.Unmarshal([]byte(f.Detail), &details[i]) != nil {
			s.unseen = append(s.unseen, unseen{f.Repository, "a fact of kind " + f.Kind + " is not understood"})
		}
		for _, name := range []string{f.Principal, memberOf(f)} {
			if name != "" && f.Kind != "hba" {
				roles = append(roles, name)
			}
		}
	}
	slices.Sort(roles)
	s.roles, s.byName["public"] = append(s.roles, role{name: "public"}), Public
	for _, name := range slices.Compact(roles) {
		if name != "public" {
			s.byName[name] = len(s.roles)
			s.roles = append(s.roles, role{name: name})
		}
	}
	for pass := range len(passes) { // an object before what is said of it
		for i, f := range facts {
			if take := passes[pass][f.Kind]; take != nil {
				take(l, f, &details[i])
			}
		}
	}
	return s
}

func memberOf(f access.Fact) string {
	if f.Kind == "member" {
		return f.Target
	}
	return ""
}

// passes take the facts by their kinds. What a kind refers to comes in a pass before it.
var passes = [...]map[string]func(*loader, access.Fact, *detail){
	{"server": (*loader).takeServer, "role": (*loader).takeRole, "database": (*loader).takeDatabase, "unseen": (*loader).takeUnseen},
	{"member": (*loader).takeMember, "schema": (*loader).takeSchema, "relation": (*loader).takeRelation, "function": (*loader).takeFunction,
		"large_object": (*loader).takeBlob, "foreign_server": (*loader).takeForeign},
	{"acl": (*loader).takeItem, "policy": (*loader).takePolicy, "inherits": (*loader).takeInherits, "reads": (*loader).takeReads},
}

// once tells whether a fact of the whole server is new.
func (l *loader) once(parts ...string) bool {
	k := strings.Join(parts, "\x00")
	if l.seen[k] {
		return false
	}
	l.seen[k] = true
	return true
}

// at gives the database of the repository that a fact is of.
func (l *loader) at(f access.Fact) *Database {
	last := f.Repository[strings.LastIndexByte(f.Repository, '/')+1:]
	name, err := url.PathUnescape(last)
	if err != nil {
		name = last
	}
	d := l.named(name)
	d.repository = f.Repository
	return d
}

func (l *loader) named(name string) *Database {
	d := l.databases[name]
	if d == nil {
		d = &Database{object: object{name: name, owner: -1}, server: l.Server, open: true, schemas: map[string]*object{}, relations: map[string]*relation{},
			functions: map[string]*function{}, blobs: map[string]*object{}}
		l.databases[name] = d
	}
	return d
}

func (l *loader) takeServer(f access.Fact, d *detail) {
	v, _ := strconv.Atoi(d.Version)
	l.version, l.loCompat = max(l.version, v), l.loCompat || d.LoCompat
	if l.fact == 0 {
		l.fact = f.ID
	}
}

func (l *loader) takeRole(f access.Fact, _ *detail) {
	r := &l.roles[l.byName[f.Principal]]
	var d roleDetail
	if json.Unmarshal([]byte(f.Detail), &d) != nil {
		l.unseen = append(l.unseen, unseen{f.Repository, "the attributes of a role are not understood"})
	}
	if r.fact == 0 {
		r.fact, r.attr = f.ID, d
		return
	}
	r.attr.unite(d)
}

func (l *loader) takeDatabase(f access.Fact, d *detail) {
	if !l.once("database", f.Target) {
		return
	}
	db := l.named(f.Target)
	db.owner, db.fact, db.builtin, db.open = l.byName[f.Principal], f.ID, d.Default, d.Open
}

func (l *loader) takeUnseen(f access.Fact, _ *detail) {
	l.unseen = append(l.unseen, unseen{f.Repository, f.From + " could not be read (" + f.Why + ")"})
}

// takeMember takes a membership. Before version 16 the member's attribute says whether it inherits, and SET ROLE is always possible.
func (l *loader) takeMember(f access.Fact, d *detail) {
	if !l.once("member", f.Principal, f.Target, d.Grantor) {
		return
	}
	m, of := l.byName[f.Principal], l.byName[f.Target]
	link := membership{fact: f.ID, admin: d.Admin, inherit: l.roles[m].attr.inherits(), set: d.Set == nil || *d.Set}
	if d.Inherit != nil {
		link.inherit = *d.Inherit
	}
	link.role = of
	l.roles[m].up = append(l.roles[m].up, link)
	link.role = m
	l.roles[of].down = append(l.roles[of].down, link)
}

func (l *loader) object(f access.Fact, d *detail) object {
	return object{name: f.Target, schema: d.Schema, owner: l.byName[f.Principal], fact: f.ID, builtin: d.Default}
}

func (l *loader) takeSchema(f access.Fact, d *detail) {
	o := l.object(f, d)
	l.at(f).schemas[f.Target] = &o
}

func (l *loader) takeRelation(f access.Fact, d *detail) {
	kind := byte('r')
	if d.Type != "" {
		kind = d.Type[0]
	}
	l.at(f).relations[key(d.Schema, f.Target)] = &relation{object: l.object(f, d), kind: kind, security: d.Security, forced: d.Forced, invoker: d.Invoker, server: d.Server}
}

func (l *loader) takeFunction(f access.Fact, d *detail) {
	l.at(f).functions[key(d.Schema, f.Target)] = &function{object: l.object(f, d), definer: d.Definer}
}

func (l *loader) takeBlob(f access.Fact, d *detail) {
	o := l.object(f, d)
	l.at(f).blobs[f.Target] = &o
}

func (l *loader) takeForeign(f access.Fact, _ *detail) { l.foreign[f.Target] = f.Repository }

// takeItem takes an entry of an access list. One of an object that was not seen is told as a doubt.
func (l *loader) takeItem(f access.Fact, d *detail) {
	var o *object
	switch d.On {
	case "database":
		if !l.once("acl", f.Target, f.Principal, d.Grantor) {
			return
		}
		o = &l.named(f.Target).object
	case "schema":
		o = l.at(f).schemas[f.Target]
	case "relation":
		if r := l.at(f).relations[key(d.Schema, f.Target)]; r != nil {
			o = &r.object
		}
	case "function":
		if r := l.at(f).functions[key(d.Schema, f.Target)]; r != nil {
			o = &r.object
		}
	case "large_object":
		o = l.at(f).blobs[f.Target]
	}
	if o == nil {
		l.unseen = append(l.unseen, unseen{f.Repository, "an access list names " + f.Target + ", which was not seen itself"})
		return
	}
	o.list = append(o.list, item{grantee: l.byName[f.Principal], rights: parse(f.Action), grantable: parse(d.Grantable), column: d.Column, fact: f.ID})
}

// takePolicy takes a policy that lets rows through. Restrictive ones only take away, and what they take is not known.
func (l *loader) takePolicy(f access.Fact, d *detail) {
	if r := l.at(f).relations[key(d.Schema, f.Target)]; r != nil && d.Permissive {
		r.policies = append(r.policies, policy{d.Name, f.Action, l.byName[f.Principal], f.ID})
	}
}

func (l *loader) takeInherits(f access.Fact, d *detail) {
	db := l.at(f)
	child, parent := db.relations[key(d.Schema, f.Target)], db.relations[key(d.ParentSchema, d.Parent)]
	if child != nil && parent != nil {
		parent.children = append(parent.children, link{child, f.ID})
	}
}

func (l *loader) takeReads(f access.Fact, d *detail) {
	db := l.at(f)
	if view, base := db.relations[key(d.Schema, f.Target)], db.relations[key(d.BaseSchema, d.Base)]; view != nil && base != nil {
		view.bases = append(view.bases, link{base, f.ID})
	}
}
