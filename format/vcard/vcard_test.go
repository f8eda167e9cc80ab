package vcard

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/phi"
)

var picture = base64.StdEncoding.EncodeToString([]byte("\xff\xd8\xff\xe0 this stands for a picture of somebody, long enough to be one"))

var cards = strings.ReplaceAll(`BEGIN:VCARD
VERSION:3.0
N:Lovelace;Ada;King\, Augusta;Countess;
FN:Ada Lovelace
item1.TEL;TYPE=home,voice:+1 413 586 7291
TEL;TYPE=FAX:+1 413 586 7292
EMAIL:ada@example.org
ADR;TYPE=home:;;1 Main Street;Springfield;MA;01103;USA
BDAY:1815-12-10
NOTE:The patient\nslept
  well.
PHOTO;ENCODING=b;TYPE=JPEG:`+picture+`
X-MEMBER:77
END:VCARD
BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Cur=
ie;Ren=C3=A9e
END:VCARD
`, "\n", "\r\n")

const calendar = `BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//y
BEGIN:VEVENT
DTSTART;TZID=America/New_York:20240102T100000
SUMMARY:Visit: Ada Lovelace
ATTENDEE;CN="Hopper, Grace";ROLE=REQ-PARTICIPANT:mailto:grace@example.org
END:VEVENT
END:VCALENDAR
`

func TestContract(t *testing.T) {
	formattest.Run(t, Reader{},
		formattest.Sample{Name: "a.vcf", Data: []byte(cards), Claim: format.Certain},
		formattest.Sample{Name: "b", Data: []byte(calendar), Claim: format.Certain},
	)
}

func TestCards(t *testing.T) {
	s := formattest.Collect(Reader{}, "a.vcf", []byte(cards))
	if s.Err != nil || len(s.Gaps) != 0 || len(s.Records) != 2 {
		t.Fatalf("%v %v, %d records", s.Err, s.Gaps, len(s.Records))
	}
	kinds := map[phi.Kind]string{}
	for _, c := range s.Records[0] {
		kinds[c.Kind] += c.Value + "|"
	}
	want := map[phi.Kind]string{phi.Name: "Lovelace|Ada|King, Augusta|Countess|Ada Lovelace|", phi.Phone: "+1 413 586 7291|", phi.Fax: "+1 413 586 7292|",
		phi.Email: "ada@example.org|", phi.Address: "1 Main Street|Springfield|", phi.ZIP: "01103|", phi.DateOfBirth: "1815-12-10|",
		phi.FreeText: "The patient\nslept well.|", phi.None: "MA|77|"}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Error(diff)
	}
	if got := s.Values("N-1"); !cmp.Equal(got, []string{"Lovelace", "Curie"}) {
		t.Errorf("family names %v", got)
	}
	if got := s.Values("N-2"); got[1] != "Renée" {
		t.Errorf("given names %v", got)
	}
	if len(s.Inner) != 1 || s.Inner[0].Hint != "image/jpeg" || !strings.HasPrefix(s.Inner[0].Body, "\xff\xd8") {
		t.Errorf("inner %v", s.Inner)
	}
}

func TestCalendar(t *testing.T) {
	s := formattest.Collect(Reader{}, "a.ics", []byte(calendar))
	if s.Err != nil || len(s.Records) != 1 {
		t.Fatalf("%v, %d records", s.Err, len(s.Records))
	}
	for field, want := range map[string]string{"DTSTART": "20240102T100000", "SUMMARY": "Visit: Ada Lovelace", "ATTENDEE;CN": "Hopper, Grace", "ATTENDEE": "grace@example.org"} {
		if got := s.Values(field); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v", field, got)
		}
	}
}

func TestDamage(t *testing.T) {
	s := formattest.Collect(Reader{}, "a.vcf", []byte("BEGIN:VCARD\nFN:Ada\nno colon here\n"))
	var reasons []estate.GapReason
	for _, g := range s.Gaps {
		reasons = append(reasons, g.Reason)
	}
	if diff := cmp.Diff([]estate.GapReason{estate.GapTruncated, estate.GapDamaged}, reasons); diff != "" || len(s.Records) != 1 {
		t.Errorf("%s %v", diff, s.Records)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(cards))
	f.Add([]byte(calendar))
	f.Fuzz(func(t *testing.T, data []byte) { formattest.Collect(Reader{}, "a.vcf", data) })
}
