package detect

import (
	"fmt"
	"slices"

	"github.com/chartroom/chartroom/detect/codes"
	"github.com/chartroom/chartroom/detect/lex"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// Result is what an item is: cold, without a value.
type Result struct {
	Findings  []estate.Finding // Repository and Path are for the caller to fill in
	Verdict   phi.Verdict
	Classes   phi.Classes
	Suspected phi.Classes
	Part2     bool
	Minors    bool
	Records   int64
}

// Result closes the item. Nothing may be added after it.
func (it *Item) Result() Result {
	it.End()
	defer it.leave()
	if it.columns {
		it.table.Decide()
		it.relabelColumns()
	}
	r := Result{Records: it.records, Part2: it.health.part2, Minors: it.health.minors}
	var fs []finding
	for at := range it.found {
		fs = append(fs, it.findings(uint32(at))...)
	}
	slices.SortStableFunc(fs, compareFields)
	fs = joined(fs)
	r.Verdict = it.verdict(fs)
	for i := range fs {
		r.Findings = append(r.Findings, fs[i].Finding)
	}
	if r.Verdict == phi.VerdictPHI || r.Verdict == phi.VerdictHealth {
		r.Classes, r.Suspected = it.health.classes, it.health.suspect&^it.health.classes
	}
	return r
}

// finding is a finding that knows whether it stands in running text.
type finding struct {
	estate.Finding
	inText   bool
	position bool // the format itself says what stands there
}

func compareFields(a, b finding) int {
	if a.Field != b.Field {
		if a.Field < b.Field {
			return -1
		}
		return 1
	}
	if a.Kind != b.Kind {
		return int(a.Kind) - int(b.Kind)
	}
	return int(a.Subject) - int(b.Subject)
}

// joined adds up findings of several places with one name (a column and its long values).
func joined(fs []finding) []finding {
	out := fs[:0]
	for _, f := range fs {
		if n := len(out); n > 0 && compareFields(out[n-1], f) == 0 {
			last := &out[n-1]
			last.Values += f.Values
			last.WellFormed += f.WellFormed
			last.People = max(last.People, f.People)
			last.Likelihood = max(last.Likelihood, f.Likelihood)
			last.Classes |= f.Classes
			last.Why = append(last.Why, f.Why...)
			last.inText = last.inText && f.inText
			last.position = last.position || f.position
			continue
		}
		out = append(out, f)
	}
	return out
}

// findings makes the findings of one place.
func (it *Item) findings(at uint32) []finding {
	p := it.places.At(at)
	if p.Mode != record.Labelled && it.mark(at) == 0 {
		shown := *p
		shown.Field = fieldName(p.Field, it.engine.words)
		p = &shown
	}
	var out []finding
	if p.Mode == record.Column {
		out = it.columnFindings(at, p)
	}
	for _, t := range it.found[at].tallies {
		if p.Mode == record.Column && !t.inText() && it.table.Decision(at).Kind == t.kind {
			continue // the column engine counted it from the first record on
		}
		f := estate.Finding{Field: p.Field, Kind: t.kind, Subject: t.subject, Values: t.values, WellFormed: t.wellFormed,
			People: t.people.Count(), Classes: t.classes, Likelihood: 1}
		if t.inText() {
			f.Likelihood = float64(t.likelihood)
			if it.places.Len() > 1 {
				f.Field += inTheText
			}
		}
		f.Why = it.why(p, t)
		out = append(out, finding{f, t.inText(), p.Mode == record.Labelled})
	}
	return out
}

// inTheText follows the name of a field of a structured item where a finding stands somewhere in the field's running text, so
// that it is not taken for what the field itself holds.
const inTheText = "/text()"

// inText tells whether the values are spans of running text.
func (t *tally) inText() bool { return t.spans || t.custom != "" }

// columnFindings makes the findings of a column: what it was judged to hold, and what stands in it besides.
func (it *Item) columnFindings(at uint32, p *record.Place) []finding {
	d := it.table.Decision(at)
	var out []finding
	add := func(k phi.Kind, likelihood float64, values, wellFormed int64, why []estate.Reason, s phi.Subject) {
		if k == phi.None || values == 0 || likelihood <= 0 {
			return
		}
		f := estate.Finding{Field: p.Field, Kind: k, Subject: s, Values: values, WellFormed: wellFormed, Likelihood: likelihood, Why: why}
		for _, t := range it.found[at].tallies {
			if t.kind == k && !t.inText() {
				f.People, f.Classes = t.people.Count(), t.classes
				f.Why = append(slices.Clip(f.Why), it.codeReasons(t)...)
			}
		}
		out = append(out, finding{Finding: f})
	}
	kind := d.Kind
	if d.FreeText {
		kind = phi.FreeText
	}
	add(kind, d.Likelihood, d.Values, d.WellFormed, d.Why, d.Subject)
	for _, e := range d.Extra {
		add(e.Kind, e.Likelihood, e.Values, e.WellFormed, e.Why, e.Subject)
	}
	return out
}

// why explains a tally.
func (it *Item) why(p *record.Place, t *tally) []estate.Reason {
	var why []estate.Reason
	if t.custom != "" {
		why = append(why, estate.Reason{Rule: "user", Detail: "the pattern of " + t.custom + " in the configuration", Count: t.values})
	}
	switch {
	case t.inText():
		for rule, n := range t.rules {
			if n > 0 {
				why = append(why, estate.Reason{Rule: "text", Detail: lex.Rule(rule).String(), Count: n})
			}
		}
		slices.SortStableFunc(why, func(a, b estate.Reason) int { return int(b.Count - a.Count) })
	case p.Mode == record.Text:
		why = append(why, estate.Reason{Rule: "text", Detail: "running text, in which anything may stand", Count: t.values})
	default:
		detail := p.Rule
		if detail == "" {
			detail = "the format puts it at " + p.Field
		}
		why = append(why, estate.Reason{Rule: "position", Detail: detail, Count: t.values})
	}
	if t.wellFormed > 0 && !t.inText() && checkOf(t.kind) != nil {
		why = append(why, estate.Reason{Rule: "checksum", Detail: fmt.Sprintf("%d of %d values pass the rules of %s", t.wellFormed, t.values, t.kind), Count: t.wellFormed})
	}
	return append(why, it.codeReasons(t)...)
}

// maxReasons bounds how many rows of a table one explanation names.
const maxReasons = 12

// codeReasons names the rows of the table of codes that graded, the most frequent first.
func (it *Item) codeReasons(t *tally) []estate.Reason {
	rows := make([]int32, 0, len(t.rows))
	for r := range t.rows {
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b int32) int {
		if t.rows[a] != t.rows[b] {
			return int(t.rows[b] - t.rows[a])
		}
		return int(a - b)
	})
	var why []estate.Reason
	for _, i := range rows[:min(len(rows), maxReasons)] {
		r := codes.Load().Row(i)
		why = append(why, estate.Reason{Rule: "code", Count: t.rows[i], Source: r.Source,
			Detail: fmt.Sprintf("%s %s (%s) %s %s, confidence %s", r.System, r.Code, r.Display, r.Strength, r.Class, r.Confidence)})
	}
	return why
}
