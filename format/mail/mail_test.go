package mail

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
)

func crlf(text string) []byte { return []byte(strings.ReplaceAll(text, "\n", "\r\n")) }

var csv64 = base64.StdEncoding.EncodeToString([]byte("mrn,last_name,dob\n100201,Lovelace,1815-12-10\n"))

var letter = crlf(`Return-Path: <ada@example.org>
Received: from a by b; Mon, 1 Jan 2024 10:00:00 +0000
From: =?UTF-8?Q?Ren=C3=A9e?= Lovelace <ada@example.org>
To: clinic@example.org,
	"Hopper, Grace" <grace@example.org>
Subject: =?iso-8859-1?B?UulzdWx0cw==?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

preamble
--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

The patient Ren=E9e slept =
well.
--inner
Content-Type: text/html

<p>The patient slept well.</p>
--inner--
--outer
Content-Type: text/csv; name="patients.csv"
Content-Disposition: attachment; filename="../patients.csv"
Content-Transfer-Encoding: base64

` + csv64 + `
--outer
Content-Type: message/rfc822

From: a@example.org
To: b@example.org
Subject: inner

See within.
--outer
Content-Type: application/pkcs7-mime; smime-type=enveloped-data

xxxx
--outer--
`)

const mbox = `From ada@example.org Mon Jan  1 10:00:00 2024
From: ada@example.org
To: grace@example.org
Subject: one

First text.
>From the start.
From here on it is text, since no blank line stands before.

From grace@example.org Mon Jan  1 11:00:00 2024
From: grace@example.org
Subject: two
Content-Type: multipart/mixed; boundary=b

--b

Second text.
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename=a.pdf

%PDF-1.4
--b--

From grace@example.org Mon Jan  1 12:00:00 2024
Subject: three

Third.
`

func TestContract(t *testing.T) {
	formattest.Run(t, Reader{},
		formattest.Sample{Name: "a.eml", Data: letter, Claim: format.Certain},
		formattest.Sample{Name: "inbox", Data: []byte(mbox), Claim: format.Certain},
	)
}

func TestLetter(t *testing.T) {
	s := formattest.Collect(Reader{}, "a.eml", letter)
	if s.Err != nil || len(s.Records) != 1 {
		t.Fatalf("%v, %d records", s.Err, len(s.Records))
	}
	want := []string{"From: Renée Lovelace <ada@example.org>\nTo: clinic@example.org, \"Hopper, Grace\" <grace@example.org>\nSubject: Résults\n",
		"The patient Renée slept well."}
	if diff := cmp.Diff(want, s.Values("message")); diff != "" {
		t.Error(diff)
	}
	var names []string
	for _, in := range s.Inner {
		names = append(names, in.Name+"|"+in.Hint)
	}
	if diff := cmp.Diff([]string{"4 part 4 html|text/html", "5 .._patients.csv|text/csv", "6 message.eml|message/rfc822"}, names); diff != "" && len(names) != 3 {
		t.Error(diff)
	}
	if got := s.Inner[1].Body; got != "mrn,last_name,dob\n100201,Lovelace,1815-12-10\n" {
		t.Errorf("the attachment is %q", got)
	}
	if !strings.HasPrefix(s.Inner[2].Body, "From: a@example.org") {
		t.Errorf("the message within is %q", s.Inner[2].Body)
	}
	if len(s.Gaps) != 1 || s.Gaps[0].Reason != estate.GapEncrypted {
		t.Errorf("gaps %v", s.Gaps)
	}
}

func TestMailbox(t *testing.T) {
	s := formattest.Collect(Reader{}, "inbox", []byte(mbox))
	if s.Err != nil || len(s.Gaps) != 0 || len(s.Records) != 3 {
		t.Fatalf("%v %v, %d records", s.Err, s.Gaps, len(s.Records))
	}
	all := strings.Join(s.Values("message"), "|")
	for _, text := range []string{"First text.\nFrom the start.\nFrom here on it is text", "Second text.", "Third."} {
		if !strings.Contains(all, text) {
			t.Errorf("%q is not in %q", text, all)
		}
	}
	if len(s.Inner) != 1 || !strings.HasPrefix(s.Inner[0].Name, "message 2/") || !strings.HasSuffix(s.Inner[0].Name, "a.pdf") {
		t.Errorf("inner %v", s.Inner)
	}
}

func TestDamage(t *testing.T) {
	for name, text := range map[string]string{
		"no end":       "From: a@example.org\nTo: b@example.org\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nThe text.\n",
		"no base64":    "From: a@example.org\nTo: b@example.org\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\nVGhlIHRleHQu!!!!\n",
		"no encoding":  "From: a@example.org\nTo: b@example.org\nContent-Transfer-Encoding: strange\n\nThe text.\n",
		"no charset":   "From: a@example.org\nTo: b@example.org\nContent-Type: text/plain; charset=strange\n\nThe text.\n",
		"no parts":     "From: a@example.org\nTo: b@example.org\nContent-Type: multipart/mixed\n\nThe text.\n",
		"deep":         deep(80),
		"header alone": "From: a@example.org\nTo: b@example.org",
	} {
		s := formattest.Collect(Reader{}, "a.eml", []byte(text))
		read := strings.Contains(strings.Join(s.Values("message"), "|"), "The text.")
		if s.Err != nil && name != "deep" || !read && len(s.Gaps) == 0 && s.Err == nil && name != "header alone" {
			t.Errorf("%s: %v, gaps %v, read %v", name, s.Err, s.Gaps, read)
		}
	}
}

// deep is a message whose parts stand so deep in each other.
func deep(n int) string {
	var b strings.Builder
	b.WriteString("From: a@example.org\nTo: b@example.org\n")
	for i := range n {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	return b.String() + "\nThe text.\n"
}

func TestLongText(t *testing.T) {
	long := strings.Repeat("The patient slept well. ", 20_000)
	s := formattest.Collect(Reader{}, "a.eml", []byte("From: a@example.org\nTo: b@example.org\n\n"+long))
	if got := strings.Join(s.Values("message"), ""); s.Err != nil || !strings.HasSuffix(got, long) {
		t.Errorf("%d bytes, %v", len(got), s.Err)
	}
}

func TestClaims(t *testing.T) {
	for _, c := range []struct {
		name, head string
		want       format.Claim
	}{
		{"a", string(letter), format.Certain},
		{"a.txt", "From: here\nTo: there\n\nA walk.\n", format.Likely},
		{"a.txt", "From here on it is text.\n", format.No},
		{"a.txt", "Date: 1 May\nIt rained.\n", format.No},
		{"http.log", "HTTP/1.1 200 OK\nDate: x\nContent-Type: y\n\n", format.No},
		{"a.yaml", "from: a\nto: b\nlist:\n- c\n", format.No},
		{"a.eml", "Subject: x\n\ny", format.Certain},
		{"", "", format.No},
	} {
		if got := (Reader{}).Claims(c.name, []byte(c.head)); got != c.want {
			t.Errorf("%s %.20q: %d, want %d", c.name, c.head, got, c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(letter)
	f.Add([]byte(mbox))
	f.Fuzz(func(t *testing.T, data []byte) { formattest.Collect(Reader{}, "a.eml", data) })
}
