package iampolicy

import (
	"fmt"
	"strings"
)

// trace keeps what decided. A nil trace keeps nothing, so that decisions that nobody asks to explain cost nothing.
type trace struct {
	stage string
	hits  []hit
	about string   // which request, where it is not the one that was asked
	shut  []string // gates that let nothing through, in words
	fixed *rule
}

// hit is a statement that applies, or may.
type hit struct {
	s     *statement
	g     grade
	v     val
	stage string
	r     *Request
}

func (tr *trace) at(stage string) *trace {
	if tr != nil {
		tr.stage = stage
	}
	return tr
}

func (tr *trace) begin(r *Request) {
	if tr != nil && r.through != "" {
		tr.about = "to " + r.Action.text + " with the key: "
	}
}

func (tr *trace) level(i int) *trace {
	if tr != nil {
		tr.stage = fmt.Sprintf("level %d of the organisation", i+1)
	}
	return tr
}

func (tr *trace) gate(text string, v val) {
	if tr != nil && v == no {
		tr.shut = append(tr.shut, tr.about+text)
	}
}

func (tr *trace) rule(r *rule) {
	if tr != nil {
		tr.fixed = r
	}
}

// Explain answers a request and says why: the statements that decided, by policy and statement, with what they matched; or what is missing.
func (p *Policies) Explain(r *Request) (Decision, []string) {
	r.settle()
	tr := &trace{}
	d := verdict(p.decide(r, tr))
	because := tr.because(d)
	if r.assumed && r.Principal.Account != "" {
		because = append(because, "the resource's account is not given, and taken to be the principal's")
	}
	return d, because
}

func (tr *trace) because(d Decision) []string {
	out := []string{}
	if tr.fixed != nil {
		out = append(out, tr.fixed.because)
	}
	switch d.Outcome {
	case ExplicitlyDenied:
		for _, h := range tr.hits {
			if h.s.effect == Deny && h.v == yes {
				out = append(out, h.words())
			}
		}
	case ImplicitlyDenied:
		out = append(out, tr.shut...)
	default:
		out = append(out, tr.allows()...)
	}
	return out
}

// kind is the policies of one kind, weighed for one of the requests.
type kind struct {
	stage string
	r     *Request
}

// allows tells the statements that allow: the first sure one of each kind of policy, or else all that may; and every Deny that may apply.
func (tr *trace) allows() []string {
	sure := map[kind]bool{}
	for _, h := range tr.hits {
		if h.s.effect == Allow && h.v == yes && h.g != account {
			sure[kind{h.stage, h.r}] = true
		}
	}
	var out []string
	told := map[kind]bool{}
	for _, h := range tr.hits {
		k := kind{h.stage, h.r}
		switch {
		case h.s.effect == Deny:
			out = append(out, h.words())
		case h.v != yes && sure[k], h.v == yes && told[k], h.g == account && sure[k]:
		default:
			told[k] = h.v == yes
			out = append(out, h.words())
		}
	}
	if len(out) == 0 && tr.fixed == nil {
		out = append(out, "the root user has full access where no policy of the organisation or the resource denies it")
	}
	return out
}

// words tells a statement and what it matched.
func (h *hit) words() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, statement %d", h.s.policy, h.s.number)
	if h.s.sid != "" {
		fmt.Fprintf(&b, " (%s)", h.s.sid)
	}
	verb := " allows "
	if h.s.effect == Deny {
		verb = " denies "
	}
	switch {
	case h.v&onContext != 0 && h.v != yes:
		verb = " may" + strings.Replace(strings.Replace(verb, "allows", "allow", 1), "denies", "deny", 1)
	case h.v != yes:
		verb = strings.TrimSuffix(verb, " ") + " in part "
	}
	b.WriteString(verb)
	b.WriteString(h.s.what(h.r))
	switch h.g {
	case account:
		b.WriteString(" to the principal's account, for its policies to give on")
	case limited:
		b.WriteString(" to the principal's role or user")
	}
	for i := range h.s.conditions {
		b.WriteString([]string{", where ", " and "}[min(i, 1)])
		b.WriteString(h.s.conditions[i].words())
	}
	return b.String()
}

// what tells the action and the resource as the statement writes them.
func (s *statement) what(r *Request) string {
	action := r.Action.text
	if s.notAction {
		action += " (every action but " + join(written(s.actions)) + ")"
	} else {
		for i := range s.actions {
			if t := &s.actions[i]; t.fixed.Match(r.Action.full) && t.text != action {
				action += " (" + t.text + ")"
				break
			}
		}
	}
	switch {
	case s.resources == nil:
		return action
	case s.notResource:
		return action + " on everything but " + join(written(s.resources))
	}
	return action + " on " + join(s.patterns(r))
}

// patterns are the resource patterns that have something in common with the request's.
func (s *statement) patterns(r *Request) (out []string) {
	for i := range s.resources {
		if v, _ := s.resources[i].on(r); v != no {
			out = append(out, s.resources[i].text)
		}
	}
	return out
}

// most is how many strings of a list an answer repeats.
const most = 4

func join(list []string) string {
	if len(list) > most {
		return strings.Join(list[:most], ", ") + fmt.Sprintf(" and %d more", len(list)-most)
	}
	return strings.Join(list, ", ")
}

func written(ts []template) []string {
	out := make([]string, len(ts))
	for i := range ts {
		out[i] = ts[i].text
	}
	return out
}

func (c *condition) words() string { return c.word + " " + join(c.listed) }
