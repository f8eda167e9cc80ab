package claim

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Size is what an attacker says he has. 0 = he did not say.
type Size struct {
	Bytes  int64 `json:"claimed_bytes,omitempty"`
	People int64 `json:"claimed_people,omitempty"`
}

// Store is what could have been taken: a repository, or all that one foothold reads.
type Store struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"` // repository, or the kind of the principal
	Bytes  int64  `json:"bytes"`
	People int64  `json:"people"` // the upper bound
	Fits   string `json:"fits"`   // whole, inflated or no
	Why    string `json:"why"`
}

// The ways in which a claim fits a store.
const (
	FitsWhole    = "whole"    // it holds as much as is claimed
	FitsInflated = "inflated" // it would, if the claim was inflated as such claims have been
	FitsNot      = "no"
)

// How far claims have gone beyond what was confirmed later, in campaigns of 2024 to 2026 for which both are public: 9 million "records" were
// 3.83 million people (2.3 times), 275 million "users" were some 30 million (9 times). Sizes are told unpacked or packed, with copies and
// indexes; text packs to a tenth at best.
const (
	inflatedPeople = 9.0
	inflatedBytes  = 10.0
	copies         = 1.5
)

// Fit tells how a claim fits each store, the best first. A store that is larger than the claim fits: part of it may have been taken.
func Fit(s Size, stores []Store) []Store {
	out := slices.Clone(stores)
	for i := range out {
		out[i].Fits, out[i].Why = fit(s, &out[i])
	}
	order := map[string]int{FitsWhole: 0, FitsInflated: 1, FitsNot: 2}
	slices.SortStableFunc(out, func(a, b Store) int {
		return cmp.Or(cmp.Compare(order[a.Fits], order[b.Fits]), cmp.Compare(a.People, b.People), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func fit(s Size, st *Store) (fits, why string) {
	bytes, people := ratio(s.Bytes, float64(st.Bytes)*copies), ratio(s.People, float64(st.People))
	switch {
	case bytes <= 1 && people <= 1:
		return FitsWhole, "it holds as much"
	case bytes <= inflatedBytes && people <= inflatedPeople:
		var parts []string
		if bytes > 1 {
			parts = append(parts, fmt.Sprintf("%.1f times its bytes are claimed", bytes*copies))
		}
		if people > 1 {
			parts = append(parts, fmt.Sprintf("%.1f times its people", people))
		}
		return FitsInflated, strings.Join(parts, ", ")
	case bytes > inflatedBytes:
		return FitsNot, fmt.Sprintf("%.0f times its bytes are claimed", bytes*copies)
	}
	return FitsNot, fmt.Sprintf("%.0f times its people are claimed", people)
}

// ratio is how many times a whole is claimed; 0 where nothing is.
func ratio(claimed int64, whole float64) float64 {
	if claimed <= 0 {
		return 0
	}
	return float64(claimed) / max(whole, 1)
}

// ParseSize reads a size as people write it: 8.8TB, 40 GB, 500MiB, 1700000.
func ParseSize(text string) (int64, error) {
	number := strings.TrimRight(strings.TrimSpace(text), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	unit := strings.ToLower(strings.TrimSpace(strings.TrimSpace(text)[len(number):]))
	v, err := strconv.ParseFloat(strings.ReplaceAll(number, ",", ""), 64)
	scale, known := map[string]float64{"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "pb": 1e15, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40, "pib": 1 << 50}[unit]
	if err != nil || !known || v < 0 || v*scale > 1<<62 {
		return 0, fmt.Errorf("%q is no size such as 8.8TB or 40GB", text)
	}
	return int64(v * scale), nil
}
