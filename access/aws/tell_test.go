package aws

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate"
)

// ward is an account with something of everything.
func ward() m {
	reads := policyOf(allow("s3:GetObject", objects))
	return m{
		"GroupDetailList": []m{group("Nurses", reads)},
		"Policies":        managedOf("Readers", reads),
		"UserDetailList": []m{
			user("ann", reads),
			with(user("bob"), "GroupList", []string{"Nurses"}),
			with(user("cy"), "AttachedManagedPolicies", []m{{"PolicyName": "Readers", "PolicyArn": "arn:aws:iam::" + acct + ":policy/Readers"}}),
			with(user("deb"), "AttachedManagedPolicies", []m{{"PolicyName": "Secret", "PolicyArn": "arn:aws:iam::aws:policy/Secret"}}),
			with(user("eve"), "PasswordLastUsed", "2026-01-02T03:04:05Z"),
		},
		"RoleDetailList": []m{role("Job", trusts(m{"Service": "lambda.amazonaws.com"}), reads)},
		"Buckets":        m{"lake": m{"Encryption": m{"Algorithm": "aws:kms", "Key": lakeKey}}},
		"KeyPolicies":    m{lakeKey: policyOf(with(allow("kms:*", "*"), "Principal", m{"AWS": []string{arnOf("ann"), arnOf("bob"), arnOf("cy")}}))},
	}
}

// TestProofs tells what each way to the bucket rests on: the facts by which somebody has the policy that allows.
func TestProofs(t *testing.T) {
	all := facts(t, acct, ward())
	out := &told{nodes: map[string]access.Node{}}
	Compile(all, []access.Place{{Repository: "s3://lake"}}, out)
	kinds := map[string]string{}
	for _, e := range out.edges {
		if e.Right != access.Read && !strings.HasPrefix(e.To, "aws:"+acct+"#policy") || e.Layer != access.Entitled {
			continue
		}
		var proof []string
		for _, p := range e.Proof {
			proof = append(proof, all[p-1].Kind)
		}
		slices.Sort(proof)
		name := e.From[strings.LastIndexAny(e.From, ":/")+1:]
		kinds[name] = strings.Join(proof, " ")
	}
	for who, want := range map[string]string{"ann": "inline", "bob": "inline member", "cy": "attached policy", "deb": "", "Job": ""} {
		if kinds[who] != want {
			t.Errorf("what %s reads by rests on %q, want %q", who, kinds[who], want)
		}
	}
}

func TestNodesAndDoubts(t *testing.T) {
	out := compile(t, ward())
	if n := out.nodes[arnOf("eve")]; n.Kind != access.User || n.Name != "eve" || n.Traits["last_used"] != "2026-01-02" {
		t.Errorf("%+v", n)
	}
	if n := out.nodes[arnOf("role/Job")]; n.Kind != access.Role || n.Traits["login"] != "yes" {
		t.Errorf("%+v", n)
	}
	for _, want := range []string{"service control policies", "resource control policies", "the policy Secret is not known", "older than the bucket's default encryption"} {
		if !out.doubt(want) {
			t.Errorf("no doubt says %q: %+v", want, out.doubts)
		}
	}
	if got := out.may(arnOf("ann"), access.Key, "s3://lake", access.Entitled); got != "yes" {
		t.Errorf("ann uses the key: %s", got)
	}
	lost := &told{nodes: map[string]access.Node{}}
	unseen := access.Fact{ID: 1, Grant: estate.Grant{System: "aws", Scope: "aws:" + acct, Kind: access.Unseen, Action: "bucket_policy", Target: "arn:aws:s3:::lake", Why: "the login may not ask"}}
	Compile([]access.Fact{unseen}, []access.Place{{Repository: "s3://lake"}, {Repository: "s3://other/prefix"}, {Repository: "file://x"}}, lost)
	for _, want := range []string{"bucket policy was not seen: the login may not ask", "nothing of the bucket's own policy was collected"} {
		if !lost.doubt(want) {
			t.Errorf("no doubt says %q: %+v", want, lost.doubts)
		}
	}
}

// TestAlways gives the same whatever the order of the facts, and of the run.
func TestAlways(t *testing.T) {
	all := facts(t, acct, ward())
	run := func() []access.Edge {
		out := &told{nodes: map[string]access.Node{}}
		Compile(all, []access.Place{{Repository: "s3://lake"}}, out)
		return out.edges
	}
	first := run()
	slices.Reverse(all)
	if d := cmp.Diff(first, run()); d != "" {
		t.Error(d)
	}
}

// TestPrefix surveys a part of a bucket: its places are relative to it.
func TestPrefix(t *testing.T) {
	out := compileAs(t, acct, m{"UserDetailList": []m{user("ann", policyOf(allow("s3:GetObject", "arn:aws:s3:::lake/2019/in/*")))}, "Buckets": m{"lake": m{}}}, "s3://lake/2019")
	for place, want := range map[string]string{"s3://lake/2019": "no", "s3://lake/2019/in/": "yes"} {
		if got := out.may(arnOf("ann"), access.Read, place, access.Entitled); got != want {
			t.Errorf("%s: %s, want %s", place, got, want)
		}
	}
}

// TestServerOfItsOwn tells the users of a compatible server, whom only its policies name.
func TestServerOfItsOwn(t *testing.T) {
	const at = "aws:127.0.0.1:7070"
	all := []access.Fact{
		{ID: 1, Grant: estate.Grant{System: "aws", Scope: at, Kind: "bucket", Target: "arn:aws:s3:::lake", Detail: `{"server":"127.0.0.1:7070"}`}},
		{ID: 2, Grant: estate.Grant{System: "aws", Scope: at, Kind: "bucket_policy", Target: "arn:aws:s3:::lake", Detail: text(policyOf(with(allow("s3:GetObject", objects), "Principal", m{"AWS": "ann"})))}},
	}
	out := &told{nodes: map[string]access.Node{}}
	Compile(all, []access.Place{{Repository: "s3://lake?endpoint=http://127.0.0.1:7070"}}, out)
	if got := out.may("s3://127.0.0.1:7070#ann", access.Read, "s3://lake?endpoint=http://127.0.0.1:7070", access.Entitled); got != "yes" {
		t.Errorf("ann reads: %s %+v", got, out.edges)
	}
}

// FuzzCompile takes facts of any content.
func FuzzCompile(f *testing.F) {
	f.Add("user|arn:aws:iam::111122223333:user/a|||{}\ninline|arn:aws:iam::111122223333:user/a||p|"+text(policyOf(allow("*", "*")))+"\nbucket|||arn:aws:s3:::lake|{}", "s3://lake")
	f.Add("role|arn:aws:iam::111122223333:role/a|||{}\ntrust|arn:aws:iam::111122223333:role/a|||"+text(trusts("*"))+"\nbucket_policy|||arn:aws:s3:::lake|"+text(policyOf(with(allow("*", "*"), "Principal", "*"))), "s3://lake/x?endpoint=http://y")
	f.Fuzz(func(t *testing.T, lines, place string) {
		var all []access.Fact
		for line := range strings.Lines(lines) {
			p := strings.SplitN(strings.TrimSpace(line), "|", 5)
			if len(p) == 5 && len(all) < 50 {
				all = append(all, access.Fact{ID: len(all) + 1, Grant: estate.Grant{System: "aws", Scope: "aws:" + acct, Kind: p[0], Principal: p[1], Action: p[2], Target: p[3], Detail: p[4]}})
			}
		}
		Compile(all, []access.Place{{Repository: place}}, &told{nodes: map[string]access.Node{}})
	})
}
