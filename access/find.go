package access

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/access/overlay"
)

// Find gives the principals that a text can mean: one whose ID it is, else those whose name it is, else those whose ID or name ends with
// it behind a separator, whatever the case.
func (e *Estate) Find(text string) []uint32 {
	if n, is := e.byID[text]; is && n < e.first {
		return []uint32{n}
	}
	var named, ending []uint32
	want := strings.ToLower(text)
	for n := range e.first {
		id, name := strings.ToLower(e.nodes[n].ID), strings.ToLower(e.nodes[n].Name)
		switch {
		case name == want:
			named = append(named, n)
		case endsWith(id, want) || endsWith(name, want):
			ending = append(ending, n)
		}
	}
	if len(named) > 0 {
		return named
	}
	return ending
}

func endsWith(s, end string) bool {
	return end != "" && strings.HasSuffix(s, end) && len(s) > len(end) && strings.ContainsRune("#/:@\\ ", rune(s[len(s)-len(end)-1]))
}

// ID gives the ID of a principal.
func (e *Estate) ID(node uint32) string { return e.nodes[node].ID }

// Repositories names those that were surveyed.
func (e *Estate) Repositories() []string { return slices.Sorted(maps.Keys(e.of)) }

// Principals is how many there are.
func (e *Estate) Principals() int { return int(e.first) }

// Place finds the places that a text means: a repository, by its name or the end of it behind a "/", and behind a blank a path of it.
func (e *Estate) Place(text string) (out []Place, err error) {
	names, path := overlay.Find(text, e.Repositories())
	for _, name := range names {
		out = append(out, Place{name, path})
	}
	if len(out) == 0 {
		err = fmt.Errorf("no repository is called %s", text)
	}
	return out, err
}
