package iampolicy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// compiled compiles a policy of one text of statements.
func compiled(t *testing.T, statements string) *Policy {
	t.Helper()
	p, err := Parse("p", []byte(`{"Version":"2012-10-17","Statement":[`+statements+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestGrounds names the statements that an answer rests on, and agrees with Reach.
func TestGrounds(t *testing.T) {
	who, _ := ParsePrincipal("arn:aws:iam::111122223333:user/ann")
	p := &Policies{
		Identity: []*Policy{compiled(t, `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::lake/in/*"},{"Effect":"Allow","Action":"ec2:*","Resource":"*"}`)},
		Resource: []*Policy{compiled(t, `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`)},
	}
	r := &Request{Principal: who, Action: ParseAction("s3:GetObject"), Resource: "arn:aws:s3:::lake/*", ResourceAccount: "111122223333"}
	reach, grounds := p.ReachFor(r)
	if other := p.Reach(r); reach.Extent != other.Extent || reach.Conditional != other.Conditional || reach.Extent != Some || !reach.Conditional {
		t.Errorf("%+v, and Reach says %+v", reach, other)
	}
	want := []Ground{
		{From: FromResource, Policy: "p", Statement: 1, Deny: true, Open: true, Conditions: []string{"Bool aws:SecureTransport false"}, Patterns: []string{"*"}},
		{From: FromIdentity, Policy: "p", Statement: 1, Part: true, Patterns: []string{"arn:aws:s3:::lake/in/*"}},
	}
	if d := cmp.Diff(want, grounds); d != "" {
		t.Error(d)
	}
	r.Action = ParseAction("s3:PutObject")
	if reach, grounds := p.ReachFor(r); reach.Extent != None || grounds != nil {
		t.Errorf("what is denied rests on %+v", grounds)
	}
}

// TestSignatures: principals with the same signature are treated alike, and those who are not have another one.
func TestSignatures(t *testing.T) {
	ann, _ := ParsePrincipal("arn:aws:iam::111122223333:user/ann")
	bob, _ := ParsePrincipal("arn:aws:iam::111122223333:user/bob")
	for name, c := range map[string]struct {
		statement       string
		personal, apart bool
	}{
		"everybody":      {`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`, false, false},
		"the account":    {`{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"*","Resource":"*"}`, false, false},
		"ann":            {`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/ann"},"Action":"*","Resource":"*"}`, true, true},
		"somebody else":  {`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/cy"},"Action":"*","Resource":"*"}`, true, false},
		"a name":         {`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:username":"a*"}}}`, true, true},
		"another's name": {`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:username":"c*"}}}`, true, false},
		"own folder":     {`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::lake/${aws:username}/*"}`, true, true},
		"own tag":        {`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/owner":"${aws:username}"}}}`, true, true},
		"an address":     {`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}`, false, false},
	} {
		p := compiled(t, c.statement)
		apart := string(p.Signature(nil, ann)) != string(p.Signature(nil, bob))
		if p.Personal() != c.personal || apart != c.apart {
			t.Errorf("%s: personal %t, apart %t", name, p.Personal(), apart)
		}
	}
}

// TestWhoIsNamed tells whom a policy names.
func TestWhoIsNamed(t *testing.T) {
	p := compiled(t, `{"Effect":"Allow","Principal":{"AWS":["111122223333","arn:aws:iam::111122223333:user/ann"],"Service":"lambda.amazonaws.com","Federated":"accounts.example.org"},"Action":"sts:AssumeRole"},
		{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111122223333:user/bob"},"Action":"sts:AssumeRole"}`)
	got := map[string]bool{}
	p.Names(func(name string, deny bool) { got[name] = deny })
	if d := cmp.Diff(map[string]bool{"arn:aws:iam::111122223333:root": false, "arn:aws:iam::111122223333:user/ann": false, "accounts.example.org": false, "arn:aws:iam::111122223333:user/bob": true}, got); d != "" {
		t.Error(d)
	}
	if !p.Trusts("lambda.amazonaws.com") || p.Trusts("ec2.amazonaws.com") || !p.Serves() || p.Open() != No {
		t.Error("services are not told apart")
	}
	for statement, want := range map[string]Truth{
		`{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"*","Resource":"*"}`:                                                   Yes,
		`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}`: Maybe,
		`{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"*","Resource":"*"}`:                                     Yes,
		`{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}`:                                                            No,
	} {
		if got := compiled(t, statement).Open(); got != want {
			t.Errorf("%s is open: %s", statement, got)
		}
	}
	n := 0
	compiled(t, `{"Effect":"Allow","Action":"*","NotResource":"arn:a"},{"Effect":"Allow","Action":"*","Resource":["arn:b","arn:c"]}`).Patterns(func(string) { n++ })
	if n != 4 {
		t.Errorf("%d patterns", n)
	}
}
