package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/claim"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/files"
	"github.com/spf13/cobra"
)

// claimFlags are what is claimed.
type claimFlags struct {
	sample string
	leaks  []string
}

func claimCommand(a *app) *cobra.Command {
	var f claimFlags
	cmd := &cobra.Command{
		Use: "claim", Short: "hold what an attacker shows against the inventory: is it ours, from where, from when", Args: cobra.NoArgs,
		Long: `Claim reads a sample that somebody shows as proof, and holds it against the traces that the surveys kept. The sample may be in any format
that a survey reads, whole or in part, with other column names, other forms of dates and names, in upper case; "-" reads text pasted into
the terminal. It is read in memory, within the limits of a survey; nothing of it is run, unpacked to disk, kept or shown.

It answers whose records they are: the repository, the item, between which surveys they were taken, how many of the sample's people
are in it, and how likely strangers would look the same. That nothing was met proves nothing: what was not covered is said beside it.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.claim(cmd, f) },
	}
	cmd.Flags().StringVar(&f.sample, "sample", "", "file or folder that the attacker shows; - is text from the terminal or a pipe")
	cmd.Flags().StringSliceVar(&f.leaks, "known-leak", nil, "files of leaks that were public before")
	return cmd
}

// claimed is the answer of claim.
type claimed struct {
	claim.Result
	Coverage coverage         `json:"coverage"`
	ByState  map[string]int64 `json:"people_by_state"`       // of the repositories that the sample comes from
	ByClass  map[string]int64 `json:"people_by_sensitivity"` //
	People   estate.Count     `json:"people"`                //
}

// coverage is what the sample could be held against, and what not.
type coverage struct {
	Repositories int      `json:"repositories"`          // that keep traces
	Untraced     int64    `json:"items_without_traces"`  // items with people that keep none
	Gaps         int64    `json:"gaps"`                  // things that were not read, and may be what the sample is of
	Stale        int      `json:"repositories_stale"`    // whose evidence is old
	Truncated    bool     `json:"sample_truncated"`      // only the first records of the sample were looked at
	SampleGaps   []string `json:"sample_gaps,omitempty"` // what of the sample could not be read
}

func (a *app) claim(cmd *cobra.Command, f claimFlags) error {
	if f.sample == "" {
		return usage("claim what? --sample FILE is what the attacker shows")
	}
	ctx := cmd.Context()
	o, err := a.open(ctx, cmd)
	if err != nil {
		return err
	}
	defer o.Close()
	key, err := fingerprint.LoadKey(o.settings.Key)
	if err != nil {
		return hint(err, "--key FILE names the key that the catalog's traces were made with")
	}
	t := &trial{app: a, cmd: cmd, o: o, options: scan.Options{Engine: detect.New(nil), Key: key, Limits: limits(o.settings), Workers: 1}}
	out, err := t.run(ctx, f)
	if err != nil {
		return err
	}
	return a.print(cmd, out.answer(o.now))
}

// trial is a claim under test.
type trial struct {
	app     *app
	cmd     *cobra.Command
	o       *opened
	options scan.Options
}

func (t *trial) run(ctx context.Context, f claimFlags) (*claimed, error) {
	out := &claimed{ByState: map[string]int64{}, ByClass: map[string]int64{}}
	sample, err := t.read(ctx, f.sample, out)
	if err != nil {
		return nil, err
	}
	var leak *claim.Sample
	for _, path := range f.leaks {
		if leak, err = t.read(ctx, path, &claimed{}); err != nil {
			return nil, err
		}
	}
	test := claim.NewTest(sample)
	err = t.o.EachTraces(ctx, t.o.who, catalog.Filter{}, func(tr catalog.Traces) error {
		test.Segment(claim.Version{Repository: tr.Repository, Custodian: tr.Custodian, Item: tr.Item, Number: tr.Version, From: tr.From, To: tr.To}, tr.Set)
		return nil
	})
	if err != nil {
		return nil, err
	}
	out.Result = test.Result(leak)
	return out, t.cover(ctx, out)
}

// read reads a sample.
func (t *trial) read(ctx context.Context, path string, out *claimed) (*claim.Sample, error) {
	src, err := t.source(path)
	if err != nil {
		return nil, err
	}
	sample := &claim.Sample{}
	gaps, err := scan.Sample(ctx, src, t.options, func(s scan.Sampled) error {
		if errors.Is(sample.Add(s.Name, s.Traces), claim.ErrFull) {
			out.Coverage.Truncated = true
			return scan.ErrEnough
		}
		return nil
	})
	for _, g := range gaps {
		out.Coverage.SampleGaps = append(out.Coverage.SampleGaps, fmt.Sprintf("%s: %s, %s", g.Path, g.Reason, g.Detail))
	}
	return sample, err
}

// mostPasted is how much text from a terminal or a pipe is read: 64 MiB.
const mostPasted = 64 << 20

func (t *trial) source(path string) (source.Source, error) {
	if path != "-" {
		src, err := files.Open(path, "")
		if err != nil {
			return nil, told(err)
		}
		return src, nil
	}
	text, err := io.ReadAll(io.LimitReader(os.Stdin, mostPasted+1))
	if err != nil {
		return nil, fmt.Errorf("read the sample from standard input: %w", err)
	}
	if len(text) > mostPasted {
		return nil, usage("more than %s were pasted; put the sample in a file, on a machine that is kept for such things", size(mostPasted))
	}
	return source.Pasted("pasted text", text), nil
}

// cover says what the sample was held against, and who is in the repositories that it comes from.
func (t *trial) cover(ctx context.Context, out *claimed) error {
	total, err := t.o.Tally(ctx, t.o.who, catalog.Filter{})
	if err != nil {
		return err
	}
	out.Coverage.Repositories, out.Coverage.Gaps, out.Coverage.Stale = out.Repositories, total.Gaps, total.Stale
	if err := t.o.EachUntraced(ctx, t.o.who, catalog.Filter{}, func(catalog.Untraced) error {
		out.Coverage.Untraced++
		return nil
	}); err != nil {
		return err
	}
	var among []string
	for _, m := range out.Matches {
		if m.Source {
			among = append(among, m.Repository)
		}
	}
	if len(among) == 0 {
		return nil
	}
	of, err := t.o.Tally(ctx, t.o.who, catalog.Filter{Among: among})
	if err != nil {
		return err
	}
	out.People = of.People
	for s, n := range of.States {
		out.ByState[s] = n.Estimate
	}
	for c, n := range of.Classes {
		out.ByClass[c] = n.Estimate
	}
	return nil
}

// answer puts the test's result in words.
func (c *claimed) answer(now time.Time) *answer {
	ans := &answer{structs: c, first: verdictWords[c.Verdict] + ": " + c.Why + ".",
		columns: []column{{name: "MATCHED", right: true}, {name: "CHANCE"}, {name: "REPOSITORY"}, {name: "ITEM"}, {name: "TAKEN"}, {name: "CUSTODIAN"}}}
	for i := range c.Matches {
		m := &c.Matches[i]
		if i == maxShownMatches {
			break
		}
		ans.rows = append(ans.rows, []string{fmt.Sprintf("%d of %d", m.Matched, m.Sample), chance(m.Bound), m.Repository, m.Item, taken(m), m.Custodian})
	}
	var b strings.Builder
	if c.People.Estimate > 0 {
		fmt.Fprintf(&b, "In what it comes from are %s people in %s; of them %s.\n", count(c.People), plural(int64(len(c.ByState)), "State", "States"), classWords(c.ByClass))
	}
	fmt.Fprintf(&b, "Held against the traces of %s.", plural(int64(c.Coverage.Repositories), "repository", "repositories"))
	if c.Coverage.Untraced > 0 {
		fmt.Fprintf(&b, " %s keep none: scan again.", plural(c.Coverage.Untraced, "item with people", "items with people"))
	}
	if c.Coverage.Gaps > 0 {
		fmt.Fprintf(&b, " %s not read, and may be what was taken: chartroom gaps.", plural(c.Coverage.Gaps, "thing was", "things were"))
	}
	if c.Coverage.Truncated {
		fmt.Fprintf(&b, " Only the first %s records of the sample were looked at.", thousands(int64(c.Sample)))
	}
	if n := len(c.Coverage.SampleGaps); n > 0 {
		fmt.Fprintf(&b, " Of the sample, %s could not be read.", plural(int64(n), "part", "parts"))
	}
	ans.last = b.String()
	return ans
}

// maxShownMatches is how many repositories a table shows.
const maxShownMatches = 20

var verdictWords = map[string]string{claim.Ours: "Ours", claim.Mixed: "Mixed", claim.NotFound: "Not found", claim.Undecided: "Undecided"}

func chance(p float64) string {
	switch {
	case p < 1e-9:
		return "< 1e-9"
	case p < 0.001:
		return fmt.Sprintf("%.0e", p)
	}
	return fmt.Sprintf("%.3f", p)
}

// taken says between which times the sample was taken.
func taken(m *claim.Match) string {
	from := "at any time"
	if m.From != nil {
		from = "from " + m.From.Local().Format("2006-01-02 15:04")
	}
	if m.To == nil {
		return from
	}
	return from + " until " + m.To.Local().Format("2006-01-02 15:04")
}

// classWords lists how many people there are of each class.
func classWords(by map[string]int64) string {
	var parts []string
	for _, c := range slices.Sorted(maps.Keys(by)) {
		if by[c] > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", thousands(by[c]), c))
		}
	}
	if len(parts) == 0 {
		return "none in a sensitive class"
	}
	return strings.Join(parts, ", ")
}
