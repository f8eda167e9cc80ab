// Package protocol is what an organisation agreed beforehand to do in an extortion, as data: phases, roles, steps, and thresholds that say
// what is to be done now. It tells; people act.
package protocol

import (
	_ "embed"
	"fmt"
	"slices"
	"time"

	"github.com/goccy/go-yaml"
)

// Protocol is one version of it.
type Protocol struct {
	Version      string        `yaml:"version" json:"version"`
	Title        string        `yaml:"title" json:"title"`
	Dated        string        `yaml:"dated" json:"dated"`         // YYYY-MM-DD
	ReviewBy     string        `yaml:"review_by" json:"review_by"` // the last day on which nobody needs to look at it again
	Approved     Approval      `yaml:"approved" json:"approved"`
	Organisation Organisation  `yaml:"organisation" json:"organisation"`
	Roles        []Role        `yaml:"roles" json:"roles"`
	Preapproved  []Preapproved `yaml:"preapproved" json:"preapproved"`
	Phases       []Phase       `yaml:"phases" json:"phases"`
	Thresholds   []Threshold   `yaml:"thresholds" json:"thresholds"`
}

// Approval is who approved the protocol, and until when that holds.
type Approval struct {
	By    string `yaml:"by" json:"by"`
	On    string `yaml:"on" json:"on"`
	Until string `yaml:"until" json:"until"`
}

// Organisation is what texts need that no inventory knows.
type Organisation struct {
	Phone   string `yaml:"phone" json:"phone"` // toll-free (45 CFR 164.404(c)(1)(E))
	Email   string `yaml:"email" json:"email"`
	Web     string `yaml:"web" json:"web"`
	Address string `yaml:"address" json:"address"`
	Press   string `yaml:"press" json:"press"`
	Speaker string `yaml:"speaker" json:"speaker"`
}

// Role is who does something.
type Role struct {
	ID   string `yaml:"id" json:"id"`
	Name string `yaml:"name" json:"name"`
	Duty string `yaml:"duty" json:"duty"`
}

// Preapproved is a text that may go out without asking again.
type Preapproved struct {
	Text  string   `yaml:"text" json:"text"` // its template: H1
	Level []string `yaml:"level" json:"level"`
	By    string   `yaml:"by" json:"by"`
	Until string   `yaml:"until" json:"until"` // YYYY-MM-DD
}

// Phase is a stretch of the work.
type Phase struct {
	ID     string        `yaml:"id" json:"id"`
	Name   string        `yaml:"name" json:"name"`
	Within time.Duration `yaml:"within" json:"within"` // of when the claim was known; 0 = no limit of its own
	Steps  []Step        `yaml:"steps" json:"steps"`
	Never  []string      `yaml:"never" json:"never"`
}

// Step is one thing that somebody does in a phase.
type Step struct {
	ID     string        `yaml:"id" json:"id"`
	What   string        `yaml:"what" json:"what"`
	Role   string        `yaml:"role" json:"role"`
	Within time.Duration `yaml:"within" json:"within"`
	Text   string        `yaml:"text" json:"text,omitempty"` // the template that does it
	Tags   []string      `yaml:"tags" json:"tags"`           // subcategories of NIST's CSF 2.0
}

// Threshold says what is to be done once something holds.
type Threshold struct {
	ID   string    `yaml:"id" json:"id"`
	Text string    `yaml:"text" json:"text"`
	When Condition `yaml:"when" json:"when"`
	Do   []Action  `yaml:"do" json:"do"`
}

// Action is what a threshold asks for.
type Action struct {
	What   string        `yaml:"what" json:"what"`
	Role   string        `yaml:"role" json:"role"`
	Within time.Duration `yaml:"within" json:"within"`
	From   string        `yaml:"from" json:"from,omitempty"` // "" = when the claim was known, "fired" = when the threshold was crossed
	Text   string        `yaml:"text" json:"text,omitempty"` // it is done when this text was approved
	Done   string        `yaml:"done" json:"done,omitempty"` // it is done by "case" (the case is open) or "decision" (one was recorded since)
}

//go:embed protocol.yaml
var shipped []byte

// Shipped gives the text of the protocol that comes with the program.
func Shipped() []byte { return slices.Clone(shipped) }

// Default reads the protocol that comes with the program.
func Default() (*Protocol, error) {
	var p Protocol
	if err := yaml.UnmarshalWithOptions(shipped, &p, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read the protocol: %w", err)
	}
	return &p, nil
}

// Old tells whether the day has gone until which the protocol, or its approval, holds, and which of them.
func (p *Protocol) Old(now time.Time) (why string) {
	today := now.Format(time.DateOnly)
	switch {
	case p.Approved.By == "":
		return "nobody has approved this protocol"
	case p.Approved.Until != "" && p.Approved.Until < today:
		return "the approval of this protocol by " + p.Approved.By + " held until " + p.Approved.Until
	case p.ReviewBy < today:
		return "this protocol was to be looked at again by " + p.ReviewBy
	}
	return ""
}

// MayGo tells who approved beforehand that a text goes out at a level; "" where nobody did.
func (p *Protocol) MayGo(text, level string, now time.Time) (by string) {
	for _, a := range p.Preapproved {
		if a.Text == text && a.By != "" && slices.Contains(a.Level, level) && (a.Until == "" || a.Until >= now.Format(time.DateOnly)) {
			return a.By
		}
	}
	return ""
}

// RoleName gives the name of a role.
func (p *Protocol) RoleName(id string) string {
	for _, r := range p.Roles {
		if r.ID == id {
			return r.Name
		}
	}
	return id
}

// Check finds what does not fit together. A mistake is told by the path of its setting: thresholds[2].when.any[0].is.
func (p *Protocol) Check(wrong func(path, format string, args ...any)) {
	for path, day := range map[string]string{"dated": p.Dated, "review_by": p.ReviewBy} {
		checkDay(path, day, true, wrong)
	}
	checkDay("approved.until", p.Approved.Until, false, wrong)
	for i, a := range p.Preapproved {
		checkDay(fmt.Sprintf("preapproved[%d].until", i), a.Until, false, wrong)
	}
	seen := map[string]bool{}
	named := func(path, id string) {
		if id == "" || seen[id] {
			wrong(path, "each one needs an id of its own")
		}
		seen[id] = true
	}
	role := func(path, id string) {
		if !slices.ContainsFunc(p.Roles, func(r Role) bool { return r.ID == id }) {
			wrong(path, "there is no role %q", id)
		}
	}
	for i, f := range p.Phases {
		at := fmt.Sprintf("phases[%d]", i)
		named(at+".id", f.ID)
		for j, s := range f.Steps {
			at := fmt.Sprintf("%s.steps[%d]", at, j)
			named(at+".id", s.ID)
			role(at+".role", s.Role)
		}
	}
	for i, t := range p.Thresholds {
		at := fmt.Sprintf("thresholds[%d]", i)
		named(at+".id", t.ID)
		t.When.check(at+".when", 0, wrong)
		for j, a := range t.Do {
			at := fmt.Sprintf("%s.do[%d]", at, j)
			role(at+".role", a.Role)
			if a.Within <= 0 {
				wrong(at+".within", "until when? write 4h")
			}
			if a.From != "" && a.From != "fired" {
				wrong(at+".from", `a time counts from when the claim was known (leave it out) or from when the threshold "fired"`)
			}
			if a.Done != "" && a.Done != "case" && a.Done != "decision" {
				wrong(at+".done", `it is done by "case" or by "decision"; by a text that was approved, write text: H1`)
			}
		}
	}
}

func checkDay(path, day string, must bool, wrong func(path, format string, args ...any)) {
	if day == "" && !must {
		return
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		wrong(path, "a day belongs here: 2027-05-22")
	}
}
