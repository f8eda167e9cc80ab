package texts

import (
	"fmt"
	"strings"
	"time"

	"github.com/chartroom/chartroom/incident"
)

// Means says what a level means.
func Means(l incident.Level) string {
	return map[incident.Level]string{
		incident.C0: "a claim was seen, and nothing was checked", incident.C1: "the claim is plausible, and nothing is proven",
		incident.C2: "a sample was matched to our data", incident.C3: "there is forensic evidence that data was taken",
		incident.C4: "it is settled whose data it is", incident.D1: "the sample matches nothing that was covered, which is no proof",
		incident.D2: "the sample is of an older leak, or of somebody else"}[l]
}

// LevelSentence says at which level the case stands.
func (p *page) LevelSentence() string {
	return fmt.Sprintf("Level %s: %s.", p.Case.Level, Means(p.Case.Level))
}

// LevelWhy is the reason that is on record for it.
func (p *page) LevelWhy() string {
	return "On record: " + strings.TrimSuffix(plain(p.Case.LevelWhy), ".") + "."
}

// Untrue says what is known not to be true: only what the log says so.
func (p *page) Untrue() string {
	c, h := &p.Case.Claim, p.Holdings
	var out []string
	if h != nil && h.Gaps == 0 && c.People > 0 && h.People.High >= 0 && c.People > h.People.High {
		out = append(out, fmt.Sprintf("The inventory knows of at most %s people in what is claimed, which is fewer than the %s that are claimed.", thousands(h.People.High), thousands(c.People)))
	}
	if p.Case.Level == incident.D2 {
		out = append(out, "The sample is not newly taken from us: "+plain(p.Case.LevelWhy)+".")
	}
	if len(out) == 0 {
		return "Nothing of the claim is known to be untrue."
	}
	return strings.Join(out, " ")
}

// NotKnown says what is not known, and by when it may be.
func (p *page) NotKnown() string {
	var out []string
	f := &p.Case.Facts
	say := func(is bool, what string) {
		if is {
			out = append(out, what)
		}
	}
	say(!p.Matched(), "whether anything was taken (a sample that is held against the inventory tells within the hour that it is there)")
	say(f.Total.Low != f.Total.High, "how many people are concerned (days two to ten)")
	say(f.Encrypted == "unknown", "whether the data was encrypted and the key out of reach (days two to ten, path by path)")
	say(f.RiskOfHarm == "unknown", "whether the probability of harm is low (until somebody finds so, with reasons, a breach is presumed: 45 CFR 164.402(2))")
	say(p.Holdings != nil && p.Holdings.Gaps > 0, "what stands in places that were not read (see below)")
	if len(out) == 0 {
		return "Nothing of what decides is open."
	}
	return "Not known: " + strings.Join(out, "; ") + "."
}

// Held says what the inventory has of what is claimed.
func (p *page) Held() string {
	h := p.Holdings
	if h == nil {
		return p.lacks("what the inventory has of what is claimed")
	}
	return fmt.Sprintf("%d %s, %s, with about %s people (%s to %s), as of %s", h.Count, plural(h.Count, "repository", "repositories"), size(h.Bytes),
		thousands(h.Estimate), thousands(h.People.Low), thousands(h.People.High), p.time(h.Taken))
}

// Sensitivity lists the classes of what is held.
func (p *page) Sensitivity() string {
	if p.Holdings == nil || len(p.Holdings.Sensitivity) == 0 {
		return "none was found"
	}
	return strings.Join(p.Holdings.Sensitivity, ", ")
}

// GapsSentence says what was not read.
func (p *page) GapsSentence() string {
	if p.Holdings == nil {
		return ""
	}
	if p.Holdings.Gaps == 0 {
		return "Nothing of it was left unread."
	}
	return fmt.Sprintf("%s of it could not be read, and may hold more.", plural(int(p.Holdings.Gaps), "One thing", thousands(p.Holdings.Gaps)+" things"))
}

// Worst is the worst credible case, in people and States.
func (p *page) Worst() string {
	h := p.Holdings
	if h == nil {
		return p.lacks("the worst credible case")
	}
	n := 0
	for s, i := range h.States {
		if s != "unknown" && i.High > 0 {
			n++
		}
	}
	text := fmt.Sprintf("All that is held was taken: up to %s people in %d %s.", thousands(h.People.High), n, plural(n, "State", "States"))
	if u := h.States["unknown"].High; u > 0 {
		text += fmt.Sprintf(" Of up to %s of them the State is not known.", thousands(u))
	}
	if h.Minors.High > 0 {
		text += fmt.Sprintf(" Up to %s are under 18.", thousands(h.Minors.High))
	}
	if h.Part2.High > 0 {
		text += fmt.Sprintf(" Up to %s have records that may fall under 42 CFR Part 2.", thousands(h.Part2.High))
	}
	if h.Gaps > 0 {
		text += " What was not read would come on top, and nobody knows of how many."
	}
	return text
}

// HoldingsHash is the hash of the inventory's answer.
func (p *page) HoldingsHash() string {
	if p.Holdings == nil {
		return p.lacks("the inventory's hash")
	}
	return p.Holdings.Hash
}

// Taken is when the inventory was asked.
func (p *page) Taken() string {
	if p.Holdings == nil {
		return p.lacks("when the inventory was asked")
	}
	return p.time(p.Holdings.Taken)
}

// reports is how often the board hears.
const reports = 24 * time.Hour

// NextReport is when the board hears next: a day later, on the hour.
func (p *page) NextReport() string {
	return p.time(p.AsOf.Add(reports).Truncate(time.Hour)) + ", and at once when the level changes."
}

// WouldChange says what would raise or lower the level.
func (p *page) WouldChange() string {
	return map[incident.Level]string{
		incident.C0: "A known actor, a way in, or data that left the network would raise it to C1; a sample that matches our data, to C2.",
		incident.C1: "A sample that matches our data would raise it to C2; logs or images that show the taking, to C3.",
		incident.C2: "Logs or images that show the taking would raise it to C3; knowing whose data it is, to C4.",
		incident.C3: "Knowing whose data it is, and which, would raise it to C4.",
		incident.C4: "New evidence of other data.",
		incident.D1: "Another sample, or a survey of what was not covered.",
		incident.D2: "A sample that is newer than that leak."}[p.Case.Level] + " A sample that matches nothing covered, or an older leak, would be recorded as D1 or D2, and is no proof of safety."
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
