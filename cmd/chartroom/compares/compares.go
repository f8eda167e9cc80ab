// Package compares is the command compare: two custodians, or one at two times, beside each other.
package compares

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access/keep"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/review"
	"github.com/chartroom/chartroom/review/compare"
	"github.com/chartroom/chartroom/review/gather"
	"github.com/spf13/cobra"
)

// Desk is what the command needs of the program around it.
type Desk struct {
	Open   func(cmd *cobra.Command) (*Room, error)
	Print  func(cmd *cobra.Command, a *show.Answer) error
	Usage  func(format string, args ...any) error
	Hint   func(err error, format string, args ...any) error
	Moment func(s string, now time.Time) (time.Time, error) // reads a point in time
}

// Room is an open catalog, and who asks.
type Room struct {
	*catalog.Catalog
	Question keep.Question

	reviews map[time.Time]*review.Review // by their times: two custodians at one time have one
}

// review gathers what a review knows at a time; zero is now.
func (o *Room) review(ctx context.Context, at time.Time) (*review.Review, error) {
	if r := o.reviews[at]; r != nil {
		return r, nil
	}
	q := o.Question
	q.AsOf = at
	r, err := gather.Review(ctx, o.Catalog, q)
	if err != nil {
		return nil, err
	}
	if o.reviews == nil {
		o.reviews = map[time.Time]*review.Review{}
	}
	o.reviews[at] = r
	return r, nil
}

// Command is the command compare.
func Command(d *Desk) *cobra.Command {
	var asOf string
	cmd := &cobra.Command{
		Use: "compare CUSTODIAN [CUSTODIAN]", Short: "custodian beside custodian, or before beside after, on the same measures", Args: cobra.RangeArgs(1, 2),
		Long: `Compare puts two custodians beside each other, or one at two times, on the same nine measures, and says of each: better, worse, equal or
not known. A measure is a range: what is sure, and what is possible by all that is not known. Only where the ranges lie apart is one better.
What counts people is judged as a share of the custodian's own, so that nobody is worse for being big; the numbers stand beside it.

  chartroom compare Meridian "Lakeside Clinics"             is the first one safer?
  chartroom compare "Lakeside Clinics" --as-of 90d,now      is it safer than it was?

At the end stands whether that decides the question, and if not, what would.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := d.Open(cmd)
			if err != nil {
				return err
			}
			defer o.Close()
			c, err := d.compare(cmd.Context(), o, args, asOf)
			if err != nil {
				return err
			}
			return d.Print(cmd, Answer(c))
		},
	}
	cmd.Flags().StringVar(&asOf, "as-of", "", "a time, or two behind a comma: 2026-03-01,now or 90d,7d; of one custodian, the second is judged against the first")
	return cmd
}

// compare measures both sides. Of two custodians the first is judged; of two times the second.
func (d *Desk) compare(ctx context.Context, o *Room, custodians []string, asOf string) (*compare.Comparison, error) {
	at, err := d.times(asOf, o.Question.Now)
	if err != nil {
		return nil, err
	}
	for i := range custodians {
		if custodians[i], err = d.custodian(ctx, o, custodians[i]); err != nil {
			return nil, err
		}
	}
	if custodians[0] == custodians[len(custodians)-1] {
		if at[0].Equal(at[1]) {
			return nil, d.Usage("compare %s with whom, or with when? chartroom compare A B, or chartroom compare A --as-of 90d,now", custodians[0])
		}
		custodians = []string{custodians[0], custodians[0]}
		slices.Reverse(at)
	}
	sides := make([]compare.Side, 2)
	for i := range sides {
		if sides[i], err = Side(ctx, o, custodians[i], at[i]); err != nil {
			return nil, d.Hint(err, "chartroom where shows whose repositories are known; --as-of must not be before the first survey")
		}
	}
	c := compare.Compare(sides[0], sides[1])
	return &c, nil
}

// times reads one time or two; zero is now.
func (d *Desk) times(text string, now time.Time) ([]time.Time, error) {
	at := make([]time.Time, 2)
	if text == "" {
		return at, nil
	}
	parts := strings.Split(text, ",")
	if len(parts) > 2 {
		return nil, d.Usage("--as-of takes one time or two, not %d", len(parts))
	}
	for i := range at {
		p := strings.TrimSpace(parts[min(i, len(parts)-1)])
		if p == "now" {
			continue
		}
		var err error
		if at[i], err = d.Moment(p, now); err != nil {
			return nil, err
		}
	}
	return at, nil
}

// Side measures a custodian at a time; zero is now.
func Side(ctx context.Context, o *Room, custodian string, at time.Time) (side compare.Side, err error) {
	r, err := o.review(ctx, at)
	if err != nil {
		return side, err
	}
	ledger, err := r.Ledger(custodian)
	if err != nil && !errors.Is(err, review.ErrNobody) {
		return side, err
	}
	q := o.Question
	q.AsOf, q.Custodian = at, custodian
	e, err := keep.Build(ctx, o.Catalog, q)
	if err != nil {
		return side, err
	}
	s, err := compare.Gather(ctx, compare.Source{Catalog: o.Catalog, Who: q.Who, Custodian: custodian, At: at, Now: q.Now, Access: e, Ledger: ledger, Clock: time.Now})
	if err != nil {
		return side, err
	}
	return compare.Measures(s)
}

// custodian finds the custodian that a word means, whatever its case.
func (d *Desk) custodian(ctx context.Context, o *Room, word string) (string, error) {
	rows, err := o.Where(ctx, o.Question.Who, catalog.Filter{})
	if err != nil {
		return "", err
	}
	var known, near []string
	for i := range rows {
		switch name := rows[i].Custodian; {
		case name == word:
			return word, nil
		case name == "" || slices.Contains(known, name):
		default:
			known = append(known, name)
			if strings.HasPrefix(strings.ToLower(name), strings.ToLower(word)) {
				near = append(near, name)
			}
		}
	}
	if len(near) == 1 {
		return near[0], nil
	}
	return "", d.Usage("no custodian is called %q; known are %s", word, strings.Join(known, ", "))
}

// Answer renders a comparison.
func Answer(c *compare.Comparison) *show.Answer {
	a := &show.Answer{First: c.Decision, Structs: c, Columns: []show.Column{{Name: "MEASURE"}, {Name: strings.ToUpper(heading(&c.Judged, c))}, {Name: strings.ToUpper(heading(&c.Against, c))}, {Name: "VERDICT"}}}
	lines := make([]string, 0, len(c.Rows))
	for i := range c.Rows {
		r := &c.Rows[i]
		a.Rows = append(a.Rows, []string{r.Title, r.Judged, r.Against, string(r.Verdict)})
		lines = append(lines, r.Sentence)
	}
	a.Last = strings.Join(lines, "\n") + "\n\nWhat each measure rests on: chartroom compare ... -o json.   What was not read: chartroom gaps."
	return a
}

func heading(s *compare.Side, c *compare.Comparison) string {
	if c.Judged.Custodian == c.Against.Custodian {
		return s.At.Format("2006-01-02 15:04")
	}
	return s.Custodian
}
