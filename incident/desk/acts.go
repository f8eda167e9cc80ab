package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/assessment"
)

// Open begins the log of a case with what is claimed, and writes what the inventory says of that. With "" the case is named after its
// title. The errors wrap ErrThere, ErrNothing, ErrPatients and ErrAsked.
func (d *Desk) Open(ctx context.Context, name string, claim incident.Claim, how How) (*Case, *Written, error) {
	if claim.Title == "" || strings.TrimSpace(claim.Text) == "" {
		return nil, nil, saying(ErrAsked, "a case needs a title, and the claim as it was made")
	}
	if name == "" {
		name = Slug(claim.Title)
	}
	if name == "" {
		return nil, nil, saying(ErrAsked, "the title %q makes no name of a case; give one", claim.Title)
	}
	if _, err := d.InForce(); err != nil {
		return nil, nil, err // before anything is written
	}
	k := &Case{Name: name, desk: d}
	s, err := d.snap(ctx, &claim, k.Now())
	if err != nil {
		return nil, nil, err
	}
	if s.Total.Repositories == 0 {
		return nil, nil, saying(ErrNothing, "the inventory knows no repository of %s", scope(&claim))
	}
	claim.Estate = s.holdings.Hash
	if err := k.add(ctx, act{kind: incident.Opened, body: claim, How: how}); err != nil {
		return nil, nil, err
	}
	w := &Written{Entry: k.Entries[0]}
	if err := k.learn(ctx, s); err != nil {
		return nil, nil, err
	}
	w.Fired, err = k.fire(ctx)
	return k, w, err
}

// Slug makes a name of a title: "Harbor Archive" is harbor-archive.
func Slug(title string) string {
	parts := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "-")
}

// AddFact writes down what is known of the data, and who says so. A value that is no JSON is taken for a word. What several say of a number is
// put together; what contradicts is refused, unless it says that it takes the place of all before, and why.
func (k *Case) AddFact(ctx context.Context, f incident.FactBody, how How) (*Written, error) {
	if !json.Valid(f.Value) {
		f.Value, _ = json.Marshal(string(f.Value)) // a text has no value that JSON cannot write
	}
	switch {
	case f.Source == "":
		return nil, saying(ErrAsked, "a fact needs a source: who says so")
	case f.Corrects && strings.TrimSpace(f.Why) == "":
		return nil, saying(ErrAsked, "what takes the place of what was said before needs a reason")
	case f.Renews:
		return nil, saying(ErrAsked, "only the inventory says anew what it said before")
	}
	return k.write(ctx, act{kind: incident.Learned, body: f, How: how})
}

// SetLevel sets what is known of the claim, and why.
func (k *Case) SetLevel(ctx context.Context, l incident.LevelBody, how How) (*Written, error) {
	l.Level = incident.Level(strings.ToUpper(string(l.Level)))
	return k.write(ctx, act{kind: incident.Levelled, body: l, How: how})
}

// Decide writes down a decision; one with Breach starts the determined clock. Nobody named is the caller.
func (k *Case) Decide(ctx context.Context, b incident.Decision, how How) (*Written, error) {
	b.By = k.by(b.By)
	return k.write(ctx, act{kind: incident.Decided, body: b, How: how})
}

// Judge closes the sheet of a repository, which a part of its name tells: low or not_low, by a named human, with a reason.
func (k *Case) Judge(ctx context.Context, repository string, b incident.Decision, how How) (*Written, error) {
	if b.By == "" || b.Reason == "" || b.Decision != "low" && b.Decision != "not_low" {
		return nil, saying(ErrAsked, "a named human judges, low or not_low, with a reason")
	}
	name, err := k.named(repository)
	if err != nil {
		return nil, err
	}
	b.Question = assessment.Question(name)
	return k.write(ctx, act{kind: incident.Decided, body: b, How: how})
}

// Note notes what happened. With restored, an older catalog stands in the place of this one knowingly, and the text says why.
func (k *Case) Note(ctx context.Context, n incident.Note, restored bool, how How) (*Written, error) {
	n.Inventory, n.Done = nil, strings.ToUpper(n.Done)
	if restored {
		if k.lost == nil {
			return nil, saying(ErrAsked, "nothing of this log is missing, as far as was witnessed")
		}
		n.About, n.Text = incident.Restored, fmt.Sprintf("%s (%v; the last line witnessed has the hash %s)", n.Text, k.lostError(), k.lost.Hash)
	}
	return k.write(ctx, act{kind: incident.Noted, body: n, How: how, knowing: restored})
}

// AddEvidence notes a file by its name, size and hash, and who had it.
func (k *Case) AddEvidence(ctx context.Context, x incident.Exhibit, how How) (*Written, error) {
	return k.write(ctx, act{kind: incident.Evidence, body: x, How: how})
}

// Close closes the case; notes and evidence are still added to it.
func (k *Case) Close(ctx context.Context, why string, how How) (*Written, error) {
	if strings.TrimSpace(why) == "" {
		return nil, saying(ErrAsked, "say why the case is over")
	}
	return k.write(ctx, act{kind: incident.Closed, body: map[string]string{"why": why}, How: how})
}

// by names the human who decided or approved: the one who is named, or the caller.
func (k *Case) by(name string) string {
	if name == "" {
		return k.desk.Who.Name
	}
	return name
}
