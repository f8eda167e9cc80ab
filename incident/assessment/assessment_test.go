package assessment

import (
	"strings"
	"testing"

	"github.com/chartroom/chartroom/incident"
	"pgregory.net/rapid"
)

func TestSafeHarbour(t *testing.T) {
	y, n, o := incident.Yes, incident.No, incident.Open
	for _, c := range []struct {
		name string
		path Path
		want incident.Known
		says string
	}{
		{"nothing is known", Path{}, o, "which layer"},
		{"in the clear", Path{Layer: NoLayer, Key: n, Validated: y}, n, "not encrypted"},
		{"a stolen disk", Path{Layer: Media, Session: n, Key: n, Validated: y}, y, "out of the foothold's reach"},
		{"a disk, read through a login", Path{Layer: Media, Session: y, Key: n, Validated: y}, n, "session"},
		{"TDE, read through a login: the key is never reached, and it does not matter", Path{Layer: Database, Session: y, Key: n, Validated: y}, n, "session"},
		{"TDE, and whether by a login is not known", Path{Layer: Database, Key: n, Validated: y}, o, "live session"},
		{"a bucket with KMS, whose foothold may decrypt", Path{Layer: Storage, Session: y, Key: y, Validated: y}, n, "reach"},
		{"a bucket with KMS, whose foothold may not", Path{Layer: Storage, Session: y, Key: n, Validated: y}, y, "guidance"},
		{"whether it may is not known", Path{Layer: Storage, Session: y, Validated: y}, o, "reach the key"},
		{"encrypted by the program", Path{Layer: Application, Session: y, Key: n, Validated: y}, y, "guidance"},
		{"by a method of its own", Path{Layer: Application, Session: y, Key: n, Validated: n}, n, "none of those"},
		{"by a method that nobody wrote down", Path{Layer: Application, Session: n, Key: n}, o, "certificate"},
		{"the key was there, whatever else", Path{Key: y}, n, "reach"},
	} {
		f := Harbour(c.path)
		if f.Secured != c.want || !strings.Contains(f.Because, c.says) || (f.Decides != "") != (c.want == o) {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

// TestNoLearnedFactTurnsTheHarbour: what becomes known settles what was open and never turns what was settled; and a key in reach never secures.
func TestNoLearnedFactTurnsTheHarbour(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		known := rapid.SampledFrom([]incident.Known{incident.Open, incident.Yes, incident.No})
		p := Path{Layer: rapid.SampledFrom([]Layer{NotKnown, NoLayer, Media, Database, Storage, Application}).Draw(t, "layer"), Session: known.Draw(t, "session"), Key: known.Draw(t, "key"), Validated: known.Draw(t, "validated")}
		before := Harbour(p)
		for _, k := range []*incident.Known{&p.Session, &p.Key, &p.Validated} {
			if *k == incident.Open {
				*k = known.Draw(t, "learned")
			}
		}
		after := Harbour(p)
		if before.Secured != incident.Open && after.Secured != before.Secured || p.Key == incident.Yes && after.Secured != incident.No {
			t.Fatalf("%+v became %+v", before, after)
		}
	})
}

func TestSheetsAreFilledFromEvidenceAndClosedByAHuman(t *testing.T) {
	three := int64(3)
	h := &incident.Holdings{Repositories: []incident.Held{
		{Repository: "s3://scans", Verdict: "phi", Identifiers: []string{"name", "mrn"}, Sensitivity: []string{"HIV"}, Estimate: 40, Part2: true, Gaps: 2, Encryption: "aws:kms", Readers: &three},
		{Repository: "file:///old", Encryption: "none"}}}
	c := &incident.Case{Level: incident.C0, Claim: incident.Claim{Actor: "Team X"}}
	sheets := Sheets(c, h, nil)
	if len(sheets) != 2 || sheets[0].Closed != nil || sheets[1].Harbour.Secured != incident.No || sheets[0].Harbour.Secured != incident.Open {
		t.Fatalf("%+v", sheets)
	}
	f := sheets[0].Factors
	if !strings.Contains(strings.Join(f[0].Evidence, " "), "HIV") || len(f[0].Open) != 1 || len(f[2].Open) != 1 || !strings.Contains(f[1].Evidence[0], "Team X") || len(f[3].Open) != 1 {
		t.Errorf("%+v", f)
	}
	c.Level, c.LevelWhy = incident.C2, "19 of 20 records are in s3://scans"
	c.Decisions = []incident.Decision{{Question: Question("s3://scans"), Decision: "not_low", Reason: "a sample", By: "Ada Officer", Line: 9}}
	sheets = Sheets(c, h, func(*incident.Held) Path { return Path{Key: incident.Yes, Proof: []string{"svc may use the key"}} })
	if sheets[0].Closed == nil || sheets[0].Closed.By != "Ada Officer" || sheets[1].Closed != nil || !strings.Contains(sheets[0].Factors[2].Evidence[0], "19 of 20") || sheets[0].Harbour.Secured != incident.No || len(sheets[0].Harbour.Proof) != 1 {
		t.Errorf("%+v", sheets[0])
	}
	if len(Sheets(c, nil, nil)) != 0 {
		t.Error("sheets without an inventory")
	}
}

func TestWhatServersSayOfTheirEncryption(t *testing.T) {
	for words, want := range map[string]Layer{"": NotKnown, "none": NoLayer, "AES256": Database, "aws:kms": Storage, "TDE": Database, "0 of 7 tables": NoLayer, "7 of 7 tables": Database,
		"3 of 7 tables": NotKnown, "0 of 0 tables": NotKnown, "the server does not tell": NotKnown} {
		if got := LayerOf(words); got != want {
			t.Errorf("%q is %q", words, got)
		}
	}
}
