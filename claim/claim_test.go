package claim

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// person is somebody invented.
type person struct {
	mrn, ssn, family, given, birth, phone, email string
}

var (
	syllables = []string{"ba", "ren", "to", "ka", "lin", "mor", "sel", "dan", "vi", "hart", "os", "pel", "mar", "quin", "ster", "wood", "gar", "ley", "fen", "ru"}
	commons   = []string{"Smith", "Garcia", "Nguyen", "Johnson", "Lee", "Brown", "Patel", "Kim"}
	givens    = []string{"James", "Maria", "Wei", "Aisha", "Robert", "Linda", "Olga", "David", "Emma", "Noah", "Sofia", "Liam"}
)

func invent(r *rand.Rand) person {
	family := commons[r.IntN(len(commons))]
	if r.IntN(4) > 0 {
		family = strings.ToUpper(syllables[r.IntN(20)][:1]) + syllables[r.IntN(20)] + syllables[r.IntN(20)] + syllables[r.IntN(20)]
	}
	given := givens[r.IntN(len(givens))]
	return person{mrn: fmt.Sprint(100000 + r.IntN(900000)), ssn: fmt.Sprintf("%03d-%02d-%04d", 100+r.IntN(560), 1+r.IntN(99), 1+r.IntN(9999)), family: family, given: given,
		birth: fmt.Sprintf("%04d-%02d-%02d", 1930+r.IntN(80), 1+r.IntN(12), 1+r.IntN(28)), phone: fmt.Sprintf("(%03d) %03d-%04d", 201+r.IntN(700), 556+r.IntN(400), r.IntN(10000)),
		email: fmt.Sprintf("%s.%s%d@example.org", given, family, r.IntN(10000))}
}

func (p *person) identity() *record.Identity {
	return &record.Identity{IDs: []record.ID{{Kind: phi.MRN, Value: []byte(p.mrn)}, {Kind: phi.SSN, Value: []byte(p.ssn)}}, Family: []byte(p.family),
		Given: []byte(p.given), Birth: []byte(p.birth), Phone: []byte(p.phone), Email: []byte(p.email)}
}

// columns is what a thief's export keeps of a person: some columns, in another form, with a fault now and then.
func (p *person) columns(r *rand.Rand, keep int) []string {
	day, _ := time.Parse(time.DateOnly, p.birth)
	birth := day.Format([]string{"01/02/2006", "2006-01-02", "20060102", "2-Jan-2006", "January 2, 2006", "02/01/2006"}[r.IntN(6)])
	name := []string{p.given + " " + p.family, strings.ToUpper(p.family + ", " + p.given), p.family + " " + p.given}[r.IntN(3)]
	if r.IntN(50) == 0 { // misspelt
		name = strings.Replace(name, "a", "e", 1)
	}
	digits := strings.NewReplacer("-", "", "(", "", ")", "", " ", "")
	switch keep {
	case 0:
		return []string{name, birth}
	case 1:
		return []string{p.mrn, name, "F", "CA"}
	case 2:
		return []string{digits.Replace(p.ssn), birth, p.mrn}
	case 3:
		return []string{name, digits.Replace(p.phone), "Fresno"}
	case 4:
		return []string{strings.ToUpper(p.email), p.given}
	}
	return []string{p.mrn, p.family, p.given, birth, p.ssn, p.phone, p.email}
}

// world is an estate of repositories that share people, with an earlier version of each item.
type world struct {
	key   fingerprint.Key
	repos [][]person // those that stand
	gone  [][]person // those that only the earlier version had
	sets  []func(*Test)
}

var began, renewed = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func newWorld(r *rand.Rand, repos, people int) *world {
	w := &world{key: fingerprint.NewKey()}
	shared := make([]person, people*2)
	for i := range shared {
		shared[i] = invent(r)
	}
	for i := range repos {
		n := people/4 + r.IntN(people)
		var own, gone []person
		for range n {
			if p := invent(r); r.IntN(5) < 3 {
				own = append(own, p)
			} else {
				own = append(own, shared[r.IntN(len(shared))])
			}
		}
		for range n / 5 {
			gone = append(gone, invent(r))
		}
		w.repos, w.gone = append(w.repos, own), append(w.gone, gone)
		name := fmt.Sprintf("s3://bucket-%03d", i)
		w.keep(Version{Repository: name, Item: "patients.csv", Number: int64(2 * i), From: began, To: renewed}, own[len(own)/10:], gone)
		w.keep(Version{Repository: name, Item: "patients.csv", Number: int64(2*i + 1), From: renewed}, own)
	}
	return w
}

func (w *world) keep(v Version, people ...[]person) {
	m := w.key.Marker(v.Repository)
	var traces estate.Traces
	for _, group := range people {
		for i := range group {
			for _, t := range m.Traces(group[i].identity()) {
				traces.Add(t.Trace)
			}
		}
	}
	for _, s := range traces.Close() {
		w.sets = append(w.sets, func(t *Test) { t.Segment(v, s) })
	}
}

// sample draws people and writes them as a thief would.
func (w *world) sample(r *rand.Rand, keep int, groups ...[]person) *Sample {
	g := w.key.Marker("").Guess()
	s := &Sample{}
	for _, people := range groups {
		for i := range people {
			g.Begin()
			for _, v := range people[i].columns(r, keep) {
				g.Add([]byte(v))
			}
			if err := s.Add(g.Name(), g.Traces()); err != nil {
				panic(err)
			}
		}
	}
	return s
}

func (w *world) test(s *Sample, leak *Sample) Result {
	t := NewTest(s)
	for _, set := range w.sets {
		set(t)
	}
	return t.Result(leak)
}

func draw(r *rand.Rand, from []person, n int) (out []person) {
	for _, i := range r.Perm(len(from))[:n] {
		out = append(out, from[i])
	}
	return out
}

// TestAThousandSamples is the bar: the right repository first in 99 % of samples of 20 records, a foreign sample attributed at most once in
// a thousand, the interval right.
func TestAThousandSamples(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 11))
	w := newWorld(r, 200, 150)
	const each = 1000
	right, interval, drawn := 0, 0, 0
	for i := range each {
		repo := r.IntN(len(w.repos))
		people, from, to := draw(r, w.repos[repo], 20), renewed, time.Time{}
		if i%3 == 0 { // an old copy
			people = append(draw(r, w.repos[repo][len(w.repos[repo])/10:], 12), draw(r, w.gone[repo], min(8, len(w.gone[repo])))...)
			from, to = began, renewed
		} else {
			people = append(people[:10], draw(r, w.repos[repo][:len(w.repos[repo])/10], min(3, len(w.repos[repo])/10))...) // some who came late
		}
		got := w.test(w.sample(r, i%6, people), nil)
		drawn++
		if len(got.Matches) > 0 && got.Matches[0].Repository == fmt.Sprintf("s3://bucket-%03d", repo) && got.Verdict == Ours {
			right++
			m := got.Matches[0]
			if m.From.Equal(from) && (m.To == nil) == to.IsZero() && (m.To == nil || m.To.Equal(to)) {
				interval++
			}
		} else if right > drawn-5 {
			t.Logf("a sample of columns %d out of %d: %s, %s", i%6, repo, got.Verdict, got.Why)
		}
	}
	if right < drawn*99/100 || interval < right*99/100 {
		t.Errorf("of %d samples %d were told right, and of those %d their interval", drawn, right, interval)
	}
	wrong := 0
	for i := range each {
		var strangers []person
		for range 20 {
			strangers = append(strangers, invent(r))
		}
		if got := w.test(w.sample(r, i%6, strangers), nil); got.Verdict == Ours || got.Verdict == Mixed {
			wrong++
			t.Logf("a stranger's sample of columns %d: %s, %s", i%6, got.Verdict, got.Why)
		}
	}
	if wrong > each/1000 {
		t.Errorf("%d of %d foreign samples are called ours", wrong, each)
	}
}

func TestSamplesOfSeveralSourcesAreToldApart(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	w := newWorld(r, 20, 150)
	strangers := func(n int) (out []person) {
		for range n {
			out = append(out, invent(r))
		}
		return out
	}
	leaked := strangers(50)
	leak := w.sample(r, 5, leaked)
	for name, c := range map[string]struct {
		sample *Sample
		want   string
		why    string
	}{
		"two of ours":        {w.sample(r, 5, draw(r, w.repos[3], 10), draw(r, w.repos[8], 10)), Mixed, "out of 2 repositories"},
		"ours and strangers": {w.sample(r, 5, draw(r, w.repos[3], 10), strangers(10)), Mixed, "were not met anywhere"},
		"an older leak":      {w.sample(r, 0, draw(r, leaked, 20)), NotFound, "of them were public before"},
		"too little":         {w.sample(r, 1, draw(r, w.repos[3], 1), strangers(1)), Undecided, "too little"},
		"nothing":            {&Sample{}, Undecided, "names a person"},
	} {
		got := w.test(c.sample, leak)
		if got.Verdict != c.want || !strings.Contains(got.Why, c.why) {
			t.Errorf("%s: %s, %s", name, got.Verdict, got.Why)
		}
	}
}

func TestASampleIsBoundedAndRepeatedRecordsCountOnce(t *testing.T) {
	var s Sample
	traces := []fingerprint.Traced{{Kind: fingerprint.TraceEmail, Trace: 7}}
	var err error
	for i := 0; err == nil; i++ {
		err = s.Add(uint64(i), traces)
		if e := s.Add(uint64(i), traces); err == nil && e != nil && s.Records() < MaxRecords {
			t.Fatal(e)
		}
	}
	if err != ErrFull || s.Records() != MaxRecords || s.doubles < MaxRecords-1 {
		t.Errorf("%v after %d records, %d repeated", err, s.Records(), s.doubles)
	}
}

func TestTheTailOfPoisson(t *testing.T) {
	for _, c := range []struct {
		k          int
		mean, want float64
	}{{1, 0.001, 0.0009995}, {3, 1, 0.0803014}, {20, 0.5, 2.435e-25}, {1, 0, 0}, {5, 50, 1}} {
		if got := poissonTail(c.k, c.mean); got < c.want*0.98-1e-30 || got > c.want*1.02+1e-30 {
			t.Errorf("P(X >= %d | %g) = %g, want %g", c.k, c.mean, got, c.want)
		}
	}
}

func BenchmarkSampleOf20(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var sets []estate.Segment
	total := 0
	for total < 100_000_000 {
		var traces estate.Traces
		for range 1 << 19 {
			traces.Add(r.Uint64())
		}
		for _, s := range traces.Close() {
			sets = append(sets, bytes.Clone(s))
			total += s.Len()
		}
	}
	w := &world{key: fingerprint.NewKey()}
	var people []person
	for range 20 {
		people = append(people, invent(r))
	}
	s := w.sample(r, 5, people)
	for b.Loop() {
		t := NewTest(s)
		for i, set := range sets {
			t.Segment(Version{Repository: fmt.Sprint(i % 200), Number: int64(i)}, set)
		}
		t.Result(nil)
	}
	size := 0
	for _, s := range sets {
		size += len(s)
	}
	b.ReportMetric(float64(total), "traces")
	b.ReportMetric(float64(size)/1e6, "MB")
}
