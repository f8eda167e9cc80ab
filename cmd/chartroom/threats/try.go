package threats

import (
	"slices"
	"strings"

	"github.com/chartroom/chartroom/threat"
)

// change puts into a question what --try asks for: controls by their IDs, or facts as the answer writes them, "not" before one that is to go.
func (w *walk) change(q *threat.Input) error {
	for _, text := range w.try {
		name, away := strings.CutPrefix(text, "not ")
		var found []threat.Fact
		switch {
		case w.control(text):
			q.Try = append(q.Try, text)
			continue
		case away:
			found = w.factsLike(name)
			q.Without = append(q.Without, found...)
		default:
			found = w.factsOf(name)
			q.With = append(q.With, found...)
		}
		if len(found) == 0 {
			return w.Usage("--try %s: this is no ID of a control that the answer shows, nor a fact such as fido2_only(%s)", text, "ann@example.org")
		}
	}
	return nil
}

// control tells whether the answer shows a control by its ID.
func (w *walk) control(id string) bool {
	is := func(c threat.Control) bool { return c.ID == id }
	return slices.ContainsFunc(w.before.Controls, func(s threat.ControlSet) bool { return slices.ContainsFunc(s.Controls, is) }) ||
		slices.ContainsFunc(w.before.Paths, func(p threat.Path) bool { return slices.ContainsFunc(p.Cuts, is) })
}

// factsLike gives the facts of the estate that a text means.
func (w *walk) factsLike(text string) []threat.Fact {
	predicate, _, _ := strings.Cut(text, "(")
	table := w.told.Facts.Table(predicate)
	if table == nil {
		return nil
	}
	var out []threat.Fact
	for i := 0; i+table.Arity <= len(table.Args); i += table.Arity {
		args := table.Args[i : i+table.Arity]
		if w.told.Facts.String(predicate, args) == text {
			out = append(out, threat.Fact{Predicate: predicate, Args: slices.Clone(args)})
		}
	}
	return out
}

// factsOf gives facts that may not hold yet, of names that the estate has.
func (w *walk) factsOf(text string) []threat.Fact {
	predicate, rest, is := strings.Cut(text, "(")
	p := w.book.Predicates[predicate]
	inner, closed := strings.CutSuffix(rest, ")")
	if !is || !closed || p == nil || p.Attacker {
		return nil
	}
	args := make([][]uint32, 0, p.Arity)
	for _, name := range strings.SplitN(inner, ", ", p.Arity) {
		found := w.named(strings.TrimSpace(name))
		if len(found) == 0 {
			return nil
		}
		args = append(args, found)
	}
	if len(args) != p.Arity {
		return nil
	}
	out := []threat.Fact{{Predicate: predicate}}
	for _, choices := range args {
		var next []threat.Fact
		for _, f := range out {
			for _, a := range choices {
				next = append(next, threat.Fact{Predicate: predicate, Args: append(slices.Clone(f.Args), a)})
			}
		}
		out = next
	}
	return out
}

// named finds names: one as it stands, one by its end behind a separator, or everyone of whom the facts of accounts speak.
func (w *walk) named(text string) []uint32 {
	if strings.EqualFold(text, "everyone") {
		return w.accounts()
	}
	var ending []uint32
	for n, name := range w.told.Facts.Names() {
		if name == text {
			return []uint32{uint32(n)}
		}
		if strings.HasSuffix(name, "#"+text) || strings.HasSuffix(name, "/"+text) {
			ending = append(ending, uint32(n))
		}
	}
	if len(ending) > 1 {
		return nil
	}
	return ending
}

func (w *walk) accounts() []uint32 {
	if t := w.told.Facts.Table("user"); t != nil {
		return t.Args
	}
	return nil
}
