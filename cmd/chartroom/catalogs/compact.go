package catalogs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/catalog/retention"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/spf13/cobra"
)

// Span is a number of days or of years: 400d, 7y. The zero Span is for ever.
type Span struct{ Years, Days int }

// UnmarshalText reads a span.
func (s *Span) UnmarshalText(b []byte) error {
	text := string(b)
	days, isDays := strings.CutSuffix(text, "d")
	years, isYears := strings.CutSuffix(text, "y")
	var n int
	var err error
	switch {
	case isDays:
		n, err = strconv.Atoi(days)
		s.Days = n
	case isYears:
		n, err = strconv.Atoi(years)
		s.Years = n
	}
	if !isDays && !isYears || err != nil || n < 1 || n > 36500 {
		return fmt.Errorf("%q is no span such as 400d or 7y", text)
	}
	return nil
}

// String writes the span as it is read.
func (s Span) String() string {
	switch {
	case s.Years > 0:
		return strconv.Itoa(s.Years) + "y"
	case s.Days > 0:
		return strconv.Itoa(s.Days) + "d"
	}
	return "for ever"
}

// before is the time from which on a span reaches to now; zero where it is for ever.
func (s Span) before(now time.Time) time.Time {
	if s == (Span{}) {
		return time.Time{}
	}
	return now.AddDate(-s.Years, 0, -s.Days)
}

// Retention is how long what has passed is kept: the part retention of the settings.
type Retention struct {
	Keep  Span `yaml:"keep"`  // history
	Audit Span `yaml:"audit"` // the audit trail; at least six years
}

// Check tells whether the audit trail is kept for long enough.
func (r Retention) Check() error {
	now := time.Now()
	if b := r.Audit.before(now); !b.IsZero() && b.After(now.AddDate(-retention.AuditYears, 0, 0)) {
		return retention.ErrTooShort
	}
	return nil
}

// everyDay is how often the room removes what has passed, and pause how long it waits where a survey is at work.
const (
	everyDay = 24 * time.Hour
	pause    = time.Hour
)

// Daily removes what has passed once a day, until the context ends.
func (r Retention) Daily(ctx context.Context, address string, log *slog.Logger) {
	for wait := time.Minute; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		report, err := r.apply(ctx, address)
		wait = everyDay
		switch {
		case errors.Is(err, catalog.ErrBusy):
			wait = pause
		case err != nil && ctx.Err() == nil:
			log.Error("old history could not be removed", "error", err)
		case err == nil && report.Total() > 0:
			log.Info("old history was removed", "before", report.Before, "rows", report.Total(), "bytes", report.Bytes)
		}
	}
}

func (r Retention) apply(ctx context.Context, address string) (*retention.Report, error) {
	f, err := store.Open(ctx, address)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	now := f.Now()
	return (&retention.Job{File: f, Who: audit.Caller{Name: "the room", Role: audit.Admin}, Before: r.Keep.before(now), AuditBefore: r.Audit.before(now), Sparing: true}).Run(ctx)
}

func (p *Program) compactCommand() *cobra.Command {
	var keep, keepAudit string
	var dry bool
	cmd := &cobra.Command{
		Use: "compact --keep 400d", Short: "remove history that is older, and give its room back", Args: cobra.NoArgs,
		Long: `Compact removes versions of items that were replaced or vanished before the days that are kept, with what was found in them; gaps that closed,
grants and traits that ended, and visits and sums that others replaced. All answers of the kept time stay as they are; of the time before, --as-of
and diff say that its history was removed, and when.

The logs of cases are never removed, nor anything of a repository that one of them names. Lines of the audit trail stay unless --keep-audit
says otherwise, and for six years in any case: 45 CFR 164.316(b)(2)(i).`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var r Retention
			for _, s := range []struct {
				flag, text string
				to         *Span
			}{{"--keep", keep, &r.Keep}, {"--keep-audit", keepAudit, &r.Audit}} {
				if s.text == "" {
					continue
				}
				if err := s.to.UnmarshalText([]byte(s.text)); err != nil {
					return p.Usage("%s: %v", s.flag, err)
				}
			}
			if r.Keep == (Span{}) {
				return p.Usage("how much is kept? --keep 400d keeps the history of 400 days")
			}
			if err := r.Check(); err != nil {
				return p.Usage("--keep-audit: %v", err)
			}
			return p.compact(cmd, r, dry)
		},
	}
	cmd.Flags().StringVar(&keep, "keep", "", "how much of the history is kept: 400d, 3y")
	cmd.Flags().StringVar(&keepAudit, "keep-audit", "", "how much of the audit trail is kept, at least 6y; without it, all")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "count, and remove nothing")
	return cmd
}

func (p *Program) compact(cmd *cobra.Command, r Retention, dry bool) error {
	ctx := cmd.Context()
	at, err := p.Places(cmd)
	if err != nil {
		return err
	}
	f, err := p.existing(ctx, at.Catalog)
	if err != nil {
		return err
	}
	defer f.Close()
	now := f.Now()
	step, done := p.progress()
	report, err := (&retention.Job{File: f, Who: audit.Local(), Before: r.Keep.before(now), AuditBefore: r.Audit.before(now), Dry: dry, Step: step}).Run(ctx)
	done()
	if err != nil {
		return p.told(err)
	}
	return p.Print(cmd, compacted(report))
}

// compacted says what was removed.
func compacted(r *retention.Report) *show.Answer {
	day := r.Before.Local().Format(time.DateOnly)
	ans := &show.Answer{Structs: r, Columns: []show.Column{{Name: "OF"}, {Name: "ROWS", Right: true}}}
	switch {
	case r.Total() == 0:
		ans.First = "Nothing had passed before " + day + "."
	case r.Dry:
		ans.First = fmt.Sprintf("%s would be removed that had passed before %s, and the names that only they have.", show.Plural(r.Total(), "row", "rows"), day)
	default:
		ans.First = fmt.Sprintf("Removed what had passed before %s: %s, and %s given back.", day, show.Plural(r.Total(), "row", "rows"), show.Size(max(0, r.Bytes)))
	}
	if r.Waiting {
		ans.First += " Somebody is reading: what went leaves the file's journal when he has done; run it again to be sure."
	}
	for _, table := range slices.Sorted(maps.Keys(r.Removed)) {
		if n := r.Removed[table]; n > 0 {
			ans.Rows = append(ans.Rows, []string{table, show.Thousands(n)})
		}
	}
	if n := len(r.Held); n > 0 {
		ans.Last = fmt.Sprintf("%s kept whole, as the log of a case names them.", show.Plural(int64(n), "repository is", "repositories are"))
	}
	return ans
}
