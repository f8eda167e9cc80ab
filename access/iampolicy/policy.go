// Package iampolicy decides what AWS policies allow: it compiles policy documents once and answers many requests by AWS's published
// evaluation logic, in three values.
//
// Two things are never guessed. A context key that is not known (Request.Context nil or open) leaves the conditions on it undecided, and the
// answer conditional where it hangs on them. A context that is given is complete: what is not in it is absent, but for the keys that follow
// from principal, action and resource, which AWS always fills in (aws:PrincipalArn, aws:PrincipalAccount, aws:PrincipalType, aws:username,
// aws:userid of root and federated users, aws:PrincipalIsAWSService, aws:ResourceAccount, kms:CallerAccount).
//
// Nothing here reads a clock, a file or a network. Policies are safe for use by many goroutines; a Request belongs to one.
package iampolicy

// Effect is what a statement does where it applies.
type Effect uint8

// The effects.
const (
	noEffect Effect = iota
	Allow
	Deny
)

// Policy is a compiled policy document.
type Policy struct {
	name       string
	statements []statement
}

// Name gives the name that the policy was compiled under.
func (p *Policy) Name() string { return p.name }

// statement is a compiled statement.
type statement struct {
	policy      string
	number      int // from 1, in its document
	sid         string
	effect      Effect
	who         principals
	actions     []template
	notAction   bool
	resources   []template // nil = whatever the policy is attached to
	notResource bool
	conditions  []condition
}

// naming is what the Principal element means in a kind of policy.
type naming uint8

const (
	ignored  naming = iota // policies of identities and SCPs have none
	optional               // without it, everybody: RCPs and endpoint policies
	required               // without it, nobody: policies of resources
)

// match tells how far a statement applies to a request, and how it names who asks.
func (s *statement) match(r *Request, n naming, bounded bool) (grade, val) {
	if !s.action(r) {
		return unnamed, no
	}
	g, v := direct, yes
	if n != ignored && (s.who.given || n == required) {
		if !s.who.given {
			return unnamed, no
		}
		if g, v = s.who.match(r.Principal, s.effect, bounded); v == no {
			return g, no
		}
	}
	if v = and(v, s.resource(r)); v == no {
		return g, no
	}
	for i := range s.conditions {
		if v = and(v, s.conditions[i].eval(r)); v == no {
			return g, no
		}
	}
	return g, v
}

func (s *statement) action(r *Request) bool {
	for i := range s.actions {
		if s.actions[i].fixed.Match(r.Action.full) {
			return !s.notAction
		}
	}
	return s.notAction
}

// resource matches the Resource element. A variable that does not resolve matches no resource, and makes a NotResource statement match none.
func (s *statement) resource(r *Request) val {
	if s.resources == nil {
		return yes
	}
	sum, all := no, true
	for i := range s.resources {
		v, ok := s.resources[i].on(r)
		all = all && ok
		if sum = or(sum, v); sum == yes {
			break
		}
	}
	switch {
	case !s.notResource:
		return sum
	case !all:
		return no
	}
	return not(sum)
}

func (t *template) on(r *Request) (val, bool) {
	if r.pattern != nil {
		return t.matchPattern(r, r.pattern)
	}
	return t.match(r, r.Resource)
}

// sums are what the policies of one kind say together: what they allow by how they name who asks, and what they deny.
type sums struct {
	allow [direct + 1]val
	deny  val
}

// any is what is allowed, whatever the naming.
func (s *sums) any() val { return or(or(s.allow[account], s.allow[limited]), s.allow[direct]) }

// weigh sums up policies. The trace, where there is one, gets every statement that applies or may.
func weigh(policies []*Policy, r *Request, n naming, bounded bool, tr *trace) (out sums) {
	for _, p := range policies {
		for i := range p.statements {
			s := &p.statements[i]
			g, v := s.match(r, n, bounded)
			if v == no {
				continue
			}
			if tr != nil {
				tr.hits = append(tr.hits, hit{s, g, v, tr.stage, r})
			}
			if s.effect == Deny {
				out.deny = or(out.deny, v)
			} else {
				out.allow[g] = or(out.allow[g], v)
			}
		}
	}
	return out
}
