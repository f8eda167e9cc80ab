package incident

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// diary writes a case line by line.
type diary struct {
	*testing.T
	c  *Case
	at time.Time
}

func opened(t *testing.T) *diary {
	d := &diary{t, &Case{Said: map[string]Said{}}, t0}
	d.must(Opened, Claim{Title: "Archive", Text: "8.8 TB of your patients", Entity: "covered_entity", Zone: "America/Los_Angeles"})
	return d
}

func (d *diary) add(kind Kind, body any) error {
	d.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		d.Fatal(err)
	}
	d.at = d.at.Add(time.Minute)
	return d.c.Add(&Entry{Number: d.c.Entries + 1, At: d.at, Author: "Ada", Kind: kind, Body: b})
}

func (d *diary) must(kind Kind, body any) {
	d.Helper()
	if err := d.add(kind, body); err != nil {
		d.Fatal(err)
	}
}

func (d *diary) fact(name, value string, corrects bool) error {
	d.Helper()
	return d.add(Learned, FactBody{Name: name, Value: json.RawMessage(value), Source: "inventory", Corrects: corrects})
}

func TestBothClocksStartOnceAndTheConservativeOneOnlyMovesBack(t *testing.T) {
	d := opened(t)
	if d.c.Facts.Discovered != "2026-11-01" || d.c.Level != C0 || d.c.Facts.Determined != nil {
		t.Errorf("%+v", d.c.Facts)
	}
	if err := d.fact("discovered", `"2026-11-03"`, true); err == nil || !strings.Contains(err.Error(), "moves back only") {
		t.Error(err)
	}
	if err := d.fact("discovered", `"2026-10-20"`, false); err != nil || d.c.Facts.Discovered != "2026-10-20" || d.c.KnownAt.Format(time.RFC3339) != "2026-10-20T00:00:00-07:00" {
		t.Error(err, d.c.KnownAt)
	}
	breach := Decision{Question: "Is it a breach?", Decision: "yes", Reason: "a sample is ours", By: "General counsel", Breach: true}
	d.must(Decided, breach)
	if err := d.add(Decided, breach); !errors.Is(err, ErrClockRuns) {
		t.Error("the clock was started twice:", err)
	}
	if *d.c.Facts.Determined != "2026-11-01" {
		t.Error(*d.c.Facts.Determined)
	}
}

func TestFactsNarrowAndContradictionsSaySo(t *testing.T) {
	d := opened(t)
	for _, s := range []struct {
		name, value string
		corrects    bool
		want        error
	}{
		{"total", "[0, null]", false, nil}, {"total", "[1000, 60000]", false, nil}, {"total", "[2000, 2500]", false, nil},
		{"total", "900", false, ErrContradicted}, {"total", "900", true, nil},
		{"states", `{"CA": [10, 400], "NV": 3}`, false, nil}, {"states", `{"CA": [500, 600]}`, false, ErrContradicted},
		{"encrypted", `"yes_key_safe"`, false, nil}, {"encrypted", `"yes_key_reached"`, false, ErrContradicted}, {"encrypted", `"yes_key_reached"`, true, nil},
	} {
		if err := d.fact(s.name, s.value, s.corrects); !errors.Is(err, s.want) || s.want == nil && err != nil {
			t.Errorf("%s %s: %v", s.name, s.value, err)
		}
	}
	for _, bad := range [][2]string{{"total", "[5, 2]"}, {"total", `"many"`}, {"weather", "1"}, {"encrypted", `"perhaps"`}, {"determined", `"2026-01-01"`}, {"discovered", `"soon"`}} {
		if err := d.fact(bad[0], bad[1], true); err == nil {
			t.Errorf("%s %s was taken", bad[0], bad[1])
		}
	}
	if got := d.c.Said["total"]; got.Author != "Ada" || got.Source != "inventory" {
		t.Errorf("%+v", got)
	}
}

func TestOnlyWhatWasApprovedIsSent(t *testing.T) {
	d := opened(t)
	sent := Sending{Text: "H1", Hash: "aa", To: "the press", How: "web site"}
	if err := d.add(Sent, sent); err == nil || !strings.Contains(err.Error(), "was not approved") {
		t.Error(err)
	}
	d.must(Approved, Approval{Text: "H1", Hash: "aa", By: "CEO"})
	d.must(Sent, sent)
	if sent.Hash = "bb"; d.add(Sent, sent) == nil {
		t.Error("another text than the approved one was sent")
	}
}

func TestAClosedCaseTakesNotesOnly(t *testing.T) {
	d := opened(t)
	d.must(Closed, map[string]string{})
	if err := d.fact("total", "3", false); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	d.must(Noted, map[string]string{"text": "OCR closed its file"})
}

func TestRefusedLinesChangeNothing(t *testing.T) {
	d := opened(t)
	for name, err := range map[string]error{
		"level":    d.add(Levelled, LevelBody{Level: "C9", Why: "x"}),
		"no why":   d.add(Levelled, LevelBody{Level: C2}),
		"unknown":  d.add("rumour", map[string]string{}),
		"again":    d.add(Opened, Claim{Title: "x", Text: "y", Entity: "covered_entity", Zone: "UTC"}),
		"keys":     d.add(Decided, map[string]string{"verdict": "x"}),
		"backdate": d.c.Add(&Entry{Number: 2, At: t0, Happened: &d.at, Author: "Ada", Kind: Noted, Body: []byte("{}")}),
		"nobody":   d.c.Add(&Entry{Number: 2, At: d.at, Kind: Noted, Body: []byte("{}")}),
	} {
		if err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if d.c.Entries != 1 || d.c.Level != C0 {
		t.Errorf("%+v", d.c)
	}
}

func TestIntervals(t *testing.T) {
	for text, want := range map[string]Interval{"[1, 2]": {1, 2}, "[5, null]": {5, -1}, "7": {7, 7}} {
		var i Interval
		if err := json.Unmarshal([]byte(text), &i); err != nil || i != want {
			t.Errorf("%s: %v %v", text, i, err)
		}
		b, _ := json.Marshal(i)
		var again Interval
		if json.Unmarshal(b, &again) != nil || again != i {
			t.Errorf("%s writes %s", text, b)
		}
	}
	for _, c := range []struct {
		i    Interval
		n    int64
		want Known
	}{{Interval{500, 600}, 500, Yes}, {Interval{0, 499}, 500, No}, {Interval{0, 500}, 500, Open}, {Unbounded, 1, Open}} {
		if got := c.i.AtLeast(c.n); got != c.want {
			t.Errorf("%v >= %d: %v", c.i, c.n, got)
		}
	}
}

// TestFactsOnlyNarrow: whatever is said of how many there are, in whatever order, an interval never becomes wider, unless something takes the place
// of what was said; and a line that is refused changes nothing.
func TestFactsOnlyNarrow(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d := opened(t)
		for range rapid.IntRange(1, 8).Draw(r, "facts") {
			was := d.c.Facts.Total
			low := rapid.Int64Range(0, 20).Draw(r, "low")
			is := Interval{low, low + rapid.Int64Range(0, 20).Draw(r, "width")}
			if rapid.Bool().Draw(r, "unbounded") {
				is.High = -1
			}
			value, err := json.Marshal(is)
			if err != nil {
				r.Fatal(err)
			}
			err = d.add(Learned, FactBody{Name: "total", Value: value, Source: rapid.SampledFrom([]string{"forensic firm", "counsel"}).Draw(r, "source")})
			now := d.c.Facts.Total
			switch {
			case err != nil && (!errors.Is(err, ErrContradicted) || now != was):
				r.Fatalf("%v said of %v gives %v: %v", is, was, now, err)
			case err == nil && (now.Low < max(was.Low, is.Low) || was.High >= 0 && (now.High < 0 || now.High > was.High) || now.High >= 0 && now.High < now.Low):
				r.Fatalf("%v said of %v gives %v", is, was, now)
			}
		}
	})
}
