package aws

import (
	"cmp"
	"encoding/json"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/iampolicy"
)

// block is a public-access block.
// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
type block struct {
	IgnorePublicAcls, RestrictPublicBuckets bool
}

func newBlock(f access.Fact) *block {
	b := &block{}
	_ = json.Unmarshal([]byte(f.Detail), b) // none is what "none" says
	return b
}

// acl is an entry of a bucket's access list.
type acl struct {
	grantee, permission string
	fact                int
}

// bucket is a bucket that is asked for.
type bucket struct {
	arn, name, scope, server string
	account                  string // "" = not known
	fact                     int
	policy, policyFact       int
	owner                    string
	acls                     []acl
	block                    *block // nil = not known
	ownership                string // "" = not known, none = access lists count
	algorithm, keyName       string // "" = not known
	hasPolicy                bool   // it is known whether there is a policy
	unseen                   []access.Fact
	prefixes                 []repository
	target                   *target
	patterns                 map[string]bool // that are places of their own
}

// repository is a bucket as it is surveyed, or a part of one.
type repository struct{ name, prefix string }

// bucketFact files a fact of a bucket.
func (c *compiler) bucketFact(f access.Fact, d detail) {
	b := c.bucketAt(&f)
	switch f.Kind {
	case "bucket":
		b.fact, b.account = f.ID, cmp.Or(d.Account, b.account)
		if id := strings.TrimPrefix(f.Scope, "aws:"); b.account == "" && isAccount(id) {
			b.account = id
		}
	case "owner":
		b.owner = f.Principal
	case "acl":
		b.acls = append(b.acls, acl{f.Principal, f.Action, f.ID})
	case "bucket_policy":
		b.hasPolicy = true
		if f.Action != "none" {
			b.policy, b.policyFact = c.doc(f.Detail, &f), f.ID
		}
	case "public_access":
		b.block = newBlock(f)
	case "ownership":
		b.ownership = f.Action
	case "encryption":
		b.algorithm, b.keyName = f.Action, d.Key
	}
}

// choose finds the buckets that are of care.
func (c *compiler) choose(places []access.Place) {
	wanted := map[string]bool{}
	for _, p := range places {
		u, err := url.Parse(p.Repository)
		if wanted[p.Repository] || err != nil || u.Scheme != "s3" || u.Host == "" {
			continue
		}
		wanted[p.Repository] = true
		f := access.Fact{}
		f.Target, f.Scope = "arn:aws:s3:::"+u.Host, "aws:"
		if at, err := url.Parse(u.Query().Get("endpoint")); err == nil {
			f.Scope += at.Host
		}
		b := c.bucketAt(&f)
		b.prefixes = append(b.prefixes, repository{p.Repository, strings.TrimPrefix(u.Path, "/")})
	}
	for id, b := range c.buckets {
		if len(b.prefixes) == 0 {
			delete(c.buckets, id)
		}
	}
	c.parts()
}

// mostParts is how many parts of one bucket are places of their own; what policies give of others is a condition.
const mostParts = 200

// parts finds the folders and objects of buckets that policies tell apart.
func (c *compiler) parts() {
	c.index()
	literal, wild := map[string][]string{}, []string{}
	seen := map[string]bool{}
	for i := range c.docs {
		c.docs[i].policy.Patterns(func(p string) {
			rest, ok := strings.CutPrefix(p, "arn:aws:s3:::")
			name, key, _ := strings.Cut(rest, "/")
			if !ok || seen[p] || !plain(key) {
				return
			}
			seen[p] = true
			if strings.ContainsAny(name, "*?$") {
				wild = append(wild, p)
			} else {
				literal[name] = append(literal[name], p)
			}
		})
	}
	slices.Sort(wild)
	for _, b := range c.buckets {
		b.patterns = map[string]bool{}
		slices.Sort(literal[b.name])
		for _, p := range literal[b.name] {
			b.part(p)
		}
		for _, p := range wild {
			if name, _, _ := strings.Cut(strings.TrimPrefix(p, "arn:aws:s3:::"), "/"); means(name, b.name) {
				b.part(p)
			}
		}
	}
}

// means tells whether a pattern of names may match a bucket's. No name has the characters that path.Match takes for more than a policy does.
func means(pattern, name string) bool {
	if strings.Contains(pattern, "${") {
		return true
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil && !strings.ContainsAny(pattern, `[\`)
}

// index finds for each class the buckets that its policies speak of.
func (c *compiler) index() {
	c.byBucket, c.byPattern = map[string][]*class{}, map[string][]*class{}
	for _, cl := range c.classes {
		seen := map[string]bool{}
		for _, p := range cl.policies.Identity {
			p.Patterns(func(text string) {
				rest, ok := strings.CutPrefix(text, "arn:aws:s3:::")
				name, _, _ := strings.Cut(rest, "/")
				if !ok {
					first := text[:max(0, strings.IndexAny(text, "*?$"))]
					if !strings.ContainsAny(text, "*?$") || !strings.HasPrefix("arn:aws:s3:::", first) {
						return // of another service
					}
					name = "*"
				}
				if seen[name] {
					return
				}
				seen[name] = true
				to := c.byBucket
				if strings.ContainsAny(name, "*?$") {
					to = c.byPattern
				}
				to[name] = append(to[name], cl)
			})
		}
	}
}

// classesOf gives the classes that may do something with a bucket: their policies speak of it, its policy names them or everybody, or they
// are its root user.
func (c *compiler) classesOf(b *bucket) []*class {
	if b.server != "" {
		return nil // its accounts are its own
	}
	if b.policy >= 0 && c.docs[b.policy].policy.Open() != iampolicy.No {
		return c.classes
	}
	out := slices.Clone(c.byBucket[b.name])
	for pattern, all := range c.byPattern {
		if means(pattern, b.name) {
			out = append(out, all...)
		}
	}
	for _, a := range c.accounts {
		if a.root != nil {
			out = append(out, a.root.class)
		}
	}
	if b.policy >= 0 {
		c.docs[b.policy].policy.Names(func(name string, _ bool) {
			if p := c.people[name]; p != nil && p.class != nil {
				out = append(out, p.class)
			}
		})
	}
	slices.SortFunc(out, func(x, y *class) int { return x.number - y.number })
	return slices.Compact(out)
}

// plain tells whether the key of a pattern is an object or a whole folder.
func plain(key string) bool {
	folder, star := strings.CutSuffix(key, "*")
	return key != "" && key != "*" && !strings.ContainsAny(folder, "*?") && !strings.Contains(key, "${") && (!star || strings.HasSuffix(folder, "/"))
}

func (b *bucket) part(pattern string) {
	if len(b.patterns) < mostParts {
		b.patterns[pattern] = true
	}
}

// keyOf gives the key of a pattern of objects; of a folder with the slash at its end.
func keyOf(pattern string) string {
	_, key, _ := strings.Cut(strings.TrimPrefix(pattern, "arn:aws:s3:::"), "/")
	return strings.TrimSuffix(key, "*")
}

// place is a place of a bucket, and the pattern of its objects.
type place struct {
	id  string
	key string // of the folder or object; "" = the whole
	one bool   // it is one object
}

// places tells the nodes of a bucket.
func (c *compiler) places(b *bucket) (out []place) {
	keys := map[string]bool{}
	for p := range b.patterns {
		keys[keyOf(p)] = true
	}
	for _, r := range b.prefixes {
		add := func(key, path string) {
			id := r.name
			if path != "" {
				id += "/" + path
			}
			c.out.Node(access.Node{ID: id, Kind: access.Resource, Name: id, System: "aws", Place: access.Place{Repository: r.name, Path: path}})
			out = append(out, place{id, key, path != "" && !strings.HasSuffix(path, "/")})
		}
		top := r.prefix
		if top != "" {
			top = strings.TrimSuffix(top, "/") + "/"
		}
		add(top, "")
		for _, key := range sorted(keys) {
			if rest, ok := strings.CutPrefix(key, top); ok && rest != "" {
				add(key, rest)
			}
		}
	}
	return out
}

// settleTarget finds all that has a say on the bucket's side.
func (c *compiler) settleTarget(b *bucket) {
	t := &target{account: b.account, fact: b.fact, policy: b.policy, proof: b.policyFact}
	if a := c.accounts[b.account]; a != nil {
		t.limits = a.limits
		if t.key = c.keyOf(b); t.key != nil && t.key.policy < 0 {
			t.key = nil
		}
		c.personalOf(t, a.rcps)
	} else {
		c.personalOf(t, nil)
	}
	b.target = t
}

// ownKey tells whether the bucket is encrypted with a key of KMS that AWS did not make.
func (b *bucket) ownKey() bool {
	return strings.HasPrefix(b.algorithm, "aws:kms") && b.keyName != "" && b.keyName != "alias/aws/s3"
}

// keyOf finds the key that objects of the bucket are encrypted with, nil where none is known.
func (c *compiler) keyOf(b *bucket) *key {
	if !b.ownKey() {
		return nil
	}
	if k := c.keys[b.keyName]; k != nil {
		return k
	}
	for _, arn := range sorted(c.keys) {
		if nameOf(arn) == b.keyName && accountOf(arn) == b.account {
			return c.keys[arn]
		}
	}
	return nil
}

// public tells what a public-access block leaves of a policy that gives to everybody: no, what is not known, yes.
func (c *compiler) public(b *bucket) (shut bool, condition string) {
	a := c.accounts[b.account]
	var whole *block
	if a != nil {
		whole = a.block
	}
	switch {
	case b.policy < 0 || b.server != "":
	case b.block != nil && b.block.RestrictPublicBuckets, whole != nil && whole.RestrictPublicBuckets:
		switch c.docs[b.policy].policy.Open() {
		case iampolicy.Yes:
			return true, ""
		case iampolicy.Maybe:
			return false, "the public-access block does not count its policy as public"
		}
	case b.block == nil && c.docs[b.policy].policy.Open() != iampolicy.No:
		return false, "no public-access block of the bucket forbids it (not known)"
	}
	return false, ""
}
