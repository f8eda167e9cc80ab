package review

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"slices"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/phi"
)

// ErrNobody says that nobody declared which custodian is the acquirer, so that there is no governance to hold anything against.
var ErrNobody = errors.New("no custodian is declared to be the acquirer, so there is no governance to hold repositories against")

// writing is a ledger that is being written.
type writing struct {
	*Review
	out  *LedgerAnswer
	gaps map[string]*Gap
}

// Ledger works out the migration ledger of a custodian's repositories with patient data; "" is all but the acquirer's own: what was
// acquired, what vendors hold, and what nobody said whose it is. It returns ErrNobody where no acquirer is declared.
func (r *Review) Ledger(custodian string) (*LedgerAnswer, error) {
	if len(r.Acquirers()) == 0 {
		return nil, ErrNobody
	}
	w := &writing{Review: r, gaps: map[string]*Gap{}, out: &LedgerAnswer{AsOf: r.in.Now, Acquirers: r.Acquirers(), Custodians: []string{}, Rows: []LedgerRow{}, Labels: []Label{},
		Gaps: []Gap{}, Unregistered: []string{}, Doubts: []string{}}}
	for i := range r.in.Rows {
		row := &r.in.Rows[i]
		if !r.about(row, custodian) {
			continue
		}
		w.unsure(row)
		if row.Verdict != phi.VerdictPHI.String() {
			continue
		}
		if err := w.repository(row); err != nil {
			return nil, err
		}
	}
	w.doubts()
	if err := w.progress(); err != nil {
		return nil, err
	}
	return w.out, w.close()
}

// about tells whether a review is about a repository.
func (r *Review) about(row *catalog.Row, custodian string) bool {
	if custodian != "" {
		return row.Custodian == custodian
	}
	return r.governs(row.Custodian) != Yes
}

// repository writes the row of a repository.
func (w *writing) repository(row *catalog.Row) error {
	out := LedgerRow{Repository: row.Repository, Custodian: row.Custodian, Confidentiality: row.Confidentiality, Sensitivity: row.Sensitivity, People: row.People,
		Bytes: row.Bytes, Owner: row.Owner, Stale: row.Stale, Migrated: Yes}
	if !slices.Contains(w.out.Custodians, row.Custodian) {
		w.out.Custodians = append(w.out.Custodians, row.Custodian)
	}
	readers, known, err := w.Readers(row.Repository)
	if err != nil {
		return err
	}
	who, _, err := w.in.Access.Who(access.Place{Repository: row.Repository}, mostWriters)
	if err != nil {
		return err
	}
	if who != nil {
		w.out.Doubts = append(w.out.Doubts, who.Doubts...)
	}
	entries, labels, err := w.register(row)
	if err != nil {
		return err
	}
	identity, err := w.identity(row, readers, known)
	if err != nil {
		return err
	}
	third, err := w.thirdParty(row, readers, known)
	if err != nil {
		return err
	}
	for _, cell := range []Cell{w.registered(row, entries, labels), w.labelled(row, entries, labels), identity, w.privileged(row, who), w.logged(row), w.keys(row), w.retained(row, entries), w.owned(row, entries), third} {
		if cell.Evidence == nil {
			cell.Evidence = []Evidence{}
		}
		if cell.State == Yes {
			cell.Fix = ""
		}
		out.Cells = append(out.Cells, cell)
		if cell.State == No || cell.State == Unknown && out.Migrated == Yes {
			out.Migrated = cell.State
		}
	}
	w.ticket(row, &out)
	w.out.Rows = append(w.out.Rows, out)
	w.out.Labels = append(w.out.Labels, labels...)
	return nil
}

// ticket makes the gaps of a repository itself; those of labels, accounts and vendors are made with their cells. A repository that nobody
// registered is one gap, with all that is missing of it.
func (w *writing) ticket(row *catalog.Row, out *LedgerRow) {
	whole := out.Cell(Registered).State != Yes
	for i := range out.Cells {
		c := &out.Cells[i]
		if c.State == Yes || len(c.Gaps) > 0 {
			continue
		}
		kind, aspect, subject := GapAspect, c.Aspect, row.Repository
		if whole {
			kind, aspect = GapUnmigrated, Registered
		}
		g := w.gap(kind, aspect, subject, row)
		c.Gaps = append(c.Gaps, g.ID)
		g.Says = sentence(g.Says, c.Says)
		g.Fix = sentence(g.Fix, c.Fix)
		g.Evidence = append(g.Evidence, c.Evidence...)
		if g.State == "" || c.State == No {
			g.State = c.State
		}
	}
	if whole && out.Cell(Registered).State == No {
		w.out.Unregistered = append(w.out.Unregistered, row.Repository)
	}
}

// sentence joins what is said of one gap.
func sentence(a, b string) string {
	if a == "" || b == "" {
		return cmp.Or(a, b)
	}
	return a + "; " + b
}

// gap finds or makes the gap of a kind about a subject, and adds a repository to it.
func (w *writing) gap(kind string, aspect Aspect, subject string, row *catalog.Row) *Gap {
	id := gapID(kind, aspect, subject)
	g := w.gaps[id]
	if g == nil {
		g = &Gap{ID: id, Kind: kind, Aspect: aspect, Subject: subject, Repositories: []string{}, Custodian: row.Custodian, Sensitivity: row.Sensitivity, People: row.People, Evidence: []Evidence{}}
		w.gaps[id] = g
	}
	if !slices.Contains(g.Repositories, row.Repository) {
		g.Repositories = append(g.Repositories, row.Repository)
	}
	return g
}

// close puts the gaps in order.
func (w *writing) close() error {
	for _, g := range w.gaps {
		slices.Sort(g.Repositories)
		if err := w.stake(g); err != nil {
			return err
		}
		g.Evidence = distinct(g.Evidence)
		if g.Owner == "" {
			g.Owner = w.steward(g.Repositories)
		}
		w.out.Gaps = append(w.out.Gaps, *g)
	}
	slices.SortFunc(w.out.Gaps, func(a, b Gap) int {
		return cmp.Or(cmp.Compare(a.State, b.State), cmp.Compare(grade(b.Sensitivity), grade(a.Sensitivity)), cmp.Compare(b.People.Estimate, a.People.Estimate), cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.ID, b.ID))
	})
	slices.Sort(w.out.Custodians)
	return nil
}

// stake counts the people at stake: of an account or vendor those whom it reads, of an identity provider those of all its repositories.
func (w *writing) stake(g *Gap) error {
	switch g.Kind {
	case GapAccount, GapThirdParty:
		id := g.Subject
		if g.Kind == GapThirdParty {
			id = declared.ID("", "vendor", g.Subject)
		}
		reach, err := w.reach(id)
		if err != nil {
			return err
		}
		if reach != nil && reach.Possible.People.Estimate > 0 {
			g.People, g.Sensitivity = reach.Possible.People, classesOf(&reach.Possible)
			return nil
		}
	case GapProvider:
	default:
		return nil
	}
	if len(g.Repositories) < 2 || w.in.People == nil {
		return nil
	}
	var set phi.Classes
	for _, name := range g.Repositories {
		set |= classes(w.row(name).Sensitivity)
	}
	people, err := w.in.People(g.Repositories)
	g.People, g.Sensitivity = people, set.Names()
	return err
}

// classesOf names the classes of whom a foothold reads.
func classesOf(s *access.Sum) []string { return classes(slices.Collect(maps.Keys(s.Classes))).Names() }

// distinct drops evidence that was named before.
func distinct(in []Evidence) []Evidence {
	seen := map[string]bool{}
	return slices.DeleteFunc(in, func(e Evidence) bool {
		had := seen[e.ID]
		seen[e.ID] = true
		return had
	})
}

// steward names who answers for one of the repositories, or else for most of what is in the register: whoever keeps it has to find out.
func (r *Review) steward(repositories []string) string {
	for _, name := range repositories {
		if row := r.row(name); row != nil && row.Owner != "" {
			return row.Owner
		}
		for _, f := range r.covers(declared.KindRegistered, name) {
			if f.Is["steward"] != "" {
				return f.Is["steward"]
			}
		}
	}
	entries := map[string]int{}
	for _, f := range r.facts[declared.KindRegistered] {
		if s := f.Is["steward"]; s != "" {
			entries[s]++
		}
	}
	best := ""
	for _, s := range slices.Sorted(maps.Keys(entries)) {
		if best == "" || entries[s] > entries[best] {
			best = s
		}
	}
	return best
}

// progress measures how much is migrated.
func (w *writing) progress() error {
	var all, open []string
	p := &w.out.Progress
	for i := range w.out.Rows {
		row := &w.out.Rows[i]
		all = append(all, row.Repository)
		bytes := max(row.Bytes, 0)
		p.Repositories.Of, p.Bytes.Of = p.Repositories.Of+1, p.Bytes.Of+bytes
		if row.Migrated == Yes {
			p.Repositories.Done, p.Bytes.Done = p.Repositories.Done+1, p.Bytes.Done+bytes
		} else {
			open = append(open, row.Repository)
		}
		for _, c := range row.Cells {
			p.Cells.Of++
			if c.State == Yes {
				p.Cells.Done++
			}
		}
	}
	if w.in.People != nil && len(all) > 0 {
		total, err := w.in.People(all)
		if err != nil {
			return err
		}
		p.People.Of, p.People.Done = total.Estimate, total.Estimate
		if len(open) > 0 {
			left, err := w.in.People(open)
			if err != nil {
				return err
			}
			p.People.Done = max(0, total.Estimate-left.Estimate)
		}
	}
	for _, s := range []*Share{&p.Repositories, &p.People, &p.Bytes, &p.Cells} {
		s.finish()
	}
	return nil
}

// finish works out the percentage.
func (s *Share) finish() {
	s.Percent = 100
	if s.Of > 0 {
		s.Percent = 100 * float64(s.Done) / float64(s.Of)
	}
}

// unsure tells what a survey left open of a repository.
func (w *writing) unsure(row *catalog.Row) {
	doubt := func(text string) { w.out.Doubts = append(w.out.Doubts, text) }
	if row.Verdict == phi.VerdictUnknown.String() {
		doubt("whether " + row.Repository + " holds patient data is not known, so it is not in the ledger: chartroom gaps says why")
	}
	if row.Gaps > 0 {
		doubt(count(row.Gaps, "thing", "things") + " in " + row.Repository + " could not be read, or not whole: chartroom gaps")
	}
	if row.Stale {
		doubt("what is known of " + row.Repository + " is stale: survey it again")
	}
}

// doubts tells what could change the ledger.
func (w *writing) doubts() {
	if len(w.facts[declared.KindRegistered]) == 0 {
		w.out.Doubts = append(w.out.Doubts, "no governed register is declared: whether anything is in one is not known")
	}
	for _, f := range w.facts[declared.KindRegistered] {
		if !slices.ContainsFunc(w.in.Rows, func(row catalog.Row) bool {
			return within(f.Target, row.Repository) || within(row.Repository, f.Target)
		}) {
			w.out.Doubts = append(w.out.Doubts, f.Target+" is in the register ("+f.From+"), and no survey has seen it: survey it, or take it out")
		}
	}
	for i := range w.in.Rows {
		row := &w.in.Rows[i]
		if w.custodians[row.Custodian] == "" && row.Custodian != "" {
			w.out.Doubts = append(w.out.Doubts, "what "+row.Custodian+" is to the acquirer is not declared; name it under custodians")
		}
	}
	slices.Sort(w.out.Doubts)
	w.out.Doubts = slices.Compact(w.out.Doubts)
}

// classes is the set of classes by their HL7 codes.
func classes(names []string) (set phi.Classes) {
	for _, name := range names {
		if c, ok := phi.ParseClass(name); ok {
			set = set.With(c)
		}
	}
	return set
}

// grade is their confidentiality.
func grade(names []string) phi.Confidentiality { return classes(names).Confidentiality() }

// gapID names a gap by what it is about.
func gapID(kind string, aspect Aspect, subject string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + string(aspect) + "\x00" + subject))
	return "G-" + hex.EncodeToString(sum[:5])
}
