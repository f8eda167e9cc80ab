package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/obligation"
	"github.com/chartroom/chartroom/incident/protocol"
	"github.com/chartroom/chartroom/incident/texts"
)

// Given is what no inventory knows and a text needs, by its name: phone, web, press, ...
type Given map[string]string

// input is what the texts are filled from: the log, the protocol, and what is given. It does not depend on when one asks, so that a text that
// was read is the text that is approved.
func (k *Case) input(given Given) (*texts.Input, error) {
	p, err := k.desk.InForce()
	if err != nil {
		return nil, err
	}
	o := &p.Organisation
	all := map[string]string{"phone": o.Phone, "email": o.Email, "web": o.Web, "address": o.Address, "press": o.Press, "speaker": o.Speaker}
	for name, value := range given {
		if !slices.Contains(texts.Names(), name) {
			return nil, saying(ErrAsked, "no text asks for %q; the names are %s", name, strings.Join(texts.Names(), ", "))
		}
		all[name] = value
	}
	in := &texts.Input{Case: k.Case, Holdings: incident.HoldingsOf(k.Entries), Given: all, Zone: k.Zone()}
	lastBoard := 0
	for _, a := range k.Approvals {
		if a.Text == "B1" || a.Text == "B2" {
			lastBoard = a.Line
		}
	}
	for i := range k.Entries {
		e := &k.Entries[i]
		if e.Kind == incident.Approved || e.Kind == incident.Sent {
			continue
		}
		in.AsOf = e.At
		if i >= lastBoard {
			in.Since = append(in.Since, k.When(e.At)+": "+k.Says(e))
		}
	}
	return in, k.clocksAndQuestions(p.Protocol, in)
}

// clocksAndQuestions words what runs, and what is to be decided now.
func (k *Case) clocksAndQuestions(p *protocol.Protocol, in *texts.Input) error {
	in.Clocks = []string{"Conservative clock: since " + k.When(k.KnownAt) + ", when it was first known (45 CFR 164.404(a)(2))."}
	if k.Determined == nil {
		in.Clocks = append(in.Clocks, "Determined clock: it does not run, as nobody has decided that it is a breach.")
		in.Asked = append(in.Asked, "Is it a breach? Until somebody finds a low probability of harm, with reasons, it is presumed (45 CFR 164.402(2)).")
	} else {
		in.Clocks = append(in.Clocks, "Determined clock: since "+k.When(*k.Determined)+".")
	}
	last := func(name string, from time.Time) string {
		return fmt.Sprintf("%s %s", name, from.In(k.Zone()).AddDate(0, 0, outer).Format(time.DateOnly))
	}
	line := "HIPAA, each individual (45 CFR 164.404(b)), at the latest: " + last("conservative", k.KnownAt)
	if k.Determined != nil {
		line += ", " + last("determined", *k.Determined)
	}
	in.Clocks = append(in.Clocks, line+".")
	duties, err := k.duties()
	if err != nil {
		return err
	}
	in.Clocks = append(in.Clocks, duties...)
	s := protocol.SituationOf(k.Case, k.Entries, incident.Exactly(0))
	for _, f := range p.Evaluate(k.Case, k.Entries, s, in.AsOf) {
		for _, u := range f.Do {
			if !u.Done && f.Since != nil {
				in.Clocks = append(in.Clocks, fmt.Sprintf("%s (%s): %s, by %s.", u.Role, u.ID, u.What, k.When(u.By)))
			}
		}
	}
	if k.Facts.Delay == nil {
		in.Asked = append(in.Asked, "Who leads for the board, and may release what between its meetings?")
	}
	in.Asked = append(in.Asked, "Nobody pays, replies or denies without a decision of the board. Is that so?")
	return nil
}

// duties words what the table of rules comes to: how much is due, what first, and what could be before that.
func (k *Case) duties() ([]string, error) {
	book, err := obligation.Shipped()
	if err != nil {
		return nil, err
	}
	due, open := 0, 0
	for _, u := range book.Duties(&k.Facts) {
		switch u.Status {
		case obligation.Due:
			due++
		case obligation.Contingent:
			open++
		}
	}
	out := []string{fmt.Sprintf("By the table of rules %d notices are due on what is known, and %d more hang on facts that are not known: chartroom case obligations.", due, open)}
	first, possible, err := k.limits(k.KnownAt)
	if err != nil {
		return nil, err
	}
	out = append(out, "First due: "+first.Words()+".")
	if possible != nil {
		out = append(out, "First that could be due: "+possible.Words()+".")
	}
	return out, nil
}

// Words says whom a limit is for, until when, and what it hangs on.
func (l *Limit) Words() string {
	text := fmt.Sprintf("%s, %s (%s), by the end of %s", l.Rule, l.Recipient, l.Citation, l.Day)
	if l.Deciding != "" {
		text += ", which hangs on " + l.Deciding
	}
	return text
}

// Text fills a text in.
func (k *Case) Text(id string, given Given) (*texts.Text, error) {
	t, err := texts.Find(id)
	if err != nil {
		return nil, saying(ErrAsked, "%v", err)
	}
	in, err := k.input(given)
	if err != nil {
		return nil, err
	}
	return t.Fill(in)
}

// Wording is a text, and how it stands.
type Wording struct {
	*texts.Text
	Approved   bool   // some wording of it was
	Beforehand string // who approved it beforehand at this level; "" = nobody
}

// Texts fills all texts in.
func (k *Case) Texts(given Given) ([]Wording, error) {
	all, err := texts.All()
	if err != nil {
		return nil, err
	}
	p, err := k.desk.InForce()
	if err != nil {
		return nil, err
	}
	in, err := k.input(given)
	if err != nil {
		return nil, err
	}
	var out []Wording
	for _, t := range all {
		f, err := t.Fill(in)
		if err != nil {
			return nil, err
		}
		is := slices.ContainsFunc(k.Approvals, func(a incident.Approval) bool { return a.Text == t.ID })
		out = append(out, Wording{f, is, p.MayGo(t.ID, string(k.Level), k.Now())})
	}
	return out, nil
}

// Release is what somebody releases.
type Release struct {
	ID    string // of the text
	Given Given
	Own   string // words of one's own in its place; "" = as it is filled in
	Hash  string // SHA-256 of what was read, or its beginning; "" = whatever it reads now
	By    string // who releases it; "" = the caller
}

// leastHash is how much of a hash tells one text from another.
const leastHash = 8

// Approve releases a text, exactly as it is worded. The errors wrap ErrDraft, ErrReworded, ErrPatients and ErrAsked.
func (k *Case) Approve(ctx context.Context, r Release, how How) (*Written, error) {
	t, err := k.Text(r.ID, r.Given)
	if err != nil {
		return nil, err
	}
	typed := r.By + "\n" + r.Own // what of the words somebody typed
	if r.Own != "" {
		t.Body, t.Hash = r.Own, texts.Hash(r.Own)
	} else {
		for _, v := range r.Given {
			typed += v + "\n"
		}
	}
	switch {
	case r.Own == "" && len(t.Missing) > 0:
		return nil, saying(ErrDraft, "text %s is a draft, without %s", t.ID, strings.Join(t.Missing, "; "))
	case strings.Contains(t.Body, "\nDRAFT") || strings.HasPrefix(t.Body, "DRAFT"):
		return nil, saying(ErrAsked, "the words still say that they are a draft")
	case r.Hash != "" && (len(r.Hash) < leastHash || !strings.HasPrefix(t.Hash, strings.ToLower(r.Hash))):
		return nil, saying(ErrReworded, "text %s is now another one than was read: its SHA-256 is %s", t.ID, t.Hash)
	}
	if !how.Looked {
		if err := unnamed(ctx, typed, k.Now()); err != nil {
			return nil, err
		}
	}
	w, err := k.write(ctx, act{kind: incident.Approved, body: incident.Approval{Text: t.ID, Hash: t.Hash, By: k.by(r.By), Wording: t.Body}, How: how, machine: true})
	if g := texts.Grade(t.Body); err == nil && t.Grade > 0 && g > t.Grade {
		w.Warnings = append(w.Warnings, fmt.Sprintf("the reading level is %.1f, and %s should be at most %.0f", g, t.ID, t.Grade))
	}
	return w, err
}

// Send writes down that the text that was approved last went out. It sends nothing.
func (k *Case) Send(ctx context.Context, s incident.Sending, how How) (*Written, error) {
	if s.To == "" || s.How == "" {
		return nil, saying(ErrAsked, "say to whom it went, and by what way")
	}
	id := s.Text
	s.Text = ""
	for _, a := range k.Approvals {
		if strings.EqualFold(a.Text, id) {
			s.Text, s.Hash = a.Text, a.Hash
		}
	}
	if s.Text == "" {
		return nil, saying(ErrUnsent, "text %s was not approved", id)
	}
	return k.write(ctx, act{kind: incident.Sent, body: s, How: how})
}
