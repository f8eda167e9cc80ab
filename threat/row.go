package threat

import (
	"fmt"

	"github.com/chartroom/chartroom/threat/horn"
)

// Row is one step of a playbook: a Horn clause over facts of the estate and of what the attacker has by then.
type Row struct {
	ID         string // SH-CRD-5
	Step       string // what the attacker does, in words
	Technique  string // its ATT&CK id; "" for what follows without any act
	Crew       string // a label; nothing hangs on it
	Window     string // when it was seen
	Phase      string // recon, credential, third-party, pivot, exposure, persist, stealth, collect, exfil, extort
	If         []Literal
	Gives      []Literal
	Breaks     []Literal // the controls: facts whose removal, or addition where the row has them negated, stops it
	Evidence   string    // the log that would show it
	Log        string    // the class of that log, asked for as log_kept(Log): sign-in, saas-events, object-access, database-audit, egress, ...; "" = nothing inside the estate shows it
	Mitigation string
	Source     string
	Confidence string // high, medium, low
}

// Literal is a predicate over variables and constants, or its absence.
type Literal = horn.Literal

// Term is a variable (its name begins with a capital) or a constant.
type Term = horn.Term

// Breaks tells whether a control is one for something that a row asks for: its absence is asked for and the control makes it, it is asked
// for and the control takes it away, or the control puts another constant in its place (helpdesk_verifies(H,callback) for
// helpdesk_verifies(H,knowledge)). Only facts of the estate are asked about here.
func Breaks(control, asked Literal) bool {
	if control.Predicate != asked.Predicate || len(control.Terms) != len(asked.Terms) || control.Not {
		return false
	}
	for i, t := range control.Terms {
		if a := asked.Terms[i]; t.Variable != a.Variable || t.Variable && t.Name != a.Name {
			return false
		}
		if asked.Not && t != asked.Terms[i] {
			return false
		}
	}
	return true
}

// Ground puts rows to the facts (package horn says how), and adds the names of constants to these.
func Ground(f *Facts, rows []Row) (*horn.Program, error) {
	all := make([]horn.Row, len(rows))
	for i, r := range rows {
		all[i] = horn.Row{Name: r.ID, If: organised(r.If), Gives: organised(r.Gives)}
	}
	p, err := horn.Ground(f.tables, f.Name, all)
	if err != nil {
		return nil, fmt.Errorf("ground the playbook: %w", err)
	}
	return p, nil
}

// organised puts the organisation for the variable O.
func organised(all []Literal) []Literal {
	out := make([]Literal, len(all))
	for i, l := range all {
		out[i] = Literal{Predicate: l.Predicate, Not: l.Not}
		for _, t := range l.Terms {
			if t.Variable && t.Name == "O" {
				t = Term{Name: Organisation}
			}
			out[i].Terms = append(out[i].Terms, t)
		}
	}
	return out
}
