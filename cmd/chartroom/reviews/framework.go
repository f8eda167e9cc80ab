package reviews

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/review"
	"github.com/chartroom/chartroom/review/control"
	"github.com/chartroom/chartroom/review/framework"
	"github.com/chartroom/chartroom/review/oscal"
	"github.com/spf13/cobra"
)

// framework holds a framework against the estate.
func (p *Program) framework(cmd *cobra.Command, r *review.Review, f asked) error {
	fw, err := p.named(f.framework)
	if err != nil {
		return err
	}
	answer, err := control.Assess(r, fw, f.custodian)
	if err != nil {
		return err
	}
	if *p.Form == "oscal" {
		return p.document(oscal.Results(cmd.OutOrStdout(), answer))
	}
	return p.Print(cmd, controls(answer))
}

// document tells what went wrong as a document was written.
func (p *Program) document(err error) error {
	if err != nil {
		return fmt.Errorf("write the OSCAL document: %w", err)
	}
	return nil
}

// named finds a framework that comes with the program, or reads one from a file.
func (p *Program) named(name string) (*review.Framework, error) {
	if name == "" {
		name = "csf"
	}
	if fw, ok := framework.Named(name); ok {
		return fw, nil
	}
	in, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, p.Usage("--framework is %s, or a file; there is no file %s", strings.Join(framework.Names(), ", "), name)
	}
	if err != nil {
		return nil, fmt.Errorf("read the framework: %w", err)
	}
	defer in.Close()
	fw, err := framework.Read(strings.TrimSuffix(filepath.Base(name), filepath.Ext(name)), in)
	if err != nil {
		return nil, p.Hint(err, "docs/review.md says how a framework is written")
	}
	return fw, nil
}

// controls puts a framework's rows in words.
func controls(a *review.ControlsAnswer) *show.Answer {
	ans := &show.Answer{Structs: a, Columns: []show.Column{{Name: "ID"}, {Name: "STATUS"}, {Name: "SHOWS"}, {Name: "AGE"}, {Name: "TITLE", Most: 60}, {Name: "WHAT IS KNOWN", Most: 100}, {Name: "EVIDENCE", Most: 24}}}
	for i := range a.Rows {
		row := &a.Rows[i]
		age := ""
		if row.Age != nil {
			age = show.Age(*row.Age, a.AsOf)
		}
		says := row.Says
		for _, t := range row.Attested {
			if row.Status == review.Evidenced || t.Outdated {
				says += "; " + attested(t)
			}
		}
		var ids []string
		for _, r := range row.Results {
			for _, e := range r.Evidence {
				ids = append(ids, e.ID)
			}
		}
		ans.Rows = append(ans.Rows, []string{row.ID, string(row.Status), shows(row), age, row.Title, says, strings.Join(ids, " ")})
	}
	ans.First = fmt.Sprintf("%s: of %s, %d are evidenced (%d satisfied, %d partly, %d not), %d attested, %d missing.", a.Title, show.Plural(int64(len(a.Rows)), "row", "rows"), a.Counts[review.Evidenced],
		a.Outcomes[string(review.Satisfied)], a.Outcomes[string(review.Partly)], a.Outcomes[string(review.NotSatisfied)], a.Counts[review.Attested], a.Counts[review.Missing])
	if a.Counted.Of > 0 {
		ans.Last = fmt.Sprintf("Of the %d rows about assets, access, data, logging, suppliers and response, %d are evidenced (%s).\n", a.Counted.Of, a.Counted.Done, percent(a.Counted))
	}
	for _, d := range a.Doubts {
		ans.Last += "Could change this: " + d + ".\n"
	}
	if a.Draft != "" {
		ans.Last += "Draft: " + a.Draft + ".\n"
	}
	ans.Last += "A row that is missing is no failure: nothing is known of it. What stands behind an ID: chartroom review --evidence ID."
	return ans
}

// shows writes what the evidence of a row shows.
func shows(row *review.ControlRow) string {
	if row.Status != review.Evidenced {
		return ""
	}
	if row.Stale {
		return string(row.Outcome) + ", stale"
	}
	return string(row.Outcome)
}

// attested puts what somebody said beside what was measured.
func attested(t review.Attestation) string {
	says := "attested: " + t.Says + ", by " + t.By
	if t.AgeDays >= 0 {
		says += fmt.Sprintf(", %d days ago", t.AgeDays)
	}
	if t.Outdated {
		says += ", until " + t.Until + " and not since"
	}
	return says
}

// checkList lists the checks that a framework can name.
func checkList() *show.Answer {
	type line struct {
		Name  string `json:"check"`
		Shows string `json:"shows"`
	}
	all := []line{}
	ans := &show.Answer{First: "A framework names these checks in its column checks.", Columns: []show.Column{{Name: "CHECK"}, {Name: "SHOWS"}}}
	for _, c := range control.Checks() {
		all = append(all, line{c.Name, c.Shows})
		ans.Rows = append(ans.Rows, []string{c.Name, c.Shows})
	}
	ans.Structs = all
	return ans
}
