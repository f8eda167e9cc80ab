package declared

import (
	"slices"
	"strings"
)

// Need tells whether a part of a fact must be there.
type Need uint8

// The needs.
const (
	Never Need = iota
	May
	Must
)

// Type is a type of facts, and what a fact of it is made of.
type Type struct {
	Name string
	File string // what its file is; "" = it has none
	Many bool   // the file can be left out, and who, may and on say one fact instead
	// Beside: what stands in the fact itself may stand beside a file.
	Beside bool
	Who    Need
	Does   Need     // what stands under may
	Can    []string // the words that may can have; nil = any
	On     Need
}

// rights are what one may do with a repository.
var rights = []string{"read", "write", "admin", "key"}

// types are all types of facts.
var types = []Type{
	{Name: "identity_provider", Who: May},
	{Name: "users", File: "a CSV of accounts of people"},
	{Name: "service_accounts", File: "a CSV of accounts of machines"},
	{Name: "groups", File: "a CSV of groups and their members"},
	{Name: "oauth_apps", File: "a CSV of apps, and of what was granted to them"},
	{Name: "logins", File: "a CSV of who logs in as whom", Many: true, Who: Must, On: Must},
	{Name: "access", File: "a CSV of who may do what with which repository", Many: true, Who: Must, Does: Must, Can: rights, On: Must},
	{Name: "vendor", Who: May, Does: May, Can: rights, On: May},
	{Name: "help_desk", Who: May, Does: May, Can: []string{"password", "mfa"}, On: May},
	{Name: "control", On: May},
	{Name: "exposure", On: May},
	{Name: "front_door", File: "what the element says of itself: OpenAPI, a CapabilityStatement, smart-configuration, a profile of Salesforce", Many: true, Beside: true, On: May},
	{Name: "settings", File: "a CSV with a row for each account, system, store or vendor, and a column for each fact that playbooks ask for"},
	{Name: "app_assignments", File: "a CSV of who may open which app by an identity provider"},
	{Name: "system", On: May},
	{Name: "attestation"},
	{Name: "labels"},
	{Name: "privileged_access", Who: May, On: Must},
	{Name: "logging", On: Must},
	{Name: "keys", On: Must},
	{Name: "graph", File: "a file of BloodHound OpenGraph"},
	{Name: "aws_account", File: "a file of an AWS account, as aws iam get-account-authorization-details writes it"},
	{Name: "same_as", On: Must},
	{Name: "edge_kind", Does: Must, Can: append([]string{"become", "none"}, rights...)},
}

// Types gives all types of facts.
func Types() []Type { return types }

// TypeOf finds a type by its name.
func TypeOf(name string) (Type, bool) {
	i := slices.IndexFunc(types, func(t Type) bool { return t.Name == name })
	if i < 0 {
		return Type{}, false
	}
	return types[i], true
}

func typeNames() string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = t.Name
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
