package alert

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/incident/desk"
	"github.com/chartroom/chartroom/phi"
)

// self is who looks for what is to be told.
var self = audit.Caller{Name: "alerts", Role: audit.PrivacyOfficer}

// Watch is what is looked through.
type Watch struct {
	Catalog    *catalog.Catalog
	Key        string        // file of the key, beside which the heads of cases are witnessed
	StaleAfter time.Duration // age of evidence; 0 = catalog.StaleAfter
	Version    string
	Now        func() time.Time
}

// mostOfKind is how many of one kind are told one by one; more are told as one.
const mostOfKind = 20

// Find gives what is to be told now. What was told before is among it, with the same marks.
func (w *Watch) Find(ctx context.Context) ([]Alert, error) {
	var out []Alert
	var faults []error
	for _, f := range []func(context.Context) ([]Alert, error){w.changes, w.stale, w.cases} {
		found, err := f(ctx)
		out, faults = append(out, few(found)...), append(faults, err)
	}
	return out, errors.Join(faults...)
}

// few puts those of a kind together that are too many to be read one by one.
func few(all []Alert) (out []Alert) {
	byKind := map[string][]Alert{}
	var kinds []string
	for _, a := range all {
		if byKind[a.Kind] == nil {
			kinds = append(kinds, a.Kind)
		}
		byKind[a.Kind] = append(byKind[a.Kind], a)
	}
	for _, kind := range kinds {
		list := byKind[kind]
		if len(list) <= mostOfKind {
			out = append(out, list...)
			continue
		}
		sum := list[0]
		sum.Mark = fmt.Sprintf("%s/%d of a day/%s", kind, len(list), sum.At.UTC().Format(time.DateOnly))
		sum.Title = fmt.Sprintf("%s: %d at once", kind, len(list))
		sum.Text = fmt.Sprintf("The first of %d: %s", len(list), sum.Text)
		sum.Repository = ""
		out = append(out, sum)
	}
	return out
}

// changes are what the surveys found since it was last told: repositories that now hold patient data, and those that more can read. Of the first
// survey of all, nothing is told: everything is new.
func (w *Watch) changes(ctx context.Context) ([]Alert, error) {
	state, err := w.Catalog.State(ctx)
	if err != nil || state.Finished == 0 {
		return nil, err
	}
	run, since, err := w.Catalog.Watched(ctx)
	if err != nil || run >= state.Finished {
		return nil, err
	}
	if run == 0 {
		return nil, w.Catalog.Watch(ctx, state.Finished, state.Ended)
	}
	got, err := w.Catalog.Diff(ctx, self, since, time.Time{}, catalog.Filter{Limit: 1})
	if err != nil {
		return nil, err
	}
	var out []Alert
	for i := range got.Repositories {
		if a := w.newPHI(&got.Repositories[i], state); a != nil {
			out = append(out, *a)
		}
	}
	widened, err := w.Catalog.Widened(ctx, self, since)
	if err != nil {
		return nil, err
	}
	for _, g := range widened {
		out = append(out, Alert{Mark: fmt.Sprintf("widened/%s/%d", g.Repository, g.At.UnixMilli()), Kind: Widened, Severity: High, Repository: g.Repository, At: g.At,
			Title: "More can read " + g.Repository, Text: fmt.Sprintf("%s can be read by %d principals now; before, it was %d.", g.Repository, g.After, g.Before)})
	}
	return out, nil
}

func (w *Watch) newPHI(c *catalog.RepositoryChange, state catalog.State) *Alert {
	is := phi.VerdictPHI.String()
	if c.After == nil || c.After.Verdict != is || c.Before != nil && c.Before.Verdict == is {
		return nil
	}
	a := Alert{Mark: fmt.Sprintf("new/%s/%d", c.Repository, state.Finished), Kind: NewPHI, Severity: High, Repository: c.Repository, At: state.Ended, Title: "Patient data in " + c.Repository}
	a.Text = fmt.Sprintf("%s (%s) holds patient data of %d people", c.Repository, c.Custodian, c.After.People.Estimate)
	if len(c.After.Sensitivity) > 0 {
		a.Text += ", " + strings.Join(c.After.Sensitivity, " ")
		a.Severity = Critical
	}
	a.Text += "; before, none was known to be there."
	return &a
}

// told notes that what changed up to now was put into the outbox.
func (w *Watch) told(ctx context.Context) error {
	state, err := w.Catalog.State(ctx)
	if err != nil || state.Finished == 0 {
		return err
	}
	return w.Catalog.Watch(ctx, state.Finished, state.Ended)
}

// stale are the repositories with patient data whose evidence is too old.
func (w *Watch) stale(ctx context.Context) ([]Alert, error) {
	list, err := w.Catalog.List(ctx, self, catalog.ListQuery{Filter: catalog.Filter{StaleAfter: w.StaleAfter, Limit: 10 * mostOfKind}, Age: catalog.Stale})
	if err != nil {
		return nil, err
	}
	var out []Alert
	for i := range list.Rows {
		r := &list.Rows[i]
		if r.ObservedAt == nil || r.Verdict != phi.VerdictPHI.String() {
			continue
		}
		out = append(out, Alert{Mark: fmt.Sprintf("stale/%s/%d", r.Repository, r.ObservedAt.UnixMilli()), Kind: Stale, Severity: Medium, Repository: r.Repository, At: w.Now(),
			Title: "Evidence of " + r.Repository + " is stale", Text: fmt.Sprintf("%s was last seen at %s; what is said of it may no longer hold.", r.Repository, r.ObservedAt.UTC().Format("2006-01-02 15:04 UTC"))})
	}
	return out, nil
}

// cases are the thresholds of open cases that were crossed, and clocks at half their time.
func (w *Watch) cases(ctx context.Context) ([]Alert, error) {
	d := &desk.Desk{Catalog: w.Catalog, Who: self, Key: w.Key, Now: w.Now, Version: w.Version}
	all, _, err := d.Cases(ctx)
	if err != nil {
		return nil, err
	}
	var out []Alert
	var faults []error
	for _, s := range all {
		if s.Case == nil || s.Case.ClosedAt != nil {
			continue
		}
		clocks, err := s.Case.Clocks()
		if err != nil {
			faults = append(faults, fmt.Errorf("case %s: %w", s.Name, err))
			continue
		}
		out = append(out, w.clocks(s.Name, clocks)...)
	}
	return out, errors.Join(faults...)
}

func (w *Watch) clocks(name string, c *desk.Clocks) (out []Alert) {
	for i := range c.Thresholds {
		f := &c.Thresholds[i]
		a := Alert{Mark: "threshold/" + name + "/" + f.ID + "/" + f.Holds, Kind: Threshold, Severity: Critical, At: c.Now, Title: "Case " + name + ": a threshold is crossed", Text: f.Text}
		if f.Holds != "yes" {
			a.Severity, a.Title = High, "Case "+name+": a threshold may be crossed"
		}
		out = append(out, a)
	}
	if l := c.First; l != nil && !c.Now.Before(l.Half) && c.Now.Before(l.End) {
		out = append(out, Alert{Mark: "half/" + name + "/" + l.Rule + "/" + l.Day, Kind: HalfTime, Severity: High, At: c.Now, Title: "Case " + name + ": half of the time is gone", Text: l.Words()})
	}
	return out
}
