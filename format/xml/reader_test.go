package xml

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/record"
)

const people = `<?xml version="1.0" encoding="UTF-8"?>
<!-- exported for Dr. Quill -->
<clinic name="Lakeside">
  <exported>2024-05-01</exported>
  <patients>
    <patient id="100201"><name>Ada Byron</name><birth value="1815-12-10"/><phones><phone kind="home">503-555-0100</phone><phone kind="work">503-555-0101</phone></phones></patient>
    <patient id="100202"><name>Grace &amp; Hopper</name><birth value="1906-12-09"/></patient>
  </patients>
</clinic>`

const dataset = `<dataset><person person_id="1" gender="F" birthdate="1959-12-08"/><person person_id="2" gender="M" birthdate="1975-04-08"/>
<person_name person_id="1" family_name="Chebaskwony"/><person_name person_id="2" family_name="Horatio"/></dataset>`

const rows = `<resultset statement="select * from patients"><row><field name="ssn">219-46-8317</field><field name="last_name">Byron</field></row>
<row><field name="ssn">219-46-8318</field><field name="last_name">Hopper</field></row></resultset>`

const note = "<note><p>Seen by <b>Dr. Quill</b> on 4 May.</p><p>Then <b>sent</b> home.</p></note>"

func TestContract(t *testing.T) {
	pdf := "JVBERi0xLjQKJcOkw7zDtsOfCjIgMCBvYmoKPDwvTGVuZ3RoIDMgMCBSL0ZpbHRlci9GbGF0ZURlY29kZT4+"
	formattest.Run(t, Reader{},
		formattest.Sample{Name: "people.xml", Data: []byte(people), Claim: format.Likely, Gaps: []formattest.Gap{}, Want: []formattest.Record{
			{{Field: "comment()", Value: "exported for Dr. Quill"}, {Field: "clinic/@name", Value: "Lakeside"}, {Field: "clinic/exported", Value: "2024-05-01"}},
			{{Field: "clinic/patients/patient/@id", Value: "100201"}, {Field: "clinic/patients/patient/name", Value: "Ada Byron"},
				{Field: "clinic/patients/patient/birth/@value", Value: "1815-12-10"}, {Field: "clinic/patients/patient/phones/phone/@kind", Value: "home"},
				{Field: "clinic/patients/patient/phones/phone", Value: "503-555-0100"}, {Field: "clinic/patients/patient/phones/phone/@kind", Value: "work"},
				{Field: "clinic/patients/patient/phones/phone", Value: "503-555-0101"}},
			{{Field: "clinic/patients/patient/@id", Value: "100202"}, {Field: "clinic/patients/patient/name", Value: "Grace & Hopper"},
				{Field: "clinic/patients/patient/birth/@value", Value: "1906-12-09"}},
		}},
		formattest.Sample{Name: "dataset", Data: []byte(dataset), Claim: format.Likely, Want: []formattest.Record{
			{{Field: "dataset/person/@person_id", Value: "1"}, {Field: "dataset/person/@gender", Value: "F"}, {Field: "dataset/person/@birthdate", Value: "1959-12-08"}},
			{{Field: "dataset/person/@person_id", Value: "2"}, {Field: "dataset/person/@gender", Value: "M"}, {Field: "dataset/person/@birthdate", Value: "1975-04-08"}},
			{{Field: "dataset/person_name/@person_id", Value: "1"}, {Field: "dataset/person_name/@family_name", Value: "Chebaskwony"}},
			{{Field: "dataset/person_name/@person_id", Value: "2"}, {Field: "dataset/person_name/@family_name", Value: "Horatio"}},
		}},
		formattest.Sample{Name: "dump.xml", Data: []byte(rows), Want: []formattest.Record{
			{{Field: "resultset/@statement", Value: "select * from patients"}},
			{{Field: "resultset/row/field[ssn]", Value: "219-46-8317"},
				{Field: "resultset/row/field[last_name]", Value: "Byron"}},
			{{Field: "resultset/row/field[ssn]", Value: "219-46-8318"},
				{Field: "resultset/row/field[last_name]", Value: "Hopper"}},
		}},
		formattest.Sample{Name: "note.xml", Data: []byte(note)},
		formattest.Sample{Name: "inner.xml", Data: []byte("<a><doc>" + pdf + "</doc><doc2 data='" + pdf + "'/><doc3><![CDATA[<?xml version='1.0'?><x>" +
			strings.Repeat("y", 80) + "</x>]]></doc3></a>")},
		formattest.Sample{Name: "utf16.xml", Data: utf16(people), Claim: format.Likely},
		formattest.Sample{Name: "laughs.xml", Data: []byte(laughs()), Gaps: []formattest.Gap{{Reason: estate.GapNotFollowed}}},
	)
}

// utf16 writes a text with a byte order mark, in little endian.
func utf16(s string) []byte {
	out := []byte{0xff, 0xfe}
	for _, c := range s {
		out = append(out, byte(c), byte(c>>8))
	}
	return out
}

// laughs is the document whose entities expand to three thousand million laughs.
func laughs() string {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\"?>\n<!DOCTYPE lolz [\n<!ENTITY lol0 \"lol\">\n")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&b, "<!ENTITY lol%d %q>\n", i, strings.Repeat(fmt.Sprintf("&lol%d;", i-1), 10))
	}
	b.WriteString("<!ENTITY ext SYSTEM \"file:///etc/passwd\">]>\n<lolz>&lol9; &ext;</lolz>")
	return b.String()
}

func TestEntitiesAreNeverExpanded(t *testing.T) {
	got := formattest.Collect(Reader{}, "laughs.xml", []byte(laughs()))
	if v := got.Values("lolz"); len(v) != 1 || v[0] != "&lol9; &ext;" {
		t.Errorf("values %q", v)
	}
	if len(got.Gaps) != 1 || got.Gaps[0].Reason != estate.GapNotFollowed || !strings.HasPrefix(got.Gaps[0].Detail, "2 references") {
		t.Errorf("gaps %v", got.Gaps)
	}
}

func TestMixedContentIsText(t *testing.T) {
	got := formattest.Collect(Reader{}, "note.xml", []byte(note))
	modes := ""
	for _, r := range got.Records {
		for _, c := range r {
			modes += fmt.Sprintf("%s=%d ", c.Field, c.Mode)
		}
	}
	if want := "note/p=1 note/p/b=2 note/p=2 note/p=2 note/p/b=2 note/p=2 "; modes != want {
		t.Errorf("%s, want %s", modes, want)
	}
}

// TestDrawingsHaveNoColumns looks at what stands in a drawing or a program as running text.
func TestDrawingsHaveNoColumns(t *testing.T) {
	for _, text := range []string{
		`<svg xmlns="http://www.w3.org/2000/svg" height="16" width="16"><g id="g1"><path d="M 1 2"/><text>Ada</text></g></svg>`,
		`<svg height="16"><g weight="1"/></svg>`,
		`<s:stylesheet xmlns:s="http://www.w3.org/1999/XSL/Transform"><s:template name="patient"><table name="x"/></s:template></s:stylesheet>`,
	} {
		got := formattest.Collect(Reader{}, "a.svg", []byte(text))
		for _, r := range got.Records {
			for _, c := range r {
				if c.Mode != record.Text {
					t.Errorf("%s is a column", c.Field)
				}
			}
		}
		if len(got.Records) == 0 {
			t.Error("nothing was read")
		}
	}
}

// TestAPersonWithManyPhonesIsOneRecord shows that what repeats within one entry does not divide it.
func TestAPersonWithManyPhonesIsOneRecord(t *testing.T) {
	got := formattest.Collect(Reader{}, "p.xml", []byte(`<patient><id>1</id><family>Byron</family><given>Ada</given><birth>1815-12-10</birth><city>Beaverton</city>
		<zip>97005</zip><phone kind="home" value="1"/><phone kind="work" value="2"/></patient>`))
	if len(got.Records) != 1 {
		t.Errorf("%d records", len(got.Records))
	}
}

// TestRecordsBeyondTheSurvey finds the records of a document whose head is one long thing.
func TestRecordsBeyondTheSurvey(t *testing.T) {
	text := "<a><schema>" + strings.Repeat("x ", format.HeadSize) + "</schema>" + strings.Repeat("<b><c>1</c><d>2</d></b>", 100) + "</a>"
	got := formattest.Collect(Reader{}, "a.xml", []byte(text))
	if n := len(got.Records); n < 99 || n > 105 {
		t.Errorf("%d records", n)
	}
}

func TestNamesThatAreDataAreNoFields(t *testing.T) {
	var b strings.Builder
	b.WriteString("<visits>")
	for i := range 3000 {
		fmt.Fprintf(&b, "<p%d>x</p%d>", 10000000+i, 10000000+i)
	}
	b.WriteString("</visits>")
	got := formattest.Collect(Reader{}, "a.xml", []byte(b.String()))
	for _, r := range got.Records {
		for _, c := range r {
			if c.Field != "visits/*" && c.Field != "visits/{name}" {
				t.Fatalf("field %s", c.Field)
			}
		}
	}
	if len(got.Values("visits/{name}")) != 3000 {
		t.Errorf("%d names", len(got.Values("visits/{name}")))
	}
}

func FuzzReader(f *testing.F) {
	for _, s := range []string{people, dataset, rows, note, laughs(), "<a><b", "<a b='&#x;&lt;'/>", "<!DOCTYPE a [<!--'-->]><a:b xmlns:a='c'/>", "<D[<\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a := formattest.Collect(Reader{}, "a.xml", data)
		Reader{}.Claims("a", data)
		for _, r := range a.Records {
			if len(r) == 0 {
				t.Error("an empty record")
			}
		}
		if text := bytes.ToValidUTF8(data, nil); !bytes.Contains(text, []byte("<!")) {
			agree(t, "fuzzed", text)
		}
	})
}

func BenchmarkReader(b *testing.B) {
	data := ccd()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		in := format.Input{Name: "a.xml", Size: int64(len(data)), Head: data[:format.HeadSize], Body: bytes.NewReader(data)}
		out := format.Output{Places: &record.Places{}, Batch: func(*record.Batch) error { return nil }, Gap: func(estate.GapReason, string) {}}
		if err := (Reader{}).Read(context.Background(), in, out); err != nil {
			b.Fatal(err)
		}
	}
}
