package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/incident"
)

// snapshot is what the inventory said of what is claimed, at one time: a pack holds the whole of it, and the log its hash.
type snapshot struct {
	Taken        time.Time     `json:"taken"`
	Custodian    string        `json:"custodian"`
	Scope        []string      `json:"repositories_claimed"`
	Total        catalog.Total `json:"total"`
	Repositories []catalog.Row `json:"repositories"`

	text     []byte // as a pack holds it
	holdings *incident.Holdings
}

// never is an age that nothing has: whether evidence is stale depends on when one asks, and a snapshot must not.
const never = 100 * 365 * 24 * time.Hour

// snap asks the inventory as it was at a time.
func (d *Desk) snap(ctx context.Context, claim *incident.Claim, at time.Time) (*snapshot, error) {
	f := catalog.Filter{Custodian: claim.Custodian, Among: claim.Scope, AsOf: at, StaleAfter: never}
	s := &snapshot{Taken: at, Custodian: claim.Custodian, Scope: claim.Scope}
	var err error
	if s.Total, err = d.Catalog.Tally(ctx, d.Who, f); err != nil {
		return nil, err
	}
	if s.Repositories, err = d.Catalog.Where(ctx, d.Who, f); err != nil {
		return nil, err
	}
	if s.text, err = json.MarshalIndent(s, "", " "); err != nil {
		return nil, err
	}
	s.holdings = s.held()
	return s, nil
}

// held is what the log keeps of it.
func (s *snapshot) held() *incident.Holdings {
	sum := sha256.Sum256(s.text)
	t := &s.Total
	h := &incident.Holdings{Taken: s.Taken, Hash: hex.EncodeToString(sum[:]), People: bounds(t.People), Estimate: t.People.Estimate, Minors: bounds(t.Minors),
		Part2: bounds(t.Part2), States: map[string]incident.Interval{}, Sensitivity: slices.Sorted(maps.Keys(t.Classes)), Bytes: t.Bytes, Gaps: t.Gaps,
		Count: t.Repositories, Repositories: []incident.Held{}}
	for state, n := range t.States {
		h.States[state] = bounds(n)
	}
	for i := range s.Repositories {
		if i == incident.MostHeld {
			break
		}
		r := &s.Repositories[i]
		h.Repositories = append(h.Repositories, incident.Held{Repository: r.Repository, Custodian: r.Custodian, Verdict: r.Verdict, Identifiers: r.Identifiers,
			Sensitivity: r.Sensitivity, People: bounds(r.People), Estimate: r.People.Estimate, Part2: r.Part2, Minors: r.Minors, Gaps: r.Gaps,
			Readers: r.ReadersCount, Encryption: encryption(r)})
	}
	return h
}

func bounds(n estate.Count) incident.Interval { return incident.Interval{Low: n.Low, High: n.High} }

// encryption is what the server of a repository says of it at rest; "" where it does not say.
func encryption(r *catalog.Row) string {
	for _, t := range r.Traits {
		if t.Name == "encryption" && t.Known {
			return t.Value
		}
	}
	return ""
}

// facts are what the inventory can tell of what is claimed. Nobody may be concerned, and no more than it knows of; where something was not
// read, nobody knows of how many. People whose State is not known may live in any.
func (s *snapshot) facts() []incident.FactBody {
	h := s.holdings
	most := func(n int64) incident.Interval {
		if h.Gaps > 0 || h.People.High == 0 { // an inventory that knows of nobody is no proof that there is nobody
			return incident.Unbounded
		}
		return incident.Interval{Low: 0, High: n}
	}
	states := map[string]incident.Interval{}
	for state, n := range h.States {
		if state != "unknown" {
			states[state] = most(n.High + h.States["unknown"].High)
		}
	}
	kinds := map[string]bool{}
	part2, open := h.Part2.High > 0, 0
	for i := range s.Repositories {
		r := &s.Repositories[i]
		part2 = part2 || r.Part2
		for _, k := range r.Identifiers {
			kinds[k] = true
		}
		if e := encryption(r); e == "none" || e == "no" || e == "disabled" {
			open++
		}
	}
	why := count(int64(h.Count), "repository", "repositories")
	if h.Gaps > 0 {
		why += fmt.Sprintf("; %d things were not read, so there is no upper bound", h.Gaps)
	}
	out := []incident.FactBody{}
	add := func(name string, v any) {
		value, err := plain(v)
		if err == nil { // it is a number, a list or a map of them
			out = append(out, incident.FactBody{Name: name, Value: value, Source: incident.FromInventory(s.Taken), Why: why, Renews: true})
		}
	}
	add("total", most(h.People.High))
	add("states", states)
	add("kinds", slices.Sorted(maps.Keys(kinds)))
	add("part2", part2)
	if open > 0 {
		add("encrypted", "no")
	}
	return out
}

// note says in the log what the inventory said.
func (s *snapshot) note(claim *incident.Claim) incident.Note {
	h := s.holdings
	return incident.Note{About: incident.OfInventory, Inventory: h, Text: fmt.Sprintf("the inventory on %s: %s, about %s, %s not read", scope(claim),
		count(int64(h.Count), "repository", "repositories"), count(h.Estimate, "person", "people"), count(h.Gaps, "thing", "things"))}
}

// scope names what is claimed.
func scope(c *incident.Claim) string {
	switch {
	case len(c.Scope) > 0:
		return strings.Join(c.Scope, ", ")
	case c.Custodian != "":
		return c.Custodian
	}
	return "the whole estate"
}

// count says how many there are of something.
func count(n int64, one, many string) string {
	if n != 1 {
		one = many
	}
	return incident.Exactly(n).String() + " " + one
}

// learn writes what the inventory says: the note with its hash, and the facts that follow from it. What a person said of words that an
// inventory cannot judge (which kinds, whether the path was encrypted) stays.
func (k *Case) learn(ctx context.Context, s *snapshot) error {
	lines := []act{{kind: incident.Noted, body: s.note(&k.Claim), machine: true}}
	for _, f := range s.facts() {
		said, is := k.Said[f.Name]
		if isInterval := f.Name == "total" || f.Name == "states"; is && !isInterval && !incident.OfTheInventory(said.Source) {
			continue
		}
		lines = append(lines, act{kind: incident.Learned, body: f, machine: true})
	}
	if err := k.fits(lines); err != nil {
		return err
	}
	for _, a := range lines {
		if err := k.add(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// fits tells whether lines could all be added, so that none is where one could not.
func (k *Case) fits(lines []act) error {
	trial, err := incident.Fold(k.Entries, k.Head)
	if err != nil {
		return err
	}
	for _, a := range lines {
		body, err := plain(a.body)
		if err != nil {
			return err
		}
		if err := trial.Add(&incident.Entry{Number: trial.Entries + 1, At: k.Now(), Author: k.desk.Who.Name, Kind: a.kind, Body: body}); err != nil {
			return fmt.Errorf("case %s: %w", k.Name, err)
		}
	}
	return nil
}

// Ask asks the inventory again, after another survey, and writes what it says now. Where that contradicts what others said, nothing is
// written, and the error names both and wraps incident.ErrContradicted.
func (k *Case) Ask(ctx context.Context) (*Written, error) {
	s, err := k.desk.snap(ctx, &k.Claim, k.Now())
	if err != nil {
		return nil, err
	}
	from := len(k.Entries)
	if err := k.learn(ctx, s); err != nil {
		return nil, err
	}
	w := &Written{Entry: k.Entries[from]}
	w.Fired, err = k.fire(ctx)
	return w, err
}
