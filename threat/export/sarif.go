package export

import (
	"fmt"
	"io"
	"slices"

	"github.com/chartroom/chartroom/threat"
)

// The parts of a log of SARIF 2.1.0 (OASIS Standard) that are written.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID          string         `json:"id"`
		Description sarifText      `json:"shortDescription"`
		Help        sarifText      `json:"help"`
		Properties  map[string]any `json:"properties"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		Rule         string            `json:"ruleId"`
		Index        int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Flows        []sarifFlow       `json:"codeFlows"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Properties   map[string]any    `json:"properties"`
	}
	sarifLocation struct {
		Logical []sarifLogical `json:"logicalLocations,omitempty"`
		Message *sarifText     `json:"message,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifFlow struct {
		Threads []sarifThread `json:"threadFlows"`
	}
	sarifThread struct {
		Locations []sarifStep `json:"locations"`
	}
	sarifStep struct {
		Location sarifLocation `json:"location"`
		Order    int           `json:"executionOrder"`
	}
)

// SARIF writes the paths as results for ticket systems: one for each path, under the row that it begins with.
func SARIF(w io.Writer, a *threat.Answer) error {
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: "Chartroom", Rules: []sarifRule{}}}, Results: []sarifResult{}}
	for i := range a.Paths {
		p := &a.Paths[i]
		if len(p.Steps) == 0 {
			continue
		}
		run.Results = append(run.Results, resultOf(p, run.Tool.Driver.rule(&p.Steps[0])))
	}
	return write(w, sarifLog{"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", "2.1.0", []sarifRun{run}})
}

// rule gives the number of a row among the rules.
func (d *sarifDriver) rule(s *threat.Step) int {
	if i := slices.IndexFunc(d.Rules, func(r sarifRule) bool { return r.ID == s.Row }); i >= 0 {
		return i
	}
	tags := []string{}
	if s.Technique != "" {
		tags = append(tags, "attack/"+s.Technique)
	}
	help := s.Mitigation
	if help == "" {
		help = "See what breaks the path."
	}
	d.Rules = append(d.Rules, sarifRule{s.Row, sarifText{s.Words}, sarifText{help}, map[string]any{"tags": tags}})
	return len(d.Rules) - 1
}

func resultOf(p *threat.Path, rule int) sarifResult {
	out := sarifResult{Rule: p.Steps[0].Row, Index: rule, Level: "warning", Message: sarifText{label(p)}, Fingerprints: map[string]string{"path/v1": p.ID},
		Properties: map[string]any{"people": p.Loss.People.Estimate, "certain": p.Certain, "joined": p.Joined}, Locations: []sarifLocation{}}
	if p.Certain {
		out.Level = "error"
	}
	for _, store := range p.Stores {
		out.Locations = append(out.Locations, sarifLocation{Logical: []sarifLogical{{store, "resource"}}})
	}
	var t sarifThread
	for i := range p.Steps {
		s := &p.Steps[i]
		t.Locations = append(t.Locations, sarifStep{sarifLocation{Message: &sarifText{fmt.Sprintf("%s %s: %s", s.Row, s.Technique, s.Words)}}, i + 1})
	}
	out.Flows = []sarifFlow{{[]sarifThread{t}}}
	return out
}
