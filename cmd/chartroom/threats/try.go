package threats

import (
	"slices"
	"strings"

	"github.com/chartroom/chartroom/threat"
)

// changes reads what --try asks for: controls by their IDs, or facts as the answer writes them, "not" before one that is to go.
func (w *walk) changes() (without, with []threat.Fact, err error) {
	for _, text := range w.try {
		if c := w.control(text); c != nil {
			for _, f := range c.Facts {
				make, is := strings.CutPrefix(f, "not ") // rows rest on its absence, so the control makes it hold
				if !is {
					without = append(without, w.factsLike(f)...)
					continue
				}
				with = append(with, w.factsOf(make)...)
			}
			continue
		}
		name, away := strings.CutPrefix(text, "not ")
		var found []threat.Fact
		if away {
			found = w.factsLike(name)
			without = append(without, found...)
		} else {
			found = w.factsOf(name)
			with = append(with, found...)
		}
		if len(found) == 0 {
			return nil, nil, w.Usage("--try %s: this is no ID of a control that the answer shows, nor a fact such as fido2_only(%s)", text, "ann@example.org")
		}
	}
	return without, with, nil
}

// control finds a control of the answer by its ID.
func (w *walk) control(id string) *threat.Control {
	a := w.before
	for i := range a.Controls {
		for j := range a.Controls[i].Controls {
			if c := &a.Controls[i].Controls[j]; strings.EqualFold(c.ID, id) {
				return c
			}
		}
	}
	for i := range a.Paths {
		for j := range a.Paths[i].Cuts {
			if c := &a.Paths[i].Cuts[j]; strings.EqualFold(c.ID, id) {
				return c
			}
		}
	}
	return nil
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
