package aws

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/access"
)

// ground is an account made for one row of the table: an actor with the rights that it needs, and what else must be there.
type ground struct {
	row     rise
	rights  []string // as the table has them: action@what
	service string   // that the role trusts, or the actor's ARN
	profile bool
	as      string // user or role
	member  bool   // of the group
	own     bool   // the policies that can be changed are the customer's
	denied  bool   // the actor is denied its first right
}

const victim = "role/Victim"

// minimal makes the ground on which a row has all it needs.
func minimal(row rise, needs []string) ground {
	g := ground{row: row, rights: needs, profile: true, as: "user", member: true, own: true}
	if row.services != nil {
		g.service = row.services[0]
	}
	if strings.Contains(strings.Join(needs, " "), "RolePolicy@me") {
		g.as = "role"
	}
	return g
}

func (g *ground) actor() string {
	if g.as == "role" {
		return "role/Mallory"
	}
	return "mallory"
}

// account builds it.
func (g *ground) account() m {
	var statements []m
	for _, n := range g.rights {
		action, on, _ := strings.Cut(n, "@")
		s := allow(action, "*")
		switch on {
		case "role":
			s["Resource"] = arnOf(victim)
		case "user":
			s["Resource"] = arnOf("victim")
		case "me":
			s["Resource"] = arnOf(g.actor())
		case "group", "any_group":
			s["Resource"] = arnOf("group/Staff")
		case "mine", "its":
			s["Resource"] = "arn:aws:iam::" + acct + ":policy/Own"
		}
		if action == "pass" {
			s["Action"] = "iam:PassRole"
			s["Condition"] = m{"StringEquals": m{"iam:PassedToService": g.row.services[0]}}
		}
		statements = append(statements, s)
	}
	if g.denied {
		action, _, _ := strings.Cut(strings.Replace(g.rights[0], "pass@", "iam:PassRole@", 1), "@")
		statements = append(statements, deny(action, "*"))
	}
	if len(statements) == 0 {
		statements = append(statements, allow("ec2:DescribeVpcs", "*"))
	}
	attached := []m{{"PolicyName": "Own", "PolicyArn": "arn:aws:iam::" + acct + ":policy/Own"}}
	if !g.own {
		attached = []m{{"PolicyName": "AmazonS3ReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}}
	}
	trust := trusts(m{"Service": "config.amazonaws.com"})
	if g.row.services != nil {
		trust = trusts(m{"Service": g.service})
	} else if g.row.about("role") && g.service != "nobody" && slices.ContainsFunc(g.row.needs, assumes) {
		trust = trusts(m{"AWS": acct})
	}
	target := with(role("Victim", trust, policyOf(allow("s3:GetObject", objects))), "AttachedManagedPolicies", attached)
	if g.profile {
		target["InstanceProfileList"] = []m{{"Arn": "arn:aws:iam::" + acct + ":instance-profile/Victim"}}
	}
	a := m{"Buckets": m{"lake": m{}}, "ServiceControlPolicies": [][]m{}, "ResourceControlPolicies": [][]m{}, "UserDetailList": []m{user("victim", policyOf(allow("s3:GetObject", objects)))},
		"GroupDetailList": []m{group("Staff", policyOf(allow("s3:ListBucket", "*")))}, "Policies": managedOf("Own", policyOf(allow("ec2:DescribeVpcs", "*")))}
	actor := user("mallory", policyOf(statements...))
	if g.as == "role" {
		actor = role("Mallory", trusts(m{"Service": "config.amazonaws.com"}), policyOf(statements...))
	}
	if g.row.about("mine") {
		actor["AttachedManagedPolicies"] = attached
	}
	if g.member {
		actor["GroupList"] = []string{"Staff"}
	}
	roles := []m{target}
	if g.as == "role" {
		delete(actor, "GroupList")
		roles = append(roles, actor)
	} else {
		a["UserDetailList"] = append(a["UserDetailList"].([]m), actor)
	}
	a["RoleDetailList"] = roles
	return a
}

func assumes(n need) bool { return n.action.String() == "sts:AssumeRole" }

// ways gives the words of the ways that lead the actor on, by the table.
func (g *ground) ways(t *testing.T) (out []string) {
	got := compile(t, g.account())
	for _, e := range got.edges {
		if e.From == arnOf(g.actor()) && e.Layer == access.Escalation && e.Right == access.Become && e.Verb != "may assume" {
			out = append(out, e.Verb)
		}
	}
	return out
}

// rows reads the table with its needs as they are written.
func rows(t *testing.T) ([]rise, [][]string) {
	t.Helper()
	table, err := paths(escalationText)
	if err != nil {
		t.Fatal(err)
	}
	needs := make([][]string, len(table))
	for i, row := range table {
		for _, n := range row.needs {
			text := n.action.String()
			if n.pass {
				text = "pass"
			}
			if n.on != "" {
				text += "@" + n.on
			}
			needs[i] = append(needs[i], text)
		}
	}
	return table, needs
}

// TestEscalations finds every way on an account that has what it needs and no more, and none where any one of these is missing.
func TestEscalations(t *testing.T) {
	table, needs := rows(t)
	for i, row := range table {
		t.Run(row.id, func(t *testing.T) {
			whole := minimal(row, needs[i])
			if got := whole.ways(t); !slices.Contains(got, row.doing) {
				t.Fatalf("not found: %q", got)
			}
			for name, twin := range twins(whole) {
				for _, verb := range twin.ways(t) {
					n := slices.IndexFunc(table, func(r rise) bool { return r.doing == verb })
					left := func(need string) bool { return !slices.Contains(twin.rights, need) }
					if verb == row.doing || slices.ContainsFunc(needs[n], left) {
						t.Errorf("%s: found %q all the same", name, verb)
					}
				}
			}
		})
	}
}

// twins are the hardened twins of a ground: each lacks one thing.
func twins(g ground) map[string]ground {
	out := map[string]ground{}
	twin := func(name string, change func(*ground)) {
		x := g
		x.rights = slices.Clone(g.rights)
		change(&x)
		out[name] = x
	}
	for i := range g.rights {
		twin("without "+g.rights[i], func(x *ground) { x.rights = slices.Delete(x.rights, i, i+1) })
	}
	twin("denied", func(x *ground) { x.denied = true })
	all := strings.Join(g.rights, " ")
	if g.row.services != nil || strings.Contains(all, "sts:AssumeRole") {
		twin("another trust", func(x *ground) { x.service = "nobody" })
	}
	if g.row.services != nil {
		twin("another service", func(x *ground) { x.service = "config.amazonaws.com" })
	}
	if g.row.profile {
		twin("no profile", func(x *ground) { x.profile = false })
	}
	if strings.Contains(all, "@group") {
		twin("no member", func(x *ground) { x.member = false })
	}
	if strings.Contains(all, "@mine") || strings.Contains(all, "@its") {
		twin("policies of AWS", func(x *ground) { x.own = false })
	}
	return out
}

// TestEscalationsAreThePublishedOnes holds the table against the catalogue that it was made from: each way takes the same actions, and the one
// that is missing is to assume a role, which needs no row.
func TestEscalationsAreThePublishedOnes(t *testing.T) {
	dir := os.Getenv("CHARTROOM_SHARED")
	if dir == "" {
		dir = "../../../shared"
	}
	text, err := os.ReadFile(filepath.Join(dir, "access/pathfinding-Apache2/paths.json"))
	if err != nil {
		t.Skip("skipped: the catalogue is not here")
	}
	var published []struct {
		ID          string
		Permissions struct {
			Required []struct{ Permission string }
		}
	}
	if err := json.Unmarshal(text, &published); err != nil {
		t.Fatal(err)
	}
	table, _ := rows(t)
	for _, p := range published {
		i := slices.IndexFunc(table, func(r rise) bool { return r.source == p.ID })
		if i < 0 {
			if p.ID != "sts-001" {
				t.Errorf("%s has no row", p.ID)
			}
			continue
		}
		var want, got []string
		for _, r := range p.Permissions.Required {
			want = append(want, r.Permission)
		}
		for _, n := range table[i].needs {
			got = append(got, n.action.String())
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Errorf("%s takes %q, and the row %s %q", p.ID, want, table[i].id, got)
		}
	}
}
