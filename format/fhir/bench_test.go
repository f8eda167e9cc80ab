package fhir

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/record"
)

// bulk is synthetic bulk data of about n bytes: patients, conditions and observations, one a line.
func bulk(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		switch i % 4 {
		case 0:
			fmt.Fprintf(&b, `{"resourceType":"Patient","id":"p%d","meta":{"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"]},`+
				`"identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR","display":"Medical Record Number"}]},"system":"http://hospital.example.org","value":"M%08d"}],`+
				`"name":[{"use":"official","family":"Example%d","given":["Ann","B."],"prefix":["Ms."]}],"telecom":[{"system":"phone","value":"555-01%02d","use":"home"}],`+
				`"gender":"female","birthDate":"1970-01-%02d","address":[{"line":["%d Sample Street"],"city":"Springfield","state":"MA","postalCode":"01101","country":"US"}]}`+"\n", i, i, i, i%100, i%28+1, i)
		case 1:
			fmt.Fprintf(&b, `{"resourceType":"Condition","id":"c%d","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},`+
				`"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"confirmed"}]},`+
				`"code":{"coding":[{"system":"http://snomed.info/sct","code":"444814009","display":"Viral sinusitis (disorder)"}],"text":"Viral sinusitis (disorder)"},`+
				`"subject":{"reference":"Patient/p%d"},"encounter":{"reference":"Encounter/e%d"},"onsetDateTime":"2012-05-%02dT03:32:11-04:00","recordedDate":"2012-05-23T03:32:11-04:00"}`+"\n", i, i-1, i, i%28+1)
		default:
			fmt.Fprintf(&b, `{"resourceType":"Observation","id":"o%d","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs","display":"vital-signs"}]}],`+
				`"code":{"coding":[{"system":"http://loinc.org","code":"8302-2","display":"Body Height"}],"text":"Body Height"},"subject":{"reference":"Patient/p%d"},`+
				`"effectiveDateTime":"2012-05-%02dT03:32:11-04:00","issued":"2012-05-23T03:32:11.000-04:00","valueQuantity":{"value":%d.5,"unit":"cm","system":"http://unitsofmeasure.org","code":"cm"}}`+"\n", i, i&^3, i%28+1, i%200)
		}
	}
	return b.Bytes()
}

func discard() format.Output {
	return format.Output{
		Places: &record.Places{},
		Batch:  func(*record.Batch) error { return nil },
		Inner:  func(_, _ string, r io.Reader) error { _, err := io.Copy(io.Discard, r); return err },
		Gap:    func(estate.GapReason, string) {},
	}
}

func benchmark(b *testing.B, data []byte) {
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		in := format.Input{Name: "a.ndjson", Size: int64(len(data)), Head: data[:min(len(data), format.HeadSize)], Body: bytes.NewReader(data)}
		if err := (Reader{}).Read(context.Background(), in, discard()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReader(b *testing.B) { benchmark(b, bulk(8<<20)) }

func BenchmarkSmall(b *testing.B) { benchmark(b, bulk(2<<10)) }

// BenchmarkCorpus reads the corpus's largest files of FHIR, where there is a corpus.
func BenchmarkCorpus(b *testing.B) {
	for _, name := range []string{"fhir-bulk-ndjson/DocumentReference.000.ndjson", "fhir-bulk-ndjson/Encounter.000.ndjson", "fhir-synthea-hiv/*"} {
		files, _ := filepath.Glob(filepath.Join("..", "..", "..", "shared", "data", name))
		if len(files) == 0 {
			b.Skip("no corpus")
		}
		data, err := os.ReadFile(files[0])
		if err != nil {
			b.Fatal(err)
		}
		b.Run(filepath.Base(filepath.Dir(files[0]))+"/"+filepath.Base(name), func(b *testing.B) { benchmark(b, data) })
	}
}
