package incident

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Case is one extortion: what its log comes to.
type Case struct {
	Claim      Claim
	Facts      Facts
	Said       map[string]Said // the line that each fact rests on, by its name
	Footholds  []string        // principals by which they came in, as far as somebody said so
	Level      Level
	LevelWhy   string
	Decisions  []Decision
	Approvals  []Approval
	Sent       []Sending
	Evidence   []Exhibit
	Fired      []Firing
	Notes      int
	OpenedAt   time.Time
	KnownAt    time.Time  // the earliest moment at which anybody of the workforce or an agent knew: the conservative clock
	Determined *time.Time // the decision that it is a breach: the determined clock
	ClosedAt   *time.Time
	Entries    int
	Head       string // hash of the last line

	heard []statement // of numbers of people, by whom
}

// Claim is what the attacker says, as it was when the case was opened.
type Claim struct {
	Title     string     `json:"title"`
	Custodian string     `json:"custodian"`
	Scope     []string   `json:"repositories,omitempty"` // what is claimed of them; none = all of the custodian's
	Entity    string     `json:"entity"`                 // covered_entity, business_associate, phr_vendor
	Text      string     `json:"text"`                   // verbatim
	Actor     string     `json:"actor,omitempty"`
	Bytes     int64      `json:"bytes,omitempty"`
	People    int64      `json:"people,omitempty"`
	Kinds     []string   `json:"kinds,omitempty"`
	Demand    string     `json:"demand,omitempty"`
	Deadline  *time.Time `json:"deadline,omitempty"`
	Public    bool       `json:"public"`           // anybody can read it
	Known     *time.Time `json:"known,omitempty"`  // when anybody of the workforce or an agent first knew, if that was before
	Zone      string     `json:"zone"`             // time zone in which days are counted: America/Los_Angeles
	Estate    string     `json:"estate,omitempty"` // hash of the inventory's snapshot that was in force
}

// Said is a fact of a case: who says so, and on what grounds.
type Said struct {
	Line   int       `json:"line"`
	At     time.Time `json:"at"`
	Author string    `json:"author"`
	Source string    `json:"source"` // inventory, claim test, forensic firm, counsel, ...
}

// FactBody is the body of a line that states a fact.
type FactBody struct {
	Name     string          `json:"name"`  // a key of Facts
	Value    json.RawMessage `json:"value"` // as in Facts
	Source   string          `json:"source"`
	Why      string          `json:"why,omitempty"`
	Corrects bool            `json:"corrects,omitempty"` // it takes the place of what was said before, knowingly
	Renews   bool            `json:"renews,omitempty"`   // the inventory says anew what it said before
}

// LevelBody is the body of a line that sets the level.
type LevelBody struct {
	Level Level  `json:"level"`
	Why   string `json:"why"`
}

// Decision is what somebody decided. Breach starts the determined clock.
type Decision struct {
	Question string `json:"question"`
	Decision string `json:"decision"`
	Reason   string `json:"reason"`
	Dissent  string `json:"dissent,omitempty"`
	Breach   bool   `json:"breach,omitempty"` // it is a breach, and the determined clock runs from here
	By       string `json:"by"`
	Line     int    `json:"line,omitempty"`
}

// Approval releases a text, exactly as its hash says.
type Approval struct {
	Text string `json:"text"` // its template: H1
	Hash string `json:"hash"`
	By   string `json:"by"`
	Line int    `json:"line,omitempty"`

	Wording string `json:"wording,omitempty"` // the text itself, of which Hash is the hexadecimal SHA-256
}

// Sending is a text that went out.
type Sending struct {
	Text  string `json:"text"`
	Hash  string `json:"hash"`
	To    string `json:"to"`
	How   string `json:"how"`
	Proof string `json:"proof,omitempty"`
	Line  int    `json:"line,omitempty"`
}

// Exhibit is a file that is evidence: only its hash is in the log.
type Exhibit struct {
	Name    string `json:"name"`
	SHA256  string `json:"sha256"`
	Bytes   int64  `json:"bytes"`
	Custody string `json:"custody,omitempty"` // who had it, from whom
	Line    int    `json:"line,omitempty"`
}

// Errors of a line that cannot be added.
var (
	ErrClosed       = errors.New("the case is closed")
	ErrContradicted = errors.New("it contradicts what was said before")
	ErrClockRuns    = errors.New("the clock runs already")
)

// Fold makes the case of a log that Read has checked.
func Fold(entries []Entry, head string) (*Case, error) {
	c := &Case{Said: map[string]Said{}, Head: head}
	for i := range entries {
		if err := c.Add(&entries[i]); err != nil {
			return c, fmt.Errorf("line %d: %w", entries[i].Number, err)
		}
	}
	return c, nil
}

// Add takes one more entry, or refuses it: then the case is as before.
func (c *Case) Add(e *Entry) error {
	switch {
	case e.Number != c.Entries+1:
		return fmt.Errorf("the next line is %d, and this one says %d", c.Entries+1, e.Number)
	case (c.Entries == 0) != (e.Kind == Opened):
		return errors.New("a case begins with the line that opens it, and has one")
	case c.ClosedAt != nil && e.Kind != Noted && e.Kind != Evidence:
		return fmt.Errorf("%w since %s; only notes and evidence are added to it", ErrClosed, c.ClosedAt.Format(time.RFC3339))
	case e.Author == "":
		return errors.New("nobody is named as its author")
	case e.Happened != nil && e.Happened.After(e.At):
		return errors.New("it says that it happened after it was written down")
	}
	if err := c.apply(e); err != nil {
		return err
	}
	c.Entries++
	return nil
}

func (c *Case) apply(e *Entry) error {
	switch e.Kind {
	case Opened:
		return c.open(e)
	case Learned:
		return c.learn(e)
	case Levelled:
		return c.level(e)
	case Decided:
		return c.decide(e)
	case Approved:
		return take(e, &c.Approvals, func(a *Approval) error {
			a.Line = e.Number
			if a.Wording != "" && hash([]byte(a.Wording)) != a.Hash {
				return fmt.Errorf("the hash of text %s is not that of its wording", a.Text)
			}
			return need("an approval", "text", a.Text, "hash", a.Hash, "by", a.By)
		})
	case Sent:
		return take(e, &c.Sent, func(s *Sending) error {
			s.Line = e.Number
			if !slices.ContainsFunc(c.Approvals, func(a Approval) bool { return a.Text == s.Text && a.Hash == s.Hash }) {
				return fmt.Errorf("text %s was not approved as it is: approve it first, or send what was approved", s.Text)
			}
			return need("a text that was sent", "to", s.To, "how", s.How)
		})
	case Evidence:
		return take(e, &c.Evidence, func(x *Exhibit) error {
			x.Line = e.Number
			return need("evidence", "name", x.Name, "sha256", x.SHA256)
		})
	case Noted:
		return c.note(e)
	case Fired:
		return take(e, &c.Fired, func(f *Firing) error {
			f.Line, f.At = e.Number, e.At
			return need("a threshold", "id", f.ID, "text", f.Text)
		})
	case Closed:
		at := e.At
		c.ClosedAt = &at
		return nil
	}
	return fmt.Errorf("there are no lines of the kind %q", e.Kind)
}

// take reads a body strictly, checks it, and puts it to its like.
func take[T any](e *Entry, to *[]T, check func(*T) error) error {
	var v T
	if err := strict(e.Body, &v); err != nil {
		return err
	}
	if err := check(&v); err != nil {
		return err
	}
	*to = append(*to, v)
	return nil
}

func strict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("its body: %w", err)
	}
	return nil
}

// need tells which of named texts is missing.
func need(what string, pairs ...string) error {
	for i := 0; i < len(pairs); i += 2 {
		if strings.TrimSpace(pairs[i+1]) == "" {
			return fmt.Errorf("%s needs its %s", what, pairs[i])
		}
	}
	return nil
}

func (c *Case) open(e *Entry) error {
	var cl Claim
	if err := strict(e.Body, &cl); err != nil {
		return err
	}
	if err := need("a case", "title", cl.Title, "text", cl.Text, "entity", cl.Entity, "zone", cl.Zone); err != nil {
		return err
	}
	zone, err := time.LoadLocation(cl.Zone)
	if err != nil {
		return fmt.Errorf("its time zone: %w", err)
	}
	c.Claim, c.OpenedAt, c.KnownAt, c.Level, c.LevelWhy = cl, e.At, e.At, C0, "the claim was seen, nothing was checked"
	if e.Happened != nil {
		c.KnownAt = *e.Happened
	}
	if cl.Known != nil && cl.Known.Before(c.KnownAt) {
		c.KnownAt = *cl.Known
	}
	c.Facts = Facts{Entity: cl.Entity, Discovered: c.KnownAt.In(zone).Format(time.DateOnly), States: map[string]Interval{}, Total: Unbounded, Health: true, Encrypted: "unknown", RiskOfHarm: "unknown"}
	for _, name := range []string{"entity", "discovered"} {
		c.Said[name] = Said{e.Number, e.At, e.Author, "the line that opened the case"}
	}
	return nil
}

func (c *Case) level(e *Entry) error {
	var l LevelBody
	if err := strict(e.Body, &l); err != nil {
		return err
	}
	if !slices.Contains([]Level{C0, C1, C2, C3, C4, D1, D2}, l.Level) {
		return fmt.Errorf("there is no level %q; they are C0 to C4, D1 and D2", l.Level)
	}
	if err := need("a level", "reason", l.Why); err != nil {
		return err
	}
	c.Level, c.LevelWhy = l.Level, l.Why
	return nil
}

func (c *Case) decide(e *Entry) error {
	var d Decision
	if err := strict(e.Body, &d); err != nil {
		return err
	}
	if err := need("a decision", "question", d.Question, "decision", d.Decision, "reason", d.Reason, "by", d.By); err != nil {
		return err
	}
	if d.Breach {
		if c.Determined != nil {
			return fmt.Errorf("%w: it was determined on %s that this is a breach", ErrClockRuns, c.Determined.Format(time.RFC3339))
		}
		at := e.At // a decision counts from when it was recorded; an earlier one would be back-dated
		c.Determined = &at
		zone, _ := time.LoadLocation(c.Claim.Zone)
		day := at.In(zone).Format(time.DateOnly)
		c.Facts.Determined = &day
		c.Said["determined"] = Said{e.Number, e.At, e.Author, "the decision of " + d.By}
	}
	d.Line = e.Number
	c.Decisions = append(c.Decisions, d)
	return nil
}
