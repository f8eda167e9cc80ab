package compare

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/review"
)

// Source is where a subject is gathered from.
type Source struct {
	Catalog   *catalog.Catalog
	Who       audit.Caller
	Custodian string
	At        time.Time            // zero = now
	Now       time.Time            //
	Access    *access.Estate       // of that time, in which only the people of the custodian count
	Ledger    *review.LedgerAnswer // of the custodian at that time; nil where no governance is declared
	Clock     func() time.Time
}

// ErrNothing says that no repository of a custodian is known at a time.
var ErrNothing = errors.New("nothing is known of a custodian")

// counted are the footholds whose reach with acts is asked for one by one; of the others, what they read without any is the lower bound.
const countedFootholds = 300

// shown is how many readers an answer lists.
const shown = 50

// Gather gathers all that is known of a custodian. Where that is nothing it returns an error that wraps ErrNothing.
func Gather(ctx context.Context, src Source) (*Subject, error) {
	out := &Subject{Custodian: src.Custodian, At: src.At}
	if src.At.IsZero() {
		out.At = src.Now
	}
	filter := catalog.Filter{Custodian: src.Custodian, AsOf: src.At}
	g := &gathering{Source: src, out: out, beside: map[string]string{}, known: map[string]bool{}, open: map[string]State{}}
	began := src.Clock()
	rows, err := src.Catalog.Where(ctx, src.Who, filter)
	if err != nil {
		return nil, err
	}
	out.Took = src.Clock().Sub(began)
	rows = slices.DeleteFunc(rows, func(r catalog.Row) bool { return !holds(&r) })
	if err := g.prepare(); err != nil {
		return nil, err
	}
	if err := errors.Join(g.anyone(), g.repositories(rows)); err != nil {
		return nil, err
	}
	if len(out.Repositories) == 0 {
		return nil, fmt.Errorf("%w: %s at %s", ErrNothing, src.Custodian, out.At.Format("2006-01-02 15:04"))
	}
	if err := g.gaps(ctx, filter); err != nil {
		return nil, err
	}
	if err := g.footholds(); err != nil {
		return nil, err
	}
	out.Count = func(repositories []string) (estate.Count, error) {
		if len(repositories) == 0 {
			return estate.Count{}, nil
		}
		f := filter
		f.Among = repositories
		t, err := src.Catalog.Tally(ctx, src.Who, f)
		return t.People, err
	}
	return out, nil
}

// gathering is a subject as it is put together.
type gathering struct {
	Source
	out    *Subject
	beside map[string]string // repository -> who has both it and its key
	keys   bool              // who may use keys is known at all
	known  map[string]bool   // repositories of which somebody said who can read them
	open   map[string]State  // those that anyone can read, or may
	doubts []string          // about the estate as a whole
}

// holds tells whether a row is of a repository that can hold something; a file of declarations cannot.
func holds(r *catalog.Row) bool {
	return estate.Repository{Name: r.Repository, Kind: r.Kind}.HoldsItems()
}

// prepare asks what concerns all repositories.
func (g *gathering) prepare() error {
	found, err := g.Access.Findings(g.out.At.Format(time.DateOnly), 0)
	if err != nil {
		return err
	}
	for i := range found.Findings {
		f := &found.Findings[i]
		for _, r := range f.Repositories {
			if f.Kind == access.FindingKeyBeside {
				g.beside[r] = f.Principal.Name
			}
		}
	}
	g.keys = true
	for _, u := range found.Unknown {
		g.keys = g.keys && u != "who may use which keys"
	}
	for _, p := range g.Access.Parts() {
		known, seen := g.known[p.Place.Repository]
		g.known[p.Place.Repository] = (known || !seen) && p.Known
	}
	g.doubts, g.out.Doubts = found.Doubts, found.Doubts
	return nil
}

// anyone finds what the public, or every account of a system, can read of somebody.
func (g *gathering) anyone() error {
	nobody := map[uint32]string{}
	err := g.Access.EachPrincipal(func(node uint32, p access.Principal) error {
		if p.Kind == access.Anyone.String() {
			nobody[node] = p.Name
		}
		return nil
	})
	if err != nil || len(nobody) == 0 {
		return err
	}
	parts, counter := g.Access.Parts(), g.Access.Counter()
	return g.Access.EachReading(func(r access.Reading) error {
		name, is := nobody[r.Node]
		repository := parts[r.Part].Place.Repository
		if !is || g.open[repository].Answer == Yes {
			return nil
		}
		if people, _, _ := counter.Count([]int{r.Part}); people.High == 0 {
			return nil
		}
		g.open[repository] = State{Because: "whether " + name + " can read " + repository + ": chartroom who " + repository + " shows the condition"}
		if r.Certain {
			g.open[repository] = State{Yes, name + " can read it"}
		}
		return nil
	})
}

// repositories adds them, and asks who can read each, as somebody would who has to answer: the longest time that one took counts.
func (g *gathering) repositories(rows []catalog.Row) error {
	var longest time.Duration
	for i := range rows {
		row := &rows[i]
		r := Repository{Name: row.Repository, PHI: row.Verdict == phi.VerdictPHI.String(), Seen: row.ObservedAt, Items: row.Items, Gaps: row.Gaps, Readers: g.known[row.Repository]}
		began := g.Clock()
		who, ok, err := g.Access.Who(access.Place{Repository: row.Repository}, shown)
		if err != nil {
			return err
		}
		if longest = max(longest, g.Clock().Sub(began)); ok {
			r.Doubts = slices.DeleteFunc(who.Doubts, func(d string) bool { return slices.Contains(g.doubts, d) })
		}
		whole := r.Readers && len(r.Doubts) == 0
		r.Registered, r.OutOfReach, r.Open = g.registration(row), g.encryption(row, whole), g.openTo(row, whole)
		g.out.Repositories = append(g.out.Repositories, r)
	}
	g.out.Took += longest
	return nil
}

// cell gives what the ledger says of an aspect of a repository.
func (g *gathering) cell(repository string, a review.Aspect) *review.Cell {
	if g.Ledger != nil {
		for i := range g.Ledger.Rows {
			if row := &g.Ledger.Rows[i]; row.Repository == repository {
				return row.Cell(a)
			}
		}
	}
	return &review.Cell{State: review.Unknown}
}

func (g *gathering) registration(row *catalog.Row) State {
	switch c := g.cell(row.Repository, review.Registered); c.State {
	case review.Yes:
		return State{Yes, c.Says}
	case review.No:
		return State{No, c.Says}
	}
	return State{Because: "which repositories are in the governed register: declare it, and who the acquirer is, in the file of the estate"}
}

// encryption judges whether whoever reads a repository by its server reads it in clear. A server that encrypts its disks decrypts for
// every login: that protects against the loss of disks, and from no foothold. Only a key that somebody else gives out does.
func (g *gathering) encryption(row *catalog.Row, readers bool) State {
	value, known := trait(row, "encryption")
	store := g.cell(row.Repository, review.Keys)
	apart := store.State == review.Yes || strings.Contains(strings.ToLower(value), "kms")
	if store.State == review.Yes && !known {
		value, known = store.Says, true
	}
	switch low := strings.ToLower(value); {
	case !known:
		return State{Because: "whether " + row.Repository + " is encrypted, and who may use its keys: collect or declare it"}
	case low == "no" || low == "none" || low == "disabled" || low == "off" || strings.HasPrefix(low, "0 of "):
		return State{No, "not encrypted"}
	case !apart:
		return State{No, "encrypted (" + value + "), but its server decrypts for whoever may read it"}
	case g.beside[row.Repository] != "":
		return State{No, g.beside[row.Repository] + " reads it and may use its key"}
	case !readers || !g.keys:
		return State{Because: "who may use the key of " + row.Repository + ": collect the policies of keys"}
	}
	return State{Yes, "encrypted (" + value + "), and no reader may use its key"}
}

// openTo judges whether anyone can read a repository, by what is collected of access and by what its server says.
func (g *gathering) openTo(row *catalog.Row, readers bool) State {
	for _, name := range []string{"public_policy", "public_acl", "public_access"} {
		if v, known := trait(row, name); known && v == "yes" && !blocked(row) {
			return State{Yes, name + " lets anyone in"}
		}
	}
	if s, is := g.open[row.Repository]; is {
		return s
	}
	if !readers {
		return State{Because: "whether anyone can read " + row.Repository + ": collect or declare its access"}
	}
	return State{No, "no grant lets anyone in"}
}

func blocked(row *catalog.Row) bool {
	v, known := trait(row, "public_access_block")
	return known && v == "yes"
}

func trait(row *catalog.Row, name string) (value string, known bool) {
	for _, t := range row.Traits {
		if t.Name == name {
			return t.Value, t.Known
		}
	}
	return "", false
}

// gaps adds what could not be listed.
func (g *gathering) gaps(ctx context.Context, f catalog.Filter) error {
	at := map[string]*Repository{}
	for i := range g.out.Repositories {
		at[g.out.Repositories[i].Name] = &g.out.Repositories[i]
	}
	return g.Catalog.EachGap(ctx, g.Who, f, func(x catalog.Gap) error {
		if r := at[x.Repository]; r != nil && (x.Under || x.Item == "") {
			r.Unlisted = append(r.Unlisted, x.Item)
		}
		return nil
	})
}

// footholds adds whoever reads anybody.
func (g *gathering) footholds() error {
	all, err := g.Access.Footholds(0)
	if err != nil {
		return err
	}
	for i := range all {
		f := &all[i]
		x := Foothold{ID: f.ID, Name: f.Name, Person: f.Kind == access.User.String(), MFA: f.Traits["mfa"], People: f.People, Most: f.Most}
		if i < countedFootholds && f.People != f.Most {
			r, err := g.Access.ReachMost(1, g.Access.Find(f.ID)...)
			if err != nil {
				return err
			}
			x.People = r.Escalated.People
		}
		g.out.Footholds = append(g.out.Footholds, x)
	}
	return nil
}
