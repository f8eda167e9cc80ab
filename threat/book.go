package threat

import (
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/threat/horn"
)

// Organisation is the constant that the variable O of rows stands for: the organisation that is attacked.
const Organisation = "organisation"

// Predicates that the walk itself knows.
const (
	Lost      = "lost"      // lost(S): patients' records of S are in the hands of the crew; where paths end
	gotOut    = "exfil"     // exfil(S): and have left
	logKept   = "log_kept"  // log_kept(L): logs of the class L are kept
	custodian = "custodian" // custodian(X, C): X belongs to the estate of C
)

// Book is a playbook, ready to be walked.
type Book struct {
	Rows       []Row
	Predicates map[string]*Predicate
	Techniques map[string]*Technique
	Version    string // of ATT&CK, to which the techniques belong
}

// Predicate is what can be said of names.
type Predicate struct {
	Name     string
	Arity    int
	Attacker bool     // of what the crew has by then, else of the estate
	Words    string   // with {1}, {2} for its names: "{1} may sign in without a second factor"
	Not      string   // the same where it does not hold
	Silence  State    // what it is taken for where nobody spoke of it: No, or Perhaps
	Question string   // that settles it
	Owner    string   // who could answer
	Control  string   // what one does to make it hold no longer, or hold where rows want it absent; of all whose names it says, {1}, or of everybody; "" = nothing
	Effort   int      // of the control: 1 a setting, 2 a project, 3 a programme
	Also     []string // what the control takes away, too, of the first name: an archive that is retired holds nothing
}

// Technique is one of ATT&CK's.
type Technique struct {
	ID          string
	Name        string
	Tactics     []string // as of the version; nothing hangs on their names
	Mitigations []string // ids, M1032
	Detections  []string // ids of detection strategies, DET0539
	Defends     []string // ids of D3FEND's countermeasures
	RevokedBy   string   // the id that took its place; "" = it stands
}

// Technique finds a technique by its id, or by one that was revoked in its favour; nil = not known.
func (b *Book) Technique(id string) *Technique {
	for range 4 { // a chain of revocations
		t := b.Techniques[id]
		if t == nil || t.RevokedBy == "" {
			return t
		}
		id = t.RevokedBy
	}
	return nil
}

// Words says a fact, or its absence, as a person reads it.
func (b *Book) Words(f *Facts, predicate string, not bool, args []uint32) string {
	p := b.Predicates[predicate]
	words := ""
	if p != nil {
		if words = p.Words; not {
			words = p.Not
		}
	}
	if words == "" {
		words = f.String(predicate, args)
		if not {
			words = "not " + words
		}
		return words
	}
	return fill(words, f, args)
}

// fill puts names into words with {1}, {2}.
func fill(words string, f *Facts, args []uint32) string {
	for i, a := range args {
		words = strings.ReplaceAll(words, "{"+strconv.Itoa(i+1)+"}", f.names[a])
	}
	return words
}

// Fact is one fact, of whose state nothing is said.
type Fact = horn.Fact

// MaxTerms is how many names a fact may have.
const MaxTerms = horn.MaxTerms

// String writes a fact as rows do: can_read(alice, s3://archive).
func (f *Facts) String(predicate string, args []uint32) string {
	names := make([]string, len(args))
	for i, a := range args {
		names[i] = f.names[a]
	}
	return predicate + "(" + strings.Join(names, ", ") + ")"
}
