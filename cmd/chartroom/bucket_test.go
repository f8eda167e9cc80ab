package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/chartroom/chartroom/source/servertest"
)

// typedIn runs a command, and gives what it wrote.
func typedIn(t *testing.T, want int, args ...string) (out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	if code := run(args, strings.NewReader(""), &o, &e); code != want {
		t.Fatalf("chartroom %s: exit %d, want %d\n%s%s", strings.Join(args, " "), code, want, &o, &e)
	}
	return o.String(), e.String()
}

// TestBucketsAndFoldersOfOneEstate: the same people in a folder, in a bucket and in an archive in a bucket are the same people.
func TestBucketsAndFoldersOfOneEstate(t *testing.T) {
	g := servertest.StartGateway(t)
	dir := t.TempDir()
	for name, v := range map[string]string{"HOME": dir, "XDG_DATA_HOME": dir + "/data", "XDG_CONFIG_HOME": dir + "/config", "AWS_ACCESS_KEY_ID": "surveyor", "AWS_SECRET_ACCESS_KEY": "surveyor-secret",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": dir + "/none", "AWS_SHARED_CREDENTIALS_FILE": dir + "/none", "AWS_PROFILE": "", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": g.URL()} {
		t.Setenv(name, v)
	}
	g.User(t, "surveyor", "surveyor-secret")
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"surveyor","Action":[%s],"Resource":["arn:aws:s3:::%[2]s","arn:aws:s3:::%[2]s/*"]}]}`
	g.Bucket(t, "archive", fmt.Sprintf(policy, `"s3:ListBucket","s3:GetObject"`, "archive"))
	g.Bucket(t, "careless", fmt.Sprintf(policy, `"s3:ListBucket","s3:GetObject","s3:PutObject"`, "careless"))
	g.Bucket(t, "closed", fmt.Sprintf(policy, `"s3:ListBucket"`, "closed"))
	var csv strings.Builder
	csv.WriteString("mrn,ssn,first_name,last_name,birth_date,state\n")
	for i := range 200 {
		fmt.Fprintf(&csv, "10%06d,2%02d-4%d-83%02d,Ada,Plantagenet,19%02d-03-04,CA\n", i, i%90, i%10, i%100, 20+i%70)
	}
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	w, err := z.Create("people.csv")
	if err == nil {
		_, err = io.WriteString(w, csv.String())
	}
	if err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	c := g.Client(servertest.Admin, servertest.AdminPassword)
	for key, content := range map[string]string{"archive/2019/people.csv": csv.String(), "archive/people.zip": zipped.String(), "careless/a.txt": "nothing", "closed/people.csv": csv.String()} {
		bucket, key, _ := strings.Cut(key, "/")
		if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: strings.NewReader(content)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "share"), 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "estate.yaml")
	for name, text := range map[string]string{filepath.Join(dir, "share/people.csv"): csv.String(), file: `
custodians: [{name: Lakeside Clinics, kind: acquired}, {name: Harbor Archive, kind: vendor}]
targets:
  - {name: share, path: share, custodian: Lakeside Clinics}
  - {name: archive, url: "s3://archive?path_style=1", custodian: Harbor Archive, limits: {rate: 50MB}}
  - {name: careless, url: "s3://careless?path_style=1"}
  - {name: closed, url: "s3://closed?path_style=1"}
  - {name: elsewhere, url: "s3://elsewhere?path_style=1"}
`} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	typedIn(t, 0, "config", "check", "-c", file)
	out, errs := typedIn(t, 3, "scan", "-c", file, "--strict")
	for _, want := range []string{"5 listed = 4 read + 0 sampled + 0 unchanged + 1 gaps", "  archive: 2 listed = 2 read", "  closed: 1 listed = 0 read + 0 sampled + 0 unchanged + 1 gaps", "  elsewhere: could not be opened"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if !strings.Contains(errs, "warning: the login of s3://careless?endpoint="+g.URL()+" may write there") || strings.Count(errs, "warning:") != 1 {
		t.Errorf("warnings are\n%s", errs)
	}
	if !strings.Contains(errs, "elsewhere") || !strings.Contains(errs, "hint: ") {
		t.Errorf("what could not be opened is not told:\n%s", errs)
	}
	out, _ = typedIn(t, 0, "gaps")
	for _, want := range []string{"access denied", "s3://elsewhere"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	out, _ = typedIn(t, 0, "where", "-o", "json")
	var rows []struct {
		Repository, Custodian, Verdict string
		People                         struct{ Estimate int }
	}
	if err := json.Unmarshal([]byte(out), &rows); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, r := range rows {
		if strings.Contains(r.Repository, "archive") || strings.HasPrefix(r.Repository, "file://") {
			if seen++; r.People.Estimate != 200 || r.Verdict != "phi" && r.Verdict != "pii" {
				t.Errorf("%+v", r)
			}
		}
	}
	if seen != 2 {
		t.Errorf("%d repositories with people: %s", seen, out)
	}
	out, _ = typedIn(t, 0, "where")
	if !strings.Contains(out, "200 people") {
		t.Errorf("the estate counts people twice:\n%s", out)
	}
	out, _ = typedIn(t, 0, "scan", "-c", file, "archive")
	if !strings.Contains(out, "2 listed = 0 read + 0 sampled + 2 unchanged") {
		t.Errorf("unchanged objects were read again:\n%s", out)
	}
}
