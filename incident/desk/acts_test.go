package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/pack"
	"github.com/chartroom/chartroom/phi"
)

const scans = "s3://scans"

// surveyed puts so many people into the archive's repository.
func surveyed(t *testing.T, d *Desk, people int) {
	t.Helper()
	ctx := t.Context()
	r, err := d.Catalog.Begin(ctx, d.Who, catalog.RunSpec{Targets: []string{scans}, Rules: "r", Version: "test", Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Repository(ctx, estate.Repository{Name: scans, Kind: "s3", Custodian: "Harbor Archive", Traits: []estate.Trait{{Name: "encryption", Value: "aws:kms", Known: true}}}); err != nil {
		t.Fatal(err)
	}
	all := estate.NewPeople(0)
	for i := range people {
		m := estate.Mark(uint64(i+1) * 0x9E3779B97F4A7C15)
		all.Add(estate.Person{Marks: []estate.Mark{m &^ 1}, States: 1 << 5})
	}
	err = r.Append(ctx, []estate.Fact{{Item: &estate.Item{Repository: scans, Path: "a.csv", Version: fmt.Sprint(people), Bytes: 10, Format: "csv", Verdict: phi.VerdictPHI, People: all, Records: int64(people), Read: 10,
		Evidence: estate.Evidence{Reader: "csv/1", Coverage: "all", Rules: "r"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Finish(ctx, []catalog.Listing{{Repository: scans, Complete: true, Items: 1}}); err != nil {
		t.Fatal(err)
	}
}

// opens opens a case over a catalog with so many people.
func opens(t *testing.T, people int) (*Desk, *Case) {
	t.Helper()
	d := sits(t)
	d.Now = time.Now
	surveyed(t, d, people)
	k, w, err := d.Open(t.Context(), "", incident.Claim{Title: "Archive", Text: "We have it.", Entity: "covered_entity", Zone: "UTC", Public: true}, How{})
	if err != nil || len(w.Fired) == 0 || k.Name != "archive" {
		t.Fatal(err, w)
	}
	return d, k
}

func says(k *Case, t *testing.T, name, value, source string) error {
	_, err := k.AddFact(t.Context(), incident.FactBody{Name: name, Value: []byte(value), Source: source}, How{})
	return err
}

// TestTheInventoryTakesBackNothingButItsOwn: what a sample bounded stays bounded when the inventory is asked again, and what contradicts names both.
func TestTheInventoryTakesBackNothingButItsOwn(t *testing.T) {
	d, k := opens(t, 6)
	if k.Facts.Total != (incident.Interval{Low: 0, High: 6}) {
		t.Fatal(k.Facts.Total)
	}
	if err := says(k, t, "total", "[4, null]", "claim test"); err != nil {
		t.Fatal(err)
	}
	surveyed(t, d, 9)
	if _, err := k.Ask(t.Context()); err != nil || k.Facts.Total != (incident.Interval{Low: 4, High: 9}) {
		t.Error("another survey found more", k.Facts.Total, err)
	}
	surveyed(t, d, 3)
	before := len(k.Lines)
	_, err := k.Ask(t.Context())
	if !errors.Is(err, incident.ErrContradicted) || !strings.Contains(err.Error(), "by inventory as of") || !strings.Contains(err.Error(), "was at least 4 by claim test") || len(k.Lines) != before {
		t.Errorf("%v, %d lines more", err, len(k.Lines)-before)
	}
	err = says(k, t, "total", "[0, 2]", "forensic firm")
	if !errors.Is(err, incident.ErrContradicted) || !strings.Contains(err.Error(), "total is 0 to 2 by forensic firm, and was") {
		t.Error(err)
	}
	replace := incident.FactBody{Name: "total", Value: []byte("[0, 2]"), Source: "forensic firm", Corrects: true}
	if _, err := k.AddFact(t.Context(), replace, How{}); !errors.Is(err, ErrAsked) {
		t.Error("replaced without a reason", err)
	}
	replace.Why = "the disk was imaged"
	if _, err := k.AddFact(t.Context(), replace, How{}); err != nil || k.Facts.Total.High != 2 {
		t.Error(err, k.Facts.Total)
	}
	// A word that a person said is not the inventory's to take back.
	if err := says(k, t, "kinds", `["name"]`, "forensic firm"); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Ask(t.Context()); err != nil || len(k.Facts.Kinds) != 1 {
		t.Error(err, k.Facts.Kinds)
	}
}

func TestWhatHangsOnAFactStandsBesideWhatIsDue(t *testing.T) {
	_, k := opens(t, 600)
	c, err := k.Clocks()
	if err != nil || c.First.Rule != "HIPAA" || c.Possible == nil || c.Possible.Deciding == "" || !c.Possible.End.Before(c.First.End) || c.Possible.Gone < c.First.Gone {
		t.Fatalf("%v: %+v, %+v", err, c.First, c.Possible)
	}
	b, err := k.Text("B1", nil)
	if err != nil || !strings.Contains(b.Body, "First due: HIPAA") || !strings.Contains(b.Body, "First that could be due: "+c.Possible.Rule) {
		t.Error(err, b.Body)
	}
	duties, err := k.Duties(nil)
	if err != nil || len(duties) < 100 {
		t.Error(len(duties), err)
	}
}

// TestWhoNamesAPatientIsRefusedWhereverHeTypes: in every act, and a person who has looked may.
func TestWhoNamesAPatientIsRefusedWhereverHeTypes(t *testing.T) {
	d, k := opens(t, 6)
	ctx, words := t.Context(), "Patient: Okonkwo, Adaeze DOB 03/14/1962, SSN 219-46-8317"
	lines := len(k.Lines)
	for name, act := range map[string]func(How) error{
		"open": func(h How) error {
			_, _, err := d.Open(ctx, "two", incident.Claim{Title: "Two", Text: words, Entity: "covered_entity", Zone: "UTC"}, h)
			return err
		},
		"actor": func(h How) error {
			_, _, err := d.Open(ctx, "three", incident.Claim{Title: "Three", Text: "x", Actor: words, Entity: "covered_entity", Zone: "UTC"}, h)
			return err
		},
		"note": func(h How) error { _, err := k.Note(ctx, incident.Note{Text: words}, false, h); return err },
		"custody": func(h How) error {
			_, err := k.AddEvidence(ctx, incident.Exhibit{Name: "x", SHA256: "y", Custody: words}, h)
			return err
		},
		"source": func(h How) error {
			_, err := k.AddFact(ctx, incident.FactBody{Name: "part2", Value: []byte("true"), Source: words}, h)
			return err
		},
		"level": func(h How) error {
			_, err := k.SetLevel(ctx, incident.LevelBody{Level: "c1", Why: words}, h)
			return err
		},
		"reason": func(h How) error {
			_, err := k.Decide(ctx, incident.Decision{Question: "q", Decision: "d", Reason: words}, h)
			return err
		},
		"judge": func(h How) error {
			_, err := k.Judge(ctx, "scans", incident.Decision{Decision: "low", Reason: words, By: "Ada"}, h)
			return err
		},
		"own words": func(h How) error { _, err := k.Approve(ctx, Release{ID: "B1", Own: words}, h); return err },
		"to": func(h How) error {
			_, err := k.Send(ctx, incident.Sending{Text: "B1", To: words, How: "mail"}, h)
			return err
		},
	} {
		if name == "to" {
			if _, err := k.Approve(ctx, Release{ID: "B1"}, How{}); err != nil {
				t.Fatal(err)
			}
			lines = len(k.Lines)
		}
		if err := act(How{}); !errors.Is(err, ErrPatients) || strings.Contains(err.Error(), "Okonkwo") || strings.Contains(err.Error(), "8317") {
			t.Errorf("%s: %v", name, err)
		}
		if len(k.Lines) != lines {
			t.Errorf("%s wrote a line", name)
		}
		if err := act(How{Looked: true}); err != nil {
			t.Errorf("%s, by somebody who has looked: %v", name, err)
		}
		lines = len(k.Lines)
	}
}

// rights is an estate of three accounts: a backup that reads the scans for sure, an analyst who does under a condition, and a clerk.
func rights(outside bool) func(context.Context) (*access.Estate, error) {
	return func(context.Context) (*access.Estate, error) {
		in := access.Input{Facts: []access.Fact{{ID: 1, Grant: estate.Grant{System: "test"}}}, Day: "2026-11-22", Repositories: []access.Repository{{Name: scans}},
			Holdings: func(_ bool, yield func(access.Holding) error) error {
				p := estate.NewPeople(0)
				p.Add(estate.Person{Marks: []estate.Mark{2}, States: 2})
				return yield(access.Holding{Place: access.Place{Repository: scans, Path: "a.csv"}, Verdict: phi.VerdictPHI, Bytes: 1, People: p})
			},
			Compilers: map[string]access.Compiler{"test": func(_ []access.Fact, _ []access.Place, out access.Sink) {
				idp := "okta"
				if outside {
					idp = "no"
				}
				for _, name := range []string{"backup", "analyst", "clerk"} {
					out.Node(access.Node{ID: name, Kind: access.User, Name: name, System: "test", Traits: map[string]string{"idp": idp}})
				}
				out.Node(access.Node{ID: scans, Kind: access.Resource, Place: access.Place{Repository: scans}})
				for _, e := range []access.Edge{{From: "backup", To: scans, Verb: "may read", Right: access.Read}, {From: "backup", To: scans, Verb: "may decrypt with the key of", Right: access.Key},
					{From: "analyst", To: scans, Verb: "may read", Right: access.Read, Condition: "it comes from inside"}} {
					e.Proof = []int{1}
					out.Edge(e)
				}
			}}}
		return access.Build(in)
	}
}

// TestSafeHarbourIsJudgedByTheWayIn: by what the footholds read, or anybody from outside where none is named.
func TestSafeHarbourIsJudgedByTheWayIn(t *testing.T) {
	d, k := opens(t, 6)
	for _, c := range []struct {
		footholds string
		outside   bool
		word      string
		proof     []string
	}{
		{"", false, "not known", []string{"no foothold is named", "which is no proof"}},
		{"", true, "no", []string{"no foothold is named", "reads it: backup may read", "may use the key"}},
		{`["clerk"]`, false, "not known", []string{"none of the footholds reads it", "none of the footholds may use a key"}},
		{`["nobody"]`, false, "not known", []string{"nobody: 0 principals", "which is no proof"}},
		{`["analyst"]`, false, "not known", []string{"under a condition that is not known: analyst may read"}},
		{`["backup"]`, false, "no", []string{"reads it: backup may read s3://scans", "backup: it reads"}},
	} {
		d.Access = rights(c.outside)
		if c.footholds != "" {
			f := incident.FactBody{Name: incident.Footholds, Value: []byte(c.footholds), Source: "forensic firm", Corrects: true, Why: "they looked again"}
			if _, err := k.AddFact(t.Context(), f, How{}); err != nil {
				t.Fatal(err)
			}
		}
		sheets, err := k.Sheets(t.Context())
		if err != nil || len(sheets) != 1 {
			t.Fatal(sheets, err)
		}
		h := sheets[0].Harbour
		if h.Word != c.word || strings.Count(strings.Join(h.Proof, "\n"), "\n")+1 < len(c.proof) {
			t.Errorf("%s: %+v", c.footholds, h)
		}
		for _, p := range c.proof {
			if !strings.Contains(strings.Join(h.Proof, "\n"), p) {
				t.Errorf("%s: %q is not in %q", c.footholds, p, h.Proof)
			}
		}
	}
	d.Access = nil
	for word, reads := range map[string]string{"yes_key_reached": "no", "yes_key_safe": "not known", "no": "not known"} { // "no" contradicts what the server says of itself
		f := incident.FactBody{Name: "encrypted", Value: []byte(word), Source: "security officer", Corrects: true, Why: "looked again"}
		if _, err := k.AddFact(t.Context(), f, How{}); err != nil {
			t.Fatal(err)
		}
		if sheets, err := k.Sheets(t.Context()); err != nil || sheets[0].Harbour.Word != reads || !strings.Contains(sheets[0].Harbour.Proof[0], ", says security officer (line ") {
			t.Error(word, sheets, err)
		}
	}
	d.Access = func(context.Context) (*access.Estate, error) { return nil, errors.New("no graph") }
	if _, err := k.Sheets(t.Context()); err == nil || !strings.Contains(err.Error(), "who can read what of case archive: no graph") {
		t.Error(err)
	}
}

// TestAPackOfTheDeskIsVerified: with its key and without, and a byte less is found.
func TestAPackOfTheDeskIsVerified(t *testing.T) {
	_, k := opens(t, 6)
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	sum, warnings, err := k.Pack(t.Context(), &out, key.Recipient())
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	if w, err := k.Packed(t.Context(), sum, How{}); err != nil || !strings.Contains(k.Says(&w.Entry), sum) {
		t.Error(err)
	}
	again, o, err := Verify(bytes.NewReader(out.Bytes()), key)
	if err != nil || again != sum || o.Lines == 0 || o.Files["inventory-line-2.json"].Bytes == 0 {
		t.Errorf("%v %+v", err, o)
	}
	if _, o, err := Verify(bytes.NewReader(out.Bytes())); err != nil || o != nil {
		t.Error(err)
	}
	b := out.Bytes()
	b[len(b)/2] ^= 1
	if _, _, err := Verify(bytes.NewReader(b)); !errors.Is(err, pack.ErrChanged) {
		t.Error(err)
	}
}

func TestWhatIsSentWasApprovedAsItWasRead(t *testing.T) {
	d, k := opens(t, 6)
	ctx := t.Context()
	if _, err := k.Approve(ctx, Release{ID: "H1"}, How{}); !errors.Is(err, ErrDraft) {
		t.Error(err)
	}
	if _, err := k.Approve(ctx, Release{ID: "B1", Hash: "0000000000"}, How{}); !errors.Is(err, ErrReworded) {
		t.Error(err)
	}
	if _, err := k.Send(ctx, incident.Sending{Text: "b1", To: "the board", How: "mail"}, How{}); !errors.Is(err, ErrUnsent) {
		t.Error(err)
	}
	b, err := k.Text("b1", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Approve(ctx, Release{ID: "b1", Hash: b.Hash[:12]}, How{}); err != nil {
		t.Error(err)
	}
	if _, err := k.Send(ctx, incident.Sending{Text: "b1", To: "the board", How: "mail"}, How{}); err != nil || k.Sent[0].Text != "B1" {
		t.Error(err)
	}
	all, err := k.Texts(nil)
	if err != nil || len(all) != 24 || !all[15].Approved || all[15].ID != "B1" || all[0].Approved {
		t.Error(len(all), err)
	}
	if _, err := k.Text("Z9", nil); !errors.Is(err, ErrAsked) {
		t.Error(err)
	}
	if _, err := k.Text("B1", Given{"colour": "red"}); !errors.Is(err, ErrAsked) {
		t.Error(err)
	}
	if _, err := k.Close(ctx, "over", How{}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Case(ctx, ""); !errors.Is(err, ErrWhich) {
		t.Error(err)
	}
	if _, err := d.Case(ctx, "none"); !errors.Is(err, catalog.ErrNoCase) {
		t.Error(err)
	}
	if all, missing, err := d.Cases(ctx); err != nil || len(all) != 1 || missing != "" || all[0].Case.ClosedAt == nil {
		t.Error(all, missing, err)
	}
}
