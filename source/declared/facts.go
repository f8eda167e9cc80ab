package declared

import (
	"fmt"
	"maps"
	"path/filepath"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/declared"
)

// openGraph is who interprets what is said of the nodes and edges of OpenGraph.
const openGraph = "opengraph"

// facts gives the grants of a fact that stands in the estate's file itself.
func (d *Declarations) facts(f *declared.Fact) []estate.Grant {
	s := d.said(f)
	s.Is = f.Is
	var out []estate.Grant
	add := func(kind, principal, action, target string) {
		out = append(out, estate.Grant{System: declared.System, Scope: d.scope(f), Kind: kind, Principal: principal, Action: action, Target: target, Detail: s.Detail()})
	}
	// pairs adds a fact for each of who, may and on.
	pairs := func(kind string, who, may, on []string) {
		for _, w := range who {
			for _, m := range may {
				for _, o := range on {
					add(kind, w, m, o)
				}
			}
		}
	}
	who, nothing := each(f.Who, d.principal), []string{""}
	switch f.Type {
	case "identity_provider":
		add(declared.KindProvider, f.Name, "", "")
		pairs(declared.KindAdmin, who, nothing, []string{f.Name})
	case "vendor":
		add(declared.KindVendor, f.Name, "", "")
		pairs(declared.KindHolds, []string{f.Name}, nothing, who)
		pairs(declared.KindAccess, []string{"vendor:" + f.Name}, f.May, each(f.On, d.place))
	case "help_desk":
		add(declared.KindHelpDesk, f.Name, "", "")
		pairs(declared.KindStaff, who, nothing, []string{f.Name})
		may := f.May
		if len(may) == 0 { // not said which: it may be either
			may = []string{"mfa", "password"}
		}
		pairs(declared.KindReset, []string{f.Name}, may, each(f.On, d.principal))
	case "logins":
		pairs(declared.KindLogin, who, nothing, each(f.On, d.principal))
	case "access":
		pairs(declared.KindAccess, who, f.May, each(f.On, d.place))
	case "labels", "attestation":
		add(f.Type, f.Name, "", "")
	case "control", "exposure", "system", "privileged_access", "logging", "keys":
		on := each(f.On, d.thing)
		if len(on) == 0 {
			on = nothing
		}
		pairs(f.Type, []string{f.Name}, nothing, on)
	case "same_as":
		pairs(f.Type, []string{f.Name}, nothing, each(f.On, d.place))
	case "edge_kind":
		pairs(f.Type, []string{f.Name}, f.May, nothing)
	}
	if f.Type == "same_as" || f.Type == "edge_kind" {
		for i := range out {
			out[i].System = openGraph
		}
	}
	return out
}

// governed gives the custodians, and what is in the register.
func (d *Declarations) governed() []estate.Grant {
	var out []estate.Grant
	add := func(kind, principal, target, list string, i int, is map[string]string) {
		maps.DeleteFunc(is, func(_, v string) bool { return v == "" })
		s := declared.Said{Is: is}
		out = append(out, estate.Grant{System: declared.System, Scope: declared.System, Kind: kind, Principal: principal, Target: target, Detail: s.Detail(),
			From: fmt.Sprintf("%s, %s[%d]", filepath.Base(d.path), list, i)})
	}
	for i, c := range d.e.Custodians {
		add(declared.KindCustodian, c.Name, "", "custodians", i, map[string]string{"kind": c.Kind, "since": c.Since})
	}
	for i, r := range d.e.Register {
		add(declared.KindRegistered, "", d.place(r.Repository), "register", i,
			map[string]string{"classification": r.Classification, "registered": r.Registered, "steward": r.Steward, "retention": r.Retention})
	}
	return out
}

func each(in []string, f func(string) string) []string {
	out := make([]string, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}
