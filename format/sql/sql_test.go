package sql

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/record"
)

const mysqlDump = "-- MySQL dump 10.13  Distrib 8.0.36\n--\n-- Host: localhost    Database: clinic\n\n" +
	"/*!40101 SET NAMES utf8mb4 */;\nDROP TABLE IF EXISTS `patients`;\nCREATE TABLE `patients` (\n  `id` int NOT NULL AUTO_INCREMENT COMMENT 'the person''s number',\n" +
	"  `last_name` varchar(50) DEFAULT NULL,\n  `dob` date DEFAULT NULL,\n  `note` text,\n  `scan` blob,\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB;\n" +
	"LOCK TABLES `patients` WRITE;\nINSERT INTO `patients` VALUES (1,'O\\'Hara','1815-12-10','Seen; sent home.\\nTwice.',NULL),(2,'Curie',NULL,'said \"no\"',_binary 'plain')," +
	"(3,'D''Arc','1412-01-06',NULL,0x68656C6C6F);\nUNLOCK TABLES;\nDELIMITER ;;\nCREATE TRIGGER t BEFORE INSERT ON patients FOR EACH ROW BEGIN\nINSERT INTO audit VALUES (NEW.id);\nEND ;;\nDELIMITER ;\n" +
	"INSERT INTO `visits` (`patient_id`, `at`) VALUES (1,'2024-01-02');\n"

const postgresDump = "--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\nCREATE TABLE public.patients (\n    id integer NOT NULL,\n    \"last name\" text,\n    dob date\n);\n" +
	"CREATE FUNCTION f() RETURNS void AS $$ BEGIN; INSERT INTO x VALUES ('it''s'); END $$ LANGUAGE plpgsql;\n" +
	"COPY public.patients (id, \"last name\", dob) FROM stdin;\n1\tLove\\tlace\t1815-12-10\n2\t\\N\t\\N\n3\tback\\\\slash\\x41\\102\t1906-12-09\n\\.\n\n" +
	"INSERT INTO public.log (at, what) VALUES ('2024-01-01 10:00:00', E'a\\'b'), (now(), 'c:\\dir');\nSELECT pg_catalog.setval('public.s', 3, true);\n"

const serverScript = "USE [clinic]\nGO\nSET ANSI_NULLS ON\nGO\nCREATE TABLE [dbo].[Patient](\n\t[PatientID] [int] IDENTITY(1,1) NOT NULL,\n\t[SSN] [char](11) NULL\n) ON [PRIMARY]\nGO\n" +
	"SET IDENTITY_INSERT [dbo].[Patient] ON\nINSERT [dbo].[Patient] ([PatientID], [SSN], [Born]) VALUES (1, N'219-46-8317', CAST(N'1815-12-10' AS Date))\n" +
	"INSERT [dbo].[Patient] ([PatientID], [SSN], [Born]) VALUES (2, NULL, CAST(0x1234 AS DateTime))\nGO\nUPDATE [dbo].[Patient] SET [SSN] = N'317-46-8219', [Born] = '1906-12-09' WHERE [PatientID] = 2\n"

func TestContract(t *testing.T) {
	formattest.Run(t, Reader{},
		formattest.Sample{Name: "a.sql", Data: []byte(mysqlDump), Claim: format.Certain},
		formattest.Sample{Name: "a.sql", Data: []byte(postgresDump), Claim: format.Certain},
		formattest.Sample{Name: "script", Data: []byte(serverScript), Claim: format.Likely},
	)
}

// cells gives the rows of a table, a row a line.
func cells(s *formattest.Summary, table string) (lines []string) {
	p := s.Parts[table]
	if p == nil {
		return nil
	}
	for _, r := range p.Records {
		var b strings.Builder
		for _, c := range r {
			fmt.Fprintf(&b, "%s=%s|", c.Field, c.Value)
		}
		lines = append(lines, b.String())
	}
	return lines
}

func TestDialects(t *testing.T) {
	for _, c := range []struct {
		script string
		want   map[string][]string
	}{
		{mysqlDump, map[string][]string{
			"patients": {"patients.id=1|patients.last_name=O'Hara|patients.dob=1815-12-10|patients.note=Seen; sent home.\nTwice.|",
				"patients.id=2|patients.last_name=Curie|patients.note=said \"no\"|patients.scan=plain|",
				"patients.id=3|patients.last_name=D'Arc|patients.dob=1412-01-06|patients.scan=hello|"},
			"visits": {"visits.patient_id=1|visits.at=2024-01-02|"}}},
		{postgresDump, map[string][]string{
			"public.patients": {"patients.id=1|patients.last name=Love\tlace|patients.dob=1815-12-10|", "patients.id=2|", "patients.id=3|patients.last name=back\\slashAB|patients.dob=1906-12-09|"},
			"public.log":      {"log.at=2024-01-01 10:00:00|log.what=a'b|", "log.what=c:\\dir|"}}},
		{serverScript, map[string][]string{
			"dbo.Patient": {"Patient.PatientID=1|Patient.SSN=219-46-8317|Patient.Born=1815-12-10|", "Patient.PatientID=2|",
				"Patient.SSN=317-46-8219|Patient.Born=1906-12-09|Patient.PatientID=2|"}}},
		{"INSERT INTO a VALUES ((1)+2, CONCAT('x','y'), -3.5e+7, 'z'::text), (DEFAULT, TRUE, .5, ARRAY['p','q']);insert into b(c) values('d')",
			map[string][]string{"a": {"a.column 1=1|a.column 2=x|a.column 3=-3.5e+7|a.column 4=z|", "a.column 3=.5|a.column 4=p|"}, "b": {"b.c=d|"}}},
		{"INSERT INTO a SELECT * FROM b WHERE c = 'x;y';\nINSERT INTO a(q) VALUES ('r');", map[string][]string{"a": {"a.q=r|"}}},
		{"-- don't\nSET x = 'it''s';\n# nor here '\nINSERT INTO a(q) VALUES ('r'); -- 'end", map[string][]string{"a": {"a.q=r|"}}},
	} {
		s := formattest.Collect(Reader{}, "a.sql", []byte(c.script))
		if s.Err != nil || len(s.Gaps) > 0 || len(s.Parts) != len(c.want) {
			t.Errorf("%.30q: %v %v, %d parts", c.script, s.Err, s.Gaps, len(s.Parts))
		}
		for table, want := range c.want {
			if diff := cmp.Diff(want, cells(s, table)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", table, diff)
			}
		}
	}
}

// TestStatementsAreText: what puts no rows into a table is read all the same.
func TestStatementsAreText(t *testing.T) {
	for _, script := range []string{mysqlDump, postgresDump, serverScript} {
		s := formattest.Collect(Reader{}, "a.sql", []byte(script))
		var b strings.Builder
		for _, r := range s.Records {
			for _, c := range r {
				b.WriteString(c.Value)
			}
		}
		text := b.String()
		for _, want := range []string{"number", "Host", "setval", "it''s", "AFTER", "ANSI_NULLS", "audit", "BEGIN", "FUNCTION", "UNLOCK", "IDENTITY"} {
			if strings.Contains(script, want) && !strings.Contains(text, want) {
				t.Errorf("%q was read by nobody", want)
			}
		}
	}
}

func TestDocumentsAndLongValues(t *testing.T) {
	long := strings.Repeat("The patient''s night was quiet. ", 100_000)
	hl7 := "MSH|^~\\&|A|B|C|D|20200101||ADT^A01|1|P|2.5\rPID|1||100201^^^H^MR||Byron^Ada\r"
	script := "CREATE TABLE m (id int, body text);\nINSERT INTO m VALUES (1, '" + long + "'), (2, '" + hl7 + "'), (3, '{\"a\":\"" + long + "\"}'), (4, X'" + fmt.Sprintf("%X", hl7) + "');\n" +
		"COPY m FROM stdin;\n5\t" + strings.ReplaceAll(long, "''", "\\'") + "\n6\t\\\\x" + fmt.Sprintf("%x", hl7) + "\n\\.\n"
	s := formattest.Collect(Reader{}, "m.sql", []byte(script))
	p := s.Parts["m"]
	if s.Err != nil || p == nil || len(p.Inner) != 2 || len(s.Gaps) > 0 {
		t.Fatalf("%v %v %d", s.Err, s.Gaps, len(p.Inner))
	}
	plain := strings.ReplaceAll(long, "''", "'")
	for i, want := range []string{"{\"a\":\"" + plain + "\"}", hl7 + "\r" + hl7 + "\r" + hl7} {
		if p.Inner[i].Body != want {
			t.Errorf("document %d: %d bytes, want %d", i, len(p.Inner[i].Body), len(want))
		}
	}
	if got := strings.Join(p.Values("m.body"), ""); got != plain+plain {
		t.Errorf("long texts: %d bytes, want %d", len(got), 2*len(plain))
	}
	if diff := cmp.Diff([]string{"1", "2", "3", "4", "5", "6"}, p.Values("m.id")); diff != "" {
		t.Error(diff)
	}
}

func TestCut(t *testing.T) {
	for _, script := range []string{"INSERT INTO a VALUES (1, 'x", "INSERT INTO a VALUES (1, 2", "COPY a (b) FROM stdin;\n1\n"} {
		s := formattest.Collect(Reader{}, "a.sql", []byte(script))
		if s.Err != nil || len(s.Gaps) != 1 || s.Gaps[0].Reason != estate.GapTruncated {
			t.Errorf("%q: %v %v", script, s.Err, s.Gaps)
		}
	}
}

func TestManyTables(t *testing.T) {
	var b strings.Builder
	for range 2 {
		for i := range maxOpen + 10 {
			fmt.Fprintf(&b, "INSERT INTO t%d (a) VALUES ('v');\n", i)
		}
	}
	s := formattest.Collect(Reader{}, "a.sql", []byte(b.String()))
	n := 0
	for _, p := range s.Parts {
		n += len(p.Records)
	}
	if n != 2*(maxOpen+10) || s.Err != nil {
		t.Errorf("%d rows, %v", n, s.Err)
	}
}

func TestClaims(t *testing.T) {
	for _, c := range []struct {
		name, head string
		want       format.Claim
	}{
		{"notes.txt", "Please insert into the form.\nCopy the file from stdin.\n", format.No},
		{"main.go", "package main\n\nconst q = `INSERT INTO a VALUES (1)`\n", format.No},
		{"schema", "CREATE TABLE a (b int);\nDROP TABLE c;\n", format.Maybe},
		{"q.sql", "SELECT 1;\n", format.No},
		{"q.sql", "\x00\x01", format.No},
	} {
		if got := (Reader{}).Claims(c.name, []byte(c.head)); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{mysqlDump, postgresDump, serverScript, "COPY a FROM stdin WITH CSV;\n1,2\n\\.\n", "INSERT INTO a VALUES ($$x$$, 'y"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { formattest.Collect(Reader{}, "a.sql", data) })
}

// discard is an output that keeps nothing.
func discard() format.Output {
	return format.Output{
		Places: &record.Places{}, Batch: func(*record.Batch) error { return nil }, Inner: func(string, string, io.Reader) error { return nil },
		Part: func(string) (format.Output, func()) { return discard(), func() {} }, Gap: func(estate.GapReason, string) {},
	}
}

func BenchmarkRead(b *testing.B) {
	var inserts, copies bytes.Buffer
	inserts.WriteString("CREATE TABLE `p` (`id` int, `last_name` text, `dob` date, `city` text);\nINSERT INTO `p` VALUES (0,'','','')")
	copies.WriteString("COPY p (id, last_name, dob, city) FROM stdin;\n")
	for i := range 200_000 {
		fmt.Fprintf(&inserts, ",(%d,'Lovelace%d','1815-12-%d','Springfield')", i, i%100, 10+i%20)
		fmt.Fprintf(&copies, "%d\tLovelace%d\t1815-12-%d\tSpringfield\n", i, i%100, 10+i%20)
	}
	inserts.WriteString(";\n")
	copies.WriteString("\\.\n")
	for name, data := range map[string][]byte{"insert": inserts.Bytes(), "copy": copies.Bytes()} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if err := (Reader{}).Read(context.Background(), format.Input{Name: "p.sql", Head: data[:1000], Body: bytes.NewReader(data)}, discard()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
