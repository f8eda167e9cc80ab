package aws

import (
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/access"
)

// bucketDoubts tells what is not known of a bucket.
func (c *compiler) bucketDoubts(b *bucket) {
	doubt := func(form string, args ...any) {
		for _, r := range b.prefixes {
			c.out.Doubt(access.Doubt{Place: access.Place{Repository: r.name}, Scope: b.scope, Detail: fmt.Sprintf(form, args...)})
		}
	}
	for _, f := range b.unseen {
		what := f.Action
		if what == "" {
			what = "something of the bucket"
		}
		doubt("%s was not seen: %s", strings.ReplaceAll(what, "_", " "), f.Why)
	}
	switch {
	case b.fact == 0 && !b.hasPolicy && len(b.unseen) == 0:
		doubt("nothing of the bucket's own policy was collected: it may let others in, or keep out who is told of; scan the bucket by a login that may read its policy")
	case b.account == "" && b.server == "":
		doubt("whose account the bucket is in is not known; scan it by a login of that account")
	case b.server == "" && (c.accounts[b.account] == nil || !c.accounts[b.account].users):
		doubt("the users, roles and policies of the account %s were not collected; declare a file of aws iam get-account-authorization-details as aws_account", b.account)
	}
	if b.ownKey() && b.target.key == nil {
		doubt("the policy of the key %s was not collected; add it to the account's file as KeyPolicies", b.keyName)
	}
	if strings.HasPrefix(b.algorithm, "aws:kms") {
		doubt("objects that are older than the bucket's default encryption may be encrypted with another key, or with none of KMS")
	}
	if b.server == "" && b.ownership != "BucketOwnerEnforced" && (b.ownership != "" || len(b.acls) > 0) {
		doubt("access lists of single objects count in this bucket, and are not collected")
	}
}

// doubts tells what is not known of accounts and principals.
func (c *compiler) doubts() {
	for _, f := range c.unseen {
		c.out.Doubt(access.Doubt{Place: access.Place{}, Scope: f.Scope, Detail: strings.TrimSpace(f.Target + ": " + f.Why)})
	}
	for _, id := range sorted(c.accounts) {
		a := c.accounts[id]
		if a.users && !a.knowsSCP && !a.management {
			c.out.Doubt(access.Doubt{Scope: "aws:" + id, Detail: "the service control policies of the account's organisation were not collected, and may take away what is told; add them to the account's file as ServiceControlPolicies ([] = no organisation)"})
		}
		if a.users && !a.knowsRCP {
			c.out.Doubt(access.Doubt{Scope: "aws:" + id, Detail: "the resource control policies of the account's organisation were not collected, and may take away what is told; add them to the account's file as ResourceControlPolicies ([] = none)"})
		}
	}
	blind := map[string][]*principal{}
	for _, arn := range sorted(c.people) {
		p := c.people[arn]
		for _, b := range p.blind {
			blind[p.account.id+" "+b] = append(blind[p.account.id+" "+b], p)
		}
	}
	for _, name := range sorted(blind) {
		all := blind[name]
		id, policy, _ := strings.Cut(name, " ")
		c.out.Doubt(access.Doubt{Scope: "aws:" + id, Detail: fmt.Sprintf("the text of the policy %s is not known, which %d principals have (%s and others): what it allows and denies is left out", policy, len(all), all[0].name)})
	}
	if c.openTo {
		for _, cl := range c.classes {
			for _, p := range cl.members {
				if !cl.admin && (p.kind == access.User || p.kind == access.Role) {
					c.edge(access.Edge{From: p.arn, To: everybody, Verb: "is one of", Right: access.Become, Proof: p.self()})
				}
			}
		}
	}
}
