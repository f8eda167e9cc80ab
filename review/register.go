package review

import (
	"cmp"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/phi"
)

// measured is what stands under an entry of the register, less what stands under a closer one.
type measured struct {
	entry  *Fact // nil: under none
	grade  phi.Confidentiality
	worst  string // the path of the item with that grade that holds the most people
	most   int64
	people *estate.People
	items  int
}

// register gives the entries of the register that cover a repository or parts of it, the closest first, each with the label that it bears
// and what was measured under it.
func (w *writing) register(row *catalog.Row) (entries []*measured, labels []Label, err error) {
	var whole bool
	for i := range w.facts[declared.KindRegistered] {
		f := &w.facts[declared.KindRegistered][i]
		if within(row.Repository, f.Target) || within(f.Target, row.Repository) {
			entries = append(entries, &measured{entry: f, people: estate.NewPeople(0)})
			whole = whole || within(row.Repository, f.Target)
		}
	}
	slices.SortStableFunc(entries, func(a, b *measured) int { return len(b.entry.Target) - len(a.entry.Target) })
	if len(entries) == 0 {
		return nil, nil, nil
	}
	if !whole {
		entries = append(entries, &measured{people: estate.NewPeople(0)})
	}
	if len(entries) == 1 { // it covers all, and the repository's own sums say it
		entries[0].grade, _ = gradeOf(row.Confidentiality)
	} else if err := w.measure(row, entries); err != nil {
		return nil, nil, err
	}
	for _, m := range entries {
		if m.entry != nil {
			labels = append(labels, w.label(row, m, len(entries) == 1))
		}
	}
	return entries, labels, nil
}

// measure sorts what a repository holds under the entries.
func (w *writing) measure(row *catalog.Row, entries []*measured) error {
	if w.in.Items == nil { // each part may hold the most sensitive
		for _, m := range entries {
			m.grade, _ = gradeOf(row.Confidentiality)
		}
		return nil
	}
	return w.in.Items(row.Repository, func(h catalog.Holding) error {
		place := row.Repository + "/" + h.Path
		for _, m := range entries {
			if m.entry != nil && !within(place, m.entry.Target) && !strings.HasPrefix(place, m.entry.Target+"!") {
				continue
			}
			if h.Verdict != phi.VerdictPHI {
				return nil
			}
			m.items++
			n := int64(0)
			if h.People != nil {
				m.people.Merge(h.People)
				n = h.People.Tally().Total.Estimate
			}
			if g := h.Classes.Confidentiality(); g > m.grade || g == m.grade && n > m.most {
				m.grade, m.worst, m.most = g, h.Path, n
			}
			return nil
		}
		return nil
	})
}

// gradeOf reads a code of confidentiality.
func gradeOf(code string) (phi.Confidentiality, bool) {
	for g := phi.NoConfidentiality; g <= phi.VeryRestricted; g++ {
		if g.String() == strings.ToUpper(code) {
			return g, true
		}
	}
	return 0, false
}

// scheme finds what a label lets stand under it, by the acquirer's scheme. known tells whether there is a scheme, ok whether it has the label.
func (w *writing) scheme(label string) (allows []phi.Confidentiality, by *Fact, known, ok bool) {
	for i := range w.facts[declared.KindLabels] {
		f := &w.facts[declared.KindLabels][i]
		if f.Custodian != "" && w.governs(f.Custodian) != Yes {
			continue
		}
		known = true
		for name, grades := range f.Is {
			if !strings.EqualFold(name, label) {
				continue
			}
			for _, word := range strings.FieldsFunc(grades, func(r rune) bool { return r == ' ' || r == ',' || r == ';' }) {
				if g, is := gradeOf(word); is {
					allows = append(allows, g)
				}
			}
			return allows, f, true, true
		}
	}
	return nil, nil, known, false
}

// label holds a label against what was measured under it.
func (w *writing) label(row *catalog.Row, m *measured, whole bool) Label {
	f := m.entry
	l := Label{Place: f.Target, Label: f.Is["classification"], Measured: m.grade.String(), People: row.People, Allows: []string{}, Evidence: []Evidence{w.OfFact(f.Fact, "label "+f.Is["classification"])}}
	if within(row.Repository, f.Target) {
		l.Place = row.Repository
	}
	seen := w.OfRow(row, "measured "+cmp.Or(l.Measured, "no patient data"))
	if !whole {
		l.People = m.people.Tally().Total
		if m.worst != "" {
			seen = w.OfItem(row, m.worst, "measured "+l.Measured)
		}
	}
	l.Evidence = append(l.Evidence, seen)
	allows, by, known, ok := w.scheme(l.Label)
	if by != nil {
		l.Evidence = append(l.Evidence, w.OfFact(by.Fact, "the scheme "+by.Principal))
	}
	for _, g := range allows {
		l.Allows = append(l.Allows, g.String())
	}
	switch {
	case l.Label == "":
		l.State, l.Says = No, "it bears no label"
	case !known:
		l.State, l.Says = Unknown, "it is labelled "+l.Label+", and what the acquirer's labels mean is not declared"
	case !ok:
		l.State, l.Says = No, l.Label+" is no label of the acquirer's scheme"
	case m.grade == phi.NoConfidentiality || slices.Contains(allows, m.grade):
		l.State, l.Says = Yes, "it is labelled "+l.Label+", and "+cmp.Or(l.Measured, "no patient data")+" was measured"
	case len(allows) > 0 && m.grade < slices.Min(allows):
		l.State, l.Says = Yes, "it is labelled "+l.Label+", which is more than the "+l.Measured+" that was measured"
	default:
		l.State, l.Says = No, "it is labelled "+l.Label+", and "+l.Measured+" was measured, which that label does not allow"
	}
	return l
}

// OfItem makes evidence of an item.
func (r *Review) OfItem(row *catalog.Row, path, says string) Evidence {
	e := r.OfRow(row, says)
	e.ID = "item:" + row.Repository + " " + path
	return e
}

// registered answers whether a repository is in the register.
func (w *writing) registered(row *catalog.Row, entries []*measured, labels []Label) Cell {
	c := Cell{Aspect: Registered, State: Yes, Evidence: []Evidence{w.OfRow(row, "it holds patient data")}, Fix: "put it into the governed register, with label, steward and retention"}
	if len(w.facts[declared.KindRegistered]) == 0 {
		c.State, c.Says, c.Fix = Unknown, "no register is declared", "declare the governed register"
		return c
	}
	if len(entries) == 0 {
		c.State, c.Says = No, "nobody registered it"
		return c
	}
	for _, m := range entries {
		if m.entry != nil {
			c.Evidence = append(c.Evidence, w.OfFact(m.entry.Fact, "registered"))
		}
	}
	c.Says = "it is in the register"
	if last := entries[len(entries)-1]; last.entry == nil {
		c.Says = "its parts are in the register"
		if last.items > 0 {
			c.State, c.Says = No, "only parts of it are in the register: "+count(last.items, "item", "items")+" with patient data beside them, as "+last.worst
			c.Evidence = append(c.Evidence, w.OfItem(row, last.worst, "in no entry of the register"))
		}
	}
	return c
}

// labelled answers whether the labels of a repository fit. Each that does not is a gap of its own.
func (w *writing) labelled(row *catalog.Row, entries []*measured, labels []Label) Cell {
	c := Cell{Aspect: Labelled, State: Yes, Says: "its labels fit what was measured", Fix: "label it under the acquirer's scheme"}
	if len(labels) == 0 {
		c.State, c.Says = No, "it has no label, as it is not in the register"
		if len(w.facts[declared.KindRegistered]) == 0 {
			c.State, c.Says = Unknown, "no register is declared that could say its label"
		}
		return c
	}
	for i := range labels {
		l := &labels[i]
		c.Evidence = append(c.Evidence, l.Evidence...)
		if l.State == Yes {
			continue
		}
		if c.State != No {
			c.State, c.Says = l.State, l.Place+": "+l.Says
		}
		g := w.gap(GapLabel, Labelled, l.Place, row)
		g.State, g.Says, g.People, g.Evidence = l.State, l.Says, l.People, l.Evidence
		g.Fix = "give it a label that allows " + cmp.Or(l.Measured, "what it holds") + ", or move what is too sensitive for its label"
		if l.State == Unknown {
			g.Fix = "declare what the labels mean: a fact of type labels"
		}
		c.Gaps, c.Fix = append(c.Gaps, g.ID), g.Fix
	}
	return c
}

// retained answers whether it is said how long a repository is kept.
func (w *writing) retained(row *catalog.Row, entries []*measured) Cell {
	c := Cell{Aspect: Retained, State: Unknown, Says: "nobody said how long it is kept", Fix: "write its retention into the register"}
	for _, m := range entries {
		if m.entry != nil && m.entry.Is["retention"] != "" && within(row.Repository, m.entry.Target) {
			c.State, c.Says = Yes, "it is kept for "+m.entry.Is["retention"]
			c.Evidence = append(c.Evidence, w.OfFact(m.entry.Fact, "retention "+m.entry.Is["retention"]))
		}
	}
	return c
}

// owned answers whether somebody answers for a repository.
func (w *writing) owned(row *catalog.Row, entries []*measured) Cell {
	c := Cell{Aspect: Owned, State: Unknown, Says: "nobody was named who answers for it", Fix: "name its owner, or a steward in the register"}
	if row.Owner != "" {
		c.State, c.Says = Yes, row.Owner+" answers for it"
		c.Evidence = append(c.Evidence, w.OfRow(row, "owner "+row.Owner))
		return c
	}
	for _, m := range entries {
		if m.entry != nil && m.entry.Is["steward"] != "" && within(row.Repository, m.entry.Target) {
			c.State, c.Says = Yes, m.entry.Is["steward"]+" is its steward"
			c.Evidence = append(c.Evidence, w.OfFact(m.entry.Fact, "steward "+m.entry.Is["steward"]))
		}
	}
	return c
}
