package aws

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source/iam"
)

// told is what the compiler tells.
type told struct {
	nodes  map[string]access.Node
	edges  []access.Edge
	doubts []access.Doubt
}

func (t *told) Node(n access.Node)   { t.nodes[n.ID] = n }
func (t *told) Edge(e access.Edge)   { t.edges = append(t.edges, e) }
func (t *told) Doubt(d access.Doubt) { t.doubts = append(t.doubts, d) }

// m is a JSON object.
type m = map[string]any

// acct is the account of the tests, and other one that is not collected.
const (
	acct  = "111122223333"
	other = "444455556666"
)

// policyOf makes a policy of statements.
func policyOf(statements ...m) m { return m{"Version": "2012-10-17", "Statement": statements} }

func allow(action, resource any) m {
	return m{"Effect": "Allow", "Action": action, "Resource": resource}
}

func deny(action, resource any) m {
	return m{"Effect": "Deny", "Action": action, "Resource": resource}
}

// with adds an element to a statement.
func with(s m, name string, v any) m {
	out := m{name: v}
	for k, x := range s {
		out[k] = x
	}
	return out
}

func user(name string, inline ...m) m {
	list := []m{}
	for i, p := range inline {
		list = append(list, m{"PolicyName": name + string(rune('A'+i)), "PolicyDocument": p})
	}
	return m{"Arn": "arn:aws:iam::" + acct + ":user/" + name, "UserName": name, "UserPolicyList": list}
}

func role(name string, trust m, inline ...m) m {
	u := user(name, inline...)
	return m{"Arn": "arn:aws:iam::" + acct + ":role/" + name, "RoleName": name, "RolePolicyList": u["UserPolicyList"], "AssumeRolePolicyDocument": trust}
}

func trusts(principal any) m {
	return policyOf(m{"Effect": "Allow", "Principal": principal, "Action": []string{"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"}})
}

// facts reads an account's file as the collector does.
func facts(t testing.TB, id string, account m) (out []access.Fact) {
	t.Helper()
	text, err := json.Marshal(account)
	path := filepath.Join(t.TempDir(), "account.json")
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	err = iam.New(path, id, "Lakeside Clinics").Grants(t.Context(), func(g estate.Grant) error {
		out = append(out, access.Fact{ID: len(out) + 1, Grant: g})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// compile compiles an account, for a bucket "lake".
func compile(t testing.TB, account m) *told {
	t.Helper()
	return compileAs(t, acct, account, "s3://lake")
}

func compileAs(t testing.TB, id string, account m, places ...string) *told {
	t.Helper()
	out := &told{nodes: map[string]access.Node{}}
	var wanted []access.Place
	for _, p := range places {
		wanted = append(wanted, access.Place{Repository: p})
	}
	Compile(facts(t, id, account), wanted, out)
	for _, e := range out.edges {
		if _, ok := out.nodes[e.From]; !ok {
			t.Errorf("the edge %s %s %s begins nowhere", e.From, e.Verb, e.To)
		}
		if _, ok := out.nodes[e.To]; !ok {
			t.Errorf("the edge %s %s %s ends nowhere", e.From, e.Verb, e.To)
		}
		for _, p := range e.Proof {
			if p < 1 {
				t.Errorf("the edge %s %s %s has the proof %d", e.From, e.Verb, e.To, p)
			}
		}
	}
	return out
}

// may tells how somebody can do something with a place, now or by escalation: yes, maybe: and the conditions, or no.
func (t *told) may(from string, right access.Right, to string, layer access.Layer) string {
	best := "no"
	var walk func(id, condition string, seen []string)
	walk = func(id, condition string, seen []string) {
		for _, e := range t.edges {
			if e.From != id || e.Layer > layer || slices.Contains(seen, e.To) {
				continue
			}
			words := joined(condition, e.Condition)
			switch {
			case e.Right == right && e.To == to && words == "":
				best = "yes"
			case e.Right == right && e.To == to:
				if best == "no" {
					best = "maybe: " + words
				}
			case e.Right == access.Become:
				walk(e.To, words, append(seen, id))
			}
		}
	}
	walk(from, "", nil)
	return best
}

// placeOf gives the most specific place that an object belongs to.
func (t *told) placeOf(repository, key string) string {
	best := access.Place{Repository: repository}
	for _, n := range t.nodes {
		p := n.Place
		if p.Repository == repository && len(p.Path) > len(best.Path) && (p.Path == key || strings.HasSuffix(p.Path, "/") && strings.HasPrefix(key, p.Path)) {
			best = p
		}
	}
	if best.Path == "" {
		return repository
	}
	return repository + "/" + best.Path
}

// doubt tells whether a doubt holds a text.
func (t *told) doubt(text string) bool {
	return slices.ContainsFunc(t.doubts, func(d access.Doubt) bool { return strings.Contains(d.Detail, text) })
}

func arnOf(name string) string {
	switch {
	case strings.HasPrefix(name, "aws#") || strings.Contains(name, ":"):
		return name
	case strings.HasPrefix(name, "role/"), strings.HasPrefix(name, "group/"):
		return "arn:aws:iam::" + acct + ":" + name
	}
	return "arn:aws:iam::" + acct + ":user/" + name
}
