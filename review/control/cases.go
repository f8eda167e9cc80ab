package control

import (
	"fmt"

	"github.com/chartroom/chartroom/review"
)

// led asks the logs of incidents for lines of some kinds.
func (s *subject) led(what string, kinds ...string) review.Result {
	cases := s.Cases()
	right, wrong := 0, 0
	var evidence []review.Evidence
	for i := range cases {
		c, lines := &cases[i], 0
		for _, k := range kinds {
			lines += c.Kinds[k]
		}
		if lines > 0 {
			right++
		} else {
			wrong++
		}
		evidence = append(evidence, s.OfCase(c, fmt.Sprintf("%d lines that say so", lines)))
	}
	if right == 0 && wrong == 0 {
		return open("no incident was led here, so nothing shows how one would be")
	}
	return result(right, wrong, fmt.Sprintf("of %s, %d %s", count(right+wrong, "incident", "incidents"), right, what), evidence)
}

func (s *subject) caseLog() review.Result {
	cases := s.Cases()
	right, wrong := 0, 0
	var evidence []review.Evidence
	for i := range cases {
		c := &cases[i]
		if c.Whole {
			right++
		} else {
			wrong++
		}
		evidence = append(evidence, s.OfCase(c, fmt.Sprintf("%d lines, head %.12s", c.Lines, c.Head)))
	}
	if len(cases) == 0 {
		return open("no incident was led here")
	}
	return result(right, wrong, fmt.Sprintf("the logs of %d of %s are whole", right, count(len(cases), "incident", "incidents")), evidence)
}

// The kinds of lines are those of package incident.
func (s *subject) caseLed() review.Result      { return s.led("have decisions", "decision") }
func (s *subject) caseTriage() review.Result   { return s.led("were examined", "level", "evidence") }
func (s *subject) caseLevels() review.Result   { return s.led("were given a level", "level") }
func (s *subject) caseEvidence() review.Result { return s.led("have evidence in the log", "evidence") }
func (s *subject) caseNotices() review.Result {
	return s.led("have notices that were approved or sent", "approval", "sent")
}
