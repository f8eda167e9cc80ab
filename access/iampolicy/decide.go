package iampolicy

import (
	"strings"

	"github.com/chartroom/chartroom/access/wildcard"
)

// Policies are all that have a say in a request. A nil list is none of the kind; a list that is there and allows nothing is a limit.
type Policies struct {
	Identity []*Policy   // of the user and its groups, or of the role
	Resource []*Policy   // of the resource: a bucket policy, a key policy, a role's trust policy
	SCPs     [][]*Policy // of the principal's account, a list for each level of its organisation; none = no organisation, or its management account
	RCPs     [][]*Policy // of the resource's account, likewise; RCPFullAWSAccess is implied
	Boundary []*Policy
	Session  []*Policy
	Endpoint []*Policy // of the VPC endpoint that the request goes through
	// Key is the policy of the KMS key that the resource is encrypted with, KeyARN that key where it is known, and Grants are the key's.
	Key    []*Policy
	KeyARN string
	Grants []Grant
}

// Grant is a KMS grant.
type Grant struct {
	Grantee     string   // a principal, as ParsePrincipal reads it
	Operations  []string // Decrypt, GenerateDataKey, ...
	Constrained bool     // it holds for some encryption contexts only
}

// Outcome is the answer to a request, in AWS's words.
type Outcome uint8

// The outcomes.
const (
	ImplicitlyDenied Outcome = iota
	ExplicitlyDenied
	Allowed
)

// String gives the outcome as explain prints it.
func (o Outcome) String() string {
	return [...]string{"implicitly_denied", "explicitly_denied", "allowed"}[o]
}

// Decision is the answer to a request. Conditional says that an Allowed hangs on something that is not known, and might be a denial.
// What is surely denied is not conditional, even where it is open which statement denies it.
type Decision struct {
	Outcome     Outcome
	Conditional bool
}

// Access gives the decision as yes, maybe or no.
func (d Decision) Access() Truth {
	switch {
	case d.Outcome != Allowed:
		return No
	case d.Conditional:
		return Maybe
	}
	return Yes
}

func verdict(allow, deny val) Decision {
	switch {
	case deny == yes:
		return Decision{Outcome: ExplicitlyDenied}
	case allow == no:
		return Decision{Outcome: ImplicitlyDenied}
	}
	return Decision{Allowed, and(allow, not(deny)) != yes}
}

// Decide answers a request. It allocates nothing unless a policy holds variables or a key policy has to be asked as well.
func (p *Policies) Decide(r *Request) Decision {
	r.settle()
	return verdict(p.decide(r, nil))
}

// decide answers a request, and where the service decrypts for the caller, the request to the key that goes with it: both must be allowed.
func (p *Policies) decide(r *Request, tr *trace) (allow, deny val) {
	resource := p.Resource
	if resource == nil && r.Action.service == "kms" {
		resource = p.Key
	}
	allow, deny = p.request(r, resource, tr)
	if p.Key == nil {
		return allow, deny
	}
	action, ok := usesKey(r.Action.full)
	if !ok {
		return allow, deny
	}
	second := Request{Principal: r.Principal, Action: action, Resource: p.KeyARN, Context: r.Context, through: r.Action.service}
	if p.KeyARN == "" {
		second.Resource = "arn:" + r.Principal.Partition + ":kms:*:" + r.owner[0] + ":key/*"
		second.pattern, second.ResourceAccount = wildcard.Tokens(second.Resource), r.owner[0]
	}
	second.settle()
	a, d := p.request(&second, p.Key, tr)
	return and(allow, a.whichKey()), or(deny, d.whichKey())
}

// request answers one request by the published order: an explicit deny anywhere; then RCPs, SCPs, the endpoint, the resource's policy, the
// identity's policies, the boundary and the session policy.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
func (p *Policies) request(r *Request, resource []*Policy, tr *trace) (allow, deny val) {
	tr.begin(r)
	if rule := ruleOf(r); rule != nil {
		tr.rule(rule)
		return truthOf(rule.allowed), no
	}
	pr := r.Principal
	iam := pr.Kind == User || pr.Kind == Role || pr.Kind == Session || pr.Kind == Federated
	local := pr.Account != "" && pr.Account == r.owner[0]

	res := weigh(resource, r, required, iam && p.Boundary != nil, tr.at(FromResource))
	if pr.Kind == Root && local && unlocks(r.Action.full) {
		res.deny = no
	}
	allow, deny = p.guards(r, iam || pr.Kind == Root, tr)
	deny = or(deny, res.deny)

	own := caller{allow: truthOf(pr.Kind == Root), limit: truthOf(pr.Kind == Root)}
	if iam {
		own = p.caller(r, tr)
		deny = or(deny, own.deny)
	}
	given := p.grants(r, iam)
	var granted val
	switch {
	case pr.Account == "" || pr.Kind == Provider: // nobody, a service, a provider: only the resource's policy speaks
		granted = and(res.any(), truthOf(pr.Kind != Anonymous || r.Action.service != "kms"))
		tr.gate("the resource's policy does not allow it", granted)
	case local:
		theirs := and(own.allow, own.limit)
		if gated(r) {
			theirs = and(theirs, res.allow[account])
			tr.gate("the policy of the key or role neither names the principal nor lets its account's policies decide", or(res.any(), given))
		}
		granted = or(or(res.allow[direct], theirs), and(own.limit, or(res.allow[limited], given)))
		if own.allow == no && res.allow[account] != no {
			tr.gate("the resource's policy leaves it to the account, and no identity policy allows it", granted)
		}
		tr.gate("no identity policy and no resource policy allows it", or(or(own.allow, res.any()), given))
	default:
		side := or(res.any(), given)
		granted = and(side, and(own.allow, own.limit))
		tr.gate("the resource is in another account, and its policy does not allow it", side)
		tr.gate("the resource is in another account, and no identity policy of the principal allows it", own.allow)
	}
	return and(allow, granted), deny
}

// guards are the policies that only limit: RCPs of the resource's account, SCPs of the principal's, and the endpoint's.
func (p *Policies) guards(r *Request, member bool, tr *trace) (allow, deny val) {
	allow = yes
	if bindsRCP(r) {
		for _, level := range p.RCPs { // they can only deny: the full access beside them is implied
			s := weigh(level, r, optional, false, tr.at("the resource control policies"))
			deny = or(deny, s.deny)
		}
	}
	if member && !r.Principal.Linked {
		for i, level := range p.SCPs {
			s := weigh(level, r, ignored, false, tr.level(i))
			tr.gate("no service control policy of a level of the organisation allows it", s.any())
			allow, deny = and(allow, s.any()), or(deny, s.deny)
		}
	}
	if p.Endpoint != nil && r.through == "" {
		s := weigh(p.Endpoint, r, optional, false, tr.at("the endpoint's policy"))
		tr.gate("the policy of the VPC endpoint does not allow it", s.any())
		allow, deny = and(allow, s.any()), or(deny, s.deny)
	}
	return allow, deny
}

// caller is what a principal brings: what its identity's policies allow, within the boundary and the session policy, and what all of them deny.
type caller struct{ allow, limit, deny val }

// caller weighs what the principal brings. A federated user without a session policy has no rights of its own.
// Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
func (p *Policies) caller(r *Request, tr *trace) caller {
	id := weigh(p.Identity, r, ignored, false, tr.at(FromIdentity))
	c := caller{id.any(), yes, id.deny}
	if p.Boundary != nil {
		s := weigh(p.Boundary, r, ignored, false, tr.at("the permissions boundary"))
		tr.gate("the permissions boundary does not allow it", s.any())
		c.limit, c.deny = and(c.limit, s.any()), or(c.deny, s.deny)
	}
	if p.Session != nil {
		s := weigh(p.Session, r, ignored, false, tr.at("the session policy"))
		tr.gate("the session policy does not allow it", s.any())
		c.limit, c.deny = and(c.limit, s.any()), or(c.deny, s.deny)
	} else if r.Principal.Kind == Federated {
		tr.gate("a federated user has only what its session policy allows, and there is none", no)
		c.limit = no
	}
	return c
}

// grants tells whether a grant of the key lets the principal do this.
// Source: https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
func (p *Policies) grants(r *Request, iam bool) (sum val) {
	if r.Action.service != "kms" || !iam {
		return no
	}
	for _, g := range p.Grants {
		var who principals
		if who.add("AWS", g.Grantee) != nil || who.all {
			continue
		}
		n := who.find(r.Principal)
		if !n.self && !n.role {
			continue
		}
		for _, o := range g.Operations {
			if !strings.EqualFold(o, r.Action.name) {
				continue
			}
			v := yes
			if g.Constrained {
				v = onIdentity
			}
			sum = or(sum, v)
		}
	}
	return sum
}
