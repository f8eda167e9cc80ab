package desk

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/scan/typed"
)

// nobody refuses the body of a line that seems to name patients: what is in the log stays, and goes into every pack. All words of the body
// are looked at, whoever typed them. A name with a day of these years is mostly somebody who called, but not in a claim.
func (k *Case) nobody(ctx context.Context, kind incident.Kind, body json.RawMessage) error {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	var words strings.Builder
	leaves(v, &words)
	now := k.Now()
	if kind == incident.Opened {
		now = time.Time{}
	}
	return unnamed(ctx, words.String(), now)
}

// unnamed refuses words that seem to name patients.
func unnamed(ctx context.Context, words string, now time.Time) error {
	found, err := typed.Identifying(ctx, words, now)
	if err != nil {
		return err
	}
	if found.Records > 0 {
		return saying(ErrPatients, "the words seem to name patients (%s), and a log is never changed", count(int64(found.Records), "record", "records"))
	}
	if len(found.Kinds) > 0 {
		var names []string
		for _, k := range found.Kinds {
			names = append(names, k.String())
		}
		return saying(ErrPatients, "the words seem to name patients (%s), and a log is never changed", strings.Join(names, ", "))
	}
	return nil
}

// leaves writes all texts of a value, one a line.
func leaves(v any, to *strings.Builder) {
	switch v := v.(type) {
	case string:
		to.WriteString(v + "\n")
	case []any:
		for _, e := range v {
			leaves(e, to)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			leaves(v[name], to)
		}
	}
}
