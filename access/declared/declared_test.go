package declared

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/declared"
	source "github.com/chartroom/chartroom/source/declared"
)

// notes takes what a compiler finds, and writes it as lines.
type notes struct {
	nodes  map[string]access.Node
	edges  []access.Edge
	doubts []string
}

func (n *notes) Node(x access.Node)   { n.nodes[x.ID] = x }
func (n *notes) Edge(e access.Edge)   { n.edges = append(n.edges, e) }
func (n *notes) Doubt(d access.Doubt) { n.doubts = append(n.doubts, d.Detail) }

func (n *notes) lines() []string {
	var out []string
	for _, e := range n.edges {
		line := fmt.Sprintf("%s %s %s (%s, %s)", e.From, e.Verb, e.To, e.Right, e.Layer)
		if e.Condition != "" {
			line += " if " + e.Condition
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

// told gives the facts of an estate with files.
func told(t testing.TB, e declared.Estate, files map[string]string) (out []access.Fact) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	err := source.New(&e, filepath.Join(dir, "estate.yaml")).Grants(context.Background(), func(g estate.Grant) error {
		out = append(out, access.Fact{ID: len(out) + 1, Grant: g})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func compiled(facts []access.Fact, day string, places ...string) *notes {
	n := &notes{nodes: map[string]access.Node{}}
	var at []access.Place
	for _, p := range places {
		repository, path, _ := strings.Cut(p, "!")
		at = append(at, access.Place{Repository: repository, Path: path})
	}
	On(day)(facts, at, n)
	return n
}

// TestLakeside is the story of an archive outside the acquirer's governance: who reaches it, by what is only declared.
func TestLakeside(t *testing.T) {
	e := declared.Estate{
		Targets: []declared.Target{{Name: "archive", URL: "s3://lakeside-archive?region=us-west-2"}, {Name: "ehr", URL: "postgres://chartroom@ehr.meridian.example/portal"}},
		Facts: []declared.Fact{
			{Type: "identity_provider", Name: "Okta", Custodian: "Meridian", Who: []string{"root@meridian.example"}},
			{Type: "users", File: "users.csv", Name: "Okta", Custodian: "Meridian"},
			{Type: "groups", File: "groups.csv", Name: "Okta"},
			{Type: "users", File: "box.csv", Name: "Box", Custodian: "Lakeside Clinics", Provider: "no"},
			{Type: "oauth_apps", File: "apps.csv", Name: "Box"},
			{Type: "vendor", Name: "Harbor Archive", Who: []string{"app:Mover"}, May: []string{"read"}, On: []string{"archive"}},
			{Type: "help_desk", Name: "Desk", Provider: "Okta", Who: []string{"group:Help"}, May: []string{"password"}, On: []string{"Okta#everyone"}},
			{Type: "logins", Provider: "Okta", Who: []string{"group:Nurses"}, On: []string{"ehr#portal_ro"}},
			{Type: "access", Who: []string{"box#old@lakeside.example"}, May: []string{"read"}, On: []string{"archive/2019"}},
		},
	}
	n := compiled(told(t, e, map[string]string{
		"users.csv":  "login,factors,status,last login\nann@meridian.example,Okta Verify Push; SMS,ACTIVE,2026-03-01T10:00:00Z\nbob@meridian.example,fido2,DEPROVISIONED,\nroot@meridian.example,YubiKey,ACTIVE,\n",
		"groups.csv": "group,member,kind\nNurses,ann@meridian.example,user\nNurses,bob@meridian.example,user\nClinical,Nurses,group\nHelp,ann@meridian.example,\n",
		"box.csv":    "email,mfa,shared\nold@lakeside.example,none,yes\n",
		"apps.csv":   "app,vendor,scopes,granted by,repository\nMover,Harbor Archive,full,old@lakeside.example,archive\n",
	}), "", "s3://lakeside-archive", "s3://lakeside-archive!2019/q1.zip", "postgres://ehr.meridian.example/portal")
	want := []string{
		"box#app:mover has a token of box#old@lakeside.example (become, entitled)",
		"box#app:mover has a token that may read s3://lakeside-archive (read, entitled)",
		"box#app:mover has a token that may read s3://lakeside-archive/2019/ (read, entitled)",
		"box#app:mover has a token that may write s3://lakeside-archive (write, entitled)",
		"box#app:mover has a token that may write s3://lakeside-archive/2019/ (write, entitled)",
		"box#old@lakeside.example may read s3://lakeside-archive/2019/ (read, entitled)",
		"okta#ann@meridian.example is a member of okta#group:help (become, entitled)",
		"okta#ann@meridian.example is a member of okta#group:nurses (become, entitled)",
		"okta#any:both:yes: can be okta#ann@meridian.example (become, escalation)",
		"okta#any:both:yes: can be okta#root@meridian.example (become, escalation)",
		"okta#any:password:: can be okta#ann@meridian.example (become, escalation) if its second factor (sms) is needed as well",
		"okta#any:password:: can be okta#root@meridian.example (become, escalation) if its second factor (phishing_resistant) is needed as well",
		"okta#desk:desk may reset the password of okta#any:password:: (become, escalation)",
		"okta#group:help works at okta#desk:desk (become, entitled)",
		"okta#group:nurses is a member of okta#group:clinical (become, entitled)",
		"okta#group:nurses logs in as postgres://ehr.meridian.example:5432#portal_ro (become, entitled)",
		"okta#root@meridian.example administers okta#any:both:yes: (become, escalation)",
		"vendor#harbor archive holds box#app:mover (become, entitled)",
		"vendor#harbor archive may read s3://lakeside-archive (read, entitled)",
		"vendor#harbor archive may read s3://lakeside-archive/2019/ (read, entitled)",
		"vendor#harbor archive runs box#app:mover (become, entitled)",
	}
	if d := cmp.Diff(want, n.lines()); d != "" {
		t.Error(d)
	}
	traits := map[string]map[string]string{
		"okta#ann@meridian.example": {"mfa": "sms", "enabled": "yes", "last_used": "2026-03-01", "idp": "Okta"},
		"okta#bob@meridian.example": {"mfa": "phishing_resistant", "enabled": "no", "idp": "Okta"},
		"box#old@lakeside.example":  {"mfa": "none", "shared": "yes", "idp": "no"},
	}
	for id, want := range traits {
		if d := cmp.Diff(want, n.nodes[id].Traits); d != "" {
			t.Error(id, d)
		}
	}
	if n.doubts != nil {
		t.Error(n.doubts)
	}
}

// fact makes a fact of a kind, whose parts are written as principal|action|target|detail.
func fact(kind, parts string) access.Fact {
	p := append(strings.Split(parts, "|"), "", "", "")
	return access.Fact{Grant: estate.Grant{System: declared.System, Scope: "okta", Kind: kind, Principal: p[0], Action: p[1], Target: p[2], Detail: p[3], From: "x.csv:2"}}
}

// TestRules has each rule by itself.
func TestRules(t *testing.T) {
	const place = "s3://a"
	for name, c := range map[string]struct {
		facts []access.Fact
		want  string // a line that there is; !a part of a line that is not; ?a part of a doubt
	}{
		"access":                  {[]access.Fact{fact("access", "ann|write|s3://a")}, "okta#ann may write s3://a (write, entitled)"},
		"access on what is there": {[]access.Fact{fact("access", "ann|read|s3://b")}, "?no such repository is known"},
		"access that expired":     {[]access.Fact{fact("access", `ann|read|s3://a|{"expires":"2025-01-01"}`)}, "!may read"},
		"access to be said anew":  {[]access.Fact{fact("access", `ann|read|s3://a|{"until":"2025-01-01"}`)}, "?say them anew"},
		"disabled":                {[]access.Fact{fact("user", `ann||| {"enabled":"no"}`), fact("access", "ann|read|s3://a")}, "!may read"},
		"contradiction":           {[]access.Fact{fact("user", `ann||| {"enabled":"no"}`), fact("user", `ann||| {"enabled":"yes"}`), fact("access", "ann|read|s3://a")}, "okta#ann may read s3://a (read, entitled)"},
		"stranger":                {[]access.Fact{fact("user", "bob"), fact("access", "ann|read|s3://a")}, "?ann is named in declarations, and on no list"},
		"no list, no stranger":    {[]access.Fact{fact("access", "ann|read|s3://a")}, "!ann is named"},
		"everyone":                {[]access.Fact{fact("user", "bob"), fact("access", "everyone|read|s3://a")}, "okta#bob is one of okta#everyone (become, entitled)"},
		"alias":                   {[]access.Fact{fact("user", `bob|||{"aliases":["b@x"]}`), fact("access", "B@X|read|s3://a")}, "okta#bob may read s3://a (read, entitled)"},
		"owner":                   {[]access.Fact{fact("service", `etl|||{"owner":"bob"}`)}, "okta#bob owns okta#service:etl (become, escalation)"},
		"employee of a vendor":    {[]access.Fact{fact("user", `v|||{"vendor":"Harbor"}`)}, "vendor#harbor employs okta#v (become, escalation)"},
		"unseen":                  {[]access.Fact{fact("unseen", "users.csv")}, "?x.csv:2"},
		"bad detail":              {[]access.Fact{fact("user", "bob|||{")}, "?cannot be read"},
		"app without scopes":      {[]access.Fact{fact("app", "M||s3://a")}, "okta#app:m has a token that may read s3://a (read, entitled) if its scopes are not declared"},
		"app with an odd scope":   {[]access.Fact{fact("app", `M||s3://a|{"scopes":["zap"]}`)}, "okta#app:m has a token that may read s3://a (read, entitled) if what the scope zap gives is not known"},
		"app without data":        {[]access.Fact{fact("app", `M|||{"scopes":["openid"],"granted_by":"bob"}`)}, "!okta#app:m has"},
		"app of a system": {[]access.Fact{fact("system", "Box||s3://a"), fact("app", `M|||{"scopes":["files.read.all"],"system":"box"}`)},
			"okta#app:m has a token that may read s3://a (read, entitled) if how far its scopes reach in box is not declared"},
		"app of an unknown system": {[]access.Fact{fact("app", `M|||{"scopes":["files.read.all"],"system":"box"}`)}, "?what the app M reaches in box is not declared"},
		"app of a user":            {[]access.Fact{fact("app", `M|||{"scopes":["files.read"],"granted_by":"bob"}`)}, "okta#app:m has a token of okta#bob (become, entitled) if as far as its scopes reach: files.read"},
		"app of all":               {[]access.Fact{fact("user", "bob"), fact("app", `M|||{"scopes":["api"],"granted_by":"everyone"}`)}, "okta#any:act:: can be okta#bob (become, escalation)"},
		"token that ended":         {[]access.Fact{fact("app", `M||s3://a|{"scopes":["api"],"expires":"2025-01-01"}`)}, "!may read"},
		"app of a disabled user":   {[]access.Fact{fact("user", `bob|||{"enabled":"no"}`), fact("app", `M|||{"scopes":["api"],"granted_by":"bob"}`)}, "!has a token of"},
		"reset of a group": {[]access.Fact{fact("help_desk", "D"), fact("reset", "D|password|group:g"), fact("reset", "D|mfa|group:g"), fact("group", "g"), fact("member", "h||g|{\"member\":\"group\"}"), fact("member", "bob||h")},
			"okta#any:both::okta#group:g can be okta#bob (become, escalation)"},
		"reset of an administrator": {[]access.Fact{fact("user", `bob|||{"admin":"yes","mfa":"none"}`), fact("help_desk", "D"), fact("reset", "D|password|bob")},
			"okta#desk:d may reset the password of okta#bob (become, escalation) if whether administrators can be reset as well is not declared"},
		"reset of the factor": {[]access.Fact{fact("user", "bob"), fact("help_desk", "D"), fact("reset", "D|mfa|bob")},
			"okta#desk:d may reset the second factor of okta#bob (become, escalation) if the password has to be known"},
		"idle help desk":  {[]access.Fact{fact("help_desk", "D")}, "?whose logins the help desk D may reset"},
		"login elsewhere": {[]access.Fact{fact("login", "bob||arn:aws:iam::123456789012:role/r")}, "okta#bob logs in as arn:aws:iam::123456789012:role/r (become, entitled)"},
		"login between others": {[]access.Fact{fact("login", "file://h#user:bob||postgres://h:5432#bob")},
			"file://h#user:bob logs in as postgres://h:5432#bob (become, entitled)"},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range c.facts {
				c.facts[i].ID = i + 1
			}
			n := compiled(c.facts, "2026-01-01", place)
			lines, doubts := strings.Join(n.lines(), "\n"), strings.Join(n.doubts, "\n")
			switch c.want[0] {
			case '!':
				if strings.Contains(lines+doubts, c.want[1:]) {
					t.Errorf("there is %q in\n%s\n%s", c.want[1:], lines, doubts)
				}
			case '?':
				if !strings.Contains(doubts, c.want[1:]) {
					t.Errorf("no doubt %q in\n%s", c.want[1:], doubts)
				}
			default:
				if !slices.Contains(n.lines(), c.want) {
					t.Errorf("no line %q in\n%s\n%s", c.want, lines, doubts)
				}
			}
		})
	}
}

func TestScopes(t *testing.T) {
	table := readScopes()
	for scope, gives := range table {
		if scope != strings.ToLower(scope) || !slices.Contains([]string{"none", "read", "write", "admin", "act"}, gives) {
			t.Errorf("%s gives %q", scope, gives)
		}
	}
	for scope, want := range map[string]string{"patient/*.read": "read", "system/Observation.rs?category=laboratory": "read", "user/Patient.cruds": "write", "user/Patient.write": "write",
		"patient/.": "", "patient/x": "", "tenant/a.read": "", "api": ""} {
		if got := smart(scope); got != want {
			t.Errorf("%s gives %q, want %q", scope, got, want)
		}
	}
}

// TestAnyOrder: the same facts in any order give the same graph, and whatever they are, nothing breaks.
func TestAnyOrder(t *testing.T) {
	kinds := []string{"user", "service", "group", "member", "app", "login", "access", "vendor", "holds", "identity_provider", "admin", "help_desk", "staff", "reset", "system", "unseen", "file", "x"}
	names := rapid.SampledFrom([]string{"ann", "bob", "group:g", "g", "everyone", "app:m", "vendor:v", "box#ann", "arn:aws:x", "#", ":", "", "s3://a", "s3://a/b", "s3://a/b/"})
	rapid.Check(t, func(t *rapid.T) {
		facts := make([]access.Fact, rapid.IntRange(0, 25).Draw(t, "facts"))
		for i := range facts {
			s := declared.Said{Admin: rapid.SampledFrom([]string{"", "yes"}).Draw(t, "admin"), Enabled: rapid.SampledFrom([]string{"", "yes", "no"}).Draw(t, "enabled"),
				Groups: rapid.SliceOfN(names, 0, 2).Draw(t, "groups"), Owner: names.Draw(t, "owner"), Vendor: rapid.SampledFrom([]string{"", "v"}).Draw(t, "vendor"),
				GrantedBy: names.Draw(t, "by"), Scopes: rapid.SliceOfN(rapid.SampledFrom([]string{"api", "openid", "zap"}), 0, 2).Draw(t, "scopes")}
			facts[i] = access.Fact{ID: i + 1, Grant: estate.Grant{System: declared.System, Scope: rapid.SampledFrom([]string{"okta", "box"}).Draw(t, "scope"),
				Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Principal: names.Draw(t, "principal"), Target: names.Draw(t, "target"),
				Action: rapid.SampledFrom([]string{"read", "write", "password", "mfa", ""}).Draw(t, "action"), Detail: s.Detail()}}
		}
		one := compiled(facts, "", "s3://a", "s3://a!b/c")
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
		other := compiled(facts, "", "s3://a", "s3://a!b/c")
		if d := cmp.Diff(one.lines(), other.lines()); d != "" {
			t.Fatal(d)
		}
		if d := cmp.Diff(one.nodes, other.nodes); d != "" {
			t.Fatal(d)
		}
		for _, e := range one.edges {
			if n, ok := one.nodes[e.From]; ok && n.Traits["enabled"] == "no" {
				t.Fatalf("%s is disabled, and %s %s", e.From, e.Verb, e.To)
			}
			if len(e.Proof) == 0 {
				t.Fatalf("%s %s %s has no proof", e.From, e.Verb, e.To)
			}
		}
	})
}
