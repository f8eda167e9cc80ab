package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chartroom/chartroom/demo"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/fleet"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/source/servertest"
)

// bigTable writes a table of people, of at least so many bytes.
func bigTable(t testing.TB, path string, size int) {
	t.Helper()
	b := []byte(demo.PatientHeader)
	for p := range demo.People(3, 1<<30) {
		if b = demo.AppendPatientRow(b, p); len(b) >= size {
			break
		}
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLargeItemsAreReadInPieces(t *testing.T) {
	dir := t.TempDir()
	bigTable(t, filepath.Join(dir, "large.csv"), 2*format.PieceSize+8<<20)
	bigTable(t, filepath.Join(dir, "small.csv"), 1<<20)
	p := newPlan(t, dir)
	p.job.LargeBytes = 2 << 20
	want := alone(t, p)
	p.run(t, &Worker{Slots: 2})
	cut, pieces := 0, 0
	for _, s := range p.shards {
		cut += s.cut
		pieces += len(s.states)
	}
	if cut == 0 || pieces < 2 {
		t.Errorf("%d items were cut to %d pieces", cut, pieces)
	}
	same(t, p, want)
}

// TestAPlanThatIsOfNoUseIsAnAnswer: an item that changed, or is gone, since it was cut.
func TestAPlanThatIsOfNoUseIsAnAnswer(t *testing.T) {
	dir := t.TempDir()
	bigTable(t, filepath.Join(dir, "small.csv"), 1<<20)
	p := newPlan(t, dir)
	for _, name := range []string{"small.csv", "gone.csv"} {
		p.add(fleet.Spec{Kind: fleet.Pieces, Repository: "file://" + dir, Items: []fleet.Listed{{Path: name, Version: "1"}}, Plan: []byte("none"), To: 2})
	}
	p.job.Run = 8
	p.tickets = []fleet.Ticket{{Run: 8, Shard: 2}, {Run: 8, Shard: 3}}
	p.shards[0].done = true
	p.run(t, &Worker{Slots: 1})
	for _, s := range p.shards[1:] {
		if s.fault == "" || len(s.states) > 0 {
			t.Errorf("the plan of %s was followed", s.spec.Items[0].Path)
		}
	}
}

// TestAnItemThatIsGoneIsAGap: and one that came in its place is read as it is now.
func TestAnItemThatIsGoneIsAGap(t *testing.T) {
	dir := tree(t)
	p := newPlan(t, dir)
	p.told = func(d *fleet.Delivery) {
		if len(d.Listed) > 0 {
			os.Remove(filepath.Join(dir, "50%.csv"))
			os.WriteFile(filepath.Join(dir, "empty"), []byte("not any more"), 0o600)
		}
	}
	p.run(t, &Worker{Slots: 2})
	var gone []*estate.Gap
	for _, f := range p.facts() {
		if f.Gap != nil && f.Gap.Reason == estate.GapVanished {
			gone = append(gone, f.Gap)
		}
		if f.Item != nil && f.Item.Path == "empty" && f.Item.Read == 0 {
			t.Errorf("what changed before it was read: %+v", f.Item)
		}
	}
	if len(gone) != 1 || gone[0].Path != "50%.csv" || gone[0].Detail == "" {
		t.Errorf("gone: %+v", gone)
	}
}

func TestADatabaseIsReadByManyAsByOne(t *testing.T) {
	s := servertest.StartPostgres(t)
	t.Setenv("READER_PASSWORD", "only for a test")
	s.Database(t, "clinic", "reader", "only for a test")
	var people []string
	for p := range demo.People(5, 50) {
		people = append(people, fmt.Sprintf("('%s','%s','%s','%s')", p.MRN, p.SSN, p.Given, strings.ReplaceAll(p.Family, "'", "''")))
	}
	statements := []string{`CREATE TABLE "odd % name
of \table" (mrn text, ssn text, first_name text, last_name text)`, `CREATE TABLE locked (ssn text)`}
	for i := range 6 {
		statements = append(statements, fmt.Sprintf("CREATE TABLE patients%d (mrn text, ssn text, first_name text, last_name text)", i),
			fmt.Sprintf("INSERT INTO patients%d VALUES %s", i, strings.Join(people[:10+i*8], ",")))
	}
	statements = append(statements, `CREATE TABLE visits AS SELECT i AS visit, 'V' || i AS number, patients5.* FROM generate_series(1, 400) i, patients5`, `GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader`, `REVOKE ALL ON locked FROM reader`, `ANALYZE`)
	s.Exec(t, "clinic", statements...)
	p := newPlan(t, "postgres://reader@"+s.Address()+"/clinic?password_env=READER_PASSWORD")
	p.each, p.job.LargeBytes = 2, 4<<20
	want := alone(t, p)
	// Two workers, of which only one has listed.
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { p.run(t, &Worker{Slots: 2}) })
	}
	both.Wait()
	same(t, p, want)
	if strings.Contains(p.said.String(), "only for a test") {
		t.Error("the password goes over the line")
	}
}
