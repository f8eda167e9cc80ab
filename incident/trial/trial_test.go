package trial

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/catalog/retention"
	"github.com/chartroom/chartroom/catalog/store"
	"github.com/chartroom/chartroom/claim"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/source"
)

const ours = `MRN: 10423117 Patient: Okonkwo, Adaeze DOB: 03/14/1962 SSN: 219-46-8317
MRN: 10423118 Patient: Marchbanks, Bela DOB: 11/02/1971 SSN: 219-46-8318
MRN: 10423119 Patient: Plantagenet, Chidi DOB: 07/30/1955 SSN: 219-46-8319
MRN: 10423120 Patient: Quillfeather, Dora DOB: 01/09/1988 SSN: 219-46-8320
`

const theirs = `MRN: 88120045 Patient: Vasquez, Ines DOB: 05/21/1949 SSN: 518-32-4471
MRN: 88120046 Patient: Whitcombe, Jonas DOB: 12/30/1990 SSN: 518-32-4472
MRN: 88120047 Patient: Threlkeld, Kofi DOB: 02/17/1966 SSN: 518-32-4473
`

// prepared is a catalog of one item with the traces of our records, and one item that kept none.
func prepared(t *testing.T) (*Trial, *store.File) {
	t.Helper()
	ctx := t.Context()
	f, err := store.Open(ctx, filepath.Join(t.TempDir(), "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	c := catalog.Over(f)
	t.Cleanup(func() { c.Close() })
	tr := &Trial{Catalog: c, Who: audit.Caller{Name: "Ada", Role: audit.Admin}, Options: scan.Options{Engine: detect.New(nil), Key: fingerprint.NewKey(), Workers: 1}}
	var traces estate.Traces
	if _, err := scan.Sample(ctx, source.Pasted("x", []byte(ours)), tr.Options, func(s scan.Sampled) error {
		for _, one := range s.Traces {
			traces.Add(one.Trace)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	r, err := c.Begin(ctx, tr.Who, catalog.RunSpec{Key: tr.Options.Key.ID()})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Repository(ctx, estate.Repository{Name: "s3://scans", Kind: "s3", Custodian: "Harbor Archive"}); err != nil {
		t.Fatal(err)
	}
	people := estate.NewPeople(0)
	people.Add(estate.Person{Marks: []estate.Mark{2}, States: 1 << phi.ParseState("CA")})
	var facts []estate.Fact
	for _, path := range []string{"a.csv", "b.csv"} {
		facts = append(facts, estate.Fact{Item: &estate.Item{Repository: "s3://scans", Path: path, Version: "1", Bytes: 5e9, Format: "csv", Verdict: phi.VerdictPHI, People: people, Records: 4, Read: 5e9, Evidence: estate.Evidence{Coverage: "all"}}})
	}
	for _, s := range traces.Close() {
		facts = append(facts, estate.Fact{Traces: &estate.TraceSet{Repository: "s3://scans", Path: "a.csv", Set: s}})
	}
	if err := r.Append(ctx, facts); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Finish(ctx, []catalog.Listing{{Repository: "s3://scans", Complete: true, Items: 2}}); err != nil {
		t.Fatal(err)
	}
	return tr, f
}

func pasted(text string) source.Source { return source.Pasted("pasted text", []byte(text)) }

// TestASampleIsHeldAgainstTheInventory: whose it is, what was not covered, and who is in the repository that it comes from.
func TestASampleIsHeldAgainstTheInventory(t *testing.T) {
	tr, _ := prepared(t)
	got, err := tr.Sample(t.Context(), pasted(ours), nil)
	if err != nil || got.Verdict != claim.Ours || got.Explained != 4 || got.Matches[0].Repository != "s3://scans" || got.Matches[0].Item != "a.csv" {
		t.Fatalf("%v: %+v", err, got)
	}
	if got.Coverage.Untraced != 1 || got.Coverage.Repositories != 1 || got.ByState["CA"] != 1 || got.People.Estimate != 1 {
		t.Errorf("%+v %v %v", got.Coverage, got.ByState, got.People)
	}
	if got, err = tr.Sample(t.Context(), pasted(theirs), nil); err != nil || got.Verdict != claim.NotFound || got.People.Estimate != 0 {
		t.Errorf("%v: %+v", err, got)
	}
	if got, err = tr.Sample(t.Context(), pasted(ours), []source.Source{pasted(theirs), pasted(ours)}); err != nil || got.Elsewhere != 4 {
		t.Errorf("%v: %+v", err, got)
	}
	if got, err = tr.Sample(t.Context(), source.Pasted("proof.zip", []byte("PK\x03\x04 cut off")), nil); err != nil || len(got.Coverage.SampleGaps) == 0 || got.Verdict != claim.Undecided {
		t.Errorf("%v: %+v", err, got)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := tr.Sample(stopped, pasted(ours), nil); err == nil {
		t.Error("it went on")
	}
}

// What retention has removed may be what was taken, and so the answer says from when on there is anything.
func TestWhatIsNotKeptIsSaid(t *testing.T) {
	tr, f := prepared(t)
	got, err := tr.Sample(t.Context(), pasted(theirs), nil)
	if err != nil || got.Coverage.Kept != nil {
		t.Fatalf("%v: %+v", err, got.Coverage)
	}
	r, err := tr.Catalog.Begin(t.Context(), tr.Who, catalog.RunSpec{Key: tr.Options.Key.ID()})
	if err == nil {
		err = r.Repository(t.Context(), estate.Repository{Name: "s3://scans", Kind: "s3", Custodian: "Harbor Archive"})
	}
	if err == nil { // all has vanished
		_, err = r.Finish(t.Context(), []catalog.Listing{{Repository: "s3://scans", Complete: true}})
	}
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now().Add(time.Minute).Truncate(time.Millisecond)
	f.Now = func() time.Time { return before }
	if _, err := (&retention.Job{File: f, Who: tr.Who, Before: before}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err = tr.Sample(t.Context(), pasted(theirs), nil); err != nil || got.Coverage.Kept == nil || !got.Coverage.Kept.Equal(before) {
		t.Errorf("%v: %+v", err, got.Coverage)
	}
}

func TestASizeIsHeldAgainstWhatCouldHaveBeenTaken(t *testing.T) {
	tr, _ := prepared(t)
	got, err := tr.Size(t.Context(), claim.Size{Bytes: 8e9}, []access.Foothold{{}})
	if err != nil || len(got.Repositories) != 1 || got.Repositories[0].Fits != claim.FitsWhole || got.Repositories[0].Bytes != 10e9 || len(got.Footholds) != 1 || got.Footholds[0].Fits != claim.FitsNot {
		t.Errorf("%v: %+v", err, got)
	}
}
