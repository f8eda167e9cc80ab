package plant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/chartroom/chartroom/source/servertest"
)

// TestMain plants where it is told to, when it is started as the child that is killed.
func TestMain(m *testing.M) {
	dir := os.Getenv("CHARTROOM_PLANT_CHILD")
	if dir == "" {
		os.Exit(m.Run())
	}
	var targets []Target
	err := json.Unmarshal([]byte(os.Getenv("CHARTROOM_PLANT_TARGETS")), &targets)
	if err == nil {
		err = child(dir, targets)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func child(dir string, targets []Target) error {
	ctx := context.Background()
	unlock, err := Lock(dir)
	if err != nil {
		return err
	}
	defer unlock()
	j, err := Create(dir, Head{Targets: targets, Began: time.Now(), Expires: time.Now().Add(time.Hour)})
	if err != nil {
		return err
	}
	g, err := Grounds(ctx, j, os.LookupEnv)
	if err != nil {
		return err
	}
	if err := g.Plant(ctx, 100, 5, func(Plant) {}); err != nil {
		return err
	}
	_, err = g.Clear(ctx)
	return errors.Join(err, j.Close())
}

// grounds are a folder, a database and a bucket with something in each that nobody planted.
type grounds struct {
	dir     string
	pg      servertest.Postgres
	admin   *pgx.Conn
	store   servertest.Gateway
	targets []Target
}

func newGrounds(t *testing.T) *grounds {
	g := &grounds{dir: t.TempDir(), pg: servertest.StartPostgres(t), store: servertest.StartGateway(t)}
	for name, v := range map[string]string{"AWS_ACCESS_KEY_ID": "surveyor", "AWS_SECRET_ACCESS_KEY": "surveyor-secret", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": g.dir + "/none",
		"AWS_SHARED_CREDENTIALS_FILE": g.dir + "/none", "AWS_PROFILE": "", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": g.store.URL(),
		"PG_WRITER": "gardener:spade", "S3_WRITER": servertest.Admin + ":" + servertest.AdminPassword} {
		t.Setenv(name, v)
	}
	g.pg.Database(t, "ehr", "surveyor", "secret")
	g.pg.Exec(t, "ehr", "CREATE ROLE gardener LOGIN PASSWORD 'spade'", "GRANT CREATE ON DATABASE ehr TO gardener", "CREATE SCHEMA export_kept", "CREATE TABLE export_kept.patients (a text)", "INSERT INTO export_kept.patients VALUES ('x')")
	g.admin = g.pg.Admin(t, "ehr")
	g.store.Bucket(t, "archive", "")
	g.object(t, "drop/export_kept/patients.csv", "mrn\n1\n")
	g.file(t, "export_kept/patients.csv", "mrn\n1\n")
	g.targets = []Target{{Label: "share", Kind: Files, Address: g.dir}, {Label: "ehr", Kind: Postgres, Address: "postgres://surveyor@" + g.pg.Address() + "/ehr?sslmode=disable", Login: "PG_WRITER"},
		{Label: "archive", Kind: S3, Address: "s3://archive/drop?path_style=1", Login: "S3_WRITER"}}
	return g
}

func (g *grounds) file(t *testing.T, name, text string) {
	path := filepath.Join(g.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func (g *grounds) object(t *testing.T, key, text string) {
	_, err := g.store.Client(servertest.Admin, servertest.AdminPassword).PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("archive"), Key: &key, Body: strings.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
}

// stands lists all that stands on the grounds, plants and others.
func (g *grounds) stands(t *testing.T) (out []string) {
	err := filepath.WalkDir(g.dir, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(g.dir, path)
		out = append(out, "file "+rel)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := g.admin.Query(t.Context(), "SELECT nspname, '' FROM pg_namespace WHERE nspname !~ '^pg_' UNION ALL SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema'")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var schema, table string
		if err := rows.Scan(&schema, &table); err != nil {
			t.Fatal(err)
		}
		out = append(out, "table "+schema+"."+table)
	}
	list, err := g.store.Client(servertest.Admin, servertest.AdminPassword).ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: aws.String("archive")})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list.Versions {
		out = append(out, "object "+*o.Key)
	}
	for _, o := range list.DeleteMarkers {
		out = append(out, "marker "+*o.Key)
	}
	slices.Sort(out)
	return out
}

func (g *grounds) open(t *testing.T, dir string) *Garden {
	t.Helper()
	j, err := Create(dir, Head{Targets: g.targets, Began: time.Now(), Expires: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	garden, err := Grounds(t.Context(), j, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(garden.Leave)
	return garden
}

// TestOnRealServers plants in a folder, a database and a bucket.
func TestOnRealServers(t *testing.T) {
	g := newGrounds(t)
	t.Run("logins that read do not plant", g.logins)
	t.Run("killed", g.killed)
	t.Run("broken off", g.brokenOff)
	t.Run("what is planted is removed and nothing else", g.removed)
	t.Run("changed plants stay", g.changed)
}

// removed plants and removes, where the bucket keeps versions.
func (g *grounds) removed(t *testing.T) {
	c := g.store.Client(servertest.Admin, servertest.AdminPassword)
	_, err := c.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: aws.String("archive"), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}})
	if err != nil {
		t.Log("without versions:", err)
	}
	before := g.stands(t)
	journals := t.TempDir()
	garden := g.open(t, journals)
	places := 0
	if err := garden.Plant(t.Context(), 69, 5, func(Plant) { places++ }); err != nil {
		t.Fatal(err)
	}
	if n := len(g.stands(t)) - len(before); places != 69 || n != 23*2+23*2+23 {
		t.Errorf("%d planted, %d things more", places, n)
	}
	out, err := garden.Clear(t.Context())
	if err != nil || out.Removed != 69 || len(out.Left) > 0 {
		t.Error(out, err)
	}
	if d := cmp.Diff(before, g.stands(t)); d != "" {
		t.Error(d)
	}
	if err := garden.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := Journals(journals); len(left) > 0 {
		t.Error(left)
	}
}

// killed kills a process at random moments while it plants and removes, and lets the next start remove what stands.
// CHARTROOM_KILLS is how often.
func (g *grounds) killed(t *testing.T) {
	kills, _ := strconv.Atoi(os.Getenv("CHARTROOM_KILLS"))
	kills = max(kills, 5)
	journals := t.TempDir()
	targets, _ := json.Marshal(g.targets)
	before := g.stands(t)
	standing := 0
	for range kills {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "CHARTROOM_PLANT_CHILD="+journals, "CHARTROOM_PLANT_TARGETS="+string(targets))
		var errs strings.Builder
		cmd.Stderr = &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		g.sprout(journals)
		time.Sleep(time.Duration(rand.IntN(1200)) * time.Millisecond)
		cmd.Process.Kill()
		if err := cmd.Wait(); err != nil && errs.Len() > 0 {
			t.Fatal(err, errs.String())
		}
		standing += len(g.stands(t)) - len(before)
		out, err := Sweep(t.Context(), journals, false, time.Now(), os.LookupEnv)
		if err != nil || len(out.Left) > 0 {
			t.Fatal(out, err)
		}
		if d := cmp.Diff(before, g.stands(t)); d != "" {
			t.Fatal(d)
		}
	}
	if left, _ := Journals(journals); len(left) > 0 || standing == 0 {
		t.Errorf("%d journals are left; %d things stood", len(left), standing)
	}
	t.Logf("%d kills, %d things stood", kills, standing)
}

// sprout waits until a drill has begun.
func (g *grounds) sprout(journals string) {
	for range 400 {
		if found, _ := Journals(journals); len(found) > 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// brokenOff ends the context while it plants: what stands is removed all the same.
func (g *grounds) brokenOff(t *testing.T) {
	before := g.stands(t)
	for at := range 3 {
		garden := g.open(t, t.TempDir())
		garden.settle = 2 * time.Second
		ctx, stop := context.WithCancel(t.Context())
		n := 0
		err := garden.Plant(ctx, 30, 3, func(Plant) {
			if n++; n > at+3 {
				go stop()
			}
		})
		if stop(); err == nil {
			t.Error("it was not broken off")
		}
		if out, err := garden.Clear(t.Context()); err != nil || out.Removed < at+3 || len(out.Left) > 0 {
			t.Error(out, err)
		}
		if d := cmp.Diff(before, g.stands(t)); d != "" {
			t.Error(d)
		}
	}
}

// changed: whatever somebody made of a plant is no plant any more.
func (g *grounds) changed(t *testing.T) {
	garden := g.open(t, t.TempDir())
	var plants []Plant
	if err := garden.Plant(t.Context(), 18, 3, func(p Plant) { plants = append(plants, p) }); err != nil {
		t.Fatal(err)
	}
	changes := map[int]func(p Plant){
		0: func(p Plant) { g.file(t, p.Name+"/"+p.Form, "mine now") },
		3: func(p Plant) { g.file(t, p.Name+"/beside.txt", "mine") },
		6: func(p Plant) {
			path := filepath.Join(g.dir, p.Name)
			if err := errors.Join(os.RemoveAll(path), os.Symlink(filepath.Join(g.dir, "export_kept"), path)); err != nil {
				t.Fatal(err)
			}
		},
		1: func(p Plant) {
			g.pg.Exec(t, "ehr", fmt.Sprintf("DELETE FROM %q.%q WHERE ctid = (SELECT min(ctid) FROM %q.%q)", p.Name, p.Form, p.Name, p.Form))
		},
		4: func(p Plant) { g.pg.Exec(t, "ehr", fmt.Sprintf("COMMENT ON TABLE %q.%q IS 'mine'", p.Name, p.Form)) },
		7: func(p Plant) { g.pg.Exec(t, "ehr", fmt.Sprintf("CREATE TABLE %q.more (a text)", p.Name)) },
		10: func(p Plant) {
			g.pg.Exec(t, "ehr", fmt.Sprintf("CREATE VIEW public.over AS SELECT * FROM %q.%q", p.Name, p.Form))
		},
		2: func(p Plant) { g.object(t, "drop/"+p.Name+"/"+p.Form, "mine now") },
	}
	for i, change := range changes {
		change(plants[i])
	}
	before := g.stands(t)
	out, err := garden.Clear(t.Context())
	if err != nil || out.Removed != 18-len(changes) || len(out.Left) != len(changes) {
		t.Error(out, err)
	}
	after := g.stands(t)
	for i := range changes {
		p, was, is := plants[i], 0, 0
		for _, s := range before {
			was += strings.Count(s, p.Name)
		}
		for _, s := range after {
			is += strings.Count(s, p.Name)
		}
		if i != 3 && is != was || is == 0 { // of 3 the planted file went, and what stands beside it stays
			t.Errorf("of the plant %d, %d things stand of %d", i, is, was)
		}
	}
	if err := garden.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(garden.Path); err != nil {
		t.Error("the journal has to stay as long as something stands:", err)
	}
}

// logins: those that a survey reads with are refused.
func (g *grounds) logins(t *testing.T) {
	for _, c := range []struct {
		target Target
		secret string
	}{{g.targets[1], "surveyor:secret"}, {g.targets[1], "gardener"}, {g.targets[2], "surveyor:surveyor-secret"}, {g.targets[2], ""}} {
		if _, err := Open(t.Context(), c.target, c.secret); !errors.Is(err, ErrLogin) {
			t.Error(err)
		}
	}
	if _, err := Open(t.Context(), g.targets[1], "gardener:wrong"); err == nil || strings.Contains(err.Error(), "wrong") {
		t.Error(err)
	}
	j := &Journal{Head: Head{Targets: g.targets}}
	if _, err := Grounds(t.Context(), j, func(string) (string, bool) { return "", false }); !errors.Is(err, ErrLogin) {
		t.Error(err)
	}
}
