// Package typed looks for patients in words that somebody types where they stay.
package typed

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/source"
)

// Identified is what of patients seems to stand in words that somebody typed: never what it says.
type Identified struct {
	Kinds   []phi.Kind // of identifiers, each once: numbers that only a patient has, and a day of birth beside a name
	Records int        // lines with a name and a day
}

// sureEnough is the likelihood from which on an identifier in typed words counts.
const sureEnough = 0.5

// Years, back from now, in which a day beside a name is that of some act, and in which it may be one where the name is not known as a name.
const (
	actYears  = 1
	workYears = 20
)

// Identifying looks for patients in words that somebody is about to write where they stay. Names, telephone numbers and e-mail addresses alone
// are anybody's who works on the matter, and are not told; nor is a name beside a day of the years about now, on which somebody did something, or
// two words that may be a name beside the day of a migration. With a now of zero every line counts that could be a person's.
func Identifying(ctx context.Context, words string, now time.Time) (out Identified, err error) {
	engine := detect.New(nil)
	if out.Records, err = bornIn(ctx, engine, without(words, now, actYears)); err != nil || strings.TrimSpace(words) == "" {
		return out, err
	}
	text, named := []byte(words), false
	engine.Inspector().Spans(text, 0, len(text), func(s detect.Span) {
		switch s.Kind {
		case phi.SSN, phi.MRN, phi.HealthPlanID:
		case phi.Name:
			named = true
			return
		case phi.DateOfBirth:
			if out.Records == 0 {
				return
			}
		default:
			return
		}
		if s.Likelihood >= sureEnough && !slices.Contains(out.Kinds, s.Kind) {
			out.Kinds = append(out.Kinds, s.Kind)
		}
	})
	if recordNumber(strings.ToLower(words)) && !slices.Contains(out.Kinds, phi.MRN) {
		out.Kinds = append(out.Kinds, phi.MRN)
	}
	if out.Records == 1 && !named && !now.IsZero() { // several such lines are a list
		out.Records, err = bornIn(ctx, engine, without(words, now, workYears))
	}
	return out, err
}

// without takes the years about now out of words, so that their days are none.
func without(words string, now time.Time, years int) string {
	if now.IsZero() {
		return words
	}
	for year := now.Year() - years; year <= now.Year()+1; year++ {
		words = strings.ReplaceAll(words, strconv.Itoa(year), "year")
	}
	return words
}

// bornIn counts the lines that have what could be a name and a day.
func bornIn(ctx context.Context, engine *detect.Engine, words string) (n int, err error) {
	_, err = scan.Sample(ctx, source.Pasted("words", []byte(words)), scan.Options{Engine: engine, Key: fingerprint.NewKey(), Workers: 1}, func(s scan.Sampled) error {
		if slices.ContainsFunc(s.Traces, func(t fingerprint.Traced) bool { return t.Kind == fingerprint.TraceNameBirth }) {
			n++
		}
		return nil
	})
	return n, err
}

// recordNumber tells whether a number stands behind a word for the number of a record: a person's words have few signs of what a number is, and
// one that is wrongly suspected costs a second look.
func recordNumber(low string) bool {
	const leastDigits = 4
	for _, label := range []string{"mrn", "medical record", "record number", "chart number", "patient id", "patient number"} {
		for rest := low; ; {
			_, after, found := strings.Cut(rest, label)
			if !found {
				break
			}
			rest = after
			after = strings.TrimLeft(after, " :#.=")
			for _, filler := range []string{"number", "no", "is", "id"} {
				after = strings.TrimLeft(strings.TrimPrefix(after, filler), " :#.=")
			}
			digits := 0
			for _, r := range after {
				if r >= '0' && r <= '9' {
					digits++
				} else if r != '-' && (r < 'a' || r > 'z') {
					break
				}
			}
			if digits >= leastDigits {
				return true
			}
		}
	}
	return false
}
