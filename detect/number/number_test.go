package number

import (
	"strings"
	"testing"

	"github.com/chartroom/chartroom/detect/lex"
	"github.com/chartroom/chartroom/detect/words"
	"github.com/chartroom/chartroom/phi"
	"github.com/google/go-cmp/cmp"
)

// found lists what the numbers of a text are, at a likelihood of 0.5 and more.
func found(b *lex.Block, text string) []string {
	out := []string{}
	b.Read([]byte(text), 0, len(text), lex.Opening{})
	Find(b)
	FindLabelled(b)
	for _, s := range b.Spans {
		if s.Likelihood >= .5 {
			out = append(out, s.Kind.String()+": "+text[s.Start:s.End])
		}
	}
	return out
}

func TestFind(t *testing.T) {
	b := lex.New(words.Load())
	for text, want := range map[string]string{
		"She was born on 3 March 1980 in Ohio.":       "date_of_birth: 3 March 1980",
		"Seen 03/04/2021 for cough.":                  "date: 03/04/2021",
		"Call (312) 555-0187 x12 today":               "phone: (312) 555-0187 x12",
		"Fax: 312-555-0188":                           "fax: 312-555-0188",
		"SSN 512-44-1234 on file":                     "ssn: 512-44-1234",
		"Card 4111 1111 1111 1111 was charged":        "account: 4111 1111 1111 1111",
		"MRN: 00482910":                               "mrn: 00482910",
		"MRN: A00482910":                              "mrn: A00482910",
		"from 73.112.8.21 at noon":                    "ip: 73.112.8.21",
		"IBAN DE89370400440532013000":                 "account: DE89370400440532013000",
		"Admitted: 2024-01-31T23:59:59Z to the ward.": "date: 2024-01-31T23:59:59Z",
	} {
		if diff := cmp.Diff([]string{want}, found(b, text)); diff != "" {
			t.Errorf("%q:\n%s", text, diff)
		}
	}
}

func TestNoIdentifier(t *testing.T) {
	b := lex.New(words.Load())
	for _, text := range []string{
		"completed in 3209 ms (222 rows, 68141 bytes, pool 12/32)", "BP 128/76, pulse 72, temp 98.4 F", "1,234,567 rows", "version 10.2.3.4.5",
		"12:34:56 worker-12 n=17 app[411] done", "request=5e41ab08-7439-411e-86d6-fd953217ae03", "in 2 of 3 cases", "10 mg of 5",
	} {
		if got := found(b, text); len(got) > 0 {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// A label says whose the number is.
func TestSubject(t *testing.T) {
	b := lex.New(words.Load())
	text := []byte("Patient MRN: 00482910")
	b.Read(text, 0, len(text), lex.Opening{Low: true})
	Find(b)
	if len(b.Spans) != 1 || b.Spans[0].Subject != phi.Patient || !b.Spans[0].Labelled {
		t.Errorf("%+v", b.Spans)
	}
}

// Numbers that are joined to many others, or are too long, are none of these things.
func TestChains(t *testing.T) {
	b := lex.New(words.Load())
	for text, want := range map[string]string{
		"1.2.3.4.5.6.7.8.9.10.11.12.13.73.112.8.21-555-0187": "",
		"from 73.112.8.0/24-73.112.9.21/24":                  "ip: 73.112.9.21",
		"call 425 555 0187 425 555 0188 425 now":             "",
		strings.Repeat("12-31-", 5000) + "2024":              "",
	} {
		if got := strings.Join(found(b, text), "|"); got != want {
			t.Errorf("%.60q: %q, want %q", text, got, want)
		}
	}
}
