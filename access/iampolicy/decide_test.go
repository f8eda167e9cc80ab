package iampolicy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// failer is testing's T and rapid's.
type failer interface {
	Helper()
	Fatal(...any)
}

func parse(t failer, name, text string) *Policy {
	t.Helper()
	p, err := Parse(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func asks(t failer, who, action, resource string, c *Context) *Request {
	t.Helper()
	p, err := ParsePrincipal(who)
	if err != nil {
		t.Fatal(err)
	}
	return &Request{Principal: p, Action: ParseAction(action), Resource: resource, ResourceAccount: "111122223333", Context: c}
}

const (
	alice   = "arn:aws:iam::111122223333:user/alice"
	reader  = "arn:aws:iam::111122223333:role/Reader"
	session = "arn:aws:sts::111122223333:assumed-role/Reader/night"
	bob     = "arn:aws:iam::444455556666:user/bob"
	chart   = "arn:aws:s3:::charts/1.pdf"
)

// estate is a set of policies as texts of statements, which a property can change.
type estate struct {
	identity, resource, boundary, session, endpoint, scp, rcp []string
}

func document(statements []string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func (e *estate) compile(t failer) *Policies {
	one := func(name string, s []string) []*Policy {
		if s == nil {
			return nil
		}
		return []*Policy{parse(t, name, document(s))}
	}
	p := &Policies{Identity: one("identity", e.identity), Resource: one("resource", e.resource), Boundary: one("boundary", e.boundary), Session: one("session", e.session), Endpoint: one("endpoint", e.endpoint)}
	if e.scp != nil {
		p.SCPs = [][]*Policy{one("scp", e.scp)}
	}
	if e.rcp != nil {
		p.RCPs = [][]*Policy{one("rcp", e.rcp)}
	}
	return p
}

func (e *estate) kinds() []*[]string {
	return []*[]string{&e.identity, &e.resource, &e.boundary, &e.session, &e.endpoint, &e.scp, &e.rcp}
}

var (
	effects    = rapid.SampledFrom([]string{"Allow", "Allow", "Allow", "Deny"})
	actions    = rapid.SampledFrom([]string{`"Action":"*"`, `"Action":"s3:*"`, `"Action":["s3:GetObject"]`, `"NotAction":"iam:*"`, `"Action":"s3:Put*"`, `"Action":"*"`})
	resources  = rapid.SampledFrom([]string{`"Resource":"*"`, `"Resource":"arn:aws:s3:::charts/*"`, `"Resource":"arn:aws:s3:::charts/a*"`, `"NotResource":"arn:aws:s3:::charts/b*"`, `"Resource":"arn:aws:s3:::charts/${x:team, 'a'}*"`, `"Resource":"arn:aws:s3:::charts/${x:team}*"`})
	who        = rapid.SampledFrom([]string{`"*"`, `{"AWS":"` + alice + `"}`, `{"AWS":"` + reader + `"}`, `{"AWS":"` + session + `"}`, `{"AWS":"111122223333"}`, `{"AWS":"444455556666"}`, `{"Service":"logs.amazonaws.com"}`})
	conditions = rapid.SampledFrom([]string{`{}`, `{}`, `{}`, `{"StringEquals":{"x:team":"a"}}`, `{"StringNotEquals":{"x:team":"a"}}`, `{"Null":{"x:team":"true"}}`, `{"StringLikeIfExists":{"x:team":"b*"}}`,
		`{"ForAllValues:StringEquals":{"x:tags":["a","b"]}}`, `{"ForAnyValue:StringNotEquals":{"x:tags":["a"]}}`, `{"NumericLessThan":{"x:tags":"5"}}`, `{"StringEquals":{"x:team":"${x:tags}"}}`, `{"StringNotLike":{"x:team":"${x:tags, 'b'}*"}}`, `{"Bool":{"x:team":"true"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/*"}}`})
	principalsOf = rapid.SampledFrom([]string{alice, session, reader, bob, "anonymous", "logs.amazonaws.com", "arn:aws:iam::111122223333:root", "arn:aws:sts::111122223333:federated-user/alice"})
)

func drawStatement(t *rapid.T, named bool) string {
	s := fmt.Sprintf(`{"Effect":%q,%s,%s,"Condition":%s`, effects.Draw(t, "effect"), actions.Draw(t, "action"), resources.Draw(t, "resource"), conditions.Draw(t, "condition"))
	if named {
		not := rapid.SampledFrom([]string{"", "", "", "Not"}).Draw(t, "not")
		s += `,"` + not + `Principal":` + who.Draw(t, "who")
	}
	return s + "}"
}

func drawEstate(t *rapid.T) *estate {
	e := &estate{}
	for i, k := range e.kinds() {
		if i > 1 && rapid.Bool().Draw(t, "none") {
			continue
		}
		*k = []string{}
		for range rapid.IntRange(0, 3).Draw(t, "statements") {
			*k = append(*k, drawStatement(t, i == 1 || i == 4 || i == 6))
		}
	}
	return e
}

// completions are all contexts that the two open keys of the generator can have.
func completions() (out []*Context) {
	for _, team := range [][]string{nil, {"a"}, {"b"}, {"true"}} {
		for _, tags := range [][]string{nil, {}, {"a"}, {"3"}, {"a", "c"}} {
			c := &Context{}
			if team != nil {
				c.Set("x:team", team...)
			}
			if tags != nil {
				c.Set("x:tags", tags...)
			}
			out = append(out, c)
		}
	}
	return out
}

var drawContext = rapid.SampledFrom(completions())

func TestDenyNeverAllows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEstate(t)
		r := asks(t, principalsOf.Draw(t, "principal"), "s3:GetObject", "arn:aws:s3:::charts/ab", drawContext.Draw(t, "context"))
		before := e.compile(t).Decide(r).Access()
		kinds := e.kinds()
		k := kinds[rapid.IntRange(0, len(kinds)-1).Draw(t, "kind")]
		if *k == nil {
			t.Skip("a new kind of policy limits by itself")
		}
		*k = append(*k, strings.Replace(drawStatement(t, true), `"Effect":"Allow"`, `"Effect":"Deny"`, 1))
		if after := e.compile(t).Decide(r).Access(); after > before {
			t.Fatalf("%v before, %v after", before, after)
		}
	})
}

func TestLessAllowIsNeverMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEstate(t)
		r := asks(t, principalsOf.Draw(t, "principal"), "s3:GetObject", "arn:aws:s3:::charts/ab", drawContext.Draw(t, "context"))
		before := e.compile(t).Decide(r).Access()
		for _, k := range e.kinds() {
			for i, s := range *k {
				if !strings.Contains(s, `"Effect":"Allow"`) {
					continue
				}
				was := *k
				*k = append(append([]string{}, was[:i]...), was[i+1:]...)
				if after := e.compile(t).Decide(r).Access(); after > before {
					t.Fatalf("%v before, %v without %s", before, after, s)
				}
				*k = was
			}
		}
	})
}

func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEstate(t)
		r := asks(t, principalsOf.Draw(t, "principal"), "s3:GetObject", "arn:aws:s3:::charts/ab", rapid.SampledFrom([]*Context{nil, {}}).Draw(t, "context"))
		before := e.compile(t).Decide(r)
		for _, k := range e.kinds() {
			if len(*k) > 0 {
				*k = rapid.Permutation(*k).Draw(t, "order")
			}
		}
		if after := e.compile(t).Decide(r); after != before {
			t.Fatalf("%v, then %v", before, after)
		}
	})
}

// TestUnknownContainsEveryCompletion: what is said without the context holds whatever the context turns out to be.
func TestUnknownContainsEveryCompletion(t *testing.T) {
	seen := map[Truth]int{}
	rapid.Check(t, func(t *rapid.T) {
		p := drawEstate(t).compile(t)
		who := principalsOf.Draw(t, "principal")
		open := p.Decide(asks(t, who, "s3:GetObject", "arn:aws:s3:::charts/ab", nil)).Access()
		seen[open]++
		for _, c := range completions() {
			got := p.Decide(asks(t, who, "s3:GetObject", "arn:aws:s3:::charts/ab", c)).Access()
			if open != Maybe && got != open || got == Maybe {
				t.Fatalf("%v without the context, %v with %v", open, got, c.Values)
			}
		}
	})
	if len(seen) < 3 {
		t.Error("not all answers came", seen)
	}
}

// TestReachContainsEveryObject: all and none hold for each object, and what is said of some is not more than the patterns allow.
func TestReachContainsEveryObject(t *testing.T) {
	seen := map[Extent]int{}
	rapid.Check(t, func(t *rapid.T) {
		p := drawEstate(t).compile(t)
		who, c := principalsOf.Draw(t, "principal"), drawContext.Draw(t, "context")
		reach := p.Reach(asks(t, who, "s3:GetObject", "arn:aws:s3:::charts/*", c))
		seen[reach.Extent]++
		for _, o := range []string{"", "a", "ab", "b", "c/d", "true"} {
			got := p.Decide(asks(t, who, "s3:GetObject", "arn:aws:s3:::charts/"+o, c)).Access()
			if reach.Extent == All && !reach.Conditional && got != Yes || reach.Extent == None && got != No {
				t.Fatalf("%v of charts/*, %v of %q", reach, got, o)
			}
		}
	})
	if len(seen) < 3 {
		t.Error("not all answers came", seen)
	}
}

func TestReach(t *testing.T) {
	read := func(res string) string { return `{"Effect":"Allow","Action":"s3:GetObject","Resource":"` + res + `"}` }
	for _, c := range []struct {
		name     string
		identity []string
		want     Reach
	}{
		{"all", []string{read("arn:aws:s3:::charts/*")}, Reach{Extent: All}},
		{"wider", []string{read("*")}, Reach{Extent: All}},
		{"other bucket", []string{read("arn:aws:s3:::other/*")}, Reach{Extent: None}},
		{"the bucket alone", []string{read("arn:aws:s3:::charts")}, Reach{Extent: None}},
		{"a prefix", []string{read("arn:aws:s3:::charts/2026/*")}, Reach{Extent: Some, Only: []string{"arn:aws:s3:::charts/2026/*"}}},
		{"all but a prefix", []string{read("*"), strings.Replace(read("arn:aws:s3:::charts/sealed/*"), "Allow", "Deny", 1)}, Reach{Extent: Some, Except: []string{"arn:aws:s3:::charts/sealed/*"}}},
		{"all but what is listed", []string{`{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::charts/sealed/*"}`}, Reach{Extent: Some, Except: []string{"arn:aws:s3:::charts/sealed/*"}}},
		{"only what a Deny spares", []string{read("*"), `{"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::charts/open/*"}`}, Reach{Extent: Some, Only: []string{"arn:aws:s3:::charts/open/*"}}},
		{"a Deny of all under a condition", []string{read("*"), `{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`}, Reach{Extent: All, Conditional: true}},
		{"under a condition", []string{`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`}, Reach{Extent: All, Conditional: true}},
		{"a home", []string{read("arn:aws:s3:::charts/${aws:username}/*")}, Reach{Extent: Some, Only: []string{"arn:aws:s3:::charts/${aws:username}/*"}}},
	} {
		got := (&estate{identity: c.identity}).compile(t).Reach(asks(t, alice, "s3:GetObject", "arn:aws:s3:::charts/*", nil))
		if len(got.Because) == 0 {
			t.Errorf("%s: no reason", c.name)
		}
		got.Because = nil
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// TestKeyOfAnObject: two requests, each with its reasons; a key that is not named makes the answer conditional, not partial.
func TestKeyOfAnObject(t *testing.T) {
	e := &estate{identity: []string{`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, `{"Effect":"Allow","Action":"kms:*","Resource":"arn:aws:kms:us-east-1:111122223333:key/1"}`}}
	p := e.compile(t)
	p.Key = []*Policy{parse(t, "key", document([]string{`{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"}`}))}
	got := p.Reach(asks(t, alice, "s3:GetObject", "arn:aws:s3:::charts/*", nil))
	want := Reach{Extent: All, Conditional: true, Because: []string{"identity, statement 1 allows s3:GetObject (s3:*) on *",
		"key, statement 1 allows kms:Decrypt (kms:*) on * to the principal's account, for its policies to give on",
		"identity, statement 2 allows in part kms:Decrypt (kms:*) on arn:aws:kms:us-east-1:111122223333:key/1"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	p.KeyARN = "arn:aws:kms:us-east-1:111122223333:key/1"
	if got := p.Reach(asks(t, alice, "s3:GetObject", "arn:aws:s3:::charts/*", nil)); got.Extent != All || got.Conditional {
		t.Error(got)
	}
}

func TestExplain(t *testing.T) {
	for _, c := range []struct {
		name string
		e    estate
		want []string
	}{
		{"allowed", estate{identity: []string{`{"Sid":"Read","Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::charts/*"}`}},
			[]string{"identity, statement 1 (Read) allows s3:GetObject (s3:Get*) on arn:aws:s3:::charts/*"}},
		{"denied by a statement", estate{identity: []string{`{"Effect":"Allow","Action":"*","Resource":"*"}`, `{"Effect":"Deny","NotAction":["iam:*","sts:*"],"NotResource":"arn:aws:s3:::open/*"}`}},
			[]string{"identity, statement 2 denies s3:GetObject (every action but iam:*, sts:*) on everything but arn:aws:s3:::open/*"}},
		{"denied by silence", estate{identity: []string{`{"Effect":"Allow","Action":"*","Resource":"*"}`}, boundary: []string{`{"Effect":"Allow","Action":"ec2:*","Resource":"*"}`}},
			[]string{"the permissions boundary does not allow it"}},
		{"conditional", estate{identity: []string{`{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}`}},
			[]string{"identity, statement 1 may allow s3:GetObject on *, where IpAddress aws:SourceIp 10.0.0.0/8"}},
		{"through the role", estate{resource: []string{`{"Effect":"Allow","Principal":{"AWS":"` + reader + `"},"Action":"s3:GetObject","Resource":"*"}`}}, nil},
	} {
		_, got := c.e.compile(t).Explain(asks(t, alice, "s3:GetObject", chart, nil))
		if c.want == nil {
			_, got = c.e.compile(t).Explain(asks(t, session, "s3:GetObject", chart, nil))
			c.want = []string{"resource, statement 1 allows s3:GetObject on * to the principal's role or user"}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// BenchmarkDecide: a user with two policies within a boundary and two levels of SCPs, who reads an object of a bucket with a policy.
func BenchmarkDecide(b *testing.B) {
	e := &estate{
		identity: []string{`{"Effect":"Allow","Action":["ec2:Describe*","logs:*"],"Resource":"*"}`, `{"Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":["arn:aws:s3:::logs/*","arn:aws:s3:::charts/*"]}`,
			`{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::charts/sealed/*"}`, `{"Effect":"Deny","NotAction":"iam:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`},
		boundary: []string{`{"Effect":"Allow","Action":["s3:*","ec2:*"],"Resource":"*"}`},
		resource: []string{`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalAccount":"111122223333"}}}`},
		scp:      []string{`{"Effect":"Allow","Action":"*","Resource":"*"}`, `{"Effect":"Deny","Action":["organizations:*","account:*"],"Resource":"*"}`},
	}
	p := e.compile(b)
	p.SCPs = append(p.SCPs, p.SCPs[0])
	c := &Context{}
	c.Set("aws:SecureTransport", "true")
	r := asks(b, alice, "s3:GetObject", "arn:aws:s3:::charts/2026/03/1.pdf", c)
	if d := p.Decide(r); d != (Decision{Outcome: Allowed}) {
		b.Fatal(d)
	}
	b.ReportAllocs()
	for b.Loop() {
		p.Decide(r)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
}
