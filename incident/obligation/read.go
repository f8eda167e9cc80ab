package obligation

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/phi"
)

// Limits of a file of rules.
const (
	maxBytes    = 8 << 20
	maxRows     = 5_000
	maxMistakes = 20
	maxMessage  = 800 // bytes; a field may be as long as the file
	maxDeadline = 100_000
)

// Mistake is a mistake in a file of rules.
type Mistake struct {
	Line, Column int // from 1, the column in bytes
	Message      string
}

// Mistakes are those of one file, at most 20.
type Mistakes struct {
	File string
	All  []Mistake
}

// Error gives them, one a line.
func (m *Mistakes) Error() string {
	lines := make([]string, len(m.All))
	for i, x := range m.All {
		lines[i] = fmt.Sprintf("%s:%d:%d: %s", m.File, x.Line, x.Column, x.Message)
	}
	return strings.Join(lines, "\n")
}

// Columns are the columns of a file of rules, in the order of the shipped one. All must be there, in any order.
func Columns() []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return names
}

// column is one column and what it sets.
type column struct {
	name string
	set  func(*Rule, string) error
}

var columns = []column{
	{"id", must(func(r *Rule) *string { return &r.ID })},
	{"jurisdiction", must(func(r *Rule) *string { return &r.Jurisdiction })},
	{"regime", must(func(r *Rule) *string { return &r.Regime })},
	{"trigger", must(func(r *Rule) *string { return &r.Trigger })},
	{"recipient", must(func(r *Rule) *string { return &r.Recipient })},
	{"binds", func(r *Rule, s string) (err error) {
		r.Binds, err = several(s, append([]string{"nobody"}, entities...))
		return err
	}},
	{"needs", oneOf(func(r *Rule) *string { return &r.Needs }, needs)},
	{"data", setData},
	{"clause", oneOf(func(r *Rule) *string { return &r.Clause }, clauses)},
	{"excused", func(r *Rule, s string) (err error) { r.Excused, err = several(s, entities); return err }},
	{"harm_gate", oneOf(func(r *Rule) *string { return &r.Gate }, gates)},
	{"safe_harbour", yesNo(func(r *Rule) *bool { return &r.SafeHarbour })},
	{"population", oneOf(func(r *Rule) *string { return &r.Population }, populations)},
	{"over", threshold(func(r *Rule) *Threshold { return &r.Over }, ">=", ">")},
	{"hipaa_over", threshold(func(r *Rule) *Threshold { return &r.HIPAAOver }, ">=", ">")},
	{"under", threshold(func(r *Rule) *Threshold { return &r.Under }, "<")},
	{"also", func(r *Rule, s string) error { r.Also = s; return nil }},
	{"deadline", setDeadline},
	{"unit", func(r *Rule, s string) error {
		if _, ok := units[s]; !ok {
			return fmt.Errorf("there is no unit %q", s)
		}
		r.Unit = s
		return nil
	}},
	{"starts", setStarts},
	{"starts_words", func(r *Rule, s string) error { r.StartsWords = s; return nil }},
	{"delayed", yesNo(func(r *Rule) *bool { return &r.Delayed })},
	{"enabled", yesNo(func(r *Rule) *bool { return &r.Enabled })},
	{"citation", must(func(r *Rule) *string { return &r.Citation })},
	{"note", func(r *Rule, s string) error { r.Note = s; return nil }},
	{"confidence", oneOf(func(r *Rule) *string { return &r.Confidence }, confidences)},
	{"as_of", day(func(r *Rule) *string { return &r.AsOf }, "2006-01", true)},
	{"basis", must(func(r *Rule) *string { return &r.Basis })},
	{"effective_from", day(func(r *Rule) *string { return &r.From }, time.DateOnly, false)},
	{"effective_to", day(func(r *Rule) *string { return &r.To }, time.DateOnly, false)},
}

func must(field func(*Rule) *string) func(*Rule, string) error {
	return func(r *Rule, s string) error {
		*field(r) = s
		if strings.TrimSpace(s) == "" {
			return errors.New("it is empty, and a rule needs it")
		}
		return nil
	}
}

func oneOf(field func(*Rule) *string, words []string) func(*Rule, string) error {
	return func(r *Rule, s string) error {
		*field(r) = s
		if !slices.Contains(words, s) {
			return fmt.Errorf("%q is none of: %s", s, strings.Trim(strings.Join(words, ", "), ", "))
		}
		return nil
	}
}

func yesNo(field func(*Rule) *bool) func(*Rule, string) error {
	return func(r *Rule, s string) error {
		*field(r) = s == "yes"
		if s != "yes" && s != "no" {
			return fmt.Errorf("%q is neither yes nor no", s)
		}
		return nil
	}
}

func several(s string, words []string) ([]string, error) {
	list := strings.Fields(s)
	for _, w := range list {
		if !slices.Contains(words, w) {
			return nil, fmt.Errorf("%q is none of: %s", w, strings.Join(words, ", "))
		}
	}
	return list, nil
}

func threshold(field func(*Rule) *Threshold, operators ...string) func(*Rule, string) error {
	return func(r *Rule, s string) error {
		if s == "" {
			return nil
		}
		for _, op := range operators {
			digits, ok := strings.CutPrefix(s, op)
			if !ok {
				continue
			}
			n, err := strconv.ParseUint(digits, 10, 40)
			if err != nil {
				break
			}
			at := int64(n)
			if op == ">" {
				at++
			}
			if at == 0 {
				break
			}
			*field(r) = Threshold{at, s}
			return nil
		}
		return fmt.Errorf("%q is no threshold: it is %s and a number of people", s, strings.Join(operators, " or "))
	}
}

func day(field func(*Rule) *string, layout string, needed bool) func(*Rule, string) error {
	return func(r *Rule, s string) error {
		*field(r) = s
		if s == "" && !needed {
			return nil
		}
		if _, err := time.Parse(layout, s); err != nil {
			return fmt.Errorf("%q is not written as %s", s, strings.NewReplacer("2006", "YYYY", "01", "MM", "02", "DD").Replace(layout))
		}
		return nil
	}
}

func setData(r *Rule, s string) error {
	r.Data = strings.Fields(s)
	if len(r.Data) == 0 {
		return errors.New("it is empty: name the kinds of data, or any")
	}
	for _, w := range r.Data {
		if _, kind := phi.ParseKind(w); !kind && w != "medical" && (w != "any" && w != "phi" || len(r.Data) > 1) {
			return fmt.Errorf("%q is no kind of data: any or phi alone, or kinds of identifiers and medical", w)
		}
	}
	return nil
}

func setDeadline(r *Rule, s string) error {
	if s == "" {
		return nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxDeadline {
		return fmt.Errorf("%q is no number of units from 1 to %d", s, maxDeadline)
	}
	r.Deadline = n
	return nil
}

func setStarts(r *Rule, s string) error {
	r.Starts = s
	if s != "" && s != "statement" && acts[s] == "" && !r.onClock() {
		return fmt.Errorf("%q starts no clock", s)
	}
	return nil
}

// Read reads a file of rules: CSV with all Columns. The error is *Mistakes, with lines and columns, or that of reading.
func Read(in io.Reader, name string) ([]Rule, error) {
	limited := &io.LimitedReader{R: in, N: maxBytes + 1}
	p := &parser{Mistakes: Mistakes{File: name}, csv: csv.NewReader(limited)}
	p.csv.ReuseRecord = true
	rules, err := p.read()
	if limited.N == 0 {
		return nil, fmt.Errorf("%s is larger than %d MiB, which no file of rules is", name, maxBytes>>20)
	}
	if err != nil {
		return nil, err
	}
	if len(p.All) > 0 {
		return nil, &p.Mistakes
	}
	return rules, nil
}

// parser reads one file.
type parser struct {
	Mistakes
	csv *csv.Reader
}

func (p *parser) mistake(line, col int, format string, args ...any) {
	if len(p.All) < maxMistakes {
		text := fmt.Sprintf(format, args...)
		if len(text) > maxMessage {
			text = strings.ToValidUTF8(text[:maxMessage], "") + "..."
		}
		p.All = append(p.All, Mistake{line, col, text})
	}
}

func (p *parser) read() ([]Rule, error) {
	order, err := p.header()
	if err != nil || len(p.All) > 0 {
		return nil, err
	}
	var rules []Rule
	for {
		row, err := p.csv.Read()
		if errors.Is(err, io.EOF) {
			return rules, nil
		}
		if err != nil || len(p.All) >= maxMistakes {
			return nil, p.broken(err) // after a line that is no CSV, none can be trusted
		}
		if len(rules) == maxRows {
			return nil, fmt.Errorf("%s has more than %d rules", p.File, maxRows)
		}
		rules = append(rules, p.rule(row, order, rules))
	}
}

// broken makes a mistake of what is no CSV, and passes errors of reading on.
func (p *parser) broken(err error) error {
	var wrong *csv.ParseError
	if errors.As(err, &wrong) {
		p.mistake(wrong.Line, wrong.Column, "%v", wrong.Err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", p.File, err)
	}
	return nil
}

// header gives for each field of a row its column.
func (p *parser) header() ([]int, error) {
	row, err := p.csv.Read()
	if errors.Is(err, io.EOF) {
		p.mistake(1, 1, "the file is empty; its first line names the columns: %s", strings.Join(Columns(), ","))
		return nil, nil
	}
	if err != nil {
		return nil, p.broken(err)
	}
	order := make([]int, len(row))
	seen := make([]bool, len(columns))
	for i, name := range row {
		line, col := p.csv.FieldPos(i)
		c := slices.IndexFunc(columns, func(c column) bool { return c.name == strings.TrimPrefix(name, "\ufeff") })
		switch {
		case c < 0:
			p.mistake(line, col, "there is no column %q", name)
		case seen[c]:
			p.mistake(line, col, "the column %s is there twice", name)
		default:
			order[i], seen[c] = c, true
		}
	}
	for c, ok := range seen {
		if !ok {
			p.mistake(1, 1, "the column %s is missing", columns[c].name)
		}
	}
	return order, nil
}

func (p *parser) rule(row []string, order []int, before []Rule) Rule {
	var r Rule
	for i, v := range row {
		c := columns[order[i]]
		v = strings.Clone(strings.TrimSpace(v))
		err := c.set(&r, v)
		if !utf8.ValidString(v) {
			err = errors.New("it is not UTF-8")
		}
		if err != nil {
			line, col := p.csv.FieldPos(i)
			p.mistake(line, col, "%s: %v", c.name, err)
		}
	}
	line, _ := p.csv.FieldPos(0)
	if err := r.whole(before); err != nil {
		p.mistake(line, 1, "%v", err)
	}
	return r
}

// whole tells what of a rule does not go together, with itself or with those before it.
func (r *Rule) whole(before []Rule) error {
	counts := r.Over.At+r.HIPAAOver.At+r.Under.At > 0
	numbered := strings.Contains(units[r.Unit], "%d")
	switch {
	case r.Unit != "" && numbered != (r.Deadline > 0):
		return fmt.Errorf("the unit %s and the deadline %d do not go together", r.Unit, r.Deadline)
	case r.Starts == "" && numbered:
		return errors.New("a deadline needs what it starts from")
	case (r.Starts == "year_end") != (r.Unit == "calendar_days_after_year_end"):
		return errors.New("year_end and calendar_days_after_year_end go together")
	case counts != (r.Population != ""):
		return errors.New("a threshold needs a population, and a population a threshold")
	case strings.Contains(r.Population, "residents") && r.Population != "residents_of_one" && phi.ParseState(r.Jurisdiction) == 0:
		return fmt.Errorf("residents of %q cannot be counted: it is no State", r.Jurisdiction)
	case r.To != "" && r.To < r.From:
		return fmt.Errorf("it ends on %s, before it begins on %s", r.To, r.From)
	case len(r.Excused) > 0 && (r.Clause == "none" || r.Clause == "content"):
		return fmt.Errorf("the clause %s excuses nobody", r.Clause)
	}
	for i := range before {
		b := &before[i]
		if b.ID == r.ID && (b.To == "" || r.From <= b.To) && (r.To == "" || b.From <= r.To) {
			return fmt.Errorf("there are two versions of %s for one day", r.ID)
		}
	}
	return nil
}

// number writes a number with commas.
func number(n int64) string { return incident.Interval{Low: n, High: n}.String() }
