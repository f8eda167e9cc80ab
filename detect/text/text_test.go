package text

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/detect/lex"
	"github.com/chartroom/chartroom/detect/words"
	"github.com/chartroom/chartroom/phi"
	"github.com/google/go-cmp/cmp"
)

// found lists what stands in a text at a likelihood of 0.5 and more, as "kind: text".
func found(text string) []string {
	out := []string{}
	for _, s := range scanAll([]byte(text)) {
		if s.Likelihood >= .5 {
			out = append(out, fmt.Sprintf("%v: %s", s.Kind, text[s.Start:s.End]))
		}
	}
	return out
}

func TestNames(t *testing.T) {
	tests := []struct{ text, want string }{
		{"My name is Dariusz and I need help.", "Dariusz"},
		{"Dear Mrs. Okonkwo,\nthank you for your letter.", "Mrs. Okonkwo"},
		{"Patient: NGUYEN, THI", "NGUYEN|THI"},
		{"The patient was seen by Dr. Hernandez today.", "Dr. Hernandez"},
		{"I spoke to Margaret O'Leary about the bill.", "Margaret O'Leary"},
		{"We met Jan van der Berg at the station.", "Jan van der Berg"},
		{"have you heard from jennifer lately?", "jennifer"},
		{"Yesterday Will Henderson called again.", "Will Henderson"},
		{"The report was written by Zbigniew Kowalczyk.", "Zbigniew Kowalczyk"},
		{"They invited Anna, Piotr and Krzysztof.", "Anna|Piotr|Krzysztof"},
		{"Susan's daughter is at school.", "Susan"},
		{"\"Never again,\" said Thorvaldsen.", "Thorvaldsen"},
		{"Robert Jones, MD", "Robert Jones, MD"},
		{"Best regards,\nÅsa Lindqvist", "Åsa Lindqvist"},
		{"First Name: Four\nLast Name: Zzyzx", "Four|Zzyzx"},
		{"Her name is April Mayfield.", "April Mayfield"},
	}
	for _, tt := range tests {
		var got []string
		for _, f := range found(tt.text) {
			if name, ok := strings.CutPrefix(f, "name: "); ok {
				got = append(got, name)
			} else {
				t.Errorf("%q: found %s", tt.text, f)
			}
		}
		if diff := cmp.Diff(strings.Split(tt.want, "|"), got); diff != "" {
			t.Errorf("%q:\n%s", tt.text, diff)
		}
	}
}

func TestNobody(t *testing.T) {
	for _, text := range []string{
		"He was diagnosed with Parkinson disease.",
		"A Foley catheter was placed without difficulty.",
		"She takes Lipitor and Tylenol.",
		"Transferred to Mercy Hospital for further care.",
		"The Kaiser Foundation published the figures.",
		"Please see the Discharge Instructions below.",
		"He speaks Spanish and some Portuguese.",
		"On Monday the Radiology department is closed.",
		"// NewReader returns a Reader that reads from r, starting at Offset.",
		"func (s *Server) HandleRequest(ctx context.Context, req *Request) error {",
		"Copyright (c) 2019 John Smith. All rights reserved.",
		"We traveled to Las Vegas and San Diego.",
		"Doctor: Oh, that is good. Patient: Okay.",
		"Dr. X saw the patient.",
		"Capitalized words like Wisdom and Discipline are not names.",
	} {
		if got := found(text); len(got) > 0 {
			t.Errorf("%q: found %q", text, got)
		}
	}
}

func TestAddresses(t *testing.T) {
	tests := []struct{ text, want string }{
		{"She lives at 221 Maple Street, Apt. 4B, Springfield, IL 62704.", "221 Maple Street, Apt. 4B, Springfield, IL 62704"},
		{"Send it to P.O. Box 1234, Dayton, OH 45402", "P.O. Box 1234, Dayton, OH 45402"},
		{"12 Rue de la Paix\n75002 Paris\nFrance", "12 Rue de la Paix\n75002 Paris"},
		{"Lindenstraße 19\n10969 Berlin", "Lindenstraße 19\n10969 Berlin"},
		{"Via Garibaldi 7, Torino", "Via Garibaldi 7"},
		{"PSC 1234, Box 5678\nAPO AE 09012", "PSC 1234, Box 5678\nAPO AE 09012"},
		{"44 Kerkstraat 8\nSuite 12\nUtrecht\nNetherlands 35123", "44 Kerkstraat 8\nSuite 12\nUtrecht\nNetherlands 35123"},
		{"My zip code is 60614", "60614"},
	}
	for _, tt := range tests {
		got := found(tt.text)
		if len(got) != 1 || !strings.HasSuffix(got[0], ": "+tt.want) || !strings.HasPrefix(got[0], "address") && !strings.HasPrefix(got[0], "zip") {
			t.Errorf("%q: found %q", tt.text, got)
		}
	}
}

func TestNumbers(t *testing.T) {
	tests := []struct {
		text string
		want []string
	}{
		{"SSN 123-45-6789", []string{"ssn: 123-45-6789"}},
		{"his social security number is 123456789", []string{"ssn: 123456789"}},
		{"DOB: 03/14/1962, admitted 2024-05-06", []string{"date_of_birth: 03/14/1962", "date: 2024-05-06"}},
		{"born on March 3, 1971 in Ohio", []string{"date_of_birth: March 3, 1971"}},
		{"seen on 5-Jan-2023 and again on 7 February 2023", []string{"date: 5-Jan-2023", "date: 7 February 2023"}},
		{"MRN: 0048812", []string{"mrn: 0048812"}},
		{"Member ID: XJH4482913", []string{"health_plan_id: XJH4482913"}},
		{"card 4111 1111 1111 1111 expires soon", []string{"account: 4111 1111 1111 1111"}},
		{"my iban is GB29NWBK60161331926819", []string{"account: GB29NWBK60161331926819"}},
		{"call (312) 555-0187 x22 or 312.555.0144", []string{"phone: (312) 555-0187 x22", "phone: 312.555.0144"}},
		{"Fax: 312-555-0199", []string{"fax: 312-555-0199"}},
		{"reach us at +44 20 7946 0958", []string{"phone: +44 20 7946 0958"}},
		{"login from 81.2.69.142 refused", []string{"ip: 81.2.69.142"}},
		{"from 2a02:6b8:b010:a2fa:1:2:3:4 port 22", []string{"ip: 2a02:6b8:b010:a2fa:1:2:3:4"}},
		{"mail jo.doe@clinicmail.org, see http://www.smiles-dental.us/team.", []string{"email: jo.doe@clinicmail.org", "url: http://www.smiles-dental.us/team"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, found(tt.text)); diff != "" {
			t.Errorf("%q:\n%s", tt.text, diff)
		}
	}
}

func TestNothing(t *testing.T) {
	for _, text := range []string{
		"id=550e8400-e29b-41d4-a716-446655440000 sha=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
		"golang.org/x/net v0.38.0 h1:vRMAPTMaeGqVhG5QyLJHqNDwecKTomGeqbnfZyKlBI8=",
		"listening on 127.0.0.1:8080 and 0.0.0.0:9090",
		"Chrome/39.0.2171.59 Safari/537.36",
		"2026-03-12T11:22:33.123Z host-3 app[123]: cache miss",
		"[10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 2326",
		"Jan  3 10:11:12 host sshd[411]: closed",
		"write to user@example.com or root@localhost",
		"xmlns=\"http://www.w3.org/2000/svg\"",
		"the year 2019 and 1,234,567 rows in 12.5 seconds",
		"5 mg twice a day, 120/80 mmHg, 98.6 F",
		"ISBN 978-3-16-148410-0x is no telephone",
		"0x1F 0755 1e10 3rd 40px 12ab34cd",
	} {
		if got := found(text); len(got) > 0 {
			t.Errorf("%q: found %q", text, got)
		}
	}
}

func TestSubjectAndLabel(t *testing.T) {
	text := "Patient Name: Maria Lopez\nAttending physician: Dr. Stone\n"
	var got []string
	for _, s := range scanAll([]byte(text)) {
		got = append(got, fmt.Sprintf("%s %v %v", text[s.Start:s.End], s.Subject, s.Labelled))
	}
	want := []string{"Maria Lopez patient true", "Dr. Stone provider true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTerms(t *testing.T) {
	tests := []struct {
		text string
		want phi.Classes
	}{
		{"The patient is HIV positive.", phi.Of(phi.HIV)},
		{"Enrolled in methadone maintenance.", phi.Of(phi.OPIOIDUD)},
		{"History of alcohol use disorder and bipolar disorder.", phi.Of(phi.ETHUD, phi.PSY)},
		{"Denies suicidal ideation.", 0},
		{"No history of cocaine use.", 0},
		{"Negative for gonorrhea and chlamydia.", 0},
		{"Her mother had schizophrenia.", 0},
		{"No fever. Schizophrenia, stable on clozapine.", phi.Of(phi.PSY)},
		{"Sickle-cell disease with crisis.", phi.Of(phi.SCA)},
		{"An HIV test was offered.", 0},
		{"HIV, on tenofovir.", phi.Of(phi.HIV)},
		{"Victim of domestic violence.", phi.Of(phi.SDV)},
		{"The health check of the admission controller failed.", 0},
	}
	s := New(words.Load())
	for _, tt := range tests {
		s.Reset()
		s.Scan([]byte(tt.text), 0, len(tt.text), func(Span) {})
		if got := s.Classes(); got != tt.want {
			t.Errorf("%q: %v, want %v", tt.text, got, tt.want)
		}
	}
}

func TestHealth(t *testing.T) {
	s := New(words.Load())
	count := func(text string) int {
		s.Reset()
		s.Scan([]byte(text), 0, len(text), func(Span) {})
		return s.Health()
	}
	if n := count("Diagnosis: pneumonia. Prescribed amoxicillin 500 mg, follow up in the clinic."); n < 8 {
		t.Errorf("a clinical note has %d", n)
	}
	if n := count("The health check of the admission controller failed, so the pod was evicted. Retry in 5 s."); n > 2 {
		t.Errorf("a log has %d", n)
	}
	s.Reset()
	if s.Health() != 0 || s.Classes() != 0 {
		t.Error("Reset keeps something")
	}
}

// Whatever part of a text is asked for, spans start within it, rise, and do not overlap; and the parts together say what the
// whole says.
func TestParts(t *testing.T) {
	text := note(200 << 10)
	s := New(words.Load())
	var whole []Span
	s.Scan(text, 0, len(text), func(sp Span) { whole = append(whole, sp) })
	var parts []Span
	for from := 0; from < len(text); {
		to := min(len(text), from+7000)
		for to < len(text) && text[to-1] != '\n' {
			to++
		}
		last := from
		s.Scan(text, from, to, func(sp Span) {
			if sp.Start < last || sp.Start >= to || sp.End <= sp.Start {
				t.Fatalf("span %d-%d in %d-%d behind %d", sp.Start, sp.End, from, to, last)
			}
			last = sp.End
			parts = append(parts, sp)
		})
		from = to
	}
	if len(whole) == 0 || !slices.Equal(whole, parts) {
		t.Errorf("the whole has %d spans, its parts have %d", len(whole), len(parts))
	}
}

// A window is told the same as a scan of it alone is.
func TestWindows(t *testing.T) {
	text := append(note(100<<10), logLines(50<<10)...)
	text = append(text, "He is HIV positive. Mr. Okonkwo, 12 Main Street.\n"...)
	type window struct {
		from, to, health int
		classes          phi.Classes
		spans            []Span
	}
	for _, size := range []int{512, 8 << 10, 40 << 10, 1 << 30} {
		var got, want []window
		s := New(words.Load())
		var spans []Span
		s.ScanWindows(text, 100, len(text), Windows{Size: size, Span: func(sp Span) { spans = append(spans, sp) }, Closed: func(from, to int) {
			got = append(got, window{from, to, s.Health(), s.Classes(), spans})
			spans = nil
		}})
		for from := 100; from < len(text); from += size {
			w := window{from: from, to: min(from+size, len(text))}
			s.Reset()
			s.Scan(text, from, w.to, func(sp Span) { w.spans = append(w.spans, sp) })
			w.health, w.classes = s.Health(), s.Classes()
			want = append(want, w)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(window{})); diff != "" {
			t.Errorf("windows of %d:\n%s", size, diff)
		}
	}
	New(words.Load()).ScanWindows(nil, 0, 10, Windows{Size: 1, Closed: func(int, int) { t.Error("a window of nothing") }})
}

func TestNothingIsAllocated(t *testing.T) {
	text := append(note(64<<10), logLines(64<<10)...)
	s := New(words.Load())
	emit := func(Span) {}
	s.Scan(text, 0, len(text), emit)
	if n := testing.AllocsPerRun(5, func() { s.Reset(); s.Scan(text, 0, len(text), emit) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzScan(f *testing.F) {
	for _, seed := range []string{
		"Dr. O'Neil-Smith, 12 Main St Apt 4, 62704\n(312) 555-0187 x1", "a@b.co http://x.yz:8080/?q=1 ::1 fe80::1 1.2.3.4.5",
		"\xff\xfe Ünïcödé ’s ‘q’ \\'m I\\'m 12-34-56-78", "4111-1111-1111-1111 2024-01-01T00:00:00Z DOB:", ".@.:.:", "Box P.O. PO Box 1 APO AE 0",
		"::", "mail janet.phillips0@example.org", "First.name1:://a.b-c1234567@x.com", "Name:a@b.com",
	} {
		f.Add([]byte(seed), 0, len(seed))
	}
	s := New(words.Load())
	f.Fuzz(func(t *testing.T, text []byte, from, to int) {
		last := 0
		s.Reset()
		s.Scan(text, from, to, func(sp Span) {
			if sp.Start < max(from, last) || sp.Start >= to || sp.End <= sp.Start || sp.End > len(text) {
				t.Fatalf("span %d-%d, text of %d, part %d-%d, behind %d", sp.Start, sp.End, len(text), from, to, last)
			}
			if !(sp.Likelihood > 0 && sp.Likelihood <= 1) || sp.Kind == phi.None || sp.Rule == lex.NoRule {
				t.Fatalf("span %+v", sp)
			}
			last = sp.End
		})
	})
}
