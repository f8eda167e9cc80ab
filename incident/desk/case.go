package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/protocol"
)

// Case is one case on the desk: what its log comes to, and the log. Whoever adds a line with it sees what others added meanwhile.
type Case struct {
	*incident.Case
	Name    string
	Lines   []incident.Line
	Entries []incident.Entry

	desk *Desk
	lost *head // the last line that was witnessed, where the log has it no more
}

// Lost says that an older log stands in the place of the one that was witnessed; nil where all is well. It wraps ErrOlder.
func (k *Case) Lost() error {
	if k.lost == nil {
		return nil
	}
	return k.lostError()
}

// read reads a log, checks its chain, and holds it against what was witnessed. What was witnessed is read first: whoever writes a line
// meanwhile has it in the log before he has it witnessed.
func (d *Desk) read(ctx context.Context, name string) (*Case, error) {
	var seen map[string]head
	if d.Log == nil {
		var err error
		if seen, err = heads(d.witnesses()); err != nil {
			return nil, err
		}
	}
	lines, err := d.log().CaseLines(ctx, d.Who, name)
	if err != nil {
		return nil, err
	}
	k := &Case{Name: name, desk: d, Lines: make([]incident.Line, len(lines))}
	for i, l := range lines {
		k.Lines[i] = incident.Line{Bytes: l.Bytes, Hash: l.Hash}
	}
	if k.Entries, err = incident.Read(k.Lines); err == nil {
		k.Case, err = incident.Fold(k.Entries, k.Lines[len(k.Lines)-1].Hash)
	}
	if err != nil {
		return nil, saying(ErrLog, "case %s: %v", name, err)
	}
	k.lost = k.missing(seen)
	return k, nil
}

// How says what of a line is not in its body.
type How struct {
	Happened *time.Time // when it happened, where that was before now
	Looked   bool       // a person has looked: the words name no patient, whatever it seems
}

// act is a line to be added.
type act struct {
	kind incident.Kind
	body any
	How
	machine bool // its words are the program's own
	knowing bool // of an older catalog in the place of this one
}

// Written is what an act added to the log.
type Written struct {
	Entry    incident.Entry   // the line
	Fired    []protocol.Fired // thresholds that were crossed by it, with what is to be done now
	Warnings []string
}

// write adds a line that somebody asked for, and then writes down each threshold that was crossed by it.
func (k *Case) write(ctx context.Context, a act) (*Written, error) {
	if err := k.add(ctx, a); err != nil {
		return nil, err
	}
	w := &Written{Entry: k.Entries[len(k.Entries)-1]}
	var err error
	w.Fired, err = k.fire(ctx)
	return w, err
}

// tries is how often a line is added anew where somebody else was faster.
const tries = 16

// add adds a line. Where somebody else was faster, what only tells something is tried again; what decides is given back, as it was
// decided without knowing what the other one wrote.
func (k *Case) add(ctx context.Context, a act) error {
	body, err := plain(a.body)
	if err != nil {
		return err
	}
	if !a.machine && !a.Looked {
		if err := k.nobody(ctx, a.kind, body); err != nil {
			return err
		}
	}
	for range tries {
		if k.lost != nil && !a.knowing {
			return k.lostError()
		}
		e := incident.Entry{Number: len(k.Lines) + 1, At: k.Now(), Happened: a.Happened, Author: k.desk.Who.Name, Kind: a.kind, Body: body}
		if n := len(k.Lines); n > 0 {
			e.Previous = k.Lines[n-1].Hash
		}
		if k.Case == nil {
			k.Case = &incident.Case{Said: map[string]incident.Said{}}
		}
		if err := k.Case.Add(&e); err != nil {
			return fmt.Errorf("case %s: %w", k.Name, err)
		}
		line, err := incident.Seal(e)
		if err != nil {
			return err
		}
		err = k.desk.log().AddCaseLine(ctx, k.desk.Who, k.Name, e.Number, catalog.CaseLine{Bytes: line.Bytes, Hash: line.Hash})
		switch {
		case err == nil:
			k.Lines, k.Entries, k.Head = append(k.Lines, line), append(k.Entries, e), line.Hash
			return k.witness()
		case !errors.Is(err, catalog.ErrTaken):
			return err
		}
		if e.Number == 1 {
			return saying(ErrThere, "there is a case %s already", k.Name)
		}
		if err := k.again(ctx); err != nil {
			return err
		}
		if other := k.Entries[len(k.Entries)-1]; decides(a.kind) {
			return saying(ErrMoved, "meanwhile %s wrote line %d (%s); yours was not written", other.Author, other.Number, other.Kind)
		}
	}
	return fmt.Errorf("case %s: others added lines %d times meanwhile; try again", k.Name, tries)
}

// again reads the case anew.
func (k *Case) again(ctx context.Context) error {
	is, err := k.desk.read(ctx, k.Name)
	if err == nil {
		*k = *is
	}
	return err
}

// decides tells whether a line of a kind rests on all that was written before it.
func decides(k incident.Kind) bool {
	return k == incident.Decided || k == incident.Levelled || k == incident.Approved || k == incident.Sent || k == incident.Closed
}

// Now is the time of the next line: a clock that was set back does not make it older than the line before.
func (k *Case) Now() time.Time {
	t := k.desk.Now().UTC().Truncate(time.Millisecond)
	if n := len(k.Entries); n > 0 && t.Before(k.Entries[n-1].At) {
		return k.Entries[n-1].At
	}
	return t
}

// plain writes a body as the log keeps it.
func plain(body any) (json.RawMessage, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(body)
	return json.RawMessage(strings.TrimSuffix(b.String(), "\n")), err
}

// Zone is where the days of the case are counted.
func (k *Case) Zone() *time.Location {
	if z, err := time.LoadLocation(k.Claim.Zone); err == nil {
		return z
	}
	return time.UTC // a case with another zone was never opened
}

// When writes a moment in the zone of the case.
func (k *Case) When(t time.Time) string { return t.In(k.Zone()).Format("2006-01-02 15:04 MST") }
