// Package catalogtest makes catalogs with a history, of invented facts, for the tests of what copies, seals and shortens them.
package catalogtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// Keeper is an invented administrator.
func Keeper() audit.Caller { return audit.Caller{Name: "Ada", Role: audit.Admin} }

// Story is a catalog with a clock of its own and an estate that changes.
type Story struct {
	testing.TB
	File    *store.File
	Catalog *catalog.Catalog
	Clock   time.Time
	Key     string // public name of the key of its runs

	rng    *rand.Rand
	made   int
	houses []*house
}

// house is a repository as it really is.
type house struct {
	name  string
	items map[string]int // by path, each with its version
	paths []string
}

// New opens a catalog at an address, and an estate of so many repositories that a seed decides about.
func New(t testing.TB, address string, repositories int, seed uint64) *Story {
	t.Helper()
	f, err := store.Open(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	s := &Story{TB: t, File: f, Catalog: catalog.Over(f), Clock: time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC), Key: "0011223344556677", rng: rand.New(rand.NewPCG(seed, 10))}
	f.Now = func() time.Time { return s.Clock }
	t.Cleanup(func() { s.Catalog.Close() })
	for i := range repositories {
		s.houses = append(s.houses, &house{name: fmt.Sprintf("s3://clinic-%03d", i), items: map[string]int{}})
	}
	return s
}

// Must ends the test where something failed.
func (s *Story) Must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// Live lets so many surveys come and go, with days between them, and whatever else a catalog keeps.
func (s *Story) Live(surveys int) {
	s.Helper()
	for i := range surveys {
		s.Survey(12)
		s.Clock = s.Clock.Add(time.Duration(1+s.rng.IntN(72)) * time.Hour)
		if i%3 == 1 {
			ctx := context.Background()
			s.Must(s.Catalog.SaveGraph(ctx, Keeper(), s.Clock, bytes.Repeat([]byte("graph"), 100), []catalog.Readers{{Repository: s.houses[0].name, Certain: int64(i), Possible: 2, Outside: 1}}))
			s.Must(s.Catalog.Post(ctx, []catalog.Message{{Mark: fmt.Sprintf("run %d", i), Channel: "mail", Body: []byte("something changed")}}))
		}
	}
}

// Case adds a line to the log of a case.
func (s *Story) Case(name string, number int, text string) {
	s.Helper()
	s.Must(s.Catalog.AddCaseLine(context.Background(), Keeper(), name, number, catalog.CaseLine{Bytes: []byte(text), Hash: fmt.Sprintf("%064d", number)}))
}

// Survey is one run, over most of the repositories: up to so many things happen in each.
func (s *Story) Survey(most int) {
	s.Helper()
	ctx := context.Background()
	run, err := s.Catalog.Begin(ctx, Keeper(), catalog.RunSpec{Targets: []string{"s3://clinic"}, Rules: "rules/1", Version: "test", Key: s.Key})
	s.Must(err)
	var listings []catalog.Listing
	for _, h := range s.houses {
		if s.rng.IntN(5) == 0 {
			continue // not among the targets this time
		}
		s.Must(run.Repository(ctx, estate.Repository{Name: h.name, Kind: "s3", Custodian: "Lakeside", Owner: "owner@" + h.name,
			Traits: []estate.Trait{{Name: "encryption", Value: fmt.Sprint("key-", s.rng.IntN(3)), Known: true}, {Name: "public", Known: s.rng.IntN(2) == 0}}}))
		listed := s.visit(ctx, run, h, most)
		s.Clock = s.Clock.Add(time.Minute)
		listings = append(listings, catalog.Listing{Repository: h.name, Complete: s.rng.IntN(6) > 0, Items: listed, Granted: s.rng.IntN(6) > 0})
	}
	if s.rng.IntN(6) == 0 {
		s.Must(run.Abandon(ctx))
		return
	}
	_, err = run.Finish(ctx, listings)
	s.Must(err)
}

// visit lists one repository, and tells what there is.
func (s *Story) visit(ctx context.Context, run *catalog.Run, h *house, most int) (listed int64) {
	s.Helper()
	for range 1 + s.rng.IntN(most) {
		s.made++
		path := fmt.Sprintf("folder-%04d/item-%06d.csv", s.rng.IntN(1+s.made/3), s.made)
		h.paths, h.items[path] = append(h.paths, path), 1
	}
	var left []string
	for _, path := range h.paths {
		fate := s.rng.IntN(10)
		if fate == 0 { // it has gone
			delete(h.items, path)
			continue
		}
		left = append(left, path)
		listed++
		if fate < 4 {
			h.items[path]++
		}
		version := fmt.Sprintf("v%d", h.items[path])
		renewal, err := run.Unchanged(ctx, h.name, path, version, "rules/1")
		s.Must(err)
		if !renewal.Renewed {
			s.Must(run.Append(ctx, s.facts(h, path, version, fate == 9)))
		}
	}
	h.paths = left
	var grants []estate.Fact
	for i := range s.rng.IntN(4) {
		grants = append(grants, estate.Fact{Grant: &estate.Grant{Repository: h.name, System: "aws", Kind: "policy", Principal: fmt.Sprint("user-", s.rng.IntN(6)),
			Action: "s3:GetObject", Target: h.name, Detail: fmt.Sprintf(`{"n":%d}`, i), Why: "policy", From: "account"}})
	}
	s.Must(run.Append(ctx, grants))
	return listed
}

// facts are those of one item, with an item within where it is an archive.
func (s *Story) facts(h *house, path, version string, unread bool) []estate.Fact {
	it := &estate.Item{Repository: h.name, Path: path, Version: version, Bytes: 100 + int64(s.rng.IntN(1000)), Format: "csv", Read: 100, Modified: s.Clock.Add(-time.Hour),
		Evidence: estate.Evidence{Reader: "csv/1", Coverage: estate.All.String(), Rules: "rules/1"}}
	if unread {
		it.Evidence.Coverage = estate.NotRead.String()
		return []estate.Fact{{Item: it}, {Gap: &estate.Gap{Repository: h.name, Path: path, Reason: estate.GapUnreadable, Detail: "detail of " + path, Bytes: 7}}}
	}
	facts := append([]estate.Fact{{Item: it}}, s.holdings(it)...)
	if s.rng.IntN(4) == 0 {
		in := *it
		in.Path, in.Outer = path+store.InnerMark+"inner-"+version+".csv", path
		facts = append(append(facts, estate.Fact{Item: &in}), s.holdings(&in)...)
		facts = append(facts, estate.Fact{Gap: &estate.Gap{Repository: h.name, Path: path + store.InnerMark + "locked.bin", Reason: estate.GapNoReader, Detail: "inner gap", Bytes: 9}})
	}
	return facts
}

// holdings give an item persons, findings and traces.
func (s *Story) holdings(it *estate.Item) []estate.Fact {
	it.Verdict = phi.VerdictNone
	n := s.rng.IntN(5)
	if n == 0 {
		return nil
	}
	it.Classes = [...]phi.Classes{0, phi.Of(phi.SUD), phi.Of(phi.HIV, phi.PSY)}[s.rng.IntN(3)]
	it.Verdict, it.Records, it.People = phi.VerdictPHI, int64(n), estate.NewPeople(0)
	var traces estate.Traces
	for range n {
		who := s.rng.Uint64() &^ 1
		it.People.Add(estate.Person{Marks: []estate.Mark{estate.Mark(who)}, States: 1 << phi.ParseState("CA"), Classes: it.Classes})
		traces.Add(estate.Trace(who))
	}
	facts := []estate.Fact{{Finding: &estate.Finding{Repository: it.Repository, Path: it.Path, Field: fmt.Sprint("field-of-", it.Path), Kind: phi.MRN, Subject: phi.Patient, Values: int64(n),
		WellFormed: int64(n), People: int64(n), Likelihood: 0.98, Classes: it.Classes, Why: []estate.Reason{{Rule: "header", Detail: "why of " + it.Path, Count: int64(n)}}}}}
	for _, set := range traces.Close() {
		facts = append(facts, estate.Fact{Traces: &estate.TraceSet{Repository: it.Repository, Path: it.Path, Set: set}})
	}
	return facts
}

// Answers are all that a catalog answers of a time (zero = now) in one text, one line an answer. What is stale depends on when one asks, and is
// left out; so are the catalog's own numbers.
func Answers(t testing.TB, c *catalog.Catalog, at time.Time) string {
	t.Helper()
	ctx, who := context.Background(), Keeper()
	f := catalog.Filter{AsOf: at, StaleAfter: 200 * 365 * 24 * time.Hour, Explain: true}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	rows, err := c.Where(ctx, who, f)
	err = errors.Join(err, enc.Encode(rows))
	total, err2 := c.Tally(ctx, who, f)
	written, err3 := c.Written(ctx, who, f)
	err = errors.Join(err, err2, err3, enc.Encode(total), enc.Encode(written),
		c.EachItem(ctx, who, f, func(r catalog.Row) error { return enc.Encode(r) }),
		c.EachField(ctx, who, f, func(r catalog.Field) error { return enc.Encode(r) }),
		c.EachGap(ctx, who, f, func(g catalog.Gap) error { return enc.Encode(g) }),
		c.EachGrant(ctx, who, f, func(_ int64, g estate.Grant) error { return enc.Encode(g) }))
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}
