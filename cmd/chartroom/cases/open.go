package cases

import (
	"fmt"
	"io"
	"os"
	"time"
	"unicode/utf8"

	"github.com/chartroom/chartroom/claim"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/desk"
	"github.com/spf13/cobra"
)

// claimed are the flags of open.
type claimed struct {
	incident.Claim
	text, size, deadline, known string
}

func (p *Program) openCommand() *cobra.Command {
	var f claimed
	cmd := &cobra.Command{
		Use: "open", Short: "begin the log of a case with what is claimed; both clocks run from here", Args: cobra.NoArgs,
		Long: `Open begins the log of a case with the claim, word for word. What is known of the data comes from the inventory: repositories, people by
State, identifiers, sensitivity. The conservative clock runs from when anybody of the workforce, or an agent, knew of it (--known; 45 CFR
164.404(a)(2)); the determined one from a decision that it is a breach.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.open(cmd, &f) },
	}
	c := cmd.Flags()
	c.StringVar(&f.Title, "title", "", "what the case is called")
	c.StringVar(&f.text, "text", "", "file with the claim as it was made; - reads it from the terminal or a pipe")
	c.StringVar(&f.Actor, "actor", "", "who claims it, as they call themselves")
	c.StringVar(&f.size, "size", "", "how much they claim: 8.8TB")
	c.Int64Var(&f.People, "people", 0, "of how many people they claim it is")
	c.StringSliceVar(&f.Kinds, "kinds", nil, "what they claim it is of: records, scans, ...")
	c.StringVar(&f.Demand, "demand", "", "what they want")
	c.StringVar(&f.deadline, "deadline", "", "until when: 2026-03-01T10:00:00Z")
	c.BoolVar(&f.Public, "public", false, "anybody can read the claim")
	c.StringVar(&f.known, "known", "", "when anybody of the workforce or an agent first knew, if that was before now")
	c.StringVar(&f.Custodian, "custodian", "", "whose data is claimed; all where it is not said")
	c.StringSliceVar(&f.Scope, "repository", nil, "only these repositories are claimed")
	c.StringVar(&f.Entity, "entity", "covered_entity", "what the organisation is: covered_entity, business_associate, phr_vendor")
	c.Bool("looked", false, "a person has looked: the words name no patient, whatever it seems")
	c.StringVar(&f.Zone, "zone", "America/New_York", "time zone in which days are counted")
	return cmd
}

func (p *Program) open(cmd *cobra.Command, f *claimed) error {
	if err := p.readClaim(cmd, f); err != nil {
		return err
	}
	room, err := p.enter(cmd)
	if err != nil {
		return err
	}
	defer room.Close()
	name, _ := cmd.Flags().GetString("case")
	looked, _ := cmd.Flags().GetBool("looked")
	k, w, err := room.Desk.Open(cmd.Context(), name, f.Claim, desk.How{Looked: looked})
	if err != nil {
		return p.told(err)
	}
	p.announce(cmd, k, w)
	return p.Print(cmd, (&docket{k, room}).shown("Case %s is open, at level %s. Known since %s.", k.Name, k.Level, k.When(k.KnownAt)))
}

// mostText bounds the claim's own words: half of a line of the log.
const mostText = 512 << 10

func (p *Program) readClaim(cmd *cobra.Command, f *claimed) (err error) {
	switch {
	case f.Title == "":
		return p.Usage("--title says what the case is called")
	case f.text == "":
		return p.Usage("--text FILE holds the claim as it was made; - reads it from the terminal")
	}
	if f.Text, err = words(cmd, f.text, mostText); err != nil {
		return err
	}
	if f.size != "" {
		if f.Bytes, err = claim.ParseSize(f.size); err != nil {
			return p.Usage("%v", err)
		}
	}
	if f.Deadline, err = p.moment(f.deadline, f.Zone); err != nil {
		return err
	}
	f.Known, err = p.moment(f.known, f.Zone)
	return err
}

// words reads a text from a file, or from standard input for "-".
func words(cmd *cobra.Command, path string, most int64) (string, error) {
	in, name := cmd.InOrStdin(), "standard input"
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer file.Close()
		in, name = file, path
	}
	b, err := io.ReadAll(io.LimitReader(in, most+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read %s: %w", name, err)
	case int64(len(b)) > most:
		return "", fmt.Errorf("%s has more than %s of text; the log takes the words of a claim, and a file as evidence: chartroom case evidence FILE", name, show.Size(most))
	case !utf8.Valid(b):
		return "", fmt.Errorf("%s is no text; chartroom case evidence FILE notes it by its hash", name)
	}
	return string(b), nil
}

// moment reads a point in time in the zone of the case; nil for "".
func (p *Program) moment(s, zone string) (*time.Time, error) {
	if s == "" {
		return nil, nil
	}
	in, err := time.LoadLocation(zone)
	if err != nil {
		return nil, p.Usage("--zone: there is no time zone %q; write America/New_York", zone)
	}
	if ago, err := time.ParseDuration(s); err == nil {
		t := p.Now().Add(-ago).UTC().Truncate(time.Second)
		return &t, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, in); err == nil {
			t = t.UTC()
			return &t, nil
		}
	}
	return nil, p.Usage("%q is no time: write 2026-03-01, 2026-03-01 14:30, 2026-03-01T10:00:00Z, or how long ago: 36h", s)
}
