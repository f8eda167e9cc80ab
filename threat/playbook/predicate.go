package playbook

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/threat"
)

// readPredicates reads the table of predicates.
func readPredicates(b *threat.Book, r io.Reader) error {
	lines, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return err
	}
	b.Predicates = map[string]*threat.Predicate{}
	for i, l := range lines[1:] {
		p := &threat.Predicate{Name: l[0], Attacker: l[2] == "attacker", Words: l[3], Not: l[4], Question: l[6], Owner: l[7], Control: l[8]}
		if l[5] == "perhaps" {
			p.Silence = threat.Perhaps
		}
		if p.Arity, err = strconv.Atoi(l[1]); err != nil || p.Arity < 1 || p.Arity > threat.MaxTerms {
			return fmt.Errorf("line %d: %q is no number of names from 1 to %d", i+2, l[1], threat.MaxTerms)
		}
		if l[9] != "" {
			if p.Effort, err = strconv.Atoi(l[9]); err != nil {
				return fmt.Errorf("line %d: %q is no effort", i+2, l[9])
			}
		}
		p.Also = strings.Fields(l[10])
		b.Predicates[p.Name] = p
	}
	return nil
}
