package claim

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/chartroom/chartroom/estate"
)

// Version is one version of an item, whose traces a sample is held against.
type Version struct {
	Repository string
	Custodian  string
	Item       string
	Number     int64
	From       time.Time // the first survey that saw it
	To         time.Time // when a survey saw that it was no more; zero = it stands
}

// Test is a sample on its way through the traces of an estate.
type Test struct {
	sample *Sample
	traces []estate.Trace
	by     [][]asked
	repos  map[string]*repository
}

// repository is what was met in one.
type repository struct {
	name, custodian string
	versions        map[int64]*version
	segments, size  int // sets of traces that were asked, and traces in those that stand
}

// version is what was met in one version of an item.
type version struct {
	Version
	met  map[int32]way // by record
	size int           // traces of the version that were asked
}

// NewTest begins a test. Nothing may be added to the sample from now on.
func NewTest(s *Sample) *Test {
	t := &Test{sample: s, repos: map[string]*repository{}}
	t.traces, t.by = s.sorted()
	return t
}

// Segment asks a part of the traces of a version.
func (t *Test) Segment(of Version, set estate.Segment) {
	r := t.repos[of.Repository]
	if r == nil {
		r = &repository{name: of.Repository, custodian: of.Custodian, versions: map[int64]*version{}}
		t.repos[of.Repository] = r
	}
	r.segments++
	if of.To.IsZero() {
		r.size += set.Len()
	}
	v := r.versions[of.Number]
	if v == nil {
		v = &version{Version: of}
		r.versions[of.Number] = v
	}
	v.size += set.Len()
	set.Match(t.traces, func(i int) {
		if v.met == nil {
			v.met = map[int32]way{}
		}
		for _, a := range t.by[i] {
			v.met[a.record] |= a.way
		}
	})
}

// The verdicts.
const (
	Ours      = "ours"      // at least half of the sample is, and all of that out of one repository
	Mixed     = "mixed"     // parts of it come from different places, some of them ours
	NotFound  = "not_found" // nothing of it was met where traces were kept
	Undecided = "undecided" // too little says anything
)

// Result is what the test came to.
type Result struct {
	Verdict      string  `json:"verdict"`
	Why          string  `json:"why"` // in one sentence
	Matches      []Match `json:"matches"`
	Sample       int     `json:"people_in_sample"` // records that say something of a person, each once
	Repeated     int     `json:"records_repeated"`
	Explained    int     `json:"people_explained"` // by any of the matches
	Elsewhere    int     `json:"people_in_known_leaks"`
	Repositories int     `json:"repositories_asked"`
	Traces       int     `json:"traces_asked"`
}

// Match is a repository out of which the sample, or a part of it, may come; the likeliest first.
type Match struct {
	Repository string      `json:"repository"`
	Custodian  string      `json:"custodian"`
	Item       string      `json:"item"`          // the one that explains most
	From       *time.Time  `json:"snapshot_from"` // the sample was taken from what stood there from then
	To         *time.Time  `json:"snapshot_to"`   // until then; null = it still stands
	Matched    int         `json:"people_matched"`
	Sample     int         `json:"people_in_sample"`
	Faint      int         `json:"people_faint"`      // of the matched, those who were met by one number alone
	Added      int         `json:"people_added"`      // of the matched, those whom no likelier repository explains
	Bound      float64     `json:"false_match_bound"` // chance that as many strangers are met somewhere in the estate
	Source     bool        `json:"source"`            // the sample, or a part of it, comes from here
	Items      []ItemMatch `json:"items"`

	records map[int32]bool
	score   float64
}

// ItemMatch is what one item explains.
type ItemMatch struct {
	Item    string     `json:"item"`
	From    *time.Time `json:"snapshot_from"`
	To      *time.Time `json:"snapshot_to"`
	Matched int        `json:"people_matched"`

	size int
}

// Result judges what was met. Leaks are samples that were public before (--known-leak): who of them is in the sample.
func (t *Test) Result(leak *Sample) Result {
	out := Result{Sample: t.sample.records, Repeated: t.sample.doubles, Repositories: len(t.repos), Traces: len(t.traces), Matches: []Match{}}
	for _, name := range slices.Sorted(maps.Keys(t.repos)) {
		if m := t.match(t.repos[name]); m != nil {
			out.Matches = append(out.Matches, *m)
		}
	}
	out.Matches = explain(out.Matches)
	explained := map[int32]bool{}
	for _, m := range out.Matches {
		maps.Copy(explained, m.records)
	}
	out.Explained = len(explained)
	if leak != nil {
		out.Elsewhere = t.in(leak)
	}
	out.judge()
	return out
}

// isMet tells whether a record was met, and whether only faintly: by one number alone, which a stranger may have, too.
func isMet(w way) (met, faint bool) { return w != 0, w&pairs == 0 }

// match sums up what was met in a repository.
func (t *Test) match(r *repository) *Match {
	all := map[int32]way{}
	for _, v := range r.versions {
		for record, w := range v.met {
			all[record] |= w
		}
	}
	m := &Match{Repository: r.name, Custodian: r.custodian, Sample: t.sample.records, records: map[int32]bool{}}
	for record, w := range all {
		met, faint := isMet(w)
		if !met {
			continue
		}
		m.records[record] = true
		if faint {
			m.Faint++
		}
	}
	if m.Matched = len(m.records); m.Matched == 0 {
		return nil
	}
	m.Bound = t.bound(r, m)
	m.score = likelihood(m.Matched, m.Sample, r.size)
	m.Items = r.items(m.records)
	m.Item, m.From, m.To = m.Items[0].Item, m.Items[0].From, m.Items[0].To
	return m
}

// bound is the chance that so many of the sample's records would be met in any repository if none were ours: each trace that is asked
// of a set is met with estate.FalseHit, and numbers alone also by strangers who have the same.
func (t *Test) bound(r *repository, m *Match) float64 {
	expected := float64(len(t.sample.asked)) * float64(r.segments) * estate.FalseHit
	if m.Faint == m.Matched {
		// Nine digits alone: as many strangers are met as numbers of that length are taken.
		expected += float64(t.sample.records) * math.Min(1, float64(r.size)/1e9)
	}
	return math.Min(1, float64(len(t.repos))*poissonTail(m.Matched, expected))
}

// poissonTail is the chance of k or more where mean are expected (Poisson).
func poissonTail(k int, mean float64) float64 {
	if mean <= 0 {
		return 0
	}
	// The sum from k on: what comes first is the largest as soon as k is above the mean, as it is where the answer matters.
	logTerm := float64(k)*math.Log(mean) - mean
	lg, _ := math.Lgamma(float64(k) + 1)
	term, sum := math.Exp(logTerm-lg), 0.0
	for i := k; i < k+1000 && term > sum*1e-12; i++ {
		sum += term
		term *= mean / float64(i+1)
	}
	return math.Min(1, sum)
}

// noise is how often a record of ours is not met: a name misspelt, a number cut off.
const noise = 0.03

// likelihood is the logarithm of how likely a sample is drawn from a repository of a size: of two that hold all of it, the smaller one
// is likelier, as fewer of its people would have to be hit upon by chance.
func likelihood(matched, sample, size int) float64 {
	return float64(matched)*(math.Log(1-noise)-math.Log(float64(max(size, 1)))) + float64(sample-matched)*(math.Log(noise)-math.Log(1e10))
}

// items gives what each item explains, and between which surveys the version stood that explains most. Of two that explain as much the
// smaller one comes first: an extract rather than the master file that it was made of.
func (r *repository) items(records map[int32]bool) []ItemMatch {
	byItem := map[string]*ItemMatch{}
	versions := slices.SortedFunc(maps.Values(r.versions), func(a, b *version) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Number, b.Number)) })
	for _, v := range versions {
		n := 0
		for record, w := range v.met {
			if met, _ := isMet(w); met && records[record] {
				n++
			}
		}
		it := byItem[v.Item]
		switch {
		case n == 0:
			continue
		case it == nil || n > it.Matched:
			byItem[v.Item] = &ItemMatch{v.Item, instant(v.From), instant(v.To), n, v.size}
		case n == it.Matched: // as much in a later version: it may be from any of them
			it.To = instant(v.To)
		}
	}
	return slices.SortedFunc(func(yield func(ItemMatch) bool) {
		for _, it := range byItem {
			if !yield(*it) {
				return
			}
		}
	}, func(a, b ItemMatch) int {
		return cmp.Or(cmp.Compare(b.Matched, a.Matched), cmp.Compare(a.size, b.size), cmp.Compare(a.Item, b.Item))
	})
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// explain puts the likeliest repository first, then the one that is likeliest for what is left, and so on. Those that add nothing
// follow, as others where the same people are.
func explain(matches []Match) []Match {
	left, out := matches, []Match{}
	explained := map[int32]bool{}
	for len(left) > 0 {
		best, added := -1, 0
		for i := range left {
			n := 0
			for record := range left[i].records {
				if !explained[record] {
					n++
				}
			}
			better := best < 0 || n > 0 && added == 0
			if !better && (n > 0) == (added > 0) {
				better = gain(&left[i], n) > gain(&left[best], added)
			}
			if better {
				best, added = i, n
			}
		}
		m := left[best]
		m.Added = added
		maps.Copy(explained, m.records)
		out = append(out, m)
		left = slices.Delete(left, best, best+1)
	}
	return out
}

// gain is how much likelier the sample is with a repository as its source for n records that nothing explains yet.
func gain(m *Match, n int) float64 {
	if m.Matched == 0 {
		return 0
	}
	if n == 0 {
		return m.score
	}
	perRecord := (m.score - float64(m.Sample-m.Matched)*(math.Log(noise)-math.Log(1e10))) / float64(m.Matched)
	return float64(n) * (perRecord - math.Log(noise) + math.Log(1e10))
}

// in counts the records that another sample knows, too.
func (t *Test) in(leak *Sample) int {
	known := make(map[estate.Trace]bool, len(leak.asked))
	for _, a := range leak.asked {
		known[a.trace] = true
	}
	met := map[int32]way{}
	for _, a := range t.sample.asked {
		if known[a.trace] {
			met[a.record] |= a.way
		}
	}
	n := 0
	for _, w := range met {
		if is, _ := isMet(w); is {
			n++
		}
	}
	return n
}
