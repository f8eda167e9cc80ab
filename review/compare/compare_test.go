package compare

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/estate"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func people(n int) estate.Count {
	return estate.Count{Estimate: int64(n), Low: int64(n), High: int64(n)}
}

// made is an estate that is known all through: each repository holds people of its own.
type made struct {
	*Subject
	size map[string]int
}

// finish lets the subject count its people.
func (m made) finish() made {
	m.Count = func(repositories []string) (out estate.Count, err error) {
		n := 0
		for _, r := range repositories {
			n += m.size[r]
		}
		return people(n), nil
	}
	return m
}

func (m made) whole() (n int) {
	for _, s := range m.size {
		n += s
	}
	return n
}

// sound makes an estate without a fault, of a size.
func sound(t *rapid.T, name string, scale int) made {
	m := made{&Subject{Custodian: name, At: noon, Took: time.Second}, map[string]int{}}
	seen := noon.Add(-time.Duration(rapid.IntRange(1, 20).Draw(t, "hours")) * time.Hour)
	for i := range rapid.IntRange(2, 6).Draw(t, "repositories") {
		r := fmt.Sprintf("s3://%s-%d", strings.ToLower(name), i)
		m.size[r] = scale * rapid.IntRange(10, 1000).Draw(t, "people")
		m.Repositories = append(m.Repositories, Repository{Name: r, PHI: true, Seen: &seen, Items: 100, Readers: true, Registered: State{Yes, "x"}, OutOfReach: State{Yes, "x"}, Open: State{No, "x"}})
	}
	for i := range rapid.IntRange(1, 9).Draw(t, "footholds") {
		n := people(max(1, m.whole()*rapid.IntRange(1, 30).Draw(t, "percent")/100))
		m.Footholds = append(m.Footholds, Foothold{ID: fmt.Sprint(i), Person: true, MFA: "phishing_resistant", People: n, Most: n})
	}
	return m.finish()
}

// faulty is the same estate with a fault in each measure, and another number of people.
func (m made) faulty(t *rapid.T, name string, scale int) made {
	out := made{&Subject{Custodian: name, At: m.At, Took: time.Second}, map[string]int{}}
	older := m.Repositories[0].Seen.Add(-time.Duration(rapid.IntRange(2, 200).Draw(t, "older")) * time.Hour)
	bad := func(i int) bool { return i == 0 || rapid.Bool().Draw(t, "bad") }
	for i, r := range m.Repositories {
		out.size[r.Name] = m.size[r.Name] * scale
		r.Seen, r.Gaps = &older, int64(rapid.IntRange(1, 9).Draw(t, "gaps"))
		if bad(i) {
			r.Registered = State{No, "y"}
		}
		if bad(i) {
			r.OutOfReach = State{No, "y"}
		}
		if bad(i) {
			r.Open = State{Yes, "y"}
		}
		out.Repositories = append(out.Repositories, r)
	}
	for i, f := range m.Footholds {
		n := people(int(f.People.Estimate)*scale + out.whole()/10*rapid.IntRange(1, 6).Draw(t, "wider"))
		f.People, f.Most = n, n
		if bad(i) {
			f.MFA = rapid.SampledFrom([]string{"none", "sms"}).Draw(t, "mfa")
		}
		out.Footholds = append(out.Footholds, f)
	}
	return out.finish()
}

// scaled is the same estate with so many times the people.
func (m made) scaled(name string, by int) made {
	s := *m.Subject
	out := made{&s, map[string]int{}}
	s.Custodian, s.Footholds = name, slices.Clone(m.Footholds)
	for r, n := range m.size {
		out.size[r] = n * by
	}
	for i := range s.Footholds {
		f := &s.Footholds[i]
		f.People, f.Most = people(int(f.People.Estimate)*by), people(int(f.Most.Estimate)*by)
	}
	return out.finish()
}

func sides(t interface{ Fatal(...any) }, judged, against made) Comparison {
	a, err := Measures(judged.Subject)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Measures(against.Subject)
	if err != nil {
		t.Fatal(err)
	}
	return Compare(a, b)
}

func TestTheBetterOneIsNeverWorse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		good := sound(t, "Meridian", rapid.IntRange(1, 50).Draw(t, "size"))
		bad := good.faulty(t, "Lakeside", rapid.IntRange(1, 50).Draw(t, "other size"))
		for _, r := range sides(t, good, bad).Rows {
			if r.Verdict != Better {
				t.Errorf("%s: %s", r.Verdict, r.Sentence)
			}
		}
		c := sides(t, bad, good)
		for _, r := range c.Rows {
			if r.Verdict != Worse {
				t.Errorf("%s: %s", r.Verdict, r.Sentence)
			}
		}
		bigger := bad.whole() > good.whole()
		if !c.Decided || bigger != strings.Contains(c.Decision, "scale and not maturity") && bad.whole() != good.whole() {
			t.Error(c.Decision)
		}
	})
}

func TestSizeIsNoFault(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		small := sound(t, "Lakeside", 1)
		if rapid.Bool().Draw(t, "faulty") {
			small = small.faulty(t, "Lakeside", 1)
		}
		c := sides(t, small.scaled("Meridian", rapid.IntRange(1, 1000).Draw(t, "times")), small)
		for _, r := range c.Rows {
			if r.Verdict != Equal {
				t.Errorf("%s: %s", r.Verdict, r.Sentence)
			}
		}
		if !c.Decided || !strings.Contains(c.Decision, "equal in every measure") {
			t.Error(c.Decision)
		}
	})
}

// collectors are what may be missing, and which measures hang on each.
var collectors = []struct {
	name    string
	drop    func(s *Subject, i int)
	measure []string
}{
	{"access", func(s *Subject, _ int) {
		for i := range s.Repositories {
			r := &s.Repositories[i]
			r.Readers, r.OutOfReach, r.Open = false, State{}, State{}
		}
		s.Footholds = s.Footholds[:0]
	}, []string{"largest_foothold", "median_foothold", "encryption", "public", "mfa", "time_to_answer"}},
	{"part of the access", func(s *Subject, i int) {
		r := &s.Repositories[i%len(s.Repositories)]
		r.Doubts, r.OutOfReach, r.Open = []string{"a policy was not seen"}, State{}, State{}
	}, []string{"largest_foothold", "median_foothold", "encryption", "public", "mfa", "time_to_answer"}},
	{"register", func(s *Subject, _ int) {
		for i := range s.Repositories {
			s.Repositories[i].Registered = State{}
		}
	}, []string{"unregistered"}},
	{"second factors", func(s *Subject, _ int) {
		for i := range s.Footholds {
			s.Footholds[i].MFA = ""
		}
	}, []string{"mfa"}},
	{"encryption", func(s *Subject, _ int) {
		for i := range s.Repositories {
			s.Repositories[i].OutOfReach = State{}
		}
	}, []string{"encryption"}},
	{"survey", func(s *Subject, i int) {
		r := &s.Repositories[i%len(s.Repositories)]
		r.Seen, r.Items, r.Unlisted = nil, 0, []string{""}
	}, []string{"largest_foothold", "median_foothold", "unregistered", "encryption", "public", "evidence_age", "mfa", "time_to_answer", "gaps"}},
}

func TestWhatNobodyCollectedIsNotKnown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		good := sound(t, "Meridian", 1)
		bad := good.scaled("Lakeside", 2)
		which := rapid.SampledFrom(collectors).Draw(t, "collector")
		drop := func(m made) {
			s := *m.Subject
			s.Repositories, s.Footholds = slices.Clone(s.Repositories), slices.Clone(s.Footholds)
			which.drop(&s, rapid.IntRange(0, 9).Draw(t, "which"))
			*m.Subject = s
		}
		if rapid.Bool().Draw(t, "of the first") {
			drop(good)
		} else {
			drop(bad)
		}
		c := sides(t, good, bad)
		for _, r := range c.Rows {
			if slices.Contains(which.measure, r.Name) != (r.Verdict == NotKnown) {
				t.Errorf("without %s: %s: %s", which.name, r.Verdict, r.Sentence)
			}
		}
		if c.Decided || len(c.Settle) == 0 || !strings.Contains(c.Decision, "cannot be decided") {
			t.Errorf("without %s: %q %q", which.name, c.Decision, c.Settle)
		}
	})
}

// TestIgnoranceIsNeverWorse: whatever is not known of two estates of which one is better, nothing says the contrary.
func TestIgnoranceIsNeverWorse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		good := sound(t, "Meridian", rapid.IntRange(1, 9).Draw(t, "size"))
		bad := good.faulty(t, "Lakeside", rapid.IntRange(1, 9).Draw(t, "other size"))
		for _, m := range []made{good, bad} {
			for _, c := range collectors {
				if rapid.Bool().Draw(t, c.name) {
					c.drop(m.Subject, rapid.IntRange(0, 9).Draw(t, "which"))
				}
			}
			for i := range m.Footholds {
				m.Footholds[i].People.Low -= m.Footholds[i].People.Low / int64(rapid.IntRange(1, 9).Draw(t, "less"))
				m.Footholds[i].Most.High += int64(rapid.IntRange(0, 1000).Draw(t, "more"))
			}
		}
		for _, r := range sides(t, good, bad).Rows {
			if r.Verdict == Worse {
				t.Errorf("%s: %s", r.Verdict, r.Sentence)
			}
		}
	})
}

// TestBoundsHold: whatever the footholds that are not sure turn out to be, the measures lie within what was said.
func TestBoundsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := sound(t, "Meridian", 1)
		truth := m.scaled("Meridian", 1)
		truth.Footholds = nil
		m.Footholds = slices.Clone(m.Footholds)
		for i := range m.Footholds {
			f := &m.Footholds[i]
			f.MFA = rapid.SampledFrom([]string{"none", "sms", "push", "phishing_resistant"}).Draw(t, "mfa")
			is := *f
			if i > 0 && rapid.Bool().Draw(t, "perhaps") {
				f.People = estate.Count{}
				if rapid.Bool().Draw(t, "it reads nobody") {
					continue
				}
			}
			if rapid.Bool().Draw(t, "not said") {
				f.MFA = ""
			}
			truth.Footholds = append(truth.Footholds, is)
		}
		said, err := Measures(m.Subject)
		if err != nil {
			t.Fatal(err)
		}
		real, err := Measures(truth.Subject)
		if err != nil {
			t.Fatal(err)
		}
		for i := range said.Measures {
			s, r := said.Measures[i].Value, real.Measures[i].Value
			if r.Low < s.Low-1e-9 || s.High != nil && *r.High > *s.High+1e-9 {
				t.Errorf("%s: said %v to %v, is %v to %v", said.Measures[i].Name, s.Low, *s.High, r.Low, *r.High)
			}
		}
	})
}

func TestBeforeAndAfter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := sound(t, "Lakeside", 1)
		for _, c := range collectors[:4] {
			if rapid.Bool().Draw(t, c.name) {
				c.drop(before.Subject, 0)
			}
		}
		after := before.scaled("Lakeside", 1)
		c := sides(t, after, before)
		if !c.Decided || !strings.HasPrefix(c.Decision, "As safe as before") {
			t.Error(c.Decision)
		}
	})
}

func TestNobodyIsKnown(t *testing.T) {
	empty := made{&Subject{Custodian: "Harbor", At: noon, Repositories: []Repository{{Name: "s3://harbor", Unlisted: []string{""}}}}, nil}.finish()
	c := sides(t, empty, empty.scaled("Lakeside", 1))
	for _, r := range c.Rows {
		if r.Verdict != NotKnown {
			t.Errorf("%s: %s", r.Verdict, r.Sentence)
		}
	}
}

func TestWords(t *testing.T) {
	for want, got := range map[string]string{
		"12 %": number(0.12).text(ShareOfPeople), "3.40 %": number(0.034).text(ShareOfPeople), "under 0.01 %": percent(0.00001), "0 %": percent(0), "10 to 30 %": "10 to 30 %",
		"not known": bounded(0, 1).text(ShareOfPeople), "at least 3 h": Range{Low: 3}.text(Hours), "12 min": number(0.2).text(Hours), "9 d": number(9 * 24).text(Hours),
		"1,200 to 1,300 people": bounded(1200, 1300).people(), "at least 7 people": Range{Low: 7}.people(), "a, b and c": listed([]string{"a", "b", "c"}),
		"a, b, c and 2 more": several([]string{"a", "b", "c", "d", "e"}), "MFA": lower("MFA"), "age": lower("Age"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
