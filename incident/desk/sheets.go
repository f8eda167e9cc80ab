package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/assessment"
)

// Sheets gives the risk assessment of each repository of the case, filled in from evidence: what the inventory says of it, and whether
// the footholds, or where none is named anybody from outside, could read through its encryption.
func (k *Case) Sheets(ctx context.Context) ([]assessment.Sheet, error) {
	h := incident.HoldingsOf(k.Entries)
	var w *ways
	if k.desk.Access != nil && h != nil {
		e, err := k.desk.Access(ctx)
		if err == nil {
			w, err = k.ways(e)
		}
		if err != nil {
			return nil, fmt.Errorf("work out who can read what of case %s: %w", k.Name, err)
		}
	}
	return assessment.Sheets(k.Case, h, func(r *incident.Held) assessment.Path {
		p := assessment.Path{Layer: assessment.LayerOf(r.Encryption)}
		if w != nil {
			w.judge(r, &p)
		}
		k.told(&p)
		return p
	}), nil
}

// told puts to a path what a person said of all that is claimed. That something of it is in the clear, as the inventory may say, tells nothing of
// the rest.
func (k *Case) told(p *assessment.Path) {
	said, is := k.Said["encrypted"]
	if !is || incident.OfTheInventory(said.Source) {
		return
	}
	by := fmt.Sprintf(", says %s (line %d)", said.Source, said.Line)
	switch k.Facts.Encrypted {
	case "no":
		if p.Layer == assessment.NotKnown {
			p.Layer = assessment.NoLayer
		}
		p.Proof = append(p.Proof, "it was not encrypted"+by)
	case "yes_key_reached":
		p.Key = incident.Yes
		p.Proof = append(p.Proof, "the key was in reach"+by)
	case "yes_key_safe":
		p.Proof = append(p.Proof, "the key was out of reach"+by+"; this sheet asks the evidence")
	}
}

// unknownKeys is what the findings of access say where nobody collected who may use which keys.
const unknownKeys = "who may use which keys"

// ways is what is known of how they may have come in.
type ways struct {
	estate  *access.Estate
	named   bool                                 // the footholds are; else everybody counts whom no identity provider knows
	unknown []string                             // footholds that the access answers do not know
	reach   map[string]*access.ReachedRepository // the surest way to something of a repository
	keys    []access.Finding                     // who of them reads what is encrypted, and may use the key
	keyed   bool                                 // who may use which keys was collected
}

// ways asks what the footholds reach.
func (k *Case) ways(e *access.Estate) (*ways, error) {
	w := &ways{estate: e, named: len(k.Footholds) > 0, reach: map[string]*access.ReachedRepository{}}
	var nodes []uint32
	for _, name := range k.Footholds {
		if found := e.Find(name); len(found) == 1 {
			nodes = append(nodes, found[0])
		} else {
			w.unknown = append(w.unknown, fmt.Sprintf("%s: %d principals are called so", name, len(found)))
		}
	}
	if !w.named {
		err := e.EachPrincipal(func(node uint32, p access.Principal) error {
			if p.Outside && e.Somebody(node) {
				nodes = append(nodes, node)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(nodes) == 0 {
		return w, nil
	}
	reach, err := e.Reach(nodes...)
	if err != nil {
		return nil, err
	}
	for i := range reach.Repositories {
		w.reach[reach.Repositories[i].Repository] = &reach.Repositories[i]
	}
	return w, w.holders(reach)
}

// holders finds those of a reach who hold a key beside what it protects.
func (w *ways) holders(reach *access.ReachAnswer) error {
	all, err := w.estate.Findings("", 0)
	if err != nil {
		return err
	}
	w.keyed = !slices.Contains(all.Unknown, unknownKeys)
	for i := range all.Findings {
		f := &all.Findings[i]
		is := func(p access.Principal) bool { return p.ID == f.Principal.ID }
		if f.Kind == access.FindingKeyBeside && (slices.ContainsFunc(reach.Principals, is) || slices.ContainsFunc(reach.Identities, is)) {
			w.keys = append(w.keys, *f)
		}
	}
	return nil
}

// judge puts to a path what is known of the way into one repository.
func (w *ways) judge(r *incident.Held, p *assessment.Path) {
	p.Proof = slices.Clone(w.unknown)
	if !w.named {
		p.Proof = append(p.Proof, "no foothold is named (case fact footholds), so all count whom no identity provider knows")
	}
	got, reads := w.reach[r.Repository]
	switch {
	case reads && got.Certain && got.Layer == access.Entitled.String():
		p.Session = incident.Yes
		p.Proof = append(p.Proof, "reads it: "+sentences(got.Proof))
		if p.Layer == assessment.Storage { // a reader of what is encrypted so is one who may use its key, too
			p.Key = incident.Yes
			p.Proof = append(p.Proof, "and what reads it has the right to decrypt, or it would not read")
		}
	case reads:
		p.Proof = append(p.Proof, "could read it, by an act or under a condition that is not known: "+sentences(got.Proof))
	case w.named && len(w.unknown) == 0 && w.collected(r.Repository):
		p.Session = incident.No
		p.Proof = append(p.Proof, "none of the footholds reads it, by what was collected of it")
	default:
		p.Proof = append(p.Proof, "by what was collected nobody of them reads it, which is no proof")
	}
	w.key(r, p)
}

// key judges whether the key was in reach.
func (w *ways) key(r *incident.Held, p *assessment.Path) {
	for i := range w.keys {
		if f := &w.keys[i]; strings.Contains(f.Detail, r.Repository) {
			p.Key = incident.Yes
			p.Proof = append(p.Proof, f.Principal.Name+": "+f.Detail)
			return
		}
	}
	if p.Key == incident.Open && w.named && len(w.unknown) == 0 && len(w.keys) == 0 && w.keyed && p.Session == incident.No {
		p.Key = incident.No
		p.Proof = append(p.Proof, "none of the footholds may use a key beside data, by what was collected of keys")
	}
}

// collected tells whether who can read a repository was collected, and nothing of that is in doubt.
func (w *ways) collected(repository string) bool {
	who, ok, err := w.estate.Who(access.Place{Repository: repository}, 1)
	return err == nil && ok && who.Known && len(who.Doubts) == 0
}

func sentences(steps []access.Step) string {
	all := make([]string, len(steps))
	for i, s := range steps {
		all[i] = s.String()
	}
	return oneLine(strings.Join(all, "; "))
}

// named finds a repository of the case by its name, or a part of it that only one has.
func (k *Case) named(name string) (string, error) {
	var found []string
	if h := incident.HoldingsOf(k.Entries); h != nil {
		for i := range h.Repositories {
			switch is := h.Repositories[i].Repository; {
			case is == name:
				return name, nil
			case strings.Contains(is, name):
				found = append(found, is)
			}
		}
	}
	if len(found) != 1 {
		return "", saying(ErrAsked, "%d repositories of this case are called %s", len(found), name)
	}
	return found[0], nil
}
