package iampolicy

import (
	"strings"

	"github.com/chartroom/chartroom/access/wildcard"
)

// The kinds of policies that a Ground comes from; all others only limit.
const (
	FromIdentity = "the identity policies"
	FromResource = "the resource's policy"
)

// Ground is a statement that a decision rests on, or may.
type Ground struct {
	From       string // FromIdentity, FromResource, or in words another kind of policy
	Policy     string // its name
	Statement  int    // from 1
	Deny       bool
	Sure       bool     // it applies; otherwise it may
	Part       bool     // it holds for a part of what was asked about
	Delegates  bool     // it gives to the account, for its policies to give on
	Open       bool     // it gives to everybody, or to all but some
	Key        bool     // it is about the key and not the resource
	Conditions []string // in words
	Patterns   []string // of resources, as the policy writes them; with Not, those that are left out
	Not        bool
}

// ReachFor is Reach with the statements that the answer rests on instead of words. Where nothing can be reached there are none.
func (p *Policies) ReachFor(r *Request) (Reach, []Ground) {
	q := *r
	q.pattern = nil
	if strings.ContainsAny(r.Resource, "*?") {
		q.pattern = wildcard.Tokens(r.Resource)
	}
	q.settle()
	allow, deny := p.decide(&q, nil)
	if verdict(allow, deny).Outcome != Allowed {
		return Reach{}, nil
	}
	tr := &trace{}
	_, _ = p.decide(&q, tr)
	out, v := Reach{Extent: All}, and(allow, not(deny))
	if v != yes {
		out.Conditional = v&(onContext|onIdentity) != 0
		if v&onResource != 0 {
			out.Extent = Some
		}
	}
	grounds := make([]Ground, len(tr.hits))
	for i, h := range tr.hits {
		g := Ground{From: h.stage, Policy: h.s.policy, Statement: h.s.number, Deny: h.s.effect == Deny, Sure: h.v == yes, Part: h.v != yes && h.v&onResource != 0,
			Delegates: h.g == account, Open: h.s.who.all || h.s.who.inverse, Key: h.r != &q, Not: h.s.notResource}
		if h.v != yes && h.v&(onContext|onIdentity) != 0 {
			for j := range h.s.conditions {
				if h.s.conditions[j].eval(h.r) != yes {
					g.Conditions = append(g.Conditions, h.s.conditions[j].words())
				}
			}
		}
		if h.s.notResource {
			g.Patterns = written(h.s.resources)
		} else {
			g.Patterns = h.s.patterns(h.r)
		}
		grounds[i] = g
	}
	return out, grounds
}

// Personal tells whether the policy can treat two principals of one account and kind differently: it names some of them, or asks who they are.
func (p *Policy) Personal() bool {
	for i := range p.statements {
		if p.statements[i].personal() {
			return true
		}
	}
	return false
}

func (s *statement) personal() bool {
	for i := range s.who.aws {
		if s.who.aws[i].kind != Root {
			return true
		}
	}
	for i := range s.conditions {
		if id := s.conditions[i].id; id > keyOther && id < derivedKeys || varies(s.conditions[i].values) {
			return true
		}
	}
	return varies(s.resources)
}

// varies tells whether one of the strings holds a variable of who asks.
func varies(ts []template) bool {
	for i := range ts {
		for _, p := range ts[i].parts {
			if p.id > keyOther && p.id < derivedKeys {
				return true
			}
		}
	}
	return false
}

// Signature appends to b what the policy makes of a principal, whatever it asks for: two of one account and kind with the same signature get the
// same answers from the policy.
func (p *Policy) Signature(b []byte, who *Principal) []byte {
	r := &Request{Principal: who}
	for i := range p.statements {
		s := &p.statements[i]
		if !s.personal() {
			continue
		}
		g, v := s.who.match(who, s.effect, false)
		g2, v2 := s.who.match(who, s.effect, true)
		b = append(b, byte(g), byte(v), byte(g2), byte(v2))
		alone := varies(s.resources)
		for j := range s.conditions {
			c := &s.conditions[j]
			if varies(c.values) {
				alone = true
			} else if c.id > keyOther && c.id < derivedKeys {
				b = append(b, byte(c.eval(r)))
			}
		}
		if alone {
			b = append(append(b, who.ARN...), 0)
		}
	}
	return b
}

// Patterns calls yield with each resource pattern of the policy, as it is written; a statement of everything, or of everything but some, is *.
func (p *Policy) Patterns(yield func(string)) {
	for i := range p.statements {
		s := &p.statements[i]
		if s.resources == nil || s.notResource {
			yield("*")
		}
		for j := range s.resources {
			yield(s.resources[j].text)
		}
	}
}

// Names calls yield with each principal that the policy names as one of AWS's or as an identity provider: an ARN, or an account as the ARN
// of its root user. Deny tells whether the statement denies; * and services are not told.
func (p *Policy) Names(yield func(name string, deny bool)) {
	for i := range p.statements {
		s := &p.statements[i]
		if s.who.inverse {
			continue
		}
		for j := range s.who.aws {
			yield(s.who.aws[j].text, s.effect == Deny)
		}
		for _, name := range s.who.providers {
			yield(name, s.effect == Deny)
		}
	}
}

// Open tells whether the policy gives to everybody, or to all but some: Maybe where it does so under conditions only.
func (p *Policy) Open() Truth {
	out := No
	for i := range p.statements {
		if s := &p.statements[i]; s.effect == Allow && (s.who.all || s.who.inverse) {
			if len(s.conditions) == 0 {
				return Yes
			}
			out = Maybe
		}
	}
	return out
}

// Trusts tells whether a service is named by a statement that allows.
func (p *Policy) Trusts(service string) bool {
	for i := range p.statements {
		if s := &p.statements[i]; s.effect == Allow && contains(s.who.services, service) {
			return true
		}
	}
	return false
}

// Serves tells whether a statement that allows names a service of AWS or an identity provider, so that others than IAM's principals act as the role.
func (p *Policy) Serves() bool {
	for i := range p.statements {
		if s := &p.statements[i]; s.effect == Allow && len(s.who.services)+len(s.who.providers) > 0 {
			return true
		}
	}
	return false
}

// Services lists the services of AWS that statements name which allow, each as often as it is named.
func (p *Policy) Services() (out []string) {
	for i := range p.statements {
		if s := &p.statements[i]; s.effect == Allow && !s.who.inverse {
			out = append(out, s.who.services...)
		}
	}
	return out
}
