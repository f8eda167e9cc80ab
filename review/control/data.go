package control

import (
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/review"
)

// traits asks what servers say, by traits of any of these names. told counts the repositories whose servers said anything.
func (s *subject) traits(good func(value string) bool, names ...string) (right, wrong int, evidence []review.Evidence) {
	for _, row := range s.rows {
		said, fine := false, true
		for _, name := range names {
			t, ok := s.Trait(row.Repository, name)
			if !ok || !t.Known {
				continue
			}
			said = true
			fine = fine && good(t.Value)
			evidence = append(evidence, s.OfTrait(row, t))
		}
		switch {
		case said && fine:
			right++
		case said:
			wrong++
		}
	}
	return right, wrong, evidence
}

// on tells whether a server says that something is on.
func on(value string) bool {
	switch strings.ToLower(value) {
	case "no", "off", "none", "0", "false", "disabled", "suspended", "":
		return false
	}
	return !strings.HasPrefix(value, "0 of ")
}

// part makes a result of what servers say, of which silence keeps it from being whole.
func (s *subject) part(right, wrong int, says string, evidence []review.Evidence) review.Result {
	silent := len(s.rows) - right - wrong
	if silent > 0 {
		says += fmt.Sprintf("; of %s it is not known", count(silent, "repository", "repositories"))
	}
	r := result(right, wrong, says, evidence)
	if silent > 0 && r.Outcome == review.Satisfied {
		r.Outcome = review.Partly
	}
	return r
}

// cells asks the ledger's own answer of each repository.
func (s *subject) cells(ask func(*catalog.Row) review.Cell) (right, wrong int, evidence []review.Evidence) {
	for _, row := range s.rows {
		c := ask(row)
		evidence = append(evidence, c.Evidence...)
		switch c.State {
		case review.Yes:
			right++
		case review.No:
			wrong++
		}
	}
	return right, wrong, evidence
}

func (s *subject) encryption() review.Result {
	right, wrong, evidence := s.cells(func(row *catalog.Row) review.Cell { _, keys := s.Safeguards(row); return keys })
	return s.part(right, wrong, fmt.Sprintf("%d are encrypted with the acquirer's keys, %d are not", right, wrong), evidence)
}

func (s *subject) logging() review.Result {
	right, wrong, evidence := s.cells(func(row *catalog.Row) review.Cell { logged, _ := s.Safeguards(row); return logged })
	return s.part(right, wrong, fmt.Sprintf("access to %d is logged and the log kept, to %d it is not", right, wrong), evidence)
}

func (s *subject) transit() review.Result {
	right, wrong, evidence := s.traits(on, "tls")
	return s.part(right, wrong, fmt.Sprintf("connections to %d are encrypted, to %d they are not", right, wrong), evidence)
}

func (s *subject) backup() review.Result {
	right, wrong, evidence := s.traits(on, "versioning", "standby")
	r := s.part(right, wrong, fmt.Sprintf("%d keep older versions or a standby, %d do not; whether they can be restored is not seen", right, wrong), evidence)
	if r.Outcome == review.Satisfied {
		r.Outcome = review.Partly
	}
	return r
}
