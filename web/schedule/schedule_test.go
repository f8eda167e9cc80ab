package schedule

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestDueIsWhatItsScheduleSays(t *testing.T) {
	day := Target{Name: "day", Every: 24 * time.Hour, Last: noon.Add(-25 * time.Hour)}
	hour := Target{Name: "hour", Every: time.Hour, Last: noon.Add(-30 * time.Minute)}
	never := Target{Name: "by hand", Last: noon.AddDate(-1, 0, 0)}
	fresh := Target{Name: "new", Every: 24 * time.Hour}
	due, next := Due(noon, []Target{day, hour, never, fresh}, Quiet{})
	if want := []string{"new", "day"}; !slices.Equal(due, want) || !next.Equal(noon.Add(30*time.Minute)) {
		t.Errorf("due %v, next %v", due, next)
	}
	failed := Target{Name: "fails", Every: 24 * time.Hour, Last: noon.AddDate(0, 0, -3), Tried: noon.Add(-time.Minute)}
	if due, next := Due(noon, []Target{failed}, Quiet{}); len(due) > 0 || !next.Equal(noon.Add(29*time.Minute)) {
		t.Errorf("what has just failed: due %v, next %v", due, next)
	}
}

func TestInQuietHoursNothingBegins(t *testing.T) {
	late := Target{Name: "a", Every: time.Hour, Last: noon.Add(-5 * time.Hour)}
	q, err := ParseQuiet("07:00-19:00")
	if err != nil {
		t.Fatal(err)
	}
	if due, next := Due(noon, []Target{late}, q); len(due) > 0 || !next.Equal(noon.Add(7*time.Hour)) {
		t.Errorf("due %v, next %v", due, next)
	}
	night, _ := ParseQuiet("22:00-06:30")
	if !night.Is(noon.Add(11*time.Hour)) || !night.Is(noon.Add(18*time.Hour)) || night.Is(noon) {
		t.Error("hours over midnight")
	}
	for _, text := range []string{"7-19", "07:00", "25:00-26:00", "07:00-07:00", "00:00-24:00", "07:60-19:00", "07:00-19:00x"} {
		if _, err := ParseQuiet(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

// TestNothingIsForgottenAndNothingComesTwice lets days go by, with the power off at times, and surveys that take long or fail.
func TestNothingIsForgottenAndNothingComesTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		every := time.Duration(rapid.IntRange(5, 3*24*60).Draw(t, "minutes")) * time.Minute
		quiet := Quiet{rapid.IntRange(0, 1439).Draw(t, "from"), rapid.IntRange(0, 1439).Draw(t, "to")}
		if quiet.From == quiet.To {
			quiet = Quiet{}
		}
		zone := rapid.SampledFrom([]string{"UTC", "America/New_York", "Australia/Lord_Howe"}).Draw(t, "zone")
		in, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		now := noon.In(in).Add(time.Duration(rapid.IntRange(0, 365*24*60).Draw(t, "start")) * time.Minute)
		target := Target{Name: "a", Every: every}
		for range rapid.IntRange(1, 40).Draw(t, "times") {
			if rapid.IntRange(0, 9).Draw(t, "off") == 0 { // the machine is off for a while
				now = now.Add(time.Duration(rapid.IntRange(1, 10_000).Draw(t, "away")) * time.Minute)
			}
			due, next := Due(now, []Target{target}, quiet)
			switch {
			case len(due) > 1:
				t.Fatalf("%v at once", due)
			case len(due) == 1 && quiet.Is(now):
				t.Fatalf("at %v it begins in the quiet hours %v", now, quiet)
			case len(due) == 1 && !target.Last.IsZero() && now.Sub(target.Last) < every:
				t.Fatalf("at %v it begins again, %v after the last", now, now.Sub(target.Last))
			case len(due) == 0 && next.IsZero():
				t.Fatalf("at %v it is never due again", now)
			case len(due) == 0 && !next.After(now):
				t.Fatalf("at %v it is to be asked at %v", now, next)
			case len(due) == 0 && !quiet.Is(now) && !target.Tried.After(target.Last) && now.Sub(target.Last) >= every:
				t.Fatalf("at %v it is forgotten, %v after the last", now, now.Sub(target.Last))
			}
			if len(due) == 0 {
				now = next
				continue
			}
			target.Tried = now
			if rapid.Bool().Draw(t, "ends") {
				target.Last = now
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "takes")) * time.Minute)
		}
	})
}

func FuzzParseQuiet(f *testing.F) {
	for _, seed := range []string{"07:00-19:00", "22:00-06:30", "00:00-24:00", "x", "7:0-8:0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := ParseQuiet(text)
		if err != nil {
			return
		}
		if q.From < 0 || q.To > 24*60 || text != "" && q.From == q.To {
			t.Fatalf("%q is %+v", text, q)
		}
		if end := q.end(noon); q.Is(end) {
			t.Fatalf("%q never ends", text)
		}
	})
}
