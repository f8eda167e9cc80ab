package export

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/threat"
)

// model is an Open Threat Model 0.2.0 (github.com/iriusrisk/OpenThreatModel).
type model struct {
	Version     string          `json:"otmVersion"`
	Project     modelProject    `json:"project"`
	Assets      []modelAsset    `json:"assets"`
	Zones       []modelZone     `json:"trustZones"`
	Components  []*modelPart    `json:"components"`
	Flows       []modelFlow     `json:"dataflows"`
	Threats     []modelThreat   `json:"threats"`
	Mitigations []modelMitigate `json:"mitigations"`
}

type modelProject struct {
	Name        string `json:"name"`
	ID          string `json:"id"`
	Description string `json:"description"`
}

type modelAsset struct {
	Name string         `json:"name"`
	ID   string         `json:"id"`
	Risk map[string]any `json:"risk"`
}

type modelZone struct {
	ID   string           `json:"id"`
	Name string           `json:"name"`
	Risk map[string]int64 `json:"risk"`
}

type modelPart struct {
	ID      string              `json:"id"`
	Name    string              `json:"name"`
	Type    string              `json:"type"`
	Parent  map[string]string   `json:"parent"`
	Assets  map[string][]string `json:"assets,omitempty"`
	Threats []modelFound        `json:"threats"`
}

type modelFound struct {
	Threat      string           `json:"threat"`
	State       string           `json:"state"`
	Mitigations []modelMitigated `json:"mitigations"`
}

type modelMitigated struct {
	Mitigation string `json:"mitigation"`
	State      string `json:"state"`
}

type modelFlow struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Source      string   `json:"source"`
	Destination string   `json:"destination"`
	Assets      []string `json:"assets"`
}

type modelThreat struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Categories  []string       `json:"categories"`
	Risk        map[string]any `json:"risk"`
}

type modelMitigate struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Reduction int64  `json:"riskReduction"`
}

// The zones of the model: what is outside, and the estate.
const (
	zoneOutside = "outside"
	zoneEstate  = "estate"
	partCrew    = "crew"
)

// OTM writes the paths as an Open Threat Model: each path is a threat against the stores at its end, and each control a mitigation.
func OTM(w io.Writer, a *threat.Answer) error {
	m := &model{Version: "0.2.0", Project: modelProject{"Paths to patients' records", uuid("otm", a.AsOf), "As of " + a.AsOf + ", ATT&CK v" + a.Pinned}, Assets: []modelAsset{}, Flows: []modelFlow{},
		Zones:   []modelZone{{zoneOutside, "outside", map[string]int64{"trustRating": 0}}, {zoneEstate, "the estate", map[string]int64{"trustRating": 50}}},
		Threats: []modelThreat{}, Mitigations: []modelMitigate{}}
	m.part(partCrew, "somebody outside", "actor")
	for i := range a.Paths {
		m.path(&a.Paths[i], max(1, a.Possible.People.Estimate))
	}
	for i := range a.Controls {
		set := &a.Controls[i]
		before := max(1, set.Before.People.Estimate)
		for _, c := range set.Controls {
			m.mitigation(c, 100*(before-set.After.People.Estimate)/before)
		}
	}
	return write(w, m)
}

func (m *model) mitigation(c threat.Control, reduction int64) string {
	id := uuid("control", c.Words)
	for i := range m.Mitigations {
		if m.Mitigations[i].ID == id {
			m.Mitigations[i].Reduction = max(m.Mitigations[i].Reduction, reduction)
			return id
		}
	}
	m.Mitigations = append(m.Mitigations, modelMitigate{id, c.Words, reduction})
	return id
}

// part gives a component, a new one if need be.
func (m *model) part(id, name, kind string) *modelPart {
	if i := slices.IndexFunc(m.Components, func(c *modelPart) bool { return c.ID == id }); i >= 0 {
		return m.Components[i]
	}
	zone := zoneEstate
	if kind == "actor" {
		zone = zoneOutside
	}
	c := &modelPart{ID: id, Name: name, Type: kind, Parent: map[string]string{"trustZone": zone}, Threats: []modelFound{}}
	m.Components = append(m.Components, c)
	return c
}

func (m *model) path(p *threat.Path, all int64) {
	var words, techniques []string
	for i := range p.Steps {
		words = append(words, p.Steps[i].Words)
		if t := p.Steps[i].Technique; t != "" && !slices.Contains(techniques, t) {
			techniques = append(techniques, t)
		}
	}
	risk := map[string]any{"likelihood": nil, "likelihoodComment": "it hangs on what is not known", "impact": 100 * p.Loss.People.Estimate / all, "impactComment": fmt.Sprintf("%d people", p.Loss.People.Estimate)}
	if p.Certain {
		risk["likelihood"], risk["likelihoodComment"] = 100, "all that it rests on is known"
	}
	m.Threats = append(m.Threats, modelThreat{p.ID, label(p), strings.Join(words, "; then "), append([]string{}, techniques...), risk})
	found := modelFound{Threat: p.ID, State: "exposed", Mitigations: []modelMitigated{}}
	for _, c := range p.Cuts {
		found.Mitigations = append(found.Mitigations, modelMitigated{m.mitigation(c, 0), "recommended"})
	}
	last := partCrew
	for _, who := range p.Through {
		part := m.part(uuid("principal", who), who, "identity")
		m.flow(last, part.ID, nil)
		last = part.ID
	}
	for _, store := range p.Stores {
		asset := uuid("records", store)
		if !slices.ContainsFunc(m.Assets, func(a modelAsset) bool { return a.ID == asset }) {
			m.Assets = append(m.Assets, modelAsset{"records in " + store, asset, map[string]any{"confidentiality": 100, "integrity": 50, "availability": 50}})
		}
		part := m.part(uuid("store", store), store, "datastore")
		part.Assets = map[string][]string{"stored": {asset}, "processed": {}}
		part.Threats = append(part.Threats, found)
		m.flow(part.ID, last, []string{asset})
	}
}

// flow adds a data flow, once.
func (m *model) flow(from, to string, assets []string) {
	id := uuid("flow", from, to)
	if from == to || slices.ContainsFunc(m.Flows, func(f modelFlow) bool { return f.ID == id }) {
		return
	}
	m.Flows = append(m.Flows, modelFlow{id, m.nameOf(from) + " to " + m.nameOf(to), from, to, append([]string{}, assets...)})
}

func (m *model) nameOf(id string) string {
	for _, c := range m.Components {
		if c.ID == id {
			return c.Name
		}
	}
	return id
}
