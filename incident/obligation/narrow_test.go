package obligation

import (
	"maps"
	"slices"
	"testing"

	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/phi"
	"pgregory.net/rapid"
)

// interval draws a number with bounds, near the thresholds of the laws more often than not.
func interval(t *rapid.T, label string) incident.Interval {
	near := rapid.OneOf(rapid.SampledFrom([]int64{0, 1, 49, 50, 249, 250, 251, 499, 500, 501, 1000, 1001, 5001, 10001}), rapid.Int64Range(0, 20000))
	low := near.Draw(t, label+" low")
	if rapid.IntRange(0, 5).Draw(t, label+" open") == 0 {
		return incident.Interval{Low: low, High: -1}
	}
	return incident.Interval{Low: low, High: low + near.Draw(t, label+" span")}
}

// anyFacts draws facts that contradict nothing.
func anyFacts(t *rapid.T) incident.Facts {
	f := incident.Facts{Discovered: "2026-03-02", States: map[string]incident.Interval{}, Total: incident.Unbounded}
	f.Entity = rapid.SampledFrom(entities).Draw(t, "entity")
	f.Encrypted = rapid.SampledFrom([]string{"no", "unknown", "yes_key_safe", "yes_key_reached"}).Draw(t, "encrypted")
	f.RiskOfHarm = rapid.SampledFrom([]string{"unknown", "low", "not_low"}).Draw(t, "risk")
	for _, b := range []*bool{&f.Part2, &f.Health, &f.Public} {
		*b = rapid.Bool().Draw(t, "bool")
	}
	f.Licensed = rapid.SliceOfDistinct(rapid.SampledFrom([]string{"CA", "NY"}), rapid.ID).Draw(t, "licensed")
	if rapid.Bool().Draw(t, "kinds known") {
		f.Kinds = someKinds(t)
	}
	low, high := int64(0), int64(0)
	for _, s := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"CA", "AR", "ND", "DC", "NY", "TX", "VT", "GU", "SD"}), 0, 4, rapid.ID).Draw(t, "states") {
		n := interval(t, s)
		f.States[s] = n
		low += n.Low
		if high += n.High; n.High < 0 {
			high = -1 << 40
		}
	}
	if high >= 0 && rapid.Bool().Draw(t, "total") {
		f.Total = incident.Interval{Low: low, High: high + rapid.SampledFrom([]int64{0, 0, 3, 600}).Draw(t, "elsewhere")}
	}
	return f
}

func someKinds(t *rapid.T) []string {
	return rapid.SliceOfDistinct(rapid.SampledFrom([]string{"name", "ssn", "mrn", "health_plan_id", "account", "license", "biometric", "date_of_birth", "email"}), rapid.ID).Draw(t, "kinds")
}

func inside(t *rapid.T, n incident.Interval, label string) incident.Interval {
	span := int64(30000)
	if n.High >= 0 {
		span = n.High - n.Low
	}
	a := rapid.Int64Range(0, span).Draw(t, label)
	return incident.Interval{Low: n.Low + a, High: n.Low + rapid.Int64Range(a, span).Draw(t, label+" high")}
}

// narrow makes some facts more certain. Risk of harm is left alone: a finding does not narrow what is presumed, it rebuts it.
func narrow(t *rapid.T, f incident.Facts) incident.Facts {
	f.States = maps.Clone(f.States)
	some := func(label string) bool { return rapid.Bool().Draw(t, "narrow "+label) }
	if f.Encrypted == "unknown" && some("encrypted") {
		f.Encrypted = rapid.SampledFrom([]string{"no", "yes_key_safe", "yes_key_reached"}).Draw(t, "encrypted")
	}
	if len(f.Kinds) == 0 && some("kinds") {
		f.Kinds = someKinds(t)
	}
	if some("total") {
		f.Total = inside(t, f.Total, "total")
	}
	for _, s := range slices.Sorted(maps.Keys(f.States)) {
		if some(s) {
			f.States[s] = inside(t, f.States[s], s)
		}
	}
	return f
}

// TestNarrowingNeverTurnsOneCertaintyIntoTheOther: what is due stays due, and what is not due is never due, when more is known. Only for a
// State that was not named may "none live there" become open again: when the numbers no longer leave everybody room in those that are.
func TestNarrowingNeverTurnsOneCertaintyIntoTheOther(t *testing.T) {
	b := shipped(t)
	rapid.Check(t, func(t *rapid.T) {
		before := anyFacts(t)
		after := narrow(t, before)
		if before.Check() != nil || after.Check() != nil {
			t.Skip("the facts contradict each other")
		}
		was, is := b.Duties(&before), b.Duties(&after)
		for i := range was {
			if was[i].Status == Contingent || was[i].Status == is[i].Status {
				continue
			}
			named := func() bool { _, ok := before.States[was[i].Jurisdiction]; return ok }
			if was[i].Status == NotDue && is[i].Status == Contingent && phi.ParseState(was[i].Jurisdiction) != 0 && !named() {
				continue
			}
			t.Fatalf("%s was %s (%s) and is %s (%s)", was[i].Rule, was[i].Status, was[i].Because, is[i].Status, is[i].Because)
		}
	})
}

// TestContingentNamesWhatIsOpen: the deciding fact is one that is open, and only contingent rules have one.
func TestContingentNamesWhatIsOpen(t *testing.T) {
	b := shipped(t)
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts(t)
		if f.Check() != nil {
			t.Skip("the facts contradict each other")
		}
		for _, d := range b.Duties(&f) {
			open := map[Maybe]bool{"encrypted": f.Encrypted == "unknown", "kinds": len(f.Kinds) == 0, "risk_of_harm": f.RiskOfHarm == "unknown",
				"total": f.Total.High != f.Total.Low, "states": true, "materiality": f.Public, "contact_details": true, "ocabr_direction": true}
			n, named := f.States[d.Jurisdiction]
			open[Maybe("states."+d.Jurisdiction)] = !named || n.Low != n.High
			for s, n := range f.States {
				if s != d.Jurisdiction {
					open[Maybe("states."+s)] = n.Low != n.High
				}
			}
			if (d.Status == Contingent) != (d.Deciding != "") || d.Deciding != "" && !open[d.Deciding] {
				t.Fatalf("%s is %s and names %q", d.Rule, d.Status, d.Deciding)
			}
			if d.Status == NotDue && d.Conservative+d.Determined != "" {
				t.Fatalf("%s is not due, and by %s", d.Rule, d.Conservative)
			}
		}
	})
}

// BenchmarkMatrix weighs every rule, for 54 jurisdictions with people in each.
func BenchmarkMatrix(b *testing.B) {
	book := shipped(b)
	f := incident.Facts{Entity: "covered_entity", Discovered: "2026-11-20", States: map[string]incident.Interval{}, Total: incident.Unbounded,
		Kinds: []string{"name", "ssn", "mrn"}, Health: true, Encrypted: "unknown", RiskOfHarm: "unknown", Licensed: []string{"CA", "NY"}, Part2: true, Public: true}
	for _, versions := range book.rules {
		if j := versions[0].Jurisdiction; phi.ParseState(j) != 0 {
			f.States[j] = incident.Interval{Low: 400, High: 1200}
		}
	}
	for b.Loop() {
		book.Duties(&f)
	}
}
