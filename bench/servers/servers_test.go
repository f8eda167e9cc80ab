package servers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/chartroom/chartroom/demo"
	"github.com/chartroom/chartroom/source/servertest"
)

// program is the chartroom that is measured; without one, nothing is.
func program(t *testing.T) string {
	t.Helper()
	p := os.Getenv("BENCH_CHARTROOM")
	if p == "" {
		t.Skip("skipped: BENCH_KINDS=\"postgres columns bucket\" make bench measures servers")
	}
	return p
}

// number is a setting.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		t.Fatalf("%s=%s is no number", name, v)
	}
	return n
}

// run is what one run of a program took.
type run struct {
	wall, cpu time.Duration
	peak      int64 // bytes of resident memory
}

// measured runs a program to its end, and throws away what it prints.
func measured(t *testing.T, env []string, argv ...string) run {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), env...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	began := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(argv[0]), err, complaint.String())
	}
	r := run{wall: time.Since(began), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.peak = u.Maxrss << 10 // Linux counts in KiB
	}
	return r
}

// survey scans a target into a catalog of its own.
func survey(t *testing.T, program, target string, more ...string) run {
	t.Helper()
	dir := t.TempDir()
	argv := append([]string{program, "scan", target, "--catalog", filepath.Join(dir, "catalog.db"), "--key", filepath.Join(dir, "key")}, more...)
	return measured(t, []string{"PGPASSWORD=" + servertest.AdminPassword}, argv...)
}

func median(of []time.Duration) time.Duration {
	slices.Sort(of)
	return (of[(len(of)-1)/2] + of[len(of)/2]) / 2
}

// TestPostgres surveys a table of two million patients whole, and sends it by COPY to nowhere, in turns. Both are clients of one server and
// run by the clock on the wall, so that whatever else the machine does slows both.
func TestPostgres(t *testing.T) {
	bin := program(t)
	rows := number(t, "BENCH_ROWS", 2_000_000)
	p := servertest.StartPostgres(t, "shared_buffers=1GB", "max_wal_size=4GB", "autovacuum=off")
	p.Exec(t, "postgres", "CREATE DATABASE clinic")
	columns := strings.Split(strings.TrimSpace(demo.PatientHeader), ",")
	p.Exec(t, "clinic", "CREATE TABLE patients ("+strings.Join(columns, " text, ")+" text)")
	pipe, w := io.Pipe()
	go func() {
		var b []byte
		for who := range demo.People(1, rows) {
			if b = demo.AppendPatientRow(b[:0], who); len(b) > 0 {
				if _, err := w.Write(b); err != nil {
					return
				}
			}
		}
		w.Close()
	}()
	c := p.Admin(t, "clinic")
	if _, err := c.PgConn().CopyFrom(context.Background(), pipe, "COPY patients FROM STDIN (FORMAT csv)"); err != nil {
		t.Fatal(err)
	}
	p.Exec(t, "clinic", "VACUUM ANALYZE patients")
	var sent int64
	copied := func() time.Duration {
		began := time.Now()
		n, err := c.PgConn().CopyTo(context.Background(), &counter{&sent}, "COPY patients TO STDOUT")
		if err != nil || n.RowsAffected() != int64(rows) {
			t.Fatalf("COPY: %v, %d rows", err, n.RowsAffected())
		}
		return time.Since(began)
	}
	copied() // into the server's memory
	bytes := sent
	target := "postgres://" + servertest.Admin + "@" + p.Address() + "/clinic?sslmode=disable"
	var of, whole []time.Duration
	var shares []float64
	var peak int64
	for range number(t, "BENCH_ROUNDS", 5) {
		a, r := copied(), survey(t, bin, target)
		of, whole, shares, peak = append(of, a), append(whole, r.wall), append(shares, a.Seconds()/r.wall.Seconds()), max(peak, r.peak)
		t.Logf("COPY %.2f s, survey %.2f s (processor %.2f s): %.0f %%", a.Seconds(), r.wall.Seconds(), r.cpu.Seconds(), 100*a.Seconds()/r.wall.Seconds())
	}
	slices.Sort(shares)
	a, b := median(of), median(whole)
	fmt.Printf("postgres: %d rows, %.0f MB of text: COPY %.2f s, survey %.2f s (medians), %.0f MB/s, %.0f %% of COPY (%.0f to %.0f %%), peak %d MiB\n",
		rows, float64(bytes)/1e6, a.Seconds(), b.Seconds(), float64(bytes)/1e6/b.Seconds(), 100*a.Seconds()/b.Seconds(), 100*shares[0], 100*shares[len(shares)-1], peak>>20)
	peer(t, p, b)
}

// counter counts bytes.
type counter struct{ n *int64 }

// Write counts.
func (c *counter) Write(p []byte) (int, error) { *c.n += int64(len(p)); return len(p), nil }

// peer measures pdscan on the same table, where it could be built (bench/peers.sh). It reads a sample of 10,000 rows unless it is told
// how many, so it is told all.
func peer(t *testing.T, p servertest.Postgres, ours time.Duration) {
	pdscan := filepath.Join(os.Getenv("BENCH_PEERS_DIR"), "pdscan")
	if _, err := os.Stat(pdscan); err != nil {
		fmt.Println("postgres: pdscan is not built here, and was not measured")
		return
	}
	r := measured(t, nil, pdscan, "postgres://"+servertest.Admin+":"+strings.ReplaceAll(servertest.AdminPassword, " ", "%20")+"@"+p.Address()+"/clinic?sslmode=disable",
		"--sample-size", strconv.Itoa(1<<30))
	fmt.Printf("postgres: pdscan %.1f s, %.1f times the survey's\n", r.wall.Seconds(), r.wall.Seconds()/ours.Seconds())
}

// TestColumns profiles 10,000 columns by sample: 200 tables of 50 columns, and a few of them of many rows.
func TestColumns(t *testing.T) {
	bin := program(t)
	tables, rows := number(t, "BENCH_TABLES", 200), number(t, "BENCH_TABLE_ROWS", 20_000)
	p := servertest.StartPostgres(t, "shared_buffers=1GB", "max_wal_size=4GB", "autovacuum=off")
	p.Exec(t, "postgres", "CREATE DATABASE clinic")
	var exprs []string
	for i := range 50 {
		kind := []string{"md5((i * K)::text)", "i * K", "now()::date - (i % 20000)::int", "'5' || lpad((i * K % 1000000000)::text, 9, '0')", "'word ' || i % 97"}[i%5]
		exprs = append(exprs, strings.ReplaceAll(kind, "K", strconv.Itoa(i+1))+" AS c"+strconv.Itoa(i))
	}
	for i := range tables {
		n := rows
		if i%50 == 0 {
			n *= 10
		}
		p.Exec(t, "clinic", fmt.Sprintf("CREATE TABLE t%03d AS SELECT %s FROM generate_series(1::bigint, %d) i", i, strings.Join(exprs, ", "), n))
	}
	target := "postgres://" + servertest.Admin + "@" + p.Address() + "/clinic?sslmode=disable"
	var took []time.Duration
	var peak int64
	for range number(t, "BENCH_ROUNDS", 5) {
		r := survey(t, bin, target, "--sample", "1%")
		took, peak = append(took, r.wall), max(peak, r.peak)
		t.Logf("%.2f s", r.wall.Seconds())
	}
	whole := survey(t, bin, target)
	fmt.Printf("columns: %d columns in %d tables of %d rows and more, by a sample of 1 %%: %.2f s (median), peak %d MiB; whole: %.2f s\n",
		50*tables, tables, rows, median(took).Seconds(), peak>>20, whole.wall.Seconds())
}

// TestBucket lists and surveys buckets of more and more objects: the peak of memory must not grow with them.
func TestBucket(t *testing.T) {
	bin := program(t)
	most := number(t, "BENCH_OBJECTS", 100_000)
	g := servertest.StartGateway(t)
	t.Setenv("AWS_ACCESS_KEY_ID", servertest.Admin)
	t.Setenv("AWS_SECRET_ACCESS_KEY", servertest.AdminPassword)
	for _, n := range []int{most / 10, most} {
		name := fmt.Sprintf("bucket-%d", n)
		g.Bucket(t, name, "")
		fill(t, g, name, n)
		r := survey(t, bin, "s3://"+name+"?endpoint="+g.URL()+"&region=us-east-1&path_style=1")
		fmt.Printf("bucket: %d objects listed and surveyed in %.1f s, %.0f a second, peak %d MiB\n", n, r.wall.Seconds(), float64(n)/r.wall.Seconds(), r.peak>>20)
	}
}

// fill puts small notes about invented people into a bucket.
func fill(t *testing.T, g servertest.Gateway, bucket string, n int) {
	t.Helper()
	c := g.Client(servertest.Admin, servertest.AdminPassword)
	type object struct {
		key  string
		body []byte
	}
	todo := make(chan object, 64)
	var all sync.WaitGroup
	var once sync.Once
	for range 16 {
		all.Go(func() {
			for o := range todo {
				if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(o.key), Body: bytes.NewReader(o.body)}); err != nil {
					once.Do(func() { t.Errorf("put %s: %v", o.key, err) })
				}
			}
		})
	}
	i := 0
	for who := range demo.People(1, n) {
		todo <- object{fmt.Sprintf("year%d/%02d/note%06d.csv", 2000+i%20, i%97, i), demo.AppendPatientRow([]byte(demo.PatientHeader), who)}
		i++
	}
	close(todo)
	all.Wait()
}
