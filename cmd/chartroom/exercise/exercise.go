// Package exercise is what a drill is made of: what happens and when, a clock that can be wound on, and a log that is not kept.
package exercise

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/incident"
	"github.com/goccy/go-yaml"
)

//go:embed exercise.yaml
var shipped []byte

// Exercise is what happens in a drill, and when.
type Exercise struct {
	Title   string        `yaml:"title"`
	Claim   string        `yaml:"claim"`
	Ends    time.Duration `yaml:"ends"`
	Injects []Inject      `yaml:"injects"`
	Moves   []string      `yaml:"moves"`
}

// Inject is what those who are drilled did not see coming.
type Inject struct {
	After time.Duration  `yaml:"after"` // the claim
	About incident.Topic `yaml:"about"`
	Text  string         `yaml:"text"`
}

// Tape is a clock that runs faster than time does, and can be wound on.
type Tape struct {
	Start time.Time
	Speed float64
	Wound time.Duration
}

// Now is the time on it.
func (t *Tape) Now() time.Time {
	return t.Start.Add(time.Duration(float64(time.Since(t.Start))*t.Speed) + t.Wound)
}

// Memory keeps the log of a drill: nothing of it reaches the catalog.
type Memory struct {
	Names []string // of the cases, as they were opened
	lines map[string][]catalog.CaseLine
}

// AddCaseLine adds a line.
func (m *Memory) AddCaseLine(_ context.Context, _ audit.Caller, name string, number int, line catalog.CaseLine) error {
	if number != len(m.lines[name])+1 {
		return catalog.ErrTaken
	}
	if number == 1 {
		m.Names = append(m.Names, name)
	}
	if m.lines == nil {
		m.lines = map[string][]catalog.CaseLine{}
	}
	m.lines[name] = append(m.lines[name], line)
	return nil
}

// CaseLines gives a log.
func (m *Memory) CaseLines(_ context.Context, _ audit.Caller, name string) ([]catalog.CaseLine, error) {
	if len(m.lines[name]) == 0 {
		return nil, fmt.Errorf("case %s: %w", name, catalog.ErrNoCase)
	}
	return m.lines[name], nil
}

// Cases lists the logs.
func (m *Memory) Cases(context.Context, audit.Caller) ([]catalog.CaseName, error) {
	out := []catalog.CaseName{}
	for _, n := range m.Names {
		out = append(out, catalog.CaseName{Name: n, Lines: len(m.lines[n]), Head: m.lines[n][len(m.lines[n])-1].Hash})
	}
	return out, nil
}

// Read reads an exercise from a file; "" is the one that comes with the program.
func Read(file string) (*Exercise, error) {
	text := shipped
	if file != "" {
		var err error
		if text, err = os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	var x Exercise
	if err := yaml.UnmarshalWithOptions(text, &x, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("the exercise: %w", err)
	}
	return &x, nil
}

// Split parts a line into words, as a shell does: quotes keep blanks together, and # begins a remark.
func Split(line string) (out []string, err error) {
	var word strings.Builder
	var quote rune
	begun := false
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, begun = r, true
		case quote == 0 && r == '#' && !begun:
			return out, nil
		case quote == 0 && (r == ' ' || r == '\t'):
			if begun {
				out = append(out, word.String())
			}
			word.Reset()
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is open")
	}
	if begun {
		out = append(out, word.String())
	}
	return out, nil
}
