package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"strconv"
	"testing"
)

func TestSizesAreKept(t *testing.T) {
	for _, kind := range []string{"csv", "csvwide", "fhir", "hl7v2", "notes", "logs", "onelinejson"} {
		var a, b bytes.Buffer
		if err := errors.Join(streams(kind)(&a, 300_000), streams(kind)(&b, 300_000)); err != nil {
			t.Fatal(kind, err)
		}
		if a.Len() < 280_000 || a.Len() > 340_000 {
			t.Errorf("%s: %d bytes for 300,000", kind, a.Len())
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: two runs differ", kind)
		}
	}
	for _, kind := range []string{"docx", "plain-csv", "plain-x12"} {
		if streams(kind) != nil {
			t.Error("there is a writer for an unknown kind: " + kind)
		}
	}
}

// TestFormsHoldTheirPlainText: a form is made of the people whose plain text has the wanted size, and twice the same.
func TestFormsHoldTheirPlainText(t *testing.T) {
	for _, kind := range []string{"x12", "parquet", "xlsx", "pdf", "targz", "zip"} {
		var a, b, plain bytes.Buffer
		if err := errors.Join(streams(kind)(&a, 300_000), streams(kind)(&b, 300_000)); err != nil {
			t.Fatal(kind, err)
		}
		if a.Len() < 1000 || !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: %d bytes, and two runs are %v", kind, a.Len(), bytes.Equal(a.Bytes(), b.Bytes()))
		}
		if kind == "x12" {
			plain = a
		} else if err := streams("plain-"+kind)(&plain, 300_000); err != nil {
			t.Fatal(kind, err)
		}
		if plain.Len() < 290_000 || plain.Len() > 330_000 {
			t.Errorf("%s: %d bytes of plain text for 300,000", kind, plain.Len())
		}
	}
}

func TestDocumentsAreLarge(t *testing.T) {
	dir := t.TempDir()
	if err := documents(dir, 500_000); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(dir + "/000/*.xml")
	if err != nil || len(names) < 5 || len(names) > 20 {
		t.Errorf("%d documents, %v", len(names), err)
	}
}

func TestBundleIsOneLineOfJSON(t *testing.T) {
	var b bytes.Buffer
	if err := bundle(&b, 50_000); err != nil {
		t.Fatal(err)
	}
	var got struct {
		ResourceType string
		Entry        []struct{ Resource struct{ ResourceType string } }
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.ResourceType != "Bundle" || len(got.Entry) < 20 || got.Entry[0].Resource.ResourceType != "Patient" {
		t.Errorf("a %s of %d entries", got.ResourceType, len(got.Entry))
	}
	if bytes.ContainsAny(b.Bytes(), "\n\r") {
		t.Error("there is more than one line")
	}
}

func TestWideTableIsEven(t *testing.T) {
	var b bytes.Buffer
	if err := wideTable(&b, 20, 300); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 21 || len(rows[0]) != 300 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	people := 0
	for c, name := range rows[0] {
		if name != "measure_"+strconv.Itoa(c) {
			people++
		}
	}
	if people != 5 || rows[0][0] != "mrn" || rows[0][299] != "zip" {
		t.Errorf("%d columns about people: %v", people, rows[0])
	}
}

func TestManyFiles(t *testing.T) {
	dir, files := t.TempDir(), 0
	if err := manyFiles(dir, 2100); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files++
		}
		return err
	})
	if err != nil || files != 2100 {
		t.Errorf("%d files, %v", files, err)
	}
}

func TestWrongArguments(t *testing.T) {
	for _, args := range [][]string{nil, {"csv"}, {"csv", "x"}, {"csv", "0"}, {"docx", "1"}, {"ccda", "1"}, {"widecsv", "5"}, {"manyfiles", "5"}} {
		if err := run(args); !errors.Is(err, errUsage) {
			t.Errorf("%v: %v", args, err)
		}
	}
}
