package claim

import "fmt"

// What it takes to say something. A single record is a coincidence too easily; what explains less than an eighth of a sample is no
// source of it, however sure its records are.
const (
	leastRecords = 2
	sourceShare  = 1.0 / 8
	oursShare    = 0.5
	sureBound    = 1e-4
)

// judge finds the verdict.
func (r *Result) judge() {
	sources := 0
	explained := 0
	for i := range r.Matches {
		m := &r.Matches[i]
		if m.sure() && m.Added >= leastRecords && float64(m.Added) >= sourceShare*float64(r.Sample) {
			m.Source = true
			sources++
			explained += m.Added
		}
	}
	share := 0.0
	if r.Sample > 0 {
		share = float64(explained) / float64(r.Sample)
	}
	switch {
	case r.Sample == 0:
		r.Verdict, r.Why = Undecided, "nothing in the sample names a person in a way that could be met again"
	case sources > 1:
		r.Verdict, r.Why = Mixed, fmt.Sprintf("%d of %d people are ours, out of %d repositories", explained, r.Sample, sources)
	case sources == 1 && share >= oursShare && r.Sample-r.Explained < max(leastRecords+1, r.Sample/4):
		r.Verdict, r.Why = Ours, fmt.Sprintf("%d of %d people are in %s", r.Matches[0].Matched, r.Sample, r.Matches[0].Repository)
	case sources == 1:
		r.Verdict, r.Why = Mixed, fmt.Sprintf("%d of %d people are in %s, and %d were not met anywhere", r.Matches[0].Matched, r.Sample, r.Matches[0].Repository, r.Sample-r.Explained)
	case r.Explained == 0 || r.Sample >= 8 && float64(r.Explained) <= sourceShare*float64(r.Sample):
		r.Verdict, r.Why = NotFound, fmt.Sprintf("of %d people %s where traces were kept; that proves nothing of what keeps none", r.Sample, met(r.Explained))
	default:
		r.Verdict, r.Why = Undecided, fmt.Sprintf("%d of %d people were met, which is too little to say", r.Explained, r.Sample)
	}
	if r.Elsewhere > 0 {
		r.Why += fmt.Sprintf("; %d of them were public before, in a known leak", r.Elsewhere)
	}
}

// sure tells whether a match is no coincidence.
func (m *Match) sure() bool {
	return m.Bound <= sureBound && (m.Matched > m.Faint || m.Matched >= 4*leastRecords)
}

func met(n int) string {
	switch n {
	case 0:
		return "nobody was met"
	case 1:
		return "one was met, as a stranger of the same name and day of birth may be,"
	}
	return fmt.Sprintf("%d were met, as strangers of the same names and days of birth may be,", n)
}
