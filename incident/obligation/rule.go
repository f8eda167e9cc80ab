package obligation

import (
	"slices"
	"strings"
)

// Rule is one version of one rule: who must tell whom what, when, by which law. Its fields are the columns of rules.csv, which
// docs/obligations.md explains. What the engine decides on is structured; the rest is said to people.
type Rule struct {
	ID           string    // jurisdiction/regime/recipient; versions of one rule share it
	Jurisdiction string    // US, a State or territory by its USPS code, or any other word
	Regime       string    // HIPAA, state breach law, ...
	Trigger      string    // in words
	Recipient    string    // who is told
	Binds        []string  // the entities that it binds; none = all, "nobody" = none of the three that the facts know
	Needs        string    // what must be so besides: part2, public_company, licensed_facility, written_statement, oral_statement
	Data         []string  // any; phi; or the elements, one of which must be concerned: kinds of phi, and medical
	Clause       string    // what the law says of those who are under HIPAA
	Excused      []string  // the entities that the clause excuses from this rule, as far as the data is PHI
	Gate         string    // gate: a finding of low risk ends it; none: it does not; withheld: only such a finding makes it due
	SafeHarbour  bool      // data that was encrypted, with a key that is safe, is none that was breached
	Population   string    // whom the thresholds count: residents, individuals, individuals_if_residents, residents_of_one; "" = nobody
	Over         Threshold // at least so many
	HIPAAOver    Threshold // in its place for PHI of those under HIPAA, where the law says so
	Under        Threshold // fewer than At
	Also         string    // what decides besides, and is in no facts: materiality, contact_details, ...
	Deadline     int       // in units; 0 = the law names no number
	Unit         string    // calendar_days, business_days, hours, years, or an order in words
	Starts       string    // the fact or act that starts the clock
	StartsWords  string    // the same as the law has it
	Delayed      bool      // a statement of law enforcement moves its date
	Enabled      bool
	Citation     string
	Note         string
	Confidence   string // high, medium, low
	AsOf         string // the newest source in which it was seen so: YYYY-MM
	Basis        string // what it rests on
	From, To     string // the days between which it is in force, both included: YYYY-MM-DD; "" = no bound
}

// Threshold is a number of people: At or more for a lower bound, fewer than At for an upper one. The zero Threshold is none.
type Threshold struct {
	At   int64
	Text string // as it was written: >500
}

// words says a lower bound.
func (t Threshold) words() string {
	if t.At == 1 {
		return "one is enough"
	}
	if n, more := strings.CutPrefix(t.Text, ">"); more && !strings.HasPrefix(n, "=") {
		return "more than " + number(t.At-1) + " are needed"
	}
	return number(t.At) + " or more are needed"
}

// inForce tells whether the version is the law on a day.
func (r *Rule) inForce(day string) bool { return r.From <= day && (r.To == "" || day <= r.To) }

// The words that the columns may hold.
var (
	entities    = []string{"covered_entity", "business_associate", "phr_vendor"}
	needs       = []string{"", "part2", "public_company", "licensed_facility", "written_statement", "oral_statement"}
	clauses     = []string{"none", "content", "exempt", "deemed", "deemed_health_only", "deemed+ag", "regulator"}
	gates       = []string{"gate", "none", "withheld"}
	populations = []string{"", "residents", "individuals", "individuals_if_residents", "residents_of_one"}
	confidences = []string{"high", "medium", "low"}
)

// clockStarts are the starts that both clocks stand for: the conservative one takes the day on which anybody knew for each of them, the
// determined one the day of the recorded decision.
var clockStarts = []string{"discovery", "determination", "confirmation", "detection", "awareness", "year_end"}

// acts are the starts that are acts of somebody: until they are done there is no date.
var acts = map[string]string{
	"individual_notice":     "notice to the individuals",
	"hhs_notice":            "notice to HHS",
	"materiality":           "the determination that the incident is material",
	"no_harm_determination": "the determination that there is no risk of harm",
	"decision_to_notify":    "the decision to notify",
	"payment":               "the payment",
	"record":                "the making of each record",
	"agreement":             "what the agreement names",
}

// units are the deadlines, and how they read; those with %d need a number.
var units = map[string]string{
	"calendar_days":                    "%d calendar days from %s",
	"business_days":                    "%d business days from %s",
	"hours":                            "%d hours from %s",
	"years":                            "%d years from %s",
	"calendar_days_after_year_end":     "%d days after the end of the year",
	"not_later_than_individual_notice": "not later than notice to the individuals",
	"same_time_as_individual_notice":   "at the same time as notice to the individuals",
	"before_individual_notice":         "before notice to the individuals",
	"before_no_harm_determination":     "before the determination of no harm is relied on",
	"with_determination":               "with the determination of no harm",
	"without_unreasonable_delay":       "without unreasonable delay",
	"as_soon_as_practicable":           "as soon as practicable",
	"as_soon_as_possible":              "as soon as possible",
	"as_expeditiously_as_possible":     "as expeditiously as possible",
	"as_stated_in_writing":             "as long as the statement says",
	"voluntary":                        "voluntary",
	"per_contract":                     "as the contract says",
	"no_statute_found":                 "no statute was found",
}

// deadlineWords say when it is due.
func (r *Rule) deadlineWords() string {
	form := units[r.Unit]
	if !strings.Contains(form, "%d") {
		return form
	}
	words := strings.Replace(form, "%d", number(int64(r.Deadline)), 1)
	if r.Starts == "year_end" {
		return words
	}
	from := acts[r.Starts]
	if from == "" {
		from = r.Starts
	}
	return strings.Replace(words, "%s", from, 1)
}

// onClock tells whether the two clocks start it.
func (r *Rule) onClock() bool { return slices.Contains(clockStarts, r.Starts) }
