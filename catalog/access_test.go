package catalog

import (
	"bytes"
	"testing"
	"time"

	"github.com/chartroom/chartroom/estate"
	"github.com/google/go-cmp/cmp"
)

// grants are those that hold at a time.
func (s *story) grants(at time.Time) (out []string) {
	s.Helper()
	err := s.c.EachGrant(s.ctx, officer, Filter{AsOf: at}, func(_ int64, g estate.Grant) error {
		out = append(out, g.Principal+" "+g.Action+" "+g.Detail)
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
	return out
}

// granted surveys the archive and finds no item but grants.
func (s *story) granted(whole bool, grants ...estate.Grant) {
	s.Helper()
	r := s.begin()
	if err := r.Repository(s.ctx, estate.Repository{Name: archive, Kind: "files"}); err != nil {
		s.Fatal(err)
	}
	var facts []estate.Fact
	for i := range grants {
		grants[i].Repository = archive
		facts = append(facts, estate.Fact{Grant: &grants[i]})
	}
	s.append(r, facts, facts) // that a fact comes twice changes nothing
	if _, err := r.Finish(s.ctx, []Listing{{Repository: archive, Complete: true, Granted: whole}}); err != nil {
		s.Fatal(err)
	}
}

func TestGrantsHaveAHistory(t *testing.T) {
	s := newStory(t)
	vera := estate.Grant{System: "postgres", Kind: "acl", Principal: "vera", Action: "SELECT", Detail: `{"column":"ssn"}`}
	otto := estate.Grant{System: "postgres", Kind: "acl", Principal: "otto", Action: "SELECT"}
	s.granted(true, vera, otto)
	first := s.later(time.Hour)
	s.granted(true, vera)
	second := s.later(time.Hour)
	s.granted(false, otto) // the collector broke off: what it did not tell still stands
	for _, c := range []struct {
		at   time.Time
		want []string
	}{
		{first.Add(-time.Minute), nil},
		{first, []string{`vera SELECT {"column":"ssn"}`, "otto SELECT "}},
		{second, []string{`vera SELECT {"column":"ssn"}`}},
		{time.Time{}, []string{`vera SELECT {"column":"ssn"}`, "otto SELECT "}},
	} {
		if diff := cmp.Diff(c.want, s.grants(c.at)); diff != "" {
			t.Errorf("at %v: %s", c.at, diff)
		}
	}
}

func TestAGraphLastsUntilFactsCome(t *testing.T) {
	s := newStory(t)
	s.granted(true)
	want := bytes.Repeat([]byte("graph"), 1000)
	if err := s.c.SaveGraph(s.ctx, officer, s.clock, want, []Readers{{archive, 3, 4, 1}}); err != nil {
		t.Fatal(err)
	}
	got, at, err := s.c.Graph(s.ctx, officer)
	if err != nil || !bytes.Equal(got, want) || !at.Equal(s.clock) {
		t.Errorf("%d bytes at %v, %v", len(got), at, err)
	}
	row := s.where(Filter{})[0]
	if row.ReadersCount == nil || *row.ReadersCount != 3 || row.Possible != 4 || row.Outside != 1 {
		t.Errorf("%+v", row)
	}
	s.later(time.Minute)
	s.granted(true)
	if got, _, err := s.c.Graph(s.ctx, officer); err != nil || len(got) > 0 {
		t.Errorf("%d bytes of a graph of yesterday, %v", len(got), err)
	}
}

func TestWhatAServerSaysOfItselfIsKeptWithItsTime(t *testing.T) {
	s := newStory(t)
	say := func(traits ...estate.Trait) {
		r, err := s.c.Begin(s.ctx, officer, RunSpec{})
		if err == nil {
			err = r.Repository(s.ctx, estate.Repository{Name: archive, Kind: "s3", Owner: "records team", Traits: traits})
		}
		if err == nil {
			_, err = r.Finish(s.ctx, complete(archive, 0))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	say(estate.Trait{Name: "encryption", Value: "aws:kms", Known: true}, estate.Trait{Name: "access_log", Value: "not implemented"})
	before := s.later(time.Hour)
	say(estate.Trait{Name: "encryption", Value: "none", Known: true})
	was, is := s.where(Filter{AsOf: before})[0], s.where(Filter{})[0]
	if diff := cmp.Diff([]Trait{{Name: "access_log", Value: "not implemented", Known: false}, {Name: "encryption", Value: "aws:kms", Known: true}}, was.Traits); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Trait{{Name: "encryption", Value: "none", Known: true}}, is.Traits); diff != "" || is.Owner != "records team" {
		t.Error(diff, is.Owner)
	}
}
