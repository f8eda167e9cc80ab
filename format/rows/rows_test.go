package rows

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/record/rows"
)

const hl7 = "MSH|^~\\&|A|B|C|D|20200101||ADT^A01|1|P|2.5\rPID|1||100201^^^H^MR||Byron^Ada\r"

// stream writes a table; an empty value is null.
func stream(t testing.TB, columns []rows.Column, values ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := rows.NewWriter(&b, columns)
	for _, v := range values {
		if err == nil && v == "" {
			err = w.Value(nil)
		} else if err == nil {
			err = w.Value([]byte(v))
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var patients = []rows.Column{{Name: "mrn"}, {Name: "last_name"}, {Name: "document"}, {Name: "scan", Kind: rows.Binary}}

func table(t testing.TB) []byte {
	return stream(t, patients, "100201", "Lovelace", hl7, "\x00\x01\x02", "100202", "O'Hara,\n\"x\"", "", "plain text", "", "", strings.Repeat("long ", 30_000), "%PDF-1.7 "+strings.Repeat("x", 100_000))
}

func TestContract(t *testing.T) {
	formattest.Run(t, Reader{}, formattest.Sample{Name: "public.patients", Data: table(t), Claim: format.Certain}, formattest.Sample{Name: "public.patients", Data: lined()})
}

func TestRows(t *testing.T) {
	s := formattest.Collect(Reader{}, "clinic/public.patients", table(t))
	if s.Err != nil || len(s.Gaps) != 1 || s.Gaps[0].Reason != estate.GapUnknown {
		t.Fatalf("%v %v", s.Err, s.Gaps)
	}
	if diff := cmp.Diff([]string{"Lovelace", "O'Hara,\n\"x\""}, s.Values("patients.last_name")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"plain text"}, s.Values("patients.scan")); diff != "" {
		t.Error(diff)
	}
	if got := strings.Join(s.Values("patients.document"), ""); got != strings.Repeat("long ", 30_000) {
		t.Errorf("a long text came as %d bytes", len(got))
	}
	if len(s.Inner) != 2 || s.Inner[1].Body != hl7 || len(s.Inner[0].Body) != 100_009 {
		t.Errorf("%d documents", len(s.Inner))
	}
}

// lined is a table of text that comes as lines.
func lined() []byte {
	b := rows.BeginLines(rows.Header(nil, patients[:3]))
	from := len(b)
	b = append(b, "100201\tLovelace\t"+strings.NewReplacer(`\`, `\\`, "\r", `\r`).Replace(hl7)+"\n100202\tO'Hara,\\n\"x\"\t\\N\n"...)
	return append(rows.EndLines(b, from), 0)
}

func TestLines(t *testing.T) {
	s := formattest.Collect(Reader{}, "clinic/public.patients", lined())
	if s.Err != nil || len(s.Gaps) != 0 || len(s.Inner) != 1 || s.Inner[0].Body != hl7 {
		t.Fatalf("%v %v, %d documents", s.Err, s.Gaps, len(s.Inner))
	}
	if diff := cmp.Diff([]string{"Lovelace", "O'Hara,\n\"x\""}, s.Values("patients.last_name")); diff != "" {
		t.Error(diff)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(table(f))
	f.Add(lined())
	f.Fuzz(func(t *testing.T, data []byte) { formattest.Collect(Reader{}, "a.b", data) })
}
