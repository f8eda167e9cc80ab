package export

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/threat"
)

// layer is a layer of the ATT&CK Navigator, format 4.5 (github.com/mitre-attack/attack-navigator, layers/spec/v4.5).
type layer struct {
	Name        string          `json:"name"`
	Versions    layerVersions   `json:"versions"`
	Domain      string          `json:"domain"`
	Description string          `json:"description"`
	Sorting     int             `json:"sorting"`
	Techniques  []layerOf       `json:"techniques"`
	Gradient    layerGradient   `json:"gradient"`
	Legend      []layerLegend   `json:"legendItems"`
	Metadata    []layerMetadata `json:"metadata"`
}

type layerVersions struct {
	Attack    string `json:"attack"`
	Navigator string `json:"navigator"`
	Layer     string `json:"layer"`
}

type layerOf struct {
	ID       string          `json:"techniqueID"`
	Score    int64           `json:"score"`
	Comment  string          `json:"comment"`
	Enabled  bool            `json:"enabled"`
	Metadata []layerMetadata `json:"metadata,omitempty"`
}

type layerGradient struct {
	Colors []string `json:"colors"`
	Min    int64    `json:"minValue"`
	Max    int64    `json:"maxValue"`
}

type layerLegend struct {
	Label string `json:"label"`
	Color string `json:"color"`
}

type layerMetadata struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Colours of the gradient: few people, most people.
const (
	fewColour  = "#fee8c8"
	mostColour = "#b30000"
)

// Navigator writes the techniques of all paths as a layer of the ATT&CK Navigator: the score of each is how many people the worst path that
// takes it costs.
func Navigator(w io.Writer, a *threat.Answer) error {
	type use struct {
		score  int64
		paths  int
		sure   bool
		rows   []string
		unseen bool
	}
	uses := map[string]*use{}
	for i := range a.Paths {
		p := &a.Paths[i]
		taken := map[string]bool{}
		for _, s := range slices.Concat(p.Steps, p.Then) {
			if s.Technique == "" {
				continue
			}
			u := uses[s.Technique]
			if u == nil {
				u = &use{}
				uses[s.Technique] = u
			}
			if !taken[s.Technique] {
				taken[s.Technique] = true
				u.paths++
			}
			u.score, u.sure, u.unseen = max(u.score, p.Loss.People.Estimate), u.sure || p.Certain, u.unseen || s.LogKept == "no"
			if !slices.Contains(u.rows, s.Row) {
				u.rows = append(u.rows, s.Row)
			}
		}
	}
	l := layer{Name: "Paths to patients' records", Versions: layerVersions{a.Pinned, "5.2.0", "4.5"}, Domain: "enterprise-attack", Sorting: 3, Techniques: []layerOf{},
		Description: fmt.Sprintf("As of %s: %d people for sure, %d possibly, by %d paths.", a.AsOf, a.Certain.People.Estimate, a.Possible.People.Estimate, len(a.Paths)+a.Omitted),
		Gradient:    layerGradient{Colors: []string{fewColour, mostColour}, Min: 0, Max: max(1, a.Possible.People.Estimate)},
		Legend:      []layerLegend{{"few people", fewColour}, {"most people", mostColour}}, Metadata: []layerMetadata{{"made by", "Chartroom"}}}
	for _, id := range slices.SortedFunc(maps.Keys(uses), func(x, y string) int { return cmp.Or(cmp.Compare(uses[y].score, uses[x].score), strings.Compare(x, y)) }) {
		u := uses[id]
		slices.Sort(u.rows)
		t := layerOf{ID: id, Score: u.score, Enabled: true, Comment: fmt.Sprintf("%s, %d paths, rows %s", sureness(u.sure), u.paths, strings.Join(u.rows, " "))}
		if u.unseen {
			t.Metadata = append(t.Metadata, layerMetadata{"log", "not kept"})
		}
		l.Techniques = append(l.Techniques, t)
	}
	return write(w, l)
}

func sureness(certain bool) string {
	if certain {
		return "certain"
	}
	return "possible"
}
