package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/incident"
	"github.com/spf13/cobra"
)

// ledger keeps the logs of cases: the catalog does, and a drill's memory.
type ledger interface {
	AddCaseLine(ctx context.Context, who audit.Caller, name string, number int, line catalog.CaseLine) error
	CaseLines(ctx context.Context, who audit.Caller, name string) ([]catalog.CaseLine, error)
	Cases(ctx context.Context, who audit.Caller) ([]catalog.CaseName, error)
}

// docket is one case under a command.
type docket struct {
	*incident.Case
	desk    *Desk
	room    *Room
	log     ledger
	name    string
	lines   []incident.Line
	entries []incident.Entry
	lost    *head // the last line that was witnessed, where the log has it no more
}

// enter opens the catalog; Close it.
func (d *Desk) enter(cmd *cobra.Command) (*Room, ledger, error) {
	room, err := d.Open(cmd)
	if err != nil {
		return nil, nil, err
	}
	if d.log != nil {
		return room, d.log, nil
	}
	return room, room.Catalog, nil
}

// docket opens the case that --case names, or the only one that is open, checks its log, and does something with it.
func (d *Desk) docket(cmd *cobra.Command, do func(ctx context.Context, k *docket) error) error {
	room, log, err := d.enter(cmd)
	if err != nil {
		return err
	}
	defer room.Close()
	ctx := cmd.Context()
	k := &docket{desk: d, room: room, log: log}
	if k.name, err = k.choose(ctx, cmd); err != nil {
		return err
	}
	if err := k.read(ctx); err != nil {
		return err
	}
	if k.lost != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "warning: %v\n", k.lostError())
	}
	return do(ctx, k)
}

// choose finds the name of the case.
func (k *docket) choose(ctx context.Context, cmd *cobra.Command) (string, error) {
	if name, err := cmd.Flags().GetString("case"); err == nil && name != "" {
		return name, nil
	}
	all, err := k.log.Cases(ctx, k.room.Who)
	if err != nil {
		return "", err
	}
	var names []string
	for _, c := range all {
		one := &docket{desk: k.desk, room: k.room, log: k.log, name: c.Name}
		if err := one.read(ctx); err != nil {
			return "", err
		}
		if one.ClosedAt == nil {
			names = append(names, c.Name)
		}
	}
	switch {
	case len(names) == 1:
		return names[0], nil
	case len(names) > 1:
		return "", k.desk.Usage("%d cases are open: %s; say which with --case", len(names), strings.Join(names, ", "))
	case len(all) > 0:
		return "", k.desk.Usage("no case is open; a closed one is named with --case: chartroom case list")
	}
	return "", k.desk.Hint(errors.New("there is no case"), "chartroom case open begins one")
}

// read reads the log, checks its chain, and holds it against what was witnessed. What was witnessed is read first: whoever writes a line
// meanwhile has it in the log before he has it witnessed.
func (k *docket) read(ctx context.Context) error {
	var seen map[string]head
	if k.desk.log == nil {
		var err error
		if seen, err = heads(k.witnesses()); err != nil {
			return err
		}
	}
	lines, err := k.log.CaseLines(ctx, k.room.Who, k.name)
	if errors.Is(err, catalog.ErrNoCase) {
		return k.desk.Hint(err, "chartroom case list names the cases")
	}
	if err != nil {
		return err
	}
	k.lines = make([]incident.Line, len(lines))
	for i, l := range lines {
		k.lines[i] = incident.Line{Bytes: l.Bytes, Hash: l.Hash}
	}
	if k.entries, err = incident.Read(k.lines); err == nil {
		k.Case, err = incident.Fold(k.entries, k.lines[len(k.lines)-1].Hash)
	}
	if err != nil {
		return k.desk.Hint(fmt.Errorf("case %s: %w", k.name, err), "keep this catalog as evidence, and put the last backup beside it; chartroom case verify PACK tells what was packed")
	}
	k.lost = k.missing(seen)
	return nil
}

// tries is how often a line is added anew where somebody else was faster.
const tries = 16

// act is a line to be added.
type act struct {
	kind     incident.Kind
	body     any
	happened *time.Time
	knowing  bool // of an older catalog in the place of this one
}

// add adds a line. Where somebody else was faster, what only tells something is tried again; what decides is given back, as it was
// decided without knowing what the other one wrote.
func (k *docket) add(ctx context.Context, a act) error {
	body, err := plain(a.body)
	if err != nil {
		return err
	}
	for range tries {
		if k.lost != nil && !a.knowing {
			return k.desk.Hint(k.lostError(), "put the newer catalog back; if it is lost, chartroom case note --restored WHY says so in the log, and the case goes on from here")
		}
		e := incident.Entry{Number: len(k.lines) + 1, At: k.now(), Happened: a.happened, Author: k.room.Who.Name, Kind: a.kind, Body: body}
		if n := len(k.lines); n > 0 {
			e.Previous = k.lines[n-1].Hash
		}
		if k.Case == nil {
			k.Case = &incident.Case{Said: map[string]incident.Said{}}
		}
		if err := k.Case.Add(&e); err != nil {
			return fmt.Errorf("case %s: %w", k.name, err)
		}
		line, err := incident.Seal(e)
		if err != nil {
			return err
		}
		err = k.log.AddCaseLine(ctx, k.room.Who, k.name, e.Number, catalog.CaseLine{Bytes: line.Bytes, Hash: line.Hash})
		switch {
		case err == nil:
			k.lines, k.entries, k.Head = append(k.lines, line), append(k.entries, e), line.Hash
			return k.witness()
		case !errors.Is(err, catalog.ErrTaken):
			return err
		}
		if e.Number == 1 {
			return k.desk.Hint(fmt.Errorf("there is a case %s already", k.name), "--case NAME gives this one another name")
		}
		if err := k.read(ctx); err != nil {
			return err
		}
		if other := k.entries[len(k.entries)-1]; decides(a.kind) {
			return k.desk.Hint(fmt.Errorf("meanwhile %s wrote line %d (%s); yours was not written", other.Author, other.Number, other.Kind), "chartroom case log shows it; decide again with it in view")
		}
	}
	return fmt.Errorf("case %s: others added lines %d times meanwhile; try again", k.name, tries)
}

// decides tells whether a line of a kind rests on all that was written before it.
func decides(k incident.Kind) bool {
	return k == incident.Decided || k == incident.Levelled || k == incident.Approved || k == incident.Sent || k == incident.Closed
}

// now is the time of the next line: a clock that was set back does not make it older than the line before.
func (k *docket) now() time.Time {
	t := k.desk.Now().UTC().Truncate(time.Millisecond)
	if n := len(k.entries); n > 0 && t.Before(k.entries[n-1].At) {
		return k.entries[n-1].At
	}
	return t
}

// plain writes a body as the log keeps it.
func plain(body any) (json.RawMessage, error) {
	if body == nil {
		return json.RawMessage("{}"), nil
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(body)
	return json.RawMessage(strings.TrimSuffix(b.String(), "\n")), err
}

// zone is where the days of the case are counted.
func (k *docket) zone() *time.Location {
	if z, err := time.LoadLocation(k.Claim.Zone); err == nil {
		return z
	}
	return time.UTC // a case with another zone was never opened
}
