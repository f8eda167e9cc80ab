package aws

import (
	"strings"
	"testing"

	"github.com/chartroom/chartroom/access"
)

const (
	objects = "arn:aws:s3:::lake/*"
	lakeKey = "arn:aws:kms:us-east-1:" + acct + ":key/1"
)

// TestStories tells who can do what in small accounts. Each page is AWS's own.
func TestStories(t *testing.T) {
	reads := policyOf(allow("s3:GetObject", objects))
	lake := func(b m) m { return m{"lake": b} }
	open := policyOf(with(allow("s3:GetObject", objects), "Principal", "*"))
	shut := m{"RestrictPublicBuckets": true, "IgnorePublicAcls": true}
	none := m{"RestrictPublicBuckets": false, "IgnorePublicAcls": false}
	named := func(principal any, s m) m { return policyOf(with(s, "Principal", principal)) }
	kms := m{"Algorithm": "aws:kms", "Key": lakeKey}
	members := func(list ...m) []m { return list }
	everything := policyOf(allow("*", "*"))
	for name, c := range map[string]struct {
		account m
		who     string
		right   access.Right // Become = Read
		layer   access.Layer
		place   string // "" = s3://lake
		want    string // yes, no, or what a maybe hangs on
	}{
		"inline":               {account: m{"UserDetailList": members(user("ann", reads)), "Buckets": lake(m{})}, who: "ann", want: "yes"},
		"nothing":              {account: m{"UserDetailList": members(user("ann")), "Buckets": lake(m{})}, who: "ann", want: "no"},
		"another bucket":       {account: m{"UserDetailList": members(user("ann", policyOf(allow("s3:GetObject", "arn:aws:s3:::lakes/*")))), "Buckets": lake(m{})}, who: "ann", want: "no"},
		"denied by the bucket": {account: m{"UserDetailList": members(user("ann", reads)), "Buckets": lake(m{"Policy": named("*", deny("s3:*", objects))})}, who: "ann", want: "no"},
		"named by the bucket":  {account: m{"UserDetailList": members(user("ann")), "Buckets": lake(m{"Policy": named(m{"AWS": arnOf("ann")}, allow("s3:GetObject", objects))})}, who: "ann", want: "yes"},
		"named is another":     {account: m{"UserDetailList": members(user("ann"), user("bob")), "Buckets": lake(m{"Policy": named(m{"AWS": arnOf("ann")}, allow("s3:GetObject", objects))})}, who: "bob", want: "no"},
		"boundary": {account: m{"UserDetailList": members(with(user("ann", reads), "PermissionsBoundary", m{"PermissionsBoundaryArn": "arn:aws:iam::" + acct + ":policy/Edge"})),
			"Policies": managedOf("Edge", policyOf(allow("ec2:*", "*"))), "Buckets": lake(m{})}, who: "ann", want: "no"},
		"boundary of unknown text": {account: m{"UserDetailList": members(with(user("ann", reads), "PermissionsBoundary", m{"PermissionsBoundaryArn": "arn:aws:iam::" + acct + ":policy/Edge"})), "Buckets": lake(m{})},
			who: "ann", want: "boundary Edge"},
		"boundary and the bucket's policy": {account: m{"UserDetailList": members(with(user("ann", reads), "PermissionsBoundary", m{"PermissionsBoundaryArn": "arn:aws:iam::" + acct + ":policy/Edge"})),
			"Policies": managedOf("Edge", policyOf(allow("ec2:*", "*"))), "Buckets": lake(m{"Policy": named(m{"AWS": arnOf("ann")}, allow("s3:GetObject", objects))})}, who: "ann", want: "yes"},
		"scp":               {account: m{"UserDetailList": members(user("ann", reads)), "ServiceControlPolicies": [][]m{{everything}, {policyOf(allow("ec2:*", "*"))}}, "Buckets": lake(m{})}, who: "ann", want: "no"},
		"scp of management": {account: m{"Management": true, "UserDetailList": members(user("ann", reads)), "ServiceControlPolicies": [][]m{{policyOf(allow("ec2:*", "*"))}}, "Buckets": lake(m{})}, who: "ann", want: "yes"},
		"rcp":               {account: m{"UserDetailList": members(user("ann", reads)), "ResourceControlPolicies": [][]m{{policyOf(with(deny("s3:*", "*"), "Principal", "*"))}}, "Buckets": lake(m{})}, who: "ann", want: "no"},
		"scp that spares one": {account: m{"UserDetailList": members(user("ann", reads), user("bob", reads)), "ServiceControlPolicies": [][]m{{everything, policyOf(with(deny("s3:*", "*"), "Condition", m{"ArnNotLike": m{"aws:PrincipalArn": arnOf("bob")}}))}},
			"Buckets": lake(m{})}, who: "bob", want: "yes"},
		"scp that spares another": {account: m{"UserDetailList": members(user("ann", reads), user("bob", reads)), "ServiceControlPolicies": [][]m{{everything, policyOf(with(deny("s3:*", "*"), "Condition", m{"ArnNotLike": m{"aws:PrincipalArn": arnOf("bob")}}))}},
			"Buckets": lake(m{})}, who: "ann", want: "no"},
		"a condition": {account: m{"UserDetailList": members(user("ann", policyOf(with(allow("s3:GetObject", objects), "Condition", m{"IpAddress": m{"aws:SourceIp": "192.0.2.0/24"}})))), "Buckets": lake(m{})},
			who: "ann", want: "192.0.2.0/24"},
		"a denial with a condition": {account: m{"UserDetailList": members(user("ann", reads)), "Buckets": lake(m{"Policy": named("*", with(deny("s3:*", objects), "Condition", m{"Bool": m{"aws:SecureTransport": "false"}}))})},
			who: "ann", want: "not Bool aws:SecureTransport false"},
		"group":               {account: m{"GroupDetailList": members(group("Nurses", reads)), "UserDetailList": members(with(user("ann"), "GroupList", []string{"Nurses"})), "Buckets": lake(m{})}, who: "ann", want: "yes"},
		"own folder":          {account: m{"UserDetailList": members(user("ann", policyOf(allow("s3:GetObject", "arn:aws:s3:::lake/${aws:username}/*"))), user("bob")), "Buckets": lake(m{})}, who: "ann", want: "${aws:username}"},
		"a folder":            {account: m{"UserDetailList": members(user("ann", policyOf(allow("s3:GetObject", "arn:aws:s3:::lake/exports/*")))), "Buckets": lake(m{})}, who: "ann", place: "s3://lake/exports/", want: "yes"},
		"outside the folder":  {account: m{"UserDetailList": members(user("ann", policyOf(allow("s3:GetObject", "arn:aws:s3:::lake/exports/*")))), "Buckets": lake(m{})}, who: "ann", want: "no"},
		"all but a folder":    {account: m{"UserDetailList": members(user("ann", policyOf(allow("s3:GetObject", objects), deny("s3:*", "arn:aws:s3:::lake/secret/*")))), "Buckets": lake(m{})}, who: "ann", want: "yes"},
		"the folder left out": {account: m{"UserDetailList": members(user("ann", policyOf(allow("s3:GetObject", objects), deny("s3:*", "arn:aws:s3:::lake/secret/*")))), "Buckets": lake(m{})}, who: "ann", place: "s3://lake/secret/", want: "no"},
		"NotResource":         {account: m{"UserDetailList": members(user("ann", policyOf(m{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::lake/secret/*"}))), "Buckets": lake(m{})}, who: "ann", want: "yes"},
		"some kinds of files": {account: m{"UserDetailList": members(user("ann", policyOf(allow("s3:GetObject", "arn:aws:s3:::lake/*.csv")))), "Buckets": lake(m{})}, who: "ann", want: "*.csv"},
		"one object":          {account: m{"UserDetailList": members(user("ann", policyOf(allow("s3:GetObject", "arn:aws:s3:::lake/a.csv")))), "Buckets": lake(m{})}, who: "ann", place: "s3://lake/a.csv", want: "yes"},
		"writes":              {account: m{"UserDetailList": members(user("ann", policyOf(allow("s3:DeleteObject", objects)))), "Buckets": lake(m{})}, who: "ann", right: access.Write, want: "yes"},
		"says who may":        {account: m{"UserDetailList": members(user("ann", policyOf(allow("s3:PutBucketPolicy", "arn:aws:s3:::lake")))), "Buckets": lake(m{})}, who: "ann", right: access.Admin, want: "yes"},
		"and so reads":        {account: m{"UserDetailList": members(user("ann", policyOf(allow("s3:PutBucketPolicy", "arn:aws:s3:::lake")))), "Buckets": lake(m{})}, who: "ann", layer: access.Escalation, want: "yes"},
		"the key denies":      {account: m{"UserDetailList": members(user("ann", reads)), "KeyPolicies": m{lakeKey: named(m{"AWS": arnOf("root")}, allow("kms:*", "*"))}, "Buckets": lake(m{"Encryption": kms})}, who: "ann", want: "no"},
		"the key allows": {account: m{"UserDetailList": members(user("ann", reads, policyOf(allow("kms:Decrypt", lakeKey)))), "KeyPolicies": m{lakeKey: named(m{"AWS": "arn:aws:iam::" + acct + ":root"}, allow("kms:*", "*"))},
			"Buckets": lake(m{"Encryption": kms})}, who: "ann", want: "yes"},
		"a key of unknown policy": {account: m{"UserDetailList": members(user("ann", reads)), "Buckets": lake(m{"Encryption": kms})}, who: "ann", want: "the policy of the key"},
		"public":                  {account: m{"UserDetailList": members(user("ann")), "Buckets": lake(m{"Policy": open, "PublicAccessBlock": none})}, who: everybody, want: "yes"},
		"public, so ann":          {account: m{"UserDetailList": members(user("ann")), "Buckets": lake(m{"Policy": open, "PublicAccessBlock": none})}, who: "ann", want: "yes"},
		"public and blocked":      {account: m{"UserDetailList": members(user("ann")), "Buckets": lake(m{"Policy": open, "PublicAccessBlock": shut})}, who: everybody, want: "no"},
		"blocked, but ann's own":  {account: m{"UserDetailList": members(user("ann")), "Buckets": lake(m{"Policy": open, "PublicAccessBlock": shut})}, who: "ann", want: "yes"},
		"blocked by the account":  {account: m{"PublicAccessBlock": shut, "UserDetailList": members(user("ann")), "Buckets": lake(m{"Policy": open, "PublicAccessBlock": none})}, who: everybody, want: "no"},
		"public, block unknown":   {account: m{"UserDetailList": members(user("ann")), "Buckets": lake(m{"Policy": open})}, who: everybody, want: "public-access block"},
		"another account":         {account: m{"UserDetailList": members(user("ann")), "Buckets": lake(m{"Policy": named(m{"AWS": other}, allow("s3:GetObject", objects))})}, who: "arn:aws:iam::" + other + ":root", want: "the account " + other + " lets it"},
		"another account, blocked": {account: m{"UserDetailList": members(user("ann")), "Buckets": lake(m{"PublicAccessBlock": shut, "Policy": policyOf(with(allow("s3:GetObject", objects), "Principal", "*"), with(allow("s3:GetObject", objects), "Principal", m{"AWS": other}))})},
			who: "arn:aws:iam::" + other + ":root", want: "no"},
		"list open to all":       {account: m{"UserDetailList": members(user("ann")), "Buckets": lake(m{"PublicAccessBlock": none, "Ownership": "ObjectWriter", "Acl": m{"Owner": m{"ID": "me"}, "Grants": members(m{"Grantee": m{"URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "WRITE"})}})}, who: everybody, right: access.Write, want: "yes"},
		"list to all is ignored": {account: m{"UserDetailList": members(user("ann")), "Buckets": lake(m{"PublicAccessBlock": shut, "Ownership": "ObjectWriter", "Acl": m{"Owner": m{"ID": "me"}, "Grants": members(m{"Grantee": m{"URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "WRITE"})}})}, who: everybody, right: access.Write, want: "no"},
		"list is switched off":   {account: m{"UserDetailList": members(user("ann")), "Buckets": lake(m{"PublicAccessBlock": none, "Ownership": "BucketOwnerEnforced", "Acl": m{"Grants": members(m{"Grantee": m{"URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "WRITE"})}})}, who: everybody, right: access.Write, want: "no"},
		"root":                   {account: m{"UserDetailList": members(user("ann")), "Buckets": lake(m{})}, who: "arn:aws:iam::" + acct + ":root", want: "yes"},
		"a role not yet":         {account: m{"UserDetailList": members(user("ann")), "RoleDetailList": members(role("R", trusts(m{"AWS": arnOf("ann")}), reads)), "Buckets": lake(m{})}, who: "ann", want: "no"},
		"a role by its trust":    {account: m{"UserDetailList": members(user("ann")), "RoleDetailList": members(role("R", trusts(m{"AWS": arnOf("ann")}), reads)), "Buckets": lake(m{})}, who: "ann", layer: access.Escalation, want: "yes"},
		"trust of the account":   {account: m{"UserDetailList": members(user("ann")), "RoleDetailList": members(role("R", trusts(m{"AWS": acct}), reads)), "Buckets": lake(m{})}, who: "ann", layer: access.Escalation, want: "no"},
		"and the policy too": {account: m{"UserDetailList": members(user("ann", policyOf(allow("sts:AssumeRole", "*")))), "RoleDetailList": members(role("R", trusts(m{"AWS": acct}), reads)), "Buckets": lake(m{})}, who: "ann",
			layer: access.Escalation, want: "yes"},
		"a provider": {account: m{"RoleDetailList": members(role("R", trusts(m{"Federated": "arn:aws:iam::" + acct + ":saml-provider/Okta"}), reads)), "Buckets": lake(m{})}, who: "arn:aws:iam::" + acct + ":saml-provider/Okta",
			layer: access.Escalation, want: "the provider says so"},
		"another account's role": {account: m{"RoleDetailList": members(role("R", trusts(m{"AWS": other}), reads)), "Buckets": lake(m{})}, who: "arn:aws:iam::" + other + ":root", layer: access.Escalation, want: "the account " + other},
		"whose bucket?":          {account: m{"UserDetailList": members(user("ann", reads))}, who: "ann", want: "whose it is is not known"},
	} {
		t.Run(name, func(t *testing.T) {
			place := c.place
			if place == "" {
				place = "s3://lake"
			}
			right := c.right
			if right == access.Become {
				right = access.Read
			}
			got := compile(t, c.account).may(arnOf(c.who), right, place, c.layer)
			if c.want == "yes" || c.want == "no" {
				if got != c.want {
					t.Errorf("%s, want %s", got, c.want)
				}
			} else if !strings.HasPrefix(got, "maybe") || !strings.Contains(got, c.want) {
				t.Errorf("%s, want maybe: %s", got, c.want)
			}
		})
	}
}

func group(name string, inline m) m {
	return m{"Arn": "arn:aws:iam::" + acct + ":group/" + name, "GroupName": name, "GroupPolicyList": []m{{"PolicyName": name, "PolicyDocument": inline}}}
}

func managedOf(name string, document m) []m {
	return []m{{"Arn": "arn:aws:iam::" + acct + ":policy/" + name, "PolicyName": name, "DefaultVersionId": "v2", "PolicyVersionList": []m{{"VersionId": "v1", "Document": policyOf(allow("*", "*"))}, {"VersionId": "v2", "IsDefaultVersion": true, "Document": document}}}}
}
