package sqlite

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/record"
)

// made is a database that SQLite itself wrote.
func made(t testing.TB, statements ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%.200s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// rowsOf gives what was read of a table, a row a line.
func rowsOf(s *formattest.Summary, table string) (lines []string) {
	p := s.Parts[table]
	if p == nil {
		return nil
	}
	for _, r := range p.Records {
		var cells []string
		for _, c := range r {
			cells = append(cells, strings.TrimPrefix(c.Field, table+".")+"="+c.Value)
		}
		lines = append(lines, strings.Join(cells, " "))
	}
	return lines
}

var clinic = []string{
	`CREATE TABLE patients (id INTEGER PRIMARY KEY, last_name TEXT, dob TEXT, weight REAL, note TEXT, scan BLOB)`,
	`INSERT INTO patients VALUES (7, 'Lovelace', '1815-12-10', 61.5, 'Seen today,
and sent home.', NULL), (-3, 'Hopper', '1906-12-09', 58, NULL, x'00010203'), (9, 'Curie', NULL, 0, NULL, 'plain bytes')`,
	`CREATE TABLE codes (system TEXT, code TEXT, n INT, PRIMARY KEY (code, system)) WITHOUT ROWID`,
	`INSERT INTO codes VALUES ('icd10', 'F11.20', 1), ('loinc', '4548-4', NULL)`,
	`CREATE TABLE computed (a INT, b INT AS (a*2), c INT AS (a*3) STORED, d TEXT)`,
	`INSERT INTO computed (a, d) VALUES (1, 'x')`,
	`ALTER TABLE computed ADD COLUMN e TEXT`,
	`CREATE VIEW everybody AS SELECT * FROM patients`,
	`CREATE INDEX by_name ON patients(last_name)`,
	`CREATE TABLE "odd, name" ("the ""key""" TEXT)`,
	`INSERT INTO "odd, name" VALUES ('z')`,
}

func TestContract(t *testing.T) {
	formattest.Run(t, Reader{},
		formattest.Sample{Name: "a.db", Data: made(t, clinic...), Claim: format.Certain},
		formattest.Sample{Name: "b", Data: made(t, append([]string{"PRAGMA encoding='UTF-16be'", "PRAGMA page_size=512"}, clinic...)...), Claim: format.Certain},
	)
}

func TestRowsOfAClinic(t *testing.T) {
	for _, encoding := range []string{"UTF-8", "UTF-16le", "UTF-16be"} {
		s := formattest.Collect(Reader{}, "a.db", made(t, append([]string{"PRAGMA encoding='" + encoding + "'"}, clinic...)...))
		if s.Err != nil || len(s.Gaps) != 0 {
			t.Fatalf("%s: %v %v", encoding, s.Err, s.Gaps)
		}
		for table, want := range map[string][]string{
			"patients": {"id=-3 last_name=Hopper dob=1906-12-09 weight=58", "id=7 last_name=Lovelace dob=1815-12-10 weight=61.5 note=Seen today,\nand sent home.",
				"id=9 last_name=Curie weight=0 scan=plain bytes"},
			"codes":     {"code=4548-4 system=loinc", "code=F11.20 system=icd10 n=1"},
			"computed":  {"a=1 c=3 d=x"},
			"odd, name": {`the "key"=z`},
		} {
			if encoding != "UTF-8" && table == "patients" {
				want[2] = "id=9 last_name=Curie weight=0" // the bytes of a text that was put in as one are in the database's encoding
			}
			got := rowsOf(s, table)
			if encoding != "UTF-8" && table == "patients" && len(got) == 3 {
				got[2], _, _ = strings.Cut(got[2], " scan=")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", encoding, table, diff)
			}
		}
		if gaps := s.Parts["patients"].Gaps; len(gaps) != 1 || gaps[0].Reason != estate.GapUnknown {
			t.Errorf("%s: gaps %v", encoding, gaps)
		}
	}
}

// TestReadsWhatSQLiteWrote holds rows of every kind and size against SQLite's own answers.
func TestReadsWhatSQLiteWrote(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		path := filepath.Join(t.TempDir(), fmt.Sprintf("%d.db", rapid.Int().Draw(r, "name")))
		defer os.Remove(path)
		db, err := sql.Open("sqlite", path)
		if err != nil {
			r.Fatal(err)
		}
		defer db.Close()
		db.SetMaxOpenConns(1)
		exec := func(text string, args ...any) {
			if _, err := db.Exec(text, args...); err != nil {
				r.Fatal(err)
			}
		}
		exec(fmt.Sprintf("PRAGMA page_size=%d", rapid.SampledFrom([]int{512, 1024, 4096, 65536}).Draw(r, "page")))
		exec("PRAGMA encoding='" + rapid.SampledFrom([]string{"UTF-8", "UTF-16le", "UTF-16be"}).Draw(r, "encoding") + "'")
		tail := rapid.SampledFrom([]string{"", " WITHOUT ROWID"}).Draw(r, "tail")
		exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT, c REAL)" + tail)
		exec("BEGIN")
		n := rapid.IntRange(0, 120).Draw(r, "rows")
		for i := range n {
			text := strings.Repeat(rapid.StringMatching(`[a-z é😀]{1,8}`).Draw(r, "text"), rapid.SampledFrom([]int{1, 1, 1, 20, 200, 3000}).Draw(r, "times"))
			exec("INSERT INTO t VALUES (?, ?, ?, ?)", rapid.Int64().Draw(r, "id")&^0x3ff|int64(i), text[:min(len(text), 30000)], rapid.Int64().Draw(r, "b"), rapid.Float64().Draw(r, "c"))
		}
		exec("COMMIT")
		want := map[string]int{}
		answer, err := db.Query("SELECT id, a, b FROM t")
		if err != nil {
			r.Fatal(err)
		}
		for answer.Next() {
			var id, b int64
			var a string
			if err := answer.Scan(&id, &a, &b); err != nil {
				r.Fatal(err)
			}
			want[fmt.Sprint(id, "|", a, "|", b)]++
		}
		answer.Close()
		db.Close()
		data, err := os.ReadFile(path)
		if err != nil {
			r.Fatal(err)
		}
		s := formattest.Collect(Reader{}, "t.db", data)
		if s.Err != nil || len(s.Gaps) > 1 || len(s.Gaps) == 1 && s.Gaps[0].Reason != estate.GapNotFollowed { // growing a tree may free a page
			r.Fatal(s.Err, s.Gaps)
		}
		got := map[string]int{}
		for _, rec := range s.Parts["t"].Records {
			cells := map[string]string{}
			for _, c := range rec {
				cells[c.Field] = c.Value
			}
			got[cells["t.id"]+"|"+cells["t.a"]+"|"+cells["t.b"]]++
		}
		for row := range want {
			if strings.Count(row, "|") == 2 && got[row] == 0 {
				r.Errorf("missing: %.100q", row)
			}
		}
		if len(got) != len(want) {
			r.Errorf("%d rows, want %d", len(got), len(want))
		}
	})
}

func TestDocumentsAndLongTexts(t *testing.T) {
	hl7 := "MSH|^~\\&|A|B|C|D|20200101||ADT^A01|1|P|2.5\rPID|1||100201^^^H^MR||Byron^Ada\r"
	long := strings.Repeat("The patient slept well. ", 100_000) // 2.4 MB: longer than a row that is held
	data := made(t, `CREATE TABLE m (id INT, body TEXT)`, `INSERT INTO m VALUES (1, '`+hl7+`')`, `INSERT INTO m VALUES (2, '`+long+`')`,
		`INSERT INTO m VALUES (3, '{"resourceType":"Patient","note":"`+long+`"}')`, `INSERT INTO m VALUES (4, 'short')`)
	s := formattest.Collect(Reader{}, "m.db", data)
	p := s.Parts["m"]
	if s.Err != nil || p == nil || len(p.Inner) != 2 || p.Inner[1].Body != hl7 || !strings.HasSuffix(p.Inner[0].Body, `slept well. "}`) {
		t.Fatalf("%v, %d documents", s.Err, len(p.Inner))
	}
	var text strings.Builder
	for _, r := range p.Records {
		for _, c := range r {
			if c.Field == "m.body" && c.Value != "short" {
				text.WriteString(c.Value)
			}
		}
	}
	if text.String() != long {
		t.Errorf("a long text came as %d bytes of %d", text.Len(), len(long))
	}
	if v := p.Values("m.id"); !cmp.Equal(v, []string{"1", "2", "3", "4"}) {
		t.Errorf("ids %v", v)
	}
}

func TestDeletedRowsAreAGap(t *testing.T) {
	data := made(t, `CREATE TABLE a (x TEXT)`, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<5000) INSERT INTO a SELECT 'number '||i FROM n`, `DELETE FROM a`)
	s := formattest.Collect(Reader{}, "a.db", data)
	if len(s.Gaps) != 1 || s.Gaps[0].Reason != estate.GapNotFollowed || s.Err != nil {
		t.Errorf("%v %v", s.Gaps, s.Err)
	}
}

// TestACircleOfPagesEnds makes a page of a tree its own child.
func TestACircleOfPagesEnds(t *testing.T) {
	data := made(t, `PRAGMA page_size=512`, `CREATE TABLE a (x TEXT)`, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<3000) INSERT INTO a SELECT 'number '||i FROM n`)
	root := data[512:1024]
	if root[0] != tableInterior {
		t.Fatalf("page 2 is of kind %d", root[0])
	}
	for i := range int(root[4]) {
		at := int(root[12+2*i])<<8 | int(root[13+2*i])
		copy(root[at:], []byte{0, 0, 0, 2})
	}
	s := formattest.Collect(Reader{}, "a.db", data)
	if s.Err != nil || len(s.Parts["a"].Gaps) == 0 {
		t.Errorf("%v, gaps %v", s.Err, s.Parts["a"])
	}
}

// TestOneBadPageCostsItsRowsOnly overwrites a leaf.
func TestOneBadPageCostsItsRowsOnly(t *testing.T) {
	data := made(t, `CREATE TABLE a (x TEXT)`, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<3000) INSERT INTO a SELECT 'number '||i FROM n`, `CREATE TABLE b (y TEXT)`, `INSERT INTO b VALUES ('there')`)
	at := bytes.Index(data, []byte("number 1500"))
	page := at / 4096 * 4096
	clear(data[page : page+8])
	s := formattest.Collect(Reader{}, "a.db", data)
	a, b := s.Parts["a"], s.Parts["b"]
	if s.Err != nil || len(a.Gaps) != 1 || a.Gaps[0].Reason != estate.GapDamaged || len(a.Records) < 2500 || len(a.Records) == 3000 || len(b.Records) != 1 {
		t.Errorf("%v: %d rows, gaps %v", s.Err, len(a.Records), a.Gaps)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(made(f, clinic...))
	f.Add(made(f, append([]string{"PRAGMA page_size=512", "PRAGMA encoding='UTF-16le'"}, clinic...)...))
	f.Fuzz(func(t *testing.T, data []byte) { formattest.Collect(Reader{}, "a.db", data) })
}

func BenchmarkRead(b *testing.B) {
	data := made(b, `CREATE TABLE p (id INTEGER PRIMARY KEY, last_name TEXT, dob TEXT, city TEXT, n REAL)`,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<200000) INSERT INTO p SELECT i, 'Lovelace'||(i%100), '1815-12-'||(10+i%20), 'Springfield', i*1.5 FROM n`)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		s := discard()
		if err := (Reader{}).Read(b.Context(), format.Input{Name: "p.db", Size: int64(len(data)), At: bytes.NewReader(data), Body: bytes.NewReader(data)}, s); err != nil {
			b.Fatal(err)
		}
	}
}

// discard is an output that keeps nothing.
func discard() format.Output {
	return format.Output{
		Places: &record.Places{}, Batch: func(*record.Batch) error { return nil }, Inner: func(string, string, io.Reader) error { return nil },
		Part: func(string) (format.Output, func()) { return discard(), func() {} }, Gap: func(estate.GapReason, string) {},
	}
}
