package main

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/source/servertest"
)

// drillGrounds is an estate of a folder, a database and a bucket, in which drills are allowed.
type drillGrounds struct {
	dir   string
	pg    servertest.Postgres
	store servertest.Gateway
	args  []string
}

func newDrillGrounds(t *testing.T) *drillGrounds {
	g := &drillGrounds{dir: t.TempDir(), pg: servertest.StartPostgres(t), store: servertest.StartGateway(t)}
	for name, v := range map[string]string{"HOME": g.dir, "XDG_DATA_HOME": g.dir + "/data", "XDG_CONFIG_HOME": g.dir + "/config", "AWS_ACCESS_KEY_ID": "surveyor", "AWS_SECRET_ACCESS_KEY": "surveyor-secret",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": g.dir + "/none", "AWS_SHARED_CREDENTIALS_FILE": g.dir + "/none", "AWS_PROFILE": "", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": g.store.URL(),
		"SURVEYOR": "secret", "PG_WRITER": "gardener:spade", "S3_WRITER": servertest.Admin + ":" + servertest.AdminPassword} {
		t.Setenv(name, v)
	}
	g.pg.Database(t, "ehr", "surveyor", "secret")
	g.pg.Exec(t, "ehr", "GRANT pg_read_all_data TO surveyor", "CREATE ROLE gardener LOGIN PASSWORD 'spade'", "GRANT CREATE ON DATABASE ehr TO gardener", "CREATE TABLE orders (a text)")
	g.store.User(t, "surveyor", "surveyor-secret")
	g.store.Bucket(t, "archive", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"surveyor","Action":["s3:ListBucket","s3:GetObject"],"Resource":["arn:aws:s3:::archive","arn:aws:s3:::archive/*"]}]}`)
	file := filepath.Join(g.dir, "estate.yaml")
	text := "targets:\n  - {name: share, path: share, drill: allowed}\n  - {name: ehr, url: \"postgres://surveyor@" + g.pg.Address() + "/ehr?sslmode=disable\", password: {env: SURVEYOR}, drill: allowed}\n" +
		"  - {name: archive, url: \"s3://archive?path_style=1\", drill: allowed}\n  - {name: other, path: other}\n"
	for path, text := range map[string]string{file: text, g.dir + "/share/export_kept/kept.txt": "nothing", g.dir + "/other/kept.txt": "nothing"} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	g.args = []string{"drill", "inventory", "-c", file, "--catalog", filepath.Join(g.dir, "own", "catalog.db")}
	return g
}

// plants are the arguments of a drill that plants.
func (g *drillGrounds) plants() []string {
	return append(slices.Clone(g.args), "--plant", "--write-login", "ehr=PG_WRITER", "--write-login", "archive=S3_WRITER")
}

// stands lists all that stands there.
func (g *drillGrounds) stands(t *testing.T) (out []string) {
	for _, pattern := range []string{"share/*", "share/*/*", "other/*"} {
		found, _ := filepath.Glob(filepath.Join(g.dir, pattern))
		out = append(out, found...)
	}
	rows, err := g.pg.Admin(t, "ehr").Query(t.Context(), "SELECT n.nspname || '.' || coalesce(c.relname, '') FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid WHERE n.nspname !~ '^(pg_|information_schema)'")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		out = append(out, name)
	}
	list, err := g.store.Client(servertest.Admin, servertest.AdminPassword).ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: aws.String("archive")})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list.Versions {
		out = append(out, *o.Key)
	}
	slices.Sort(out)
	return out
}

// TestInventoryUnderPressure drills on real servers.
func TestInventoryUnderPressure(t *testing.T) {
	g := newDrillGrounds(t)
	t.Run("to its end", g.toItsEnd)
	t.Run("killed", g.killed)
}

// toItsEnd plants a hundred repositories in three kinds of ground, and finds and removes them.
func (g *drillGrounds) toItsEnd(t *testing.T) {
	before := g.stands(t)
	typedIn(t, exitUsage, g.args...)
	if _, errs := typedIn(t, exitNot, append(slices.Clone(g.args), "--plant")...); !strings.Contains(errs, "--write-login") {
		t.Error(errs)
	}
	out, _ := typedIn(t, 0, append(g.plants(), "-o", "json")...)
	var r struct {
		All     struct{ Planted, Found, Verdict, Graded, Answered int }
		Cleared struct {
			Removed int
			Left    []any
		}
		Targets []struct{ Planted, Found int }
		Seconds struct{ Plant, Survey, Answer, Clear float64 }
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.All.Planted != 100 || r.All.Found < 98 || r.All.Verdict < 98 || r.All.Answered < 98 || r.All.Graded < 85 || r.Cleared.Removed != 100 || len(r.Cleared.Left) > 0 || len(r.Targets) != 3 {
		t.Error(out)
	}
	t.Logf("%+v in seconds %+v", r.All, r.Seconds)
	for _, target := range r.Targets {
		if target.Planted < 33 || target.Found < target.Planted-1 {
			t.Error(out)
		}
	}
	if d := cmp.Diff(before, g.stands(t)); d != "" {
		t.Error(d)
	}
	if _, err := os.Stat(filepath.Join(g.dir, "own", "catalog.db")); err == nil {
		t.Error("a drill makes no catalog")
	}
}

// killed kills drills: they leave nothing behind, once somebody cleans or drills again.
func (g *drillGrounds) killed(t *testing.T) {
	before := g.stands(t)
	for i := range 2 {
		cmd := exec.Command(os.Args[0], g.plants()...)
		cmd.Args[0] = "chartroom" // as TestMain runs it
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for range 400 {
			if found, _ := filepath.Glob(filepath.Join(g.dir, "own/drills/*.journal")); len(found) > 0 {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		time.Sleep(time.Duration(rand.IntN(2000)) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
		if i%2 == 0 {
			typedIn(t, 0, append(slices.Clone(g.args), "--clean")...)
		} else {
			typedIn(t, 0, append(g.plants(), "--count", "1")...)
		}
		if d := cmp.Diff(before, g.stands(t)); d != "" {
			t.Fatal(d)
		}
	}
}

// TestPlantsThatAreKept stand until they expire.
func TestPlantsThatAreKept(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	share := filepath.Join(dir, "share")
	if err := os.Mkdir(share, 0o755); err != nil {
		t.Fatal(err)
	}
	count := func() int {
		found, _ := filepath.Glob(filepath.Join(share, "*"))
		return len(found)
	}
	args := []string{"drill", "inventory", share, "--plant", "--count", "3", "--catalog", filepath.Join(dir, "c.db")}
	typedIn(t, 0, append(args, "--keep")...)
	typedIn(t, 0, args...)
	if count() != 3 {
		t.Errorf("%d stand, of 3 that were to be kept", count())
	}
	typedIn(t, 0, append(args, "--keep", "--expires", "1ns")...)
	if _, errs := typedIn(t, 0, args...); count() != 3 || !strings.Contains(errs, "removed 3 plants of an earlier drill") {
		t.Errorf("%d stand: %s", count(), errs)
	}
	if out, _ := typedIn(t, 0, "drill", "inventory", "--clean", "--catalog", filepath.Join(dir, "c.db")); count() != 0 || !strings.Contains(out, "Removed: 3 plants") {
		t.Errorf("%d stand: %s", count(), out)
	}
}
