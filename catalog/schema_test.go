package catalog

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

func TestANewerCatalogIsRefusedAndLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "estate.chart")
	newer := append(migrations(), `CREATE TABLE tomorrow (x INTEGER) STRICT`)
	c, err := open(t.Context(), path, newer)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	before, _ := os.ReadFile(path)
	_, err = Open(t.Context(), path)
	if !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "use the newer chartroom") {
		t.Errorf("got %v", err)
	}
	if after, _ := os.ReadFile(path); string(before) != string(after) {
		t.Error("the file was changed")
	}
}

func TestAnOlderCatalogIsMigratedAndKeepsItsFacts(t *testing.T) {
	s := newStory(t)
	s.survey([]thing{csv("a.csv", "1", 1, 2)})
	path := s.c.Path()
	s.c.Close()
	c, err := open(t.Context(), path, append(migrations(), `ALTER TABLE repositories ADD COLUMN owner TEXT NOT NULL DEFAULT 'nobody'`))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	rows, err := c.Where(t.Context(), officer, Filter{})
	if err != nil || len(rows) != 1 || rows[0].People.Estimate != 2 {
		t.Errorf("%+v, %v", rows, err)
	}
	var owner string
	if err := c.read.QueryRow(`SELECT owner FROM repositories`).Scan(&owner); err != nil || owner != "nobody" {
		t.Errorf("%q, %v", owner, err)
	}
}

func TestAMigrationThatFailsChangesNothing(t *testing.T) {
	s := newStory(t)
	path := s.c.Path()
	s.c.Close()
	if _, err := open(t.Context(), path, append(migrations(), `CREATE TABLE half (x INTEGER) STRICT`, `no SQL`)); err == nil {
		t.Fatal("a broken step was taken")
	}
	s.reopen(path)
	var n int
	if err := s.c.read.QueryRow(`SELECT count(*) FROM sqlite_schema WHERE name = 'half'`).Scan(&n); err != nil || n != 0 {
		t.Errorf("half of the migration stands: %d, %v", n, err)
	}
}

func TestAForeignDatabaseIsRefusedAndLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.db")
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`CREATE TABLE theirs (x)`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	before, _ := os.ReadFile(path)
	if _, err := Open(t.Context(), path); !errors.Is(err, ErrForeign) {
		t.Errorf("got %v", err)
	}
	if after, _ := os.ReadFile(path); string(before) != string(after) {
		t.Error("the file was changed")
	}
}

func TestATextFileIsNoCatalog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat("no database at all\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := Open(t.Context(), path); err == nil {
		c.Close()
		t.Error("it was taken for a catalog")
	}
}

func TestAPathWithOddSignsWorks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c#d%41.chart")
	c, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Where(t.Context(), officer, Filter{}); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Errorf("the catalog is elsewhere: %v", err)
	}
}

func TestVerifyFindsContradictions(t *testing.T) {
	for name, damage := range map[string]string{
		"an inner item outlives its outer": `UPDATE items SET to_at = from_at WHERE top IS NULL`,
		"time runs backwards":              `UPDATE items SET to_at = from_at - 1`,
		"a sketch is missing":              `DELETE FROM sketches`,
		"a word is missing":                `PRAGMA foreign_keys = 0; DELETE FROM words`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.survey([]thing{zipped()})
			if _, err := s.c.write.ExecContext(context.Background(), damage); err != nil {
				t.Fatal(err)
			}
			if err := s.c.Verify(s.ctx, officer); !errors.Is(err, ErrDamaged) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// The numbers that the catalog stores. Whoever changes one of them in package phi or estate makes stored catalogs say
// something else: he must append at the end, or write a migration.
func TestStoredNumbersHold(t *testing.T) {
	check := func(what, got, want string) {
		t.Helper()
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s are stored by number, and now they are\n %s\nand were\n %s", what, got, want)
		}
	}
	var kinds, classes, verdicts, subjects, states, covers []string
	for _, k := range phi.Kinds() {
		kinds = append(kinds, k.String())
	}
	for c := range phi.NumClasses {
		classes = append(classes, c.String())
	}
	for v := phi.VerdictUnknown; v <= phi.VerdictPHI; v++ {
		verdicts = append(verdicts, v.String())
	}
	for s := phi.Unknown; s <= phi.Workforce; s++ {
		subjects = append(subjects, s.String())
	}
	for s := range phi.State(phi.NumStates) {
		states = append(states, s.String())
	}
	for i, c := range coverages() {
		if c != estate.Coverage(i) {
			t.Errorf("coverage %s has number %d, want %d", c, c, i)
		}
		covers = append(covers, c.String())
	}
	check("kinds", strings.Join(kinds, " "), "name address date phone fax email ssn mrn health_plan_id account license vehicle device url ip "+
		"biometric photo other_id zip date_of_birth npi icd10 loinc rxnorm ndc snomed code free_text")
	check("classes", strings.Join(classes, " "), "SUD OPIOIDUD ETHUD HIV PSY PSYTHPN BH COGN DVD SDV SEX STD GDIS SCA PREGNANT GENDER VIO")
	check("verdicts", strings.Join(verdicts, " "), "unknown none health pii phi")
	check("subjects", strings.Join(subjects, " "), "unknown patient provider organisation customer workforce")
	check("coverages", strings.Join(covers, ", "), "not read, all, sample, part, unchanged, declared")
	check("states", strings.Join(states, " "), "unknown AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV "+
		"NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI FM MH PW AE AA AP")
}
