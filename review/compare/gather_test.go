package compare_test

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/access/keep"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/estate/declared"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/review/compare"
	"github.com/chartroom/chartroom/review/gather"
)

// custodian is what a survey tells of one of the sides.
type custodian struct {
	name       string
	people     int // in each of its two repositories
	gaps       int
	encryption string // as the server has it; "" = it does not tell
	mfa        string // of its staff; "" = nobody said
	registered bool
	open       bool // everyone reads the second repository
	wide       bool // one of the staff reads both repositories, and not only the first
	silent     bool // nobody collected who can read the second one
	keyed      bool // one of the staff may use the keys
}

func (c *custodian) repository(n int) string {
	return fmt.Sprintf("s3://%s-%d", strings.ToLower(c.name), n)
}

// survey writes what is known of the sides.
func survey(t *testing.T, sides ...custodian) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Open(t.Context(), filepath.Join(t.TempDir(), "c.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	run, err := c.Begin(t.Context(), audit.Local(), catalog.RunSpec{Rules: "1", Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	var listings []catalog.Listing
	tell := func(r estate.Repository, facts []estate.Fact, items int64) {
		t.Helper()
		if err := errors.Join(run.Repository(t.Context(), r), run.Append(t.Context(), facts)); err != nil {
			t.Fatal(err)
		}
		listings = append(listings, catalog.Listing{Repository: r.Name, Complete: true, Items: items, Granted: true})
	}
	for k, side := range sides {
		for n := range 2 {
			name := side.repository(n)
			r := estate.Repository{Name: name, Kind: "s3", Custodian: side.name, Traits: []estate.Trait{{Name: "encryption", Value: side.encryption, Known: side.encryption != ""}}}
			people := estate.NewPeople(0)
			for i := range side.people {
				people.Add(estate.Person{Marks: []estate.Mark{estate.Mark(1+i+n*1e6+k*1e8) << 4}})
			}
			facts := []estate.Fact{{Item: &estate.Item{Repository: name, Path: "a.csv", Version: "1", Bytes: 100, Format: "csv/1", Verdict: phi.VerdictPHI, People: people, Records: int64(side.people),
				Evidence: estate.Evidence{Reader: "csv/1", Coverage: "all", Seen: time.Now(), Read: time.Now(), Rules: "1"}}}}
			for i := range side.gaps {
				facts = append(facts, estate.Fact{Gap: &estate.Gap{Repository: name, Path: fmt.Sprint("gap", i), Reason: estate.GapUnreadable, Bytes: -1}})
			}
			tell(r, facts, 1+int64(side.gaps))
		}
	}
	const from = "declared:///estate.yaml"
	tell(estate.Repository{Name: from, Kind: declared.System}, said(from, sides), 0)
	if _, err := run.Finish(t.Context(), listings); err != nil {
		t.Fatal(err)
	}
	return c
}

// said are the declarations.
func said(from string, sides []custodian) (out []estate.Fact) {
	say := func(g estate.Grant, what declared.Said) {
		g.Repository, g.System, g.Scope, g.Detail, g.From = from, declared.System, "idp", what.Detail(), "estate.yaml"
		out = append(out, estate.Fact{Grant: &g})
	}
	kinds := []string{"acquirer", "acquired"}
	for k, side := range sides {
		say(estate.Grant{Kind: declared.KindCustodian, Principal: side.name}, declared.Said{Is: map[string]string{"kind": kinds[k]}})
		say(estate.Grant{Kind: declared.KindRegistered, Target: side.repository(0)}, declared.Said{Is: map[string]string{"classification": "x"}})
		if side.registered {
			say(estate.Grant{Kind: declared.KindRegistered, Target: side.repository(1)}, declared.Said{Is: map[string]string{"classification": "x"}})
		}
		say(estate.Grant{Kind: declared.KindProvider, Principal: "idp"}, declared.Said{})
		for n := range 3 {
			who := fmt.Sprintf("%s%d", strings.ToLower(side.name), n)
			say(estate.Grant{Kind: declared.KindUser, Principal: who}, declared.Said{MFA: side.mfa, Enabled: "yes", Idp: "idp", LastUsed: time.Now().Format(time.DateOnly)})
			say(estate.Grant{Kind: declared.KindAccess, Principal: who, Action: "read", Target: side.repository(n % 2)}, declared.Said{})
			if side.silent && n == 1 {
				out = out[:len(out)-1]
			}
			if side.wide && n == 0 {
				say(estate.Grant{Kind: declared.KindAccess, Principal: who, Action: "read", Target: side.repository(1)}, declared.Said{})
			}
			if side.keyed && n == 0 {
				say(estate.Grant{Kind: declared.KindAccess, Principal: who, Action: "key", Target: side.repository(0)}, declared.Said{})
			}
		}
		if side.open {
			say(estate.Grant{Kind: declared.KindAccess, Principal: "everyone", Action: "read", Target: side.repository(1)}, declared.Said{})
		}
	}
	// somebody who reads nothing may use a key, so that it is known who may
	say(estate.Grant{Kind: declared.KindUser, Principal: "keeper"}, declared.Said{Enabled: "yes", Idp: "idp", MFA: "phishing_resistant"})
	say(estate.Grant{Kind: declared.KindAccess, Principal: "keeper", Action: "key", Target: sides[0].repository(0)}, declared.Said{})
	return out
}

// verdicts compares two sides, as the command does.
func verdicts(t *testing.T, a, b custodian) (compare.Comparison, map[string]compare.Verdict) {
	t.Helper()
	c := survey(t, a, b)
	var sides []compare.Side
	for _, name := range []string{a.name, b.name} {
		q := keep.Question{Who: audit.Local(), Now: time.Now(), Version: "test"}
		r, err := gather.Review(t.Context(), c, q)
		if err != nil {
			t.Fatal(err)
		}
		ledger, err := r.Ledger(name)
		if err != nil {
			t.Fatal(err)
		}
		q.Custodian = name
		e, err := keep.Build(t.Context(), c, q)
		if err != nil {
			t.Fatal(err)
		}
		s, err := compare.Gather(t.Context(), compare.Source{Catalog: c, Who: q.Who, Custodian: name, Now: q.Now, Access: e, Ledger: ledger, Clock: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		side, err := compare.Measures(s)
		if err != nil {
			t.Fatal(err)
		}
		sides = append(sides, side)
	}
	out := compare.Compare(sides[0], sides[1])
	got := map[string]compare.Verdict{}
	for _, r := range out.Rows {
		got[r.Name] = r.Verdict
		t.Log(r.Verdict, r.Sentence)
	}
	return out, got
}

// TestOneFaultAtATime: each fault of an estate is worse in its measure and in no other, whatever the size; what was not collected is not known.
func TestOneFaultAtATime(t *testing.T) {
	sound := custodian{name: "Meridian", people: 400, encryption: "aws:kms", mfa: "phishing_resistant", registered: true}
	for name, c := range map[string]struct {
		fault func(c *custodian)
		want  map[string]compare.Verdict
	}{
		"none":         {func(*custodian) {}, nil},
		"smaller":      {func(c *custodian) { c.people = 40 }, nil},
		"bigger":       {func(c *custodian) { c.people = 4000 }, nil},
		"unregistered": {func(c *custodian) { c.registered = false }, map[string]compare.Verdict{"unregistered": compare.Worse}},
		"in clear":     {func(c *custodian) { c.encryption = "no" }, map[string]compare.Verdict{"encryption": compare.Worse}},
		"by the disk":  {func(c *custodian) { c.encryption = "AES256" }, map[string]compare.Verdict{"encryption": compare.Worse}},
		"key beside":   {func(c *custodian) { c.keyed = true }, map[string]compare.Verdict{"encryption": compare.Worse}},
		"not told":     {func(c *custodian) { c.encryption = "" }, map[string]compare.Verdict{"encryption": compare.NotKnown}},
		"by telephone": {func(c *custodian) { c.mfa = "sms" }, map[string]compare.Verdict{"mfa": compare.Worse}},
		"factors":      {func(c *custodian) { c.mfa = "" }, map[string]compare.Verdict{"mfa": compare.NotKnown}},
		"gaps":         {func(c *custodian) { c.gaps = 3 }, map[string]compare.Verdict{"gaps": compare.Worse}},
		"wide":         {func(c *custodian) { c.wide = true }, map[string]compare.Verdict{"largest_foothold": compare.Worse}},
		"open":         {func(c *custodian) { c.open = true }, map[string]compare.Verdict{"public": compare.Worse, "largest_foothold": compare.Worse}},
		"silent": {func(c *custodian) { c.silent = true }, map[string]compare.Verdict{"public": compare.NotKnown, "largest_foothold": compare.NotKnown, "median_foothold": compare.NotKnown,
			"mfa": compare.NotKnown, "time_to_answer": compare.NotKnown, "encryption": compare.NotKnown}},
	} {
		t.Run(name, func(t *testing.T) {
			other := sound
			other.name = "Lakeside"
			c.fault(&other)
			answer, got := verdicts(t, other, sound)
			want := map[string]compare.Verdict{}
			for m := range got {
				want[m] = compare.Equal
			}
			maps.Copy(want, c.want)
			for m := range got {
				if got[m] != want[m] {
					t.Errorf("%s is %s, want %s", m, got[m], want[m])
				}
			}
			if open := name == "not told" || name == "factors" || name == "silent"; answer.Decided == open {
				t.Error(answer.Decision)
			}
		})
	}
}
