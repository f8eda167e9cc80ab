// Package desk leads cases: it opens one, adds what is learned, decided and released to its log, and answers from it. The command line and
// the web room are two doors to the same desk. It puts the rules, the texts, the protocol, the inventory and who can reach what to a case's
// facts; each line of the log is checked for words that name patients, written down once, and witnessed.
package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/incident/protocol"
)

// Desk is where somebody works on cases. It keeps nothing between two calls but what the catalog has.
type Desk struct {
	Catalog  *catalog.Catalog
	Who      audit.Caller
	Key      string           // file of the key; the witness of the cases' heads stands beside it
	Now      func() time.Time // the clock
	Version  string           // of the program, for packs
	Protocol Protocol         // the organisation's own; zero = the one that comes with the program
	Log      Ledger           // nil = the catalog's; a drill has one of its own, and then nothing is witnessed

	// Access gives who can reach what, for the safe harbour of each repository; nil = that is not known.
	Access func(ctx context.Context) (*access.Estate, error)
}

// Ledger keeps the logs of cases, as the catalog does.
type Ledger interface {
	AddCaseLine(ctx context.Context, who audit.Caller, name string, number int, line catalog.CaseLine) error
	CaseLines(ctx context.Context, who audit.Caller, name string) ([]catalog.CaseLine, error)
	Cases(ctx context.Context, who audit.Caller) ([]catalog.CaseName, error)
}

// Protocol is a protocol, and the file that it was read from.
type Protocol struct {
	*protocol.Protocol
	Text []byte
}

// InForce gives the protocol that counts.
func (d *Desk) InForce() (Protocol, error) {
	if d.Protocol.Protocol != nil {
		return d.Protocol, nil
	}
	p, err := protocol.Default()
	return Protocol{p, protocol.Shipped()}, err
}

// Errors of the desk, beside those of incident and catalog. What to do next is for who calls to say: it differs with the door.
var (
	ErrNone     = errors.New("there is no case")
	ErrWhich    = errors.New("which case is meant is not clear")
	ErrThere    = errors.New("there is a case of that name already")
	ErrLog      = errors.New("the log of the case cannot be read")
	ErrMoved    = errors.New("somebody else wrote a line meanwhile")
	ErrOlder    = errors.New("another log stands in the place of the one that was witnessed")
	ErrNothing  = errors.New("the inventory knows no such repository")
	ErrPatients = errors.New("the words seem to name patients")
	ErrDraft    = errors.New("the text is a draft")
	ErrReworded = errors.New("the text is another one than was read")
	ErrUnsent   = errors.New("the text was not approved")
	ErrAsked    = errors.New("something is missing, or does not fit") // of what was asked for
	ErrTest     = errors.New("the test decides nothing")
)

// fault is an error of one of these kinds, in words of its own.
type fault struct {
	is   error
	text string
}

// Error gives the words.
func (f *fault) Error() string { return f.text }

// Unwrap gives the kind.
func (f *fault) Unwrap() error { return f.is }

func saying(is error, format string, args ...any) error {
	return &fault{is, fmt.Sprintf(format, args...)}
}

func (d *Desk) log() Ledger {
	if d.Log != nil {
		return d.Log
	}
	return d.Catalog
}

// Standing is how a case stands.
type Standing struct {
	catalog.CaseName
	Case  *Case `json:"-"`
	Fault error `json:"-"` // its log is damaged, and Case nil
}

// Cases lists the cases, the latest first, and in words those that were witnessed beside this key and are not in this catalog.
func (d *Desk) Cases(ctx context.Context) (all []Standing, missing string, err error) {
	names, err := d.log().Cases(ctx, d.Who)
	if err != nil {
		return nil, "", err
	}
	known := map[string]bool{}
	for _, n := range names {
		s := Standing{CaseName: n}
		if s.Case, s.Fault = d.read(ctx, n.Name); s.Fault == nil {
			known[s.Case.Lines[0].Hash] = true
		}
		all = append(all, s)
	}
	if d.Log != nil {
		return all, "", nil
	}
	seen, err := heads(d.witnesses())
	var gone []string
	for first, h := range seen {
		if !known[first] {
			gone = append(gone, fmt.Sprintf("%s (%d lines, the last on %s)", h.Case, h.Number, h.At.Format(time.RFC3339)))
		}
	}
	slices.Sort(gone)
	return all, strings.Join(gone, "; "), err
}

// Case opens a case by its name, or with "" the only one that is open, and checks its log.
func (d *Desk) Case(ctx context.Context, name string) (*Case, error) {
	if name != "" {
		return d.read(ctx, name)
	}
	names, err := d.log().Cases(ctx, d.Who)
	if err != nil {
		return nil, err
	}
	var open []*Case
	for _, n := range names {
		k, err := d.read(ctx, n.Name)
		if err != nil {
			return nil, err
		}
		if k.ClosedAt == nil {
			open = append(open, k)
		}
	}
	switch {
	case len(open) == 1:
		return open[0], nil
	case len(open) > 1:
		var is []string
		for _, k := range open {
			is = append(is, k.Name)
		}
		return nil, saying(ErrWhich, "%d cases are open: %s; say which", len(open), strings.Join(is, ", "))
	case len(names) > 0:
		return nil, saying(ErrWhich, "no case is open; a closed one is named")
	}
	return nil, ErrNone
}
