package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chartroom/chartroom/claim"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/trial"
	"github.com/chartroom/chartroom/source"
)

// Test holds a sample against the inventory, notes it as evidence by its hash, says at least how many people are concerned, and sets the
// level that follows. Of the sample nothing is kept. A test that decides nothing writes nothing: the error wraps ErrTest.
func (k *Case) Test(ctx context.Context, t *trial.Trial, x incident.Exhibit, src source.Source, leaks []source.Source, how How) (*Written, *trial.Tested, error) {
	out, err := t.Sample(ctx, src, leaks)
	if err != nil {
		return nil, nil, err
	}
	level, err := levelOf(&out.Result)
	if err != nil {
		return nil, out, err
	}
	x.Custody = "the sample, as it was held against the inventory"
	lines := []act{{kind: incident.Evidence, body: x, machine: true}}
	why := grounds(out)
	if level == incident.C2 {
		value, err := plain(incident.Interval{Low: int64(out.Explained), High: -1})
		if err != nil {
			return nil, out, err
		}
		fact := act{kind: incident.Learned, machine: true, body: incident.FactBody{Name: "total", Value: value, Source: "claim test",
			Why: "so many of the sample's people are ours; SHA-256 of the sample " + x.SHA256}}
		switch err := k.fits(append(lines, fact)); {
		case errors.Is(err, incident.ErrContradicted):
			why += "; which contradicts what was said of how many there are: " + err.Error()
		case err != nil:
			return nil, out, err
		default:
			lines = append(lines, fact)
		}
	}
	for _, a := range lines {
		if err := k.add(ctx, a); err != nil {
			return nil, out, err
		}
	}
	w, err := k.write(ctx, act{kind: incident.Levelled, body: incident.LevelBody{Level: level, Why: why}, How: how, machine: true})
	return w, out, err
}

// levelOf gives the level that a test bears out.
func levelOf(r *claim.Result) (incident.Level, error) {
	switch {
	case r.Elsewhere > 0 && 2*r.Elsewhere >= r.Sample:
		return incident.D2, nil
	case r.Verdict == claim.Ours, r.Verdict == claim.Mixed:
		return incident.C2, nil
	case r.Verdict == claim.NotFound:
		return incident.D1, nil
	}
	return "", saying(ErrTest, "the test decides nothing: %s", r.Why)
}

// grounds words what a test rests on: its verdict, the chance of strangers, and what was not covered.
func grounds(out *trial.Tested) string {
	text := "claim test: " + out.Why
	if len(out.Matches) > 0 && out.Matches[0].Source {
		text += fmt.Sprintf(" (the chance that as many strangers look so is at most %.1g)", out.Matches[0].Bound)
	}
	text += "; held against the traces of " + count(int64(out.Coverage.Repositories), "repository", "repositories")
	if n := out.Coverage.Gaps + out.Coverage.Untraced; n > 0 {
		text += "; not covered: " + count(n, "thing", "things")
	}
	if from := out.Coverage.Kept; from != nil {
		text += "; nor what had been replaced or had vanished by " + from.Format(time.DateOnly) + ", as it is not kept"
	}
	return strings.TrimSuffix(text, ".")
}
