package worker

import (
	"os"
	"path/filepath"
	"testing"
)

func TestPlacesThatMayBeOpened(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"srv/archive/2019", "srv/archive2", "etc"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(dir, "etc"), filepath.Join(dir, "srv/archive/link")); err != nil {
		t.Fatal(err)
	}
	at := func(p string) string { return filepath.Join(dir, p) }
	for _, c := range []struct {
		place, address string
		want           bool
	}{
		{at("srv/archive"), at("srv/archive"), true},
		{at("srv/archive/"), "file://" + at("srv/archive/2019"), true},
		{at("srv/archive"), at("srv/archive2"), false},
		{at("srv/archive"), at("srv/archive/../../etc"), false},
		{at("srv/archive"), at("srv/archive/link"), false},
		{at("srv/archive"), at("srv"), false},
		{at("srv/archive"), at("srv/archive/gone"), false},
		{at("srv/archive"), "s3://archive", false},
		{"s3://archive", at("srv/archive"), false},
		{"s3://archive", "s3://archive", true},
		{"s3://archive", "s3://archive/2019/", true},
		{"s3://archive/2019", "s3://archive/2019?rate=20MB&marks=no", true},
		{"s3://archive", "s3://archive2", false},
		{"s3://archive/2019", "s3://archive/2019/../2020", false},
		{"s3://archive/2019", "s3://archive/2019/%2e%2e/2020", false},
		{"s3://archive/2019", "s3://archive/2019%2f..", false},
		{"s3://archive", "s3://archive?endpoint=http://elsewhere.example", false},
		{"s3://archive?endpoint=https://minio", "s3://archive?endpoint=https://minio&rate=1MB", true},
		{"s3://archive?endpoint=https://minio", "s3://archive", false},
		{"postgres://reader@ehr/", "postgres://reader@ehr/portal", true},
		{"postgres://reader@ehr/", "postgres://reader@ehr/portal?password_env=AWS_SECRET_ACCESS_KEY", false},
		{"postgres://reader@ehr/", "postgres://reader@ehr.example/portal", false},
		{"postgres://reader@ehr/", "postgres://admin@ehr/portal", false},
		{"fhir+https://ehr/r4", "fhir+https://ehr/r4?token_url=https://elsewhere.example/token", false},
		{"fhir+https://ehr/r4", "fhir+https://ehr/r4/%zz", false},
	} {
		if got := allowed([]string{"s3://other", c.place}, c.address); got != c.want {
			t.Errorf("%s beneath %s: %v", c.address, c.place, got)
		}
	}
	if !allowed(nil, "s3://anything") {
		t.Error("without a list, all may be opened")
	}
}
