// Package inventory asks a program for the whole inventory of a catalog, and finds where two inventories differ that should not.
package inventory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"time"
)

// mayDiffer are the keys in which two scans of the same estate differ by right: how the evidence came, and how long it took.
var mayDiffer = []string{"coverage", "age", "elapsed", "duration", "scan", "run", "unchanged", "catalog", "stale"}

// strip takes away what may differ: those keys, and everything that is a time.
func strip(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			if slices.Contains(mayDiffer, k) {
				delete(v, k)
				continue
			}
			v[k] = strip(inner)
		}
	case []any:
		for i := range v {
			v[i] = strip(v[i])
		}
	case string:
		if _, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return "(time)"
		}
	}
	return v
}

// questions are the answers that make up the inventory.
var questions = [][]string{{"where"}, {"where", "--items"}, {"fields"}, {"gaps"}}

// Of asks a program all questions, with the flags that say of which catalog, and strips the answers of what may differ between two scans of
// the same: times, and whether an item was read now or found unchanged.
func Of(program string, flags ...string) ([]any, error) {
	var all []any
	for _, q := range questions {
		args := append(append(append([]string{}, q...), "-o", "json"), flags...)
		out, err := exec.Command(program, args...).Output()
		if err != nil {
			return nil, fmt.Errorf("%v: %w", q, err)
		}
		decoder := json.NewDecoder(bytes.NewReader(out))
		decoder.UseNumber()
		var answer any
		if err := decoder.Decode(&answer); err != nil {
			return nil, fmt.Errorf("%v: %w", q, err)
		}
		all = append(all, strip(answer))
	}
	return all, nil
}

// Difference gives the question, place and nature of the first difference of two inventories, empty when there is none.
func Difference(a, b []any) string {
	for i, q := range questions {
		if at := difference(a[i], b[i], ""); at != "" {
			return fmt.Sprintf("%v at %s", q, at)
		}
	}
	return ""
}

// difference gives the place and nature of the first difference of two answers, empty when there is none. It does not
// show the values, only where they stand, except for numbers.
func difference(a, b any, at string) string {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok {
			return at + ": object on one side only"
		}
		for _, k := range slices.Sorted(maps.Keys(a)) {
			if _, ok := b[k]; !ok {
				return at + "." + k + ": missing after the kills"
			}
			if d := difference(a[k], b[k], at+"."+k); d != "" {
				return d
			}
		}
		for _, k := range slices.Sorted(maps.Keys(b)) {
			if _, ok := a[k]; !ok {
				return at + "." + k + ": only after the kills"
			}
		}
		return ""
	case []any:
		b, ok := b.([]any)
		if !ok {
			return at + ": list on one side only"
		}
		for i := range min(len(a), len(b)) {
			if d := difference(a[i], b[i], fmt.Sprintf("%s[%d]", at, i)); d != "" {
				return d
			}
		}
		if len(a) != len(b) {
			return fmt.Sprintf("%s: %d entries undisturbed, %d after the kills", at, len(a), len(b))
		}
		return ""
	}
	if a != b {
		return fmt.Sprintf("%s: %v undisturbed, %v after the kills", at, a, b)
	}
	return ""
}
