package declared

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
)

// scopesCSV says what OAuth scopes give of data: none, read, write (which is read as well), admin (who may what), or act: all that the
// account can do that granted it.
//
//go:embed scopes.csv
var scopesCSV []byte

// scopeTable is what the scopes that are known give.
type scopeTable map[string]string

func readScopes() scopeTable {
	t := scopeTable{}
	rows, _ := csv.NewReader(bytes.NewReader(scopesCSV)).ReadAll() // a test reads it whole
	for _, r := range rows[1:] {
		t[r[0]] = r[1]
	}
	return t
}

// reach is what an app's scopes come to.
type reach struct {
	rights    []access.Right
	act       bool   // it can do whatever the account can
	condition string // what is not known of it
}

// reach joins what scopes give. One that is not known may give reading: it is never taken for nothing.
func (t scopeTable) reach(scopes []string) reach {
	if len(scopes) == 0 {
		return reach{rights: []access.Right{access.Read}, condition: "its scopes are not declared"}
	}
	var r reach
	var unknown []string
	give := func(rights ...access.Right) {
		for _, g := range rights {
			if !slices.Contains(r.rights, g) {
				r.rights = append(r.rights, g)
			}
		}
	}
	for _, s := range scopes {
		s = strings.ToLower(s)
		gives, known := t[s]
		if !known {
			gives = smart(s)
		}
		switch gives {
		case "none":
		case "read":
			give(access.Read)
		case "write":
			give(access.Read, access.Write)
		case "admin":
			give(access.Admin)
		case "act":
			r.act = true
			give(access.Read, access.Write)
		default:
			unknown = append(unknown, s)
		}
	}
	slices.Sort(r.rights)
	if len(unknown) > 0 && !slices.Contains(r.rights, access.Read) {
		r.rights = append([]access.Right{access.Read}, r.rights...)
		r.condition = "what the scope " + unknown[0] + " gives is not known"
	}
	return r
}

// smart reads a scope of a SMART app (SMART App Launch 2.2, "Scopes for requesting clinical data"): patient/*.read,
// system/Observation.rs?category=laboratory. "" = it is none.
func smart(scope string) string {
	context, rest, ok := strings.Cut(scope, "/")
	if !ok || context != "patient" && context != "user" && context != "system" {
		return ""
	}
	rest, _, _ = strings.Cut(rest, "?")
	at := strings.LastIndexByte(rest, '.')
	if at < 1 {
		return ""
	}
	switch p := rest[at+1:]; {
	case p == "write" || p == "*":
		return "write"
	case p == "read":
		return "read"
	case p == "" || strings.Trim(p, "cruds") != "":
		return ""
	case strings.ContainsAny(p, "cud"):
		return "write"
	}
	return "read"
}
