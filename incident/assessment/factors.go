package assessment

import (
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/incident"
)

// Sheet is the risk assessment of one repository (45 CFR 164.402(2)), filled in as far as evidence goes.
type Sheet struct {
	Repository string    `json:"repository"`
	Factors    [4]Factor `json:"factors"`
	Harbour    Finding   `json:"safe_harbour"`
	Closed     *Closing  `json:"closed"` // null = nobody has judged it, and a breach is presumed
}

// Factor is one of the four.
type Factor struct {
	Asks     string   `json:"asks"`
	Evidence []string `json:"evidence"`
	Open     []string `json:"open"` // what is not known
}

// Closing is the judgement of a named human.
type Closing struct {
	By       string `json:"by"`
	Decision string `json:"decision"` // low, or not_low
	Reason   string `json:"reason"`
	Line     int    `json:"line"`
}

// Question is the question of the decision that closes a repository's sheet.
func Question(repository string) string {
	return "Is the probability low that PHI of " + repository + " was compromised (45 CFR 164.402(2))?"
}

// Sheets gives the sheet of each repository that the inventory named. Access says for a repository what is known of the way in; nil knows nothing.
func Sheets(c *incident.Case, h *incident.Holdings, access func(r *incident.Held) Path) []Sheet {
	out := []Sheet{}
	if h == nil {
		return out
	}
	for i := range h.Repositories {
		r := &h.Repositories[i]
		s := Sheet{Repository: r.Repository, Factors: [4]Factor{nature(r), recipient(c), acquired(c, r), mitigated(c)}}
		path := Path{}
		if access != nil {
			path = access(r)
		}
		if path.Layer == NotKnown {
			path.Layer = LayerOf(r.Encryption)
		}
		s.Harbour = Harbour(path)
		for _, d := range c.Decisions {
			if d.Question == Question(r.Repository) {
				s.Closed = &Closing{d.By, d.Decision, d.Reason, d.Line}
			}
		}
		out = append(out, s)
	}
	return out
}

func nature(r *incident.Held) Factor {
	f := Factor{Asks: "the nature and extent of the PHI: identifiers, and how likely people can be re-identified"}
	f.Evidence = append(f.Evidence, fmt.Sprintf("inventory: verdict %s; about %d people (%d to %d)", r.Verdict, r.Estimate, r.People.Low, r.People.High))
	if len(r.Identifiers) > 0 {
		f.Evidence = append(f.Evidence, "identifiers that stand with them: "+strings.Join(r.Identifiers, ", "))
	}
	if len(r.Sensitivity) > 0 {
		f.Evidence = append(f.Evidence, "sensitive records: "+strings.Join(r.Sensitivity, ", "))
	}
	if r.Part2 {
		f.Evidence = append(f.Evidence, "records that may fall under 42 CFR Part 2")
	}
	if r.Minors {
		f.Evidence = append(f.Evidence, "records of people under 18")
	}
	if r.Gaps > 0 {
		f.Open = append(f.Open, fmt.Sprintf("what stands in %d things that were not read", r.Gaps))
	}
	return f
}

func recipient(c *incident.Case) Factor {
	f := Factor{Asks: "the unauthorised person who used the PHI, or to whom it was disclosed"}
	if c.Claim.Actor != "" {
		f.Evidence = append(f.Evidence, "claimed by "+c.Claim.Actor+", who is bound by no duty of confidence")
	} else {
		f.Open = append(f.Open, "who it is")
	}
	if c.Claim.Demand != "" {
		f.Evidence = append(f.Evidence, "a demand was made: whoever has it means to use it")
	}
	return f
}

func acquired(c *incident.Case, r *incident.Held) Factor {
	f := Factor{Asks: "whether the PHI was actually acquired or viewed"}
	switch c.Level {
	case incident.C2:
		f.Evidence = append(f.Evidence, "a sample was matched: "+c.LevelWhy)
	case incident.C3, incident.C4:
		f.Evidence = append(f.Evidence, "forensic evidence: "+c.LevelWhy)
	case incident.D1:
		f.Evidence = append(f.Evidence, "a sample matched nothing that was covered: "+c.LevelWhy)
		f.Open = append(f.Open, "what was not covered; that nothing matched is no proof that nothing was taken")
	case incident.D2:
		f.Evidence = append(f.Evidence, "the sample is of an older leak, or somebody else's: "+c.LevelWhy)
		f.Open = append(f.Open, "whether more was taken than was shown")
	default:
		f.Open = append(f.Open, "whether anything was taken: no sample was matched and no forensic evidence is on record")
	}
	if r.Readers == nil {
		f.Open = append(f.Open, "who could read it: nobody collected that")
	} else {
		f.Evidence = append(f.Evidence, fmt.Sprintf("%d principals could read it", *r.Readers))
	}
	return f
}

// mitigated is always for a human: no inventory knows what was done about it.
func mitigated(c *incident.Case) Factor {
	f := Factor{Asks: "the extent to which the risk has been mitigated", Open: []string{"what was revoked, cut or taken down, and what assurances there are; a promise to delete that was paid for is weak"}}
	for _, d := range c.Decisions {
		f.Evidence = append(f.Evidence, fmt.Sprintf("line %d: %s: %s", d.Line, d.Question, d.Decision))
	}
	return f
}
