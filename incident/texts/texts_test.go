package texts

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/incident"
	"pgregory.net/rapid"
)

var t0 = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// input is a case of which everything is known.
func input() *Input {
	c := &incident.Case{Level: incident.C0, LevelWhy: "the claim was seen", KnownAt: t0, OpenedAt: t0, Said: map[string]incident.Said{},
		Claim: incident.Claim{Title: "Archive", Custodian: "Harbor Archive", Text: "pay", Actor: "Team X", Bytes: 8_800_000_000_000, People: 12_000_000, Public: true},
		Facts: incident.Facts{Entity: "covered_entity", Discovered: "2026-11-20", Health: true, Total: incident.Interval{Low: 1480, High: 1700},
			States: map[string]incident.Interval{"CA": {Low: 1313, High: 1414}, "MA": {Low: 0, High: 77}}, Kinds: []string{"name", "ssn", "mrn"}, Encrypted: "no", RiskOfHarm: "not_low"}}
	given := map[string]string{}
	for _, n := range Names() {
		given[n] = "as given for " + strings.ReplaceAll(n, "_", " ")
	}
	given["phone"], given["web"], given["email"], given["address"] = "1-800-555-0100", "harbor.example/news", "help@harbor.example", "1 Main St, Reno"
	given["letter_date"], given["breach_date"] = "1 December 2026", "3 May 2026"
	given["what_happened"] = "A thief got into one of our stores and took a copy of old files."
	given["what_we_do"] = "We have closed the way in. We have put new locks on all that we hold."
	given["monitoring"] = "go to harbor.example/credit and use the code in this letter"
	h := &incident.Holdings{Taken: t0, Hash: strings.Repeat("ab", 32), People: incident.Interval{Low: 480, High: 700}, Estimate: 600, Count: 3, Bytes: 900_000_000,
		States: map[string]incident.Interval{"CA": {Low: 1, High: 600}, "unknown": {Low: 0, High: 10}}, Sensitivity: []string{"HIV"}, Gaps: 2, Part2: incident.Interval{Low: 0, High: 4}}
	return &Input{Case: c, Holdings: h, Given: given, AsOf: t0, Clocks: []string{"Conservative clock: since then."}, Asked: []string{"Is it a breach?"}}
}

func fill(t testing.TB, id string, in *Input) *Text {
	t.Helper()
	tmpl, err := Find(id)
	if err != nil {
		t.Fatal(err)
	}
	out, err := tmpl.Fill(in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestGrade holds the measure against the formula, with words, sentences and syllables counted by hand as a dictionary parts them.
func TestGrade(t *testing.T) {
	for text, want := range map[string]float64{
		"The cat sat on the mat.": 0.39*6 + 11.8 - 15.59,
		"The Australian platypus is seemingly a hybrid of a mammal and reptilian creature.":      0.39*13 + 11.8*26/13 - 15.59,
		"This sentence, taken as a reading passage unto itself, is being used to prove a point.": 0.39*16 + 11.8*23/16 - 15.59,
		"":                      0,
		"One line\nand another": 0.39*2 + 11.8*6/4 - 15.59,
	} {
		if got := Grade(text); math.Abs(got-want) > 0.01 {
			t.Errorf("%q: %.2f, want %.2f", text, got, want)
		}
	}
}

func TestSyllables(t *testing.T) {
	wrong := ""
	words := map[string]int{"data": 2, "health": 1, "people": 2, "table": 2, "name": 1, "named": 1, "needed": 2, "free": 1, "created": 3, "patient": 2, "information": 4,
		"security": 4, "number": 2, "letter": 2, "identity": 4, "media": 3, "science": 2, "notice": 2, "services": 3, "breaches": 2, "take": 1, "takes": 1, "boxes": 2,
		"eye": 1, "the": 1, "you": 1, "police": 2, "social": 2, "real": 1, "account": 2, "bureau": 2, "guardian": 3, "monitoring": 4, "question": 2, "california": 5}
	n := 0
	for w, want := range words {
		if got := Syllables(w); got != want {
			n++
			wrong += fmt.Sprintf(" %s %d", w, got)
		}
	}
	if n*10 > len(words) {
		t.Errorf("%d of %d words:%s", n, len(words), wrong)
	}
}

func TestAllTextsAreThereAndReadAsTheyShould(t *testing.T) {
	all, err := All()
	if err != nil || len(all) != 24 {
		t.Fatalf("%d texts, %v", len(all), err)
	}
	for _, level := range []incident.Level{incident.C0, incident.C1, incident.C2, incident.C3, incident.C4, incident.D1, incident.D2} {
		for _, tmpl := range all {
			in := input()
			in.Case.Level = level
			f, err := tmpl.Fill(in)
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Missing) > 0 || strings.HasPrefix(f.Body, "DRAFT") {
				t.Errorf("%s at %s lacks %v", tmpl.ID, level, f.Missing)
			}
			if !strings.Contains(f.Body, "Level "+string(level)+": "+Means(level)) {
				t.Errorf("%s does not bear level %s", tmpl.ID, level)
			}
			if patient := tmpl.For == "patients" || tmpl.For == "public"; patient && tmpl.Grade == 0 || tmpl.Grade > 0 && f.Reads > tmpl.Grade {
				t.Errorf("%s reads at grade %.1f, and at most %.0f is wanted", tmpl.ID, f.Reads, tmpl.Grade)
			}
			if tmpl.Title == "" || tmpl.Source == "" {
				t.Errorf("%s says neither what it is nor where it comes from", tmpl.ID)
			}
		}
	}
}

func TestATextWithAnOpenFactIsADraftAndSaysWhich(t *testing.T) {
	in := input()
	in.Given["phone"], in.Case.Facts.Kinds, in.Case.Facts.Total = "", nil, incident.Unbounded
	for id, want := range map[string]string{"H1": "the toll-free number", "L1": "the kinds of data; the toll-free number", "R4": "how many people are concerned; the kinds of data; the toll-free number"} {
		f := fill(t, id, in)
		if got := strings.Join(f.Missing, "; "); got != want || !strings.HasPrefix(f.Body, "DRAFT. Not resolved: "+want+".\n") {
			t.Errorf("%s lacks %q, want %q", id, got, want)
		}
	}
	in = input()
	in.Holdings = nil
	if f := fill(t, "B1", in); len(f.Missing) == 0 {
		t.Error("a notice to the board without the inventory is no draft")
	}
}

// TestMassachusettsHearsNeitherTheNatureNorTheNumber: M.G.L. c. 93H s. 3(b).
func TestMassachusettsHearsNeitherTheNatureNorTheNumber(t *testing.T) {
	f := fill(t, "L2", input())
	words := f.Body[strings.Index(f.Body, "Dear"):]
	for _, never := range []string{"thief", "copy of old files", "1,480", "1,700", "1,313", "1,414", "77", "stole", "hack", "breach", "Team X", "chart number", "3 May"} {
		if strings.Contains(words, never) {
			t.Errorf("it says %q", never)
		}
	}
	for _, must := range []string{"police report", "freeze", "It is free", "18 months"} {
		if !strings.Contains(words, must) {
			t.Errorf("it does not say %q", must)
		}
	}
}

// TestCaliforniaHasItsTitleAndItsFiveHeadings: Cal. Civ. Code 1798.82(d)(1).
func TestCaliforniaHasItsTitleAndItsFiveHeadings(t *testing.T) {
	body := fill(t, "L3", input()).Body
	at := 0
	for _, line := range []string{"\nNOTICE OF DATA BREACH\n", "\nWhat Happened\n", "\nWhat Information Was Involved\n", "\nWhat We Are Doing\n", "\nWhat You Can Do\n", "\nFor More Information\n"} {
		i := strings.Index(body[at:], line)
		if i < 0 {
			t.Fatalf("%q is not there, or not in its place", strings.TrimSpace(line))
		}
		at += i
	}
}

func TestTheBoardIsToldElevenThings(t *testing.T) {
	body := fill(t, "B1", input()).Body
	for n, says := range []string{"Team X claims to hold 8.8 TB of data of 12,000,000 people", "Level C0", "Nothing of the claim is known to be untrue", "Not known: whether anything was taken",
		"3 repositories, 900 MB", "up to 700 people in 1 State.", "Is it a breach?", "Conservative clock", "23 November 2026 09:00 UTC", "speaks for the organisation", "would raise it to C1"} {
		head := fmt.Sprintf("\n%d. ", n+1)
		at := strings.Index(body, head)
		if at < 0 {
			t.Fatalf("statement %d is missing", n+1)
		}
		part, _, _ := strings.Cut(body[at+1:], fmt.Sprintf("\n%d. ", n+2))
		if !strings.Contains(part, says) {
			t.Errorf("statement %d does not say %q:\n%s", n+1, says, part)
		}
	}
	in := input()
	in.Holdings.Gaps = 0
	if !strings.Contains(fill(t, "B1", in).Body, "at most 700 people in what is claimed, which is fewer than the 12,000,000") {
		t.Error("what is known not to be true is not said")
	}
}

// TestThePortalSheetHasThePortalsFields: the headings of the HHS breach portal.
func TestThePortalSheetHasThePortalsFields(t *testing.T) {
	body := strings.ToLower(fill(t, "R1", input()).Body)
	for _, field := range []string{"report type", "filer", "covered entity, name", "point of contact", "business associate", "breach affecting", "individuals affected", "date of breach",
		"date of discovery", "type of breach", "location", "type of phi", "brief description", "safeguards in place", "individual notice", "substitute notice", "media notice", "actions taken", "attestation"} {
		if !strings.Contains(body, field) {
			t.Errorf("it lacks %q", field)
		}
	}
	if !strings.Contains(body, "media notice required, which states: ca") || !strings.Contains(body, "clinical, demographic") {
		t.Error(body)
	}
}

// TestWhatSomebodyTypedIsNeverRun: nothing of a claim is a template, opens a line of its own, or steers a terminal.
func TestWhatSomebodyTypedIsNeverRun(t *testing.T) {
	in := input()
	in.Case.Claim.Actor = "{{.Case}} {{template \"x\"}}\nDRAFT\x1b[31m\u202e"
	in.Given["speaker"] = "{{.Missing}}\n11. Nothing is true"
	body := fill(t, "B1", in).Body
	if !strings.Contains(body, `{{.Case}} {{template "x"}} DRAFT[31m claims to hold`) || strings.ContainsAny(body, "\x1b\u202e") || strings.Count(body, "\n11. ") != 1 {
		t.Error(body)
	}
	rapid.Check(t, func(t *rapid.T) {
		in := input()
		s := rapid.String().Draw(t, "typed")
		in.Case.Claim.Actor, in.Case.Claim.Demand, in.Case.Claim.Custodian, in.Given["phone"] = s, s, s, s
		for _, id := range []string{"B1", "H1", "I1"} {
			tmpl, err := Find(id)
			if err != nil {
				t.Fatal(err)
			}
			one, err := tmpl.Fill(in)
			if err != nil {
				t.Fatal(err)
			}
			two, _ := tmpl.Fill(in)
			if one.Hash != two.Hash || one.Hash != Hash(one.Body) {
				t.Fatal("the same facts make another text")
			}
		}
	})
}
