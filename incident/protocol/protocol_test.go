package protocol

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/incident"
	"pgregory.net/rapid"
)

var t0 = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func shippedProtocol(t testing.TB) *Protocol {
	t.Helper()
	p, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestShippedProtocolFitsTogether(t *testing.T) {
	p := shippedProtocol(t)
	p.Check(func(path, format string, args ...any) { t.Errorf("%s: %s", path, fmt.Sprintf(format, args...)) })
	if len(p.Phases) != 7 || len(p.Thresholds) != 7 || len(p.Roles) != 11 && len(p.Roles) != 12 {
		t.Errorf("%d phases, %d thresholds, %d roles", len(p.Phases), len(p.Thresholds), len(p.Roles))
	}
	for _, f := range p.Phases {
		for _, s := range f.Steps {
			if len(s.Tags) == 0 {
				t.Errorf("%s has no tag", s.ID)
			}
		}
	}
}

func TestMistakesAreFound(t *testing.T) {
	for want, spoil := range map[string]func(p *Protocol){
		"thresholds[0].when.fact":      func(p *Protocol) { p.Thresholds[0].When = Condition{Fact: "mood", Is: []string{"bad"}} },
		"thresholds[1].when.any[0].is": func(p *Protocol) { p.Thresholds[1].When.Any[0].Is = []string{"perhaps"} },
		"thresholds[2].when.any[1]": func(p *Protocol) {
			p.Thresholds[2].When.Any[1] = Condition{Fact: "claimed_people", Is: []string{"many"}}
		},
		"thresholds[3].when":         func(p *Protocol) { p.Thresholds[3].When = Condition{} },
		"thresholds[0].do[0].role":   func(p *Protocol) { p.Thresholds[0].Do[0].Role = "nobody" },
		"thresholds[0].do[0].within": func(p *Protocol) { p.Thresholds[0].Do[0].Within = 0 },
		"thresholds[0].do[0].from":   func(p *Protocol) { p.Thresholds[0].Do[0].From = "soon" },
		"review_by":                  func(p *Protocol) { p.ReviewBy = "next spring" },
		"phases[1].steps[0].id":      func(p *Protocol) { p.Phases[1].Steps[0].ID = "P0.1" },
		"preapproved[0].until":       func(p *Protocol) { p.Preapproved[0].Until = "2027" },
		"thresholds[5].when.all[0]":  func(p *Protocol) { p.Thresholds[5].When.All[0].AtLeast = 0 },
		"thresholds[6].do[0].done":   func(p *Protocol) { p.Thresholds[6].Do[0].Done = "perhaps" },
		"thresholds[3].when.all[0].all[0].all[0].all[0].all[0].all[0].all[0].all[0].all[0]": func(p *Protocol) {
			c := Condition{Fact: "public", Is: []string{"yes"}}
			for range 10 {
				c = Condition{All: []Condition{c}}
			}
			p.Thresholds[3].When = c
		},
	} {
		p := shippedProtocol(t)
		spoil(p)
		var got []string
		p.Check(func(path, _ string, _ ...any) { got = append(got, path) })
		if len(got) != 1 || got[0] != want {
			t.Errorf("want a mistake at %s, got %v", want, got)
		}
	}
}

// story is a log that is written line by line.
type story struct {
	*testing.T
	c       *incident.Case
	entries []incident.Entry
	at      time.Time
}

func begin(t *testing.T, claim incident.Claim) *story {
	s := &story{t, &incident.Case{Said: map[string]incident.Said{}}, nil, t0}
	claim.Title, claim.Text, claim.Entity, claim.Zone = "Archive", "we have it", "covered_entity", "UTC"
	s.add(incident.Opened, claim)
	return s
}

func (s *story) add(kind incident.Kind, body any) {
	s.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		s.Fatal(err)
	}
	e := incident.Entry{Number: len(s.entries) + 1, At: s.at, Author: "Ada", Kind: kind, Body: b}
	if err := s.c.Add(&e); err != nil {
		s.Fatal(err)
	}
	s.entries = append(s.entries, e)
}

// fired gives the ids of what holds, those that may with a question mark.
func (s *story) fired(gone int64) (out string) {
	for _, f := range shippedProtocol(s.T).Evaluate(s.c, s.entries, SituationOf(s.c, s.entries, incident.Exactly(gone)), s.at) {
		out += " " + f.ID
		if f.Holds != "yes" {
			out += "?"
		}
	}
	return strings.TrimSpace(out)
}

func TestThresholdsFire(t *testing.T) {
	for _, c := range []struct {
		name  string
		claim incident.Claim
		then  func(*story)
		gone  int64
		want  string
	}{
		{"a claim alone; whether the press calls, or patients are written to, is not known", incident.Claim{}, nil, 0, "T1 T2? T3? T5? T7?"},
		{"public", incident.Claim{Public: true}, nil, 0, "T1 T2 T3? T5? T7?"},
		{"499 people", incident.Claim{People: 499}, nil, 0, "T1 T2? T3? T5? T7?"},
		{"500 people", incident.Claim{People: 500}, nil, 0, "T1 T2? T3 T5? T7?"},
		{"the press", incident.Claim{}, func(s *story) { s.add(incident.Noted, incident.Note{Text: "a daily calls", About: incident.Press}) }, 0, "T1 T2 T3? T5? T7?"},
		{"patients", incident.Claim{}, func(s *story) {
			s.add(incident.Noted, incident.Note{Text: "a patient calls", About: incident.PatientsContacted})
		}, 0, "T1 T2? T3? T5 T7?"},
		{"a sample matched", incident.Claim{}, func(s *story) { s.add(incident.Levelled, incident.LevelBody{Level: incident.C2, Why: "19 of 20"}) }, 0, "T1 T2? T3 T4 T5? T7?"},
		{"half of the clock", incident.Claim{}, nil, 50, "T1 T2? T3? T5? T6 T7?"},
		{"half of it, and it was decided", incident.Claim{}, func(s *story) {
			s.add(incident.Decided, incident.Decision{Question: "breach?", Decision: "yes", Reason: "a sample", By: "Ada", Breach: true})
		}, 50, "T1 T2? T3? T5? T7?"},
		{"people with HIV", incident.Claim{}, func(s *story) {
			s.add(incident.Noted, incident.Note{Text: "inventory", Inventory: &incident.Holdings{Sensitivity: []string{"HIV"}}})
		}, 0, "T1 T2? T3 T5? T7?"},
		{"all was read, and nobody is of a class that hurts", incident.Claim{}, func(s *story) {
			s.add(incident.Noted, incident.Note{Text: "inventory", Inventory: &incident.Holdings{}})
		}, 0, "T1 T2? T3? T5? T7?"},
	} {
		s := begin(t, c.claim)
		if c.then != nil {
			c.then(s)
		}
		if got := s.fired(c.gone); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestWhatWasFiredStaysDueUntilItIsDone(t *testing.T) {
	s := begin(t, incident.Claim{Public: true})
	s.add(incident.Fired, incident.Firing{ID: "T2", Text: "public"})
	state := func() Due {
		for _, f := range shippedProtocol(t).Evaluate(s.c, s.entries, SituationOf(s.c, s.entries, incident.Exactly(0)), s.at) {
			if f.ID == "T2" {
				return f.Do[0]
			}
		}
		t.Fatal("it did not fire")
		return Due{}
	}
	s.at = t0.Add(3 * time.Hour)
	if d := state(); d.Done || d.Late || !d.By.Equal(t0.Add(4*time.Hour)) || d.Text != "H1" || d.Role != "communications lead" {
		t.Errorf("%+v", d)
	}
	s.at = t0.Add(5 * time.Hour)
	if d := state(); !d.Late {
		t.Errorf("%+v", d)
	}
	s.add(incident.Approved, incident.Approval{Text: "H1", Hash: "h", By: "Ada"})
	if d := state(); !d.Done || !d.Late {
		t.Errorf("%+v", d)
	}
}

func TestAnOldProtocolSaysSo(t *testing.T) {
	p := shippedProtocol(t)
	if why := p.Old(t0); !strings.Contains(why, "nobody has approved") {
		t.Error(why)
	}
	p.Approved = Approval{By: "Board", On: "2026-11-22", Until: "2027-11-22"}
	if why := p.Old(t0); why != "" {
		t.Error(why)
	}
	if why := p.Old(t0.AddDate(0, 7, 0)); !strings.Contains(why, "looked at again by 2027-05-22") {
		t.Error(why)
	}
	if why := p.Old(t0.AddDate(2, 0, 0)); !strings.Contains(why, "held until 2027-11-22") {
		t.Error(why)
	}
	p.Preapproved[0].By, p.Preapproved[0].Until = "Board", "2026-12-31"
	if p.MayGo("H1", "C0", t0) != "Board" || p.MayGo("H1", "C1", t0) != "" || p.MayGo("H1", "C0", t0.AddDate(1, 0, 0)) != "" || p.MayGo("H3", "C0", t0) != "" {
		t.Error("approved beforehand for one text, one level, until one day")
	}
}

// TestKnowledgeNeverTurnsAnAnswer: whatever becomes known of what was open, a condition that held holds, and one that did not does not.
func TestKnowledgeNeverTurnsAnAnswer(t *testing.T) {
	truths := []incident.Known{incident.Open, incident.Yes, incident.No}
	condition := rapid.Custom(func(t *rapid.T) Condition {
		leaf := func(label string) Condition {
			if rapid.Bool().Draw(t, label) {
				return Condition{Fact: "claimed_people", AtLeast: rapid.Int64Range(1, 9).Draw(t, "n")}
			}
			return Condition{Fact: rapid.SampledFrom([]string{"press", "minors", "public"}).Draw(t, "fact"), Is: []string{rapid.SampledFrom([]string{"yes", "no"}).Draw(t, "word")}}
		}
		parts := []Condition{leaf("a"), {Any: []Condition{leaf("b"), leaf("c")}}, {All: []Condition{leaf("d"), leaf("e")}}}
		if rapid.Bool().Draw(t, "all") {
			return Condition{All: parts}
		}
		return Condition{Any: parts}
	})
	rapid.Check(t, func(t *rapid.T) {
		c := condition.Draw(t, "condition")
		draw := func(label string) incident.Known { return rapid.SampledFrom(truths).Draw(t, label) }
		low := rapid.Int64Range(0, 9).Draw(t, "low")
		s := Situation{Press: draw("press"), Minors: draw("minors"), Public: draw("public"), Claimed: incident.Interval{Low: low, High: low + rapid.Int64Range(0, 5).Draw(t, "width")}}
		before := c.Holds(&s)
		for _, k := range []*incident.Known{&s.Press, &s.Minors, &s.Public} {
			if *k == incident.Open {
				*k = draw("known")
			}
		}
		s.Claimed = incident.Exactly(rapid.Int64Range(s.Claimed.Low, s.Claimed.High).Draw(t, "exact"))
		if after := c.Holds(&s); before != incident.Open && after != before {
			t.Fatalf("%v became %v", before, after)
		}
	})
}
