package incident

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/chartroom/chartroom/phi"
)

// maxFacts is how long facts may be, in bytes.
const maxFacts = 1 << 20

// ReadFacts reads facts from JSON: one object with the keys of Facts. Entity and discovered must be said. What else is not said is not known:
// States and total have no bounds, encrypted and risk_of_harm are unknown, health is true as PHI is presumed; what an organisation knows
// of itself (part2, public_company, licensed_facility_states, law_enforcement_delay) is as it mostly is: no. Unknown and repeated keys,
// unknown words, impossible days and facts that contradict each other are refused, with the key named.
func ReadFacts(in io.Reader) (Facts, error) {
	text, err := io.ReadAll(io.LimitReader(in, maxFacts+1))
	if err != nil {
		return Facts{}, fmt.Errorf("read the facts: %w", err)
	}
	if len(text) > maxFacts {
		return Facts{}, fmt.Errorf("the facts are longer than %d MiB, which no facts are", maxFacts>>20)
	}
	f := Facts{States: map[string]Interval{}, Total: Unbounded, Health: true, Encrypted: "unknown", RiskOfHarm: "unknown"}
	keys, err := members(text)
	if err != nil {
		return Facts{}, fmt.Errorf("the facts are no JSON object: %w", err)
	}
	for _, m := range keys {
		if err := f.set(m.name, m.value); err != nil {
			return Facts{}, fmt.Errorf("fact %s: %w", clip(m.name), err)
		}
	}
	return f, f.Check()
}

// member is one member of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

// members gives the members of an object in their order. A name that is there twice, and anything after the object, is an error.
func members(text []byte) ([]member, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.Join(err, errors.New("it does not begin with {"))
	}
	var out []member
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		m := member{name: t.(string)} // a name, as the decoder makes sure
		if seen[m.name] {
			return nil, fmt.Errorf("%q is there twice", clip(m.name))
		}
		seen[m.name] = true
		if err := d.Decode(&m.value); err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something stands after it")
	}
	return out, nil
}

// set sets one fact.
func (f *Facts) set(name string, value json.RawMessage) error {
	field := map[string]any{"entity": &f.Entity, "part2": &f.Part2, "discovered": &f.Discovered, "determined": &f.Determined,
		"total": &f.Total, "kinds": &f.Kinds, "health": &f.Health, "encrypted": &f.Encrypted, "public_company": &f.Public,
		"licensed_facility_states": &f.Licensed, "risk_of_harm": &f.RiskOfHarm, "law_enforcement_delay": &f.Delay}[name]
	if name == "states" {
		return f.setStates(value)
	}
	if field == nil {
		return fmt.Errorf("there is no such fact; they are %s, determined", strings.Join(FactNames(), ", "))
	}
	d := json.NewDecoder(bytes.NewReader(value))
	d.DisallowUnknownFields()
	if err := d.Decode(field); err != nil {
		return asFact(err)
	}
	return nil
}

// asFact says what an error of the decoder means, without the names of this program's types.
func asFact(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if wrong.Field != "" {
		return fmt.Errorf("its %s is a %s, which does not fit", wrong.Field, wrong.Value)
	}
	return fmt.Errorf("a %s does not fit", wrong.Value)
}

func (f *Facts) setStates(value json.RawMessage) error {
	if string(value) == "null" {
		return nil
	}
	states, err := members(value)
	if err != nil {
		return err
	}
	for _, m := range states {
		st := phi.ParseState(m.name)
		if st == 0 {
			return fmt.Errorf("%q is no State: write its postal code; people whose State is not known are in the total only", clip(m.name))
		}
		if _, twice := f.States[st.String()]; twice {
			return fmt.Errorf("%s is there twice", st)
		}
		var n Interval
		if err := json.Unmarshal(m.value, &n); err != nil {
			return fmt.Errorf("%s: %w", st, asFact(err))
		}
		f.States[st.String()] = n
	}
	return nil
}

// Check tells what of the facts is no fact, or contradicts another.
func (f *Facts) Check() error {
	for _, w := range []struct {
		name, is string
		words    []string
	}{
		{"entity", f.Entity, []string{"covered_entity", "business_associate", "phr_vendor"}},
		{"encrypted", f.Encrypted, []string{"no", "yes_key_safe", "yes_key_reached", "unknown"}},
		{"risk_of_harm", f.RiskOfHarm, []string{"unknown", "low", "not_low"}},
	} {
		if !slices.Contains(w.words, w.is) {
			return fmt.Errorf("fact %s: %q is none of %s", w.name, clip(w.is), strings.Join(w.words, ", "))
		}
	}
	for _, k := range f.Kinds {
		if kind, ok := phi.ParseKind(k); !ok || kind == phi.None {
			return fmt.Errorf("fact kinds: no kind of identifier is called %q", clip(k))
		}
	}
	for _, s := range f.Licensed {
		if phi.ParseState(s).String() != s {
			return fmt.Errorf("fact licensed_facility_states: %q is no State: write its postal code in capitals", clip(s))
		}
	}
	if err := f.checkDays(); err != nil {
		return err
	}
	return f.checkCounts()
}

func (f *Facts) checkDays() error {
	if !isDay(f.Discovered) {
		return fmt.Errorf("fact discovered: a day is written as 2026-03-01, and %q is none", clip(f.Discovered))
	}
	if f.Determined != nil {
		if !isDay(*f.Determined) {
			return fmt.Errorf("fact determined: a day is written as 2026-03-01, and %q is none; null says that nothing was decided", clip(*f.Determined))
		}
		if *f.Determined < f.Discovered {
			return fmt.Errorf("fact determined: it was decided on %s, before the discovery on %s", *f.Determined, f.Discovered)
		}
	}
	d := f.Delay
	switch {
	case d == nil:
	case d.Until != "" && !isDay(d.Until):
		return fmt.Errorf("fact law_enforcement_delay: until: a day is written as 2026-03-01, and %q is none", clip(d.Until))
	case d.Stated != "" && !isDay(d.Stated):
		return fmt.Errorf("fact law_enforcement_delay: stated: a day is written as 2026-03-01, and %q is none", clip(d.Stated))
	case !d.Written && d.Until != "":
		return errors.New("fact law_enforcement_delay: an oral statement lasts 30 days from the day it was stated and names no day until; a written one says so: \"written\": true")
	case d.Stated == "" && d.Until == "":
		return errors.New("fact law_enforcement_delay: say on which day it was stated")
	case d.Stated != "" && d.Until != "" && d.Until < d.Stated:
		return fmt.Errorf("fact law_enforcement_delay: it ends on %s, before it was stated on %s", d.Until, d.Stated)
	}
	return nil
}

// isDay tells whether a text is a day of the years in which this law is.
func isDay(s string) bool {
	t, err := time.Parse(time.DateOnly, s)
	return err == nil && t.Year() >= 1996 && t.Year() <= 2200
}

// clip shortens what is shown of a text that should be a word.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

func (f *Facts) checkCounts() error {
	var low int64
	for s, n := range f.States {
		if phi.ParseState(s).String() != s {
			return fmt.Errorf("fact states: %q is no State: write its postal code in capitals", clip(s))
		}
		if err := n.valid(); err != nil {
			return fmt.Errorf("fact states: %s: %w", s, err)
		}
		low += n.Low
	}
	if err := f.Total.valid(); err != nil {
		return fmt.Errorf("fact total: %w", err)
	}
	if f.Total.High >= 0 && low > f.Total.High {
		return fmt.Errorf("fact total: at most %s people are concerned in all, and at least %s in the States that are named: one of the two is wrong", thousands(f.Total.High), thousands(low))
	}
	return nil
}
