package iampolicy

import (
	"strings"
	"testing"
)

func TestParseRefuses(t *testing.T) {
	const rest = `"Action":"*","Resource":"*"`
	for _, c := range []struct{ name, text, want string }{
		{"no JSON", `{`, "no valid JSON"},
		{"a list", `[]`, "an object is wanted"},
		{"nothing", ``, "no valid JSON"},
		{"no statement", `{"Version":"2012-10-17"}`, "no Statement"},
		{"another version", `{"Version":"2020-01-01","Statement":[]}`, "Version"},
		{"an element of another name", `{"Statement":[],"Comment":"x"}`, "an element"},
		{"no effect", `{"Statement":[{` + rest + `}]}`, "statement 1: Effect is missing"},
		{"another effect", `{"Statement":[{"Effect":"allow",` + rest + `}]}`, "neither Allow nor Deny"},
		{"no action", `{"Statement":[{"Effect":"Allow","Resource":"*"}]}`, "both missing"},
		{"both actions", `{"Statement":[{"Effect":"Allow","NotAction":"a:b",` + rest + `}]}`, "exclude each other"},
		{"both resources", `{"Statement":[{"Effect":"Allow","NotResource":"a",` + rest + `}]}`, "exclude each other"},
		{"both principals", `{"Statement":[{"Effect":"Allow","Principal":"*","NotPrincipal":"*",` + rest + `}]}`, "exclude each other"},
		{"an empty list of actions", `{"Statement":[{"Effect":"Allow","Action":[]}]}`, "Action: it is empty"},
		{"a number for an action", `{"Statement":[{"Effect":"Allow","Action":7}]}`, "Action: a string"},
		{"a name as principal", `{"Statement":[{"Effect":"Allow","Principal":"alice",` + rest + `}]}`, "can only be *"},
		{"another class of principals", `{"Statement":[{"Effect":"Allow","Principal":{"Human":"x"},` + rest + `}]}`, "class"},
		{"an operator of another name", `{"Statement":[{"Effect":"Allow","Condition":{"StringIs":{"a":"b"}},` + rest + `}]}`, "operator"},
		{"IfExists on Null", `{"Statement":[{"Effect":"Allow","Condition":{"NullIfExists":{"a":"true"}},` + rest + `}]}`, "operator"},
		{"a misspelt element", `{"Statement":[{"Effect":"Allow","Conditions":{},` + rest + `}]}`, "no such element"},
		{"an element twice", `{"Statement":[{"Effect":"Allow","Effect":"Deny",` + rest + `}]}`, "twice"},
		{"a statement that is a string", `{"Statement":["x"]}`, "an object is wanted"},
		{"deep nesting", `{"Statement":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, ""},
		{"too long a string", `{"Statement":{"Effect":"Allow","Action":"` + strings.Repeat("a", maxString+1) + `"}}`, "too long"},
		{"too long a document", `{"Statement":[` + strings.Repeat(" ", maxDocument) + `]}`, "longer than"},
		{"too many statements", `{"Statement":[` + strings.Repeat(`{},`, maxStatements) + `{}]}`, "too many"},
	} {
		p, err := Parse("policy", []byte(c.text))
		if err == nil || p != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// TestErrorsRepeatNothing: what stands in a policy may be a name.
func TestErrorsRepeatNothing(t *testing.T) {
	for _, text := range []string{`{"Rosalind":1}`, `{"Statement":{"Rosalind":1}}`, `{"Statement":{"Effect":"Rosalind"}}`, `{"Statement":{"Effect":"Allow","Principal":"Rosalind"}}`,
		`{"Statement":{"Effect":"Allow","Principal":{"Rosalind":"x"}}}`, `{"Statement":{"Effect":"Allow","Condition":{"Rosalind":{"x":"y"}}}}`, `{"Version":"Rosalind"}`, `Rosalind`} {
		if _, err := Parse("policy", []byte(text)); err == nil || strings.Contains(err.Error(), "Rosalind") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestParsePrincipal(t *testing.T) {
	for text, want := range map[string]PrincipalKind{
		alice: User, reader: Role, session: Session, "anonymous": Anonymous, "111122223333": Root, "arn:aws:iam::111122223333:root": Root,
		"arn:aws-us-gov:iam::111122223333:user/a/b/c": User, "arn:aws:sts::111122223333:federated-user/x": Federated, "s3.amazonaws.com": Service,
		"accounts.google.com": Provider, "arn:aws:iam::111122223333:oidc-provider/token.example": Provider, strings.Repeat("0a", 32): Canonical,
	} {
		p, err := ParsePrincipal(text)
		if err != nil || p.Kind != want {
			t.Errorf("%s: %v, %v", text, p, err)
		}
	}
	for _, text := range []string{"", "*", "alice", "11112222333", "arn:aws:s3:::charts", "arn:aws:iam::111122223333:group/x", "arn:aws:sts::111122223333:assumed-role/Reader", "arn:aws:iam::111122223333:user/", "arn:aws:iam:::user/x"} {
		if p, err := ParsePrincipal(text); err == nil {
			t.Errorf("%s is %v", text, p)
		}
	}
}

// TestValuesThatAreNone: a value that is not of the operator's kind leaves the statement open, not void.
func TestValuesThatAreNone(t *testing.T) {
	for _, cond := range []string{`{"NumericEquals":{"x":"ten"}}`, `{"IpAddress":{"x":"10.0.0.0/99"}}`, `{"DateLessThan":{"x":"soon"}}`, `{"BinaryEquals":{"x":"%"}}`, `{"NumericNotEquals":{"x":"NaN"}}`} {
		e := &estate{identity: []string{`{"Effect":"Allow","Action":"*","Resource":"*","Condition":` + cond + `}`}}
		c := &Context{}
		c.Set("x", "10")
		if d := e.compile(t).Decide(asks(t, alice, "s3:GetObject", chart, c)); d != (Decision{Allowed, true}) {
			t.Errorf("%s: %v", cond, d)
		}
	}
}

func TestRCPServices(t *testing.T) {
	for _, s := range []string{"s3", "sts", "kms", "sqs", "secretsmanager"} {
		if !rcpServices[s] {
			t.Errorf("%s is not on the list", s)
		}
	}
	if rcpServices["#"] || rcpServices["ec2"] || len(rcpServices) > 50 {
		t.Error("the list is read wrongly", rcpServices)
	}
}

var seeds = []string{
	document([]string{`{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::charts/${aws:username, 'x'}/*","*"]}`}),
	document([]string{`{"Sid":"a","Effect":"Deny","NotPrincipal":{"AWS":["111122223333","` + alice + `"]},"NotAction":["iam:*"],"NotResource":"arn:*"}`}),
	document([]string{`{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com","Federated":"x","CanonicalUser":"y"},"Action":"*","Condition":{"ForAllValues:ArnLikeIfExists":{"aws:PrincipalArn":"arn:*:${a:b}:*"},"DateLessThan":{"x":"2026"},"IpAddress":{"x":"::/0"},"NumericEquals":{"x":1e9},"Null":{"x":true}}}`}),
	`{"Statement":{"Effect":"Allow","Action":"${","Resource":"${a,'}"}}`,
}

func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse("policy", text)
		if (p == nil) == (err == nil) {
			t.Fatal(p, err)
		}
	})
}

// FuzzDecide: any policy in any place, any principal, resource and context; the answer of a question about many contains that about one.
func FuzzDecide(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s), session, "s3:GetObject", "arn:aws:s3:::charts/*", []byte(`{"x":["1","a"]}`))
		f.Add([]byte(s), "anonymous", "kms:Decrypt", "arn:aws:kms:a:111122223333:key/?", []byte(`{}`))
	}
	f.Fuzz(func(t *testing.T, text []byte, who, action, resource string, context []byte) {
		p, err := Parse("policy", text)
		if err != nil || len(resource) > 200 || len(text) > 4000 {
			return
		}
		principal, err := ParsePrincipal(who)
		if err != nil {
			return
		}
		one := []*Policy{p}
		c, _ := ParseContext(context)
		for _, ps := range []*Policies{{Identity: one}, {Resource: one}, {Identity: one, Resource: one, Boundary: one, Session: one, Endpoint: one, SCPs: [][]*Policy{one}, RCPs: [][]*Policy{one}, Key: one}} {
			r := &Request{Principal: principal, Action: ParseAction(action), Resource: resource, Context: c}
			d, because := ps.Explain(r)
			if d != ps.Decide(r) || d.Outcome != Allowed && d.Conditional || len(because) == 0 {
				t.Fatal(d, because)
			}
			reach := ps.Reach(r)
			if !strings.ContainsAny(resource, "*?") && (reach.Extent != None) != (d.Outcome == Allowed) {
				t.Fatal(d, reach)
			}
		}
	})
}
