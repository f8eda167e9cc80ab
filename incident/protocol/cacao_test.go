package protocol

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestCACAOFollowsItsRules checks what version 2.0 of the specification asks of a playbook: types and IDs, that every name is defined, that every
// step is reached and every way ends in an end step (sections 3 and 4), and that no human's step has a timeout.
func TestCACAOFollowsItsRules(t *testing.T) {
	p := shippedProtocol(t)
	text, err := p.CACAO()
	if err != nil {
		t.Fatal(err)
	}
	again, _ := p.CACAO()
	if !bytes.Equal(text, again) || bytes.Contains(text, []byte(`"timeout"`)) {
		t.Error("it differs from time to time, or has a timeout")
	}
	var b playbook
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(`^[a-z-]+--[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	stamp := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)
	if b.Type != "playbook" || b.Spec != "cacao-2.0" || !stamp.MatchString(b.Created) || !stamp.MatchString(b.Modified) || !id.MatchString(b.ID) || !strings.HasPrefix(b.CreatedBy, "identity--") {
		t.Errorf("%s %s %s %s", b.Type, b.Spec, b.Created, b.ID)
	}
	seen := map[string]bool{}
	var walk func(from string)
	walk = func(from string) {
		s, ok := b.Workflow[from]
		if !ok || !id.MatchString(from) || !strings.HasPrefix(from, s.Type+"--") {
			t.Fatalf("there is no step %s of its type", from)
		}
		if seen[from] {
			return
		}
		seen[from] = true
		switch {
		case s.Type == "end":
			if s.Next != "" {
				t.Error("an end goes on")
			}
			return
		case s.Type == "parallel":
			for _, n := range s.Steps {
				walk(n)
			}
		case s.Type == "action":
			if _, ok := b.Agents[s.Agent]; !ok || len(s.Commands) != 1 || s.Commands[0].Type != "manual" || s.Commands[0].Command == "" {
				t.Errorf("%s has no agent, or no command for a human", s.Name)
			}
			for e := range s.Extensions {
				if _, ok := b.Extensions[e]; !ok {
					t.Errorf("%s names an extension that is not defined", s.Name)
				}
			}
		}
		walk(s.Next)
	}
	walk(b.Start)
	if b.Workflow[b.Start].Type != "start" || len(seen) != len(b.Workflow) {
		t.Errorf("%d of %d steps are reached", len(seen), len(b.Workflow))
	}
	for a, is := range b.Agents {
		if !strings.HasPrefix(a, is.Type+"--") || is.Name == "" {
			t.Errorf("agent %s", a)
		}
	}
}

// TestCACAOFitsItsSchema holds an export against a schema of our own, which is closed where the specification is, and against the schemas of the
// technical committee where a copy of them is at hand: CHARTROOM_CACAO names the folder with its playbook.json
// (github.com/oasis-open/cacao-json-schemas, schemas).
func TestCACAOFitsItsSchema(t *testing.T) {
	text, err := shippedProtocol(t).CACAO()
	if err != nil {
		t.Fatal(err)
	}
	files := []string{"testdata/cacao.schema.json"}
	if dir := os.Getenv("CHARTROOM_CACAO"); dir != "" {
		files = append(files, filepath.Join(dir, "playbook.json"))
	}
	for _, file := range files {
		schema, err := jsonschema.NewCompiler().Compile(file)
		if err != nil {
			t.Fatal(err)
		}
		check := func(text string) error {
			v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			return schema.Validate(v)
		}
		if err := check(string(text)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		for _, wrong := range [][2]string{{`"cacao-2.0"`, `"cacao-1.0"`}, {`"type": "manual"`, `"type": 5`}, {`"workflow_start"`, `"workflow_begin"`}, {`.000Z"`, `+01:00"`}, {`"next_steps"`, `"steps"`}} {
			bad := strings.Replace(string(text), wrong[0], wrong[1], 1)
			if bad == string(text) || check(bad) == nil {
				t.Errorf("%s lets %s pass", file, wrong[1])
			}
		}
	}
}
