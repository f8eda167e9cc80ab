package all_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	aws3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/all"
	"github.com/chartroom/chartroom/source/servertest"
)

// drawn surveys a target by a sample of 1 %, always the same, into the catalog, and tells how many bytes were read.
func drawn(t *testing.T, cat *catalog.Catalog, target string) (catalog.Books, int64) {
	t.Helper()
	run, err := cat.Begin(t.Context(), audit.Local(), catalog.RunSpec{Targets: []string{target}, Rules: "1", Key: testKey.ID()})
	if err != nil {
		t.Fatal(err)
	}
	sources, err := all.Open(t.Context(), target, "")
	if err != nil {
		t.Fatal(err)
	}
	src, progress := sources[0], &scan.Progress{}
	if err := run.Repository(t.Context(), src.Repository()); err != nil {
		t.Fatal(err)
	}
	n, err := scan.Source(t.Context(), src, scan.Options{Engine: detect.New(nil), Rules: "1", Key: testKey, Ledger: run, Sample: source.Draw{Share: 0.01, Seed: 5}, Progress: progress})
	if err != nil {
		t.Fatal(err)
	}
	books, err := run.Finish(t.Context(), []catalog.Listing{{Repository: src.Repository().Name, Complete: true, Items: n}})
	if err != nil {
		t.Fatal(err)
	}
	if err := books.Balance(); err != nil {
		t.Error(err)
	}
	return books, progress.ReadBytes.Load()
}

// TestSampledTables: of 40,000 rows in which patients come behind row 10,000, in which one in 4,000 is a patient, or none, a sample says what it
// can and no more; the small table is read whole. A full scan then reads what was only sampled, and a sample leaves that alone.
func TestSampledTables(t *testing.T) {
	clinics(t, func(t *testing.T, c clinic) {
		patient := func(i int) []string { return []string{ssn(i), family[i%len(family)], "F11.20"} }
		nobody := []string{"", "", ""}
		for table, row := range map[string]func(i int) []string{
			"late": func(i int) []string {
				if i < 10_000 {
					return nobody
				}
				return patient(i)
			},
			"rare": func(i int) []string {
				if i%4000 == 3999 {
					return patient(i)
				}
				return nobody
			},
			"boxes": func(i int) []string { return []string{"", fmt.Sprint("box ", i%97), ""} },
		} {
			c.exec("CREATE TABLE " + table + " (ssn VARCHAR(11), last_name VARCHAR(40), diagnosis_code VARCHAR(8))")
			insert(c, table, 40_000, row)
		}
		c.exec("CREATE TABLE small (ssn VARCHAR(11), last_name VARCHAR(40), diagnosis_code VARCHAR(8))")
		insert(c, "small", 1500, patient)
		cat := newCatalog(t)
		books, _ := drawn(t, cat, c.target)
		if books.Sampled != 3 || books.Read != 1 {
			t.Errorf("the books are %+v", books)
		}
		got := items(t, cat)
		late, boxes, small := got[c.path("late")], got[c.path("boxes")], got[c.path("small")]
		e := late.Evidence
		if late.Verdict != "phi" || e.Coverage != "sample" || e.Of != 40_000 || e.Sample < 800 || e.Sample > 1200 || e.Unit != "record" {
			t.Errorf("late patients: %s, %+v", late.Verdict, e)
		}
		if people := late.People; people.Low > 30_000 || people.High < 30_000 || people.Low < 600 {
			t.Errorf("30,000 patients are %+v", people)
		}
		if b := boxes.Evidence.Bound; boxes.Verdict != "unknown" || b == nil || b.Units < 80 || b.Units > 160 || !strings.Contains(b.Text, "95 % confidence") {
			t.Errorf("boxes: %s, %+v", boxes.Verdict, b)
		}
		// Ten patients of 40,000 rows: a sample of a thousand meets none of them in 77 of 100 cases, and the bound allows for more.
		if rare := got[c.path("rare")]; rare.Verdict == "none" || rare.Evidence.Bound.Units < 10 {
			t.Errorf("rare patients: %s, %+v", rare.Verdict, rare.Evidence)
		}
		if small.Verdict != "phi" || small.Evidence.Coverage != "all" || small.People.Estimate < 1400 {
			t.Errorf("a small table: %s, %+v", small.Verdict, small.Evidence)
		}
		if books, err := survey(t, cat, c.target); err != nil || books.Sampled != 0 || books.Read < 3 {
			t.Errorf("a full scan: %+v, %v", books, err)
		}
		if now := items(t, cat); now[c.path("rare")].Verdict != "phi" || now[c.path("boxes")].Verdict != "none" || now[c.path("boxes")].Evidence.Bound != nil {
			t.Errorf("after a full scan: %+v", now)
		}
	})
}

// TestSampledObjects: of a large object only ranges are fetched; what is in it is found, and where nothing is, the bound is told.
func TestSampledObjects(t *testing.T) {
	g := servertest.StartGateway(t)
	t.Setenv("AWS_ACCESS_KEY_ID", servertest.Admin)
	t.Setenv("AWS_SECRET_ACCESS_KEY", servertest.AdminPassword)
	g.Bucket(t, "archive", "")
	var late, boxes bytes.Buffer
	late.WriteString("ssn,last_name,diagnosis_code,note\n")
	boxes.WriteString("box,shelf,note\n")
	for i := range 200_000 {
		if i < 20_000 {
			fmt.Fprintf(&late, ",,,box %d\n", i)
		} else {
			fmt.Fprintf(&late, "%s,%s,F11.20,%s\n", ssn(i), family[i%len(family)], strings.Repeat("quiet ", 10))
		}
		fmt.Fprintf(&boxes, "%d,%d,%s\n", i%7, i%97, strings.Repeat("red ", 10))
	}
	client := g.Client(servertest.Admin, servertest.AdminPassword)
	for key, body := range map[string][]byte{"late.csv": late.Bytes(), "boxes.csv": boxes.Bytes()} {
		if _, err := client.PutObject(t.Context(), &aws3.PutObjectInput{Bucket: aws.String("archive"), Key: aws.String(key), Body: bytes.NewReader(body)}); err != nil {
			t.Fatal(err)
		}
	}
	cat := newCatalog(t)
	target := "s3://archive?endpoint=" + g.URL() + "&region=us-east-1&path_style=1"
	books, read := drawn(t, cat, target)
	if whole := int64(late.Len() + boxes.Len()); books.Sampled != 2 || read > whole/3 {
		t.Errorf("the books are %+v, and %d of %d bytes were read", books, read, whole)
	}
	got := items(t, cat)
	if it := got["late.csv"]; it.Verdict != "phi" || it.Evidence.Coverage != "sample" || it.Evidence.Unit != "block" {
		t.Errorf("late patients: %s, %+v", it.Verdict, it.Evidence)
	}
	if it := got["boxes.csv"]; it.Verdict != "unknown" || it.Evidence.Bound == nil || it.Evidence.Bound.Share > 0.01 {
		t.Errorf("boxes: %s, %+v", it.Verdict, it.Evidence)
	}
	if again, read := drawn(t, cat, target); again.Unchanged != 2 || read != 0 {
		t.Errorf("the same again: %+v, %d bytes", again, read)
	}
	if books, err := survey(t, cat, target); err != nil || books.Read != 2 {
		t.Errorf("a full scan: %+v, %v", books, err)
	}
	if again, read := drawn(t, cat, target); again.Unchanged != 2 || read != 0 || items(t, cat)["boxes.csv"].Verdict != "none" {
		t.Errorf("a sample of what was read whole: %+v, %d bytes", again, read)
	}
}
