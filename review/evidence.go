package review

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate/declared"
)

// Opened is what stands behind the ID of a piece of evidence. One of the fields beside ID is set.
type Opened struct {
	ID         string              `json:"id"`
	Fact       *access.Fact        `json:"fact,omitempty"`
	Repository *catalog.Row        `json:"repository,omitempty"`
	Trait      *catalog.Trait      `json:"trait,omitempty"`
	Item       *catalog.Holding    `json:"item,omitempty"`
	Principal  *access.ReachAnswer `json:"principal,omitempty"`
	Readers    *access.WhoAnswer   `json:"readers,omitempty"`
	Run        *catalog.RunInfo    `json:"run,omitempty"`
	Case       *Case               `json:"case,omitempty"`
}

// Open gives what stands behind the ID of a piece of evidence; ok is false where it opens nothing.
func (r *Review) Open(id string) (o Opened, ok bool, err error) {
	o.ID = id
	kind, name, _ := strings.Cut(id, ":")
	switch kind {
	case "fact":
		if n, e := strconv.Atoi(name); e == nil {
			if i, has := r.numbers[n]; has {
				o.Fact = &r.in.Facts[i]
			}
		}
	case "repository":
		o.Repository = r.row(name)
	case "trait":
		repository, trait, _ := strings.Cut(name, " ")
		if t, has := r.Trait(repository, trait); has {
			o.Trait = &t
		}
	case "item":
		repository, path, _ := strings.Cut(name, " ")
		if r.row(repository) != nil && r.in.Items != nil {
			err = r.in.Items(repository, func(h catalog.Holding) error {
				if h.Path == path {
					h.People = nil
					o.Item = &h
				}
				return nil
			})
		}
	case "principal":
		if found := r.in.Access.Find(name); len(found) == 1 {
			o.Principal, err = r.in.Access.Reach(found[0])
		}
	case "readers":
		o.Readers, _, err = r.in.Access.Who(access.Place{Repository: name}, mostOpened)
	case "run":
		for i := range r.in.Runs {
			if strconv.FormatInt(r.in.Runs[i].ID, 10) == name {
				o.Run = &r.in.Runs[i]
			}
		}
	case "case":
		for i := range r.in.Cases {
			if r.in.Cases[i].Name == name {
				o.Case = &r.in.Cases[i]
			}
		}
	}
	return o, o != Opened{ID: id}, err
}

// mostOpened is how many readers are shown of a repository.
const mostOpened = 100

func (r *Review) row(repository string) *catalog.Row {
	if i, ok := r.rows[repository]; ok {
		return &r.in.Rows[i]
	}
	return nil
}

func (r *Review) Trait(repository, name string) (catalog.Trait, bool) {
	if row := r.row(repository); row != nil {
		for _, t := range row.Traits {
			if t.Name == name {
				return t, true
			}
		}
	}
	return catalog.Trait{}, false
}

// OfFact makes evidence of a fact.
func (r *Review) OfFact(f access.Fact, says string) Evidence {
	e := Evidence{ID: "fact:" + strconv.Itoa(f.ID), Says: says, By: f.System + ", " + f.From, Basis: basisOf(f), Seen: r.seen(f.Repository)}
	if f.System == declared.System {
		e.By = f.From
		if said, err := declared.ReadSaid(f.Detail); err == nil {
			e.Stale = said.Until != "" && said.Until < r.day
			if at, err := time.Parse(time.DateOnly, said.AsOf); err == nil {
				e.Seen = &at
			}
		}
	}
	if e.Basis != Declared {
		e.Stale = e.Stale || r.old(e.Seen)
	}
	return e
}

// seen tells when the facts of a repository were last told.
func (r *Review) seen(repository string) *time.Time {
	if at, ok := r.visits[repository]; ok {
		return &at
	}
	if row := r.row(repository); row != nil {
		return row.ObservedAt
	}
	return nil
}

// old tells whether evidence is stale by its age. What nobody dated is.
func (r *Review) old(seen *time.Time) bool { return seen == nil || r.in.Now.Sub(*seen) > r.in.Stale }

// OfRow makes evidence of what a survey measured in a repository.
func (r *Review) OfRow(row *catalog.Row, says string) Evidence {
	return Evidence{ID: "repository:" + row.Repository, Says: says, By: "survey of " + cmp.Or(row.Kind, "files"), Basis: Measured, Seen: row.ObservedAt, Stale: row.Stale}
}

// OfTrait makes evidence of what a server says of a repository as a whole.
func (r *Review) OfTrait(row *catalog.Row, t catalog.Trait) Evidence {
	return Evidence{ID: "trait:" + row.Repository + " " + t.Name, Says: t.Name + ": " + t.Value, By: row.Kind, Basis: Measured, Seen: row.ObservedAt, Stale: row.Stale}
}

// OfReaders makes evidence of who can read a repository.
func (r *Review) OfReaders(row *catalog.Row, says string) Evidence {
	seen := cmp.Or(r.seen(row.Repository), row.ObservedAt)
	return Evidence{ID: "readers:" + row.Repository, Says: says, By: "access", Basis: cmp.Or(r.basisOf[row.Repository], Declared), Seen: seen, Stale: r.old(seen)}
}

// OfPrincipal makes evidence of an account.
func (r *Review) OfPrincipal(p *access.Principal, says string) Evidence {
	seen := r.latest()
	return Evidence{ID: "principal:" + p.ID, Says: says, By: "access", Basis: cmp.Or(r.basisOf[p.ID], Measured), Seen: seen, Stale: r.old(seen)}
}

// latest is when the last survey wrote.
func (r *Review) latest() *time.Time {
	if len(r.in.Runs) == 0 {
		return nil
	}
	at := r.in.Runs[0].Beat
	return &at
}

// count writes a number with its noun.
func count[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
