package all_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/detect"
	"github.com/chartroom/chartroom/fingerprint"
	"github.com/chartroom/chartroom/scan"
	"github.com/chartroom/chartroom/source/all"
	"github.com/chartroom/chartroom/source/servertest"
)

const password = "only for tests"

// clinic is a database server that is filled and scanned: PostgreSQL or MariaDB.
type clinic struct {
	name   string
	exec   func(statements ...string)
	target string // of the login reader
	server *servertest.Server
	json   string // the types of the two kinds of columns
	bytes  string
	path   func(table string) string
}

// clinics starts the servers, each with a database and a login that may read it.
func clinics(t *testing.T, test func(t *testing.T, c clinic)) {
	t.Setenv("READER_PASSWORD", password)
	t.Run("postgres", func(t *testing.T) {
		p := servertest.StartPostgres(t)
		p.Database(t, "clinic", "reader", password)
		test(t, clinic{"postgres", func(s ...string) { p.Exec(t, "clinic", s...) }, "postgres://reader@" + p.Address() + "/clinic?password_env=READER_PASSWORD", p.Server,
			"jsonb", "bytea", func(table string) string { return "public." + table }})
	})
	t.Run("mariadb", func(t *testing.T) {
		m := servertest.StartMariaDB(t)
		m.Database(t, "clinic", "reader", password)
		test(t, clinic{"mariadb", func(s ...string) { m.Exec(t, "clinic", s...) }, "mysql://reader@" + m.Address() + "/clinic?password_env=READER_PASSWORD", m.Server,
			"JSON", "LONGBLOB", func(table string) string { return table }})
	})
}

var testKey = fingerprint.NewKey()

func newCatalog(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Open(t.Context(), filepath.Join(t.TempDir(), "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// survey scans targets as the command does.
func survey(t *testing.T, cat *catalog.Catalog, targets ...string) (catalog.Books, error) {
	t.Helper()
	run, err := cat.Begin(t.Context(), audit.Local(), catalog.RunSpec{Targets: targets, Rules: "1", Key: testKey.ID()})
	if err != nil {
		t.Fatal(err)
	}
	var listings []catalog.Listing
	for _, target := range targets {
		sources, err := all.Open(t.Context(), target, "Lakeside")
		if err != nil {
			return catalog.Books{}, fmt.Errorf("%w, %w", err, run.Abandon(t.Context()))
		}
		for _, src := range sources {
			if err := run.Repository(t.Context(), src.Repository()); err != nil {
				t.Fatal(err)
			}
			n, err := scan.Source(t.Context(), src, scan.Options{Engine: detect.New(nil), Rules: "1", Key: testKey, Ledger: run, Workers: 2})
			if err != nil {
				return catalog.Books{}, fmt.Errorf("%w, %v", err, run.Abandon(t.Context()))
			}
			listings = append(listings, catalog.Listing{Repository: src.Repository().Name, Complete: true, Items: n})
		}
	}
	books, err := run.Finish(t.Context(), listings)
	if err != nil {
		t.Fatal(err)
	}
	return books, books.Balance()
}

// items gives what the catalog holds, by path.
func items(t *testing.T, cat *catalog.Catalog) map[string]catalog.Row {
	t.Helper()
	out := map[string]catalog.Row{}
	if err := cat.EachItem(t.Context(), audit.Local(), catalog.Filter{}, func(r catalog.Row) error { out[r.Item] = r; return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

// fields gives the findings, as "item field kind" with how many values they are.
func fields(t *testing.T, cat *catalog.Catalog) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	if err := cat.EachField(t.Context(), audit.Local(), catalog.Filter{}, func(f catalog.Field) error {
		out[f.Item+" "+f.Field+" "+f.Kind] += f.Values
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// Invented people: the n-th has the same values wherever he stands.
var (
	family = []string{"Plantagenet", "Marchbanks", "Lovelace", "Okonkwo", "Fairweather", "Whitlock", "Abernathy", "Castellano"}
	given  = []string{"Ada", "Benedict", "Clara", "Dorian", "Esther", "Frederick", "Gwendolyn"}
)

func ssn(n int) string  { return fmt.Sprintf("%03d-%02d-%04d", 101+n%500, 10+n%89, 1000+n%8999) }
func born(n int) string { return fmt.Sprintf("%04d-%02d-%02d", 1930+n%70, 1+n%12, 1+n%28) }
func mrn(n int) string  { return fmt.Sprint(10_012_231 + n) }

// insert writes rows in statements of a thousand.
func insert(c clinic, table string, n int, row func(i int) []string) {
	var b strings.Builder
	for i := range n {
		if i%1000 == 0 {
			b.WriteString("INSERT INTO " + table + " VALUES ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString("('" + strings.Join(row(i), "', '") + "')")
		if i%1000 == 999 || i == n-1 {
			c.exec(b.String())
			b.Reset()
		}
	}
}

// page is a PDF of one page with a line of text.
func page(text string) []byte {
	var b bytes.Buffer
	var at []int
	object := func(body string) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(at), body)
	}
	b.WriteString("%PDF-1.4\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>")
	draw := "BT /F1 12 Tf 72 720 Td (" + text + ") Tj ET"
	object(fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(draw), draw))
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, a := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", a)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return b.Bytes()
}

// fill makes the tables of the stories.
func fill(c clinic) {
	c.exec("CREATE TABLE patients (mrn VARCHAR(20), last_name VARCHAR(50), first_name VARCHAR(50), birth_date DATE, ssn VARCHAR(11), state VARCHAR(2), diagnosis_code VARCHAR(8))")
	insert(c, "patients", 300, func(i int) []string {
		return []string{mrn(i), family[i%len(family)], given[i%len(given)], born(i), ssn(i), "CA", []string{"F11.20", "I10", "B20"}[i%3]}
	})
	c.exec("CREATE TABLE jobs (id INT, c1 VARCHAR(60), c2 VARCHAR(60), dx_code VARCHAR(60))")
	insert(c, "jobs", 10_400, func(i int) []string {
		if i < 10_000 {
			return []string{fmt.Sprint(i), "done", "queue", ""}
		}
		return []string{fmt.Sprint(i), ssn(i), family[i%len(family)] + ", " + given[i%len(given)], "F11.20"}
	})
	c.exec("CREATE TABLE paints (id INT, color VARCHAR(60), flavor VARCHAR(60), shape VARCHAR(60))")
	insert(c, "paints", 500, func(i int) []string {
		return []string{fmt.Sprint(i), ssn(i), given[i%len(given)] + "." + strings.ToLower(family[i%len(family)]) + "@example.org", []string{"F11.20", "I10", "B20", "E11.9"}[i%4]}
	})
	c.exec("CREATE TABLE resources (id INT, doc "+c.json+")", "CREATE TABLE scans (id INT, scan "+c.bytes+")")
	insert(c, "resources", 200, func(i int) []string {
		return []string{fmt.Sprint(i), fmt.Sprintf(`{"resourceType": "Patient", "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": "%s"}], "name": [{"family": "%s", "given": ["%s"]}], "birthDate": "%s"}`,
			mrn(i), family[i%len(family)], given[i%len(given)], born(i))}
	})
	hex := fmt.Sprintf("%x", page("Patient: Ada Plantagenet, MRN: 10012231, SSN 219-46-8317, treated for opioid dependence"))
	if c.name == "postgres" {
		c.exec(`INSERT INTO scans VALUES (1, '\x`+hex+`')`, "CREATE TABLE visits (mrn int, visit_date date, diagnosis_code text) PARTITION BY RANGE (visit_date)",
			"CREATE TABLE visits_2024 PARTITION OF visits FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')", "CREATE TABLE visits_2025 PARTITION OF visits FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')")
	} else {
		c.exec("INSERT INTO scans VALUES (1, x'"+hex+"')", "CREATE TABLE visits (mrn INT, visit_date DATE, diagnosis_code VARCHAR(9)) PARTITION BY RANGE (YEAR(visit_date)) (PARTITION p24 VALUES LESS THAN (2025), PARTITION p25 VALUES LESS THAN (2026))")
	}
	insert(c, "visits", 600, func(i int) []string {
		return []string{mrn(i % 300), fmt.Sprintf("%d-%02d-%02d", 2024+i%2, 1+i%12, 1+i%28), []string{"F11.20", "I10", "B20"}[i%3]}
	})
	c.exec("CREATE VIEW everybody AS SELECT * FROM patients", "CREATE TABLE products (sku VARCHAR(12), title VARCHAR(40), price INT)")
	insert(c, "products", 300, func(i int) []string { return []string{fmt.Sprintf("A%05d", i), "a box of gloves", fmt.Sprint(i % 90)} })
}

// TestStories: what healthcare keeps in databases is reported right.
func TestStories(t *testing.T) {
	clinics(t, func(t *testing.T, c clinic) {
		fill(c)
		cat := newCatalog(t)
		books, err := survey(t, cat, c.target)
		want := map[string]string{"patients": "phi", "jobs": "phi", "paints": "phi", "products": "none", "resources": "none", "scans": "none"}
		if c.name == "postgres" {
			want["visits_2024"], want["visits_2025"] = "phi", "phi"
		} else {
			want["visits"] = "phi"
		}
		if err != nil || books.Listed != int64(len(want)) || books.Read != books.Listed || books.InPart != 0 {
			t.Errorf("books %+v, %v", books, err)
		}
		got := items(t, cat)
		for table, verdict := range want {
			if r := got[c.path(table)]; r.Verdict != verdict || r.Evidence == nil || r.Evidence.Coverage != "all" {
				t.Errorf("%s: %s, want %s; %+v", table, r.Verdict, verdict, r.Evidence)
			}
		}
		for path := range got {
			if strings.Contains(path, "everybody") {
				t.Errorf("a view is an item: %s", path)
			}
		}
		if n := got[c.path("patients")].People.Estimate; n != 300 {
			t.Errorf("%d people in patients", n)
		}
		found := fields(t, cat)
		for finding, atLeast := range map[string]int64{
			"jobs jobs.c1 ssn": 400, "jobs jobs.dx_code icd10": 400, "paints paints.color ssn": 500, "paints paints.flavor email": 500, "paints paints.shape icd10": 500, "patients patients.ssn ssn": 300,
		} {
			if found[c.path("")+finding] < atLeast {
				t.Errorf("%s: %d values, want %d", finding, found[c.path("")+finding], atLeast)
			}
		}
		var people, pdf int64
		for finding, n := range found {
			item, rest, _ := strings.Cut(finding, " ")
			switch {
			case strings.HasPrefix(item, c.path("resources")+"!/") && strings.HasPrefix(rest, "Patient.name.family name"):
				people += n
			case strings.HasPrefix(item, c.path("scans")+"!/") && strings.HasSuffix(rest, " ssn"):
				pdf += n
			}
		}
		if people != 200 || pdf != 1 {
			t.Errorf("%d names in FHIR resources, %d social security numbers in a PDF: %v", people, pdf, found)
		}
		again, err := survey(t, cat, c.target)
		if err != nil || again.Read+again.Unchanged != books.Listed {
			t.Errorf("again: %+v, %v", again, err)
		}
		if c.name == "postgres" && again.Unchanged != books.Listed {
			t.Errorf("again: %+v: unchanged tables were read", again)
		}
	})
}

// TestTheSamePeopleEverywhere: the people of a file, of PostgreSQL and of MariaDB are counted once.
func TestTheSamePeopleEverywhere(t *testing.T) {
	dir := t.TempDir()
	var b strings.Builder
	b.WriteString("mrn,last_name,first_name,birth_date,ssn,state,diagnosis_code\n")
	for i := range 300 {
		fmt.Fprintf(&b, "%s,%s,%s,%s,%s,CA,I10\n", mrn(i), family[i%len(family)], given[i%len(given)], born(i), ssn(i))
	}
	if err := os.WriteFile(filepath.Join(dir, "patients.csv"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	cat := newCatalog(t)
	if _, err := survey(t, cat, dir); err != nil {
		t.Fatal(err)
	}
	clinics(t, func(t *testing.T, c clinic) {
		fill(c)
		c.exec("DROP TABLE jobs", "DROP TABLE paints", "DROP TABLE scans")
		if _, err := survey(t, cat, c.target); err != nil {
			t.Fatal(err)
		}
		total, err := cat.Tally(t.Context(), audit.Local(), catalog.Filter{})
		if err != nil || total.People.Estimate < 294 || total.People.Estimate > 306 {
			t.Errorf("%d people, and there are 300: %v", total.People.Estimate, err)
		}
	})
}

// TestCutsLoseNothing cuts connections at random moments during scans: each item that is said to be read whole has all its rows, and
// none is lost.
func TestCutsLoseNothing(t *testing.T) {
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	clinics(t, func(t *testing.T, c clinic) {
		records := map[string]int{}
		for i := range 5 {
			table := fmt.Sprintf("t%d", i)
			records[c.path(table)] = 3000 * i
			c.exec("CREATE TABLE " + table + " (ssn VARCHAR(11), last_name VARCHAR(40), diagnosis_code VARCHAR(8), note VARCHAR(200))")
			insert(c, table, records[c.path(table)], func(i int) []string {
				return []string{ssn(i), family[i%len(family)], "F11.20", strings.Repeat("quiet ", 20)}
			})
		}
		proxy := c.server.Proxy(t)
		target := strings.Replace(c.target, c.server.Address(), proxy.Address(), 1)
		gaps, whole := int64(0), 0
		for round := range rounds {
			cat := newCatalog(t)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{})
			r := rand.New(rand.NewPCG(uint64(round), 1))
			go func() {
				defer close(ended)
				for ctx.Err() == nil {
					time.Sleep(time.Duration(20+r.IntN(120)) * time.Millisecond)
					proxy.Cut()
				}
			}()
			books, err := survey(t, cat, target)
			cancel()
			<-ended
			if err != nil {
				t.Logf("round %d could not be run: %v", round, err)
				continue
			}
			if books.Listed != int64(len(records)) {
				t.Errorf("round %d: %d items are listed, and there are %d", round, books.Listed, len(records))
			}
			gaps += books.Gaps + books.InPart
			got := fields(t, cat)
			for path, it := range items(t, cat) {
				table := path[strings.LastIndexByte(path, '.')+1:]
				if it.Evidence.Coverage != "all" {
					continue
				}
				whole++
				if n := got[path+" "+table+".ssn ssn"]; n != int64(records[path]) {
					t.Errorf("round %d: %s is said to be read, with %d values of %d", round, path, n, records[path])
				}
			}
			// The next scan reads what this one could not.
			if again, err := survey(t, cat, target); err != nil || again.InPart+again.Gaps != 0 || again.Read < books.Gaps+books.InPart {
				t.Errorf("round %d: after %+v came %+v, %v", round, books, again, err)
			}
		}
		if whole == 0 {
			t.Error("nothing was read: the cuts test nothing")
		}
		t.Logf("%d items were read whole, %d were gaps", whole, gaps)
	})
}

// TestTheListIsComplete: every source is in the list, but for those that the file of an estate names and no target can be.
func TestTheListIsComplete(t *testing.T) {
	list, err := os.ReadFile("all.go")
	if err != nil {
		t.Fatal(err)
	}
	folders, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if f.IsDir() && !slices.Contains([]string{"all", "declared", "opengraph", "servertest", "sourcetest"}, f.Name()) && !strings.Contains(string(list), "/source/"+f.Name()+"\"") {
			t.Errorf("source/%s is not in the list", f.Name())
		}
	}
}

func TestTargetsThatCannotBeScanned(t *testing.T) {
	if !slices.Contains(all.Schemes(), "postgres") || !slices.Contains(all.Schemes(), "mysql") {
		t.Error(all.Schemes())
	}
	for _, target := range []string{"oracle://host/db", filepath.Join(t.TempDir(), "nowhere")} {
		if _, err := all.Open(t.Context(), target, ""); err == nil {
			t.Errorf("%s was opened", target)
		}
	}
}
