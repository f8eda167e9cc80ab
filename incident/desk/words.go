package desk

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/incident"
)

// Says puts a line of the log in words, on one line.
func (k *Case) Says(e *incident.Entry) string {
	switch e.Kind {
	case incident.Opened:
		return oneLine(fmt.Sprintf("opened: %s, known since %s", k.Claim.Title, k.When(k.KnownAt)))
	case incident.Learned:
		return bodied(e, func(f *incident.FactBody) string {
			text := fmt.Sprintf("%s is %s (%s)", f.Name, short(string(f.Value)), f.Source)
			if f.Corrects {
				text += "; it takes the place of what was said before, because " + f.Why
			}
			return text
		})
	case incident.Levelled:
		return bodied(e, func(l *incident.LevelBody) string { return fmt.Sprintf("level %s: %s", l.Level, l.Why) })
	case incident.Decided:
		return bodied(e, func(b *incident.Decision) string {
			text := fmt.Sprintf("%s decided on %q: %s, because %s", b.By, b.Question, b.Decision, b.Reason)
			if b.Dissent != "" {
				text += "; dissent: " + b.Dissent
			}
			return text
		})
	case incident.Approved:
		return bodied(e, func(a *incident.Approval) string {
			return fmt.Sprintf("%s approved %s, SHA-256 %s", a.By, a.Text, a.Hash[:min(12, len(a.Hash))])
		})
	case incident.Sent:
		return bodied(e, func(s *incident.Sending) string { return fmt.Sprintf("%s went to %s by %s", s.Text, s.To, s.How) })
	case incident.Evidence:
		return bodied(e, func(x *incident.Exhibit) string {
			return fmt.Sprintf("evidence %s, %s, SHA-256 %s; %s", x.Name, count(x.Bytes, "byte", "bytes"), x.SHA256[:min(12, len(x.SHA256))], x.Custody)
		})
	case incident.Noted:
		return bodied(e, func(n *incident.Note) string { return short(n.Text) })
	case incident.Fired:
		return bodied(e, func(f *incident.Firing) string { return "threshold " + f.ID + ": " + f.Text })
	}
	return string(e.Kind)
}

// bodied words a body; one that cannot be read was refused when it was written.
func bodied[T any](e *incident.Entry, words func(*T) string) string {
	var v T
	if json.Unmarshal(e.Body, &v) != nil {
		return string(e.Kind)
	}
	return oneLine(words(&v))
}

// oneLine keeps words on one line, without what steers a terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}

// short cuts a long text, as a list shows it.
func short(s string) string {
	const most = 160
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}
