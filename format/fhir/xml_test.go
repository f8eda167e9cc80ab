package fhir

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/record"
)

const patientXML = `<?xml version="1.0" encoding="UTF-8"?>
<Patient xmlns="http://hl7.org/fhir">
  <id value="p1"/>
  <text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>Ada <b>Plantagenet</b></p><table><tr><td>born</td><td>1970</td></tr></table></div></text>
  <contained><Practitioner><id value="d1"/><name><family value="Quill"/></name></Practitioner></contained>
  <extension url="http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName"><valueString value="Byron"/></extension>
  <identifier><type><coding><system value="http://terminology.hl7.org/CodeSystem/v2-0203"/><code value="MR"/></coding></type><system value="urn:oid:1.2.3"/><value value="100201"/></identifier>
  <name><family value="Plantagenet"/><given value="Ada"/><given value="Mary &quot;May&quot;"/></name>
  <telecom><system value="phone"/><value value="503-555-0100"/></telecom>
  <gender value="female"/>
  <birthDate value="1970-12-10"><extension url="http://hl7.org/fhir/StructureDefinition/patient-birthTime"><valueDateTime value="1970-12-10T14:35:45-05:00"/></extension></birthDate>
  <address><line value="17 Quarry Rd"/><city value="Beaverton"/><state value="OR"/><postalCode value="97005"/></address>
</Patient>`

func TestXMLContract(t *testing.T) {
	formattest.Run(t, Reader{},
		formattest.Sample{Name: "p.xml", Data: []byte(patientXML), Claim: format.Certain, Gaps: []formattest.Gap{}, Want: []formattest.Record{{
			{Field: "Patient.id", Value: "p1"}, {Field: "Patient.text.div", Value: "Ada Plantagenet \n\nborn 1970 "},
			{Field: "Practitioner.name.family", Value: "Quill"}, {Field: "Patient.extension.valueString", Value: "Byron"},
			{Field: "Patient.identifier.value", Value: "100201"}, {Field: "Patient.name.family", Value: "Plantagenet"}, {Field: "Patient.name.given", Value: "Ada"},
			{Field: "Patient.name.given", Value: `Mary "May"`}, {Field: "Patient.telecom.value", Value: "503-555-0100"}, {Field: "Patient.gender", Value: "female"},
			{Field: "Patient.birthDate", Value: "1970-12-10"}, {Field: "Patient._birthDate.extension.valueDateTime", Value: "1970-12-10T14:35:45-05:00"},
			{Field: "Patient.address.line", Value: "17 Quarry Rd"}, {Field: "Patient.address.city", Value: "Beaverton"}, {Field: "Patient.address.state", Value: "OR"},
			{Field: "Patient.address.postalCode", Value: "97005"},
		}}},
		formattest.Sample{Name: "bundle.xml", Data: []byte(`<!-- for Ada --><f:Bundle xmlns:f="http://hl7.org/fhir"><f:type value="collection"/><f:entry><f:fullUrl value="urn:uuid:1"/><f:resource><f:Patient>
			<f:name><f:family value="Byron"/></f:name></f:Patient></f:resource></f:entry><f:entry><f:resource><f:Observation><f:status value="final"/><f:subject><f:reference value="urn:uuid:1"/></f:subject>
			</f:Observation></f:resource></f:entry></f:Bundle>`), Claim: format.Certain},
	)
}

// TestXMLClaimsOnlyFHIR leaves other XML alone.
func TestXMLClaimsOnlyFHIR(t *testing.T) {
	for text, want := range map[string]format.Claim{
		patientXML: format.Certain,
		`<Patient><name><family value="x"/></name></Patient>`:                                            format.Likely,
		`<Patient><name>x</name></Patient>`:                                                              format.No,
		`<Patient xmlns="urn:other"><a/></Patient>`:                                                      format.No,
		`<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://hl7.org/fhir"/>`: format.No,
	} {
		if got := (Reader{}).Claims("a.xml", []byte(text)); got != want {
			t.Errorf("%.60s: claim %d, want %d", text, got, want)
		}
	}
}

// TestXMLLongValues hands out an attachment that is longer than any chunk, and a narrative.
func TestXMLLongValues(t *testing.T) {
	data := strings.Repeat("JVBERi0xLjQKJcOkw7zDtsOfCjIgMCBv", 40_000)
	text := `<DocumentReference xmlns="http://hl7.org/fhir"><text><div xmlns="http://www.w3.org/1999/xhtml">` + strings.Repeat("seen and well ", 60_000) +
		`</div></text><content><attachment><contentType value="application/pdf"/><data value="` + data + `"/><title value="t"/></attachment></content></DocumentReference>`
	got := formattest.Collect(Reader{}, "a.xml", []byte(text))
	if got.Err != nil || len(got.Inner) != 1 || len(got.Inner[0].Body) != len(data)/4*3 {
		t.Errorf("%v, %d inner items", got.Err, len(got.Inner))
	}
	if v := strings.Join(got.Values("DocumentReference.text.div"), ""); len(v) != 14*60_000 {
		t.Errorf("narrative of %d bytes", len(v))
	}
}

// toXML writes a resource of JSON as XML.
func toXML(b *bytes.Buffer, name string, v any, attrs string) {
	switch v := v.(type) {
	case map[string]any:
		if t, ok := v["resourceType"].(string); ok {
			open, shut := "<"+name+">", "</"+name+">"
			if name == "" {
				open, shut, attrs = "", "", ` xmlns="http://hl7.org/fhir"`
			}
			fmt.Fprintf(b, "%s<%s%s>", open, t, attrs)
			members(b, v)
			fmt.Fprintf(b, "</%s>%s", t, shut)
			return
		}
		fmt.Fprintf(b, "<%s", name)
		for _, a := range []string{"id", "url"} {
			if s, ok := v[a].(string); ok {
				fmt.Fprintf(b, " %s=\"%s\"", a, html.EscapeString(s))
			}
		}
		b.WriteString(">")
		members(b, v)
		fmt.Fprintf(b, "</%s>", name)
	case []any:
		for _, e := range v {
			toXML(b, name, e, "")
		}
	case string:
		fmt.Fprintf(b, "<%s value=\"%s\"/>", name, html.EscapeString(v))
	case nil:
	default:
		fmt.Fprintf(b, "<%s value=\"%v\"/>", name, v)
	}
}

func members(b *bytes.Buffer, v map[string]any) {
	var keys []string
	for k := range v {
		if k != "resourceType" && k[0] != '_' && !((k == "id" || k == "url") && v["resourceType"] == nil) {
			keys = append(keys, k)
		}
	}
	sort.Strings(keys)
	for _, k := range keys {
		toXML(b, k, v[k], "")
	}
}

// sorted gives a resource with its members in one order, without what XML says otherwise.
func sorted(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			if k[0] == '_' || k == "div" {
				delete(v, k)
				continue
			}
			v[k] = sorted(v[k])
		}
	case []any:
		for i := range v {
			v[i] = sorted(v[i])
		}
	}
	return v
}

// toJSON writes a resource with its type first, as FHIR's serialisers do.
func toJSON(v any) []byte {
	switch v := v.(type) {
	case map[string]any:
		var keys []string
		for k := range v {
			if k != "resourceType" {
				keys = append(keys, k)
			}
		}
		sort.Strings(keys)
		if v["resourceType"] != nil {
			keys = append([]string{"resourceType"}, keys...)
		}
		out := []byte{'{'}
		for i, k := range keys {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(fmt.Appendf(out, "%q:", k), toJSON(v[k])...)
		}
		return append(out, '}')
	case []any:
		out := []byte{'['}
		for i, e := range v {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(out, toJSON(e)...)
		}
		return append(out, ']')
	}
	out, _ := stdjson.Marshal(v)
	return out
}

// TestXMLAgreesWithJSON reads the corpus' examples in both forms.
func TestXMLAgreesWithJSON(t *testing.T) {
	root := os.Getenv("CHARTROOM_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	files, _ := filepath.Glob(filepath.Join(root, "fhir-r4-official", "*.json"))
	if len(files) == 0 {
		t.Skip("no corpus: set CHARTROOM_CORPUS")
	}
	differ, cells := 0, 0
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		d := stdjson.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		v = sorted(v)
		var b bytes.Buffer
		toXML(&b, "", v, "")
		plain := toJSON(v)
		want, got := labelled(formattest.Collect(Reader{}, "a.json", plain)), labelled(formattest.Collect(Reader{}, "a.xml", b.Bytes()))
		cells += len(want)
		if diff := cmp.Diff(want, got); diff != "" {
			if differ++; differ < 6 {
				t.Errorf("%s (-JSON +XML):\n%s", filepath.Base(f), diff)
			}
		}
	}
	if differ > 0 || cells == 0 {
		t.Errorf("%d of %d files differ", differ, len(files))
	}
	t.Logf("%d files, %d cells", len(files), cells)
}

// labelled gives the cells whose position says what they are, in one order.
func labelled(s *formattest.Summary) (out []string) {
	for _, r := range s.Records {
		for _, c := range r {
			if c.Mode != record.Column {
				out = append(out, fmt.Sprintf("%s %.80q %v %v %v %v %v", c.Field, c.Value, c.Kind, c.Part, c.Subject, c.Other, c.System))
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestTranslationIsJSON(t *testing.T) {
	for _, src := range []io.Reader{strings.NewReader(patientXML), iotest.OneByteReader(strings.NewReader(patientXML))} {
		out, err := io.ReadAll(newTranslation(t.Context(), src, -1))
		if err != nil || !stdjson.Valid(out) {
			t.Errorf("%v: %s", err, out)
		}
	}
}

func FuzzXML(f *testing.F) {
	f.Add([]byte(patientXML))
	f.Add([]byte(`<A xmlns="http://hl7.org/fhir"><b value="c"><d/></b><div>x</div><!--e-->f</A>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := io.ReadAll(newTranslation(t.Context(), bytes.NewReader(data), int64(len(data))))
		d := stdjson.NewDecoder(bytes.NewReader(bytes.ToValidUTF8(out, nil)))
		for err == nil {
			var v any
			if e := d.Decode(&v); e == io.EOF {
				break
			} else if e != nil {
				t.Fatalf("%v in %q", e, out)
			}
		}
		formattest.Collect(Reader{}, "a.xml", data)
	})
}
