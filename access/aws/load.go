package aws

import (
	"cmp"
	"encoding/json"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/access/iampolicy"
)

// compiler is what all facts say.
type compiler struct {
	out      access.Sink
	docs     []doc
	byText   map[string]int
	accounts map[string]*account
	people   map[string]*principal // users, groups, roles and root users by ARN
	buckets  map[string]*bucket    // by ARN
	keys     map[string]*key       // by ARN
	managed  map[string]access.Fact
	later    []access.Fact // what principals have, once all policies are known
	unseen   []access.Fact
	holders  map[string]bool // nodes that were made
	openTo   bool            // some edge leads from everybody
	classes  []*class
	doings   []doing
	// byBucket and byPattern are the classes whose policies speak of buckets, by their names and by patterns of these.
	byBucket, byPattern map[string][]*class
	groups              map[string]string // ARNs by account and name
}

// doc is the text of a policy. Equal texts are one doc.
type doc struct {
	policy   *iampolicy.Policy // nil = it is not understood
	personal bool
	sum      uint64 // of its text
}

// account is an AWS account.
type account struct {
	id         string
	fact       int
	users      bool // its users, groups and roles were collected
	scps, rcps [][]int
	knowsSCP   bool
	knowsRCP   bool
	management bool
	block      *block
	root       *principal
	levels     [][]*iampolicy.Policy // of scps
	limits     [][]*iampolicy.Policy // of rcps
}

// holding is how a principal has a policy.
type holding struct {
	doc   int
	name  string
	arn   string // of a managed policy
	how   string // "through the group Nurses"
	proof []int
}

// principal is a user, group, role or root user.
type principal struct {
	arn, name string
	kind      access.Kind
	account   *account
	who       *iampolicy.Principal
	fact      int
	traits    map[string]string
	holds     []holding
	blind     []string // managed policies whose texts are not known
	boundary  int      // -1 = none
	hidden    string   // a boundary whose text is not known
	trust     int      // -1 = none
	trustFact int
	groups    map[string]int // by ARN: the fact of the membership
	profile   bool           // instances can get the role
	collected bool
	password  string // "true" and "false", as the credential report says
	class     *class
}

// key is a KMS key.
type key struct {
	arn    string
	fact   int
	policy int // -1 = not known
	grants []iampolicy.Grant
}

func newCompiler(out access.Sink) *compiler {
	return &compiler{out: out, byText: map[string]int{}, accounts: map[string]*account{}, people: map[string]*principal{}, buckets: map[string]*bucket{}, keys: map[string]*key{},
		managed: map[string]access.Fact{}, holders: map[string]bool{}, groups: map[string]string{}, doings: doings()}
}

// doc compiles a text, -1 where it is not understood, which is a doubt.
func (c *compiler) doc(text string, f *access.Fact) int {
	n, known := c.byText[text]
	if !known {
		n = len(c.docs)
		p, err := iampolicy.Parse(strconv.Itoa(n), []byte(text))
		if err != nil {
			n = -1
			c.out.Doubt(access.Doubt{Scope: f.Scope, Detail: "a policy (" + f.Kind + ") of " + strings.TrimSpace(f.Principal+" "+f.Target) + " is not understood, and what it allows or denies is left out: " + strings.TrimLeft(err.Error(), "0123456789: ")})
		} else {
			h := fnv.New64a()
			_, _ = h.Write([]byte(text))
			c.docs = append(c.docs, doc{p, p.Personal(), h.Sum64()})
		}
		c.byText[text] = n
	}
	return n
}

func (c *compiler) account(id string) *account {
	a := c.accounts[id]
	if a == nil {
		a = &account{id: id}
		c.accounts[id] = a
	}
	return a
}

// bucketAt gives the bucket of an ARN.
func (c *compiler) bucketAt(f *access.Fact) *bucket {
	id := f.Target
	if server := serverOf(f.Scope); server != "" {
		id += "?" + server
	}
	b := c.buckets[id]
	if b == nil {
		b = &bucket{arn: f.Target, name: strings.TrimPrefix(f.Target, "arn:aws:s3:::"), scope: f.Scope, policy: -1, server: serverOf(f.Scope)}
		c.buckets[id] = b
	}
	return b
}

// serverOf gives the address of a compatible server from a scope, "" for Amazon's.
func serverOf(scope string) string {
	if s := strings.TrimPrefix(scope, "aws:"); s != "" && !isAccount(s) {
		return s
	}
	return ""
}

func isAccount(s string) bool { return len(s) == 12 && strings.Trim(s, "0123456789") == "" }

// detail is what the Details of the kinds hold that are no policies.
type detail struct {
	Name             string `json:"name"`
	PasswordLastUsed string `json:"password_last_used"`
	LastUsed         string `json:"last_used"`
	MFA              string `json:"mfa"`
	Password         string `json:"password"`
	Key              string `json:"key"`
	Account          string `json:"account"`
	Management       bool   `json:"management"`
	SCPs             bool   `json:"scps"`
	RCPs             bool   `json:"rcps"`
	Users            bool   `json:"users"`
	Constrained      bool   `json:"constrained"`
}

// take files one fact.
func (c *compiler) take(f access.Fact) {
	var d detail
	switch f.Kind {
	case "bucket_policy", "key_policy", "trust", "policy", "inline", "scp", "rcp", "public_access": // the Detail is a document
	default:
		_ = json.Unmarshal([]byte(f.Detail), &d) // what is not understood is not known
	}
	switch f.Kind {
	case "account":
		a := c.account(f.Principal)
		a.fact, a.users, a.management = f.ID, a.users || d.Users, a.management || d.Management
		a.knowsSCP, a.knowsRCP = a.knowsSCP || d.SCPs, a.knowsRCP || d.RCPs
	case "user", "group", "role":
		c.identity(f, d)
	case "policy":
		c.managed[f.Target] = f
	case "member", "attached", "inline", "boundary", "trust", "instance_profile", "credentials":
		c.later = append(c.later, f)
	case "scp", "rcp":
		c.level(f)
	case "key_policy":
		k := c.key(f.Target)
		k.policy, k.fact = c.doc(f.Detail, &f), f.ID
	case "key_grant":
		k := c.key(f.Target)
		k.grants = append(k.grants, iampolicy.Grant{Grantee: f.Principal, Operations: strings.Fields(f.Action), Constrained: d.Constrained})
	case "public_access":
		if !strings.HasPrefix(f.Target, "arn:") {
			c.account(strings.TrimPrefix(f.Scope, "aws:")).block = newBlock(f)
			return
		}
		c.bucketFact(f, d)
	case "bucket", "owner", "acl", "bucket_policy", "ownership", "encryption":
		c.bucketFact(f, d)
	case access.Unseen:
		if strings.HasPrefix(f.Target, "arn:aws:s3:::") {
			b := c.bucketAt(&f)
			b.unseen = append(b.unseen, f)
			return
		}
		c.unseen = append(c.unseen, f)
	}
}

func (c *compiler) key(arn string) *key {
	k := c.keys[arn]
	if k == nil {
		k = &key{arn: arn, policy: -1}
		c.keys[arn] = k
	}
	return k
}

func (c *compiler) level(f access.Fact) {
	n, err := strconv.Atoi(f.Action)
	a := c.account(strings.TrimPrefix(f.Scope, "aws:"))
	levels := &a.scps
	if f.Kind == "rcp" {
		levels = &a.rcps
	}
	if err != nil || n < 1 || n > 64 {
		return
	}
	for len(*levels) < n {
		*levels = append(*levels, nil)
	}
	if d := c.doc(f.Detail, &f); d >= 0 {
		(*levels)[n-1] = append((*levels)[n-1], d)
	}
}

// identity files a user, group or role.
func (c *compiler) identity(f access.Fact, d detail) {
	kind := map[string]access.Kind{"user": access.User, "group": access.Group, "role": access.Role}[f.Kind]
	p := c.person(f.Principal, kind)
	if p == nil {
		return
	}
	p.fact, p.collected, p.name = f.ID, true, cmp.Or(d.Name, p.name)
	p.account.users = true
	if f.Kind == "group" {
		c.groups[p.account.id+"/"+p.name] = p.arn
	}
	p.trait("last_used", cmp.Or(d.LastUsed, d.PasswordLastUsed))
}

func (p *principal) trait(name, value string) {
	if value != "" && value > p.traits[name] {
		p.traits[name] = value
	}
}

// person gives the principal of an ARN, nil where it is no ARN of one.
func (c *compiler) person(arn string, kind access.Kind) *principal {
	if p := c.people[arn]; p != nil {
		return p
	}
	id := accountOf(arn)
	name := arn[strings.LastIndexByte(arn, '/')+1:]
	if id == "" || name == "" {
		return nil
	}
	ask := arn
	if kind == access.Group { // a member with nothing else, whom no policy names
		ask = "arn:aws:iam::" + id + ":user/" + nobody
	}
	who, err := iampolicy.ParsePrincipal(ask)
	if err != nil {
		return nil
	}
	p := &principal{arn: arn, name: name, kind: kind, account: c.account(id), who: who, boundary: -1, trust: -1, groups: map[string]int{}, traits: map[string]string{}}
	c.people[arn] = p
	return p
}

// nobody is the name of somebody whom no policy names.
const nobody = "\ue000"

func accountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) == 6 && isAccount(parts[4]) {
		return parts[4]
	}
	return ""
}

// settle gives principals what they have, once everything is filed.
func (c *compiler) settle() {
	for i := range c.later {
		c.has(&c.later[i])
	}
	for _, arn := range sorted(c.people) {
		p := c.people[arn]
		for _, g := range sorted(p.groups) {
			group := c.people[g]
			if group == nil {
				p.blind = append(p.blind, "those of the group "+g)
				continue
			}
			for _, h := range group.holds {
				h.proof = append(slices.Clone(h.proof), p.groups[g])
				h.how = "through the group " + group.name
				p.holds = append(p.holds, h)
			}
			p.blind = append(p.blind, group.blind...)
		}
	}
	for _, id := range sorted(c.accounts) {
		a := c.accounts[id]
		a.levels, a.limits = c.compiled(a.scps), c.compiled(a.rcps)
		if a.management {
			a.levels = nil
		}
		if a.users {
			a.root = c.person("arn:aws:iam::"+id+":root", access.User)
			a.root.name, a.root.collected, a.root.fact = "root user of "+id, true, a.fact
		}
	}
}

func (c *compiler) compiled(levels [][]int) (out [][]*iampolicy.Policy) {
	for _, l := range levels {
		out = append(out, c.list(l))
	}
	return out
}

// list gives the policies of docs; it is never nil.
func (c *compiler) list(docs []int) []*iampolicy.Policy {
	out := make([]*iampolicy.Policy, 0, len(docs))
	for _, d := range docs {
		out = append(out, c.docs[d].policy)
	}
	return out
}

// has files what a principal has.
func (c *compiler) has(f *access.Fact) {
	p := c.people[f.Principal]
	if p == nil && f.Kind == "credentials" {
		p = c.rootOf(f.Principal)
	}
	if p == nil {
		return
	}
	switch f.Kind {
	case "member":
		p.groups[c.groupARN(p, f.Target)] = f.ID
	case "inline":
		if d := c.doc(f.Detail, f); d >= 0 {
			p.holds = append(p.holds, holding{doc: d, name: f.Target, proof: []int{f.ID}})
		} else {
			p.blind = append(p.blind, f.Target)
		}
	case "attached":
		if d, proof := c.managedDoc(f.Target, f); d >= 0 {
			p.holds = append(p.holds, holding{doc: d, name: nameOf(f.Target), arn: f.Target, proof: append(proof, f.ID)})
		} else {
			p.blind = append(p.blind, nameOf(f.Target))
		}
	case "boundary":
		if p.boundary, _ = c.managedDoc(f.Target, f); p.boundary < 0 {
			p.hidden = nameOf(f.Target)
		}
	case "trust":
		p.trust, p.trustFact = c.doc(f.Detail, f), f.ID
	case "instance_profile":
		p.profile = true
	case "credentials":
		var d detail
		_ = json.Unmarshal([]byte(f.Detail), &d) // what is not understood is not known
		p.password = d.Password
		p.trait("last_used", d.LastUsed)
		if d.MFA != "" {
			p.traits["mfa"] = map[string]string{"true": "enrolled", "false": "none"}[d.MFA]
		}
	}
}

// rootOf gives the root user, whom only the credential report names.
func (c *compiler) rootOf(arn string) *principal {
	if strings.HasSuffix(arn, ":root") {
		return c.person(arn, access.User)
	}
	return nil
}

// groupARN gives the ARN of a group from its name: users are told with names of groups, and groups with their ARNs.
func (c *compiler) groupARN(p *principal, name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	if arn := c.groups[p.account.id+"/"+name]; arn != "" {
		return arn
	}
	return name
}

// wellKnown are policies of AWS whose texts everybody knows, for files that name them and do not hold them.
// Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AdministratorAccess.html and the pages beside it
var wellKnown = map[string]string{
	"AdministratorAccess":    `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
	"AmazonS3FullAccess":     `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","s3-object-lambda:*"],"Resource":"*"}]}`,
	"AmazonS3ReadOnlyAccess": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*","s3-object-lambda:List*"],"Resource":"*"}]}`,
	"IAMFullAccess":          `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","organizations:DescribeAccount"],"Resource":"*"}]}`,
}

// managedDoc gives the text of a managed policy, -1 where it is not known.
func (c *compiler) managedDoc(arn string, f *access.Fact) (doc int, proof []int) {
	if m, ok := c.managed[arn]; ok {
		return c.doc(m.Detail, &m), []int{m.ID}
	}
	if text := wellKnown[nameOf(arn)]; text != "" && strings.Contains(arn, ":iam::aws:policy/") {
		return c.doc(text, f), nil
	}
	return -1, nil
}

func nameOf(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
