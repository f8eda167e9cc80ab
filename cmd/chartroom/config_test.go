package main

import (
	"os"
	"strings"
	"testing"
)

// TestTheExampleOfTheDocs: the estate of docs/estate.md is one.
func TestTheExampleOfTheDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/estate.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(text), "```yaml\n")
	block, _, ok := strings.Cut(block, "```")
	if !ok {
		t.Fatal("there is no example")
	}
	var c config
	if m := parseConfig([]byte(block), &c).Mistakes(); m != nil {
		t.Error(m)
	}
	if len(c.Custodians) != 3 || len(c.Targets) != 3 || len(c.Register) != 1 || len(c.Facts) != 5 || len(c.Identifiers) != 1 || c.Targets[0].Limits.Workers != 8 {
		t.Errorf("%+v", c)
	}
}

// FuzzConfig: no file is too odd to be explained.
func FuzzConfig(f *testing.F) {
	f.Add([]byte("targets:\n  - {path: a, password: {env: X}}\nidentifiers:\n  - {name: a, kind: mrn, pattern: '['}\n"))
	f.Add([]byte("custodians: [{name: a, kind: b}]\ndeclared: [{type: users}]\nconverters: [{name: a}]\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var c config
		_ = parseConfig(raw, &c).Mistakes()
	})
}
