package iampolicy

import "github.com/chartroom/chartroom/access/wildcard"

// Extent is how much of what a pattern stands for can be reached.
type Extent uint8

// The extents.
const (
	None Extent = iota
	Some
	All
)

// String gives the extent in words.
func (e Extent) String() string { return [...]string{"none", "some", "all"}[e] }

// Reach is the answer to a request about many resources.
type Reach struct {
	Extent Extent
	// Conditional says that it hangs on what is not known, beside the extent.
	Conditional bool
	// Only are the patterns of the statements that allow a part, and Except those of the statements that deny a part, when the extent is
	// Some. They are as the policies write them, so Some may turn out to be nothing where two of them have nothing in common.
	Only, Except []string
	Because      []string
}

// Reach answers a request whose resource is a pattern, such as arn:aws:s3:::bucket/*: whether the principal may do it to all that the pattern
// stands for, to some of it, or to none.
func (p *Policies) Reach(r *Request) Reach {
	q := *r
	q.pattern = wildcard.Tokens(r.Resource)
	q.settle()
	tr := &trace{}
	allow, deny := p.decide(&q, tr)
	d := verdict(allow, deny)
	out := Reach{Because: tr.because(d)}
	if d.Outcome != Allowed {
		return out
	}
	out.Extent = All
	v := and(allow, not(deny))
	if v == yes {
		return out
	}
	out.Conditional = v&(onContext|onIdentity) != 0
	if v&onResource == 0 {
		return out
	}
	out.Extent = Some
	for _, h := range tr.hits {
		if h.r != &q || h.v == yes || h.v&onResource == 0 {
			continue
		}
		to := &out.Only
		if (h.s.effect == Deny) != h.s.notResource {
			to = &out.Except
		}
		*to = append(*to, h.s.patterns(&q)...)
	}
	return out
}
