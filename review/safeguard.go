package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate/declared"
)

const (
	mostNamed   = 3    // accounts that a cell names
	mostWriters = 1000 // accounts that may change a repository, the surest of them, that are looked at
)

// Governed tells whether an account is the acquirer's identity provider's, and by which fact.
func (r *Review) Governed(p *access.Principal) (state State, provider string, by *Fact) {
	provider = p.Traits["idp"]
	if p.Kind == access.Anyone.String() { // everybody with an account of a provider
		provider = p.System
	}
	switch provider {
	case "no":
		return No, provider, nil
	case "":
		return Unknown, "", nil
	}
	for seen := map[string]bool{}; !seen[strings.ToLower(provider)]; {
		seen[strings.ToLower(provider)] = true
		if by = r.provider(provider); by == nil || by.Custodian == "" {
			return Unknown, provider, by
		}
		if state = r.governs(by.Custodian); state == Yes || by.Is["federated_to"] == "" {
			return state, provider, by
		}
		provider = by.Is["federated_to"]
	}
	return No, provider, by
}

// provider finds what is declared of an identity provider; nil = nothing.
func (r *Review) provider(name string) (by *Fact) {
	for i := range r.facts[declared.KindProvider] {
		if f := &r.facts[declared.KindProvider][i]; strings.EqualFold(f.Principal, name) {
			by = f
		}
	}
	return by
}

// identity answers whether who reads a repository logs in by the acquirer's identity provider.
func (w *writing) identity(row *catalog.Row, readers []Reading, known bool) (Cell, error) {
	c := Cell{Aspect: Identity, State: Yes, Fix: "bring its readers under the acquirer's identity provider"}
	if !known {
		c.State, c.Says, c.Fix = Unknown, "nobody collected who can read it", "collect who can read it, or declare it"
		return c, nil
	}
	accounts := standing(readers)
	c.Evidence = append(c.Evidence, w.OfReaders(row, count(len(accounts), "account reads it", "accounts read it")))
	var open []string
	var outside []string
	providers := map[string]bool{}
	for _, a := range accounts {
		if a.Kind == access.Anyone.String() && w.provider(a.System) == nil {
			g, err := w.public(row, &a)
			if err != nil {
				return c, err
			}
			c.Gaps, outside = append(c.Gaps, g.ID), append(outside, a.Name)
			continue
		}
		state, provider, by := w.Governed(a.Principal)
		if by != nil && !providers[provider] {
			providers[provider] = true
			c.Evidence = append(c.Evidence, w.OfFact(by.Fact, by.Principal+" is an identity provider of "+cmp.Or(by.Custodian, "nobody who was named")))
		}
		switch {
		case state == Unknown:
			open = append(open, a.Name)
		case state == No && provider == "no":
			g, err := w.orphan(row, &a)
			if err != nil {
				return c, err
			}
			c.Gaps, outside = append(c.Gaps, g.ID), append(outside, a.Name)
		case state == No:
			g := w.foreign(row, provider, by)
			outside = append(outside, a.Name)
			if !slices.Contains(c.Gaps, g.ID) {
				c.Gaps = append(c.Gaps, g.ID)
			}
		}
	}
	if len(open) > 0 {
		c.State, c.Says = Unknown, "whether the acquirer's identity provider knows "+count(len(open), "account", "accounts")+" that read it is not known: "+some(open)
		g := w.gap(GapAspect, Identity, row.Repository, row)
		g.State, g.Says, g.Fix, g.Evidence = Unknown, c.Says, "declare which identity provider logs them in: provider, or a fact of type logins", c.Evidence
		c.Gaps = append(c.Gaps, g.ID)
	}
	switch {
	case len(outside) > 0:
		c.State, c.Says = No, fmt.Sprintf("%d of %s it and are not under the acquirer's identity provider: %s", len(outside), count(len(accounts), "account reads", "accounts read"), some(outside))
	case len(open) == 0:
		c.Says = "all " + count(len(accounts), "account that reads it is", "accounts that read it are") + " under the acquirer's identity provider"
	}
	return c, nil
}

// some names the first few.
func some(names []string) string {
	if len(names) > mostNamed {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:mostNamed], ", "), len(names)-mostNamed)
	}
	return strings.Join(names, ", ")
}

// orphan is the gap of an account that no identity provider knows.
func (w *writing) orphan(row *catalog.Row, a *Reading) (*Gap, error) {
	g := w.gap(GapAccount, Identity, a.ID, row)
	g.State, g.Custodian, g.Owner = No, cmp.Or(a.Custodian, row.Custodian), w.ownerOf[a.ID]
	words := []string{"no identity provider knows " + a.Name + " of " + a.System}
	if a.Traits["shared"] == "yes" {
		words = append(words, "several people share it")
	}
	if w.ownerOf[a.ID] == "" {
		words = append(words, "nobody answers for it")
	}
	if a.Traits["mfa"] == "none" {
		words = append(words, "it has no second factor")
	}
	if last := a.Traits["last_used"]; last != "" {
		words = append(words, "it was last used "+last)
	}
	g.Says = strings.Join(words, ", ")
	g.Fix = "disable it, or move it behind the acquirer's identity provider with an owner"
	g.Evidence = append(g.Evidence, w.OfPrincipal(a.Principal, g.Says))
	proof, err := w.proof(a.ID, row.Repository)
	g.Evidence = append(g.Evidence, proof...)
	return g, err
}

// foreign is the gap of an identity provider that is not the acquirer's.
func (w *writing) foreign(row *catalog.Row, provider string, by *Fact) *Gap {
	g := w.gap(GapProvider, Identity, provider, row)
	g.State, g.Custodian = No, by.Custodian
	g.Says = provider + " of " + by.Custodian + " logs in who reads this, and is not federated to the acquirer's identity provider"
	g.Fix = "federate it to the acquirer's, and declare that: is: {federated_to: NAME}; or move its accounts"
	g.Evidence = append(g.Evidence, w.OfFact(by.Fact, provider+" is an identity provider of "+by.Custodian), w.OfReaders(row, "who reads it"))
	return g
}

// public is the gap of a repository that everybody reads.
func (w *writing) public(row *catalog.Row, a *Reading) (*Gap, error) {
	g := w.gap(GapAspect, Identity, row.Repository+" "+a.Name, row)
	g.State, g.Says, g.Fix = No, "whoever comes can read it: "+a.Name, "take the grant away, and give it to the group that needs it"
	proof, err := w.proof(a.ID, row.Repository)
	g.Evidence = append(g.Evidence, proof...)
	return g, err
}

// privileged answers whether who may change a repository goes through a broker.
func (w *writing) privileged(row *catalog.Row, who *access.WhoAnswer) Cell {
	c := Cell{Aspect: Privileged, State: Unknown, Fix: "put privileged access behind the acquirer's broker, and declare it: a fact of type privileged_access"}
	var writers []string
	if who != nil {
		for i := range who.Writers {
			if x := &who.Writers[i]; x.Layer == access.Entitled.String() && x.Certain && x.Kind != access.Vendor.String() && x.Kind != access.Client.String() {
				writers = append(writers, x.Name)
			}
		}
	}
	for _, f := range w.covers(declared.KindBroker, row.Repository) {
		c.State, c.Says = Yes, "privileged access goes through "+f.Principal
		c.Evidence = append(c.Evidence, w.OfFact(f.Fact, c.Says))
	}
	if who == nil || !who.Known {
		c.Says = cmp.Or(c.Says, "nobody collected who can change it, and no broker is declared")
		return c
	}
	c.Evidence = append(c.Evidence, w.OfReaders(row, count(len(writers), "account", "accounts")+" may change it"))
	switch {
	case c.State == Yes:
	case len(writers) == 0:
		c.State, c.Says = Yes, "no account may change it"
	default:
		c.Says = "whether the " + count(len(writers), "account that may change it goes", "accounts that may change it go") + " through a broker is not known: " + some(writers)
	}
	return c
}

// off are the words by which servers say that something is not on.
func off(value string) bool {
	switch strings.ToLower(value) {
	case "no", "off", "none", "0", "disabled", "false", "":
		return true
	}
	return strings.HasPrefix(value, "0 of ")
}

// logTraits are the traits by which collectors tell whether access is logged.
var logTraits = []string{"access_log", "audit_log"}

// reads tells whether a log of statements has those that read: log_statement of PostgreSQL has them at all alone, pgaudit.log,
// server_audit_events and audit_log_policy name classes.
func reads(log string) bool {
	log = strings.ToLower(log)
	for _, word := range []string{"all", "read", "query", "table"} {
		if strings.Contains(log, word) {
			return true
		}
	}
	return false
}

// logged answers whether access to a repository is logged, and the log kept.
func (w *writing) logged(row *catalog.Row) Cell {
	c := Cell{Aspect: Logged, State: Unknown, Says: "whether access to it is logged is not known", Fix: "log access to it, keep the log, and declare where and how long: a fact of type logging with is: {kept: 6 years}"}
	denied, seen, part := false, false, ""
	for _, name := range logTraits {
		t, ok := w.Trait(row.Repository, name)
		if !ok || !t.Known {
			continue
		}
		c.Evidence = append(c.Evidence, w.OfTrait(row, t))
		switch {
		case off(t.Value):
			denied = true
		case name == "audit_log" && !reads(t.Value):
			part = t.Value
		default:
			seen = true
		}
	}
	kept := ""
	for _, f := range w.covers(declared.KindLogging, row.Repository) {
		kept = cmp.Or(kept, f.Is["kept"])
		c.Evidence = append(c.Evidence, w.OfFact(f.Fact, "logged to "+f.Principal+", kept "+cmp.Or(f.Is["kept"], "for a time that was not said")))
		seen = true
	}
	switch {
	case denied:
		c.State, c.Says = No, "its server says that access is not logged"
	case part != "" && !seen:
		c.Says = "its server logs some statements, and not those that read (" + part + ")"
	case seen && kept == "":
		c.Says = "access is logged, and how long the log is kept was not said"
	case seen:
		c.State, c.Says = Yes, "access is logged, and the log kept "+kept
	}
	return c
}

// keys answers whether a repository is encrypted with keys of the acquirer's.
func (w *writing) keys(row *catalog.Row) Cell {
	c := Cell{Aspect: Keys, State: Unknown, Says: "whose keys encrypt it is not known", Fix: "encrypt it with a key of the acquirer's, and declare that: a fact of type keys with the acquirer as custodian"}
	for _, name := range []string{"encryption", "encryption_key"} {
		if t, ok := w.Trait(row.Repository, name); ok && t.Known {
			c.Evidence = append(c.Evidence, w.OfTrait(row, t))
			if name == "encryption" && off(t.Value) {
				c.State, c.Says = No, "its server says that it is not encrypted"
			}
		}
	}
	for _, f := range w.covers(declared.KindKeys, row.Repository) {
		c.Evidence = append(c.Evidence, w.OfFact(f.Fact, "the keys are in "+f.Principal+" of "+cmp.Or(f.Custodian, "nobody who was named")))
		if c.State == No {
			continue
		}
		key, ok := w.Trait(row.Repository, "encryption_key")
		switch account := f.Is["account"]; w.governs(f.Custodian) {
		case Yes:
			if account != "" && ok && key.Known && !strings.Contains(key.Value, ":"+account+":") {
				c.State, c.Says = No, "its server names a key that is not of the account "+account+" of "+f.Principal
				continue
			}
			c.State, c.Says = Yes, "its keys are in "+f.Principal+", which is the acquirer's"
		case No:
			c.State, c.Says = No, "its keys are in "+f.Principal+" of "+f.Custodian
		}
	}
	return c
}
