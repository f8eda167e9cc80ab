package cases

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/chartroom/chartroom/claim"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/incident"
	"github.com/spf13/cobra"
)

// claimed are the flags of open.
type claimed struct {
	incident.Claim
	text, size, deadline, known string
}

func (d *Desk) openCommand() *cobra.Command {
	var f claimed
	cmd := &cobra.Command{
		Use: "open", Short: "begin the log of a case with what is claimed; both clocks run from here", Args: cobra.NoArgs,
		Long: `Open begins the log of a case with the claim, word for word. What is known of the data comes from the inventory: repositories, people by
State, identifiers, sensitivity. The conservative clock runs from when anybody of the workforce, or an agent, knew of it (--known; 45 CFR
164.404(a)(2)); the determined one from a decision that it is a breach.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return d.open(cmd, &f) },
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
	lookedFlag(cmd)
	c.StringVar(&f.Zone, "zone", "America/New_York", "time zone in which days are counted")
	return cmd
}

func (d *Desk) open(cmd *cobra.Command, f *claimed) error {
	if err := d.readClaim(cmd, f); err != nil {
		return err
	}
	if _, _, err := d.protocol(cmd); err != nil {
		return err // before anything is written
	}
	room, log, err := d.enter(cmd)
	if err != nil {
		return err
	}
	defer room.Close()
	name, _ := cmd.Flags().GetString("case")
	k := &docket{desk: d, room: room, log: log, name: name}
	if k.name == "" {
		k.name = slug(f.Title)
	}
	if k.name == "" {
		return d.Usage("the title %q makes no name of a case; --case NAME gives one", f.Title)
	}
	ctx := cmd.Context()
	snap, text, err := room.snap(ctx, &f.Claim, k.now())
	if err != nil {
		return err
	}
	if snap.Total.Repositories == 0 {
		return d.Hint(fmt.Errorf("the inventory knows no repository of %s", scope(&f.Claim)), "chartroom where names repositories and custodians")
	}
	f.Claim.Estate = snap.holdings(text).Hash
	if err := k.add(ctx, act{kind: incident.Opened, body: f.Claim}); err != nil {
		return err
	}
	if err := k.learn(ctx, snap, text); err != nil {
		return err
	}
	if err := k.fire(ctx, cmd); err != nil {
		return err
	}
	return d.Print(cmd, k.shown("Case %s is open, at level %s. Known since %s.", k.name, k.Level, k.when(k.KnownAt)))
}

// mostText bounds the claim's own words: half of a line of the log.
const mostText = 512 << 10

func (d *Desk) readClaim(cmd *cobra.Command, f *claimed) (err error) {
	switch {
	case f.Title == "":
		return d.Usage("--title says what the case is called")
	case f.text == "":
		return d.Usage("--text FILE holds the claim as it was made; - reads it from the terminal")
	}
	if f.Text, err = words(cmd, f.text, mostText); err != nil {
		return err
	}
	if err := d.nobody(cmd, f.Text, 1); err != nil {
		return err
	}
	if f.size != "" {
		if f.Bytes, err = claim.ParseSize(f.size); err != nil {
			return d.Usage("%v", err)
		}
	}
	if f.Deadline, err = d.moment(f.deadline, f.Zone); err != nil {
		return err
	}
	f.Known, err = d.moment(f.known, f.Zone)
	return err
}

// looked is the flag by which a person says that he has looked.
const looked = "looked"

func lookedFlag(cmd *cobra.Command) {
	cmd.Flags().Bool(looked, false, "a person has looked: the words name no patient, whatever it seems")
}

// nobody refuses words with so many records that seem to name patients: what is in the log stays, and goes into every pack.
func (d *Desk) nobody(cmd *cobra.Command, words string, most int) error {
	if is, err := cmd.Flags().GetBool(looked); d.Persons == nil || err == nil && is {
		return nil
	}
	n, err := d.Persons(cmd.Context(), words)
	if err != nil {
		return err
	}
	if n >= most {
		return d.Hint(fmt.Errorf("the words seem to name patients (%s), and a log is never changed", show.Plural(int64(n), "record", "records")),
			"leave those lines out, and note the whole by its hash: chartroom case evidence FILE; --%s says that a person has looked and there is none", looked)
	}
	return nil
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
func (d *Desk) moment(s, zone string) (*time.Time, error) {
	if s == "" {
		return nil, nil
	}
	in, err := time.LoadLocation(zone)
	if err != nil {
		return nil, d.Usage("--zone: there is no time zone %q; write America/New_York", zone)
	}
	if ago, err := time.ParseDuration(s); err == nil {
		t := d.Now().Add(-ago).UTC().Truncate(time.Second)
		return &t, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, in); err == nil {
			t = t.UTC()
			return &t, nil
		}
	}
	return nil, d.Usage("%q is no time: write 2026-03-01, 2026-03-01 14:30, 2026-03-01T10:00:00Z, or how long ago: 36h", s)
}

// slug makes a name of a title: "Harbor Archive" is harbor-archive.
func slug(title string) string {
	parts := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "-")
}
