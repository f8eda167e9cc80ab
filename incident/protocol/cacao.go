package protocol

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The parts of a CACAO security playbook (OASIS, version 2.0) that a protocol needs.
type (
	playbook struct {
		Type        string                `json:"type"`
		Spec        string                `json:"spec_version"`
		ID          string                `json:"id"`
		Name        string                `json:"name"`
		Description string                `json:"description"`
		Types       []string              `json:"playbook_types"`
		Activities  []string              `json:"playbook_activities"`
		CreatedBy   string                `json:"created_by"`
		Created     string                `json:"created"`
		Modified    string                `json:"modified"`
		ValidUntil  string                `json:"valid_until,omitempty"`
		Labels      []string              `json:"labels"`
		Start       string                `json:"workflow_start"`
		Workflow    map[string]step       `json:"workflow"`
		Agents      map[string]agent      `json:"agent_definitions"`
		Extensions  map[string]definition `json:"extension_definitions"`
	}
	step struct {
		Type        string              `json:"type"`
		Name        string              `json:"name,omitempty"`
		Description string              `json:"description,omitempty"`
		Next        string              `json:"on_completion,omitempty"`
		Steps       []string            `json:"next_steps,omitempty"` // of a parallel step
		Agent       string              `json:"agent,omitempty"`
		Commands    []command           `json:"commands,omitempty"`
		Extensions  map[string]deadline `json:"step_extensions,omitempty"`
	}
	command struct {
		Type     string `json:"type"`
		Command  string `json:"command"`
		Activity string `json:"playbook_activity,omitempty"`
	}
	agent struct {
		Type        string `json:"type"`
		Name        string `json:"name"`
		Description string `json:"description,omitempty"`
	}
	definition struct {
		Type        string `json:"type"`
		Name        string `json:"name"`
		Description string `json:"description"`
		CreatedBy   string `json:"created_by"`
		Schema      string `json:"schema"`
		Version     string `json:"version"`
	}
	// deadline is what CACAO has no word for: until when, from when, by which text, and which outcomes of the framework it serves. A step's
	// own timeout is left out, as an importer fails a human's step at its end.
	deadline struct {
		Within    string     `json:"within,omitempty"` // ISO 8601
		From      string     `json:"from,omitempty"`   // known, or fired
		Text      string     `json:"text,omitempty"`
		Tags      []string   `json:"csf,omitempty"`
		Condition *Condition `json:"when,omitempty"`
	}
)

// namespace is that of all IDs here: they are derived from the protocol's own, so that a second export differs only where the protocol does.
var namespace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://github.com/chartroom/chartroom/incident/protocol"))

// composing is the activity of a step that words a text (vocabulary of section 3.1.2). A playbook whose types are of the vocabulary names an
// activity at least, and each that it names stands at one of its steps (section 3.1).
const composing = "compose-content"

// CACAO writes the protocol as a CACAO 2.0 playbook: the phases' steps one after the other, and beside them a branch for each threshold.
// Every step is a human's (command type manual), and every branch ends in an end step.
func (p *Protocol) CACAO() ([]byte, error) {
	day, err := time.Parse(time.DateOnly, p.Dated)
	if err != nil {
		return nil, fmt.Errorf("the protocol's day: %w", err)
	}
	x := &export{p: p, extension: p.id("extension-definition", "deadline")}
	stamp := day.Format("2006-01-02T15:04:05.000Z")
	x.b = playbook{Type: "playbook", Spec: "cacao-2.0", ID: p.id("playbook", p.Title), Name: p.Title, Types: []string{"investigation", "mitigation", "notification"}, Activities: []string{composing},
		Description: "Version " + p.Version + ". What is done when somebody claims in public to have patients' data. Not legal advice.",
		CreatedBy:   p.id("identity", "author"), Created: stamp, Modified: stamp, Labels: []string{"extortion", "hipaa"},
		Workflow: map[string]step{}, Agents: map[string]agent{}, Extensions: map[string]definition{}}
	if until, err := time.Parse(time.DateOnly, p.ReviewBy); err == nil && until.After(day) {
		x.b.ValidUntil = until.Format("2006-01-02T15:04:05.000Z")
	}
	x.b.Extensions[x.extension] = definition{"extension-definition", "deadlines", "until when a step is to be done, by which text, and what it is for; not enforced by a machine",
		x.b.CreatedBy, "https://github.com/chartroom/chartroom/blob/main/docs/extortion.md", "1.0.0"}
	for _, r := range p.Roles {
		x.b.Agents[x.agent(r.ID)] = agent{"individual", r.Name, r.Duty}
	}
	branches := []string{x.phases()}
	for i := range p.Thresholds {
		branches = append(branches, x.threshold(&p.Thresholds[i]))
	}
	end, all := x.end("all"), p.id("parallel", "all")
	x.b.Workflow[all] = step{Type: "parallel", Name: "the phases, and what a threshold asks for as soon as it is crossed", Steps: branches, Next: end}
	x.b.Start = p.id("start", "all")
	x.b.Workflow[x.b.Start] = step{Type: "start", Next: all}
	return json.MarshalIndent(&x.b, "", "  ")
}

// export is a playbook in the making.
type export struct {
	p         *Protocol
	b         playbook
	extension string
}

// id makes an ID. That of a playbook may be a UUID of version 5, and those of steps are of version 4 (section 10.10), which says of its bits only
// that they are random: those of a hash look so.
func (p *Protocol) id(kind, name string) string {
	u := uuid.NewSHA1(namespace, []byte(kind+"/"+name))
	if kind != "playbook" {
		u[6] = u[6]&0x0f | 0x40
	}
	return kind + "--" + u.String()
}

func (x *export) agent(role string) string { return x.p.id("individual", role) }

func (x *export) end(of string) string {
	id := x.p.id("end", of)
	x.b.Workflow[id] = step{Type: "end"}
	return id
}

// phases chains the steps of all phases, and gives the first one.
func (x *export) phases() string {
	next := x.end("phases")
	for i := len(x.p.Phases) - 1; i >= 0; i-- {
		f := &x.p.Phases[i]
		for j := len(f.Steps) - 1; j >= 0; j-- {
			s := &f.Steps[j]
			d := deadline{Within: iso(s.Within), Text: s.Text, Tags: s.Tags}
			if d.Within != "" {
				d.From = "known"
			}
			about := "Phase " + f.ID + ", " + f.Name + "."
			if len(f.Never) > 0 {
				about += " Never: " + strings.Join(f.Never, "; ") + "."
			}
			next = x.action(s.ID, about, manual{s.What, s.Role, d}, next)
		}
	}
	return next
}

// threshold chains what a threshold asks for. Whether it was crossed a human sees, as the case says so.
func (x *export) threshold(t *Threshold) string {
	next := x.end(t.ID)
	for j := len(t.Do) - 1; j >= 0; j-- {
		a := &t.Do[j]
		d := deadline{Within: iso(a.Within), From: "known", Text: a.Text, Condition: &t.When}
		if a.From != "" {
			d.From = a.From
		}
		next = x.action(fmt.Sprintf("%s.%d", t.ID, j+1), "As soon as this holds: "+t.Text+".", manual{a.What, a.Role, d}, next)
	}
	return next
}

// manual is what a human does.
type manual struct {
	what, role string
	deadline   deadline
}

func (x *export) action(name, about string, m manual, next string) string {
	id := x.p.id("action", name)
	c := command{Type: "manual", Command: m.what}
	if m.deadline.Text != "" {
		c.Activity = composing
	}
	x.b.Workflow[id] = step{Type: "action", Name: name + ": " + m.what, Description: about, Next: next, Agent: x.agent(m.role),
		Commands: []command{c}, Extensions: map[string]deadline{x.extension: m.deadline}}
	return id
}

// iso writes a time as ISO 8601 does.
func iso(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d%time.Hour == 0:
		return fmt.Sprintf("PT%dH", d/time.Hour)
	}
	return fmt.Sprintf("PT%dM", d/time.Minute)
}
