package aws

import (
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/iampolicy"
)

// doing is something that one can do with a bucket.
type doing struct {
	right  access.Right
	verb   string
	action iampolicy.Action
	whole  bool // with the bucket, and not with its objects
}

// doings are what is asked for, of each right the first that is allowed.
func doings() []doing {
	return []doing{
		{access.Read, "may read", iampolicy.ParseAction("s3:GetObject"), false},
		{access.Write, "may write to", iampolicy.ParseAction("s3:PutObject"), false},
		{access.Write, "may delete from", iampolicy.ParseAction("s3:DeleteObject"), false},
		{access.Admin, "may change the policy of", iampolicy.ParseAction("s3:PutBucketPolicy"), true},
		{access.Admin, "may change the access list of", iampolicy.ParseAction("s3:PutBucketAcl"), true},
	}
}

// IDs of those who are nobody in particular.
const (
	everybody  = "aws#everybody"
	anyAccount = "aws#anybody with an AWS account"
)

// bucketReaders tells who can do what with a bucket.
func (c *compiler) bucketReaders(b *bucket) {
	c.settleTarget(b)
	places := c.places(b)
	public := c.strangers(b, places)
	for _, cl := range c.classesOf(b) {
		for _, members := range c.split(cl.members, b.target.personal) {
			c.classReads(b, places, cl, members, public)
			c.keyUsers(b, places, cl, members)
		}
	}
	c.aclReaders(b, places)
	c.bucketDoubts(b)
}

// classReads tells what principals of one class can do with a bucket. What everybody can is told of everybody.
func (c *compiler) classReads(b *bucket, places []place, cl *class, members []*principal, public map[string]bool) {
	who := members[0].who
	condition, out := c.apart(b, cl)
	if out {
		return
	}
	for _, p := range places {
		had := map[access.Right]bool{}
		for _, d := range c.doings {
			if had[d.right] || d.action.String() == "s3:PutBucketAcl" && b.ownership == "BucketOwnerEnforced" {
				continue
			}
			a := c.askPlace(cl, who, b, p, &d)
			if len(a.ways) == 0 {
				continue
			}
			had[d.right] = slices.ContainsFunc(a.ways, func(w way) bool { return w.condition == "" })
			kept := a.ways[:0]
			for _, w := range a.ways {
				if !w.open || len(w.docs) > 0 || !public[d.action.String()+p.id] {
					kept = append(kept, w)
				}
			}
			a.ways = kept
			e := access.Edge{To: p.id, Verb: d.verb, Right: d.right, Condition: joined(condition, b.keyCondition(&d, b.target))}
			c.give(members, b.target, a, e)
			if d.action.String() == "s3:PutBucketPolicy" && !had[access.Read] {
				e.Right, e.Layer, e.Verb = access.Read, access.Escalation, "may change the policy of, and so read,"
				c.give(members, b.target, a, e)
			}
		}
	}
}

// keyUsers tells who of a class may use the key that a bucket is encrypted with.
func (c *compiler) keyUsers(b *bucket, places []place, cl *class, members []*principal) {
	k := b.target.key
	if k == nil {
		return
	}
	t := &target{account: accountOf(k.arn), policy: k.policy, proof: k.fact, fact: k.fact, gated: true}
	a := c.ask(cl, members[0].who, t, &iampolicy.Request{Action: iampolicy.ParseAction("kms:Decrypt"), Resource: k.arn})
	for _, p := range places {
		c.give(members, t, a, access.Edge{To: p.id, Verb: "may decrypt with the key of", Right: access.Key})
	}
}

// keyCondition is what reading hangs on where the policy of the bucket's key is not known.
func (b *bucket) keyCondition(d *doing, t *target) string {
	if b.ownKey() && t.key == nil && (d.right == access.Read || d.right == access.Write || d.action.String() == "s3:PutBucketPolicy") {
		return "the policy of the key " + b.keyName + " (not known) lets it use the key"
	}
	return ""
}

// apart tells what it means for a class that a bucket is of another account, or that nobody knows of which.
func (c *compiler) apart(b *bucket, cl *class) (condition string, out bool) {
	switch {
	case b.account == "" && b.server == "":
		condition = "the bucket is of the account " + cl.account.id + ", or its policy lets that account in (whose it is is not known)"
	case b.account != cl.account.id && strings.HasPrefix(b.algorithm, "aws:kms") && !b.ownKey():
		return "", true // the key that AWS made for an account serves no other
	case b.account != cl.account.id:
		shut, words := c.public(b)
		if b.policy >= 0 && c.docs[b.policy].policy.Open() != iampolicy.No {
			return words, shut
		}
	}
	return condition, false
}

// askPlace decides on a place. Where the parts that differ are places of their own, what is left of it is asked for.
func (c *compiler) askPlace(cl *class, who *iampolicy.Principal, b *bucket, p place, d *doing) answer {
	r := &iampolicy.Request{Action: d.action, Resource: b.arn}
	switch {
	case d.whole:
	case p.one:
		r.Resource += "/" + p.key
	default:
		r.Resource += "/" + p.key + "*"
	}
	if d.whole || p.one {
		return c.ask(cl, who, b.target, r)
	}
	r.Principal, r.ResourceAccount = who, cl.owner(b.target)
	all := c.policies(cl, b.target)
	reach, grounds := all.ReachFor(r)
	if reach.Extent == iampolicy.None {
		return answer{}
	}
	if reach.Extent == iampolicy.Some && b.parted(p, grounds) {
		r.Resource = b.arn + "/" + p.key + nobody
	}
	return c.ask(cl, who, b.target, r)
}

// parted tells whether all that holds for a part only is about other places.
func (b *bucket) parted(p place, grounds []iampolicy.Ground) bool {
	for i := range grounds {
		g := &grounds[i]
		if !g.Part || g.Key {
			continue
		}
		for _, pattern := range g.Patterns {
			key := keyOf(pattern)
			if g.Not && (b.patterns[pattern] && !strings.HasPrefix(key, p.key) || b.another(pattern)) {
				continue
			}
			if !b.patterns[pattern] || len(key) <= len(p.key) {
				return false
			}
		}
	}
	return true
}

// another tells whether a pattern is surely about other buckets.
func (b *bucket) another(pattern string) bool {
	name, _, _ := strings.Cut(strings.TrimPrefix(pattern, "arn:aws:s3:::"), "/")
	return name != b.name && !strings.ContainsAny(name, "*?$")
}

// strangers tells what everybody can do, and those whom the bucket's policy names and nobody has collected. It gives what everybody can.
func (c *compiler) strangers(b *bucket, places []place) map[string]bool {
	public := map[string]bool{}
	if b.policy < 0 {
		return public
	}
	shut, condition := c.public(b)
	policy := c.docs[b.policy].policy
	if policy.Open() != iampolicy.No && !shut {
		who, _ := iampolicy.ParsePrincipal("anonymous")
		c.strangeReads(b, places, c.stranger(everybody, "everybody", access.Anyone, who), condition, public)
		if b.server == "" {
			who, _ = iampolicy.ParsePrincipal("arn:aws:iam::" + noAccount + ":user/" + nobody)
			had := map[string]bool{}
			for k := range public {
				had[k] = true
			}
			c.strangeReads(b, places, c.stranger(anyAccount, "anybody with an AWS account", access.Anyone, who), condition, had)
		}
	}
	told := map[string]bool{}
	policy.Names(func(name string, deny bool) {
		if told[name] || deny {
			return
		}
		told[name] = true
		if cl := c.outsider(b, name); cl != nil && (!shut || cl.account.id == b.account) {
			words := ""
			if b.server == "" {
				words = "the account " + cl.account.id + " lets it (what that account's policies say was not collected)"
			}
			c.strangeReads(b, places, cl, words, map[string]bool{})
		}
	})
	return public
}

// noAccount is an account that nobody has.
const noAccount = "000000000001"

// outsider makes a class of a principal whom a bucket's policy names and whose account was not collected; nil for others.
func (c *compiler) outsider(b *bucket, name string) *class {
	if b.server != "" {
		return c.stranger("s3://"+b.server+"#"+name, name, access.User, &iampolicy.Principal{Kind: iampolicy.User, ARN: name})
	}
	who, err := iampolicy.ParsePrincipal(name)
	if err != nil || who.Account == "" || c.accounts[who.Account] != nil && c.accounts[who.Account].users {
		return nil
	}
	kind := access.User
	text := who.Name
	switch who.Kind {
	case iampolicy.Root:
		kind, text = access.Vendor, "account "+who.Account
	case iampolicy.Role, iampolicy.Session:
		kind = access.Service
	}
	return c.stranger(who.ARN, text, kind, who)
}

// strangeReads tells what a stranger can do. It adds what it tells to had, and leaves out what is there.
func (c *compiler) strangeReads(b *bucket, places []place, cl *class, condition string, had map[string]bool) {
	p := cl.members[0]
	if cl.account.id != b.account && b.server == "" && strings.HasPrefix(b.algorithm, "aws:kms") && !b.ownKey() {
		return
	}
	for _, at := range places {
		for _, d := range c.doings {
			name := d.action.String() + at.id
			if had[name] || p.kind == access.Anyone && d.right == access.Admin && p.arn == everybody {
				continue
			}
			a := c.askPlace(cl, p.who, b, at, &d)
			if len(a.ways) == 0 {
				continue
			}
			c.tellStranger(p)
			if p.arn == everybody {
				had[name], c.openTo = true, true
			}
			for i := range a.ways {
				a.ways[i].docs = nil
			}
			c.give(cl.members, b.target, a, access.Edge{To: at.id, Verb: d.verb, Right: d.right, Condition: joined(condition, b.keyCondition(&d, b.target))})
		}
	}
}

// aclReaders tells what the bucket's access list gives: to list and to write. To read an object takes the object's own list.
// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
func (c *compiler) aclReaders(b *bucket, places []place) {
	if b.ownership == "BucketOwnerEnforced" || len(places) == 0 {
		return
	}
	a := c.accounts[b.account]
	ignored := b.block != nil && b.block.IgnorePublicAcls || a != nil && a.block != nil && a.block.IgnorePublicAcls
	for _, entry := range b.acls {
		id, name, kind, condition := "aws#canonical:"+entry.grantee, "the canonical user "+entry.grantee, access.Vendor, ""
		switch {
		case entry.grantee == b.owner:
			continue
		case strings.HasSuffix(entry.grantee, "/global/AllUsers"):
			id, name, kind = everybody, "everybody", access.Anyone
		case strings.HasSuffix(entry.grantee, "/global/AuthenticatedUsers"):
			id, name, kind = anyAccount, "anybody with an AWS account", access.Anyone
		case strings.HasPrefix(entry.grantee, "http"):
			continue // S3's own log delivery
		}
		if kind == access.Anyone && ignored {
			continue
		}
		if kind == access.Anyone && b.block == nil && b.server == "" {
			condition = "no public-access block of the bucket forbids it (not known)"
		}
		if b.ownership == "" {
			condition = joined(condition, "access lists are not switched off (not known)")
		}
		c.tellStranger(&principal{arn: id, name: name, kind: kind})
		for _, p := range places {
			for _, right := range aclRights(entry.permission) {
				e := access.Edge{From: id, To: p.id, Verb: "may, by the bucket's access list, write to", Right: right, Condition: condition, Proof: []int{entry.fact}}
				switch right {
				case access.Read:
					e.Verb, e.Condition = "may, by the bucket's access list, list", joined(condition, "an object's own access list lets it read (not collected)")
				case access.Admin:
					e.Verb = "may change the access list of"
				}
				c.openTo = c.openTo || id == everybody
				c.edge(e)
			}
		}
	}
}

// aclRights are the rights that a permission of an access list gives.
func aclRights(permission string) []access.Right {
	switch permission {
	case "READ":
		return []access.Right{access.Read}
	case "WRITE":
		return []access.Right{access.Write}
	case "WRITE_ACP":
		return []access.Right{access.Admin}
	case "FULL_CONTROL":
		return []access.Right{access.Read, access.Write, access.Admin}
	}
	return nil
}
