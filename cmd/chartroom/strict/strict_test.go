package strict

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type secret struct {
	Env string `yaml:"env"`
}

func (secret) Shape() string { return "write {env: NAME}" }

type every time.Duration

func (e *every) UnmarshalText(b []byte) error {
	d, err := time.ParseDuration(string(b))
	*e = every(d)
	return err
}

type part struct {
	Depth int `yaml:"depth"`
}

type settings struct {
	Name   string            `yaml:"name"`
	Count  int               `yaml:"count"`
	On     bool              `yaml:"on"`
	Every  every             `yaml:"every"`
	Wait   time.Duration     `yaml:"wait"`
	Words  []string          `yaml:"words"`
	Pass   secret            `yaml:"pass"`
	Is     map[string]string `yaml:"is"`
	Things []struct {
		Name string `yaml:"name"`
	} `yaml:"things"`
	Maybe *secret `yaml:"maybe"`
	None  *secret `yaml:"none"`
	part  `yaml:",inline"`
}

func TestEverySettingIsRead(t *testing.T) {
	var got settings
	d := Read([]byte("name: a\ncount: 3\non: true\nevery: 2h\nwait: 90s\nwords: [x, \"y\"]\npass: {env: P}\nis:\n  mfa: enforced\nthings:\n  - name: one\n  - {name: two}\nmaybe: {env: Q}\nnone:\n"), &got)
	if m := d.Mistakes(); m != nil {
		t.Fatal(m)
	}
	want := settings{Name: "a", Count: 3, On: true, Every: every(2 * time.Hour), Wait: 90 * time.Second, Words: []string{"x", "y"}, Pass: secret{"P"}, Maybe: &secret{"Q"}, Is: map[string]string{"mfa": "enforced"}}
	want.Things = append(want.Things, struct {
		Name string `yaml:"name"`
	}{"one"}, struct {
		Name string `yaml:"name"`
	}{"two"})
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(settings{}, part{})); diff != "" {
		t.Error(diff)
	}
	if n := d.Line("things[1]"); n != 12 {
		t.Errorf("things[1] stands in line %d", n)
	}
	if m := Read(nil, &settings{}).Mistakes(); m != nil {
		t.Errorf("an empty file: %v", m)
	}
	if m := Read([]byte("name:\nthings:\n"), &settings{}).Mistakes(); m != nil {
		t.Errorf("settings without a value: %v", m)
	}
}

func TestMistakesHaveTheirPlace(t *testing.T) {
	for text, want := range map[string]string{
		"nmae: a":                          "1:1: there is no setting nmae; is name meant?",
		"zzzzzz: a":                        "1:1: there is no setting zzzzzz; there are count",
		"count: many":                      "1:8: count: a whole number belongs here",
		"count: 1.5":                       "1:8: count: ",
		"on: maybe":                        "1:5: on: true or false belongs here",
		"every: often":                     "every: ",
		"words: x":                         "1:8: words: a list belongs here",
		"words: {a: b}":                    "words: a list belongs here",
		"name: [a]":                        "name: one value belongs here",
		"pass: hunter2":                    "1:7: pass: write {env: NAME}",
		"pass: [hunter2]":                  "pass: names and values belong here",
		"is: x":                            "1:5: is: names and values",
		"- a":                              "names and values belong here",
		"x":                                "1:1: settings belong here",
		"name: &a x\nwords: [*a]":          "1:7: name: anchors",
		"name: a\nname: b":                 "2:1: ",
		"name: \"a":                        "1:7: ",
		"name: a\n---\nname: b":            "a second document begins here",
		"things:\n  - name: a\n    nam: b": "3:5: things[0]: there is no setting nam; is name meant?",
	} {
		var s settings
		m := Read([]byte(text), &s).Mistakes()
		if len(m) == 0 || !strings.Contains(m.Error(), want) {
			t.Errorf("%q: %q, want %q", text, m, want)
		}
		if strings.Contains(m.Error(), "hunter2") {
			t.Errorf("%q: the secret shows: %v", text, m)
		}
	}
}

func TestMistakesOfMeaning(t *testing.T) {
	d := Read([]byte("name: a\nthings:\n  - name: b\n"), &settings{})
	d.Wrong("things[0].name", "bad")
	d.Wrong("things[0].owner", "missing")
	d.Wrong("name", "worse")
	d.Wrong("nowhere", "of no place")
	if got := d.Mistakes().Error(); got != "nowhere: of no place\n1:1: name: worse\n3:5: things[0].name: bad\n3:5: things[0].owner: missing" {
		t.Error(got)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"name: a\nthings:\n  - name: b\n", "{a: [1, {b: c}]}", "- - -", "name: !!int &x 1", "? a\n: b", "a: |\n  b", "<<: *x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var s settings
		_ = Read(raw, &s).Mistakes()
	})
}
