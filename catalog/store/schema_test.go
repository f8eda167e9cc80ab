package store

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
)

// made is a fresh file with one repository in it.
func made(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "estate.chart")
	f, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write.Exec(`INSERT INTO repositories (name, kind, custodian, from_at)
		VALUES ('s3://archive', 's3', 'Lakeside Clinics', 1)`); err != nil {
		t.Fatal(err)
	}
	return path
}

// opened opens a file with steps of migration, and closes it with the test.
func opened(t *testing.T, path string, steps []string) *File {
	t.Helper()
	f, err := open(t.Context(), path, steps)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func ask(t *testing.T, f *File, query string) (got string) {
	t.Helper()
	if err := f.Read.QueryRow(query).Scan(&got); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestANewerCatalogIsRefusedAndLeftAlone(t *testing.T) {
	path := made(t)
	opened(t, path, append(migrations(), `CREATE TABLE tomorrow (x INTEGER) STRICT`)).Close()
	err := refused(t, path, ErrNewer)
	if !strings.Contains(err.Error(), "use the newer chartroom") {
		t.Errorf("got %v", err)
	}
}

// refused opens a file that is none of ours, which must leave it as it was, and open to whom it was open.
func refused(t *testing.T, path string, want error) error {
	t.Helper()
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	_, err := Open(t.Context(), path)
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	if after, _ := os.ReadFile(path); string(before) != string(after) {
		t.Error("the file was changed")
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("its mode was changed: %v, %v", info.Mode(), err)
	}
	return err
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
	refused(t, path, ErrForeign)
}

func TestATextFileIsNoCatalog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat("no database at all\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, path, ErrForeign)
}

func TestACatalogThatOthersMayReadIsClosedToThem(t *testing.T) {
	path := made(t)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	f := opened(t, path, migrations())
	ask(t, f, `SELECT name FROM repositories`)
	for _, p := range []string{path, path + "-wal", path + "-shm"} {
		if info, err := os.Stat(p); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", p, info.Mode(), err)
		}
	}
}

func TestAnOlderCatalogIsMigratedAndKeepsItsFacts(t *testing.T) {
	f := opened(t, made(t), append(migrations(), `ALTER TABLE repositories ADD COLUMN steward TEXT NOT NULL DEFAULT 'nobody'`))
	if got := ask(t, f, `SELECT name || ' ' || steward FROM repositories`); got != "s3://archive nobody" {
		t.Errorf("got %s", got)
	}
}

func TestOlderTracesAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "estate.chart")
	f := opened(t, path, migrations()[:7])
	if _, err := f.Write.Exec(`PRAGMA foreign_keys = 0; INSERT INTO traces (id, item, number, bytes) VALUES (3, 7, 1, x'0a');
		INSERT INTO staged (repository, path, number, facts) VALUES (1, 'a.zip', 0, x'')`); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if got := ask(t, opened(t, path, migrations()), `SELECT t.id || ' ' || t.item || ' ' || t.number || ' ' || hex(bytes) || ' ' || s.item FROM traces t, staged s`); got != "3 7 1 0A 0" {
		t.Errorf("got %s", got)
	}
}

func TestAMigrationThatFailsChangesNothing(t *testing.T) {
	path := made(t)
	if _, err := open(t.Context(), path, append(migrations(), `CREATE TABLE half (x INTEGER) STRICT`, `no SQL`)); err == nil {
		t.Fatal("a broken step was taken")
	}
	if n := ask(t, opened(t, path, migrations()), `SELECT count(*) FROM sqlite_schema WHERE name = 'half'`); n != "0" {
		t.Error("half of the migration stands")
	}
}

func TestAPathWithOddSignsWorks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c#d%41.chart")
	ask(t, opened(t, path, migrations()), `SELECT count(*) FROM items`)
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Errorf("the catalog is elsewhere: %v", err)
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
	for c := estate.NotRead; c <= estate.Declared; c++ {
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
